"""The office system to practise on: strict, durable, the same faults for the same seed, and a page that can be used."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.bridge.edxml import package, status_message
from gateway.bridge.sandbox.faults import SENDING, Dial, Fault, chances_of
from gateway.bridge.sandbox.reading import NotToStandard, seen
from gateway.bridge.sandbox.register import Register
from tests.bridge.test_edxml import BARE, BUSINESSES, DECISION, REFUSED


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("business", [DECISION.business, *BUSINESSES.values()])
def test_the_strict_reader_takes_what_we_write(packed: bool, business: object) -> None:
    read = seen(package(replace(DECISION, business=business), packed=packed))
    assert (read.kind, read.document_id, read.number, read.notation) == ("edoc", DECISION.document_id, "89", "QĐ-SGDĐT")
    assert [name for name, _ in read.files] == [a.name for a in DECISION.attachments]
    assert seen(status_message(REFUSED)).status == "02"


GOOD = package(DECISION)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.replace(b"QCVN_102_2016", b"QCVN_102_2015"), "edXML"),
        (lambda d: d.replace(b"<edXML:Subject>", b"<edXML:Extra/><edXML:Subject>"), "MessageHeader: expected From"),
        (lambda d: d.replace(b"<edXML:PromulgationDate>2025/11/05", b"<edXML:PromulgationDate>05/11/2025"), "PromulgationDate"),
        (lambda d: d.replace(b"<edXML:Priority>1", b"<edXML:Priority>9"), "Priority"),
        (lambda d: d.replace(b"<edXML:ContentId>cid:1", b"<edXML:ContentId>cid:7"), "edXMLManifest"),
        (lambda d: d.replace(b"UEsDBCBt", b"!!!!!!!!"), "not base64"),
        (lambda d: d.replace("QĐ-SGDĐT</edXML:CodeNotation>".encode(), b"x" * 31 + b"</edXML:CodeNotation>"), "CodeNotation"),
        (lambda d: d.replace(b"<edXML:BussinessDocType>0", b"<edXML:BussinessDocType>7"), "BussinessDocType"),
        (lambda d: b"<!DOCTYPE a>" + d, "document type"),
        (lambda d: d[:-20], "line 108"),
        (lambda d: package(replace(BARE, business=DECISION.business)), "at least one file"),
    ],
)
def test_what_is_not_to_standard_is_refused_and_the_place_is_named(change: object, said: str) -> None:
    changed = change(GOOD)  # type: ignore[operator]
    assert changed != GOOD
    with pytest.raises(NotToStandard, match=said):
        seen(changed)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.integers(0, len(GOOD)).map(lambda n: GOOD[:n]))
def test_whatever_comes_is_seen_or_refused(data: bytes) -> None:
    try:
        seen(data)
    except NotToStandard as refused:
        assert str(refused)  # noqa: PT017 - both ends are right; never another exception


def test_the_same_seed_makes_the_same_faults() -> None:
    def drawn(seed: int) -> list[Fault | None]:
        dial = Dial(chances_of(("all=0.1",)), seed=seed)
        return [dial.draw(SENDING) for _ in range(300)]

    assert drawn(7) == drawn(7) != drawn(8)
    assert set(drawn(7)) >= {None, Fault.REFUSE, Fault.LOSE, Fault.ERROR}
    assert Fault.LOGIN not in drawn(7)


@pytest.mark.parametrize("setting", ["refuse", "refuse=x", "pigeon=0.1", "refuse=2", "=1"])
def test_a_wrong_setting_of_the_dial_says_what_was_expected(setting: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        chances_of((setting,))


def test_a_naive_register_enters_what_comes_and_a_forgiving_one_counts_it(tmp_path: Path) -> None:
    for naive, entries in ((False, [2]), (True, [1, 1])):
        register = Register(tmp_path / f"{naive}.sqlite3", naive=naive)
        for _ in range(2):
            register.take(seen(GOOD), "a.edxml", GOOD, "web")
        assert [entry.times for entry in register.entries()] == entries
        register.close()


# --- the real process -------------------------------------------------------------------------------------------------


class Office:
    """`vanthu office-sandbox` as a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.command = [
            sys.executable, "-m", "gateway", "office-sandbox", "--listen", "127.0.0.1:0",
            "--register", str(folder / "so.sqlite3"), *options,
        ]  # fmt: skip
        self.url = ""

    @contextmanager
    def running(self, how: signal.Signals = signal.SIGTERM) -> Iterator[Office]:
        process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        assert process.stdout is not None
        try:
            ready = re.match(r"ready office-sandbox (http://\S+)", process.stdout.readline())
            assert ready
            self.url = ready[1]
            yield self
        finally:
            process.send_signal(how)
            process.wait(10)
            process.stdout.close()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310 - loopback
            return str(answer.read().decode())

    def press(self, path: str, **fields: str) -> str:
        data = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(self.url + path, data=data, timeout=5) as answer:  # noqa: S310 - loopback
            return str(answer.read().decode())

    def documents(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(self.get("/register.json"))["documents"]
        return found


def until(done: object, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def test_a_watched_folder_is_emptied_answered_and_outlives_kill_9(tmp_path: Path) -> None:
    folder = tmp_path / "office"
    (folder / "in").mkdir(parents=True)
    (folder / "status").mkdir()
    office = Office(tmp_path, "--folder", str(folder))
    (folder / "in" / "01KACASE00000000000000CASE-1.edxml").write_bytes(GOOD)
    (folder / "in" / "01KACASE00000000000000BADX-1.edxml").write_bytes(GOOD[:-30])
    (folder / "status" / "s.edxml").write_bytes(status_message(REFUSED))
    with office.running(signal.SIGKILL):
        until(lambda: len(list((folder / "out").glob("*.*"))) == 3)
        (document,) = office.documents()
        assert (document["number"], document["state"], document["channel"]) == (1, "registered", "folder")
        ((document_id, code, words),) = json.loads(office.get("/register.json"))["statuses"]
        assert (document_id, code) == (REFUSED.about.document_id, "02")
        assert "thiếu phụ lục" in words
    assert (folder / "taken" / "01KACASE00000000000000CASE-1.edxml").read_bytes() == GOOD
    assert "không đúng chuẩn" in (folder / "out" / "01KACASE00000000000000BADX-1.error.txt").read_text(encoding="utf-8")
    with office.running():
        assert office.documents() == [document]


def test_a_person_registers_rejects_and_turns_the_dial_on_the_page(tmp_path: Path) -> None:
    register = Register(tmp_path / "so.sqlite3", manual=True)
    for n in (1, 2):
        register.take(seen(GOOD), f"{n}.edxml", GOOD, "web")
    register.close()
    with Office(tmp_path, "--manual").running() as office:
        assert "Về việc ban hành Quy chế &lt;văn thư&gt;" in office.get("/")
        office.press("/documents/2/register")
        page = office.press("/documents/1/reject", reason="thiếu phụ lục")
        assert "đã từ chối: thiếu phụ lục" in page
        assert [(d["state"], d["number"]) for d in office.documents()] == [("registered", 1), ("rejected", None)]
        assert 'name="refuse" value="0.5"' in office.press("/faults", refuse="0.5")
