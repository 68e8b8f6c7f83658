"""The letter of the morning: once to each reader and working day, and what it says."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.config import Config, Web, load
from gateway.daily import Daily
from gateway.directory.calendar import VIETNAM, Holiday
from gateway.directory.snapshot import Directory
from gateway.errors import ConfigError
from gateway.lifecycle import CaseEvent, DeliveryState
from gateway.settings.daily_mail import DailyMail, Reader
from tests.web.conftest import TwoPages
from tests.web.sample import DIRECTORY, House, case_of, decision_case, sealed_case, urgent_case

CHAU = Reader(address="truong.vanthu@sgdhuonggiang.edu.vn", units=("SGDHG",))
MONDAY = datetime(2026, 11, 23, 7, 1, tzinfo=VIETNAM)
DAY = timedelta(days=1)


class Clock:
    """Says what it is told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A gateway with an empty store."""
    house = House(tmp_path, TwoPages())
    house.store.open()
    yield house
    house.store.close()


def daily(house: House, clock: Clock, *readers: Reader, directory: Directory = DIRECTORY) -> Daily:
    """Its sender of letters."""
    settings = Config(daily_mail=DailyMail(hour=7, reader=readers), web=Web(public_url="https://vanthu.example/"))
    return Daily(settings, house.store, directory=lambda: directory, hostname="cong.example", clock=clock, poke=house.poked.set)


def letters(house: House) -> list[EmailMessage]:
    """What is on its way out."""
    waiting = house.store.views.deliveries(states=(DeliveryState.QUEUED,)).rows
    raws = [house.store.views.raw(delivery.mail_id) for delivery in waiting]
    return [email.message_from_bytes(raw, policy=email.policy.default) for raw in raws]


def body(letter: EmailMessage, kind: str) -> str:
    """One of its two forms."""
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_reader_gets_one_letter_a_day_also_from_two_nodes_and_after_a_restart(house: House) -> None:
    clock = Clock(MONDAY)
    one, other = daily(house, clock, CHAU), daily(house, clock, CHAU)
    assert (one.send_due(), other.send_due()) == ((CHAU.address,), ())
    assert house.poked.is_set()
    clock.now = MONDAY + timedelta(hours=11)
    assert daily(house, clock, CHAU).send_due() == ()
    clock.now = MONDAY + DAY
    assert one.send_due() == (CHAU.address,)
    assert len(letters(house)) == 2


def test_two_that_begin_at_the_same_moment_write_one_letter(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = daily(house, Clock(MONDAY), CHAU), daily(house, Clock(MONDAY), CHAU)
    monkeypatch.setattr(Daily, "_has_it", lambda *_: False)  # both have looked, neither has written
    assert (one.send_due(), other.send_due()) == ((CHAU.address,), ())
    assert len(letters(house)) == 1


@pytest.mark.parametrize(
    "now", [MONDAY.replace(hour=6, minute=59), MONDAY - DAY, MONDAY - 2 * DAY], ids=["early", "Sunday", "Saturday"]
)
def test_nothing_is_sent_before_the_hour_and_on_days_off(house: House, now: datetime) -> None:
    assert daily(house, Clock(now), CHAU).send_due() == ()


def test_a_holiday_is_a_day_off_and_yesterday_is_the_working_day_before(house: House) -> None:
    off = (Holiday(day=(MONDAY - 3 * DAY).date()),)
    friday_off = Directory(organisations=DIRECTORY.organisation_rows, holidays=off)
    assert daily(house, Clock(MONDAY - 3 * DAY), CHAU, directory=friday_off).send_due() == ()
    daily(house, Clock(MONDAY), CHAU, directory=friday_off).send_due()
    assert "Ngày 19/11/2026" in body(letters(house)[0], "plain")


def test_a_gateway_that_was_down_at_seven_writes_when_it_is_back(house: House) -> None:
    assert daily(house, Clock(MONDAY.replace(hour=14)), CHAU).send_due() == (CHAU.address,)


def test_the_letter_says_what_waits_and_what_was_done_and_nothing_of_other_units_or_sealed_cases(house: House) -> None:
    friday = MONDAY - 3 * DAY
    old = decision_case(friday.replace(hour=9))
    house.store.accept_now([old, urgent_case(friday), sealed_case(friday), decision_case(friday.replace(hour=20))])
    house.store.move_case(
        case_of(old).id, CaseEvent.RETURN, by="vanthu.so", detail={"reason": "Sai"}, now=friday.replace(hour=11)
    )
    daily(house, Clock(MONDAY), CHAU).send_due()
    (letter,) = letters(house)
    assert letter["Subject"] == "Hồ sơ văn bản sáng 23/11/2026: 1 chờ, 1 quá hạn"
    assert (letter["To"], letter["Auto-Submitted"]) == (CHAU.address, "auto-generated")
    text, html = body(letter, "plain"), body(letter, "html")
    assert "Hồ sơ đến:               2, ngoài giờ 1" in text
    assert "Trả lại:                 1" in text
    for form in (text, html):
        assert "518/QĐ-SGDĐT" in form
        assert "https://vanthu.example/case/" in form
        assert "34/GM" not in form
        assert "mật" not in form.lower()


def test_a_stranger_s_words_are_words_in_the_html(house: House) -> None:
    case = decision_case(MONDAY - DAY)
    evil = replace(case_of(case), document=replace(case_of(case).document, subject="<img src=x onerror=a()>\r\nBcc: x"))  # type: ignore[type-var]
    house.store.accept_now([replace(case, openings=(replace(case.openings[0], case=evil),))])
    daily(house, Clock(MONDAY), CHAU).send_due()
    (letter,) = letters(house)
    assert "<img" not in body(letter, "html")
    assert "Bcc" not in letter


def test_a_reader_who_stands_there_twice_does_not_load(tmp_path: Path) -> None:
    file = tmp_path / "vanthu.toml"
    reader = '[[daily_mail.reader]]\naddress = "A@x.example"\n'
    file.write_text(f'[smtp]\nlisten = "127.0.0.1:0"\n{reader}{reader.lower()}')
    with pytest.raises(ConfigError, match="twice"):
        load(file)
