"""How the couriers to office systems are, when an officer asks: their own findings, and a pause that a person orders.

Findings are kept until the next look, in this process: another node may see another network.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from gateway.courier import Finding, FindingLevel
from gateway.errors import NotAllowed, NotFound
from gateway.model import Account, Value
from gateway.phrases import phrase
from gateway.roles import Verb, allows

logger = logging.getLogger(__name__)

_PATIENCE_S = 30.0


class Checked(Protocol):
    """A courier that can say how it is."""

    async def check(self) -> tuple[Finding, ...]:
        """Login, certificate, clock, codes, folder."""
        ...


class Report(Value):
    """What a courier said of itself, and when."""

    at: datetime
    findings: tuple[Finding, ...]


class Checks:
    """Asks; any thread may.  NotAllowed for everybody but an officer, NotFound for what is no courier to an office system."""

    def __init__(
        self, couriers: Mapping[str, Checked], *, clock: Callable[[], datetime], pause: Callable[[str, str], None]
    ) -> None:
        self._couriers = couriers
        self._clock = clock
        self._pause = pause
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reports: dict[str, Report] = {}
        self._lock = threading.Lock()

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Couriers live on this loop: their connections belong to it."""
        self._loop = loop

    def reports(self) -> Mapping[str, Report]:
        """What was found at the last looks, by courier."""
        with self._lock:
            return dict(self._reports)

    def check(self, name: str, by: Account) -> Report:
        """Ask a courier now.  Waits for its answer, or half a minute; whatever goes wrong is a finding."""
        _allow(by)
        courier = self._couriers.get(name)
        if courier is None:
            raise NotFound(f"no courier {name}")
        report = Report(at=self._clock(), findings=self._asked(courier))
        with self._lock:
            self._reports[name] = report
        return report

    def pause(self, name: str, by: Account, reason: str) -> None:
        """Carry nothing by this courier until somebody resumes it; its queue stays."""
        _allow(by)
        if name not in self._couriers:
            raise NotFound(f"no courier {name}")
        logger.warning("courier %s is paused by %s: %s", name, by.name, reason)
        self._pause(name, reason)

    def _asked(self, courier: Checked) -> tuple[Finding, ...]:
        if self._loop is None:
            return (_bad(phrase("Cổng đang khởi động, xin thử lại sau.")),)
        asked = asyncio.run_coroutine_threadsafe(courier.check(), self._loop)
        try:
            return asked.result(_PATIENCE_S)
        except TimeoutError:
            asked.cancel()
            return (_bad(phrase("Hệ thống không trả lời trong %(seconds)s giây.", seconds=int(_PATIENCE_S))),)
        except Exception as error:  # a check that fails says so, whatever it was
            logger.exception("a courier could not be checked")
            return (_bad(phrase("Không kiểm tra được: %(why)s", why=f"{type(error).__name__}: {error}")),)


def _bad(text: str) -> Finding:
    return Finding(level=FindingLevel.BAD, about="check", text=text)


def _allow(by: Account) -> None:
    if not allows(by, Verb.RUN):
        raise NotAllowed("Chỉ cán bộ quản trị được làm việc này.")
