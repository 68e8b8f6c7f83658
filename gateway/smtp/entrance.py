"""One listener as its sessions see it: what is offered, obeyed and believed there, settled before anybody connects.

A session looks its terms up once, by the address of its client, and holds them: what another listener offers costs it nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from gateway.config import Smtp
from gateway.model import Door, Identity
from gateway.settings.certificate import Tls
from gateway.settings.listeners import Kind, Listener
from gateway.settings.security import is_this_machine
from gateway.settings.sign_in import SignIn
from gateway.smtp import forwarding, replies
from gateway.smtp.identity import TrustedNetworks
from gateway.smtp.terms import Command, Guards, Terms, guarded

_MOST_KNOWN = 1000  # clients; to judge one takes longer than to greet it


class Entrance:
    """One listener.  ``commands``: what its sessions obey; ``for_forwarders``: what else, of those whose word is
    believed; ``guards``: what TLS and signing in add to them.
    """

    def __init__(
        self,
        listener: Listener,
        settings: Smtp,
        *,
        hostname: str,
        commands: Mapping[str, Command],
        for_forwarders: Mapping[str, Command],
        guards: Guards,
    ) -> None:
        self.listener = listener
        self.name = listener.name
        self.kind: Kind = listener.kind
        self.greeting = replies.greeting(hostname, "LMTP" if listener.kind is Kind.LMTP else "ESMTP")
        self.balancers = TrustedNetworks(listener.balancers)
        self.begins_with_tls = listener.tls is Tls.IMPLICIT
        self.sessions = 0  # that are open
        self.addresses: list[tuple[str, int]] = []  # where it listens, once it does
        self._settings = settings
        self._hostname = hostname
        self._commands = commands
        self._for_forwarders = for_forwarders
        self._guards = guards
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

    def terms_as(self, client: str, *, signed_in: bool) -> Terms:
        """The terms of a client that somebody whose word we believe speaks for (XCLIENT): he may speak for others next.

        ``signed_in``: in front of us; who he is decides as whom he may write.
        """
        terms = self._settled(client, may_forward=True, is_told=True)
        if not signed_in:
            return terms
        return terms.but(commands={"MAIL": self._guards.mail_of_user}, identity=Identity.AUTHENTICATED)

    def identity_told(self, client: str) -> Identity:
        """What it proves that somebody whose word we believe brings a mail of this client (XFORWARD)."""
        return self._trusted.identity_of(client)

    def _settled(self, client: str, *, may_forward: bool, is_told: bool = False) -> Terms:
        listener, settings = self.listener, self._settings
        identity = self._trusted.identity_of(client)
        is_lmtp = listener.kind is Kind.LMTP
        offered: tuple[str, ...] = () if is_lmtp else ("PRDR",)
        terms = Terms(
            identity=identity,
            door=Door.LMTP if is_lmtp else Door.SMTP,
            offers=partial(replies.extensions, self._hostname, max_bytes=settings.max_message_bytes),
            offered=offered + (forwarding.OFFERED if may_forward else ()),
            commands={**self._commands, **self._for_forwarders} if may_forward else self._commands,
            help_url=settings.help_url,
            takes_all=identity is Identity.TRUSTED_NETWORK
            and (is_lmtp or listener.speed_adjust)
            and not listener.only_our_senders,
            only_our_senders=listener.only_our_senders,
            patience_s=listener.patience_s,
            # Behind a mail server everybody comes from its address: that proves nothing.
            brings_others=listener.kind in (Kind.PROXY, Kind.LMTP) and not is_told,
            vouches=listener.vouches and may_forward and not is_told,
            trusted_results=listener.trusted_results if may_forward else (),
        )
        if listener.tls is Tls.OFF and listener.auth is SignIn.OFF:
            return terms
        return guarded(terms, listener, settings.auth, self._guards, on_this_machine=is_this_machine(client))
