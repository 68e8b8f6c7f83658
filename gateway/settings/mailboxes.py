"""[imap], [[mailbox]] and [[provider]]: the mailboxes that are swept, and how one signs in to them."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec

from gateway.errors import ConfigError
from gateway.model import Value
from gateway.settings.kinds import Count, Seconds


class Security(StrEnum):
    """How the link to a mailbox is secured."""

    TLS = "tls"  # from the first byte: port 993
    STARTTLS = "starttls"  # port 143
    NONE = "none"  # in the clear: only on the same machine


class After(StrEnum):
    """What becomes of a message in its mailbox when its bytes are ours."""

    LEAVE = "leave"
    MARK = "mark"  # a keyword, where the server keeps keywords
    MOVE = "move"  # to another folder of the same mailbox


class Forward(StrEnum):
    """How an informal mail reaches the successor of a mailbox."""

    RELAY = "relay"  # by SMTP, through the next mail server
    APPEND = "append"  # by IMAP, into the successor's own mailbox: date, flags and bytes as they were
    LEAVE = "leave"  # it stays where it is


class Imap(Value, forbid_unknown_fields=True):
    """[imap]: how mailboxes are swept."""

    workers: Count = 8  # mailboxes that are read at the same time; those that wait for mail cost no worker
    poll_s: Seconds = 60.0  # how often a mailbox is looked into that cannot tell by itself
    idle_renew_s: Annotated[float, msgspec.Meta(gt=0, le=1740)] = 540.0  # RFC 2177: before 29 minutes
    connect_timeout_s: Seconds = 15.0
    read_timeout_s: Seconds = 60.0
    message_timeout_s: Seconds = 600.0  # for one message, or one batch of small ones; then the link is cut from outside
    max_message_bytes: Count = 50 * 1024 * 1024  # a larger message becomes a held item, not an error
    lease_s: Seconds = 180.0  # how long a mailbox is ours when our node dies
    tokens: str = "data/tokens"  # folder of the tokens of mailboxes that sign in with one
    reconcile_hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 2  # in Vietnam: when mailboxes are compared with the store
    migrations: str = "data/migrations"  # folder in which `vanthu migrate` remembers what it has read
    silent_after_days: Count = 1  # working days without a mail, in a mailbox that expects one, until the alarm


class ProviderKind(StrEnum):
    """Who gives out tokens."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    OTHER = "other"  # a server of one's own


class OAuthProvider(Value, forbid_unknown_fields=True):
    """[[provider]]: who gives out the tokens by which one signs in to mailboxes (OAuth 2)."""

    name: str
    kind: ProviderKind
    client_id: str
    client_secret: str = ""  # "file:PATH", "env:NAME" or "keyring:SERVICE"; "" where the application has none
    tenant: str = "organizations"  # Microsoft: the directory (tenant) id, or "organizations"
    token_url: str = ""  # for kind = "other", as the next ones
    authorize_url: str = ""  # "": no sign-in by browser
    device_url: str = ""  # "": no sign-in by a code on another device
    scope: str = ""
    refresh_days: Annotated[int, msgspec.Meta(ge=0)] = 0  # how long an unused token can be renewed; 0: for ever
    ca_file: str = ""  # certificates to trust instead of the system's


class Mailbox(Value, forbid_unknown_fields=True):
    """[[mailbox]]: one mailbox that is swept, or that mails are appended to (sweep = false)."""

    name: str
    host: str
    user: str
    secret: str = ""  # "file:PATH", "env:NAME" or "keyring:SERVICE"
    provider: str = ""  # name of the [[provider]] whose token signs in, instead of a secret
    address: str = ""  # whom its mails are for; "" is the user
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0  # 0 is 993 or, with starttls and none, 143
    security: Security = Security.TLS
    ca_file: str = ""  # certificates to trust instead of the system's
    sweep: bool = True
    folders: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("INBOX",)  # names; "*" is all but sent, drafts, spam …
    start: str = "now"  # "now", "all" or a day: what came before is for `vanthu import`
    idle: bool = True  # let the server tell of new mail, where it can
    after: After = After.LEAVE
    keyword: str = "$Vanthu"  # for after = "mark"
    move_to: str = "Vanthu"  # folder, for after = "move"
    successor: str = ""  # address that informal mail is forwarded to; "" is what the directory says
    forward: Forward = Forward.LEAVE
    append_to: str = ""  # name of the successor's [[mailbox]], for forward = "append"
    expect_daily: bool = False  # an alarm when a working day passes without a mail
    trusted_results: tuple[str, ...] = ()  # servers whose Authentication-Results are believed (RFC 8601)

    @property
    def recipient(self) -> str:
        """Whom its mails are for."""
        return self.address or self.user

    @property
    def at_port(self) -> int:
        """The port, by the kind of link when none is given."""
        return self.port or (993 if self.security is Security.TLS else 143)

    @property
    def starts_on(self) -> date | None:
        """The day in ``start``; None for "now" and "all"."""
        return None if self.start in ("now", "all") else date.fromisoformat(self.start)


def check_mailboxes(mailboxes: tuple[Mailbox, ...], providers: tuple[OAuthProvider, ...], *, file: str) -> None:
    """Raises ConfigError when a mailbox cannot be swept or appended to as it stands there."""
    provided = [provider.name for provider in providers]
    for name in provided:
        if provided.count(name) > 1:
            raise ConfigError(f"{file}: [[provider]] {name}: name: stands there twice")
    names = [mailbox.name for mailbox in mailboxes]
    for mailbox in mailboxes:
        wrong = "stands there twice" if names.count(mailbox.name) > 1 else _wrong_with(mailbox, names, provided)
        if wrong:
            raise ConfigError(f"{file}: [[mailbox]] {mailbox.name}: {wrong}")


def _wrong_with(mailbox: Mailbox, names: list[str], provided: list[str]) -> str:
    """What keeps a mailbox from being swept or appended to; "" for nothing."""
    if not re.fullmatch(r"[A-Za-z0-9._@-]+", mailbox.name):
        return "name: expected letters, digits and . _ - @"
    if "@" not in mailbox.recipient:
        return f"address: expected the address that its mails are for; the user {mailbox.user!r} is none"
    try:
        _ = mailbox.starts_on
    except ValueError:
        return f'start: expected "now", "all" or a day like "2026-01-31", got {mailbox.start!r}'
    if mailbox.provider and mailbox.provider not in provided:
        return f"provider: expected the name of a [[provider]], got {mailbox.provider!r}"
    if mailbox.forward is Forward.APPEND and mailbox.append_to not in set(names) - {mailbox.name}:
        return f"append_to: expected the name of another [[mailbox]], got {mailbox.append_to!r}"
    if mailbox.after is After.MOVE and mailbox.move_to in mailbox.folders:
        return "move_to: expected a folder that is not swept itself"
    return ""
