"""How old a token is, and whether it is about to die: for the card of its mailbox, and for alarms.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from gateway.imap.oauth.provider import Endpoints
from gateway.imap.oauth.token import Token
from gateway.model import Value

WARNED = timedelta(days=14)  # osTicket's mailboxes stopped after exactly 90 days, and nobody knew for ten


class Condition(StrEnum):
    """How a token does."""

    MISSING = "missing"  # nobody has signed in yet
    WELL = "well"
    AGEING = "ageing"  # ends within 14 days unless somebody signs in, or it is used
    DEAD = "dead"


class TokenAge(Value):
    """What a person should know of a token."""

    condition: Condition
    signed_in_at: datetime | None = None
    refreshed_at: datetime | None = None
    ends_at: datetime | None = None  # of the right to renew it; None: not known to end

    def days_left(self, now: datetime) -> int | None:
        """Whole days until it ends; None when that is not known."""
        return None if self.ends_at is None else max((self.ends_at - now).days, 0)


def age_of(token: Token | None, endpoints: Endpoints, now: datetime) -> TokenAge:
    """How a token does.  What the provider said itself comes before what is known of it."""
    if token is None:
        return TokenAge(condition=Condition.MISSING)
    ends_at = token.dies_at
    if ends_at is None and endpoints.lives is not None:
        ends_at = token.refreshed_at + endpoints.lives
    condition = Condition.WELL
    if ends_at is not None and now >= ends_at:
        condition = Condition.DEAD
    elif ends_at is not None and now >= ends_at - WARNED:
        condition = Condition.AGEING
    return TokenAge(condition=condition, signed_in_at=token.signed_in_at, refreshed_at=token.refreshed_at, ends_at=ends_at)
