"""Says what happens to each recipient's copy: the first rule that matches wins, and what was passed over is kept.  Pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec

from gateway.directory.snapshot import Directory, Organisation
from gateway.model import (
    Action,
    Direction,
    Document,
    Door,
    Evidence,
    Mail,
    PassedOver,
    Phase,
    Recognition,
    Sign,
    Verdict,
)
from gateway.policy.facts import Facts, Standing, read
from gateway.policy.issuance import Carried
from gateway.policy.reasons import fill
from gateway.policy.rules import Alarm, HandOver, NoticeTo, Phases, Policy, Ready, Target

ADVISED = "advised"
REDIRECTED = "redirected"
ADDRESS_MOVED = "address-moved"

# Nobody waits for a reply that could refuse; by LMTP the mail server in front, which has taken the mail, would bounce it.
_SESSION_OVER = (Door.IMAP, Door.LMTP, Door.ARCHIVE)


def decide(
    policy: Policy,
    directory: Directory,
    mail: Mail,
    recognition: Recognition,
    now: datetime,
    *,
    size: int | None = None,
) -> tuple[Verdict, ...]:
    """One verdict for each recipient, in order; ``size`` in bytes when the mail is without them (a replay)."""
    each = read(policy.issuance, directory, mail, recognition, now, size=size)
    verdicts = tuple(_verdict(policy, facts) for facts in each)
    arrival = mail.arrival
    return verdicts if arrival.answers_each else _sayable(verdicts, can_refuse=arrival.door not in _SESSION_OVER)


def _verdict(policy: Policy, facts: Facts) -> Verdict:
    passed_over = []
    for ready in policy.in_force(facts.letter.on):
        for check in ready.checks:
            if not check.holds(facts, check.value):
                passed_over.append(check.passed_over(facts))
                break
        else:
            return _apply(policy, ready, facts, tuple(passed_over))
    raise AssertionError("the last rule matches everything: gateway.policy.rules sees to it")


class _Capture(NamedTuple):
    """Whose clerk gets the case, and on which way the document is."""

    unit: Organisation | None
    direction: Direction


def _apply(policy: Policy, ready: Ready, facts: Facts, passed_over: tuple[PassedOver, ...]) -> Verdict:
    rule = ready.rule
    capture = _capture(rule.target, facts)
    verdict = Verdict(
        recipient=facts.recipient.address,
        action=rule.action,
        rule=rule.id,
        clause=ready.clause,
        reason=fill(rule.reason, ready.words, facts, capture.unit),
        phase=_weaker(facts.phase, rule.phase),
        target=facts.recipient.retired.successor if facts.recipient.retired is not None else "",
        unit=capture.unit.code if capture.unit is not None else "",
        office=capture.unit.office if capture.unit is not None else "",
        direction=capture.direction,
        hand_over_at_once=rule.hand_over is HandOver.AT_ONCE,
        notice=rule.notice if rule.notice and _may_be_told(rule.notice_to, facts) else "",
        alarm=rule.alarm is Alarm.ALWAYS or (rule.alarm is Alarm.URGENT and facts.letter.finding.urgent),
        evidence=_evidence(facts),
        passed_over=passed_over,
        policy_version=policy.version,
        campaign=facts.campaign.guide if "campaign" in rule.when and facts.campaign is not None else "",
    )
    if (rule.phases is Phases.EVERY and rule.phase is None) or verdict.phase is Phase.ENFORCE:
        return verdict
    return _softened(verdict, facts)


def _weaker(of_unit: Phase, of_rule: Phase | None) -> Phase:
    """A rule on trial is no further in force than it says, whatever the unit."""
    return of_unit if of_rule is None else min(of_unit, of_rule, key=_HOW_FAR.index)


_HOW_FAR = (Phase.OBSERVE, Phase.ADVISE, Phase.ENFORCE)


def _softened(verdict: Verdict, facts: Facts) -> Verdict:
    """A unit that is not yet in enforce: delivered, and what would have happened is kept."""
    advised = verdict.phase is Phase.ADVISE and _may_be_told(NoticeTo.GOVERNED, facts)
    return msgspec.structs.replace(
        verdict,
        action=Action.DELIVER,
        would_have=verdict.action,
        hand_over_at_once=False,
        notice=ADVISED if advised else "",
        # A secret on an open line is everybody's business, whatever the phase.
        alarm=verdict.alarm and verdict.action is Action.QUARANTINE,
    )


def _may_be_told(notice_to: NoticeTo, facts: Facts) -> bool:
    standing = facts.letter.sender.standing
    return standing is Standing.GOVERNED or (notice_to is NoticeTo.ANYONE and standing is not Standing.NOBODY)


def _capture(target: Target, facts: Facts) -> _Capture:
    letter = facts.letter
    if target is Target.NONE:
        return _Capture(None, Direction.OUTGOING)
    unit = letter.unit if target is not Target.RECIPIENT else None
    if unit is None:
        unit = facts.recipient.unit or letter.directory.department(letter.on)
        return _Capture(_with_clerk(facts, unit), Direction.INCOMING)
    clerks_unit = _with_clerk(facts, unit)
    if target is Target.SUPERIOR and clerks_unit is not None and clerks_unit.code == unit.code:
        clerks_unit = letter.directory.unit_with_clerk(unit.superior, letter.on) or unit
    is_own = clerks_unit is not None and clerks_unit.code == unit.code
    return _Capture(clerks_unit, Direction.OUTGOING if is_own else Direction.INCOMING)


def _with_clerk(facts: Facts, unit: Organisation | None) -> Organisation | None:
    """A case must reach a clerk: where a unit has none, its nearest superior's."""
    if unit is None:
        return None
    return facts.letter.directory.unit_with_clerk(unit.code, facts.letter.on) or unit


def _evidence(facts: Facts) -> tuple[Evidence, ...]:
    finding = facts.letter.finding
    if finding.secret is not None:
        # No content leaves a secret document, not even the name of its file: only which stamp it bears.
        found = finding.secret.evidence if isinstance(finding.secret, Document) else ()
        return tuple(Evidence(sign=e.sign, words=e.words, page=e.page) for e in found if e.sign is Sign.SECRECY)
    if finding.document is not None:
        return finding.document.evidence
    if finding.unreadable is not None and Carried.SIGNED in finding.carries:
        return (Evidence(sign=Sign.SIGNATURE, words=finding.hint, file=finding.unreadable.name),)
    if finding.unreadable is not None:
        return (Evidence(sign=Sign.UNREADABLE, words=finding.hint, file=finding.unreadable.name),)
    return ()


def _sayable(verdicts: tuple[Verdict, ...], *, can_refuse: bool) -> tuple[Verdict, ...]:
    """Refusals that one reply can say; where it cannot, a letter says it instead (docs/decisions/0003-mixed-verdicts.md)."""
    refusals = sum(verdict.action is Action.REJECT for verdict in verdicts)
    if refusals == 0 or (refusals == len(verdicts) and can_refuse):
        return verdicts
    return tuple(_told_by_letter(verdict) if verdict.action is Action.REJECT else verdict for verdict in verdicts)


def _told_by_letter(verdict: Verdict) -> Verdict:
    # A closed address is forwarded once more, and the sender is told the new one.  With a unit it is a document that must not
    # be issued like that, whatever address it was sent to: it goes to a clerk and nowhere else.
    if verdict.target and not verdict.unit:
        return msgspec.structs.replace(verdict, action=Action.FORWARD, notice=ADDRESS_MOVED)
    return msgspec.structs.replace(verdict, action=Action.REDIRECT, notice=REDIRECTED, hand_over_at_once=False)
