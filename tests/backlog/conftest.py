"""The stores of tests.store, here too."""

from __future__ import annotations

from tests.store.conftest import open_store, postgres, store, url

__all__ = ["open_store", "postgres", "store", "url"]
