"""Delivery reports: what became of a mail, told to whoever sent it (RFC 3461, 3464, 6522, 6533).  Pure.

A report has three parts: words for a person (dsn_words), fields for a machine, and the header of the mail, or the whole of it
when it failed, the sender asked for that, it is small, and it can stand inside another mail.  A report has the null sender, so
that no report is ever written about a report.
"""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.header import Header
from email.utils import format_datetime
from typing import NamedTuple

from gateway.courier import Fate, Outcome, Parcel, Result
from gateway.model import Arrival, Delivery, Door, Mail, Recipient, digest_of, new_id
from gateway.notices import may_be_told
from gateway.smtp.dsn_words import SUBJECTS, words

_FULL_BYTES = 64 * 1024  # up to this size a mail comes back whole (RET=FULL)
_HEADER_BYTES = 16 * 1024
_LONGEST_LINE = 998  # RFC 5322 section 2.1.1
_VIETNAM = timezone(timedelta(hours=7))
_STATUS = re.compile(r"(?:[245]\d\d[ -])?([245]\.\d{1,3}\.\d{1,3})\b")
# Action -> classes of its status, and the status when nobody said one.
_CLASSES = {
    Fate.FAILED: ("45", "5.0.0"),
    Fate.DELAYED: ("4", "4.0.0"),
    Fate.RELAYED: ("2", "2.0.0"),
    Fate.DELIVERED: ("2", "2.0.0"),
}
_SMTP_REPLY = re.compile(r"[245]\d\d(?: |$)")
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_MESSAGE_ID = re.compile(rb"(?im)^message-id:[ \t\r\n]*(<[!-~]{1,900}>)")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")

_Pair = tuple[Delivery, Result]


def report(
    fate: Fate,
    parcel: Parcel,
    results: Sequence[Result],
    *,
    hostname: str,
    now: datetime,
    until: datetime | None = None,
    you: str = "Thầy/Cô",
) -> tuple[Mail, ...]:
    """One delivery report about the deliveries that ``results`` are about; none when nobody wants to know.

    Nobody does when the mail had the null sender (RFC 5321 section 4.5.5), nor for recipients whose NOTIFY says so (RFC 3461
    section 4.1).  ``until``: how long a mail that is delayed will be tried; ``you``: how its sender is addressed.
    """
    by_id = {delivery.id: delivery for delivery in parcel.deliveries}
    pairs = [(by_id[r.delivery_id], r) for r in results if _wants_to_know(fate, by_id[r.delivery_id], parcel.mail)]
    sender = parcel.deliveries[0].sender
    if not (sender and pairs):
        return ()
    mail_id = new_id()
    raw = _written(_Report(fate, mail_id, sender, parcel.mail, pairs, hostname, now, until, you))
    report_mail = Mail(
        id=mail_id,
        sender="",
        recipients=(Recipient(address=sender, options=("NOTIFY=NEVER",)),),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.OWN, at=now),
        options=() if raw.isascii() else ("BODY=8BITMIME",),
    )
    return (report_mail,)


class _Report(NamedTuple):
    """What it is written from."""

    fate: Fate
    id: str
    sender: str
    mail: Mail
    pairs: Sequence[_Pair]
    hostname: str
    now: datetime
    until: datetime | None
    you: str


def _wants_to_know(fate: Fate, delivery: Delivery, mail: Mail) -> bool:
    """Without NOTIFY a failure is told, and a delay to people (RFC 3461 section 4.1); what arrived only to who asks."""
    notify = [word for word in option(delivery.options, "NOTIFY").upper().split(",") if word]
    if fate is Fate.FAILED:
        return not notify or "FAILURE" in notify
    if fate is Fate.DELAYED:
        return "DELAY" in notify or (not notify and may_be_told(mail))
    return "SUCCESS" in notify


def option(options: Sequence[str], name: str) -> str:
    """The value of an ESMTP parameter, "" when it is not there."""
    prefix = f"{name}="
    return next((option[len(prefix) :] for option in options if option.upper().startswith(prefix)), "")


# --- the mail -----------------------------------------------------------------------------------------------------------


def _written(report: _Report) -> bytes:
    boundary = f"=_{report.id}".encode()
    text = words(report.fate, report.mail, report.pairs, hostname=report.hostname, until=report.until, you=report.you)
    parts = (
        _part("text/plain; charset=utf-8", _base64(text.encode("utf-8", "replace")), "base64"),
        _part("message/delivery-status", _for_machines(report).encode("ascii")),
        _returned(report, boundary),
    )
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return _header(report, boundary.decode()) + b"\r\n" + body + b"--" + boundary + b"--\r\n"


def _header(report: _Report, boundary: str) -> bytes:
    lines = [
        f"From: {_words('Cổng thư điện tử')} <mailer-daemon@{report.hostname}>",
        f"To: <{report.sender}>",
        f"Subject: {_words(SUBJECTS[report.fate])}",
        f"Date: {format_datetime(report.now.astimezone(_VIETNAM))}",
        f"Message-ID: <{report.id}@{report.hostname}>",
        "Auto-Submitted: auto-replied",  # RFC 3834 section 5
        f"X-Vanthu-Id: {report.mail.id}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"',
    ]
    original = _MESSAGE_ID.search(_top(report.mail.raw))
    if original is not None:
        lines.insert(5, f"In-Reply-To: {original[1].decode('ascii')}")
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")


def _words(text: str) -> str:
    """A phrase for a header field (RFC 2047)."""
    return Header(text, "utf-8").encode(linesep="\r\n")


def _part(media: str, content: bytes, encoding: str = "7bit") -> bytes:
    header = f"Content-Type: {media}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return header.encode("ascii") + content


def _base64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


# --- for machines -------------------------------------------------------------------------------------------------------


def _for_machines(report: _Report) -> str:
    """The fields of RFC 3464: one group for the mail, one for each recipient."""
    mail = report.mail
    envelope_id = _from_xtext(option(mail.options, "ENVID"))
    about_mail = [f"Reporting-MTA: dns; {report.hostname}", f"Arrival-Date: {_date(mail.arrival.at)}"]
    if envelope_id:
        about_mail.insert(0, f"Original-Envelope-Id: {envelope_id}")
    groups = [about_mail, *(_about_recipient(report, delivery, result) for delivery, result in report.pairs)]
    return "\r\n".join("".join(f"{_folded(field)}\r\n" for field in group) for group in groups)


def _about_recipient(report: _Report, delivery: Delivery, result: Result) -> list[str]:
    status = _status(report.fate, result)
    fields = [f"Final-Recipient: {_typed(delivery.target)}", f"Action: {report.fate}", f"Status: {status}"]
    kind, _, original = option(delivery.options, "ORCPT").partition(";")
    if original:
        fields.insert(0, f"Original-Recipient: {_ascii(kind)}; {_ascii(_from_xtext(original))}")
    if _SMTP_REPLY.match(result.reply):
        fields.append(f"Diagnostic-Code: smtp; {_ascii(result.reply)}")
    elif result.reply:
        fields.append(f"Diagnostic-Code: x-vanthu; {_ascii(result.reply)}")  # our own words: nobody said that to us
    fields.append(f"Last-Attempt-Date: {_date(report.now)}")
    if report.until is not None and report.fate is Fate.DELAYED:
        fields.append(f"Will-Retry-Until: {_date(report.until)}")
    return fields


def _date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC))


def _status(fate: Fate, result: Result) -> str:
    """The enhanced status code (RFC 3463) of the class that the action has: what the other side said, else what we know."""
    kind, otherwise = _CLASSES[fate]
    said = _STATUS.match(result.reply)
    if said is not None and said[1][0] in kind:
        return said[1]
    return "4.4.7" if fate is Fate.FAILED and result.outcome is Outcome.RETRY else otherwise  # 4.4.7: delivery time expired


def _typed(address: str) -> str:
    """rfc822, or utf-8 in the form that stands in seven bits (RFC 6533 section 3, utf-8-addr-xtext)."""
    if address.isascii():
        return f"rfc822; {_ascii(address)}"
    return "utf-8; " + "".join(c if "!" <= c <= "~" and c not in "+=\\" else f"\\x{{{ord(c):02X}}}" for c in address)


def _from_xtext(value: str) -> str:
    """xtext (RFC 3461 section 4) as it was meant; what is no printable ASCII then cannot stand in a field."""
    return _ascii(_XTEXT.sub(lambda found: chr(int(found[1], 16)), value))


def _ascii(text: str) -> str:
    """One line of printable ASCII; what a next hop says may hold anything."""
    return "".join(c if " " <= c <= "~" else "?" for c in " ".join(text.split()))


def _folded(field: str) -> str:
    return "\r\n ".join(textwrap.wrap(field, 76, break_long_words=False, break_on_hyphens=False))


# --- what comes back ----------------------------------------------------------------------------------------------------


def _returned(report: _Report, boundary: bytes) -> bytes:
    """The mail as an attachment when it failed and that is wanted and can be (RFC 3461 section 4.3); else its header."""
    mail = report.mail
    whole, is_wanted = mail.raw, report.fate is Fate.FAILED and option(mail.options, "RET").upper() == "FULL"
    if is_wanted and len(whole) <= _FULL_BYTES and _can_stand_inside(whole, boundary):
        return _part("message/rfc822", whole, "7bit" if whole.isascii() else "8bit")
    top = _top(whole)[:_HEADER_BYTES].replace(b"\x00", b"")
    lines = [line[:_LONGEST_LINE] for line in _LINE_END.split(top) if not line.startswith(b"--" + boundary)]
    header = b"".join(line + b"\r\n" for line in lines)
    return _part("text/rfc822-headers", header, "7bit" if header.isascii() else "8bit")


def _can_stand_inside(raw: bytes, boundary: bytes) -> bool:
    """Bare CR, bare LF, NUL and endless lines may travel by themselves, but not as part of a mail that we write."""
    lines = raw.split(b"\r\n")
    return boundary not in raw and all(
        len(line) <= _LONGEST_LINE and not (b"\r" in line or b"\n" in line or b"\x00" in line) for line in lines
    )


def _top(raw: bytes) -> bytes:
    """The header of a mail, without the empty line."""
    end = _END_OF_HEADER.search(raw)
    return raw[: end.start()] if end else raw
