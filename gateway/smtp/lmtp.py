"""A transaction with a mailbox server by LMTP (RFC 2033): after the data it answers for each recipient that it took.  Pure."""

from __future__ import annotations

from gateway.courier import Fate, Parcel, Result
from gateway.smtp.transaction import GarbledReply, Offer, Reply, Transaction, outcome_of


class LmtpTransaction(Transaction):
    """As in SMTP, but for the replies after the data."""

    __slots__ = ("_finals",)

    def __init__(self, parcel: Parcel, offer: Offer, trace: bytes) -> None:
        super().__init__(parcel, offer, trace)
        self._finals: list[Reply] = []

    def take(self, reply: Reply) -> tuple[bytes, ...]:
        """What to send after this reply; GarbledReply when it cannot be the reply to what was sent."""
        if self._at < len(self._commands):
            to_send = super().take(reply)
            if to_send and self._at == len(self._commands) and not self._taken():
                raise GarbledReply(f"out of step: {reply}")  # RFC 2033 section 4.2: nobody was taken, so this must be 503
            return to_send
        if 300 <= reply.code < 400:
            raise GarbledReply(f"out of step: {reply}")
        self._finals.append(reply)
        self.done = len(self._finals) == self._taken()
        return ()

    def take_back(self) -> None:
        """The last words came before all of the mail had left."""
        self._finals.clear()

    def _taken(self) -> int:
        """How many recipients the other side took."""
        return sum(reply.is_positive for reply in self._rcpts)

    def _result(self, n: int, delivery_id: str, trouble: str) -> Result:
        if n < len(self._rcpts) and self._rcpts[n].is_positive:
            order = sum(reply.is_positive for reply in self._rcpts[:n])
            if order < len(self._finals):
                final = self._finals[order]
                if final.is_positive:
                    return self._delivered(n, delivery_id, final, Fate.DELIVERED)
                return Result(delivery_id=delivery_id, outcome=outcome_of(final), reply=str(final))
        return super()._result(n, delivery_id, trouble)
