"""Whose figures, and of when: what the pages of registers and reports are asked for, checked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from flask import abort, request

from gateway.model import Account
from gateway.policy.facts import local_day
from gateway.registers.figures import day_begins, month_of
from gateway.store import Period
from web.auth import me, units_of
from web.context import gateway
from web.format import utc_now
from web.names import unit_name

_FIRST, _LAST = 2000, 2200  # years that make sense
_LONGEST = timedelta(days=400)  # of a period


def today() -> date:
    """The day in Vietnam."""
    return local_day(utc_now())


def unit_choices(account: Account) -> list[tuple[str, str]]:
    """The units that the account sees, by name."""
    codes = units_of(account)
    known = tuple(gateway().directory().organisations) if codes is None else codes
    return sorted(((code, unit_name(code)) for code in known), key=lambda choice: choice[1].casefold())


def wanted_units() -> tuple[str, tuple[str, ...] | None]:
    """The unit that is asked for ("" for none), and the units to look at; 404 for one that the account does not see."""
    unit, units = request.args.get("unit", ""), units_of(me())
    if unit and unit not in (gateway().directory().organisations if units is None else units):
        abort(404)
    return unit, (unit,) if unit else units


def asked_day(name: str, default: date) -> date:
    """A day in the address (2026-11-29); 404 for anything else."""
    return _parsed(name, default, date.fromisoformat)


def asked_month(default: date) -> tuple[date, date]:
    """A month in the address (2026-11), as its first day and that of the next one."""
    return month_of(_parsed("month", default, lambda text: date.fromisoformat(f"{text}-01")))


def asked_span(default: timedelta) -> tuple[date, date]:
    """The first and the last day that are asked for; without them so long until today."""
    last = asked_day("to", today())
    first = asked_day("from", last - default)
    if not timedelta(0) <= last - first <= _LONGEST:
        abort(404)
    return first, last


def period(first: date, last: date) -> Period:
    """The days from the first to the last one, both included."""
    return Period(
        since=day_begins(first),
        until=day_begins(last + timedelta(days=1)),
        now=utc_now(),
        calendar=gateway().directory().calendar,
    )


def _parsed(name: str, default: date, parse: Callable[[str], date]) -> date:
    text = request.args.get(name, "")
    if not text:
        return default
    try:
        day = parse(text)
    except ValueError:
        abort(404)
    if not _FIRST <= day.year <= _LAST:
        abort(404)
    return day
