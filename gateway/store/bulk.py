"""Decisions about many cases at once: what was asked for, and what became of each.

A run is written down before the first case is touched, and each result after its case: whoever is killed in the middle finds
the rest still to be done, and nothing twice (a case that was decided is not decided again).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, func, select, update

from gateway.lifecycle import CaseEvent
from gateway.model import Value, new_id
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.reading import Reading
from gateway.store.tables import Instant, metadata
from gateway.store.texts import clean

bulk_runs = Table(
    "bulk_runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),  # gateway.lifecycle.CaseEvent
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "actor", "at"),
    sqlite_with_rowid=False,
)
bulk_items = Table(
    "bulk_items",
    metadata,
    Column("run_id", Text, ForeignKey("bulk_runs.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("why", Text, nullable=False),
    sqlite_with_rowid=False,
)


class ItemOutcome(StrEnum):
    """What became of one case of a run."""

    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"
    KEPT = "kept"  # was to be undone, and had left


class BulkItem(Value):
    """One case of a run."""

    n: int
    case_id: str
    outcome: ItemOutcome
    why: str = ""


class BulkRun(Value):
    """One decision about many cases."""

    id: str
    actor: str
    act: CaseEvent
    reason: str
    at: datetime
    items: tuple[BulkItem, ...] = ()

    def count(self, *outcomes: ItemOutcome) -> int:
        """How many cases of it have one of these outcomes."""
        return sum(item.outcome in outcomes for item in self.items)


class Bulk(Reading):
    """The runs."""

    def __init__(self, database: Database, write: Write) -> None:
        super().__init__(database)
        self._write = write

    def begin(self, act: CaseEvent, case_ids: Sequence[str], *, by: str, reason: str, now: datetime) -> str:
        """Write down what is to be done; gives the id of the run.  Durable on return."""
        run = {"id": new_id(), "actor": by, "act": act.value, "reason": clean(reason), "at": now}
        items = [
            {"run_id": run["id"], "n": n, "case_id": case_id, "outcome": ItemOutcome.PENDING.value, "why": ""}
            for n, case_id in enumerate(dict.fromkeys(case_ids))
        ]
        self._write(
            lambda transaction: (
                transaction.connection.execute(bulk_runs.insert().values(run)),
                transaction.connection.execute(bulk_items.insert(), items),
            )
        )
        return str(run["id"])

    def run(self, run_id: str) -> BulkRun:
        """One run with its cases in order; NotFound."""
        row = self.one(select(bulk_runs).where(bulk_runs.c.id == run_id), f"no run {run_id}")
        items = self.rows(select(bulk_items).where(bulk_items.c.run_id == run_id).order_by(bulk_items.c.n))
        return BulkRun(
            id=row.id,
            actor=row.actor,
            act=CaseEvent(row.act),
            reason=row.reason,
            at=row.at,
            items=tuple(
                BulkItem(n=item.n, case_id=item.case_id, outcome=ItemOutcome(item.outcome), why=item.why) for item in items
            ),
        )

    def item(self, run_id: str, n: int) -> BulkItem:
        """One case of a run as it is now; NotFound."""
        this = (bulk_items.c.run_id == run_id) & (bulk_items.c.n == n)
        row = self.one(select(bulk_items).where(this), f"no case {n} in run {run_id}")
        return BulkItem(n=row.n, case_id=row.case_id, outcome=ItemOutcome(row.outcome), why=row.why)

    def note(self, run_id: str, n: int, outcome: ItemOutcome, why: str = "", *, instead_of: Collection[ItemOutcome]) -> bool:
        """What became of one case, unless it is none of ``instead_of`` any more; says whether it was written."""
        this = (bulk_items.c.run_id == run_id) & (bulk_items.c.n == n)
        expected = bulk_items.c.outcome.in_([each.value for each in instead_of])
        step = update(bulk_items).where(this, expected).values(outcome=outcome.value, why=clean(why))
        return self._write(lambda transaction: transaction.connection.execute(step).rowcount == 1)

    def unfinished(self, actor: str) -> str:
        """The newest run of this account in which cases are still to be decided; "" when there is none."""
        c = bulk_runs.c
        pending = select(func.count()).where(bulk_items.c.run_id == c.id, bulk_items.c.outcome == ItemOutcome.PENDING.value)
        query = select(c.id).where(c.actor == actor, pending.scalar_subquery() > 0).order_by(c.at.desc()).limit(1)
        rows = self.rows(query)
        return str(rows[0].id) if rows else ""
