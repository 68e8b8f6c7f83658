"""Who has reported through a channel, who is late, who has not: for the people who opened it.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum

from gateway.directory.snapshot import Campaign, Directory, Organisation, OrganisationKind
from gateway.model import Report, Value
from gateway.policy.facts import local_day, party


class Standing(StrEnum):
    """How a unit stands."""

    SENT = "sent"
    LATE = "late"  # sent, after the deadline
    OVERDUE = "overdue"  # not sent, and the deadline is over
    WAITING = "waiting"  # not sent yet


class UnitReport(Value):
    """One unit in the list; ``unit`` is None for senders that belong to nobody we know."""

    unit: Organisation | None
    standing: Standing
    sender: str = ""  # of the last mail
    at: datetime | None = None  # of the first mail
    mails: tuple[str, ...] = ()  # ids, oldest first
    files: tuple[str, ...] = ()  # of the last mail
    is_expected: bool = True


def expected_units(campaign: Campaign, directory: Directory, on: date) -> tuple[Organisation, ...]:
    """The units that are to report, by name; none when the campaign does not say."""
    found: dict[str, Organisation] = {}
    for each in campaign.expected:
        kind, _, above = each.partition(" ")
        if kind in set(OrganisationKind):
            rows: Iterable[Organisation] = (
                row for row in _of_kind(directory, kind, on) if _is_below(directory, row, above, on)
            )
        else:
            unit = directory.unit(each, on)
            rows = (unit,) if unit is not None else ()
        found |= {row.code: row for row in rows}
    return tuple(sorted(found.values(), key=lambda row: row.name))


def _of_kind(directory: Directory, kind: str, on: date) -> Iterator[Organisation]:
    return (row for row in directory.organisations.values() if row.kind == kind and directory.organisation(row.code, on))


def _is_below(directory: Directory, row: Organisation, above: str, on: date) -> bool:
    return not above or directory.is_below(row.code, above, on)


def standings(campaign: Campaign, directory: Directory, reports: Sequence[Report], *, now: datetime) -> tuple[UnitReport, ...]:
    """All units with what they sent: first those that have not, then the others by name, then who was not expected."""
    today = local_day(now)
    by_unit: dict[str, list[Report]] = {}
    strangers: dict[str, list[Report]] = {}
    for report in reports:
        unit = party(directory, report.sender, local_day(report.at)).unit
        if unit is not None:
            by_unit.setdefault(unit.code, []).append(report)
        else:
            strangers.setdefault(report.sender, []).append(report)
    expected = {unit.code: unit for unit in expected_units(campaign, directory, today)}
    listed = [_of(campaign, unit, by_unit.get(code, []), today) for code, unit in expected.items()]
    order = {Standing.OVERDUE: 0, Standing.WAITING: 1, Standing.LATE: 2, Standing.SENT: 2}
    listed.sort(key=lambda each: order[each.standing])
    return (*listed, *_unexpected(campaign, directory, by_unit, strangers, expected, today))


def _unexpected(
    campaign: Campaign,
    directory: Directory,
    by_unit: dict[str, list[Report]],
    strangers: dict[str, list[Report]],
    expected: dict[str, Organisation],
    today: date,
) -> Iterator[UnitReport]:
    everybody = not campaign.expected
    for code, arrived in by_unit.items():
        if code not in expected:
            yield _of(campaign, directory.organisation(code), arrived, today, is_expected=everybody)
    for arrived in strangers.values():
        yield _of(campaign, None, arrived, today, is_expected=False)


def _of(
    campaign: Campaign, unit: Organisation | None, arrived: Sequence[Report], today: date, *, is_expected: bool = True
) -> UnitReport:
    deadline = campaign.deadline
    if not arrived:
        over = deadline is not None and today > deadline
        return UnitReport(unit=unit, standing=Standing.OVERDUE if over else Standing.WAITING, is_expected=is_expected)
    late = deadline is not None and local_day(arrived[0].at) > deadline
    return UnitReport(
        unit=unit,
        standing=Standing.LATE if late else Standing.SENT,
        sender=arrived[-1].sender,
        at=arrived[0].at,
        mails=tuple(each.mail_id for each in arrived),
        files=arrived[-1].files,
        is_expected=is_expected,
    )
