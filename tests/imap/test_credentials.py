"""Secrets come from a file, the environment or the keyring; what is missing is said, the secret never."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from gateway.errors import SignInRefused
from gateway.imap.credentials import Password, read_secret


class Desk:
    """Remembers what it was told."""

    def __init__(self, *capabilities: str) -> None:
        self.capabilities = frozenset(capabilities)
        self.told: list[tuple[str, ...]] = []

    def login(self, user: str, password: str) -> None:
        self.told.append((user, password))

    def authenticate(self, mechanism: str, respond: object) -> None:
        assert callable(respond)
        self.told.append((mechanism, respond(b"").decode()))


class Bad(NamedTuple):
    secret: str
    says: str


def test_a_secret_is_read_from_a_file_and_its_line_end_is_no_part_of_it(tmp_path: Path) -> None:
    file = tmp_path / "s"
    file.write_text("bí mật \n", encoding="utf-8")
    file.chmod(0o600)
    assert read_secret("file:s", "a", base=tmp_path) == "bí mật "


def test_a_file_that_anybody_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "s"
    file.write_text("x")
    file.chmod(0o644)
    with pytest.raises(SignInRefused, match="chmod 600"):
        read_secret("file:s", "a", base=tmp_path)


@pytest.mark.parametrize(
    "bad",
    [
        Bad("file:gone", "cannot be read"),
        Bad("env:VANTHU_NO_SUCH", "has no VANTHU_NO_SUCH"),
        Bad("hunter2", "expected a secret as file:PATH, env:NAME or keyring:SERVICE"),
    ],
)
def test_what_is_missing_is_said(bad: Bad, tmp_path: Path) -> None:
    with pytest.raises(SignInRefused, match=bad.says) as refused:
        read_secret(bad.secret, "a", base=tmp_path)
    assert "hunter2" not in str(refused.value)


def test_plain_is_preferred_because_it_takes_any_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S", "mật khẩu")
    desk = Desk("AUTH=PLAIN")
    Password("a@b", "env:S").present(desk)
    assert desk.told == [("PLAIN", "\0a@b\0mật khẩu")]


def test_a_server_without_plain_gets_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S", "secret")
    desk = Desk()
    Password("a@b", "env:S").present(desk)
    assert desk.told == [("a@b", "secret")]


def test_no_password_goes_over_a_link_where_it_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S", "secret")
    desk = Desk("LOGINDISABLED")
    with pytest.raises(SignInRefused, match="starttls"):
        Password("a@b", "env:S").present(desk)
    assert desk.told == []


def test_a_password_does_not_show_itself() -> None:
    assert "S3" not in repr(Password("a@b", "env:S3"))


class _InMemory(KeyringBackend):
    """A keyring that can be locked."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the package has no type for it
        self.locked = False
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("no desktop is here")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def ring() -> Iterator[_InMemory]:
    before, made = keyring.get_keyring(), _InMemory()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_a_secret_comes_from_the_keyring_under_service_and_account(ring: _InMemory) -> None:
    keyring.set_password("vanthu-imap", "c3@moet.example", "mật-khẩu")
    assert read_secret("keyring:vanthu-imap", "c3@moet.example") == "mật-khẩu"


def test_a_keyring_that_is_locked_or_has_nothing_says_what_is_missing(ring: _InMemory) -> None:
    with pytest.raises(SignInRefused, match=r"no password of c3@moet.example under vanthu-imap"):
        read_secret("keyring:vanthu-imap", "c3@moet.example")
    ring.locked = True
    with pytest.raises(SignInRefused, match="the keyring cannot be read: no desktop is here"):
        read_secret("keyring:vanthu-imap", "c3@moet.example")
