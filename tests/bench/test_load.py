"""Which loads a bench measures."""

from __future__ import annotations

import pytest

from bench.load import CASES, chosen


def test_without_a_wish_all_loads_are_measured() -> None:
    assert chosen("") == CASES


def test_loads_are_chosen_by_sessions_and_kilobytes() -> None:
    assert [case.title for case in chosen("50x2, 10x2c 10x50 4x5120")] == [
        "2 KB, 50 sessions",
        "2 KB, 10 sessions, a connection per mail",
        "50 KB, 10 sessions",
        "5 MB, 4 sessions",
    ]


def test_an_unknown_load_ends_the_bench_with_those_that_there_are() -> None:
    with pytest.raises(SystemExit, match="no load 3x3; there are 1x2, 10x2"):
        chosen("3x3")
