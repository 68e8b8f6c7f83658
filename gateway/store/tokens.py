"""Tokens of programs: made, ended, found again, and when each was used last."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import insert, or_, select, update

from gateway.errors import NotFound
from gateway.store.api_tables import api_tokens
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow
from gateway.store.reading import Reading
from gateway.store.texts import clean
from gateway.store.transaction import Transaction
from gateway.tokens import ApiToken, Scope

_EVERY = timedelta(minutes=1)  # so often the last use is written
_json = msgspec.json
_strings = msgspec.json.Decoder(tuple[str, ...])
_scopes = msgspec.json.Decoder(tuple[Scope, ...])


class Tokens(Reading):
    """The verbs."""

    def __init__(self, database: Database, write: Write) -> None:
        super().__init__(database)
        self._write = write

    def all(self) -> tuple[ApiToken, ...]:
        """All tokens, those that are over included; newest first."""
        return tuple(map(_token, self.rows(select(api_tokens).order_by(api_tokens.c.id.desc()))))

    def find(self, token_id: str) -> ApiToken | None:
        """The token of that id."""
        rows = self.rows(select(api_tokens).where(api_tokens.c.id == token_id))
        return _token(rows[0]) if rows else None

    def put(self, token: ApiToken) -> None:
        """Remember a new token; durable on return."""
        row = {
            "id": token.id,
            "name": clean(token.name),
            "digest": token.digest,
            "units": _json.encode(token.units).decode(),
            "verbs": _json.encode(token.scopes).decode(),
            "office": token.office,
            "made_by": token.made_by,
            "made_at": token.made_at,
            "ends_at": token.ends_at,
            "ended_by": "",
        }

        def work(transaction: Transaction) -> None:
            transaction.connection.execute(insert(api_tokens).values(row))

        self._write(work)

    def end(self, token_id: str, *, by: str, now: datetime) -> None:
        """From now on it opens nothing; durable on return.  NotFound when there is none that is in use."""

        def work(transaction: Transaction) -> None:
            this = (api_tokens.c.id == token_id) & api_tokens.c.ended_at.is_(None)
            if not transaction.connection.execute(update(api_tokens).where(this).values(ended_at=now, ended_by=by)).rowcount:
                raise NotFound(f"no token {token_id} in use")

        self._write(work)

    def used(self, token: ApiToken, now: datetime) -> None:
        """It was used; written at most once a minute."""
        if token.used_at is not None and now - token.used_at < _EVERY:
            return
        c = api_tokens.c
        this = (c.id == token.id) & or_(c.used_at.is_(None), c.used_at < now - _EVERY)
        self._write(
            lambda transaction: transaction.connection.execute(update(api_tokens).where(this).values(used_at=now)) and None
        )


def _token(row: AnyRow) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        digest=row.digest,
        units=_strings.decode(row.units),
        scopes=_scopes.decode(row.verbs),
        office=row.office,
        made_by=row.made_by,
        made_at=row.made_at,
        ends_at=row.ends_at,
        used_at=row.used_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
