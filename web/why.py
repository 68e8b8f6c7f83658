"""Why a verdict is as it is: the rule with its clause, each condition with what met it, and the rules that were passed over.

Of what met a condition each sign leads to its place on the picture of the page.  The rule is the one of the policy that
decided then, by its version; the sentences about rules passed over were written down with the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from flask import url_for

from gateway.errors import ConfigError, NotFound
from gateway.model import SIX_SIGNS, Case, Evidence, Sign, Value, Verdict
from gateway.policy import rules
from gateway.policy.conditions import CONDITIONS
from gateway.policy.explain import sentences, what_would_change_it
from gateway.policy.rules import Policy, Rule
from gateway.store import MailRow
from web.context import gateway, store
from web.files import places
from web.format import day, moment, place, sentence, size, words
from web.language import gettext, said

# Which signs show that a condition holds; conditions about the mail itself are shown by _NOTES.
_SHOWN_BY: Mapping[str, tuple[Sign, ...]] = {
    "carries": (*SIX_SIGNS, Sign.UNREADABLE),
    "secret": (Sign.SECRECY,),
    "urgent": (Sign.URGENCY, Sign.KIND),
    "urgency": (Sign.URGENCY,),
    "kind": (Sign.KIND,),
    "relation": (Sign.RELATION,),
    "personal": (Sign.KIND, Sign.SUBJECT),
    "regime": (Sign.MOTTO,),
}
_ABOUT_SENDER = ("sender", "sender_is_clerk", "sender_role", "notification", "clerk_account", "unit")
_ABOUT_PROOF = ("proved", "identity")
_ABOUT_RECIPIENT = ("recipient", "colleague", "retired", "campaign")
_ABOUT_TIME = ("working_time", "working_day")


class Sight(Value):
    """One sign that was seen; ``href`` leads to its place, "" when there is none to see."""

    label: str
    place: str
    words: str
    href: str


class Met(Value):
    """One condition of the rule, and what met it."""

    said: str
    note: str = ""
    sights: tuple[Sight, ...] = ()


class Passed(Value):
    """A rule that was looked at before, and the first of its conditions that failed."""

    rule: str
    title: str
    because: str


class Why(Value):
    """Why one verdict is as it is."""

    verdict: Verdict
    title: str  # of the rule; "" when no rule of a policy decided
    in_force: str  # since when, until when
    known: bool  # whether the rule is known as it was then
    met: tuple[Met, ...]
    passed: tuple[Passed, ...]
    changes: tuple[str, ...]  # what would have to be different
    told: str  # all of it as lines to be read out on the telephone


def why(verdict: Verdict, row: MailRow, case: Case | None, *, shows: bool = True) -> Why:
    """Why a mail was decided so; ``case`` is the one whose pages may be shown; without ``shows`` no sign is (a sealed mail)."""
    policy = _policy_of(verdict.policy_version)
    known = _rules(policy)
    rule = known.get(verdict.rule)
    return Why(
        verdict=verdict,
        title=rule.title if rule is not None else "",
        in_force=_in_force(rule) if rule is not None else "",
        known=rule is not None,
        met=tuple(_met(rule, verdict, row, case if shows else None, shows)) if rule is not None else (),
        passed=tuple(
            Passed(rule=each.rule, title=known[each.rule].title if each.rule in known else "", because=each.because)
            for each in verdict.passed_over
        ),
        changes=tuple(said(change) for change in what_would_change_it(verdict)),
        told=sentences(verdict, gateway().directory()) if shows else "",
    )


def mark_id(found: Evidence) -> str:
    """What the frame around a sign is called on the picture of its page; "" for one without a place."""
    box = found.box
    return f"mark-{found.sign}-{round(box.left * 10_000)}-{round(box.top * 10_000)}" if box is not None else ""


def _policy_of(version: str) -> Policy | None:
    """The policy of that version, as it was; None when nobody kept it, or this program cannot read it any more."""
    current = gateway().policy()
    if version == current.version:
        return current
    try:
        return _parsed(version, store().archive.policy(version)) if version else None
    except (NotFound, ConfigError):
        return None


@lru_cache(8)
def _parsed(version: str, text: str) -> Policy:
    return rules.parse(text.encode(), where=version)


def _rules(policy: Policy | None) -> dict[str, Rule]:
    return {rule.id: rule for rule in policy.rules} if policy is not None else {}


def _in_force(rule: Rule) -> str:
    parts = []
    if rule.valid_from is not None:
        parts.append(gettext("từ %(day)s", day=day(rule.valid_from)))
    if rule.valid_to is not None:
        parts.append(gettext("đến %(day)s", day=day(rule.valid_to)))
    return " ".join(parts)


def _met(rule: Rule, verdict: Verdict, row: MailRow, case: Case | None, shows: bool) -> Iterator[Met]:
    for name, given in rule.when.items():
        yield Met(
            said=_clause(name, given),
            note=_note(name, verdict, row),
            sights=tuple(_sights(name, verdict, case)) if shows else (),
        )


def _clause(name: str, given: Any) -> str:
    condition = CONDITIONS[name]
    clauses = [said(clause) for clause in condition.met(condition.takes(given))]
    return sentence(gettext(" hoặc ").join(clauses))


def _note(name: str, verdict: Verdict, row: MailRow) -> str:
    if name in _ABOUT_SENDER:
        return row.sender or gettext("không có địa chỉ gửi")
    if name in _ABOUT_PROOF:
        return f"{row.sender}: {words(row.identity)}"
    if name in _ABOUT_RECIPIENT:
        return verdict.recipient
    if name in _ABOUT_TIME:
        return moment(row.at)
    return size(row.size) if name == "larger_than_kb" else ""


def _sights(name: str, verdict: Verdict, case: Case | None) -> Iterator[Sight]:
    """One for each sign: the first place where it was seen."""
    for sign in _SHOWN_BY.get(name, ()):
        found = next((each for each in verdict.evidence if each.sign is sign), None)
        if found is not None:
            yield Sight(label=words(sign), place=place(found, of_several=True), words=found.words, href=_way_to(found, case))


def _way_to(found: Evidence, case: Case | None) -> str:
    """The address of the page of the case with that sign."""
    if case is None:
        return ""
    file = next((each.number for each in places(case) if each.reading.name == found.file), None)
    if file is None:
        return ""
    return url_for("cases.one", case_id=case.id, file=file, page=max(found.page, 1), _anchor=mark_id(found) or "page-title")
