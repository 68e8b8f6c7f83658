"""What would happen to a mail: the live code of recognising and deciding, without its effects."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

import msgspec

from gateway.admission import admission
from gateway.config import Config
from gateway.directory.files import load as load_directory
from gateway.directory.snapshot import Directory
from gateway.documents.quick_look import may_carry_document
from gateway.errors import VanthuError
from gateway.inspection import Inspector
from gateway.model import (
    NOTHING_RECOGNISED,
    Action,
    Arrival,
    Door,
    FileReading,
    Identity,
    Mail,
    Recipient,
    Recognition,
    Value,
    Verdict,
    digest_of,
    new_id,
)
from gateway.policy.decide import decide
from gateway.policy.facts import local_day
from gateway.policy.rules import load as load_policy

DOOR = "rcpt"  # stands for the rule of what the SMTP door refuses by itself
_BODIES = ("text/plain", "text/html")  # of parts without a name
_HEAD_BYTES = 256 * 1024  # more header than that no honest mail has


def mail_from_file(
    raw: bytes, *, sender: str | None, recipients: Sequence[str], peer: str, identity: Identity, now: datetime
) -> Mail:
    """A Mail as the SMTP door would have made it.

    Where ``sender`` or ``recipients`` are not given they are read from Return-Path or From, and from Delivered-To, To and Cc;
    "<>" is the null sender.
    Raises VanthuError when no recipient can be found, or when what was given is no address.
    """
    sender = "" if sender == "<>" else sender
    for address in (sender, *recipients):
        if address and not _is_address(address):
            raise VanthuError(f"{address}: expected an address, as in name@example.edu.vn")
    head = BytesHeaderParser(policy=compat32).parsebytes(raw[:_HEAD_BYTES])
    if sender is None:
        sender = next(iter(_addresses([str(head.get("Return-Path") or head.get("From") or "")])), "")
    if not recipients:
        fields = [str(field) for name in ("Delivered-To", "To", "Cc") for field in head.get_all(name, [])]
        recipients = tuple(dict.fromkeys(_addresses(fields)))
    if not recipients:
        raise VanthuError("no recipient: the mail names none in Delivered-To, To or Cc; say it with --to ADDRESS")
    return Mail(
        id=new_id(),
        sender=sender,
        recipients=tuple(Recipient(address=address) for address in recipients),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.SMTP, at=now, peer=peer, identity=identity),
    )


class Rehearsal(Value):
    """What would become of a mail: the verdict for each recipient, in order, and its attachments as they were read."""

    verdicts: tuple[Verdict, ...]
    files: tuple[FileReading, ...]  # () where the door refuses every recipient, or no part can carry a document


def rehearse(mail: Mail, settings: Config, now: datetime) -> Rehearsal:
    """What the SMTP door and the intake would do with a mail under this configuration.

    A recipient that the door itself refuses has the rule "rcpt"; the others are decided without it, as they would be live.
    """
    directory = load_directory(settings.path(settings.directory.path))
    policy = load_policy(settings.path(settings.policy.path))
    refused = _refused_at_the_door(mail, directory, local_day(now))
    rest = tuple(recipient for recipient in mail.recipients if recipient.address not in refused)
    decided: Iterator[Verdict] = iter(())
    found = NOTHING_RECOGNISED
    if rest:
        mail_taken = msgspec.structs.replace(mail, recipients=rest)
        found = _recognised(mail.raw, settings)
        decided = iter(decide(policy, directory, mail_taken, found, now))
    verdicts = tuple(refused.get(recipient.address) or next(decided) for recipient in mail.recipients)
    return Rehearsal(verdicts=verdicts, files=tuple(file for file in found.files if file.name or file.media not in _BODIES))


def _refused_at_the_door(mail: Mail, directory: Directory, today: date) -> dict[str, Verdict]:
    refused = {}
    for recipient in mail.recipients:
        answer = admission(directory, recipient.address, mail.arrival.identity, today)
        if answer.successor and not answer.admitted:
            reason = f"địa chỉ đã ngừng sử dụng, xin gửi tới {answer.successor}"
        elif not answer.admitted and mail.arrival.identity not in (Identity.TRUSTED_NETWORK, Identity.AUTHENTICATED):
            reason = "địa chỉ không thuộc hệ thống thư của ngành, máy gửi không ở mạng tin cậy"
        else:
            continue
        refused[recipient.address] = Verdict(
            recipient=recipient.address,
            action=Action.REJECT,
            rule=DOOR,
            clause="RFC 5321",
            reason=f"từ chối ngay ở lệnh RCPT: {reason}.",
            target=answer.successor,
        )
    return refused


def _recognised(raw: bytes, settings: Config) -> Recognition:
    if not may_carry_document(raw):
        return NOTHING_RECOGNISED
    inspector = Inspector(settings.inspection)
    inspector.start()
    try:
        return asyncio.run(inspector.recognise(raw))
    finally:
        inspector.close()


def _addresses(fields: Sequence[str]) -> list[str]:
    return [address for _, address in getaddresses(list(fields)) if _is_address(address)]


def _is_address(text: str) -> bool:
    try:
        return bool(Address(addr_spec=text).domain)
    except (ValueError, IndexError, HeaderParseError):
        return False
