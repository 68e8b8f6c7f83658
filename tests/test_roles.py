"""The table of verbs and roles."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from gateway.model import Account, Role
from gateway.rights import overseeing
from gateway.roles import RIGHTS, Verb, allows, assigns, decides, seen_units, sees
from tests.web.sample import DIRECTORY


def account(role: Role, *units: str) -> Account:
    return Account(name="x", full_name="X", role=role, units=units)


def test_every_verb_stands_in_the_table() -> None:
    assert set(RIGHTS) == set(Verb)


def test_an_auditor_reads_everything_and_does_nothing() -> None:
    does = {verb for verb in Verb if allows(account(Role.AUDITOR), verb)}
    assert does == {verb for verb in Verb if verb.startswith("see-")} | {Verb.OWN_ACCOUNT, Verb.PROVE}


def test_a_leader_reads_and_assigns() -> None:
    does = {verb for verb in Verb if allows(account(Role.LEADER, "A"), verb)}
    assert does == {Verb.OWN_ACCOUNT, Verb.SEE_CASES, Verb.SEE_CAMPAIGNS, Verb.SEE_REPORTS, Verb.ASSIGN}


def test_an_officer_decides_no_case() -> None:
    assert not decides(account(Role.OFFICER), "SGDHG")
    assert seen_units(account(Role.OFFICER)) is None


@pytest.mark.parametrize("verb", list(Verb))
def test_a_closed_account_may_nothing(verb: Verb) -> None:
    assert not any(allows(replace(account(role, "A"), active=False), verb) for role in Role)


def test_the_head_clerk_of_a_department_sees_divisions_and_their_schools() -> None:
    head = overseeing(DIRECTORY, account(Role.HEAD_CLERK, "SGDHG"))
    assert sees(head, "PGDCS")
    assert sees(head, "THCSLL")
    assert assigns(head, "THCSLL")
    assert not decides(head, "THCSLL")
    assert decides(head, "SGDHG")


def test_the_head_clerk_of_a_division_does_not_see_the_department() -> None:
    head = overseeing(DIRECTORY, account(Role.HEAD_CLERK, "PGDCS"))
    assert seen_units(head) == ("PGDCS", "THCSLL")
