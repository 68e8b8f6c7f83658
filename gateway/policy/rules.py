"""Reads the policy: [[rule]] tables -> Rules, or a PolicyMistake that names file, line and what was expected.

The first rule that matches wins, so order is meaning: a rule that an earlier one always forestalls is an error, and the
last rule must match everything.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gateway.errors import ConfigError
from gateway.model import Action, PassedOver, Phase, Regime, Sign, Value
from gateway.policy import mistakes, reasons
from gateway.policy.conditions import CONDITIONS
from gateway.policy.facts import Facts
from gateway.policy.issuance import Settings
from gateway.policy.mistakes import Lines, UnfitValue

# Letters that a rule may ask for; "returned" and "released" follow from what a clerk does (gateway.review).
NOTICES = ("redirected", "advised", "held", "sealed", "address-moved")


class Target(StrEnum):
    """Whose clerk gets the case."""

    NONE = ""
    SENDER = "sender"  # the sender's unit: "chờ phát hành"
    RECIPIENT = "recipient"  # the recipient's unit: "văn bản đến"
    SUPERIOR = "superior"  # the nearest unit above the sender's that has a clerk
    EITHER = "sender-or-recipient"  # the sender's unit if the rule binds it, else the recipient's


class HandOver(StrEnum):
    """When a case goes to the office system."""

    APPROVAL = "approval"  # after a clerk approved it here
    AT_ONCE = "at-once"


class Alarm(StrEnum):
    """Whether a person must look at once."""

    NEVER = "never"
    URGENT = "urgent"  # when the document bears an urgency stamp
    ALWAYS = "always"


class NoticeTo(StrEnum):
    """Which senders get the notice.  Others may be forged: we write to no stranger on their account."""

    GOVERNED = "governed"
    ANYONE = "anyone"


class Phases(StrEnum):
    """Whether the phase of the unit softens the rule."""

    OF_UNIT = "of-unit"  # observe and advise deliver instead
    EVERY = "every"  # applies in each phase


class Rule(Value, forbid_unknown_fields=True):
    """One line of the policy, as it stands in the file."""

    id: str
    title: str
    clause: str  # what it carries out
    clause_date: date
    reason: str  # one Vietnamese sentence for a person; words in braces are filled in (gateway.policy.reasons)
    action: Action
    when: dict[str, Any] = {}  # noqa: RUF012 - msgspec copies it per value
    valid_from: date | None = None
    valid_to: date | None = None
    target: Target = Target.NONE
    notice: str = ""  # one of NOTICES
    notice_to: NoticeTo = NoticeTo.GOVERNED
    alarm: Alarm = Alarm.NEVER
    hand_over: HandOver = HandOver.APPROVAL
    phases: Phases = Phases.OF_UNIT
    phase: Phase | None = None  # how far this rule itself is in force: "observe" while it is on trial, whatever the unit

    def is_valid(self, on: date) -> bool:
        """Whether the rule is in force on a day; both dates are inclusive."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


class Check(NamedTuple):
    """One condition of one rule, ready to be asked."""

    holds: Callable[[Facts, Any], bool]
    value: Any
    otherwise: PassedOver
    because: Callable[[Facts, Any], str] | None

    def passed_over(self, facts: Facts) -> PassedOver:
        """Why the rule did not match."""
        if self.because is None:
            return self.otherwise
        return PassedOver(rule=self.otherwise.rule, because=self.because(facts, self.value))


class Ready(NamedTuple):
    """A rule with all that can be prepared when the policy is read."""

    rule: Rule
    checks: tuple[Check, ...]
    clause: str  # with its date
    words: tuple[str, ...]  # the words in braces of its reason


class Policy:
    """The rules in order, the settings of [issuance], the version that verdicts name, and the text of the file."""

    __slots__ = ("_on", "_ready", "issuance", "rules", "text", "version")

    def __init__(self, *, rules: Sequence[Rule], issuance: Settings, version: str, text: str = "") -> None:
        self.rules = tuple(rules)
        self.issuance = issuance
        self.version = version
        self.text = text
        self._ready = tuple(_ready(rule) for rule in rules)
        self._on: tuple[date, tuple[Ready, ...]] = (date.min, ())

    def in_force(self, on: date) -> tuple[Ready, ...]:
        """The rules of a day, in order; the last one matches everything."""
        day, ready = self._on
        if day != on:
            ready = tuple(each for each in self._ready if each.rule.is_valid(on))
            self._on = (on, ready)  # one assignment: other threads see the old pair or the new one
        return ready

    def is_steady(self, on: date) -> bool:
        """Whether no rule of that day asks for anything that changes during the day, or with the size of a mail."""
        return all(CONDITIONS[name].is_steady for each in self.in_force(on) for name in each.rule.when)


class _File(Value, forbid_unknown_fields=True):
    rule: tuple[Rule, ...]
    issuance: Settings = Settings()


def load(path: Path) -> Policy:
    """Read a policy file.  Raises ConfigError with file, line and what was expected."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    return parse(raw, where=str(path))


def parse(raw: bytes, *, where: str) -> Policy:
    """The policy in the bytes of a TOML file; ``where`` names it in a PolicyMistake.  Its version is the hash of the bytes."""
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        table = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise mistakes.not_toml(where, error) from error
    lines = Lines(where, text)
    try:
        file = msgspec.convert(table, _File)
    except msgspec.ValidationError as error:
        raise lines.error_of(error, enums=_ENUMS, keys=_KEYS) from error
    for number, rule in enumerate(file.rule):
        _check_rule(lines, number, rule)
    _check_order(lines, file.rule)
    return Policy(rules=file.rule, issuance=file.issuance, version=hashlib.sha256(raw).hexdigest()[:12], text=text)


_ENUMS: Mapping[str, type[StrEnum]] = {
    "action": Action,
    "target": Target,
    "alarm": Alarm,
    "hand_over": HandOver,
    "notice_to": NoticeTo,
    "phases": Phases,
    "phase": Phase,
    "needs": Sign,
    "other_regimes": Regime,
}
_KEYS = {"": _File.__struct_fields__, "rule": Rule.__struct_fields__, "issuance": Settings.__struct_fields__}


def _check_rule(lines: Lines, number: int, rule: Rule) -> None:
    for name, value in rule.when.items():
        condition = CONDITIONS.get(name)
        if condition is None:
            said = mistakes.NO_CONDITION.fill(id=rule.id, name=name, wanted=", ".join(CONDITIONS))
            raise lines.error(number, name, said)
        try:
            condition.takes(value)
        except UnfitValue as error:
            said = mistakes.UNFIT.fill(id=rule.id, name=name, expected=error.expected, value=value)
            raise lines.error(number, name, said) from None
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        raise lines.error(number, "valid_to", mistakes.ENDS_BEFORE.fill(id=rule.id, day=rule.valid_from))
    try:
        reasons.words_in(rule.reason)
    except UnfitValue as error:
        raise lines.error(number, "reason", mistakes.REASON.fill(id=rule.id, expected=error.expected)) from None
    if rule.notice and rule.notice not in NOTICES:
        said = mistakes.NOTICE.fill(id=rule.id, wanted=", ".join(NOTICES), value=rule.notice)
        raise lines.error(number, "notice", said)
    _check_action(lines, number, rule)


_CAPTURES = {Action.COPY, Action.REDIRECT, Action.HOLD, Action.QUARANTINE}


def _check_action(lines: Lines, number: int, rule: Rule) -> None:
    # A refusal that one reply cannot say becomes a case, too (decide.py); only a closed address has somewhere else to go.
    opens_case = rule.action in _CAPTURES or (rule.action is Action.REJECT and "retired" not in rule.when)
    if opens_case and rule.target is Target.NONE:
        wanted = ", ".join(f'"{target}"' for target in Target if target)
        raise lines.error(number, "action", mistakes.TARGET.fill(id=rule.id, wanted=wanted, action=rule.action))
    if rule.action is Action.FORWARD and "retired" not in rule.when:
        raise lines.error(number, "action", mistakes.FORWARD.fill(id=rule.id))


def _check_order(lines: Lines, rules: Sequence[Rule]) -> None:
    for number, rule in enumerate(rules):
        for earlier in rules[:number]:
            if earlier.id == rule.id and _meet(earlier, rule):
                raise lines.error(number, "id", mistakes.SAME_ID.fill(id=rule.id))
            if _forestalls(earlier, rule):
                raise lines.error(number, "id", mistakes.UNREACHABLE.fill(id=rule.id, earlier=earlier.id))
    last = rules[-1] if rules else None
    if last is None or last.when or last.valid_from or last.valid_to:
        raise lines.error(len(rules) - 1 if rules else 0, "id", mistakes.NO_LAST)


def _forestalls(earlier: Rule, rule: Rule) -> bool:
    """Whether the earlier rule matches everything that this one would, on every day of this one."""
    if earlier.valid_from and (rule.valid_from is None or rule.valid_from < earlier.valid_from):
        return False
    if earlier.valid_to and (rule.valid_to is None or rule.valid_to > earlier.valid_to):
        return False
    return all(name in rule.when and _is_within(name, rule.when, earlier.when) for name in earlier.when)


def _is_within(name: str, narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> bool:
    takes = CONDITIONS[name].takes
    mine, theirs = takes(narrow[name]), takes(wide[name])
    return bool(mine <= theirs if isinstance(mine, frozenset) else mine == theirs)


def _meet(a: Rule, b: Rule) -> bool:
    return (a.valid_from or date.min) <= (b.valid_to or date.max) and (b.valid_from or date.min) <= (a.valid_to or date.max)


def _ready(rule: Rule) -> Ready:
    checks = []
    for name, given in rule.when.items():
        condition = CONDITIONS[name]
        value = condition.takes(given)
        otherwise = PassedOver(rule=rule.id, because=condition.otherwise(value))
        checks.append(Check(holds=condition.holds, value=value, otherwise=otherwise, because=condition.because))
    clause = f"{rule.clause} ({rule.clause_date:%d/%m/%Y})"
    return Ready(rule=rule, checks=tuple(checks), clause=clause, words=reasons.words_in(rule.reason))
