"""The people who sign in to the console."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gateway.model.value import Value


class Role(StrEnum):
    """What an account of the console may do."""

    CLERK = "clerk"  # decides the cases of its units
    HEAD_CLERK = "head-clerk"  # a clerk who also sees all units below hers, and says who looks after what
    OFFICER = "officer"  # runs the gateway: sees everything but sealed cases, decides nothing
    LEADER = "leader"  # reads the cases of its units
    AUDITOR = "auditor"  # reads everything but sealed contents


class Account(Value):
    """Somebody who signs in to the console."""

    name: str
    full_name: str
    role: Role
    units: tuple[str, ...] = ()  # codes of organisations; empty for officers and auditors: all
    password_hash: str = ""
    active: bool = True
    must_change: bool = False  # the password is somebody else's choice: the next sign-in changes it
    totp: str = ""  # secret of the second factor (RFC 6238, base32); "" for none
    recovery: tuple[str, ...] = ()  # digests of codes that stand in for it, each once
    subject: str = ""  # who this is at the sign-in service (OIDC); "" for nobody
    last_sign_in_at: datetime | None = None  # written by the sign-in alone
    language: str = ""  # that this one chose (web.language); "" for none; written by that choice alone, as the next
    look: str = ""  # of the console (web.look)
    oversees: tuple[str, ...] = ()  # units below the own ones: seen, not decided; never stored (gateway.rights)
