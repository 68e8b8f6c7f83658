"""What the head of an old mail says: when it came, from whom, to whom.  Pure; never raises.

There is no envelope any more: the trace fields that servers wrote come first (Return-Path, Delivered-To, Received), then
what the sender wrote.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import getaddresses, parsedate_to_datetime

from gateway.documents.fields import Fields, parse_fields
from gateway.model import Value

_MOST_HEAD = 256 * 1024
_MOST_RECIPIENTS = 200
_MOST_FIELD = 16 * 1024
_FIRST_MAIL = datetime(1990, 1, 1, tzinfo=UTC)
_RECEIVERS = ("delivered-to", "x-original-to", "envelope-to", "to", "cc", "bcc", "resent-to")


class Head(Value):
    """The facts of a head."""

    at: datetime | None  # UTC
    sender: str
    recipients: tuple[str, ...]


def read_head(raw: bytes, *, now: datetime) -> Head:
    """The facts of the head of a mail; a date in the future (or before there was mail) is none."""
    end = raw.find(b"\r\n\r\n")
    fields = parse_fields(raw[: min(end if end >= 0 else len(raw), _MOST_HEAD)])
    senders = _addresses(fields, "return-path") or _addresses(fields, "from") or _addresses(fields, "sender")
    receivers = [address for name in _RECEIVERS for address in _addresses(fields, name)]
    return Head(
        at=_date(fields, now),
        sender=senders[0] if senders else "",
        recipients=tuple(dict.fromkeys(receivers))[:_MOST_RECIPIENTS],
    )


def _date(fields: Fields, now: datetime) -> datetime | None:
    """When the last server took it, else when it was written."""
    received = [value.rpartition(";")[2] for value in fields.all("received")[:1]]
    for text in (*received, *fields.all("date")[:2]):
        try:
            at = parsedate_to_datetime(text.strip()[:200])
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        try:
            at = at.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        if _FIRST_MAIL <= at <= now + timedelta(days=2):
            return at
    return None


def _addresses(fields: Fields, name: str) -> list[str]:
    values = [value[:_MOST_FIELD] for value in fields.all(name)]
    try:
        found = [address for _, address in getaddresses(values)]
    except RecursionError:  # twenty thousand brackets
        return []
    return [address.lower() for address in found if _is_address(address)]


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(local and at and domain) and len(text) <= 320 and not any(letter.isspace() for letter in text)
