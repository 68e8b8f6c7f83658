"""Observe, advise, enforce: what a unit that is not so far gets instead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from gateway.directory.snapshot import Directory
from gateway.model import NOTHING_RECOGNISED, Action, Identity, Nature, Phase, Recognition, Secrecy, Urgency
from gateway.policy import rules
from gateway.policy.decide import decide
from tests.policy.desk import (
    ADVISED_TEACHER,
    CLERK,
    CLOSED,
    DIVISION,
    KINDERGARTEN,
    NOTIFIER,
    OBSERVED_CLERK,
    OBSERVED_TEACHER,
    OUTSIDE,
    REPORTS,
    RETIRED,
    SPECIALIST,
    TEACHER,
    carrying,
    decided,
    directory,
    issued,
    mail,
    policy,
    unreadable,
    verdict,
)


def test_a_unit_in_observe_is_only_watched() -> None:
    found = verdict(mail(OBSERVED_TEACHER, DIVISION), carrying(issued("THCSNT")))

    assert (found.action, found.would_have, found.phase) == (Action.DELIVER, Action.REJECT, Phase.OBSERVE)
    assert (found.rule, found.notice, found.unit) == ("5", "", "THCSNT")


def test_a_unit_in_advise_gets_its_mail_delivered_and_a_letter() -> None:
    found = verdict(mail(ADVISED_TEACHER, DIVISION), carrying(issued("THCSTHD")))

    assert (found.action, found.would_have, found.phase) == (Action.DELIVER, Action.REJECT, Phase.ADVISE)
    assert found.notice == "advised"


def test_nothing_goes_to_the_office_system_before_enforce() -> None:
    found = verdict(mail(OBSERVED_CLERK, DIVISION), carrying(issued("THCSNT", urgency=Urgency.URGENT)))

    assert (found.action, found.would_have) == (Action.DELIVER, Action.REDIRECT)
    assert not found.hand_over_at_once
    assert not found.alarm


@pytest.mark.parametrize(
    ("recognition", "action"),
    [
        (carrying(issued("THCSLL")), Action.REJECT),
        (carrying(issued("THCSLL", nature=Nature.SECRET, secrecy=Secrecy.CONFIDENTIAL)), Action.QUARANTINE),
        (unreadable("CV 123.pdf"), Action.HOLD),
    ],
    ids=["issuance", "secret", "unreadable"],
)
@pytest.mark.parametrize(("phase", "notice"), [(Phase.OBSERVE, ""), (Phase.ADVISE, "advised")])
def test_the_phase_of_the_senders_unit_counts(recognition: Recognition, action: Action, phase: Phase, notice: str) -> None:
    found = verdict(mail(TEACHER, SPECIALIST), recognition, THCSLL=phase)

    assert (found.action, found.would_have, found.notice) == (Action.DELIVER, action, notice)
    assert verdict(mail(TEACHER, SPECIALIST), recognition, SGDHG=phase).action is action


def test_a_secret_document_raises_its_alarm_in_every_phase() -> None:
    secret = carrying(issued("THCSLL", nature=Nature.SECRET, secrecy=Secrecy.CONFIDENTIAL))
    assert verdict(mail(TEACHER, SPECIALIST), secret, THCSLL=Phase.OBSERVE).alarm


def test_the_recipients_unit_counts_when_the_sender_is_a_stranger() -> None:
    incoming = carrying(issued("MINISTRY"))

    found = verdict(mail(OUTSIDE, TEACHER), incoming, THCSLL=Phase.ADVISE)
    assert (found.action, found.would_have, found.notice) == (Action.DELIVER, Action.COPY, "")
    assert verdict(mail(OUTSIDE, TEACHER), incoming, SGDHG=Phase.ADVISE).action is Action.COPY


def test_a_unit_without_clerk_is_softened_by_its_own_phase() -> None:
    found = verdict(mail(KINDERGARTEN, DIVISION), carrying(issued("MNHS")), MNHS=Phase.OBSERVE)
    assert (found.action, found.would_have) == (Action.DELIVER, Action.COPY)


def test_notifications_campaigns_retired_addresses_and_the_rest_apply_in_every_phase() -> None:
    cases = [
        (mail(NOTIFIER, CLERK, identity=Identity.TRUSTED_NETWORK), NOTHING_RECOGNISED),
        (mail(TEACHER, REPORTS), carrying(issued("THCSLL", kind="Báo cáo"))),
        (mail(TEACHER, RETIRED), NOTHING_RECOGNISED),
        (mail(TEACHER, CLOSED), NOTHING_RECOGNISED),
        (mail(TEACHER, SPECIALIST), NOTHING_RECOGNISED),
    ]

    found = [verdict(letter, carried, THCSLL=Phase.OBSERVE, SGDHG=Phase.OBSERVE) for letter, carried in cases]

    assert [(v.rule, v.action.value) for v in found] == [
        ("2", "deliver"),
        ("3", "deliver"),
        ("10", "forward"),
        ("10b", "reject"),
        ("11", "deliver"),
    ]
    assert all(v.would_have is None for v in found)


def test_outside_copies_are_softened_with_the_others() -> None:
    found = decided(mail(OBSERVED_CLERK, DIVISION, OUTSIDE), carrying(issued("THCSNT")))

    assert [v.action for v in found] == [Action.DELIVER, Action.DELIVER]
    assert [v.would_have for v in found] == [Action.REDIRECT, Action.HOLD]


FIRST = date(2026, 12, 1)


def day_before_and_after() -> tuple[datetime, datetime]:
    noon = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
    return noon - timedelta(days=1), noon


def test_a_unit_goes_on_to_the_next_phase_on_its_day() -> None:
    base = directory()
    rows = [row for row in base.organisation_rows if row.code != "THCSNT"]
    unit = base.organisation("THCSNT")
    assert unit is not None
    watched = replace(unit, phase=Phase.OBSERVE, valid_to=FIRST - timedelta(days=1))
    changed = Directory(
        organisations=(*rows, watched, replace(unit, phase=Phase.ENFORCE, valid_from=FIRST)),
        domains=base.domains,
        mailboxes=base.mailboxes,
        offices=tuple(base.offices.values()),
    )
    found = carrying(issued("THCSNT"))
    actions = [
        decide(policy(), changed, mail(OBSERVED_TEACHER, DIVISION, at=at), found, at)[0] for at in day_before_and_after()
    ]
    assert [(each.action, each.phase) for each in actions] == [
        (Action.DELIVER, Phase.OBSERVE),
        (Action.REJECT, Phase.ENFORCE),
    ]


def test_a_rule_goes_on_to_the_next_phase_on_its_day() -> None:
    text = policy().text
    start = text.index('[[rule]]\nid = "5"')
    rule = text[start : text.index("[[rule]]", start + 1)]
    was = rule[rule.index("valid_from") :].partition("\n")[0]
    watched = rule.replace(was, f'{was}\nvalid_to = 2026-11-30\nphase = "observe"')
    dated = rules.parse(text.replace(rule, watched + rule.replace(was, f"valid_from = {FIRST}")).encode(), where="p.toml")
    found = carrying(issued("THCSLL"))
    verdicts = [decide(dated, directory(), mail(TEACHER, DIVISION, at=at), found, at)[0] for at in day_before_and_after()]
    assert [(each.rule, each.action, each.would_have) for each in verdicts] == [
        ("5", Action.DELIVER, Action.REJECT),
        ("5", Action.REJECT, None),
    ]
