"""Values to rows and back.

The way in is the hot path of every mail, so it makes plain tuples in the order of the table's columns, of plain types (the
drivers are slow with, or wrong about, StrEnum); the way back reads SQLAlchemy rows by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row

from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import (
    NOTHING_RECOGNISED,
    Account,
    Action,
    Arrival,
    Case,
    Delivery,
    Direction,
    Document,
    Door,
    Event,
    Evidence,
    FileReading,
    Identity,
    Mail,
    PassedOver,
    Phase,
    Recipient,
    Recognition,
    Report,
    Role,
    Story,
    Verdict,
)
from gateway.policy.facts import local_day
from gateway.store.tables import micros
from gateway.store.texts import clean, to_json
from gateway.store.values import CaseRow, MailRow, Replayable

Tuple = tuple[Any, ...]


def _instant(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


# --- In: tuples in the order of the columns ---------------------------------------------------------------------------

_NOTHING = "[]"


def _json_list(values: Sequence[object]) -> str:
    return to_json(values) if values else _NOTHING


def mail_row(
    mail: Mail,
    *,
    subject: str,
    verdicts: Sequence[Verdict],
    decided_at: datetime | None,
    sealed: bool,
    kept: bool,
    inline: bool,
) -> Tuple:
    """A row of mails; the bytes are in it when ``inline``, else the writer puts their place into the last columns."""
    arrival = mail.arrival
    sender, subject = clean(mail.sender), clean(subject)
    return (
        mail.id,
        sender,
        to_json(mail.recipients),
        _json_list(mail.options),
        mail.digest,
        len(mail.raw),
        str(arrival.door),
        micros(arrival.at),
        arrival.peer,
        clean(arrival.helo),
        arrival.protocol,
        str(arrival.identity),
        subject,
        " ".join(dict.fromkeys([verdict.action for verdict in verdicts])) if verdicts else "",
        sealed,
        kept,
        _instant(decided_at),
        None,
        None,
        mail.raw if inline and kept else None,
    )


def placed(row: Tuple, segment: str, position: int) -> Tuple:
    """A row of mails whose bytes are in a segment."""
    return (*row[:-3], segment, position, None)


class WrittenVerdict(NamedTuple):
    """A verdict as it is written down."""

    verdict: Verdict
    columns: Tuple  # of verdicts, from the recipient on
    key: str  # of the rules passed over, "" for none
    rules: str


def written(verdict: Verdict) -> WrittenVerdict:
    """The row of a verdict but for whose it is; remembered, because most mails get the very same verdict as one before."""
    known = _written.get(id(verdict))
    if known is None or known.verdict is not verdict:
        if len(_written) >= _MOST_WRITTEN:
            _written.clear()
        known = _written[id(verdict)] = _write(verdict)
    return known


_MOST_WRITTEN = 2000
_written: dict[int, WrittenVerdict] = {}  # each holds its verdict, so that its id stays its own


def _write(verdict: Verdict) -> WrittenVerdict:
    key, rules = passed_over_row(verdict.passed_over) if verdict.passed_over else ("", "")
    columns = (
        clean(verdict.recipient),
        str(verdict.action),
        verdict.rule,
        verdict.clause,
        clean(verdict.reason),
        str(verdict.phase),
        str(verdict.would_have) if verdict.would_have else None,
        clean(verdict.target),
        verdict.unit,
        verdict.office,
        str(verdict.direction),
        verdict.hand_over_at_once,
        verdict.notice,
        verdict.alarm,
        verdict.policy_version,
        _json_list(verdict.evidence),
        key,
    )
    return WrittenVerdict(verdict, columns, key, rules)


def passed_over_row(rules: tuple[PassedOver, ...]) -> tuple[str, str]:
    """A row of passed_over: its key is the digest of the rules as they are written down."""
    text = to_json(rules)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest(), text


def report_row(mail: Mail, verdict: Verdict, recognition: Recognition | None) -> Tuple:
    """A row of reports."""
    names = [file.name for file in recognition.files if file.name] if recognition is not None else []
    mailbox = clean(verdict.recipient).lower()
    return (clean(verdict.campaign), mailbox, mail.id, clean(mail.sender).lower(), micros(mail.arrival.at), _json_list(names))


def delivery_row(delivery: Delivery, *, at: int, wake_at: int | None, node: str, life: str) -> Tuple:
    """A row of deliveries."""
    return (
        delivery.id,
        delivery.mail_id,
        delivery.courier,
        clean(delivery.target),
        str(delivery.state),
        delivery.case_id,
        clean(delivery.sender),
        _json_list(delivery.options),
        delivery.attempts,
        _instant(delivery.next_at),
        clean(delivery.reply),
        at,
        wake_at,
        node,
        life,
        None,
        None,
    )


def story_row(story: Story) -> Tuple:
    """A row of stories, without its number."""
    return (micros(story.at), str(story.event), story.mail_id, story.case_id, clean(story.actor), to_json(story.detail))


def case_columns(case: Case) -> dict[str, Any]:
    """A row of cases, by column: cases are few."""
    document = case.document
    return {
        "id": case.id,
        "mail_id": case.mail_id,
        "unit": case.unit,
        "office": case.office,
        "direction": case.direction.value,
        "action": case.action.value,
        "state": case.state.value,
        "opened_at": case.opened_at,
        "due_at": case.due_at,
        "key": clean(case.key),
        "rule": case.rule,
        "reason": clean(case.reason),
        "sender": clean(case.sender),
        "recipients": to_json(case.recipients),
        "subject": clean(case.subject),
        "alarm": case.alarm,
        "document": to_json(document) if document else None,
        "files": to_json(case.files),
        "assignee": case.assignee,
        "merged_into": case.merged_into,
        "register_number": clean(case.register_number),
        "registered_on": case.registered_on.isoformat() if case.registered_on else "",
        "book_on": (case.registered_on or local_day(case.opened_at)).isoformat(),
        "decided_at": case.opened_at if case.state is CaseState.APPROVED else None,  # handed over at once
        "kind": clean(document.kind) if document else "",
        "number_symbol": clean(document.number_symbol) if document else "",
        "issuer": clean(document.issuer) if document else "",
        "title": clean(document.subject) if document else "",
        "urgency": document.urgency.value if document else "",
    }


def account_columns(account: Account) -> dict[str, Any]:
    """A row of accounts."""
    return {
        "name": account.name,
        "full_name": clean(account.full_name),
        "role": account.role.value,
        "units": to_json(account.units),
        "password_hash": account.password_hash,
        "active": account.active,
        "must_change": account.must_change,
        "totp": account.totp,
        "recovery": to_json(account.recovery),
        "subject": clean(account.subject),
    }


# --- Out --------------------------------------------------------------------------------------------------------------

AnyRow = Row[Any]
_strings = msgspec.json.Decoder(tuple[str, ...])
_recipients = msgspec.json.Decoder(tuple[Recipient, ...])
_evidence = msgspec.json.Decoder(tuple[Evidence, ...])
_passed_over = msgspec.json.Decoder(tuple[PassedOver, ...])
_document = msgspec.json.Decoder(Document)
_files = msgspec.json.Decoder(tuple[FileReading, ...])
_recognition = msgspec.json.Decoder(Recognition)
_texts = msgspec.json.Decoder(dict[str, str])
_detail = msgspec.json.Decoder(dict[str, str | int | float | bool | list[str]])


def mail_of(row: AnyRow, raw: bytes) -> Mail:
    """A mail, with the bytes that were read for it."""
    arrival = Arrival(
        door=Door(row.door),
        at=row.at,
        peer=row.peer,
        helo=row.helo,
        protocol=row.protocol,
        identity=Identity(row.identity),
    )
    return Mail(
        id=row.id,
        sender=row.sender,
        recipients=_recipients.decode(row.recipients),
        raw=raw,
        digest=row.digest,
        arrival=arrival,
        options=_strings.decode(row.options),
    )


def recipients_of(row: AnyRow) -> tuple[Recipient, ...]:
    """The recipients of a mail."""
    return _recipients.decode(row.recipients)


def mail_row_of(row: AnyRow) -> MailRow:
    """One line of a list of mails."""
    return MailRow(
        id=row.id,
        sender=row.sender,
        recipients=tuple(recipient.address for recipient in _recipients.decode(row.recipients)),
        subject=row.subject,
        at=row.at,
        size=row.size,
        door=Door(row.door),
        peer=row.peer,
        identity=Identity(row.identity),
        actions=tuple(Action(action) for action in row.actions.split()),
        digest=row.digest,
        kept=row.kept,
    )


def verdict_of(row: AnyRow) -> Verdict:
    """A verdict."""
    return Verdict(
        recipient=row.recipient,
        action=Action(row.action),
        rule=row.rule,
        clause=row.clause,
        reason=row.reason,
        phase=Phase(row.phase),
        would_have=Action(row.would_have) if row.would_have else None,
        target=row.target,
        unit=row.unit,
        office=row.office,
        direction=Direction(row.direction),
        hand_over_at_once=row.hand_over_at_once,
        notice=row.notice,
        alarm=row.alarm,
        evidence=_evidence.decode(row.evidence),
        passed_over=_passed_over.decode(row.rules) if row.rules else (),
        policy_version=row.policy_version,
    )


def replayable_of(row: AnyRow, decided: Sequence[AnyRow]) -> Replayable:
    """A mail without its bytes, for replays, with the rows of its verdicts."""
    return Replayable(
        mail=mail_of(row, b""),
        size=row.size,
        subject=row.subject,
        recognition=_recognition.decode(row.found) if row.found else NOTHING_RECOGNISED,
        verdicts=tuple(map(_decision_of, decided)),
    )


def _decision_of(row: AnyRow) -> Verdict:
    """A verdict without what it was made from."""
    return Verdict(
        recipient=row.recipient,
        action=Action(row.action),
        rule=row.rule,
        clause=row.clause,
        reason=row.reason,
        phase=Phase(row.phase),
        would_have=Action(row.would_have) if row.would_have else None,
        target=row.target,
        unit=row.unit,
        office=row.office,
        direction=Direction(row.direction),
        notice=row.notice,
        alarm=row.alarm,
        policy_version=row.policy_version,
    )


def report_of(row: AnyRow) -> Report:
    """What came through a reporting channel."""
    return Report(mail_id=row.mail_id, sender=row.sender, at=row.at, files=_strings.decode(row.files))


def recognition_of(row: AnyRow) -> Recognition:
    """What was recognised, without its words."""
    return _recognition.decode(row.found)


def files_of(row: AnyRow) -> dict[str, str]:
    """The files of a directory, by name."""
    return _texts.decode(row.files)


def delivery_of(row: AnyRow) -> Delivery:
    """A delivery."""
    return Delivery(
        id=row.id,
        mail_id=row.mail_id,
        courier=row.courier,
        target=row.target,
        state=DeliveryState(row.state),
        case_id=row.case_id,
        sender=row.sender,
        options=_strings.decode(row.options),
        attempts=row.attempts,
        next_at=row.next_at,
        reply=row.reply,
        sent=row.sent or "",
    )


def case_of(row: AnyRow) -> Case:
    """A case."""
    return Case(
        id=row.id,
        mail_id=row.mail_id,
        unit=row.unit,
        office=row.office,
        direction=Direction(row.direction),
        action=Action(row.action),
        state=CaseState(row.state),
        opened_at=row.opened_at,
        due_at=row.due_at,
        key=row.key,
        rule=row.rule,
        reason=row.reason,
        sender=row.sender,
        recipients=_strings.decode(row.recipients),
        subject=row.subject,
        document=_document.decode(row.document) if row.document else None,
        files=_files.decode(row.files),
        alarm=row.alarm,
        assignee=row.assignee,
        merged_into=row.merged_into,
        register_number=row.register_number,
        registered_on=date.fromisoformat(row.registered_on) if row.registered_on else None,
    )


def strings_in(text: str) -> tuple[str, ...]:
    """A column of strings."""
    return _strings.decode(text)


def document_in(text: str | None) -> Document | None:
    """The column of a document."""
    return _document.decode(text) if text else None


def detail_in(text: str) -> dict[str, str | int | float | bool | list[str]]:
    """The detail of a story."""
    return _detail.decode(text)


def case_row_of(row: AnyRow) -> CaseRow:
    """One line of a list of cases."""
    return CaseRow(
        id=row.id,
        unit=row.unit,
        office=row.office,
        direction=Direction(row.direction),
        action=Action(row.action),
        state=CaseState(row.state),
        opened_at=row.opened_at,
        due_at=row.due_at,
        kind=row.kind,
        number_symbol=row.number_symbol,
        issuer=row.issuer,
        subject=row.title or row.subject,
        urgency=row.urgency,
        sender=row.sender,
        reason=row.reason,
        rule=row.rule,
        alarm=row.alarm,
        mails=row.mails,
    )


def story_of(row: AnyRow) -> Story:
    """A story."""
    return Story(
        at=row.at,
        event=Event(row.event),
        mail_id=row.mail_id,
        case_id=row.case_id,
        actor=row.actor,
        detail=_detail.decode(row.detail),
    )


def account_of(row: AnyRow) -> Account:
    """An account."""
    return Account(
        name=row.name,
        full_name=row.full_name,
        role=Role(row.role),
        units=_strings.decode(row.units),
        password_hash=row.password_hash,
        active=row.active,
        must_change=row.must_change,
        totp=row.totp,
        recovery=strings_of(row.recovery),
        subject=row.subject,
        last_sign_in_at=row.last_sign_in_at,
    )


def strings_of(text: str) -> tuple[str, ...]:
    """A column of texts."""
    return _strings.decode(text)
