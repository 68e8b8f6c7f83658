"""Containers are opened where nothing else can be: in a child without files, network and threads."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from gateway.config import Inspection
from gateway.inspection import Inspector
from gateway.model import Nature
from tests.world import archives, files, official, outlook

LETTER = official.school_letter()
WORD = files.word(LETTER)


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    inspector = Inspector(Inspection(processes=1))
    inspector.start()
    yield inspector
    inspector.close()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", archives.zipped(("Báo cáo.docx", WORD))),
        ("a.7z", archives.packed_by_libarchive("7zip", ("Báo cáo.docx", WORD))),
        ("v4.rar", archives.rar4(("Báo cáo.docx", WORD))),
        ("v5.rar", archives.rar5(("Báo cáo.docx", WORD))),
        ("a.tar.gz", gzip.compress(archives.packed_by_libarchive("pax", ("Báo cáo.docx", WORD)))),
        ("a.msg", outlook.msg("x", files=[("Báo cáo.docx", WORD)])),
        ("winmail.dat", outlook.tnef("x", files=[("Báo cáo.docx", WORD)])),
    ],
)
def test_containers_are_opened_in_a_guarded_child(inspector: Inspector, name: str, data: bytes) -> None:
    reading = inspector.inspect_file(name, data)
    assert [document.number_symbol for document in reading.documents] == [f"{LETTER.number}/{LETTER.symbol}"]
    assert list(reading.walk())[-1].name.endswith("/Báo cáo.docx")


def test_a_bomb_costs_no_child(inspector: Inspector) -> None:
    reading = inspector.inspect_file("a.7z", archives.packed_by_libarchive("7zip", ("a", bytes(64_000_000))))
    assert (reading.nature, reading.reason) == (Nature.UNREADABLE, "ratio")
