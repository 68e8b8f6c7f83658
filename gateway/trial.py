"""A test mail through the whole chain: in by the SMTP door, decided, out by the relay; each step with its time.

It is a mail like any other: it is decided by the rules, stands in the lists, and reaches the mailbox that was chosen.
"""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from gateway.directory.calendar import VIETNAM
from gateway.errors import NotFound
from gateway.lifecycle import DeliveryState
from gateway.model import Delivery, Value, new_id
from gateway.phrases import phrase
from gateway.policy.explain import ACTIONS
from gateway.store import Store

_EVERY_S = 0.2
_TIMEOUT_S = 10.0
_OVER = (DeliveryState.DELIVERED, DeliveryState.REFUSED, DeliveryState.DEAD, DeliveryState.CANCELLED)


class Step(Value):
    """One step of the way."""

    title: str
    said: str
    seconds: float  # since the beginning
    is_good: bool = True


def send(
    store: Store,
    door: tuple[str, int],
    *,
    sender: str,
    to: str,
    patience_s: float = 20.0,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Step]:
    """Send one and follow it, a step at a time; the last one says where it is.  What goes wrong on the way is a step."""
    began = clock()

    def step(title: str, said: str, *, good: bool = True) -> Step:
        return Step(title=title, said=said, seconds=round(clock() - began, 2), is_good=good)

    greeting = phrase("Kết nối với cổng nhận thư")
    try:
        with smtplib.SMTP(*door, timeout=_TIMEOUT_S) as server:
            yield step(greeting, f"{door[0]}:{door[1]}")
            reply = _handed_in(server, sender, to)
    except smtplib.SMTPResponseException as error:
        yield step(phrase("Cổng trả lời"), f"{error.smtp_code} {_text(error.smtp_error)}", good=False)
        return
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        yield step(phrase("Cổng trả lời"), f"{code} {_text(said)}", good=False)
        return
    except (OSError, smtplib.SMTPException) as error:
        yield step(greeting, str(error), good=False)
        return
    yield step(phrase("Cổng đã nhận thư và ghi xuống đĩa"), reply)
    yield from _followed(store, reply.split()[2], step, patience_s, clock)


def _handed_in(server: smtplib.SMTP, sender: str, to: str) -> str:
    server.ehlo()
    if server.has_extn("starttls"):
        # To this machine's own door: its certificate names the gateway, not the address that is called here.
        server.starttls(context=ssl._create_unverified_context())  # noqa: S323
        server.ehlo()
    _expect(*server.mail(sender))
    code, said = server.rcpt(to)
    if code not in (250, 251):
        raise smtplib.SMTPRecipientsRefused({to: (code, said)})
    code, said = server.data(_letter(sender, to))
    if code != 250:
        raise smtplib.SMTPDataError(code, said)
    return f"{code} {_text(said)}"


def _letter(sender: str, to: str) -> bytes:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = sender, to
    letter["Subject"] = "Thư thử của cổng Vanthu"
    letter["Date"] = format_datetime(datetime.now(UTC).astimezone(VIETNAM))
    letter["Message-ID"] = f"<{new_id()}@{sender.rpartition('@')[2]}>"
    letter.set_content("Thư này do người quản trị gửi để thử đường đi qua cổng Vanthu. Không cần trả lời.\n", cte="base64")
    return letter.as_bytes()


def _followed(
    store: Store, mail_id: str, step: Callable[..., Step], patience_s: float, clock: Callable[[], float]
) -> Iterator[Step]:
    until = clock() + patience_s
    decided = False
    while True:
        try:
            verdicts, deliveries = store.views.verdicts(mail_id), store.views.deliveries_of(mail_id=mail_id)
        except NotFound:
            verdicts, deliveries = (), ()
        if verdicts and not decided:
            decided = True
            verdict = verdicts[0]
            said = phrase("%(action)s (quy tắc %(rule)s)", action=ACTIONS[verdict.action], rule=verdict.rule)
            yield step(phrase("Đã kết luận"), said)
        if deliveries and deliveries[0].state in _OVER:
            yield _arrived(deliveries[0], step)
            return
        if decided and not deliveries:
            yield step(phrase("Không có lượt chuyển nào: thư đã vào hàng chờ văn thư"), "")
            return
        if clock() >= until:
            reply = deliveries[0].reply if deliveries else ""
            yield step(phrase("Chưa tới nơi; cổng vẫn thử tiếp, xem trang Lượt chuyển"), reply, good=False)
            return
        time.sleep(_EVERY_S)


def _arrived(delivery: Delivery, step: Callable[..., Step]) -> Step:
    if delivery.state is DeliveryState.DELIVERED:
        return step(phrase("Máy chủ thư kế tiếp đã nhận"), delivery.reply)
    return step(phrase("Máy chủ thư kế tiếp không nhận"), delivery.reply, good=False)


def _expect(code: int, said: bytes) -> None:
    if code != 250:
        raise smtplib.SMTPResponseException(code, said)


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:300]
