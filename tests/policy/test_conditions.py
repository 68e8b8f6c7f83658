"""What a rule may ask besides the document: how, when and by which door a mail came, and a rule that is still on trial."""

from __future__ import annotations

from datetime import datetime

import pytest
from msgspec.structs import replace

from gateway.directory.calendar import VIETNAM
from gateway.model import Action, Door, Identity, Mail, Phase
from gateway.policy import rules
from gateway.policy.decide import decide
from gateway.policy.rules import Policy
from tests.policy import desk

LAST = """
[[rule]]
id = "last"
title = "Còn lại"
clause = "x"
clause_date = 2019-11-05
action = "deliver"
phases = "every"
reason = "Thư thường."
"""


def policy(when: str, more: str = 'phases = "every"') -> Policy:
    first = f"""
[[rule]]
id = "asked"
title = "Thử"
clause = "x"
clause_date = 2019-11-05
when = {{ {when} }}
action = "hold"
target = "sender"
reason = "Giữ lại."
{more}
"""
    return rules.parse((first + LAST).encode(), where="p.toml")


def rule_for(when: str, letter: Mail, *, size: int | None = None) -> str:
    (verdict,) = decide(policy(when), desk.directory(), letter, desk.with_file("a.xlsx"), letter.arrival.at, size=size)
    return verdict.rule


def at(text: str) -> Mail:
    return desk.mail(desk.TEACHER, desk.DIVISION, at=datetime.fromisoformat(text).replace(tzinfo=VIETNAM))


@pytest.mark.parametrize(
    ("when", "letter", "holds"),
    [
        ("working_time = true", at("2026-11-23T09:00"), True),
        ("working_time = true", at("2026-11-23T19:00"), False),
        ("working_time = false", at("2026-11-22T09:00"), True),
        ("working_day = false", at("2026-11-22T09:00"), True),
        ("working_day = true", at("2026-02-17T09:00"), False),  # Tết
        ('door = "smtp"', at("2026-11-23T09:00"), True),
        ('door = ["imap", "lmtp"]', at("2026-11-23T09:00"), False),
        ('door = "imap"', desk.mail(desk.TEACHER, desk.DIVISION, door=Door.IMAP), True),
        ('identity = "claimed"', desk.mail(desk.TEACHER, desk.DIVISION), True),
        ('identity = "trusted-network"', desk.mail(desk.TEACHER, desk.DIVISION, identity=Identity.TRUSTED_NETWORK), True),
        ("larger_than_kb = 10", replace(at("2026-11-23T09:00"), raw=b"x" * 10_241), True),
        ("larger_than_kb = 10", replace(at("2026-11-23T09:00"), raw=b"x" * 10_240), False),
    ],
)
def test_a_condition_holds_or_not(when: str, letter: Mail, holds: bool) -> None:
    assert rule_for(when, letter) == ("asked" if holds else "last")


def test_a_replay_knows_the_size_though_the_bytes_are_gone() -> None:
    assert rule_for("larger_than_kb = 10", at("2026-11-23T09:00"), size=20_000) == "asked"


@pytest.mark.parametrize(
    ("of_rule", "of_unit", "action", "would_have"),
    [
        ("observe", Phase.ENFORCE, Action.DELIVER, Action.HOLD),
        ("advise", Phase.ENFORCE, Action.DELIVER, Action.HOLD),
        ("enforce", Phase.OBSERVE, Action.DELIVER, Action.HOLD),
        ("enforce", Phase.ENFORCE, Action.HOLD, None),
    ],
)
def test_a_rule_on_trial_only_says_what_it_would_have_done(
    of_rule: str, of_unit: Phase, action: Action, would_have: Action | None
) -> None:
    trial = policy("working_day = true", more=f'phase = "{of_rule}"')
    letter = at("2026-11-23T09:00")
    (verdict,) = decide(trial, desk.directory(THCSLL=of_unit), letter, desk.with_file("a.xlsx"), letter.arrival.at)
    assert (verdict.action, verdict.would_have) == (action, would_have)
    assert verdict.phase is min(of_unit, Phase(of_rule), key=[Phase.OBSERVE, Phase.ADVISE, Phase.ENFORCE].index)
