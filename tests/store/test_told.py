"""The usual story of a mail is read from its rows, and is the story that would have been written."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from gateway.lifecycle import DeliveryEvent
from gateway.model import Action, Event, Story
from gateway.store import Settlement, Store
from tests.store.letters import CLERK, MINH, NOON, REPORT, captured, case, mail, passing, verdict

SOON, LATER = NOON + timedelta(seconds=2), NOON + timedelta(seconds=9)


def test_a_decided_mail_tells_how_it_came_and_what_was_decided(store: Store) -> None:
    letter = mail(to=(CLERK, MINH))
    store.accept_now([replace(passing(letter), stories=(), decided_at=SOON)])

    accepted, decided = store.views.story(mail_id=letter.id)

    arrival = letter.arrival
    assert (accepted.at, accepted.event) == (arrival.at, Event.ACCEPTED)
    assert accepted.detail == {
        "door": arrival.door,
        "peer": arrival.peer,
        "helo": arrival.helo,
        "identity": arrival.identity,
        "size": len(REPORT),
        "sha256": letter.digest,
    }
    rule = verdict().rule
    said = [f"{CLERK}: deliver ({rule})", f"{MINH}: deliver ({rule})"]
    assert decided == Story(at=SOON, event=Event.DECIDED, mail_id=letter.id, detail={"verdicts": said})


def test_what_arrived_stands_in_the_story_at_its_time(store: Store) -> None:
    letter = mail(to=(CLERK, MINH))
    store.accept_now([replace(passing(letter), stories=(), decided_at=NOON)])
    put_off = Story(at=SOON, event=Event.DEFERRED, mail_id=letter.id)
    store.settle(
        [Settlement(delivery_id=f"{letter.id}-1", event=DeliveryEvent.RETRY, attempts=1, next_at=LATER, story=put_off)]
    )
    store.settle([arrived(f"{letter.id}-0", attempts=2)])
    store.tell(Story(at=LATER + timedelta(seconds=1), event=Event.SEEN, mail_id=letter.id, actor="lan"))
    store.flush()

    told = store.views.story(mail_id=letter.id)

    assert [story.event for story in told] == [Event.ACCEPTED, Event.DECIDED, Event.DEFERRED, Event.DELIVERED, Event.SEEN]
    assert told[3].at == LATER
    assert told[3].detail == {
        "delivery": f"{letter.id}-0",
        "target": CLERK,
        "reply": "250 2.0.0 taken",
        "attempts": 2,
        "state": "delivered",
        "sent_sha256": "5e" * 32,
    }


def test_what_arrived_at_the_office_system_stands_in_the_story_of_its_case(store: Store) -> None:
    letter = mail()
    opened = case(letter)
    store.accept_now([captured(letter, opened, hand_over=True)])
    (parcel,) = store.claim(couriers=[opened.office], limit=1, now=LATER, lease=timedelta(minutes=2))
    store.settle([arrived(parcel.deliveries[0].id)])
    store.flush()

    (told,) = [story for story in store.views.story(case_id=opened.id) if story.event is Event.DELIVERED]

    assert (told.mail_id, told.case_id, told.at) == (letter.id, opened.id, LATER)


def test_a_sealed_mail_tells_no_more_than_that_it_came_and_is_sealed(store: Store) -> None:
    letter = mail()
    sealed = verdict(action=Action.QUARANTINE)
    store.accept_now([replace(passing(letter), verdicts=(sealed,), deliveries=(), stories=(), decided_at=NOON)])

    accepted, decided = store.views.story(mail_id=letter.id)

    assert set(accepted.detail) == {"door", "peer", "helo", "identity", "size", "sha256"}
    assert decided.detail == {"verdicts": [f"{sealed.recipient}: quarantine ({sealed.rule})"]}


def arrived(delivery_id: str, *, attempts: int = 1) -> Settlement:
    return Settlement(
        delivery_id=delivery_id,
        event=DeliveryEvent.DELIVERED,
        attempts=attempts,
        reply="250 2.0.0 taken",
        delivered_at=LATER,
        sent="5e" * 32,
    )
