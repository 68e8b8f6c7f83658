"""Tổng quan, Thống kê and the report of a shift: who still issues by mail, what waits, who did what; numbers lead to rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from gateway.lifecycle import CaseEvent
from gateway.model import Phase, Value
from gateway.registers.figures import (
    STEPS,
    UnitIssues,
    by_person,
    by_reason,
    by_unit,
    is_late,
    median_time,
    unit_of,
)
from gateway.roles import Verb, allows
from gateway.store import OUTCOMES, WHAT, MailRow, Moved, Period
from gateway.store.values import CaseRow, MailPage
from web.auth import may, me, units_of
from web.casework import silent
from web.charts import Bar, bars
from web.context import gateway, store
from web.language import gettext
from web.lists import CASE_CURSOR, MAIL_CURSOR, ROWS, starts_after
from web.periods import asked_day, asked_span, period, today, unit_choices, wanted_units

blueprint = Blueprint("statistics", __name__)

_MONTHS = timedelta(days=83)  # twelve weeks with today
_WEEK = timedelta(days=7)
_MOST_ROWS = 500  # steps on one page
# What the list behind a number is called.
WHAT_IN_WORDS = {
    "opened": "Hồ sơ được mở",
    "redirected": "Hồ sơ đưa vào hàng chờ văn thư",
    "copied": "Hồ sơ từ bản sao cho văn thư",
    "held": "Hồ sơ giữ lại chờ quyết định",
    "waiting": "Hồ sơ còn chờ văn thư",
    "registered": "Hồ sơ đã vào sổ",
    "returned": "Hồ sơ đã trả lại",
    "released": "Hồ sơ đã cho qua",
    "withdrawn": "Hồ sơ đã thu hồi",
    "late": "Hồ sơ quá hạn",
    "after-hours": "Hồ sơ đến ngoài giờ làm việc",
}
OUTCOMES_IN_WORDS = {
    "issued": "Thư mang văn bản phát hành",
    "refused": "Thư bị từ chối khi gửi",
    "redirected": "Thư đưa vào hàng chờ văn thư",
    "copied": "Thư được chuyển, có bản sao cho văn thư",
    "let-through": "Thư cho đi vì đơn vị chưa ở mức áp dụng",
    "held": "Thư giữ lại vì có thể mang văn bản phát hành",
}


class Standing(Value):
    """One unit in the overview: how far the rule is in force, and what waits there."""

    unit: str
    phase: Phase | None
    waiting: int
    late: int
    alarms: int
    issues: UnitIssues | None

    @property
    def trend(self) -> str:
        """Whether more or fewer are mailed than four weeks before: "" when nobody can say."""
        weeks = self.issues.by_week if self.issues is not None else ()
        if len(weeks) < 8:
            return ""
        before, lately = sum(weeks[-8:-4]), sum(weeks[-4:])
        return "" if before == lately else "tăng" if lately > before else "giảm"


# --- Overview ---------------------------------------------------------------------------------------------------------


@blueprint.get("/overview")
@may(Verb.SEE_REPORTS)
def overview() -> ResponseReturnValue:
    """What waits, what is late, who still issues by mail: one page for the officer and the leader."""
    units, days = units_of(me()), period(today() - _MONTHS, today())
    figures = store().case_figures
    issues = _issues(days, units)
    standings = _standings(figures.waiting(units, days.now), issues, units)
    return render_template(
        "overview.html",
        standings=[each for each in standings if each.waiting or each.issues],
        quiet=[each for each in standings if not each.waiting and not each.issues],
        phases=Counter(each.phase for each in standings if each.phase is not None),
        waiting=sum(each.waiting for each in standings),
        late=sum(each.late for each in standings),
        alarms=sum(each.alarms for each in standings),
        oldest=figures.oldest_waiting(units),
        silent=silent(units),
        chart=_trend(issues, days, ""),
        first=(today() - _MONTHS),
        last=today(),
        week=sum(each.by_week[-1] for each in issues),
        week_first=today() - _WEEK + timedelta(days=1),
        health=store().views.health() if allows(me(), Verb.SEE_TRAFFIC) else None,
    )


def _standings(
    waiting: dict[str, tuple[int, int, int]], issues: Sequence[UnitIssues], units: Sequence[str] | None
) -> list[Standing]:
    """The units that exist today and those where something waits, those with the most to do first."""
    directory, of_mails = gateway().directory(), {each.unit: each for each in issues}
    known = [code for code in directory.organisations if directory.organisation(code, today()) is not None]
    codes = dict.fromkeys([*known, *waiting, *of_mails])
    made = []
    for code in codes:
        if units is not None and code not in units:
            continue
        organisation = directory.organisation(code, today())
        governed = organisation is not None and organisation.is_governed
        if not governed and code not in waiting:
            continue
        made.append(
            Standing(
                unit=code,
                phase=organisation.phase if organisation is not None and governed else None,
                waiting=waiting.get(code, (0, 0, 0))[0],
                late=waiting.get(code, (0, 0, 0))[1],
                alarms=waiting.get(code, (0, 0, 0))[2],
                issues=of_mails.get(code),
            )
        )
    return sorted(made, key=lambda each: (-each.late, -each.waiting, -(each.issues.mails if each.issues else 0), each.unit))


# --- Statistics -------------------------------------------------------------------------------------------------------


@blueprint.get("/statistics")
@may(Verb.SEE_REPORTS)
def statistics() -> ResponseReturnValue:
    """A period in numbers, of one unit or of all."""
    unit, units = wanted_units()
    first, last = asked_span(_MONTHS)
    days, figures = period(first, last), store().case_figures
    issues = _issues(days, units)
    spans = figures.spans(days, units)
    moves = figures.moves(days.since, days.until, units)
    counts = figures.counts(days, units)
    return render_template(
        "statistics.html",
        unit=unit,
        unit_choices=unit_choices(me()),
        first=first,
        last=last,
        span={"from": first.isoformat(), "to": last.isoformat()},
        counts=counts,
        totals={what: sum(each.counts[what] for each in counts) for what in WHAT},
        words=WHAT_IN_WORDS,
        issues=issues,
        chart=_trend(issues, days, unit),
        weeks=_weeks(issues, days),
        median=median_time(spans),
        medians={code: median_time([each for each in spans if each.unit == code]) for code in {each.unit for each in spans}},
        reasons=by_reason(moves, CaseEvent.RETURN),
        people=by_person(moves),
        names=_names(),
    )


@blueprint.get("/statistics/cases")
@may(Verb.SEE_REPORTS)
def cases() -> ResponseReturnValue:
    """The cases behind a number."""
    what = request.args.get("what", "opened")
    if what not in WHAT:
        abort(404)
    unit, _ = wanted_units()
    first, last = asked_span(_MONTHS)
    after = starts_after(CASE_CURSOR)
    rows, then = case_rows(after, ROWS)
    args: dict[str, Any] = {"what": what, "unit": unit or None, "from": first.isoformat(), "to": last.isoformat()}
    return render_template(
        "case_rows.html",
        title=WHAT_IN_WORDS[what],
        unit=unit,
        first=first,
        last=last,
        rows=rows,
        next_url=url_for(".cases", **args, after=then) if then else "",
        first_url=url_for(".cases", **args) if after else "",
    )


def case_rows(after: str, limit: int) -> tuple[Sequence[CaseRow], str]:
    """Those behind the number that is asked for, a page of them, and where the next one starts."""
    what = request.args.get("what", "opened")
    if what not in WHAT:
        abort(404)
    _, units = wanted_units()
    page = store().case_figures.cases(what, period(*asked_span(_MONTHS)), units, after=after, limit=limit)
    return page.rows, page.after


@blueprint.get("/statistics/mails")
@may(Verb.SEE_REPORTS)
def mails() -> ResponseReturnValue:
    """The mails behind a number: those of a unit's people that carried a document to issue."""
    unit, _ = wanted_units()
    first, last = asked_span(_MONTHS)
    what, only, after = request.args.get("what", "issued"), request.args.get("sender", ""), starts_after(MAIL_CURSOR)
    page = mail_page(after, ROWS)
    args: dict[str, Any] = {"unit": unit or None, "from": first.isoformat(), "to": last.isoformat(), "what": what}
    args["sender"] = only or None
    return render_template(
        "mail_rows.html",
        title=OUTCOMES_IN_WORDS[what],
        unit=unit,
        only=only,
        first=first,
        last=last,
        page=page,
        next_url=url_for(".mails", **args, after=page.after) if page.after else "",
        first_url=url_for(".mails", **args) if after else "",
    )


def mail_page(after: str, limit: int) -> MailPage:
    """The mails behind the number that is asked for, a page of them."""
    what, only = request.args.get("what", "issued"), request.args.get("sender", "")
    if what not in OUTCOMES:
        abort(404)
    _, units = wanted_units()
    days = period(*asked_span(_MONTHS))
    wanted = [sender for each in _issues(days, units) for sender, _ in each.senders]
    senders = [sender for sender in wanted if not only or sender == only]
    return store().mail_figures.mails(what, days.since, days.until, senders, after=after, limit=limit)


def mail_rows(after: str, limit: int) -> tuple[Sequence[MailRow], str]:
    """The same as rows, and where the next page starts."""
    page = mail_page(after, limit)
    return page.rows, page.after


# --- A shift ----------------------------------------------------------------------------------------------------------


@blueprint.get("/shift")
@may(Verb.SEE_REPORTS)
def shift() -> ResponseReturnValue:
    """What was done on a day, by whom, and what is left for the next one."""
    unit, units = wanted_units()
    day = asked_day("day", today())
    days = period(day, day)
    figures = store().case_figures
    counts = figures.counts(days, units)
    return render_template(
        "shift.html",
        day=day,
        before=day - timedelta(days=1),
        behind=day + timedelta(days=1) if day < today() else None,
        unit=unit,
        unit_choices=unit_choices(me()),
        people=by_person(moves := figures.moves(days.since, days.until, units)),
        names=_names(),
        steps=[(step, words) for step, words in STEPS.items() if any(move.event is step for move in moves)],
        totals={what: sum(each.counts[what] for each in counts) for what in WHAT},
        waiting=figures.waiting(units, days.now),
        oldest=figures.oldest_waiting(units, limit=5),
        reasons=by_reason(moves, CaseEvent.RETURN),
    )


@blueprint.get("/shift/steps")
@may(Verb.SEE_REPORTS)
def steps() -> ResponseReturnValue:
    """The steps behind a number: when, who, which document, why."""
    unit, _ = wanted_units()
    first, last = asked_span(timedelta(0))
    found = asked_steps()
    shown = found[-_MOST_ROWS:][::-1]
    return render_template(
        "steps.html",
        unit=unit,
        first=first,
        last=last,
        actor=request.args.get("actor", ""),
        rows=shown,
        count=len(found),
        cases=store().case_figures.these(sorted({move.case_id for move in shown})),
        words=STEPS,
        names=_names(),
    )


def asked_steps() -> list[Moved]:
    """The steps that the filters ask for, in order."""
    _, units = wanted_units()
    days = period(*asked_span(timedelta(0)))
    return [move for move in store().case_figures.moves(days.since, days.until, units) if _is_asked_for(move)]


def _is_asked_for(move: Moved) -> bool:
    asked = request.args
    if move.event not in STEPS or not move.actor:
        return False
    if "late" in asked and not is_late(move):
        return False
    for name, value in (("actor", move.actor), ("step", move.event.value), ("reason", move.reason)):
        if name in asked and asked[name] != value:
            return False
    return True


def _names() -> dict[str, str]:
    return {each.name: each.full_name for each in store().accounts()}


# --- Helpers ----------------------------------------------------------------------------------------------------------


def _issues(days: Period, units: Sequence[str] | None) -> tuple[UnitIssues, ...]:
    directory, on = gateway().directory(), today()
    issued = store().mail_figures.issued(days.since, days.until)
    weeks = -(-(days.until - days.since) // _WEEK)
    found = by_unit(issued, lambda sender: unit_of(directory, sender, on), weeks=weeks)
    return tuple(each for each in found if units is None or each.unit in units)


def _weeks(issues: Sequence[UnitIssues], days: Period) -> list[tuple[date, date, int]]:
    """Week by week: its first and its last day, and how many were mailed."""
    sums = [sum(column) for column in zip(*(each.by_week for each in issues), strict=True)]
    first = days.since.date()
    last = days.until.date() - timedelta(days=1)
    starts = [first + n * _WEEK for n in range(-(-(days.until - days.since) // _WEEK))]
    return [(start, min(start + _WEEK - timedelta(days=1), last), sums[n] if sums else 0) for n, start in enumerate(starts)]


def _trend(issues: Sequence[UnitIssues], days: Period, unit: str) -> Markup:
    def url(start: date, end: date) -> str:
        args: dict[str, Any] = {"unit": unit or None, "from": start.isoformat(), "to": end.isoformat()}
        return url_for(".mails", **args)

    series = [Bar(label=f"{start:%d/%m}", count=count, url=url(start, end)) for start, end, count in _weeks(issues, days)]
    return bars(series, gettext("Thư mang văn bản phát hành, từng tuần"))
