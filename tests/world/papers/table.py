"""Hundreds of cases: papers and look-alikes, in classes, each as the bytes of a file and what is to be read from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from msgspec.structs import replace

from gateway.model import Nature, Relation, Secrecy, Urgency, Value
from tests.world.papers import book, invent, letter, lookalikes, plain, portable, rich, scan, word
from tests.world.papers.paper import Filled, Paper, dice
from tests.world.papers.sheet import Sheet, sheet_of


class Case(Value):
    """One file.  ``paper`` is None for look-alikes: then ``natures`` is all that is asked."""

    name: str
    file: str
    make: Callable[[], bytes]
    natures: frozenset[Nature]
    paper: Paper | None = None
    unread: frozenset[str] = frozenset()  # facts that nobody could read there: in a blank, below a secrecy stamp
    bare: bool = False  # typed without marks: facts are compared so


def _issued(name: str, file: str, paper: Paper, make: Callable[[Sheet], bytes], *, bare: bool = False) -> Case:
    sheet = sheet_of(paper)
    unread = set()
    if paper.number_is in (Filled.BY_HAND, Filled.BLANK):
        unread.add("number")
    if paper.day_is in (Filled.BY_HAND, Filled.BLANK):
        unread.add("date")
    return Case(
        name=name,
        file=file,
        make=lambda: make(sheet),
        natures=frozenset({paper.nature}),
        paper=paper,
        unread=frozenset(unread),
        bare=bare,
    )


def texts(encoding: str) -> Iterator[Case]:
    """Plain text in one encoding, in all layouts."""
    for layout in plain.LAYOUTS:
        for n in range(3):
            paper = invent.paper("text", encoding, layout, n)
            make = _text(layout, encoding)
            yield _issued(f"{layout} {n}", "thu.txt", paper, make, bare=encoding == "no marks")


def _text(layout: str, encoding: str) -> Callable[[Sheet], bytes]:
    return lambda sheet: plain.file(sheet, layout=layout, encoding=encoding)


def words(font: str) -> Iterator[Case]:
    """Word files in one kind of font, in all layouts."""
    for layout in word.LAYOUTS:
        for n in range(2):
            yield _issued(f"{layout} {n}", "vb.docx", invent.paper("word", font, layout, n), _word(layout, font))


def _word(layout: str, font: str) -> Callable[[Sheet], bytes]:
    return lambda sheet: word.docx(sheet, layout=layout, font=font)


def riches() -> Iterator[Case]:
    """RTF."""
    for layout in rich.LAYOUTS:
        for font in rich.FONTS:
            for n in range(2):
                yield _issued(f"{layout} {font} {n}", "vb.rtf", invent.paper("rich", layout, font, n), _rich(layout, font))


def _rich(layout: str, font: str) -> Callable[[Sheet], bytes]:
    return lambda sheet: rich.rtf(sheet, layout=layout, font=font)


def pages() -> Iterator[Case]:
    """HTML."""
    for layout in letter.LAYOUTS:
        for n in range(5):
            yield _issued(f"{layout} {n}", "thu.html", invent.paper("html", layout, n), _page(layout))


def _page(layout: str) -> Callable[[Sheet], bytes]:
    return lambda sheet: letter.html(sheet, layout=layout)


def printed() -> Iterator[Case]:
    """PDF with text, written in every order; number and day in print, or in annotations."""
    for order in portable.ORDERS:
        for how in (Filled.PRINTED, Filled.STAMPED):
            for n, face in enumerate(("Serif", "Sans", "Serif")):
                paper = replace(invent.paper("pdf", order, how, n), number_is=how, day_is=how)
                yield _issued(f"{order} {how} {n}", "vb.pdf", paper, _pdf(order, face))


def _pdf(order: str, face: str) -> Callable[[Sheet], bytes]:
    return lambda sheet: portable.pdf(sheet, order=order, face=face)


_FORMATS: dict[str, Callable[[Sheet], bytes]] = {
    "vb.txt": plain.file,
    "vb.docx": word.docx,
    "vb.pdf": portable.pdf,
    "vb.html": letter.html,
}


def variants(seed: object) -> dict[str, Paper]:
    """Papers that are something special."""
    base = invent.paper("variant", seed)
    blank = {"number_is": Filled.BLANK}
    return {
        "blank number": replace(base, **blank),
        "blank day": replace(base, day_is=Filled.BLANK),
        "blank number and date": replace(base, **blank, on=None),
        "draft": replace(base, **blank, on=None, draft="DỰ THẢO"),
        "draft with a number": replace(base, draft="DỰ THẢO lần 2"),
        "confidential": replace(base, secrecy=Secrecy.CONFIDENTIAL),
        "secret": replace(base, secrecy=Secrecy.SECRET),
        "top secret": replace(base, secrecy=Secrecy.TOP_SECRET),
        "urgent": replace(base, urgency=Urgency.URGENT),
        "very urgent": replace(base, urgency=Urgency.VERY_URGENT),
        "flash": replace(base, urgency=Urgency.FLASH),
        "loosely typed": replace(base, tight=False),
        "long dashes": replace(base, joint=" – "),
        "old spelling": replace(base, place=base.place, body=tuple(each.replace("òa", "oà") for each in base.body)),
        "with dashes": replace(base, rule="-------"),
        "with asterisks": replace(base, rule="********"),
        "day without zeros": replace(base, day_form="bare", on=date(2026, 3, 5)),
        "day with slashes": replace(base, day_form="slashes"),
        "number without colon": replace(base, lead="Số"),
        "number in capitals": replace(base, lead="SỐ:"),
        "number with a year": _of_law(seed),
        "spaced title": replace(invent.paper("variant", seed, kind="Quyết định"), spaced_title=True),
        "old symbol": replace(invent.paper("variant", seed, kind="Công văn"), symbol="CV/VP"),
        "without superior": replace(base, superior=""),
        "Sao y": replace(base, copied=invent.copied(seed, form="Sao y")),
        "Trích sao": replace(base, copied=invent.copied(seed, form="Trích sao")),
        "Sao lục": replace(base, copied=invent.copied(seed, form="Sao lục")),
        "party": invent.party_paper("variant", seed),
        "union": invent.union_paper("variant", seed),
        "long": replace(base, body=tuple(each for n in range(9) for each in base.body)),
        "recall": _about(seed, "thu hồi", Relation.RECALL),
        "correction": _about(seed, "đính chính", Relation.CORRECTION),
        "replacement": _about(seed, "thay thế", Relation.REPLACEMENT),
    }


def _of_law(seed: object) -> Paper:
    """A decision that makes law: its number has the year (Decree 34/2016, article 7)."""
    base = invent.paper("law", seed, kind="Quyết định")
    return replace(base, agency="ỦY BAN NHÂN DÂN TỈNH LAM HÀ", superior="", place="Lam Hà", symbol="2026/QĐ-UBND", number="23",
                   enacted_by="ỦY BAN NHÂN DÂN TỈNH LAM HÀ", authority=("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"))  # fmt: skip


def _about(seed: object, verb: str, relation: Relation) -> Paper:
    base = invent.paper("about", seed, kind="Công văn")
    meant = f"{dice('meant', seed).randint(20, 900)}/{base.symbol}"
    return replace(
        base,
        subject=f"{verb} Công văn số {meant} ngày 05 tháng 10 năm 2026",
        relation=relation,
        concerns=meant,
        body=(f"Do có sai sót về kỹ thuật, đơn vị {verb} Công văn số {meant} ngày 05 tháng 10 năm 2026./.",),
    )


def special(kind: str) -> Iterator[Case]:
    """One of ``variants``, in every format."""
    for n, (file, make) in enumerate(_FORMATS.items()):
        yield _issued(f"{kind} {file}", file, variants(n)[kind], make)


def with_annexes() -> Iterator[Case]:
    """A document with an annex behind its signature, full of names and of somebody's number."""
    for n, (file, make) in enumerate(_FORMATS.items()):
        paper = invent.paper("annexed", n)
        whole = Sheet(blocks=(*sheet_of(paper).blocks, *lookalikes.make("annex", n).blocks), paper=paper)
        case = _issued(f"annexed {file}", file, paper, make)
        yield replace(case, make=_bound(make, whole))


def books() -> Iterator[Case]:
    """Workbooks: documents typed into a spreadsheet, and lists that are none."""
    for n in range(4):
        yield _issued(f"book {n}", "vb.xlsx", invent.paper("book", n), book.xlsx)
    for kind in ("annex", "report without number", "form"):
        sheet = lookalikes.make(kind, "book")
        yield Case(
            name=f"{kind} as a book", file="so lieu.xlsx", make=_bound(book.xlsx, sheet), natures=lookalikes.NATURES[kind]
        )


def harmless(kind: str) -> Iterator[Case]:
    """A look-alike in every format."""
    for file, make in _FORMATS.items():
        sheet = lookalikes.make(kind, file)
        yield Case(name=f"{kind} {file}", file=file, make=_bound(make, sheet), natures=lookalikes.NATURES[kind])


def _bound(make: Callable[[Sheet], bytes], sheet: Sheet) -> Callable[[], bytes]:
    return lambda: make(sheet)


def fast() -> dict[str, list[Case]]:
    """All classes that need no OCR."""
    found = {f"text, {encoding}": list(texts(encoding)) for encoding in plain.ENCODINGS}
    found |= {f"Word, {font}": list(words(font)) for font in word.FONTS}
    found |= {"RTF": list(riches()), "HTML": list(pages()), "PDF": list(printed())}
    found |= {"with an annex": list(with_annexes()), "workbooks": list(books())}
    found |= {kind: list(special(kind)) for kind in variants(0)}
    return found | {kind: list(harmless(kind)) for kind in lookalikes.KINDS}


# --- scans --------------------------------------------------------------------------------------------------------------

_FINAL = {"seal": "red", "is_signed": True}


def scans() -> dict[str, list[Case]]:
    """Classes of scans, each case one page."""
    return {
        "scan in print": [_scanned(n, how, form) for n, (how, form) in enumerate(_MACHINES)],
        "scan, number and day by hand": [_scanned(n, *_MACHINES[n], by_hand=True) for n in (1, 2, 4)],
        "scan with a stamp of arrival": [_scanned(n, how, "pdf", stamped=True) for n, how in enumerate(("office", "one bit"))],
        "scan of several pages": [_marked("grey", "pdf", body=invent.paper("scan").body * 8)],
        "scan of a copy": [_marked("office", "pdf", copied=invent.copied("scan", form="Sao y"))],
        "scan with a stamp of secrecy": [_marked("office", "pdf", secrecy=Secrecy.CONFIDENTIAL)],
        "scan with a stamp of urgency": [_marked("grey", "tiff", urgency=Urgency.URGENT)],
        "scan of a draft": [_draft(n, how) for n, how in enumerate(("office", "one bit"))],
        "scan of a look-alike": [_harmless_scan(kind, how) for kind, how in _LOOKALIKES],
    }


_MACHINES = (
    ("clean", "png"), ("office", "pdf"), ("one bit", "tiff"), ("grey", "pdf"), ("fax", "tiff"), ("photo", "jpg"),
    ("coarse", "pdf"), ("slanted photo", "jpg"), ("dusty", "pdf"), ("sideways", "pdf"), ("upside down", "tiff"),
    ("blurred", "jpg"),
)  # fmt: skip
_LOOKALIKES = (("lesson plan", "office"), ("exam", "one bit"), ("form", "office"), ("application", "photo"), ("praise", "grey"))


def scanned_paper(seed: object, *, by_hand: bool = False, stamped: bool = False) -> Paper:
    """A signed and sealed paper."""
    how = Filled.BY_HAND if by_hand else Filled.PRINTED
    arrived = invent.incoming(seed) if stamped else None
    return replace(invent.paper("scan", seed, by_hand), number_is=how, day_is=how, incoming=arrived, **_FINAL)


def _scanned(n: int, how: str, form: str, *, by_hand: bool = False, stamped: bool = False) -> Case:
    paper = scanned_paper((n, how), by_hand=by_hand, stamped=stamped)
    return _issued(f"{how} {form}", f"scan.{form}", paper, lambda sheet: scan.scan(sheet, how=how, form=form))


def _marked(how: str, form: str, **more: Any) -> Case:
    paper = replace(scanned_paper(sorted(more)), **more)
    return _issued(f"{how} {form}", f"scan.{form}", paper, lambda sheet: scan.scan(sheet, how=how, form=form))


def _draft(n: int, how: str) -> Case:
    paper = replace(invent.paper("scan draft", n), number_is=Filled.BLANK, on=None)
    return _issued(how, "scan.pdf", paper, lambda sheet: scan.scan(sheet, how=how))


def _harmless_scan(kind: str, how: str) -> Case:
    sheet = lookalikes.make(kind, how)
    return Case(
        name=f"{kind} {how}",
        file="scan.pdf",
        make=lambda: scan.scan(sheet, how=how),
        natures=lookalikes.NATURES[kind] | {Nature.UNREADABLE},
    )
