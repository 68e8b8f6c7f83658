"""A mail: what arrived, by which door, from whom, for whom."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gateway.model.value import Value


class Door(StrEnum):
    """By which way a mail came in."""

    SMTP = "smtp"
    LMTP = "lmtp"
    IMAP = "imap"
    OWN = "own"  # notices and delivery reports that we wrote ourselves
    ARCHIVE = "archive"  # mail of the past, taken from a mailbox or a file: nothing is done with it any more
    AXIS = "axis"  # a document that an office system's courier brought


class Identity(StrEnum):
    """How the sender was proved, from nothing to best.

    SPF and DKIM are the word of his domain: which of its people wrote, they do not say.
    """

    CLAIMED = "claimed"
    SPF = "spf"  # his domain names the host that the mail came from (RFC 7208)
    DKIM = "dkim"  # his domain signed the mail (RFC 6376)
    TRUSTED_NETWORK = "trusted-network"
    AUTHENTICATED = "authenticated"  # he signed in, and may write as this sender


class Swept(StrEnum):
    """What became of a message in a mailbox that is swept."""

    ACCEPTED = "accepted"  # its mail is ours
    SAME = "same"  # exactly the bytes of a mail that was ours already
    FAILED = "failed"  # to be tried again
    HELD = "held"  # given up: a person was told, and the message is where it was


class Source(Value):
    """Where in which mailbox a message lies: with UIDVALIDITY, this names it for ever."""

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int
    digest: str = ""  # SHA-256 of its bytes as the server gave them; "" when it gave none
    size: int = 0
    received_at: datetime | None = None  # INTERNALDATE
    flags: tuple[str, ...] = ()
    likeness: str = ""  # of Message-ID, date and sender; "" when it has none
    tidy: bool = False  # it is to be marked or moved once its bytes are ours
    twin: str = ""  # the id of a mail that is probably the same: a person decides


class Proof(Value):
    """What was found about the sender of one mail; the words are those of RFC 8601, "" where nobody looked."""

    identity: Identity = Identity.CLAIMED
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    domain: str = ""  # that answers for the sender
    by: str = ""  # the mail server whose word this is; "" when the gateway itself looked

    def __str__(self) -> str:
        """For the log and the story."""
        return f"spf={self.spf} dkim={self.dkim} dmarc={self.dmarc}"


class Arrival(Value):
    """By which Door, when, from whom, how the sender was proved."""

    door: Door
    at: datetime
    peer: str = ""  # address of the client, without port
    helo: str = ""
    protocol: str = "ESMTP"  # the "with" word of the trace header (RFC 5321 section 4.4)
    identity: Identity = Identity.CLAIMED
    proof: Proof | None = None  # what his domain said; None when it was not asked
    source: Source | None = None  # by IMAP: where it was
    answers_each: bool = False  # its client takes an answer for each recipient (PRDR)
    patience_s: float = 0.0  # how long its client waits for the answer; 0 is as long as it takes


class Recipient(Value):
    """One envelope recipient, with the parameters of its RCPT command as they came (NOTIFY, ORCPT; RFC 3461)."""

    address: str
    options: tuple[str, ...] = ()


class Mail(Value):
    """What arrived: sender, recipients, the bytes (never rewritten), the Arrival.

    ``raw`` is the message without dot-stuffing, exactly as the client meant it; ``sender`` is "" for the null reverse-path;
    ``options`` are the parameters of MAIL as they came (SIZE left out).
    """

    id: str
    sender: str
    recipients: tuple[Recipient, ...]
    raw: bytes
    digest: str
    arrival: Arrival
    options: tuple[str, ...] = ()
