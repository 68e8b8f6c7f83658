"""A list as JSON or CSV: the same address with another ending (/cases, /cases.json, /cases.csv).

One list of columns says what both have.  CSV is UTF-8 with a byte order mark, as spreadsheets want it; cells that a
spreadsheet would take for a formula begin with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
from flask import Response, stream_with_context

from web.format import VIETNAM
from web.language import said

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Column(NamedTuple):
    """One column: its name in JSON, its heading in CSV, and what a row has there."""

    name: str
    heading: str
    value: Callable[[Any], object]


def as_json(rows: Iterable[Any], columns: Sequence[Column], **more: object) -> Response:
    """One page as JSON: {"rows": […], and what else is said, such as where the next page is}."""
    found = [{column.name: column.value(row) for column in columns} for row in rows]
    return Response(msgspec.json.encode({"rows": found, **more}), mimetype="application/json")


def as_csv(rows: Iterable[Any], columns: Sequence[Column], *, name: str) -> Response:
    """All rows as a file, written while they are read; ``name`` without ending."""

    def lines() -> Iterator[str]:
        yield "\ufeff" + _line([said(column.heading) for column in columns])
        for row in rows:
            yield _line([cell(column.value(row)) for column in columns])

    response = Response(stream_with_context(lines()), mimetype="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def cell(value: object) -> str:
    """A value as people read it in a table, and as no spreadsheet takes for a formula."""
    if isinstance(value, datetime):
        return f"{value.astimezone(VIETNAM):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "x" if value else ""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int | float) else text


def every(page: Callable[[str], tuple[Sequence[Any], str]], *, most: int) -> Iterator[Any]:
    """The rows of all pages, up to so many; ``page`` gives the rows behind a place and the place of the next page."""
    after, left = "", most
    while left > 0:
        rows, after = page(after)
        yield from rows[:left]
        left -= len(rows)
        if not after:
            return


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
