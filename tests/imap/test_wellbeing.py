"""What about a mailbox a person must look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.config import Imap, Mailbox
from gateway.directory.calendar import Calendar
from gateway.imap.oauth.age import Condition, TokenAge
from gateway.imap.wellbeing import Kind, alarms
from gateway.store import MailboxState

NOW = datetime(2019, 11, 14, 3, tzinfo=UTC)  # Thursday, 10 o'clock in Vietnam
BOX = Mailbox(name="m", host="h", user="a@moet.example")
DAILY = Mailbox(name="m", host="h", user="a@moet.example", expect_daily=True)


def state(**more: object) -> MailboxState:
    plain = {"name": "m", "signed_in_at": NOW, "read_at": NOW, "first_read_at": NOW - timedelta(days=30), "last_mail_at": NOW}
    return MailboxState(**{**plain, **more})  # type: ignore[arg-type]


def kinds(box: Mailbox, found: MailboxState, token: TokenAge | None = None) -> list[Kind]:
    return [alarm.kind for alarm in alarms(box, found, Imap(), Calendar(), NOW, token=token)]


def test_a_mailbox_that_is_well_says_nothing() -> None:
    assert kinds(DAILY, state()) == []


def test_a_refused_sign_in_is_said_at_once_a_link_after_a_while() -> None:
    assert kinds(BOX, state(trouble="sign-in", trouble_since=NOW)) == [Kind.SIGN_IN]
    assert kinds(BOX, state(trouble="unreachable", trouble_since=NOW)) == []
    assert kinds(BOX, state(trouble="unreachable", trouble_since=NOW - timedelta(hours=1))) == [Kind.UNREACHABLE]
    assert kinds(BOX, state(trouble="refused", trouble_since=NOW - timedelta(hours=1))) == [Kind.REFUSED]


def test_nobody_reading_it_is_an_alarm() -> None:
    assert kinds(BOX, state(read_at=NOW - timedelta(hours=1))) == [Kind.UNREAD]
    assert kinds(BOX, MailboxState(name="m")) == [Kind.UNREAD]
    assert kinds(BOX, MailboxState(name="m", leased_until=NOW)) == []  # its first look


@pytest.mark.parametrize(
    ("last", "silent"),
    [
        (NOW, False),
        (NOW - timedelta(days=1), False),  # Wednesday: today is not over
        (NOW - timedelta(days=2), True),  # Tuesday: Wednesday passed without a mail
    ],
)
def test_a_working_day_without_a_mail_is_an_alarm_where_one_was_expected(last: datetime, silent: bool) -> None:
    assert kinds(DAILY, state(last_mail_at=last)) == ([Kind.SILENT] if silent else [])
    assert kinds(BOX, state(last_mail_at=last)) == []


def test_a_weekend_is_not_silence() -> None:
    monday = NOW + timedelta(days=4)
    found = alarms(DAILY, state(read_at=monday, last_mail_at=NOW + timedelta(days=1)), Imap(), Calendar(), monday)
    assert found == ()


def test_a_mailbox_that_never_had_a_mail_is_silent_since_its_first_look() -> None:
    assert kinds(DAILY, state(last_mail_at=None)) == [Kind.SILENT]
    assert kinds(DAILY, state(last_mail_at=None, first_read_at=NOW)) == []


def test_held_messages_and_a_token_that_ends_are_said() -> None:
    assert kinds(BOX, state(counts={"held": 2})) == [Kind.HELD]
    dying = TokenAge(condition=Condition.AGEING, ends_at=NOW + timedelta(days=3))
    assert kinds(BOX, state(), dying) == [Kind.TOKEN]
    assert kinds(BOX, state(), TokenAge(condition=Condition.WELL)) == []
