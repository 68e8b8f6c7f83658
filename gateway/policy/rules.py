"""Reads the policy: [[rule]] tables -> Rules, or a ConfigError that names file, line and what was expected.

The first rule that matches wins, so order is meaning: a rule that an earlier one always forestalls is an error, and the
last rule must match everything.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gateway.errors import ConfigError
from gateway.model import Action, PassedOver, Phase, Value
from gateway.policy import reasons
from gateway.policy.conditions import CONDITIONS
from gateway.policy.facts import Facts
from gateway.policy.issuance import Settings

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
    """The policy in the bytes of a TOML file; ``where`` names it in errors.  Its version is the hash of the bytes."""
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        table = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{where}: not valid TOML: {error}") from error
    lines = _Lines(where, text)
    try:
        file = msgspec.convert(table, _File)
    except msgspec.ValidationError as error:
        raise lines.error_of(error) from error
    for number, rule in enumerate(file.rule):
        _check_rule(lines, number, rule)
    _check_order(lines, file.rule)
    return Policy(rules=file.rule, issuance=file.issuance, version=hashlib.sha256(raw).hexdigest()[:12], text=text)


class _Lines:
    """Finds the line of a table or key again, for errors: tomllib does not keep them."""

    def __init__(self, where: str, text: str) -> None:
        self._where = where
        self._lines = text.split("\n")
        heads = [n for n, line in enumerate(self._lines) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]
        ends = [*heads[1:], len(self._lines)]
        self._rules = [range(start, end) for start, end in zip(heads, ends, strict=False)]  # no head: one end too many

    def error(self, number: int, key: str, text: str) -> ConfigError:
        """An error in the rule with that number (counted from 0), at ``key`` if it can be found."""
        block = self._rules[number] if number < len(self._rules) else range(1)
        return self._at(self._line_of(block, key), text)

    def error_of(self, error: msgspec.ValidationError) -> ConfigError:
        """msgspec's words with the line of the place they name: "Expected … - at `$.rule[3].action`"."""
        said, _, place = str(error).partition(" - at `$.")
        place = place.rstrip("`")
        unknown = re.search(r"unknown field `(.+?)`|required field `(\w+)`", said)
        words = re.findall(r"[a-z_]+", place)
        key = (unknown.group(1) or unknown.group(2)) if unknown else words[-1] if words else ""
        if unknown and unknown.group(1):
            said = f"no such key; expected one of {', '.join(_keys(place))}"
            place = f"[{place}] {key}" if place == "issuance" else place or key
        elif key in _ENUMS and said.startswith("Invalid enum value"):
            said = f"expected one of {', '.join(_ENUMS[key])}; got {said.removeprefix('Invalid enum value ')}"
        elif key.endswith("_date") or key.startswith("valid_"):
            said = f"expected a day like 2019-11-05, without quotation marks ({said})"
        found = re.match(r"rule\[(\d+)\]", place)
        if found:
            return self.error(int(found.group(1)), key, f"[[rule]] {key}: {said}" if key else f"[[rule]]: {said}")
        return self._at(self._line_of(range(len(self._lines)), key), f"{place}: {said}" if place else said)

    def _line_of(self, block: range, key: str) -> int:
        pattern = re.compile(rf"""(^|[\s{{,."'])({re.escape(key)})["']?\s*=""")
        return next((n for n in block if key and pattern.search(self._lines[n].partition("#")[0])), block.start)

    def _at(self, line: int, text: str) -> ConfigError:
        return ConfigError(f"{self._where}: line {line + 1}: {text}")


_ENUMS: Mapping[str, type[StrEnum]] = {
    "action": Action,
    "target": Target,
    "alarm": Alarm,
    "hand_over": HandOver,
    "notice_to": NoticeTo,
    "phases": Phases,
    "phase": Phase,
}


def _keys(place: str) -> tuple[str, ...]:
    """The keys that are known where an unknown one was found."""
    if place.startswith("rule["):
        return Rule.__struct_fields__
    return Settings.__struct_fields__ if place == "issuance" else _File.__struct_fields__


def _check_rule(lines: _Lines, number: int, rule: Rule) -> None:
    for name, value in rule.when.items():
        condition = CONDITIONS.get(name)
        if condition is None:
            raise lines.error(
                number, name, f"rule {rule.id}: when: no condition {name!r}; expected one of {', '.join(CONDITIONS)}"
            )
        try:
            condition.takes(value)
        except ValueError as error:
            raise lines.error(number, name, f"rule {rule.id}: when: {name}: expected {error}, got {value!r}") from None
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        raise lines.error(number, "valid_to", f"rule {rule.id}: valid_to: expected a day not before {rule.valid_from}")
    try:
        reasons.words_in(rule.reason)
    except ValueError as error:
        raise lines.error(number, "reason", f"rule {rule.id}: reason: expected {error}") from None
    if rule.notice and rule.notice not in NOTICES:
        wanted = ", ".join(NOTICES)
        raise lines.error(number, "notice", f"rule {rule.id}: notice: expected one of {wanted}, got {rule.notice!r}")
    _check_action(lines, number, rule)


_CAPTURES = {Action.COPY, Action.REDIRECT, Action.HOLD, Action.QUARANTINE}


def _check_action(lines: _Lines, number: int, rule: Rule) -> None:
    # A refusal that one reply cannot say becomes a case, too (decide.py); only a closed address has somewhere else to go.
    opens_case = rule.action in _CAPTURES or (rule.action is Action.REJECT and "retired" not in rule.when)
    if opens_case and rule.target is Target.NONE:
        wanted = ", ".join(f'"{target}"' for target in Target if target)
        raise lines.error(number, "action", f"rule {rule.id}: target: expected one of {wanted}: {rule.action} may open a case")
    if rule.action is Action.FORWARD and "retired" not in rule.when:
        raise lines.error(number, "action", f'rule {rule.id}: action: "forward" expects the condition "retired"')


def _check_order(lines: _Lines, rules: Sequence[Rule]) -> None:
    for number, rule in enumerate(rules):
        for earlier in rules[:number]:
            if earlier.id == rule.id and _meet(earlier, rule):
                raise lines.error(number, "id", f"rule {rule.id}: id: an earlier rule in force at the same time has it too")
            if _forestalls(earlier, rule):
                raise lines.error(
                    number, "id", f"rule {rule.id}: unreachable: rule {earlier.id} matches first whenever it would"
                )
    last = rules[-1] if rules else None
    if last is None or last.when or last.valid_from or last.valid_to:
        raise lines.error(
            len(rules) - 1 if rules else 0, "id", "expected a last rule that matches everything: no when, no dates"
        )


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
