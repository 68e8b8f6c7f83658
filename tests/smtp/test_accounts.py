"""The file of those who may sign in."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.errors import ConfigError
from gateway.smtp.accounts import Accounts

LAN = "gv.lan@sgd.example"


def test_an_account_is_there_at_once_and_its_password_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "data" / "accounts"
    running, command = Accounts(file), Accounts(file)
    assert not running.is_right(LAN, "mật-khẩu-1")
    command.put("GV.Lan@sgd.example", "mật-khẩu-1")
    assert running.is_right(LAN, "mật-khẩu-1")
    assert not running.is_right(LAN, "mật-khẩu-2")
    assert "mật" not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    command.put(LAN, "mật-khẩu-2")
    assert (running.is_right(LAN, "mật-khẩu-2"), running.names()) == (True, (LAN,))
    command.remove(LAN)
    assert not running.is_right(LAN, "mật-khẩu-2")
    assert [path.name for path in file.parent.iterdir()] == ["accounts"]


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("only-an-address@x.example\n", 0o600, 'line 1: expected "address hash"'),
        ("# who\n\nno address\n", 0o600, "line 3: "),
        ("", 0o604, "can be read by anybody: chmod 600"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, text: str, mode: int, said: str) -> None:
    file = tmp_path / "accounts"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(ConfigError, match=said):
        Accounts(file).names()


def test_accounts_are_kept_by_command(tmp_path: Path) -> None:
    (tmp_path / "vanthu.toml").write_text("")

    def vanthu(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["account", *arguments, "--config", str(tmp_path / "vanthu.toml")])
        return done.exit_code, done.output

    assert vanthu("set", LAN, "--password", "mười-ký-tự-trở-lên") == (0, f"account {LAN} written\n")
    assert vanthu("list") == (0, f"{LAN}\n")
    assert vanthu("remove", LAN) == (0, f"account {LAN} removed\n")
    assert vanthu("remove", LAN)[1].endswith(f"there is no account {LAN}\n")
    assert vanthu("set", LAN, "--password", "short")[0] == 2
    assert vanthu("set", "lan", "--password", "mười-ký-tự-trở-lên")[1].startswith("Error: an account is an address")
