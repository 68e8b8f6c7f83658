"""TLS at the SMTP door: STARTTLS (RFC 3207), or TLS from the first byte (RFC 8314).

Both are one path: a connection is counted and limited before its handshake, which has little time, and whatever was said before
is forgotten.  Nothing that came in the clear is obeyed afterwards: the socket is not read from the moment TLS is agreed on.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from typing import cast

from gateway import maillog
from gateway.smtp import replies
from gateway.smtp.grammar import CommandError
from gateway.smtp.session import Connection

logger = logging.getLogger(__name__)

_GOODBYE_S = 3.0  # for the client's part in the end of TLS, which many leave out


class Encrypted(Connection):
    """A session that can go on by TLS."""

    _is_securing = False  # TLS was begun, and stands by now or never will

    def obey_starttls(self, arg: str) -> None:
        """Begin TLS; everything that was said is forgotten."""
        if arg:
            raise CommandError(replies.syntax("STARTTLS"))
        if self._inbox:
            # STARTTLS must be the last of a pipelined group (RFC 3207 section 4): what stands behind it is somebody's trick.
            raise CommandError(replies.IMPROPER_PIPELINING)
        self._say(replies.BEGIN_TLS)
        self._start_tls(self._forget_all)

    def refuse_without_tls(self, arg: str) -> None:
        """A command that this listener takes by TLS alone."""
        raise CommandError(replies.NEEDS_TLS)

    def _begin(self) -> None:
        """The client is let in: greet it, after the handshake where that comes first."""
        if self.entrance.begins_with_tls:
            self._start_tls(super()._begin)
        else:
            super()._begin()

    def eof_received(self) -> bool:
        """TLS closes both ways at once."""
        return super().eof_received() and not self._is_securing

    def _start_tls(self, then: Callable[[], None]) -> None:
        transport = self._transport
        if transport is None:
            return
        transport.pause_reading()
        self._waits = self._is_securing = True
        self._errand = self.loop.create_task(self._shake_hands(transport, then))

    async def _shake_hands(self, transport: asyncio.Transport, then: Callable[[], None]) -> None:
        certificates = self._reception.certificates
        assert certificates is not None, "no listener speaks TLS without"  # noqa: S101 - for the type checker
        secure, trouble = None, "the client left"
        handshake = self.loop.create_task(
            self.loop.start_tls(
                transport,
                self,
                certificates.context,
                server_side=True,
                ssl_handshake_timeout=certificates.handshake_s,
                ssl_shutdown_timeout=_GOODBYE_S,
            )
        )
        try:
            await asyncio.sleep(0)
            if self._inbox:
                self.loop.call_soon(self._give_to_tls, transport)
            secure = await handshake
        except OSError as error:  # ssl.SSLError is one, and a handshake that took too long
            trouble = _said(error)
        except asyncio.CancelledError:
            transport.abort()
            self.connection_lost(None)
            raise
        self._errand = None
        # A client that is gone by now leaves a transport that is closing, or none, depending on the loop.
        if secure is None or secure.is_closing():
            logger.info("[%s] TLS came to nothing: %s", self.session.address, trouble)
            maillog.count("tls", "failed")
            transport.abort()
            self.connection_lost(None)
            return
        self._transport = secure
        self._secured(secure)
        self._waits = False
        then()
        self._go_on()

    def _give_to_tls(self, transport: asyncio.Transport) -> None:
        """The handshake may begin before we listen for it: uvloop reads a new connection however much it is paused."""
        data, reader = bytes(self._inbox), cast(asyncio.BufferedProtocol, transport.get_protocol())
        self._inbox.clear()
        while data and not transport.is_closing():
            room = memoryview(reader.get_buffer(len(data)))
            taken = min(len(room), len(data))
            room[:taken] = data[:taken]
            reader.buffer_updated(taken)
            data = data[taken:]

    def _secured(self, secure: asyncio.Transport) -> None:
        """TLS stands."""
        name, version, _ = secure.get_extra_info("cipher")
        self.session.tls, self.session.user = f"{version} {name}", ""
        maillog.count("tls", version)
        shown = secure.get_extra_info("peercert")
        if shown:
            logger.info("[%s] showed the certificate of %s", self.session.address, _subject(shown))
        self._agree(self.terms)

    def _forget_all(self) -> None:
        """What the client said in the clear, anybody may have said (RFC 3207 section 4.2)."""
        self._forget()
        self.session.host_name = None
        self.session.extended_smtp = False
        self._reset_timeout()

    def _forget(self) -> None:
        """The mail in progress is none."""
        raise NotImplementedError


def _said(error: OSError) -> str:
    """What went wrong, in few words."""
    reason = error.reason if isinstance(error, ssl.SSLError) else ""
    return (reason or str(error) or type(error).__name__).replace("_", " ").lower()


def _subject(shown: dict[str, tuple[tuple[tuple[str, str], ...], ...]]) -> str:
    """The subject of a certificate, as the ssl module shows it."""
    return ", ".join(f"{key}={value}" for part in shown.get("subject", ()) for key, value in part)
