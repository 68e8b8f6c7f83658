"""What a mail carries: files, the official documents among them, and the signs that show it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum

from gateway.model.value import Value


class Nature(StrEnum):
    """What a file (or the body of a mail) is."""

    ISSUED = "issued"  # a final text: number, date, signer, seal
    DRAFT = "draft"  # an official document whose number or date is still blank, or that says so
    TEMPLATE = "template"  # a form to fill in: dotted blanks
    COPY = "copy"  # SAO Y, SAO LỤC, TRÍCH SAO (Decree 30/2020, article 25)
    OTHER = "other"  # anything else: reports, data, threads, pages about documents
    UNREADABLE = "unreadable"  # could not be read; `reason` says why
    SECRET = "secret"  # bears a secrecy stamp: not read any further  # noqa: S105 - a nature, not a password


class TextSource(StrEnum):
    """How words were read."""

    TEXT = "text"
    OCR = "ocr"
    NONE = "none"


class Sign(StrEnum):
    """What a piece of evidence speaks for.  The first six make an issuance (Decree 30/2020, articles 3.8, 5, 14, 15)."""

    AGENCY = "agency"  # issuer named in the header; policy compares it with the sender's own agency
    NUMBER = "number"
    DATE = "date"
    SIGNATURE = "signature"
    SEAL = "seal"  # seal or digital signature of the agency
    ADDRESSEE = "addressee"  # Kính gửi, Nơi nhận
    MOTTO = "motto"  # Quốc hiệu and Tiêu ngữ
    KIND = "kind"
    SUBJECT = "subject"
    URGENCY = "urgency"
    SECRECY = "secrecy"
    DRAFT = "draft"
    TEMPLATE = "template"
    COPY = "copy"
    CITED = "cited"  # a number that belongs to another document
    UNREADABLE = "unreadable"
    RELATION = "relation"  # recalls, corrects or replaces another document


SIX_SIGNS = (Sign.AGENCY, Sign.NUMBER, Sign.DATE, Sign.SIGNATURE, Sign.SEAL, Sign.ADDRESSEE)


class Urgency(StrEnum):
    """Urgency stamps (Decree 30/2020, appendix I, box 10b)."""

    NORMAL = ""
    URGENT = "khẩn"
    VERY_URGENT = "thượng khẩn"
    FLASH = "hỏa tốc"


class Secrecy(StrEnum):
    """Secrecy stamps (Decree 30/2020, appendix I, box 10a)."""

    NONE = ""
    CONFIDENTIAL = "mật"
    SECRET = "tối mật"  # noqa: S105 - a stamp, not a password
    TOP_SECRET = "tuyệt mật"  # noqa: S105 - a stamp, not a password


class Regime(StrEnum):
    """Under whose rules of form a document is made (Decree 30/2020, article 2.2: political bodies have their own)."""

    STATE = ""
    PARTY = "party"
    UNION = "union"  # công đoàn
    YOUTH = "youth"  # Đoàn, Đội
    COMPANY = "company"  # enterprises and persons: no authority's document


class Relation(StrEnum):
    """What a document does to an earlier one (Decree 30/2020, article 18)."""

    NONE = ""
    RECALL = "recall"  # thu hồi
    CORRECTION = "correction"  # đính chính
    REPLACEMENT = "replacement"  # thay thế


class Box(Value):
    """A place on a page, as shares of its width and height from the upper left corner, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


class Evidence(Value):
    """One sign, with the place and the words that show it."""

    sign: Sign
    words: str
    file: str = ""  # name of the attachment; "" is the body; "a.zip/b.pdf" lies in an archive
    page: int = 0  # counted from 1; 0 when the format has no pages
    line: int = 0  # line of the text as read, counted from 1; 0 when unknown
    how: TextSource = TextSource.TEXT
    confidence: float = 1.0
    box: Box | None = None  # where on the page, when the reader knows


class SignatureLevel(StrEnum):
    """What a digital signature is worth, as of the time of signing."""

    INTACT = "intact"  # and trusted
    UNTRUSTED = "untrusted"  # intact, but its certificate leads to none of our trust anchors
    BROKEN = "broken"
    NONE = "none"  # an empty signature field


class DigitalSignature(Value):
    """One signature in a file.  Personal identifiers of the certificate (CCCD, MST, mail) are never kept."""

    level: SignatureLevel
    signer: str = ""  # common name
    organisation: str = ""
    issuer: str = ""  # common name of the certificate authority
    signed_at: datetime | None = None
    covers_all: bool = False  # nothing was added to the file behind it
    kind: str = ""  # "adbe.pkcs7.detached", "ETSI.CAdES.detached", "xmldsig", "cms"
    page: int = 0  # of its field, counted from 1; 0 when unknown
    reason: str = ""  # why it is broken or untrusted


class Document(Value):
    """An official document that a file carries.  Empty fields were not found."""

    nature: Nature
    confidence: float
    number: str = ""  # "45", with the zeros that were printed
    symbol: str = ""  # "BC-THCSLL"
    number_symbol: str = ""  # "45/BC-THCSLL", as printed, spaces squeezed
    kind: str = ""  # "Báo cáo": one of gateway.documents.kinds
    issuer: str = ""
    superior: str = ""  # the superior body above the issuer in the header
    place: str = ""
    issued_on: date | None = None
    subject: str = ""  # trích yếu, without "V/v"
    signer: str = ""
    signer_title: str = ""
    capacity: str = ""  # TM., KT., TL., TUQ., Q.
    urgency: Urgency = Urgency.NORMAL
    secrecy: Secrecy = Secrecy.NONE
    addressees: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()  # numbers and symbols of other documents
    regime: Regime = Regime.STATE
    relation: Relation = Relation.NONE
    concerns: str = ""  # number and symbol of the document that is recalled, corrected or replaced
    copy_form: str = ""  # "Sao y", "Trích sao", "Sao lục"
    copy_number: str = ""  # "05/SY-THCS": a copy has a number of its own series
    copied_by: str = ""
    evidence: tuple[Evidence, ...] = ()

    def signs(self) -> tuple[Sign, ...]:
        """Which of the six signs were found in the document itself."""
        found = {e.sign for e in self.evidence}
        return tuple(s for s in SIX_SIGNS if s in found)


class FileReading(Value):
    """One attachment (or the body) after recognition."""

    name: str  # file name, NFC; "" is the body
    digest: str  # SHA-256 of the bytes
    size: int
    media: str = ""  # by content, not as declared: "application/pdf"
    nature: Nature = Nature.OTHER
    confidence: float = 1.0
    documents: tuple[Document, ...] = ()
    text_source: TextSource = TextSource.NONE
    reason: str = (
        ""  # for UNREADABLE: "password", "damaged", "time limit", "memory limit", "crashed", "no text layer", "format", …
    )
    elapsed_ms: float = 0.0
    signatures: tuple[DigitalSignature, ...] = ()
    inner: tuple[FileReading, ...] = ()  # what lies in an archive or a forwarded mail; documents holds theirs as well
    sketch: tuple[int, ...] = ()  # of the words of a document: see gateway.documents.sketch

    def walk(self) -> Iterator[FileReading]:
        """This file, then all that lie in it, depth first."""
        yield self
        for each in self.inner:
            yield from each.walk()


class Recognition(Value):
    """All that recognise() said about one mail."""

    files: tuple[FileReading, ...] = ()
    subject: str = ""  # the Subject field, decoded, NFC
    skipped: bool = False  # no part could carry a document: not parsed any further

    def documents(self) -> tuple[Document, ...]:
        """The documents of all files, in order."""
        return tuple(d for f in self.files for d in f.documents)


NOTHING_RECOGNISED = Recognition(skipped=True)
