"""One reply stands for all recipients: what happens to refusals that it cannot say (docs/decisions/0003-mixed-verdicts.md)."""

from __future__ import annotations

from msgspec.structs import replace

from gateway.model import Action, Door, Recognition
from tests.policy.desk import (
    CLERK,
    CLOSED,
    DEPARTMENT,
    DIVISION,
    OUTSIDE,
    PRESS,
    RETIRED,
    SPECIALIST,
    TEACHER,
    carrying,
    decided,
    issued,
    mail,
    verdict,
)

CARRIED: Recognition = carrying(issued("THCSLL"))


def test_a_mail_that_is_refused_for_all_its_recipients_is_refused() -> None:
    found = decided(mail(TEACHER, DIVISION, DEPARTMENT, SPECIALIST), CARRIED)

    assert {v.action for v in found} == {Action.REJECT}
    assert {v.notice for v in found} == {""}  # the session says it


def test_beside_an_outside_recipient_a_refusal_becomes_a_case_and_a_letter() -> None:
    refused, outside = decided(mail(TEACHER, DIVISION, PRESS), CARRIED)

    assert (refused.rule, refused.action, refused.notice) == ("5", Action.REDIRECT, "redirected")
    assert (refused.unit, refused.office) == ("THCSLL", "ioffice-nganh")
    assert not refused.hand_over_at_once  # he is not the clerk: she approves first
    assert (outside.rule, outside.action, outside.unit) == ("9", Action.HOLD, "THCSLL")
    assert CLERK in refused.reason


def test_a_closed_address_beside_others_is_forwarded_once_more() -> None:
    closed, open_, other = decided(mail(OUTSIDE, CLOSED, RETIRED, SPECIALIST))

    assert (closed.rule, closed.action, closed.notice) == ("10b", Action.FORWARD, "address-moved")
    assert closed.target == "vanthu.thptnh@sgdhuonggiang.edu.vn"
    assert open_.action is Action.FORWARD
    assert other.action is Action.DELIVER


def test_two_closed_addresses_are_refused_together() -> None:
    assert [v.action for v in decided(mail(OUTSIDE, CLOSED, CLOSED.upper()))] == [Action.REJECT, Action.REJECT]


def test_where_no_session_is_left_to_refuse_in_a_letter_says_it() -> None:
    found = verdict(mail(TEACHER, DIVISION, door=Door.IMAP), CARRIED)

    assert (found.action, found.notice, found.unit) == (Action.REDIRECT, "redirected", "THCSLL")


def test_a_mail_server_in_front_that_has_taken_the_mail_is_refused_nothing() -> None:
    found = decided(mail(TEACHER, DIVISION, DEPARTMENT, door=Door.LMTP), CARRIED)

    assert {(v.action, v.notice) for v in found} == {(Action.REDIRECT, "redirected")}


def test_where_each_recipient_is_answered_each_verdict_stands() -> None:
    several = mail(TEACHER, DIVISION, PRESS)
    refused, outside = decided(replace(several, arrival=replace(several.arrival, answers_each=True)), CARRIED)

    assert (refused.rule, refused.action, refused.notice) == ("5", Action.REJECT, "")
    assert (outside.rule, outside.action) == ("9", Action.HOLD)


def test_the_others_get_what_their_own_verdicts_say() -> None:
    alone = verdict(mail(OUTSIDE, SPECIALIST))
    _, beside = decided(mail(OUTSIDE, CLOSED, SPECIALIST))

    assert beside == alone


def test_an_issuance_to_retired_addresses_beside_an_outside_one_is_captured_and_not_forwarded() -> None:
    first, second, outside = decided(mail(TEACHER, RETIRED, RETIRED.upper(), PRESS), CARRIED)

    for refused in (first, second):
        assert (refused.rule, refused.action, refused.notice) == ("5", Action.REDIRECT, "redirected")
        assert (refused.unit, refused.target) == ("THCSLL", CLERK)
    assert outside.action is Action.HOLD
