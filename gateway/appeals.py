"""Whoever was stopped may say "this is no issuance": what is in question, and what a clerk's yes lets through.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from gateway.lifecycle import CaseState
from gateway.model import (
    Action,
    Case,
    Mail,
    Nature,
    Recognition,
    Verdict,
    new_id,
)

STOPPED = frozenset({Action.REJECT, Action.REDIRECT, Action.HOLD})  # what one may appeal against; secrets stay sealed
RULE = "appeal"  # stands for the rule of a verdict that a clerk's decision replaced
EXEMPT_FOR = timedelta(days=7)
LONGEST = 1000  # characters of an appeal


def is_open_to_appeal(verdict: Verdict) -> bool:
    """Whether one may say "this is no issuance": it was stopped, or would be once its unit is in enforce."""
    return verdict.action in STOPPED or verdict.would_have in STOPPED


_IN_QUESTION = frozenset({Nature.ISSUED, Nature.COPY, Nature.UNREADABLE})


def files_in_question(recognition: Recognition) -> tuple[str, ...]:
    """Digests of the files because of which a mail may have been stopped."""
    return tuple(dict.fromkeys(file.digest for file in recognition.files if file.nature in _IN_QUESTION and file.size))


def may_pass(recognition: Recognition, exempt: Collection[str]) -> bool:
    """Whether all that is in question in a mail was let through: a file by its bytes, never what has none (a link)."""
    questions = [file for file in recognition.files if file.nature in _IN_QUESTION]
    return bool(questions) and all(file.size > 0 and file.digest in exempt for file in questions)


def let_through(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts with those that stop the mail turned into deliveries."""
    return tuple(_delivered(verdict) if is_open_to_appeal(verdict) else verdict for verdict in verdicts)


def _delivered(verdict: Verdict) -> Verdict:
    return replace(
        verdict,
        action=Action.DELIVER,
        rule=RULE,
        clause="",
        reason="Văn thư đã chấp nhận ý kiến của người gửi rằng tệp này không phải văn bản phát hành.",
        would_have=verdict.would_have or verdict.action,
        unit="",
        office="",
        notice="",
        alarm=False,
        hand_over_at_once=False,
    )


def case_of(
    mail: Mail,
    verdict: Verdict,
    recognition: Recognition,
    *,
    recipients: Sequence[str],
    subject: str,
    due: datetime,
    now: datetime,
) -> Case:
    """The held item of an appeal where no case waits: the clerk has what was recognised, and the bytes where we kept them."""
    main = next((file for file in recognition.files if file.nature in _IN_QUESTION), None)
    return Case(
        id=new_id(),
        mail_id=mail.id,
        unit=verdict.unit,
        office="",  # nothing is there to be handed over
        direction=verdict.direction,
        action=Action.HOLD,
        state=CaseState.WAITING,
        opened_at=now,
        due_at=due,
        rule=verdict.rule,
        reason=verdict.reason,
        sender=mail.sender,
        recipients=tuple(recipients),
        subject=subject,
        document=main.documents[0] if main is not None and main.documents else None,
        files=recognition.files,
        alarm=True,
    )
