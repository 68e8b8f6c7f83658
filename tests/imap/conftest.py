"""A Dovecot for the tests of the IMAP door: one with everything, others by the capabilities that they lack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Mailbox
from tests.imap.house import House
from tests.world.dovecot import Dovecot


@pytest.fixture(scope="session")
def dovecots() -> Iterator[Callable[..., Dovecot]]:
    """``dovecots(without=("MOVE",))``: started when first wanted, one for each set of capabilities."""
    running: dict[tuple[str, ...], Dovecot] = {}

    def get(without: tuple[str, ...] = ()) -> Dovecot:
        if without not in running:
            running[without] = Dovecot(without=without)
        return running[without]

    yield get
    for server in running.values():
        server.stop()


@pytest.fixture
def dovecot(dovecots: Callable[..., Dovecot]) -> Dovecot:
    """The one with everything; each test takes a user of its own."""
    return dovecots()


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Open the gateway over mailboxes; ``open_house(mailbox, …)`` again is another life of it."""
    opened: list[House] = []

    def start(*mailboxes: Mailbox, folder: str = "house", **more: Any) -> House:
        opened.append(House(tmp_path / folder, *mailboxes, **more))
        return opened[-1]

    yield start
    for house in opened:
        house.stop()
