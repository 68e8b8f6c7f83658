"""One connection: how it begins and ends, its time, commands in and replies out.  aiosmtpd made fit, part one; see protocol.py.

Nobody cancels a session: it ends by itself when the client is gone, or when its time or the gateway's is up.  So nothing can
cut a commit short.  Replies are collected, and written together when the session has to wait for the client (RFC 2920).
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
import socket
from typing import Any, cast

from aiosmtpd.smtp import SMTP

from gateway.config import Smtp
from gateway.errors import VanthuError
from gateway.model import new_id
from gateway.smtp import replies
from gateway.smtp.grammar import CommandError
from gateway.smtp.handler import Envelope, Handler, Session
from gateway.smtp.identity import TrustedNetworks

logger = logging.getLogger(__name__)

VERBS = ("DATA", "EHLO", "HELO", "HELP", "MAIL", "NOOP", "QUIT", "RCPT", "RSET", "VRFY")
_KNOWN_ELSEWHERE = frozenset({"AUTH", "BDAT", "ETRN", "EXPN", "SAML", "SEND", "SOML", "STARTTLS", "TURN"})
# Octets of a command line with CR LF: 512 (RFC 5321 section 4.5.3.1.4), and what the extensions add: SIZE 26, BODY 17,
# SMTPUTF8 10, RET and ENVID 116, AUTH 500; NOTIFY and ORCPT 536 (RFC 1870, 6152, 6531, 3461, 4954).  Never changed.
_COMMAND_OCTETS = {"MAIL": 512 + 26 + 17 + 10 + 116 + 500, "RCPT": 512 + 10 + 536}
_COMMAND_OCTETS_ELSE = 512
_LONGEST_COMMAND = max(_COMMAND_OCTETS.values())
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")

MAX_ERRORS = 10  # without a mail taken in between
_WAKE = b"\n"  # lets the task see that the session ends
_TURN = 100  # commands in a row that were there already; then other sessions get their turn
CHUNK = 128 * 1024


class ClientGone(VanthuError):
    """The connection is lost: nobody is there to reply to."""


class Reception:
    """What all sessions of the door share."""

    def __init__(self, handler: Handler, settings: Smtp, hostname: str, loop: asyncio.AbstractEventLoop) -> None:
        self.handler = handler
        self.settings = settings
        self.hostname = hostname
        self.loop = loop
        self.trusted = TrustedNetworks(settings.trusted_networks)
        self.extensions = replies.extensions(hostname, max_bytes=settings.max_message_bytes)
        self.help = replies.help_text(VERBS, settings.help_url)
        self.sessions: set[Connection] = set()
        self.bytes_in_flight = 0
        self.stopping = False
        # aiosmtpd looks through itself with inspect and dir() for every connection (160 µs): here once, and every session
        # starts from a copy.
        self.pattern: dict[str, Any] = vars(
            SMTP(
                handler,
                data_size_limit=settings.max_message_bytes,
                enable_SMTPUTF8=True,
                hostname=hostname,
                ident="Vanthu",
                timeout=settings.command_timeout_s,
                loop=loop,
            )
        )

    def room(self) -> int:
        """Bytes that may still come in before [smtp] max_bytes_in_flight is reached."""
        return self.settings.max_bytes_in_flight - self.bytes_in_flight


class Connection(SMTP):
    """One connection and its session.  The commands are in protocol.SmtpProtocol."""

    session: Session
    envelope: Envelope

    def __init__(self, reception: Reception) -> None:
        # Not SMTP.__init__: see Reception.pattern.
        self.__dict__.update(reception.pattern)
        asyncio.StreamReaderProtocol.__init__(
            self,
            asyncio.StreamReader(limit=CHUNK, loop=reception.loop),
            client_connected_cb=self._cb_client_connected,
            loop=reception.loop,
        )
        self._reception = reception
        self._inbox = bytearray()  # came, and not read yet
        self._outbox: list[str] = []  # replies, and not written yet
        self._held = 0  # bytes of the mail in progress, counted in reception.bytes_in_flight
        self._errors = 0
        self._refused = False  # a MAIL or RCPT was refused: what a pipelining client sent after it is no further error
        self._ending = False
        self._at_rest = False  # the task waits for a command
        self._data_comes = False  # 354 was said: what comes now is a mail
        self._taking = False  # the mail is complete and on its way through the intake
        self._deadline = math.inf
        self._timer_at = math.inf
        self._lost = False

    # --- The connection -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there: begin the session, or send it away when there are too many."""
        reception = self._reception
        if reception.stopping or len(reception.sessions) >= reception.settings.max_connections:
            self._send_away(transport)
            return
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reception.sessions.add(self)
        super().connection_made(transport)
        self.session.address = str(self.session.peer[0]) if self.session.peer else ""
        self.session.identity = reception.trusted.identity_of(self.session.address)

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone.  The session finds out when it reads; aiosmtpd would cancel it in the middle of a commit."""
        self._lost = True
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        self.transport = None
        asyncio.StreamReaderProtocol.connection_lost(self, error)

    def eof_received(self) -> bool | None:
        """The client will say no more.  It may still read: what came before is answered (RFC 9293 section 3.6)."""
        return asyncio.StreamReaderProtocol.eof_received(self)

    def dismiss(self, *, at_once: bool) -> None:
        """The gateway stops: 421 now if no mail is in progress (or ``at_once``), else after it.  Never during a commit."""
        if self._taking or self._ending:
            return
        if at_once or self.envelope.mail_from is None:
            self._hang_up(replies.stopping(self.hostname))

    def abort(self) -> None:
        """Cut the connection of a client that does not even read its 421.  Never during a commit."""
        if self.transport is not None and not self._taking:
            self._writer.transport.abort()

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The running session."""
        return self._handler_coroutine

    def _send_away(self, transport: asyncio.BaseTransport) -> None:
        reception = self._reception
        reply = replies.stopping(self.hostname) if reception.stopping else replies.too_many_connections(self.hostname)
        # uvloop's transport is none of asyncio's classes, but it writes.
        cast(asyncio.WriteTransport, transport).write(reply.encode() + b"\r\n")
        transport.close()

    def _hang_up(self, reply: str) -> None:
        """Say a last word from outside the session's own task, and close."""
        self._ending = True
        if self.transport is None or self.transport.is_closing():
            return
        self._say(reply)
        self._writer.write(self._collected())
        self.transport.close()

    def _create_session(self) -> Session:
        return Session(self.loop)

    def _create_envelope(self) -> Envelope:
        return Envelope()

    def _hold(self, size: int) -> None:
        """The mail in progress has so many bytes in memory."""
        self._reception.bytes_in_flight += size - self._held
        self._held = size

    def _release(self) -> None:
        self._hold(0)

    # --- Time: one timer for each connection, moved only when it fires ---------------------------------------------------

    def _reset_timeout(self, duration: float | None = None) -> None:
        self._deadline = self.loop.time() + (duration or self._timeout_duration)
        if self._deadline < self._timer_at:
            self._look_at(self._deadline)

    def _look_at(self, when: float) -> None:
        """Set the timer, unless the connection is lost."""
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        if not self._lost:
            self._timer_at = when
            self._timeout_handle = self.loop.call_at(when, self._timeout_cb)

    def _timeout_cb(self) -> None:
        if self.transport is None:
            return
        now = self.loop.time()
        if self._deadline > now:
            # 0.01 s more: a timer may fire a little before its time, and would then be set again and again.
            self._look_at(min(self._deadline, now + self._timeout_duration) + 0.01)
        elif self.transport.is_closing() or self._writer.transport.get_write_buffer_size():
            # The client does not read: it would never take a last reply either.
            self.abort()
        else:
            self._hang_up(replies.TOO_SLOW)
            self._look_at(now + self._timeout_duration)

    # --- The conversation -----------------------------------------------------------------------------------------------

    async def _handle_client(self) -> None:
        try:
            await self._converse()
        except ClientGone as gone:
            logger.debug("[%s] is gone: %s", self.session.address, gone)
        except Exception:  # the top of the session: nothing but this connection may suffer
            logger.exception("session of [%s] ended by an error", self.session.address)
        finally:
            self._release()
            self._reception.sessions.discard(self)
            self._inbox.clear()
            if self.transport is not None:
                self.transport.close()

    async def _converse(self) -> None:
        self._say(replies.greeting(self.hostname))
        while not self._ending:
            line = await self._next_line()
            if line is None:
                break
            if line:
                self._obey(line)
            if self._data_comes:
                await self._receive()
            if len(self._outbox) >= _TURN:
                await self._flush()
                await asyncio.sleep(0)
        await self._flush()

    async def _next_line(self) -> bytes | None:
        """The next command with its line end, b"" when a mail comes instead, or None when the client is done."""
        inbox = self._inbox
        while True:
            if self._data_comes:
                return b""
            end = inbox.find(b"\n") + 1
            if end:
                line = bytes(inbox[:end])
                del inbox[:end]
                return line
            # The rest of an endless line is not kept: it will be too long anyway.
            del inbox[_LONGEST_COMMAND + 1 :]
            if not await self._fill(at_rest=not inbox):
                return None

    async def _fill(self, *, at_rest: bool = False) -> bool:
        """Wait for more from the client; False when no more will come.  ``at_rest``: nothing of a command is in the inbox."""
        await self._flush()
        # Not before the flush, which may wait while the reader holds bytes: who waits in read() knows that there are none, so
        # data_received() can't obey a later command before an earlier one, or take a piece of a mail for one.
        self._at_rest = at_rest
        try:
            chunk = await self._reader.read(CHUNK)
        except OSError as error:
            raise ClientGone(str(error)) from error
        finally:
            self._at_rest = False
        self._inbox += chunk
        return bool(chunk) and not self._ending

    def data_received(self, data: bytes) -> None:
        """Obey what needs no waiting here and now: to wake the session's task costs more than most commands."""
        idle = self._at_rest and not (self._data_comes or self._ending)
        if idle and not self._writer.transport.get_write_buffer_size():
            data = self._obey_at_once(data)
        if data:
            self._at_rest = False  # what comes before the task woke up stands behind this
            super().data_received(data)

    def _obey_at_once(self, data: bytes) -> bytes:
        """Obey whole commands, up to one that the task has to see; gives the bytes from there on."""
        for _ in range(_TURN):
            end = data.find(b"\n") + 1
            verb = data[:4].upper()
            if not end or verb == b"QUIT" or (verb == b"DATA" and end < len(data)):
                break
            self._obey(data[:end])
            data = data[end:]
            if self._ending or self._data_comes or not data:
                break
        if self._outbox and not self._ending and self.transport is not None and not self.transport.is_closing():
            self._writer.write(self._collected())
        return data or (_WAKE if self._ending else b"")

    def _obey(self, line: bytes) -> None:
        """Carry out one command."""
        self._reset_timeout()
        verb = ""
        try:
            verb, argument = self._command(line)
            getattr(self, f"obey_{verb.lower()}")(argument)
        except CommandError as error:
            self._object(verb, error.reply)
        except Exception:  # aiosmtpd would say 500, and the text of the exception
            failure_id = new_id()
            logger.exception("%s of [%s] failed (%s)", verb, self.session.address, failure_id)
            self._say(replies.failure(failure_id))

    async def _receive(self) -> None:
        """Take the mail that was announced."""
        try:
            await self._take_data()
        except ClientGone:
            raise
        except Exception:  # as above
            failure_id = new_id()
            logger.exception("DATA of [%s] failed (%s)", self.session.address, failure_id)
            self._say(replies.failure(failure_id))
            # What is left of the data must not be read as commands.
            self._ending = True

    async def _take_data(self) -> None:
        raise NotImplementedError

    def _command(self, line: bytes) -> tuple[str, str]:
        """Split a line into verb and argument.  Raises CommandError."""
        # Old devices in the trusted network end commands with LF alone; a CR or LF within a command is refused for all.
        text = line[:-2] if line.endswith(b"\r\n") else line[:-1]
        verb_bytes, _, argument = text.partition(b" ")
        verb = verb_bytes.upper().decode("ascii", "replace")
        if len(line) > _COMMAND_OCTETS.get(verb, _COMMAND_OCTETS_ELSE):
            raise CommandError(replies.LINE_TOO_LONG)
        if _CONTROL.search(text) or (len(text) == len(line) - 1 and not self.session.trusted):
            raise CommandError(replies.BARE_IN_COMMAND)
        if verb not in VERBS:
            raise CommandError(replies.NOT_IMPLEMENTED if verb in _KNOWN_ELSEWHERE else replies.UNKNOWN_COMMAND)
        # Broken UTF-8 becomes lone surrogates, which no address may contain: it is refused there, not repaired here.
        return verb, argument.strip(b" ").decode("utf-8", "surrogateescape")

    def _object(self, verb: str, reply: str) -> None:
        """Refuse a command, and end the session when there were too many errors."""
        in_the_wake = self._refused and verb in ("RCPT", "DATA") and reply.startswith("503")
        self._errors += not (in_the_wake or reply.startswith("4"))
        self._refused = self._refused or verb in ("MAIL", "RCPT")
        self._say(reply)
        if self._errors >= MAX_ERRORS:
            logger.info("[%s] made too many errors, the last: %r", self.session.address, reply)
            self._say(replies.TOO_MANY_ERRORS)
            self._ending = True
        if reply.startswith("421"):
            self._ending = True

    def _say(self, reply: str) -> None:
        self._outbox.append(reply)

    def _collected(self) -> bytes:
        self._outbox.append("")
        written = "\r\n".join(self._outbox).encode("ascii", "replace")
        self._outbox.clear()
        return written

    async def _flush(self) -> None:
        """Write what was collected; raises ClientGone when the client is gone."""
        if self._outbox and self.transport is not None and not self.transport.is_closing():
            self._writer.write(self._collected())
            try:
                await self._writer.drain()
            except OSError as error:
                raise ClientGone(str(error)) from error
