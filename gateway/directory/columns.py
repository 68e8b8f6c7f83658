"""The columns of each table of the directory: how a cell is read, and how it is written down.  Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from gateway.directory.calendar import Holiday
from gateway.directory.patterns import compiled
from gateway.directory.snapshot import (
    Campaign,
    Domain,
    Mailbox,
    MailboxRole,
    MailGroup,
    OfficeAccount,
    OfficeSystem,
    Organisation,
    OrganisationKind,
    RetiredAddress,
    RetiredPattern,
)
from gateway.model import Phase, Value


def _text(cell: str) -> str:
    return cell


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _address(cell: str) -> str:
    if not re.fullmatch(r"[^\s@,;|<>]+@[^\s@,;|<>]+", cell):
        raise ValueError('an address like "vanthu@sgdhuonggiang.edu.vn"')
    return cell.lower()


def _addresses(cell: str) -> tuple[str, ...]:
    return tuple(_address(part) for part in _list(cell))


def _domain(cell: str) -> str:
    if not re.fullmatch(r"[^\s@,;|<>.]+(\.[^\s@,;|<>.]+)+", cell):
        raise ValueError('a domain like "sgdhuonggiang.edu.vn", without "@"')
    return cell.lower()


def _extensions(cell: str) -> tuple[str, ...]:
    return tuple(part.lower().lstrip(".") for part in _list(cell))


def _date(cell: str) -> date | None:
    if not cell:
        return None
    day_first = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", cell)
    try:
        if day_first:
            day, month, year = map(int, day_first.groups())
            return date(year, month, day)
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError("a date like 2019-11-01 or 01/11/2019") from None


def _day(cell: str) -> date:
    found = _date(cell)
    if found is None:
        raise ValueError("a date like 2026-09-02 or 02/09/2026")
    return found


def _yes(cell: str) -> bool:
    words = {"yes": True, "có": True, "x": True, "1": True, "no": False, "không": False, "0": False}
    if cell.lower() not in words:
        raise ValueError("yes or no")
    return words[cell.lower()]


def _pattern(cell: str) -> str:
    compiled(cell)
    return cell.lower()


# As people write them in their lists.
_WORDS: Mapping[str, str] = {
    "sở": "department", "phòng": "division", "trường": "school", "mầm non": "school", "tiểu học": "school", "thcs": "school",
    "thpt": "school", "khác": "other", "văn thư": "clerk", "chuyên viên": "staff", "giáo viên": "staff", "nhân viên": "staff",
    "lãnh đạo": "leader", "hiệu trưởng": "leader", "dùng chung": "shared", "cá nhân": "personal",
    "thông báo": "notification", "thông báo tự động": "notification", "theo dõi": "observe",
    "nhắc nhở": "advise", "áp dụng": "enforce",
}  # fmt: skip


def _one_of(words: type[OrganisationKind] | type[MailboxRole] | type[Phase]) -> Callable[[str], Any]:
    def parse(cell: str) -> Any:
        word = cell.lower()
        try:
            return words(_WORDS.get(word, word))
        except ValueError:
            raise ValueError("one of " + ", ".join(words)) from None

    return parse


class Column(NamedTuple):
    """A column of a file: how its cells are read."""

    name: str
    parse: Callable[[str], Any]
    is_required: bool = False  # the column must be there, and no cell of it may be empty
    field: str = ""  # of the row's class, where it is not the column's name


class FileTable(NamedTuple):
    """One file of the folder."""

    file: str
    row: type[Value]
    columns: tuple[Column, ...]
    is_required: bool = True


_VALID = (Column("valid_from", _date), Column("valid_to", _date))

TABLES = (
    FileTable(
        "organisations.csv",
        Organisation,
        (
            Column("code", _text, is_required=True),
            Column("name", _text, is_required=True),
            Column("variants", _list),
            Column("kind", _one_of(OrganisationKind), is_required=True),
            Column("superior", _text),
            Column("symbols", _list),
            Column("office", _text),
            Column("phase", _one_of(Phase), is_required=True),
            Column("codes", _list),
            *_VALID,
            Column("successor", _text),
        ),
    ),
    FileTable("domains.csv", Domain, (Column("domain", _domain, is_required=True), Column("organisation", _text), *_VALID)),
    FileTable(
        "mailboxes.csv",
        Mailbox,
        (
            Column("address", _address, is_required=True),
            Column("organisation", _text, is_required=True),
            Column("role", _one_of(MailboxRole), is_required=True),
            Column("person", _text),
            *_VALID,
        ),
    ),
    FileTable(
        "offices.csv",
        OfficeSystem,
        (
            Column("name", _text, is_required=True),
            Column("title", _text, is_required=True),
            Column("url", _text),
            Column("senders", _addresses),
        ),
    ),
    FileTable(
        "retired.csv",
        RetiredAddress,
        (
            Column("address", _address, is_required=True),
            Column("successor", lambda cell: _address(cell) if cell else ""),
            Column("retired_on", _date),
            Column("closes_on", _date),
        ),
        is_required=False,
    ),
    FileTable(
        "campaigns.csv",
        Campaign,
        (
            Column("guide", _text, is_required=True),
            Column("title", _text),
            Column("mailbox", _address, is_required=True),
            Column("extensions", _extensions),
            Column("names", _list),
            Column("kinds", _list),
            Column("expected", _list),
            Column("from", _date, field="valid_from"),
            Column("due", _date, field="due_on"),
            Column("until", _date, field="valid_to"),
        ),
        is_required=False,
    ),
    FileTable(
        "accounts.csv",
        OfficeAccount,
        (
            Column("office", _text, is_required=True),
            Column("account", _text, is_required=True),
            Column("organisation", _text, is_required=True),
            Column("role", _one_of(MailboxRole), is_required=True),
            Column("locked", _yes, field="is_locked"),
        ),
        is_required=False,
    ),
    FileTable(
        "groups.csv",
        MailGroup,
        (Column("address", _address, is_required=True), Column("members", _addresses, is_required=True), *_VALID),
        is_required=False,
    ),
    FileTable(
        "patterns.csv",
        RetiredPattern,
        (
            Column("pattern", _pattern, is_required=True),
            Column("successor", _text),
            Column("retired_on", _date),
            Column("closes_on", _date),
        ),
        is_required=False,
    ),
    FileTable(
        "holidays.csv",
        Holiday,
        (Column("day", _day, is_required=True), Column("name", _text), Column("worked", _yes, field="is_worked")),
        is_required=False,
    ),
)


def parsed_cell(column: Column, cell: str) -> str:
    """A cell as it is written down: days as 2026-11-23, addresses in lower case.  ValueError says what was expected."""
    value = column.parse(cell)
    if isinstance(value, tuple):
        return "|".join(value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return value.isoformat() if isinstance(value, date) else str(value)
