"""Reporting channels: who has sent, who has not, and a reminder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.directory.snapshot import Campaign, Directory, Domain, Mailbox, MailboxRole
from gateway.model import Account, Action, FileReading, Nature, Recognition, Verdict
from gateway.policy.facts import local_day
from gateway.store import Acceptance
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, LEADER, OFFICER, SCHOOL_CLERK, House
from tests.world import reading
from web.campaigns import key_of

AsPerson = Callable[[Account], Visitor]
REPORTS, SCHOOL = "baocao@sgdhuonggiang.edu.vn", "vanthu.thcsll@sgdhuonggiang.edu.vn"
TODAY = local_day(datetime.now(UTC))

ONE = f"/campaign/{key_of(Campaign(guide='1109/SGDĐT-KTKĐ', mailbox=REPORTS))}"


@pytest.fixture(autouse=True)
def directory(house: House, monkeypatch: pytest.MonkeyPatch) -> Directory:
    """The sample department with a channel that is overdue by a day, one that names nobody, and one that is closed."""
    open_one = Campaign(
        guide="1109/SGDĐT-KTKĐ",
        title="Báo cáo tự đánh giá",
        mailbox=REPORTS,
        extensions=("xlsx",),
        expected=("THCSLL", "PGDCS"),
        valid_from=TODAY - timedelta(days=20),
        due_on=TODAY - timedelta(days=1),
        valid_to=TODAY + timedelta(days=10),
    )
    closed = Campaign(guide="88/SGDĐT", mailbox=REPORTS, valid_to=date(2020, 1, 1))
    base = sample.DIRECTORY
    changed = Directory(
        organisations=base.organisation_rows,
        offices=tuple(base.offices.values()),
        domains=(Domain(domain="sgdhuonggiang.edu.vn", organisation="SGDHG"),),
        mailboxes=(
            Mailbox(address=SCHOOL, organisation="THCSLL", role=MailboxRole.CLERK),
            Mailbox(address="vanthu.pgdcs@sgdhuonggiang.edu.vn", organisation="PGDCS", role=MailboxRole.CLERK),
        ),
        campaigns=(closed, open_one),
    )
    monkeypatch.setattr(sample, "DIRECTORY", changed)
    return changed


def report(house: House, *, sender: str = SCHOOL, file: str = "bao-cao.xlsx", ago: timedelta = timedelta(days=3)) -> None:
    mail = sample.mail_of(b"Subject: Bao cao\r\n\r\n", sender=sender, to=[REPORTS], at=datetime.now(UTC) - ago)
    through = Verdict(recipient=REPORTS, action=Action.DELIVER, rule="3", clause="", reason="", campaign="1109/SGDĐT-KTKĐ")
    files = (FileReading(name=file, digest="", size=1, nature=Nature.OTHER),)
    house.store.accept_now([Acceptance(mail=mail, verdicts=(through,), recognition=Recognition(files=files))])


def reminded(visitor: Visitor, *units: str) -> str:
    """What the page says after these units were ticked and the button pressed."""
    visitor.get(ONE)
    visitor.press(ONE + "/remind", unit=list(units))
    return visitor.get(ONE).text


def test_the_list_counts_who_has_sent_and_shows_open_ones_first(as_person: AsPerson, house: House) -> None:
    report(house)
    page = as_person(OFFICER).get("/campaigns").text
    assert page.index("1109/SGDĐT-KTKĐ") < page.index("88/SGDĐT")
    assert "1/2 đơn vị" in page
    assert "đã đóng" in page


def test_one_channel_names_those_that_are_missing_first(as_person: AsPerson, house: House) -> None:
    report(house)
    page = as_person(CLERK).get(ONE).text
    assert page.index("Phòng Giáo dục và Đào tạo Cẩm Sơn") < page.index("Trường THCS Lê Lợi")
    assert "quá hạn, chưa gửi" in page
    assert "bao-cao.xlsx" in page


def test_a_late_report_and_a_stranger_are_told(as_person: AsPerson, house: House) -> None:
    report(house, ago=timedelta(0))
    report(house, sender="la@la.example")
    page = as_person(AUDITOR).get(ONE).text
    assert "gửi muộn" in page
    assert "Người gửi ngoài danh bạ" in page


def test_the_list_as_csv_opens_in_a_spreadsheet_and_has_no_formulas(as_person: AsPerson, house: House) -> None:
    report(house, file="=cmd().xlsx")
    response = as_person(OFFICER).get(ONE + ".csv")
    assert response.data.startswith(b"\xef\xbb\xbf")
    assert "Trường THCS Lê Lợi,THCSLL,đã gửi" in response.text
    assert ",'=cmd().xlsx" in response.text
    rows = as_person(OFFICER).get(ONE + ".json").get_json()["rows"]
    assert [row["files"] for row in rows if row["unit"] == "THCSLL"] == [["=cmd().xlsx"]]


def test_a_reminder_goes_to_the_clerks_of_those_that_are_missing_once_a_day(as_person: AsPerson, house: House) -> None:
    report(house)
    clerk = as_person(CLERK)

    said = reminded(clerk, "PGDCS", "THCSLL")
    again = reminded(clerk, "PGDCS")

    assert "Đã gửi thư nhắc tới 1 hộp thư" in said
    assert "đã được nhắc hôm nay" in again
    (letter,) = [row for row in house.store.views.mails().rows if row.door == "own"]
    assert letter.recipients == ("vanthu.pgdcs@sgdhuonggiang.edu.vn",)
    text = reading.vietnamese(house.store.views.raw(letter.id))
    assert "văn bản số 1109/SGDĐT-KTKĐ (Báo cáo tự đánh giá)" in text
    assert f"hạn {TODAY - timedelta(days=1):%d/%m/%Y}" in text
    assert "Trần Thu Hương" in text
    assert house.poked.is_set()


def test_without_a_unit_nothing_is_sent(as_person: AsPerson) -> None:
    assert "chọn ít nhất một đơn vị" in reminded(as_person(OFFICER))


@pytest.mark.parametrize("person", [LEADER, AUDITOR])
def test_who_may_only_look_cannot_remind(as_person: AsPerson, house: House, person: Account) -> None:
    visitor = as_person(person)
    assert "Gửi thư nhắc các đơn vị" not in visitor.get(ONE).text
    reminded(visitor, "PGDCS")
    assert house.store.views.mails().rows == ()


def test_a_clerk_of_another_unit_does_not_see_it(as_person: AsPerson) -> None:
    visitor = as_person(SCHOOL_CLERK)
    assert visitor.get(ONE).status_code == 404
    assert "Chưa có đợt báo cáo nào" in visitor.get("/campaigns").text


def test_a_channel_that_is_not_there_is_not_found(as_person: AsPerson) -> None:
    assert as_person(OFFICER).get("/campaign/7").status_code == 404


def test_a_person_who_has_left_cannot_remind(house: House, directory: Directory) -> None:
    assert not house.channels.may_remind(replace(CLERK, active=False))


# --- Opening one ------------------------------------------------------------------------------------------------------

TYPED = {"guide": "1200/SGDĐT-GDTrH", "title": "Sơ kết", "mailbox": REPORTS, "from": "2026-12-01", "until": "2026-12-20"}


@pytest.fixture
def table(house: House) -> Path:
    """The file that the channels are written to."""
    folder = house.settings.path(house.settings.directory.path)
    folder.mkdir(parents=True)
    return folder / "campaigns.csv"


def test_a_channel_is_opened_by_a_form_and_known_at_once(as_person: AsPerson, house: House, table: Path) -> None:
    clerk = as_person(CLERK)
    assert 'value="1200/SGDĐT-GDTrH"' in clerk.get("/campaign/new?guide=1200/SGDĐT-GDTrH").text
    assert clerk.press("/campaign/new", **TYPED).status_code == 302
    assert "1200/SGDĐT-GDTrH,Sơ kết,baocao@sgdhuonggiang.edu.vn" in table.read_text(encoding="utf-8-sig")
    assert house.reloaded == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mailbox": "không phải địa chỉ"}, "Cần một địa chỉ như"),
        ({"guide": ""}, "Ô trống"),
        ({"until": "2026-11-01"}, "sớm hơn ngày bắt đầu"),
        ({"due": "ngày mai"}, "Cần một ngày như"),
    ],
)
def test_what_is_typed_wrong_is_told_beside_the_field(
    as_person: AsPerson, table: Path, change: dict[str, str], said: str
) -> None:
    clerk = as_person(CLERK)
    clerk.get("/campaign/new")
    response = clerk.press("/campaign/new", **(TYPED | change))
    assert response.status_code == 422
    assert said in response.text or said.lower() in response.text
    assert not table.exists()


def test_the_same_channel_is_not_opened_twice(as_person: AsPerson, table: Path) -> None:
    clerk = as_person(CLERK)
    for status in (302, 422):
        clerk.get("/campaign/new")
        assert clerk.press("/campaign/new", **TYPED).status_code == status


@pytest.mark.parametrize("person", [LEADER, AUDITOR, SCHOOL_CLERK])
def test_only_officers_and_the_departments_clerks_open_channels(as_person: AsPerson, person: Account) -> None:
    assert as_person(person).get("/campaign/new").status_code == 403
