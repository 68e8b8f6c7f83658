"""What is remembered of swept mailboxes: whose each is, and that no message is accepted twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import StoreUnavailable
from gateway.model import Arrival, Door, Mail, Recipient, Source, Swept, digest_of, new_id
from gateway.store import Acceptance, FolderState, Store

Open = Callable[..., Store]
NOW = datetime(2019, 11, 4, 1, tzinfo=UTC)
SOON = NOW + timedelta(minutes=3)
RAW = b"From: a@x.example\r\n\r\nmot\r\n"


def acceptance(uid: int, raw: bytes = RAW, *, uidvalidity: int = 7, mailbox: str = "m") -> Acceptance:
    source = Source(
        mailbox=mailbox, folder="INBOX", uidvalidity=uidvalidity, uid=uid, digest=digest_of(raw), size=len(raw), tidy=True
    )
    arrival = Arrival(door=Door.IMAP, at=NOW, source=source)
    recipients = (Recipient(address="c3@moet.example"),)
    mail = Mail(id=new_id(), sender="a@x.example", recipients=recipients, raw=raw, digest=source.digest, arrival=arrival)
    return Acceptance(mail=mail, likenesses=(("C3@moet.example", "alike"),))


def test_a_mailbox_is_one_nodes_until_its_lease_runs_out(open_store: Open) -> None:
    one, two = open_store(node="one").mailboxes, open_store(node="two").mailboxes
    assert one.lease(["a", "b"], now=NOW, until=SOON) == ("a", "b")
    assert two.lease(["a", "b", "c"], now=NOW, until=SOON) == ("c",)
    assert one.lease(["a", "b"], now=NOW, until=SOON) == ("a", "b")
    late = SOON + timedelta(seconds=1)
    assert two.lease(["a"], now=late, until=late + timedelta(minutes=3)) == ("a",)
    two.let_go()
    assert one.lease(["c"], now=NOW, until=SOON) == ("c",)


def test_what_a_killed_life_of_a_node_had_is_its_next_lifes_at_once(open_store: Open) -> None:
    first = open_store(node="one")
    first.mailboxes.lease(["a"], now=NOW, until=SOON)
    first.close()  # without letting go
    assert open_store(node="one").mailboxes.lease(["a"], now=NOW, until=SOON) == ("a",)


def test_a_message_and_its_mail_become_durable_together_and_once(store: Store) -> None:
    taken = acceptance(1)
    store.accept_now([taken])
    boxes = store.mailboxes
    assert {uid: known.what for uid, known in boxes.known("m", "INBOX", 7, 1).items()} == {1: Swept.ACCEPTED}
    assert boxes.with_bytes("m", [digest_of(RAW)]) == {digest_of(RAW): taken.mail.id}
    assert boxes.alike("c3@MOET.example", ["alike", "other"]) == {"alike": taken.mail.id}
    assert boxes.untidied("m", "INBOX", 7) == (1,)

    again = acceptance(1, b"other bytes")
    with pytest.raises(StoreUnavailable):
        store.accept_now([again])
    renumbered = acceptance(5, uidvalidity=8)
    with pytest.raises(StoreUnavailable):
        store.accept_now([renumbered])  # the same bytes under another number: the database says so
    store.accept_now([acceptance(1, mailbox="another")])  # to somebody else it is another mail
    assert len(store.views.mails(limit=10).rows) == 2


def test_failures_are_counted_and_forgotten(store: Store) -> None:
    source = Source(mailbox="m", folder="INBOX", uidvalidity=7, uid=3)
    boxes = store.mailboxes
    assert [boxes.failed(source, "no", now=NOW) for _ in range(3)] == [1, 2, 3]
    assert boxes.known("m", "INBOX", 7, 9)[3].attempts == 3
    boxes.forget_failures("m", "INBOX", 7, [3])
    assert boxes.known("m", "INBOX", 7, 1) == {}


def test_the_cursor_and_what_happened_are_kept(store: Store) -> None:
    boxes = store.mailboxes
    assert not boxes.folder("m", "Đã chuyển").is_known
    boxes.put_folder("m", "Đã chuyển", FolderState(uidvalidity=7, last_uid=4, since=NOW))
    state = boxes.folder("m", "Đã chuyển")
    assert (state.uidvalidity, state.last_uid, state.since) == (7, 4, NOW)

    boxes.lease(["m"], now=NOW, until=SOON)
    boxes.well("m", signed_in_at=NOW, read_at=NOW)
    boxes.well("m", read_at=SOON, last_mail_at=SOON)
    boxes.troubled("m", "unreachable", "no link", now=NOW)
    boxes.troubled("m", "unreachable", "no link", now=SOON)
    found = boxes.states()["m"]
    assert (found.first_read_at, found.read_at, found.last_mail_at, found.signed_in_at) == (NOW, SOON, SOON, NOW)
    assert (found.trouble, found.trouble_since) == ("unreachable", NOW)
    boxes.well("m")
    assert boxes.states()["m"].trouble_since is None
