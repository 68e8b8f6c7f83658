"""What the store says about mails of a mailbox: decided, delivered, captured, or not."""

from __future__ import annotations

from gateway.lifecycle import DeliveryEvent
from gateway.store import Acceptance, Gap, Settlement, Store
from tests.store.letters import captured, case, mail, passing


def test_mails_that_are_neither_delivered_nor_captured_are_named(store: Store) -> None:
    done, waiting, kept, undecided = mail(b"done"), mail(b"waiting"), mail(b"kept"), mail(b"undecided")
    store.accept_now([passing(done), passing(waiting), captured(kept, case(kept)), Acceptance(mail=undecided)])
    for each, event in ((done, DeliveryEvent.DELIVERED), (waiting, DeliveryEvent.GIVE_UP)):
        store.settle([Settlement(delivery_id=f"{each.id}-0", event=event, attempts=1, reply="550 no")])
    store.flush()
    found = store.reconciling.shortcomings([done.id, waiting.id, kept.id, undecided.id])
    assert {mail_id: gap for mail_id, (gap, _) in found.items()} == {waiting.id: Gap.UNDELIVERED, undecided.id: Gap.UNDECIDED}
    assert "dead 550 no" in found[waiting.id][1]
