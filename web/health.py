"""Is the gateway well?  JSON for a monitor, without sign-in and without a name or subject in it."""

from __future__ import annotations

import msgspec
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from gateway.errors import StoreUnavailable
from gateway.store.chain_looks import Result
from web.auth import anybody
from web.casework import silent
from web.context import gateway
from web.mailboxes import alarms_by_kind

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
@anybody
def health() -> ResponseReturnValue:
    """Status, version, lag of the loop, counts of queues, mailboxes' alarms and silent office systems, the audit's last look.

    503 when the store cannot be read.
    """
    here = gateway()
    about = {"version": here.version, "live": here.live()}
    try:
        queue = msgspec.to_builtins(here.store.views.health())
        boxes, unanswered, calls = alarms_by_kind(), len(silent(None)), here.store.alarms.counts()
        audit = _audit(here.store.chain_looks.last())
    except StoreUnavailable:
        return jsonify({"status": "store-unavailable", **about}), 503
    return jsonify(
        {"status": "ok", **about, "queue": queue, "mailboxes": boxes, "silent": unanswered, "alarms": calls, "audit": audit}
    )


def _audit(last: Result | None) -> dict[str, object]:
    """What the last whole look along the sealed audit found; {} before the first."""
    if last is None:
        return {}
    return {
        "looked_at": last.ended_at.isoformat(),
        "entries": last.entries,
        "intact": not last.report.broken,
        "broken": last.report.broken,
    }
