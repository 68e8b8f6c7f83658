"""The small writes beside the flow of mail: accounts, who was told when, alarms, and dropping bytes that nobody needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, and_, exists, func, or_, select, update

from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import Account, Event, Story
from gateway.store.inserts import insert_of
from gateway.store.rows import Tuple, account_columns, story_row
from gateway.store.tables import (
    IN_SEGMENT,
    KEPT,
    accounts,
    case_mails,
    cases,
    deliveries,
    directories,
    exemptions,
    mails,
    policies,
    stories,
    told,
)
from gateway.store.texts import clean, to_json
from gateway.store.transaction import Transaction
from gateway.store.values import Exemption

_TRY_AGAIN_WITHIN = timedelta(days=30)  # what was given up may be tried again by hand: so much longer its bytes stay

SMALL = 500  # mails whose bytes are dropped in one transaction: others wait for it


def put_account(transaction: Transaction, account: Account) -> None:
    """Make or change an account."""
    columns = account_columns(account)
    statement = insert_of(transaction.connection)(accounts).values(columns)
    transaction.connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=columns))


def put_policy(transaction: Transaction, version: str, content: str, *, at: datetime) -> None:
    """Remember a policy, unless it is the last one."""
    if name := _state_name(transaction, policies, version):
        statement = insert_of(transaction.connection)(policies).values(version=name, at=at, content=content)
        transaction.connection.execute(statement.on_conflict_do_nothing(index_elements=["version"]))


def put_directory(transaction: Transaction, version: str, files: Mapping[str, str], *, actor: str, at: datetime) -> None:
    """Remember a directory, unless it is the last one."""
    if name := _state_name(transaction, directories, version):
        values = {"version": name, "at": at, "actor": actor, "files": to_json(dict(files))}
        statement = insert_of(transaction.connection)(directories).values(values)
        transaction.connection.execute(statement.on_conflict_do_nothing(index_elements=["version"]))


def _state_name(transaction: Transaction, table: Table, version: str) -> str:
    """What a version is kept as: one that comes back after another is a state of its own, VERSION.2; "" for the last one."""
    c, connection = table.c, transaction.connection
    newest = connection.execute(select(c.version).order_by(c.at.desc(), c.version.desc()).limit(1)).scalar()
    if newest is not None and newest.partition(".")[0] == version:
        return ""
    same = or_(c.version == version, c.version.startswith(f"{version}.", autoescape=True))
    before = connection.execute(select(func.count()).select_from(table).where(same)).scalar_one()
    return version if before == 0 else f"{version}.{before + 1}"


def exempt(transaction: Transaction, exemption: Exemption, *, actor: str) -> None:
    """Let somebody send these files for a while."""
    for digest in exemption.digests:
        values = {"until": exemption.until, "actor": actor}
        statement = insert_of(transaction.connection)(exemptions).values(
            sender=clean(exemption.sender).lower(), digest=digest, **values
        )
        transaction.connection.execute(statement.on_conflict_do_update(index_elements=["sender", "digest"], set_=values))


def may_tell(transaction: Transaction, topic: str, address: str, *, every: timedelta, now: datetime) -> bool:
    """True at most once per period, and remembered."""
    statement = insert_of(transaction.connection)(told).values(topic=topic, address=clean(address).lower(), at=now)
    statement = statement.on_conflict_do_update(
        index_elements=["topic", "address"], set_={"at": statement.excluded.at}, where=told.c.at <= now - every
    )
    return transaction.connection.execute(statement.returning(told.c.at)).first() is not None


def note_told(transaction: Transaction, topic: str, address: str, *, now: datetime) -> None:
    """Remember that somebody was told, whenever that was before."""
    values = {"topic": topic, "address": clean(address).lower(), "at": now}
    statement = insert_of(transaction.connection)(told).values(values)
    statement = statement.on_conflict_do_update(index_elements=["topic", "address"], set_={"at": now})
    transaction.connection.execute(statement)


def note_all_told(transaction: Transaction, *, told: Sequence[tuple[str, str, datetime]]) -> None:
    """Remember that these people were told about these topics."""
    for topic, address, when in told:
        note_told(transaction, topic, address, now=when)


def raise_alarms(transaction: Transaction, now: datetime) -> tuple[str, ...]:
    """Raise the alarm of waiting cases whose time has passed."""
    late = (cases.c.state == CaseState.WAITING.value) & (cases.c.due_at <= now) & cases.c.alarm.is_(False)
    statement = update(cases).where(late).values(alarm=True).returning(cases.c.id)
    return tuple(sorted(transaction.connection.execute(statement).scalars()))


def drop_bytes(transaction: Transaction, *, now: datetime, before: datetime, captured_before: datetime | None = None) -> int:
    """Drop the bytes of some mails that are done with; says how many (at most SMALL).  Their cases remember the day."""
    gone = {"kept": False, "raw": None, "segment": None, "position": None}
    some = or_(*droppable(before, captured_before))
    done = select(mails.c.id).where(some).order_by(mails.c.at).limit(SMALL)
    dropped = update(mails).where(mails.c.id.in_(done)).values(gone).returning(mails.c.id)
    ids = transaction.connection.execute(dropped).scalars().all()
    transaction.insert(stories, list(_dropped(transaction, ids, now)))
    return len(ids)


def _dropped(transaction: Transaction, ids: Sequence[str], now: datetime) -> Iterator[Tuple]:
    """A row in the story of each case whose mail lost its bytes; mails without a case go unsaid: they are nearly all mail."""
    of_cases = select(case_mails.c.mail_id, case_mails.c.case_id).where(case_mails.c.mail_id.in_(ids))
    for row in transaction.connection.execute(of_cases):
        detail: dict[str, str | int | float | bool | list[str]] = {"setting": "keep_captured_days"}
        yield story_row(Story(at=now, event=Event.DROPPED, mail_id=row.mail_id, case_id=row.case_id, detail=detail))


def droppable(before: datetime, captured_before: datetime | None) -> tuple[ColumnElement[bool], ...]:
    """Which mails are done with: those that opened no case, and (when a time is given) those whose cases are long over.

    Done with: everybody got it, or it was cancelled, or given up, and a month later nobody wanted to try again.  What waits
    for a clerk, is on its way to an office system, or is sealed or archived stays, whatever its age.
    """
    cases_of = select(case_mails.c.case_id).join(cases, cases.c.id == case_mails.c.case_id)
    captured = cases_of.where(case_mails.c.mail_id == mails.c.id)
    given_up = and_(deliveries.c.state == DeliveryState.DEAD.value, deliveries.c.at < before - _TRY_AGAIN_WITHIN)
    done = or_(deliveries.c.state.in_((DeliveryState.DELIVERED.value, DeliveryState.CANCELLED.value)), given_up)
    under_way = exists().where(deliveries.c.mail_id == mails.c.id, ~done)
    passed = and_(KEPT, mails.c.at < before, ~captured.exists(), ~under_way)
    if captured_before is None:
        return (passed,)
    open_still = captured.where(or_(cases.c.state.in_(_NEEDED_STILL), cases.c.opened_at >= captured_before))
    return (passed, and_(KEPT, mails.c.at < captured_before, captured.exists(), ~open_still.exists(), ~under_way))


_NEEDED_STILL = (CaseState.WAITING.value, CaseState.APPROVED.value, CaseState.SEALED.value, CaseState.ARCHIVED.value)


def needed_segments(transaction: Transaction) -> set[str]:
    """The segments in which some mail has its bytes."""
    return set(transaction.connection.execute(select(mails.c.segment).where(IN_SEGMENT).distinct()).scalars())
