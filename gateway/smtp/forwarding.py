"""What a server in front tells of its client: the arguments of XFORWARD and XCLIENT (Postfix: XFORWARD_README, …).

Only servers whose word is believed may say it ([[smtp.listener]] forwarders).  XFORWARD speaks of the next mail, XCLIENT of all
that follows.  Attributes that we have no use for are taken and forgotten.  Pure.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from gateway.model import Identity, Value
from gateway.smtp import replies
from gateway.smtp.grammar import CommandError

_XFORWARD = frozenset({"NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"})
_XCLIENT = frozenset({"NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT"})
OFFERED = ("XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE", "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT")

_XTEXT = re.compile(r"(?:[!-*,-~]|\+[0-9A-Fa-f]{2})*")  # RFC 3461 section 4; Postfix sends "=" as it is
_ESCAPED = re.compile(r"\+([0-9A-Fa-f]{2})")
_NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = 255
_UNKNOWN = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})


class Told(Value):
    """The client of whom somebody speaks, with the names of a session; "" is unknown."""

    address: str = ""
    host_name: str = ""  # as it called itself: HELO
    login: str = ""  # as whom it has signed in
    ident: str = ""  # the mail, by the name that it has in front
    is_local: bool = False  # it is the server in front itself
    identity: Identity = Identity.CLAIMED
    via: str = ""  # who says so, for the trace header


def told_by_xforward(argument: str, before: Told) -> Told:
    """What is known after a further XFORWARD.  Raises CommandError."""
    return _with(before, _attributes(argument, _XFORWARD))


def told_by_xclient(argument: str) -> Told:
    """The client that XCLIENT speaks for; what is not said is unknown.  Raises CommandError."""
    return _with(Told(), _attributes(argument, _XCLIENT))


def _with(told: Told, said: Mapping[str, str]) -> Told:
    return Told(
        address=_address(said["ADDR"]) if "ADDR" in said else told.address,
        host_name=said.get("HELO", told.host_name),
        login=said.get("LOGIN", told.login),
        ident=said.get("IDENT", told.ident),
        is_local=said["SOURCE"].upper() == "LOCAL" if "SOURCE" in said else told.is_local,
    )


def _attributes(argument: str, known: frozenset[str]) -> dict[str, str]:
    """NAME=xtext …, names in any case; of one that stands there twice the last counts, as with Postfix."""
    said: dict[str, str] = {}
    for word in argument.split(" "):
        name, equals, value = word.partition("=")
        name = name.upper()
        if not equals or name not in known or not _XTEXT.fullmatch(value):
            raise CommandError(replies.BAD_ATTRIBUTE)
        said[name] = _decoded(value)
    return said


def _decoded(value: str) -> str:
    if value.upper() in _UNKNOWN:
        return ""
    raw = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value).encode("latin-1")
    text = raw.decode("utf-8", "replace")
    if len(text) > _LONGEST or _NOT_PRINTED.search(text):
        raise CommandError(replies.BAD_ATTRIBUTE)
    return text


def _address(said: str) -> str:
    """An address without the prefix of its family; "" is unknown."""
    if not said:
        return ""
    try:
        return str(ipaddress.ip_address(said[5:] if said[:5].upper() == "IPV6:" else said))
    except ValueError:
        raise CommandError(replies.BAD_ATTRIBUTE) from None
