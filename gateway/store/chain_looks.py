"""The look along the audit's sealed chain as it is remembered: who is at it, how far it is, what the last whole one found.

One node is at it at a time: it holds the row for a while, and again with each place that it writes down.  A node that is
killed goes on at that place; another one does when the lease is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, or_, select, update

from gateway.chain import FIRST
from gateway.model import Value
from gateway.phrases import again, kept
from gateway.store.casework import Write
from gateway.store.chain_tables import audit_look
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow
from gateway.store.inserts import insert_new
from gateway.store.reading import Reading
from gateway.store.texts import clean, to_json
from gateway.store.transaction import Transaction


class Report(Value):
    """What was looked at, and the first thing that is wrong; ``broken`` is "" when nothing is."""

    links: int = 0
    stories: int = 0
    mails: int = 0
    heads: int = 0  # signed ones that agree
    broken: str = ""
    notes: tuple[str, ...] = ()


class Place(Value):
    """How far along the chain everything was looked at."""

    report: Report = Report()
    link: int = 0  # the number of the last link
    hash: str = FIRST  # its hash
    stories_to: int = 0
    mails_to: str = ""


class Result(Value):
    """What a whole look found."""

    begun_at: datetime
    ended_at: datetime
    report: Report

    @property
    def entries(self) -> int:
        """How many lines and mails were compared with their entries."""
        return self.report.stories + self.report.mails


class UnderWay(Value):
    """A look that is ours."""

    begun_at: datetime | None  # None: it is to begin
    place: Place
    last: Result | None


_place = msgspec.json.Decoder(Place)
_result = msgspec.json.Decoder(Result)
_THIS = audit_look.c.id == 1


class ChainLooks(Reading):
    """The verbs.  StoreUnavailable when the database is."""

    def __init__(self, database: Database, write: Write, *, node: str) -> None:
        super().__init__(database)
        self._write = write
        self._node = node

    def last(self) -> Result | None:
        """What the last whole look found; None before the first one has ended."""
        rows = self.rows(select(audit_look.c.result).where(_THIS))
        return _result_of(rows[0]) if rows else None

    def under_way(self) -> UnderWay:
        """How far the look is, whoever is at it."""
        rows = self.rows(select(audit_look).where(_THIS))
        if not rows:
            return UnderWay(begun_at=None, place=Place(), last=None)
        (row,) = rows
        place = _place.decode(row.place) if row.place else Place()
        return UnderWay(begun_at=row.begun_at, place=place, last=_result_of(row))

    def take(self, *, begun_at: datetime, place: Place, now: datetime, lease: timedelta) -> bool:
        """Write down how far the look is and keep it ours for so long; False while another node is at it."""
        free = or_(audit_look.c.node == self._node, audit_look.c.leased_until < now)
        values = {"node": self._node, "leased_until": now + lease, "begun_at": begun_at, "place": clean(to_json(place))}
        return self._set(values, free)

    def end(self, result: Result, *, now: datetime) -> bool:
        """Keep what a whole look of ours found; False when another node has gone on with it meanwhile."""
        report = msgspec.structs.replace(result.report, broken=kept(result.report.broken))
        said = clean(to_json(msgspec.structs.replace(result, report=report)))
        values = {"leased_until": now, "begun_at": None, "place": "", "result": said}
        return self._set(values, audit_look.c.node == self._node)

    def _set(self, values: Mapping[str, object], free: ColumnElement[bool]) -> bool:
        first = {"id": 1, "node": "", "leased_until": datetime.fromtimestamp(0, UTC), "place": "", "result": ""}

        def work(transaction: Transaction) -> bool:
            insert_new(transaction.connection, audit_look, first, unless=("id",))
            changed = transaction.connection.execute(update(audit_look).where(_THIS, free).values(values))
            return bool(changed.rowcount)

        return self._write(work)


def _result_of(row: AnyRow) -> Result | None:
    if not row.result:
        return None
    result = _result.decode(row.result)
    return msgspec.structs.replace(result, report=msgspec.structs.replace(result.report, broken=again(result.report.broken)))


__all__ = ["ChainLooks", "Place", "Report", "Result", "UnderWay"]
