"""How số/ký hiệu are written: "45/BC-THCSLL" and all that real writers do beside the rule.  Pure.

Decree 30/2020/NĐ-CP, appendix I, part II, clause 3; number lines of Party documents by Guidance 36-HD/VPTW.
"""

from __future__ import annotations

import re

from gateway.documents.vietnamese import Squeezed, plain_symbol
from gateway.model import Value


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
    if "so" not in flat.fold and "s6" not in flat.fold:  # most lines; to look for the pattern takes ten times as long
        return None
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


_ALONE = re.compile(r"\s*(\d{1,6})\s*(?:$|\t| {3})")


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
    if has_colon and (alone := _ALONE.match(rest)):
        return NumberLine(number=alone[1], end=offset + alone.end(1))
    return None


_BETWEEN_GROUPS = re.compile(r"[-/]")


def _whole_symbol(rest: str, symbol: str, end: int) -> tuple[str, int]:
    """Ký hiệu without its spaces, with letters that a bad font has torn off put back."""
    symbol = "".join(symbol.split())
    while len(_BETWEEN_GROUPS.split(symbol)[-1]) <= 3 and (torn := _TORN.match(rest, end)):
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
