"""States, events and transitions of deliveries and cases, as two tables.  Pure.

Everything that affects what may follow what lives in this file.  An illegal transition raises, and nothing happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from gateway.errors import IllegalTransition


class DeliveryState(StrEnum):
    """Where a delivery is."""

    QUEUED = "queued"  # waits for its time, or for a free courier
    SENDING = "sending"  # leased by a node
    DEFERRED = "deferred"  # tried, and to be tried again at next_at
    PENDING = "pending"  # the other side took it; its answer comes later
    UNCERTAIN = "uncertain"  # may have been taken: never re-sent before a look-up
    DELIVERED = "delivered"
    REFUSED = "refused"  # the other side's own verdict: a person decides
    DEAD = "dead"  # given up; whoever sent it was told
    CANCELLED = "cancelled"


class DeliveryEvent(StrEnum):
    """What can happen to a delivery."""

    CLAIM = "claim"
    DELIVERED = "delivered"  # also for a duplicate answer: ALREADY is success
    TAKEN = "taken"  # PENDING: the answer comes later
    RETRY = "retry"
    UNSURE = "unsure"
    REFUSE = "refuse"
    GIVE_UP = "give-up"
    RECLAIM = "reclaim"  # the lease of a dead node ran out
    RETRY_NOW = "retry-now"  # a person's wish
    CANCEL = "cancel"


_D, _DE = DeliveryState, DeliveryEvent

DELIVERY_TRANSITIONS: Mapping[DeliveryState, Mapping[DeliveryEvent, DeliveryState]] = {
    # A receipt may come late: it proves that an earlier attempt arrived, whatever that one's answer was.  A late "no"
    # ends what waits to be sent again, too: else it would leave beside the one that the clerk then approves.
    _D.QUEUED: {
        _DE.CLAIM: _D.SENDING,
        _DE.DELIVERED: _D.DELIVERED,
        _DE.REFUSE: _D.REFUSED,
        _DE.CANCEL: _D.CANCELLED,
    },
    _D.SENDING: {
        _DE.DELIVERED: _D.DELIVERED,
        _DE.TAKEN: _D.PENDING,
        _DE.RETRY: _D.DEFERRED,
        _DE.UNSURE: _D.UNCERTAIN,
        _DE.REFUSE: _D.REFUSED,
        _DE.GIVE_UP: _D.DEAD,
        _DE.RECLAIM: _D.QUEUED,
    },
    _D.DEFERRED: {
        _DE.CLAIM: _D.SENDING,
        _DE.DELIVERED: _D.DELIVERED,
        _DE.REFUSE: _D.REFUSED,
        _DE.RETRY_NOW: _D.QUEUED,
        _DE.CANCEL: _D.CANCELLED,
    },
    # What a look-up, a receipt or a person says about something that the other side has, or may have.
    _D.PENDING: {
        _DE.DELIVERED: _D.DELIVERED,
        _DE.TAKEN: _D.PENDING,
        _DE.RETRY: _D.DEFERRED,  # a look-up proved that it is not there
        _DE.GIVE_UP: _D.DEAD,
        _DE.REFUSE: _D.REFUSED,
        _DE.UNSURE: _D.UNCERTAIN,
    },
    _D.UNCERTAIN: {
        _DE.DELIVERED: _D.DELIVERED,
        _DE.TAKEN: _D.PENDING,
        _DE.RETRY: _D.DEFERRED,  # a look-up proved that it is not there
        _DE.GIVE_UP: _D.DEAD,
        _DE.REFUSE: _D.REFUSED,
        _DE.UNSURE: _D.UNCERTAIN,
        _DE.RETRY_NOW: _D.QUEUED,
        _DE.CANCEL: _D.CANCELLED,
    },
    _D.DELIVERED: {},
    _D.REFUSED: {_DE.RETRY_NOW: _D.QUEUED, _DE.CANCEL: _D.CANCELLED},
    _D.DEAD: {_DE.DELIVERED: _D.DELIVERED, _DE.RETRY_NOW: _D.QUEUED, _DE.CANCEL: _D.CANCELLED},
    _D.CANCELLED: {},
}


class CaseState(StrEnum):
    """Where a case is (mission: hồ sơ văn bản)."""

    WAITING = "waiting"  # chờ văn thư
    APPROVED = "approved"  # on its way to the office system
    HANDED_OVER = "handed-over"  # in the office system's queue
    REGISTERED = "registered"  # got a number there
    DONE = "done"
    RETURNED = "returned"  # back to the sender, with a reason
    RELEASED = "released"  # let through to the recipients as a mail
    WITHDRAWN = "withdrawn"
    SEALED = "sealed"  # secret: nobody reads
    ARCHIVED = "archived"  # of the past: to be found, and nothing else
    MERGED = "merged"  # a person said that it is the same document as another case, which goes on for both


class CaseEvent(StrEnum):
    """What can happen to a case."""

    APPROVE = "approve"
    HAND_OVER = "hand-over"
    HANDOVER_FAILED = "handover-failed"
    REGISTER = "register"
    REJECT = "reject"  # a person at the office system said no: the clerk decides again
    FINISH = "finish"
    RECEIVE = "receive"  # a document of the axis is taken in by the clerk, who registers it herself
    RETURN = "return"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    TRANSFER = "transfer"  # it belongs to another unit
    MERGE = "merge"
    UNMERGE = "unmerge"
    UNDO = "undo"  # the clerk takes her decision back before anything of it has left


_C, _CE = CaseState, CaseEvent

CASE_TRANSITIONS: Mapping[CaseState, Mapping[CaseEvent, CaseState]] = {
    _C.WAITING: {
        _CE.APPROVE: _C.APPROVED,
        _CE.RETURN: _C.RETURNED,
        _CE.RELEASE: _C.RELEASED,
        _CE.WITHDRAW: _C.WITHDRAWN,
        _CE.RECEIVE: _C.REGISTERED,
        _CE.TRANSFER: _C.WAITING,
        _CE.MERGE: _C.MERGED,
    },
    # The answer of the office system may overtake the outcome of the attempt.
    _C.APPROVED: {
        _CE.HAND_OVER: _C.HANDED_OVER,
        _CE.HANDOVER_FAILED: _C.WAITING,
        _CE.REGISTER: _C.REGISTERED,
        _CE.REJECT: _C.WAITING,
        _CE.FINISH: _C.DONE,
        _CE.UNDO: _C.WAITING,
    },
    _C.HANDED_OVER: {
        _CE.REGISTER: _C.REGISTERED,
        _CE.REJECT: _C.WAITING,
        _CE.FINISH: _C.DONE,
        _CE.RETURN: _C.RETURNED,
        _CE.RELEASE: _C.RELEASED,
        _CE.WITHDRAW: _C.WITHDRAWN,
    },
    _C.REGISTERED: {_CE.FINISH: _C.DONE, _CE.WITHDRAW: _C.WITHDRAWN},
    _C.DONE: {},
    _C.RETURNED: {_CE.UNDO: _C.WAITING},
    _C.RELEASED: {_CE.UNDO: _C.WAITING},
    _C.WITHDRAWN: {_CE.UNDO: _C.WAITING},
    _C.SEALED: {},
    _C.ARCHIVED: {},
    _C.MERGED: {_CE.UNMERGE: _C.WAITING},
}


def next_delivery_state(state: DeliveryState, event: DeliveryEvent) -> DeliveryState:
    """The state after ``event``; raises IllegalTransition where the table has none."""
    try:
        return DELIVERY_TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition("delivery", state, event) from None


def next_case_state(state: CaseState, event: CaseEvent) -> CaseState:
    """The state after ``event``; raises IllegalTransition where the table has none."""
    try:
        return CASE_TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition("case", state, event) from None
