"""What clerks do with cases beside deciding on the document: say which are the same, whose they are, who stands in for whom.

Verbs go through the writer like all others and are durable on return; reads have connections of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from msgspec.structs import replace
from sqlalchemy import and_, delete, func, or_, select, update

from gateway.errors import NotAllowed, NotFound
from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Case, Document, Event, Relation, Story, Value
from gateway.policy.sameness import Layer
from gateway.store import sameness
from gateway.store.batch import Rows
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow, case_of
from gateway.store.inserts import insert_new
from gateway.store.office_tables import case_links, proposals, stand_ins, transfers
from gateway.store.reading import Reading
from gateway.store.rows import case_columns, story_row
from gateway.store.search import put_case
from gateway.store.steps import step_case
from gateway.store.tables import JOINABLE, cases, stories
from gateway.store.texts import clean
from gateway.store.transaction import Transaction
from gateway.store.values import Acceptance

_T = TypeVar("_T")


class Write(Protocol):
    """How a verb gets into the writer's next transaction."""

    def __call__(self, work: Callable[[Transaction], _T], *, rows: Rows | None = None) -> _T:
        """Run it there; durable on return."""
        ...


class Proposal(Value):
    """Two cases that may be one document."""

    case_id: str  # the later one
    other_id: str
    layer: Layer
    percent: int  # of the words that the texts have in common; 0 when not compared
    at: datetime
    decision: str = ""  # "", "same" or "different"
    actor: str = ""
    decided_at: datetime | None = None
    merged: str = ""  # id of the case that joined the other one


class Tie(Value):
    """A document that does something to an earlier one."""

    case_id: str  # the later document
    other_id: str
    relation: Relation
    at: datetime


class Transfer(Value):
    """A case that went from one unit to another."""

    case_id: str
    from_unit: str
    to_unit: str
    reason: str
    actor: str
    at: datetime


class StandIn(Value):
    """Who acts for an absent clerk, and until when."""

    account: str
    stand_in: str
    since: datetime
    until: datetime


_OF_THE_DOCUMENT = frozenset({"document", "kind", "number_symbol", "issuer", "title", "urgency"})


class Casework(Reading):
    """Sameness, relations, assignment, transfer and stand-ins."""

    def __init__(self, database: Database, write: Write, rows: Callable[[Sequence[Acceptance]], Rows]) -> None:
        super().__init__(database)
        self._write = write
        self._make_rows = rows

    # --- sameness -----------------------------------------------------------------------------------------------------

    def decide(self, case_id: str, other_id: str, *, same: bool, by: str, now: datetime) -> None:
        """A person says whether two cases are one document.  NotFound, NotAllowed, IllegalTransition."""
        decision = sameness.SAME if same else sameness.DIFFERENT
        self._write(lambda transaction: sameness.decide(transaction, case_id, other_id, decision, by=by, now=now))

    def take_back(self, case_id: str, other_id: str, *, by: str, now: datetime) -> None:
        """Undo that.  NotFound, NotAllowed."""
        self._write(lambda transaction: sameness.take_back(transaction, case_id, other_id, by=by, now=now))

    def proposals(self, case_id: str) -> tuple[Proposal, ...]:
        """What a case may be the same as, the open ones first."""
        c = proposals.c
        query = select(proposals).where(or_(c.case_id == case_id, c.other_id == case_id))
        return tuple(map(_proposal_of, self.rows(query.order_by(c.decision, c.at, c.case_id, c.other_id))))

    def undecided(self, case_ids: Sequence[str]) -> dict[str, int]:
        """How many open proposals each of these cases has; for lists."""
        c, found = proposals.c, dict[str, int]()
        for column in (c.case_id, c.other_id):
            query = (
                select(column.label("of"), func.count().label("number"))
                .where(column.in_(case_ids), c.decision == "")
                .group_by(column)
            )
            for row in self.rows(query):
                found[row.of] = found.get(row.of, 0) + int(row.number)
        return found

    def ties(self, case_id: str) -> tuple[Tie, ...]:
        """The documents that this one recalls, corrects or replaces, and those that do so to it."""
        c = case_links.c
        query = select(case_links).where(or_(c.case_id == case_id, c.other_id == case_id)).order_by(c.at)
        return tuple(
            Tie(case_id=row.case_id, other_id=row.other_id, relation=Relation(row.relation), at=row.at)
            for row in self.rows(query)
        )

    # --- whose it is --------------------------------------------------------------------------------------------------

    def assign(self, case_id: str, assignee: str, *, by: str, now: datetime) -> None:
        """A case is looked after by one clerk; "" by whoever comes first.  NotFound."""

        def work(transaction: Transaction) -> None:
            case = _case(transaction, case_id)
            transaction.connection.execute(update(cases).where(cases.c.id == case_id).values(assignee=assignee))
            told = Story(at=now, event=Event.ASSIGNED, case_id=case.id, actor=by, detail={"assignee": assignee})
            transaction.insert(stories, [story_row(told)])

        self._write(work)

    def correct(self, case_id: str, document: Document, changes: Mapping[str, str], *, by: str, now: datetime) -> Case:
        """The document of a waiting case has other facts now; ``changes`` tells each for the story.  NotFound, NotAllowed."""

        def work(transaction: Transaction) -> Case:
            before = _case(transaction, case_id)
            if before.state is not CaseState.WAITING:
                raise NotAllowed("Hồ sơ này vừa đổi trạng thái nên việc này không làm được nữa.")
            case = replace(before, document=document)
            columns = {name: value for name, value in case_columns(case).items() if name in _OF_THE_DOCUMENT}
            transaction.connection.execute(update(cases).where(cases.c.id == case_id).values(columns))
            put_case(transaction.connection, case)
            told = Story(at=now, event=Event.CORRECTED, case_id=case_id, actor=by, detail=dict(changes))
            transaction.insert(stories, [story_row(told)])
            return case

        return self._write(work)

    def transfer(
        self,
        case_id: str,
        *,
        to_unit: str,
        office: str,
        due_at: datetime | None,
        reason: str,
        by: str,
        acceptances: Sequence[Acceptance] = (),
        now: datetime,
    ) -> Case:
        """A waiting case goes to another unit.  When the same bytes wait there already, both are laid before its clerk.

        NotFound, IllegalTransition.
        """

        def work(transaction: Transaction) -> Case:
            return _transfer(transaction, case_id, to_unit, office, due_at, clean(reason), by, now)

        return self._write(work, rows=self._make_rows(acceptances))

    def transfers(self, case_id: str) -> tuple[Transfer, ...]:
        """Where a case has been, in order."""
        query = select(transfers).where(transfers.c.case_id == case_id).order_by(transfers.c.n)
        return tuple(map(_transfer_of, self.rows(query)))

    def gone(self, units: Sequence[str], *, limit: int = 50) -> tuple[Transfer, ...]:
        """What these units gave away, newest first."""
        query = select(transfers).where(transfers.c.from_unit.in_(units)).order_by(transfers.c.at.desc())
        return tuple(map(_transfer_of, self.rows(query.limit(limit))))

    # --- stand-ins ----------------------------------------------------------------------------------------------------

    def stand_in(self, account: str, stand_in: str, *, since: datetime, until: datetime, by: str, now: datetime) -> None:
        """Somebody acts for an absent clerk for a while; "" ends it."""

        def work(transaction: Transaction) -> None:
            connection = transaction.connection
            connection.execute(delete(stand_ins).where(stand_ins.c.account == account))
            if stand_in:
                values = {"account": account, "stand_in": stand_in, "since": since, "until": until, "actor": by}
                insert_new(connection, stand_ins, values, unless=("account",))
            detail: dict[str, str | int | float | bool | list[str]] = {
                "account": account,
                "stand_in": stand_in,
                "until": until.isoformat(timespec="seconds"),
            }
            transaction.insert(stories, [story_row(Story(at=now, event=Event.STOOD_IN, actor=by, detail=detail))])

        self._write(work)

    def stand_ins(self, now: datetime) -> tuple[StandIn, ...]:
        """Who is absent now or will be, and who stands in."""
        query = select(stand_ins).where(stand_ins.c.until > now).order_by(stand_ins.c.since, stand_ins.c.account)
        return tuple(
            StandIn(account=row.account, stand_in=row.stand_in, since=row.since, until=row.until) for row in self.rows(query)
        )

    def absent_for(self, stand_in: str, now: datetime) -> tuple[str, ...]:
        """The accounts that this one stands in for now."""
        c = stand_ins.c
        query = select(c.account).where(and_(c.stand_in == stand_in, c.since <= now, c.until > now)).order_by(c.account)
        return tuple(row.account for row in self.rows(query))


def _case(transaction: Transaction, case_id: str) -> Case:
    row = transaction.connection.execute(select(cases).where(cases.c.id == case_id).with_for_update()).first()
    if row is None:
        raise NotFound(f"no case {case_id}")
    return case_of(row)


def _transfer(
    transaction: Transaction,
    case_id: str,
    to_unit: str,
    office: str,
    due_at: datetime | None,
    reason: str,
    by: str,
    now: datetime,
) -> Case:
    connection, case = transaction.connection, _case(transaction, case_id)
    if case.unit == to_unit:
        raise NotAllowed("Hồ sơ này đang ở đơn vị đó rồi.")
    there = select(cases.c.id).where(
        cases.c.unit == to_unit, cases.c.direction == case.direction.value, cases.c.key == case.key, JOINABLE
    )
    twin = connection.execute(there).scalar() if case.key else None
    columns: dict[str, object] = {"unit": to_unit, "office": office, "due_at": due_at, "assignee": "", "alarm": True}
    if twin is not None:
        columns["key"] = ""  # one open case for each key
    detail = {"unit": to_unit, "reason": reason}
    step_case(transaction, case, CaseEvent.TRANSFER, by=by, detail=detail, now=now, **columns)
    n = connection.execute(select(func.count()).where(transfers.c.case_id == case_id)).scalar_one() + 1
    values = {"case_id": case_id, "n": n, "from_unit": case.unit, "to_unit": to_unit, "reason": reason, "actor": by, "at": now}
    insert_new(connection, transfers, values, unless=("case_id", "n"))
    moved = _case(transaction, case_id)
    # What it was thought to be the same as stays with the old unit.
    theirs = or_(proposals.c.case_id == case_id, proposals.c.other_id == case_id) & (proposals.c.decision == "")
    connection.execute(delete(proposals).where(theirs))
    if twin is not None:
        sameness.propose(transaction, moved, twin, Layer.FILE, percent=100, at=now)
    return moved


def _proposal_of(row: AnyRow) -> Proposal:
    return Proposal(
        case_id=row.case_id,
        other_id=row.other_id,
        layer=Layer(row.layer),
        percent=row.percent,
        at=row.at,
        decision=row.decision,
        actor=row.actor,
        decided_at=row.decided_at,
        merged=row.merged,
    )


def _transfer_of(row: AnyRow) -> Transfer:
    return Transfer(
        case_id=row.case_id, from_unit=row.from_unit, to_unit=row.to_unit, reason=row.reason, actor=row.actor, at=row.at
    )
