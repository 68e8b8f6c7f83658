"""What a message in a mailbox tells of its way: envelope, how its sender was proved, and whether we had it before.  Pure.

By IMAP the envelope is gone; servers leave it in fields in front (Return-Path, RFC 5321 section 4.4).  Only bytes say that two
mails are the same.  Message-ID, date and sender say that they probably are: then a person decides.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from email.utils import parseaddr

from gateway.documents.fields import Fields, cut_head, parse_fields
from gateway.model import Proof, digest_of
from gateway.vouched import found_by

_OURS = re.compile(r"\(Vanthu\)\s+with\s+\S+\s+id\s+([0-9A-HJKMNP-TV-Z]{26})\b")  # gateway.smtp.received
# What servers put in front of a mail on its way: any number of whole fields.
_TRACE = re.compile(
    rb"(?:(?:received|return-path|delivered-to|envelope-to|authentication-results|received-spf|arc-[a-z-]+|dkim-[a-z-]+|x-[a-z0-9-]+)"
    rb":[^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n)+",
    re.IGNORECASE,
)
_MOST_IDS = 20


class Way:
    """What the head of a message says; made once for each message."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._fields: Fields = parse_fields(cut_head(raw)[0])

    def sender(self) -> str:
        """The envelope sender: Return-Path, else From; "" for the null sender, and where there is neither."""
        path = self._fields.all("return-path")
        if path:
            return _address(path[0])
        return _address(self._fields.first("from"))

    def proof(self, sender: str, trusted: Sequence[str]) -> Proof | None:
        """What a server that we believe found about the sender; None without its word."""
        return found_by(self._fields, sender, trusted)

    def our_ids(self) -> tuple[str, ...]:
        """Ids that we gave to this mail when it passed by us, as its Received fields say; anybody can write such a field."""
        found = [match[1] for field in self._fields.all("received") for match in _OURS.finditer(field)]
        return tuple(dict.fromkeys(found))[:_MOST_IDS]

    def ends_with(self, digest: str, size: int) -> bool:
        """Whether its last ``size`` bytes are those of a mail that we have, with nothing but trace fields in front.

        Any other field in front (a Content-Type, a Subject) would make another mail of the same bytes.
        """
        front = len(self._raw) - size
        if size <= 0 or front < 0 or digest_of(self._raw[front:]) != digest:
            return False
        return front == 0 or _TRACE.fullmatch(self._raw, 0, front) is not None

    def likeness(self) -> str:
        """What this mail shares with its copies on other ways; "" when it has no Message-ID."""
        message_id = self._fields.first("message-id").strip()
        if not message_id:
            return ""
        said = "\0".join([message_id, self._fields.first("date").strip(), _address(self._fields.first("from")).lower()])
        return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def likeness_of(raw: bytes) -> str:
    """The likeness of a mail that came by another door."""
    return Way(raw).likeness()


def _address(field: str) -> str:
    try:
        address = parseaddr(field.strip())[1].strip()
    except Exception:  # noqa: BLE001 - the parser fails in ways of its own (600 nested comments: RecursionError); no address then
        return ""
    return address if "@" in address and address.isprintable() and " " not in address else ""
