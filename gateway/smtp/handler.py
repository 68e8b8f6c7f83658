"""Between the words of SMTP and ours: a session and its envelope become a Mail, the intake's Answer becomes a reply."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol

from aiosmtpd.smtp import Envelope as AiosmtpdEnvelope
from aiosmtpd.smtp import Session as AiosmtpdSession

from gateway import maillog
from gateway.config import Smtp
from gateway.documents.fields import cut_head, parse_fields
from gateway.model import Admission, Answer, Arrival, Door, Identity, Mail, Proof, Recipient, Verdict, new_id
from gateway.smtp import replies
from gateway.smtp.data import Contents, LineEnds, passes, unpack
from gateway.smtp.forwarding import Told
from gateway.smtp.recipients import Recipients
from gateway.smtp.terms import Terms
from gateway.vouched import found_by

logger = logging.getLogger(__name__)

MAX_HOPS = (
    50  # RFC 5321 section 6.3 asks for at least 100 fields of all kinds; a mail that passed fifty servers goes in circles
)
# In by the edge, from a mailbox through us to another of our domains, and in again: more is a loop between us and a neighbour.
MAX_PASSES = 4
_LARGE = 1024 * 1024  # from here on unpacking takes long enough (over 1 ms) to be done beside the loop


class Intake(Protocol):
    """The one way in, as this door sees it (gateway.intake)."""

    async def accept(self, mail: Mail) -> Answer:
        """Recognise, decide, remember.  Durable when it returns; raises when it is not."""
        ...

    def admission(self, address: str, identity: Identity) -> Admission:
        """May this recipient be taken at RCPT?"""
        ...


class Data(Protocol):
    """The data of a mail, as its reader has it (data.DataReader, chunks.ChunkReader)."""

    size: int  # octets on the wire

    def wire(self) -> bytes:
        """All of it; asked once."""
        ...


class Authenticator(Protocol):
    """Who proves senders from outside (gateway.smtp.authentication)."""

    async def proof(self, raw: bytes, *, sender: str, peer: str, helo: str) -> Proof:
        """What proves the sender of a mail.  Never raises, and never takes longer than some seconds."""
        ...


MaySendAs = Callable[[str, str], bool]  # whoever signed in, and the sender that he names


def as_himself(user: str, sender: str) -> bool:
    """Nobody writes as anybody else."""
    return not sender or sender.lower() == user.lower()


class Excess(StrEnum):
    """Why the data of a mail was not kept."""

    NONE = ""
    SIZE = "too large"  # over [smtp] max_message_bytes
    ROOM = "no room"  # over [smtp] max_bytes_in_flight, with what other sessions hold


class Flaw(StrEnum):
    """Why a complete mail is not taken, whatever it says."""

    NONE = ""
    LONE_DOT = "lone dot"
    BARE_LINE_ENDS = "bare line ends"
    LOOP = "loop"


_COMPLAINTS: Mapping[Excess | Flaw, Callable[[str], str]] = {
    Excess.ROOM: replies.no_room,
    Flaw.LONE_DOT: replies.lone_dot,
    Flaw.BARE_LINE_ENDS: replies.bare_line_ends,
    Flaw.LOOP: replies.loop,
}


class Session(AiosmtpdSession):
    """One connection: who the client is."""

    terms: Terms
    connected: str = ""  # the address that the connection came from, without port
    address: str = ""  # of the client
    identity: Identity = Identity.CLAIMED  # of the client
    client: Told | None = None  # somebody else speaks for it (XCLIENT)
    via: str = ""  # who, for the trace header
    tls: str = ""  # version and cipher; "" is in the clear
    user: str = ""  # who signed in

    @property
    def sender(self) -> Identity:
        """Of whoever wrote what it brings."""
        return Identity.CLAIMED if self.terms.brings_others and self.trusted else self.identity

    @property
    def trusted(self) -> bool:
        """From a trusted network: any recipient, and line ends pass as they are."""
        return self.identity is Identity.TRUSTED_NETWORK


class Envelope(AiosmtpdEnvelope):
    """One mail on its way in.  ``mail_from`` is None before MAIL and "" for the null sender."""

    # What few mails have costs the others nothing.
    chunked: bool = False  # it came by BDAT
    answers_each: bool = False  # its client takes an answer for each recipient
    told: Told | None = None  # whose mail it is, as a server in front says (XFORWARD)

    def __init__(self) -> None:
        super().__init__()
        self.options: tuple[str, ...] = ()
        self.recipients: list[Recipient] = []


class Handler:
    """Says what becomes of a recipient and of a mail."""

    def __init__(
        self,
        intake: Intake,
        settings: Smtp,
        authenticator: Authenticator | None = None,
        recipients: Recipients | None = None,
        *,
        hostname: str = "",
        may_send_as: MaySendAs = as_himself,
    ) -> None:
        self._hostname = hostname
        self._intake = intake
        self.may_send_as = may_send_as
        self._recipients = recipients
        self._settings = settings
        self._authenticator = authenticator

    def objection(self, address: str, session: Session, sender: str) -> str | Coroutine[Any, Any, str]:
        """The reply that refuses a recipient of ``sender``, "" when it is welcome; or what finds out."""
        if session.terms.door is Door.LMTP and session.client is None:
            return replies.not_listed(session.address)  # a server in front would make bounces of "no"
        # RFC 5321 section 4.5.1: mail to <postmaster> must always be taken.
        if "@" not in address:
            return ""
        trusted, identity = session.trusted, session.identity
        if trusted and session.terms.only_our_senders and not self._is_ours(sender):
            trusted, identity = False, Identity.CLAIMED
        admission = self._intake.admission(address, identity)
        if admission.is_unknown:
            return replies.no_such_address(address)
        if admission.successor and not admission.admitted:
            return replies.moved(address, admission.successor)
        if trusted or (admission.admitted and (admission.is_listed or self._recipients is None)):
            return ""
        if admission.admitted and self._recipients is not None:
            return self._recipients.objection(address)
        return replies.relay_denied(address)

    async def take(self, data: Data, session: Session, envelope: Envelope, excess: Excess) -> str:
        """The data is complete: unpack, check, hand to the intake.  Returns the reply, or replies; never raises.

        With an ``excess`` nothing of it was kept.
        """
        mail_id = new_id()
        try:
            reply = await self._reply_to(mail_id, data, session, envelope, excess)
        except Exception:  # the top of the door: the sender keeps the mail, the log has the whole
            logger.exception("mail %s from [%s] was not accepted", mail_id, session.address)
            maillog.failed(mail_id, where=session.terms.door)
            reply = replies.failure(mail_id)
        if session.terms.door is Door.SMTP:
            return reply
        return "\r\n".join([reply] * len(envelope.recipients))  # RFC 2033 section 4.2: one for each

    async def _reply_to(self, mail_id: str, data: Data, session: Session, envelope: Envelope, excess: Excess) -> str:
        # The wire form belongs to nobody but unpack(): a large mail with dots is not in memory twice while it is accepted.
        if data.size >= _LARGE and excess is Excess.NONE:
            contents = await asyncio.to_thread(_unpacked, data, chunked=envelope.chunked)
        else:
            contents = unpack(data.wire(), chunked=envelope.chunked)
        flaw = excess if excess is not Excess.NONE else _flaw(contents, session, self._hostname)
        if flaw:
            maillog.refused(mail_id, sender=envelope.mail_from or "", peer=session.address, rule=f"smtp: {flaw}")
            return self._complaint(flaw, mail_id)
        if contents.line_ends is LineEnds.BARE:
            maillog.noted(mail_id, peer=session.address, what=Flaw.BARE_LINE_ENDS)
        if session.user:
            maillog.submitted(mail_id, user=session.user, peer=session.address)
        origin = envelope.told or session
        identity = self._known(session, envelope)
        proof = None
        if identity is Identity.CLAIMED:
            proof = await self._proof(mail_id, contents.raw, session, origin, envelope.mail_from or "")
            identity = proof.identity if proof is not None else identity
        if envelope.told is not None:
            maillog.forwarded(mail_id, by=session.address, peer=origin.address, ident=envelope.told.ident)
        answer = await self._intake.accept(_mail(mail_id, contents, session, envelope, identity, proof))
        if answer.refusals:
            return self._each(answer, envelope.recipients)
        return replies.accepted(mail_id) if answer.refused is None else self._no(answer.refused, answer)

    def _known(self, session: Session, envelope: Envelope) -> Identity:
        """What is proved of the sender before the DNS is asked."""
        identity = session.sender if envelope.told is None or session.user else envelope.told.identity
        if identity is Identity.CLAIMED and session.terms.vouches and self._is_ours(envelope.mail_from or ""):
            return Identity.TRUSTED_NETWORK
        return identity

    def _is_ours(self, address: str) -> bool:
        """Whether an address is in a domain of ours: what a stranger may write to."""
        return "@" in address and self._intake.admission(address, Identity.CLAIMED).admitted

    def _each(self, answer: Answer, recipients: Sequence[Recipient]) -> str:
        """An answer for each recipient, then one for the mail (draft-hall-prdr-00)."""
        refused = {verdict.recipient: self._no(verdict, answer) for verdict in answer.refusals}
        whole = replies.accepted(answer.mail_id) if answer.refused is None else self._no(answer.refused, answer)
        if len(recipients) == 1:
            return whole
        answers = [refused.get(r.address) or replies.accepted_for(r.address, answer.mail_id) for r in recipients]
        return replies.each(answers, whole)

    def _no(self, verdict: Verdict, answer: Answer) -> str:
        settings = self._settings
        links = {"help_url": settings.help_url, "appeal": answer.appeal, "status": answer.status}
        return replies.refused(verdict, answer.mail_id, help_phone=settings.help_phone, **links)

    async def _proof(self, mail_id: str, raw: bytes, session: Session, origin: Session | Told, sender: str) -> Proof | None:
        """How the sender of a mail from outside is proved: a server in front says so, else the DNS; None: nobody looked."""
        believed = session.terms.trusted_results
        proof = found_by(parse_fields(cut_head(raw)[0]), sender, believed) if believed and sender else None
        if proof is None and self._authenticator is not None:
            # Who brings the mails of others and does not say whose is no client that a domain outside would name.
            peer = "" if isinstance(origin, Session) and origin.terms.brings_others else origin.address
            proof = await self._authenticator.proof(raw, sender=sender, peer=peer, helo=origin.host_name or "")
        if proof is not None:
            maillog.authenticated(mail_id, sender=sender, peer=origin.address, identity=proof.identity, results=str(proof))
        return proof

    def _complaint(self, flaw: Flaw | Excess, mail_id: str) -> str:
        if flaw is Excess.SIZE:
            return replies.too_large(self._settings.max_message_bytes, mail_id)
        return _COMPLAINTS[flaw](mail_id)


def _unpacked(data: Data, *, chunked: bool) -> Contents:
    return unpack(data.wire(), chunked=chunked)


def _flaw(contents: Contents, session: Session, hostname: str) -> Flaw:
    """What keeps these bytes from being taken at all."""
    if contents.line_ends is LineEnds.LONE_DOT:
        return Flaw.LONE_DOT
    if contents.line_ends is LineEnds.BARE and not session.trusted:
        return Flaw.BARE_LINE_ENDS
    loops = contents.hops > MAX_PASSES and (contents.hops > MAX_HOPS or passes(contents.raw, hostname) > MAX_PASSES)
    return Flaw.LOOP if loops else Flaw.NONE


def _mail(
    mail_id: str, contents: Contents, session: Session, envelope: Envelope, identity: Identity, proof: Proof | None
) -> Mail:
    origin, terms = envelope.told or session, session.terms
    return Mail(
        id=mail_id,
        sender=envelope.mail_from or "",
        recipients=tuple(envelope.recipients),
        raw=contents.raw,
        digest=contents.digest,
        options=envelope.options,
        arrival=Arrival(
            door=terms.door,
            at=datetime.now(UTC),
            peer=origin.address,
            helo=origin.host_name or "",
            protocol=f"{_protocol(session, envelope)} {origin.via}" if origin.via else _protocol(session, envelope),
            identity=identity,
            proof=proof,
            answers_each=envelope.answers_each,
            patience_s=terms.patience_s,
        ),
    )


def _protocol(session: Session, envelope: Envelope) -> str:
    """The "with" word of the trace header (RFC 5321 section 4.4, RFC 6531 section 4.3, RFC 3848)."""
    if session.terms.door is Door.LMTP:
        word = "UTF8LMTP" if envelope.smtp_utf8 else "LMTP"
    else:
        word = "UTF8SMTP" if envelope.smtp_utf8 else "ESMTP" if session.extended_smtp else "SMTP"
    return _secured(word, session.tls, bool(session.user)) if session.tls or session.user else word


@lru_cache(256)
def _secured(word: str, tls: str, signed_in: bool) -> str:
    """With S for TLS and A for AUTH, and how it is encrypted."""
    marks = ("S" if tls else "") + ("A" if signed_in else "")
    return f"{word if word == 'SMTP' else word + marks} ({tls})" if tls else word + marks
