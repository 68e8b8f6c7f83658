"""From what stands on the paper to what the paper is: the six signs of an issuance, weighed and shown as evidence.  Pure.

An issuance is a final text of an agency, signed by somebody competent, with number, date and seal, on its way to its
addressees (Decree 30/2020/NĐ-CP, articles 3.8, 5, 14, 15).  The law has no definition of "phát hành": these six signs are
what it takes together.  A letterhead, the word "báo cáo" or a cited number decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from gateway.documents import grammar
from gateway.documents.copies import copy_of, without_copy_block
from gateway.documents.ending import Ending, ending_of
from gateway.documents.furniture import without_furniture
from gateway.documents.heading import heading_of
from gateway.documents.kinds import LETTER, kind_by_symbol
from gateway.documents.letterhead import Letterhead, letterhead_of
from gateway.documents.named import number_in_name
from gateway.documents.number_line import cited_numbers
from gateway.documents.regimes import regime_of
from gateway.documents.relations import relation_of
from gateway.documents.respelling import Speller
from gateway.documents.scanned import HANDWRITTEN, reread
from gateway.documents.stamps import blurred_motto, has_letterhead, secrecy_of
from gateway.documents.text import Found, Line, Text
from gateway.documents.vietnamese import fold
from gateway.model import Document, Evidence, Nature, Regime, Relation, Secrecy, Sign, TextSource, Value

_WORDS = 240  # letters of evidence
# Persons and companies have these sealed, too: without a number they are no issuance.
_PRIVATE_KINDS = frozenset({"Hợp đồng", "Biên bản", "Bản cam kết", "Bản thỏa thuận", "Bản ghi nhớ", "Giấy chứng nhận",
    "Giấy đi đường", "Giấy biên nhận hồ sơ", "Giấy nghỉ phép", "Giấy giới thiệu", "Giấy ủy quyền"})  # fmt: skip
_NAMED = 0.7  # confidence of a number that only the name of the file says
_FEW_LETTERS = 60  # on a scan with a seal: its words could not be read

# What each sign adds to the confidence that a text with a number of its own is an issuance.
_WEIGHTS = {
    Sign.NUMBER: 0.30,
    Sign.MOTTO: 0.15,
    Sign.DATE: 0.15,
    Sign.SIGNATURE: 0.15,
    Sign.AGENCY: 0.10,
    Sign.ADDRESSEE: 0.10,
    Sign.SEAL: 0.10,
    Sign.KIND: 0.05,
}


class Judgement(Value):
    """What a text is, and the document in it (None for OTHER)."""

    nature: Nature
    confidence: float
    document: Document | None = None
    reason: str = ""
    has_head: bool = True  # OTHER: a motto or a number stands above; without them nothing below makes a document of it


def judge(text: Text, *, file: str, is_body: bool = False) -> Judgement:
    """Weigh a text.  A secrecy stamp is looked for first; where there is one, nothing else is read."""
    stamp, line = secrecy_of(text.lines)
    if stamp and line and has_letterhead(text.lines):
        return _secret(stamp, Found(text=line.text, line=line), file)
    speller = Speller(text.lines) if text.scanned else None
    lines = _readable(text, speller)
    head = letterhead_of(lines)
    if not head.number or not head.motto:
        head = heading_of(lines) or head
    if speller:
        head = _respelled(head, speller)
    ending = ending_of(lines, head.ends, shown=text.lines)
    return _Weighing(text, head, ending, file, is_body).judgement()


def _readable(text: Text, speller: Speller | None) -> tuple[Line, ...]:
    """The document's own lines, a scan's letterhead put right."""
    read = reread(text.lines, speller) if speller else text.lines
    lines = without_copy_block(read)
    return without_furniture(lines).lines


def _respelled(head: Letterhead, speller: Speller) -> Letterhead:
    agency = tuple(Found(text=speller.agency(each.text), line=each.line) for each in head.agency)
    return replace(head, agency=agency, subject=speller.respelled(head.subject))


def _with_named_number(head: Letterhead, file: str) -> Letterhead:
    """The number that the name of the file says, where a pen wrote it on the paper."""
    number = head.number
    named = number_in_name(file, number.symbol) if number and not number.number and number.symbol and not number.year else ""
    if not number or not named:
        return head
    at = Found(text=f"tên tệp: {file.rpartition('/')[2]}", line=Line(text=file, place=0, confidence=_NAMED))
    return replace(head, number=replace(number, number=named), number_at=at)


def _secret(stamp: Secrecy, found: Found, file: str) -> Judgement:
    """Nothing but the stamp leaves this function: no number, no subject, no names (Law 29/2018/QH14, article 5)."""
    evidence = Evidence(sign=Sign.SECRECY, words=stamp.upper(), file=file, page=found.line.page, line=found.line.place)
    document = Document(nature=Nature.SECRET, confidence=0.95, secrecy=stamp, evidence=(evidence,))
    return Judgement(nature=Nature.SECRET, confidence=0.95, document=document)


_GROUP_NO_ISSUER = re.compile(r"to (?!cong tac|chuc|cong nghe|bao|hop)")
_MADE_UP = re.compile(r"(?:^|[-/])(?:XYZ|ABC|XXX|AAA)(?:$|[-/])")
_OF_A_GROUP = re.compile(r"-(?:TCM|TO|TỔ)\w*$")


class _Weighing:
    """One text with its upper and lower part."""

    def __init__(self, text: Text, head: Letterhead, ending: Ending, file: str, is_body: bool) -> None:
        self.text, self.head, self.ending, self.file, self.is_body = text, head, ending, file, is_body
        self.copy = copy_of(text.lines)
        self.related = relation_of(head.subject, head.number.number_symbol if head.number else "")
        self.how = TextSource.OCR if text.scanned else TextSource.TEXT
        self.stamped = bool(text.stamped_boxes and text.signatures)  # number and day are pictures of signature boxes
        # A blank on a scan was filled by hand when that can be seen, or when seal or signature say that the paper is final;
        # unread pages may have them.
        self.by_hand = text.scanned and bool(text.marks or text.unread_pages or self._has_written_number)
        if self.by_hand:
            self.head = _with_named_number(self.head, file)
        self.evidence = tuple(self._signs())
        self.found = {each.sign for each in self.evidence}

    def judgement(self) -> Judgement:
        """The nature, in the order in which one excludes the next."""
        if self._is_template():
            return self._judged(Nature.TEMPLATE, 0.9)
        if self._is_other():
            return self._other()
        if self._is_draft():
            return self._judged(Nature.DRAFT, 0.9 if self.head.draft or not self._number else 0.7)
        if self._is_copy():
            return self._judged(Nature.COPY, 0.85)
        confidence = self._confidence()
        return self._judged(Nature.ISSUED, confidence) if self._is_issued() and confidence >= 0.5 else self._other()

    # --- natures ---

    @property
    def _number(self) -> str:
        return self.head.number.number_symbol if self.head.number else ""

    @property
    def _begun(self) -> bool:
        return bool(self.head.motto or self.head.number)

    @property
    def _has_written_number(self) -> bool:
        """Something stands where the number should, and it is no print."""
        at = self.head.number_at
        return at is not None and at.line.agreed and HANDWRITTEN in at.text

    @property
    def _has_head(self) -> bool:
        return bool(self.head.motto or self.head.agency)

    def _is_template(self) -> bool:
        """Placeholders of a program, or blanks to fill in where a finished text has words."""
        lines = self.text.lines[:400]
        whole = "\n".join(line.text for line in lines)
        if grammar.count_placeholders(whole) >= (5 if self._number or self.is_body else 2):
            return True
        if self._number or self.stamped or self.by_hand or (self.is_body and not self._has_head):
            return False
        blanks = sum(1 for line in lines if grammar.has_blank(line.text))
        return self._is_blank_form(blanks, labels=sum(1 for line in lines if line.text.endswith(":")), of=len(lines))

    def _is_blank_form(self, blanks: int, *, labels: int, of: int) -> bool:
        head, number = self.head, self.head.number
        if head.date_blank and not number and not head.year_printed:
            return True  # "ngày .... tháng .... năm ....": of no year at all
        if blanks and number and number.dotted and not head.agency:
            return True
        if blanks >= 4 and number and (number.dotted or head.date_blank):
            return True
        if head.form and (blanks or number):
            return True
        if blanks and labels >= 6 and labels >= 0.3 * of:
            return True  # "Họ và tên:", "Giới tính:" with nothing behind them
        return blanks >= 3 and blanks >= 0.1 * of

    def _is_draft(self) -> bool:
        """Blank number or date, or the word itself.  Stamped pictures fill blanks; they are no draft."""
        number = self.head.number
        if self.head.draft:
            return True
        if self.stamped or self.by_hand:
            return False
        blank_number = number is not None and not number.number and self._has_head
        blank_date = bool(self._number) and self.head.date_blank and not self.text.signatures
        return blank_number or blank_date

    def _is_other(self) -> bool:
        """Texts that look official and are none of an agency: of a subject group, or with a number that is made up."""
        issuer = fold(self.head.agency[-1].text) if self.head.agency else ""
        number = self.head.number
        if self._regime is Regime.COMPANY and not self.head.motto:
            return True  # a price list, an offer: companies issue nothing
        group = bool(_GROUP_NO_ISSUER.match(issuer) or (number and _OF_A_GROUP.search(number.symbol)))
        made_up = bool(number and _MADE_UP.search(number.symbol))
        return group or made_up

    def _is_copy(self) -> bool:
        """A copy in due form has a number of its own series, or was made by another agency."""
        issuer = self.head.agency[-1].text if self.head.agency else ""
        return bool(self.copy.at and (self.copy.number or self.copy.is_by_another(issuer)))

    def _is_issued(self) -> bool:
        signed, dated = Sign.SIGNATURE in self.found, self.head.on is not None
        if self._number or ((self.stamped or self.by_hand) and self.head.number):
            if self.is_body:
                return self._has_head and (dated or signed)
            if self._has_head:
                return (
                    dated
                    or signed
                    or self.stamped
                    or self.by_hand
                    or bool(self.head.motto and self.head.agency and not self.head.date_blank)
                )
            return dated and (signed or bool(self.head.addressed))
        # Portals and old typists may leave the number out; yet the text says that it was signed, or seal and signature show it.
        said_signed = self.ending.signature.signed or (self.ending.appearance and not self.head.number) or self._is_sealed
        return bool(said_signed and self.head.motto and self.head.agency and dated and self.head.kind and not self.is_body)

    @property
    def _is_sealed(self) -> bool:
        """A scan of something that agencies issue, signed and sealed, whose number was left out."""
        return self.text.scanned and {Sign.SEAL, Sign.SIGNATURE} <= self.found and self.head.kind not in _PRIVATE_KINDS

    def _confidence(self) -> float:
        weight = sum(_WEIGHTS.get(sign, 0.0) for sign in self.found)
        if self._written_bare:
            weight *= 0.8  # no marks at all: typed on a telephone, or read badly
        return round(min(weight, 0.99), 2)

    @property
    def _written_bare(self) -> bool:
        return all(line.text.isascii() for line in self.text.lines[:60])

    def _other(self) -> Judgement:
        few = sum(len(line.text) for line in self.text.lines) < _FEW_LETTERS
        if self.text.scanned and not self._number and (self._may_be_blurred or (few and self.text.marks)):
            return Judgement(nature=Nature.UNREADABLE, confidence=0.7, reason="garbled text")
        near = self._has_head + bool(self._number) + bool(self.ending.signature.name) + 2 * self._is_worded_officially
        return Judgement(nature=Nature.OTHER, confidence=(0.95, 0.85, 0.7, 0.6)[min(near, 3)], has_head=self._begun)

    @property
    def _may_be_blurred(self) -> bool:
        """Something like the motto; and where it was read well, an agency and a kind or a seal beside it."""
        official = self.head.agency and (self.head.kind or self.text.marks)
        return blurred_motto(self.text.lines) and bool(official or not self.head.motto)

    @property
    def _is_worded_officially(self) -> bool:
        """A notice as on a web page: "Căn cứ …", and "./." at the end, without number or signature."""
        lines = [line.text.strip() for line in self.text.lines[:400]]
        return any(fold(line).startswith("can cu ") for line in lines) and any(line.endswith("./.") for line in lines)

    # --- the document ---

    def _judged(self, nature: Nature, confidence: float) -> Judgement:
        head, ending, number = self.head, self.ending, self.head.number
        issuer = head.agency[-1].text if head.agency else ""
        document = Document(
            nature=nature,
            confidence=confidence,
            number=number.number if number else "",
            symbol=number.symbol if number else "",
            number_symbol=self._number,
            kind=self._kind(),
            issuer=issuer,
            superior=head.agency[-2].text if len(head.agency) > 1 else "",
            place=head.place,
            issued_on=head.on,
            subject=head.subject,
            signer=ending.signature.name,
            signer_title=ending.signature.title,
            capacity=ending.signature.capacity,
            urgency=head.urgency,
            addressees=head.addressees or ending.recipients,
            cited=self._cited(),
            copy_form=self.copy.form,
            copy_number=self.copy.number,
            copied_by=self.copy.by,
            regime=self._regime,
            relation=self.related.relation,
            concerns=self.related.concerns,
            evidence=self.evidence,
        )
        return Judgement(nature=nature, confidence=confidence, document=document)

    @property
    def _regime(self) -> Regime:
        return regime_of([each.text for each in self.head.agency], party_head=self.head.party)

    def _kind(self) -> str:
        """The printed title; else "V/v" under the number is a công văn; else what ký hiệu says."""
        if self.head.kind:
            return self.head.kind
        by_symbol = kind_by_symbol(self.head.number.symbol, self.head.on) if self.head.number else ""
        if self.head.is_letter or (self.head.addressed and not by_symbol):
            return LETTER
        return by_symbol

    def _cited(self) -> tuple[str, ...]:
        found = cited_numbers("\n".join(line.text for line in self.text.lines[:600]))
        return tuple(number for number in found if number != self._number)

    # --- the signs ---

    def _signs(self) -> Iterator[Evidence]:
        head, ending, signature = self.head, self.ending, self.ending.signature
        yield from self._show(Sign.MOTTO, head.motto)
        yield from self._show(Sign.AGENCY, head.agency[-1] if head.agency else None)
        filled = self.stamped or self.by_hand
        if head.number and (head.number.number_symbol or filled):
            yield from self._show(Sign.NUMBER, head.number_at, 1.0 if head.number.number_symbol else 0.6)
        if head.on or (filled and head.date_blank):
            yield from self._show(Sign.DATE, head.date_at, 1.0 if head.on else 0.6)
        yield from self._show(Sign.KIND, head.kind_at)
        yield from self._show(Sign.SUBJECT, head.subject_at)
        yield from self._show(
            Sign.SIGNATURE, signature.name_at or signature.signed or ending.appearance, 1.0 if signature.name_at else 0.8
        )
        yield from self._drawn("signature", Sign.SIGNATURE, "chữ ký trên trang")
        yield from self._seal()
        yield from self._drawn("seal", Sign.SEAL, "con dấu trên trang")
        yield from self._show(Sign.ADDRESSEE, head.addressed or ending.recipients_at)
        if self.related.relation is not Relation.NONE:
            yield from self._show(Sign.RELATION, head.subject_at)
        yield from self._show(Sign.URGENCY, head.urgency_at)
        yield from self._show(Sign.DRAFT, head.draft)
        if head.number and not head.number.number and not filled:
            yield from self._show(Sign.DRAFT, head.number_at)
        yield from self._show(Sign.TEMPLATE, head.form)
        yield from self._show(Sign.COPY, self.copy.at)

    def _seal(self) -> Iterator[Evidence]:
        if self.text.signatures:
            words = self.ending.appearance.text if self.ending.appearance else f"{self.text.signatures} chữ ký số trong tệp"
            line = self.ending.appearance.line if self.ending.appearance else None
            yield Evidence(
                sign=Sign.SEAL,
                words=words[:_WORDS],
                file=self.file,
                page=line.page if line else 0,
                line=line.place if line else 0,
                confidence=0.8,  # that it is there; whether it is intact is not asked here
            )

    def _drawn(self, what: str, sign: Sign, words: str) -> Iterator[Evidence]:
        """The seals or pen strokes that were found in the pictures of the pages."""
        for mark in self.text.marks:
            if mark.what == what:
                yield Evidence(
                    sign=sign,
                    words=words,
                    file=self.file,
                    page=mark.page,
                    how=TextSource.OCR,
                    confidence=mark.confidence,
                    box=mark.box,
                )

    def _show(self, sign: Sign, found: Found | None, confidence: float = 1.0) -> Iterator[Evidence]:
        if found:
            yield Evidence(
                sign=sign,
                words=found.text[:_WORDS],
                file=self.file,
                page=found.line.page,
                line=found.line.place,
                how=TextSource.OCR if found.line.agreed else self.how,
                confidence=min(confidence, found.line.confidence),
                box=found.line.box,
            )
