"""Mails and deliveries for programs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from gateway.courier import RELAY
from gateway.errors import NotFound
from gateway.lifecycle import DeliveryState
from gateway.model import Action, Delivery, Value
from gateway.reasons import LONGEST_REASON
from gateway.roles import Verb
from gateway.store.alarms import Standing
from gateway.store.values import DeliveryPage, MailPage
from gateway.tokens import Scope
from web.api.operations import Caller, operation
from web.context import gateway, store
from web.format import utc_now
from web.language import said
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


class FailedGroup(Value):
    """Deliveries of one courier and state that failed for one cause."""

    courier: str
    state: DeliveryState
    cause: str
    deliveries: tuple[str, ...]


class Groups(Value):
    """All of them, the largest first."""

    rows: tuple[FailedGroup, ...]


class GroupWish(Value, forbid_unknown_fields=True):
    """Which group."""

    courier: Annotated[str, Meta(max_length=100)]
    state: DeliveryState
    cause: Annotated[str, Meta(max_length=1000)]
    only_one: bool = False  # its oldest, to see whether the cause is gone


class GroupDone(Value):
    """What came of it."""

    done: int
    left: int  # a person must look at each of them
    why: str


class Asked(Value):
    """Whether the other side is asked."""

    asked: bool


class Word(Value, forbid_unknown_fields=True):
    """What a person says, and why."""

    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]


class Resumed(Value):
    """It runs again; what waits there is due now."""

    courier: str


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
    "/deliveries/groups",
    scope=Scope.TRAFFIC,
    verb=Verb.SEE_TRAFFIC,
    answer=Groups,
    said="Các lượt chuyển hỏng, gom theo nguyên nhân",
)
def list_groups(caller: Caller) -> Groups:
    """What did not go well, the largest group first."""
    return Groups(
        rows=tuple(
            FailedGroup(
                courier=each.courier, state=each.state, cause=each.cause, deliveries=tuple(d.id for d in each.deliveries)
            )
            for each in gateway().traffic.groups()
        )
    )


@operation(
    "POST",
    "/deliveries/retry-group",
    scope=Scope.RUN,
    body=GroupWish,
    answer=GroupDone,
    said="Chuyển lại cả nhóm lượt hỏng vì một nguyên nhân",
)
def retry_group(caller: Caller, *, body: GroupWish) -> GroupDone:
    """Try all of them again; those that may have arrived are asked after."""
    tally = gateway().traffic.retry_group(body.courier, body.state, body.cause, caller.account, only_one=body.only_one)
    return GroupDone(done=tally.done, left=tally.left, why=said(tally.why))


@operation(
    "POST",
    "/deliveries/<delivery:delivery>/look-up",
    scope=Scope.RUN,
    body=Retry,
    answer=Asked,
    said="Hỏi nơi nhận xem lượt chuyển này đã đến chưa",
)
def look_up_delivery(caller: Caller, *, delivery: str, body: Retry) -> Asked:
    """Ask the other side now."""
    return Asked(asked=gateway().traffic.look_up_now((delivery,), caller.account) > 0)


@operation(
    "POST",
    "/deliveries/<delivery:delivery>/confirm",
    scope=Scope.RUN,
    body=Word,
    answer=Delivery,
    said="Ghi rằng lượt chuyển này đã đến nơi, kèm căn cứ",
)
def confirm_delivery(caller: Caller, *, delivery: str, body: Word) -> Delivery:
    """A person has asked over there."""
    gateway().traffic.confirm(delivery, caller.account, body.reason)
    return _delivery(delivery)


@operation(
    "POST",
    "/deliveries/<delivery:delivery>/cancel",
    scope=Scope.RUN,
    body=Word,
    answer=Delivery,
    said="Hủy lượt chuyển; hồ sơ chờ văn thư quyết định lại",
)
def cancel_delivery(caller: Caller, *, delivery: str, body: Word) -> Delivery:
    """It is not carried any more."""
    gateway().traffic.cancel(delivery, caller.account, body.reason)
    return _delivery(delivery)


@operation(
    "POST",
    "/couriers/<courier>/resume",
    scope=Scope.RUN,
    body=Retry,
    answer=Resumed,
    said="Cho chạy lại một đường chuyển đang tạm dừng",
)
def resume_courier(caller: Caller, *, courier: str, body: Retry) -> Resumed:
    """Take it up again."""
    if courier not in {RELAY, *(office.name for office in gateway().settings.office)}:
        raise NotFound(f"no courier {courier}")
    gateway().traffic.resume(courier, caller.account)
    return Resumed(courier=courier)


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
    return _standing()


def _standing() -> StandingAlarms:
    return StandingAlarms(rows=tuple(replace(each, said=said(each.said)) for each in store().alarms.standing()))


@operation(
    "POST",
    "/alarms/<id:alarm>/seen",
    scope=Scope.RUN,
    body=Retry,
    answer=StandingAlarms,
    said="Ghi rằng có người đang lo một cảnh báo",
)
def alarm_seen(caller: Caller, *, alarm: str, body: Retry) -> StandingAlarms:
    """Somebody looks after it; gives what stands now."""
    store().alarms.seen(alarm, by=caller.account.name, now=utc_now())
    return _standing()


def _delivery(delivery_id: str) -> Delivery:
    found = store().views.deliveries_by_id([delivery_id])
    if not found:
        raise NotFound(f"no delivery {delivery_id}")
    return found[0]
