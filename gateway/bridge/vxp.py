"""The courier to VXP, the document service of the national axis: REST with every request signed in its headers.

Each parameter of a request is a header ``XroadVnpt-<name>``; names and values go once more as JSON, with an HMAC-SHA256 of that
JSON under the secret of the system.  Files go as multipart/form-data, part ``file_doc``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from gateway.bridge.axis import AxisCourier, Service
from gateway.bridge.edxml import VIETNAM
from gateway.bridge.http import Reply, multipart
from gateway.bridge.verdicts import asked, entries
from gateway.errors import TemporaryFailure

PREFIX = "XroadVnpt-"
VERSION = "3.0.201608"


def signed_headers(parameters: Mapping[str, str], *, system_id: str, key: str, at: datetime) -> dict[str, str]:
    """The headers of one request; the same parameters, key and time make the same headers."""
    local = at.astimezone(VIETNAM)
    stamp = f"{local:%d%m%YT%H%M%S}+{local.microsecond // 1000:04}"
    signed = {"systemid": system_id, "timestamp": stamp, "version": VERSION, **parameters}
    text = json.dumps(signed, separators=(",", ":"))  # ASCII: a header carries nothing else
    sealed = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers = {f"{PREFIX}{name}": value for name, value in signed.items()}
    return headers | {
        f"{PREFIX}sign-header-key": ";".join(signed),
        f"{PREFIX}sign-header": text,
        f"{PREFIX}hash-header": sealed,
    }


class VxpCourier(AxisCourier):
    """Speaks VXP."""

    @staticmethod
    def _can_look_up(service: Service) -> bool:
        return True

    async def _send(self, kind: str, file_name: str, body: tuple[Iterator[bytes], int, str], organ_id: str) -> Reply:
        blocks, size, digest = body
        headers = self._signed({"from": organ_id, "servicetype": "eDoc", "messagetype": kind, "hash-file": digest})
        boundary = f"vanthu-{file_name.removesuffix('.edxml')}"
        form = multipart(boundary, {}, ("file_doc", file_name, "application/xml"), blocks, size)
        return await self._http.send("/sendEdoc", form, headers | {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    async def _list_received(self, kind: str) -> Reply:
        return await self._post("/getReceivedEdocList", {"servicetype": "eDoc", "messagetype": kind})

    async def _list_sent(self, since: datetime) -> Reply | None:
        day = f"{since.astimezone(VIETNAM):%Y/%m/%d}"
        return await self._post("/getSentEdocList", {"servicetype": "eDoc", "messagetype": "edoc", "fromDate": day})

    async def _fetch(self, doc_id: str) -> bytes:
        reply = await self._post("/getEdoc", {"docId": doc_id})
        return checked(reply, f"{PREFIX}hash-file")

    async def _update(self, doc_id: str, status: str) -> Reply:
        return await self._post("/updateStatus", {"status": status, "docId": doc_id})

    async def _agencies(self) -> frozenset[str] | None:
        found: set[str] = set()
        for path in ("/getAgenciesList", "/getAgenciesListQD20"):
            for entry in entries(asked(await self._post(path, {}), self._service.codes)):
                found.update(code for name in ("code", "oldcode", "code102", "id") if (code := entry.get(name, "")))
        return frozenset(found)

    async def _post(self, path: str, parameters: Mapping[str, str]) -> Reply:
        return await self._http.ask("POST", path, headers=self._signed(parameters))

    def _signed(self, parameters: Mapping[str, str]) -> dict[str, str]:
        service = self._service
        return signed_headers(parameters, system_id=service.system_id, key=service.key, at=datetime.now(UTC))


def checked(reply: Reply, hash_header: str) -> bytes:
    """The bytes of a document or status that was fetched; raises TemporaryFailure when they are not those that were meant."""
    data = _content(reply)
    wanted = next((value for name, value in reply.headers.items() if name.casefold() == hash_header.casefold()), "")
    if wanted and not hmac.compare_digest(wanted.casefold(), hashlib.sha256(data).hexdigest()):
        raise TemporaryFailure("tệp tải về không khớp mã băm của nó: sẽ tải lại")
    if not data:
        raise TemporaryFailure("tệp tải về trống: sẽ tải lại")
    return data


def _content(reply: Reply) -> bytes:
    """The file itself, or out of the JSON that some services wrap it in."""
    if reply.body.lstrip()[:1] != b"{":
        return reply.body
    try:
        found = msgspec.json.decode(reply.body)
        data = found.get("data") if isinstance(found, dict) else None
        return base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return reply.body
