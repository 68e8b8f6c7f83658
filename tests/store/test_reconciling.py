"""What the store says about mails of a mailbox: decided, delivered, captured, or not."""

from __future__ import annotations

from gateway.lifecycle import DeliveryEvent
from gateway.model import Source, Swept
from gateway.store import Acceptance, Gap, Settlement, Store
from gateway.store.mailboxes import FolderState
from tests.store.letters import NOON, captured, case, mail, passing


def test_mails_that_are_neither_delivered_nor_captured_are_named(store: Store) -> None:
    done, waiting, kept, undecided = mail(b"done"), mail(b"waiting"), mail(b"kept"), mail(b"undecided")
    store.accept_now([passing(done), passing(waiting), captured(kept, case(kept)), Acceptance(mail=undecided)])
    for each, event in ((done, DeliveryEvent.DELIVERED), (waiting, DeliveryEvent.GIVE_UP)):
        store.settle([Settlement(delivery_id=f"{each.id}-0", event=event, attempts=1, reply="550 no")])
    store.flush()
    found = store.reconciling.shortcomings([done.id, waiting.id, kept.id, undecided.id])
    assert {mail_id: gap for mail_id, (gap, _) in found.items()} == {waiting.id: Gap.UNDELIVERED, undecided.id: Gap.UNDECIDED}
    assert "dead 550 no" in found[waiting.id][1]


def test_what_was_swept_failed_and_held_is_known_by_its_uid(store: Store) -> None:
    def source(uid: int) -> Source:
        return Source(mailbox="c3", folder="Đã gửi", uidvalidity=7, uid=uid)

    store.mailboxes.note([source(1)], Swept.SAME, mail_ids={1: "M1"}, now=NOON)
    store.mailboxes.note([source(2)], Swept.HELD, now=NOON)
    store.mailboxes.failed(source(3), "NO [SERVERBUG]", now=NOON)
    store.mailboxes.put_folder("c3", "Đã gửi", FolderState(uidvalidity=7, last_uid=3, since=NOON))
    known = store.reconciling.known("c3", "Đã gửi", 7)
    assert {(m.uid, m.mail_id, m.gap) for m in known.messages} == {(1, "M1", None), (2, "", Gap.HELD), (3, "", Gap.FAILED)}
    assert known.since == NOON
    assert store.reconciling.known("c3", "Đã gửi", 8).messages == ()
