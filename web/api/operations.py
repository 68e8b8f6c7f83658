"""How one operation of the API is made: who may, what it takes, what it gives; each is said once and checked here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from flask_limiter.util import get_remote_address
from flask_login import current_user

from gateway import tokens
from gateway.errors import CaseChanged, IllegalTransition, NotAllowed, NotFound
from gateway.model import Account, Value
from gateway.roles import Verb, allows
from gateway.tokens import ApiToken, Scope
from web.api.problems import problem
from web.auth import limiter, marked, me
from web.context import store
from web.format import utc_now

logger = logging.getLogger(__name__)
PREFIX = "/api/v1"
blueprint = Blueprint("api", __name__, url_prefix=PREFIX)

_BODIES = 64 * 1024  # bytes of a body


class Caller(Value):
    """Who calls: a program with its token, or somebody at the console who only reads."""

    account: Account
    token: ApiToken | None = None


class Nothing(Value):
    """No query, or no body."""


class Operation(Value):
    """One operation, as the document of the API shows it."""

    name: str
    method: str
    path: str  # as Flask writes it
    scope: Scope
    said: str
    query: type[Value]
    body: type[Value] | None
    answer: type[Any]
    media: tuple[str, ...]  # of the answer


OPERATIONS: list[Operation] = []

Run = Callable[..., object]


class Refused(Exception):
    """Answered with a problem document."""

    def __init__(self, status: int, detail: str = "", *, detail_en: str = "") -> None:
        super().__init__(detail or str(status))
        self.status, self.detail, self.detail_en = status, detail, detail_en


def operation(
    method: str,
    path: str,
    *,
    scope: Scope,
    said: str,
    answer: type[Any],
    verb: Verb | None = None,
    query: type[Value] = Nothing,
    body: type[Value] | None = None,
    media: tuple[str, ...] = ("application/json",),
) -> Callable[[Run], Run]:
    """A function as an operation: it gets the caller, its query and body as values, and what stands in the path.

    ``verb``: whoever is signed in at the console and may do this may ask, too; without it only programs may.
    """

    def decorate(run: Run) -> Run:
        op = Operation(
            name=run.__name__,
            method=method,
            path=path,
            scope=scope,
            said=said,
            query=query,
            body=body,
            answer=answer,
            media=media,
        )
        OPERATIONS.append(op)

        def view(**path_values: str) -> Response:
            try:
                return _answered(run, op, verb, path_values)
            except Refused as refusal:
                return problem(refusal.status, refusal.detail, detail_en=refusal.detail_en)
            except NotFound:
                return problem(404)
            except (NotAllowed, CaseChanged, IllegalTransition) as refusal:
                return problem(409, refusal.said if isinstance(refusal, NotAllowed) else "")

        limited = limiter.limit("1200 per minute", key_func=_who)(view)
        guarded = limiter.limit("60 per minute", key_func=get_remote_address, deduct_when=lambda r: r.status_code == 401)(
            limited
        )
        blueprint.add_url_rule(path, run.__name__, marked(guarded, verb), methods=[method])
        return run

    return decorate


def _who() -> str:
    id_, _ = tokens.parts(_bearer())
    return id_ or get_remote_address()


def _bearer() -> str:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else ""


def _answered(run: Run, op: Operation, verb: Verb | None, path_values: dict[str, str]) -> Response:
    caller = _caller(op, verb)
    values: dict[str, object] = {**path_values}
    if op.query is not Nothing:
        values["query"] = _convert(dict(request.args.items()), op.query)
    if op.body is not None:
        values["body"] = _body(op.body)
    found = run(caller, **values)
    return found if isinstance(found, Response) else Response(msgspec.json.encode(found), mimetype="application/json")


def _caller(op: Operation, verb: Verb | None) -> Caller:
    """Who calls, when they may.  Raises Refused."""
    if not _bearer():
        if not current_user.is_authenticated:
            raise Refused(401)
        if verb is None or not allows(me(), verb):
            raise Refused(403)
        return Caller(account=me())
    id_, secret = tokens.parts(_bearer())
    now = utc_now()
    token = store().tokens.find(id_) if id_ else None
    if token is None or not tokens.is_of(token, secret) or not token.is_good(now):
        logger.warning("api: a token was refused: id=%r peer=%s", id_, request.remote_addr)
        raise Refused(401)
    if op.scope not in token.scopes:
        raise Refused(403)
    store().tokens.used(token, now)
    return Caller(account=tokens.account_of(token), token=token)


def _body(kind: type[Value]) -> Value:
    if request.mimetype != "application/json":
        raise Refused(415)
    data = request.get_data(cache=False)
    if len(data) > _BODIES:
        raise Refused(413)
    try:
        return _clean(msgspec.json.decode(data, type=kind))
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, str(error), detail_en=str(error)) from None


def _convert(given: dict[str, str], kind: type[Value]) -> Value:
    try:
        return _clean(msgspec.convert(given, kind, strict=False))
    except msgspec.ValidationError as error:
        raise Refused(400, str(error), detail_en=str(error)) from None


def _clean(value: Value) -> Value:
    """Texts without control characters and halves of letters, which no database takes."""
    for name in value.__struct_fields__:
        text = getattr(value, name)
        if isinstance(text, str) and not text.isprintable():
            raise Refused(400, f"{name}: control characters", detail_en=f"{name}: control characters")
    return value
