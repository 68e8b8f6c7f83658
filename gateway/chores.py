"""What a running gateway does for itself beside mail: its log is written, old bytes are purged, new words are found."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway import maillog
from gateway.config import Store as Settings
from gateway.store import Store

_LOG_EVERY_S = 0.1
_KEEP_HOUSE_EVERY_S = 60.0

_logger = logging.getLogger(__name__)


async def write_log() -> None:
    """The lines about mails, ten times a second, until it is cancelled."""
    while True:
        await asyncio.sleep(_LOG_EVERY_S)
        maillog.flush()


async def keep_house(store: Store, settings: Settings, clock: Callable[[], datetime]) -> None:
    """Every minute, until it is cancelled: bytes of passed mails that need be kept no more, words of new mails."""
    keep = timedelta(days=settings.keep_passed_days)
    while True:
        await asyncio.sleep(_KEEP_HOUSE_EVERY_S)
        try:
            await asyncio.to_thread(store.purge, clock(), keep_passed=keep, keep_captured=settings.keep_captured)
        except Exception:  # the top of this loop: in a minute it is tried again, whatever it was
            _logger.exception("keeping house: nothing was purged")
        try:
            await asyncio.to_thread(store.mail_words.catch_up, clock())
        except Exception:  # as above
            _logger.exception("keeping house: new mails are not found by their words yet")
