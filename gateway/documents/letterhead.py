"""The upper part of a document: boxes 1 to 5, 9a and 10 of Decree 30/2020/NĐ-CP, appendix I.  Pure.

A letterhead is two columns that readers give in any order: all of the left one first, or both on one line.  So nothing
is expected in a fixed order: every line is searched for motto, number, and place with date, and what is left of it is
agency, title, subject or stamp.  It ends where the text begins ("Kính gửi", "Căn cứ", a long line).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from gateway.documents import grammar
from gateway.documents.date_line import DateLine, date_line
from gateway.documents.kinds import kind_by_title
from gateway.documents.number_line import NumberLine, own_number
from gateway.documents.persons import capacity_and_title
from gateway.documents.stamps import urgency_stamp
from gateway.documents.text import Found, Line, cells
from gateway.documents.vietnamese import fold, has_no_letters, one_line, squeeze, squeezed
from gateway.model import Urgency, Value

SEARCHED = 90  # lines: a portal puts its menu before the document
_NOT_OURS = re.compile(
    r"^[\W_]*(?:nguoiky|kyboi|email|coquan|thoigianky|ngayky|kyten):|^congbao/|^congvanden|^den(?:so|ngay)?:"
)
_NAMED = re.compile(r"\t| {3,}|;")
_SHORTEST = 4  # letters of an agency's name, where an OCR read it
_LONG = 130  # letters: a line of text, not of a letterhead


class Letterhead(Value):
    """What was found; None and () are "not there"."""

    motto: Found | None = None
    party: bool = False
    agency: tuple[Found, ...] = ()  # box 2, one for each agency, the issuer last
    number: NumberLine | None = None
    number_at: Found | None = None
    place: str = ""
    on: date | None = None
    date_blank: bool = False
    year_printed: bool = False
    date_at: Found | None = None
    kind: str = ""
    kind_at: Found | None = None
    subject: str = ""
    subject_at: Found | None = None
    is_letter: bool = False  # the subject stands under the number as "V/v …": a công văn
    addressed: Found | None = None
    addressees: tuple[str, ...] = ()
    draft: Found | None = None
    form: Found | None = None
    urgency: Urgency = Urgency.NORMAL
    urgency_at: Found | None = None
    ends: int = 0  # index of the first line of the text


def letterhead_of(lines: Sequence[Line]) -> Letterhead:
    """Read the letterhead at the beginning of a text."""
    reader = _Reader(lines[:SEARCHED])
    return reader.read()


class _Reader:
    """Goes through the lines once; every method takes one kind of thing out of what is left of a line."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = _with_kinh_gui(lines)
        self.head = Letterhead()
        self.agencies: list[Found] = []
        self.taken_to = -1  # index of a line that was read together with the one before it
        self.collecting = ""  # "subject" after V/v, "title" after the name of a kind, "addressees" after Kính gửi

    def read(self) -> Letterhead:
        ends = len(self.lines)
        for index, line in enumerate(self.lines):
            if self._text_begins(index, line):
                ends = index
                break
            if index > self.taken_to:
                self._take(index, line)
        self._set(ends=ends, agency=self._agency(), subject=one_line(self.head.subject).strip(" .:-_*"))
        return self.head

    def _set(self, **changes: object) -> None:
        self.head = replace(self.head, **changes)

    @property
    def _anchored(self) -> bool:
        return bool(self.head.motto or self.head.number)

    # --- where the text begins ---

    def _text_begins(self, index: int, line: Line) -> bool:
        flat = squeezed(line.text)
        if grammar.ADDRESSED.match(flat):
            return False
        if not self._anchored:
            return False
        if grammar.BODY_BEGINS.match(flat) and not (self.collecting == "title" and not self.head.subject and line.centred):
            return not self._number_still_follows(index)
        if self.collecting == "addressees":
            return not (
                line.text.lstrip().startswith(("-", "+", "•", "|")) or len(self.head.addressees) == 0 or line.text[:1].islower()
            )
        long = len(line.text) > _LONG and not line.text.isupper() and not line.centred and not self._has_anchor(line)
        return long and not self._is_subject(line)

    def _number_still_follows(self, index: int) -> bool:
        """Text boxes come in any order: a number line may stand a few lines further down."""
        if self.head.number:
            return False
        return any(self._number(line) for line in self.lines[index : index + 6])

    def _has_anchor(self, line: Line) -> bool:
        flat = squeeze(line.text)
        return bool(grammar.MOTTO.search(flat.fold) or own_number(line.text, flat) or date_line(line.text, flat))

    def _is_subject(self, line: Line) -> bool:
        return bool(grammar.SUBJECT.match(line.text)) or (self.collecting == "title" and not self.head.subject)

    # --- one line ---

    def _take(self, index: int, line: Line) -> None:
        flat = squeeze(line.text)
        if not flat.fold or _NOT_OURS.match(flat.fold):
            return
        if grammar.ADDRESSED.match(flat.fold):
            self._begin_addressees(line, line.text)
            return
        if grammar.RULE.match(line.text):
            if self.collecting == "title" and self.head.subject:
                self.collecting = ""
            return
        rest = self._without_motto(index, line)
        rest = self._without_number(index, line, rest)
        rest = self._without_date(line, rest)
        for cell in cells(rest):
            self._take_cell(index, line, cell.strip(" |"))

    def _take_cell(self, index: int, line: Line, cell: str) -> None:
        if not self.collecting and has_no_letters(cell):
            return  # most cells of a table
        flat = squeezed(cell)
        if not flat.strip("-_*.:/,"):
            return
        if grammar.ADDRESSED.match(flat):
            self._begin_addressees(line, cell)
        elif stamp := urgency_stamp(cell):
            self._set(urgency=stamp, urgency_at=Found(text=cell, line=line))
        elif grammar.DRAFT_MARK.match(flat) and (not self.collecting or self.collecting == "subject"):
            self._set(draft=self.head.draft or Found(text=cell, line=line))
        elif grammar.FORM_HEAD.match(flat) and not self.head.kind:
            self._set(form=self.head.form or Found(text=cell, line=line))
        elif found := grammar.SUBJECT.match(cell):
            self._take_subject(index, line, cell, found)
        elif self.collecting == "addressees":
            self._set(addressees=(*self.head.addressees, one_line(cell).strip(" -+•;.,")))
        elif not self._take_title(line, cell):
            self._continue(index, line, cell)

    # --- boxes 1, 3, 4 ---

    def _without_motto(self, index: int, line: Line) -> str:
        flat = squeeze(line.text)
        rest = line.text
        for pattern in (grammar.PARTY_MOTTO, grammar.MOTTO):
            for found in reversed(list(pattern.finditer(flat.fold))):
                if not flat.raw[found.start()].isupper():
                    continue
                start, end = flat.place(found.start(), end=len(rest)), flat.at[found.end() - 1] + 1
                party = self.head.party or (pattern is grammar.PARTY_MOTTO and not self.head.motto)
                self._set(motto=self.head.motto or Found(text=line.text[start:end], line=line), party=party)
                rest = rest[:start] + "\t" + rest[end:]
        if rest == line.text and grammar.MOTTO_BEGINS.search(flat.fold) and index + 1 < len(self.lines):
            following = squeezed(self.lines[index + 1].text)
            if following.startswith(("vietnam", "nam", "hoaxahoi", "chunghiavietnam")):
                self.taken_to = index + 1
                self._set(motto=self.head.motto or Found(text=line.text, line=line))
                at = flat.fold.rfind("cong")
                return line.text[: flat.place(at, end=0)] if at >= 0 else ""
        return rest

    def _number(self, line: Line) -> NumberLine | None:
        number = own_number(line.text, squeeze(line.text))
        return number if number and (number.symbol or number.number or self.head.motto) else None

    def _without_number(self, index: int, line: Line, rest: str) -> str:
        if self.head.number and self.head.number.number_symbol:
            return rest
        if index and _announces_citation(self.lines[index - 1].text) and not self.head.motto:
            return rest
        number = own_number(rest, squeeze(rest))
        if number and not number.symbol and not number.dotted and (joined := self._with_next_line(index, line, rest)):
            number, self.taken_to = joined, index + 1
        if number is None or not (number.symbol or self.head.motto or self.agencies):
            return rest
        self._set(number=number, number_at=Found(text=one_line(rest[: number.end]), line=line))
        before = _BEFORE_NUMBER.split(rest[: number.end])[0]
        return before + "\t" + rest[number.end :]

    def _with_next_line(self, index: int, line: Line, rest: str) -> NumberLine | None:
        """ "Số:" in one line, "1228/THPT" in the next: narrow cells."""
        if index + 1 >= len(self.lines):
            return None
        joined = f"{rest} {self.lines[index + 1].text}"
        number = own_number(joined, squeeze(joined))
        return number if number and number.number_symbol else None

    def _without_date(self, line: Line, rest: str) -> str:
        found = date_line(rest, squeeze(rest))
        if found is None or (self.head.on and not self.head.date_blank) or not self._dates_letterhead(found, rest):
            return rest
        if self.head.date_blank and self.head.kind:
            return rest  # below the title only what the text cites has a date
        self._set(
            place=found.place,
            on=found.on,
            date_blank=found.blank,
            year_printed=bool(found.year),
            date_at=Found(text=one_line(rest[found.start : found.end]), line=line),
        )
        return rest[: found.start] + "\t" + rest[found.end :]

    def _dates_letterhead(self, found: DateLine, line: str) -> bool:
        """A place before it and nothing behind it; or the line under a title that names number and date."""
        behind = line[found.end :].strip(" .\t|")
        return not behind or behind.isupper() or bool(found.place and len(behind) < 30)

    # --- boxes 2, 5, 9a ---

    def _take_title(self, line: Line, cell: str) -> bool:
        above = self._anchored or self.agencies or self.head.date_at
        if self.head.kind or not above:
            return False
        kind, rest = kind_by_title(cell)
        if (
            not kind
            or (rest and not cell.isupper() and not rest.startswith("cua"))
            or not cell[:1].isupper()
            or len(cell) > 160
        ):
            return False
        self._set(kind=kind, kind_at=Found(text=cell, line=line))
        self.collecting = "title"
        words = one_line(cell).split()
        if rest and not rest.startswith(("cua", "so")):
            named = "" if rest.startswith("va") else kind  # "QUY ĐỊNH VÀ HƯỚNG DẪN": all of it says what it is about
            self._begin_subject(line, " ".join(words[len(named.split()) :]), is_letter=False)
        return True

    def _take_subject(self, index: int, line: Line, cell: str, found: re.Match[str]) -> None:
        """ "V/v …" under the number is a công văn's; under a title "Về việc …" is part of what it is about."""
        titled = self.collecting == "title"
        if titled and self.head.subject:
            self._continue_title(index, line, cell)
        else:
            short = squeezed(found[0]).startswith(("v/v", "vv", "(v"))
            self._begin_subject(line, cell[found.end() :] if short or not titled else cell, is_letter=not titled)

    def _begin_subject(self, line: Line, text: str, *, is_letter: bool) -> None:
        if self.head.subject:
            return
        self._set(subject=text.strip(" ()"), subject_at=Found(text=one_line(text), line=line), is_letter=is_letter)
        self.collecting = "subject" if is_letter else "title"

    def _continue(self, index: int, line: Line, cell: str) -> None:
        """What is left of a line: the subject goes on, or it names an agency."""
        if self.collecting == "subject" and self._goes_on(line, cell):
            self._set(subject=f"{self.head.subject} {cell}")
        elif self.collecting == "title":
            self._continue_title(index, line, cell)
        elif not self.collecting and len(cell) < 110 and (cell.isupper() or grammar.begins_agency(cell)):
            name = one_line(cell).strip("*_|").removeprefix("- ").strip()
            two = _SECOND_AGENCY.match(name)
            self.agencies += [
                Found(text=part, line=line) for part in (two.groups() if two and not _unfinished(two[1]) else (name,))
            ]

    def _goes_on(self, line: Line, cell: str) -> bool:
        subject_line = self.head.subject_at.line.place if self.head.subject_at else 0
        return (
            line.place - subject_line < 8
            and not (cell.isupper() and grammar.begins_agency(cell))
            and len(self.head.subject) < 600
        )

    def _continue_title(self, index: int, line: Line, cell: str) -> None:
        subject = self.head.subject
        if not subject:
            if _names_authority(cell, self.agencies):
                return
            self._begin_subject(line, cell, is_letter=False)
            return
        began = self.head.subject_at.line if self.head.subject_at else line
        same_style = cell.isupper() == subject.isupper()
        style = (began.centred or _is_wide(began)) and line.centred and not _SENTENCE.match(cell)
        goes_on = (
            cell[:1].islower()
            or style
            or self._grounds_follow(index)
            or (subject.isupper() and cell.isupper())
            or cell[:1] in "(“"
        )
        if (
            goes_on
            and (same_style or not subject.isupper() or cell.startswith(("về ", "Về ")) or self._grounds_follow(index))
            and len(subject) < 700
            and not _names_authority(cell, self.agencies)
        ):
            self._set(subject=f"{subject} {cell}")
        else:
            self.collecting = "done"

    def _grounds_follow(self, index: int) -> bool:
        """Everything between a title and its closing rule, "Căn cứ" or the authority is what it is about."""
        for ahead, line in enumerate(self.lines[index : index + (2 if self._leaves_the_middle(index) else 6)]):
            flat = squeezed(line.text)
            if ahead == 1 and grammar.BODY_BEGINS.match(flat):
                return not self.lines[index].text.rstrip().endswith((".", ";", ":"))
            if (
                grammar.RULE.match(line.text)
                or flat.startswith(("cancu", "-cancu"))
                or _names_authority(line.text, self.agencies)
            ):
                return True
            if len(line.text) > _LONG or _SENTENCE.match(line.text) or grammar.ADDRESSED.match(flat):
                return False
        return False

    def _leaves_the_middle(self, index: int) -> bool:
        """On a page whose places are known: the title stood in the middle, and this line begins like a paragraph."""
        began, line = self.head.subject_at, self.lines[index]
        return bool(
            began and began.line.centred and began.line.box and line.box and not line.centred and line.text[:1].isupper()
        )

    def _begin_addressees(self, line: Line, text: str) -> None:
        flat = squeeze(text)
        found = grammar.ADDRESSED.match(flat.fold)
        rest = text[flat.place(found.end(), end=len(text)) :] if found else ""
        named = tuple(one_line(cell).strip(" -+•;.,:") for cell in _named(rest) if cell.strip(" -:.…_"))
        self._set(addressed=Found(text=one_line(text), line=line), addressees=named)
        self.collecting = "addressees"

    def _agency(self) -> tuple[Found, ...]:
        """Lines of box 2 put together: a line that begins like an agency begins a new one, others go on with the last."""
        limit = (
            self.head.number_at.line.place
            if self.head.number_at
            else (self.head.kind_at.line.place if self.head.kind_at else 10**9)
        )
        joined: list[Found] = []
        for found in self.agencies:
            specks = found.line.confidence < 1 and sum(map(str.isalpha, found.text)) < _SHORTEST
            if specks or not found.text.strip("-:=&0* ") or _ENGLISH.search(found.text):
                continue
            if (
                joined
                and (not grammar.begins_agency(found.text) or _unfinished(joined[-1].text))
                and found.line.place <= limit + 2
            ):
                joined[-1] = Found(text=f"{joined[-1].text} {found.text}", line=joined[-1].line)
            elif grammar.begins_agency(found.text) and (found.line.place <= limit + 1 or not joined):
                joined.append(found)
        return tuple(joined[-3:])


# "SCHOOL OF FOREIGN LANGUAGES" under the Vietnamese name: no line of the agency's own.
_ENGLISH = re.compile(
    r"^(?=[ -~]+$).*\b(?:OF|AND|UNIVERSITY|SCHOOL|DEPARTMENT|MINISTRY|COLLEGE|INSTITUTE|FACULTY|COMMITTEE|CENTER|CENTRE)\b"
)
# "UBND TỈNH … SỞ …" in one line: the second agency begins behind a first one that is finished.
_SECOND_AGENCY = re.compile(r"^((?:BỘ|UBND|ỦY BAN|UỶ BAN|SỞ|PHÒNG|ĐẠI HỌC) .{4,60}?) ((?:TRƯỜNG|SỞ|PHÒNG GIÁO|PHÒNG GD).{4,})$")
# Words that begin the first sentence of a text, where an earlier line still belonged to the title.
_SENTENCE = re.compile(r"(?:Để|Nhằm|Theo|Trong|Qua|Sau|Hiện|Nay|Hôm|Vừa|Được|Tôi|Chúng|Thừa|Từ|Tiếp|Trên) ")
_BEFORE_NUMBER = re.compile(
    r"(?i)(?:(?:(?:bộ )?luật|nghị quyết|(?:pháp )?lệnh|nghị định|quyết định|thông tư|chỉ thị)\s+)?\bs\s?[ốôóo6]\s*[:.;]?"
)
_UNFINISHED = re.compile(
    r"(?:\bVÀ|[-,]|^(?:TRƯỜNG|SỞ|PHÒNG|BỘ|UBND|CỤC|TỔNG CỤC|BAN|HỘI ĐỒNG|HỘI ĐỒNG THI|TRUNG TÂM|VIỆN|ĐẠI HỌC|HỌC VIỆN|"
    r"VĂN PHÒNG|BAN CHỈ ĐẠO|BAN QUẢN LÝ|BAN CHẤP HÀNH|ỦY BAN|UỶ BAN|ỦY BAN THƯỜNG VỤ))$"
)


def _with_kinh_gui(lines: Sequence[Line]) -> list[Line]:
    """ "Kính" / "gửi: …" in a narrow cell: put together in the second line."""
    joined = list(lines)
    for index in range(1, len(joined)):
        if squeezed(joined[index - 1].text) == "kinh" and squeezed(joined[index].text).startswith("gui"):
            line = joined[index]
            joined[index] = Line(text=f"Kính {line.text}", place=line.place, page=line.page, centred=line.centred)
            joined[index - 1] = Line(text="-", place=line.place - 1, page=line.page)
    return joined


def _is_wide(line: Line) -> bool:
    """Too long a line to tell whether it is centred."""
    return line.box is not None and line.box.right - line.box.left > 0.6


def _unfinished(agency: str) -> bool:
    return bool(_UNFINISHED.search(agency.strip()))


def _names_authority(cell: str, agencies: Sequence[Found]) -> bool:
    """ "GIÁM ĐỐC SỞ GIÁO DỤC VÀ ĐÀO TẠO" between subject and grounds of a decision: who decides, not what about."""
    flat = squeezed(cell)
    box = "".join(squeezed(found.text) for found in agencies)
    if len(flat) > 8 and flat in box and sum(letter.isupper() for letter in cell) > 4:
        return True  # capitals of old fonts come out mixed: "ủY BAN NHÂN DÂN THÀNH PHỐ Cần Thơ"
    if not cell.isupper():
        return False
    if capacity_and_title(cell) and not cell.startswith("VĂN PHÒNG"):
        return True
    return any(flat == squeezed(found.text) or (len(flat) > 12 and squeezed(found.text).startswith(flat)) for found in agencies)


_CITES = re.compile(r"(?:quyet dinh|cong van|thong tu|nghi dinh|ke hoach|to trinh|thong bao|kem theo|van ban|nghi quyet)\s*$")


def _announces_citation(line: str) -> bool:
    return bool(_CITES.search(fold(line).rstrip(" (")))


def _named(addressed: str) -> list[str]:
    """Those to whom a document is addressed, one behind the other; most lines name one, or are long and no such list."""
    several = ";" in addressed or "\t" in addressed or "   " in addressed
    return _NAMED.split(addressed) if several else [addressed]
