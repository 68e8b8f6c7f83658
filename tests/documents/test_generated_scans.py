"""Made-up scans through the guarded OCR: what they are is hardly ever missed, and most facts are read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pillow_heif
import pytest
from PIL import Image

from gateway.config import Inspection
from gateway.documents import media
from gateway.inspection import Inspector
from gateway.model import FileReading
from tests.world.papers import table
from tests.world.papers.marking import wrong_in
from tests.world.papers.table import Case

CLASSES = table.scans()
# Of all facts of a class, how many must be right: a scanner's dust now and then takes a letter.
FACTS_RIGHT = 0.9
STAMPED_RIGHT = 0.7  # the red stamp of arrival lies over the title: what is under it nobody can read


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    """Two children at a time."""
    inspector = Inspector(Inspection(processes=2))
    inspector.start()
    yield inspector
    inspector.close()


@pytest.fixture(scope="module")
def readings(inspector: Inspector) -> dict[str, list[FileReading]]:
    """All scans."""

    def read(case: Case) -> FileReading:
        return inspector.inspect_file(case.file, case.make())

    with ThreadPoolExecutor(2) as threads:
        return {name: list(threads.map(read, cases)) for name, cases in CLASSES.items()}


def test_there_are_enough_scans() -> None:
    assert sum(map(len, CLASSES.values())) >= 24


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CLASSES)
def test_a_scan_is_called_what_it_is(name: str, readings: dict[str, list[FileReading]]) -> None:
    misses = [
        f"{case.name}: {each.nature} {each.reason}" for case, each in _pairs(name, readings) if each.nature not in case.natures
    ]
    assert misses == []


@pytest.mark.parametrize("name", [name for name, cases in CLASSES.items() if cases[0].paper and "draft" not in name])
def test_most_facts_of_a_scan_are_read(name: str, readings: dict[str, list[FileReading]]) -> None:
    misses = {case.name: wrong for case, each in _pairs(name, readings) if (wrong := wrong_in(case, each))}
    asked = 9 * len(CLASSES[name])
    right = STAMPED_RIGHT if "arrival" in name else FACTS_RIGHT
    assert sum(map(len, misses.values())) <= max(1, (1 - right) * asked), misses


def test_the_photo_of_a_telephone_is_read(inspector: Inspector) -> None:
    """HEIC: its decoder starts threads, which a guarded child may, and only those."""
    case = CLASSES["scan in print"][0]
    photo = io.BytesIO()
    with Image.open(io.BytesIO(case.make())) as picture:
        pillow_heif.from_pillow(picture.convert("RGB")).save(photo, quality=70)
    reading = inspector.inspect_file("IMG_0412.HEIC", photo.getvalue())
    assert (reading.media, reading.reason) == (media.HEIC, "")
    assert reading.nature in case.natures
    assert len(wrong_in(case, reading)) <= 1


def _pairs(name: str, readings: dict[str, list[FileReading]]) -> Iterator[tuple[Case, FileReading]]:
    return zip(CLASSES[name], readings[name], strict=True)
