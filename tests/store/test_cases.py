"""Cases: opened, joined, moved by the table, sealed."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from gateway.errors import CaseChanged, IllegalTransition, NotFound, StoreUnavailable
from gateway.lifecycle import CASE_TRANSITIONS, CaseEvent, CaseState, DeliveryEvent, DeliveryState
from gateway.model import Action, Case, Delivery, Event, Evidence, Mail, Sign, Story
from gateway.store import Acceptance, Opening, Settlement, Store
from gateway.store.tables import JOINABLE, OPEN_STATES
from tests.store.conftest import Open
from tests.store.letters import CLERK, LEASE, MINH, NOON, captured, case, document, mail, passing, verdict


def test_a_captured_document_is_a_case_that_waits(store: Store) -> None:
    letter = mail()
    opened = case(letter)
    store.accept_now([captured(letter, opened)])
    assert store.views.case(opened.id) == opened
    assert [row.id for row in store.views.mails_of_case(opened.id)] == [letter.id]
    (story,) = store.views.story(case_id=opened.id)
    assert (story.event, story.mail_id, story.detail["unit"]) == (Event.CASE_OPENED, letter.id, "SGDHG")
    assert store.views.case_counts(None) == {CaseState.WAITING: 1}


def test_a_case_without_a_readable_document_is_a_case(store: Store) -> None:
    letter = mail()
    opened = case(letter, document=None, files=(), key="", action=Action.HOLD, due_at=None)
    store.accept_now([captured(letter, opened)])
    assert store.views.case(opened.id) == opened


def test_the_same_document_again_joins_its_case(store: Store) -> None:
    first, second = mail(), mail(at=NOON + LEASE)
    opened, again = case(first), case(second, alarm=True)
    store.accept_now([captured(first, opened)])
    store.accept_now([captured(second, again, hand_over=True)])
    assert [row.id for row in store.views.mails_of_case(opened.id)] == [first.id, second.id]
    with pytest.raises(NotFound):
        store.views.case(again.id)
    assert [story.event for story in store.views.story(case_id=opened.id)] == [Event.CASE_OPENED, Event.CASE_JOINED]
    assert store.views.story(mail_id=second.id)[-1].case_id == opened.id
    assert store.views.deliveries_of(case_id=again.id) == ()
    assert store.views.case(opened.id).alarm
    assert store.views.cases(units=None, states=()).rows[0].mails == 2


def test_one_mail_that_brings_a_document_twice_is_told_once(store: Store) -> None:
    letter = mail()
    opened = case(letter)
    twice = captured(letter, opened)
    store.accept_now([replace(twice, openings=(*twice.openings, Opening(case=case(letter))))])
    assert [story.event for story in store.views.story(case_id=opened.id)] == [Event.CASE_OPENED]
    assert store.views.case_counts(None) == {CaseState.WAITING: 1}


@pytest.mark.parametrize("other", [{"unit": "PGDCS"}, {"direction": "incoming"}, {"key": "46/QĐ-SGDĐT"}, {"key": ""}])
def test_another_unit_direction_or_document_is_another_case(store: Store, other: dict[str, object]) -> None:
    from gateway.model import Direction

    if "direction" in other:
        other = {"direction": Direction(str(other["direction"]))}
    first, second = mail(), mail()
    store.accept_now([captured(first, case(first))])
    store.accept_now([captured(second, case(second, **other))])
    assert store.views.case_counts(None) == {CaseState.WAITING: 2}


def test_documents_without_a_key_never_join(store: Store) -> None:
    for _ in range(3):
        letter = mail()
        store.accept_now([captured(letter, case(letter, key=""))])
    assert store.views.case_counts(None) == {CaseState.WAITING: 3}


def test_a_closed_case_is_not_joined(store: Store) -> None:
    first, second = mail(), mail()
    opened = case(first)
    store.accept_now([captured(first, opened)])
    store.move_case(opened.id, CaseEvent.RETURN, by="hoa", detail={"reason": "sai mẫu"}, now=NOON)
    store.accept_now([captured(second, case(second))])
    assert store.views.case_counts(None) == {CaseState.WAITING: 1, CaseState.RETURNED: 1}


def test_concurrent_openings_of_one_document_give_one_case(store: Store, open_store: Open) -> None:
    stores = [store, open_store(), open_store()]
    letters = [mail(f"letter {n}".encode()) for n in range(30)]

    def bring(mine: Store, some: list[Mail]) -> None:
        for letter in some:
            mine.accept_now([captured(letter, case(letter))])

    threads = [threading.Thread(target=bring, args=(mine, letters[n::3])) for n, mine in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = store.views.cases(units=None, states=()).rows
    assert row.mails == 30


def test_the_index_that_joins_knows_all_open_states() -> None:
    assert tuple(state.value for state in CaseState if CASE_TRANSITIONS[state].keys() - {CaseEvent.UNDO}) == OPEN_STATES
    assert str(JOINABLE) == f"key <> '' AND state IN {OPEN_STATES}"


def test_a_clerk_approves_and_the_office_gets_it(store: Store) -> None:
    letter = mail()
    opened = case(letter)
    store.accept_now([captured(letter, opened)])
    to_office = Delivery(id=f"{opened.id}-0", mail_id=letter.id, courier="qlvb-tinh", target="SGDHG", case_id=opened.id)
    moved = store.move_case(
        opened.id, CaseEvent.APPROVE, by="hoa", detail={"note": "đúng"}, deliveries=(to_office,), now=NOON + LEASE
    )
    assert moved == replace(opened, state=CaseState.APPROVED)
    story = store.views.story(case_id=opened.id)[-1]
    assert story.detail == {"from": "waiting", "to": "approved", "event": "approve", "note": "đúng"}
    assert (story.event, story.actor, story.at) == (Event.CASE_MOVED, "hoa", NOON + LEASE)
    (parcel,) = store.claim(couriers=["qlvb-tinh"], limit=5, now=NOON + LEASE, lease=LEASE)
    assert parcel.deliveries == (replace(to_office, state=DeliveryState.SENDING),)
    assert parcel.case == moved
    told = Story(at=NOON, event=Event.DELIVERED, mail_id=letter.id, case_id=opened.id)
    store.settle(
        [
            Settlement(
                delivery_id=to_office.id,
                event=DeliveryEvent.DELIVERED,
                attempts=1,
                story=told,
                case_id=opened.id,
                case_event=CaseEvent.HAND_OVER,
            )
        ]
    )
    store.flush()
    assert store.views.case(opened.id).state is CaseState.HANDED_OVER
    assert [story.event for story in store.views.story(case_id=opened.id)][-2:] == [Event.DELIVERED, Event.CASE_MOVED]


def test_a_settlement_whose_case_went_elsewhere_settles_the_delivery_all_the_same(store: Store) -> None:
    letter = mail()
    opened = case(letter)
    store.accept_now([captured(letter, opened, hand_over=True)])
    (parcel,) = store.claim(couriers=["qlvb-tinh"], limit=5, now=NOON, lease=LEASE)
    store.move_case(opened.id, CaseEvent.WITHDRAW, by="hoa", detail={}, now=NOON)
    settlement = Settlement(
        delivery_id=parcel.deliveries[0].id,
        event=DeliveryEvent.DELIVERED,
        attempts=1,
        case_id=opened.id,
        case_event=CaseEvent.HAND_OVER,
    )
    store.settle([settlement])
    store.flush()
    assert store.views.case(opened.id).state is CaseState.WITHDRAWN
    assert store.views.deliveries_of(case_id=opened.id)[0].state is DeliveryState.DELIVERED


def test_a_letter_goes_out_with_the_step_or_not_at_all(store: Store) -> None:
    letter = mail()
    opened = case(letter)
    store.accept_now([captured(letter, opened)])
    notice = mail(b"notice", sender="")
    store.move_case(
        opened.id,
        CaseEvent.RETURN,
        by="hoa",
        detail={"reason": "sai"},
        acceptances=(passing(notice, state=DeliveryState.QUEUED),),
        now=NOON,
    )
    assert store.views.raw(notice.id) == b"notice"
    second = mail(b"second notice", sender="")
    with pytest.raises(IllegalTransition):
        store.move_case(opened.id, CaseEvent.RETURN, by="hoa", detail={}, acceptances=(passing(second),), now=NOON)
    with pytest.raises(NotFound):
        store.views.mail(second.id)
    with pytest.raises(NotFound):
        store.move_case("no such case", CaseEvent.RETURN, by="hoa", detail={}, now=NOON)


def test_two_clerks_at_once_decide_once(store: Store, open_store: Open) -> None:
    letter = mail()
    opened = case(letter)
    store.accept_now([captured(letter, opened)])
    outcomes: list[object] = []

    def decide(mine: Store, event: CaseEvent) -> None:
        try:
            outcomes.append(mine.move_case(opened.id, event, by="hoa", detail={}, now=NOON).state)
        except IllegalTransition as error:
            outcomes.append(error)

    events = (CaseEvent.RELEASE, CaseEvent.RETURN)
    threads = [
        threading.Thread(target=decide, args=(mine, event)) for mine, event in zip((store, open_store()), events, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CaseState", "IllegalTransition"]
    assert len(store.views.story(case_id=opened.id)) == 2


def test_an_illegal_step_does_not_undo_what_came_in_beside_it(store: Store) -> None:
    letters = [mail(f"letter {n}".encode()) for n in range(20)]
    letter = mail()
    opened = case(letter)
    store.accept_now([captured(letter, opened)])
    store.move_case(opened.id, CaseEvent.RETURN, by="hoa", detail={}, now=NOON)

    def accept() -> None:
        for one in letters:
            store.accept_now([passing(one)])

    thread = threading.Thread(target=accept)
    thread.start()
    for _ in range(20):
        with pytest.raises(IllegalTransition):
            store.move_case(opened.id, CaseEvent.RELEASE, by="hoa", detail={}, now=NOON)
    thread.join()
    assert all(store.views.raw(one.id) == one.raw for one in letters)


def secret() -> tuple[Mail, Case, Acceptance]:
    """A mail with a document marked MẬT, given to the store with more than it may keep."""
    letter = mail(b"Subject: ke hoach\r\n\r\nMAT")
    stamp = Evidence(sign=Sign.SECRECY, words="MẬT", file="ke-hoach.pdf", page=1)
    words = Evidence(sign=Sign.NUMBER, words="Số: 07/KH-SGDĐT", file="ke-hoach.pdf", page=1)
    opened = case(
        letter,
        action=Action.QUARANTINE,
        state=CaseState.SEALED,
        document=document("07/KH-SGDĐT", "Kế hoạch bảo vệ"),
        subject="kế hoạch bảo vệ",
        alarm=True,
    )
    return (
        letter,
        opened,
        Acceptance(
            mail=letter,
            subject="kế hoạch bảo vệ",
            verdicts=(verdict(CLERK, Action.QUARANTINE, evidence=(stamp, words), unit="SGDHG"),),
            openings=(Opening(case=opened),),
            stories=(
                Story(at=NOON, event=Event.ACCEPTED, mail_id=letter.id, detail={"size": 27, "subject": "kế hoạch bảo vệ"}),
            ),
        ),
    )


def test_nothing_of_a_sealed_document_is_stored(store: Store) -> None:
    letter, opened, acceptance = secret()
    store.accept_now([acceptance])
    kept = store.views.case(opened.id)
    assert kept == replace(opened, document=None, files=(), subject="", key="")
    assert store.views.mail(letter.id).subject == ""
    assert store.views.story(mail_id=letter.id)[0].detail == {"size": 27}
    assert store.views.verdicts(letter.id)[0].evidence == (Evidence(sign=Sign.SECRECY, words="MẬT", page=1),)
    for word in ("hoach", "07/KH", "bao ve"):
        assert store.views.cases(units=None, states=(), text=word).rows == ()
        assert store.views.mails(text=word).rows == ()
    with pytest.raises(NotFound, match="sealed"):
        store.views.raw(letter.id)


def test_a_sealed_mail_opens_sealed_cases_only_whatever_the_caller_says(store: Store) -> None:
    letter, opened, acceptance = secret()
    careless = replace(opened, state=CaseState.WAITING)
    to_office = Delivery(id=f"{opened.id}-0", mail_id=letter.id, courier="qlvb-tinh", target="SGDHG", case_id=opened.id)
    store.accept_now([replace(acceptance, openings=(Opening(case=careless, hand_over=to_office),))])
    assert store.views.case(opened.id).state is CaseState.SEALED
    assert store.views.deliveries_of(case_id=opened.id) == ()


def test_a_case_that_got_another_mail_meanwhile_is_not_moved(store: Store) -> None:
    first, second = mail(), mail(b"again")
    opened = case(first)
    store.accept_now([captured(first, opened)])
    store.accept_now([captured(second, case(second))])
    on = Delivery(id=f"{opened.id}-1", mail_id=first.id, courier="relay", target=CLERK, case_id=opened.id)
    with pytest.raises(CaseChanged):
        store.move_case(opened.id, CaseEvent.RELEASE, by="hoa", detail={}, deliveries=(on,), expected_mails=1, now=NOON)
    assert store.views.case(opened.id).state is CaseState.WAITING
    assert store.views.deliveries_of(case_id=opened.id) == ()
    moved = store.move_case(opened.id, CaseEvent.RELEASE, by="hoa", detail={}, deliveries=(on,), expected_mails=2, now=NOON)
    assert moved.state is CaseState.RELEASED


def test_a_mail_that_comes_while_a_case_is_released_is_expected_or_opens_another(store: Store, open_store: Open) -> None:
    other, released = open_store(), 0
    for n in range(20):
        first, second = mail(), mail(b"again")
        opened = case(first, key=f"{n}/QĐ")
        store.accept_now([captured(first, opened)])
        coming = threading.Thread(target=other.accept_now, args=([captured(second, case(second, key=f"{n}/QĐ"))],))
        coming.start()
        with contextlib.suppress(CaseChanged):
            store.move_case(opened.id, CaseEvent.RELEASE, by="hoa", detail={}, expected_mails=1, now=NOON)
            released += 1
        coming.join()
        state, mails = store.views.case(opened.id).state, store.views.mails_of_case(opened.id)
        assert (state, len(mails)) in ((CaseState.RELEASED, 1), (CaseState.WAITING, 2))
    assert sum(store.views.case_counts(None).values()) == 20 + released


def test_nobody_moves_a_sealed_case(store: Store) -> None:
    _, opened, acceptance = secret()
    store.accept_now([acceptance])
    for event in CaseEvent:
        with pytest.raises(IllegalTransition):
            store.move_case(opened.id, event, by="hoa", detail={}, now=NOON)


def test_a_sealed_case_alarms_until_somebody_has_seen_it(store: Store) -> None:
    _, opened, acceptance = secret()
    store.accept_now([acceptance])
    assert store.views.health().alarms == 1
    store.tell(Story(at=NOON, event=Event.SEEN, case_id=opened.id, actor="hoa"))
    assert store.views.health().alarms == 0


def test_a_secret_that_a_unit_not_yet_bound_let_through_is_counted_for_a_week(store: Store) -> None:
    letter, usual = mail(to=(CLERK, MINH)), mail()
    passed = passing(letter)
    through = tuple(replace(each, alarm=True, would_have=Action.QUARANTINE) for each in passed.verdicts)
    store.accept_now([replace(passed, verdicts=through), passing(usual)])
    now = datetime.now(UTC)
    assert store.views.health(now).secrets_let_through == 1  # mails, not recipients
    assert store.views.health(now + timedelta(days=8)).secrets_let_through == 0


def test_a_case_that_nobody_looked_at_in_time_raises_its_alarm_once(store: Store) -> None:
    letter, later = mail(), mail()
    opened = case(letter)
    store.accept_now([captured(letter, opened), captured(later, case(later, key="", due_at=NOON + timedelta(days=9)))])
    assert store.raise_alarms(NOON) == ()
    assert store.raise_alarms(NOON + timedelta(hours=4)) == (opened.id,)
    assert store.raise_alarms(NOON + timedelta(hours=5)) == ()
    assert store.views.case(opened.id).alarm
    health = store.views.health()
    assert (health.cases_waiting, health.alarms) == (2, 1)


def test_a_case_of_a_mail_that_is_not_there_is_refused(store: Store) -> None:
    letter = mail()
    with pytest.raises(StoreUnavailable):
        store.accept_now([replace(captured(letter, case(letter)), mail=mail())])
