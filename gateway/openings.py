"""The cases that a mail opens: which recipients' copies make one, what stands in it, until when somebody should look.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from gateway.directory.calendar import Calendar
from gateway.lifecycle import CaseState
from gateway.model import (
    Action,
    Case,
    Delivery,
    Direction,
    Document,
    FileReading,
    Identity,
    Mail,
    Nature,
    Recognition,
    Urgency,
    Verdict,
    new_id,
)
from gateway.policy.sameness import marks_of
from gateway.store import Opening

_CAPTURED = (Action.QUARANTINE, Action.REDIRECT, Action.HOLD, Action.COPY)  # the first of these names the case of a mail
_URGENT = timedelta(minutes=30)


def openings_of(
    mail: Mail,
    verdicts: Sequence[Verdict],
    recognition: Recognition,
    now: datetime,
    *,
    calendar: Calendar,
    hold_for: timedelta,
    offices: Collection[str],
    issuer_of: Callable[[Document | None], str],
) -> tuple[Opening, ...]:
    """A case for each unit and direction that must look at this mail; see gateway.acceptance for the rest."""
    captured = _captured(verdicts)
    if not captured:
        return ()
    due = partial(_due, now=now, calendar=calendar, hold_for=hold_for)
    return tuple([_marked(_opening(mail, group, recognition, due, now, offices), mail, issuer_of) for group in captured])


def _captured(verdicts: Sequence[Verdict]) -> Iterable[list[Verdict]]:
    """One group for each unit and direction that must look at this mail, whatever the number of recipients.

    Held copies stand apart: a person decides on them, even when the others went to the office system at once
    (docs/decisions/0006-held-copies-have-a-case-of-their-own.md).
    """
    captured: dict[tuple[str, Direction, bool], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.action in _CAPTURED:
            captured.setdefault((verdict.unit, verdict.direction, verdict.action is Action.HOLD), []).append(verdict)
    return captured.values()


def _opening(
    mail: Mail,
    group: list[Verdict],
    recognition: Recognition,
    due: Callable[[Verdict, Document | None], datetime],
    now: datetime,
    offices: Collection[str],
) -> Opening:
    leading = min(group, key=lambda verdict: _CAPTURED.index(verdict.action))
    sealed = leading.action is Action.QUARANTINE
    files = () if sealed else recognition.files
    main, document = _main_document(files, leading)
    case = Case(
        id=new_id(),
        mail_id=mail.id,
        unit=leading.unit,
        office=leading.office,
        direction=leading.direction,
        action=leading.action,
        state=_first_state(mail, leading, offices),
        opened_at=now,
        due_at=due(leading, document),
        key=_sameness(main, leading),
        rule=leading.rule,
        reason=leading.reason,
        sender=mail.sender,
        recipients=tuple(verdict.recipient for verdict in group),
        subject="" if sealed else recognition.subject,
        document=document,
        files=files,
        alarm=any(verdict.alarm for verdict in group),
    )
    if case.state is not CaseState.APPROVED:
        return Opening(case=case)
    hand_over = Delivery(id=f"{case.id}-1", mail_id=mail.id, case_id=case.id, courier=case.office, target=case.unit)
    return Opening(case=case, hand_over=hand_over)


def _marked(opening: Opening, mail: Mail, issuer_of: Callable[[Document | None], str]) -> Opening:
    """With the marks by which it is compared with other cases; a sealed one is compared with none."""
    case = opening.case
    if case.state is CaseState.SEALED:
        return opening
    return replace(opening, marks=marks_of(case, mail, agency=issuer_of(case.document)))


def _first_state(mail: Mail, verdict: Verdict, offices: Collection[str]) -> CaseState:
    if verdict.action is Action.QUARANTINE:
        return CaseState.SEALED
    # The clerk herself sent it: it goes into her own office system's queue, where she issues it; nobody else need approve.
    # Who only claims to be the clerk has the clerk look at it first.
    by_person = mail.arrival.identity in (Identity.TRUSTED_NETWORK, Identity.AUTHENTICATED)
    is_proved = verdict.action is Action.REDIRECT and by_person
    return CaseState.APPROVED if verdict.hand_over_at_once and verdict.office in offices and is_proved else CaseState.WAITING


def _sameness(main: FileReading | None, verdict: Verdict) -> str:
    """What makes another mail join this case: the same bytes of its document.

    Not for held mail, which waits for a decision of its own, and not for parts without bytes, which are all alike.
    """
    return main.digest if main is not None and main.size and verdict.action is not Action.HOLD else ""


def _main_document(files: Sequence[FileReading], verdict: Verdict) -> tuple[FileReading | None, Document | None]:
    """The file and document that the verdict speaks of; else an issued document before a copy before the unreadable."""
    if verdict.evidence:
        for file in files:
            for document in file.documents:
                if document.evidence == verdict.evidence:
                    return file, document
            if file.nature is Nature.UNREADABLE and file.name == verdict.evidence[0].file:
                return file, None
    order = (Nature.ISSUED, Nature.COPY, Nature.UNREADABLE)
    candidates = [file for file in files if file.nature in order]
    if not candidates:
        return None, None
    main = min(candidates, key=lambda file: order.index(file.nature))
    return main, main.documents[0] if main.documents else None


def _due(verdict: Verdict, document: Document | None, *, now: datetime, calendar: Calendar, hold_for: timedelta) -> datetime:
    """Until when a person should have looked: urgent at once, whatever the hour; held soon; the others within the day.

    Decree 30/2020/NĐ-CP, article 4.2c and d; Decision 28/2018/QĐ-TTg, article 6.2.
    """
    if document is not None and document.urgency is not Urgency.NORMAL:
        return now + _URGENT
    return calendar.within(now, hold_for) if verdict.action is Action.HOLD else calendar.same_day(now)
