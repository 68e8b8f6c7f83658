"""Sổ văn bản đi, sổ văn bản đến and the table of a month: as pages, on paper, as XLSX and as CSV."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.model import Direction, Value
from gateway.registers.books import HEADINGS, TITLES, cells_of, sheet_of
from gateway.registers.figures import MONTH_HEADINGS, MonthLine, by_unit, month_sheet, month_table, numbers_of, sums_of, unit_of
from gateway.registers.sheet import Sheet
from gateway.roles import Verb
from web.auth import may, me, tell_seen
from web.context import gateway, store
from web.lists import BOOK_CURSOR, ROWS, starts_after
from web.names import unit_name
from web.periods import asked_month, period, today, unit_choices, wanted_units
from web.sheets import csv_file, workbook

blueprint = Blueprint("registers", __name__)

MOST_PRINTED = 3000  # lines on paper at once: some 200 sheets
_FILES = {Direction.OUTGOING: "so-van-ban-di", Direction.INCOMING: "so-van-ban-den"}


class Asked(Value):
    """Which book: whose, of which days."""

    direction: Direction
    unit: str
    year: int
    month: int  # 0: the whole year

    @property
    def since(self) -> date:
        """Its first day."""
        return date(self.year, self.month or 1, 1)

    @property
    def until(self) -> date:
        """The first day behind it."""
        return date(self.year + 1, 1, 1) if self.month in (0, 12) else date(self.year, self.month + 1, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.until - timedelta(days=1)

    @property
    def file(self) -> str:
        """What its file is called."""
        days = f"{self.year}-{self.month:02}" if self.month else str(self.year)
        return f"{_FILES[self.direction]}-{self.unit}-{days}"

    def args(self) -> dict[str, object]:
        """What stands in addresses of its pages."""
        return {"direction": self.direction.value, "unit": self.unit, "year": self.year, "month": self.month or None}


@blueprint.get("/register/<direction>")
@may(Verb.SEE_REPORTS)
def book(direction: str) -> ResponseReturnValue:
    """A book on the screen, a page at a time; each line leads to its case."""
    asked, after = _asked(direction), starts_after(BOOK_CURSOR)
    registers, span = store().registers, {"since": asked.since, "until": asked.until}
    return render_template(
        "register.html",
        asked=asked,
        title=TITLES[asked.direction],
        headings=HEADINGS[asked.direction],
        page=(page := registers.book(asked.unit, asked.direction, **span, after=after, limit=ROWS)),
        lines=[(entry, cells_of(entry)) for entry in page.rows],
        count=registers.count(asked.unit, asked.direction, **span),
        years=sorted({*registers.years((asked.unit,)), today().year, asked.year}, reverse=True),
        unit_choices=unit_choices(me()),
        later=bool(after),
    )


@blueprint.get("/register/<direction>/print")
@may(Verb.SEE_REPORTS)
def book_on_paper(direction: str) -> ResponseReturnValue:
    """A book to be printed, A4 landscape, cover lines and headings as in Phụ lục IV."""
    asked = _asked(direction)
    count = store().registers.count(asked.unit, asked.direction, since=asked.since, until=asked.until)
    sheet = _sheet(asked) if count <= MOST_PRINTED else None
    _tell(asked, "print")
    return render_template("register_print.html", asked=asked, sheet=sheet, count=count, most=MOST_PRINTED)


@blueprint.get("/register/<direction>.xlsx")
@may(Verb.SEE_REPORTS)
def book_as_workbook(direction: str) -> ResponseReturnValue:
    """A book as XLSX."""
    asked = _asked(direction)
    _tell(asked, "download")
    return workbook([_sheet(asked)], asked.file)


@blueprint.get("/register/<direction>.csv")
@may(Verb.SEE_REPORTS)
def book_as_csv(direction: str) -> ResponseReturnValue:
    """A book as CSV."""
    asked = _asked(direction)
    _tell(asked, "download")
    return csv_file(_sheet(asked), asked.file)


@blueprint.get("/register/<direction>.json")
@may(Verb.SEE_REPORTS)
def book_as_json(direction: str) -> ResponseReturnValue:
    """A book as JSON, a page at a time: {"rows": […], "next": the address of the next page or ""}."""
    asked, after = _asked(direction), starts_after(BOOK_CURSOR)
    page = store().registers.book(asked.unit, asked.direction, since=asked.since, until=asked.until, after=after, limit=ROWS)
    _tell(asked, "download")
    rows = [dict(zip(HEADINGS[asked.direction], cells_of(entry), strict=True)) for entry in page.rows]
    place: dict[str, Any] = {**asked.args(), "after": page.after}
    then = url_for(".book_as_json", **place) if page.after else ""
    return Response(msgspec.json.encode({"rows": rows, "next": then}), mimetype="application/json")


# --- The table of a month ---------------------------------------------------------------------------------------------


@blueprint.get("/month")
@may(Verb.SEE_REPORTS)
def month() -> ResponseReturnValue:
    """Each unit in a month: issued by mail, redirected, returned, late; each number leads to its rows."""
    first, until = asked_month(today())
    return render_template(
        "month.html",
        first=first,
        last=until - timedelta(days=1),
        before=(first - timedelta(days=1)).replace(day=1),
        behind=until if until <= today() else None,
        headings=MONTH_HEADINGS,
        lines=(lines := _month_lines(first, until)),
        numbers={line.unit: numbers_of(line) for line in lines},
        sums=sums_of(lines),
        on_paper="print" in request.args,
    )


@blueprint.get("/month.xlsx")
@may(Verb.SEE_REPORTS)
def month_as_workbook() -> ResponseReturnValue:
    """The same as XLSX."""
    first, until = asked_month(today())
    return workbook([_month_sheet(first, until)], f"bang-thang-{first:%Y-%m}")


@blueprint.get("/month.csv")
@may(Verb.SEE_REPORTS)
def month_as_csv() -> ResponseReturnValue:
    """The same as CSV."""
    first, until = asked_month(today())
    return csv_file(_month_sheet(first, until), f"bang-thang-{first:%Y-%m}")


@blueprint.get("/month.json")
@may(Verb.SEE_REPORTS)
def month_as_json() -> ResponseReturnValue:
    """The same as JSON."""
    rows = msgspec.to_builtins(_month_lines(*asked_month(today())))
    return Response(msgspec.json.encode({"rows": rows, "next": ""}), mimetype="application/json")


def _month_lines(first: date, until: date) -> tuple[MonthLine, ...]:
    _, units = wanted_units()
    directory, days = gateway().directory(), period(first, until - timedelta(days=1))
    issued = store().mail_figures.issued(days.since, days.until)
    issues = by_unit(issued, lambda sender: unit_of(directory, sender, first), weeks=6)
    return month_table(store().case_figures.counts(days, units), issues, name_of=unit_name, units=units)


def _month_sheet(first: date, until: date) -> Sheet:
    return month_sheet(_month_lines(first, until), first, until - timedelta(days=1), name_of=unit_name)


# --- Helpers ----------------------------------------------------------------------------------------------------------


def _asked(direction: str) -> Asked:
    """What the address asks for; without a unit the first one that the account sees.  404 for what makes no sense."""
    if direction not in TITLES:
        abort(404)
    unit, _ = wanted_units()
    choices = unit_choices(me())
    if not unit and not choices:
        abort(404)
    year = request.args.get("year", today().year, type=int)
    month = request.args.get("month", 0, type=int)
    if not (2000 <= year <= 2200 and 0 <= month <= 12):
        abort(404)
    return Asked(direction=Direction(direction), unit=unit or choices[0][0], year=year, month=month)


def _sheet(asked: Asked) -> Sheet:
    entries = store().registers.lines(asked.unit, asked.direction, since=asked.since, until=asked.until)
    return sheet_of(asked.direction, entries, unit=unit_name(asked.unit), since=asked.since, last=asked.last)


def _tell(asked: Asked, what: str) -> None:
    tell_seen(me(), what=what, file=asked.file)
