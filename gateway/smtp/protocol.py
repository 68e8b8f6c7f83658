"""The commands of the SMTP door, and the data of a mail: one session, from greeting to goodbye.

aiosmtpd gives session and envelope (handler.py), and was the first house; its protocol loses, refuses or delays good mail: data
read line by line, lines over 1001 octets refused, a handler cancelled when the client half-closes, 500 with the text of an
exception, parameters refused or put into capitals, addresses repaired, limits in class attributes that change under other
sessions, a timer that a slow but steady client cannot meet, no enhanced codes, no PIPELINING, a task that is woken for
every line.  Nothing of it was left, so this is a protocol of our own (docs/decisions/0009-a-protocol-of-our-own.md).

How a connection lives and dies is in session.py.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Coroutine, Mapping
from typing import Any

from msgspec.structs import replace

from gateway.model import Door, Recipient, new_id
from gateway.smtp import replies
from gateway.smtp.chunks import ChunkReader, chunk_of
from gateway.smtp.data import DataReader
from gateway.smtp.entrance import Entrance
from gateway.smtp.grammar import CommandError, Path, mail_path, rcpt_path
from gateway.smtp.handler import Envelope, Excess
from gateway.smtp.proxy_header import Client
from gateway.smtp.shared import Reception
from gateway.smtp.signing_in import SigningIn
from gateway.smtp.sources import Limit
from gateway.smtp.terms import Command, Guards

logger = logging.getLogger(__name__)


class SmtpProtocol(SigningIn):
    """The commands of one session."""

    def __init__(self, reception: Reception, entrance: Entrance, client: Client | None = None) -> None:
        super().__init__(reception, entrance, client)
        self._data: DataReader | ChunkReader | None = None  # 354 or BDAT was said: what comes now is a mail
        self._chunks: ChunkReader | None = None  # the mail in progress comes by BDAT
        self._data_since = 0.0
        self._excess = Excess.NONE

    def obey_helo(self, hostname: str) -> None:
        """Begin without extensions."""
        self._greeted_by(hostname, extended=False)
        self._say(replies.hello(self.hostname))

    def obey_ehlo(self, hostname: str) -> None:
        """Begin, and say what we can."""
        self._greeted_by(hostname, extended=True)
        self._say(self.terms.extensions)

    def _greeted_by(self, hostname: str, *, extended: bool) -> None:
        if not hostname:
            raise CommandError(replies.syntax("EHLO hostname" if extended else "HELO hostname"))
        self._idles()
        self._forget()
        client = self.session.client
        self.session.host_name = (client.host_name if client is not None else "") or hostname
        self.session.extended_smtp = extended

    def obey_mail(self, arg: str) -> None:
        """Open a mail."""
        reception = self._reception
        if reception.stopping:
            raise CommandError(replies.stopping(self.hostname))
        if not self.session.host_name:
            raise CommandError(replies.HELLO_FIRST)
        if self.envelope.mail_from is not None:
            raise CommandError(replies.NESTED_MAIL)
        path = mail_path(arg)
        if path.prdr and self.terms.door is not Door.SMTP:
            raise CommandError(replies.UNKNOWN_PARAMETER)  # LMTP answers each recipient anyway, and refuses nothing
        if path.size > reception.settings.max_message_bytes:
            raise CommandError(replies.too_large(reception.settings.max_message_bytes))
        if reception.room(self._source) <= path.size:
            raise CommandError(replies.NO_ROOM)
        if self._source is not None and not reception.sources.begins_mail(self._source):
            self._meets(Limit.SOURCE_MAILS)
            raise CommandError(replies.TOO_MANY_MAILS)
        envelope = self.envelope
        envelope.mail_from, envelope.options, envelope.smtp_utf8 = path.address, path.options, path.utf8
        if path.prdr:
            envelope.answers_each = True
        self._refused = False
        self._say(replies.SENDER_OK)

    def obey_rcpt(self, arg: str) -> None:
        """Add a recipient."""
        envelope = self.envelope
        if envelope.mail_from is None:
            raise CommandError(replies.MAIL_FIRST)
        if self._chunks is not None:
            raise CommandError(replies.CHUNKS_BEGUN)
        path = rcpt_path(arg, utf8=envelope.smtp_utf8)
        if len(envelope.recipients) >= self._reception.settings.max_recipients:
            raise CommandError(replies.TOO_MANY_RECIPIENTS)
        objection = (
            "" if self.terms.takes_all else self._reception.handler.objection(path.address, self.session, envelope.mail_from)
        )
        if not isinstance(objection, str):
            self._deadline = math.inf
            self._task = self.loop.create_task(self._ask(objection, path))
            return
        if objection and path.address.lower() == f"postmaster@{self.hostname}".lower():
            path = replace(path, address="postmaster")  # ours: the next mail server knows who that is (RFC 5321 section 4.5.1)
        elif objection:
            raise CommandError(objection)
        self._take_recipient(path)

    def _take_recipient(self, path: Path) -> None:
        self.envelope.recipients.append(Recipient(address=path.address, options=path.options))
        self._say(replies.RECIPIENT_OK)

    async def _ask(self, asking: Coroutine[Any, Any, str], path: Path) -> None:
        """Find out whether there is such an address, then go on."""
        try:
            objection = await asking
        except Exception:  # as at the top of the session: nothing but this command may suffer
            failure_id = new_id()
            logger.exception("RCPT of [%s] failed (%s)", self.session.address, failure_id)
            objection = replies.failure(failure_id)
        self._task = None
        if self._transport is None:
            self._leave()
            return
        self._reset_timeout()
        if self._reception.stopping:
            self._hang_up(replies.stopping(self.hostname))
            return
        if objection:
            self._object("RCPT", objection)
        else:
            self._take_recipient(path)
        self._obey_all()

    def obey_data(self, arg: str) -> None:
        """Say that the data may come."""
        try:
            if arg:
                raise CommandError(replies.syntax("DATA"))
            if self._chunks is not None:
                raise CommandError(replies.CHUNKS_BEGUN)
            if not self.envelope.recipients:
                raise CommandError(self._nobody())
        except CommandError:
            # DATA must be the last of a pipelined group (RFC 2920 section 3.1): what came after it is a mail, not commands.
            if self._inbox:
                raise CommandError(replies.IMPROPER_PIPELINING) from None
            raise
        self._say(replies.GO_AHEAD)
        self._data, self._excess, self._data_since = DataReader(), Excess.NONE, self.loop.time()
        self._allow_for_data(0)

    def obey_bdat(self, arg: str) -> None:
        """Take a chunk.  What is wrong with it is said behind it: its octets come in any case (RFC 3030 section 2)."""
        size, is_last = chunk_of(arg)
        chunks = self._chunks
        if chunks is None:
            chunks = self._chunks = ChunkReader()
            self._excess, self._data_since = Excess.NONE, self.loop.time()
            if not self.envelope.recipients:
                chunks.refuse(self._nobody())
        elif chunks.objection:
            chunks.objection = replies.CHUNK_REFUSED
        chunks.expect(size, is_last=is_last)
        self._data = chunks
        if chunks.size + size > self._reception.settings.max_message_bytes and self._excess is Excess.NONE:
            self._excess = Excess.SIZE
            self._release()
            chunks.drop()
        if size:
            self._allow_for_data(chunks.size)
        else:
            self._end_chunk(chunks)

    def _end_chunk(self, chunks: ChunkReader) -> None:
        """A chunk is whole: refuse it, hand the mail over, or ask for more."""
        self._data = None
        if self._excess is not Excess.NONE and not chunks.is_last and not chunks.objection:
            limit = self._reception.settings.max_message_bytes
            chunks.refuse(replies.too_large(limit) if self._excess is Excess.SIZE else replies.NO_ROOM)
        if chunks.objection:
            self._object("BDAT", chunks.objection)
            if chunks.is_last or self.envelope.mail_from is None:
                self._forget()
        elif chunks.is_last:
            self._chunks = None
            self.envelope.chunked = True
            self._hand_over(chunks)
        else:
            self._say(replies.chunk_taken(chunks.announced))

    def _nobody(self) -> str:
        """Why there are no recipients."""
        return replies.MAIL_FIRST if self.envelope.mail_from is None else replies.RCPT_FIRST

    def _forget(self) -> None:
        """The mail in progress is none."""
        self.envelope = Envelope()
        if self._chunks is not None:
            self._chunks = None
            self._release()

    @property
    def _reads_mail(self) -> bool:
        return self._data is not None

    @property
    def _brings_mail(self) -> bool:
        return self._data is not None or self._chunks is not None

    def _read_mail(self, data: bytes) -> None:
        """Take what came of the mail; when it is whole, hand it over."""
        reader = self._data
        assert reader is not None, "asked only while a mail is read"  # noqa: S101 - for the type checker
        rest = reader.feed(data)
        if self._excess is Excess.NONE and not (self._chunks is not None and self._chunks.objection):
            self._excess = self._excess_of(reader.size)
            if self._excess is not Excess.NONE:
                reader.drop()
        if rest is None:
            self._allow_for_data(reader.size)
            return
        self._inbox += rest
        if self._chunks is not None:
            self._end_chunk(self._chunks)
        else:
            self._hand_over(reader)

    def _hand_over(self, reader: DataReader | ChunkReader) -> None:
        """The mail is whole: let the intake have it."""
        self._data = None
        # Nothing ends the session while the intake has the mail: no timer, no end of the connection, no stop.
        self._deadline = math.inf
        self._task = self.loop.create_task(self._take(reader, self._excess))

    def _excess_of(self, size: int) -> Excess:
        """Count the bytes so far, and say whether they are too many; then they are let go."""
        self._count(size)
        if size > self._reception.settings.max_message_bytes:
            excess = Excess.SIZE
        else:
            excess = Excess.ROOM if self._reception.room(self._source) < 0 else Excess.NONE
        if excess is not Excess.NONE:
            self._release()
        return excess

    def _allow_for_data(self, received: int) -> None:
        """Progress wins time, but only as much as the slowest rate is worth, and none beyond the largest mail.

        A school's slow line does fifty times that, and a client that drips a byte now and then holds no session for ever.
        """
        settings = self._reception.settings
        allowance, rate = settings.data_timeout_s, settings.limits.slowest_rate
        earned = min(received, settings.max_message_bytes) / rate if rate else math.inf
        left = self._data_since + allowance + earned - self.loop.time()
        self._reset_timeout(max(0.01, min(allowance, left)))

    async def _take(self, data: DataReader | ChunkReader, excess: Excess) -> None:
        """Say what became of the mail."""
        reply = await self._reception.handler.take(data, self.session, self.envelope, excess)
        self._task = None
        self._release()
        self.envelope = Envelope()
        if self._transport is None:
            self._leave()
            return
        self._reset_timeout()
        self._say(reply)
        if reply.startswith("250"):
            self._errors, self._idle_commands = 0.0, 0
            self._may_be_quiet()
        if self._reception.stopping:
            self._say(replies.stopping(self.hostname))
            self._ending = True
        self._obey_all()

    def obey_rset(self, arg: str) -> None:
        """Forget the mail."""
        if arg:
            raise CommandError(replies.syntax("RSET"))
        self._idles()
        self._forget()
        self._say(replies.OK)

    def obey_noop(self, arg: str) -> None:
        """Do nothing."""
        self._idles()
        self._say(replies.OK)

    def obey_vrfy(self, arg: str) -> None:
        """Say nothing about who is there (RFC 5321 section 7.3)."""
        if not arg:
            raise CommandError(replies.syntax("VRFY <address>"))
        self._idles()
        self._say(replies.CANNOT_VERIFY)

    def obey_help(self, arg: str) -> None:
        """Name the commands, and where to read more."""
        self._idles()
        self._say(self.terms.help)

    def obey_quit(self, arg: str) -> None:
        """Goodbye."""
        if arg:
            raise CommandError(replies.syntax("QUIT"))
        self._say(replies.BYE)
        self._ending = True


COMMANDS: Mapping[str, Command] = {
    verb: getattr(SmtpProtocol, f"obey_{verb.lower()}")
    for verb in ("BDAT", "DATA", "EHLO", "HELO", "HELP", "MAIL", "NOOP", "QUIT", "RCPT", "RSET", "VRFY")
}
GUARDS = Guards(
    starttls=SmtpProtocol.obey_starttls,
    without_tls=SmtpProtocol.refuse_without_tls,
    auth=SmtpProtocol.obey_auth,
    auth_in_the_clear=SmtpProtocol.refuse_in_the_clear,
    not_signed_in=SmtpProtocol.refuse_unknown,
    mail_of_user=SmtpProtocol.obey_mail_of_user,
)
