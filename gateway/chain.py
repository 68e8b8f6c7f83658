"""The hash chain of the audit: what is hashed, how links hang together, and how anybody checks them.  Pure.

An entry is one row that was sealed: a line of a story, or a mail with all that was decided about it.  A link seals the entries
that were committed since the link before.  Within a link each entry's hash is over the one before it and the digest of its own
canonical bytes (the last is the link's *root*); the hash of a link is over the hash of the link before, and its header with the
root.  So no row can be changed, taken out, put in or moved without another hash at the end, and the end (the *head*) is signed
and written down outside the database.

Only digests stand in a link: bytes that were purged, and files that nobody may see, need not be there to check it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from gateway.model import Value
from gateway.phrases import phrase

FIRST = "0" * 64  # stands for the hash before the first link
_NOTHING = bytes(32)
_encode = msgspec.json.Encoder().encode


class Kind(StrEnum):
    """What an entry is about."""

    STORY = "s"
    MAIL = "m"


class Entry(Value, array_like=True):
    """One row that was sealed: its kind, its key in the table, and the SHA-256 of its canonical bytes (hexadecimal)."""

    kind: Kind
    ref: str
    digest: str


class Skeleton(Value):
    """A link without its entries: enough to go on along the chain."""

    n: int  # counted from 1
    at: datetime  # when it was sealed
    node: str  # by which gateway
    stories_to: int  # the newest line of a story that it or a link before it has
    mails_to: str  # the same of mails; "" for none
    count: int  # of its entries
    root: str
    hash: str


class Link(Skeleton):
    """A link of the chain."""

    entries: tuple[Entry, ...]


class Head(Value):
    """The hash of a link as it was signed (Ed25519) and written down outside the database."""

    n: int
    at: datetime
    hash: str
    key: str  # fingerprint of the key
    signature: str  # base64


def digest(row: Sequence[object]) -> str:
    """The digest of a row: SHA-256 over its values as one JSON array, in the order in which they are given."""
    return hashlib.sha256(_encode(row)).hexdigest()


def root_of(entries: Iterable[Entry]) -> str:
    """The running hash over entries, each over the one before it."""
    running = _NOTHING
    for entry in entries:
        running = hashlib.sha256(running + f"{entry.kind}{entry.ref}\0".encode() + bytes.fromhex(entry.digest)).digest()
    return running.hex()


def hash_of(previous: str, link: Skeleton) -> str:
    """The hash of a link behind another one (FIRST for the first)."""
    header = [link.n, _micros(link.at), link.node, link.stories_to, link.mails_to, link.count, link.root]
    return hashlib.sha256(bytes.fromhex(previous) + _encode(header)).hexdigest()


def seal(before: Skeleton | None, entries: Sequence[Entry], *, at: datetime, node: str) -> Link:
    """The next link.  Entries of a kind come in the order of their keys, behind all that were sealed before."""
    stories = [int(entry.ref) for entry in entries if entry.kind is Kind.STORY]
    mails = [entry.ref for entry in entries if entry.kind is Kind.MAIL]
    link = Link(
        n=1 if before is None else before.n + 1,
        at=at,
        node=node,
        stories_to=stories[-1] if stories else 0 if before is None else before.stories_to,
        mails_to=mails[-1] if mails else "" if before is None else before.mails_to,
        count=len(entries),
        root=root_of(entries),
        hash="",
        entries=tuple(entries),
    )
    return msgspec.structs.replace(link, hash=hash_of(FIRST if before is None else before.hash, link))


def wrong_with(link: Skeleton, *, after: int = 0, previous: str = FIRST) -> str:
    """Why this cannot be the link behind the one with that number and hash, in Vietnamese; "" when it can."""
    if link.n != after + 1:
        return phrase(
            "mắt xích %(n)s đứng ở chỗ của mắt xích %(at)s: có mắt xích bị bỏ đi hoặc thêm vào", n=link.n, at=after + 1
        )
    if isinstance(link, Link) and (link.count != len(link.entries) or link.root != root_of(link.entries)):
        return phrase("nội dung mắt xích %(n)s không còn như lúc niêm phong", n=link.n)
    if link.hash != hash_of(previous, link):
        return phrase("mắt xích %(n)s không nối tiếp mắt xích trước nó", n=link.n)
    return ""


def skeleton(link: Skeleton) -> Skeleton:
    """A link without its entries."""
    return Skeleton(**{field: getattr(link, field) for field in Skeleton.__struct_fields__})


def signed_bytes(n: int, at: datetime, hash_: str) -> bytes:
    """What is signed about a head."""
    return f"vanthu-audit-head {n} {_micros(at)} {hash_}".encode()


def story_values(row: Any) -> list[object]:
    """The values of a row of stories that are sealed (row: id, at, event, mail_id, case_id, actor, detail as its JSON text)."""
    return [row.id, _micros(row.at), row.event, row.mail_id, row.case_id, row.actor, row.detail]


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)
