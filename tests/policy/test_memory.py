"""What is remembered is what would be decided anew, whatever a rule looks at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.calendar import VIETNAM
from gateway.model import NOTHING_RECOGNISED, Door, Identity, Phase, Verdict
from gateway.policy import reasons, rules
from gateway.policy.conditions import CONDITIONS
from gateway.policy.decide import decide
from gateway.policy.facts import Facts, read
from gateway.policy.memory import Memory
from gateway.policy.rules import Policy
from tests.policy import desk
from tests.policy.test_conditions import policy as asking

_ADDRESSES = st.sampled_from([getattr(desk, name) for name in dir(desk) if "@" in str(getattr(desk, name))])
_VALUES: dict[str, Any] = {
    "larger_than_kb": 1,
    "kind": "Báo cáo",
    "unit": "THCSLL",
    "carries": "own",
    "urgency": "khẩn",
    "relation": "recall",
    "sender": "governed",
    "sender_role": "clerk",
    "recipient": "governed",
    "retired": "open",
    "identity": "claimed",
    "door": "smtp",
    "regime": "party",
}

DIRECTORY, POLICY = desk.directory(), desk.policy()


@given(
    letters=st.lists(
        st.tuples(
            _ADDRESSES,
            st.lists(_ADDRESSES, min_size=1, max_size=6),
            st.sampled_from(Door),
            st.sampled_from(Identity),
            st.integers(-40, 40),
        ),
        min_size=2,
        max_size=8,
    )
)
def test_a_remembered_verdict_is_the_one_that_would_be_decided_anew(
    letters: list[tuple[str, list[str], Door, Identity, int]],
) -> None:
    memory = Memory()
    for sender, to, door, identity, hours in letters * 2:
        letter = desk.mail(sender, *to, door=door, identity=identity, at=desk.NOW + timedelta(hours=hours))
        anew = decide(POLICY, DIRECTORY, letter, NOTHING_RECOGNISED, letter.arrival.at)
        assert memory.decide(POLICY, DIRECTORY, letter, NOTHING_RECOGNISED, letter.arrival.at) == anew


def test_the_second_mail_gets_the_very_same_values() -> None:
    memory = Memory()

    assert remembered(memory) is remembered(memory)


def test_a_new_policy_or_directory_makes_it_forget() -> None:
    memory = Memory()
    first = remembered(memory)

    assert remembered(memory, directory=desk.directory(THCSLL=Phase.OBSERVE)) is not first
    assert remembered(memory, policy=rules.parse(POLICY.text.encode(), where="p.toml")) is not first


def test_midnight_in_vietnam_makes_it_forget() -> None:
    memory, evening = Memory(), datetime(2026, 11, 16, 23, 59, 59, tzinfo=VIETNAM)
    first = remembered(memory, at=evening)

    assert remembered(memory, at=evening + timedelta(microseconds=999_999)) is first
    assert remembered(memory, at=evening + timedelta(seconds=1)) is not first
    assert remembered(memory, at=evening) is not first


@pytest.mark.parametrize("when", ["working_time = true", "larger_than_kb = 1"])
def test_a_rule_that_asks_for_the_time_of_day_or_the_size_leaves_nothing_to_remember(when: str) -> None:
    memory, policy = Memory(), asking(when)

    assert remembered(memory, policy=policy) is not remembered(memory, policy=policy)


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_that_looks_at_the_time_of_day_or_the_size_says_so(name: str) -> None:
    condition, watched = CONDITIONS[name], Watched(facts())
    wanted = condition.takes(_VALUES.get(name, True))

    condition.holds(watched, wanted)  # type: ignore[arg-type]  # it looks like Facts
    if condition.because is not None:
        condition.because(watched, wanted)  # type: ignore[arg-type]  # as above

    assert condition.is_steady is watched.looked_at.isdisjoint({"at", "size"})


@pytest.mark.parametrize("name", reasons.WORDS)
def test_no_word_of_a_reason_tells_the_time_of_day_or_the_size(name: str) -> None:
    watched = Watched(facts())

    reasons.WORDS[name](watched, None)  # type: ignore[arg-type]  # it looks like Facts

    assert watched.looked_at.isdisjoint({"at", "size"})


class Watched:
    """Facts that remember what of them was looked at."""

    def __init__(self, value: object, looked_at: set[str] | None = None) -> None:
        self.looked_at = set[str]() if looked_at is None else looked_at
        self._value = value

    def __getattr__(self, name: str) -> Any:
        self.looked_at.add(name)
        of_class = getattr(type(self._value), name, None)
        # Properties look further through us; a letter is watched as well.
        value = of_class.fget(self) if isinstance(of_class, property) and of_class.fget else getattr(self._value, name)
        return Watched(value, self.looked_at) if name == "letter" else value


def facts() -> Facts:
    letter = desk.mail(desk.TEACHER, desk.DIVISION)
    (found,) = read(POLICY.issuance, DIRECTORY, letter, NOTHING_RECOGNISED, desk.NOW)
    return found


def remembered(
    memory: Memory, *, policy: Policy = POLICY, directory: Any = DIRECTORY, at: datetime = desk.NOW
) -> tuple[Verdict, ...]:
    letter = desk.mail(desk.TEACHER, desk.DIVISION, at=at)
    return memory.decide(policy, directory, letter, NOTHING_RECOGNISED, at)
