"""What one client may do at one listener: in the clear, by TLS, and when it is known who it is.

All of it is settled before anything is said.  A session goes from terms to terms, and never asks whether it may.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.model import Door, Identity
from gateway.settings.certificate import Tls
from gateway.settings.listeners import Listener
from gateway.settings.sign_in import Auth, SignIn
from gateway.smtp import replies

Command = Callable[[Any, str], None]  # a session, and the argument that stands behind the verb


class Terms:
    """What one client may do at one listener.  A value; sessions share it."""

    __slots__ = (
        "brings_others",
        "commands",
        "door",
        "extensions",
        "help",
        "help_url",
        "identity",
        "offered",
        "offers",
        "only_our_senders",
        "patience_s",
        "secured",
        "signed_in",
        "takes_all",
        "trusted_results",
        "vouches",
    )

    def __init__(
        self,
        *,
        identity: Identity,
        door: Door,
        offers: Callable[..., str],
        offered: Sequence[str],
        commands: Mapping[str, Command],
        help_url: str,
        takes_all: bool,
        patience_s: float,
        brings_others: bool = False,
        vouches: bool = False,
        only_our_senders: bool = False,
        trusted_results: tuple[str, ...] = (),
    ) -> None:
        """``offers`` makes the reply to EHLO of what is ``offered`` beside what everybody gets."""
        self.identity = identity  # what is proved of the client
        self.brings_others = brings_others  # its address proves nothing about those whose mail it brings
        self.vouches = vouches  # it lets nobody write as somebody else of our domains; of others it knows nothing
        self.only_our_senders = only_our_senders  # relay
        self.trusted_results = trusted_results  # servers whose Authentication-Results hold in what it brings
        self.door = door
        self.offers, self.offered = offers, tuple(offered)
        self.extensions = offers(more=self.offered)  # the reply to EHLO
        self.commands = commands
        self.help_url = help_url
        self.help = replies.help_text(sorted(commands), help_url)
        self.takes_all = takes_all  # no recipient is refused at RCPT
        self.patience_s = patience_s  # how long the client waits for an answer to its mail; 0 is as long as it takes
        self.secured: Terms | None = None  # what holds by TLS
        self.signed_in: Terms | None = None  # what holds when it is known who it is

    def but(
        self, *, more: Sequence[str] = (), commands: Mapping[str, Command] | None = None, identity: Identity | None = None
    ) -> Terms:
        """The same with further offers, other commands, another identity."""
        return Terms(
            identity=identity or self.identity,
            door=self.door,
            offers=self.offers,
            offered=(*self.offered, *more),
            commands={**self.commands, **(commands or {})},
            help_url=self.help_url,
            takes_all=self.takes_all,
            patience_s=self.patience_s,
            brings_others=self.brings_others,
            vouches=self.vouches,
            only_our_senders=self.only_our_senders,
            trusted_results=self.trusted_results,
        )


class Guards(NamedTuple):
    """The commands of TLS and of signing in, and what is said to those who must use them first."""

    starttls: Command
    without_tls: Command
    auth: Command
    auth_in_the_clear: Command
    not_signed_in: Command
    mail_of_user: Command


def guarded(plain: Terms, listener: Listener, auth: Auth, guards: Guards, *, on_this_machine: bool) -> Terms:
    """The terms that hold at first at a listener with TLS or sign-in, with those behind them."""
    if listener.tls is Tls.OFF:
        return _with_sign_in(plain, listener, auth, guards, allowed=auth.in_the_clear and on_this_machine)
    secured = _with_sign_in(plain, listener, auth, guards, allowed=True)
    if listener.tls is Tls.IMPLICIT:
        first = plain  # nothing is said before the handshake
    else:
        may_listen = not (auth.in_the_clear and on_this_machine) or listener.tls is Tls.REQUIRE
        offering = plain.but(more=["STARTTLS"], commands={"STARTTLS": guards.starttls})
        first = _with_sign_in(offering, listener, auth, guards, allowed=not may_listen)
        if listener.tls is Tls.REQUIRE:
            first = first.but(commands={"MAIL": guards.without_tls})
    for terms in (first, first.signed_in):
        if terms is not None:
            terms.secured = secured
    return first


def _with_sign_in(plain: Terms, listener: Listener, auth: Auth, guards: Guards, *, allowed: bool) -> Terms:
    """``allowed``: nobody can listen to a password."""
    if listener.auth is SignIn.OFF:
        return plain
    if not allowed:
        first = plain.but(commands={"AUTH": guards.auth_in_the_clear})
        signed_in = None
    else:
        first = plain.but(more=[f"AUTH {' '.join(auth.mechanisms)}"], commands={"AUTH": guards.auth})
        signed_in = first.but(commands={"MAIL": guards.mail_of_user}, identity=Identity.AUTHENTICATED)
    if listener.auth is SignIn.REQUIRE:
        first = first.but(commands={"MAIL": guards.not_signed_in})
    first.signed_in = signed_in
    return first
