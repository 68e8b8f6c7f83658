"""What every test may lean on: real servers on free ports and in temporary folders, started once for each worker of the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from tests.world import process
from tests.world.gateway import Gateway
from tests.world.postfix import Postfix

settings.register_profile("vanthu", deadline=None)  # a busy machine is no defect; what hangs meets pytest's own limit
settings.load_profile("ci" if os.environ.get("CI") else "vanthu")
_IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")


# With --no-loadscope-reorder files are run in this order: those that take long come first, so that in the end no worker waits
# for another one's last long file.
_LONGEST = (
    "tests/web/test_browser.py", "tests/documents/test_generated_scans.py", "tests/imap/test_sweep.py",
    "tests/hostile/test_hostile.py", "tests/flows/test_nothing_is_lost.py",
    "tests/web/test_browser_flows.py", "tests/web/test_accessible.py", "tests/test_inspection.py",
    "tests/backlog/test_importer.py", "tests/policy/test_hard_cases.py", "tests/bench/test_chaos.py",
    "tests/imap/test_poison.py", "tests/documents/test_corpus.py", "tests/imap/test_other_servers.py",
)  # fmt: skip
_RANK = {Path(__file__).parents[1] / name: rank for rank, name in enumerate(_LONGEST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first.  Tests of Postfix, and with strace, need root: in CI they run or fail; a developer is told how."""
    items.sort(key=lambda item: _RANK.get(item.path, len(_RANK)))
    if os.geteuid() == 0 or _IN_CI:
        return
    reason = "needs root, because Postfix's master and strace do; run: sudo make test"
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="module", autouse=True)
def same_process() -> Iterator[None]:
    """No module of tests leaves the process otherwise than it found it: the next one would fail, or pass, because of that."""
    before = process.state()
    yield
    assert process.changed(before, process.state()) == {}


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
