"""DMARC records, the walk up the tree of names, and alignment."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gateway.smtp.dmarc import Disposition, is_aligned, organisation, policy_for, record_of

ZONE = {
    "_dmarc.huonggiang.example": b"v=DMARC1; p=reject; adkim=s",
    "_dmarc.thcs.huonggiang.example": b"v=DMARC1; p=none",
    "_dmarc.edu.example": b"v=DMARC1; p=none; psd=y",
    "_dmarc.own.big.example": b"v=DMARC1;p=quarantine;psd=n",
    "_dmarc.big.example": b"v=DMARC1;p=none",
}


def look_up(name: str) -> Sequence[bytes]:
    return (ZONE[name],) if name in ZONE else ()


@pytest.mark.parametrize(
    ("texts", "disposition"),
    [
        ((b"v=DMARC1; p=reject",), Disposition.REJECT),
        ((b"v=DMARC1;p=QUARANTINE; rua=mailto:x@y.example",), Disposition.QUARANTINE),
        ((b"other", b"v=DMARC1; p=none"), Disposition.NONE),
        ((b"v=DMARC1; p=nonsense",), Disposition.NONE),
        ((b"v=DMARC1",), Disposition.NONE),
    ],
)
def test_a_record_is_read(texts: tuple[bytes, ...], disposition: Disposition) -> None:
    record = record_of("a.example", texts)
    assert record is not None
    assert record.disposition is disposition


@pytest.mark.parametrize(
    "texts",
    [
        (),
        (b"v=spf1 -all",),
        (b"p=none; v=DMARC1",),
        (b"v=dmarc1; p=none",),
        (b"v=DMARC1; p=none", b"v=DMARC1; p=reject"),
        (b"\xff",),
    ],
)
def test_what_is_no_record_is_none(texts: tuple[bytes, ...]) -> None:
    assert record_of("a.example", texts) is None


@pytest.mark.parametrize(
    ("domain", "belongs_to"),
    [
        ("mail.huonggiang.example", "huonggiang.example"),
        ("thcs.huonggiang.example", "huonggiang.example"),
        ("HuongGiang.Example.", "huonggiang.example"),
        ("mail.own.big.example", "own.big.example"),
        ("sgd.edu.example", "sgd.edu.example"),
        ("a.b.sgd.edu.example", "sgd.edu.example"),
        ("edu.example", "edu.example"),
        ("nobody.example", "nobody.example"),
        ("1.2.3.4.5.6.7.8.9.huonggiang.example", "huonggiang.example"),
        ("", ""),
    ],
)
def test_the_organisation_is_found_by_a_walk_up_the_tree(domain: str, belongs_to: str) -> None:
    assert organisation(domain, look_up) == belongs_to


def test_a_long_name_costs_eight_questions_at_most() -> None:
    asked: list[str] = []

    def count(name: str) -> Sequence[bytes]:
        asked.append(name)
        return ()

    organisation(".".join(["a"] * 100), count)
    assert len(asked) == 8


@pytest.mark.parametrize(
    ("one", "other", "strict", "aligned"),
    [
        ("mail.huonggiang.example", "huonggiang.example", False, True),
        ("mail.huonggiang.example", "huonggiang.example", True, False),
        ("huonggiang.example", "HUONGGIANG.example", True, True),
        ("a.edu.example", "b.edu.example", False, False),
        ("a.nobody.example", "nobody.example", False, False),
        ("", "", False, False),
        ("", "huonggiang.example", False, False),
    ],
)
def test_domains_are_aligned_within_one_organisation(one: str, other: str, strict: bool, aligned: bool) -> None:
    assert is_aligned(one, other, strict=strict, look_up=look_up) is aligned


def test_a_domain_without_a_record_follows_its_organisation() -> None:
    record = policy_for("mail.huonggiang.example", look_up)
    assert record is not None
    assert (record.domain, record.disposition, record.strict_dkim) == ("huonggiang.example", Disposition.REJECT, True)
    assert policy_for("nobody.example", look_up) is None


@pytest.mark.parametrize(
    "text", [b"v=DMARC1;p=none;" + b"a" * 65_000, b" " * 65_000 + b"x", b"v=DMARC1;p=" + b" " * 65_000 + b"x"]
)
def test_an_endless_record_is_none_and_keeps_nobody_waiting(text: bytes) -> None:
    assert record_of("x.example", [text]) is None


@pytest.mark.parametrize("text", [b"v=DMARC1;p=reject", b" v = DMARC1 ; p= reject ;; x; =; adkim=s", b"V=DMARC1; P=Reject"])
def test_a_record_is_read_however_it_is_spaced(text: bytes) -> None:
    record = record_of("x.example", [text])
    assert record is not None
    assert record.disposition is Disposition.REJECT
