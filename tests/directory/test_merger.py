"""The merger of docs/merger.md: mail of 2024, 2025 and 2026 to and from old and new names."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gateway.directory import files
from gateway.directory.check import check
from gateway.model import Action, Document
from gateway.policy.decide import decide
from gateway.policy.facts import Standing, party
from gateway.policy.issuer import issuers_of
from tests.policy import desk

DIRECTORY = files.load(Path(__file__).parents[2] / "docs" / "merger" / "directory")
Y2024, JUNE, JULY, Y2026, Y2027 = (
    date(2024, 10, 1), date(2025, 6, 30), date(2025, 7, 1), date(2026, 11, 23), date(2027, 1, 4),
)  # fmt: skip
OLD_CLERK, OTHER_OLD_CLERK, NEW_CLERK = (
    "vanthu@sgdhuonggiang.edu.vn", "vanthu@sgdsongtra.edu.vn", "vanthu@sgdhuongtra.edu.vn",
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "on", "stands_for_it"),
    [
        ("SGDHG", Y2024, "SGDHG"),
        ("SGDHG", JUNE, "SGDHG"),
        ("SGDHG", JULY, "SGDHT"),
        ("SGDST", Y2026, "SGDHT"),
        ("PGDCS", Y2024, "PGDCS"),
        ("PGDCS", Y2026, "VHXHCS"),
        ("THCSLL", Y2024, "THCSLL"),
        ("THCSLL", Y2026, "THCSLL"),
        ("SGDHT", Y2024, None),
    ],
)
def test_a_code_stands_for_whoever_answers_on_that_day(code: str, on: date, stands_for_it: str | None) -> None:
    unit = DIRECTORY.unit(code, on)
    assert (unit.code if unit else None) == stands_for_it


@pytest.mark.parametrize(
    ("address", "on", "unit"),
    [
        (OLD_CLERK, Y2024, "SGDHG"),
        (OLD_CLERK, Y2026, "SGDHT"),
        (OTHER_OLD_CLERK, JUNE, "SGDST"),
        (OTHER_OLD_CLERK, JULY, "SGDHT"),
        (NEW_CLERK, Y2026, "SGDHT"),
        ("cv.minh@sgdhuonggiang.edu.vn", Y2024, "SGDHG"),
        ("cv.minh@sgdhuonggiang.edu.vn", Y2026, "SGDHT"),
        ("vanthu.pgdcs@sgdhuonggiang.edu.vn", Y2026, "VHXHCS"),
    ],
)
def test_an_old_or_new_address_is_of_the_unit_of_that_day(address: str, on: date, unit: str) -> None:
    found = party(DIRECTORY, address, on)
    assert found.standing is Standing.GOVERNED
    assert found.unit is not None
    assert found.unit.code == unit


@pytest.mark.parametrize(
    ("address", "on", "action"),
    [
        (OLD_CLERK, Y2024, Action.DELIVER),
        (OLD_CLERK, Y2026, Action.FORWARD),
        (OLD_CLERK, Y2027, Action.REJECT),
        (OTHER_OLD_CLERK, Y2026, Action.REJECT),
        (NEW_CLERK, Y2026, Action.DELIVER),
    ],
)
def test_a_report_to_an_old_clerk_goes_on_to_the_new_one_until_it_closes(address: str, on: date, action: Action) -> None:
    at = datetime(on.year, on.month, on.day, 3, tzinfo=UTC)
    letter = desk.mail("gv.lan.thcsll@sgdhuonggiang.edu.vn", address, at=at)
    (verdict,) = decide(desk.policy(), DIRECTORY, letter, desk.with_file("bao-cao.xlsx"), at)
    assert verdict.action is action
    if action is not Action.DELIVER:
        assert verdict.target == NEW_CLERK


@pytest.mark.parametrize(
    ("document", "sender", "own"),
    [
        # Signed in June under the old letterhead, mailed in August by the same people.
        (desk.issued("SGDHG", on=date(2025, 6, 27)), "cv.minh@sgdhuonggiang.edu.vn", True),
        (desk.issued("SGDHG", issuer="SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG TRÀ", superior="UBND TỈNH HƯƠNG TRÀ"), NEW_CLERK, True),
        (desk.issued("SGDHG", issuer="SỞ GIÁO DỤC VÀ ĐÀO TẠO SÔNG TRÀ", superior=""), NEW_CLERK, True),
        (desk.issued("PGDCS"), "vanthu.pgdcs@sgdhuonggiang.edu.vn", True),
        (desk.issued("THCSLL"), "cv.minh@sgdhuonggiang.edu.vn", False),
    ],
)
def test_the_successor_answers_for_documents_of_the_units_before_it(document: Document, sender: str, own: bool) -> None:
    august = date(2025, 8, 4)
    unit = party(DIRECTORY, sender, august).unit
    assert unit is not None
    assert issuers_of(DIRECTORY).is_by(document, unit) is own


def test_the_worked_sample_has_no_error() -> None:
    assert [str(finding) for finding in check(DIRECTORY, on=Y2026) if finding.is_error] == []
