"""Imports on both databases: nothing twice, nothing left out, and one bad mail costs one line."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.backlog.importer import Span
from gateway.backlog.mbox import Mbox
from gateway.backlog.source import Stopped
from gateway.errors import NotFound, StoreUnavailable
from gateway.lifecycle import CaseState
from gateway.model import Arrival, Door, Relation, Source, digest_of
from gateway.policy.sameness import Mark, MarkKind, agency_of, marks_of
from gateway.store import Outcome, PastMail, Remembered, Store
from tests.backlog.importing import DIRECTORY, NOW, Reader, mail, mbox_of, run
from tests.store import letters

Open = Callable[..., Store]
DAY = datetime(2019, 5, 6, 1, tzinfo=UTC)


def mbox(tmp_path: Path, *mails: bytes, name: str = "old.mbox") -> Mbox:
    (tmp_path / name).write_bytes(mbox_of(*mails))
    return Mbox(tmp_path / name, most=1 << 24)


def archived(store: Store) -> list[tuple[str, int]]:
    rows = store.views.cases(units=None, states=[CaseState.ARCHIVED], limit=1000).rows
    return sorted((row.number_symbol, row.mails) for row in rows)


def test_documents_of_the_past_are_archived_with_their_mails_and_nothing_leaves(store: Store, tmp_path: Path) -> None:
    large = mail(2, "document 2/BC-SNV\n" + "x" * 20_000)
    tally = run(store, mbox(tmp_path, mail(1, "document 1/BC-SNV"), large, mail(3, "a chat")), Reader())
    assert archived(store) == [("1/BC-SNV", 1), ("2/BC-SNV", 1)]
    assert dict(tally.outcomes) == {Outcome.ARCHIVED: 2, Outcome.NOTHING: 1}
    (first, second) = store.views.mails().rows
    assert {first.door, second.door} == {Door.ARCHIVE}
    assert first.at == DAY
    assert sorted(len(store.views.raw(row.id)) for row in (first, second))[1] > 20_000
    assert store.views.deliveries(states=[]).rows == ()
    health = store.views.health(NOW)
    assert (health.cases_waiting, health.alarms, health.queued) == (0, 0, 0)
    assert store.archive.count_mails(since=DAY, until=NOW) == 0


def test_a_second_run_takes_what_is_new_and_nothing_twice(store: Store, tmp_path: Path) -> None:
    mails = [mail(n, f"document {n}/BC-SNV") for n in range(5)]
    run(store, mbox(tmp_path, *mails[:3]), Reader())
    reader = Reader()
    tally = run(store, mbox(tmp_path, *mails), reader)
    assert (tally.known, tally.mails, reader.read) == (3, 2, 2)
    assert len(archived(store)) == 5
    (row,) = store.past.views.imports()
    assert (row.outcomes, row.finished_at) == ({Outcome.ARCHIVED: 5}, NOW)


def test_the_same_bytes_from_elsewhere_are_the_same_mail(store: Store, tmp_path: Path) -> None:
    run(store, mbox(tmp_path, mail(1, "document 1/BC-SNV")), Reader())
    tally = run(store, mbox(tmp_path, mail(1, "document 1/BC-SNV"), mail(1, "document 1/BC-SNV"), name="copy.mbox"), Reader())
    assert dict(tally.outcomes) == {Outcome.SAME: 2}
    assert archived(store) == [("1/BC-SNV", 1)]


@pytest.mark.parametrize("was_captured", [True, False], ids=["captured", "let through"])
def test_a_document_that_was_swept_and_captured_is_not_archived_beside_its_case(
    store: Store, tmp_path: Path, was_captured: bool
) -> None:
    old = mail(1, "document 1/BC-SNV")
    raw = old.replace(b"\n", b"\r\n")  # as a server gives it
    source = Source(mailbox="c3", folder="INBOX", uidvalidity=7, uid=1, digest=digest_of(raw), size=len(raw))
    arrival = Arrival(door=Door.IMAP, at=NOW, peer="imap.moet.example", source=source)
    swept = replace(letters.mail(raw), arrival=arrival)
    store.accept_now([letters.captured(swept, letters.case(swept)) if was_captured else letters.passing(swept)])
    tally = run(store, mbox(tmp_path, old, mail(2, "document 2/BC-SNV")), Reader())
    outcomes = {Outcome.SAME: 1, Outcome.ARCHIVED: 1} if was_captured else {Outcome.ARCHIVED: 2}
    assert dict(tally.outcomes) == outcomes
    assert len(archived(store)) == (1 if was_captured else 2)


def test_the_same_mail_twice_in_one_file_is_one(store: Store, tmp_path: Path) -> None:
    tally = run(store, mbox(tmp_path, *[mail(1, "document 1/BC-SNV")] * 5, *[mail(2, "chat")] * 5), Reader(delay_s=0.05))
    assert dict(tally.outcomes) == {Outcome.ARCHIVED: 1, Outcome.NOTHING: 1, Outcome.SAME: 8}


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 0, 1, 3), (0, 2, 1, 3)], ids=["files first", "scan first", "scan between"])
def test_the_same_file_in_another_mail_joins_and_the_same_number_is_pointed_out(
    store: Store, tmp_path: Path, order: tuple[int, ...]
) -> None:
    mails = [
        mail(1, "document 1/BC-SNV@bytes"),
        mail(2, "document 1/BC-SNV@bytes"),
        mail(3, "document 01/BC-SNV@scan"),
        mail(4, "document 2/BC-SNV"),
    ]
    tally = run(store, mbox(tmp_path, *[mails[n] for n in order]), Reader(), jobs=1)
    assert (tally.joined, tally.twins) == (1, 1)
    assert archived(store) == [("01/BC-SNV", 1), ("1/BC-SNV", 2), ("2/BC-SNV", 1)]
    scan, first = (
        next(r.id for r in store.views.cases(units=None, states=[]).rows if r.number_symbol == n)
        for n in ("01/BC-SNV", "1/BC-SNV")
    )
    assert (store.past.views.twins(scan), store.past.views.twins(first)) == ((first,), (scan,))
    (count,) = store.past.views.document_counts()
    assert (count.documents, count.joined, count.twins, count.year) == (4, 1, 1, 2019)


def test_one_bad_mail_costs_one_line_and_is_tried_again(store: Store, tmp_path: Path) -> None:
    mails = [
        mail(1, "document 1/BC-SNV"),
        mail(2, "poison"),
        mail(3, "secret"),
        mail(4, "locked"),
        mail(5, "document 5/BC-SNV"),
    ]
    found = mbox(tmp_path, *mails)
    tally = run(store, found, Reader())
    assert len(archived(store)) == 2
    lines = {each.outcome: each for each in store.past.views.troubles()}
    assert set(lines) == {Outcome.FAILED, Outcome.SECRET, Outcome.UNREADABLE}
    assert "breaks the reader" in lines[Outcome.FAILED].note
    assert lines[Outcome.SECRET].sender == ""
    assert tally.outcomes[Outcome.FAILED] == 1
    with pytest.raises(NotFound):
        store.views.mail(lines[Outcome.SECRET].key)

    again = run(store, found, _Mended())
    assert dict(again.outcomes) == {Outcome.NOTHING: 1}
    assert Outcome.FAILED not in store.past.views.imports()[0].outcomes


class _Mended(Reader):
    def recognise_now(self, raw: bytes):  # type: ignore[no-untyped-def]  # as the Reader's
        return super().recognise_now(raw.replace(b"poison", b"nothing"))


def test_when_no_mail_can_be_inspected_the_run_ends_and_no_mail_is_to_blame(store: Store, tmp_path: Path) -> None:
    found = mbox(tmp_path, mail(1, "document 1/BC-SNV"), mail(2, "dead"))
    with pytest.raises(Stopped, match="the inspection cannot run"):
        run(store, found, Reader())
    assert run(store, found, _Alive()).known <= 1
    assert len(archived(store)) == 1
    assert Outcome.FAILED not in store.past.views.imports()[0].outcomes


class _Alive(Reader):
    def recognise_now(self, raw: bytes):  # type: ignore[no-untyped-def]  # as the Reader's
        return super().recognise_now(raw.replace(b"dead", b"nothing"))


def test_a_dry_run_counts_the_same_and_keeps_nothing(store: Store, tmp_path: Path) -> None:
    mails = [mail(1, "document 1/BC-SNV"), mail(1, "document 1/BC-SNV"), mail(2, "chat"), mail(3, "poison")]
    found = mbox(tmp_path, *mails)
    dry = run(store, found, Reader(), keep=False)
    assert (archived(store), store.past.views.imports()) == ([], ())
    real = run(store, found, Reader())
    assert dry.outcomes == real.outcomes
    assert [c.documents for c in dry.document_counts()] == [c.documents for c in real.document_counts()] == [1]


def test_only_the_days_that_are_wanted_are_taken_and_others_later(store: Store, tmp_path: Path) -> None:
    days = ["05 May 2019", "06 May 2019", "07 May 2019", "no day"]
    found = mbox(tmp_path, *[mail(n, f"document {n}/BC-SNV", day=day) for n, day in enumerate(days)])
    tally = run(store, found, Reader(), span=Span(since=date(2019, 5, 6), until=date(2019, 5, 6)))
    assert (tally.outside, len(archived(store))) == (2, 2)  # the line "From …" says a day when the head says none
    assert (run(store, found, Reader()).known, len(archived(store))) == (2, 4)


def test_what_the_database_refuses_for_one_mail_is_that_mails_line(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.backlog.importer.time.sleep", lambda seconds: None)
    remember = store.past.remember

    def refusing(import_id: str, mails: Sequence[PastMail]) -> list[Remembered]:
        good = [each for each in mails if "3" not in each.note and not any("3/" in d.number_symbol for d in each.documents)]
        written = remember(import_id, good)
        if len(good) < len(mails):
            raise StoreUnavailable("not written: too large")
        return written

    monkeypatch.setattr(store.past, "remember", refusing)
    tally = run(store, mbox(tmp_path, *[mail(n, f"document {n}/BC-SNV") for n in range(6)]), Reader())
    assert dict(tally.outcomes) == {Outcome.ARCHIVED: 5, Outcome.FAILED: 1}


def test_two_imports_of_the_same_mails_at_once_have_each_mail_once(open_store: Open, tmp_path: Path) -> None:
    import threading

    mails = [mail(n, f"document {n}/BC-SNV") for n in range(60)]
    stores = [open_store(), open_store()]
    sources = [mbox(tmp_path, *mails, name=f"{n}.mbox") for n in range(2)]
    threads = [threading.Thread(target=run, args=(s, f, Reader(delay_s=0.001))) for s, f in zip(stores, sources, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert archived(stores[0]) == sorted((f"{n}/BC-SNV", 1) for n in range(60))
    outcomes = [row.outcomes for row in stores[0].past.views.imports()]
    assert sum(each.get(Outcome.ARCHIVED, 0) for each in outcomes) == 60
    assert sum(each.get(Outcome.SAME, 0) for each in outcomes) == 60


def test_an_import_that_is_killed_again_and_again_goes_on_each_time(url: str, open_store: Open, tmp_path: Path) -> None:
    random.seed(7)
    texts = ["document {}/BC-SNV", "chat {}", "document {}/BC-SNV\n" + "x" * 900, "locked {}"]
    mails = [mail(n, texts[n % 4].format(n)) for n in range(400)]
    source = mbox(tmp_path, *mails, mails[0], mails[2])
    command = [sys.executable, "-m", "tests.backlog.importing", url, str(tmp_path / "blobs"), str(tmp_path / "old.mbox")]
    kills = 0
    while True:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            if kills < 3:
                time.sleep(random.uniform(0.02, 0.12))  # noqa: S311 - no secret
                process.kill()
                kills += 1
                continue
            assert process.stdout.readline().startswith("done"), "the last run must end by itself"
            break
    store = open_store()
    assert archived(store) == sorted((f"{n}/BC-SNV", 1) for n in range(400) if n % 2 == 0)
    (row,) = store.past.views.imports()
    assert row.outcomes == {Outcome.ARCHIVED: 200, Outcome.NOTHING: 100, Outcome.UNREADABLE: 100, Outcome.SAME: 2}
    kept = [store.views.raw(row.id) for row in store.views.mails(limit=1000).rows]
    assert sorted(kept) == sorted(source.read(item) for item in list(source.items())[:400:2])


def test_a_recall_that_comes_later_is_tied_to_the_archived_document(store: Store, tmp_path: Path) -> None:
    run(store, mbox(tmp_path, mail(1, "document 1/BC-SNV@scan")), Reader())
    (old,) = store.views.cases(units=None, states=[CaseState.ARCHIVED]).rows
    letter = letters.mail(b"recall")
    recall = replace(letters.document(), relation=Relation.RECALL, concerns="1/BC-SNV")
    live = letters.case(letter, unit=old.unit, direction=old.direction, key="other bytes", document=recall)
    name = next(mark for mark in _marks(store, old.id) if mark.kind is MarkKind.NAME)
    acceptance = letters.captured(letter, live)
    opening = replace(acceptance.openings[0], marks=(replace(name, kind=MarkKind.CONCERNS),))
    store.accept_now([replace(acceptance, openings=(opening,))])
    assert [tie.other_id for tie in store.casework.ties(live.id)] == [old.id]


def _marks(store: Store, case_id: str) -> tuple[Mark, ...]:
    case = store.views.case(case_id)
    agency = agency_of(DIRECTORY, case.document)
    return marks_of(case, letters.mail(b"any"), agency=agency)
