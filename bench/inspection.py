"""What reading attachments costs: a PDF of two pages, the loop meanwhile, and a mail that carries no document."""

from __future__ import annotations

import asyncio
import json
import statistics
import threading
import time
import timeit
import urllib.request
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
from gateway.inspection import Inspector
from tests.world.official import decision
from tests.world.pdf import signed_pdf

READINGS = 30
SENDERS = 4  # sessions that send the PDF as fast as it is taken
SECONDS = 5.0


def run(folder: Path) -> Part:
    """Measure all of it."""
    official = decision()
    official = replace(official, body=official.body * 3)
    two_pages = signed_pdf(official, agency="SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG GIANG", at=datetime(2026, 11, 3, tzinfo=UTC))
    assert len(PdfDocument(two_pages)) == 2
    mail = _mail("Quyết định.pdf", two_pages)
    read_ms = _read_ms(two_pages)
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


def _read_ms(data: bytes) -> list[float]:
    """Each reading through the guarded child, once the child is warm."""
    inspector = Inspector(Inspection())
    inspector.start()
    try:
        inspector.inspect_file("warm.pdf", data)
        found = []
        for _ in range(READINGS):
            begin = time.perf_counter()
            inspector.inspect_file("Quyết định.pdf", data)
            found.append((time.perf_counter() - begin) * 1000)
        return found
    finally:
        inspector.close()


async def _while_loaded(folder: Path, mail: bytes) -> tuple[list[float], list[float], dict[str, object]]:
    """How long mails with the PDF took, and how long a bystander's NOOP took meanwhile."""
    hop = free_port()
    server = await listen(hop, lambda content: None)
    gateway = Gateway(folder / "inspection", hop=hop)
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


def _look_us(encoding: str) -> float:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = SENDER, RECIPIENT, "Số liệu tuần 45"
    letter.set_content("Kính gửi phòng, trường gửi số liệu tuần này ạ. Trân trọng.\n" * 24, cte=encoding)
    raw = letter.as_bytes()
    return min(timeit.repeat(lambda: may_carry_document(raw), number=1000, repeat=7)) * 1000


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
