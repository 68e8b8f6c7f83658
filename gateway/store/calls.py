"""Calls of programs under a key of theirs, with the answers they got: so a repeated call is answered, and not done again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from gateway.model import Value
from gateway.store.api_tables import api_calls
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.inserts import insert_new
from gateway.store.reading import Reading
from gateway.store.transaction import Transaction

_AT_ONCE = 500  # old ones that a new call clears away


class Kept(Value):
    """A call that was made before."""

    what: str  # SHA-256 of address and body
    at: datetime
    status: int  # 0: it has no answer yet
    media: str
    body: bytes


class Calls(Reading):
    """The verbs."""

    def __init__(self, database: Database, write: Write) -> None:
        super().__init__(database)
        self._write = write

    def begin(self, token: str, key: str, what: str, *, now: datetime, lost: datetime, oldest: datetime) -> Kept | None:
        """Write down that a call is made, durably; gives the one that was made under that key before.

        None lets the call through: it is new, or the same was begun before ``lost`` and never answered; of several that repeat
        it then, one is let through, and begins now.  Calls from before ``oldest`` are forgotten.
        """
        c = api_calls.c
        row = {"token": token, "key": key, "what": what, "at": now, "status": 0, "media": "", "body": b""}

        def work(transaction: Transaction) -> Kept | None:
            connection = transaction.connection
            old = select(c.token, c.key).where(c.at < oldest).order_by(c.at).limit(_AT_ONCE)
            for each in connection.execute(old).all():
                connection.execute(delete(api_calls).where(c.token == each.token, c.key == each.key))
            if insert_new(connection, api_calls, row, unless=("token", "key")):
                return None
            known = connection.execute(select(api_calls).where(c.token == token, c.key == key)).one()
            if known.what == what and not known.status and known.at <= lost:
                this = (c.token == token) & (c.key == key) & (c.status == 0) & (c.at == known.at)
                if connection.execute(update(api_calls).where(this).values(at=now)).rowcount == 1:
                    return None
            return Kept(what=known.what, at=known.at, status=known.status, media=known.media, body=bytes(known.body))

        return self._write(work)

    def keep(self, token: str, key: str, status: int, media: str, body: bytes) -> None:
        """The answer of a call; durable on return."""
        c = api_calls.c
        step = update(api_calls).where(c.token == token, c.key == key).values(status=status, media=media, body=body)
        self._write(lambda transaction: transaction.connection.execute(step) and None)

    def forget(self, token: str, key: str) -> None:
        """The call was not carried out: the same key may be used again."""
        c = api_calls.c
        step = delete(api_calls).where(c.token == token, c.key == key)
        self._write(lambda transaction: transaction.connection.execute(step) and None)
