"""A mail whose sender asked to hear of its arrival: killed before it is settled, it goes twice, and he hears of it once."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.lifecycle import DeliveryState
from tests.chaos.life import open_store
from tests.store.letters import MINH, TEACHER, mail, passing


@pytest.mark.parametrize("step", ["carried", "told"])
def test_killed_between_the_yes_of_the_next_hop_and_the_settlement(tmp_path: Path, step: str) -> None:
    store, letter = open_store(tmp_path), mail(to=(MINH,), at=datetime.now(UTC))
    acceptance = passing(letter, state=DeliveryState.QUEUED)
    asked = tuple(replace(each, options=("NOTIFY=SUCCESS",)) for each in acceptance.deliveries)
    store.accept_now([replace(acceptance, deliveries=asked)])
    store.close()

    def life(step: str) -> int:
        command = [sys.executable, "-m", "tests.chaos.sending", str(tmp_path), step]
        return subprocess.run(command, cwd=Path(__file__).parents[2], timeout=60, check=False).returncode

    assert (life(step), life("none")) == (-signal.SIGKILL, 0)
    store = open_store(tmp_path)
    try:
        reports = [row for row in store.views.mails(limit=10).rows if row.recipients == (TEACHER,)]
        assert [b"Action: relayed" in store.views.raw(report.id) for report in reports] == [True]
        # SMTP lets a mail go twice rather than not at all; its report went once.
        assert (tmp_path / "took").read_text().split() == [letter.id, letter.id, reports[0].id]
    finally:
        store.close()
