"""A letter as a mail: its header, the text in two languages, and the same as HTML.  Pure."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from gateway.model import Value
from gateway.notices.lines import VIETNAM, wrapped
from gateway.notices.pages import page

_BETWEEN = "-" * 72


class Letter(Value):
    """What stands in it, before its lines are broken."""

    id: str
    to: str
    sender: str  # our address
    subject: str
    vietnamese: str
    title: str  # the subject in English
    english: str
    message_id: str
    about: str  # id of the mail or case it is about
    at: datetime
    original: str = ""  # Message-ID of the mail it answers, with its <>
    reply_to: str = ""


def posted(letter: Letter) -> bytes:
    """Its bytes: text first, and the same as HTML for those who read that (RFC 2046 section 5.1.4)."""
    boundary = f"=_{letter.id}"
    text = f"{wrapped(letter.vietnamese)}\r\n{_BETWEEN}\r\n\r\n{wrapped(letter.title)}\r\n{wrapped(letter.english)}"
    parts = (
        _part("text/plain; charset=utf-8", text),
        _part("text/html; charset=utf-8", page(letter.subject, letter.vietnamese, letter.title, letter.english)),
    )
    body = b"".join(f"--{boundary}\r\n".encode() + part for part in parts) + f"--{boundary}--\r\n".encode()
    return _head(letter, boundary) + b"\r\n" + body


def _head(letter: Letter, boundary: str) -> bytes:
    lines: Sequence[str] = [
        f"From: {_encoded('Cổng thư điện tử')} <{letter.sender}>",
        f"To: <{letter.to}>",
        f"Subject: {_encoded(letter.subject)}",
        f"Date: {format_datetime(letter.at.astimezone(VIETNAM))}",
        f"Message-ID: <{letter.message_id}>",
        *([f"Reply-To: <{letter.reply_to}>"] if letter.reply_to else []),
        "Auto-Submitted: auto-replied",  # RFC 3834 section 5
        "X-Auto-Response-Suppress: All",
        f"X-Vanthu-Id: {letter.about}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
        *([f"In-Reply-To: {letter.original}", f"References: {letter.original}"] if letter.original else []),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")


def _part(media: str, text: str) -> bytes:
    """In seven bits: no server on the way needs to change it."""
    head = f"Content-Type: {media}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
    return head + base64.encodebytes(text.encode()).replace(b"\n", b"\r\n") + b"\r\n"


def _encoded(text: str) -> str:
    return Header(text, "utf-8").encode(linesep="\r\n")
