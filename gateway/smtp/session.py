"""One connection: how it begins and ends, its time, commands in and replies out; the commands are in protocol.py.

Nobody cuts a session short: it ends when the client is gone, or when its time or the gateway's is up, and never while the
intake has a mail.  Everything happens at once, in the call that brings the bytes; only a mail that is complete gets a task, and
until that is done nothing else is obeyed.  Replies are collected, and written together when the session has to wait (RFC 2920).
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Callable
from typing import cast

from gateway.model import new_id
from gateway.smtp import replies
from gateway.smtp.entrance import Entrance
from gateway.smtp.grammar import CommandError
from gateway.smtp.handler import Envelope, Session
from gateway.smtp.proxy_header import Client
from gateway.smtp.sasl import LONGEST
from gateway.smtp.shared import Reception
from gateway.smtp.sources import Limit, Source
from gateway.smtp.terms import Terms

logger = logging.getLogger(__name__)

_KNOWN_ELSEWHERE = frozenset(
    {"AUTH", "ETRN", "EXPN", "LHLO", "SAML", "SEND", "SOML", "STARTTLS", "TURN", "XCLIENT", "XFORWARD"}
)
# Octets of a command line with CR LF: 512 (RFC 5321 section 4.5.3.1.4), and what the extensions add: SIZE 26, BODY 17,
# SMTPUTF8 10, RET and ENVID 116, AUTH 500, PRDR 5; NOTIFY and ORCPT 536 (RFC 1870, 6152, 6531, 3461, 4954).  Never changed.
_COMMAND_OCTETS = {"MAIL": 512 + 26 + 17 + 10 + 116 + 500 + 5, "RCPT": 512 + 10 + 536, "AUTH": LONGEST}
_COMMAND_OCTETS_ELSE = 512
_LONGEST_COMMAND = max(_COMMAND_OCTETS.values())
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")

_TRUSTED_ERRORS = 1000  # without a mail taken in between; of others [smtp.limits] errors
_TURN = 100  # commands in a row that were there already; then other sessions get their turn
CHUNK = 128 * 1024  # bytes that may wait while nothing is obeyed


class Connection(asyncio.Protocol):
    """One connection and its session.  The commands are in protocol.SmtpProtocol."""

    terms: Terms  # from the moment the client is known

    def __init__(self, reception: Reception, entrance: Entrance, client: Client | None = None) -> None:
        """``client`` connected to the balancer that connected to us."""
        self._reception = reception
        self.entrance = entrance
        self._client = client
        self.loop = reception.loop
        self.hostname = reception.hostname
        self.session = Session(reception.loop)
        self.envelope = Envelope()
        self._transport: asyncio.Transport | None = None  # None when the connection is lost
        self._inbox = bytearray()  # came, and not obeyed yet
        self._outbox: list[str] = []  # replies, and not written yet
        self._counted = 0  # bytes of the mail in progress, counted in reception.bytes_in_flight
        self._source: Source | None = None  # of a client that is not trusted
        self._errors = 0.0
        self._idle_commands = 0  # that brought no mail nearer, since the last mail
        self._mail_by = math.inf  # when the session must have brought a mail
        self._refused = False  # a MAIL or RCPT was refused: what a pipelining client sent after it is no further error
        # What keeps the session from obeying:
        self._ending = False
        self._task: asyncio.Task[None] | None = None  # a mail is complete and on its way through the intake
        self._is_full = False  # the client does not read its replies
        # Something else goes on: it is the turn of others, after much at once; the pause before the greeting; or an errand.
        self._waits = False
        self._greets_later = False
        self._on_line: Callable[[bytes], None] = self._obey  # or hears the answer to a question of ours
        self._errand: asyncio.Task[None] | None = None  # a handshake, or the check of a password
        self._no_more = False  # the client said its last word
        self._is_deaf = False  # the socket is not read
        self._deadline = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf

    # --- The connection -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there: begin the session, or send it away when there are too many."""
        reception = self._reception
        # uvloop's transport is none of asyncio's classes, but it reads and writes.
        self._transport = cast(asyncio.Transport, transport)
        session = self.session
        peer = self._client or transport.get_extra_info("peername")
        session.address = session.connected = str(peer[0]) if peer else ""
        self._agree(self.entrance.terms_of(session.address))
        if self._is_welcome():
            reception.enter(self)
            self._reset_timeout()
            self._begin()

    def _agree(self, terms: Terms) -> None:
        """From now on these terms hold: those by TLS, where it stands."""
        terms = terms.secured if self.session.tls and terms.secured is not None else terms
        self.terms = self.session.terms = terms
        self.session.identity = terms.identity

    def _is_welcome(self) -> bool:
        """Whether there is room for this client; else it is sent away."""
        reception, session = self._reception, self.session
        if reception.stopping:
            self._hang_up(replies.stopping(self.hostname))
            return False
        source = None if session.trusted else reception.sources.of(session.address)
        limit = reception.limit_met(source)
        if limit is not None:
            reception.sources.tell(limit, session.address, source)
            self._hang_up(_SENT_AWAY.get(limit, replies.too_many_from_there)(self.hostname))
            return False
        self._source = source
        return True

    def _begin(self) -> None:
        """Say who we are: to strangers after a pause, if one is set."""
        self._may_be_quiet()
        if self._source is not None and self._reception.limits.greet_pause_s:
            self._waits = self._greets_later = True
            self.loop.call_later(self._reception.limits.greet_pause_s, self._end_pause)
        else:
            self._say(self.entrance.greeting)
            self._flush()

    def _end_pause(self) -> None:
        self._waits = self._greets_later = False
        if self._transport is None or self._ending:
            return
        self._say(self.entrance.greeting)
        self._obey_all()  # nothing came, but perhaps the client has left meanwhile

    def _object_to_haste(self) -> None:
        """A client that does not wait for the greeting is no mail server (RFC 5321 section 3.1)."""
        self._meets(Limit.EARLY)
        self._hang_up(replies.TOO_EARLY)

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone.  A mail that the intake has is accepted all the same."""
        self._transport = None
        self._ending = True
        if self._timer is not None:
            self._timer.cancel()
        if self._task is None:
            self._leave()

    def eof_received(self) -> bool:
        """The client will say no more.  It may still read: what came before is answered (RFC 9293 section 3.6)."""
        self._no_more = True
        self._go_on()
        return True

    def pause_writing(self) -> None:
        """The client does not read: nothing more is obeyed until it does."""
        self._is_full = True

    def resume_writing(self) -> None:
        """It reads."""
        self._is_full = False
        self._go_on()

    def dismiss(self, *, at_once: bool) -> None:
        """The gateway stops: 421 now if no mail is in progress (or ``at_once``), else after it.  Never during a commit."""
        if self._task is not None or self._ending:
            return
        if self._errand is not None:
            self._errand.cancel()
        elif at_once or self.envelope.mail_from is None:
            self._hang_up(replies.stopping(self.hostname))

    def abort(self) -> None:
        """Cut the connection of a client that does not even read its 421.  Never during a commit."""
        if self._transport is not None and self._task is None:
            self._transport.abort()

    def _hang_up(self, reply: str) -> None:
        """Say a last word, and close."""
        self._ending = True
        self._say(reply)
        self._flush()
        self._close()

    def _close(self) -> None:
        """No more is obeyed; what was said still leaves."""
        self._ending = True
        self._inbox.clear()
        if self._transport is not None:
            self._transport.close()

    def _leave(self) -> None:
        self._release()
        if self._source is not None:
            self._reception.sources.leave(self._source)
            self._source = None
        self._on_line = _hear_nothing  # else the session would hold itself in memory
        self._inbox.clear()
        self._reception.leave(self)

    def _count(self, size: int) -> None:
        """The mail in progress has so many bytes in memory."""
        self._reception.count(size - self._counted, self._source)
        self._counted = size

    def _release(self) -> None:
        self._count(0)

    # --- Time: one timer for each connection, moved only when it fires ---------------------------------------------------

    def _reset_timeout(self, duration: float = 0.0) -> None:
        self._deadline = self.loop.time() + (duration or self._reception.settings.command_timeout_s)
        if self._deadline < self._timer_at:
            self._look_at(self._deadline)

    def _look_at(self, when: float) -> None:
        """Set the timer, unless the connection is lost."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._timer_at = when
            self._timer = self.loop.call_at(when, self._on_time)

    def _on_time(self) -> None:
        if self._transport is None:
            return
        now, patience = self.loop.time(), self._reception.settings.command_timeout_s
        is_busy = self._task is not None or self._errand is not None or self._brings_mail
        is_quiet = self._mail_by <= now and not is_busy
        if self._deadline > now and not is_quiet:
            # 0.01 s more: a timer may fire a little before its time, and would then be set again and again.
            quiet_until = self._mail_by if self._mail_by > now else math.inf
            self._look_at(min(self._deadline, now + patience, quiet_until) + 0.01)
        elif self._transport.is_closing() or self._transport.get_write_buffer_size():
            # The client does not read: it would never take a last reply either.
            self.abort()
        else:
            self._meets(Limit.TIME)
            self._hang_up(replies.TOO_SLOW)
            self._look_at(now + patience)

    def _may_be_quiet(self) -> None:
        """From now on, a stranger has [smtp.limits] quiet_s to bring a mail."""
        if self._source is not None and self._reception.limits.quiet_s:
            self._mail_by = self.loop.time() + self._reception.limits.quiet_s
            if self._mail_by < self._timer_at:
                self._look_at(self._mail_by)

    def _meets(self, limit: Limit) -> None:
        """A limit ends this session, or refuses a mail."""
        self._reception.sources.tell(limit, self.session.address, self._source)

    # --- The conversation -----------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Obey what came, or keep it until what keeps the session from obeying is over."""
        if self._ending:
            return
        if self._reads_mail and not self._inbox:
            self._read_mail(data)
        else:
            self._inbox += data
        if not self._is_held:
            self._obey_all()
        elif self._greets_later:
            self._object_to_haste()
        elif len(self._inbox) > CHUNK and self._transport is not None:
            self._is_deaf = True
            self._transport.pause_reading()

    @property
    def _is_held(self) -> bool:
        return self._ending or self._task is not None or self._is_full or self._waits

    def _go_on(self) -> None:
        """What held the session is over: obey what came meanwhile."""
        if not (self._is_held or self._transport is None):
            self._obey_all()

    def _obey_all(self) -> None:
        """Obey what is in the inbox, as far as it goes, then let the client read the replies."""
        commands = 0
        while self._inbox and not self._is_held:
            if self._reads_mail:
                data = bytes(self._inbox)
                self._inbox.clear()
                self._read_mail(data)
            elif commands == _TURN:
                self._waits = True
                self.loop.call_soon(self._take_turn)
            elif line := self._next_line():
                self._on_line(line)
                commands += 1
            else:
                break
        self._flush()
        if self._no_more and not self._is_held:
            self._ending = True
        if self._ending and self._task is None:
            self._close()
        elif self._is_deaf and len(self._inbox) <= CHUNK and self._transport is not None:
            self._is_deaf = False
            self._transport.resume_reading()

    def _take_turn(self) -> None:
        self._waits = False
        self._go_on()

    def _next_line(self) -> bytes:
        """The next command with its line end; b"" when it has not come whole yet."""
        inbox = self._inbox
        end = inbox.find(b"\n") + 1
        if not end:
            # The rest of an endless line is not kept: it will be too long anyway.
            del inbox[_LONGEST_COMMAND + 1 :]
            return b""
        line = bytes(inbox[:end])
        del inbox[:end]
        return line

    def _obey(self, line: bytes) -> None:
        """Carry out one command."""
        self._reset_timeout()
        verb = ""
        try:
            verb, argument = self._command(line)
            self.terms.commands[verb](self, argument)
        except CommandError as error:
            self._object(verb, error.reply)
        except Exception:  # the top of the session: nothing but this command may suffer, and the client learns no more
            failure_id = new_id()
            logger.exception("%s of [%s] failed (%s)", verb, self.session.address, failure_id)
            self._say(replies.failure(failure_id))

    @property
    def _reads_mail(self) -> bool:
        """Whether what comes now is a mail."""
        raise NotImplementedError

    @property
    def _brings_mail(self) -> bool:
        """Whether a mail is on its way, also between its chunks."""
        raise NotImplementedError

    def _read_mail(self, data: bytes) -> None:
        """Take some of it; what stands behind its end goes into the inbox, which is empty."""
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
        if verb not in self.terms.commands:
            raise CommandError(replies.NOT_IMPLEMENTED if verb in _KNOWN_ELSEWHERE else replies.UNKNOWN_COMMAND)
        # Broken UTF-8 becomes lone surrogates, which no address may contain: it is refused there, not repaired here.
        return verb, argument.strip(b" ").decode("utf-8", "surrogateescape")

    def _object(self, verb: str, reply: str) -> None:
        """Refuse a command, and end the session when there were too many errors."""
        in_the_wake = self._refused and verb in ("RCPT", "DATA", "BDAT") and reply.startswith("503")
        if not (in_the_wake or reply.startswith("4")):
            # Mail to a list comes with addresses that are no longer there, each time in the same order: it must get through.
            self._errors += 0.1 if verb == "RCPT" else 1.0
        self._refused = self._refused or verb in ("MAIL", "RCPT")
        self._say(reply)
        if round(self._errors, 1) >= self._most_errors:
            logger.info("[%s] made too many errors, the last: %r", self.session.address, reply)
            self._meets(Limit.ERRORS)
            self._say(replies.TOO_MANY_ERRORS)
            self._ending = True
        if reply.startswith("421"):
            self._ending = True

    @property
    def _most_errors(self) -> int | float:
        return _TRUSTED_ERRORS if self._source is None else self._reception.limits.errors or math.inf

    def _idles(self) -> None:
        """A command came that brings no mail nearer.  Raises CommandError when a stranger has said too many of them."""
        self._idle_commands += 1
        most = self._reception.limits.commands
        if self._source is not None and 0 < most < self._idle_commands:
            self._meets(Limit.COMMANDS)
            raise CommandError(replies.TOO_MANY_COMMANDS)

    def _say(self, reply: str) -> None:
        self._outbox.append(reply)

    def _flush(self) -> None:
        """Write what was collected."""
        if not self._outbox:
            return
        self._outbox.append("")
        written = "\r\n".join(self._outbox).encode("ascii", "replace")
        self._outbox.clear()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(written)


_SENT_AWAY: dict[Limit, Callable[[str], str]] = {
    Limit.CONNECTIONS: replies.too_many_connections,
    Limit.LAG: replies.busy,
}  # others: too much comes from there


def _hear_nothing(line: bytes) -> None:
    """The session is over."""
