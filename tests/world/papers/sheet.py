"""Where the words of a Paper stand: two columns on top, paragraphs, two columns at the foot (Decree 30/2020, appendix I)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.model import Regime, Secrecy, Urgency, Value
from tests.world.papers.paper import Filled, Paper

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
PARTY = "ĐẢNG CỘNG SẢN VIỆT NAM"
# Around what was not printed with the rest: written by hand, or stamped when the document was signed.
HAND, STAMP, END = "\ue000", "\ue001", "\ue002"


class Row(Value):
    """One line of words."""

    text: str
    bold: bool = False
    italic: bool = False
    align: str = "centre"  # "left", "right", "justify"
    size: float = 13
    boxed: bool = False  # in the red frame of a stamp
    role: str = ""  # "number", "date", "motto" …


class Columns(Value):
    """Two columns side by side."""

    left: tuple[Row, ...]
    right: tuple[Row, ...]
    role: str = ""  # "head", "foot", "copy"


Block = Row | Columns


class Sheet(Value):
    """All of it, from top to bottom."""

    blocks: tuple[Block, ...]
    paper: Paper | None = None  # None: a look-alike


def sheet_of(paper: Paper) -> Sheet:
    """Lay a paper out."""
    return Sheet(blocks=tuple(_blocks(paper)), paper=paper)


def plain(text: str) -> str:
    """Words of formats that know only print: what was written by hand or stamped is a blank there."""
    return re.sub(f"[{HAND}{STAMP}][^{END}]*{END}", "     ", text)


def shown(text: str) -> str:
    """The words as everybody sees them."""
    return re.sub(f"[{HAND}{STAMP}{END}]", "", text)


def _blocks(paper: Paper) -> Iterator[Block]:
    if paper.draft:
        yield Row(text=paper.draft, align="left", italic=True)
    yield Columns(left=tuple(_left(paper)), right=tuple(_right(paper)), role="head")
    yield from _title(paper)
    if paper.addressees and len(paper.addressees) > 1:
        yield Row(text="Kính gửi:", align="left")
        yield from (Row(text=f"- {each};", align="left") for each in paper.addressees[:-1])
        yield Row(text=f"- {paper.addressees[-1]}.", align="left")
    elif paper.addressees:
        yield Row(text=f"Kính gửi: {paper.addressees[0]}")
    if paper.enacted_by:
        yield Row(text=paper.enacted_by, bold=True)
    yield from (Row(text=each, italic=True, align="justify") for each in paper.grounds)
    if paper.enacted_by:
        yield Row(text=f"{paper.kind.upper()}:", bold=True)
    yield from (Row(text=each, align="justify") for each in paper.body)
    yield Columns(left=tuple(_recipients(paper)), right=tuple(_signature(paper)), role="foot")
    if paper.copied is not None:
        yield from _copy(paper)


def _left(paper: Paper) -> Iterator[Row]:
    if paper.superior:
        yield Row(text=paper.superior, size=12)
    yield Row(text=paper.agency, bold=True, size=12)
    if paper.rule:
        yield Row(text=paper.rule)
    if paper.regime is Regime.PARTY:
        yield Row(text="*")
    yield Row(text=_number_line(paper), role="number")
    if paper.kind == "Công văn" and paper.subject:
        yield Row(text=f"V/v {paper.subject}", size=12, role="subject")
    if paper.secrecy is not Secrecy.NONE:
        yield Row(text=paper.secrecy.upper(), bold=True, boxed=True)
    if paper.urgency is not Urgency.NORMAL:
        yield Row(text=paper.urgency.upper(), bold=True, boxed=True)


def _right(paper: Paper) -> Iterator[Row]:
    if paper.regime is Regime.PARTY:
        yield Row(text=PARTY, bold=True, role="motto")
    else:
        yield Row(text=NATION, bold=True, size=12, role="motto")
        yield Row(text=f"Độc lập{paper.joint}Tự do{paper.joint}Hạnh phúc", bold=True, role="motto")
        if paper.rule:
            yield Row(text=paper.rule + paper.rule[:5])
    yield Row(text=_date_line(paper), italic=True, role="date")


def _number_line(paper: Paper) -> str:
    joint = "-" if paper.regime is Regime.PARTY else "/"
    lead = "Số" if paper.regime is Regime.PARTY else paper.lead if paper.tight else "Số :"
    symbol = paper.symbol if paper.tight else paper.symbol.replace("-", " - ")
    joint = joint if paper.tight else f" {joint} "
    return f"{lead} {_filled(paper.number, paper.number_is, '      ')}{joint}{symbol}"


def _date_line(paper: Paper) -> str:
    on = paper.on
    if on is None:
        return f"{paper.place}, ngày      tháng      năm 2026"
    if paper.day_form == "slashes":
        return f"{paper.place}, ngày {on:%d/%m/%Y}"
    if paper.day_form == "bare":
        return f"{paper.place}, ngày {on.day} tháng {on.month} năm {on.year}"
    month = f"{on.month:02}" if on.month < 3 else str(on.month)
    day = _filled(f"{on.day:02}", paper.day_is, "     ")
    return f"{paper.place}, ngày {day} tháng {month} năm {on.year}"


def _filled(text: str, how: Filled, blank: str) -> str:
    return {
        Filled.PRINTED: text,
        Filled.BY_HAND: f"{HAND}  {text}   {END}",
        Filled.STAMPED: f"{STAMP}{text}{END}",
        Filled.BLANK: blank,
    }[how]


def _title(paper: Paper) -> Iterator[Row]:
    if paper.kind != "Công văn":
        yield Row(text=_title_of(paper), bold=True, size=14, role="kind")
        yield from (Row(text=line, bold=True, role="subject") for line in _folded(paper.subject, 62))


def _title_of(paper: Paper) -> str:
    title = paper.kind.upper()
    return "  ".join(" ".join(word) for word in title.split()) if paper.spaced_title else title


def _folded(text: str, width: int) -> Iterator[str]:
    """As typists break titles: into lines of about the same length."""
    words, line = text.split(), ""
    for word in words:
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    if line:
        yield line


def _recipients(paper: Paper) -> Iterator[Row]:
    if paper.copies:
        yield Row(text="Nơi nhận:", bold=True, italic=True, align="left", size=12)
        last = len(paper.copies)
        for number, each in enumerate(paper.copies, 1):
            yield Row(text=f"- {each}{'.' if number == last else ';'}", align="left", size=11)


def _signature(paper: Paper) -> Iterator[Row]:
    yield from (Row(text=each, bold=True, role="title") for each in paper.authority)
    yield Row(text="", role="ink")
    if paper.signer:
        yield Row(text=paper.signer, bold=True, role="signer")


def _copy(paper: Paper) -> Iterator[Block]:
    copied = paper.copied
    assert copied is not None
    on = f"{copied.place}, ngày {copied.on.day:02} tháng {copied.on.month:02} năm {copied.on.year}"
    head = (
        *((Row(text=copied.superior, size=12),) if copied.superior else ()),
        Row(text=copied.agency, bold=True, size=12),
        Row(text=f"Số: {copied.number}"),
    )
    yield Columns(left=head, right=(Row(text=copied.form.upper(), bold=True), Row(text=on, italic=True)), role="copy")
    right = tuple(Row(text=each, bold=True) for each in copied.authority)
    yield Columns(
        left=(
            Row(text="Nơi nhận:", bold=True, italic=True, align="left", size=12),
            Row(text="- Lưu: VT.", align="left", size=11),
        ),
        right=(*right, Row(text="", role="ink"), Row(text=copied.signer, bold=True)),
        role="copy-foot",
    )
