"""Segments of large bodies: written, damaged, torn, removed when nobody needs them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.errors import NotAllowed, NotFound, StoreUnavailable
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent, DeliveryState
from gateway.model import Action, Event, Mail
from gateway.store import Opening, Settlement, Store, blobs
from tests.store.conftest import Open
from tests.store.letters import CLERK, LEASE, MINH, NOON, captured, case, mail, passing

DAY = timedelta(days=1)


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "blobs").iterdir())


def delivered(store: Store, *letters: Mail) -> None:
    """Accept mails and see them delivered to all their recipients."""
    for letter in letters:
        store.accept_now([passing(letter)])
        for n in range(len(letter.recipients)):
            store.settle([Settlement(delivery_id=f"{letter.id}-{n}", event=DeliveryEvent.DELIVERED, attempts=1)])
    store.flush()


def test_a_new_segment_begins_when_one_is_full(open_store: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "SEGMENT_BYTES", 1000)
    store = open_store(inline_bytes=10)
    letters = [mail(bytes([n]) * 400) for n in range(7)]
    for letter in letters:
        store.accept_now([passing(letter)])
    assert len(files(tmp_path)) == 3
    for letter in letters:
        assert store.views.raw(letter.id) == letter.raw


def test_every_life_writes_segments_of_its_own(open_store: Open, tmp_path: Path) -> None:
    for _ in range(2):
        store = open_store(node="hue", inline_bytes=10)
        store.accept_now([passing(mail(b"x" * 100))])
        store.close()
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize("damage", ["other", "short", "gone"])
def test_damaged_bytes_are_never_given_out_and_the_mail_is_named(open_store: Open, tmp_path: Path, damage: str) -> None:
    store = open_store(inline_bytes=10)
    letter = mail(b"x" * 100)
    store.accept_now([passing(letter)])
    (segment,) = (tmp_path / "blobs").iterdir()
    if damage == "other":
        segment.write_bytes(b"x" * 99 + b"y")
    elif damage == "short":
        segment.write_bytes(b"x" * 99)
    else:
        segment.unlink()
    with pytest.raises(StoreUnavailable, match=letter.id):
        store.views.raw(letter.id)


def test_what_a_crash_left_behind_the_last_commit_does_no_harm(open_store: Open, tmp_path: Path) -> None:
    first = open_store(node="hue", inline_bytes=10)
    letter = mail(b"x" * 100)
    first.accept_now([passing(letter)])
    first.close()
    (segment,) = (tmp_path / "blobs").iterdir()
    with segment.open("ab") as file:
        file.write(b"half a ma")
    second = open_store(node="hue", inline_bytes=10)
    other = mail(b"y" * 100)
    second.accept_now([passing(other)])
    assert second.views.raw(letter.id) == letter.raw
    assert second.views.raw(other.id) == other.raw


def test_the_purge_drops_the_bytes_of_what_everybody_got_and_keeps_the_rows(open_store: Open) -> None:
    store = open_store(inline_bytes=50)
    small, large, fresh = mail(b"s" * 50), mail(b"l" * 51, to=(CLERK, MINH)), mail(b"f" * 51, at=NOON + 9 * DAY)
    delivered(store, small, large, fresh)
    assert store.purge(NOON + 10 * DAY, keep_passed=2 * DAY) == 2
    for letter in (small, large):
        with pytest.raises(NotFound, match="no longer kept"):
            store.views.raw(letter.id)
        assert store.views.mail(letter.id).size == len(letter.raw)
        assert len(store.views.verdicts(letter.id)) == len(letter.recipients)
    assert store.views.raw(fresh.id) == fresh.raw
    assert store.purge(NOON + 10 * DAY, keep_passed=2 * DAY) == 0


def test_the_purge_keeps_what_is_captured_or_not_delivered_to_all(store: Store) -> None:
    kept = mail(b"captured")
    store.accept_now([captured(kept, case(kept))])
    half = mail(b"half", to=(CLERK, MINH))
    store.accept_now([passing(half)])
    store.settle([Settlement(delivery_id=f"{half.id}-0", event=DeliveryEvent.DELIVERED, attempts=1)])
    store.settle([Settlement(delivery_id=f"{half.id}-1", event=DeliveryEvent.REFUSE, attempts=9)])
    store.flush()
    assert store.purge(NOON + 99 * DAY, keep_passed=DAY) == 0
    assert store.views.raw(kept.id) == b"captured"
    assert store.views.raw(half.id) == b"half"


@pytest.mark.parametrize(("dead_for_days", "dropped"), [(29, 0), (31, 1)])
def test_the_purge_waits_a_month_longer_for_what_was_given_up(store: Store, dead_for_days: int, dropped: int) -> None:
    letter = mail(b"half", to=(CLERK, MINH))
    store.accept_now([passing(letter)])
    store.settle([Settlement(delivery_id=f"{letter.id}-0", event=DeliveryEvent.DELIVERED, attempts=1)])
    store.settle([Settlement(delivery_id=f"{letter.id}-1", event=DeliveryEvent.GIVE_UP, attempts=9)])
    store.flush()
    assert store.purge(NOON + (dead_for_days + 1) * DAY, keep_passed=DAY) == dropped


def test_a_cancelled_delivery_keeps_no_bytes(store: Store) -> None:
    letter = mail(b"half")
    store.accept_now([passing(letter, state=DeliveryState.QUEUED)])
    store.move_delivery(f"{letter.id}-0", DeliveryEvent.CANCEL, by="quantri", now=NOON)
    assert store.purge(NOON + 3 * DAY, keep_passed=DAY) == 1


def test_what_has_no_bytes_any_more_cannot_be_tried_again(store: Store) -> None:
    letter = mail(b"half")
    store.accept_now([passing(letter)])
    store.settle([Settlement(delivery_id=f"{letter.id}-0", event=DeliveryEvent.GIVE_UP, attempts=9)])
    store.flush()
    assert store.purge(NOON + 99 * DAY, keep_passed=DAY) == 1
    with pytest.raises(NotAllowed, match="không còn được lưu"):
        store.move_delivery(f"{letter.id}-0", DeliveryEvent.RETRY_NOW, by="quantri", now=NOON + 99 * DAY)


def test_the_purge_works_in_small_transactions_until_all_is_dropped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.store import housekeeping

    monkeypatch.setattr(housekeeping, "SMALL", 3)
    delivered(store, *(mail(f"{n}".encode()) for n in range(10)))
    assert store.purge(NOON + 9 * DAY, keep_passed=DAY) == 10


def test_segments_that_no_mail_needs_are_removed_but_not_the_one_being_written(
    open_store: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "SEGMENT_BYTES", 1000)
    store, other = open_store(inline_bytes=10), open_store(inline_bytes=10)
    passed, kept, last = mail(b"p" * 1000), mail(b"k" * 1000), mail(b"l" * 1000)
    delivered(store, passed)
    store.accept_now([captured(kept, case(kept))])  # captured mails have segments of their own
    delivered(store, last)
    delivered(other, mail(b"o" * 500))
    (tmp_path / "blobs" / "old-life-passing-000001.segment").write_bytes(b"from a crash before its commit")
    assert len(files(tmp_path)) == 5
    assert store.purge(NOON + 9 * DAY, keep_passed=DAY) == 3
    # Left: the captured one, and those that the two stores have open.
    assert len(files(tmp_path)) == 3
    assert store.views.raw(kept.id) == kept.raw
    again = mail(b"a" * 500)
    other.accept_now([passing(again)])
    assert other.views.raw(again.id) == again.raw


def test_a_mail_that_is_sent_again_after_the_purge_of_others_is_whole(open_store: Open) -> None:
    store = open_store(inline_bytes=10)
    letter = mail(b"q" * 100)
    store.accept_now([passing(letter, state=DeliveryState.QUEUED)])
    delivered(store, mail(b"p" * 100))
    store.purge(NOON + 9 * DAY, keep_passed=DAY)
    (parcel,) = store.claim(couriers=["relay"], limit=5, now=NOON + 9 * DAY, lease=LEASE)
    assert parcel.mail.raw == letter.raw


def closed(store: Store, letter: Mail, event: CaseEvent | None, **more: object) -> None:
    opened = case(letter, **more)
    store.accept_now([captured(letter, opened)])
    if event is not None:
        store.move_case(opened.id, event, by="vanthu", detail={}, now=NOON)


def test_captured_mails_are_dropped_by_a_schedule_of_their_own_once_their_case_is_over(store: Store) -> None:
    returned, waiting, sealed, archived = mail(b"returned"), mail(b"waiting"), mail(b"sealed"), mail(b"archived")
    closed(store, returned, CaseEvent.RETURN)
    closed(store, waiting, None, key="other")
    closed(store, sealed, None, action=Action.QUARANTINE, state=CaseState.SEALED)
    closed(store, archived, None, key="third", state=CaseState.ARCHIVED)

    early = store.archive.purgeable(NOON + 100 * DAY, keep_passed=DAY, keep_captured=365 * DAY)
    late = store.archive.purgeable(NOON + 400 * DAY, keep_passed=DAY, keep_captured=365 * DAY)

    assert [each.mails for each in early] == [0, 0]
    assert [(each.mails, each.size, each.oldest) for each in late] == [(0, 0, None), (1, len(b"returned"), NOON)]
    assert store.purge(NOON + 400 * DAY, keep_passed=DAY) == 0
    assert store.purge(NOON + 400 * DAY, keep_passed=DAY, keep_captured=365 * DAY) == 1
    assert store.views.raw(waiting.id) == b"waiting"
    assert store.views.raw(archived.id) == b"archived"
    with pytest.raises(NotFound, match="no longer kept"):
        store.views.raw(returned.id)


def test_a_mail_of_two_cases_stays_until_both_are_over(store: Store) -> None:
    letter = mail(b"two")
    first, second = case(letter, key="a"), case(letter, key="b", unit="PGDCS")
    both = captured(letter, first)
    store.accept_now([replace(both, openings=(*both.openings, Opening(case=second)))])
    store.move_case(first.id, CaseEvent.RETURN, by="vanthu", detail={}, now=NOON)
    assert store.purge(NOON + 400 * DAY, keep_passed=DAY, keep_captured=DAY) == 0
    store.move_case(second.id, CaseEvent.RETURN, by="vanthu", detail={}, now=NOON)
    assert store.purge(NOON + 400 * DAY, keep_passed=DAY, keep_captured=DAY) == 1
    assert not store.views.mail(letter.id).kept
    for opened in (first, second):  # both remember the day, and by which setting
        last = store.views.story(case_id=opened.id)[-1]
        assert (last.event, last.at, last.mail_id) == (Event.DROPPED, NOON + 400 * DAY, letter.id)
        assert last.detail == {"setting": "keep_captured_days"}
