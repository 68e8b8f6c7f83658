"""The directory as a value: who is who on which day, in constant time.  Pure.

Organisations, domains, symbols and addresses change (units merge, move and are renamed), so every row has dates, both
inclusive, and look-ups say for which day they ask.  Addresses and domains are compared without regard to case.
Rows are as somebody typed them; gateway.directory.check says what is inconsistent in them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

import msgspec

from gateway.directory.calendar import Calendar, Holiday
from gateway.directory.patterns import compiled, filled
from gateway.model import Phase, Value

_MOST_MEMBERS = 10_000  # of one mail group


class OrganisationKind(StrEnum):
    """What an organisation is; the rule binds all but OTHER."""

    DEPARTMENT = "department"  # Sở
    DIVISION = "division"  # Phòng
    SCHOOL = "school"
    OTHER = "other"  # known, but not bound by the rule: union, ministry, people's committee


class MailboxRole(StrEnum):
    """Whose mailbox it is."""

    CLERK = "clerk"  # văn thư: the one account of the unit that issues
    STAFF = "staff"
    LEADER = "leader"
    SHARED = "shared"  # several people read it
    PERSONAL = "personal"  # somebody's own, outside our domains: the rule binds the unit, not the address
    NOTIFICATION = "notification"  # a machine writes from it


class Organisation(Value):
    """One unit, as it was between two dates.  A code may have several rows, one after the other."""

    code: str
    name: str
    kind: OrganisationKind
    variants: tuple[str, ...] = ()  # other spellings of the name in letterheads
    superior: str = ""  # code
    symbols: tuple[str, ...] = ()  # how it signs in số/ký hiệu: "SGDĐT"
    office: str = ""  # name of its office system
    phase: Phase = Phase.OBSERVE
    codes: tuple[str, ...] = ()  # identifiers on the axis (edXML OrganId), the one in use first, then old ones
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str = ""  # code of the unit that it was merged into

    @property
    def is_governed(self) -> bool:
        """Whether the rule binds this unit."""
        return self.kind is not OrganisationKind.OTHER


class Domain(Value):
    """A mail domain of ours."""

    domain: str
    organisation: str = ""  # code of the unit that answers for addresses nobody has listed
    valid_from: date | None = None
    valid_to: date | None = None


class Mailbox(Value):
    """One address and the unit it belongs to."""

    address: str
    organisation: str
    role: MailboxRole
    person: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


class OfficeSystem(Value):
    """One system for the management of documents (QLVB&ĐH)."""

    name: str
    title: str
    url: str = ""
    senders: tuple[str, ...] = ()  # addresses that its notifications come from


class OfficeAccount(Value):
    """An account in an office system; only an unlocked one of a clerk issues there."""

    office: str
    account: str
    organisation: str
    role: MailboxRole = MailboxRole.CLERK
    is_locked: bool = False


class RetiredAddress(Value):
    """An address that is no longer used, and who took over."""

    address: str
    successor: str = ""
    retired_on: date | None = None
    closes_on: date | None = None  # last day on which mail is still forwarded; None: for ever

    def is_closed(self, on: date) -> bool:
        """Whether mail to it is refused by now."""
        return self.closes_on is not None and on > self.closes_on


class Campaign(Value):
    """A reporting channel that a guiding document opened ("theo nội dung của văn bản hướng dẫn"; notice, item 1)."""

    guide: str  # number and symbol of the guiding document
    mailbox: str
    title: str = ""
    extensions: tuple[str, ...] = ()  # "xlsx"; none: any
    names: tuple[str, ...] = ()  # of the file, as shell patterns without regard to case and marks: "bc-thcs*"; none: any
    kinds: tuple[str, ...] = ()  # kinds of official documents that may come this way: "Báo cáo"; none: any
    expected: tuple[str, ...] = ()  # who reports: codes of units, "school": all schools, "school PGDCS": those below it
    valid_from: date | None = None
    due_on: date | None = None  # what comes later counts as late; None: the last day of the channel
    valid_to: date | None = None

    @property
    def deadline(self) -> date | None:
        """The last day on which a report is not late."""
        return self.due_on or self.valid_to


class MailGroup(Value):
    """An address that stands for several (Circular 37/2020/TT-BGDĐT speaks of such lists): the rule looks at its members."""

    address: str
    members: tuple[str, ...]
    valid_from: date | None = None
    valid_to: date | None = None


class RetiredPattern(Value):
    """Many retired addresses that were made by one rule, such as ``c{0-3}<school>.<district>.huonggiang@moet.edu.vn``.

    ``{0-3}`` is one of these digits, ``<name>`` some letters, ``[…]`` may be missing; ``<name>`` in the successor is what it
    was in the address.  A successor that is no mailbox of the directory is none.
    """

    pattern: str
    successor: str = ""
    retired_on: date | None = None
    closes_on: date | None = None


class _Dated(Protocol):
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


_Row = TypeVar("_Row", bound=_Dated)


def is_valid(row: _Dated, on: date) -> bool:
    """Whether a row holds on a day; both of its dates are inclusive."""
    return (row.valid_from is None or row.valid_from <= on) and (row.valid_to is None or on <= row.valid_to)


def domain_of(address: str) -> str:
    """The domain of an address, in lower case; "" when it has none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


class Directory:
    """All rows, indexed.  Made once, then only read; a change of the files makes a new one."""

    __slots__ = (
        "_campaigns", "_clerks", "_domains", "_groups", "_mailboxes", "_organisations", "_patterns", "_predecessors",
        "_retired", "_senders", "accounts", "calendar", "campaigns", "domains", "groups", "holidays", "mailboxes", "offices",
        "organisation_rows", "organisations", "patterns", "retired_addresses",
    )  # fmt: skip

    def __init__(
        self,
        *,
        organisations: Sequence[Organisation] = (),
        domains: Sequence[Domain] = (),
        mailboxes: Sequence[Mailbox] = (),
        offices: Sequence[OfficeSystem] = (),
        retired: Sequence[RetiredAddress] = (),
        campaigns: Sequence[Campaign] = (),
        groups: Sequence[MailGroup] = (),
        patterns: Sequence[RetiredPattern] = (),
        holidays: Sequence[Holiday] = (),
        accounts: Sequence[OfficeAccount] = (),
    ) -> None:
        self.organisation_rows = tuple(organisations)
        self.domains = tuple(domains)
        self.mailboxes = tuple(mailboxes)
        self.retired_addresses = tuple(retired)
        self.campaigns = tuple(campaigns)
        self.groups = tuple(groups)
        self.patterns = tuple(patterns)
        self.holidays = tuple(holidays)
        self.accounts = tuple(accounts)
        self.calendar = Calendar(holidays)
        self.offices: Mapping[str, OfficeSystem] = {office.name: office for office in offices}
        # The last row of a code is the unit as it is now, or as it ended.
        self.organisations: Mapping[str, Organisation] = {row.code: row for row in sorted(organisations, key=_start)}
        self._organisations = _grouped((row.code, row) for row in organisations)
        self._domains = _grouped((row.domain.lower(), row) for row in domains)
        self._mailboxes = _grouped((row.address.lower(), row) for row in mailboxes)
        self._clerks = _grouped((row.organisation, row) for row in mailboxes if row.role is MailboxRole.CLERK)
        self._campaigns = _grouped((row.mailbox.lower(), row) for row in campaigns)
        self._groups = _grouped((row.address.lower(), row) for row in groups)
        self._retired = {row.address.lower(): row for row in retired}
        self._patterns = _grouped((domain_of(row.pattern), (compiled(row.pattern), row)) for row in patterns)
        self._senders = {sender.lower(): office for office in offices for sender in office.senders}
        self._predecessors = _grouped((row.successor, row.code) for row in organisations if row.successor)

    # --- organisations ---

    def organisation(self, code: str, on: date | None = None) -> Organisation | None:
        """The unit with that code on a day; without a day as it is now, or as it ended.  None when there is none."""
        if on is None:
            return self.organisations.get(code)
        return _on(self._organisations.get(code, ()), on)

    def history(self, code: str) -> tuple[Organisation, ...]:
        """All rows of a code, whatever their dates."""
        return self._organisations.get(code, ())

    def unit(self, code: str, on: date) -> Organisation | None:
        """The unit that stands for that code on a day: itself, or whoever succeeded it.  None when nobody did."""
        for _ in range(len(self.organisations) + 1):  # successors in a circle end here
            row = self.organisation(code, on)
            if row is not None:
                return row
            last = self.organisations.get(code)
            if last is None or not last.successor:
                return None
            code = last.successor
        return None

    def is_below(self, code: str, above: str, on: date) -> bool:
        """Whether a unit is that one, or is under it on a day."""
        seen: set[str] = set()
        while code and code not in seen:
            if code == above:
                return True
            seen.add(code)
            unit = self.unit(code, on)
            code = unit.superior if unit is not None else ""
        return False

    def below(self, codes: Collection[str]) -> tuple[str, ...]:
        """The units under these, in the order of their codes, those that have ended included; never these themselves."""
        own, found = set(codes), []
        for code in sorted(self.organisations.keys() - own):
            seen = {code}
            superior = self.organisations[code].superior
            while superior and superior not in seen and superior not in own:
                seen.add(superior)
                row = self.organisations.get(superior)
                superior = row.superior if row is not None else ""
            if superior in own:
                found.append(code)
        return tuple(found)

    def lineage(self, code: str) -> tuple[str, ...]:
        """The code itself and those of all the units that were merged into it."""
        found = [code]
        for each in found:
            found += [older for older in self._predecessors.get(each, ()) if older not in found]
        return tuple(found)

    def clerks(self, code: str, on: date) -> tuple[Mailbox, ...]:
        """The clerk mailboxes (văn thư) of a unit on a day, those of merged units included."""
        return tuple(row for each in self.lineage(code) for row in self._clerks.get(each, ()) if is_valid(row, on))

    def unit_with_clerk(self, code: str, on: date) -> Organisation | None:
        """The unit itself if it has a clerk, else its nearest superior that has one; None when nobody above has."""
        seen: set[str] = set()
        while code and code not in seen:
            seen.add(code)
            unit = self.unit(code, on)
            if unit is None:
                return None
            if self.clerks(unit.code, on):
                return unit
            code = unit.superior
        return None

    def department(self, on: date) -> Organisation | None:
        """The first department (Sở) that exists on a day: who answers where nobody else does."""
        rows = (row for row in self.organisation_rows if row.kind is OrganisationKind.DEPARTMENT)
        return next((row for row in rows if is_valid(row, on)), None)

    # --- addresses ---

    def mailbox(self, address: str, on: date) -> Mailbox | None:
        """The mailbox with that address on a day."""
        return _on(self._mailboxes.get(address.lower(), ()), on)

    def domain(self, address: str, on: date) -> Domain | None:
        """Our domain that the address is in, if it is in one on that day."""
        return _on(self._domains.get(domain_of(address), ()), on)

    def retired(self, address: str, on: date) -> RetiredAddress | None:
        """The retired address, if it is one on that day; its successor is whoever has the mailbox in the end."""
        row = self._retired.get(address.lower()) or self._by_pattern(address, on)
        if row is None or (row.retired_on is not None and on < row.retired_on):
            return None
        last = self._last_successor(row, on)
        return row if last == row.successor else msgspec.structs.replace(row, successor=last)

    def successor(self, address: str, on: date) -> str:
        """Where to write instead of a retired address; "" when it is not retired or nobody took over."""
        row = self.retired(address, on)
        return row.successor if row is not None else ""

    def is_ours(self, address: str, on: date) -> bool:
        """Whether we answer for the address: own domain, or a mailbox or retired address of ours elsewhere."""
        return self.domain(address, on) is not None or self.lists(address, on)

    def lists(self, address: str, on: date) -> bool:
        """Whether the address itself is known: a mailbox, a group or a retired address."""
        return (
            self.mailbox(address, on) is not None
            or self.retired(address, on) is not None
            or bool(self._groups.get(address.lower()))
        )

    def members(self, address: str, on: date) -> tuple[str, ...]:
        """The addresses that a mail group stands for on a day, groups in it expanded; () when it is none."""
        if address.lower() not in self._groups:
            return ()
        found: list[str] = []
        seen = {address.lower()}
        waiting = [address]
        while waiting and len(seen) < _MOST_MEMBERS:
            group = _on(self._groups.get(waiting.pop().lower(), ()), on)
            for member in group.members if group is not None else ():
                if member.lower() not in seen:
                    seen.add(member.lower())
                    (waiting if member.lower() in self._groups else found).append(member)
        return tuple(found)

    def _by_pattern(self, address: str, on: date) -> RetiredAddress | None:
        for pattern, row in self._patterns.get(domain_of(address), ()):
            match = pattern.fullmatch(address.lower())
            if match is None:
                continue
            successor = filled(row.successor, match.groupdict())
            if self.mailbox(successor, on) is None:
                successor = ""  # made by a rule: nobody has entered that somebody took over
            return RetiredAddress(
                address=address.lower(), successor=successor, retired_on=row.retired_on, closes_on=row.closes_on
            )
        return None

    def _last_successor(self, row: RetiredAddress, on: date) -> str:
        seen = {row.address.lower()}
        successor = row.successor
        while successor.lower() not in seen:
            seen.add(successor.lower())
            following = self._retired.get(successor.lower())
            if following is None or not following.successor or (following.retired_on or on) > on:
                return successor
            successor = following.successor
        return ""  # a circle: nobody has the mailbox

    # --- office systems and campaigns ---

    def office(self, name: str) -> OfficeSystem | None:
        """The office system with that name."""
        return self.offices.get(name)

    def notifying_office(self, address: str) -> OfficeSystem | None:
        """The office system that sends its notifications from that address."""
        return self._senders.get(address.lower())

    def open_campaigns(self, mailbox: str, on: date) -> tuple[Campaign, ...]:
        """The campaigns that are open for a mailbox on a day."""
        return tuple(row for row in self._campaigns.get(mailbox.lower(), ()) if is_valid(row, on))


_Key = TypeVar("_Key")
_Item = TypeVar("_Item")


def _grouped(pairs: Iterable[tuple[_Key, _Item]]) -> dict[_Key, tuple[_Item, ...]]:
    groups: dict[_Key, list[_Item]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return {key: tuple(items) for key, items in groups.items()}


def _on(rows: Iterable[_Row], on: date) -> _Row | None:
    for row in rows:
        if is_valid(row, on):
            return row
    return None


def _start(row: Organisation) -> date:
    return row.valid_from or date.min
