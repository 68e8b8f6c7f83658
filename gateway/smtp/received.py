"""The trace header that goes in front of a mail (RFC 5321 section 4.4).  Pure; cheap, because every relayed mail gets one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from gateway.model import Mail

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What a client may say of itself in our header: a domain or an address literal.  Anything else could be read as a comment,
# a clause or a line end.
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9.\-_:\[\]]")
_NAME_LENGTH = 255
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]+@[A-Za-z0-9.\-_\[\]:]+")
_FOR_LENGTH = 320


def trace_headers(mail: Mail, *, hostname: str) -> bytes:
    """Our Received field, with its CR LF.

    ``hostname`` is our own name.  "for" stands there only when there is one recipient: with several it would show one reader
    the address of another (RFC 5321 section 7.2).
    """
    arrival = mail.arrival
    whence = _whence(arrival.helo, arrival.peer) if arrival.peer or arrival.helo else ""
    to = _whither(mail.recipients[0].address) if len(mail.recipients) == 1 else ""
    text = (
        f"Received: {whence}by {hostname} (Vanthu) with {arrival.protocol} id {mail.id}{to};"
        f"{_FOLD}{_date(int(arrival.at.timestamp()))}\r\n"
    )
    return text.encode("ascii", "replace")


_FOLD = "\r\n\t"


# These are remembered: the same clients send mails to the same people, many in a second.


@lru_cache(256)
def _whence(helo: str, peer: str) -> str:
    return f"from {_name(helo)}{_literal(peer)}{_FOLD}"


@lru_cache(1024)
def _whither(address: str) -> str:
    return f"{_FOLD}for <{address}>" if _may_be_shown(address) else ""


def _name(helo: str) -> str:
    return _NOT_A_NAME.sub("?", helo[:_NAME_LENGTH]) or "unknown"


def _literal(peer: str) -> str:
    """TCP-info: the address as we saw it."""
    if not peer:
        return ""
    return f" ([{'IPv6:' if ':' in peer else ''}{_NOT_A_NAME.sub('?', peer)}])"


def _may_be_shown(address: str) -> bool:
    """Quoted local parts and letters beyond ASCII would need more care than a hint is worth."""
    return len(address) <= _FOR_LENGTH and _PLAIN_ADDRESS.fullmatch(address) is not None


@lru_cache(4)
def _date(at: int) -> str:
    """As email.utils.format_datetime, of a second since 1970."""
    t = datetime.fromtimestamp(at, UTC)
    day = f"{_DAYS[t.weekday()]}, {t.day} {_MONTHS[t.month - 1]} {t.year}"
    return f"{day} {t.hour:02}:{t.minute:02}:{t.second:02} +0000"
