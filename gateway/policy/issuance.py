"""Does this mail carry an issuance, and whose?  The six signs, counted and compared with the sender's own agency.  Pure.

There is no statutory definition of "phát hành".  The working test (Decree 30/2020, articles 3.8, 5, 14, 15): a final text
of the sender's own agency, signed by somebody competent, with number, date and seal, on its way to its addressees.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from msgspec.structs import replace

from gateway.directory.snapshot import Organisation
from gateway.model import SIX_SIGNS, Document, FileReading, Nature, Recognition, Regime, Relation, Secrecy, Sign, Urgency, Value
from gateway.policy import suspects
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
    Sign.RELATION: "thu hồi, đính chính hoặc thay thế văn bản khác",
}


class Settings(Value, forbid_unknown_fields=True):
    """[issuance] of the policy: what counts as an issuance."""

    signs: int = 4  # of the six
    needs: tuple[Sign, ...] = (Sign.NUMBER,)  # these in any case
    confidence: float = 0.5  # a document recognised with less decides nothing
    exempt_kinds: tuple[str, ...] = ()  # kinds of document that are seldom issued: delivered
    other_bodies: tuple[str, ...] = ()  # beginnings of names of bodies that the rule does not bind: Party, union, youth
    other_regimes: tuple[Regime, ...] = ()  # forms of documents that it does not bind, whoever they are by
    urgent_kinds: tuple[str, ...] = ()  # kinds that cannot wait even without a stamp: an invitation for tomorrow
    personal_words: tuple[str, ...] = ()  # in the subject of a decision about one person
    archive_after_days: int = 400  # a mail with that many documents, all so old, carries archive evidence (minh chứng)
    archive_from_documents: int = 3
    doubtful: float = 0.0  # a text that is surer than this to be nothing official is not worth a word
    locked_words: tuple[str, ...] = ()  # words that make a locked file probably an issuance


class Carried(StrEnum):
    """What a mail can carry, as the policy says it."""

    OWN = "own"  # an issuance of the sender's own unit
    OF_OUR_UNIT = "of-our-unit"  # an issuance of another unit of the directory
    OF_OTHER_AGENCY = "of-other-agency"  # an issuance of somebody whom the rule does not bind
    PROBABLE = "probable"  # probably an issuance, but unreadable
    SIGNED = "signed-without-number"  # signed digitally by the sender's own unit, without number: unfinished, or an annex


class Finding(Value):
    """What a mail carries, as seen from its sender.  ``found`` is a Vietnamese clause that says why it is no more."""

    carries: frozenset[Carried] = frozenset()
    document: Document | None = None  # the one that decides
    others: int = 0  # further documents that weigh as much
    issuer_unit: str = ""  # OF_OUR_UNIT: code of the unit that issued it
    unreadable: FileReading | None = None  # PROBABLE, SIGNED: the file
    hint: str = ""  # PROBABLE: the words that look like a document's; SIGNED: who signed
    relation: Relation = Relation.NONE  # the mail recalls, corrects or replaces an earlier document
    personal: bool = False  # the document is a decision about one person
    is_broken: bool = False  # a digital signature of the document is not intact
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
    relation = suspects.relation(recognition)
    if deciding:
        return replace(_deciding(settings, issuers, deciding, recognition), relation=relation)
    found = _unread(settings, issuers, unit, recognition) or _harmless(settings, weighed, recognition)
    return replace(found, relation=relation)


def _secret(recognition: Recognition) -> Document | FileReading | None:
    for file in suspects.all_files(recognition):
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
    given = {*found, *([Sign.AGENCY] if code else []), *([Sign.NUMBER] if _is_number_by_hand(document, found) else [])}
    missing = [sign for sign in settings.needs if sign not in given]
    signs = len(given.intersection(SIX_SIGNS))  # the directory may have named the agency by its symbol
    if missing:
        return _Weighed(document=document, because=f"{said(document)} thiếu {', '.join(SIGN_NAMES[sign] for sign in missing)}")
    if signs < settings.signs:
        return _Weighed(document=document, because=f"{said(document)} chỉ có {signs}/6 dấu hiệu của văn bản phát hành")
    return _Weighed(document=document, klass=klass, unit=code)


def _is_number_by_hand(document: Document, found: tuple[Sign, ...]) -> bool:
    """Nobody seals a paper without number: one that is blank beside its symbol was written by hand, and is not legible."""
    return document.nature is Nature.ISSUED and bool(document.symbol) and Sign.SEAL in found


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
    if document.regime in settings.other_regimes:
        return f"{said(document)} là văn bản {_REGIMES[document.regime]}, ngoài phạm vi quy định"
    if comparable(document.issuer).startswith(_comparable_bodies(settings.other_bodies)):
        return f"{said(document)} của {document.issuer} ngoài phạm vi quy định"
    return ""


@lru_cache(4)
def _comparable_bodies(bodies: tuple[str, ...]) -> tuple[str, ...]:
    """The beginnings of names that the settings leave out: made ready once for a policy, asked for with every document."""
    return tuple(map(comparable, bodies))


_REGIMES = {
    Regime.STATE: "hành chính",
    Regime.PARTY: "của tổ chức Đảng",
    Regime.UNION: "của công đoàn",
    Regime.YOUTH: "của Đoàn, Đội",
    Regime.COMPANY: "của doanh nghiệp hoặc cá nhân",
}
_STRONGEST = (Carried.OWN, Carried.OF_OTHER_AGENCY, Carried.OF_OUR_UNIT)


def _deciding(settings: Settings, issuers: Issuers, weighed: list[_Weighed], recognition: Recognition) -> Finding:
    classes = {w.klass for w in weighed if w.klass is not None}
    strongest = next(klass for klass in _STRONGEST if klass in classes)
    leading = [w for w in weighed if w.klass is strongest]
    first = min(leading, key=lambda w: not _is_urgent(settings, w.document))
    issuer = issuer_in_words(first.document, issuers.organisation(first.unit)) or "cơ quan khác"
    return Finding(
        carries=frozenset(classes),
        document=first.document,
        others=len(leading) - 1,
        issuer_unit=first.unit,
        urgent=_is_urgent(settings, first.document),
        personal=all(suspects.is_personal(settings.personal_words, w.document) for w in leading),
        is_broken=suspects.broken_signature(first.document, recognition),
        found=f"{said(first.document)} là văn bản của {issuer}, được gửi để tham khảo",
    )


def _is_urgent(settings: Settings, document: Document) -> bool:
    return document.urgency is not Urgency.NORMAL or document.kind in settings.urgent_kinds


def _unread(settings: Settings, issuers: Issuers, unit: Organisation | None, recognition: Recognition) -> Finding | None:
    """A file that says enough without having been read, or without a number."""
    probable = suspects.probable(settings.locked_words, issuers, unit, recognition)
    if probable is not None:
        file, hint = probable
        return Finding(carries=frozenset({Carried.PROBABLE}), unreadable=file, hint=hint, found=_NATURES[Nature.UNREADABLE])
    signed = suspects.signed_without_number(issuers, unit, recognition)
    if signed is not None:
        file, signature = signed
        found = f"tệp có chữ ký số của {signature.signer or 'đơn vị gửi'} nhưng chưa có số, ký hiệu"
        return Finding(carries=frozenset({Carried.SIGNED}), unreadable=file, hint=signature.signer, found=found)
    return None


def _is_doubtful(settings: Settings, file: FileReading) -> bool:
    return file.nature is Nature.OTHER and not file.inner and file.confidence <= settings.doubtful


def _harmless(settings: Settings, weighed: list[_Weighed], recognition: Recognition) -> Finding:
    if weighed:
        return Finding(document=weighed[0].document, found=weighed[0].because)
    doubtful = next((file for file in suspects.all_files(recognition) if _is_doubtful(settings, file)), None)
    if doubtful is not None:
        where = f"tệp “{doubtful.name}”" if doubtful.name else "thân thư"
        return Finding(found=f"{where} giống văn bản hành chính nhưng thiếu số, chữ ký")
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
