"""Sổ đăng ký văn bản đi and sổ đăng ký văn bản đến, in the columns that the decree asks for.  Pure.

Source: Decree 30/2020/NĐ-CP, Phụ lục IV ("Mẫu về quản lý văn bản"): part I.2 "Nội dung đăng ký văn bản đi, tối thiểu gồm 10
nội dung", and the same ten for documents coming in; articles 15 (numbers are unique within a year) and 22 (registering what
comes in).  Checked against the published text of the appendix for documents going out, and against the project's domain
notes for those coming in.

What the gateway read in the document fills a column, and so does what the office system gave back (its number and day).
What neither knows stays empty: copies, who keeps the file copy unless the document says "Lưu: …", to whom a document that
came in was passed on and when, and the signature of whoever took it.  Nothing is invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from gateway.lifecycle import CaseState
from gateway.model import Direction, Door
from gateway.phrases import phrase
from gateway.registers.sheet import Cell, Sheet
from gateway.store import Entry

TITLES: Mapping[Direction, str] = {
    Direction.OUTGOING: phrase("Sổ đăng ký văn bản đi"),
    Direction.INCOMING: phrase("Sổ đăng ký văn bản đến"),
}
HEADINGS: Mapping[Direction, tuple[str, ...]] = {
    Direction.OUTGOING: (
        phrase("Số, ký hiệu văn bản"),
        phrase("Ngày tháng văn bản"),
        phrase("Tên loại và trích yếu nội dung văn bản"),
        phrase("Người ký"),
        phrase("Nơi nhận văn bản"),
        phrase("Đơn vị, người nhận bản lưu"),
        phrase("Số lượng bản"),
        phrase("Ngày chuyển"),
        phrase("Ký nhận"),
        phrase("Ghi chú"),
    ),
    Direction.INCOMING: (
        phrase("Ngày đến"),
        phrase("Số đến"),
        phrase("Tác giả"),
        phrase("Số, ký hiệu văn bản"),
        phrase("Ngày tháng văn bản"),
        phrase("Tên loại và trích yếu nội dung văn bản"),
        phrase("Đơn vị hoặc người nhận"),
        phrase("Ngày chuyển"),
        phrase("Ký nhận"),
        phrase("Ghi chú"),
    ),
}
_WIDTHS: Mapping[Direction, tuple[int, ...]] = {
    Direction.OUTGOING: (18, 12, 46, 20, 34, 16, 8, 12, 10, 24),
    Direction.INCOMING: (12, 9, 28, 18, 12, 46, 18, 12, 10, 24),
}
_FILE_COPY = re.compile(r"^\W*lưu\s*:?\s*", re.IGNORECASE)
_CAME_BY: Mapping[Door, str] = {Door.AXIS: "qua trục liên thông"}


def sheet_of(direction: Direction, entries: Iterable[Entry], *, unit: str, since: date, last: date) -> Sheet:
    """A book as a sheet; ``unit`` is the name on its cover, ``last`` the last day that is in it."""
    return Sheet(
        title=TITLES[direction],
        above=(unit, f"Năm: {since.year}", f"Từ ngày {since:%d/%m/%Y} đến ngày {last:%d/%m/%Y}"),
        headings=HEADINGS[direction],
        widths=_WIDTHS[direction],
        numbered=True,
        rows=(cells_of(entry) for entry in entries),
    )


def cells_of(entry: Entry) -> tuple[Cell, ...]:
    """One line, column by column."""
    return _outgoing(entry) if entry.direction is Direction.OUTGOING else _incoming(entry)


def _outgoing(entry: Entry) -> tuple[Cell, ...]:
    document = entry.document
    addressees = document.addressees if document is not None else ()
    kept_by = [_FILE_COPY.sub("", each) for each in addressees if _FILE_COPY.match(each)]
    sent_to = [each for each in addressees if not _FILE_COPY.match(each)] or list(entry.recipients)
    return (
        entry.number_symbol or entry.register_number,
        document.issued_on if document is not None else None,
        _named(entry),
        document.signer if document is not None else "",
        "; ".join(sent_to),
        "; ".join(kept_by),
        None,
        entry.registered_on,
        None,
        _note(entry),
    )


def _incoming(entry: Entry) -> tuple[Cell, ...]:
    return (
        entry.book_on,
        entry.register_number,
        entry.issuer,
        entry.number_symbol,
        entry.document.issued_on if entry.document is not None else None,
        _named(entry),
        None,
        None,
        None,
        _note(entry),
    )


def _named(entry: Entry) -> str:
    """Kind and subject; the subject of the mail where the document has none that could be read."""
    title = entry.title[:1].upper() + entry.title[1:] if not entry.kind else entry.title
    return f"{entry.kind}: {title}" if entry.kind and title else entry.kind or title


def _note(entry: Entry) -> str:
    """What a reader of the book must know beside: urgency, the number over there, what is missing, how it came."""
    is_own = entry.direction is Direction.OUTGOING
    parts = [entry.urgency.capitalize()] if entry.urgency else []
    if entry.state is CaseState.WITHDRAWN:
        parts.append("đã thu hồi")
    elif not entry.register_number:
        parts.append("chưa có số trên hệ thống" if is_own else "chưa có số đến")
    if is_own and entry.register_number and entry.number_symbol:
        parts.append(f"số trên hệ thống: {entry.register_number}")
    if not is_own:
        parts.append(_CAME_BY.get(entry.door, "nhận qua thư điện tử"))
    return "; ".join(parts)
