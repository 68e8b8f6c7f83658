"""What reading attachments costs: made-up files of each kind, the loop meanwhile, and a mail that carries no document."""

from __future__ import annotations

import asyncio
import json
import statistics
import threading
import time
import timeit
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from msgspec.structs import replace
from pypdfium2 import PdfDocument

from bench.client import RECIPIENT, SENDER, Conversation, dot_stuffed
from bench.processes import HOST, free_port
from bench.report import Line, Part
from bench.servers import Gateway
from bench.sink import listen
from gateway.config import Inspection
from gateway.documents.mime import may_carry_document
from gateway.documents.recognise import recognise
from gateway.documents.vietnamese import fold, squeeze, squeezed
from gateway.inspection import Inspector
from gateway.model import Nature
from tests.world.official import decision
from tests.world.papers import invent, lookalikes, portable, scan, word
from tests.world.papers.sheet import sheet_of
from tests.world.papers.table import scanned_paper
from tests.world.pdf import signed_pdf

READINGS = 30
SCANS = 8  # different ones of each kind: how long OCR takes hangs on what stands there
SENDERS = 4  # sessions that send the PDF as fast as it is taken
SECONDS = 5.0


def run(folder: Path) -> Part:
    """Measure all of it."""
    official = decision()
    official = replace(official, body=official.body * 3)
    two_pages = signed_pdf(official, agency="SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG GIANG", at=datetime(2026, 11, 3, tzinfo=UTC))
    assert len(PdfDocument(two_pages)) == 2
    mail = _mail("Quyết định.pdf", two_pages)
    read_ms, _ = _read_ms([("Quyết định.pdf", two_pages)] * READINGS)
    took_ms, noop_ms, health = asyncio.run(_while_loaded(folder, mail))
    look_us, encoded_us = _look_us("8bit"), _look_us("base64")
    median = statistics.median(read_ms)
    facts: dict[str, object] = {"read_ms": read_ms, "accept_ms": took_ms, "noop_ms": noop_ms, "health": health}
    lines = (
        Line(
            "a signed PDF of 2 pages inspected, median",
            f"{median:.1f} ms (longest {max(read_ms):.0f} ms)",
            "< 150 ms",
            median < 150,
            facts=facts,
        ),
        *_kinds_of_files(),
        Line(
            f"the same as mails, {SENDERS} sessions: DATA to 250, median",
            f"{statistics.median(took_ms):.0f} ms, {len(took_ms) / SECONDS:.0f} mails/s",
        ),
        Line(
            "the loop's lag meanwhile: NOOP answered, p99 / longest",
            f"{_quantile(noop_ms, 0.99):.1f} ms / {max(noop_ms):.1f} ms",
            "< 50 ms",
            max(noop_ms) < 50,
        ),
        Line("a plain mail of 2 KB: the look that finds no document", f"{look_us:.1f} µs", "≤ 20 µs", look_us <= 20),
        Line("the same in base64", f"{encoded_us:.1f} µs"),
        _letter_line(),
    )
    live = health.get("live")
    lag = live.get("loop_lag_max_ms", "?") if isinstance(live, dict) else "?"
    return Part("Inspection", (f"The longest lag of the loop since its start, as /health says it: {lag} ms.",), lines)


def _mail(name: str, data: bytes) -> bytes:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = SENDER, RECIPIENT, "Gửi tệp"
    letter.set_content("Kính gửi anh chị, xem tệp kèm theo.\n")
    letter.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return letter.as_bytes()


def _kinds_of_files() -> Iterator[Line]:
    """The times that were promised: each kind of file through a warm child, one after the other."""
    for what, most, made in _made_files():
        took, unread = _read_ms(made)
        median = statistics.median(took)
        yield Line(
            f"{what}, median of {len(took)}",
            f"{median:.0f} ms (p95 {_quantile(took, 0.95):.0f}, longest {max(took):.0f} ms)"
            + (f", {unread} unread" if unread else ""),
            f"≤ {most} ms",
            median <= most and not unread,
            facts={"read_ms": took},
        )


def _made_files() -> Iterator[tuple[str, int, list[tuple[str, bytes]]]]:
    papers = [sheet_of(invent.paper("bench", number)) for number in range(READINGS)]
    scans = [sheet_of(scanned_paper(("bench", number), by_hand=number % 2 == 1)) for number in range(SCANS)]
    others = [lookalikes.make(kind, "bench") for kind in list(lookalikes.KINDS)[:SCANS]]
    yield "a PDF with text", 60, [("vb.pdf", portable.pdf(sheet)) for sheet in papers]
    yield "a Word file", 40, [("vb.docx", word.docx(sheet)) for sheet in papers]
    yield "a scanned page (grey, 200 dpi, askew)", 2500, [("scan.pdf", scan.scan(sheet, how="office")) for sheet in scans]
    yield "a scanned page (1 bit)", 2500, [("scan.tiff", scan.scan(sheet, how="one bit", form="tiff")) for sheet in scans]
    yield "a photo of a page", 2500, [("z45.jpg", scan.scan(sheet, how="slanted photo", form="jpg")) for sheet in scans]
    yield "a scanned page that is no document", 2500, [("scan.pdf", scan.scan(sheet, how="office")) for sheet in others]


def _read_ms(made: Sequence[tuple[str, bytes]]) -> tuple[list[float], int]:
    """Each reading through the guarded child, once the child is warm; and how many files could not be read at all."""
    inspector = Inspector(Inspection(processes=1))
    inspector.start()
    try:
        inspector.inspect_file(*made[0])
        took, unread = [], 0
        for name, data in made:
            begin = time.perf_counter()
            reading = inspector.inspect_file(name, data)
            took.append((time.perf_counter() - begin) * 1000)
            unread += reading.nature is Nature.UNREADABLE
        return took, unread
    finally:
        inspector.close()


async def _while_loaded(folder: Path, mail: bytes) -> tuple[list[float], list[float], dict[str, object]]:
    """How long mails with the PDF took, and how long a bystander's NOOP took meanwhile."""
    hop = free_port()
    server = await listen(hop, lambda content: None)
    gateway = Gateway(folder / "inspection", hop=hop)
    gateway.set("inspection", "remember_mb = 0")  # the same PDF is read each time
    group = await asyncio.to_thread(gateway.start)
    try:
        return await asyncio.to_thread(_loaded, gateway, mail)
    finally:
        await asyncio.to_thread(group.stop)
        server.close()


def _loaded(gateway: Gateway, mail: bytes) -> tuple[list[float], list[float], dict[str, object]]:
    took: list[float] = []
    end = time.monotonic() + SECONDS

    def send() -> None:
        conversation = Conversation(gateway.port)
        while time.monotonic() < end:
            begin = time.perf_counter()
            conversation.send(dot_stuffed(mail))
            took.append((time.perf_counter() - begin) * 1000)
        conversation.close()

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    bystander = Conversation(gateway.port)
    waits = []
    while time.monotonic() < end:
        waits.append(bystander.timed_noop_ms())
        time.sleep(0.005)
    for thread in threads:
        thread.join()
    bystander.close()
    return took, waits, _health(gateway)


def _health(gateway: Gateway) -> dict[str, object]:
    url = f"http://{HOST}:{gateway.web_port}/health"
    with urllib.request.urlopen(url, timeout=10) as answer:
        said: dict[str, object] = json.load(answer)
        return said


def _letter_line() -> Line:
    """An attachment-free mail, whatever stands in it: with a number in its words it is taken apart, in this process here."""
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = SENDER, RECIPIENT, "Số liệu theo Công văn 1109/SGDĐT-VP"
    line = "Kính gửi phòng, theo Công văn số 1109/SGDĐT-VP trường gửi số liệu tuần {} ạ. Trân trọng.\n"
    letter.set_content("".join(line.format(week) for week in range(10, 22)))
    raw = letter.as_bytes()
    took = min(timeit.repeat(lambda: _recognised_afresh(raw), number=50, repeat=5)) / 50 * 1000
    return Line("an attachment-free mail that names a number, read", f"{took:.2f} ms", "≤ 1 ms", took <= 1)


def _recognised_afresh(raw: bytes) -> None:
    """As a fresh child does it: nothing is remembered of the mail before."""
    fold.cache_clear()
    squeeze.cache_clear()
    squeezed.cache_clear()
    recognise(raw)


def _look_us(encoding: str) -> float:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = SENDER, RECIPIENT, "Số liệu tuần 45"
    letter.set_content("Kính gửi phòng, trường gửi số liệu tuần này ạ. Trân trọng.\n" * 24, cte=encoding)
    raw = letter.as_bytes()
    return min(timeit.repeat(lambda: may_carry_document(raw), number=1000, repeat=7)) * 1000


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
