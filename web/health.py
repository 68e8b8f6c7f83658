"""Is the gateway well?  JSON for a monitor, without sign-in and without a name or subject in it."""

from __future__ import annotations

import msgspec
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from gateway.errors import StoreUnavailable
from web.auth import anybody
from web.casework import silent
from web.context import gateway
from web.mailboxes import alarms_by_kind

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
@anybody
def health() -> ResponseReturnValue:
    """Status, version, lag of the loop, counts of queues, mailboxes' alarms and silent office systems.

    503 when the store cannot be read.
    """
    here = gateway()
    about = {"version": here.version, "live": here.live()}
    try:
        queue = msgspec.to_builtins(here.store.views.health())
        boxes, unanswered, calls = alarms_by_kind(), len(silent(None)), here.store.alarms.counts()
    except StoreUnavailable:
        return jsonify({"status": "store-unavailable", **about}), 503
    return jsonify({"status": "ok", **about, "queue": queue, "mailboxes": boxes, "silent": unanswered, "alarms": calls})
