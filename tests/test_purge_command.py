"""``vanthu purge``: first what would go, then what went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import sample
from gateway.cli import main
from gateway.commands.opened import store_of
from gateway.config import load
from gateway.errors import NotFound
from gateway.store import Acceptance
from tests.store.letters import mail


def vanthu(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_it_shows_what_would_be_dropped_and_drops_it_when_told(tmp_path: Path) -> None:
    sample.write(tmp_path / "house")
    config = tmp_path / "house" / "vanthu.toml"
    old = mail(b"x" * 3_000_000, at=datetime.now(UTC) - timedelta(days=9))
    with store_of(load(config)) as store:
        store.accept_now([Acceptance(mail=old)])

    shown = vanthu("purge", "--config", config)
    with store_of(load(config)) as store:
        assert store.views.raw(old.id) == old.raw
    done = vanthu("purge", "--config", config, "--apply")

    assert (shown.exit_code, done.exit_code) == (0, 0), shown.output + done.output
    assert "thư đã chuyển, không mở hồ sơ: 1 thư, 2.9 MB" in shown.stdout
    assert "giữ mãi" in shown.stdout
    assert "Đã xóa nội dung của 1 thư." in done.stdout
    with store_of(load(config)) as store, pytest.raises(NotFound):
        store.views.raw(old.id)
