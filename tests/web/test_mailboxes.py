"""The page about swept mailboxes: how each does, what a person must do, and who still writes there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from gateway.config import Mailbox
from gateway.imap.alarming import of_mailboxes
from gateway.model import Account, Arrival, Door, Mail, Recipient, Source, Swept, digest_of, new_id
from gateway.store import Acceptance
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import House
from tests.web.test_alarms import raise_one

AsPerson = Callable[[Account], Visitor]
BOX = Mailbox(name="le-loi", host="imap.moet.example", user="c2leloi@moet.example", expect_daily=True)


@pytest.fixture
def swept(house: House) -> House:
    """A house that sweeps one mailbox."""
    house.settings = replace(house.settings, mailbox=(BOX,))
    now = datetime.now(UTC)
    house.store.mailboxes.lease([BOX.name], now=now, until=now + timedelta(minutes=3))
    house.store.mailboxes.well(BOX.name, signed_in_at=now, read_at=now, last_mail_at=now)
    return house


def two_mailboxes(house: House) -> None:
    """One that is well and one that is not, with mails and held messages."""
    other = replace(
        BOX, name="nguyen-hue", user="c3nguyenhue.huonggiang@moet.edu.vn", successor="vanthu.thptnh@sgdhuonggiang.edu.vn"
    )
    house.settings = replace(house.settings, mailbox=(BOX, other))
    now = datetime.now(UTC)
    boxes = house.store.mailboxes
    boxes.lease([BOX.name, other.name], now=now, until=now + timedelta(minutes=3))
    for name in (BOX.name, other.name):
        boxes.well(name, signed_in_at=now, read_at=now, last_mail_at=now)
    boxes.troubled(other.name, "sign-in", "sign-in was refused: [AUTHENTICATIONFAILED] Authentication failed.", now=now)
    source = Source(mailbox=other.name, folder="INBOX", uidvalidity=7, uid=3)
    boxes.note([source], Swept.HELD, now=now)
    for n in range(3):
        house.store.accept_now([_swept(other.name, n, now)])


def _swept(mailbox: str, n: int, at: datetime) -> Acceptance:
    raw = f"From: a\r\n\r\n{n}\r\n".encode()
    source = Source(mailbox=mailbox, folder="INBOX", uidvalidity=7, uid=10 + n, digest=digest_of(raw), size=len(raw))
    mail = Mail(
        id=new_id(),
        sender="gv.tuan.thptnh@sgdhuonggiang.edu.vn" if n else "so.lieu@pgdhuonggiang.example",
        recipients=(Recipient(address="c3nguyenhue.huonggiang@moet.edu.vn"),),
        raw=raw,
        digest=source.digest,
        arrival=Arrival(door=Door.IMAP, at=at, source=source),
    )
    return Acceptance(mail=mail)


def test_who_still_writes_there_is_counted(house: House, as_person: AsPerson) -> None:
    two_mailboxes(house)
    writers = house.store.mailboxes.writers("nguyen-hue", since=datetime.now(UTC) - timedelta(days=1))
    assert [(w.sender.partition("@")[0], w.mails) for w in writers] == [("gv.tuan.thptnh", 2), ("so.lieu", 1)]
    assert "gv.tuan.thptnh@" in as_person(sample.OFFICER).get("/mailbox/nguyen-hue").text


def test_a_mailbox_that_is_well_is_shown_without_an_alarm(swept: House, as_person: AsPerson) -> None:
    page = as_person(sample.OFFICER).get("/mailboxes").text
    assert "c2leloi@" in page
    assert 'class="reason alarm"' not in page


def test_a_refused_sign_in_is_seen_on_the_card_the_home_page_and_by_the_monitor(swept: House, as_person: AsPerson) -> None:
    swept.store.mailboxes.troubled(BOX.name, "sign-in", "sign-in was refused: <b>no</b>", now=datetime.now(UTC))
    officer = as_person(sample.OFFICER)
    page = officer.get("/mailboxes").text
    assert "Không đăng nhập được" in page
    assert "<b>no</b>" not in page
    now = datetime.now(UTC)
    (alarm,) = of_mailboxes(swept.settings, swept.store, swept.directory().calendar, now)
    raise_one(swept, now, alarm)
    assert "Hộp thư cần người xem: <b>1</b>" in officer.get("/deliveries").text
    assert "Không đăng nhập được" in officer.get("/alarms").text
    assert officer.client.get("/health").get_json()["mailboxes"] == {"swept": 1, "sign-in": 1}


def test_the_officer_has_it_looked_into_and_fetches_anew_what_was_held(swept: House, as_person: AsPerson) -> None:
    source = Source(mailbox=BOX.name, folder="INBOX", uidvalidity=7, uid=3)
    swept.store.mailboxes.note([source], Swept.HELD, now=datetime.now(UTC))
    officer = as_person(sample.OFFICER)
    assert "Lấy lại 1 thư" in officer.get("/mailbox/le-loi").text

    officer.press("/mailbox/le-loi/look")
    assert swept.store.mailboxes.wanted_now([BOX.name]) == (BOX.name,)
    officer.get("/mailbox/le-loi")
    officer.press("/mailbox/le-loi/retry")

    assert swept.store.mailboxes.states()[BOX.name].held == 0
    assert list(swept.store.mailboxes.known(BOX.name, "INBOX", 7, 1)) == [3]


def test_a_clerk_does_not_see_mailboxes(swept: House, as_person: AsPerson) -> None:
    assert as_person(sample.CLERK).get("/mailboxes").status_code == 403


def test_an_unknown_mailbox_is_no_page(swept: House, as_person: AsPerson) -> None:
    assert as_person(sample.OFFICER).get("/mailbox/nobody").status_code == 404


def test_without_mailboxes_the_page_says_where_they_are_named(house: House, as_person: AsPerson) -> None:
    assert "docs/imap.md" in as_person(sample.OFFICER).get("/mailboxes").text
