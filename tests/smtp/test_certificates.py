"""The certificate of the door: renewed without a restart, and never replaced by one that cannot be used."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization

from gateway import sample
from gateway.cli import main
from gateway.errors import ConfigError
from gateway.settings.certificate import Certificate
from gateway.smtp.certificates import Certificates, findings
from tests.world.certificates import END, authority, holder
from tests.world.tls import TlsFiles, written

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return written(tmp_path, "gw.example")


def certificates(files: TlsFiles, client_ca: str = "") -> Certificates:
    return Certificates(Certificate(file=str(files.certificate), key=str(files.key), client_ca=client_ca))


def test_a_new_certificate_is_in_use_without_a_restart(files: TlsFiles, tmp_path: Path) -> None:
    in_use = certificates(files)
    before, context = in_use.leaf, in_use.context
    in_use.refresh()
    assert in_use.context is context
    other = written(tmp_path, "other.example")
    os.replace(other.key, files.key)
    os.replace(other.certificate, files.certificate)
    in_use.refresh()
    assert (in_use.leaf != before, in_use.context is not context) == (True, True)
    assert in_use.live(NOW) == {"days_left": (END - NOW).days, "alarm": False, "trouble": ""}


@pytest.mark.parametrize("broken", [b"", b"-----BEGIN CERTIFICATE-----\nMII", b"\xff\xfe"])
def test_a_broken_one_leaves_the_old_one_in_use(files: TlsFiles, broken: bytes, caplog: pytest.LogCaptureFixture) -> None:
    in_use = certificates(files)
    before, whole = in_use.leaf, files.certificate.read_bytes()
    files.certificate.write_bytes(broken)
    in_use.refresh()
    assert in_use.leaf is before
    assert "the certificate in use stays" in caplog.text
    shown = in_use.live(NOW)
    assert (shown["alarm"], "expected a certificate as PEM" in str(shown["trouble"])) == (True, True)
    files.certificate.unlink()
    in_use.refresh()
    assert "No such file" in in_use.trouble
    files.certificate.write_bytes(whole)
    in_use.refresh()
    assert in_use.trouble == ""


def test_the_last_days_are_an_alarm(files: TlsFiles) -> None:
    in_use = certificates(files)
    assert in_use.live(END - timedelta(days=13, hours=1)) == {"days_left": 13, "alarm": True, "trouble": ""}
    assert in_use.live(END + timedelta(days=2))["days_left"] == -2


def test_what_is_wrong_with_the_files_is_said(files: TlsFiles, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.key"
    key = authority(key=1).key
    formats = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    foreign.write_bytes(key.private_bytes(*formats, serialization.NoEncryption()))
    with pytest.raises(ConfigError, match=r"key: .*foreign.key: this key does not belong to the certificate"):
        certificates(TlsFiles(files.certificate, foreign, files.authority))
    foreign.write_bytes(key.private_bytes(*formats, serialization.BestAvailableEncryption(b"x")))
    with pytest.raises(ConfigError, match="expected a private key as PEM, without a password"):
        certificates(TlsFiles(files.certificate, foreign, files.authority))
    with pytest.raises(ConfigError, match=r"client_ca: .*: No such file"):
        certificates(files, client_ca="none.pem")


def test_a_certificate_is_judged_in_words() -> None:
    def said(days_before: int, hostname: str = "gw.example") -> list[tuple[bool, str]]:
        leaf = holder("gw.example", under=None, end=NOW + timedelta(days=days_before)).certificate
        return list(findings(leaf, hostname=hostname, alarm_days=14, now=NOW))

    assert said(100) == []
    assert said(13) == [(False, "chứng thư số còn 13 ngày (đến 06/12/2026): cần gia hạn")]
    assert said(-1) == [(True, "chứng thư số đã hết hạn ngày 22/11/2026")]
    assert "cấp cho gw.example, không phải 'mx.example'" in said(100, "mx.example")[0][1]
    future = holder("gw.example", under=None, start=NOW + timedelta(days=1)).certificate
    assert list(findings(future, hostname="gw.example", alarm_days=14, now=NOW)) == [
        (True, "chứng thư số chỉ có hiệu lực từ 24/11/2026")
    ]


def test_check_config_looks_at_the_certificate(files: TlsFiles, tmp_path: Path) -> None:
    sample.write(tmp_path / "house")
    config = tmp_path / "house" / "vanthu.toml"
    text = config.read_text(encoding="utf-8")
    where = f'\n[smtp.certificate]\nfile = "{files.certificate}"\nkey = "{files.key}"\n'
    config.write_text(text + where, encoding="utf-8")
    done = CliRunner().invoke(main, ["check-config", str(config)])
    assert (done.exit_code, "[smtp.certificate]: chứng thư số cấp cho gw.example, không phải" in done.output) == (0, True)
    files.key.unlink()
    done = CliRunner().invoke(main, ["check-config", str(config)])
    assert (done.exit_code, "LỖI: vanthu.toml: [smtp.certificate]: " in done.output) == (1, True)


def test_check_config_looks_at_accounts_and_at_the_way_on(files: TlsFiles, tmp_path: Path) -> None:
    sample.write(tmp_path / "house")
    config = tmp_path / "house" / "vanthu.toml"
    way = 'name = "s"\nlisten = "127.0.0.1:1"\ntls = "implicit"\nauth = "require"\ntrusted_networks = []\n'
    door = f'[smtp.certificate]\nfile = "{files.certificate}"\nkey = "{files.key}"\n'
    on = '[relay.security]\ntls = "verified"\nca_file = "none.pem"\nuser = "u"\nsecret = "env:NOT_THERE"\n'
    config.write_text(f"{config.read_text(encoding='utf-8')}\n[[smtp.listener]]\n{way}{door}{on}", encoding="utf-8")
    done = CliRunner().invoke(main, ["check-config", str(config)])
    assert "lưu ý: vanthu.toml: [smtp.auth]: data/accounts: chưa có tài khoản nào" in done.output
    assert "LỖI: vanthu.toml: [relay.security]: TLS: a certificate file of ours cannot be used" in done.output
    config.write_text(config.read_text(encoding="utf-8").replace('ca_file = "none.pem"\n', ""), encoding="utf-8")
    done = CliRunner().invoke(main, ["check-config", str(config)])
    assert "LỖI: vanthu.toml: [relay.security]: sign-in: the environment has no NOT_THERE" in done.output
