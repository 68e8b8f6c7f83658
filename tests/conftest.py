"""What every test may lean on: real servers on free ports and in temporary folders, started once for each worker of the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from tests.world.gateway import Gateway
from tests.world.postfix import Postfix

settings.register_profile("vanthu", deadline=None)  # a busy machine is no defect; what hangs meets pytest's own limit
settings.load_profile("ci" if os.environ.get("CI") else "vanthu")
_IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of Postfix, and with strace, need root.  In CI they run or fail; a developer without root is told how."""
    if os.geteuid() == 0 or _IN_CI:
        return
    reason = "needs root, because Postfix's master and strace do; run: sudo make test"
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def running_postfix() -> Iterator[Postfix]:
    """One Postfix for all tests of this worker; tests take ``postfix``."""
    server = Postfix()
    yield server
    server.stop()


@pytest.fixture
def postfix(running_postfix: Postfix) -> Postfix:
    """A real next mail server whose mailbox is empty.  Mark the test ``root``."""
    running_postfix.forget()
    return running_postfix


@pytest.fixture
def start_gateway(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Start the real gateway as a process: ``start_gateway(next_hop="127.0.0.1:…", settings={…})``; it ends with the test."""
    started: list[Gateway] = []

    def start(*, next_hop: str, settings: Mapping[str, str] | None = None, more: str = "") -> Gateway:
        house = Gateway(tmp_path / f"house{len(started)}", next_hop=next_hop, settings=settings, more=more)
        started.append(house)
        return house.start()

    yield start
    for house in started:
        house.kill()
