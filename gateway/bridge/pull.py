"""Office systems that fetch for themselves: an approved case waits until their program comes for it (peek-lock).

Listing locks nothing.  Who wants one locks it for some minutes, reads the package, and then confirms (it stands there, or has
a number), refuses it with a reason, or gives it back.  A lock that runs out gives the case back by itself.  What is confirmed
or refused is an Answer like that of every other office system: receipts, states, letters and stories come of themselves, and
the same answer twice is one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import IO

from gateway.answers import Answers
from gateway.bridge.bundle import write_bundle
from gateway.bridge.packing import for_all, packed, why_not
from gateway.courier import Answer, Capabilities, Finding, FindingLevel, Level, Outcome, Parcel, Result, Status
from gateway.directory.snapshot import Directory
from gateway.errors import NotAllowed
from gateway.lifecycle import DeliveryState
from gateway.model import Arrival, Case, Delivery, Mail, digest_of
from gateway.store import Store
from gateway.store.pulls import Pull

LONGEST_LOCK = timedelta(minutes=30)
_IN_MEMORY = 8 * 1024 * 1024  # bytes of a package; more of it waits on disk
_CONFIRMABLE = (DeliveryState.PENDING, DeliveryState.DELIVERED)


class PullCourier:
    """Carries nothing: it only says that the case waits to be fetched."""

    capabilities = Capabilities(idempotent=True)
    lanes = 1

    def __init__(self, name: str) -> None:
        self.name = name

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Let it be fetched."""
        if why := why_not(parcel):
            return for_all(parcel, Outcome.REFUSED, why)
        return for_all(parcel, Outcome.PENDING, "chờ hệ thống quản lý văn bản đến lấy")

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def look_up(self, delivery: Delivery, case: Case) -> Result:
        """It is here, and they know that it is."""
        return Result(delivery_id=delivery.id, outcome=Outcome.PENDING, reply="chờ hệ thống quản lý văn bản đến lấy")

    async def poll(self) -> tuple[Answer, ...]:
        """They tell us by themselves."""
        return ()

    def postpone(self, answer: Answer) -> None:
        """There is nothing to postpone."""

    async def acknowledge(self, answer: Answer) -> None:
        """There is nothing to acknowledge."""

    async def answer(self, status: Status) -> Result:
        """There is nobody to tell."""
        return Result(delivery_id=status.id, outcome=Outcome.REFUSED, reply="hệ thống này không nhận trạng thái")

    async def check(self) -> tuple[Finding, ...]:
        """Nothing of ours can be wrong."""
        text = "Hệ thống này tự đến lấy văn bản đã duyệt, bằng một mã truy cập (trang “Mã truy cập”)."
        return (Finding(level=FindingLevel.GOOD, about="settings", text=text),)


class Format(StrEnum):
    """As what a case is fetched."""

    EDXML = "edxml"  # the package of QCVN 102:2016
    ZIP = "zip"  # the files, the facts and the package


class Pulling:
    """What a program of an office system does.  Synchronous; NotFound for whatever is not of its office system."""

    def __init__(
        self, *, store: Store, answers: Answers, directory: Callable[[], Directory], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._answers = answers
        self._directory = directory
        self._clock = clock

    def waiting(self, office: str, *, after: str, limit: int) -> tuple[Pull, ...]:
        """What waits for this office system, oldest first."""
        return self._store.pulls.waiting(office, after=after, limit=limit)

    def found(self, office: str, delivery_id: str) -> Pull:
        """One of them."""
        return self._store.pulls.found(office, delivery_id)

    def lock(self, office: str, delivery_id: str, *, token: str, length: timedelta) -> Pull:
        """Lock it for one program.  NotAllowed when another one has it, or it waits no more."""
        now = self._clock()
        return self._store.pulls.lock(office, delivery_id, token=token, until=now + min(length, LONGEST_LOCK), now=now)

    def package(self, office: str, delivery_id: str, lock: str, kind: Format) -> IO[bytes]:
        """The package, the same bytes each time, at its beginning; whoever gets it closes it.  NotAllowed without the lock."""
        pull = self._held(office, delivery_id, lock)
        parcel, case = self._parcel(pull), pull.case
        if why := why_not(parcel):
            raise NotAllowed("Văn bản này không bàn giao: %(why)s.", why=why)
        package = packed(parcel, case, self._directory())
        out = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by whoever sends it
        if kind is Format.ZIP:
            write_bundle(out, parcel.mail, case, package)  # type: ignore[arg-type]
        else:
            for piece in package.pieces():
                out.write(piece)
        out.seek(0)
        return out

    def confirm(
        self, office: str, delivery_id: str, lock: str, *, event_id: str, number: str, on: date | None, actor: str
    ) -> bool:
        """It stands there; with a number: it is registered.  False when this was said before under the same id."""
        level = Level.REGISTERED if number else Level.STORED
        answer = Answer(
            event_id=event_id,
            level=level,
            at=self._clock(),
            delivery_id=delivery_id,
            register_number=number,
            registered_on=on,
            actor=actor,
        )
        return self._answer(office, delivery_id, lock, answer)

    def refuse(self, office: str, delivery_id: str, lock: str, *, event_id: str, reason: str, actor: str) -> bool:
        """Their own "no": the case waits for its clerk again, with the reason."""
        answer = Answer(
            event_id=event_id, level=Level.REJECTED, at=self._clock(), delivery_id=delivery_id, reason=reason, actor=actor
        )
        return self._answer(office, delivery_id, lock, answer)

    def give_back(self, office: str, delivery_id: str, lock: str, reason: str) -> None:
        """Let it be fetched by somebody, later.  NotAllowed without the lock."""
        self._held(office, delivery_id, lock)
        if not self._store.pulls.unlock(delivery_id, lock, said=reason):
            raise NotAllowed("Khóa này không còn hiệu lực: văn bản đã được trả về hàng chờ.")

    def _answer(self, office: str, delivery_id: str, lock: str, answer: Answer) -> bool:
        pull = self._store.pulls.found(office, delivery_id)
        if self._store.receipts.is_kept(office, answer.event_id):
            return False
        if pull.delivery.state not in _CONFIRMABLE:
            raise NotAllowed("Lượt chuyển này đã kết thúc theo cách khác nên không ghi được trả lời.")
        # Behind a lock that ran out nobody else may have begun; whoever has locked it since has the word.
        if pull.delivery.state is DeliveryState.PENDING and pull.lock != lock:
            raise NotAllowed("Khóa này không còn hiệu lực: văn bản đã được trả về hàng chờ.")
        return self._answers.keep(office, answer)

    def _held(self, office: str, delivery_id: str, lock: str) -> Pull:
        pull = self._store.pulls.found(office, delivery_id)
        if not pull.is_locked(self._clock()) or pull.lock != lock:
            raise NotAllowed("Khóa này không còn hiệu lực: văn bản đã được trả về hàng chờ.")
        return pull

    def _parcel(self, pull: Pull) -> Parcel:
        row = self._store.views.mail(pull.case.mail_id)
        raw = self._store.views.raw(row.id)
        mail = Mail(
            id=row.id,
            sender=row.sender,
            recipients=self._store.views.recipients(row.id),
            raw=raw,
            digest=digest_of(raw),
            arrival=Arrival(door=row.door, at=row.at, peer=row.peer, identity=row.identity),
        )
        return Parcel(mail=mail, deliveries=(pull.delivery,), case=pull.case, earlier=self._earlier(pull.case))

    def _earlier(self, case: Case) -> Case | None:
        """The case whose document this one recalls, corrects or replaces; of several the one that was tied first."""
        ties = sorted((tie for tie in self._store.casework.ties(case.id) if tie.case_id == case.id), key=lambda tie: tie.at)
        return self._store.views.case(ties[0].other_id) if ties else None
