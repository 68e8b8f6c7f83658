"""The short form of bench.imap: a gateway that is killed while it sweeps takes each mail once."""

from __future__ import annotations

import pytest

from bench import imap
from tests.world.dovecot import PASSWORD


def test_a_gateway_that_is_killed_while_it_sweeps_takes_each_mail_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(imap._SECRET, PASSWORD)
    imap.crash(mails=200, boxes=4, kills=2)  # it counts, and compares the bytes
    assert "each once, bytes identical" in capsys.readouterr().out
