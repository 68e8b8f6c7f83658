"""Postfix asks, before it takes a mail, whether a recipient has retired (SMTPD_POLICY_README of Postfix).

A request is lines of ``name=value`` and an empty line, an answer is ``action=…`` and an empty line; a connection carries many.
Asked at RCPT, an address past its closing date is answered with 551 and the new address, so that the sender learns it in
his own session and nothing is bounced.  One that is still forwarded is left alone, or its mail is led to the gateway (FILTER),
where rule 10 forwards that copy and tells the sender.

REDIRECT turns a whole mail over, with the copies of all its other recipients, so it is said only where Postfix knows how many
there are: asked at DATA or at the end of the data, and for one recipient.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import date

from gateway import maillog
from gateway.config import PolicyService as Settings
from gateway.directory.snapshot import Directory, RetiredAddress
from gateway.model import Identity, new_id
from gateway.settings.addresses import host_and_port
from gateway.smtp import replies
from gateway.smtp.identity import TrustedNetworks

logger = logging.getLogger(__name__)

NO_OPINION = "DUNNO"
_LARGEST_REQUEST = 64 * 1024  # Postfix sends about 1 KB
_MOST_CONNECTIONS = 1000  # Postfix keeps one for each smtpd process
_ASKED_FOR_ALL = frozenset({"DATA", "END-OF-MESSAGE"})  # here Postfix says how many recipients there are


class PolicyService:
    """Listens on [policy_service] listen and answers; nothing listens when the setting is empty."""

    def __init__(self, settings: Settings, *, directory: Callable[[], Directory], today: Callable[[], date]) -> None:
        self._settings = settings
        self._directory = directory
        self._today = today
        self._trusted = TrustedNetworks(settings.trusted_networks)
        self._server: asyncio.Server | None = None
        self.addresses: list[tuple[str, int]] = []
        self.open: set[_Conversation] = set()

    async def start(self) -> None:
        """Bind and listen; ``addresses`` then says where (port 0 takes a free one).  Raises OSError when the port is taken."""
        if not self._settings.listen:
            return
        host, port = host_and_port(self._settings.listen, where="[policy_service] listen")
        self._server = await asyncio.get_running_loop().create_server(lambda: _Conversation(self), host or None, port)
        self.addresses = [sock.getsockname()[:2] for sock in self._server.sockets]

    async def stop(self) -> None:
        """Answer no more.  Postfix then defers what it would have asked about, and asks again."""
        if self._server is None:
            return
        self._server.close()
        for conversation in tuple(self.open):
            conversation.close()
        await self._server.wait_closed()
        self._server = None

    def may_ask(self, peer: str) -> bool:
        """Whether a client is let in: from a trusted network, and not one too many."""
        return self._trusted.identity_of(peer) is Identity.TRUSTED_NETWORK and len(self.open) < _MOST_CONNECTIONS

    def answer(self, request: Mapping[str, str]) -> str:
        """The action for one request.  Never raises: what fails here defers the mail, and the sender keeps it."""
        try:
            return action(request, self._directory(), self._today(), lead_to=self._settings.filter)
        except Exception:  # the top of the service: one bad request must not refuse a mail
            failure_id = new_id()
            logger.exception("policy service: no answer for %r (%s)", request.get("recipient", ""), failure_id)
            return f"DEFER_IF_PERMIT {replies.failure(failure_id).partition(' ')[2]}"


def action(request: Mapping[str, str], directory: Directory, today: date, *, lead_to: str = "") -> str:
    """What Postfix is to do (access(5)).  Pure, but for the line in the mail log.

    ``lead_to`` is the transport that leads to the gateway ("scan:[127.0.0.1]:10025"); "" leaves such mail alone.
    """
    recipient = request.get("recipient", "")
    retired = directory.retired(recipient, today) if recipient else None
    if retired is None or not retired.successor:
        return NO_OPINION
    if retired.is_closed(today):
        return _closed(request, retired)
    if lead_to:
        return f"FILTER {lead_to}"
    is_alone = request.get("protocol_state") in _ASKED_FOR_ALL and request.get("recipient_count") == "1"
    return f"REDIRECT {retired.successor}" if is_alone and _is_plain(retired.successor) else NO_OPINION


def _is_plain(address: str) -> bool:
    """Whether Postfix reads the address as it stands: what somebody typed into a list must not become an action."""
    return address.isascii() and address.isprintable() and " " not in address and "@" in address


def _closed(request: Mapping[str, str], retired: RetiredAddress) -> str:
    answer_id = new_id()
    maillog.refused(
        answer_id, sender=request.get("sender", ""), peer=request.get("client_address", ""), rule="policy service: retired"
    )
    said = replies.moved(request["recipient"], retired.successor, answer_id)
    return said.partition("\r\n")[0].replace("551-", "551 ", 1)  # Postfix takes one line; only absurd addresses need more


class _Conversation(asyncio.Protocol):
    """One connection of a Postfix process: requests come one after the other, each is answered at once."""

    def __init__(self, service: PolicyService) -> None:
        self._service = service
        self._inbox = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a Postfix of ours in, and nobody else."""
        peer = str((transport.get_extra_info("peername") or ("",))[0])
        if not self._service.may_ask(peer):
            logger.warning("policy service: [%s] is in none of the [policy_service] trusted_networks, or one too many", peer)
            transport.close()
            return
        self._transport = transport  # type: ignore[assignment]  # uvloop's is none of asyncio's classes, but it writes
        self._service.open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Postfix ends idle connections; it comes again."""
        self._transport = None
        self._service.open.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._inbox += data
        while (end := self._inbox.find(b"\n\n")) >= 0:
            request = _attributes(bytes(self._inbox[:end]))
            del self._inbox[: end + 2]
            if self._transport is not None:
                self._transport.write(f"action={self._service.answer(request)}\n\n".encode("ascii", "replace"))
        if len(self._inbox) > _LARGEST_REQUEST:
            logger.warning("policy service: a request without an end; the connection is closed")
            self.close()

    def close(self) -> None:
        """End the connection after what was written."""
        if self._transport is not None:
            self._transport.close()


def _attributes(request: bytes) -> dict[str, str]:
    """``name=value`` lines; a line without "=" says nothing, of two with one name the last one counts."""
    lines = request.decode("utf-8", "surrogateescape").split("\n")
    return dict(line.split("=", 1) for line in lines if "=" in line)
