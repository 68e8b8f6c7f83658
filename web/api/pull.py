"""An office system fetches approved cases: list, lock, package, then confirm, refuse or give back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from flask import Response, send_file
from msgspec import Meta

from gateway.bridge.pull import LONGEST_LOCK, Format
from gateway.lifecycle import DeliveryState
from gateway.model import Urgency, Value
from gateway.reasons import LONGEST_REASON
from gateway.store.pulls import Pull
from gateway.tokens import Scope
from web.api.operations import Caller, Refused, operation
from web.auth import tell_seen
from web.context import gateway
from web.format import utc_now
from web.lists import DELIVERY_CURSOR

_MEDIA = {Format.EDXML: "application/xml", Format.ZIP: "application/zip"}
Lock = Annotated[str, Meta(min_length=1, max_length=40)]
EventId = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:-]+$")]


class PullQuery(Value):
    """Which page."""

    after: Annotated[str, Meta(max_length=60)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Waiting(Value):
    """A document that waits to be fetched."""

    delivery: str  # the id by which it is locked, fetched and confirmed
    case: str
    unit: str
    state: DeliveryState
    number_symbol: str
    kind: str
    subject: str
    issuer: str
    urgency: Urgency | None
    locked_until: datetime | None  # by whom ever
    said: str  # why it was given back last


class WaitingPage(Value):
    """Some of them, oldest first."""

    rows: tuple[Waiting, ...]
    after: str = ""


class LockWish(Value, forbid_unknown_fields=True):
    """How long the lock shall hold."""

    seconds: Annotated[int, Meta(ge=10, le=int(LONGEST_LOCK.total_seconds()))] = 300


class Locked(Value):
    """A lock; without it nothing is fetched or said."""

    delivery: str
    lock: str
    until: datetime


class PackageQuery(Value):
    """Under which lock, and as what."""

    lock: Lock
    format: Format = Format.EDXML


class Confirmation(Value, forbid_unknown_fields=True):
    """It stands there; with a number: it is registered."""

    lock: Lock
    id: EventId  # of this answer, chosen by them: the same id twice is one answer
    number: Annotated[str, Meta(max_length=50)] = ""
    registered_on: date | None = None
    actor: Annotated[str, Meta(max_length=100)] = ""


class Refusal(Value, forbid_unknown_fields=True):
    """A person there said no."""

    lock: Lock
    id: EventId
    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]
    actor: Annotated[str, Meta(max_length=100)] = ""


class GiveBack(Value, forbid_unknown_fields=True):
    """Not now."""

    lock: Lock
    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]


class Kept(Value):
    """What an answer did."""

    delivery: str
    state: DeliveryState
    is_new: bool  # false: this was said before under the same id


@operation(
    "GET", "/pull", scope=Scope.PULL, query=PullQuery, answer=WaitingPage, said="Văn bản đã duyệt đang chờ lấy, cũ nhất trước"
)
def list_waiting(caller: Caller, *, query: PullQuery) -> WaitingPage:
    """What waits; listing locks nothing."""
    after = query.after if DELIVERY_CURSOR.fullmatch(query.after) else ""
    found = gateway().pulling.waiting(_office(caller), after=after, limit=query.limit + 1)
    shown = found[: query.limit]
    more = shown[-1].delivery.id if len(found) > query.limit else ""
    return WaitingPage(rows=tuple(map(_line, shown)), after=more)


@operation(
    "POST", "/pull/<delivery:delivery>/lock", scope=Scope.PULL, body=LockWish, answer=Locked, said="Khóa một văn bản để lấy"
)
def lock(caller: Caller, *, delivery: str, body: LockWish) -> Locked:
    """Lock; the own lock is renewed."""
    assert caller.token is not None  # noqa: S101 - no verb: only tokens come here
    length = timedelta(seconds=body.seconds)
    pull = gateway().pulling.lock(_office(caller), delivery, token=caller.token.id, length=length)
    assert pull.locked_until is not None  # noqa: S101 - just locked
    return Locked(delivery=delivery, lock=pull.lock, until=pull.locked_until)


@operation(
    "GET",
    "/pull/<delivery:delivery>/package",
    scope=Scope.PULL,
    query=PackageQuery,
    answer=bytes,
    media=tuple(_MEDIA.values()),
    said="Gói tin của văn bản đã khóa",
)
def package(caller: Caller, *, delivery: str, query: PackageQuery) -> Response:
    """The package."""
    office = _office(caller)
    file = gateway().pulling.package(office, delivery, query.lock, query.format)
    pull = gateway().pulling.found(office, delivery)
    tell_seen(
        caller.account, case_id=pull.case.id, mail_id=pull.case.mail_id, what="download", file=f"{delivery}.{query.format}"
    )
    return send_file(file, mimetype=_MEDIA[query.format], as_attachment=True, download_name=f"{delivery}.{query.format}")


@operation(
    "POST",
    "/pull/<delivery:delivery>/confirm",
    scope=Scope.PULL,
    body=Confirmation,
    answer=Kept,
    said="Xác nhận đã nhận, hoặc đã vào sổ với số",
)
def confirm(caller: Caller, *, delivery: str, body: Confirmation) -> Kept:
    """Confirm."""
    office = _office(caller)
    is_new = gateway().pulling.confirm(
        office, delivery, body.lock, event_id=body.id, number=body.number, on=body.registered_on, actor=body.actor
    )
    return _kept(office, delivery, is_new=is_new)


@operation(
    "POST",
    "/pull/<delivery:delivery>/refuse",
    scope=Scope.PULL,
    body=Refusal,
    answer=Kept,
    said="Từ chối, kèm lý do; hồ sơ trở lại văn thư",
)
def refuse(caller: Caller, *, delivery: str, body: Refusal) -> Kept:
    """Refuse."""
    office = _office(caller)
    is_new = gateway().pulling.refuse(office, delivery, body.lock, event_id=body.id, reason=body.reason, actor=body.actor)
    return _kept(office, delivery, is_new=is_new)


@operation(
    "POST", "/pull/<delivery:delivery>/release", scope=Scope.PULL, body=GiveBack, answer=Kept, said="Trả về hàng chờ, kèm lý do"
)
def give_back(caller: Caller, *, delivery: str, body: GiveBack) -> Kept:
    """Give it back."""
    office = _office(caller)
    gateway().pulling.give_back(office, delivery, body.lock, body.reason)
    return _kept(office, delivery, is_new=True)


def _office(caller: Caller) -> str:
    if caller.token is None or not caller.token.office:
        raise Refused(403)
    return caller.token.office


def _kept(office: str, delivery: str, *, is_new: bool) -> Kept:
    return Kept(delivery=delivery, state=gateway().pulling.found(office, delivery).delivery.state, is_new=is_new)


def _line(pull: Pull) -> Waiting:
    case, document = pull.case, pull.case.document
    return Waiting(
        delivery=pull.delivery.id,
        case=case.id,
        unit=case.unit,
        state=pull.delivery.state,
        number_symbol=document.number_symbol if document is not None else "",
        kind=document.kind if document is not None else "",
        subject=(document.subject if document is not None else "") or case.subject,
        issuer=document.issuer if document is not None else "",
        urgency=document.urgency if document is not None else None,
        locked_until=pull.locked_until if pull.is_locked(utc_now()) else None,
        said=pull.said,
    )
