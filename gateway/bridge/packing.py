"""What every courier to an office system does before the first byte leaves: is it to go at all, as which package, how large?"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, nullcontext

from gateway.bridge.edxml import EdxmlPackage, pieces
from gateway.bridge.handover import edxml_of
from gateway.courier import Outcome, Parcel, Result
from gateway.directory.snapshot import Directory
from gateway.lifecycle import CaseState
from gateway.model import Action, Case, Value

_SMALL = 1024 * 1024  # a package up to this size is kept as bytes


_LARGE = 8 * 1024 * 1024  # to take a mail apart costs five times its size


class OneLarge:
    """A courier hands over one large mail at a time, so that its memory is bounded; small ones do not wait."""

    def __init__(self) -> None:
        self._large = asyncio.Semaphore(1)

    def turn(self, parcel: Parcel) -> AbstractAsyncContextManager[object]:
        """To be held while a parcel is packed and sent."""
        return self._large if len(parcel.mail.raw) > _LARGE else nullcontext()


class Packed(Value):
    """A package that is ready to go; the bytes of a large one are made again for each pass over them, always the same."""

    value: EdxmlPackage
    zipped: bool  # each file as an archive of one entry, as the axis's kit does
    size: int
    digest: str  # SHA-256, hexadecimal
    small: tuple[bytes, ...] = ()

    def pieces(self) -> Iterator[bytes]:
        """The bytes, block by block."""
        return iter(self.small) if self.small else pieces(self.value, packed=self.zipped)


def packed(parcel: Parcel, case: Case, directory: Directory, *, zipped: bool = False) -> Packed:
    """The package of a parcel.  CPU only: for a thread."""
    value = edxml_of(parcel.mail, case, directory, parcel.earlier)
    size, sum_ = 0, hashlib.sha256()
    small: list[bytes] = []
    for piece in pieces(value, packed=zipped):
        size += len(piece)
        sum_.update(piece)
        if size <= _SMALL:
            small.append(piece)
    kept = tuple(small) if size <= _SMALL else ()
    return Packed(value=value, zipped=zipped, size=size, digest=sum_.hexdigest(), small=kept)


def why_not(parcel: Parcel) -> str:
    """Why a parcel must not leave; "" when it may."""
    case = parcel.case
    if case is None:
        return "không có hồ sơ để bàn giao"
    if case.state is CaseState.SEALED or case.action is Action.QUARANTINE:
        # Neither mail nor axis carries a state secret: an error of ours must not become a leak.
        return "hồ sơ niêm phong: không bàn giao"
    return ""


def why_too_large(package: Packed, most: int) -> str:
    """What the person reads who has to decide about a package that the office system does not take; "" when it fits."""
    if not most or package.size <= most:
        return ""
    mega = 1024 * 1024
    return f"gói tin {package.size / mega:.1f} MB, hệ thống chỉ nhận đến {most / mega:.0f} MB: hãy chuyển bằng cách khác"


def for_all(parcel: Parcel, outcome: Outcome, reply: str) -> tuple[Result, ...]:
    """The same result for every delivery of a parcel."""
    return tuple(Result(delivery_id=delivery.id, outcome=outcome, reply=reply) for delivery in parcel.deliveries)
