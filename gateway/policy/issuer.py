"""Whose document is it?  Compares the header of a document with the organisations of the directory.  Pure.

An issuance is a text of the *sender's own* agency: a school that passes on a circular of the Ministry issues nothing.
Names are compared folded (no marks, no case), with the usual abbreviations written out.  Symbols alone are not enough where
several units share them: every Phòng signs PGDĐT, every Sở SGDĐT.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from gateway.directory.snapshot import Directory, Organisation
from gateway.documents.vietnamese import fold, plain_symbol
from gateway.model import Document, Nature, Sign, Value

# Written out, and without "và": "PGD&ĐT", "Phòng GD-ĐT" and "Phòng Giáo dục và Đào tạo" become the same words.
_WRITTEN_OUT = {
    "gd": "giao duc",
    "dt": "dao tao",
    "gddt": "giao duc dao tao",
    "sgd": "so giao duc",
    "sgddt": "so giao duc dao tao",
    "pgd": "phong giao duc",
    "pgddt": "phong giao duc dao tao",
    "bgddt": "bo giao duc dao tao",
    "ubnd": "uy ban nhan dan",
    "thcs": "trung hoc co so",
    "thpt": "trung hoc pho thong",
    "th": "tieu hoc",
    "mn": "mam non",
    "mg": "mau giao",
    "ptdtnt": "pho thong dan toc noi tru",
    "ptdtbt": "pho thong dan toc ban tru",
    "gdtx": "giao duc thuong xuyen",
    "gdnn": "giao duc nghe nghiep",
    "tp": "thanh pho",
    "tx": "thi xa",
    "va": "",
}
# Symbols that many units have in common; they need a name or a place beside them.
_COMMON_SYMBOL = re.compile(r"[sp]?gd(dt)?")
# Superior bodies that a two-line letterhead may have left in front of the issuer's own name.
_ABOVE = ("uy ban nhan dan", "so giao duc", "phong giao duc", "bo giao duc")
_FEWEST_WORDS = 3  # of an unfinished name: "TRƯỜNG THCS" alone could be anybody


@lru_cache(4096)  # the same bodies and letterheads come again and again: the settings name some, every document one
def comparable(name: str) -> str:
    """A name of an agency for comparison: "Phòng GD&ĐT Cẩm Sơn" is "phong giao duc dao tao cam son"."""
    words = re.findall(r"[a-z0-9]+", fold(name))
    return " ".join(part for word in words if (part := _WRITTEN_OUT.get(word, word)))


@lru_cache(4096)
def symbols_in(number_symbol: str) -> frozenset[str]:
    """The groups of a số/ký hiệu, folded: "409/SGD&ĐT-VP" has "sgddt" and "vp"."""
    groups = re.split(r"[-/]", fold(plain_symbol(number_symbol)))
    return frozenset(found for group in groups if (found := re.sub(r"[^a-z0-9]", "", group)) and not found.isdigit())


class _Header(Value):
    """What the header of a document says about its issuer, comparable."""

    issuer: str
    superior: str
    place: str
    symbols: frozenset[str]


class _Unit(Value):
    """How one unit, and the units merged into it, may call themselves."""

    code: str
    names: frozenset[str]
    symbols: frozenset[str]
    superiors: frozenset[str]


class Issuers:
    """The units of one directory, ready for comparison."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._units = {code: _unit(directory, code) for code in directory.organisations}
        self._by_name: dict[str, list[str]] = {}
        self._by_beginning: dict[str, list[str]] = {}
        self._by_symbol: dict[str, list[str]] = {}
        for unit in self._units.values():
            for name in unit.names:
                self._by_name.setdefault(name, []).append(unit.code)
                for beginning in _beginnings(name):
                    self._by_beginning.setdefault(beginning, []).append(unit.code)
            for symbol in unit.symbols:
                self._by_symbol.setdefault(symbol, []).append(unit.code)

    def is_by(self, document: Document, unit: Organisation) -> bool:
        """Whether the document is one of that unit's own (or of a unit merged into it)."""
        own = self._units[unit.code]
        if document.nature is Nature.COPY:
            return _is_copied_by(document, own)
        header = _header(document)
        if not _is_by(header, own):
            return False
        # Two schools of one name: the full letterhead may be somebody else's.
        return not header.issuer or header.superior in ("", *own.superiors) or not self._is_under_another(header, own)

    def is_named(self, name: str, unit: Organisation) -> bool:
        """Whether a name, of a certificate for example, is that unit's (or of one merged into it)."""
        written = comparable(name)
        return bool(written) and any(_same(written, own) for own in self._units[unit.code].names)

    def unit_of(self, document: Document) -> str:
        """Code of the unit of the directory whose document it is; "" when it is nobody's."""
        header = _header(document)
        for code in self._candidates(header):
            if _is_by(header, self._units[code]):
                return code
        return ""

    def organisation(self, code: str) -> Organisation | None:
        """The unit with that code; None for a code that is unknown or ""."""
        return self._directory.organisation(code)

    def own_symbols(self, unit: Organisation) -> frozenset[str]:
        """The folded symbols of a unit."""
        return self._units[unit.code].symbols

    def knows_symbol(self, symbol: str) -> bool:
        """Whether some unit signs with this folded symbol."""
        return symbol in self._by_symbol

    def _candidates(self, header: _Header) -> Iterable[str]:
        """Units that share a name or symbol with the header; those with the right superior first."""
        codes = {code for name in _beginnings(header.issuer) for code in self._by_name.get(name, ())}
        codes.update(self._by_beginning.get(header.issuer, ()))
        codes.update(code for symbol in header.symbols for code in self._by_symbol.get(symbol, ()))
        return sorted(codes, key=lambda code: (header.superior not in self._units[code].superiors, code))

    def _is_under_another(self, header: _Header, own: _Unit) -> bool:
        return any(
            code != own.code and header.superior in self._units[code].superiors and _is_by(header, self._units[code])
            for code in self._by_name.get(header.issuer, ())
        )


@lru_cache(maxsize=4)
def issuers_of(directory: Directory) -> Issuers:
    """The comparison table of a directory, made once for each snapshot."""
    return Issuers(directory)


def _unit(directory: Directory, code: str) -> _Unit:
    rows = [row for each in directory.lineage(code) for row in directory.history(each)]
    above = [row for superior in {row.superior for row in rows} for row in directory.history(superior)]
    return _Unit(
        code=code,
        names=_names(rows),
        symbols=frozenset(found for row in rows for symbol in row.symbols for found in symbols_in(symbol)),
        superiors=_names(above),
    )


def _names(rows: Iterable[Organisation]) -> frozenset[str]:
    """Whole names only: "Sở Giáo dục và Đào tạo" beside "… Hương Giang" would make every Sở ours."""
    names = {comparable(name) for row in rows for name in (row.name, *row.variants)}
    return frozenset(name for name in names if not any(longer.startswith(name + " ") for longer in names))


def _beginnings(name: str) -> Iterable[str]:
    """The name and its beginnings, the longest first."""
    words = name.split()
    return [" ".join(words[:n]) for n in range(len(words), _FEWEST_WORDS - 1, -1)] or ([name] if name else [])


def _header(document: Document) -> _Header:
    return _Header(
        issuer=comparable(document.issuer),
        superior=comparable(document.superior),
        place=comparable(document.place),
        symbols=symbols_in(document.symbol or document.number_symbol),
    )


def _is_by(header: _Header, unit: _Unit) -> bool:
    has_symbol = not header.symbols.isdisjoint(unit.symbols)
    if not header.issuer:
        return has_symbol and _symbol_is_enough(header, unit)
    return any(_is_name(name, header, unit, has_symbol=has_symbol) for name in unit.names)


def _is_name(name: str, header: _Header, unit: _Unit, *, has_symbol: bool) -> bool:
    issuer = header.issuer
    if _same(issuer, name) or issuer.startswith(name + " "):
        return True
    if issuer.endswith(" " + name):
        return issuer.startswith(_ABOVE)
    if not name.startswith(issuer + " ") or len(issuer.split()) < _FEWEST_WORDS:
        return False
    # "SỞ GIÁO DỤC VÀ ĐÀO TẠO" under "UBND TỈNH HƯƠNG GIANG": the rest of the name stands beside it.
    rest = name.removeprefix(issuer + " ")
    if rest in header.superior or rest in header.place:
        return True
    if header.superior:
        return has_symbol and header.superior in unit.superiors
    return has_symbol and _symbol_is_enough(header, unit)


def _same(issuer: str, name: str) -> bool:
    """Equal but for spaces: PDF fonts without Vietnamese letters break words inside."""
    return issuer == name or issuer.replace(" ", "") == name.replace(" ", "")


def _symbol_is_enough(header: _Header, unit: _Unit) -> bool:
    """Whether a matching symbol says who it is, without the name."""
    shared = header.symbols & unit.symbols
    if not all(_COMMON_SYMBOL.fullmatch(symbol) for symbol in shared):
        return True
    around = [text for text in (header.superior, header.place) if text]
    known = unit.names | unit.superiors
    return all(any(text in name or name.endswith(_locality(text)) for name in known) for text in around)


def _locality(text: str) -> str:
    """The place in "uy ban nhan dan huyen cam son": what follows the word for its rank."""
    return re.sub(
        r"^uy ban nhan dan ", "", re.sub(r"^(uy ban nhan dan )?(tinh|thanh pho|huyen|thi xa|quan|xa|phuong) ", "", text)
    )


def _is_copied_by(document: Document, own: _Unit) -> bool:
    """SAO Y: the copying agency is in the copy's own symbol ("05/SY-THCSLL") or in the words of the copy block."""
    if document.copy_number or document.copied_by:
        by = comparable(document.copied_by)
        return not symbols_in(document.copy_number).isdisjoint(own.symbols) or any(_same(by, name) for name in own.names)
    if not symbols_in(document.symbol or document.number_symbol).isdisjoint(own.symbols):
        return True
    words = " ".join(comparable(e.words) for e in document.evidence if e.sign is Sign.COPY)
    return any(name in words for name in own.names)
