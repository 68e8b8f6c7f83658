"""Leases: taking what is due, keeping it, and taking back what an earlier life had."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Connection, and_, bindparam, select, update

from gateway.lifecycle import DeliveryState
from gateway.model import Delivery, Value
from gateway.store.from_rows import AnyRow, delivery_of
from gateway.store.office_tables import case_links, look_ups
from gateway.store.sameness import goes_on_as
from gateway.store.tables import UNFINISHED, cases, deliveries, mails
from gateway.store.transaction import Transaction

MOST_BYTES = 64 * 1024 * 1024  # of mails in one claim: they are all read into memory

RELAY = "relay"  # its parcels are mails; all other couriers carry cases to office systems


class Claim(Value):
    """One parcel to be: rows that share mail, case, courier and envelope sender."""

    mail: AnyRow
    case: AnyRow | None
    earlier: AnyRow | None  # the case whose document this one recalls, corrects or replaces
    deliveries: tuple[Delivery, ...]


def claim(
    transaction: Transaction, *, couriers: Sequence[str], limit: int, now: datetime, until: datetime, node: str, life: str
) -> tuple[Claim, ...]:
    """Lease what is due: QUEUED and DEFERRED whose time has come, SENDING whose lease ran out; oldest first."""
    connection = transaction.connection
    due: list[AnyRow] = []
    for courier in couriers:
        # One query for each courier: then the index gives them in order, and a paused courier's heap is not in the way.
        due += connection.execute(_DUE.limit(limit), {"of_courier": courier, "now": now}).all()
    due = _within_memory(sorted(due, key=lambda row: (row.wake_at, row.id))[:limit])
    if not due:
        return ()
    due = _never_begun(connection, due, now)
    if not due:
        return ()
    ids = [row.id for row in due]
    leased = {"state": DeliveryState.SENDING.value, "node": node, "life": life, "wake_at": until}
    connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(leased))
    return _parcels(connection, due)


def renew(transaction: Transaction, *, delivery_ids: Sequence[str], until: datetime, life: str) -> None:
    """Keep the leases that this life has."""
    ours = and_(deliveries.c.id.in_(delivery_ids), deliveries.c.state == DeliveryState.SENDING.value, deliveries.c.life == life)
    transaction.connection.execute(update(deliveries).where(ours).values(wake_at=until))


def take_back(connection: Connection, node: str, now: datetime) -> int:
    """What this node's earlier life was sending goes back to QUEUED, due at once; says how many.

    What it had begun to send to an office system may be there: it is UNCERTAIN since now, and asked after at once.
    """
    theirs = and_(UNFINISHED, deliveries.c.state == DeliveryState.SENDING.value, deliveries.c.node == node)
    begun = theirs & deliveries.c.id.in_(select(look_ups.c.delivery_id))
    lost = connection.execute(select(deliveries.c.id).where(begun)).scalars().all()
    _unsure(connection, lost, now)
    asking = and_(UNFINISHED, deliveries.c.state.in_(_ASKED_AFTER), deliveries.c.node == node)
    connection.execute(update(deliveries).where(asking).values(wake_at=deliveries.c.at, node=""))
    queued = {"state": DeliveryState.QUEUED.value, "wake_at": deliveries.c.at, "node": "", "life": ""}
    return connection.execute(update(deliveries).where(theirs).values(queued)).rowcount


def _never_begun(connection: Connection, due: list[AnyRow], now: datetime) -> list[AnyRow]:
    """Without those that another node, whose lease ran out, had begun to send: they may be there, and are asked after."""
    lost = [row.id for row in due if row.state == DeliveryState.SENDING.value and row.courier != RELAY]
    if not lost:
        return due
    begun = set(connection.execute(select(look_ups.c.delivery_id).where(look_ups.c.delivery_id.in_(lost))).scalars())
    _unsure(connection, tuple(begun), now)
    return [row for row in due if row.id not in begun]


def _unsure(connection: Connection, begun: Sequence[str], now: datetime) -> None:
    """Nobody knows what came of these attempts; the last bytes may have left a moment ago, so the doubt counts from now."""
    unsure = {"state": DeliveryState.UNCERTAIN.value, "wake_at": now, "node": "", "life": ""}
    connection.execute(update(deliveries).where(deliveries.c.id.in_(begun)).values(unsure))
    connection.execute(update(look_ups).where(look_ups.c.delivery_id.in_(begun)).values(since=now))


_ASKED_AFTER = (DeliveryState.UNCERTAIN.value, DeliveryState.PENDING.value)
_TO_BE_SENT = (DeliveryState.QUEUED.value, DeliveryState.DEFERRED.value, DeliveryState.SENDING.value)

_DUE = (
    select(deliveries, mails.c.size)
    .join_from(deliveries, mails, deliveries.c.mail_id == mails.c.id)
    .where(deliveries.c.courier == bindparam("of_courier"), UNFINISHED, deliveries.c.wake_at <= bindparam("now"))
    .where(deliveries.c.state.in_(_TO_BE_SENT))  # UNCERTAIN and PENDING are asked after: see lookups
    .order_by(deliveries.c.wake_at)
    .with_for_update(of=deliveries, skip_locked=True)
)


def _within_memory(due: Sequence[AnyRow]) -> list[AnyRow]:
    """As many as have room in memory together, but one at least."""
    taken: list[AnyRow] = []
    room, seen = MOST_BYTES, set[str]()
    for row in due:
        if row.mail_id not in seen:
            seen.add(row.mail_id)
            room -= row.size
        if taken and room < 0:
            break
        taken.append(row)
    return taken


def _parcels(connection: Connection, due: Sequence[AnyRow]) -> tuple[Claim, ...]:
    groups: dict[tuple[str, str, str, str], list[AnyRow]] = {}
    for row in due:
        groups.setdefault((row.mail_id, row.case_id, row.courier, row.sender), []).append(row)
    mail_rows = {row.id: row for row in connection.execute(select(mails).where(mails.c.id.in_({key[0] for key in groups})))}
    case_ids = {case_id for _, case_id, courier, _ in groups if case_id and courier != RELAY}
    case_rows = {row.id: row for row in connection.execute(select(cases).where(cases.c.id.in_(case_ids)))} if case_ids else {}
    earlier = _earlier(connection, due) if case_ids else {}
    return tuple(
        Claim(
            mail=mail_rows[mail_id],
            case=case_rows.get(case_id) if courier != RELAY else None,
            earlier=earlier.get(case_id) if courier != RELAY else None,
            deliveries=_leased(rows),
        )
        for (mail_id, case_id, courier, _), rows in groups.items()
    )


def _earlier(connection: Connection, due: Sequence[AnyRow]) -> dict[str, AnyRow]:
    """The earlier case for each case that does something to one; of several the one that was tied first.

    A tie that came after the delivery was made is left out: a parcel is the same on every attempt.
    """
    ids = [row.id for row in due if row.case_id and row.courier != RELAY]
    tied = (
        select(case_links.c.case_id, case_links.c.other_id)
        .join(deliveries, deliveries.c.case_id == case_links.c.case_id)
        .where(deliveries.c.id.in_(ids), case_links.c.at <= deliveries.c.at)
        .order_by(case_links.c.at.desc(), case_links.c.other_id.desc())
    )
    first = {row.case_id: row.other_id for row in connection.execute(tied)}
    return {case_id: goes_on_as(connection, other_id) for case_id, other_id in first.items()}


def _leased(rows: Sequence[AnyRow]) -> tuple[Delivery, ...]:
    return tuple(replace(delivery_of(row), state=DeliveryState.SENDING) for row in rows)
