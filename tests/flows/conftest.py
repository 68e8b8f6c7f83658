"""A running gateway with a next hop that keeps every byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.world.gateway import Gateway
from tests.world.sink import Sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    """The next hop."""
    with Sink() as server:
        yield server


@pytest.fixture
def house(start_gateway: Callable[..., Gateway], sink: Sink) -> Gateway:
    """The gateway in front of it."""
    return start_gateway(next_hop=sink.address)
