"""Rows back to values: by name, from what SQLAlchemy reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec.structs import replace
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
from gateway.store.values import CaseRow, MailRow, Replayable

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
    return replace(
        _decision_of(row),
        hand_over_at_once=row.hand_over_at_once,
        evidence=_evidence.decode(row.evidence),
        passed_over=_passed_over.decode(row.rules) if row.rules else (),
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


def files_in(text: str) -> tuple[FileReading, ...]:
    """The column of the files of a case."""
    return _files.decode(text)


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
        recovery=_strings.decode(row.recovery),
        subject=row.subject,
        last_sign_in_at=row.last_sign_in_at,
        language=row.language,
        look=row.look,
    )
