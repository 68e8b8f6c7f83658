"""A changed policy on trial: how far its run over past mail is, and which copies it would have treated in another way.

A run is written down before it begins and beats while it goes: whoever looks at it, from whichever process, sees how far it
is, and whether the process that was at it is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, delete, select, update

from gateway.errors import NotAllowed
from gateway.model import Action, Value, new_id
from gateway.store.casework import Write
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow
from gateway.store.reading import Reading
from gateway.store.tables import Instant, metadata
from gateway.store.texts import clean
from gateway.store.transaction import Transaction

replays = Table(
    "replays",
    metadata,
    Column("id", Text, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("days", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("content", Text, nullable=False),  # the policy
    Column("state", Text, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("progress", Text, nullable=False),  # JSON
    Index(None, "at"),
    sqlite_with_rowid=False,
)
replay_changes = Table(
    "replay_changes",
    metadata,
    Column("replay_id", Text, ForeignKey("replays.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("mail_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("sender", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("new_action", Text, nullable=False),
    Column("new_rule", Text, nullable=False),
    Column("new_reason", Text, nullable=False),
    sqlite_with_rowid=False,
)

SILENT_AFTER = timedelta(seconds=60)  # a run that does not beat so long has lost its process
_KEPT = 20  # runs; older ones go with their changes


class ReplayState(StrEnum):
    """How a run is."""

    RUNNING = "running"
    DONE = "done"
    CUT = "cut"  # too many changes, or too much time
    STOPPED = "stopped"  # somebody stopped it
    FAILED = "failed"


class Step(Value):
    """How many copies would go from one action and rule to another."""

    action: Action
    rule: str
    new_action: Action
    new_rule: str
    count: int


class Progress(Value):
    """How far a run is."""

    total: int = 0  # mails
    mails: int = 0  # looked at
    verdicts: int = 0
    changed: int = 0
    kept: int = 0  # changes that are written down
    steps: tuple[Step, ...] = ()


class ReplayRun(Value):
    """One run."""

    id: str
    actor: str
    at: datetime
    days: int
    version: str
    state: ReplayState
    beat_at: datetime
    progress: Progress

    def is_lost(self, now: datetime) -> bool:
        """Whether its process is gone in the middle of it."""
        return self.state is ReplayState.RUNNING and now - self.beat_at > SILENT_AFTER


class KeptChange(Value):
    """One copy that would be treated in another way."""

    n: int
    mail_id: str
    at: datetime
    sender: str
    recipient: str
    subject: str
    action: Action
    rule: str
    reason: str
    new_action: Action
    new_rule: str
    new_reason: str


class Replays(Reading):
    """The runs.  NotFound for an unknown id; StoreUnavailable when the database is."""

    def __init__(self, database: Database, write: Write) -> None:
        super().__init__(database)
        self._write = write

    def begin(self, *, by: str, days: int, version: str, content: str, now: datetime) -> str:
        """Write down a new run, and forget the oldest; NotAllowed while another one runs."""
        run_id = new_id()
        values = {
            "id": run_id, "actor": by, "at": now, "days": days, "version": version, "content": clean(content),
            "state": ReplayState.RUNNING.value, "beat_at": now, "progress": _json(Progress()),
        }  # fmt: skip

        def write(transaction: Transaction) -> None:
            c, connection = replays.c, transaction.connection
            running = (c.state == ReplayState.RUNNING.value) & (c.beat_at > now - SILENT_AFTER)
            if connection.execute(select(c.id).where(running)).first() is not None:
                raise NotAllowed("Một lần thử khác đang chạy; xin chờ xong hoặc dừng lần đó trước.")
            old = [row.id for row in connection.execute(select(c.id).order_by(c.at.desc()).offset(_KEPT - 1))]
            connection.execute(delete(replay_changes).where(replay_changes.c.replay_id.in_(old)))
            connection.execute(delete(replays).where(c.id.in_(old)))
            connection.execute(replays.insert().values(values))

        self._write(write)
        return run_id

    def beat(self, run_id: str, progress: Progress, changes: Sequence[KeptChange], *, now: datetime) -> bool:
        """How far it is, and what it found since the last time; says whether it is to go on."""

        def write(transaction: Transaction) -> bool:
            this = (replays.c.id == run_id) & (replays.c.state == ReplayState.RUNNING.value)
            step = update(replays).where(this).values(progress=_json(progress), beat_at=now)
            if not transaction.connection.execute(step).rowcount:
                return False
            if changes:
                rows = [{"replay_id": run_id, **_columns(change)} for change in changes]
                transaction.connection.execute(replay_changes.insert(), rows)
            return True

        return bool(self._write(write))

    def end(self, run_id: str, state: ReplayState) -> None:
        """It runs no more; one that has ended stays as it is."""
        this = (replays.c.id == run_id) & (replays.c.state == ReplayState.RUNNING.value)
        step = update(replays).where(this).values(state=state.value)
        self._write(lambda transaction: transaction.connection.execute(step) and None)

    def run(self, run_id: str) -> ReplayRun:
        """One run."""
        return _run_of(self.one(select(replays).where(replays.c.id == run_id), f"no replay {run_id}"))

    def content(self, run_id: str) -> str:
        """The policy that was tried."""
        return str(self.one(select(replays.c.content).where(replays.c.id == run_id), f"no replay {run_id}").content)

    def latest(self, limit: int = 10) -> tuple[ReplayRun, ...]:
        """The newest runs."""
        return tuple(map(_run_of, self.rows(select(replays).order_by(replays.c.at.desc()).limit(limit))))

    def changes(
        self, run_id: str, *, rules: tuple[str, str] | None = None, after: int = 0, limit: int = 100
    ) -> tuple[KeptChange, ...]:
        """Changes behind that number, in order; ``rules``: only those from the one rule to the other."""
        c = replay_changes.c
        query = select(replay_changes).where(c.replay_id == run_id, c.n > after)
        if rules is not None:
            query = query.where(c.rule == rules[0], c.new_rule == rules[1])
        return tuple(map(_change_of, self.rows(query.order_by(c.n).limit(limit))))


_progress = msgspec.json.Decoder(Progress)


def _json(progress: Progress) -> str:
    return msgspec.json.encode(progress).decode()


def _columns(change: KeptChange) -> dict[str, object]:
    return {name: clean(value) if type(value) is str else value for name, value in msgspec.structs.asdict(change).items()}


def _run_of(row: AnyRow) -> ReplayRun:
    return ReplayRun(
        id=row.id,
        actor=row.actor,
        at=row.at,
        days=row.days,
        version=row.version,
        state=ReplayState(row.state),
        beat_at=row.beat_at,
        progress=_progress.decode(row.progress),
    )


def _change_of(row: AnyRow) -> KeptChange:
    values = {name: getattr(row, name) for name in KeptChange.__struct_fields__}
    return KeptChange(**{**values, "action": Action(row.action), "new_action": Action(row.new_action)})
