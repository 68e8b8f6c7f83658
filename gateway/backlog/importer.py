"""Works through a source of old mail: what is known is passed over, the rest is read, recognised, judged and remembered.

Mails are read one after the other, recognised some at a time in the guarded children, and written some at a time.  Only so
many, and so many bytes, are in memory.  Whatever is wrong with one mail costs that mail one line of the report.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, date, datetime
from itertools import islice
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from gateway.backlog.head import read_head
from gateway.backlog.judging import Judgement, judge
from gateway.backlog.rules import History
from gateway.backlog.source import Item, Source, Stopped, Unavailable
from gateway.backlog.tally import Tally
from gateway.documents.mime import may_carry_document
from gateway.errors import StoreUnavailable, VanthuError
from gateway.model import (
    NOTHING_RECOGNISED,
    Arrival,
    Door,
    Mail,
    Recipient,
    Recognition,
    Value,
    digest_of,
    lasting_id,
)
from gateway.policy.facts import VIETNAM, local_day
from gateway.store import Outcome, Past, PastMail

_logger = logging.getLogger(__name__)

_LISTED = 500  # items that are compared with what is known at a time
_WRITTEN = 100  # mails in one transaction
_PATIENCE_S = 1.0  # a mail that is done waits no longer for others to be written with it
_MOST_BYTES = 256 * 1024 * 1024  # in memory
_TRIES = 5  # to write: a database may be restarted meanwhile
_LONGEST_NOTE = 500


class Recogniser(Protocol):
    """What the import needs of gateway.inspection."""

    def recognise_now(self, raw: bytes) -> Recognition:
        """The documents of one mail; a hostile file costs only itself."""
        ...


class Span(Value):
    """The days (in Vietnam, both inclusive) from which mails are wanted."""

    since: date | None = None
    until: date | None = None

    def holds(self, at: datetime | None) -> bool:
        """Whether a mail of that time is wanted.  One whose time nobody knows is: nothing is left out."""
        if at is None:
            return True
        day = at.astimezone(VIETNAM).date()
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class _Read(NamedTuple):
    """A mail in memory."""

    item: Item
    raw: bytes
    digest: str


class Importer:
    """One run over one source."""

    def __init__(
        self,
        *,
        past: Past,
        history: History,
        recogniser: Recogniser,
        jobs: int,
        span: Span,
        owner: str = "",
        receiver: str = "",
        clock: Callable[[], datetime],
    ) -> None:
        """``owner``: code of the unit whose mail it is; ``receiver``: the address of the mailbox.  "" asks the mails."""
        self._past = past
        self._history = history
        self._recogniser = recogniser
        self._jobs = jobs
        self._span = span
        self._owner = owner
        self._receiver = receiver
        self._clock = clock

    def run(self, source: Source, *, progress: Callable[[Item, Tally], None], keep: bool = True) -> Tally:
        """Work through the source; gives what was counted.  ``keep=False`` only looks, and changes nothing.

        Stopped when the database or the inspection fails for good: the next run goes on.
        """
        import_id = self._past.begin(source.name, unit=self._owner, now=self._clock()) if keep else ""
        tally = Tally(source.name)
        writer = _Writer(self._past, import_id, tally) if keep else _Counter(tally)
        with ThreadPoolExecutor(self._jobs, thread_name_prefix="import") as threads:
            under_way = _UnderWay()
            try:
                for item in self._new(source, import_id, tally, progress):
                    self._start(item, source, threads, under_way, writer)
                    progress(item, tally)
                    while under_way.is_full(2 * self._jobs):
                        writer.take(under_way.some())
                while under_way.items:
                    writer.take(under_way.some())
                writer.flush()
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        if keep:
            self._past.finish(import_id, now=self._clock())
        return tally

    def _new(self, source: Source, import_id: str, tally: Tally, progress: Callable[[Item, Tally], None]) -> Iterator[Item]:
        """The items that no earlier run has taken."""
        for items in _chunks(source.items(), _LISTED):
            known = self._past.views.known(import_id, [item.key for item in items]) if import_id else frozenset[str]()
            for item in items:
                if item.key in known:
                    tally.known += 1
                    progress(item, tally)
                else:
                    yield item

    def _start(
        self, item: Item, source: Source, threads: ThreadPoolExecutor, under_way: _UnderWay, writer: _Writer | _Counter
    ) -> None:
        """Read a mail, and have it recognised unless its bytes are known."""
        try:
            raw = source.read(item)
        except Unavailable as error:
            writer.take([_failed(item, str(error))])
            return
        digest = digest_of(raw)
        if digest in under_way.digests:  # its twin is at work: first see what becomes of that one
            while under_way.items:
                writer.take(under_way.some())
            writer.flush()
        if writer.has(digest):
            writer.take([_same(item, digest, read_head(raw, now=self._clock()).at, self._span)])
            return
        under_way.add(threads.submit(self._judged, _Read(item, raw, digest)), digest, len(raw))

    def _judged(self, read: _Read) -> PastMail | None:
        """What becomes of one mail; None when it is not of the days that are wanted.  In a thread."""
        item, raw, digest = read
        try:
            head = read_head(raw, now=self._clock())
            at = head.at or item.at
            if not self._span.holds(at):
                return None
            receivers = head.recipients or ((self._receiver,) if self._receiver else ())
            mail = Mail(
                id=lasting_id(head.at, digest),
                sender=head.sender,
                recipients=tuple(Recipient(address=address) for address in receivers),
                raw=raw,
                digest=digest,
                arrival=Arrival(door=Door.ARCHIVE, at=at or datetime.fromtimestamp(0, UTC)),
            )
            recognition = self._recogniser.recognise_now(raw) if may_carry_document(raw) else NOTHING_RECOGNISED
            return _line(item, mail, at, self._judge(mail, recognition))
        except VanthuError:  # the inspection does not run: that is not the mail's fault
            raise
        except Exception as error:
            _logger.exception("%s: a mail of the past could not be read", item.key)
            return _failed(item, f"{type(error).__name__}: {error}", digest)

    def _judge(self, mail: Mail, recognition: Recognition) -> Judgement:
        then = self._history.at(mail.arrival.at)
        day = local_day(self._clock())
        return judge(mail, recognition, then=then, today=self._history.today.directory, owner=self._owner, day=day)


def _line(item: Item, mail: Mail, at: datetime | None, judged: Judgement) -> PastMail:
    is_secret = judged.outcome is Outcome.SECRET
    return PastMail(
        key=item.key,
        folder=item.folder,
        at=at,
        size=len(mail.raw),
        digest=mail.digest,
        sender="" if is_secret else mail.sender,
        outcome=judged.outcome,
        note=judged.note[:_LONGEST_NOTE],
        acceptance=judged.acceptance,
        documents=judged.documents,
    )


def _failed(item: Item, why: str, digest: str = "") -> PastMail:
    note = why[:_LONGEST_NOTE]
    return PastMail(
        key=item.key,
        folder=item.folder,
        at=item.at,
        size=item.size,
        digest=digest,
        sender="",
        outcome=Outcome.FAILED,
        note=note,
    )


def _same(item: Item, digest: str, at: datetime | None, span: Span) -> PastMail | None:
    if not span.holds(at or item.at):
        return None
    return PastMail(
        key=item.key, folder=item.folder, at=at or item.at, size=item.size, digest=digest, sender="", outcome=Outcome.SAME
    )


class _UnderWay:
    """Mails that are being recognised."""

    def __init__(self) -> None:
        self.items: dict[Future[PastMail | None], tuple[str, int]] = {}
        self.digests: set[str] = set()
        self._size = 0

    def add(self, future: Future[PastMail | None], digest: str, size: int) -> None:
        self.items[future] = (digest, size)
        self.digests.add(digest)
        self._size += size

    def is_full(self, most: int) -> bool:
        return len(self.items) >= most or self._size > _MOST_BYTES

    def some(self) -> list[PastMail | None]:
        """Those that are done, at least one, in the order in which they were read: the first of a kind is the one archived."""
        found, _ = wait(self.items, return_when=FIRST_COMPLETED)
        done = [future for future in self.items if future in found]
        for future in done:
            digest, size = self.items.pop(future)
            self.digests.discard(digest)
            self._size -= size
        try:
            return [future.result() for future in done]
        except VanthuError as error:
            raise Stopped(f"dừng lại: {error}") from error


class _Counter:
    """Counts and keeps nothing: a dry run."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._digests: set[bytes] = set()

    def has(self, digest: str) -> bool:
        """Whether these bytes were seen in this run."""
        return bytes.fromhex(digest[:32]) in self._digests

    def take(self, mails: Iterable[PastMail | None]) -> None:
        """Count them."""
        for mail in mails:
            if mail is None:
                self._tally.outside += 1
                continue
            if mail.digest:
                self._digests.add(bytes.fromhex(mail.digest[:32]))
            self._tally.count(mail)

    def flush(self) -> None:
        """Nothing waits."""


class _Writer:
    """Writes what is done, some at a time."""

    def __init__(self, past: Past, import_id: str, tally: Tally) -> None:
        self._past = past
        self._import_id = import_id
        self._tally = tally
        self._waiting: list[PastMail] = []
        self._digests: set[str] = set()
        self._since = time.monotonic()

    def has(self, digest: str) -> bool:
        """Whether these bytes were imported before, or are about to be written."""
        return digest in self._digests or bool(self._past.views.same_bytes([digest]))

    def take(self, mails: Iterable[PastMail | None]) -> None:
        """Write them, at once or soon."""
        for mail in mails:
            if mail is None:
                self._tally.outside += 1
            else:
                self._waiting.append(mail)
                if mail.outcome is not Outcome.FAILED:
                    self._digests.add(mail.digest)
        if len(self._waiting) >= _WRITTEN or time.monotonic() - self._since > _PATIENCE_S:
            self.flush()

    def flush(self) -> None:
        """Write all that waits.  Stopped when the database stays away."""
        for attempt in range(_TRIES):
            try:
                self._write()
                return
            except StoreUnavailable as error:
                _logger.warning("not written, it is tried again: %s", error)
                why = error
            time.sleep(2**attempt / 4)
            self._sort_out(is_last=attempt == _TRIES - 2, why=str(why))
        raise Stopped(f"dừng lại, cơ sở dữ liệu không ghi được: {why}")

    def _write(self) -> None:
        remembered = self._past.remember(self._import_id, self._waiting)
        for mail, written in zip(self._waiting, remembered, strict=True):
            if written.is_new:
                self._tally.count(mail, written)
        self._waiting.clear()
        self._digests.clear()
        self._since = time.monotonic()

    def _sort_out(self, *, is_last: bool, why: str) -> None:
        """Some may have been written; bytes that another import has taken meanwhile are the same mail.

        While the database answers and refuses a mail again and again it is that mail's fault: it costs a line of the report.
        """
        views = self._past.views
        try:
            known = views.known(self._import_id, [mail.key for mail in self._waiting])
            same = views.same_bytes([mail.digest for mail in self._waiting])
        except StoreUnavailable:
            return
        left: list[PastMail] = []
        for mail in self._waiting:
            if mail.key in known:
                self._tally.count(mail)
            elif mail.digest in same:
                left.append(replace(mail, outcome=Outcome.SAME, note="", acceptance=None, documents=()))
            elif is_last:
                note = f"không ghi được: {why}"[:_LONGEST_NOTE]
                left.append(replace(mail, outcome=Outcome.FAILED, note=note, acceptance=None, documents=()))
            else:
                left.append(mail)
        self._waiting = left


def _chunks(items: Iterable[Item], size: int) -> Iterator[Sequence[Item]]:
    each = iter(items)
    while chunk := list(islice(each, size)):
        yield chunk
