"""How a connection to the next mail server gets ready: greeting, EHLO, and TLS and sign-in where the settings want them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from gateway.smtp.securing import Act, NotSecure, Securing, said, upgraded
from gateway.smtp.transaction import Offer, Reply, ReplyReader, offer_in


class Pool(Protocol):
    """What all connections to one server have in common."""

    hostname: str
    lmtp: bool


class Opening(asyncio.Protocol):
    """A connection until it is ready; the rest of its life is in connection.Connection."""

    def __init__(self, pool: Pool, loop: asyncio.AbstractEventLoop, securing: Securing) -> None:
        self._pool = pool
        self._securing = securing
        self._hello = f"{'LHLO' if pool.lmtp else 'EHLO'} {pool.hostname}\r\n".encode()
        self._loop = loop
        self._reader = ReplyReader()
        self._on_reply: Callable[[Reply], None] = self._on_greeting
        self._transport: asyncio.Transport | None = None
        self._offer = Offer()
        self._steps = securing.begin()
        self._handshake: asyncio.Task[None] | None = None
        self._early: list[Reply] = []  # came during a handshake

    def break_off(self, because: str) -> None:
        """Drop the connection."""
        raise NotImplementedError

    def _get_ready(self) -> None:
        """Mails may go."""
        raise NotImplementedError

    def _send(self, data: bytes) -> None:
        raise NotImplementedError

    def _expect_reply(self, times: float = 1.0) -> None:
        raise NotImplementedError

    def _on_greeting(self, reply: Reply) -> None:
        if not reply.is_positive:
            self.break_off(f"greeting {reply}")
            return
        self._on_reply = self._on_ehlo
        self._send(self._hello)

    def _on_ehlo(self, reply: Reply) -> None:
        if reply.is_positive:
            self._offer = offer_in(reply, lmtp=self._pool.lmtp)
            if self._securing.is_plain:
                self._get_ready()
            else:
                self._secure(reply)
        elif reply.code >= 500 and not self._pool.lmtp:
            self._on_reply = self._on_helo
            self._send(f"HELO {self._pool.hostname}\r\n".encode())
        else:
            self.break_off(f"EHLO: {reply}")

    def _on_helo(self, reply: Reply) -> None:
        if reply.is_positive and self._securing.is_plain:
            self._get_ready()
        elif reply.is_positive:
            self._secure(reply)
        else:
            self.break_off(f"HELO: {reply}")

    def _secure(self, reply: Reply) -> None:
        """One step further on the way to a connection that is as the settings want it."""
        self._on_reply = self._secure
        try:
            step = self._steps.take(reply, self._loop.time())
        except NotSecure as error:
            self.break_off(str(error))
            return
        if step is Act.GO_ON:
            self._get_ready()
        elif step is Act.HANDSHAKE:
            self._begin_handshake(self._greet_again)
        elif isinstance(step, bytes):
            self._send(step)

    def _begin_handshake(self, then: Callable[[], None]) -> None:
        """TLS on this connection, then ``then``; what the other side says until then is heard afterwards."""
        if self._transport is None:
            return
        self._transport.pause_reading()  # start_tls() goes on reading; until then nothing is heard that nobody has encrypted
        self._on_reply = self._early.append
        self._handshake = self._loop.create_task(self._shake_hands(self._transport, then))

    async def _shake_hands(self, transport: asyncio.Transport, then: Callable[[], None]) -> None:
        peer, trouble = transport.get_extra_info("peername"), ""
        if self._early or self._reader.has_rest:
            # Whoever sits between can put words behind the reply to STARTTLS, to be heard as if they came by TLS.
            self._handshake = None
            self.break_off("TLS: replies came before the handshake")
            return
        try:
            self._transport = await upgraded(transport, self, self._securing, self._loop)
            self._steps.is_secure = True
        except (OSError, NotSecure) as error:
            trouble = f"TLS: {said(error)}"
            if isinstance(error, OSError) and self._securing.may_go_clear(error, self._loop.time()):
                trouble = await self._start_again(transport, peer)
                then = self._listen_again
        self._handshake = None
        if trouble:
            self.break_off(trouble)
        else:
            then()

    async def _start_again(self, transport: asyncio.Transport, peer: tuple[str, int]) -> str:
        """Reach the same server anew, in the clear.  "" when it is there, else why it is not."""
        transport.abort()
        self._transport = None
        self._reader = ReplyReader()
        try:
            await self._loop.create_connection(lambda: self, *peer[:2])
        except OSError as error:
            return str(error) or "no answer in time"
        return ""

    def _listen_again(self) -> None:
        """Hear what was said during the handshake, from the greeting on."""
        self._on_reply = self._on_greeting
        self._expect_reply()
        early, self._early = self._early, []
        for reply in early:
            self._on_reply(reply)

    def _greet_again(self) -> None:
        """What was said before TLS counts no more (RFC 3207 section 4.2)."""
        self._on_reply = self._on_ehlo
        self._send(self._hello)
