"""The verbs: accept, settle, claim, move, tell, purge.

Everything that writes goes through the one writer thread (writer.py) and becomes part of its next transaction; what is
read for people is in views.py, what was kept of the past in archive.py.  A call that waits may be made from any thread; on
the event loop use ``await accept`` and ``settle``, and other verbs only when a commit's time (about a millisecond) does not
matter.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.courier import Parcel
from gateway.errors import StoreUnavailable
from gateway.lifecycle import CaseEvent, DeliveryEvent
from gateway.loops import running_loop
from gateway.model import Account, Case, Delivery, Event, Story
from gateway.store import claims, disk_sync, housekeeping, moves, undoing
from gateway.store.alarms import AlarmRows
from gateway.store.archive import Archive
from gateway.store.audit_views import AuditViews
from gateway.store.batch import Entry, Lease, Rows
from gateway.store.blobs import Blobs
from gateway.store.bulk import Bulk
from gateway.store.calls import Calls
from gateway.store.case_figures import CaseFigures
from gateway.store.casework import Casework
from gateway.store.chain import Chain
from gateway.store.chain_looks import ChainLooks
from gateway.store.database import Database
from gateway.store.fits import Fits
from gateway.store.from_rows import case_of, mail_of
from gateway.store.lookups import LookUps
from gateway.store.mail_figures import MailFigures
from gateway.store.mail_words import MailWords
from gateway.store.mailboxes import Mailboxes
from gateway.store.once import Once
from gateway.store.past import Past
from gateway.store.pauses import Pauses
from gateway.store.people import People
from gateway.store.promises import Promises
from gateway.store.pulls import Pulls
from gateway.store.queue import Queue
from gateway.store.receipts import Receipts
from gateway.store.reconciling import Reconciling
from gateway.store.registers import Registers
from gateway.store.replays import Replays
from gateway.store.reported import Reported, forget
from gateway.store.routes import Routes
from gateway.store.rows import story_row
from gateway.store.settling import settled
from gateway.store.silences import Silences
from gateway.store.statuses import Statuses
from gateway.store.tables import micros
from gateway.store.texts import clean
from gateway.store.tokens import Tokens
from gateway.store.transaction import Transaction
from gateway.store.values import Acceptance, Appeal, Exemption, Settlement
from gateway.store.views import Views
from gateway.store.writer import Writer

logger = logging.getLogger(__name__)
_T = TypeVar("_T")

_MOST_RENEWED = 500  # leases in one statement
_REPORTS_REMEMBERED = timedelta(days=60)  # a mail that was given up may be tried again by hand for 30
_LOOK_S = 0.25  # how long anything is promised at most after somebody put another file in the place of the database
_DAMAGED_RETRY = timedelta(hours=1)  # a mail whose bytes cannot be read is looked at again after this


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class Store:
    """Everything that is remembered, behind verbs.  Thread-safe.

    ``url`` is sqlite:///path or postgresql://…; mails up to ``inline_bytes`` live in their row, larger ones in segment files
    in ``blobs`` (shared by all nodes); ``journal`` is a folder of this machine (by default beside the blobs); ``node`` is this
    gateway's name, of which only one may run; ``lease`` is how long deliveries that are accepted in state SENDING are this
    node's before renew().  ConfigError when the URL makes no sense.
    """

    def __init__(
        self,
        *,
        url: str,
        blobs: Path,
        inline_bytes: int,
        node: str,
        lease: timedelta = timedelta(seconds=120),
        clock: Callable[[], datetime] = utc_now,
        journal: Path | None = None,
    ) -> None:
        self._node = node
        self._life = secrets.token_hex(6)
        self._inline_bytes = inline_bytes
        self._lease_for = lease
        self._clock = clock
        self._database = Database(url, node=node, before_reading=lambda: self._promises.catch_up())
        self._blobs = Blobs(blobs, name=f"{quote(node, safe='')}-{self._life}")
        folder = blobs.parent / "journal" if journal is None else journal
        self._promises = Promises(self._database, self._blobs, folder=folder, name=quote(node, safe=""))
        self._writer = Writer(self._database, self._blobs, clock=clock, set_aside=self._promises.set_aside)
        self._leased_at = datetime.min.replace(tzinfo=UTC)  # when _leased was made
        self._leased = Lease(node=node, life=self._life, until=0)
        self._look_at = 0.0  # monotonic: when the database is looked at again
        self._trouble = ""  # why nothing is promised
        self.views = Views(self._database, self._blobs)
        self.past = Past(self._database, self._write, self._rows)  # imports of old mail
        self.reconciling = Reconciling(self._database, self._do)
        self.archive = Archive(self._database)
        self.bulk = Bulk(self._database, self._do)
        self.replays = Replays(self._database, self._do)
        self.mail_words = MailWords(self._database, self._do)
        self.casework = Casework(self._database, self._do, self._rows)
        self.mailboxes = Mailboxes(self._database, self._do, node=node, life=self._life)
        self.fits = Fits(self._database)
        self.receipts = Receipts(self._database, self._do, self._rows)
        self.silences = Silences(self._database)
        self.once = Once(self._do, self._rows)
        self.routes = Routes(self._database)
        self.registers = Registers(self._database)
        self.case_figures = CaseFigures(self._database)
        self.mail_figures = MailFigures(self._database)
        self.lookups = LookUps(self._database, self._do, node=node)
        self.people = People(self._database, self._do)
        self.audit = AuditViews(self._database)
        self.chain = Chain(self._database, self._do)
        self.chain_looks = ChainLooks(self._database, self._do, node=node)
        self.statuses = Statuses(self._database, self._do)
        self.queue = Queue(self._database, self._do)
        self.pauses = Pauses(self._database, self._do, node=node)
        self.tokens = Tokens(self._database, self._do)
        self.calls = Calls(self._database, self._do)
        self.pulls = Pulls(self._database, self._do)
        self.alarms = AlarmRows(self._database, self._do, self._rows)
        self.reported = Reported(self._database, self._do, self._rows)

    def open(self) -> None:
        """Migrate, lock the node's name, take back what this node's earlier life had leased, start the writer.

        ConfigError when the schema is newer than this program, or a gateway of the same name is running; StoreUnavailable
        when the database cannot be reached.
        """
        self._blobs.open()
        self._database.lock_node()
        connection: Connection | None = None
        try:
            connection = self._database.connect()
            self._database.wait_for_scribes(connection)
            with self._database.opening(connection):
                self._promises.keep(connection)
                self._database.trouble()  # from now on it is this file
                again = claims.take_back(connection, self._node, self._clock())
        except BaseException as error:
            if connection is not None:
                connection.close()  # it holds the node's name
            self._promises.close(finished=False)
            self._database.close()
            if isinstance(error, SQLAlchemyError | OSError):
                raise StoreUnavailable(f"the database cannot be opened: {error}") from error
            raise
        if again:
            logger.info("%d deliveries of an earlier life of %s are queued again", again, self._node)
        self._writer.start(connection)

    def close(self) -> None:
        """Write what is pending, then let go of everything."""
        self._writer.stop()
        self._promises.close(finished=not self._writer.is_behind)
        self._blobs.close()
        self._database.close()

    def attach(self) -> None:
        """From now on the running loop has a fast lane of its own; end it with detach()."""
        self._promises.attach(self._writer)

    @staticmethod
    def all_is_loaded() -> None:
        """The process has loaded all that it needs: what stops it for a moment may be loaded as well."""
        disk_sync.load()

    async def detach(self) -> None:
        """Write what is on the fast lane, and close it."""
        await self._promises.detach()

    @property
    def behind(self) -> int:
        """How many mails and outcomes are promised and not in the database yet."""
        return self._promises.behind

    # --- mail in, mail out --------------------------------------------------------------------------------------------

    async def accept(self, acceptances: Sequence[Acceptance], *, told: Sequence[tuple[str, str, datetime]] = ()) -> None:
        """Make them durable in one transaction; StoreUnavailable when that failed and nothing was promised.

        ``told``: (topic, address, when) of what these tell somebody, to be remembered with them.
        """
        self._look()
        loop = running_loop()
        future: asyncio.Future[None] = loop.create_future()
        call = partial(housekeeping.note_all_told, told=told) if told else None
        self._submit(Entry(rows=self._rows(acceptances), call=call, future=future, loop=loop))
        await future

    def accept_now(self, acceptances: Sequence[Acceptance]) -> None:
        """The same for threads."""
        future: Future[None] = Future()
        self._write(Entry(rows=self._rows(acceptances), future=future))
        future.result()

    async def begin(self, delivery_ids: Sequence[str], now: datetime) -> None:
        """Attempts at an office system begin, and count; durable on return, before the first byte leaves.  StoreUnavailable."""
        self._look()
        loop = running_loop()
        future: asyncio.Future[None] = loop.create_future()
        begun = [(delivery_id, micros(now), 0, None, "") for delivery_id in delivery_ids]
        self._submit(Entry(begun=begun, future=future, loop=loop))
        await future

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Remember what came of attempts; does not wait.  IllegalTransition when SENDING knows no such event.

        Needs no sync of its own: a power cut only repeats a delivery.  While the database is gone they are kept in memory;
        when its file was moved they go on into that one, for when it is put back.
        """
        now = self._clock()
        done = [settled(settlement, self._life, now) for settlement in settlements]
        if not self._promises.settles(done):
            self._submit(Entry(settlements=done, durable=False))

    def renew(self, delivery_ids: Sequence[str], *, until: datetime) -> None:
        """Keep the leases of what is still being carried; does not wait.  For transfers that may outlast the lease."""
        for start in range(0, len(delivery_ids), _MOST_RENEWED):  # one by one, so that mail coming in need not wait for all
            some = delivery_ids[start : start + _MOST_RENEWED]
            work = partial(claims.renew, delivery_ids=some, until=until, life=self._life)
            self._writer.submit(Entry(call=work, durable=False))

    def flush(self) -> None:
        """Wait until everything settled so far is written; StoreUnavailable when the database is gone.  Not for the loop."""
        self._promises.flush()
        self._do(lambda transaction: None, durable=False)

    def claim(self, *, couriers: Sequence[str], limit: int, now: datetime, lease: timedelta) -> tuple[Parcel, ...]:
        """Lease up to ``limit`` deliveries that are due (or whose lease ran out); grouped by mail, case, courier and sender.

        Gives less than ``limit`` when the mails would not fit into memory together.  A mail whose bytes cannot be read is
        left out, logged, and due again in an hour.
        """

        def work(transaction: Transaction) -> tuple[claims.Claim, ...]:
            return claims.claim(
                transaction, couriers=couriers, limit=limit, now=now, until=now + lease, node=self._node, life=self._life
            )

        parcels = []
        for claimed in self._do(work, durable=False):  # a lost claim leaves the delivery due: no harm
            try:
                raw = self.views.bytes_of(claimed.mail)
            except StoreUnavailable as error:
                logger.error("%s; its deliveries wait", error)
                self.settle(_put_off(claimed, str(error), now))
            else:
                case = None if claimed.case is None else case_of(claimed.case)
                earlier = None if claimed.earlier is None else case_of(claimed.earlier)
                mail = mail_of(claimed.mail, raw)
                parcels.append(Parcel(mail=mail, deliveries=claimed.deliveries, case=case, earlier=earlier))
        return tuple(parcels)

    # --- what a person or a receipt does ------------------------------------------------------------------------------

    def move_case(
        self,
        case_id: str,
        event: CaseEvent,
        *,
        by: str,
        detail: Mapping[str, str],
        acceptances: Sequence[Acceptance] = (),
        deliveries: Sequence[Delivery] = (),
        expected_mails: int | None = None,
        exemption: Exemption | None = None,
        now: datetime,
    ) -> Case:
        """One step of a case with the mails and deliveries it brings about, in one transaction, with its story row.

        IllegalTransition and NotFound undo all of it, and so does CaseChanged: the case has not ``expected_mails`` (any more).
        ``exemption``: what somebody may send from now on.
        """
        rows = self._rows(acceptances)
        rows.add_deliveries(deliveries, at=now)

        def work(transaction: Transaction) -> Case:
            if exemption is not None:
                housekeeping.exempt(transaction, exemption, actor=by)
            return moves.move_case(transaction, case_id, event, by=by, detail=detail, expected_mails=expected_mails, now=now)

        return self._do(work, rows=rows)

    def undo(self, case_id: str, *, by: str, since: datetime, now: datetime) -> Case:
        """Take the last decision about a case back, taken since then; NotFound; NotAllowed when it has left, or is too old."""
        return self._do(lambda transaction: undoing.undo(transaction, case_id, by=by, since=since, now=now))

    def move_delivery(self, delivery_id: str, event: DeliveryEvent, *, by: str, now: datetime) -> Delivery:
        """One step of a delivery by a person or a late receipt, with its story row; IllegalTransition, NotFound."""
        return self._do(lambda transaction: moves.move_delivery(transaction, delivery_id, event, by=by, now=now))

    def decide_delivery(
        self, delivery_id: str, event: DeliveryEvent, case_event: CaseEvent, *, by: str, reason: str, now: datetime
    ) -> Delivery:
        """A person's word about a delivery, with the step of its case, in one transaction; IllegalTransition, NotFound."""
        return self._do(
            lambda transaction: moves.decide_delivery(
                transaction, delivery_id, event, case_event, by=by, reason=clean(reason), now=now
            )
        )

    def raise_alarms(self, now: datetime) -> tuple[str, ...]:
        """Raise the alarm of waiting cases whose due_at has passed; gives the ids of those that had none before."""
        return self._do(lambda transaction: housekeeping.raise_alarms(transaction, now))

    def tell(self, story: Story) -> None:
        """A story row by itself (sign-in, seen); durable on return."""
        rows = Rows(self._lease())
        rows.stories.append(story_row(story))
        future: Future[None] = Future()
        self._write(Entry(rows=rows, future=future))
        future.result()

    def may_tell(self, topic: str, address: str, *, every: timedelta, now: datetime) -> bool:
        """True at most once per period (durable): whoever gets it may write to this address about this topic."""
        return self._do(lambda transaction: housekeeping.may_tell(transaction, topic, address, every=every, now=now))

    def account(self, name: str) -> Account | None:
        """An account of the console; None when there is none of that name."""
        return self.views.account(name)

    def accounts(self) -> tuple[Account, ...]:
        """All accounts, by name."""
        return self.views.accounts()

    def put_account(self, account: Account) -> None:
        """Make or change an account; durable on return."""
        self._do(lambda transaction: housekeeping.put_account(transaction, account))

    def lay_appeal(self, appeal: Appeal) -> None:
        """Lay what somebody has to say before the clerk; durable on return.  CaseChanged undoes all of it.

        CaseChanged: another appeal about the mail came in between, or a case that its words are for waits no more.
        """
        rows = self._rows((*([appeal.answer] if appeal.answer is not None else ()), *appeal.letters))
        self._do(lambda transaction: moves.lay_appeal(transaction, appeal, self._lease()), rows=rows)

    def put_policy(self, version: str, content: str, *, now: datetime) -> None:
        """Remember a policy the first time that it is in force; durable on return."""
        self._do(lambda transaction: housekeeping.put_policy(transaction, version, clean(content), at=now))

    def put_directory(self, version: str, files: Mapping[str, str], *, actor: str = "", now: datetime) -> None:
        """Remember a directory (its files by name) when it is another than the last one; durable on return."""
        cleaned = {name: clean(content) for name, content in files.items()}
        self._do(lambda transaction: housekeeping.put_directory(transaction, version, cleaned, actor=actor, at=now))

    def purge(self, now: datetime, *, keep_passed: timedelta, keep_captured: timedelta | None = None) -> int:
        """Drop the bytes of mails that everybody got, that have no case, and that are older than ``keep_passed``.

        With ``keep_captured`` also of those whose cases were opened so long ago and are over; sealed ones stay for a person.
        Their rows stay.  In small transactions; then segments that nobody needs are removed.  Gives how many mails.
        """
        dropped = 0
        captured_before = None if keep_captured is None else now - keep_captured
        while True:
            count = self._do(
                partial(housekeeping.drop_bytes, now=now, before=now - keep_passed, captured_before=captured_before)
            )
            dropped += count
            if count < housekeeping.SMALL:
                break
        self._do(partial(forget, before=now - _REPORTS_REMEMBERED), durable=False)
        # First the files, then the rows: a segment that appears in between has rows, or is locked by who writes it.
        segments = self._blobs.segments()
        needed = self._do(housekeeping.needed_segments, durable=False)
        self._blobs.remove(segments - needed)
        return dropped

    # --- helpers ------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """StoreUnavailable when what would be written now is not there at the next start."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + _LOOK_S
            self._trouble = self._database.trouble()
        if self._trouble:
            raise StoreUnavailable(self._trouble)
        if self._writer.is_behind:
            raise StoreUnavailable("the database does not take what was promised before")

    def _write(self, entry: Entry) -> None:
        """For all that somebody waits for; what was sent or is still carried is written without a look."""
        self._look()
        self._promises.catch_up()
        self._writer.submit(entry)

    def _submit(self, entry: Entry) -> None:
        if not self._promises.takes(entry):
            self._writer.submit(entry)

    def _lease(self) -> Lease:
        """Good for all that comes within a moment: a thousandth of it is no matter."""
        now = self._clock()
        if not self._leased_at <= now < self._leased_at + self._lease_for / 1000:
            self._leased_at = now
            self._leased = Lease(node=self._node, life=self._life, until=micros(now + self._lease_for))
        return self._leased

    def _rows(self, acceptances: Sequence[Acceptance]) -> Rows:
        rows = Rows(self._lease())
        for acceptance in acceptances:
            rows.add(acceptance, inline_bytes=self._inline_bytes)
        return rows

    def _do(self, work: Callable[[Transaction], _T], *, rows: Rows | None = None, durable: bool = True) -> _T:
        future: Future[_T] = Future()
        self._write(Entry(call=work, rows=rows, durable=durable, future=future))
        return future.result()


def _put_off(claimed: claims.Claim, why: str, now: datetime) -> list[Settlement]:
    def story(delivery: Delivery) -> Story:
        detail: dict[str, str | int | float | bool | list[str]] = {"delivery": delivery.id, "reason": why}
        return Story(at=now, event=Event.DEFERRED, mail_id=delivery.mail_id, case_id=delivery.case_id, detail=detail)

    return [
        Settlement(
            delivery_id=delivery.id,
            event=DeliveryEvent.RETRY,
            attempts=delivery.attempts,
            reply=why,
            next_at=now + _DAMAGED_RETRY,
            story=story(delivery),
        )
        for delivery in claimed.deliveries
    ]
