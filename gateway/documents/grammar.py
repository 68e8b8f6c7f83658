"""How số/ký hiệu, dates, names and the other parts of a document are written: each pattern under its clause.  Pure.

Clauses are those of Decree 30/2020/NĐ-CP, appendix I, part II; what real writers do beside the rule is said there as well.
Patterns work on one line; where things stand is the business of letterhead.py and ending.py.
"""

from __future__ import annotations

import re
from datetime import date

from gateway.documents.vietnamese import Squeezed, fold, one_line, plain_symbol, squeezed
from gateway.model import Value

# --- Box 1, clause 1: Quốc hiệu and Tiêu ngữ --------------------------------------------------------------------------
# Matched squeezed and folded: it is typed HÒA and HOÀ, with every dash, broken over two lines, or with letters lost.

MOTTO = re.compile(r"congh?o?a?.?xahoi.?chungh?i?.?.?viet.?na?.?m?|doclap[-.–~]*tudo[-.–~]*hanhphuc")
PARTY_MOTTO = re.compile(r"dangcongsanvietnam")  # Guidance 36-HD/VPTW, 2018: Party documents bear this instead
MOTTO_BEGINS = re.compile(r"congh?oa?xahoi(?:chunghia)?$|^congh?oa$|^cong$")  # the cell was too narrow: "… / VIỆT NAM"

# --- Box 3, clause 3: số, ký hiệu -------------------------------------------------------------------------------------


class NumberLine(Value):
    """The line "Số: 45/BC-THCSLL".  ``number`` is "" when it is a blank; ``dotted`` when ký hiệu itself is one."""

    number: str = ""
    year: str = ""  # normative documents: "115/2004/QĐ-TTg"
    symbol: str = ""
    joint: str = "/"  # Party documents and old ones write "06-HD/TW"
    dotted: bool = False
    end: int = 0  # where the line goes on behind it

    @property
    def number_symbol(self) -> str:
        """As printed, spaces squeezed; "" when number or symbol is missing."""
        if not self.number or not self.symbol:
            return ""
        return f"{self.number}{self.joint}{self.year + '/' if self.year else ''}{self.symbol}"


_KINDS_BEFORE_NUMBER = (
    r"(?:luat|boluat|phaplenh|lenh|nghiquyet|nghidinh|quyetdinh|thongtu|chithi|congvan|congdien|thongbao|vanban)"
)
_NUMBER_WORD = re.compile(rf"{_KINDS_BEFORE_NUMBER}?s[o6](?:hieu)?(?:/no)?[:.;]*(?=[\d.…_/\-–{{\[<]|$|[lio]/|[x]{{1,3}}/)")
_GROUP = r"[^\W_][\w&.]*"
_NUMBER = re.compile(
    rf"\s*(?P<number>\d{{1,6}}[A-Za-z]?)\s*(?P<joint>[/\-])\s*(?:(?P<year>(?:19|20)\d\d)\s*[/\-]\s*)?"
    rf"(?P<symbol>[A-ZĐ][\w&.]*(?:\s*[-/]\s*{_GROUP})*)"
)
_OLD_NUMBER = re.compile(r"\s*(?P<number>\d{1,6})\s+(?P<symbol>[A-ZĐ]{2,10}(?:/[A-ZĐ]{2,10})+)")  # "3925 TM/VP", before 2004
_BLANK = re.compile(
    r"[\s.…_xX]*(?P<joint>[/\-])\s*(?:(?P<year>(?:19|20)?[\d.…_]{1,8})\s*[/\-]\s*)?"
    r"(?P<symbol>(?:[A-ZĐ.…_{\[<(][\w&.…_{}\[\]<>()]*(?:\s*[-/]\s*[\w&.…_{}\[\]<>()]*)*)?)"
)
_TORN = re.compile(
    r"\s+([A-ZĐ]{1,6}(?=[-/])[\w&./-]*|[A-ZĐ]{1,2}(?![\w.]))"
)  # "N Đ-CP", "SGD ĐT-VP": fonts without these letters
_DOTS = re.compile(r"\.{2,}|…|_{2,}|\{\{|\[|<<")


def own_number(line: str, flat: Squeezed) -> NumberLine | None:
    """The number line of a letterhead, if this line is one; its number may be blank.

    Only "Số" with a capital, at the beginning of a line or column, counts: "số 455/SYT-NVD" within a sentence is cited.
    """
    for found in _NUMBER_WORD.finditer(flat.fold):
        start = flat.place(found.start(), end=len(line))
        after_kind = found[0].startswith(("so", "s6")) is False
        if (
            not flat.raw[found.start()].isupper()
            or not _begins_column(line, start)
            or (after_kind and line[:start].strip(" .*|-_\t"))
        ):
            continue  # "BÃI BỎ QUYẾT ĐỊNH SỐ 03/2006/QĐ-…" in a title is cited as well
        rest_at = flat.place(found.end(), end=len(line))
        if number := _number_in(plain_symbol(line[rest_at:]), rest_at, has_colon=":" in found[0]):
            return number
    return None


def _begins_column(line: str, start: int) -> bool:
    before = line[:start]
    if before[-1:].isalnum():
        return False
    return not before.strip(" .*|-_") or before.isupper() or before.endswith(("\t", "   ", "|", "| ", "\t "))


def _number_in(rest: str, offset: int, *, has_colon: bool) -> NumberLine | None:
    if found := _NUMBER.match(rest):
        symbol, end = _whole_symbol(rest, found["symbol"], found.end())
        return NumberLine(
            number=found["number"], year=found["year"] or "", symbol=symbol, joint=found["joint"], end=offset + end
        )
    if found := _OLD_NUMBER.match(rest):
        return NumberLine(number=found["number"], symbol=found["symbol"], joint=" ", end=offset + found.end())
    if found := _BLANK.match(rest):
        symbol = "".join(found["symbol"].split())
        dotted = bool(_DOTS.search(symbol)) or not symbol
        return NumberLine(symbol="" if dotted else symbol, joint=found["joint"], dotted=dotted, end=offset + found.end())
    if has_colon and (not rest.strip() or _DOTS.match(rest.strip())):
        return NumberLine(dotted=bool(_DOTS.search(rest)), end=offset + len(rest))
    if has_colon and (alone := re.match(r"\s*(\d{1,6})\s*(?:$|\t| {3})", rest)):
        return NumberLine(number=alone[1], end=offset + alone.end(1))
    return None


def _whole_symbol(rest: str, symbol: str, end: int) -> tuple[str, int]:
    """Ký hiệu without its spaces, with letters that a bad font has torn off put back."""
    symbol = "".join(symbol.split())
    while len(re.split(r"[-/]", symbol)[-1]) <= 3 and (torn := _TORN.match(rest, end)):
        symbol += torn[1]
        end = torn.end()
    return symbol.rstrip(".-/"), end


CITED = re.compile(
    rf"(?<![\w/-])\d{{1,6}}[A-Za-z]?\s?[/\-]\s?(?:(?:19|20)\d\d[/\-])?[A-ZĐ]{{1,6}}[\w&.]*(?:\s?[-/]\s?{_GROUP})+"
)


def cited_numbers(text: str) -> tuple[str, ...]:
    """Numbers with their symbols anywhere in a text, spaces squeezed, each once, at most fifty."""
    found = ("".join(match[0].split()).rstrip(".-/") for match in CITED.finditer(plain_symbol(text)))
    return tuple(dict.fromkeys(found))[:50]


# --- Box 4, clause 4: place and date ----------------------------------------------------------------------------------


class DateLine(Value):
    """ "Hương Giang, ngày 05 tháng 11 năm 2026"; ``on`` is None when a part of it is blank or impossible."""

    place: str
    on: date | None
    blank: bool
    year: str
    start: int  # where place and date begin in the line
    end: int


_DATE = re.compile(
    r"ngay[.…_:]*(?P<day>\d{0,2})[.…_/,]*thang[.…_:]*(?P<month>\d{0,2})[.…_/,]*nam[.…_:]*(?P<year>\d{4}|\d{2}(?=[.…_]|$)|(?=[.…_]|$))"
)
_SHORT_DATE = re.compile(r"^(?P<place>[^\d]{2,40}),(?:ngay)?(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})$")
_PLACE = re.compile(r"([^\W\d_][\w .'’-]{1,40}?)\s*[,.;:]?\s*$")


def date_line(line: str, flat: Squeezed, *, after: int = 0) -> DateLine | None:
    """Place and date of a letterhead in this line, behind ``after`` (where its number ended)."""
    found = _DATE.search(flat.fold) or _SHORT_DATE.match(flat.fold)
    if not found:
        return None
    word = found.start("day") if found.re is _SHORT_DATE else found.start()
    at = flat.place(word, end=len(line))
    if at < after:
        return None
    before = re.split(r"\t| {3,}(?=\S)", line[after:at])[-1]
    place = _PLACE.search(before)
    on = _day(found["day"], found["month"], found["year"])
    return DateLine(
        place=one_line(place[1]).strip(" ,") if place else "",
        on=on,
        blank=not (found["day"] and found["month"] and len(found["year"]) == 4),
        year=found["year"],
        start=at - len(before) + place.start(1) if place else at,
        end=flat.place(found.end(), end=len(line)),
    )


def short_date(text: str) -> DateLine | None:
    """ "10/10/2003" or "10-10-2003", as databases write it."""
    found = re.match(r"\s*(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})", text)
    if not found:
        return None
    return DateLine(place="", on=_day(found[1], found[2], found[3]), blank=False, year=found[3], start=0, end=found.end())


def _day(day: str, month: str, year: str) -> date | None:
    try:
        return date(int(year), int(month), int(day)) if len(year) == 4 else None
    except ValueError:
        return None


# --- Box 2, clause 2: the agency --------------------------------------------------------------------------------------

_BODY_WORDS = (
    "bo|so|phong|truong|ubnd|uyban|uybannhandan|hdnd|hoidong|hoidongnhandan|cuc|chicuc|tongcuc|vu|vanphong|chinhphu|thutuong|"
    "quochoi|daihoc|hocvien|vien|trungtam|ban|banquanly|congty|tapdoan|tongcongty|nganhang|toaan|vienkiemsat|dangbo|chibo|danguy|"
    "tinhuy|thanhuy|huyenuy|quanuy|thiuy|congdoan|liendoan|tongliendoan|doan|hoi|khoa|khobac|baohiem|thanhtra|benhvien|"
    "nhaxuatban|lienhiep|chutich|nhomtre|mamnon|maugiao|congan|bochihuy|botulenh|quandoan|sudoan|kiemtoan|toasoan|dai|baotang|"
    "thuvien|nhahat|cumthi|to|doi|trunguong|lop|thpt|thcs|tieuhoc|th|quy|xinghiep|hoptacxa|htx|mattran"
)
_AGENCY = re.compile(rf"^(?:{_BODY_WORDS})(?![a-z])", re.ASCII)


def begins_agency(line: str) -> bool:
    """The line begins with a word that names of agencies begin with: "SỞ …", "TRƯỜNG …", "UBND …"."""
    words = [word.strip(".,:*-|") for word in fold(line).split()]
    heads = ("".join(words[:1]), "".join(words[:2]), "".join(words[:4]))
    return any(head and _AGENCY.fullmatch(head) for head in heads)


# --- Box 5, clause 5; box 9a, clause 9 --------------------------------------------------------------------------------

SUBJECT = re.compile(r"(?:^|(?<=[\t|(])|(?<=   ))\s*\(?(?:V\s*/\s*[vV]|Vv|VV)\s*[:.]?\s*(?=\S)|^\s*(?:Về việc|VỀ VIỆC)\s*:?\s*")
ADDRESSED = re.compile(r"^[\W_]*kinhgui[:.;]*")
BODY_BEGINS = re.compile(
    r"^[-–+*•\d.)]*(?:cancu|thuchien(?!de)|theodenghi|xetdenghi|dieu1[.:]|chuong[i1]\b|phan[i1](?:[.:]|$)|[i1][.)/][a-z]|chieutheo|nhamthuchien|"
    r"tiepnhan|phuchopvoi|duocsu|hiennay|trongthoigian|homnay)"
)
RULE = re.compile(r"^[\s\-–—_=*~.:|+─━]+$")  # a line of dashes under a title

# --- Box 7, clause 7: who signs ----------------------------------------------------------------------------------------

_CAPACITY = re.compile(
    r"^(?:(TM|KT|TL|TUQ|Q)\s*[./]|(T\s?/\s?M|K\s?/\s?T|T\s?/\s?L|T\s?/\s?U\s?/\s?Q)[./\s])\s*(?=\S)", re.IGNORECASE
)
_TITLE = re.compile(
    r"^(?:quyen)?(?:pho)?(?:giamdoc|tonggiamdoc|hieutruong|hieupho|chutich|botruong|thutruong|thutuong|chanhvanphong|chanhthanhtra|"
    r"truongphong|truongban|truongkhoa|truongdoan|cuctruong|tongcuctruong|chicuctruong|vutruong|vientruong|chunhiem|tongbithu|bithu|"
    r"thongdoc|totruong|trungtam truong|giamthi|chanhan|tongthanhtra|tongkiemtoan|thuongtruc|giamdocso|khoitruong|doitruong|"
    r"chutichhoidong|phochutichthuongtruc|truongbanchidao|nguoiky|thukyhoidong|dongchutri|chuho|vanphong)".replace(" ", "")
)
SIGNED = re.compile(r"^[\W_]*(?:da)?ky(?:ten|va|,)?(?:dongdau)?[\W_]*$|^[\W_]*daky[\W_]*$")


def capacity_and_title(piece: str) -> tuple[str, str] | None:
    """("KT.", "GIÁM ĐỐC") from "KT. GIÁM ĐỐC", ("", "HIỆU TRƯỞNG") from a title alone; None for anything else."""
    piece = one_line(piece).strip(" *:|")
    if not piece or len(piece) > 90:
        return None
    capacity = ""
    if found := _CAPACITY.match(piece):
        capacity = re.sub(r"[\s/]", "", found[1] or found[2]).upper() + "."
        piece = piece[found.end() :].strip()
    flat = squeezed(piece)
    if capacity and piece[:1].isupper():
        return capacity, piece
    if _TITLE.match(flat) and (piece.isupper() or (len(piece) <= 40 and piece[:1].isupper())):
        return "", piece
    return None


_HONOUR = re.compile(
    r"^(?:(?:GS|PGS|TS|ThS|Th\.S|NGƯT|NGND|BS|KS|CN|LS|(?:Thạc|Tiến) s[ĩỹ]|Ông|Bà|Đ/c|(?:Đại|Thượng|Trung|Thiếu) (?:tướng|tá))"
    r"[.,:]*\s*)+",
    re.IGNORECASE,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SURNAMES = _words(
    """nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly trieu to mai doan dinh trinh cao luong luu ha ta
    thai chau quach kim thach son danh lam truong diep tong ton dam kieu la nong hua van vi quan tang giang luc phung khong chu
    dao ma bach cu an au tu lai nghiem than khuat kha thi ninh lo vuong hau lieu tieu mac on doi sam ksor rmah y h a dieu"""
)
_NOT_NAMES = _words(
    "so truong phong noi nhu luu can cu dieu cong ban hoi van ngay kinh trung tinh huyen xa thanh nam bo vien uy"
)
_AGENCY_IN_CAPITALS = frozenset({"TRƯỜNG", "VỤ", "TỔ", "HỘI", "ĐOÀN", "ĐỘI", "ĐẠI", "BỘ", "BAN", "LỚP"})  # but VŨ, TRƯƠNG, TÔ


def person_name(piece: str) -> str:
    """The typed name of a signer (box 7b), without his academic titles; "" when the piece is no name."""
    piece = _HONOUR.sub("", one_line(piece).strip(" .*|:()"))
    words = piece.split()
    if not 2 <= len(words) <= 6 or not all(re.fullmatch(r"[^\W\d_]+(?:['’-][^\W\d_]+)?", word) for word in words):
        return ""
    first = fold(words[0])
    if first in _NOT_NAMES and first not in _SURNAMES:
        return ""
    if all(word[0].isupper() and word[1:] == word[1:].lower() and len(word) <= 8 for word in words):
        return piece if first in _SURNAMES or len(words) >= 3 else ""
    return piece if piece.isupper() and first in _SURNAMES and words[0] not in _AGENCY_IN_CAPITALS else ""


# --- Box 9b, clause 9: copies -------------------------------------------------------------------------------------------

RECIPIENTS = re.compile(r"^[\W_]*noinhan[:.;]*")
THE_END = re.compile(r"\./\.?\s*$|\.\s?/\s?-\s*$|[^/]/\.\s*$")

# --- What makes a draft, a template, a copy ------------------------------------------------------------------------------

DRAFT_MARK = re.compile(r"^[\W_]*(?:ban)?du?thao(?:lan\w{1,6}|\d{1,3}|v\d|vong\d|ngay[\d/.-]+|\([\w/.-]+\))*[\W_]*$|^banthao$")
PLACEHOLDER = re.compile(
    r"\{\{.{1,60}?\}\}|<<\w{1,40}>>|«\w{1,40}»|\$\{\w{1,40}\}|\[(?:onshow|data|block)\b[^\]]{0,60}\]|\bMERGEFIELD\b"
)
BLANKS = re.compile(r"\.{5,}|(?:…\s?){2,}|…\.+|_{4,}|(?:\. ){5,}")
FORM_HEAD = re.compile(r"^[\W_]*(?:mauso|bieumau|maubieu|mau\d|bieuso|phuluc\w{0,4}mau)")
COPY_MARK = re.compile(r"^[\W_]*(?:saoy(?:banchinh|tubanchinh|bansao)?|saoluc|trichsao|bansaoy?)[\W_]*(?:$|(?=so:?\d))")
COPY_NUMBER = re.compile(r"(?<!\w)\d{1,5}\s*[/-]\s*(?:SY|SL|TrS|TS|SYBC)\s*[-/]\s*[\w&.]+")
