"""The way out is killed at each of its steps while half of all tries fail: no twin, no loss, every number comes home."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from gateway.lifecycle import CaseState
from gateway.model import Action, Case, Delivery, Direction, Door, new_id
from gateway.store import Acceptance, Opening
from tests.chaos.life import OFFICE, open_store
from tests.store.letters import mail
from tests.world.register import Register

STEPS = (
    "claimed", "begun", "carried", "looked-up", "look-up-settled", "answer-came", "answer-kept", "answer-acknowledged",
)  # fmt: skip
CASES = 24


def approved(folder: Path) -> list[str]:
    """Cases on their way to the office system."""
    store, now, ids = open_store(folder), datetime.now(UTC), []
    for n in range(CASES):
        of = mail(f"Subject: {n}\r\n\r\n".encode(), at=now)
        case = Case(
            id=new_id(), mail_id=of.id, unit="THCSLL", office=OFFICE, direction=Direction.OUTGOING, action=Action.REDIRECT,
            state=CaseState.APPROVED, opened_at=now,
        )  # fmt: skip
        delivery = Delivery(id=f"{case.id}-1", mail_id=of.id, courier=OFFICE, target="THCSLL", case_id=case.id)
        store.accept_now([Acceptance(mail=of, openings=(Opening(case=case, hand_over=delivery),))])
        ids.append(case.id)
    store.close()
    return ids


def life(folder: Path, step: str, nth: int, seed: int) -> int:
    command = [sys.executable, "-m", "tests.chaos.life", str(folder), step, str(nth), str(seed)]
    return subprocess.run(command, cwd=Path(__file__).parents[2], timeout=90, check=False).returncode


def test_killed_at_every_step_with_half_of_all_tries_failing(tmp_path: Path) -> None:
    ids = approved(tmp_path)
    died = [life(tmp_path, step, 1 + seed % 3, seed) for seed, step in enumerate(STEPS)]
    assert died.count(-signal.SIGKILL) >= len(STEPS) - 2, died
    assert life(tmp_path, "none", 0, 0) == 0

    entries = Counter(entry["case"] for entry in Register(tmp_path / "office").entries())
    assert entries == dict.fromkeys(ids, 1)  # the register is what was approved: no twin, no loss
    store = open_store(tmp_path)
    try:
        found = [store.views.case(case_id) for case_id in ids]
        assert {case.state for case in found} == {CaseState.REGISTERED}
        assert len({case.register_number for case in found}) == CASES
        letters = [row for row in store.views.mails(limit=200).rows if row.door is Door.OWN]
        assert len(letters) == CASES  # each sender heard of the number once
    finally:
        store.close()
