"""Made-up documents by the hundred: every layout, encoding and nature is read as meant, and look-alikes are let alone."""

from __future__ import annotations

import pytest

from gateway.documents.recognise import recognise_file
from tests.world.papers import table
from tests.world.papers.marking import wrong_in

FAST = table.fast()
# Of plain text a title may be cut short: nothing but its place tells where it ends.
RATES = {name: 0.8 for name in FAST if name.startswith("text")}
# The font of capitals is gone from a text in TCVN3: its headings are in small letters.
RATES["text, TCVN3"] = 0.75


def test_there_are_hundreds_of_cases() -> None:
    assert sum(map(len, FAST.values())) >= 300


def test_the_same_seed_makes_the_same_bytes() -> None:
    some = [case for name in ("PDF", "Word, VNI", "workbooks", "RTF") for case in FAST[name][:2]]
    some.append(table.scans()["scan in print"][1])
    assert [case.make() for case in some] == [case.make() for case in some]


@pytest.mark.parametrize("name", FAST)
def test_a_class_of_files_is_read_as_it_was_meant(name: str) -> None:
    cases = FAST[name]
    misses = [f"{case.name}: {wrong}" for case in cases if (wrong := wrong_in(case, recognise_file(case.file, case.make())))]
    assert len(cases) - len(misses) >= RATES.get(name, 1.0) * len(cases), "\n".join(misses)
