"""Which official documents does this mail, or this file, carry?  Pure; never raises, whatever comes in.

Bytes -> parts (mime) -> lines (reading) -> signs -> FileReading.  In production each file is read in a guarded child
process (gateway.inspection), because the libraries below may loop or abort on hostile files.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence

from gateway.documents import media, mime
from gateway.documents.legacy import modernised
from gateway.documents.mime import Message, Part
from gateway.documents.reading import READERS, Text, Unreadable, body, html, read
from gateway.documents.signs import judge
from gateway.documents.vietnamese import fold, tidy
from gateway.model import FileReading, Nature, Recognition, TextSource, digest_of

# What a mail is when its parts differ: the strongest first.  Unreadable stands above draft: it may hide an issuance.
STRENGTH: Sequence[Nature] = (
    Nature.SECRET,
    Nature.ISSUED,
    Nature.COPY,
    Nature.UNREADABLE,
    Nature.DRAFT,
    Nature.TEMPLATE,
    Nature.OTHER,
)


def recognise(raw: bytes) -> Recognition:
    """All that can be said about one mail.  Never raises."""
    message = mime.split(raw)
    return assembled(message.subject, tuple(read_parts(message)))


def assembled(subject: str, files: tuple[FileReading, ...]) -> Recognition:
    """The readings of all files as one answer.  Beside a secret file nothing is told of the others, nor the subject."""
    if any(reading.nature is Nature.SECRET for reading in files):
        files = tuple(reading if reading.nature is Nature.SECRET else _silenced(reading) for reading in files)
        subject = ""
    return Recognition(files=files, subject=subject)


def _silenced(reading: FileReading) -> FileReading:
    return FileReading(name=reading.name, digest=reading.digest, size=reading.size, media=reading.media)


def read_parts(message: Message) -> Iterator[FileReading]:
    """The reading of each part, in order; ends after a secret one."""
    for part in message.parts:
        reading = read_part(part)
        yield reading
        if reading.nature is Nature.SECRET:
            return


def read_part(part: Part) -> FileReading:
    """One part of a mail: a body text, or an attachment."""
    if part.limit:
        return FileReading(
            name=part.name,
            digest=digest_of(b""),
            size=0,
            media=part.declared,
            nature=Nature.UNREADABLE,
            confidence=0.3,
            reason=part.limit,
        )
    if part.is_body:
        return _timed("", part.data, lambda: _read_body(part))
    return _timed(part.name, part.data, lambda: _read_attachment(part.name, part.data, inline=part.inline, depth=0))


def recognise_file(name: str, data: bytes) -> FileReading:
    """One file by itself: PDF, DOCX, .txt and .html as a body, .eml as a whole mail.  Never raises.

    For UNREADABLE the confidence is how likely an issued document is inside, judged by name, media and signatures.
    """
    return _timed(tidy(name), data, lambda: _read_attachment(tidy(name), data, inline=False, depth=0))


def _timed(name: str, data: bytes, look: Callable[[], FileReading]) -> FileReading:
    started = time.perf_counter()
    reading = look()
    elapsed = round((time.perf_counter() - started) * 1000, 2)
    return _changed(reading, name=name, digest=digest_of(data), size=len(data), elapsed_ms=elapsed)


def _changed(reading: FileReading, **changes: object) -> FileReading:
    values = {field: getattr(reading, field) for field in reading.__struct_fields__}
    return FileReading(**(values | changes))


# --- Kinds of part ------------------------------------------------------------------------------------------------------


def _read_body(part: Part) -> FileReading:
    """The words that the sender wrote himself; those of a mail that he forwards are not his."""
    if part.forwarded:
        return _reading(media.PLAIN, Nature.OTHER, 0.9)
    if part.declared == "text/html":
        return _read_text(media.HTML, "", lambda: html.read(part.data, part.charset), is_body=True)
    return _read_text(media.PLAIN, "", lambda: body.read_text(body.decoded(part.data, part.charset)), is_body=True)


def _read_attachment(name: str, data: bytes, *, inline: bool, depth: int) -> FileReading:
    kind = media.media_of(data)
    if kind == media.MAIL and depth < 3:
        return _read_mail(data)
    if kind in READERS:
        return _read_text(kind, name, lambda: read(kind, data))
    if kind == media.ENCRYPTED_OFFICE:
        return _unreadable(kind, "password", _likelihood(name, kind, data))
    if kind == media.UNKNOWN and media.suffix_says_document(name):
        return _unreadable(kind, "damaged", _likelihood(name, kind, data))
    if kind not in media.COULD_BE_DOCUMENTS or _is_picture_only(kind, data, inline):
        return _reading(kind, Nature.OTHER, 0.95)
    return _read_container(name, kind, data)


def _read_container(name: str, kind: str, data: bytes) -> FileReading:
    if kind == media.ZIP:
        names, locked = media.zip_entries(data)
        if locked:
            return _unreadable(kind, "password", _likelihood(name, kind, data))
        if names and not any(media.suffix_says_document(entry) for entry in names):
            return _reading(kind, Nature.OTHER, 0.9)
    reason = "encrypted" if kind == media.PKCS7 else "format"
    return _unreadable(kind, reason, _likelihood(name, kind, data))


def _read_mail(data: bytes) -> FileReading:
    """A whole mail in a file: its nature is that of its strongest part."""
    recognition = recognise(data)
    if not recognition.files:
        return _reading(media.MAIL, Nature.OTHER, 0.9)
    strongest = min(recognition.files, key=lambda reading: (STRENGTH.index(reading.nature), -reading.confidence))
    return _changed(strongest, media=media.MAIL, documents=recognition.documents())


def _read_text(kind: str, name: str, reader: Callable[[], Text], *, is_body: bool = False) -> FileReading:
    try:
        text = modernised(reader())
    except Unreadable as problem:
        likely = (
            problem.likely
            if problem.likely is not None
            else _likelihood(name, kind, b"", pages=problem.pages, signatures=problem.signatures)
        )
        return _unreadable(kind, problem.reason, likely)
    judgement = judge(text, file=name, is_body=is_body)
    return FileReading(
        name=name,
        digest="",
        size=0,
        media=kind,
        nature=judgement.nature,
        confidence=judgement.confidence,
        documents=(judgement.document,) if judgement.document else (),
        text_source=_source(text),
        reason=judgement.reason,
    )


def _source(text: Text) -> TextSource:
    if not text.lines:
        return TextSource.NONE
    return TextSource.OCR if text.scanned else TextSource.TEXT


def _reading(kind: str, nature: Nature, confidence: float) -> FileReading:
    return FileReading(name="", digest="", size=0, media=kind, nature=nature, confidence=confidence)


def _unreadable(kind: str, reason: str, likely: float) -> FileReading:
    return FileReading(name="", digest="", size=0, media=kind, nature=Nature.UNREADABLE, confidence=likely, reason=reason)


def _is_picture_only(kind: str, data: bytes, inline: bool) -> bool:
    """A logo in a signature, an icon, a thumbnail: too small for a page, or shown within the text."""
    if not kind.startswith("image/"):
        return False
    width, height = media.image_size(data)
    return not media.page_like(width, height) or (inline and len(data) < 60_000)


# --- How likely is an issued document inside what cannot be read? ---------------------------------------------------------

_NAMED_AS_DOCUMENT = re.compile(
    r"(?:^|[^a-z])(?:cv|cong ?van|qd|quyet ?dinh|tb|thong ?bao|kh|ke ?hoach|bc|bao ?cao|ttr|to ?trinh|gm|giay ?moi|hd|"
    r"huong ?dan|ct|bb|nq|tt|nd)(?:[^a-z]|$)"
    r"|\d{1,5}[ _-]{1,3}(?:[a-z]{2,6}[ _-]){0,2}(?:ubnd|sgd|sgddt|gddt|pgd|pgddt|bgddt|s[a-z]{1,5}|th|thcs|thpt|mn)"
    r"|signed|da ?ky|scan"
)
_BASE = {
    media.PDF: 0.6,
    media.DOC: 0.4,
    media.DOCX: 0.4,
    media.RTF: 0.3,
    media.ODT: 0.4,
    media.ZIP: 0.3,
    media.RAR: 0.4,
    media.SEVEN_ZIP: 0.3,
    media.PKCS7: 0.3,
    media.TNEF: 0.3,
    media.ENCRYPTED_OFFICE: 0.3,
    "image/tiff": 0.5,
}


def _likelihood(name: str, kind: str, data: bytes, *, pages: int = 0, signatures: int = 0) -> float:
    """A scan is the commonest form of a real issuance, and its file name often the number: "2231 SGDDT TCCB.pdf"."""
    likely = _BASE.get(kind, 0.2)
    if kind.startswith("image/") and data:
        width, height = media.image_size(data)
        likely += 0.1 if 1.3 <= height / max(width, 1) <= 1.5 else 0.0  # the shape of A4, upright
    if _NAMED_AS_DOCUMENT.search(fold(name)):
        likely += 0.25
    if signatures:
        likely += 0.25
    if pages > 60:
        likely -= 0.3
    return round(min(max(likely, 0.05), 0.95), 2)
