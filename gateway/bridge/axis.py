"""What the couriers to the two services of the axis, VXP and LGSP, have in common: send, look up, fetch, acknowledge, check."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec

from gateway.bridge.answers import answer_of, delivery_named, written
from gateway.bridge.edxml import VIETNAM, EdxmlPackage
from gateway.bridge.handover import document_id_of
from gateway.bridge.http import Http, Reply
from gateway.bridge.packing import OneLarge, Packed, for_all, packed, why_not, why_too_large
from gateway.bridge.turns import Turns
from gateway.bridge.verdicts import CODES, asked, doc_id_of, entries, result_of
from gateway.courier import Answer, Capabilities, Finding, FindingLevel, Level, Outcome, Parcel, Result, Status
from gateway.directory.snapshot import Directory
from gateway.errors import DeliveryError, Misconfigured
from gateway.model import Case, Delivery, Value

logger = logging.getLogger(__name__)

DOCUMENTS, STATUSES = "edoc", "status"
_AT_A_TIME = 20  # answers fetched in one poll


class Service(Value):
    """What the settings say about a service of the axis."""

    system_id: str
    key: str  # never in a log, never in an error
    zipped: bool = False
    max_bytes: int = 50 * 1024 * 1024
    sent_list: str = ""  # LGSP: where the list of what was sent is, if the platform has one
    codes: Mapping[str, Outcome] = msgspec.field(default_factory=lambda: CODES)


class AxisCourier:
    """Sends packages to a service of the axis, and fetches what came for us."""

    def __init__(self, name: str, http: Http, service: Service, *, directory: Callable[[], Directory], lanes: int = 4) -> None:
        self.name = name
        self.lanes = lanes
        self.capabilities = Capabilities(
            look_up=self._can_look_up(service),
            poll=True,
            recall=True,
            incoming=True,
            sends_status=True,
            max_bytes=service.max_bytes,
        )
        self._http = http
        self._service = service
        self._codes = service.codes
        self._sent = _SentLists(lambda since: self._list_sent(since), service.codes)
        self._turns = Turns()
        self._one_large = OneLarge()
        self._directory = directory

    @staticmethod
    def _can_look_up(service: Service) -> bool:
        raise NotImplementedError

    # --- what the two services do each in their own way ---

    async def _send(self, kind: str, file_name: str, body: tuple[Iterator[bytes], int, str], organ_id: str) -> Reply:
        """Send one file: its blocks, their size, their SHA-256."""
        raise NotImplementedError

    async def _list_received(self, kind: str) -> Reply:
        raise NotImplementedError

    async def _list_sent(self, since: datetime) -> Reply | None:
        """What was sent since then; None when the service has no such list."""
        raise NotImplementedError

    async def _fetch(self, doc_id: str) -> bytes:
        raise NotImplementedError

    async def _update(self, doc_id: str, status: str) -> Reply:
        raise NotImplementedError

    async def _agencies(self) -> frozenset[str] | None:
        """The codes that are known there; None when the service does not say."""
        raise NotImplementedError

    # --- the courier ---

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Send the package of each delivery; its id is the name of the file."""
        why = why_not(parcel)
        if why or parcel.case is None:
            return for_all(parcel, Outcome.REFUSED, why)
        async with self._one_large.turn(parcel):
            package = await asyncio.to_thread(packed, parcel, parcel.case, self._directory(), zipped=self._service.zipped)
            if too_large := why_too_large(package, self._service.max_bytes):
                return for_all(parcel, Outcome.REFUSED, too_large)
            return tuple([await self._deliver(delivery, package) for delivery in parcel.deliveries])

    async def _deliver(self, delivery: Delivery, package: Packed) -> Result:
        value: EdxmlPackage = package.value
        body = (package.pieces(), package.size, package.digest)
        reply = await self._send(DOCUMENTS, f"{delivery.id}.edxml", body, value.sender.organ_id)
        return result_of(reply, delivery.id, self._codes)

    async def look_up(self, delivery: Delivery, case: Case) -> Result:
        """Search the list of what we sent for the delivery's file name, else for the DocumentId."""
        rows = await self._sent.rows(case.opened_at)
        if rows is None:
            said = "hệ thống không có danh sách đã gửi để đối chiếu"
            return Result(delivery_id=delivery.id, outcome=Outcome.UNCERTAIN, reply=said)
        return await asyncio.to_thread(_found_in, rows, delivery, document_id_of(case, self._directory()))

    async def poll(self) -> tuple[Answer, ...]:
        """Statuses first, then documents.  What cannot be fetched now does not keep back what can."""
        waiting: list[tuple[str, dict[str, str]]] = []
        failed: DeliveryError | None = None
        for kind in (STATUSES, DOCUMENTS):
            try:
                waiting += [
                    (kind, row) for row in entries(asked(await self._list_received(kind), self._codes)) if doc_id_of(row)
                ]
            except DeliveryError as error:
                logger.warning("%s: list of %s: %s", self.name, kind, error)
                failed = error
        some = self._turns.ordered(waiting, lambda each: doc_id_of(each[1]))[:_AT_A_TIME]
        fetched = await asyncio.gather(*[self._answer(kind, row) for kind, row in some])
        found = tuple(each for each in fetched if isinstance(each, Answer))
        failed = next((each for each in fetched if isinstance(each, DeliveryError)), failed)
        if failed is not None and not found:
            raise failed
        return found

    async def _answer(self, kind: str, entry: Mapping[str, str]) -> Answer | DeliveryError:
        doc_id = doc_id_of(entry)
        try:
            raw = await self._fetch(doc_id)
        except DeliveryError as error:  # a 403 for one DocId says nothing about the others: the list was given
            logger.warning("%s: DocId %s: %s", self.name, doc_id, error)
            self._turns.postpone(doc_id)
            return error
        named = next((found for value in entry.values() if (found := delivery_named(value))), "")
        return await asyncio.to_thread(
            answer_of, raw, event_id=f"{kind}:{doc_id}", handle=doc_id, delivery_id=named if kind == STATUSES else ""
        )

    def postpone(self, answer: Answer) -> None:
        """It comes behind the others from now on."""
        self._turns.postpone(answer.handle)

    async def acknowledge(self, answer: Answer) -> None:
        """Say that it is here: "done", or "fail" for what nobody can read; then it is not given again."""
        status = "fail" if answer.level is Level.UNREADABLE else "done"
        asked(await self._update(answer.handle, status), self._codes)
        self._turns.forget(answer.handle)

    async def answer(self, status: Status) -> Result:
        """Send a status message."""
        data = written(status)
        reply = await self._send(STATUSES, f"{status.id}.edxml", _whole(data), status.sender)
        return result_of(reply, status.id, self._codes)

    async def check(self) -> tuple[Finding, ...]:
        """Connection, certificate, clock, login, and which of our codes are unknown there."""
        found = await self._http.findings()
        if any(each.about == "connection" for each in found):
            return tuple(found)
        try:
            asked(await self._list_received(STATUSES), self._codes)
            found.append(Finding(level=FindingLevel.GOOD, about="login", text="Đăng nhập được: mã hệ thống và khóa đúng."))
            known = await self._agencies()
        except Misconfigured as error:
            text = f"Hệ thống không nhận mã hệ thống hoặc khóa ({error}): hãy kiểm tra system_id và secret."
            found.append(Finding(level=FindingLevel.BAD, about="login", text=text))
        except DeliveryError as error:
            text = f"Hệ thống chưa trả lời được ({error}): hãy thử lại, rồi báo cho đơn vị vận hành trục."
            found.append(Finding(level=FindingLevel.WARNING, about="login", text=text))
        else:
            found += _codes(known, self._directory(), self.name)
        return tuple(found)


class _SentLists:
    """The list of what we sent, one for all who ask at the same moment: after an outage it is long, and they are many."""

    def __init__(self, ask: Callable[[datetime], Awaitable[Reply | None]], codes: Mapping[str, Outcome]) -> None:
        self._ask = ask
        self._codes = codes
        self._to_be_asked: dict[date, asyncio.Task[list[dict[str, str]] | None]] = {}

    async def rows(self, since: datetime) -> list[dict[str, str]] | None:
        """A list that is asked for after this call; None when there is none.  Raises DeliveryError."""
        day = since.astimezone(VIETNAM).date()
        task = self._to_be_asked.get(day)
        if task is None:
            task = self._to_be_asked[day] = asyncio.create_task(self._asked(day, since))
        return await asyncio.shield(task)  # who stops asking does not stop it for the others

    async def _asked(self, day: date, since: datetime) -> list[dict[str, str]] | None:
        del self._to_be_asked[day]  # whoever asks from now on wants to know about a later moment
        reply = await self._ask(since)
        return None if reply is None else await asyncio.to_thread(lambda: list(entries(asked(reply, self._codes))))


def _found_in(rows: Sequence[Mapping[str, str]], delivery: Delivery, document_id: str) -> Result:
    """What the list of what we sent says about a delivery."""
    found = next((row for row in rows if any(delivery.id in value for value in row.values())), None)
    if found is None:  # a service that keeps no file names: then the DocumentId, unless it is that of an earlier attempt
        same = (row for row in rows if document_id in row.values())
        found = next((row for row in same if not any(delivery_named(value) for value in row.values())), None)
        if found is not None and _nth(delivery) > 1:
            said = f"DocId {doc_id_of(found)}: có văn bản này, nhưng không rõ là của lần bàn giao nào"
            return Result(delivery_id=delivery.id, outcome=Outcome.UNCERTAIN, reply=said)
    if found is None:
        return Result(delivery_id=delivery.id, outcome=Outcome.RETRY, reply="không có trong danh sách đã gửi")
    said = f"DocId {doc_id_of(found)}: có trong danh sách đã gửi"
    receipt = msgspec.json.encode(found, order="sorted")
    return Result(delivery_id=delivery.id, outcome=Outcome.ALREADY, reply=said, receipt=receipt)


def _nth(delivery: Delivery) -> int:
    """Which of the deliveries of its case this is, counted from 1; they all have one DocumentId."""
    n = delivery.id.rpartition("-")[2]
    return int(n) if n.isdigit() else 1


def _whole(data: bytes) -> tuple[Iterator[bytes], int, str]:
    return iter((data,)), len(data), hashlib.sha256(data).hexdigest()


def _codes(known: frozenset[str] | None, directory: Directory, office: str) -> Iterator[Finding]:
    """Which of our units do not stand in the agency list."""
    if known is None:
        return
    today = datetime.now(UTC).date()
    units = [row for row in directory.organisation_rows if row.office == office and directory.unit(row.code, today) is row]
    without = [row.name for row in units if not row.codes]
    unknown = [f"{row.name} ({row.codes[0]})" for row in units if row.codes and row.codes[0] not in known]
    if without:
        text = f"Chưa có mã định danh trong danh bạ: {_listed(without)}. Hãy điền cột codes."
        yield Finding(level=FindingLevel.WARNING, about="codes", text=text)
    if unknown:
        text = f"Hệ thống chưa biết mã của: {_listed(unknown)}. Hãy đăng ký mã với đơn vị vận hành trục."
        yield Finding(level=FindingLevel.BAD, about="codes", text=text)
    if not without and not unknown:
        yield Finding(level=FindingLevel.GOOD, about="codes", text=f"Hệ thống biết mã của cả {len(units)} đơn vị.")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" và {len(names) - 5} đơn vị khác" if len(names) > 5 else "")
