"""What would happen to a mail: the live code of recognising and deciding, without its effects."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

from gateway.config import Config
from gateway.directory.files import load as load_directory
from gateway.documents.mime import may_carry_document
from gateway.errors import VanthuError
from gateway.inspection import Inspector
from gateway.model import (
    NOTHING_RECOGNISED,
    Arrival,
    Door,
    Identity,
    Mail,
    Recipient,
    Recognition,
    Verdict,
    digest_of,
    new_id,
)
from gateway.policy.decide import decide
from gateway.policy.rules import load as load_policy

_HEAD_BYTES = 256 * 1024  # more header than that no honest mail has


def mail_from_file(
    raw: bytes, *, sender: str | None, recipients: Sequence[str], peer: str, identity: Identity, now: datetime
) -> Mail:
    """A Mail as the SMTP door would have made it.

    Where ``sender`` or ``recipients`` are not given they are read from Return-Path or From, and from Delivered-To, To and Cc.
    Raises VanthuError when no recipient can be found.
    """
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


def rehearse(mail: Mail, settings: Config, now: datetime) -> tuple[Verdict, ...]:
    """The verdict for each recipient, in order, as the intake would have it under this configuration."""
    directory = load_directory(settings.path(settings.directory.path))
    policy = load_policy(settings.path(settings.policy.path))
    return decide(policy, directory, mail, _recognised(mail.raw, settings), now)


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
    except (ValueError, IndexError):
        return False
