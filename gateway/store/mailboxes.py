"""The verbs of the IMAP door: lease a mailbox, see what is known of its messages, note what became of them, show how it does.

A message whose mail is accepted has its row written by the acceptance itself (Arrival.source, batch.py): in one transaction.
What this module writes is the rest: messages that need no mail of their own, failures, cursors, and the state of a mailbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update

from gateway.lifecycle import DeliveryState
from gateway.model import Source, Swept, Value
from gateway.store.claims import RELAY
from gateway.store.database import Database
from gateway.store.from_rows import recipients_of
from gateway.store.inserts import insert_of
from gateway.store.mailbox_tables import ACCEPTED, UNTIDY, likenesses, mailbox_folders, mailboxes, sweep_failures, swept
from gateway.store.reading import Reading
from gateway.store.tables import deliveries, mails, micros
from gateway.store.texts import clean
from gateway.store.transaction import Transaction

_T = TypeVar("_T")
_MOST_SAID = 500  # letters of what a server said
_MANY = 500  # values in one statement
_NEVER_LEFT = (DeliveryState.CANCELLED.value, DeliveryState.DEAD.value)


class FolderState(Value):
    """How far a folder was read."""

    uidvalidity: int = 0
    last_uid: int = 0
    since: datetime | None = None  # what came in before is not live; None: all of it is
    is_known: bool = False


class Known(Value):
    """What is known of a message."""

    what: Swept
    at: datetime
    attempts: int = 0  # of one that failed


class Original(Value):
    """A mail that we have: enough to see whether another is the same."""

    id: str
    digest: str
    size: int
    recipients: tuple[str, ...]  # in small letters


class MailboxState(Value):
    """How a mailbox does, for its card and for alarms."""

    name: str
    node: str = ""
    leased_until: datetime | None = None
    signed_in_at: datetime | None = None
    first_read_at: datetime | None = None
    read_at: datetime | None = None
    last_mail_at: datetime | None = None
    trouble: str = ""
    said: str = ""
    trouble_since: datetime | None = None
    counts: dict[str, int] = {}  # messages by Swept  # noqa: RUF012 - a Struct copies it

    @property
    def held(self) -> int:
        """Messages that a person must look at."""
        return self.counts.get(Swept.HELD.value, 0)


class Writer(Value):
    """Somebody who still writes to a mailbox."""

    sender: str
    mails: int
    last_at: datetime


class Mailboxes(Reading):
    """Everything about swept mailboxes.  Thread-safe; not for the event loop (each call waits for the database)."""

    def __init__(
        self,
        database: Database,
        do: Callable[..., Any],
        *,
        node: str,
        life: str,
    ) -> None:
        super().__init__(database)
        self._write = do
        self._node = node
        self._life = life

    # --- whose it is --------------------------------------------------------------------------------------------------

    def lease(self, names: Sequence[str], *, now: datetime, until: datetime) -> tuple[str, ...]:
        """Take or keep these mailboxes until then; gives those that are ours now.  Another node keeps what it has leased."""

        def work(transaction: Transaction) -> tuple[str, ...]:
            connection = transaction.connection
            fresh = [{"name": n, "node": "", "life": "", "trouble": "", "said": "", "look_now": False} for n in names]
            connection.execute(insert_of(transaction.connection)(mailboxes).values(fresh).on_conflict_do_nothing())
            # Only one gateway of this name can run: what an earlier life of it had is ours again.
            free = or_(mailboxes.c.node == self._node, mailboxes.c.leased_until.is_(None), mailboxes.c.leased_until < now)
            ours = {"node": self._node, "life": self._life, "leased_until": until}
            taken = update(mailboxes).where(mailboxes.c.name.in_(names), free).values(ours).returning(mailboxes.c.name)
            return tuple(connection.execute(taken).scalars())

        return self._do(work, durable=False) if names else ()

    def let_go(self) -> None:
        """Give back all that is ours, so that another node need not wait."""

        def work(transaction: Transaction) -> None:
            transaction.connection.execute(
                update(mailboxes).where(mailboxes.c.life == self._life).values(node="", life="", leased_until=None)
            )

        self._do(work, durable=False)

    def wanted_now(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of these mailboxes that a person wants looked into at once; asked once."""

        def work(transaction: Transaction) -> tuple[str, ...]:
            asked = update(mailboxes).where(mailboxes.c.name.in_(names), mailboxes.c.look_now)
            return tuple(transaction.connection.execute(asked.values(look_now=False).returning(mailboxes.c.name)).scalars())

        some = self.rows(select(mailboxes.c.name).where(mailboxes.c.look_now))
        return self._do(work, durable=False) if some else ()

    def look_now(self, name: str) -> None:
        """A person wants it looked into at once."""
        self._set(name, {"look_now": True})

    # --- what is known ------------------------------------------------------------------------------------------------

    def folder(self, mailbox: str, folder: str) -> FolderState:
        """How far it was read."""
        this = and_(mailbox_folders.c.mailbox == mailbox, mailbox_folders.c.folder == folder)
        for row in self.rows(select(mailbox_folders).where(this)):
            return FolderState(uidvalidity=row.uidvalidity, last_uid=row.last_uid, since=row.since, is_known=True)
        return FolderState()

    def known(self, mailbox: str, folder: str, uidvalidity: int, first: int) -> dict[int, Known]:
        """What is known of the messages from ``first`` on, and of earlier ones that failed; by UID."""
        settled = select(swept.c.uid, swept.c.what, swept.c.at).where(*_in(swept, mailbox, folder, uidvalidity))
        found = {row.uid: Known(what=Swept(row.what), at=row.at) for row in self.rows(settled.where(swept.c.uid >= first))}
        for row in self.rows(select(sweep_failures).where(*_in(sweep_failures, mailbox, folder, uidvalidity))):
            found.setdefault(row.uid, Known(what=Swept.FAILED, at=row.at, attempts=row.attempts))
        return found

    def with_bytes(self, mailbox: str, digests: Sequence[str]) -> dict[str, str]:
        """Our mails with exactly these bytes that were taken from this mailbox before: ids by digest."""
        found: dict[str, str] = {}
        for start in range(0, len(digests), _MANY):
            some = swept.c.digest.in_(digests[start : start + _MANY])
            rows = self.rows(select(swept.c.digest, swept.c.mail_id).where(swept.c.mailbox == mailbox, some, ACCEPTED))
            found.update({row.digest: row.mail_id for row in rows})
        return found

    def originals(self, mail_ids: Sequence[str]) -> dict[str, Original]:
        """Those of our mails that a message says it was, by id; only such as went on by mail.

        Anybody can write our trace in front of bytes that we refused, or of whose mail nothing left: that is a mail of its own.
        """
        left = deliveries.c.courier == RELAY, deliveries.c.state.not_in(_NEVER_LEFT)
        query = select(mails.c.id, mails.c.digest, mails.c.size, mails.c.recipients).where(
            mails.c.id.in_(list(mail_ids)[:_MANY]),
            select(deliveries.c.id).where(deliveries.c.mail_id == mails.c.id, *left).exists(),
        )
        return {
            row.id: Original(
                id=row.id,
                digest=row.digest,
                size=row.size,
                recipients=tuple(recipient.address.lower() for recipient in recipients_of(row)),
            )
            for row in (self.rows(query) if mail_ids else ())
        }

    def alike(self, address: str, keys: Sequence[str]) -> dict[str, str]:
        """Mails for this address with these likenesses: ids by likeness."""
        found: dict[str, str] = {}
        for start in range(0, len(keys), _MANY):
            some = likenesses.c.likeness.in_(keys[start : start + _MANY])
            rows = self.rows(select(likenesses).where(likenesses.c.address == address.lower(), some))
            found.update({row.likeness: row.mail_id for row in rows})
        return found

    def untidied(self, mailbox: str, folder: str, uidvalidity: int, *, limit: int = 1000) -> tuple[int, ...]:
        """Messages that are ours and still have to be marked or moved."""
        query = select(swept.c.uid).where(*_in(swept, mailbox, folder, uidvalidity), UNTIDY).order_by(swept.c.uid)
        return tuple(row.uid for row in self.rows(query.limit(limit)))

    # --- what became of messages --------------------------------------------------------------------------------------

    def note(self, sources: Iterable[Source], what: Swept, *, mail_ids: Mapping[int, str] | None = None, now: datetime) -> None:
        """Remember messages that need no mail of their own; what is settled already stays as it is."""
        rows = [_settled(source, what, (mail_ids or {}).get(source.uid, ""), now) for source in sources]

        def work(transaction: Transaction) -> None:
            insert = insert_of(transaction.connection)(swept).on_conflict_do_nothing()
            for start in range(0, len(rows), _MANY):
                transaction.connection.execute(insert, rows[start : start + _MANY])

        if rows:
            self._do(work)

    def failed(self, source: Source, said: str, *, now: datetime) -> int:
        """A message could not be taken; gives how many times by now."""

        def work(transaction: Transaction) -> int:
            values = {"at": now, "said": clean(said)[:_MOST_SAID]}
            insert = insert_of(transaction.connection)(sweep_failures).values(**_place(source), attempts=1, **values)
            changed = {**values, "attempts": sweep_failures.c.attempts + 1}
            upsert = insert.on_conflict_do_update(index_elements=list(_place(source)), set_=changed)
            return int(transaction.connection.execute(upsert.returning(sweep_failures.c.attempts)).scalar_one())

        return self._do(work)

    def forget_failures(self, mailbox: str, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
        """They are settled now."""

        def work(transaction: Transaction) -> None:
            this = _in(sweep_failures, mailbox, folder, uidvalidity)
            transaction.connection.execute(delete(sweep_failures).where(*this, sweep_failures.c.uid.in_(uids)))

        if uids:
            self._do(work, durable=False)

    def retry(self, mailbox: str) -> int:
        """A person wants those that were held to be fetched anew.  Gives how many."""

        def work(transaction: Transaction) -> int:
            held = and_(swept.c.mailbox == mailbox, swept.c.what == Swept.HELD.value)
            gone = delete(swept).where(held).returning(swept.c.folder, swept.c.uidvalidity, swept.c.uid, swept.c.at)
            again = [
                {**dict(row._mapping), "mailbox": mailbox, "attempts": 0, "said": ""}
                for row in transaction.connection.execute(gone).all()
            ]
            if again:
                insert = insert_of(transaction.connection)(sweep_failures).on_conflict_do_nothing()
                transaction.connection.execute(insert, again)
            transaction.connection.execute(update(mailboxes).where(mailboxes.c.name == mailbox).values(look_now=True))
            return len(again)

        return self._do(work)

    def tidied(self, mailbox: str, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
        """They were marked or moved."""

        def work(transaction: Transaction) -> None:
            this = _in(swept, mailbox, folder, uidvalidity)
            for start in range(0, len(uids), _MANY):
                some = swept.c.uid.in_(uids[start : start + _MANY])
                transaction.connection.execute(update(swept).where(*this, some).values(tidy_at=None))

        if uids:
            self._do(work, durable=False)

    def put_folder(self, mailbox: str, folder: str, state: FolderState) -> None:
        """How far it was read.  Need not be durable: what lies behind is known message by message."""

        def work(transaction: Transaction) -> None:
            values = {"uidvalidity": state.uidvalidity, "last_uid": state.last_uid, "since": state.since}
            insert = insert_of(transaction.connection)(mailbox_folders).values(mailbox=mailbox, folder=folder, **values)
            transaction.connection.execute(insert.on_conflict_do_update(index_elements=["mailbox", "folder"], set_=values))

        self._do(work, durable=False)

    # --- how it does --------------------------------------------------------------------------------------------------

    def well(
        self,
        name: str,
        *,
        signed_in_at: datetime | None = None,
        read_at: datetime | None = None,
        last_mail_at: datetime | None = None,
    ) -> None:
        """It works: what is given is what happened now, and what was wrong is over."""
        happened = {"signed_in_at": signed_in_at, "read_at": read_at, "last_mail_at": last_mail_at}
        values: dict[str, Any] = {column: at for column, at in happened.items() if at is not None}
        if read_at is not None:
            values["first_read_at"] = func.coalesce(mailboxes.c.first_read_at, micros(read_at))
        self._set(name, {**values, "trouble": "", "said": "", "trouble_since": None})

    def troubled(self, name: str, trouble: str, said: str, *, now: datetime) -> None:
        """It does not work: "sign-in", "unreachable" or "refused", and what was said."""

        def work(transaction: Transaction) -> None:
            this = mailboxes.c.name == name
            values = {"trouble": trouble, "said": clean(said)[:_MOST_SAID]}
            transaction.connection.execute(update(mailboxes).where(this).values(**values))
            first = update(mailboxes).where(this, mailboxes.c.trouble_since.is_(None))
            transaction.connection.execute(first.values(trouble_since=now))

        self._do(work, durable=False)

    def states(self) -> dict[str, MailboxState]:
        """How all mailboxes do, by name."""
        counts: dict[str, dict[str, int]] = {}
        grouped = select(swept.c.mailbox, swept.c.what, func.count().label("n")).group_by(swept.c.mailbox, swept.c.what)
        for row in self.rows(grouped):
            counts.setdefault(row.mailbox, {})[row.what] = row.n
        return {
            row.name: MailboxState(
                name=row.name,
                node=row.node,
                leased_until=row.leased_until,
                signed_in_at=row.signed_in_at,
                read_at=row.read_at,
                first_read_at=row.first_read_at,
                last_mail_at=row.last_mail_at,
                trouble=row.trouble,
                said=row.said,
                trouble_since=row.trouble_since,
                counts=counts.get(row.name, {}),
            )
            for row in self.rows(select(mailboxes))
        }

    def writers(self, mailbox: str, *, since: datetime, limit: int = 100) -> tuple[Writer, ...]:
        """Who still writes to it, most first."""
        n, last = func.count().label("n"), func.max(mails.c.at).label("last")
        query = select(mails.c.sender, n, last).join_from(swept, mails, mails.c.id == swept.c.mail_id)
        query = query.where(swept.c.mailbox == mailbox, ACCEPTED, mails.c.at >= since).group_by(mails.c.sender)
        rows = self.rows(query.order_by(n.desc(), mails.c.sender).limit(limit))
        return tuple(Writer(sender=row.sender, mails=row.n, last_at=row.last) for row in rows)

    # --- helpers ------------------------------------------------------------------------------------------------------

    def _set(self, name: str, values: Mapping[str, Any]) -> None:
        def work(transaction: Transaction) -> None:
            transaction.connection.execute(update(mailboxes).where(mailboxes.c.name == name).values(**values))

        self._do(work, durable=False)

    def _do(self, work: Callable[[Transaction], _T], *, durable: bool = True) -> _T:
        result: _T = self._write(work, durable=durable)
        return result


def _place(source: Source) -> dict[str, Any]:
    return {
        "mailbox": source.mailbox,
        "folder": clean(source.folder),
        "uidvalidity": source.uidvalidity,
        "uid": source.uid,
    }


def _settled(source: Source, what: Swept, mail_id: str, at: datetime) -> dict[str, Any]:
    facts = {"digest": source.digest, "size": source.size, "received_at": source.received_at}
    tidy_at = at if source.tidy and what is Swept.SAME else None
    return {**_place(source), **facts, "what": what.value, "mail_id": mail_id, "at": at, "tidy_at": tidy_at}


def _in(table: Table, mailbox: str, folder: str, uidvalidity: int) -> tuple[ColumnElement[bool], ...]:
    """The messages of one folder under one numbering."""
    columns = table.c
    return columns.mailbox == mailbox, columns.folder == clean(folder), columns.uidvalidity == uidvalidity
