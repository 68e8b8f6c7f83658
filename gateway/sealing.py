"""Seals what was committed into the audit's hash chain, and signs its head and writes it down outside the database.

One node of all does so: who sealed last goes on, and the others take over when it is silent.  A crash at any point loses
nothing: where to go on stands in the last link, and two nodes that seal at once cannot both write it (gateway.store.chain).
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from gateway.chain import Entry, Head, Kind, Skeleton, seal
from gateway.settings.audit import Audit
from gateway.signing import Signer
from gateway.store import Store
from gateway.store.chain import Mark, mails_until

logger = logging.getLogger(__name__)

_LEASE = timedelta(seconds=10)  # so long after its last link a node is left alone with the work
_AFTER_TROUBLE_S = 60.0  # what others still hold back while the database was away is written by then
_STORIES, _MAILS = 1000, 200  # in one link
_BREATH_S = 0.05  # between links when there are many: mail goes first


class Sealer:
    """The loop of one node.  ``head_file`` None writes none."""

    def __init__(
        self, store: Store, settings: Audit, signer: Signer, *, head_file: Path | None, node: str, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._settings = settings
        self._signer = signer
        self._head_file = head_file
        self._node = node
        self._clock = clock
        self._marks: deque[Mark] = deque(maxlen=120)
        self._written = 0  # number of the last head that this life has written down
        self._head_due = clock()
        self.trouble = ""  # why the chain does not go on; "" while it does

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                again = await asyncio.to_thread(self.once)
                self.trouble = ""
                wait = _BREATH_S if again else self._settings.seal_every_s
            except Exception as error:  # the top of this loop: whatever it was, sealing goes on
                logger.exception("the audit's chain does not go on")
                self.trouble = f"{type(error).__name__}: {error}"
                wait = _AFTER_TROUBLE_S
            await asyncio.sleep(wait)

    def once(self) -> bool:
        """Seal one link, if there is anything to seal, and write down the head when it is due; says whether more waits."""
        head, now = self._store.chain.head(), self._clock()
        safe = self._safe()
        if head is not None and head.node != self._node and head.at > now - _LEASE:
            return False
        stories = self._stories(head, safe)
        mails = self._mails(head, now)
        if entries := (*stories, *mails):
            link = seal(head, entries, at=now, node=self._node)
            head = link if self._store.chain.append(link) else self._store.chain.head()
        if head is not None and head.n > self._written and now >= self._head_due:
            self._write_down(head, now)
        return len(stories) == _STORIES or len(mails) == _MAILS

    def finish(self) -> None:
        """Seal what is left and write down the head: at a stop in good order."""
        try:
            self._finish()
        except Exception:  # the next start goes on where this one ended
            logger.exception("the audit's head was not written down at the stop")

    def _finish(self) -> None:
        while self.once():
            pass
        head = self._store.chain.head()
        if head is not None and head.n > self._written and head.node == self._node:
            self._write_down(head, self._clock())

    # --- what can be sealed -------------------------------------------------------------------------------------------

    def _safe(self) -> int:
        """The number up to which no line of a story can still turn up.

        PostgreSQL gives numbers away before the commit: those seen at an earlier mark are complete when every transaction
        that was under way then has ended.  A mark of now will not do: a number may be out that no transaction shows yet.
        """
        mark = self._store.chain.mark()
        if not mark.under_way_to:
            return mark.newest
        ended = [earlier.newest for earlier in self._marks if earlier.under_way_to <= mark.under_way_from]
        self._marks.append(mark)
        return max(ended, default=0)

    def _stories(self, head: Skeleton | None, safe: int) -> tuple[Entry, ...]:
        rows = self._store.chain.story_rows(after=head.stories_to if head is not None else 0, until=safe, limit=_STORIES)
        return tuple(Entry(kind=Kind.STORY, ref=row.ref, digest=row.digest) for row, _ in rows)

    def _mails(self, head: Skeleton | None, now: datetime) -> tuple[Entry, ...]:
        after = head.mails_to if head is not None else ""
        rows = self._store.chain.mail_rows(after=after, until=mails_until(now), limit=_MAILS)
        return tuple(Entry(kind=Kind.MAIL, ref=row.ref, digest=row.digest) for row in rows)

    # --- the head -----------------------------------------------------------------------------------------------------

    def _write_down(self, link: Skeleton, now: datetime) -> None:
        head = self._signer.sign(link.n, link.hash, at=now)
        self._store.chain.put_head(head)
        if self._head_file is not None:
            _append(self._head_file, as_line(head))
        logger.info("audit head %s", as_line(head))
        self._written = link.n
        self._head_due = now + timedelta(seconds=self._settings.head_every_s)


def as_line(head: Head) -> str:
    """A head as a line of a file or log."""
    return f"{head.at.isoformat()} n={head.n} hash={head.hash} key={head.key} signature={head.signature}"


def heads_in(text: str) -> Iterator[Head]:
    """The heads of such lines, wherever in a line they begin; other lines are passed over, and so is a last one cut short."""
    for line in text.splitlines():
        words = line.removeprefix("audit head ").split()
        fields = dict(word.split("=", 1) for word in words[1:] if "=" in word)
        if {"n", "hash", "key", "signature"} <= fields.keys() and fields["n"].isdecimal():
            try:
                at = datetime.fromisoformat(words[0])
            except ValueError:
                continue
            yield Head(n=int(fields["n"]), at=at, hash=fields["hash"], key=fields["key"], signature=fields["signature"])


def _append(file: Path, line: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640), "a", encoding="utf-8") as stream:
        stream.write(line + "\n")
        stream.flush()
        os.fsync(stream.fileno())
