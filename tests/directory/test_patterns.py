"""Retired addresses that were made by one rule."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.directory.patterns import compiled, filled
from gateway.directory.snapshot import Directory, Mailbox, MailboxRole, RetiredAddress, RetiredPattern

TODAY = date(2026, 11, 23)
SCHOOLS = "c{0-3}<school>[.<district>].huonggiang@moet.edu.vn"


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("c2leloi.camson.huonggiang@moet.edu.vn", {"school": "leloi", "district": "camson"}),
        ("c3nguyen-hue.huonggiang@moet.edu.vn", {"school": "nguyen-hue", "district": None}),
        ("c0hoasen.camson.huonggiang@moet.edu.vn", {"school": "hoasen", "district": "camson"}),
    ],
)
def test_an_address_of_the_scheme_says_its_names(address: str, names: dict[str, str | None]) -> None:
    found = compiled(SCHOOLS).fullmatch(address)
    assert found is not None
    assert found.groupdict() == names


@pytest.mark.parametrize(
    "address",
    [
        "c4leloi.camson.huonggiang@moet.edu.vn",
        "c2leloi.camson.lamha@moet.edu.vn",
        "pgdcamson.huonggiang@moet.edu.vn",
        "c2.huonggiang@moet.edu.vn",
        "c2leloi.camson.huonggiang@moet.edu.vn.example",
        "c2leloixhuonggiang@moet.edu.vn",
    ],
)
def test_other_addresses_are_none_of_it(address: str) -> None:
    assert compiled(SCHOOLS).fullmatch(address) is None


@pytest.mark.parametrize(
    "pattern", ["c[2", "c2]x@y.z", "c[a[b]]@y.z", "c{2}<x>@y.z", "<x>", "c<a b>@y.z", "a@b@c.d", "c>x@y.z"]
)
def test_a_pattern_that_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="a pattern"):
        compiled(pattern)


def test_a_successor_that_needs_a_name_which_is_not_there_is_none() -> None:
    assert filled("vanthu.<school>.<district>@x.vn", {"school": "leloi", "district": None}) == ""


def sample(*, mailbox: str = "vanthu.leloi@sgdhuonggiang.edu.vn") -> Directory:
    return Directory(
        mailboxes=[Mailbox(address=mailbox, organisation="THCSLL", role=MailboxRole.CLERK)],
        retired=[RetiredAddress(address="c2leloi.exact.huonggiang@moet.edu.vn", successor="tay@sgdhuonggiang.edu.vn")],
        patterns=[
            RetiredPattern(
                pattern=SCHOOLS,
                successor="vanthu.<school>@sgdhuonggiang.edu.vn",
                retired_on=date(2019, 11, 1),
                closes_on=date(2026, 12, 31),
            )
        ],
    )


def test_who_took_over_is_found_by_the_scheme() -> None:
    row = sample().retired("C2LeLoi.CamSon.HuongGiang@moet.edu.vn", TODAY)
    assert row is not None
    assert (row.successor, row.closes_on) == ("vanthu.leloi@sgdhuonggiang.edu.vn", date(2026, 12, 31))
    assert sample().is_ours("c2leloi.camson.huonggiang@moet.edu.vn", TODAY)


def test_a_successor_that_nobody_has_entered_is_none() -> None:
    row = sample(mailbox="vanthu.khac@sgdhuonggiang.edu.vn").retired("c2leloi.camson.huonggiang@moet.edu.vn", TODAY)
    assert row is not None
    assert row.successor == ""


def test_an_address_that_is_listed_goes_before_the_scheme() -> None:
    assert sample().successor("c2leloi.exact.huonggiang@moet.edu.vn", TODAY) == "tay@sgdhuonggiang.edu.vn"


def test_before_its_day_nothing_is_retired() -> None:
    assert sample().retired("c2leloi.camson.huonggiang@moet.edu.vn", date(2019, 10, 31)) is None
