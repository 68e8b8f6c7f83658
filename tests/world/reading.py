"""A letter of ours as a person reads it: its Vietnamese part, or the English one."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

BETWEEN = "-" * 72


def read(raw: bytes) -> EmailMessage:
    """The message, which must be in order."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def plain(raw: bytes) -> str:
    """The whole text, in both languages, with LF."""
    part = read(raw).get_body(("plain",))
    assert isinstance(part, EmailMessage)
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def vietnamese(raw: bytes) -> str:
    """The Vietnamese part of it."""
    return plain(raw).partition(BETWEEN)[0]


def english(raw: bytes) -> str:
    """The English part of it."""
    return plain(raw).partition(BETWEEN)[2]


def page(raw: bytes) -> str:
    """The HTML part."""
    part = read(raw).get_body(("html",))
    assert isinstance(part, EmailMessage)
    html: str = part.get_content()
    return html
