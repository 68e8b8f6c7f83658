"""What a REST interface of its own kind says came back: rows of its list, and what their members mean.  Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from gateway.bridge.answers import answer_of, delivery_named, level_of
from gateway.bridge.http import Reply
from gateway.courier import Answer, Level
from gateway.errors import TemporaryFailure
from gateway.settings.rest import RestAnswers


def members_of(reply: Reply) -> dict[str, str]:
    """The members of a JSON answer as texts, inner ones with dots: {"data": {"id": 7}} is data.id = "7"."""
    try:
        return dict(_flat("", msgspec.json.decode(reply.body)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def rows_of(reply: Reply, settings: RestAnswers) -> list[dict[str, str]]:
    """The rows of a list, as far as they have an id.  Raises TemporaryFailure when there is no list."""
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    for name in filter(None, settings.rows.split(".")):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list):
        raise TemporaryFailure(f"danh sách trả lời không đọc được: {reply.shown()}")
    rows = [dict(_flat("", row)) for row in found]
    return [row for row in rows if row.get(settings.id)]


def from_row(row: Mapping[str, str], settings: RestAnswers) -> Answer:
    """What a row says.  A word that the settings do not know is kept for a person."""
    raw = msgspec.json.encode(row, order="sorted")
    said = row.get(settings.status, "")
    code = settings.statuses.get(said, "")
    registered = level_of(code) is Level.REGISTERED
    return Answer(
        event_id=event_of(row, settings),
        level=level_of(code) if code else Level.UNREADABLE,
        status=code,
        delivery_id=delivery_in(row, settings),
        document_id=row.get(settings.document_id, ""),
        number_symbol=row.get(settings.number_symbol, ""),
        register_number=row.get(settings.register_number, "") if registered else "",
        registered_on=_day(row.get(settings.registered_on, "")) if registered else None,
        reason=row.get(settings.reason, "") if code else f"trạng thái lạ: {said or '(không có)'}",
        actor=row.get(settings.actor, ""),
        raw=raw,
        digest=hashlib.sha256(raw).hexdigest(),
        handle=row[settings.id],
    )


def from_package(row: Mapping[str, str], raw: bytes, settings: RestAnswers) -> Answer:
    """What the edXML of a row says: a status, or a document of the axis."""
    answer = answer_of(raw, event_id=event_of(row, settings), handle=row[settings.id])
    return answer if answer.delivery_id or answer.incoming else replace(answer, delivery_id=delivery_in(row, settings))


def delivery_in(row: Mapping[str, str], settings: RestAnswers) -> str:
    """Our delivery id in a row; "" when it has none."""
    values = [row.get(settings.delivery, "")] if settings.delivery else list(row.values())
    return next((found for value in values if (found := delivery_named(value))), "")


def event_of(row: Mapping[str, str], settings: RestAnswers) -> str:
    """The id of a row with its status: some interfaces keep one row for each document, and change it."""
    return ":".join(part for part in (row[settings.id], row.get(settings.status, "")) if part)


def _day(text: str) -> date | None:
    """2025-11-16, 2025-11-16T08:00:00Z or 16/11/2025."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text.strip()[:10], form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _flat(prefix: str, found: object) -> Iterator[tuple[str, str]]:
    if isinstance(found, dict):
        for name, value in found.items():
            yield from _flat(f"{prefix}.{name}" if prefix else str(name), value)
    elif isinstance(found, bool):
        yield prefix, "true" if found else "false"
    elif isinstance(found, str | int | float):
        yield prefix, str(found)
