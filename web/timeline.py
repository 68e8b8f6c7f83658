"""The way of one document as a time line: mail in, clerk, package, attempts, receipts word for word, number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from gateway.courier import Level
from gateway.lifecycle import CaseEvent
from gateway.model import Case, Event, Story, Value
from gateway.rights import is_sealed
from gateway.roles import Verb
from gateway.store.receipt_values import Receipt
from web import evidence, stories
from web.auth import may, me, tell_seen, visible_case
from web.context import store
from web.names import name_of
from web.stories import Told

blueprint = Blueprint("timeline", __name__)

_LONGEST = 20_000  # bytes of a receipt that are shown
_MOST_RECEIPTS = 50

# Where on its way the document is, by what happened.
STATIONS = {
    "mail": "Thư",
    "clerk": "Văn thư",
    "office": "Bàn giao",
    "attempt": "Lần chuyển",
    "receipt": "Xác nhận",
    "number": "Vào sổ",
    "other": "Khác",
}
_OF_EVENT = {
    Event.ACCEPTED: "mail",
    Event.REFUSED: "mail",
    Event.DECIDED: "mail",
    Event.CASE_OPENED: "clerk",
    Event.CASE_JOINED: "mail",
    Event.CASE_MOVED: "clerk",
    Event.ASSIGNED: "clerk",
    Event.JUDGED: "clerk",
    Event.DELIVERED: "attempt",
    Event.DEFERRED: "attempt",
    Event.FAILED: "attempt",
    Event.UNCERTAIN: "attempt",
    Event.LOOKED_UP: "attempt",
    Event.ANSWERED: "receipt",
}
_OF_STEP = {
    CaseEvent.HAND_OVER: "office",
    CaseEvent.HANDOVER_FAILED: "office",
    CaseEvent.REGISTER: "number",
    CaseEvent.REJECT: "number",
    CaseEvent.FINISH: "number",
}
_UNSEEN = (Event.SEEN, Event.SIGNED_IN, Event.ANSWERED)  # looks have a page of their own, and answers are shown whole


class Stop(Value):
    """One thing on the way."""

    at: datetime
    station: str  # one of STATIONS
    told: Told | None = None
    receipt: Receipt | None = None
    words: str = ""  # of the receipt, as it came
    cut: bool = False


@blueprint.get("/case/<id:case_id>/timeline")
@may(Verb.SEE_CASES)
def timeline(case_id: str) -> ResponseReturnValue:
    """The time line of a case, for those who see it."""
    case = visible_case(case_id)
    if is_sealed(case):
        abort(404)
    tell_seen(me(), case_id=case.id, what="timeline")
    stops = sorted((*_told(case), *_receipts(case)), key=lambda stop: stop.at)
    return render_template(
        "timeline.html",
        case=case,
        title=evidence.title(case),
        stops=stops,
        stations=STATIONS,
        rejected=Level.REJECTED,
        attempts=sum(stop.station == "attempt" for stop in stops),
        deliveries=store().views.deliveries_of(case_id=case.id),
    )


def _told(case: Case) -> Iterator[Stop]:
    told: list[Story] = []
    for row in (*store().views.story(mail_id=case.mail_id), *store().views.story(case_id=case.id)):
        if row.event in _UNSEEN or row in told:  # rows about mail and case are in both
            continue
        told.append(row)
        step = str(row.detail.get("event", "")) if row.event is Event.CASE_MOVED else ""
        station = _OF_STEP.get(CaseEvent(step), "clerk") if step else _OF_EVENT.get(row.event, "other")
        for line in stories.tell((row,), name_of=name_of):
            yield Stop(at=line.at, station=station, told=line)


def _receipts(case: Case) -> Iterator[Stop]:
    for receipt in store().receipts.of_case(case.id)[:_MOST_RECEIPTS]:
        raw = store().receipts.raw(receipt.courier, receipt.event_id)
        words = raw[:_LONGEST].decode("utf-8", "replace")
        yield Stop(at=receipt.got_at, station="receipt", receipt=receipt, words=words, cut=len(raw) > _LONGEST)
