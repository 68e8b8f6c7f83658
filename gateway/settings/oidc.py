"""[web.oidc]: sign-in by a service of the organisation (OpenID Connect), beside the accounts with passwords."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gateway.model import Role, Value
from gateway.roles import NEEDS_UNIT

_Url = Annotated[str, msgspec.Meta(pattern=r"^(https://\S+|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?|)$", max_length=500)]


class Oidc(Value, forbid_unknown_fields=True):
    """Code flow with PKCE.  An account is found by what the service says about the person."""

    issuer: _Url = ""  # https://…; where its /.well-known/openid-configuration is; "" is no such sign-in
    client_id: str = ""
    secret: str = ""  # where that of the client is: "file:PATH", "env:NAME" or "keyring:SERVICE"; "" for a public client
    title: str = "tài khoản cơ quan"  # on the button: "Đăng nhập bằng …"
    scope: str = "openid profile email"
    claim: str = "sub"  # what of the person stands in the account (its field "subject")
    create_role: str = ""  # people without an account get one with this role; "": they are told to ask
    create_units: tuple[str, ...] = ()  # … and with these units


def wrong_with(oidc: Oidc) -> str:
    """What does not fit together, for an error; "" when all does."""
    if oidc.issuer and not oidc.client_id:
        return "[web.oidc] client_id: expected what the service calls this console, as issuer is set"
    if oidc.create_role and oidc.create_role not in list(Role):
        return f"[web.oidc] create_role: expected one of {', '.join(Role)}, got {oidc.create_role!r}"
    if oidc.create_role in NEEDS_UNIT and not oidc.create_units:
        return f"[web.oidc] create_units: expected at least one unit, as create_role is {oidc.create_role!r}"
    return ""
