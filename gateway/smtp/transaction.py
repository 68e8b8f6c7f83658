"""One mail transaction as a client speaks it: what to send, and what the replies mean for each recipient.  Pure.

The words are those of RFC 5321, with PIPELINING (RFC 2920), SIZE (1870), 8BITMIME (6152), SMTPUTF8 (6531) and DSN (3461)
where the other side offers them.  The bytes of a mail leave as they came, with our trace headers in front: only the dots that
stand after CRLF are doubled (RFC 5321 section 4.5.2).  A dot after a bare CR or LF is none of SMTP's, so it stays single.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

from gateway.courier import Fate, Outcome, Parcel, Result
from gateway.errors import DeliveryError
from gateway.model import Delivery, Door, Mail, Value
from gateway.smtp.data import could_end_early, stuffed
from gateway.smtp.forwarding import xforward

SMALL = 1024 * 1024  # bytes of a mail whose digest is made on the loop; whoever has a larger one carried makes it in a thread

_LONGEST_REPLY = 64 * 1024
_LONGEST_SAID = 2000  # letters of a reply that are kept and shown: it is kept with every delivery and every try
# Surrogates that are no escaped bytes (PEP 383) cannot be written at all.
_NOT_IN_A_COMMAND = re.compile("[\x00-\x1f\x7f\ud800-\udc7f\udd00-\udfff]")
_NOT_IN_A_PARAMETER = re.compile("[\x00-\x20\x7f\ud800-\udc7f\udd00-\udfff]")
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
_DSN_OF_MAIL = ("RET=", "ENVID=")
_DSN_OF_RCPT = ("NOTIFY=", "ORCPT=")
_UNPRINTED = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")  # people and terminals read replies
_TOO_MANY = re.compile(r"[45]52(?![ -][245]\.)|[45]52[ -][45]\.5\.3\b")  # "452 4.5.3", and without an enhanced code
_NO_ROOM = re.compile(r"452(?![ -][245]\.)|4\d\d[ -]4\.3\.")  # RFC 3463 section 3.4: it is the system, not this mail


class GarbledReply(DeliveryError):
    """The other side does not speak SMTP."""


class Reply(NamedTuple):
    """A reply, all its lines without code and line end."""

    code: int
    lines: tuple[str, ...]

    @property
    def is_positive(self) -> bool:
        """2xx."""
        return 200 <= self.code < 300

    def __str__(self) -> str:
        text = f"{self.code} {' '.join(self.lines)}".rstrip()
        return text if len(text) <= _LONGEST_SAID else f"{text[: _LONGEST_SAID - 1]}…"


class ReplyReader:
    """Bytes of the other side -> replies, however the network cut them into pieces."""

    __slots__ = ("_lines", "_rest", "_size")

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[str] = []
        self._size = 0

    @property
    def has_rest(self) -> bool:
        """Whether a part of a reply has come."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are complete now.  Raises GarbledReply for anything that is none (RFC 5321 section 4.2)."""
        replies = []
        self._size += len(data)
        if self._size > _LONGEST_REPLY:
            raise GarbledReply("a reply without an end")
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            code, is_last, text = _read(line)
            if is_last and not self._lines:
                replies.append(Reply(code, (text,)))
            else:
                self._lines.append(text)
                if is_last:
                    replies.append(Reply(code, tuple(self._lines)))
                    self._lines.clear()
            if is_last:
                self._size = len(self._rest)
        return replies


@lru_cache(128)
def _read(line: bytes) -> tuple[int, bool, str]:
    """Code, whether it is the last line of its reply, text.  Remembered: for most mails a server says the same."""
    code, mark = line[:3], line[3:4]
    if not (code.isdigit() and b"200" <= code <= b"599" and mark in (b" ", b"-", b"\r", b"")):
        raise GarbledReply(f"not an SMTP reply: {line[:100]!r}")
    text = line[4:].rstrip(b"\r").decode("utf-8", "replace")
    return int(code), mark != b"-", text if text.isprintable() else _UNPRINTED.sub("?", text)


class Offer(Value):
    """What the other side can do, from its reply to EHLO."""

    pipelining: bool = False
    eight_bit: bool = False
    utf8: bool = False
    dsn: bool = False
    size: bool = False
    size_limit: int = 0  # bytes; 0 is unknown or none
    lmtp: bool = False  # it answers for each recipient after the data (RFC 2033)
    xforward: tuple[str, ...] = ()  # what it lets us say of the client (Postfix: XFORWARD_README)


def offer_in(reply: Reply, *, lmtp: bool = False) -> Offer:
    """Read the keywords of a reply to EHLO (RFC 5321 section 4.1.1.1); the first line is the greeting."""
    words = [line.upper().split() for line in reply.lines[1:]]
    keywords = {line[0]: line[1:] for line in words if line}
    size = keywords.get("SIZE", [])
    return Offer(
        pipelining="PIPELINING" in keywords,
        eight_bit="8BITMIME" in keywords,
        utf8="SMTPUTF8" in keywords,
        dsn="DSN" in keywords,
        size="SIZE" in keywords,
        size_limit=int(size[0]) if size and size[0].isdecimal() else 0,
        lmtp=lmtp,
        xforward=tuple(keywords.get("XFORWARD", ())),
    )


class Transaction:
    """One parcel on one connection.

    Send ``first()``; give every reply to ``take()`` and send what it returns, until ``done``; then read ``results()``.
    After ``dirty`` the next transaction on the connection starts with RSET.
    """

    __slots__ = (
        "_at",
        "_commands",
        "_data",
        "_deliveries",
        "_digest",
        "_early",
        "_final",
        "_mail",
        "_offer",
        "_opening",
        "_rcpts",
        "_sent",
        "_told",
        "_trace",
        "dirty",
        "done",
        "lacks_room",
    )

    def __init__(self, parcel: Parcel, offer: Offer, trace: bytes) -> None:
        """``trace``: our headers, put in front of the bytes of the mail."""
        self._mail = parcel.mail
        self._deliveries = parcel.deliveries
        self._offer = offer
        self._trace = trace
        self._early: dict[str, Result] = {}  # known without asking
        self._sent: list[Delivery] = []
        self._sort()
        self._commands = self._envelope() if self._sent else []
        self._told = xforward(self._mail, offer.xforward) if offer.xforward and self._sent else b""
        self._at = 0  # how many replies came
        self._opening: Reply | None = None  # to MAIL
        self._rcpts: list[Reply] = []
        self._data: Reply | None = None
        self._final: Reply | None = None
        self._digest = ""
        self.done = not self._sent
        self.dirty = False
        self.lacks_room = False  # the other side takes no mail at all just now: another host may

    @property
    def is_untouched(self) -> bool:
        """No reply came: on another connection it can start again as if nothing had happened."""
        return self._at == 0

    @property
    def is_before_data(self) -> bool:
        """Nothing of the mail itself has left: nobody can have taken it."""
        return self._at < len(self._commands)

    def first(self) -> bytes:
        """What to send first: the whole envelope when the other side takes commands in groups (RFC 2920)."""
        if self._offer.pipelining:
            return self._told + b"".join(self._commands)
        return self._told or self._commands[0]

    def take(self, reply: Reply) -> tuple[bytes, ...]:
        """What to send after this reply; nothing while more replies are due.

        Raises GarbledReply when it cannot be the reply to what was sent: then nothing that follows can be trusted either.
        """
        if self._told:
            return self._after_told(reply)
        at, last = self._at, len(self._commands) - 1
        if (300 <= reply.code < 400) != (at == last) and (at != last or reply.is_positive):
            raise GarbledReply(f"out of step: {reply}")
        self._at = at + 1
        if at > last:
            self._final = reply
            self.done = True
            return ()
        if at == last:
            return self._after_data(reply)
        if at == 0:
            self._opening = reply
            if reply.code >= 400:
                self.lacks_room = _NO_ROOM.match(str(reply)) is not None
        else:
            self._rcpts.append(reply)
        return () if self._offer.pipelining else self._next_command()

    def _after_told(self, reply: Reply) -> tuple[bytes, ...]:
        """Whether it wants to know of the client or not, the mail goes on."""
        if 300 <= reply.code < 400:
            raise GarbledReply(f"out of step: {reply}")
        self._told = b""
        return () if self._offer.pipelining else (self._commands[0],)

    def take_back(self) -> None:
        """The last word came before all of the mail had left: whatever it says, it is none about this mail."""
        self._final = None

    def results(self, trouble: str = "") -> tuple[Result, ...]:
        """One Result for each delivery, in order; ``trouble`` says why the replies ended early, if they did.

        What was sent and not answered is RETRY, also after the final dot: RFC 5321 section 4.5.3.2.6 lets a mail arrive twice
        rather than not at all.
        """
        sent = [self._result(n, delivery.id, trouble) for n, delivery in enumerate(self._sent)]
        if not self._early:
            return tuple(sent)
        asked = iter(sent)
        return tuple(self._early.get(delivery.id) or next(asked) for delivery in self._deliveries)

    # --- before anything is sent ---

    def _sort(self) -> None:
        """Tell apart what can be sent at all; the rest is refused without asking."""
        for delivery in self._deliveries:
            why_not = self._why_not(delivery)
            if why_not:
                self._early[delivery.id] = Result(delivery_id=delivery.id, outcome=Outcome.REFUSED, reply=why_not)
            else:
                self._sent.append(delivery)

    def _why_not(self, delivery: Delivery) -> str:
        limit = self._offer.size_limit
        if limit and len(self._mail.raw) + len(self._trace) > limit:
            return f"5.3.4 the next hop takes no message over {limit} bytes"
        if self._mail.arrival.door is Door.IMAP and could_end_early(self._mail.raw):  # the SMTP door takes no such mail
            return "5.6.11 a dot alone between bare CR or LF could be read as the end of the mail"
        if not (_fits_a_command(delivery.target) and _fits_a_command(delivery.sender)):
            return "5.1.3 control characters in an address"
        if not self._offer.eight_bit and _is_eight_bit(self._mail):
            return "5.6.3 the next hop takes no 8-bit mail, and ours is not to be changed"  # RFC 6152 section 3
        if self._offer.utf8:
            return ""
        # RFC 6531 section 3.5: what needs SMTPUTF8 goes back when the next hop does not offer it.
        if not (delivery.target.isascii() and delivery.sender.isascii()):
            return "5.6.7 the next hop takes no non-ASCII addresses"
        if _wants_utf8(self._mail) and not _header(self._mail.raw).isascii():
            return "5.6.9 the next hop takes no UTF-8 headers"
        return ""

    def _envelope(self) -> list[bytes]:
        sender = self._sent[0].sender
        commands = [f"MAIL FROM:<{sender}>{self._mail_parameters(sender)}\r\n"]
        for delivery in self._sent:
            passed = _chosen(delivery.options, _DSN_OF_RCPT) if self._offer.dsn and delivery.options else ""
            commands.append(f"RCPT TO:<{delivery.target}>{passed}\r\n")
        commands.append("DATA\r\n")
        return [command.encode("utf-8", "surrogateescape") for command in commands]

    def _mail_parameters(self, sender: str) -> str:
        mail, offer, words = self._mail, self._offer, ""
        if offer.size:
            words = f" SIZE={len(mail.raw) + len(self._trace)}"  # dots count once: RFC 1870 section 5
        if mail.options:
            if offer.eight_bit and any(o.upper() == "BODY=8BITMIME" for o in mail.options):
                words += " BODY=8BITMIME"
            if offer.dsn:
                words += _chosen(mail.options, _DSN_OF_MAIL)
        if offer.utf8 and (_wants_utf8(mail) or not (sender.isascii() and all(d.target.isascii() for d in self._sent))):
            words += " SMTPUTF8"
        return words

    # --- the replies ---

    def _delivered(self, n: int, delivery_id: str, reply: Reply, fate: Fate = Fate.RELAYED) -> Result:
        """Who asked to hear of it hears it from us, when the other side cannot tell him (RFC 3461 section 5.2.2)."""
        options = self._sent[n].options
        is_ours_to_tell = options and not self._offer.dsn and _asks_for_success(options)
        announce = fate if is_ours_to_tell else None
        sent = self._digest
        if not sent and len(self._mail.raw) <= SMALL:
            sent = self._digest = digest_of_sent(self._trace, self._mail.raw)
        return Result(delivery_id=delivery_id, outcome=Outcome.DELIVERED, reply=str(reply), announce=announce, sent=sent)

    def _next_command(self) -> tuple[bytes, ...]:
        """The next step where commands go one by one."""
        if self._opening is not None and not self._opening.is_positive:
            self.done = True
            return ()
        nobody = len(self._rcpts) == len(self._sent) and not self._is_accepted()
        if nobody:
            self.done = self.dirty = True
            return ()
        return (self._commands[self._at],)

    def _after_data(self, reply: Reply) -> tuple[bytes, ...]:
        self._data = reply
        if not 300 <= reply.code < 400:
            self.done = self.dirty = True
            return ()
        if not self._is_accepted():
            # The other side asks for the data although it took nobody: a lone dot ends it (RFC 2920 section 3.1).
            return (b".\r\n",)
        return data_of(self._trace, self._mail.raw)

    def _is_accepted(self) -> bool:
        """Whether the other side took the sender and somebody."""
        return self._opening is not None and self._opening.is_positive and any(r.is_positive for r in self._rcpts)

    def _result(self, n: int, delivery_id: str, trouble: str) -> Result:
        """The first reply that says no decides; then the reply to the data, or to the final dot."""
        if self._opening is not None and not self._opening.is_positive:
            # RFC 4954 section 6: we must sign in first, which is no verdict on this mail.  To RCPT it is: about this recipient.
            wrong = Outcome.MISCONFIGURED if self._opening.code == 530 else outcome_of(self._opening)
            return Result(delivery_id=delivery_id, outcome=wrong, reply=str(self._opening))
        if n < len(self._rcpts) and not (answer := self._rcpts[n]).is_positive:
            return self._not_taken(delivery_id, answer)
        if self._final is not None:
            if self._final.is_positive:
                return self._delivered(n, delivery_id, self._final)
            return Result(delivery_id=delivery_id, outcome=outcome_of(self._final), reply=str(self._final))
        if self._data is not None and self.done:
            return Result(delivery_id=delivery_id, outcome=outcome_of(self._data), reply=str(self._data))
        return Result(delivery_id=delivery_id, outcome=Outcome.RETRY, reply=trouble)

    def _not_taken(self, delivery_id: str, answer: Reply) -> Result:
        """A recipient was not taken.  Too many at once (RFC 5321 section 4.5.3.1.10: also 552) is nothing that he failed at."""
        outcome = Outcome.RETRY if answer.code == 552 else outcome_of(answer)
        is_next = self._final is not None and self._final.is_positive and _TOO_MANY.match(str(answer)) is not None
        return Result(delivery_id=delivery_id, outcome=outcome, reply=str(answer), untried=is_next)


def _asks_for_success(options: tuple[str, ...]) -> bool:
    return any(o.upper().startswith("NOTIFY=") and "SUCCESS" in o.upper() for o in options)


def data_of(trace: bytes, raw: bytes) -> tuple[bytes, ...]:
    """The mail data with dots doubled after CRLF, and the final dot.

    Raw bytes that do not end in CRLF get one before the final dot: there is no other way to end them.  So the other side gets
    raw + CRLF, also where raw ends in a bare CR or LF: completing that one to CRLF would change bytes that are not ours.
    """
    return trace, stuffed(raw), b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"


def digest_of_sent(trace: bytes, raw: bytes) -> str:
    """SHA-256 (hexadecimal) of the mail as the other side has it, dots undone."""
    whole = hashlib.sha256(trace)
    whole.update(raw)
    if not raw.endswith(b"\r\n"):
        whole.update(b"\r\n")  # as data_of() ends it
    return whole.hexdigest()


@lru_cache(2048)
def _fits_a_command(address: str) -> bool:
    return _NOT_IN_A_COMMAND.search(address) is None


def outcome_of(reply: Reply) -> Outcome:
    """What a reply that does not say yes means (RFC 5321 section 4.2.1: the first digit decides).

    Only 530 ("authentication required") is for us to repair, or for the officer over there: it is tried again.
    """
    return Outcome.REFUSED if reply.code >= 500 and reply.code != 530 else Outcome.RETRY


def _chosen(options: tuple[str, ...], names: tuple[str, ...]) -> str:
    chosen = (o for o in options if o.upper().startswith(names) and not _NOT_IN_A_PARAMETER.search(o))
    return "".join(f" {option}" for option in chosen)


def _wants_utf8(mail: Mail) -> bool:
    return bool(mail.options) and any(o.upper() == "SMTPUTF8" for o in mail.options)


def _is_eight_bit(mail: Mail) -> bool:
    """Said to be so, and so: what was sent without a word passes as it came."""
    return bool(mail.options) and any(o.upper() == "BODY=8BITMIME" for o in mail.options) and not mail.raw.isascii()


def _header(raw: bytes) -> bytes:
    end = _END_OF_HEADER.search(raw)
    return raw[: end.start()] if end else raw
