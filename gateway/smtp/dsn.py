"""Delivery reports: what could not be delivered, told to whoever sent it (RFC 3461, 3464, 6522, 6533).  Pure.

A report has three parts: words for a person (Vietnamese, then English), fields for a machine, and the header of the mail, or
the whole of it when the sender asked for that, it is small, and it can stand inside another mail.  A report has the null
sender, so that no report is ever written about a report.
"""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.header import Header
from email.utils import format_datetime

from gateway.courier import Outcome, Parcel, Result
from gateway.model import Arrival, Delivery, Door, Mail, Recipient, digest_of, new_id

_FULL_BYTES = 64 * 1024  # up to this size a mail comes back whole (RET=FULL)
_HEADER_BYTES = 16 * 1024
_LONGEST_LINE = 998  # RFC 5322 section 2.1.1
_VIETNAM = timezone(timedelta(hours=7))
_STATUS = re.compile(r"(?:[245]\d\d[ -])?([45]\.\d{1,3}\.\d{1,3})\b")
_SMTP_REPLY = re.compile(r"[245]\d\d(?: |$)")
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_MESSAGE_ID = re.compile(rb"(?im)^message-id:[ \t\r\n]*(<[!-~]{1,900}>)")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")

_Pair = tuple[Delivery, Result]


def report(parcel: Parcel, results: Sequence[Result], *, hostname: str, now: datetime) -> tuple[Mail, ...]:
    """One delivery report about the deliveries that ``results`` say failed for good; none when nobody wants to know.

    Nobody does when the mail had the null sender (RFC 5321 section 4.5.5), and for a recipient whose NOTIFY is NEVER or lacks
    FAILURE (RFC 3461 section 4.1).  ``results`` of the other deliveries of the parcel are not to be given.
    """
    by_id = {delivery.id: delivery for delivery in parcel.deliveries}
    pairs = [(by_id[result.delivery_id], result) for result in results if _wants_to_know(by_id[result.delivery_id])]
    sender = parcel.deliveries[0].sender
    if not (sender and pairs):
        return ()
    mail_id = new_id()
    raw = _written(mail_id, sender, parcel.mail, pairs, hostname, now)
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


def _wants_to_know(delivery: Delivery) -> bool:
    notify = _option(delivery.options, "NOTIFY").upper()
    return not notify or "FAILURE" in notify.split(",")


def _option(options: Sequence[str], name: str) -> str:
    """The value of an ESMTP parameter, "" when it is not there."""
    prefix = f"{name}="
    return next((option[len(prefix) :] for option in options if option.upper().startswith(prefix)), "")


# --- the mail -----------------------------------------------------------------------------------------------------------


def _written(mail_id: str, sender: str, mail: Mail, pairs: Sequence[_Pair], hostname: str, now: datetime) -> bytes:
    boundary = f"=_{mail_id}"
    parts = (
        _part("text/plain; charset=utf-8", _base64(_for_people(mail, pairs, hostname).encode()), "base64"),
        _part("message/delivery-status", _for_machines(mail, pairs, hostname, now).encode("ascii")),
        _returned(mail, boundary.encode()),
    )
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return _header(mail_id, sender, mail, hostname, now, boundary) + b"\r\n" + body + b"--" + boundary.encode() + b"--\r\n"


def _header(mail_id: str, sender: str, mail: Mail, hostname: str, now: datetime, boundary: str) -> bytes:
    lines = [
        f"From: {_words('Cổng thư điện tử')} <mailer-daemon@{hostname}>",
        f"To: <{sender}>",
        f"Subject: {_words('Thư không gửi được')}",
        f"Date: {format_datetime(now.astimezone(_VIETNAM))}",
        f"Message-ID: <{mail_id}@{hostname}>",
        "Auto-Submitted: auto-replied",  # RFC 3834 section 5
        f"X-Vanthu-Id: {mail.id}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"',
    ]
    original = _MESSAGE_ID.search(_top(mail.raw))
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


# --- for people ---------------------------------------------------------------------------------------------------------


_PEOPLE = """\
Kính gửi Thầy/Cô,

Thư của Thầy/Cô không chuyển được tới {whom} sau đây:

{vietnamese}

Thư gửi lúc: {at}
Mã thư: {id}

Những người nhận khác của thư này (nếu có) không bị ảnh hưởng. Thầy/Cô
hãy kiểm tra lại địa chỉ rồi gửi lại; nếu vẫn không được, xin chuyển tiếp
thư này cho cán bộ công nghệ thông tin của đơn vị.

Thư này do máy gửi tự động từ {hostname}, xin đừng trả lời.

------------------------------------------------------------------------

Your message could not be delivered to the following recipient(s):

{english}

Other recipients, if there were any, are not affected.  This is an
automatic message from {hostname}; please do not reply.
"""

_REASONS = {
    "5.1.1": "địa chỉ không tồn tại",
    "5.1.2": "không có tên miền này",
    "5.1.3": "địa chỉ viết không đúng",
    "5.1.6": "hộp thư đã chuyển đi nơi khác",
    "5.1.10": "tên miền này không nhận thư",
    "5.2.1": "hộp thư đã khóa",
    "5.2.2": "hộp thư đã đầy",
    "4.2.2": "hộp thư đã đầy",
    "5.2.3": "thư quá lớn so với hộp thư",
    "5.3.4": "thư quá lớn đối với máy chủ nhận",
    "5.6.7": "máy chủ nhận không dùng được địa chỉ có dấu tiếng Việt",
    "5.6.9": "máy chủ nhận không đọc được tiêu đề thư có dấu tiếng Việt",
    "5.7.1": "máy chủ nhận từ chối thư này",
}


def _for_people(mail: Mail, pairs: Sequence[_Pair], hostname: str) -> str:
    text = _PEOPLE.format(
        whom="người nhận" if len(pairs) == 1 else "những người nhận",
        vietnamese="\n".join(_in_vietnamese(delivery, result) for delivery, result in pairs),
        english="\n".join(f"  {delivery.target}\n    {result.reply}" for delivery, result in pairs),
        at=f"{mail.arrival.at.astimezone(_VIETNAM):%H:%M ngày %d/%m/%Y}",
        id=mail.id,
        hostname=hostname,
    )
    return text.replace("\n", "\r\n")


def _in_vietnamese(delivery: Delivery, result: Result) -> str:
    if result.outcome is Outcome.RETRY:
        reason = "đã thử gửi nhiều lần mà máy chủ nhận chưa nhận thư"
    else:
        reason = _REASONS.get(_status(result), "máy chủ nhận từ chối thư này")
    return f"  {delivery.target}\n    Lý do: {reason}.\n    Chi tiết kỹ thuật: {result.reply}"


# --- for machines -------------------------------------------------------------------------------------------------------


def _for_machines(mail: Mail, pairs: Sequence[_Pair], hostname: str, now: datetime) -> str:
    """The fields of RFC 3464: one group for the mail, one for each recipient."""
    envelope_id = _from_xtext(_option(mail.options, "ENVID"))
    about_mail = [f"Reporting-MTA: dns; {hostname}", f"Arrival-Date: {format_datetime(mail.arrival.at.astimezone(UTC))}"]
    if envelope_id:
        about_mail.insert(0, f"Original-Envelope-Id: {envelope_id}")
    groups = [about_mail, *(_about_recipient(delivery, result, now) for delivery, result in pairs)]
    return "\r\n".join("".join(f"{_folded(field)}\r\n" for field in group) for group in groups)


def _about_recipient(delivery: Delivery, result: Result, now: datetime) -> list[str]:
    fields = [f"Final-Recipient: {_typed(delivery.target)}", "Action: failed", f"Status: {_status(result)}"]
    kind, _, original = _option(delivery.options, "ORCPT").partition(";")
    if original:
        fields.insert(0, f"Original-Recipient: {kind}; {_ascii(_from_xtext(original))}")
    if _SMTP_REPLY.match(result.reply):
        fields.append(f"Diagnostic-Code: smtp; {_ascii(result.reply)}")
    elif result.reply:
        fields.append(f"Diagnostic-Code: x-vanthu; {_ascii(result.reply)}")  # our own words: nobody said that to us
    fields.append(f"Last-Attempt-Date: {format_datetime(now.astimezone(UTC))}")
    return fields


def _status(result: Result) -> str:
    """The enhanced status code (RFC 3463): what the other side said, else what we know."""
    said = _STATUS.match(result.reply)
    if said is not None:
        return said[1]
    return "4.4.7" if result.outcome is Outcome.RETRY else "5.0.0"  # 4.4.7: delivery time expired


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


def _returned(mail: Mail, boundary: bytes) -> bytes:
    """The mail as an attachment when that is wanted and can be; else its header."""
    whole = mail.raw
    if _option(mail.options, "RET").upper() == "FULL" and len(whole) <= _FULL_BYTES and _can_stand_inside(whole, boundary):
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
