"""Who has reported through a channel, who is late, who has not."""

from __future__ import annotations

from datetime import UTC, date, datetime

from gateway.directory.snapshot import Campaign
from gateway.model import Report
from gateway.policy.reporting import Standing, expected_units, standings
from tests.policy import desk

MONDAY = date(2026, 11, 23)
CAMPAIGN = Campaign(
    guide="1109/SGDĐT-KTKĐ",
    mailbox=desk.REPORTS,
    expected=("THCSLL", "THCSTHD", "PGDCS"),
    valid_from=date(2026, 11, 2),
    due_on=date(2026, 11, 13),
    valid_to=date(2026, 11, 30),
)


def came(sender: str, day: int, mail_id: str = "M") -> Report:
    return Report(mail_id=mail_id, sender=sender, at=datetime(2026, 11, day, 3, tzinfo=UTC), files=("bao-cao.xlsx",))


def stand(*reports: Report, campaign: Campaign = CAMPAIGN) -> dict[str, Standing]:
    found = standings(campaign, desk.directory(), reports, now=desk.NOW)
    return {each.unit.code if each.unit is not None else each.sender: each.standing for each in found}


def test_units_that_have_not_sent_stand_first() -> None:
    assert list(stand(came(desk.TEACHER, 10), came(desk.DIVISION, 16)).items()) == [
        ("THCSTHD", Standing.OVERDUE),
        ("PGDCS", Standing.LATE),
        ("THCSLL", Standing.SENT),
    ]


def test_before_the_deadline_nobody_is_overdue() -> None:
    early = Campaign(guide="x", mailbox=desk.REPORTS, expected=("THCSLL",), valid_to=date(2026, 12, 31))
    assert stand(campaign=early) == {"THCSLL": Standing.WAITING}


def test_the_first_mail_counts_and_the_last_one_is_shown() -> None:
    (first, *_) = [
        each
        for each in standings(CAMPAIGN, desk.directory(), [came(desk.TEACHER, 12, "A"), came(desk.HEAD, 20, "B")], now=desk.NOW)
        if each.mails
    ]
    assert (first.standing, first.mails, first.sender) == (Standing.SENT, ("A", "B"), desk.HEAD)


def test_who_was_not_expected_is_listed_last() -> None:
    found = standings(CAMPAIGN, desk.directory(), [came(desk.OTHER_DIVISION, 10), came(desk.OUTSIDE, 10)], now=desk.NOW)
    assert [(each.unit.code if each.unit else each.sender, each.is_expected) for each in found[-2:]] == [
        ("PGDTB", False),
        (desk.OUTSIDE, False),
    ]


def test_kinds_of_units_and_those_below_one_can_be_expected() -> None:
    directory = desk.directory()
    schools = expected_units(Campaign(guide="x", mailbox="y", expected=("school",)), directory, MONDAY)
    below = expected_units(Campaign(guide="x", mailbox="y", expected=("school PGDCS",)), directory, MONDAY)
    assert len(schools) > len(below) > 1
    assert {unit.kind for unit in schools} == {"school"}
    assert all(directory.is_below(unit.code, "PGDCS", MONDAY) for unit in below)


def test_a_campaign_that_names_nobody_lists_who_sent() -> None:
    anybody = Campaign(guide="x", mailbox=desk.REPORTS, valid_to=date(2026, 12, 31))
    assert stand(came(desk.TEACHER, 10), campaign=anybody) == {"THCSLL": Standing.SENT}


def test_a_copy_that_came_through_a_channel_says_through_which() -> None:
    (verdict,) = desk.decided(desk.mail(desk.TEACHER, desk.REPORTS), desk.with_file("bao-cao.xlsx"))
    assert verdict.campaign == "1109/SGDĐT-KTKĐ"
    (other,) = desk.decided(desk.mail(desk.TEACHER, desk.DIVISION), desk.with_file("bao-cao.xlsx"))
    assert other.campaign == ""
