"""What becomes of an old mail: which documents it carries, and in whose archive they belong.  Pure.

The rules say it as they would have said it on the day of the mail; what they let pass, and what came before there was a
rule, is a document all the same and is archived for whoever sent or got it.  Nothing is issued, delivered or told to anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from gateway.backlog.rules import Rules
from gateway.directory.snapshot import Directory
from gateway.documents.vietnamese import fold, plain_symbol
from gateway.lifecycle import CaseState
from gateway.model import (
    Action,
    Case,
    Direction,
    Document,
    FileReading,
    Mail,
    Nature,
    Recognition,
    Verdict,
    digest_of,
    lasting_id,
)
from gateway.policy.decide import decide
from gateway.policy.facts import local_day, party
from gateway.policy.issuer import comparable, issuers_of
from gateway.policy.reasons import why_unreadable
from gateway.policy.sameness import agency_of, marks_of
from gateway.store import Acceptance, Opening, Outcome, PastDocument

_CAPTURED = (Action.REDIRECT, Action.REJECT, Action.HOLD, Action.COPY)  # the first of these names the rule
_ARCHIVED = frozenset({Nature.ISSUED, Nature.COPY})
_MOST_CASES = 100  # of one mail: an archive of a year in one attachment is one file, and one case


class Judgement(NamedTuple):
    """What came of one mail."""

    outcome: Outcome
    note: str = ""
    acceptance: Acceptance | None = None
    documents: tuple[PastDocument, ...] = ()


class _Place(NamedTuple):
    """In whose archive a document belongs."""

    unit: str
    office: str
    direction: Direction


def judge(mail: Mail, recognition: Recognition, *, then: Rules, today: Directory, owner: str, day: date) -> Judgement:
    """Say what becomes of a mail.

    ``then`` was in force when it came, ``today`` holds on ``day``; ``owner`` is the unit whose mailbox it was in, "" when the
    mail itself says whose it is.
    """
    at = mail.arrival.at
    if any(file.nature is Nature.SECRET for each in recognition.files for file in each.walk()):
        return Judgement(Outcome.SECRET, "thư mang tài liệu có dấu chỉ độ mật; không lưu gì của thư này")
    files = [file for file in recognition.files if _documents(file, then)]
    unreadable = [file for each in recognition.files for file in each.walk() if file.nature is Nature.UNREADABLE]
    verdicts = decide(then.policy, then.directory, mail, recognition, at)
    captured = [verdict for verdict in verdicts if _action(verdict) in _CAPTURED]
    leading = min(captured, key=lambda verdict: _CAPTURED.index(_action(verdict)), default=None)
    if not files and (not unreadable or leading is None):
        return Judgement(Outcome.UNREADABLE, _why(unreadable[0])) if unreadable else Judgement(Outcome.NOTHING)
    places = tuple(dict.fromkeys(_today(today, *whose, day) for whose in _whose(mail, then, captured, files, owner)))
    openings, documents = [], []
    for place in places:
        for file in (files or unreadable[:1])[:_MOST_CASES]:
            case = _case(mail, recognition, place, file, leading)
            agency = agency_of(then.directory, case.document)
            openings.append(Opening(case=case, marks=marks_of(case, mail, agency=agency)))
            documents += [_fact(place, document, case, then.directory) for document in _documents(file, then)]
    return Judgement(
        outcome=Outcome.ARCHIVED if files else Outcome.UNREADABLE,
        note=_why(unreadable[0]) if unreadable else "",
        acceptance=Acceptance(mail=mail, subject=recognition.subject, openings=tuple(openings)),
        documents=tuple(documents),
    )


def _action(verdict: Verdict) -> Action:
    """What the rule wanted, whether or not the unit was already in enforce."""
    return verdict.would_have or verdict.action


def _why(file: FileReading) -> str:
    name = f"tệp “{file.name}”" if file.name else "thân thư"
    return f"{name} không đọc được: {why_unreadable(file.reason)}"


def _documents(file: FileReading, then: Rules) -> list[Document]:
    """The official documents of a file: final ones, sure enough, with a number."""
    sure = then.policy.issuance.confidence
    return [d for d in file.documents if d.nature in _ARCHIVED and d.confidence >= sure and d.number_symbol]


# --- Whose ------------------------------------------------------------------------------------------------------------


def _whose(
    mail: Mail, then: Rules, captured: Sequence[Verdict], files: Sequence[FileReading], owner: str
) -> list[tuple[str, Direction]]:
    """The units in whose archive it belongs: by the owner of the mailbox, else by the rules, else by sender and recipients."""
    on = local_day(mail.arrival.at)
    sender = party(then.directory, mail.sender, on).unit
    issuers = issuers_of(then.directory)
    is_own = sender is not None and any(issuers.is_by(d, sender) for file in files for d in _documents(file, then))
    if owner:
        direction = Direction.OUTGOING if is_own and sender is not None and sender.code == owner else Direction.INCOMING
        return [(owner, direction)]
    if captured:
        return [(verdict.unit, verdict.direction) for verdict in captured]
    if is_own and sender is not None:
        return [(sender.code, Direction.OUTGOING)]
    return [(code, Direction.INCOMING) for code in _receivers(mail, then.directory)]


def _receivers(mail: Mail, directory: Directory) -> list[str]:
    on = local_day(mail.arrival.at)
    units = [party(directory, recipient.address, on).unit for recipient in mail.recipients]
    return [unit.code for unit in units if unit is not None] or [""]


def _today(directory: Directory, code: str, direction: Direction, day: date) -> _Place:
    """The unit that stands for it today, or the nearest above it that has a clerk who may look into the archive."""
    unit = directory.unit(code, day) or directory.department(day)
    if unit is None:
        return _Place(code, "", direction)
    unit = directory.unit_with_clerk(unit.code, day) or unit
    return _Place(unit.code, unit.office, direction)


def _distinct(place: _Place, mail: Mail, file: FileReading) -> str:
    """The same mail gives the same cases, whoever imports it, and however often."""
    return digest_of("|".join((mail.digest, place.unit, place.direction, file.name, file.digest)).encode())


# --- Cases and facts --------------------------------------------------------------------------------------------------


def _case(mail: Mail, recognition: Recognition, place: _Place, file: FileReading, leading: Verdict | None) -> Case:
    at = mail.arrival.at
    document = max(file.documents, key=lambda d: (d.nature in _ARCHIVED, d.confidence), default=None)
    reason = f"Văn bản tìm thấy trong thư cũ. {leading.reason}" if leading is not None else "Văn bản tìm thấy trong thư cũ."
    return Case(
        id=lasting_id(at, _distinct(place, mail, file)),
        mail_id=mail.id,
        unit=place.unit,
        office=place.office,
        direction=place.direction,
        action=_action(leading) if leading is not None else Action.COPY,
        state=CaseState.ARCHIVED,
        opened_at=at,
        key=file.digest if file.size else "",
        rule=leading.rule if leading is not None else "",
        reason=reason,
        sender=mail.sender,
        recipients=tuple(recipient.address for recipient in mail.recipients),
        subject=recognition.subject,
        document=document,
        files=(file,),
    )


def _fact(place: _Place, document: Document, case: Case, directory: Directory) -> PastDocument:
    return PastDocument(
        unit=place.unit,
        direction=place.direction,
        kind=document.kind,
        year=document.issued_on.year if document.issued_on is not None else 0,
        number_symbol=document.number_symbol,
        key=document_key(document, directory),
        case_id=case.id,
    )


def document_key(document: Document, directory: Directory) -> str:
    """Agency, year, number and symbol, comparable; "" when one is unknown.  Decree 30/2020, article 15: unique in them."""
    agency = issuers_of(directory).unit_of(document) or comparable(document.issuer)
    number, slash, symbol = "".join(fold(plain_symbol(document.number_symbol)).split()).partition("/")
    if not (agency and slash and number and symbol and document.issued_on):
        return ""
    return f"{agency}|{document.issued_on.year}|{number.lstrip('0') or number}/{symbol}"
