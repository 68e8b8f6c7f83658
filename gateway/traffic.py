"""What the officer does about deliveries that did not go well: groups by cause, another try, a look-up, or a person's word."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from gateway.causes import cause_of
from gateway.courier import RELAY
from gateway.errors import IllegalTransition, NotAllowed, NotFound
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent, DeliveryState
from gateway.model import Account, Delivery, Value
from gateway.phrases import phrase
from gateway.reasons import said
from gateway.roles import Verb, allows
from gateway.store import Store
from gateway.store.queue import Wanted

TROUBLED = (DeliveryState.UNCERTAIN, DeliveryState.REFUSED, DeliveryState.DEAD)
_MOST = 5000  # deliveries that are looked at to make groups


class Group(Value):
    """Deliveries of one courier and state that failed for one cause."""

    courier: str
    state: DeliveryState
    cause: str
    deliveries: tuple[Delivery, ...]  # newest first


class Tally(Value):
    """What came of a try for a whole group."""

    done: int = 0
    left: int = 0  # a person must look at each of them
    why: str = ""  # the first reason, in Vietnamese


class Traffic:
    """The acts.  Synchronous; NotAllowed for everybody but an officer."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Callable[[], datetime],
        poke: Callable[[], None],
        resume: Callable[[str], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._poke = poke
        self._resume = resume

    def groups(self) -> tuple[Group, ...]:
        """What did not go well, the largest group first."""
        found: dict[tuple[str, DeliveryState, str], list[Delivery]] = {}
        for delivery in self._troubled():
            found.setdefault((delivery.courier, delivery.state, cause_of(delivery.reply)), []).append(delivery)
        made = [
            Group(courier=courier, state=state, cause=cause, deliveries=tuple(each))
            for (courier, state, cause), each in found.items()
        ]
        return tuple(sorted(made, key=lambda group: (-len(group.deliveries), group.courier, group.cause)))

    def retry(self, delivery_id: str, by: Account) -> Delivery:
        """Try a delivery again that was given up, refused or is uncertain: the IT officer's act."""
        if not allows(by, Verb.RUN):
            raise NotAllowed("Chỉ cán bộ quản trị được cho chuyển lại.")
        delivery = self._delivery(delivery_id)
        if delivery.case_id and delivery.courier != RELAY:
            self._check_hand_over(delivery)
        moved = self._store.move_delivery(delivery_id, DeliveryEvent.RETRY_NOW, by=by.name, now=self._clock())
        self._poke()
        return moved

    def retry_group(self, courier: str, state: DeliveryState, cause: str, by: Account, *, only_one: bool = False) -> Tally:
        """Try a whole group again, or its oldest one to see whether the cause is gone; what may have arrived is asked after."""
        _check(by)
        these = self._of_group(courier, state, cause)
        these = these[-1:] if only_one else these
        if state is DeliveryState.UNCERTAIN:
            return Tally(done=self.look_up_now([each.id for each in these], by))
        done, why = 0, ""
        for delivery in these:
            try:
                self.retry(delivery.id, by)
            except (NotAllowed, IllegalTransition, NotFound) as refusal:
                why = why or (refusal.said if isinstance(refusal, NotAllowed) else phrase("Lượt chuyển vừa đổi trạng thái."))
            else:
                done += 1
        return Tally(done=done, left=len(these) - done, why=why)

    def retry_waiting(self, wanted: Wanted, by: Account) -> int:
        """Try again now what waits for its time: all of it, or what goes to one place; says how many."""
        _check(by)
        done = self._store.queue.retry_now(wanted, by=by.name, now=self._clock())
        self._poke()
        return done

    def look_up_now(self, delivery_ids: Iterable[str], by: Account) -> int:
        """Ask the other side now what became of these; says how many are asked after."""
        _check(by)
        number = self._store.lookups.now(tuple(delivery_ids), self._clock())
        self._poke()
        return number

    def confirm(self, delivery_id: str, by: Account, reason: str) -> None:
        """Đã đến: the officer has asked over there, and it stands there."""
        self._decide(delivery_id, DeliveryEvent.DELIVERED, CaseEvent.HAND_OVER, by, reason)

    def cancel(self, delivery_id: str, by: Account, reason: str) -> None:
        """Hủy: it is not there and will not be carried; the case waits for its clerk again."""
        self._decide(delivery_id, DeliveryEvent.CANCEL, CaseEvent.HANDOVER_FAILED, by, reason)

    def resume(self, courier: str, by: Account) -> None:
        """A courier that was paused is tried again now."""
        _check(by)
        self._resume(courier)

    def _decide(self, delivery_id: str, event: DeliveryEvent, case_event: CaseEvent, by: Account, reason: str) -> None:
        _check(by)
        why = said(reason)
        self._store.decide_delivery(delivery_id, event, case_event, by=by.name, reason=why, now=self._clock())
        self._poke()

    def _delivery(self, delivery_id: str) -> Delivery:
        owner = delivery_id.rpartition("-")[0]  # a mail or a case
        views = self._store.views
        for delivery in (*views.deliveries_of(case_id=owner), *views.deliveries_of(mail_id=owner)):
            if delivery.id == delivery_id:
                return delivery
        raise NotFound(f"no delivery {delivery_id}")

    def _check_hand_over(self, delivery: Delivery) -> None:
        """A second package of one case must never be on its way beside the first."""
        views = self._store.views
        of_office = [other.id for other in views.deliveries_of(case_id=delivery.case_id) if other.courier == delivery.courier]
        newest = max(of_office, key=lambda other: int(other.rpartition("-")[2]))
        if views.case(delivery.case_id).state is not CaseState.APPROVED or newest != delivery.id:
            raise NotAllowed("Hồ sơ đã quay lại chờ văn thư hoặc đã bàn giao: văn thư duyệt lại thì cổng mới chuyển.")

    def _of_group(self, courier: str, state: DeliveryState, cause: str) -> list[Delivery]:
        return [
            each for each in self._troubled() if (each.courier, each.state, cause_of(each.reply)) == (courier, state, cause)
        ]

    def _troubled(self) -> tuple[Delivery, ...]:
        return self._store.views.deliveries(states=TROUBLED, limit=_MOST).rows


def _check(by: Account) -> None:
    if not allows(by, Verb.RUN):
        raise NotAllowed("Chỉ cán bộ quản trị được làm việc này.")
