"""Who signs: capacity, title and name as they are typed.  Pure.

Decree 30/2020/NĐ-CP, appendix I, part II, clause 7.
"""

from __future__ import annotations

import re

from gateway.documents.vietnamese import fold, one_line, squeezed

_CAPACITY = re.compile(
    r"^(?:(TM|KT|TL|TUQ|Q)\s*[./]|(T\s?/\s?M|K\s?/\s?T|T\s?/\s?L|T\s?/\s?U\s?/\s?Q)[./\s])\s*(?=\S)", re.IGNORECASE
)
_TITLES = (
    r"(?:giamdoc|tonggiamdoc|hieutruong|hieupho|chutich|botruong|thutruong|thutuong|chanhvanphong|chanhthanhtra|"
    r"truongphong|truongban|truongkhoa|truongdoan|cuctruong|tongcuctruong|chicuctruong|vutruong|vientruong|chunhiem|tongbithu|bithu|"
    r"thongdoc|totruong|trungtam truong|giamthi|chanhan|tongthanhtra|tongkiemtoan|thuongtruc|giamdocso|khoitruong|doitruong|"
    r"chutichhoidong|phochutichthuongtruc|truongbanchidao|nguoiky|thukyhoidong|dongchutri|chuho|vanphong)".replace(" ", "")
)
_TITLE = re.compile(rf"^(?:quyen)?(?:pho)?{_TITLES}")
_MAY_SAY_WHO = re.compile(_TITLES)
_MAY_SAY_FOR_WHOM = re.compile(r"[KMTLQkmtlq]\s*[./]")
SIGNED = re.compile(r"^[\W_]*(?:da)?ky(?:ten|va|,)?(?:dongdau)?[\W_]*$|^[\W_]*daky[\W_]*$")


def may_say_who(line: str) -> bool:
    """Whether capacity_and_title could find something in a piece of this line: a quick no for the thousand rows of a table."""
    return bool(_MAY_SAY_FOR_WHOM.search(line) or _MAY_SAY_WHO.search(squeezed(line)))


_SPACE_OR_SLASH = re.compile(r"[\s/]")


def capacity_and_title(piece: str) -> tuple[str, str] | None:
    """("KT.", "GIÁM ĐỐC") from "KT. GIÁM ĐỐC", ("", "HIỆU TRƯỞNG") from a title alone; None for anything else."""
    piece = one_line(piece).strip(" *:|")
    if not piece or len(piece) > 90:
        return None
    capacity = ""
    if found := _CAPACITY.match(piece):
        capacity = _SPACE_OR_SLASH.sub("", found[1] or found[2]).upper() + "."
        piece = piece[found.end() :].strip()
    if not piece[:1].isupper():
        return None
    if capacity:
        return capacity, piece
    if _TITLE.match(squeezed(piece)) and (len(piece) <= 40 or piece.isupper()):
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


_NAME_PART = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)?")


def person_name(piece: str) -> str:
    """The typed name of a signer (box 7b), without his academic titles; "" when the piece is no name."""
    piece = _HONOUR.sub("", one_line(piece).strip(" .*|:()"))
    words = piece.split()
    if not 2 <= len(words) <= 6 or not all(_NAME_PART.fullmatch(word) for word in words):
        return ""
    first = fold(words[0])
    if first in _NOT_NAMES and first not in _SURNAMES:
        return ""
    if all(word[0].isupper() and word[1:] == word[1:].lower() and len(word) <= 8 for word in words):
        return piece if first in _SURNAMES or len(words) >= 3 else ""
    return piece if piece.isupper() and first in _SURNAMES and words[0] not in _AGENCY_IN_CAPITALS else ""
