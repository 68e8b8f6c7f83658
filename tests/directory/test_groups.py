"""Mail groups: the rule looks at who gets the copy in the end."""

from __future__ import annotations

from datetime import date

from gateway.directory.snapshot import Directory, MailGroup

TODAY = date(2026, 11, 23)
ALL, SCHOOLS, A, B = "tatca@x.vn", "truong@x.vn", "a@x.vn", "b@x.vn"


def test_groups_in_groups_are_expanded_once_each() -> None:
    directory = Directory(groups=[MailGroup(address=ALL, members=(SCHOOLS, A)), MailGroup(address=SCHOOLS, members=(B, A))])
    assert sorted(directory.members(ALL.upper(), TODAY)) == [A, B]
    assert directory.is_ours(ALL, TODAY)


def test_groups_in_a_circle_end() -> None:
    directory = Directory(groups=[MailGroup(address=ALL, members=(SCHOOLS,)), MailGroup(address=SCHOOLS, members=(ALL, B))])
    assert directory.members(ALL, TODAY) == (B,)


def test_a_group_has_dates() -> None:
    directory = Directory(groups=[MailGroup(address=ALL, members=(A,), valid_to=date(2026, 1, 1))])
    assert directory.members(ALL, TODAY) == ()


def test_an_address_is_no_group() -> None:
    assert Directory().members(A, TODAY) == ()
