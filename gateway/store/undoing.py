"""A clerk takes a decision back, while nothing of it has left.  Inside the writer's transaction.

What a decision sends (a hand-over, released mails, letters) waits in the queue for a moment first; its story row names the
deliveries ("sent").  As long as all of them still wait there, they are cancelled and the case waits again, in one
transaction; the worker, which claims in transactions of its own, has them or has not.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select

from gateway.errors import NotAllowed, NotFound
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent, DeliveryState
from gateway.model import Case, Event
from gateway.store.from_rows import AnyRow, case_of
from gateway.store.moves import move_delivery
from gateway.store.steps import step_case
from gateway.store.tables import JOINABLE, OF_CASE, cases, deliveries, exemptions, stories
from gateway.store.transaction import Transaction

UNDOABLE = frozenset({CaseEvent.APPROVE, CaseEvent.RELEASE, CaseEvent.RETURN, CaseEvent.WITHDRAW})
_detail = msgspec.json.Decoder(dict[str, str | int | float | bool | list[str]])


def undo(transaction: Transaction, case_id: str, *, by: str, since: datetime, now: datetime) -> Case:
    """Take the last decision about a case back, when it was taken ``since`` then.  NotFound; NotAllowed, which says why not."""
    connection = transaction.connection
    row = connection.execute(select(cases).where(cases.c.id == case_id).with_for_update()).first()
    if row is None:
        raise NotFound(f"no case {case_id}")
    before = case_of(row)
    detail = _last_decision(connection, before, since)
    waiting = _still_here(connection, str(detail.get("sent", "")).split())
    for delivery_id in waiting:
        move_delivery(transaction, delivery_id, DeliveryEvent.CANCEL, by=by, now=now)
    if before.state is CaseState.RELEASED:
        _no_exemption(connection, before)
    columns: dict[str, object] = {"decided_at": None}
    if _has_twin(connection, before):
        columns["key"] = ""  # one open case for each key: the same document came again meanwhile
    step_case(transaction, before, CaseEvent.UNDO, by=by, detail={"undone": str(detail["event"])}, now=now, **columns)
    return case_of(connection.execute(select(cases).where(cases.c.id == case_id)).one())


def _last_decision(connection: Connection, case: Case, since: datetime) -> dict[str, str | int | float | bool | list[str]]:
    moved = select(stories.c.at, stories.c.detail).where(
        OF_CASE, stories.c.case_id == case.id, stories.c.event == Event.CASE_MOVED.value
    )
    last = connection.execute(moved.order_by(stories.c.id.desc()).limit(1)).first()
    detail = _detail.decode(last.detail) if last is not None else {}
    if last is None or detail.get("event") not in set(UNDOABLE) or detail.get("from") != CaseState.WAITING.value:
        raise NotAllowed("Không có quyết định nào của văn thư để hoàn tác; hồ sơ đã đi tiếp.")
    if last.at < since:
        raise NotAllowed("Quyết định đã quá lâu nên không hoàn tác được nữa.")
    return detail


def _still_here(connection: Connection, sent: list[str]) -> list[str]:
    """The deliveries of the decision, when none of them has been begun."""
    found: list[AnyRow] = list(
        connection.execute(select(deliveries).where(deliveries.c.id.in_(sent)).order_by(deliveries.c.id).with_for_update())
    )
    left = [row for row in found if row.state != DeliveryState.CANCELLED.value]
    if any(row.state != DeliveryState.QUEUED.value or row.attempts for row in left):
        raise NotAllowed("Đã rời cổng nên không hoàn tác được nữa; nếu đã bàn giao, xin thu hồi ở đây và trên hệ thống.")
    return [row.id for row in left]


def _no_exemption(connection: Connection, case: Case) -> None:
    """What the release of an appeal let its sender send."""
    digests = [file.digest for file in case.files if file.size]
    mine = (exemptions.c.sender == case.sender) & exemptions.c.digest.in_(digests)
    connection.execute(delete(exemptions).where(mine))


def _has_twin(connection: Connection, case: Case) -> bool:
    if not case.key:
        return False
    same = (cases.c.unit == case.unit, cases.c.direction == case.direction.value, cases.c.key == case.key)
    return connection.execute(select(cases.c.id).where(*same, JOINABLE, cases.c.id != case.id)).first() is not None
