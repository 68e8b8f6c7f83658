"""Sends alarms to another program: JSON, signed with HMAC-SHA-256, tried again by the one schedule of all couriers.

The receiver computes HMAC(secret, timestamp + "." + body) and compares; the timestamp (seconds since 1970) keeps old calls out.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

import msgspec

from gateway.store.alarms import Standing

_TIMEOUT_S = 15.0
_NEVER_AGAIN = frozenset({400, 404, 405, 410, 413, 415, 422})  # the other side will not take it tomorrow either


def body_of(alarm: Standing) -> bytes:
    """What is sent about one alarm; nothing of a sealed document is in it."""
    return msgspec.json.encode(
        {
            "id": alarm.id,
            "kind": alarm.kind,
            "about": alarm.about,
            "unit": alarm.unit,
            "said": str(alarm.said),
            "raised_at": alarm.raised_at,
            "event": "raised" if alarm.over_at is None else "over",
            "over_at": alarm.over_at,
            "lasted_s": None if alarm.over_at is None else round((alarm.over_at - alarm.raised_at).total_seconds()),
        }
    )


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What stands in X-Vanthu-Signature."""
    return "sha256=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


async def send(url: str, secret: str, alarm: Standing, now: datetime) -> bool | None:
    """Send one: True when it was taken, False when it never will be, None when it is to be tried again."""
    import aiohttp  # where nobody wants such calls it is never loaded

    body, timestamp = body_of(alarm), int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "X-Vanthu-Timestamp": str(timestamp),
        "X-Vanthu-Signature": signature(secret, timestamp, body),
        "X-Vanthu-Id": alarm.id if alarm.over_at is None else f"{alarm.id}-over",  # one for each call
    }
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            if 200 <= answer.status < 300:
                return True
            return False if answer.status in _NEVER_AGAIN else None
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None
