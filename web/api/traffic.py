"""Mails and deliveries for programs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from gateway.lifecycle import DeliveryState
from gateway.model import Action, Delivery, Value
from gateway.roles import Verb
from gateway.store.alarms import Standing
from gateway.store.values import DeliveryPage, MailPage
from gateway.tokens import Scope
from web.api.operations import Caller, operation
from web.context import gateway, store
from web.lists import DELIVERY_CURSOR, MAIL_CURSOR


class MailQuery(Value):
    """Which mails."""

    action: Action | None = None
    q: Annotated[str, Meta(max_length=200)] = ""
    after: Annotated[str, Meta(max_length=60)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class DeliveryQuery(Value):
    """Which deliveries."""

    state: DeliveryState | None = None
    after: Annotated[str, Meta(max_length=60)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class StandingAlarms(Value):
    """What calls for somebody now."""

    rows: tuple[Standing, ...]


class Retry(Value, forbid_unknown_fields=True):
    """Nothing is to be said."""


@operation(
    "GET",
    "/mails",
    scope=Scope.TRAFFIC,
    verb=Verb.SEE_MAILS,
    query=MailQuery,
    answer=MailPage,
    said="Danh sách thư, mới nhất trước",
)
def list_mails(caller: Caller, *, query: MailQuery) -> MailPage:
    """A page of mails."""
    after = query.after if MAIL_CURSOR.fullmatch(query.after) else ""
    return store().views.mails(text=query.q, action=query.action, after=after, limit=query.limit)


@operation(
    "GET",
    "/deliveries",
    scope=Scope.TRAFFIC,
    verb=Verb.SEE_TRAFFIC,
    query=DeliveryQuery,
    answer=DeliveryPage,
    said="Danh sách lượt chuyển, mới nhất trước",
)
def list_deliveries(caller: Caller, *, query: DeliveryQuery) -> DeliveryPage:
    """A page of deliveries."""
    after = query.after if DELIVERY_CURSOR.fullmatch(query.after) else ""
    states = (query.state,) if query.state is not None else ()
    return store().views.deliveries(states=states, after=after, limit=query.limit)


@operation(
    "POST", "/deliveries/<delivery:delivery>/retry", scope=Scope.RUN, body=Retry, answer=Delivery, said="Chuyển lại ngay"
)
def retry_delivery(caller: Caller, *, delivery: str, body: Retry) -> Delivery:
    """Try again now."""
    return gateway().traffic.retry(delivery, caller.account)


@operation(
    "GET",
    "/alarms",
    scope=Scope.TRAFFIC,
    verb=Verb.SEE_TRAFFIC,
    answer=StandingAlarms,
    said="Các cảnh báo đang có",
)
def list_alarms(caller: Caller) -> StandingAlarms:
    """What calls for somebody now."""
    return StandingAlarms(rows=tuple(replace(each, said=str(each.said)) for each in store().alarms.standing()))
