"""How the fixed parts of a document are written: each pattern under its clause.  Pure.

Clauses are those of Decree 30/2020/NĐ-CP, appendix I, part II; what real writers do beside the rule is said there as well.
Patterns work on one line; where things stand is the business of letterhead.py and ending.py.  Numbers, dates and
persons have modules of their own: number_line.py, date_line.py, persons.py.
"""

from __future__ import annotations

import re

from gateway.documents.vietnamese import fold

# --- Box 1, clause 1: Quốc hiệu and Tiêu ngữ --------------------------------------------------------------------------
# Matched squeezed and folded: it is typed HÒA and HOÀ, with every dash, broken over two lines, or with letters lost.

MOTTO = re.compile(r"congh?o?a?.?xahoi.?chungh?i?.?.?viet.?na?.?m?|doclap[-.–~]*tudo[-.–~]*hanhphuc")
PARTY_MOTTO = re.compile(r"dangcongsanvietnam")  # Guidance 36-HD/VPTW, 2018: Party documents bear this instead
MOTTO_BEGINS = re.compile(r"congh?oa?xahoi(?:chunghia)?$|^congh?oa$|^cong$")  # the cell was too narrow: "… / VIỆT NAM"

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
    heads = ["".join(words[:count]) for count in (1, 2, 3, 4)]
    return any(head and _AGENCY.fullmatch(head) for head in heads)


# --- Box 5, clause 5; box 9a, clause 9 --------------------------------------------------------------------------------

SUBJECT = re.compile(r"(?:^|(?<=[\t|(])|(?<=   ))\s*\(?(?:V\s*/\s*[vV]|Vv|VV)\s*[:.]?\s*(?=\S)|^\s*(?:Về việc|VỀ VIỆC)\s*:?\s*")
ADDRESSED = re.compile(r"^[\W_]*kinhgui[:.;]*")
BODY_BEGINS = re.compile(
    r"^[-–+*•\d.)]*(?:cancu|thuchien(?!de)|theodenghi|xetdenghi|dieu1[.:]|chuong[i1]\b|phan[i1](?:[.:]|$)|[i1][.)/][a-z]|chieutheo|nhamthuchien|"
    r"tiepnhan|phuchopvoi|duocsu|hiennay|trongthoigian|homnay)"
)
RULE = re.compile(r"^[\s\-–—_=*~.:|+─━]+$")  # a line of dashes under a title

# --- Box 9b, clause 9: copies -------------------------------------------------------------------------------------------

RECIPIENTS = re.compile(r"^[\W_]*noinhan[:.;]*")
THE_END = re.compile(r"\./\.?\s*$|\.\s?/\s?-\s*$|[^/]/\.\s*$")

# --- What makes a draft, a template, a copy ------------------------------------------------------------------------------

DRAFT_MARK = re.compile(r"^[\W_]*(?:ban)?du?thao(?:lan\w{1,6}|\d{1,3}|v\d|vong\d|ngay[\d/.-]+|\([\w/.-]+\))*[\W_]*$|^banthao$")
_PLACEHOLDER = re.compile(
    r"\{\{.{1,60}?\}\}|<<\w{1,40}>>|«\w{1,40}»|\$\{\w{1,40}\}|\[(?:onshow|data|block)\b[^\]]{0,60}\]|\bMERGEFIELD\b"
)
_BLANKS = re.compile(r"\.{5,}|(?:…\s?){2,}|…\.+|_{4,}|(?:\. ){5,}")
FORM_HEAD = re.compile(r"^[\W_]*(?:mauso|bieumau|maubieu|mau\d|bieuso|phuluc\w{0,4}mau)")
COPY_MARK = re.compile(r"^[\W_]*(?:saoy(?:banchinh|tubanchinh|bansao)?|saoluc|trichsao|bansaoy?)[\W_]*(?:$|(?=so:?\d))")
COPY_NUMBER = re.compile(r"(?<!\w)\d{1,5}\s*[/-]\s*(?:SY|SL|TrS|TS|SYBC)\s*[-/]\s*[\w&.]+")


def count_placeholders(text: str) -> int:
    """Placeholders of a program: "{{ten}}", "<<so>>", "MERGEFIELD"."""
    # Searches for plain letters cost a hundredth of a search for the pattern; nearly every text has none of them.
    if not any(mark in text for mark in ("{{", "<<", "«", "${", "[", "MERGEFIELD")):
        return 0
    return len(_PLACEHOLDER.findall(text))


def has_blank(line: str) -> bool:
    """Dots or dashes to write on."""
    if "..." in line or "…" in line or "__" in line or ". ." in line:
        return _BLANKS.search(line) is not None
    return False
