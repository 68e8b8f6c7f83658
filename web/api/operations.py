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
from gateway.model import Account, Event, Value
from gateway.phrases import phrase
from gateway.rights import is_sealed
from gateway.roles import Verb, allows, sees
from gateway.tokens import ApiToken, Scope
from web.api import repeated
from web.api.problems import Changed, problem
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


def _who() -> str:
    id_, _ = tokens.parts(_bearer())
    return id_ or get_remote_address()


def _bearer() -> str:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else ""


def _is_refused(response: Response) -> bool:
    return response.status_code == 401


# Of all operations together.
_ALL_CALLS = limiter.shared_limit("1200 per minute", scope="api", key_func=_who)
_REFUSED_CALLS = limiter.shared_limit(
    "60 per minute", scope="api-refused", key_func=get_remote_address, deduct_when=_is_refused
)


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
                caller = _caller(op, verb)
                return repeated.once(caller.token, lambda: _answered(run, op, caller, path_values))
            except Refused as refusal:
                return problem(refusal.status, refusal.detail, detail_en=refusal.detail_en)

        view.__name__ = view.__qualname__ = run.__name__  # the throttle knows views by name
        limited = _ALL_CALLS(view)
        guarded = _REFUSED_CALLS(limited)
        blueprint.add_url_rule(path, run.__name__, marked(guarded, verb), methods=[method])
        return run

    return decorate


def _answered(run: Run, op: Operation, caller: Caller, path_values: dict[str, str]) -> Response:
    values: dict[str, object] = {**path_values}
    try:
        if op.query is not Nothing:
            values["query"] = _convert(dict(request.args.items()), op.query)
        if op.body is not None:
            values["body"] = _body(op.body)
        found = run(caller, **values)
    except Refused as refusal:
        return problem(refusal.status, refusal.detail, detail_en=refusal.detail_en)
    except NotFound:
        return problem(404)
    except (NotAllowed, CaseChanged, IllegalTransition) as refusal:
        said = refusal.said if isinstance(refusal, NotAllowed) else ""
        return problem(409, said, changed=_changed(caller, path_values.get("case_id", "")))
    return found if isinstance(found, Response) else Response(msgspec.json.encode(found), mimetype="application/json")


def _changed(caller: Caller, case_id: str) -> Changed | None:
    """What a case is now and who made it so; None when the caller does not see it."""
    try:
        case = store().views.case(case_id) if case_id else None
    except NotFound:
        return None
    if case is None or not sees(caller.account, case.unit) or is_sealed(case):
        return None
    acts = [story for story in store().views.story(case_id=case.id) if story.event is not Event.SEEN]
    if not acts:
        return Changed(state=case.state, unit=case.unit)
    last = acts[-1]
    event = str(last.detail.get("event") or last.event.value)
    return Changed(state=case.state, unit=case.unit, at=last.at, by=last.actor, event=event)


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
    return Caller(account=tokens.account_of(token, op.scope), token=token)


def _body(kind: type[Value]) -> Value:
    if request.mimetype != "application/json":
        raise Refused(415)
    data = request.get_data(cache=False)
    if len(data) > _BODIES:
        raise Refused(413)
    try:
        return _clean(msgspec.json.decode(data, type=kind))
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unfit(error) from None


def _convert(given: dict[str, str], kind: type[Value]) -> Value:
    try:
        return _clean(msgspec.convert(given, kind, strict=False))
    except msgspec.ValidationError as error:
        raise _unfit(error) from None


def _unfit(error: Exception) -> Refused:
    """A value that is not as the document says; the words of the checker are English, its place is for everybody."""
    place = str(error).rpartition(" - at `")[2].rstrip("`") if " - at `" in str(error) else "$"
    return Refused(400, phrase("Giá trị ở %(place)s chưa đúng như tài liệu mô tả.", place=place), detail_en=str(error))


def _clean(value: Value) -> Value:
    """Texts without control characters and halves of letters, which no database takes."""
    for name in value.__struct_fields__:
        text = getattr(value, name)
        if isinstance(text, str) and not text.isprintable():
            raise Refused(400, phrase("Giá trị ở %(place)s có ký tự điều khiển.", place=f"$.{name}"))
    return value
