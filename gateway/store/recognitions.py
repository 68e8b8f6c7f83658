"""What stays of a recognition when a mail has passed: what rules ask for, and none of its words.  Pure.

Bodies of passed mails are not kept, nor what they say (Law 91/2025/QH15 on personal data).  Kinds, numbers, dates, issuers,
file names and which signs were found are enough to decide again by another policy.
"""

from __future__ import annotations

from msgspec.structs import replace

from gateway.model import Document, Evidence, FileReading, Recognition


def without_words(recognition: Recognition) -> Recognition:
    """The same without words, persons and signatures."""
    return Recognition(files=tuple(map(_file, recognition.files)), subject=recognition.subject, skipped=recognition.skipped)


def _file(reading: FileReading) -> FileReading:
    return FileReading(
        name=reading.name,
        digest=reading.digest,
        size=reading.size,
        media=reading.media,
        nature=reading.nature,
        confidence=reading.confidence,
        documents=tuple(map(_document, reading.documents)),
        text_source=reading.text_source,
        reason=reading.reason,
        inner=tuple(map(_file, reading.inner)),
    )


def _document(document: Document) -> Document:
    signs = {evidence.sign: evidence for evidence in document.evidence}
    return replace(
        document,
        place="",
        subject="",
        signer="",
        signer_title="",
        addressees=(),
        cited=(),
        evidence=tuple(Evidence(sign=each.sign, words="", file=each.file, how=each.how) for each in signs.values()),
    )
