"""Many mailboxes in one process: those that wait for mail cost a socket each, a few threads read those that have some.

One thread (the watch) hears what idle servers say, counts the time, and cuts links from outside that take longer than they
may; a small pool of threads does the looks (round.py).  Which node reads a mailbox is agreed by a lease in the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from gateway.config import Imap, Mailbox
from gateway.errors import MailboxError, MailboxRefused, MailboxUnreachable, SignInRefused, StoreUnavailable
from gateway.imap.desk import Credentials
from gateway.imap.round import Round
from gateway.imap.session import Session
from gateway.imap.values import Server
from gateway.imap.whereabouts import EVERYTHING
from gateway.model import Answer, Mail
from gateway.store import Mailboxes

logger = logging.getLogger(__name__)
_T = TypeVar("_T")

_TICK_S = 1.0  # how late the watch may be
_BACKOFF_S = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)  # after a link that failed so often in a row
_SIGN_IN_AGAIN_S = 900.0  # a wrong password again and again locks the account
_LOOKS = 5  # in a row, until others have their turn
_ACCEPT_S = 600.0  # a mail is given so long to be accepted


class Intake(Protocol):
    """The one way in, as this door sees it (gateway.intake)."""

    async def accept(self, mail: Mail) -> Answer:
        """Recognise, decide, remember.  Durable when it returns; raises when it is not."""
        ...

    async def hold(self, mail: Mail, why: str) -> Answer:
        """Keep it for a person."""
        ...


class Entrance:
    """The intake, for the threads of this door: its loop is elsewhere."""

    def __init__(self, intake: Intake, loop: asyncio.AbstractEventLoop) -> None:
        self._intake = intake
        self._loop = loop

    def accept(self, mails: Sequence[Mail]) -> list[Exception | None]:
        """Have mails accepted, all at once: they share commits.  What went wrong with each."""
        return self._wait(self._accept(mails))

    def hold(self, mail: Mail, why: str) -> None:
        """Have a person look at it.  StoreUnavailable."""
        self._wait(self._intake.hold(mail, why))

    async def _accept(self, mails: Sequence[Mail]) -> list[Exception | None]:
        answers = await asyncio.gather(*[self._intake.accept(mail) for mail in mails], return_exceptions=True)
        return [_as_error(answer) for answer in answers]

    def _wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(_ACCEPT_S)
        except (TimeoutError, RuntimeError) as error:  # RuntimeError: the loop was closed
            raise StoreUnavailable(f"nobody accepts mail: {error}") from error


def _as_error(answer: Answer | BaseException) -> Exception | None:
    if isinstance(answer, BaseException) and not isinstance(answer, Exception):
        return StoreUnavailable("the gateway stops")
    return answer if isinstance(answer, Exception) else None


class _Box:
    """One mailbox: its round, its session while there is one, and when somebody has to look."""

    def __init__(self, round_: Round, server: Server, credentials: Credentials) -> None:
        self.round = round_
        self.server = server
        self.credentials = credentials
        self.session: Session | None = None
        self.is_ours = False
        self.is_busy = False  # a thread of the pool has it
        self.is_idle = False  # it waits for news, and …
        self.is_parked = False  # … the watch listens to it
        self.due = 0.0  # monotonic
        self.must_end = 0.0  # when the link is cut from outside; 0: no limit now
        self.failures = 0  # in a row
        self.is_announced = False

    @property
    def name(self) -> str:
        return self.round.mailbox.name

    def drop(self) -> None:
        """Let the session go without a goodbye."""
        session, self.session = self.session, None
        if session is not None:
            session.drop()


class Poller:
    """Sweeps mailboxes until stop().  ``announce`` hears the name of each when it was looked into for the first time.

    ``server_of`` and ``credentials_of`` say where a mailbox is, and by what one signs in.
    """

    def __init__(
        self,
        mailboxes: Sequence[Mailbox],
        settings: Imap,
        store: Mailboxes,
        intake: Intake,
        *,
        server_of: Callable[[Mailbox], Server],
        credentials_of: Callable[[Mailbox], Credentials],
        clock: Callable[[], datetime],
        announce: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._mailboxes = [mailbox for mailbox in mailboxes if mailbox.sweep]
        self._settings = settings
        self._store = store
        self._intake = intake
        self._server_of = server_of
        self._credentials_of = credentials_of
        self._clock = clock
        self._announce = announce
        self._boxes: dict[str, _Box] = {}
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="imap")
        self._selector = selectors.DefaultSelector()
        self._bell, self._rings = socket.socketpair()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="imap-watch", daemon=True)
        self._lease_at = 0.0

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; the intake is called on ``loop``."""
        entrance = Entrance(self._intake, loop)
        for mailbox in self._mailboxes:
            self._boxes[mailbox.name] = self._box(mailbox, entrance)
        for end in (self._bell, self._rings):
            end.setblocking(False)
        self._selector.register(self._rings, selectors.EVENT_READ, None)
        self._thread.start()

    def stop(self) -> None:
        """End: links are cut, what was being accepted is accepted or comes again.  Not for the loop: it is needed."""
        self._stopping.set()
        self._ring()
        if self._thread.is_alive():
            self._thread.join()
        for box in self._boxes.values():
            if box.session is not None:
                box.session.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for box in self._boxes.values():
            box.drop()
        with contextlib.suppress(StoreUnavailable):
            self._store.let_go()
        self._selector.close()
        self._bell.close()
        self._rings.close()

    def live(self) -> dict[str, object]:
        """What only the running process knows, for /health."""
        boxes = self._boxes.values()
        return {
            "mailboxes": len(boxes),
            "ours": sum(box.is_ours for box in boxes),
            "signed_in": sum(box.session is not None for box in boxes),
            "waiting_for_news": sum(box.is_parked for box in boxes),
            "failing": sum(box.failures > 0 for box in boxes),
        }

    def _box(self, mailbox: Mailbox, entrance: Entrance) -> _Box:
        def budget(on: bool) -> None:
            box.must_end = time.monotonic() + self._settings.message_timeout_s if on else 0.0

        round_ = Round(mailbox, self._settings, self._store, entrance, clock=self._clock, budget=budget)
        box = _Box(round_, self._server_of(mailbox), self._credentials_of(mailbox))
        return box

    # --- the watch ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except StoreUnavailable as error:
                logger.warning("mailboxes wait: %s", error)
                self._stopping.wait(_TICK_S)
            except Exception:  # the loop at the top: whatever it is, mail must go on being read
                logger.exception("the watch over the mailboxes failed")
                self._stopping.wait(_TICK_S)

    def _turn(self) -> None:
        for key, _ in self._selector.select(_TICK_S):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._rings.recv(4096)
            else:
                self._hear(key.data)
        now = time.monotonic()
        if now >= self._lease_at:
            self._lease(now)
        for box in self._boxes.values():
            if box.is_busy:
                self._cut_when_late(box, now)
            elif box.is_ours and now >= box.due:
                self._look(box)
            elif box.is_idle and not box.is_parked and box.session is not None:
                # Here, not in the pool: what the server says is heard only when nobody is about to set ``due`` anew.
                self._selector.register(box.session, selectors.EVENT_READ, box)
                box.is_parked = True

    def _lease(self, now: float) -> None:
        """Keep what is ours, take what nobody has; what another node took meanwhile is let go."""
        self._lease_at = now + min(self._settings.lease_s / 3, 5.0)
        names, at = list(self._boxes), self._clock()
        ours = set(self._store.lease(names, now=at, until=at + timedelta(seconds=self._settings.lease_s)))
        for box in self._boxes.values():
            if box.is_ours and box.name not in ours and not box.is_busy:
                self._unpark(box)
                box.drop()
            box.is_ours = box.name in ours
        for name in self._store.wanted_now(names):
            self._boxes[name].due = 0.0

    def _hear(self, box: _Box) -> None:
        """An idle server said something, or is gone."""
        assert box.session is not None, "parked with its session"  # noqa: S101 - for the type checker
        try:
            if box.session.hear():
                box.due = 0.0
        except MailboxUnreachable as error:
            logger.info("mailbox %s: %s", box.name, error)
            self._unpark(box)
            box.drop()
            box.due = 0.0

    def _look(self, box: _Box) -> None:
        self._unpark(box)
        box.is_busy = True
        box.must_end = time.monotonic() + self._settings.message_timeout_s
        self._pool.submit(self._work, box)

    def _cut_when_late(self, box: _Box, now: float) -> None:
        session = box.session
        if box.must_end and now > box.must_end and session is not None:
            logger.warning("mailbox %s: the link is cut: it takes longer than message_timeout_s", box.name)
            box.must_end = 0.0
            session.kill()

    def _unpark(self, box: _Box) -> None:
        if box.is_parked and box.session is not None:
            self._selector.unregister(box.session)
        box.is_idle = box.is_parked = False

    def _ring(self) -> None:
        """Wake the watch."""
        with contextlib.suppress(OSError):
            self._bell.send(b"!")

    # --- the pool -----------------------------------------------------------------------------------------------------

    def _work(self, box: _Box) -> None:
        """One look, and what comes of it; in a thread of the pool."""
        taken = box.round.taken
        try:
            wait = self._sweep(box)
        except Exception as error:  # noqa: BLE001 - the loop at the top: it is logged there, and the others go on
            box.failures = 1 if box.round.taken > taken else box.failures + 1  # a link that brings something is no bad link
            wait = self._failed(box, error)
        box.must_end = 0.0
        box.due = time.monotonic() + wait
        box.is_busy = False
        self._ring()

    def _sweep(self, box: _Box) -> float:
        """Take what is there; gives after how many seconds to look again."""
        session = box.session
        if session is None:
            box.session = session = Session.open(box.server, box.credentials)
            self._store.well(box.name, signed_in_at=self._clock())
        else:
            session.unwatch()
        for _ in range(_LOOKS):
            before = box.round.taken
            box.round.sweep(session)
            self._well(box, box.round.taken > before)
            if self._stopping.is_set() or not box.round.is_behind(session):
                return self._rest(box, session)
        return 0.0

    def _well(self, box: _Box, has_taken: bool) -> None:
        now = self._clock()
        self._store.well(box.name, read_at=now, last_mail_at=now if has_taken else None)
        box.failures = 0
        if not box.is_announced:
            box.is_announced = True
            self._announce(box.name)

    def _rest(self, box: _Box, session: Session) -> float:
        """Wait for news where the server can tell them; else until the next poll."""
        mailbox, settings = box.round.mailbox, self._settings
        alone = len(mailbox.folders) == 1 and mailbox.folders[0] != EVERYTHING
        if not (mailbox.idle and session.has("IDLE")) or self._stopping.is_set():
            return settings.poll_s
        if session.watch():
            return 0.0
        box.is_idle = True
        if box.round.waits or not alone:
            return min(settings.poll_s, settings.idle_renew_s)
        return settings.idle_renew_s

    def _failed(self, box: _Box, error: Exception) -> float:
        """Say what went wrong, and how long the mailbox is left in peace."""
        box.drop()
        if self._stopping.is_set():
            return 0.0
        wait = _BACKOFF_S[min(box.failures, len(_BACKOFF_S)) - 1]
        if isinstance(error, StoreUnavailable):
            logger.warning("mailbox %s waits: %s", box.name, error)
            return wait
        if not isinstance(error, MailboxError):
            logger.error("mailbox %s: the look failed", box.name, exc_info=error)
        else:
            logger.warning("mailbox %s: %s", box.name, error)
        with contextlib.suppress(StoreUnavailable):
            self._store.troubled(box.name, _trouble(error), str(error), now=self._clock())
        return _SIGN_IN_AGAIN_S if isinstance(error, SignInRefused) else wait


def _trouble(error: Exception) -> str:
    """The kind of trouble, as the card of the mailbox names it."""
    if isinstance(error, SignInRefused):
        return "sign-in"
    if isinstance(error, MailboxRefused):
        return "refused"
    return "unreachable" if isinstance(error, MailboxUnreachable) else "failed"
