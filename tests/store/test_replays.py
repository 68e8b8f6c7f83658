"""Trials of a changed policy as the store keeps them, in either database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.errors import NotAllowed
from gateway.model import Action
from gateway.store import Store
from gateway.store.replays import SILENT_AFTER, KeptChange, Progress, ReplayState, Step
from tests.store.letters import NOON


def change(n: int, new_rule: str = "9") -> KeptChange:
    return KeptChange(
        n=n,
        mail_id="01M8J7GABMCCR3ADXWZJR8YPZY",
        at=NOON,
        sender="a@x.example",
        recipient="b@y.example",
        subject="Gửi \0 công văn",
        action=Action.REJECT,
        rule="4",
        reason="cũ",
        new_action=Action.DELIVER,
        new_rule=new_rule,
        new_reason="mới",
    )


def test_a_trial_beats_is_found_by_rules_and_page_by_page_and_ends_once(store: Store) -> None:
    runs = store.replays
    run_id = runs.begin(by="quantri", days=7, version="v", content="[[rule]]", now=NOON)
    steps = (Step(action=Action.REJECT, rule="4", new_action=Action.DELIVER, new_rule="9", count=2),)
    progress = Progress(total=9, mails=3, verdicts=3, changed=3, kept=3, steps=steps)
    assert runs.beat(run_id, progress, [change(1), change(2, "10"), change(3)], now=NOON)
    assert [each.n for each in runs.changes(run_id, after=1)] == [2, 3]
    assert [each.n for each in runs.changes(run_id, rules=("4", "9"), limit=1)] == [1]
    assert runs.changes(run_id)[0].subject == "Gửi \N{REPLACEMENT CHARACTER} công văn"
    assert (runs.run(run_id).progress, runs.content(run_id)) == (progress, "[[rule]]")
    runs.end(run_id, ReplayState.STOPPED)
    runs.end(run_id, ReplayState.DONE)
    assert runs.run(run_id).state is ReplayState.STOPPED
    assert not runs.beat(run_id, progress, (), now=NOON)


def test_a_second_trial_waits_for_the_first_unless_its_process_is_gone(store: Store) -> None:
    runs, later = store.replays, NOON + SILENT_AFTER + timedelta(seconds=1)
    first = runs.begin(by="quantri", days=7, version="v", content="x", now=NOON)
    with pytest.raises(NotAllowed):
        runs.begin(by="quantri", days=7, version="v", content="x", now=NOON + timedelta(seconds=1))
    assert runs.run(first).is_lost(later)
    runs.begin(by="quantri", days=7, version="v", content="x", now=later)


def test_the_oldest_trials_go_with_their_changes(store: Store) -> None:
    runs = store.replays
    ids = []
    for n in range(22):
        ids.append(runs.begin(by="quantri", days=7, version=str(n), content="x", now=NOON + timedelta(hours=n)))
        runs.beat(ids[-1], Progress(), [change(1)], now=NOON + timedelta(hours=n))
    assert {run.id for run in runs.latest(50)} == set(ids[2:])
    assert runs.changes(ids[0]) == ()
