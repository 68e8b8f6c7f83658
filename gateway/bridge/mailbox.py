"""The courier to an office system that takes documents in by mail: one letter for each delivery, to one address, by SMTP.

The Message-ID is made of the delivery id, so that a mailbox which got a letter twice can know it again.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from gateway.bridge.edxml import RECALL, REPLACEMENT, UPDATE, VIETNAM, EdxmlPackage
from gateway.bridge.handover import edxml_of
from gateway.bridge.packing import for_all, why_not
from gateway.courier import Answer, Capabilities, Finding, FindingLevel, Outcome, Parcel, Result, Status
from gateway.directory.snapshot import Directory
from gateway.errors import DeliveryError, Misconfigured, TemporaryFailure, UncertainFailure
from gateway.model import Case, Delivery, Mail, Value

_DOES = {RECALL: "Thu hồi văn bản", UPDATE: "Đính chính văn bản", REPLACEMENT: "Thay thế văn bản"}


class Intake(Value):
    """The mailbox, and the server that takes mail for it."""

    address: str
    sender: str
    host: str
    port: int
    password: str = ""  # when the server wants to know us: then only over TLS
    ca_file: str = ""
    timeout_s: float = 60.0


class MailboxCourier:
    """Sends each case as a letter."""

    capabilities = Capabilities()

    def __init__(self, name: str, intake: Intake, *, directory: Callable[[], Directory]) -> None:
        self.name = name
        self.lanes = 2
        self._intake = intake
        self._directory = directory

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Send the letter of each delivery."""
        why, case = why_not(parcel), parcel.case
        if why or case is None:
            return for_all(parcel, Outcome.REFUSED, why)
        return tuple([await asyncio.to_thread(self._deliver, each, parcel, case) for each in parcel.deliveries])

    async def close(self) -> None:
        """There is nothing to let go of: each letter has a connection of its own."""

    async def look_up(self, delivery: Delivery, case: Case) -> Result:
        """A mailbox of others cannot be asked."""
        said = f"không đối chiếu được hộp thư: hãy tìm thư có mã {delivery.id} trong {self._intake.address}"
        return Result(delivery_id=delivery.id, outcome=Outcome.UNCERTAIN, reply=said)

    async def poll(self) -> tuple[Answer, ...]:
        """Nothing comes back this way."""
        return ()

    def postpone(self, answer: Answer) -> None:
        """There is nothing to postpone."""

    async def acknowledge(self, answer: Answer) -> None:
        """There is nothing to acknowledge."""

    async def answer(self, status: Status) -> Result:
        """There is nobody to tell."""
        return Result(delivery_id=status.id, outcome=Outcome.REFUSED, reply="hệ thống này không nhận trạng thái")

    async def check(self) -> tuple[Finding, ...]:
        """Whether the server answers, and takes mail for the address."""
        return (await asyncio.to_thread(self._check),)

    def _check(self) -> Finding:
        intake = self._intake
        try:
            with self._connected() as server:
                _expected(*server.mail(intake.sender))
                _expected(*server.rcpt(intake.address))
                server.rset()
        except DeliveryError as error:
            text = f"Máy chủ thư {intake.host} không nhận thư cho {intake.address} ({error}): hãy kiểm tra địa chỉ và máy chủ."
            return Finding(level=FindingLevel.BAD, about="login", text=text)
        except (OSError, smtplib.SMTPException) as error:
            text = f"Không kết nối được tới máy chủ thư {intake.host}:{intake.port} ({error}): hãy kiểm tra mạng."
            return Finding(level=FindingLevel.BAD, about="connection", text=text)
        return Finding(level=FindingLevel.GOOD, about="login", text=f"Máy chủ thư nhận thư cho {intake.address}.")

    def _deliver(self, delivery: Delivery, parcel: Parcel, case: Case) -> Result:
        letter = letter_of(delivery, parcel.mail, case, self._directory(), self._intake, parcel.earlier)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise TemporaryFailure(f"{self._intake.host}: {error}") from error
        with server:
            try:
                _expected(*server.mail(self._intake.sender))
                _expected(*server.rcpt(self._intake.address))
            except (OSError, smtplib.SMTPException) as error:
                raise TemporaryFailure(f"{self._intake.host}: {error}") from error
            return self._sent(server, delivery.id, letter)

    def _sent(self, server: smtplib.SMTP, delivery_id: str, letter: bytes) -> Result:
        try:
            code, said = server.data(letter)
        except smtplib.SMTPDataError as error:  # not even asked for the letter
            raise TemporaryFailure(f"{error.smtp_code} {_text(error.smtp_error)}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise UncertainFailure(f"{self._intake.host}: {error}") from error
        reply = f"{code} {_text(said)}"
        if 200 <= code < 300:
            return Result(delivery_id=delivery_id, outcome=Outcome.DELIVERED, reply=reply)
        if 500 <= code < 600:
            return Result(delivery_id=delivery_id, outcome=Outcome.REFUSED, reply=reply)
        raise TemporaryFailure(reply)

    def _connected(self) -> smtplib.SMTP:
        """A connection, over TLS where it is offered; raises OSError, SMTPException, Misconfigured."""
        intake = self._intake
        server = smtplib.SMTP(intake.host, intake.port, timeout=intake.timeout_s)
        try:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context(cafile=intake.ca_file or None))
                server.ehlo()
            elif intake.password:
                raise Misconfigured(f"{intake.host}: không có STARTTLS, không gửi mật khẩu")
            if intake.password:
                server.login(intake.sender, intake.password)
        except smtplib.SMTPAuthenticationError as error:
            server.close()
            raise Misconfigured(f"{intake.host}: không đăng nhập được ({error.smtp_code})") from error
        except ssl.SSLError as error:
            server.close()
            raise Misconfigured(f"{intake.host}: TLS: {error}") from error
        except BaseException:
            server.close()
            raise
        return server


def letter_of(
    delivery: Delivery, mail: Mail, case: Case, directory: Directory, intake: Intake, earlier: Case | None = None
) -> bytes:
    """The letter of one delivery: the facts in words, the files as they came, the original mail.  The same bytes each time."""
    package = edxml_of(mail, case, directory, earlier)
    number = "/".join(part for part in (package.number, package.notation) if part)
    letter = EmailMessage(policy=SMTP)
    letter["From"] = intake.sender
    letter["To"] = intake.address
    letter["Subject"] = " ".join(f"[Văn bản] {number} {package.subject}".split())[:200]
    letter["Date"] = format_datetime(case.opened_at.astimezone(VIETNAM))
    letter["Message-ID"] = f"<{delivery.id}@{intake.sender.rpartition('@')[2] or 'vanthu'}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Vanthu-Delivery"] = delivery.id
    facts = {
        "Mã bàn giao": delivery.id,
        "Số, ký hiệu": number,
        "Ngày ban hành": f"{package.issued_on:%d/%m/%Y}" if package.issued_on else "",
        "Loại văn bản": package.type_name,
        "Cơ quan ban hành": package.sender.name,
        "Trích yếu": package.subject,
        "Người ký": package.signer,
        **_earlier(package),
    }
    letter.set_content("".join(f"{label}: {fact}\n" for label, fact in facts.items() if fact), cte="base64")
    for attachment in package.attachments:
        kind, _, subtype = (attachment.media or "application/octet-stream").partition("/")
        if kind in ("message", "multipart", "text"):  # these would be changed on the way
            kind, subtype = "application", "octet-stream"
        letter.add_attachment(attachment.data, maintype=kind, subtype=subtype, filename=attachment.name)
    letter.set_boundary(f"vanthu-{delivery.id}")
    return letter.as_bytes()


def _earlier(package: EdxmlPackage) -> dict[str, str]:
    """What the document does to an earlier one, in words."""
    business = package.business
    if business is None or business.kind not in _DOES:
        return {}
    named = (business.document_id, *(each.document_id for each in business.replaced))
    return {_DOES[business.kind]: "; ".join(each for each in named if each)}


def _expected(code: int, said: bytes) -> None:
    """Raises for what is no success: it is ours to repair when the address is refused for good."""
    if 500 <= code < 600:
        raise Misconfigured(f"{code} {_text(said)}")
    if not 200 <= code < 300:
        raise TemporaryFailure(f"{code} {_text(said)}")


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:300]
