"""The small writes beside the flow of mail: accounts, who was told when, alarms, and dropping bytes that nobody needs."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import Account
from gateway.store.rows import account_columns
from gateway.store.tables import IN_SEGMENT, KEPT, accounts, case_mails, cases, deliveries, mails, told
from gateway.store.texts import clean
from gateway.store.transaction import Transaction

_TRY_AGAIN_WITHIN = timedelta(days=30)  # what was given up may be tried again by hand: so much longer its bytes stay

SMALL = 500  # mails whose bytes are dropped in one transaction: others wait for it


def put_account(transaction: Transaction, account: Account) -> None:
    """Make or change an account."""
    columns = account_columns(account)
    statement = _insert(transaction)(accounts).values(columns)
    transaction.connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=columns))


def may_tell(transaction: Transaction, topic: str, address: str, *, every: timedelta, now: datetime) -> bool:
    """True at most once per period, and remembered."""
    statement = _insert(transaction)(told).values(topic=topic, address=clean(address).lower(), at=now)
    statement = statement.on_conflict_do_update(
        index_elements=["topic", "address"], set_={"at": statement.excluded.at}, where=told.c.at <= now - every
    )
    return transaction.connection.execute(statement.returning(told.c.at)).first() is not None


def raise_alarms(transaction: Transaction, now: datetime) -> tuple[str, ...]:
    """Raise the alarm of waiting cases whose time has passed."""
    late = (cases.c.state == CaseState.WAITING.value) & (cases.c.due_at <= now) & cases.c.alarm.is_(False)
    statement = update(cases).where(late).values(alarm=True).returning(cases.c.id)
    return tuple(sorted(transaction.connection.execute(statement).scalars()))


def drop_bytes(transaction: Transaction, *, before: datetime) -> int:
    """Drop the bytes of some mails that are done with and that have no case; says how many (at most SMALL).

    Done with: everybody got it, or it was cancelled, or given up, and a month later nobody wanted to try again.
    """
    captured = exists().where(case_mails.c.mail_id == mails.c.id)
    given_up = and_(deliveries.c.state == DeliveryState.DEAD.value, deliveries.c.at < before - _TRY_AGAIN_WITHIN)
    done = or_(deliveries.c.state.in_((DeliveryState.DELIVERED.value, DeliveryState.CANCELLED.value)), given_up)
    under_way = exists().where(deliveries.c.mail_id == mails.c.id, ~done)
    passed = select(mails.c.id).where(KEPT, mails.c.at < before, ~captured, ~under_way).order_by(mails.c.at).limit(SMALL)
    gone = {"kept": False, "raw": None, "segment": None, "position": None}
    return transaction.connection.execute(update(mails).where(mails.c.id.in_(passed)).values(gone)).rowcount


def needed_segments(transaction: Transaction) -> set[str]:
    """The segments in which some mail has its bytes."""
    return set(transaction.connection.execute(select(mails.c.segment).where(IN_SEGMENT).distinct()).scalars())


def _insert(transaction: Transaction) -> type[postgresql.Insert] | type[sqlite.Insert]:
    return postgresql.Insert if transaction.connection.dialect.name == "postgresql" else sqlite.Insert
