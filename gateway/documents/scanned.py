"""The upper part of a scan, read again where an OCR went wrong: motto, "Số:", date, title, "V/v", urgency.  Pure.

Only the fixed words of a letterhead are put right, those that every document has.  What somebody wrote by hand into number
and date comes out of an OCR as rubbish: it becomes "…", which says that something stands there that nobody could read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from gateway.documents import grammar
from gateway.documents.furniture import changed
from gateway.documents.kinds import ABBREVIATIONS, TITLES
from gateway.documents.likeness import distance, place_of
from gateway.documents.respelling import Speller
from gateway.documents.text import Line
from gateway.documents.vietnamese import is_capitals, plain_symbol, squeeze, squeezed

SEARCHED = 45  # lines
_DOUBTFUL = 0.65  # confidence of a line below which digits are not believed
_SURE = 0.85  # above it ký hiệu is left as it was read
_NOISE = 0.45
_FRAME = " .,:;'`´ˆ^~_-–—|*°•\"“”"
_PLACE = 45  # letters of a place before a date
_ABOVE = 8  # lines in which the names of the agencies stand

MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MAXIM = "Độc lập - Tự do - Hạnh phúc"
_PARTY = "ĐẢNG CỘNG SẢN VIỆT NAM"
_FIXED = (
    (MOTTO, "conghoaxahoichunghiavietnam", 6, re.compile("vietn|nghia|hoaxa|xahoi|conghoa")),
    (MAXIM, "doclaptudohanhphuc", 5, re.compile("hanh|phuc|doclap|lap.?tu|tudo")),
    (_PARTY, "dangcongsanvietnam", 3, re.compile("congsan|dangcong")),
)


def reread(lines: Sequence[Line], speller: Speller) -> tuple[Line, ...]:
    """Put the letterhead of a scan right; lines below it stay as they are."""
    groups = _groups_in(lines)
    out: list[Line] = []
    for index, line in enumerate(lines):
        if index >= SEARCHED or line.page > 1:
            out.append(line)
            continue
        text = _title_in(line) if _is_noise(line) else _with_motto(line.text)
        if not text:
            continue
        text = _TORN_NUMBER.sub(r"\1 ", text)
        sure = 1.0 if line.agreed else min(line.confidence, line.figures)
        text = "\t".join(_cell(cell, sure, groups) for cell in text.split("\t") if cell.strip())
        if index < _ABOVE:
            name, tab, rest = text.partition("\t")
            is_name = is_capitals(name) and not NUMBER.match(name) and _letters(name) not in TITLES
            text = (speller.agency(name).strip(_FRAME) if is_name else name) + tab + rest
        out.append(line if text == line.text else changed(line, text))
    return tuple(_with_bare_number(out))


def _is_noise(line: Line) -> bool:
    letters = sum(letter.isalnum() for letter in line.text)
    if letters < 3:
        return not grammar.RULE.match(line.text)
    return line.confidence < _NOISE and not NUMBER.match(line.text) and not _DATE.search(squeezed(line.text))


def _title_in(line: Line) -> str:
    """The title of the document, where a stamp beside it spoiled the line."""
    cells = [cell for cell in line.text.split("\t") if _letters(cell) in TITLES or _title(cell)]
    return cells[0] if cells else ""


_NO_LETTERS = re.compile(r"[^a-z]")


def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", squeezed(text))


# --- Box 1 ------------------------------------------------------------------------------------------------------------


def _with_motto(text: str) -> str:
    """Motto and maxim in their own column, spelled as they should be."""
    for words, flat_words, most, hint in _FIXED:
        flat = squeeze(text)
        if not hint.search(flat.fold) or words in text:
            continue
        if (found := place_of(flat_words, flat.fold, most)) and flat.raw[found[0] : found[0] + 1].isupper():
            start, end = flat.place(found[0], end=len(text)), flat.at[found[1] - 1] + 1
            before, behind = text[:start].rstrip(" -_—."), text[end:].lstrip(" -_—.")
            text = "\t".join(part for part in (before, words, behind) if len(part.strip()) > 1)
    return text


# --- One column of a line ---------------------------------------------------------------------------------------------


def _cell(cell: str, confidence: float, groups: frozenset[str]) -> str:
    if (date := DATE_IN.search(cell)) and date.start() < _PLACE and len(cell) - date.end() < 4:
        cell = cell[: date.start()] + _dated(date, confidence) + cell[date.end() :]  # what the text cites stays as it was read
    if (found := NUMBER.match(cell) or _LOST_WORD.match(cell)) and not DOTTED.search(found["symbol"]):
        return _numbered(found, cell, confidence, groups)
    if (found := _VV.match(cell)) and (len(found[0].split()[0]) > 2 or cell[found.end()].islower()):
        return "V/v " + cell[found.end() :]
    if stamp := urgency_in(cell):
        return stamp
    return _title(cell) or cell


# --- Box 3 ------------------------------------------------------------------------------------------------------------

NUMBER = re.compile(
    r"^\W{0,3}[SŠ$][oóòôốồổỗộơớờởõọỏöÓÔỐỒỔO06Öeéẻ]{1,2}\s*[:;.,z⁄]?(?P<cell>.{0,18}?)\s*"
    r"(?:[/⁄∕]|(?P<party>[-–—](?=\s?(?:QĐ|NQ|TB|KH|BC|CT|CTr|TTr|HD|QC|QyĐ|CV|BB|KL|TT|GM)\s?/))|(?<=\d)(?=(?:QĐ|NQ|TB|KH|BC|CT|TTr|HD|GM|NĐ|TT)\s?-))\s*"
    r"(?P<symbol>(?:(?:19|20)\d\d\s*[/⁄∕-]?\s*)?(?=\W*\w*[A-ZĐÐ]{2}|[0O][ĐD])[A-ZĐÐ0][\w&.]*(?:\s*[-–—/]\s*[\w&.]+)*)"
)
# The word "Số" itself may be lost: what remains is rubbish, a slash and a whole ký hiệu, alone in its column.
_LOST_WORD = re.compile(r"^(?P<cell>\S{0,8}\s?\S{0,8})\s*[/⁄∕]\s*(?P<symbol>[A-ZĐ]{2,6}(?:\s?-\s?[A-ZĐ][A-Za-zĐ&]{1,9})+)$")
_TORN_NUMBER = re.compile(r"^(\W{0,3}S[oóôốồổộ6]\s*:?[^\t]{0,8})\t+\s*(?=[/⁄]\s?[A-ZĐ]{2})")
_TWICE_BARRED = re.compile("ĐÐ|ÐĐ")
DOTTED = re.compile(r"[.…_]{3,}")  # "/BC-......": a form to fill in
HANDWRITTEN = "…"
FIGURES = re.compile(r"[0-9]{1,5}[a-hk]?")  # "12a"; an "l" behind figures is a 1 that was read badly


def _numbered(found: re.Match[str], cell: str, confidence: float, groups: frozenset[str]) -> str:
    digits = as_number(found["cell"])
    if not digits and confidence == 1.0 and HANDWRITTEN not in found["cell"]:
        digits = ""  # read several times: nothing stands there
    elif not FIGURES.fullmatch(digits) or confidence < _DOUBTFUL:
        digits = HANDWRITTEN
    symbol, rest = symbol_and_rest(found["symbol"])
    behind = (rest + cell[found.end() :]).strip()
    symbol = _repaired(symbol, groups if confidence < _SURE else frozenset())
    named = "Số {}-{}" if found.groupdict().get("party") else "Số: {}/{}"
    return named.format(digits, symbol) + (f"\t{behind}" if behind else "")


def once_barred(symbol: str) -> str:
    """Ký hiệu in its usual letters; an OCR may give one Đ as two, of different codes.  "KĐĐH" has two of its own."""
    return plain_symbol(_TWICE_BARRED.sub("Đ", symbol))


def symbol_and_rest(symbol: str) -> tuple[str, str]:
    """ "SYT - NVY Kiên Giang": the place of the date may follow without a gap."""
    words = symbol.split(" ")
    kept = [words[0]]
    for word in words[1:]:
        joins = kept[-1].endswith(("-", "–", "/")) or word.startswith(("-", "–", "/"))
        if not joins:
            break
        kept.append(word)
    return "".join(kept), " ".join(words[len(kept) :])


_YEAR_FIRST = re.compile(r"^((?:19|20)\d\d)-?(?=[A-ZĐ])")
_SEPARATORS = re.compile(r"([-/])")


def _repaired(symbol: str, groups: frozenset[str]) -> str:
    """Groups of the symbol that occur nowhere, as the group that the text cites and that differs in one letter."""
    symbol = once_barred(symbol).rstrip(".-/")
    symbol = _YEAR_FIRST.sub(r"\1/", symbol)
    parts = _SEPARATORS.split(symbol)
    for index in range(0, len(parts), 2):
        part = parts[index]
        if index == 0 and part in ("0Đ", "OĐ", "QD", "0D", "QB"):
            parts[index] = "QĐ"
        elif len(part) > 2 and not part.isdigit() and part not in groups and part not in ABBREVIATIONS:
            near = [group for group in groups if len(group) > 2 and distance(part.upper(), group.upper(), 1) <= 1]
            parts[index] = near[0] if len(near) == 1 else part
    return "".join(parts)


_CITED = re.compile(r"(?<=[/-])([A-ZĐ][A-ZĐa-z&]{1,11})(?![a-zà-ỹ])")


def _groups_in(lines: Sequence[Line]) -> frozenset[str]:
    """Groups of the symbols that occur twice in the text."""
    found = _CITED.findall(plain_symbol("\n".join(line.text for line in lines[:400])))
    return frozenset(group for group in set(found) if found.count(group) >= 2)


_BARE_NUMBER = re.compile(r"^\d{1,5}\s?/\s?(?:20\d\d\s?/\s?)?[A-ZĐ]{2,8}\s?-\s?[A-ZĐ][\w&]*(?=\t|$| )")


def _with_bare_number(lines: list[Line]) -> Iterator[Line]:
    """ "11/SYT-VP" alone in its column, where the stamp of a seal or a fold hid the word "Số"."""
    if any(NUMBER.match(cell) for line in lines[:SEARCHED] for cell in line.text.split("\t")):
        return iter(lines)
    return (changed(line, f"Số: {line.text}") if index < 12 and _is_bare(line) else line for index, line in enumerate(lines))


def _is_bare(line: Line) -> bool:
    return bool(_BARE_NUMBER.match(line.text)) and min(line.confidence, line.figures) >= _DOUBTFUL and len(line.text) < 90


# --- Box 4 ------------------------------------------------------------------------------------------------------------

_DATE = re.compile(r"nga[yv].{0,9}th.{0,2}ng.{0,6}n.?m\W{0,2}(?:19|20)\d\d")
DATE_IN = re.compile(
    r"[nN][gq][àaáảâ][yýỳv](?P<day>.{0,10}?)\s?[tT]h[áaảâắăàứôe]{0,2}ng(?P<month>.{0,8}?)\s?n[ăaâắàáeô]{0,2}m\s*[:.,]?\s*"
    r"(?P<year>(?:19|20)[\dlIOoiÌÍỈ|!]{2})(?!\d)"
)
_AS_DIGITS = str.maketrans("lI|!]ÌÍỈìíỉiL[oOÓ", "11111111111111000")


def _dated(found: re.Match[str], confidence: float) -> str:
    day, month = (_number_of(found[part], limit, confidence) for part, limit in (("day", 31), ("month", 12)))
    year = found["year"].translate(_AS_DIGITS)
    if day.isdigit() and month.isdigit() and not _is_day(int(year), int(month), int(day)):
        day = HANDWRITTEN
    return f"ngày {day} tháng {month} năm {year}"


_ONE_OR_TWO_FIGURES = re.compile(r"[0-9]{1,2}")


def _number_of(text: str, limit: int, confidence: float) -> str:
    """Digits, where letters that look like 1 and 0 are taken for them in print; "…" for anything else."""
    digits = as_digits(text)
    believed = _ONE_OR_TWO_FIGURES.fullmatch(digits) and 1 <= int(digits) <= limit and confidence >= _DOUBTFUL
    return digits if believed else HANDWRITTEN


def as_number(text: str) -> str:
    """The number before ký hiệu, letters that look like figures as these, but for a real letter at its end."""
    text = text.strip(" .,:;_'`-|…")
    return as_digits(text) if not FIGURES.fullmatch(text) else text


def as_digits(text: str) -> str:
    """Letters that look like 1 and 0 as these, where a real figure stands beside them: "l1" is 11."""
    text = text.strip(" .,:;_'`-")
    return text.translate(_AS_DIGITS) if any(letter in "0123456789" for letter in text) else text


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


# --- Boxes 5 and 10 -----------------------------------------------------------------------------------------------------

# "V/v", also as "Y/y", "V/w", or what is left of it before a word in small letters: "V triển khai".
_VV = re.compile(r"^\W{0,2}(?:[VYv]\s?[/\]|líi!1\[)⁄]{1,2}\s?[vVYyụwW]\s*[:.]?\s+(?=\S)|[VY][/⁄]?\s(?=[^\W\d_]{2}))")
_URGENT = {"HỎA TỐC": "hoatoc", "THƯỢNG KHẨN": "thuongkhan", "KHẨN": "khan"}


_FRAMES = re.compile(r"^\W*[\[|(]")


def urgency_in(cell: str) -> str:
    """A stamp in its frame: "[nỏA TỐC]" is "HỎA TỐC"."""
    flat = _letters(cell)
    if len(flat) > 12 or len(cell) > 18:
        return ""
    framed = bool(_FRAMES.match(cell))
    for words, letters in _URGENT.items():
        most = 0 if len(letters) < 6 else 2 if framed else 1
        if distance(flat, letters, most) <= most and (framed or is_capitals(cell)):
            return words
    return ""


_SPECKS = re.compile(r"^(?:\W*\w?\W+)+(?=\w{2})")


def _title(cell: str) -> str:
    """The name of a kind in capitals, with at most one letter in five wrong; "" when the cell is none."""
    bare = _SPECKS.sub("", cell.strip()) if len(cell) < 60 else ""
    if not bare or not is_capitals(bare):
        return ""
    flat = _letters(bare)
    if not 5 <= len(flat) <= 24:
        return ""
    if flat in TITLES:
        return bare.replace(",", "") if bare != cell or "," in cell else ""
    most = 1 if len(flat) < 8 else 2
    near = [title for title in TITLES if len(title) > 5 and distance(flat, title, most) <= most]
    best = min(near, key=lambda title: distance(flat, title, most), default="")
    return TITLES[best].upper() if best else ""
