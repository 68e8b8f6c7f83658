"""What a monitor reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from gateway.model import Account, Action, Case, Phase
from gateway.store.chain_looks import Place, Report, Result
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import OFFICER, House
from tests.world import letters


def test_health_needs_no_sign_in_and_counts(
    house: House, visitor: Visitor, remember: Callable[..., Case], now: datetime
) -> None:
    remember(sample.urgent_case)
    house.store.accept_now([sample.passed(letters.plain_question(), sender="a@b.example", to="c@d.example", at=now)])
    response = visitor.get("/health")
    assert response.status_code == 200
    said = response.get_json()
    assert (said["status"], said["version"]) == ("ok", "0.1.test")
    assert said["live"]["loop_lag_ms"] == 0.4
    assert (said["queue"]["queued"], said["queue"]["cases_waiting"], said["queue"]["alarms"]) == (1, 1, 1)


def test_a_secret_that_was_let_through_is_counted_for_the_monitor_and_the_officer(
    house: House, as_person: Callable[[Account], Visitor], visitor: Visitor, now: datetime
) -> None:
    assert "Thư mật đã đi qua" not in as_person(OFFICER).get("/deliveries").text
    passed = sample.passed(letters.plain_question(), sender="a@b.example", to="c@d.example", at=now)
    (verdict,) = passed.verdicts
    through = replace(verdict, action=Action.DELIVER, would_have=Action.QUARANTINE, phase=Phase.OBSERVE, alarm=True)
    house.store.accept_now([replace(passed, verdicts=(through,))])
    assert visitor.get("/health").get_json()["queue"]["secrets_let_through"] == 1
    assert "<dt>Thư mật đã đi qua</dt><dd>1</dd>" in as_person(OFFICER).get("/deliveries").text


def test_health_tells_nobody_what_is_in_the_mail(visitor: Visitor, remember: Callable[..., Case]) -> None:
    remember(sample.decision_case)
    assert "518" not in visitor.get("/health").text
    assert "@" not in visitor.get("/health").text


def test_health_answers_503_when_the_store_cannot_be_read(tmp_path: Path, visitor: Visitor) -> None:
    sample.lose_table(tmp_path, "deliveries")
    response = visitor.get("/health")
    assert response.status_code == 503
    assert response.get_json()["status"] == "store-unavailable"


def test_health_says_what_the_last_look_along_the_audit_found(house: House, visitor: Visitor, now: datetime) -> None:
    assert visitor.get("/health").get_json()["audit"] == {}
    looks, report = (
        house.store.chain_looks,
        Report(stories=4, mails=1, links=2, broken="mắt xích 2: dòng diễn biến 4 đã bị sửa"),
    )
    assert looks.take(begun_at=now, place=Place(), now=now, lease=timedelta(minutes=5))
    assert looks.end(Result(begun_at=now, ended_at=now, report=report), now=now)
    assert visitor.get("/health").get_json()["audit"] == {
        "looked_at": now.isoformat(),
        "entries": 5,
        "intact": False,
        "broken": "mắt xích 2: dòng diễn biến 4 đã bị sửa",
    }
