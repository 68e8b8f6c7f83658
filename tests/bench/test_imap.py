"""The short form of bench.imap: a gateway that is killed while it sweeps takes each mail once."""

from __future__ import annotations

import pytest

from bench import imap
from tests.world.dovecot import PASSWORD


def test_a_gateway_that_is_killed_while_it_sweeps_takes_each_mail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(imap._SECRET, PASSWORD)
    found = imap.crash(mails=200, boxes=4, kills=2)
    assert (found.killed, found.in_ledger, found.strangers, found.missing, found.altered) == (2, 200, 0, 0, 0)
