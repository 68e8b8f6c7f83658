"""The SMTP door: its listeners, what all sessions share, and a graceful end.

aiosmtpd's Controller is not used: it runs a loop of its own in a thread, and its stop() cancels every task, and with them
the mails in progress.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from pathlib import Path

from gateway.config import Smtp
from gateway.errors import ConfigError
from gateway.settings.addresses import host_and_port, naming
from gateway.settings.certificate import Tls
from gateway.settings.listeners import Kind
from gateway.settings.sign_in import SignIn
from gateway.smtp.authentication import Authenticator
from gateway.smtp.certificates import Certificates
from gateway.smtp.entrance import Entrance
from gateway.smtp.fronts import FORWARDERS_COMMANDS, LMTP_COMMANDS, FrontedProtocol
from gateway.smtp.handler import Handler, Intake, MaySendAs, as_himself
from gateway.smtp.judges import AskImap, Judges
from gateway.smtp.lag import LagProbe
from gateway.smtp.names import Names
from gateway.smtp.protocol import COMMANDS, GUARDS, SmtpProtocol
from gateway.smtp.proxy_header import Client, HeaderFirst
from gateway.smtp.recipients import Recipients
from gateway.smtp.shared import Reception

logger = logging.getLogger(__name__)

_BACKLOG = 1024
_LAST_WORD_S = 2.0  # for a client to read its 421
_LOOK_AT_CERTIFICATE_S = 60.0


class SmtpServer:
    """Listens on [smtp] listen and at every [[smtp.listener]], and lets sessions in."""

    def __init__(
        self,
        settings: Smtp,
        intake: Intake,
        recipients: Recipients | None = None,
        *,
        base: Path = Path(),
        may_send_as: MaySendAs = as_himself,
        by_imap: AskImap | None = None,
    ) -> None:
        """``recipients`` says which addresses there are; None takes all of our domains.  ``may_send_as``: who signed in;
        ``by_imap`` knows who he is, where that is asked of an IMAP server.

        Relative paths of the settings start at ``base``.  Raises ConfigError when the certificate cannot be used.
        """
        self._settings = settings
        self.hostname = settings.hostname or socket.gethostname()  # in greeting and trace headers
        self._authenticator = (
            Authenticator(Names(settings.name_servers), hostname=self.hostname) if settings.authenticate else None
        )
        self._handler = Handler(
            intake, settings, self._authenticator, recipients, hostname=self.hostname, may_send_as=may_send_as
        )
        ways = settings.listeners
        self.certificates = (
            Certificates(settings.certificate, base=base) if any(way.tls is not Tls.OFF for way in ways) else None
        )
        self._judges = (
            Judges(settings.auth, hostname=self.hostname, base=base, by_imap=by_imap)
            if any(way.auth is not SignIn.OFF for way in ways)
            else None
        )
        self._servers: list[asyncio.Server] = []
        self._watch: asyncio.Task[None] | None = None
        self._reception: Reception | None = None
        self.probe = LagProbe(settings.limits.max_lag_ms)
        self.entrances = tuple(
            Entrance(
                listener,
                settings,
                hostname=self.hostname,
                commands=LMTP_COMMANDS if listener.kind is Kind.LMTP else COMMANDS,
                for_forwarders=FORWARDERS_COMMANDS,
                guards=GUARDS,
            )
            for listener in settings.listeners
        )

    async def start(self) -> None:
        """Bind and listen; each entrance's ``addresses`` then say where (port 0 takes a free one).

        Raises ConfigError that names the listener when nobody can listen there; then nobody listens anywhere.
        """
        loop = asyncio.get_running_loop()
        reception = self._reception = Reception(
            self._handler, self._settings, self.hostname, loop, self.probe, certificates=self.certificates, judges=self._judges
        )
        if self.certificates is not None:
            self._watch = loop.create_task(_watch(self.certificates))
        self.probe.start(loop)
        try:
            for entrance in self.entrances:
                self._servers.append(await _opened(entrance, reception))
        except ConfigError:
            await self.stop(0)
            raise

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens, [smtp] listen first."""
        return [address for entrance in self.entrances for address in entrance.addresses]

    @property
    def lag_ms(self) -> float:
        """How late the event loop was at the last look."""
        return self.probe.lag_ms

    @property
    def lag_max_ms(self) -> float:
        """How late it was at worst since the start."""
        return self.probe.lag_max_ms

    @property
    def sessions(self) -> int:
        """How many sessions are open."""
        return len(self._reception.sessions) if self._reception else 0

    @property
    def bytes_in_flight(self) -> int:
        """How many bytes of mails are being read or accepted."""
        return self._reception.bytes_in_flight if self._reception else 0

    async def stop(self, grace_s: float) -> None:
        """Take no new connection, give mails in progress ``grace_s`` seconds, then 421; commits are always waited for."""
        if self._reception is None:
            return
        for server in self._servers:
            server.close()
        self._reception.stopping = True
        self._dismiss(at_once=False)
        if not await self._all_ended(grace_s):
            logger.info("%d sessions did not end in %.0f s", self.sessions, grace_s)
            self._dismiss(at_once=True)
            if not await self._all_ended(_LAST_WORD_S):
                for session in tuple(self._reception.sessions):
                    session.abort()
            await self._all_ended(None)
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()
        self.probe.stop()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._judges is not None:
            self._judges.close()
        if self._authenticator is not None:
            self._authenticator.close()

    def _dismiss(self, *, at_once: bool) -> None:
        for session in tuple(self._reception.sessions if self._reception else ()):
            session.dismiss(at_once=at_once)

    async def _all_ended(self, timeout_s: float | None) -> bool:
        if self._reception is None:
            return True
        try:
            async with asyncio.timeout(timeout_s):
                await self._reception.nobody_left.wait()
        except TimeoutError:
            return False
        return True


async def _opened(entrance: Entrance, reception: Reception) -> asyncio.Server:
    """Listen at one entrance.  Raises ConfigError that names it."""
    listener = entrance.listener
    host, port = host_and_port(listener.listen, where=f"{listener.where} listen")
    with naming(f"{listener.where} listen", listener.listen):
        server = await reception.loop.create_server(_sessions(entrance, reception), host or None, port, backlog=_BACKLOG)
    entrance.addresses = [sock.getsockname()[:2] for sock in server.sockets]
    return server


def _sessions(entrance: Entrance, reception: Reception) -> Callable[[], asyncio.BaseProtocol]:
    """What makes the sessions of one entrance: at once, or after the header of a balancer."""

    session_of = FrontedProtocol if entrance.listener.believed else SmtpProtocol

    def begin(transport: asyncio.Transport, client: Client | None) -> None:
        """The client is known: its session begins on the connection that stands."""
        session = session_of(reception, entrance, client)
        transport.set_protocol(session)
        session.connection_made(transport)

    if entrance.listener.balancers:
        return lambda: HeaderFirst(entrance.balancers.have, begin, reception.loop)
    return lambda: session_of(reception, entrance)


async def _watch(certificates: Certificates) -> None:
    """Whoever renews a certificate need not tell us."""
    while True:
        await asyncio.sleep(_LOOK_AT_CERTIFICATE_S)
        await asyncio.to_thread(certificates.refresh)
