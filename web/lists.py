"""What all lists have in common: the words that were searched for, where a page starts, and the days between the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from flask import request
from werkzeug.routing import BaseConverter

from web.format import heading, utc_now

ROWS = 50  # of one page
_LONGEST_SEARCH = 200  # characters

_ULID = "[0-9A-HJKMNP-TV-Z]{26}"
_MICROS = r"(?:[01]?\d{1,17}|2[0-4]\d{16}|25[0-2]\d{15}|253[0-3]\d{14})"  # since 1970, to the last days of the year 9999
CASE_CURSOR = re.compile(rf"{_MICROS}-{_ULID}")
MAIL_CURSOR = re.compile(_ULID)
BOOK_CURSOR = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}_{_ULID}")
LINE_CURSOR = re.compile(rf"{_MICROS}-\d{{1,18}}")
DELIVERY_CURSOR = re.compile(rf"{_ULID}-\d{{1,9}}")


class Id(BaseConverter):
    """The id of a mail or case in an address; anything else is no page of ours."""

    regex = _ULID


class DeliveryId(BaseConverter):
    """The id of a delivery in an address."""

    regex = DELIVERY_CURSOR.pattern


def searched() -> str:
    """The words that were searched for, without control characters (PostgreSQL refuses NUL)."""
    return printable(request.args.get("q", ""))


def printable(typed: str) -> str:
    """What somebody typed into one line, without control characters and not too long."""
    return "".join(c for c in typed if c.isprintable()).strip()[:_LONGEST_SEARCH]


def starts_after(cursor: re.Pattern[str]) -> str:
    """Where the page starts; "" for the first page, and for anything that is no cursor of this list."""
    after = request.args.get("after", "")
    return after if cursor.fullmatch(after) else ""


def by_day(rows: Sequence[object], field: str = "opened_at") -> Iterable[tuple[str, list[object]]]:
    """The rows of a list under the headings of their days."""
    now = utc_now()

    def day_of(row: object) -> str:
        at: datetime = getattr(row, field)
        return heading(at, now=now)

    return [(day, list(group)) for day, group in groupby(rows, key=day_of)]
