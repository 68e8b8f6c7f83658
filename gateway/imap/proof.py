"""What proves that a mailbox was moved whole: for each folder how many messages, and one hash over all of their bytes.  Pure.

The hash of a folder is SHA-256 over the sorted SHA-256 of its messages, each as 64 hexadecimal digits and a line feed: it
does not depend on UIDs or order, so anybody can compute it from either server.  A message that lies there twice counts twice.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from gateway.model import Value


class Standing(Value):
    """One message as it lies in a folder."""

    uid: int
    digest: str
    flags: tuple[str, ...] = ()  # sorted, without \\Recent, which is of a session and not of a message
    received_at: datetime | None = None


class Difference(Value):
    """Something that is not the same on both sides."""

    folder: str
    what: str  # a key of DIFFERENCES
    uid: int = 0  # on the old server; 0 for what is only on the new one
    new_uid: int = 0
    digest: str = ""
    said: str = ""


DIFFERENCES = {
    "missing": "chưa có trên máy chủ mới",
    "extra": "chỉ có trên máy chủ mới",
    "flags": "trạng thái (đã đọc, gắn cờ …) khác",
    "date": "ngày nhận khác",
    "refused": "máy chủ mới không nhận",
    "unreadable": "máy chủ cũ không đưa thư này",
    "folder": "không tạo được thư mục",
}


class FolderProof(Value):
    """One folder on both sides."""

    folder: str
    new_folder: str
    messages: int
    new_messages: int
    sha256: str
    new_sha256: str
    differences: tuple[Difference, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every message of the old folder is in the new one, byte for byte, with its date and flags."""
        return not [each for each in self.differences if each.what != "extra"]


def hash_of(digests: Iterable[str]) -> str:
    """The hash of a folder."""
    total = hashlib.sha256()
    for digest in sorted(digests):
        total.update(f"{digest}\n".encode())
    return total.hexdigest()


def compared(folder: str, new_folder: str, old: Sequence[Standing], new: Sequence[Standing]) -> FolderProof:
    """The proof of one folder: messages are matched by their bytes, twins among them by date and flags as far as it goes."""
    differences: list[Difference] = []
    there: dict[str, list[Standing]] = {}
    for message in new:
        there.setdefault(message.digest, []).append(message)
    for message in old:
        twins = there.get(message.digest)
        if not twins:
            differences.append(Difference(folder=folder, what="missing", uid=message.uid, digest=message.digest))
            continue
        best = min(twins, key=lambda twin: (twin.received_at != message.received_at, twin.flags != message.flags))
        twins.remove(best)
        differences += _unlike(folder, message, best)
    for message in (message for twins in there.values() for message in twins):
        differences.append(Difference(folder=folder, what="extra", new_uid=message.uid, digest=message.digest))
    return FolderProof(
        folder=folder,
        new_folder=new_folder,
        messages=len(old),
        new_messages=len(new),
        sha256=hash_of(message.digest for message in old),
        new_sha256=hash_of(message.digest for message in new),
        differences=tuple(differences),
    )


def missing(old: Sequence[Standing], new: Sequence[Standing]) -> list[Standing]:
    """The messages that still have to be copied: as many of each bytes as the new folder lacks."""
    there = Counter(message.digest for message in new)
    left = []
    for message in old:
        if there[message.digest]:
            there[message.digest] -= 1
        else:
            left.append(message)
    return left


def _unlike(folder: str, old: Standing, new: Standing) -> list[Difference]:
    found = []
    if lost := sorted(set(old.flags) ^ set(new.flags)):
        found.append(("flags", " ".join(lost)))
    if old.received_at is not None and old.received_at != new.received_at:
        found.append(("date", f"{old.received_at} → {new.received_at}"))
    return [
        Difference(folder=folder, what=what, uid=old.uid, new_uid=new.uid, digest=old.digest, said=said) for what, said in found
    ]
