"""Files that decide nothing by their words, and still say something: locked, signed without number, recalls.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.directory.snapshot import Organisation
from gateway.documents.vietnamese import fold
from gateway.model import DigitalSignature, Document, FileReading, Nature, Recognition, Relation, SignatureLevel
from gateway.policy import hints
from gateway.policy.issuer import Issuers, comparable

# Reasons that are themselves a hint: what they hide could be read by nobody on the way (Decree 30/2020, article 21.2).
_ENCRYPTED, _STOPPED = "thư hoặc tệp đã mã hóa", "tệp làm chương trình đọc phải dừng"
_HIDDEN = {"encrypted": _ENCRYPTED, "encoding": "quốc hiệu, tiêu ngữ"}
# Hints that no file and no subject gave: what they say, as a clause.
OWN_WORDS = {
    _ENCRYPTED: "trên đường đi không ai xem được nội dung",
    _STOPPED: "chưa rõ trong đó có văn bản phát hành hay không",
}
# A file that ends its reader, or grows without end, hides what a person may be shown all the same; and of a mail that could not
# be taken apart nobody knows what is in it.  Of a large archive the rest is left unread, too ("time limit"): that is no hint.
_STOPS_ITS_READER = ("crashed", "memory limit", "time limit")
_WORDS_COUNT = ("password", "link")  # for these, words of the subject are enough


def all_files(recognition: Recognition) -> Iterator[FileReading]:
    """Every file of a mail, those inside archives and forwarded mails as well."""
    for file in recognition.files:
        yield from file.walk()


def probable(
    words: tuple[str, ...], issuers: Issuers, unit: Organisation | None, recognition: Recognition
) -> tuple[FileReading, str] | None:
    """An unreadable file that looks like a document by its name, its mail's subject or the reason; and the hint."""
    for outer in recognition.files:
        for file in outer.walk():
            if file.nature is not Nature.UNREADABLE or (file.inner and any(_is_unread(each) for each in file.inner)):
                continue  # of an archive that holds an unreadable file, that file is told
            hint = _hint(words, issuers, unit, file, outer, recognition.subject)
            if hint:
                return file, hint
    return None


def _is_unread(file: FileReading) -> bool:
    return any(each.nature is Nature.UNREADABLE for each in file.walk())


def _hint(
    words: tuple[str, ...], issuers: Issuers, unit: Organisation | None, file: FileReading, outer: FileReading, subject: str
) -> str:
    hint = hints.find(file.name, subject, issuers, unit)
    if not hint and outer is not file:
        hint = hints.find(outer.name, "", issuers, unit)
    if not hint and file.reason in _WORDS_COUNT:
        hint = hints.find_words(words, file.name, outer.name, subject)
    if not hint and (file.reason == "ratio" or (outer is file and file.reason in _STOPS_ITS_READER)):
        return _STOPPED
    return hint or _HIDDEN.get(file.reason, "")


def signed_without_number(
    issuers: Issuers, unit: Organisation | None, recognition: Recognition
) -> tuple[FileReading, DigitalSignature] | None:
    """A file that somebody of the sender's unit signed digitally, and which has no number.

    Two things look so: a text on its round of signatures, which nobody has issued yet, and an annex in a file of its own,
    which the agency signs as well (Decree 30/2020, appendix I, part III, 1).
    """
    if unit is None:
        return None
    for file in all_files(recognition):
        signature = next((each for each in file.signatures if each.level is not SignatureLevel.NONE), None)
        if signature is None or file.inner or any(document.number_symbol for document in file.documents):
            continue
        own = any(issuers.is_by(document, unit) for document in file.documents)
        if own or any(issuers.is_named(each.signer, unit) for each in file.signatures):
            return file, signature
    return None


def broken_signature(document: Document, recognition: Recognition) -> bool:
    """Whether the file with this document bears a signature that is not intact.  It is evidence all the same."""
    return any(
        each.level is SignatureLevel.BROKEN
        for file in all_files(recognition)
        if not file.inner and document in file.documents
        for each in file.signatures
    )


_RELATION = {"thu hoi": Relation.RECALL, "dinh chinh": Relation.CORRECTION, "thay the": Relation.REPLACEMENT}
_ABOUT = re.compile(
    r"\b(thu hoi|dinh chinh|thay the)\b.{0,12}?"
    r"\b(?:cong van|cv|van ban|vb|quyet dinh|qd|thong bao|tb|ke hoach|kh|giay moi|gm)\b"
    r"[^\d]{0,12}\d{1,5}"
)


def relation(recognition: Recognition) -> Relation:
    """Whether the mail recalls, corrects or replaces an earlier document, by a document in it or by its subject."""
    for file in all_files(recognition):
        for document in file.documents:
            if document.relation is not Relation.NONE:
                return document.relation
    found = _ABOUT.search(" ".join(fold(recognition.subject).split()))
    return _RELATION[found[1]] if found else Relation.NONE


def is_personal(words: tuple[str, ...], document: Document) -> bool:
    """A decision about one person (pay, posting, leave): whom it concerns has a right to it, however it is sent."""
    about = f" {' '.join(fold(document.subject).split())} "
    return comparable(document.kind) == "quyet dinh" and any(f" {fold(word)} " in about for word in words)
