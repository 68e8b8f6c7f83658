"""The store as commands open it: beside a gateway that may be running on it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.config import Config

if TYPE_CHECKING:
    from gateway.store import Store


@contextlib.contextmanager
def store_of(settings: Config, *, node: str = "") -> Iterator[Store]:
    """The store, under a node name that all commands share: one at a time.  Or under a name of the command's own."""
    from gateway.store import Store

    store = Store(
        url=settings.store_url(),
        blobs=settings.path(settings.store.blobs),
        journal=settings.path(settings.store.journal),
        inline_bytes=settings.store.inline_bytes,
        node=node or f"{settings.node}-command",
    )
    store.open()
    try:
        yield store
    finally:
        store.close()
