"""The courier to an office system with a REST interface of its own kind: paths, fields and answers are settings.

The delivery id goes along as a header (``Idempotency-Key``), as the name of the file, and wherever the settings put it.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import msgspec

from gateway.bridge.http import Body, Http, Reply, failure_of, multipart
from gateway.bridge.packing import OneLarge, Packed, for_all, packed, why_not, why_too_large
from gateway.bridge.rest_answers import event_of, from_package, from_row, members_of, rows_of
from gateway.bridge.turns import Turns
from gateway.courier import Answer, Capabilities, Finding, FindingLevel, Outcome, Parcel, Result, Status
from gateway.directory.snapshot import Directory
from gateway.errors import DeliveryError, Misconfigured, TemporaryFailure, UncertainFailure
from gateway.model import Case, Delivery
from gateway.settings.rest import Rest

logger = logging.getLogger(__name__)

_AT_A_TIME = 20  # answers
_LOOK_BACK = timedelta(days=30)
_NOT_FOUND = 404
_CONFLICT = 409


class RestCourier:
    """Speaks what the settings say."""

    def __init__(
        self,
        name: str,
        http: Http,
        settings: Rest,
        *,
        secret: str,
        directory: Callable[[], Directory],
        lanes: int = 4,
        max_bytes: int = 0,
        zipped: bool = False,
    ) -> None:
        self.name = name
        self.lanes = lanes
        self.capabilities = Capabilities(
            look_up=bool(settings.look_up),
            poll=bool(settings.answers.list),
            idempotent=bool(settings.duplicate),
            incoming=bool(settings.answers.package),
            max_bytes=max_bytes,
        )
        self._http = http
        self._settings = settings
        self._secret = secret
        self._directory = directory
        self._zipped = zipped
        self._one_large = OneLarge()
        self._turns = Turns()
        self._done: set[str] = set()  # events, where nothing can be acknowledged over there

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Send the package of each delivery."""
        why, case = why_not(parcel), parcel.case
        if why or case is None:
            return for_all(parcel, Outcome.REFUSED, why)
        async with self._one_large.turn(parcel):
            package = await asyncio.to_thread(packed, parcel, case, self._directory(), zipped=self._zipped)
            if too_large := why_too_large(package, self.capabilities.max_bytes):
                return for_all(parcel, Outcome.REFUSED, too_large)
            return tuple([await self._deliver(delivery, case, package) for delivery in parcel.deliveries])

    async def _deliver(self, delivery: Delivery, case: Case, package: Packed) -> Result:
        settings = self._settings
        words = _words(delivery, case, package)
        fields = {name: _filled(text, words) for name, text in settings.fields.items()}
        boundary = f"vanthu-{delivery.id}"
        if settings.form == "multipart":
            file = (settings.file_field, f"{delivery.id}.edxml", "application/xml")
            body, media = (
                multipart(boundary, fields, file, package.pieces(), package.size),
                "multipart/form-data; boundary=" + boundary,
            )
        else:
            body, media = _json_body(fields, settings.file_field, package), "application/json"
        headers = self._headers() | {"Content-Type": media, "Idempotency-Key": delivery.id}
        reply = await self._http.send(_filled(settings.send, words), body, headers)
        return self._result(delivery.id, reply)

    def _result(self, delivery_id: str, reply: Reply) -> Result:
        settings, members = self._settings, members_of(reply)
        receipt = members.get(settings.receipt_field, "") if settings.receipt_field else ""
        said = f"{receipt}: {reply.shown()}" if receipt else reply.shown()
        if _says(members, settings.duplicate) or (reply.status == _CONFLICT and settings.duplicate):
            return Result(delivery_id=delivery_id, outcome=Outcome.ALREADY, reply=said, receipt=reply.body)
        if _says(members, settings.refused):
            return Result(delivery_id=delivery_id, outcome=Outcome.REFUSED, reply=said, receipt=reply.body)
        if failure := failure_of(reply):
            raise failure
        if settings.ok and not _says(members, settings.ok):
            raise UncertainFailure(f"câu trả lời không như mong đợi: {reply.shown()}")
        return Result(delivery_id=delivery_id, outcome=Outcome.DELIVERED, reply=said, receipt=reply.body)

    async def look_up(self, delivery: Delivery, case: Case) -> Result:
        """Ask for the delivery under the path that the settings name: 200 is found, 404 is certainly not there."""
        path = self._settings.look_up
        if not path:
            said = "hệ thống không có cách đối chiếu: hãy mở hệ thống mà xem"
            return Result(delivery_id=delivery.id, outcome=Outcome.UNCERTAIN, reply=said)
        try:
            reply = await self._http.ask("GET", _filled(path, {"delivery_id": delivery.id}), headers=self._headers())
        except Misconfigured as error:
            if not str(error).startswith(f"HTTP {_NOT_FOUND}"):
                raise
            return Result(delivery_id=delivery.id, outcome=Outcome.RETRY, reply=str(error))
        return Result(delivery_id=delivery.id, outcome=Outcome.ALREADY, reply=reply.shown(), receipt=reply.body)

    async def poll(self) -> tuple[Answer, ...]:
        """What the list of the settings has, but for what was acknowledged."""
        settings = self._settings.answers
        if not settings.list:
            return ()
        since = (datetime.now(UTC) - _LOOK_BACK).date().isoformat()
        reply = await self._http.ask("GET", _filled(settings.list, {"since": since}), headers=self._headers())
        waiting = [row for row in rows_of(reply, settings) if self._event(row) not in self._done]
        some = self._turns.ordered(waiting, self._event)[:_AT_A_TIME]
        fetched = await asyncio.gather(*[self._answer(row) for row in some])
        found = tuple(each for each in fetched if isinstance(each, Answer))
        if some and not found:
            raise next(each for each in fetched if isinstance(each, DeliveryError))
        return found

    async def _answer(self, row: Mapping[str, str]) -> Answer | DeliveryError:
        settings = self._settings.answers
        if not settings.package:
            return from_row(row, settings)
        path = _filled(settings.package, {"id": quote(row[settings.id], safe="")})
        try:
            reply = await self._http.ask("GET", path, headers=self._headers())
        except DeliveryError as error:
            logger.warning("%s: answer %s: %s", self.name, row[settings.id], error)
            self._turns.postpone(self._event(row))
            return error
        return await asyncio.to_thread(from_package, row, reply.body, settings)

    def _event(self, row: Mapping[str, str]) -> str:
        return event_of(row, self._settings.answers)

    def postpone(self, answer: Answer) -> None:
        """It comes behind the others from now on."""
        self._turns.postpone(answer.event_id)

    async def acknowledge(self, answer: Answer) -> None:
        """Say that it is here, where there is a path for it; without one it is passed over until the next start."""
        if path := self._settings.answers.acknowledge:
            path = _filled(path, {"id": quote(answer.handle, safe="")})
            await self._http.ask("POST", path, headers=self._headers())
        else:
            self._done.add(answer.event_id)
        self._turns.forget(answer.event_id)

    async def answer(self, status: Status) -> Result:
        """There is nobody to tell."""
        return Result(delivery_id=status.id, outcome=Outcome.REFUSED, reply="hệ thống này không nhận trạng thái")

    async def check(self) -> tuple[Finding, ...]:
        """Connection, certificate, clock, and the path that the settings name for this."""
        found = await self._http.findings()
        if self._settings.ping and not any(each.about == "connection" for each in found):
            try:
                await self._http.ask("GET", self._settings.ping, headers=self._headers())
            except DeliveryError as error:
                text = f"Hệ thống không nhận yêu cầu thử ({error}): hãy kiểm tra địa chỉ và khóa."
                level = FindingLevel.WARNING if isinstance(error, TemporaryFailure) else FindingLevel.BAD
                found.append(Finding(level=level, about="login", text=text))
            else:
                found.append(Finding(level=FindingLevel.GOOD, about="login", text="Đăng nhập được."))
        return tuple(found)

    def _headers(self) -> dict[str, str]:
        return {name: _filled(text, {"secret": self._secret}) for name, text in self._settings.headers.items()}


def _words(delivery: Delivery, case: Case, package: Packed) -> dict[str, str]:
    value = package.value
    return {
        "delivery_id": delivery.id,
        "document_id": value.document_id,
        "number": value.number,
        "symbol": value.notation,
        "number_symbol": "/".join(part for part in (value.number, value.notation) if part),
        "kind": value.type_name,
        "issued_on": value.issued_on.isoformat() if value.issued_on else "",
        "subject": value.subject,
        "issuer": value.sender.name,
        "issuer_code": value.sender.organ_id,
        "signer": value.signer,
        "priority": str(value.priority),
        "unit": case.unit,
        "sha256": package.digest,
    }


def _filled(text: str, words: Mapping[str, str]) -> str:
    """Put words in for their names in braces; other braces stay."""
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text


def _says(members: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return bool(wanted) and all(members.get(name) == value for name, value in wanted.items())


def _json_body(fields: Mapping[str, str], file_field: str, package: Packed) -> Body:
    head = msgspec.json.encode({**fields, file_field: ""})[:-2]  # ends in: "file":"
    size = len(head) + (package.size + 2) // 3 * 4 + 2

    def blocks() -> Iterator[bytes]:
        yield head
        rest = b""
        for piece in package.pieces():
            data = rest + piece
            whole = len(data) - len(data) % 3
            rest = data[whole:]
            yield base64.b64encode(data[:whole])
        yield base64.b64encode(rest) + b'"}'

    return Body(blocks(), size)
