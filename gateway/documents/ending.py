"""The lower part of a document: who signs (boxes 7, 8) and to whom it goes (9b).  Pure.

A signature is a title in its place ("KT. GIÁM ĐỐC / PHÓ GIÁM ĐỐC") with a person's name within the next lines.  The
authority line of a decision ("GIÁM ĐỐC SỞ …" above "Căn cứ") has none, so it is not taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from gateway.documents import grammar
from gateway.documents.persons import SIGNED, capacity_and_title, may_say_who, person_name
from gateway.documents.text import Found, Line, cells
from gateway.documents.vietnamese import is_capitals, one_line, squeezed
from gateway.model import Value

_LOOK_AHEAD = 26  # lines between title and name: the list of recipients may stand between them
_APPEARANCE = re.compile(r"^(?:kyboi|nguoiky|coquan|thoigianky|ngayky|signedby|digitallysignedby):")


class Signature(Value):
    """Who signs; an empty one was not found."""

    capacity: str = ""
    title: str = ""
    title_at: Found | None = None
    name: str = ""
    name_at: Found | None = None
    signed: Found | None = None  # "(Đã ký)"


class Ending(Value):
    """What was found; None and "" are "not there"."""

    signature: Signature = Signature()
    recipients_at: Found | None = None  # Nơi nhận
    recipients: tuple[str, ...] = ()
    appearance: Found | None = None  # "Người ký: …", "Thời gian ký: …": what a digital signature shows


def ending_of(lines: Sequence[Line], start: int, *, shown: Sequence[Line]) -> Ending:
    """Read the ending; ``start`` is the index of the first line below the letterhead, ``shown`` is all of the page."""
    recipients_at, recipients = _recipients(lines, start)
    appearance = next((line for line in shown if _APPEARANCE.match(squeezed(line.text[:40]))), None)
    return Ending(
        signature=_signature(lines, start, recipients_at.line.place if recipients_at else 0),
        recipients_at=recipients_at,
        recipients=recipients,
        appearance=Found(text=one_line(appearance.text), line=appearance) if appearance else None,
    )


def _recipients(lines: Sequence[Line], start: int) -> tuple[Found | None, tuple[str, ...]]:
    for index in range(start, len(lines)):
        line = lines[index]
        if len(line.text) < 160 and grammar.RECIPIENTS.match(squeezed(line.text)):
            named = []
            for following in lines[index + 1 : index + 16]:
                text = following.text.split("\t")[0].strip()
                if text.startswith(("-", "+", "•")):
                    named.append(one_line(text).strip(" -+•;.,"))
            return Found(text=one_line(line.text.split("\t")[0]), line=line), tuple(named)
    return None, ()


def _signature(lines: Sequence[Line], start: int, recipients_place: int) -> Signature:
    """The first title below the letterhead that a name belongs to; else a name alone near Nơi nhận; else "(Đã ký)"."""
    for index in range(start, len(lines)):
        if not may_say_who(lines[index].text):
            continue
        for cell in _pieces(lines[index].text):
            said = capacity_and_title(cell)
            if said and _stands_alone(cell, lines[index]) and (block := _block(lines, index, cell, said)):
                return block
    near = [line for line in lines if recipients_place and recipients_place <= line.place <= recipients_place + 20]
    for line in near:
        for cell in _pieces(line.text):
            if name := person_name(cell):
                return Signature(name=name, name_at=Found(text=one_line(cell), line=line))
    signed = next((line for line in lines[start:] if SIGNED.match(flat := squeezed(line.text)) and "dak" in flat), None)
    return Signature(signed=Found(text=one_line(signed.text), line=signed)) if signed else Signature()


def _stands_alone(cell: str, line: Line) -> bool:
    """Capitals, or all that the line or column says: "Giám đốc Sở đã chỉ đạo …" within a sentence is no signature."""
    return is_capitals(cell.strip(" *:|")) or len(line.text.strip()) <= 40 or "\t" in line.text


def _block(lines: Sequence[Line], index: int, cell: str, said: tuple[str, str]) -> Signature | None:
    """Title, further titles below it, "(Đã ký)", and the name: the first line that has one ends the block."""
    capacity, title = said
    signed: Found | None = None
    for line in lines[index : index + _LOOK_AHEAD]:
        below = line is not lines[index]
        if below and (_is_prose(line) or line.page > lines[index].page + 1):
            break
        names: list[str] = []
        for piece in _pieces(line.text):
            if SIGNED.match(squeezed(piece)):
                signed = Found(text=one_line(piece), line=line)
            elif below and (again := capacity_and_title(piece)) and is_capitals(piece.strip(" *:|")):
                capacity, title = capacity or again[0], again[1]
            elif (
                below and not piece.lstrip().startswith(("-", "+", "•")) and (name := person_name(_SAID_SIGNED.sub("", piece)))
            ):
                names.append(name)
        if names:
            return Signature(
                capacity=capacity,
                title=title,
                title_at=Found(text=one_line(cell), line=lines[index]),
                name="; ".join(names),
                name_at=Found(text=one_line(line.text), line=line),
                signed=signed,
            )
    return Signature(capacity=capacity, title=title, signed=signed) if signed else None


_SAID_SIGNED = re.compile(r"\(?\s*[đĐ]ã ký\s*\)?", re.IGNORECASE)  # "(đã ký) Mai Văn …", "… đã ký"


def _pieces(text: str) -> list[str]:
    """Columns of a line, and capitals at its end: "- Các trường (để báo cáo); HIỆU TRƯỞNG"."""
    pieces: list[str] = []
    for cell in cells(text):
        words = cell.split()
        capitals = _capitals_at_the_end(words) if is_capitals(words[-1]) else 0
        if 2 <= capitals < len(words) and words[-capitals - 1].endswith((";", ".", ",", ":", ")")):
            pieces += [" ".join(words[:-capitals]), " ".join(words[-capitals:])]
        else:
            pieces.append(cell.strip())
    return pieces


def _capitals_at_the_end(words: Sequence[str]) -> int:
    return len(list(takewhile(lambda word: is_capitals(word) and len(word) > 1, reversed(words))))


def _is_prose(line: Line) -> bool:
    text = line.text.strip()
    if text.startswith(("-", "+", "•", "(", "*")):
        return False
    flat = squeezed(text)
    if grammar.RECIPIENTS.match(flat):
        return False
    return (len(text) > 75 and "\t" not in text and "   " not in text) or bool(grammar.BODY_BEGINS.match(flat))
