"""Signed links, and the secret behind them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.errors import ConfigError
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


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_secret_that_was_cut_short_signs_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="remove the file, and a new one is made"):
        kept_in(file)


def test_processes_that_start_together_have_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: kept_in(tmp_path / "secret"), range(16)))
    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_an_address_for_answers_is_good_for_answers_alone() -> None:
    links = Links(b"one", "https://cong.example", reply_address="y-kien@sgd.example")
    address = links.to_reply(MAIL)
    assert links.answered(address) == MAIL
    assert links.answered(address.upper()) == MAIL
    assert not links.is_genuine(MAIL, address.partition(".")[2].partition("@")[0])
    assert links.answered(address.replace(MAIL, OTHER)) == ""
    assert links.answered(address.replace("sgd.example", "other.example")) == ""
    assert Links(b"two", "", reply_address="y-kien@sgd.example").answered(address) == ""


def test_an_answer_names_the_mail_among_many_references() -> None:
    links = Links(b"one", "")
    ours = f"<{links.reference(OTHER, MAIL)}@cong.example>"
    others = " ".join(f"<{n}.{OTHER}.{n:020x}@cong.example>" for n in range(200))
    assert links.referred([others, f"{others} {ours}"]) == MAIL
    assert links.referred([others, ours.replace(MAIL, OTHER)]) == ""
    assert links.referred(["<" * 100_000]) == ""
