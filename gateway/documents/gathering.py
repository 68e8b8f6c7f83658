"""Readings of what lies in a file, gathered into the reading of the file.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.model import Document, FileReading, Nature, Recognition

# What a mail or an archive is when its parts differ: the strongest first.  Unreadable stands above draft: it may hide an
# issuance.
STRENGTH: Sequence[Nature] = (
    Nature.SECRET,
    Nature.ISSUED,
    Nature.COPY,
    Nature.UNREADABLE,
    Nature.DRAFT,
    Nature.TEMPLATE,
    Nature.OTHER,
)
_MOST_OTHERS = 100  # files of no interest that are named one by one


def plain_reading(kind: str, nature: Nature, confidence: float, *, reason: str = "") -> FileReading:
    """A reading without name and bytes: whoever knows them puts them in."""
    return FileReading(name="", digest="", size=0, media=kind, nature=nature, confidence=confidence, reason=reason)


def silenced(readings: Sequence[FileReading]) -> tuple[FileReading, ...]:
    """Beside a secret file nothing is told of the others."""
    if all(reading.nature is not Nature.SECRET for reading in readings):
        return tuple(readings)
    return tuple(reading if reading.nature is Nature.SECRET else _bare(reading) for reading in readings)


def _bare(reading: FileReading) -> FileReading:
    return FileReading(name=reading.name, digest=reading.digest, size=reading.size, media=reading.media)


def assembled(subject: str, files: tuple[FileReading, ...]) -> Recognition:
    """The readings of all files as one answer.  Beside a secret file nothing is told of the others, nor the subject."""
    if any(reading.nature is Nature.SECRET for reading in files):
        subject = ""
    return Recognition(files=silenced(files), subject=subject)


def strongest(readings: Sequence[FileReading]) -> FileReading:
    """The reading that speaks for all of them."""
    return min(readings, key=lambda reading: (STRENGTH.index(reading.nature), -reading.confidence))


def gathered(kind: str, own: FileReading | None, inner: Sequence[FileReading]) -> FileReading:
    """A container (``own`` is None), or a document with files in it, as one reading: as strong as the strongest."""
    everything = silenced([*([own] if own else []), *inner])
    if not everything:
        return plain_reading(kind, Nature.OTHER, 0.9)
    leader = strongest(everything)
    own, inner = (everything[0], everything[1:]) if own else (None, everything)
    return replace(
        leader,
        media=kind,
        documents=tuple(document for reading in everything for document in reading.documents),
        signatures=own.signatures if own else (),
        inner=_kept(inner),
    )


def _kept(inner: Sequence[FileReading]) -> tuple[FileReading, ...]:
    """An archive may hold two thousand pictures of a party: a hundred of them are enough to show what it is."""
    others = 0
    kept = []
    for reading in inner:
        others += reading.nature is Nature.OTHER
        if reading.nature is not Nature.OTHER or others <= _MOST_OTHERS:
            kept.append(reading)
    return tuple(kept)


def without_twins(views: Sequence[FileReading]) -> tuple[FileReading, ...]:
    """Several views of the same bytes: the readable ones that show something, without documents that an earlier one showed."""
    telling = [view for view in views if view.nature not in (Nature.OTHER, Nature.UNREADABLE)]
    seen: set[tuple[object, ...]] = set()
    kept: list[FileReading] = []
    for view in telling or [strongest(views)]:
        documents = tuple(each for each in view.documents if _identity(each) not in seen)
        if documents or not view.documents:
            seen.update(map(_identity, documents))
            kept.append(replace(view, documents=documents))
    return tuple(kept)


def _identity(document: Document) -> tuple[object, ...]:
    return document.nature, document.number_symbol, document.issued_on, document.issuer, document.subject
