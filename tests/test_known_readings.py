"""A file that comes again is not read again; and what one hostile file says is never remembered of another."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.policy import SMTP

import msgspec
import pytest
from msgspec.structs import replace

from gateway.config import Inspection
from gateway.documents import mime
from gateway.documents.mime import Part
from gateway.inspection import Inspector
from gateway.inspection_job import BEGIN, END, PARTS, READING, Exit, Parts
from gateway.inspection_parts import in_turn, parts_of
from gateway.inspection_server import Outcome
from gateway.known_readings import KnownReadings
from gateway.model import FileReading, Nature, Recognition, digest_of
from tests.world import files, official, pdf

LETTER = files.word(official.school_letter())
DECISION = pdf.pdf(official.decision())
SHEET = files.excel("a", [["b"]])
HTML = "<html><body><p>Em gửi thầy ạ.</p></body></html>"


def reading(name: str = "a.pdf", *, size: int = 1, **more: object) -> FileReading:
    return FileReading(name=name, digest="0" * 64, size=size, **more)  # type: ignore[arg-type]


# --- The memory ---


def test_what_was_used_last_stays_and_the_oldest_goes() -> None:
    known = KnownReadings(20_000)
    for n in range(30):
        known.put(f"{n}", reading(f"{n}.pdf", reason="x" * 1000))
        assert known.get("0") is not None
    assert known.get("1") is None
    assert known.get("29") is not None
    counts = known.counts()
    assert (counts.kept, counts.size <= 20_000, counts.used) == (12, True, 31)


def test_a_reading_is_the_same_one_but_took_no_time() -> None:
    known, found = KnownReadings(1 << 20), reading(elapsed_ms=900.0, inner=(reading("b.docx"),))
    known.put("k", found, reading("c"), subject="Gửi")
    assert known.get("k") == Recognition(files=(replace(found, elapsed_ms=0.0), reading("c")), subject="Gửi")


def test_a_day_later_a_file_is_read_again() -> None:
    now = [0.0]
    known = KnownReadings(1 << 20, clock=lambda: now[0])
    known.put("k", reading())
    now[0] = 24 * 3600 - 1
    assert known.get("k")
    now[0] += 2
    assert known.get("k") is None
    assert known.counts()[1:] == (0, 0)


def test_whoever_wants_what_another_one_reads_waits_for_it() -> None:
    known = KnownReadings(1 << 20)
    by = time.monotonic() + 60
    assert known.get_or_begin("k", by=by) is None
    with ThreadPoolExecutor(1) as threads:
        waits = threads.submit(known.get_or_begin, "k", by=by)
        known.put("k", reading())
        known.end("k")
        assert waits.result(30) == Recognition(files=(reading(),))


def test_when_the_other_one_fails_or_takes_too_long_the_next_one_reads_it_himself() -> None:
    known = KnownReadings(1 << 20)
    for _ in range(2):
        assert known.get_or_begin("k", by=time.monotonic() + 0.01) is None
    known.end("k")
    assert known.get_or_begin("k", by=time.monotonic() + 600) is None


def test_nobody_waits_for_what_was_read_in_vain_and_all_who_did_read_it_at_one_time() -> None:
    """Else a flood of mails with one slow or hostile file would be read one after the other."""
    known, by = KnownReadings(1 << 20), time.monotonic() + 600
    assert known.get_or_begin("k", by=by) is None
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(known.get_or_begin, "k", by=by) for _ in range(3)]
        known.end("k")
        assert [each.result(60) for each in waiting] == [None] * 3
    assert known.get_or_begin("k", by=by) is None
    known.put("k", reading())
    known.end("k")
    assert known.get_or_begin("k", by=by)


def test_only_so_much_is_known_of_what_was_read_in_vain() -> None:
    known = KnownReadings(1 << 20)
    for n in range(3000):
        known.get_or_begin(f"{n}", by=0)
        known.end(f"{n}")
    assert (len(known._futile), len(known._under_way)) == (1000, 0)


NEVER = {
    "secret": reading(nature=Nature.SECRET),
    "a secret within": reading(inner=(reading(nature=Nature.SECRET),)),
    "no time": reading(nature=Nature.UNREADABLE, reason="time limit"),
    "no time within": reading(inner=(reading(nature=Nature.UNREADABLE, reason="too long"),)),
    "slow": reading(elapsed_ms=5001.0),
    "huge": reading(reason="x" * (1 << 20)),
}


@pytest.mark.parametrize("what", NEVER)
def test_what_is_secret_or_may_be_read_otherwise_next_time_is_not_kept(what: str) -> None:
    known = KnownReadings(1 << 20)
    known.put("k", NEVER[what])
    known.put("", reading())
    assert known.counts() == (0, 0, 0)


def test_without_memory_nothing_is_kept() -> None:
    known = KnownReadings(0)
    known.put("k", reading())
    assert known.get("k") is None


# --- What a child says ---


def parts_in(message: EmailMessage) -> Parts:
    parts = mime.split(message.as_bytes()).parts
    return parts_of(parts, [digest_of(part.data) for part in parts], max_file_bytes=1 << 20)


def a_mail(*attachments: tuple[str, bytes], html: bool = True, words: str = "Em gửi thầy ạ.") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Gửi văn bản"
    message.set_content(words)
    if html:
        message.add_alternative(HTML, subtype="html")
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


def test_words_come_first_then_files_then_what_a_library_takes_apart() -> None:
    parts = parts_in(a_mail(("a.docx", LETTER), ("b.pdf", DECISION)))
    assert (parts.order, parts.harmless) == ((0, 2, 3, 1), 1)
    assert [bool(key) for key in parts.keys] == [False, False, True, True]


def test_the_texts_of_a_mail_are_read_no_later_than_behind_its_first_file() -> None:
    message = a_mail(("a.docx", LETTER), ("b.pdf", DECISION), ("c.xlsx", SHEET))
    parts = mime.split(message.as_bytes()).parts
    order = parts_in(message).order
    assert order == (0, 2, 3, 4, 1)
    assert in_turn(parts, order, ()) == [0, 2, 1, 3, 4]
    assert in_turn(parts, order, (0, 2)) == [3, 1, 4]
    assert in_turn(parts, order, (2, 3, 4)) == [0, 1]
    later = parts_of(parts, [digest_of(part.data) for part in parts], max_file_bytes=1 << 20, after_death=True)
    assert later.order == (0, 1, 2, 3, 4)
    assert in_turn(parts, later.order, (0, 2)) == [1, 3, 4]


def test_a_head_with_bytes_that_are_no_text_has_a_key_too() -> None:
    parts = mime.split(b"Content-Type: application/pdf\xff; charset=\xfe; name=a\xfd.pdf\r\n\r\n%PDF-1.4").parts
    assert len(parts_of(parts, ["0"], max_file_bytes=100).keys[0]) == 64


LOOKED_AT = ("name", "declared", "charset", "data", "is_body", "inline", "forwarded", "limit", "signed")


def test_a_key_is_of_all_that_a_reading_hangs_on() -> None:
    part = Part(name="a.pdf", declared="application/pdf", charset="", data=b"%PDF")
    others = [
        replace(part, data=b"%PDG"),
        replace(part, name="dự thảo.pdf"),
        replace(part, declared="text/plain"),
        replace(part, charset="utf-8"),
        replace(part, inline=True),
        replace(part, forwarded=True),
        replace(part, signed=b"x"),
    ]
    assert set(Part.__struct_fields__) == set(LOOKED_AT)
    keys = parts_of([part, *others], [digest_of(each.data) for each in (part, *others)], max_file_bytes=100).keys
    assert len(set(keys)) == 8
    without = [replace(part, limit="too deep"), replace(part, data=b"%" * 101), replace(part, is_body=True)]
    assert parts_of(without, ["0", "1", "2"], max_file_bytes=100).keys == ("", "", "")


def said(*frames: tuple[bytes, object], needless: tuple[int, ...] = ()) -> Outcome:
    outcome = Outcome(lambda _: needless)
    for what, value in frames:
        outcome.take(what, msgspec.msgpack.encode(value) if value is not None else b"")
    outcome.ended(Exit(status=0, max_rss_mb=1), 1024)
    return outcome


K1, K2 = "1" * 64, "2" * 64
ZEROS = "0" * 64
THREE = Parts(digests=(ZEROS,) * 3, keys=("", K1, K2), order=(0, 1, 2), harmless=1)
WORDS = ((BEGIN, (0, reading(""))), (READING, reading("")))


def test_only_the_file_that_was_opened_first_may_be_remembered() -> None:
    first, second = reading("one"), reading("two")
    outcome = said(
        (PARTS, THREE), *WORDS, (BEGIN, (1, first)), (READING, first), (BEGIN, (2, second)), (READING, second), (END, None)
    )
    assert outcome.readings == {0: reading(""), 1: first, 2: second}
    assert outcome.first == (K1, first)


def test_a_file_that_took_its_child_over_cannot_speak_for_the_next_one() -> None:
    lie = reading("two")
    assert said((PARTS, THREE), *WORDS, (BEGIN, (1, reading())), (BEGIN, (2, lie)), (READING, lie), (END, None)).first is None


def test_the_first_file_that_is_not_known_may_be_remembered() -> None:
    outcome = said((PARTS, THREE), *WORDS, (BEGIN, (2, reading())), (READING, reading()), (END, None), needless=(1,))
    assert outcome.first == (K2, reading())
    assert msgspec.msgpack.decode(outcome.answer[4:]) == [1]


def test_no_file_passes_for_another_one() -> None:
    """A person may have let that one through."""
    lie = replace(reading(), digest="1" * 64)
    outcome = said((PARTS, THREE), *WORDS, (BEGIN, (1, lie)), (READING, lie), (END, None))
    assert outcome.readings[1].digest == ZEROS


LIES: dict[str, tuple[tuple[bytes, object], ...]] = {
    "its parts twice": ((PARTS, THREE), (PARTS, THREE)),
    "an order that leaves one out": ((PARTS, replace(THREE, order=(0, 1, 1))),),
    "an order of others": ((PARTS, replace(THREE, order=(1, 2, 3))),),
    "a key of a mail": ((PARTS, replace(THREE, keys=("", K1, f"mail {K2}"))),),
    "digests of others": ((PARTS, replace(THREE, digests=(ZEROS,) * 2)),),
    "a million parts": (
        (PARTS, Parts(digests=(ZEROS,) * 20_000, keys=("",) * 20_000, order=tuple(range(20_000)), harmless=0)),
    ),
    "a part that is not there": ((PARTS, THREE), (BEGIN, (3, reading()))),
    "a part below all": ((PARTS, THREE), (BEGIN, (-1, reading()))),
    "a part that is known": ((PARTS, THREE), (BEGIN, (2, reading()))),
    "a part again": ((PARTS, THREE), *WORDS, *WORDS),
    "a reading of nothing": ((PARTS, THREE), (READING, reading())),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_child_that_says_what_none_of_ours_says_is_not_believed(lie: str) -> None:
    with pytest.raises(ValueError, match=r"parts that|not to be|of nothing"):
        said(*LIES[lie], needless=(2,))


# --- All of it ---


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    guarded = Inspector(Inspection(processes=2, ocr=False))
    guarded.start()
    yield guarded
    guarded.close()


@pytest.fixture(autouse=True)
def _forgetful(inspector: Inspector) -> None:
    inspector._known = KnownReadings(1 << 20)


_NUMBERS = itertools.count()


def read(inspector: Inspector, *attachments: tuple[str, bytes], html: bool = True) -> tuple[FileReading, ...]:
    """The files of a mail that has never come before."""
    words = f"Em gửi thầy lần {next(_NUMBERS)} ạ."
    found = inspector.recognise_now(a_mail(*attachments, html=html, words=words).as_bytes()).files
    return tuple(replace(each, elapsed_ms=0.0) for each in found if each.name)


def test_a_file_that_comes_again_is_not_read_again(inspector: Inspector) -> None:
    once = read(inspector, ("cv.docx", LETTER))
    assert inspector.remembered()[:2] == (0, 2)  # the file, and the mail
    again = read(inspector, ("so.xlsx", SHEET), ("cv.docx", LETTER), html=False)
    assert (inspector.remembered().used, again[1], once[0].nature) == (1, once[0], Nature.ISSUED)
    assert [each.name for each in again] == ["so.xlsx", "cv.docx"]


def test_under_another_name_it_is_another_file(inspector: Inspector) -> None:
    read(inspector, ("cv.docx", LETTER))
    read(inspector, ("Dự thảo cv.docx", LETTER))
    assert inspector.remembered().used == 0


def test_of_two_new_files_the_first_is_remembered_and_the_second_with_the_next_mail(inspector: Inspector) -> None:
    both = ("cv.docx", LETTER), ("518.pdf", DECISION)
    found = read(inspector, *both)
    for used in (1, 3):
        assert read(inspector, *both) == found
        assert inspector.remembered().used == used


def test_the_mails_of_one_circular_are_read_once(inspector: Inspector) -> None:
    letter = a_mail(("cv.docx", LETTER), ("518.pdf", DECISION)).as_bytes(policy=SMTP)

    def copy(number: int) -> bytes:
        way = f"Received: from a by b; {number}\r\nTo: c{number}@truong.example\r\nX-Mailer: {number}\r\n"
        return way.encode() + letter

    once = inspector.recognise_now(copy(1))
    before = inspector.remembered().used
    again = inspector.recognise_now(copy(2))
    assert asyncio.run(inspector.recognise(copy(3))) == again
    assert inspector.remembered().used == before + 2
    assert (again.subject, [each.name for each in again.files]) == (once.subject, [each.name for each in once.files])
    assert again.documents() == once.documents()


def test_a_secret_document_is_read_each_time(inspector: Inspector) -> None:
    for _ in range(2):
        raw = a_mail(("BC.docx", files.word(official.secret_report())), ("cv.docx", LETTER)).as_bytes()
        found = inspector.recognise_now(raw)
        assert Nature.SECRET in {each.nature for each in found.files}
    assert inspector.remembered() == (0, 0, 0)


def test_many_mails_with_one_new_file_at_the_same_time_have_it_read_once(
    inspector: Inspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    take = Outcome.take

    def listening(outcome: Outcome, what: bytes, body: bytes) -> None:
        take(outcome, what, body)
        if what == BEGIN and outcome.begun and outcome.begun.name:
            opened.append(outcome.begun.name)

    monkeypatch.setattr(Outcome, "take", listening)
    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(lambda _: read(inspector, ("518.pdf", DECISION)), range(8)))
    assert (len(found), opened) == (1, ["518.pdf"])


def test_a_mail_waits_for_other_mails_no_longer_than_half_of_what_its_sender_does(
    inspector: Inspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[float] = []

    def asked(_: KnownReadings, key: str, *, by: float) -> None:
        left.append(by - time.monotonic())

    monkeypatch.setattr(KnownReadings, "get_or_begin", asked)
    found = asyncio.run(inspector.recognise(a_mail(("cv.docx", LETTER)).as_bytes(), within=8.0))
    assert found.documents()
    assert len(left) == 2  # for a copy of it, and for its file
    assert max(left) <= 4.0


def test_while_it_waits_for_an_answer_the_time_of_a_child_does_not_run(inspector: Inspector) -> None:
    job = replace(inspector._job("mail"), time_limit_s=0.5)

    def slowly(_: Parts) -> tuple[int, ...]:
        time.sleep(1.0)
        return ()

    outcome = inspector._run(job, a_mail(html=False).as_bytes(), until=time.monotonic() + 60, needless=slowly)
    assert (outcome.complete, len(outcome.readings)) == (True, 1)


def test_a_file_that_is_known_is_not_in_the_hands_of_a_child_that_was_taken_over(
    inspector: Inspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child that reads the other file says what it likes about the known one: it is not asked."""
    (known,) = read(inspector, ("cv.docx", LETTER))
    take = Outcome.take

    def lying(outcome: Outcome, what: bytes, body: bytes) -> None:
        take(outcome, what, body)
        if what == READING and outcome.index == 2:
            take(outcome, BEGIN, msgspec.msgpack.encode((3, reading())))

    monkeypatch.setattr(Outcome, "take", lying)
    before = inspector.remembered().kept
    raw = a_mail(("518.pdf", DECISION), ("cv.docx", LETTER)).as_bytes()
    found = inspector.recognise_now(raw).files
    assert [each.name for each in found] == ["", "", "518.pdf", "cv.docx", ""]
    assert (found[3], found[4].reason) == (known, "crashed")
    assert inspector.remembered().kept == before


@pytest.mark.parametrize("kept", [(), (0, 2)])
def test_a_child_that_is_killed_over_no_file_costs_none(
    inspector: Inspector, monkeypatch: pytest.MonkeyPatch, kept: tuple[int, ...]
) -> None:
    """Before its first file, or between two of them: a kernel without memory ends whom it likes."""
    ended, killed = Outcome.ended, list[int]()

    def died(outcome: Outcome, how: Exit, memory_limit_mb: int) -> None:
        if not killed:
            killed.append(1)
            outcome.complete = False
            outcome.readings = {index: outcome.readings[index] for index in kept}
        ended(outcome, how, memory_limit_mb)

    monkeypatch.setattr(Outcome, "ended", died)
    found = read(inspector, ("so.xlsx", SHEET), ("cv.docx", LETTER))
    assert [(each.name, each.nature) for each in found] == [("so.xlsx", Nature.OTHER), ("cv.docx", Nature.ISSUED)]


def test_a_mail_that_cannot_be_taken_apart_is_tried_twice(inspector: Inspector, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, killed = Outcome.ended, list[int]()

    def died(outcome: Outcome, how: Exit, memory_limit_mb: int) -> None:
        killed.append(1)
        outcome.complete, outcome.readings = False, {}
        ended(outcome, how, memory_limit_mb)

    monkeypatch.setattr(Outcome, "ended", died)
    (found,) = inspector.recognise_now(a_mail(("cv.docx", LETTER)).as_bytes()).files
    assert (found.nature, found.reason, len(killed)) == (Nature.UNREADABLE, "crashed", 2)


def test_after_a_child_died_the_next_one_reads_on_and_remembers_what_it_opens_first(
    inspector: Inspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, killed = Outcome.ended, list[int]()

    def died(outcome: Outcome, how: Exit, memory_limit_mb: int) -> None:
        if not killed:
            killed.append(1)
            outcome.complete = False
            outcome.index, outcome.begun = 3, outcome.readings.pop(3)
        ended(outcome, how, memory_limit_mb)

    monkeypatch.setattr(Outcome, "ended", died)
    names = ["cv.docx", "518.pdf", "so.xlsx"]
    found = read(inspector, *zip(names, (LETTER, DECISION, SHEET), strict=True))
    assert [each.name for each in found] == names
    assert (found[0].nature, found[1].nature, found[1].reason) == (Nature.ISSUED, Nature.UNREADABLE, "crashed")
    monkeypatch.undo()
    read(inspector, ("cv.docx", LETTER))
    assert inspector.remembered().used == 1
