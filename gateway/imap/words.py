"""The small words of IMAP (RFC 3501) to values and back.  Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(said: object) -> int:
    """A number that some servers put into parentheses."""
    while isinstance(said, (list, tuple)):
        said = said[0] if said else 0
    return int(said) if isinstance(said, (int, bytes, str)) else 0


def as_bytes(word: object) -> bytes:
    """A word as bytes, whichever the parser made of it."""
    return word if isinstance(word, bytes) else str(word).encode()


def text(word: object) -> str:
    """The same as text."""
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)


def quoted(said: str) -> bytes:
    """A quoted string of the grammar."""
    return b'"' + said.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


def date_text(day: date) -> str:
    """A day as SEARCH takes it (date-text of RFC 3501): English months, whatever the locale."""
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"


def date_time(at: datetime) -> str:
    """A moment as APPEND takes it (date-time of RFC 3501)."""
    offset = at.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    zone = f"{sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    return f"{at.day:2}-{_MONTHS[at.month - 1]}-{at.year} {at:%H:%M:%S} {zone}"
