"""Tests of a policy, kept beside it as data: [[test]] tables that say what a mail must meet.  Pure.

Whoever changes a rule sees at once which of his own examples it breaks; ``vanthu policy test`` runs them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import msgspec

from gateway.directory.snapshot import Directory
from gateway.errors import ConfigError
from gateway.model import (
    SIX_SIGNS,
    Action,
    Arrival,
    Document,
    Door,
    Evidence,
    FileReading,
    Identity,
    Mail,
    Nature,
    Recipient,
    Recognition,
    Secrecy,
    Sign,
    Urgency,
    Value,
    Verdict,
)
from gateway.policy.decide import decide
from gateway.policy.facts import VIETNAM
from gateway.policy.rules import Policy


class Carried(Value, forbid_unknown_fields=True):
    """A document that the mail of a test carries: a final one with all six signs unless it says otherwise."""

    number_symbol: str = ""
    kind: str = "Công văn"
    issuer: str = ""
    superior: str = ""
    issued_on: date | None = None
    nature: Nature = Nature.ISSUED
    urgency: Urgency = Urgency.NORMAL
    secrecy: Secrecy = Secrecy.NONE
    signs: tuple[Sign, ...] = SIX_SIGNS
    confidence: float = 0.95


class Case(Value, forbid_unknown_fields=True, rename={"sender": "from", "recipients": "to"}):
    """One [[test]]."""

    name: str
    sender: str
    recipients: tuple[str, ...]
    expect: Action | dict[str, Action]  # for all recipients, or for each of them
    rule: str = ""  # the id of the rule that must decide; "" is any
    trusted: bool = False  # the client is in a trusted network
    on: date | None = None  # the day on which it comes; None is today
    subject: str = ""
    file: str = ""  # name of an attachment without a document
    unreadable: str = ""  # why that attachment cannot be read: "password", "no text layer" …
    document: Carried | None = None

    def expected(self, recipient: str) -> Action | None:
        """What must happen to this recipient's copy; None when the test does not say."""
        return self.expect.get(recipient) if isinstance(self.expect, dict) else self.expect


class Failure(Value):
    """A test that did not hold, for one recipient."""

    test: str
    recipient: str
    expected: str
    verdict: Verdict


class _File(Value, forbid_unknown_fields=True):
    test: tuple[Case, ...]


def parse(raw: bytes, *, where: str) -> tuple[Case, ...]:
    """The tests in the bytes of a TOML file.  Raises ConfigError that names the test and what was expected."""
    try:
        table: dict[str, Any] = tomllib.loads(raw.decode("utf-8-sig").replace("\r\n", "\n"))
        tests = msgspec.convert(table, _File).test
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{where}: not valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$.")
        raise ConfigError(f"{where}: {place.rstrip('`') or '[[test]]'}: {said}") from error
    for test in tests:
        _check(test, where)
    return tests


def _check(test: Case, where: str) -> None:
    if not test.recipients:
        raise ConfigError(f"{where}: {test.name}: to: expected one recipient or several")
    if test.unreadable and not test.file:
        raise ConfigError(f"{where}: {test.name}: unreadable: expected file as well: the name of what cannot be read")
    if isinstance(test.expect, dict):
        for recipient in test.expect:
            if recipient not in test.recipients:
                raise ConfigError(f"{where}: {test.name}: expect: {recipient} is none of its recipients")


def failures(tests: Sequence[Case], policy: Policy, directory: Directory, *, today: date) -> tuple[Failure, ...]:
    """What did not come out as the tests say."""
    return tuple(failure for test in tests for failure in _failures(test, policy, directory, today))


def _failures(test: Case, policy: Policy, directory: Directory, today: date) -> list[Failure]:
    at = datetime.combine(test.on or today, time(9, 0), tzinfo=VIETNAM)
    found = []
    for verdict in decide(policy, directory, _mail(test, at), _recognition(test), at):
        wanted = test.expected(verdict.recipient)
        if wanted is not None and verdict.action is not wanted:
            found.append(Failure(test=test.name, recipient=verdict.recipient, expected=wanted.value, verdict=verdict))
        elif test.rule and verdict.rule != test.rule:
            found.append(Failure(test=test.name, recipient=verdict.recipient, expected=f"rule {test.rule}", verdict=verdict))
    return found


def _mail(test: Case, at: datetime) -> Mail:
    identity = Identity.TRUSTED_NETWORK if test.trusted else Identity.CLAIMED
    return Mail(
        id="test",
        sender=test.sender,
        recipients=tuple(Recipient(address=address) for address in test.recipients),
        raw=b"",
        digest="",
        arrival=Arrival(door=Door.SMTP, at=at, identity=identity),
    )


def _recognition(test: Case) -> Recognition:
    files = []
    if test.document is not None:
        document = _document(test.document)
        files.append(FileReading(name="văn bản.pdf", digest="", size=1, nature=document.nature, documents=(document,)))
    if test.file:
        nature = Nature.UNREADABLE if test.unreadable else Nature.OTHER
        files.append(FileReading(name=test.file, digest="", size=1, nature=nature, reason=test.unreadable))
    return Recognition(files=tuple(files), subject=test.subject)


def _document(carried: Carried) -> Document:
    number, _, symbol = carried.number_symbol.partition("/")
    nature = carried.nature if carried.secrecy is Secrecy.NONE else Nature.SECRET
    return Document(
        nature=nature,
        confidence=carried.confidence,
        number=number,
        symbol=symbol,
        number_symbol=carried.number_symbol,
        kind=carried.kind,
        issuer=carried.issuer,
        superior=carried.superior,
        issued_on=carried.issued_on,
        urgency=carried.urgency,
        secrecy=carried.secrecy,
        evidence=tuple(Evidence(sign=sign, words="") for sign in carried.signs),
    )
