"""A call that is repeated because its answer was lost is one call: the header Idempotency-Key.

The first call under a key writes the key down before anything is done, and its answer afterwards; whoever repeats it within a
week gets that answer.  A key of another call (address or body) is refused (422).  Whoever was killed in between is let through
again after a minute, one at a time: what was done already is then a conflict that says so (409), never done twice.
See draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

from flask import Response, request

from gateway.errors import StoreUnavailable
from gateway.phrases import phrase
from gateway.store.calls import Kept
from gateway.tokens import ApiToken
from web.api.problems import problem
from web.context import store
from web.format import utc_now

HEADER = "Idempotency-Key"
PATTERN = r"^[!-~]{1,100}$"
_KEY = re.compile(PATTERN)
_UNDER_WAY = timedelta(minutes=1)  # no call is longer
KEPT_FOR = timedelta(days=7)


def once(token: ApiToken | None, call: Callable[[], Response]) -> Response:
    """The answer of the call, or the one that it had when it was made under this key before."""
    key = request.headers.get(HEADER, "")
    if token is None or request.method != "POST" or not key:
        return call()
    if not _KEY.fullmatch(key):
        return problem(400, phrase("Idempotency-Key dài 1 đến 100 ký tự ASCII, không có dấu cách."))
    now, what = utc_now(), _print_of_call()
    known = store().calls.begin(token.id, key, what, now=now, lost=now - _UNDER_WAY, oldest=now - KEPT_FOR)
    if known is not None and known.what != what:
        return problem(422)
    if known is not None and known.status:
        return _again(known)
    if known is not None:
        response = problem(409, phrase("Lần gọi trước với khóa này còn đang được xử lý; xin gọi lại sau ít giây."))
        response.headers["Retry-After"] = "5"
        return response
    return _called(token.id, key, call)


def _called(token_id: str, key: str, call: Callable[[], Response]) -> Response:
    try:
        response = call()
    except StoreUnavailable:
        raise
    except Exception:
        store().calls.forget(token_id, key)  # a fault of ours is no answer
        raise
    store().calls.keep(token_id, key, response.status_code, response.mimetype or "", response.get_data())
    return response


def _again(known: Kept) -> Response:
    response = Response(known.body, status=known.status, mimetype=known.media)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _print_of_call() -> str:
    body = request.get_data(cache=True)
    return hashlib.sha256(b"\n".join((request.full_path.encode(), body))).hexdigest()
