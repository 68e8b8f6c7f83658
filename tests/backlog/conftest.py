"""The stores of tests.store, here too."""

from __future__ import annotations

import logging

import pytest

from tests.store.conftest import open_store, postgres, store, url

__all__ = ["open_store", "postgres", "store", "url"]


@pytest.fixture(autouse=True)
def silence(caplog: pytest.LogCaptureFixture) -> None:
    """What the poison of importing.py says stands in no log here: it cannot be sent from one process of pytest to another."""
    caplog.set_level(logging.CRITICAL, logger="gateway.backlog.importer")
