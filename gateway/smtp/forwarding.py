"""What servers tell each other of a client: the arguments of XFORWARD and XCLIENT (Postfix: XFORWARD_README, …).

Only servers whose word is believed may say it ([[smtp.listener]] forwarders).  XFORWARD speaks of the next mail, XCLIENT of all
that follows.  Attributes that we have no use for are taken and forgotten.  Pure.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache

from gateway.model import Door, Identity, Mail, Value
from gateway.smtp import replies
from gateway.smtp.grammar import CommandError

_XFORWARD = frozenset({"NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"})
_XCLIENT = frozenset({"NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT"})
OFFERED = ("XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE", "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT")

_XTEXT = re.compile(r"(?:[!-*,-~]|\+[0-9A-Fa-f]{2})*")  # RFC 3461 section 4; Postfix sends "=" as it is
_ESCAPED = re.compile(r"\+([0-9A-Fa-f]{2})")
_NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = 255
_LONGEST_TOLD = 100  # letters of a name: a command has 512 octets (RFC 5321 section 4.5.3.1.4), and each may take nine
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


def xforward(mail: Mail, offered: tuple[str, ...]) -> bytes:
    """The command that tells the next server whose mail it is, of what it offered; b"" for mail that no client brought."""
    arrival = mail.arrival
    if arrival.door not in (Door.SMTP, Door.LMTP) or not arrival.peer:
        return b""
    client = _of_client(arrival.peer, arrival.helo[:_LONGEST_TOLD], arrival.protocol, offered)
    if "IDENT" in offered:
        return b"XFORWARD IDENT=%b%b\r\n" % (mail.id.encode(), client)
    return b"XFORWARD%b\r\n" % client if client else b""


@lru_cache(1024)
def _of_client(peer: str, helo: str, protocol: str, offered: tuple[str, ...]) -> bytes:
    told = {
        "NAME": "[UNAVAILABLE]",  # we ask the DNS for no names
        "ADDR": f"IPV6:{peer}" if ":" in peer else peer,
        "PROTO": "ESMTP" if protocol != "SMTP" else "SMTP",
        "HELO": helo or "[UNAVAILABLE]",
        "SOURCE": "REMOTE",
    }
    return "".join(f" {name}={_encoded(value)}" for name, value in told.items() if name in offered).encode("ascii")


def _encoded(value: str) -> str:
    """As xtext (RFC 3461 section 4)."""
    raw = value.encode("utf-8", "surrogateescape")
    return "".join(chr(octet) if 0x21 <= octet <= 0x7E and octet not in b"+=" else f"+{octet:02X}" for octet in raw)


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
