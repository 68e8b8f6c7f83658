"""People of the console: who is signed in, and second factors that work only once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, select, update

from gateway.model import Account, Story, Value
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow, account_of, strings_in
from gateway.store.people_tables import sessions
from gateway.store.reading import Reading
from gateway.store.rows import account_columns, story_row
from gateway.store.tables import accounts, stories
from gateway.store.texts import clean, to_json
from gateway.store.transaction import Transaction

_T = TypeVar("_T")
_LONGEST_AGENT = 200  # characters of what a browser says about itself


class Session(Value):
    """Somebody who is signed in.  ``id`` is the SHA-256 of the word in the cookie."""

    id: str
    account: str
    at: datetime
    seen_at: datetime
    peer: str
    agent: str


class People(Reading):
    """Synchronous; StoreUnavailable when the database is."""

    def __init__(self, database: Database, do: Callable[..., Any]) -> None:
        super().__init__(database)
        self._do = do

    # --- accounts -----------------------------------------------------------------------------------------------------

    def put(self, account: Account, story: Story, *, is_new: bool = False) -> bool:
        """Make or change an account, with the line that says so; False when a new one's name is taken."""

        def work(transaction: Transaction) -> bool:
            columns, connection = account_columns(account), transaction.connection
            there = connection.execute(select(accounts.c.name).where(accounts.c.name == account.name)).first() is not None
            if there and is_new:
                return False
            if there:
                connection.execute(update(accounts).where(accounts.c.name == account.name).values(columns))
            else:
                connection.execute(accounts.insert().values(columns))
            transaction.insert(stories, [story_row(story)])
            return True

        return bool(self._do(work))

    def by_subject(self, subject: str) -> Account | None:
        """The account that is linked to somebody of the sign-in service."""
        rows = self.rows(select(accounts).where(accounts.c.subject == subject, accounts.c.subject != ""))
        return account_of(rows[0]) if rows else None

    def choose(self, name: str, *, language: str = "", look: str = "") -> None:
        """Somebody has chosen a language or a look of the console; what is "" stays."""
        chosen = {key: value for key, value in (("language", language), ("look", look)) if value}
        if chosen:
            changed = update(accounts).where(accounts.c.name == name).values(chosen)
            self._do(lambda transaction: transaction.connection.execute(changed))

    def use_step(self, name: str, step: int) -> bool:
        """Use up a time step of the second factor (RFC 6238 section 5.2: each code once); False when it was used."""
        c = accounts.c
        used = update(accounts).where(c.name == name, c.totp_step < step).values(totp_step=step)
        return bool(self._do(lambda transaction: transaction.connection.execute(used).rowcount))

    def use_recovery(self, name: str, digest: str) -> bool:
        """Use up a recovery code; False when there is none like it (any more)."""

        def work(transaction: Transaction) -> bool:
            this = select(accounts.c.recovery).where(accounts.c.name == name).with_for_update()
            row = transaction.connection.execute(this).first()
            left = strings_in(row.recovery) if row is not None else ()
            if digest not in left:
                return False
            rest = to_json([each for each in left if each != digest])
            transaction.connection.execute(update(accounts).where(accounts.c.name == name).values(recovery=rest))
            return True

        return bool(self._do(work))

    # --- sessions -----------------------------------------------------------------------------------------------------

    def begin(self, session: Session, story: Story, *, oldest: datetime) -> None:
        """Somebody has signed in; sessions that began before ``oldest`` are forgotten."""
        columns = {name: getattr(session, name) for name in ("id", "account", "at", "seen_at")}
        columns |= {"peer": clean(session.peer), "agent": clean(session.agent)[:_LONGEST_AGENT]}

        def work(transaction: Transaction) -> None:
            connection = transaction.connection
            connection.execute(delete(sessions).where(sessions.c.at < oldest))
            connection.execute(sessions.insert().values(columns))
            connection.execute(update(accounts).where(accounts.c.name == session.account).values(last_sign_in_at=session.at))
            transaction.insert(stories, [story_row(story)])

        self._do(work)

    def session(self, session_id: str) -> tuple[Session, Account] | None:
        """A session with its account, in one look; None when it was ended."""
        query = select(accounts, *(sessions.c[name].label(f"s_{name}") for name in _FIELDS))
        rows = self.rows(query.join(sessions, sessions.c.account == accounts.c.name).where(sessions.c.id == session_id))
        return (_session(rows[0], "s_"), account_of(rows[0])) if rows else None

    def sessions_of(self, account: str, *, since: datetime) -> tuple[Session, ...]:
        """Where somebody is signed in, and was seen since then; the newest first."""
        query = select(sessions).where(sessions.c.account == account, sessions.c.seen_at > since)
        return tuple(_session(row) for row in self.rows(query.order_by(sessions.c.seen_at.desc())))

    def touch(self, session_id: str, now: datetime) -> None:
        """Somebody was seen."""
        seen = update(sessions).where(sessions.c.id == session_id).values(seen_at=now)
        self._do(lambda transaction: transaction.connection.execute(seen), durable=False)

    def end(self, account: str, *, only: str = "", but: str = "") -> int:
        """End the sessions of an account: one of them, or all but one; says how many."""
        wanted = [sessions.c.account == account]
        wanted += [sessions.c.id == only] if only else []
        wanted += [sessions.c.id != but] if but else []
        ended = delete(sessions).where(*wanted)
        return int(self._do(lambda transaction: transaction.connection.execute(ended).rowcount))


_FIELDS = Session.__struct_fields__


def _session(row: AnyRow, prefix: str = "") -> Session:
    return Session(**{name: getattr(row, prefix + name) for name in _FIELDS})
