"""Made-up scans through the guarded OCR: what they are is hardly ever missed, and most facts are read."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.config import Inspection
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
def readings() -> Iterator[dict[str, list[FileReading]]]:
    """All scans, read by two children."""
    inspector = Inspector(Inspection(processes=2))
    inspector.start()

    def read(case: Case) -> FileReading:
        return inspector.inspect_file(case.file, case.make())

    try:
        with ThreadPoolExecutor(2) as threads:
            yield {name: list(threads.map(read, cases)) for name, cases in CLASSES.items()}
    finally:
        inspector.close()


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


def _pairs(name: str, readings: dict[str, list[FileReading]]) -> Iterator[tuple[Case, FileReading]]:
    return zip(CLASSES[name], readings[name], strict=True)
