"""The rules on the console, and a changed policy tried on past mail."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from gateway.model import Account, new_id
from gateway.store import Acceptance
from gateway.store.replays import Progress
from tests.policy import desk
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, LEADER, OFFICER, House

AsPerson = Callable[[Account], Visitor]


def remember(house: House) -> None:
    """Yesterday a teacher was refused; the directory of the console does not know him, so today's verdict differs."""
    at = datetime.now(UTC) - timedelta(days=1)
    mail = replace(desk.mail(desk.TEACHER, desk.DIVISION, at=at), id=new_id())
    recognition = desk.carrying(desk.issued("THCSLL"))
    house.store.accept_now(
        [
            Acceptance(
                mail=mail,
                keep_raw=False,
                subject="Gửi <b>công văn</b>",
                recognition=recognition,
                verdicts=desk.decided(mail, recognition),
            )
        ]
    )


def tried(visitor: Visitor, text: str, **fields: str) -> tuple[int, str]:
    """The page that a trial ends on, once it is done."""
    visitor.get("/policy")
    response = visitor.press("/policy/try", file=(io.BytesIO(text.encode()), "new.toml"), **fields)  # type: ignore[arg-type]
    return (response.status_code, response.text) if response.status_code != 302 else (200, done(visitor, response.location))


def done(visitor: Visitor, address: str) -> str:
    for _ in range(600):
        page = visitor.get(address).text
        if "Đang xét" not in page:
            return page
        time.sleep(0.1)
    raise AssertionError("the trial does not end")


def test_the_rules_in_force_are_listed_with_their_clauses(as_person: AsPerson, house: House) -> None:
    house.store.put_policy("abc", "# old", now=datetime.now(UTC))
    page = as_person(OFFICER).get("/policy").text
    assert "Văn thư gửi văn bản phát hành qua thư điện tử" in page
    assert "05/11/2019" in page
    assert as_person(AUDITOR).get("/policy/abc.toml").text == "# old"


def test_a_changed_policy_shows_what_it_would_have_done_and_changes_nothing(as_person: AsPerson, house: House) -> None:
    remember(house)
    status, page = tried(as_person(OFFICER), desk.policy().text, days="7")
    assert status == 200
    assert "<b>1</b> trong 1 kết luận (1 thư) sẽ khác" in page
    assert "Gửi &lt;b&gt;công văn&lt;/b&gt;" in page
    assert "?from=" in page
    assert not re.search(r"(?<![\w.-])(reject|deliver|redirect|hold|copy)(?![\w.-])", page), (
        "the actions are told in Vietnamese"
    )
    assert house.store.views.statistics(datetime.now(UTC) - timedelta(days=2)).by_action == {"reject": 1}


def test_a_mistake_in_it_is_told_with_its_line(as_person: AsPerson) -> None:
    status, page = tried(as_person(OFFICER), desk.policy().text.replace('action = "reject"', 'action = "weg"', 1))
    assert status == 422
    assert re.search(r"new\.toml, dòng \d+: \[\[rule\]\] action: xin chọn một trong: deliver, ", page)
    assert "expected" not in page


def test_a_trial_can_be_typed_is_listed_and_taken_as_csv_and_workbook(as_person: AsPerson, house: House) -> None:
    remember(house)
    officer = as_person(OFFICER)
    assert "[[rule]]" in officer.get("/policy").text
    begun = officer.press("/policy/try", text=desk.policy().text.replace("\n", "\r\n"), days="7")
    assert "sẽ khác nếu dùng bản" in done(officer, begun.location)
    assert begun.location in officer.get("/policy").text
    lines = officer.get(f"{begun.location}.csv").data.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "Gửi <b>công văn</b>" in lines[1]
    assert officer.get(f"{begun.location}.xlsx").data[:2] == b"PK"
    assert officer.get(f"{begun.location}.toml").text == desk.policy().text
    assert as_person(AUDITOR).get(begun.location).status_code == 200
    assert as_person(CLERK).get(begun.location).status_code == 403


def test_one_trial_runs_at_a_time_and_a_lost_one_says_so(as_person: AsPerson, house: House) -> None:
    officer, now = as_person(OFFICER), datetime.now(UTC)
    run_id = house.store.replays.begin(by="quantri", days=7, version="v", content="x", now=now)
    status, page = tried(officer, desk.policy().text, days="7")
    assert status == 409
    assert "Một lần thử khác đang chạy" in page
    assert 'name="text"' in page
    officer.press(f"/policy/try/{run_id}/stop")
    assert "đã được dừng" in officer.get(f"/policy/try/{run_id}").text
    assert not house.store.replays.beat(run_id, Progress(), (), now=now)
    lost = house.store.replays.begin(by="quantri", days=7, version="v", content="x", now=now - timedelta(hours=1))
    assert "dừng giữa chừng" in officer.get(f"/policy/try/{lost}").text
    assert tried(officer, desk.policy().text, days="7")[0] == 200


def test_only_the_newest_trials_are_kept(house: House) -> None:
    for n in range(25):
        at = datetime.now(UTC) - timedelta(hours=30 - n)
        house.store.replays.begin(by="quantri", days=7, version=str(n), content="x", now=at)
    assert len(house.store.replays.latest(100)) == 20
    assert house.store.replays.latest(1)[0].version == "24"


def test_without_a_file_nothing_is_tried(as_person: AsPerson) -> None:
    officer = as_person(OFFICER)
    officer.get("/policy")
    officer.press("/policy/try", days="30")
    assert "hoặc chọn tệp chính sách" in officer.get("/policy").text


@pytest.mark.parametrize("person", [CLERK, LEADER])
def test_it_is_for_officers_and_auditors(as_person: AsPerson, person: Account) -> None:
    assert as_person(person).get("/policy").status_code in (403, 404)


def test_an_auditor_only_reads(as_person: AsPerson) -> None:
    assert "Thử một bản sửa đổi" not in as_person(AUDITOR).get("/policy").text
