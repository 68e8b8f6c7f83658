"""Figures about a period: who still issues by mail, the table of a month, medians, steps by person.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from statistics import median

from gateway.directory.calendar import VIETNAM
from gateway.directory.snapshot import Directory
from gateway.lifecycle import CaseEvent
from gateway.model import Value
from gateway.phrases import phrase
from gateway.policy.facts import party
from gateway.registers.sheet import Cell, Sheet
from gateway.store import CaseCounts, Issued, Moved, Span

MONTH_HEADINGS = (
    phrase("Đơn vị"),
    phrase("Phát hành qua thư"),
    phrase("Từ chối khi gửi"),
    phrase("Đưa vào hàng chờ"),
    phrase("Đã vào sổ"),
    phrase("Trả lại"),
    "Cho qua",
    phrase("Quá hạn"),
)
# The steps that a person takes, as the report of a shift counts them.
STEPS: Mapping[CaseEvent, str] = {
    CaseEvent.APPROVE: phrase("Duyệt"),
    CaseEvent.RECEIVE: phrase("Tiếp nhận"),
    CaseEvent.RETURN: phrase("Trả lại"),
    CaseEvent.RELEASE: "Cho qua",
    CaseEvent.WITHDRAW: phrase("Thu hồi"),
    CaseEvent.TRANSFER: phrase("Chuyển đơn vị"),
    CaseEvent.MERGE: phrase("Nhập hồ sơ trùng"),
}


class UnitIssues(Value):
    """Mails of one unit's people that carried a document to issue."""

    unit: str
    mails: int
    refused: int
    redirected: int
    copied: int
    let_through: int
    held: int
    by_week: tuple[int, ...]  # mails, from the first week of the period on
    senders: tuple[tuple[str, int], ...]  # who, and how many; the most first


class MonthLine(Value):
    """One unit in the table of a month."""

    unit: str
    issued: int  # by mail
    refused: int  # of them, in the session
    counts: Mapping[str, int]  # of its cases: gateway.store.WHAT


class Person(Value):
    """What one person did in a period."""

    actor: str
    steps: Mapping[CaseEvent, int]
    late: int  # first decisions behind the deadline
    median: timedelta | None  # from the opening to the first decision

    @property
    def total(self) -> int:
        """All steps."""
        return sum(self.steps.values())


def unit_of(directory: Directory, sender: str, on: date) -> str:
    """The code of the unit that a sender belongs to, if the rule binds it; "" for everybody else."""
    unit = party(directory, sender, on).unit
    return unit.code if unit is not None and unit.is_governed else ""


def by_unit(issued: Iterable[Issued], unit_of: Callable[[str], str], *, weeks: int) -> tuple[UnitIssues, ...]:
    """Who still issues by mail, the most first; senders outside are left out."""
    groups: dict[str, list[Issued]] = {}
    for each in issued:
        if unit := unit_of(each.sender):
            groups.setdefault(unit, []).append(each)
    made = (_issues(unit, rows, weeks) for unit, rows in groups.items())
    return tuple(sorted(made, key=lambda line: (-line.mails, -line.held, line.unit)))


def _issues(unit: str, rows: Sequence[Issued], weeks: int) -> UnitIssues:
    by_week, senders = [0] * weeks, dict[str, int]()
    for each in rows:
        by_week[min(max(each.week, 0), weeks - 1)] += each.mails
        senders[each.sender] = senders.get(each.sender, 0) + each.mails
    return UnitIssues(
        unit=unit,
        mails=sum(each.mails for each in rows),
        refused=sum(each.refused for each in rows),
        redirected=sum(each.redirected for each in rows),
        copied=sum(each.copied for each in rows),
        let_through=sum(each.let_through for each in rows),
        held=sum(each.held for each in rows),
        by_week=tuple(by_week),
        senders=tuple(sorted(senders.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def month_table(
    counts: Iterable[CaseCounts], issues: Iterable[UnitIssues], *, name_of: Callable[[str], str], units: Sequence[str] | None
) -> tuple[MonthLine, ...]:
    """The table of a month, by the names of the units; of these units (None: all that had anything)."""
    of_cases, of_mails = {each.unit: each.counts for each in counts}, {each.unit: each for each in issues}
    codes = [code for code in {*of_cases, *of_mails} if units is None or code in units]
    lines = []
    for code in sorted(codes, key=lambda code: (name_of(code).casefold(), code)):
        mails = of_mails.get(code)
        issued, refused = (mails.mails, mails.refused) if mails is not None else (0, 0)
        lines.append(MonthLine(unit=code, issued=issued, refused=refused, counts=of_cases.get(code, {})))
    return tuple(lines)


def numbers_of(line: MonthLine) -> tuple[int, ...]:
    """Its numbers in the order of MONTH_HEADINGS."""
    names = ("redirected", "registered", "returned", "released", "late")
    return (line.issued, line.refused, *(line.counts.get(name, 0) for name in names))


def month_sheet(lines: Sequence[MonthLine], first: date, last: date, *, name_of: Callable[[str], str]) -> Sheet:
    """The table as a sheet, with its sum."""
    rows: list[tuple[Cell, ...]] = [(name_of(line.unit), *numbers_of(line)) for line in lines]
    if lines:
        rows.append(("Cộng", *sums_of(lines)))
    return Sheet(
        title=f"Tình hình phát hành qua thư điện tử tháng {first.month}.{first.year}",
        above=(f"Từ ngày {first:%d/%m/%Y} đến ngày {last:%d/%m/%Y}",),
        headings=MONTH_HEADINGS,
        widths=(44, *[14] * (len(MONTH_HEADINGS) - 1)),
        rows=rows,
    )


def sums_of(lines: Iterable[MonthLine]) -> tuple[int, ...]:
    """All units together."""
    return tuple(sum(column) for column in zip(*map(numbers_of, lines), strict=True))


def median_time(spans: Iterable[Span]) -> timedelta | None:
    """The median from the opening of a case to its registration; None without any."""
    lengths = [each.registered_at - each.opened_at for each in spans]
    return middle(lengths)


def middle(lengths: Sequence[timedelta]) -> timedelta | None:
    """Their median; None without any."""
    return timedelta(seconds=median(each.total_seconds() for each in lengths)) if lengths else None


def by_person(moves: Iterable[Moved]) -> tuple[Person, ...]:
    """What each person did, whoever did most first; steps of the gateway itself are left out."""
    groups: dict[str, list[Moved]] = {}
    for each in moves:
        if each.actor and each.event in STEPS:
            groups.setdefault(each.actor, []).append(each)
    return tuple(sorted((_person(actor, rows) for actor, rows in groups.items()), key=lambda one: (-one.total, one.actor)))


def _person(actor: str, rows: Sequence[Moved]) -> Person:
    steps = dict[CaseEvent, int]()
    for each in rows:
        steps[each.event] = steps.get(each.event, 0) + 1
    first = [each for each in rows if each.is_first]
    waits = [each.at - each.opened_at for each in first]
    return Person(
        actor=actor,
        steps=steps,
        late=sum(is_late(each) for each in first),
        median=middle(waits),
    )


def is_late(step: Moved) -> bool:
    """Whether a first decision came behind the deadline of its case."""
    return step.is_first and step.due_at is not None and step.at > step.due_at


def by_reason(moves: Iterable[Moved], event: CaseEvent) -> tuple[tuple[str, int], ...]:
    """The reasons of a step, the most frequent first."""
    found: dict[str, int] = {}
    for each in moves:
        if each.event is event:
            found[each.reason] = found.get(each.reason, 0) + 1
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def day_begins(day: date) -> datetime:
    """Midnight in Vietnam."""
    return datetime.combine(day, time(), VIETNAM)


def month_of(day: date) -> tuple[date, date]:
    """The first day of its month, and the first of the next one."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)
