"""Each hostile file through the real guarded readers: bounded, named, and the next file of the same mail is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from email.message import EmailMessage

import msgspec
import pytest

from gateway.config import Inspection
from gateway.inspection import Inspector
from gateway.model import Nature
from tests.hostile.files import HOSTILE, many_parts
from tests.world import files, official

LIMIT_S = 3.0  # for one file
LETTER = files.word(official.school_letter())


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    guarded = Inspector(Inspection(processes=2, time_limit_s=LIMIT_S, memory_limit_mb=1024))
    guarded.start()
    yield guarded
    guarded.close()


def _mail(name: str, data: bytes) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Gửi văn bản"
    message.set_content("Em gửi thầy ạ.")
    for each, content in ((name, data), ("cv.docx", LETTER)):
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=each)
    return message.as_bytes()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_only_itself(inspector: Inspector, name: str) -> None:
    raw = _mail(name, HOSTILE[name]())
    started = time.monotonic()
    recognition = inspector.recognise_now(raw)
    assert time.monotonic() - started < LIMIT_S + 7
    _, hostile, letter = recognition.files
    assert (letter.name, letter.nature) == ("cv.docx", Nature.ISSUED)
    assert hostile.nature is not Nature.ISSUED
    for reading in hostile.walk():
        assert (reading.nature is Nature.UNREADABLE) == bool(reading.reason)
        assert reading.reason != "crashed" or name.endswith((".pdf", ".png"))  # PDFium and Tesseract abort; ours never
    assert "root:x:0" not in msgspec.json.encode(recognition).decode()


def test_a_mail_of_ten_thousand_parts_is_bounded(inspector: Inspector) -> None:
    started = time.monotonic()
    recognition = inspector.recognise_now(many_parts())
    assert time.monotonic() - started < 10
    assert len(recognition.files) < 1_500
    assert recognition.files[-1].reason


def test_hostile_files_in_one_reader_do_not_hold_up_the_other(inspector: Inspector) -> None:
    async def both() -> float:
        slow = asyncio.create_task(inspector.recognise(_mail("form-loop.pdf", HOSTILE["form-loop.pdf"]())))
        await asyncio.sleep(0.1)
        started = time.monotonic()
        assert (await inspector.recognise(_mail("a.txt", b"a"))).files
        waited = time.monotonic() - started
        await slow
        return waited

    assert asyncio.run(both()) < 2
