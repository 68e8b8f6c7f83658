"""Values to rows: the hot path of every mail.

Plain tuples in the order of the table's columns, of plain types (the drivers are slow with, or wrong about, StrEnum); the way
back is gateway.store.from_rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from gateway.lifecycle import CaseState
from gateway.model import (
    Account,
    Case,
    Delivery,
    Mail,
    PassedOver,
    Recognition,
    Story,
    Verdict,
)
from gateway.policy.facts import local_day
from gateway.store.tables import micros
from gateway.store.texts import clean, to_json

Tuple = tuple[Any, ...]


def _instant(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


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


def segment_of(row: Tuple) -> str | None:
    """Where the large body of a row of mails was placed; None when it was not."""
    segment: str | None = row[-3]
    return segment


def place_of(row: Tuple) -> dict[str, object]:
    """The columns that say where the bytes of a row of mails are."""
    return {"segment": row[-3], "position": row[-2]}


def mail_digest(row: Tuple) -> str:
    """SHA-256 of the bytes of a row of mails."""
    return str(row[4])


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
