"""Asking the next mail server whether it has a mailbox: MAIL and RCPT of a mail that never comes.  Pure, but for its future."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from gateway.courier import RELAY, Outcome, Parcel, Result
from gateway.lifecycle import DeliveryState
from gateway.model import Arrival, Delivery, Door, Mail, Recipient
from gateway.smtp.connection import Job
from gateway.smtp.transaction import GarbledReply, Offer, Reply, Transaction


class Question(Transaction):
    """The envelope of a mail that ends after RCPT."""

    __slots__ = ()

    def _envelope(self) -> list[bytes]:
        return super()._envelope()[:-1]  # all but DATA

    def take(self, reply: Reply) -> tuple[bytes, ...]:
        """What to send after this reply; GarbledReply when it cannot be the reply to what was sent."""
        if 300 <= reply.code < 400:
            raise GarbledReply(f"out of step: {reply}")
        self._at += 1
        if self._opening is None:
            self._opening = reply
        else:
            self._rcpts.append(reply)
        self.done = self._at == len(self._commands) or not (self._offer.pipelining or reply.is_positive)
        self.dirty = self.done  # the mail is open: RSET before the next one
        return () if self.done or self._offer.pipelining else (self._commands[self._at],)

    def _result(self, n: int, delivery_id: str, trouble: str) -> Result:
        if n < len(self._rcpts) and self._rcpts[n].is_positive and self._opening is not None and self._opening.is_positive:
            return Result(delivery_id=delivery_id, outcome=Outcome.DELIVERED, reply=str(self._rcpts[n]))
        if self._opening is not None and self._opening.code >= 500:
            # Some take no mail with the null sender: that says nothing of the mailbox.
            return Result(delivery_id=delivery_id, outcome=Outcome.REFUSED, reply=f"MAIL FROM:<>: {self._opening}")
        return super()._result(n, delivery_id, trouble)


class QuestionJob(Job):
    """Takes its turn among the mails of a destination."""

    __slots__ = ()

    def __init__(self, address: str, future: asyncio.Future[tuple[Result, ...]]) -> None:
        mail = Mail(
            id="", sender="", recipients=(Recipient(address=address),), raw=b"", digest="",
            arrival=Arrival(door=Door.OWN, at=datetime.now(UTC)),
        )  # fmt: skip
        delivery = Delivery(id="", mail_id="", courier=RELAY, target=address, state=DeliveryState.SENDING)
        super().__init__(Parcel(mail=mail, deliveries=(delivery,)), b"", future)

    def start(self, offer: Offer) -> Transaction:
        """Ask, whatever the other side can do."""
        self.transaction = Question(self.parcel, offer, b"")
        return self.transaction
