"""What is accepted is there afterwards, as it was."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from gateway.errors import NotFound, StoreUnavailable
from gateway.lifecycle import DeliveryState
from gateway.model import Action, Event, Identity, Mail, Phase, Proof, Recipient, Story
from gateway.store import Acceptance, MailRow, Store
from tests.store.conftest import Open
from tests.store.letters import CLERK, MINH, NOON, REPORT, accepted, delivery, mail, passing, verdict


def test_a_mail_is_remembered_with_everything_that_was_decided(store: Store) -> None:
    letter = mail(to=(CLERK, MINH))
    store.accept_now([passing(letter)])
    assert store.views.raw(letter.id) == REPORT
    assert store.views.mail(letter.id) == MailRow(
        id=letter.id,
        sender=letter.sender,
        recipients=(CLERK, MINH),
        subject="Báo cáo tháng 11",
        at=NOON,
        size=len(REPORT),
        door=letter.arrival.door,
        peer="192.0.2.7",
        identity=letter.arrival.identity,
        actions=(Action.DELIVER,),
        digest=letter.digest,
        kept=True,
    )
    assert store.views.verdicts(letter.id) == (verdict(CLERK), verdict(MINH))
    assert store.views.deliveries_of(mail_id=letter.id) == (delivery(letter, 0), delivery(letter, 1))
    assert store.views.story(mail_id=letter.id) == (accepted(letter),)


def test_what_the_domain_of_the_sender_said_comes_back_and_most_mails_have_none(store: Store) -> None:
    letter, plain = mail(), mail()
    proof = Proof(identity=Identity.SPF, spf="pass", dkim="fail", dmarc="pass", domain="moet.example", by="mx.moet.example")
    store.accept_now([passing(replace(letter, arrival=replace(letter.arrival, proof=proof))), passing(plain)])
    assert store.views.proof(letter.id) == proof
    assert store.views.proof(plain.id) is None


def test_a_verdict_comes_back_with_every_field(store: Store) -> None:
    letter = mail()
    told = verdict(
        action=Action.COPY,
        phase=Phase.ADVISE,
        would_have=Action.REJECT,
        target="vanthu.thcsll@sgdhuonggiang.edu.vn",
        unit="THCSLL",
        office="ioffice-nganh",
        hand_over_at_once=True,
        notice="advised",
        alarm=True,
        passed_over=(),
    )
    store.accept_now([Acceptance(mail=letter, verdicts=(told,))])
    assert store.views.verdicts(letter.id) == (told,)


def test_the_same_rules_passed_over_are_kept_once_and_come_back_for_all(store: Store, open_store: Open) -> None:
    letters = [mail() for _ in range(3)]
    for letter in letters:
        store.accept_now([passing(letter)])
    other = open_store()  # has not written them itself yet
    last = mail()
    other.accept_now([passing(last)])
    for letter in [*letters, last]:
        assert store.views.verdicts(letter.id) == (verdict(),)


def test_times_come_back_aware_and_to_the_microsecond(store: Store) -> None:
    in_vietnam = datetime(2026, 11, 23, 12, 0, 0, 654321, tzinfo=timezone(timedelta(hours=7)))
    letter = mail(at=in_vietnam)
    store.accept_now([passing(letter)])
    at = store.views.mail(letter.id).at
    assert at == in_vietnam
    assert at.utcoffset() == timedelta(0)


def test_a_refused_mail_is_remembered_without_its_bytes(store: Store) -> None:
    letter = mail()
    store.accept_now([Acceptance(mail=letter, keep_raw=False, verdicts=(verdict(action=Action.REJECT),))])
    assert store.views.mail(letter.id).actions == (Action.REJECT,)
    assert store.views.mail(letter.id).size == len(REPORT)
    with pytest.raises(NotFound, match=letter.id):
        store.views.raw(letter.id)


def test_on_the_loop_many_accept_at_once(store: Store) -> None:
    letters = [mail(f"letter {n}".encode()) for n in range(200)]

    async def all_at_once() -> None:
        await asyncio.gather(*(store.accept([passing(letter)]) for letter in letters))

    asyncio.run(all_at_once())
    for letter in letters:
        assert store.views.raw(letter.id) == letter.raw


def test_two_loops_and_threads_may_accept_together(store: Store) -> None:
    letters = [mail(f"letter {n}".encode()) for n in range(60)]

    async def some(mine: list[Mail]) -> None:
        await asyncio.gather(*(store.accept([passing(letter)]) for letter in mine))

    loops = [threading.Thread(target=lambda part=part: asyncio.run(some(letters[part::3]))) for part in (0, 1)]
    for thread in loops:
        thread.start()
    for letter in letters[2::3]:
        store.accept_now([passing(letter)])
    for thread in loops:
        thread.join()
    assert {row.id for row in store.views.mails(limit=100).rows} == {letter.id for letter in letters}


def test_several_mails_in_one_call_are_one_transaction(store: Store) -> None:
    good, bad = mail(), mail()
    orphan = Acceptance(mail=bad, deliveries=(delivery(bad, mail_id="no such mail"),))
    with pytest.raises(StoreUnavailable):
        store.accept_now([passing(good), orphan])
    with pytest.raises(NotFound):
        store.views.mail(good.id)


def test_one_bad_mail_does_not_fail_those_that_came_with_it(store: Store) -> None:
    good = [mail(f"letter {n}".encode()) for n in range(20)]
    twice = mail()
    orphan = mail()

    async def together() -> list[BaseException | None]:
        return await asyncio.gather(
            *(store.accept([passing(letter)]) for letter in good[:10]),
            store.accept([Acceptance(mail=orphan, deliveries=(delivery(orphan, mail_id="no such mail"),))]),
            store.accept([passing(twice)]),
            store.accept([passing(twice)]),
            *(store.accept([passing(letter)]) for letter in good[10:]),
            return_exceptions=True,
        )

    outcomes = asyncio.run(together())
    failed = [n for n, outcome in enumerate(outcomes) if outcome is not None]
    assert failed == [10, 12]
    assert all(isinstance(outcomes[n], StoreUnavailable) for n in failed)
    for letter in [*good, twice]:
        assert store.views.raw(letter.id) == letter.raw


def test_however_good_and_bad_mails_come_together_exactly_the_good_ones_are_taken(store: Store) -> None:
    """psycopg once took statements for prepared that an aborted pipeline had never prepared."""
    chance = Random(2026)  # noqa: S311 - the same mixture each time

    async def together(good: list[bool]) -> list[bool]:
        letters = [mail(f"{n}".encode()) for n in range(len(good))]
        acceptances = [
            replace(passing(letter), deliveries=(delivery(letter, mail_id=letter.id if fine else "no such mail"),))
            for letter, fine in zip(letters, good, strict=True)
        ]
        outcomes = await asyncio.gather(*(store.accept([one]) for one in acceptances), return_exceptions=True)
        return [outcome is None for outcome in outcomes]

    for _ in range(60):
        good = [chance.random() > 0.1 for _ in range(chance.randint(1, 30))]
        assert asyncio.run(together(good)) == good


def test_what_a_cancelled_session_sent_is_kept_all_the_same(store: Store) -> None:
    letter = mail()

    async def hang_up() -> None:
        task = asyncio.create_task(store.accept([passing(letter)]))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(hang_up())
    store.flush()
    assert store.views.raw(letter.id) == REPORT


def test_text_that_no_database_keeps_is_kept_as_well_as_it_goes(store: Store) -> None:
    odd = "nửa \ud800 chữ \x00 và tab\t"
    fit = "nửa � chữ � và tab\t"
    letter = mail(sender="a\x00b@sgdhuonggiang.edu.vn")
    story = Story(at=NOON, event=Event.ACCEPTED, mail_id=letter.id, detail={"helo": odd, odd: ["x", odd]})
    store.accept_now([Acceptance(mail=letter, subject=odd, verdicts=(verdict(reason=odd),), stories=(story,))])
    assert store.views.mail(letter.id).subject == fit
    assert store.views.mail(letter.id).sender == "a�b@sgdhuonggiang.edu.vn"
    assert store.views.verdicts(letter.id)[0].reason == fit
    assert store.views.story(mail_id=letter.id)[0].detail == {"helo": fit, fit: ["x", fit]}


def test_a_mail_to_very_many_is_one_mail(store: Store) -> None:
    addresses = tuple(f"truong{n}@sgdhuonggiang.edu.vn" for n in range(700))
    letter = mail(to=addresses)
    store.accept_now([passing(letter, state=DeliveryState.QUEUED)])
    assert store.views.mail(letter.id).recipients == addresses
    assert len(store.views.verdicts(letter.id)) == 700
    assert len(store.views.deliveries_of(mail_id=letter.id)) == 700


def test_large_mails_lie_beside_the_database(open_store: Open, tmp_path: Path) -> None:
    store = open_store(inline_bytes=100)
    small, large = mail(b"s" * 100), mail(b"l" * 101)
    store.accept_now([passing(small), passing(large)])
    assert store.views.raw(small.id) == small.raw
    assert store.views.raw(large.id) == large.raw
    assert sum(path.stat().st_size for path in (tmp_path / "blobs").iterdir()) == 101


def test_an_empty_mail_is_a_mail(store: Store) -> None:
    letter = mail(b"")
    store.accept_now([passing(letter)])
    assert store.views.raw(letter.id) == b""


def test_the_null_sender_and_options_come_back(store: Store) -> None:
    letter = mail(sender="")
    store.accept_now([passing(letter, state=DeliveryState.QUEUED)])
    parcel = store.claim(couriers=["relay"], limit=5, now=NOON, lease=timedelta(minutes=2))[0]
    assert parcel.mail == letter
    assert parcel.mail.recipients == (Recipient(address=CLERK, options=("NOTIFY=NEVER",)),)
    assert parcel.deliveries[0].options == ("NOTIFY=NEVER",)


def test_a_closed_store_takes_nothing(store: Store) -> None:
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.accept_now([passing(mail())])
