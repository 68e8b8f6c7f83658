"""One listener as its sessions see it: what is offered, obeyed and believed there, settled before anybody connects.

A session looks its terms up once, by the address of its client, and holds them: what another listener offers costs it nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.config import Smtp
from gateway.model import Door, Identity
from gateway.settings.listeners import Kind, Listener
from gateway.smtp import forwarding, replies
from gateway.smtp.identity import TrustedNetworks

Command = Callable[[Any, str], None]  # a session, and the argument that stands behind the verb

_MOST_KNOWN = 1000  # clients; to judge one takes longer than to greet it


class Terms:
    """What one client may do at one listener.  A value; sessions share it."""

    __slots__ = ("commands", "door", "extensions", "help", "identity", "patience_s", "takes_all")

    def __init__(
        self,
        *,
        identity: Identity,
        door: Door,
        extensions: str,
        commands: Mapping[str, Command],
        help_text: str,
        takes_all: bool,
        patience_s: float,
    ) -> None:
        self.identity = identity  # what the address of the client proves
        self.door = door
        self.extensions = extensions  # the reply to EHLO
        self.commands = commands
        self.help = help_text
        self.takes_all = takes_all  # no recipient is refused at RCPT
        self.patience_s = patience_s  # how long the client waits for an answer to its mail; 0 is as long as it takes


class Entrance:
    """One listener.  ``commands``: what its sessions obey; ``for_forwarders``: what else, of those whose word is believed."""

    def __init__(
        self,
        listener: Listener,
        settings: Smtp,
        *,
        hostname: str,
        commands: Mapping[str, Command],
        for_forwarders: Mapping[str, Command],
    ) -> None:
        self.listener = listener
        self.name = listener.name
        self.kind: Kind = listener.kind
        self.greeting = replies.greeting(hostname, "LMTP" if listener.kind is Kind.LMTP else "ESMTP")
        self.balancers = TrustedNetworks(listener.balancers)
        self.sessions = 0  # that are open
        self.addresses: list[tuple[str, int]] = []  # where it listens, once it does
        self._settings = settings
        self._hostname = hostname
        self._commands = commands
        self._for_forwarders = for_forwarders
        self._trusted = TrustedNetworks(listener.trusted_networks)
        self._forwarders = TrustedNetworks(listener.believed)
        self._known: dict[str, Terms] = {}

    def terms_of(self, client: str) -> Terms:
        """The terms of a client by its address, without port ("" is unknown)."""
        terms = self._known.get(client)
        if terms is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            terms = self._known[client] = self._settled(client, may_forward=self._forwarders.have(client))
        return terms

    def terms_as(self, client: str) -> Terms:
        """The terms of a client that somebody whose word we believe speaks for (XCLIENT): he may speak for others next."""
        return self._settled(client, may_forward=True)

    identity_of_login = Identity.TRUSTED_NETWORK  # who signed in at a server in front whose word is believed

    def identity_told(self, client: str) -> Identity:
        """What it proves that somebody whose word we believe brings a mail of this client (XFORWARD)."""
        return Identity.TRUSTED_NETWORK if self.listener.vouches else self._trusted.identity_of(client)

    def _settled(self, client: str, *, may_forward: bool) -> Terms:
        listener, settings = self.listener, self._settings
        identity = self._trusted.identity_of(client)
        commands = {**self._commands, **self._for_forwarders} if may_forward else self._commands
        is_lmtp = listener.kind is Kind.LMTP
        more: tuple[str, ...] = () if is_lmtp else ("PRDR",)
        more += forwarding.OFFERED if may_forward else ()
        return Terms(
            identity=identity,
            door=Door.LMTP if is_lmtp else Door.SMTP,
            extensions=replies.extensions(self._hostname, max_bytes=settings.max_message_bytes, more=more),
            commands=commands,
            help_text=replies.help_text(tuple(commands), settings.help_url),
            takes_all=identity is Identity.TRUSTED_NETWORK and (is_lmtp or listener.speed_adjust),
            patience_s=listener.patience_s,
        )
