"""The arguments of MAIL and RCPT: paths and parameters (RFC 5321 sections 4.1.1.2, 4.1.1.3, 4.1.2).  Pure.

What a rule looks at must be what the client sent and what the next hop gets: an address is taken letter by letter or
refused, never repaired.  aiosmtpd's parser drops comments, control characters and blanks, and takes 30 µs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from gateway.errors import VanthuError
from gateway.model import Value
from gateway.smtp import replies

# Letters beyond ASCII (RFC 6531 section 3.3): no control characters, no no-break space, no halves of broken UTF-8.
_U = "\u00a1-\ud7ff\ue000-\U0010ffff"
_LITERAL = r"\[[!-Z^-~]+\]"


def _path_with(letters: str) -> re.Pattern[str]:
    """A path in angle brackets; ``letters`` are those beyond ASCII that it may have."""
    # Dots may stand anywhere in a local part: RFC 5321 forbids "a..b", and mobile operators gave such addresses out.
    local = rf"""(?:[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.\-{letters}]+|"(?:[ !#-\[\]-~{letters}]|\\[ -~])*")"""
    label = rf"[A-Za-z0-9_{letters}](?:[A-Za-z0-9_\-{letters}]*)"
    domain = rf"{label}(?:\.{label})*"
    # A source route is taken and ignored (RFC 5321 section 4.1.1.3 and appendix C).
    route = rf"(?:@{domain}(?:,@{domain})*:)?"
    return re.compile(rf" *<{route}({local}@(?:{domain}|{_LITERAL}))>(?: +|$)")


_ASCII_PATH = _path_with("")


@cache
def _any_path() -> re.Pattern[str]:
    """Made for the first who needs it: so many letters take 30 ms."""
    return _path_with(_U)


def _path_in(text: str) -> re.Match[str] | None:
    return (_ASCII_PATH if text.isascii() else _any_path()).match(text)


_NULL_PATH = re.compile(r" *<>(?: +|$)")
_POSTMASTER = re.compile(r" *<(postmaster)>(?: +|$)", re.IGNORECASE)

_XTEXT = r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+"  # RFC 3461 section 4
_VALUE = rf"[!-~{_U}]+"
_NO_VALUE = re.compile(r"\Z")

MAIL_PARAMETERS: Mapping[str, re.Pattern[str]] = {
    "SIZE": re.compile(r"[0-9]{1,20}"),  # RFC 1870
    "BODY": re.compile(r"7BIT|8BITMIME", re.IGNORECASE),  # RFC 6152
    "SMTPUTF8": _NO_VALUE,  # RFC 6531
    "RET": re.compile(r"FULL|HDRS", re.IGNORECASE),  # RFC 3461 section 4.3
    "ENVID": re.compile(_XTEXT),  # RFC 3461 section 4.4
    "PRDR": _NO_VALUE,  # draft-hall-prdr-00
    "AUTH": re.compile(rf"<>|{_XTEXT}"),  # RFC 4954 section 5; believed by nobody yet, passed on
}
RCPT_PARAMETERS: Mapping[str, re.Pattern[str]] = {
    "NOTIFY": re.compile(
        r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*", re.IGNORECASE
    ),  # RFC 3461 section 4.1
    "ORCPT": re.compile(rf"[A-Za-z0-9\-]+;{_VALUE}"),  # RFC 3461 section 4.2, RFC 6533 section 3
}


_OF_THIS_HOP = ("SIZE", "PRDR")  # said anew to the next one
_REMEMBERED = 2048  # arguments of at most 1.2 KB: the same people write to each other all day


class CommandError(VanthuError):
    """A command is refused; the reply says why."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


class Path(Value):
    """A mailbox as it was sent, without the angle brackets ("" is the null reverse-path), and its parameters."""

    address: str
    options: tuple[str, ...] = ()  # as they came; those of this hop alone left out
    size: int = 0  # as announced; 0 is unknown
    utf8: bool = False
    prdr: bool = False  # each recipient is to be answered


@lru_cache(_REMEMBERED)
def mail_path(argument: str) -> Path:
    """Read "FROM:<path> parameters".  Raises CommandError."""
    text = _without_keyword(argument, "FROM:")
    found = _path_in(text)
    null = None if found else _NULL_PATH.match(text)
    if found is not None:
        address, end = found[1], found.end()
    elif null is not None:
        address, end = "", null.end()
    else:
        raise CommandError(replies.BAD_SENDER)
    options, said = _parameters(text[end:], MAIL_PARAMETERS)
    utf8 = "SMTPUTF8" in said
    if not (utf8 or argument.isascii()):
        raise CommandError(replies.NEEDS_SMTPUTF8)
    return Path(address=address, options=options, size=int(said.get("SIZE", "0")), utf8=utf8, prdr="PRDR" in said)


@lru_cache(_REMEMBERED)
def rcpt_path(argument: str, *, utf8: bool) -> Path:
    """Read "TO:<path> parameters"; ``utf8``: the MAIL command said SMTPUTF8.  Raises CommandError."""
    text = _without_keyword(argument, "TO:")
    found = _path_in(text) or _POSTMASTER.match(text)
    if found is None:
        raise CommandError(replies.BAD_RECIPIENT)
    options, _ = _parameters(text[found.end() :], RCPT_PARAMETERS)
    if not (utf8 or argument.isascii()):
        raise CommandError(replies.NEEDS_SMTPUTF8)
    return Path(address=found[1], options=options)


def _without_keyword(argument: str, keyword: str) -> str:
    length = len(keyword)
    if argument[:length].upper() != keyword:
        raise CommandError(replies.syntax(f"{'MAIL' if keyword == 'FROM:' else 'RCPT'} {keyword}<address> [parameters]"))
    return argument[length:]


def _parameters(text: str, known: Mapping[str, re.Pattern[str]]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Split and check parameters: those to keep as they came, and the values of all."""
    if not text:
        return (), {}
    kept: list[str] = []
    seen: dict[str, str] = {}
    for parameter in text.split():
        keyword, equals, value = parameter.partition("=")
        keyword = keyword.upper()
        form = known.get(keyword)
        if form is None:
            raise CommandError(replies.UNKNOWN_PARAMETER)
        if keyword in seen or not form.fullmatch(value) or (equals and not value):
            raise CommandError(replies.BAD_PARAMETER)
        seen[keyword] = value
        if keyword not in _OF_THIS_HOP:
            kept.append(parameter)
    return tuple(kept), seen
