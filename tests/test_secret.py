"""Signed links, and the secret behind them."""

from __future__ import annotations

from pathlib import Path

from gateway.secret import Links, kept_in

MAIL, OTHER = "01JDXV5KQ0ABCDEFGHJKMNPQRS", "01JDXV5KQ0ABCDEFGHJKMNPQRT"


def test_the_secret_is_made_once_and_readable_by_the_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret"
    first = kept_in(file)
    assert len(first) >= 32
    assert kept_in(file) == first
    assert file.stat().st_mode & 0o077 == 0


def test_a_link_is_good_for_its_mail_and_from_us_alone() -> None:
    links = Links(b"one", "https://cong.example/")
    link = links.to_appeal(MAIL)
    assert link.startswith(f"https://cong.example/appeal/{MAIL}/")
    sign = link.rpartition("/")[2]
    assert links.is_genuine(MAIL, sign)
    assert not links.is_genuine(OTHER, sign)
    assert not links.is_genuine(MAIL, "")
    assert not links.is_genuine(MAIL, "ký")
    assert not Links(b"two", "https://cong.example").is_genuine(MAIL, sign)


def test_without_a_public_address_there_are_no_links() -> None:
    assert Links(b"one", "").to_appeal(MAIL) == ""
