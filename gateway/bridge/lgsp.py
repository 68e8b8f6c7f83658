"""The courier to a province's own platform (LGSP): REST with a system id and a key in two headers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from gateway.bridge.axis import AxisCourier, Service
from gateway.bridge.edxml import VIETNAM
from gateway.bridge.http import Reply, multipart
from gateway.bridge.vxp import checked

_LOOK_BACK = timedelta(days=30)  # what was acknowledged is not given again, so that this may be long


class LgspCourier(AxisCourier):
    """Speaks LGSP."""

    @staticmethod
    def _can_look_up(service: Service) -> bool:
        return bool(service.sent_list)

    async def _send(self, kind: str, file_name: str, body: tuple[Iterator[bytes], int, str], organ_id: str) -> Reply:
        blocks, size, _ = body
        boundary = f"vanthu-{file_name.removesuffix('.edxml')}"
        form = multipart(boundary, {"messageType": kind}, ("edocFile", file_name, "application/xml"), blocks, size)
        headers = self._headers() | {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return await self._http.send("/v1/sendEdoc", form, headers)

    async def _list_received(self, kind: str) -> Reply:
        return await self._get("/v1/syncReceivedEdocList", **self._days(kind, datetime.now(UTC) - _LOOK_BACK))

    async def _list_sent(self, since: datetime) -> Reply | None:
        path = self._service.sent_list
        return await self._get(path, **self._days("edoc", since)) if path else None

    async def _fetch(self, doc_id: str) -> bytes:
        return checked(await self._get("/v1/getEdoc", docId=doc_id), "X-Hash-File")

    async def _update(self, doc_id: str, status: str) -> Reply:
        return await self._http.ask(
            "POST", "/v1/updateStatus", headers=self._headers(), json={"docId": doc_id, "status": status}
        )

    async def _agencies(self) -> frozenset[str] | None:
        return None  # no such list is known

    async def _get(self, path: str, **params: str) -> Reply:
        return await self._http.ask("GET", path, headers=self._headers(), params=params)

    def _days(self, kind: str, since: datetime) -> dict[str, str]:
        until = datetime.now(UTC) + timedelta(days=1)
        return {
            "messageType": kind,
            "fromDate": f"{since.astimezone(VIETNAM):%Y/%m/%d}",
            "toDate": f"{until.astimezone(VIETNAM):%Y/%m/%d}",
        }

    def _headers(self) -> dict[str, str]:
        return {"X-SystemId": self._service.system_id, "X-SecretKey": self._service.key}
