"""One listener as its sessions see it: what is offered, obeyed and believed there, settled before anybody connects.

A session looks its terms up once, by the address of its client, and holds them: what another listener offers costs it nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.config import Smtp
from gateway.model import Identity
from gateway.settings.listeners import Kind, Listener
from gateway.smtp import replies
from gateway.smtp.identity import TrustedNetworks

Command = Callable[[Any, str], None]  # a session, and the argument that stands behind the verb

_MOST_KNOWN = 1000  # clients; to judge one takes longer than to greet it


class Terms:
    """What one client may do at one listener.  A value; sessions share it."""

    __slots__ = ("commands", "extensions", "help", "identity")

    def __init__(self, *, identity: Identity, extensions: str, commands: Mapping[str, Command], help_text: str) -> None:
        self.identity = identity  # what the address of the client proves
        self.extensions = extensions  # the reply to EHLO
        self.commands = commands
        self.help = help_text


class Entrance:
    """One listener.  ``commands``: what its kind of session obeys."""

    def __init__(self, listener: Listener, settings: Smtp, *, hostname: str, commands: Mapping[str, Command]) -> None:
        self.listener = listener
        self.name = listener.name
        self.kind: Kind = listener.kind
        self.greeting = replies.greeting(hostname)
        self.sessions = 0  # that are open
        self.addresses: list[tuple[str, int]] = []  # where it listens, once it does
        self._settings = settings
        self._hostname = hostname
        self._commands = commands
        self._trusted = TrustedNetworks(listener.trusted_networks)
        self._known: dict[str, Terms] = {}

    def terms_of(self, client: str) -> Terms:
        """The terms of a client by its address, without port ("" is unknown)."""
        terms = self._known.get(client)
        if terms is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            terms = self._known[client] = self._settled(client)
        return terms

    def _settled(self, client: str) -> Terms:
        settings = self._settings
        return Terms(
            identity=self._trusted.identity_of(client),
            extensions=replies.extensions(self._hostname, max_bytes=settings.max_message_bytes),
            commands=self._commands,
            help_text=replies.help_text(tuple(self._commands), settings.help_url),
        )
