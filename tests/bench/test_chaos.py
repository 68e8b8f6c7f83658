"""The short form of the chaos bench: a failing office system, a gateway killed on the way, and every case there once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import chaos


@pytest.mark.timeout(300)
def test_forty_cases_stand_in_the_register_once_whatever_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # An answer that does not come is waited for less long; a slow machine only makes for more tries.
    monkeypatch.setattr(chaos, "_TIMEOUT_S", 1.0)
    monkeypatch.setattr(chaos, "_LOOK_UPS", [2, *[1] * 60])
    monkeypatch.setattr(chaos, "_RETRIES", [1] * 60)
    end = chaos.ending(tmp_path, count=40, chance=0.1, seed=7, steps=(4, 5))

    assert set(end.entered.values()) == {1}
    assert (end.approved, end.strangers) == (40, 0)
    assert end.deliveries == {"delivered": 40}
    assert end.killed == {4: 1, 5: 1}
