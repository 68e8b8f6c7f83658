"""An office system of the worst kind: it makes a new entry whenever something is sent, and keeps its register on disk.

It stands at the seam (OfficeCourier).  Two entries of one delivery are a twin, and a case without an entry is a loss: the
register shows both, whatever the gateway believes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from gateway.courier import Answer, Capabilities, Finding, FindingLevel, Level, Outcome, Parcel, Result, Status
from gateway.errors import Misconfigured, TemporaryFailure, UncertainFailure
from gateway.model import Case, Delivery

Fault = Callable[[str, int], str]  # delivery id, how many tries so far -> the name of a fault, or ""


class Register:
    """One office system in ``folder``; it survives the death of the gateway."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "ioffice-nganh",
        fault: Fault = lambda delivery_id, tries: "",
        answers: bool = True,
        looks_up: bool = True,
    ) -> None:
        self.name = name
        self.lanes = 4
        self.capabilities = Capabilities(look_up=looks_up, poll=answers, sends_status=True)
        self.fault = fault
        self.findings: tuple[Finding, ...] = (Finding(level=FindingLevel.GOOD, about="login", text="Đăng nhập được."),)
        self.extra: list[Answer] = []  # to be given by poll() as well
        self.late: set[str] = set()  # event ids of answers that could not be taken
        self.told: list[Status] = []
        self.tries: dict[str, int] = {}
        self._entries = folder / "register.jsonl"
        self._acknowledged = folder / "acknowledged.txt"
        folder.mkdir(parents=True, exist_ok=True)

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        return tuple(self._take(delivery) for delivery in parcel.deliveries)

    async def close(self) -> None:
        """Nothing is open."""

    async def look_up(self, delivery: Delivery, case: Case) -> Result:
        found = next((entry for entry in self.entries() if entry["delivery"] == delivery.id), None)
        if found is None:
            return Result(delivery_id=delivery.id, outcome=Outcome.RETRY, reply="không có")
        return Result(delivery_id=delivery.id, outcome=Outcome.ALREADY, reply="đã có", receipt=json.dumps(found).encode())

    async def poll(self) -> tuple[Answer, ...]:
        done = self._acknowledged.read_text().split("\n") if self._acknowledged.exists() else []
        waiting = [answer for answer in (*self._numbers(), *self.extra) if answer.event_id not in done]
        return tuple(sorted(waiting, key=lambda answer: answer.event_id in self.late)[:10])

    def postpone(self, answer: Answer) -> None:
        self.late.add(answer.event_id)

    async def acknowledge(self, answer: Answer) -> None:
        _append(self._acknowledged, answer.event_id)

    async def answer(self, status: Status) -> Result:
        self.told.append(status)
        return Result(delivery_id=status.id, outcome=Outcome.DELIVERED, reply="OK")

    async def check(self) -> tuple[Finding, ...]:
        return self.findings

    def entries(self) -> list[dict[str, str]]:
        """The register."""
        if not self._entries.exists():
            return []
        return [json.loads(line) for line in self._entries.read_text().splitlines() if line]

    def _take(self, delivery: Delivery) -> Result:
        tries = self.tries[delivery.id] = self.tries.get(delivery.id, 0) + 1
        fault = self.fault(delivery.id, tries)
        if fault == "refused-connection":
            raise TemporaryFailure("không kết nối được")
        if fault == "wrong-key":
            raise Misconfigured("sai khóa")
        if fault == "no":
            return Result(delivery_id=delivery.id, outcome=Outcome.REFUSED, reply="thiếu trích yếu")
        if fault == "lost-before":
            raise UncertainFailure("mất kết nối giữa chừng")
        _append(self._entries, json.dumps({"delivery": delivery.id, "case": delivery.case_id}))
        if fault == "lost-answer":
            raise UncertainFailure("quá thời gian chờ sau khi gửi")
        if fault == "crash":
            raise RuntimeError("bug in a courier")
        if fault == "later":
            return Result(delivery_id=delivery.id, outcome=Outcome.PENDING, reply="đã nhận, trả lời sau", receipt=b"taken")
        return Result(delivery_id=delivery.id, outcome=Outcome.DELIVERED, reply="OK", receipt=f"receipt {delivery.id}".encode())

    def _numbers(self) -> Iterator[Answer]:
        if self.capabilities.poll:
            for n, entry in enumerate(self.entries(), 1):
                yield registered(entry["delivery"], str(n))


def registered(delivery_id: str, number: str, *, event_id: str = "") -> Answer:
    """The office system gave a number."""
    return Answer(
        event_id=event_id or f"registered-{delivery_id}-{number}",
        level=Level.REGISTERED,
        status="03",
        delivery_id=delivery_id,
        register_number=number,
        registered_on=date(2026, 11, 23),
        raw=f"<number>{number}</number>".encode(),
    )


def _append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
