"""All that a rule may look at: who sends, to whom, what the mail carries, on which day.  Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache

from gateway.directory.snapshot import (
    Campaign,
    Directory,
    Mailbox,
    MailboxRole,
    OfficeSystem,
    Organisation,
    RetiredAddress,
)
from gateway.model import Door, Identity, Mail, Phase, Recognition, Value
from gateway.policy import campaigns
from gateway.policy.author import author_of
from gateway.policy.issuance import NOTHING_FOUND, Finding, Settings, weigh
from gateway.policy.issuer import issuers_of

VIETNAM = timezone(timedelta(hours=7))  # has no summer time


class Standing(StrEnum):
    """What an address is to the rule."""

    GOVERNED = "governed"  # a mailbox of a unit that the rule binds
    UNLISTED = "unlisted"  # in a domain of ours, but nobody has entered whose it is
    OUTSIDE = "outside"
    NOBODY = "nobody"  # the null reverse-path: a delivery report


class Place(StrEnum):
    """Where a recipient stands, seen from the sender and the other recipients."""

    GOVERNED = "governed"
    INTERNAL = "internal"  # everybody who gets the mail is in the sender's own unit
    OUTSIDE = "outside"
    BESIDE = "outside-beside-governed"  # outside, in a mail that also goes to governed recipients


class Party(Value):
    """One address and who stands behind it.  ``unit`` of an unlisted address is whoever answers for its domain."""

    address: str
    standing: Standing
    unit: Organisation | None = None
    mailbox: Mailbox | None = None
    retired: RetiredAddress | None = None
    members: tuple[Party, ...] = ()  # of a mail group: who gets the copy in the end

    @property
    def is_ours(self) -> bool:
        """Whether the rule protects or binds this address."""
        return self.standing is Standing.GOVERNED or self.standing is Standing.UNLISTED


class Letter(Value):
    """What is the same for all recipients of a mail."""

    directory: Directory
    on: date  # in Vietnam
    sender: Party
    unit: Organisation | None  # the sender's, if the rule binds it
    finding: Finding
    recognition: Recognition
    identity: Identity
    door: Door
    at: datetime
    size: int  # bytes
    office: OfficeSystem | None  # the office system whose notification address this is

    @property
    def is_proved(self) -> bool:
        """Whether we know who sent it, or at least his domain does."""
        return self.identity is not Identity.CLAIMED

    @property
    def is_from_clerk(self) -> bool:
        """Whether the sender's address is a clerk account in use.

        An address of a retired system is none: only the account in force issues.
        """
        mailbox = self.sender.mailbox
        return mailbox is not None and mailbox.role is MailboxRole.CLERK and self.sender.retired is None

    @property
    def has_clerk(self) -> bool:
        """Whether the sender's unit has a clerk account."""
        return self.unit is not None and bool(self.directory.clerks(self.unit.code, self.on))


class Facts(Value):
    """All that a rule may look at, for one recipient."""

    letter: Letter
    recipient: Party
    place: Place

    @property
    def campaign(self) -> Campaign | None:
        """The open reporting channel that this copy comes through."""
        letter = self.letter
        return campaigns.matching(letter.directory.open_campaigns(self.recipient.address, letter.on), letter.recognition)

    @property
    def is_colleague(self) -> bool:
        """Whether the recipient is in the sender's own unit, whoever else gets the mail."""
        unit = self.letter.unit
        return unit is not None and _is_of(self.recipient, unit)

    @property
    def answerable(self) -> Organisation | None:
        """The unit whose phase counts: the sender's, if the rule binds it; else the recipient's, else the department."""
        return self.letter.unit or self.recipient.unit or self.letter.directory.department(self.letter.on)

    @property
    def phase(self) -> Phase:
        """How far the rule is in force here.  Where nobody is answerable nothing is enforced."""
        unit = self.answerable
        return unit.phase if unit is not None else Phase.OBSERVE


def local_day(now: datetime) -> date:
    """The day in Vietnam."""
    return _day_at(int(now.timestamp()) // 3600)


@lru_cache(4)
def _day_at(hour: int) -> date:
    """The day in Vietnam, whole hours from UTC, at so many hours since 1970: every recipient of every mail is asked for it."""
    return datetime.fromtimestamp(hour * 3600, VIETNAM).date()


def read(
    settings: Settings,
    directory: Directory,
    mail: Mail,
    recognition: Recognition,
    now: datetime,
    *,
    size: int | None = None,
) -> tuple[Facts, ...]:
    """The facts of a mail, for each recipient in order; ``size`` in bytes where they are not at hand."""
    on = local_day(now)
    # Only what carries files is worth a look: rules about the others ask for nothing that a null sender could hide.
    named = mail.sender or (author_of(mail.raw) if recognition.files else "")
    sender = party(directory, named, on)
    unit = sender.unit if sender.standing is Standing.GOVERNED else None
    letter = Letter(
        directory=directory,
        on=on,
        sender=sender,
        unit=unit,
        finding=weigh(settings, issuers_of(directory), unit, recognition, on) if recognition.files else NOTHING_FOUND,
        recognition=recognition,
        identity=mail.arrival.identity if named == mail.sender else Identity.CLAIMED,
        door=mail.arrival.door,
        at=now,
        size=len(mail.raw) if size is None else size,
        office=directory.notifying_office(mail.sender),
    )
    recipients = [party(directory, recipient.address, on) for recipient in mail.recipients]
    is_internal = unit is not None and all(_is_of(recipient, unit) for recipient in recipients)
    outside = Place.BESIDE if any(recipient.is_ours for recipient in recipients) else Place.OUTSIDE
    ours = Place.INTERNAL if is_internal else Place.GOVERNED
    return tuple(Facts(letter=letter, recipient=r, place=ours if r.is_ours else outside) for r in recipients)


def party(directory: Directory, address: str, on: date) -> Party:
    """Who stands behind an address.  A retired address stands for whoever took it over."""
    if not address:
        return Party(address="", standing=Standing.NOBODY)
    retired = directory.retired(address, on)
    if members := directory.members(address, on):
        return _group(address, tuple(party(directory, member, on) for member in members))
    mailbox = directory.mailbox(retired.successor if retired is not None else address, on)
    if mailbox is not None:
        unit = directory.unit(mailbox.organisation, on)
        standing = Standing.GOVERNED if unit is not None and unit.is_governed else Standing.OUTSIDE
        return Party(address=address, standing=standing, unit=unit, mailbox=mailbox, retired=retired)
    domain = directory.domain(address, on)
    if domain is None and retired is None:
        return Party(address=address, standing=Standing.OUTSIDE)
    unit = directory.unit(domain.organisation, on) if domain is not None and domain.organisation else None
    return Party(address=address, standing=Standing.UNLISTED, unit=unit, retired=retired)


def _group(address: str, members: tuple[Party, ...]) -> Party:
    """A mail group stands where the first of its members stands that the rule binds; outside only when all of them do."""
    first = min(members, key=lambda member: _STRICTEST.index(member.standing))
    return Party(address=address, standing=first.standing, unit=first.unit, members=members)


_STRICTEST = (Standing.GOVERNED, Standing.UNLISTED, Standing.OUTSIDE, Standing.NOBODY)


def _is_of(recipient: Party, unit: Organisation) -> bool:
    if recipient.members:
        return all(_is_of(member, unit) for member in recipient.members)
    return recipient.mailbox is not None and recipient.unit is not None and recipient.unit.code == unit.code
