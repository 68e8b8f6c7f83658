"""What a case shows of its document: each fact with the place it was read from, and the six signs.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.model import (
    SIX_SIGNS,
    Case,
    DigitalSignature,
    Document,
    Event,
    Evidence,
    FileReading,
    Regime,
    Relation,
    Sign,
    SignatureLevel,
    Story,
    Urgency,
    Value,
)
from web.format import day, moment, sentence, words
from web.language import gettext

_USUAL = {Sign.URGENCY: "Thường"}


_FIELDS = {
    Sign.NUMBER: "number_symbol",
    Sign.KIND: "kind",
    Sign.DATE: "issued_on",
    Sign.AGENCY: "issuer",
    Sign.SUBJECT: "subject",
    Sign.SIGNATURE: "signer",
    Sign.URGENCY: "urgency",
}


class Fact(Value):
    """One field of the document, with the places that show it."""

    label: str
    value: str
    sources: tuple[Evidence, ...] = ()
    usual: str = ""  # what it means that nothing is there, where that is no lack
    name: str = ""  # field of Document
    corrected: Story | None = None  # a clerk said so, not the paper as the gateway read it

    @property
    def confidence(self) -> float:
        """How sure the reading of it is, 0 to 1."""
        return min((source.confidence for source in self.sources), default=1.0)


class Found(Value):
    """One sign, and the evidence for it; none when it was not found."""

    sign: Sign
    evidence: tuple[Evidence, ...] = ()


def title(case: Case) -> str:
    """What people call the case: number and symbol, else its subject line, else the mail's subject."""
    document = case.document
    if document is not None and document.number_symbol:
        return f"{document.kind} {document.number_symbol}".strip()
    return (document.subject if document is not None else "") or case.subject or gettext("văn bản chưa có số")


def facts(case: Case, story: Sequence[Story] = ()) -> tuple[Fact, ...]:
    """The fields that the clerk would otherwise type, in the order of the register; empty ones stay visible.

    ``story`` of the case says which of them a clerk corrected.
    """
    document = case.document
    if document is None:
        return ()
    corrections = [told for told in story if told.event is Event.CORRECTED]
    rows = (
        (gettext("Số, ký hiệu"), document.number_symbol, Sign.NUMBER),
        (gettext("Tên loại"), document.kind, Sign.KIND),
        (gettext("Ngày ban hành"), day(document.issued_on), Sign.DATE),
        (gettext("Cơ quan ban hành"), document.issuer, Sign.AGENCY),
        (gettext("Trích yếu"), document.subject, Sign.SUBJECT),
        (gettext("Người ký"), _signer(document), Sign.SIGNATURE),
        (gettext("Độ khẩn"), _urgency(document), Sign.URGENCY),
    )
    found = tuple(
        Fact(
            label=label,
            value=value,
            sources=_of(document, sign),
            usual=gettext(_USUAL[sign]) if sign in _USUAL else "",
            name=_FIELDS[sign],
            corrected=next((told for told in reversed(corrections) if _FIELDS[sign] in told.detail), None),
        )
        for label, value, sign in rows
    )
    return (*found, *_unusual(document))


def _unusual(document: Document) -> Iterator[Fact]:
    """What most documents do not have: shown only where it is."""
    if document.relation is not Relation.NONE:
        said = f"{sentence(words(document.relation))} {document.concerns}".strip()
        yield Fact(label=gettext("Đối với văn bản khác"), value=said, sources=_of(document, Sign.RELATION))
    if document.copy_form:
        said = " ".join(part for part in (document.copy_form, document.copy_number) if part)
        by = gettext(", %(who)s sao", who=document.copied_by) if document.copied_by else ""
        yield Fact(label=gettext("Bản sao"), value=said + by, sources=_of(document, Sign.COPY))
    if document.regime is not Regime.STATE:
        yield Fact(label=gettext("Thể thức"), value=sentence(words(document.regime)))


def signatures(file: FileReading) -> tuple[Fact, ...]:
    """The digital signatures of a file: what each is worth, and who signed when."""
    return tuple(Fact(label=sentence(words(each.level)), value=_signed_by(each)) for each in file.signatures)


def _signed_by(signature: DigitalSignature) -> str:
    if signature.level is SignatureLevel.NONE:
        return gettext("trang %(page)s", page=signature.page) if signature.page else ""
    by = ", ".join(dict.fromkeys(part for part in (signature.signer, signature.organisation) if part))
    parts = [by or gettext("không rõ người ký")]
    if signature.signed_at is not None:
        parts.append(gettext("ký lúc %(signed_at)s", signed_at=moment(signature.signed_at)))
    if signature.issuer:
        parts.append(gettext("chứng thư do %(issuer)s cấp", issuer=signature.issuer))
    if signature.level is not SignatureLevel.BROKEN and not signature.covers_all:
        parts.append(gettext("tệp được bổ sung sau khi ký"))
    return "; ".join(parts)


def six_signs(case: Case) -> tuple[Found, ...]:
    """The six signs of an issuance (Decree 30/2020, articles 3.8, 5, 14, 15), found or not."""
    document = case.document
    if document is None:
        return ()
    return tuple(Found(sign=sign, evidence=_of(document, sign)) for sign in SIX_SIGNS)


def other_signs(case: Case) -> tuple[Evidence, ...]:
    """What else was noticed: cited numbers, marks of drafts and copies, the motto."""
    if case.document is None:
        return ()
    shown = {*SIX_SIGNS, Sign.KIND, Sign.SUBJECT, Sign.URGENCY}
    return tuple(e for e in case.document.evidence if e.sign not in shown)


def _of(document: Document, sign: Sign) -> tuple[Evidence, ...]:
    return tuple(e for e in document.evidence if e.sign is sign)


def _signer(document: Document) -> str:
    office = " ".join(part for part in (document.capacity, document.signer_title) if part)
    if document.signer and office:
        return f"{document.signer} ({office})"
    return document.signer or office


def _urgency(document: Document) -> str:
    return "" if document.urgency is Urgency.NORMAL else sentence(words(document.urgency))
