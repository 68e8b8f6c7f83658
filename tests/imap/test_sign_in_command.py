"""``vanthu mailbox``: an officer signs in, and sees how long it lasts."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from gateway.cli import main
from gateway.imap.oauth.token import TokenFile
from tests.world.dovecot import PASSWORD, Dovecot
from tests.world.provider import SECRET, Provider

_CONFIG = """
[imap]
tokens = "tokens"

[[mailbox]]
name = "leloi"
host = "localhost"
port = {port}
ca_file = "{ca_file}"
user = "leloi@moet.example"
provider = "own"

[[mailbox]]
name = "cu"
host = "localhost"
port = {port}
ca_file = "{ca_file}"
user = "cu@moet.example"
secret = "file:password"

[[provider]]
name = "own"
kind = "other"
client_id = "vanthu"
client_secret = "env:VANTHU_TEST_SECRET"
token_url = "{url}/token"
authorize_url = "{url}/authorize"
device_url = "{url}/device"
refresh_days = 90
"""


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Provider, Dovecot]]:
    provider = Provider("leloi@moet.example")
    dovecot = Dovecot(introspection=f"{provider.url}/introspect")
    yield provider, dovecot
    dovecot.stop()
    provider.stop()


@pytest.fixture
def config(world: tuple[Provider, Dovecot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    provider, dovecot = world
    provider.user, provider.pending = "leloi@moet.example", 0
    monkeypatch.setenv("VANTHU_TEST_SECRET", SECRET)
    (tmp_path / "password").write_text(PASSWORD)
    os.chmod(tmp_path / "password", 0o600)
    file = tmp_path / "vanthu.toml"
    file.write_text(_CONFIG.format(port=dovecot.tls_port, ca_file=dovecot.ca_file, url=provider.url))
    return file


def vanthu(*arguments: str | Path, typed: str = "") -> Result:
    return CliRunner().invoke(main, ["mailbox", *map(str, arguments)], input=typed)


def test_an_officer_signs_in_and_the_mailbox_can_be_read(
    world: tuple[Provider, Dovecot], config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert "leloi: chưa đăng nhập" in vanthu("tokens", "--config", config).stdout

    done = vanthu("sign-in", "leloi", "--config", config)
    assert done.exit_code == 0, done.output
    assert "Nhập mã: ABCD-1234" in done.stdout
    assert "Đã đăng nhập hộp thư leloi" in done.stdout

    told = vanthu("tokens", "--config", config)
    assert told.exit_code == 0
    assert "tốt, còn 89 ngày nếu không dùng" in told.stdout
    assert "INBOX\t0 thư" in vanthu("check", "leloi", "--config", config).stdout
    assert "INBOX\t0 thư" in vanthu("check", "cu", "--config", config).stdout
    assert [secret for secret in world[0].given if secret in caplog.text + done.output + told.output] == []

    assert vanthu("forget", "leloi", "--config", config).exit_code == 0
    assert (
        "chưa đăng nhập" in vanthu("check", "leloi", "--config", config).output
        or "nobody has signed in" in vanthu("check", "leloi", "--config", config).output
    )


def test_a_token_of_another_account_is_not_kept(world: tuple[Provider, Dovecot], config: Path) -> None:
    world[0].user = "somebody@moet.example"
    refused = vanthu("sign-in", "leloi", "--config", config)
    assert refused.exit_code == 1
    assert "tài khoản khác leloi@moet.example" in refused.output
    assert not (config.parent / "tokens" / "leloi.json").exists()


def test_a_token_that_is_about_to_end_is_told(world: tuple[Provider, Dovecot], config: Path) -> None:
    assert vanthu("sign-in", "leloi", "--config", config).exit_code == 0
    file = TokenFile(config.parent / "tokens" / "leloi.json")
    token = file.read()
    assert token is not None
    for days, said in ((80, "SẮP HẾT HẠN, còn 9 ngày"), (100, "ĐÃ HẾT HẠN")):
        file.write(replace(token, refreshed_at=datetime.now(UTC) - timedelta(days=days)))
        told = vanthu("tokens", "--config", config)
        assert (told.exit_code, said in told.stdout) == (1, True), told.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sign-in", "khong-co"), "khong-co: no such [[mailbox]]; expected one of leloi, cu"),
        (("sign-in", "cu"), "it signs in with a password, no token is needed"),
    ],
)
def test_a_wrong_wish_is_answered_with_what_was_expected(config: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in vanthu(*arguments, "--config", config).output
