"""Does this mail carry an issuance, and whose?  The six signs, counted and compared with the sender's own agency.  Pure.

There is no statutory definition of "phát hành".  The working test (Decree 30/2020, articles 3.8, 5, 14, 15): a final text
of the sender's own agency, signed by somebody competent, with number, date and seal, on its way to its addressees.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from gateway.directory.snapshot import Organisation
from gateway.model import Document, FileReading, Nature, Recognition, Secrecy, Sign, Urgency, Value
from gateway.policy import hints
from gateway.policy.issuer import Issuers, comparable

SIGN_NAMES = {
    Sign.AGENCY: "cơ quan ban hành",
    Sign.NUMBER: "số, ký hiệu",
    Sign.DATE: "ngày ban hành",
    Sign.SIGNATURE: "người ký",
    Sign.SEAL: "dấu hoặc chữ ký số của cơ quan",
    Sign.ADDRESSEE: "nơi nhận",
    Sign.MOTTO: "quốc hiệu, tiêu ngữ",
    Sign.KIND: "loại văn bản",
    Sign.SUBJECT: "trích yếu",
    Sign.URGENCY: "độ khẩn",
    Sign.SECRECY: "độ mật",
    Sign.DRAFT: "dấu hiệu dự thảo",
    Sign.TEMPLATE: "chỗ trống của biểu mẫu",
    Sign.COPY: "bản sao",
    Sign.CITED: "số của văn bản khác được nhắc đến",
    Sign.UNREADABLE: "không đọc được",
}


class Settings(Value, forbid_unknown_fields=True):
    """[issuance] of the policy: what counts as an issuance."""

    signs: int = 4  # of the six
    needs: tuple[Sign, ...] = (Sign.NUMBER,)  # these in any case
    confidence: float = 0.5  # a document recognised with less decides nothing
    exempt_kinds: tuple[str, ...] = ()  # kinds of document that are seldom issued: delivered
    other_bodies: tuple[str, ...] = ()  # beginnings of names of bodies that the rule does not bind: Party, union, youth
    archive_after_days: int = 400  # a mail with that many documents, all so old, carries archive evidence (minh chứng)
    archive_from_documents: int = 3
    locked_words: tuple[str, ...] = ()  # words that make a locked file probably an issuance


class Carried(StrEnum):
    """What a mail can carry, as the policy says it."""

    OWN = "own"  # an issuance of the sender's own unit
    OF_OUR_UNIT = "of-our-unit"  # an issuance of another unit of the directory
    OF_OTHER_AGENCY = "of-other-agency"  # an issuance of somebody whom the rule does not bind
    PROBABLE = "probable"  # probably an issuance, but unreadable


class Finding(Value):
    """What a mail carries, as seen from its sender.  ``found`` is a Vietnamese clause that says why it is no more."""

    carries: frozenset[Carried] = frozenset()
    document: Document | None = None  # the one that decides
    others: int = 0  # further documents that weigh as much
    issuer_unit: str = ""  # OF_OUR_UNIT: code of the unit that issued it
    unreadable: FileReading | None = None  # PROBABLE: the file
    hint: str = ""  # PROBABLE: the words that look like a document's
    secret: Document | FileReading | None = None
    urgent: bool = False
    found: str = ""


NOTHING_FOUND = Finding(found="thư không mang tệp nào có thể là văn bản hành chính")


class _Weighed(Value):
    """One document, and what it is for the rule.  ``klass`` is None when it decides nothing; ``because`` says why."""

    document: Document
    klass: Carried | None = None
    unit: str = ""
    because: str = ""


def weigh(settings: Settings, issuers: Issuers, unit: Organisation | None, recognition: Recognition, on: date) -> Finding:
    """Say what a mail carries.  ``unit`` is the sender's, None when he belongs to none that the rule binds."""
    if not recognition.files:
        return NOTHING_FOUND
    secret = _secret(recognition)
    if secret is not None:
        return Finding(secret=secret, found="thư mang tài liệu có dấu chỉ độ mật")
    documents = recognition.documents()
    if _is_archive(settings, documents, on):
        return Finding(
            document=documents[0], others=len(documents) - 1, found="các văn bản đã cũ, gửi làm minh chứng hoặc lưu trữ"
        )
    weighed = [_weighed(settings, issuers, unit, document) for document in documents]
    deciding = [w for w in weighed if w.klass is not None]
    if deciding:
        return _deciding(issuers, deciding)
    probable = _probable(settings, issuers, unit, recognition)
    return probable if probable is not None else _harmless(weighed, recognition)


def _secret(recognition: Recognition) -> Document | FileReading | None:
    for file in recognition.files:
        for document in file.documents:
            if document.secrecy is not Secrecy.NONE or document.nature is Nature.SECRET:
                return document
        if file.nature is Nature.SECRET:
            return file
    return None


def _is_archive(settings: Settings, documents: tuple[Document, ...], on: date) -> bool:
    """Hundreds of old documents as evidence for an accreditation (kiểm định chất lượng): nobody issues those now."""
    if len(documents) < max(1, settings.archive_from_documents):
        return False
    limit = on - timedelta(days=settings.archive_after_days)
    return all(document.issued_on is not None and document.issued_on < limit for document in documents)


def _weighed(settings: Settings, issuers: Issuers, unit: Organisation | None, document: Document) -> _Weighed:
    because = _decides_nothing(settings, document)
    if because:
        return _Weighed(document=document, because=because)
    if unit is not None and issuers.is_by(document, unit):
        klass, code = Carried.OWN, unit.code
    else:
        code = issuers.unit_of(document)
        klass = Carried.OF_OUR_UNIT if code else Carried.OF_OTHER_AGENCY
    found = document.signs()
    signs = len(found) + (1 if code and Sign.AGENCY not in found else 0)  # the directory named the agency by its symbol
    missing = [sign for sign in settings.needs if sign not in found and not (sign is Sign.AGENCY and code)]
    if missing:
        return _Weighed(document=document, because=f"{said(document)} thiếu {', '.join(SIGN_NAMES[sign] for sign in missing)}")
    if signs < settings.signs:
        return _Weighed(document=document, because=f"{said(document)} chỉ có {signs}/6 dấu hiệu của văn bản phát hành")
    return _Weighed(document=document, klass=klass, unit=code)


_NATURES = {
    Nature.DRAFT: "văn bản kèm theo còn là dự thảo (chưa đủ số, ngày ban hành)",
    Nature.TEMPLATE: "tệp kèm theo là biểu mẫu để trống",
    Nature.UNREADABLE: "có tệp không đọc được, nhưng không có gì cho thấy đó là văn bản phát hành",
}
_NO_ISSUANCE = "thư không mang văn bản phát hành"


def _decides_nothing(settings: Settings, document: Document) -> str:
    """Why this document cannot be an issuance; "" when it may be one."""
    if document.nature not in (Nature.ISSUED, Nature.COPY):
        return _NATURES.get(document.nature, _NO_ISSUANCE)
    if document.confidence < settings.confidence:
        return f"{said(document)} không đủ rõ để coi là văn bản phát hành"
    if document.kind in settings.exempt_kinds:
        return f"{said(document)} thuộc loại giấy tờ không áp dụng quy định phát hành"
    issuer = comparable(document.issuer)
    if any(issuer.startswith(comparable(body)) for body in settings.other_bodies):
        return f"{said(document)} của {document.issuer} ngoài phạm vi quy định"
    return ""


_STRONGEST = (Carried.OWN, Carried.OF_OTHER_AGENCY, Carried.OF_OUR_UNIT)


def _deciding(issuers: Issuers, weighed: list[_Weighed]) -> Finding:
    classes = {w.klass for w in weighed if w.klass is not None}
    strongest = next(klass for klass in _STRONGEST if klass in classes)
    leading = [w for w in weighed if w.klass is strongest]
    first = min(leading, key=lambda w: w.document.urgency is Urgency.NORMAL)
    issuer = issuer_in_words(first.document, issuers.organisation(first.unit)) or "cơ quan khác"
    return Finding(
        carries=frozenset(classes),
        document=first.document,
        others=len(leading) - 1,
        issuer_unit=first.unit,
        urgent=any(w.document.urgency is not Urgency.NORMAL for w in leading),
        found=f"{said(first.document)} là văn bản của {issuer}, được gửi để tham khảo",
    )


def _probable(settings: Settings, issuers: Issuers, unit: Organisation | None, recognition: Recognition) -> Finding | None:
    """An unreadable file whose name, or whose mail's subject, looks like a number or kind of document."""
    for file in recognition.files:
        if file.nature is not Nature.UNREADABLE:
            continue
        hint = hints.find(file.name, recognition.subject, issuers, unit)
        if not hint and file.reason == "password":
            hint = hints.find_words(settings.locked_words, file.name, recognition.subject)
        if not hint and file.reason == "encoding":
            hint = "quốc hiệu, tiêu ngữ"  # the recogniser saw a letterhead in TCVN3 or VNI, and could not read further
        if hint:
            return Finding(carries=frozenset({Carried.PROBABLE}), unreadable=file, hint=hint, found=_NATURES[Nature.UNREADABLE])
    return None


def _harmless(weighed: list[_Weighed], recognition: Recognition) -> Finding:
    if weighed:
        return Finding(document=weighed[0].document, found=weighed[0].because)
    unreadable = any(file.nature is Nature.UNREADABLE for file in recognition.files)
    return Finding(found=_NATURES[Nature.UNREADABLE] if unreadable else _NO_ISSUANCE)


def said(document: Document) -> str:
    """How a person would name the document: "Công văn số 409/SGDĐT-VP ngày 05/11/2019"."""
    kind = document.kind or "Văn bản"
    number = f" số {document.number_symbol}" if document.number_symbol else " không số"
    issued = f" ngày {document.issued_on:%d/%m/%Y}" if document.issued_on else ""
    return f"{kind}{number}{issued}"


def issuer_in_words(document: Document, known: Organisation | None) -> str:
    """Who issued it: the name in our directory, else as the letterhead says it, with the body above; "" when it says nothing.

    Every province has a "SỞ GIÁO DỤC VÀ ĐÀO TẠO": only the line above tells which.
    """
    if known is not None:
        return known.name
    return f"{document.issuer} ({document.superior})" if document.issuer and document.superior else document.issuer
