"""Tokens of programs that use the API: what one may do, and how it is known again without its secret being kept.  Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from gateway.model import Account, Role, Value, new_id
from gateway.phrases import phrase

_PREFIX = "vt"
ACTOR = "api:"  # so begins what a token is called where accounts are named


class Scope(StrEnum):
    """What a token is for; each is some of the verbs of people (gateway.roles)."""

    READ = "read"  # see cases of its units
    DECIDE = "decide"  # about cases of its units
    PULL = "pull"  # fetch approved cases for one office system
    TRAFFIC = "traffic"  # see mails, deliveries and alarms of the whole gateway
    RUN = "run"  # deliver again


class ApiToken(Value):
    """One token."""

    id: str
    name: str
    digest: str  # SHA-256 of the secret, hexadecimal
    scopes: tuple[Scope, ...]
    made_by: str
    made_at: datetime
    units: tuple[str, ...] = ()
    office: str = ""  # whose cases it fetches
    ends_at: datetime | None = None
    used_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""

    def is_good(self, now: datetime) -> bool:
        """Whether it may be used."""
        return self.ended_at is None and (self.ends_at is None or now < self.ends_at)


def made(
    name: str,
    scopes: tuple[Scope, ...],
    *,
    by: str,
    now: datetime,
    units: tuple[str, ...] = (),
    office: str = "",
    ends_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token, and the text that its program shows: told once, kept nowhere."""
    id_, secret = new_id(), secrets.token_urlsafe(32)
    token = ApiToken(
        id=id_,
        name=name,
        digest=_digest(secret),
        scopes=scopes,
        units=units,
        office=office,
        made_by=by,
        made_at=now,
        ends_at=ends_at,
    )
    return token, f"{_PREFIX}_{id_}_{secret}"


def parts(text: str) -> tuple[str, str]:
    """Id and secret of what a program showed; two empty texts when it is no token of ours."""
    prefix, _, rest = text.partition("_")
    id_, _, secret = rest.partition("_")
    return (id_, secret) if prefix == _PREFIX and len(id_) == 26 and secret else ("", "")


def is_of(token: ApiToken, secret: str) -> bool:
    """Whether the secret is that of the token."""
    return hmac.compare_digest(token.digest, _digest(secret))


_ROLES: Mapping[Scope, Role] = {
    Scope.READ: Role.LEADER,
    Scope.DECIDE: Role.CLERK,
    Scope.PULL: Role.LEADER,
    Scope.TRAFFIC: Role.AUDITOR,
    Scope.RUN: Role.OFFICER,
}


def account_of(token: ApiToken, scope: Scope) -> Account:
    """As whom the token does what this scope is for: the table of rights holds for it as for people.

    Stories and audit name it with the person who answers for it: "api:NAME/PERSON".
    """
    name = f"{ACTOR}{token.name}/{token.made_by}"
    return Account(name=name, full_name=token.name, role=_ROLES[scope], units=token.units)


def token_and_person(actor: str) -> tuple[str, str]:
    """The name of the token and that of its person, when an actor of a story is one; else two empty texts."""
    if not actor.startswith(ACTOR):
        return "", ""
    name, _, person = actor.removeprefix(ACTOR).rpartition("/")
    return name, person


WORDS: Mapping[Scope, str] = {
    Scope.READ: phrase("xem hồ sơ của các đơn vị đã chọn"),
    Scope.DECIDE: phrase("quyết định hồ sơ của các đơn vị đã chọn"),
    Scope.PULL: phrase("lấy hồ sơ đã duyệt về một hệ thống quản lý văn bản"),
    Scope.TRAFFIC: phrase("xem thư, lượt chuyển và cảnh báo của cả cổng"),
    Scope.RUN: phrase("cho chuyển lại"),
}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
