"""Looks whether the audit is as it was sealed: the whole chain, piece by piece, after a start and each night.

It is the walk of `vanthu verify-audit`, with rests: after each piece it sleeps, so that mail goes first.  One node looks at a
time; how far it is stands in the store, so a restart goes on there.  The first entry that is not as it was sealed ends a
look; the next one begins in an hour then, and the alarm is over when one finds the chain whole.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from gateway.alarms import Alarm, of_changes
from gateway.chain import Head
from gateway.policy.facts import VIETNAM
from gateway.sealing import heads_in
from gateway.settings.audit import Audit
from gateway.signing import fingerprint
from gateway.store import Store
from gateway.store.chain_looks import Place, Report, Result
from gateway.verifying import ended, steps_of, walk

logger = logging.getLogger(__name__)

_PIECE = 10  # links: of up to 1200 entries each
_LEASE = timedelta(minutes=5)
_WRITE_EVERY_S = 5.0  # how far it is; a killed process looks again at so much
_MOST_REST_S = 60.0  # well within the lease
_AWAKE_EVERY_S = 60.0
_AGAIN_WHEN_BROKEN = timedelta(hours=1)


class ChainLook:
    """``head_file``: where heads stand outside the database, None for nowhere; ``public``: the key that signed them."""

    def __init__(
        self, store: Store, settings: Audit, public: str, *, head_file: Path | None, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._settings = settings
        self._keys = {fingerprint(public): public}
        self._head_file = head_file
        self._clock = clock
        self._has_looked = False  # in this life
        self._begun_at: datetime | None = None  # of the look that this life is at
        self._place = Place()
        self._outside = _Outside(None, 0)
        self._written_at = 0.0  # monotonic

    async def run(self) -> None:
        """Until it is cancelled."""
        while self._settings.look_hour >= 0:
            started, goes_on = time.monotonic(), False
            try:
                goes_on = await asyncio.to_thread(self.once)
            except Exception:  # the top of this loop: it goes on where it was written down
                logger.exception("the audit's chain could not be looked at")
                self._begun_at = None
            worked = time.monotonic() - started
            rest = worked * (100 / self._settings.look_cpu_percent - 1)
            await asyncio.sleep(min(rest, _MOST_REST_S) if goes_on else _AWAKE_EVERY_S)

    def once(self) -> bool:
        """Look at the next piece, if a look is due; says whether more of it waits."""
        now = self._clock()
        if self._begun_at is None and not self._begin(now):
            return False
        report = self._piece()
        if report is not None:
            self._end(report)
        elif time.monotonic() - self._written_at >= _WRITE_EVERY_S and not self._write_down(now):
            self._begun_at = None  # this process slept for long: another one has gone on
        return self._begun_at is not None

    def alarms(self, _now: datetime) -> Iterator[Alarm]:
        """What the last whole look found, whichever node looked."""
        last = self._store.chain_looks.last()
        return of_changes(last.report.broken if last is not None else "")

    # --- one look -----------------------------------------------------------------------------------------------------

    def _begin(self, now: datetime) -> bool:
        """Begin a look, or go on with one that was cut; False when none is due, or another node is at it."""
        known = self._store.chain_looks.under_way()
        if known.begun_at is None and not self._is_due(known.last, now):
            return False
        self._begun_at, self._place = known.begun_at or now, known.place
        if not self._write_down(now):
            self._begun_at = None
            return False
        self._outside = _Outside(self._head_file, self._place.link)
        return True

    def _is_due(self, last: Result | None, now: datetime) -> bool:
        if last is None or not self._has_looked:
            return True
        if last.report.broken and now - last.ended_at >= _AGAIN_WHEN_BROKEN:
            return True
        local = now.astimezone(VIETNAM)
        tonight = local.replace(hour=self._settings.look_hour, minute=0, second=0, microsecond=0)
        return last.begun_at < (tonight if tonight <= local else tonight - timedelta(days=1))

    def _piece(self) -> Report | None:
        """Go on by a few links; the report when that was the last of them, or something is wrong."""
        place, chain = self._place, self._store.chain
        # Heads first: a head is signed after its link was written, so one that is seen here has its link below.
        signed = chain.heads(after=place.link, limit=_PIECE)
        farthest = max(self._outside.next_number(), signed[-1].n if signed else 0)
        links = chain.links(after=place.link, limit=_PIECE)
        if not links:
            return ended(place, farthest)
        heads: dict[int, list[Head]] = {}
        for head in (*signed, *self._outside.until(links[-1].n)):
            heads.setdefault(head.n, []).append(head)
        self._place = walk(place, steps_of(self._store, links, place), heads, self._keys)
        return self._place.report if self._place.report.broken else None

    def _write_down(self, now: datetime) -> bool:
        self._written_at = time.monotonic()
        begun = self._begun_at or now
        return self._store.chain_looks.take(begun_at=begun, place=self._place, now=now, lease=_LEASE)

    def _end(self, report: Report) -> None:
        now = self._clock()
        result = Result(begun_at=self._begun_at or now, ended_at=now, report=report)
        if self._store.chain_looks.end(result, now=now):
            self._has_looked = True
            said = logger.error if report.broken else logger.info
            said("audit looked at: %d entries in %d links %s", result.entries, report.links, report.broken or "are as sealed")
        self._begun_at, self._place = None, Place()


class _Outside:
    """The heads of the file, read along with the chain: it grows by a line a minute for years, and is never in memory whole."""

    def __init__(self, file: Path | None, behind: int) -> None:
        self._heads = (head for head in _heads_of(file) if head.n > behind) if file is not None else iter(())
        self._next: Head | None = next(self._heads, None)

    def next_number(self) -> int:
        """The number of the next head; 0 when there is none."""
        return self._next.n if self._next is not None else 0

    def until(self, n: int) -> Iterable[Head]:
        """The next heads up to that number."""
        while self._next is not None and self._next.n <= n:
            yield self._next
            self._next = next(self._heads, None)


def _heads_of(file: Path) -> Iterator[Head]:
    if file.exists():
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                yield from heads_in(line)
