"""The sandbox's doors: VXP, LGSP, a watched folder, and a small page for people."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from aiohttp import BodyPartReader, web
from msgspec import Struct
from msgspec import json as msgspec_json

from gateway.bridge.sandbox.faults import ASKING, FETCHING, SENDING, Dial, Fault
from gateway.bridge.sandbox.page import page
from gateway.bridge.sandbox.reading import NotToStandard, Seen, seen
from gateway.bridge.sandbox.register import Register, Taken

logger = logging.getLogger(__name__)

_VXP = "XroadVnpt-"
_MAX_BYTES = 256 * 1024 * 1024
_DIALLED = 10  # rows of a list at which the duplicate fault is drawn at most

Answered = web.StreamResponse


class Setup(Struct, frozen=True, kw_only=True):
    """How the sandbox is set up."""

    system_id: str
    key: str
    folder: Path | None = None
    agencies: tuple[str, ...] = ()  # codes that it knows; () knows everybody
    hold_s: float = 30.0  # how long the timeout fault keeps a connection open
    slow_s: float = 1.0
    watch_every_s: float = 0.2


class Sandbox:
    """One office system.  start() returns the port."""

    def __init__(self, setup: Setup, register: Register, dial: Dial) -> None:
        self.setup = setup
        self.register = register
        self.dial = dial
        self._runner: web.AppRunner | None = None
        self._watching: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen, and watch the folder if there is one."""
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        if self.setup.folder is not None:
            self._watching = asyncio.create_task(self._watch(self.setup.folder))
        addresses: list[tuple[str, int]] = self._runner.addresses
        return addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and watching."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=_MAX_BYTES)
        app.add_routes(
            [
                web.post("/sendEdoc", self._vxp(self._send, SENDING)),
                web.post("/getReceivedEdocList", self._vxp(self._received, ASKING)),
                web.post("/getSentEdocList", self._vxp(self._sent, ASKING)),
                web.post("/getEdoc", self._vxp(self._fetch, FETCHING)),
                web.post("/updateStatus", self._vxp(self._update, ASKING)),
                web.post("/getAgenciesList", self._vxp(self._agencies, ASKING)),
                web.post("/getAgenciesListQD20", self._vxp(self._agencies, ASKING)),
                web.post("/v1/sendEdoc", self._lgsp(self._send, SENDING)),
                web.get("/v1/syncReceivedEdocList", self._lgsp(self._received, ASKING)),
                web.get("/v1/syncSentEdocList", self._lgsp(self._sent, ASKING)),
                web.get("/v1/getEdoc", self._lgsp(self._fetch, FETCHING)),
                web.post("/v1/updateStatus", self._lgsp(self._update, ASKING)),
                web.get("/", self._page),
                web.get("/register.json", self._as_json),
                web.post("/documents/{id}/register", self._press_register),
                web.post("/documents/{id}/reject", self._press_reject),
                web.post("/offer", self._press_offer),
                web.post("/faults", self._turn_dial),
            ]
        )
        return app

    # --- who asks, and what goes wrong ---

    def _vxp(self, handler: _Handler, faults: tuple[Fault, ...]) -> _Route:
        async def route(request: web.Request) -> Answered:
            wrong = _wrong_signature(request, self.setup)
            parameters = {
                name[len(_VXP) :].casefold(): value for name, value in request.headers.items() if name.startswith(_VXP)
            }
            if wrong:
                return _failed("15", wrong)
            return await self._faulty(handler, faults, request, parameters)

        return route

    def _lgsp(self, handler: _Handler, faults: tuple[Fault, ...]) -> _Route:
        async def route(request: web.Request) -> Answered:
            given = (request.headers.get("X-SystemId", ""), request.headers.get("X-SecretKey", ""))
            if given != (self.setup.system_id, self.setup.key):
                return _failed("15", "SystemId or SecretKey")
            parameters = {name.casefold(): value for name, value in request.query.items()}
            if request.content_type == "application/json":
                parameters |= {str(name).casefold(): str(value) for name, value in (await request.json()).items()}
            return await self._faulty(handler, faults, request, parameters)

        return route

    async def _faulty(
        self, handler: _Handler, faults: tuple[Fault, ...], request: web.Request, parameters: dict[str, str]
    ) -> Answered:
        fault = self.dial.draw(faults)
        if fault is Fault.SLOW:
            await asyncio.sleep(self.setup.slow_s)
        elif fault is Fault.LOGIN:
            return _failed("15", "SystemId or SecretKey")
        elif fault in (Fault.ERROR, Fault.GARBAGE):
            if faults is SENDING and self.dial.even():
                await handler(request, parameters, None)
            return web.Response(status=500, text="500") if fault is Fault.ERROR else web.Response(text="<html>?</html>")
        return await handler(request, parameters, fault)

    # --- the two services ---

    async def _send(self, request: web.Request, parameters: dict[str, str], fault: Fault | None) -> Answered:
        form = await _form(request)
        if form is None:
            return _failed("10", "expected multipart/form-data with a file")
        file, data, fields = form
        digest = parameters.get("hash-file", "")
        if digest and digest != hashlib.sha256(data).hexdigest():
            return _failed("10", "hash-file: not that of the file")
        if fault is Fault.REFUSE:
            return _failed("22", "refused by the dial")
        kind = parameters.get("messagetype", "") or fields.get("messageType", "")
        return await self._taken(request, kind, file, data, fault)

    async def _taken(self, request: web.Request, kind: str, file: str, data: bytes, fault: Fault | None) -> Answered:
        try:
            read = await asyncio.to_thread(seen, data)
        except NotToStandard as error:
            return _failed("22", str(error))
        if kind and kind != read.kind:
            return _failed("22", f"messagetype {kind}, but a package of {read.kind}")
        if self.setup.agencies and read.organ_id not in self.setup.agencies:
            return _failed("19", read.organ_id)
        taken = await asyncio.to_thread(self._enter, read, file, data, "web")
        if fault is Fault.TIMEOUT:
            await asyncio.sleep(self.setup.hold_s)
        if fault in (Fault.TIMEOUT, Fault.LOSE):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        said = "" if taken.is_new else "đã nhận trước đó"
        return web.json_response({"status": "OK", "ErrorCode": "0", "ErrorDesc": said, "DocId": str(taken.id)})

    def _enter(self, read: Seen, file: str, data: bytes, channel: str) -> Taken:
        if read.kind == "status":
            return self.register.take_status(read, file)
        return self.register.take(read, file, data, channel)

    async def _received(self, request: web.Request, parameters: dict[str, str], _: Fault | None) -> Answered:
        rows = self.register.open_answers(parameters.get("messagetype", "edoc"))
        for number, _file in rows[:_DIALLED]:
            if self.dial.draw((Fault.DUPLICATE,)):
                self.register.repeat(number)
        return _listed({"docId": str(number), "fileName": file} for number, file in rows)

    async def _sent(self, request: web.Request, parameters: dict[str, str], _: Fault | None) -> Answered:
        rows = await asyncio.to_thread(self.register.entries)
        return _listed(
            {"docId": str(row.id), "fileName": row.file, "documentId": row.document_id, "code": row.code} for row in rows
        )

    async def _fetch(self, request: web.Request, parameters: dict[str, str], fault: Fault | None) -> Answered:
        number = parameters.get("docid", "")
        data = self.register.answer(int(number)) if number.isdecimal() else None
        if data is None:
            return _failed("10", f"no document {number!r}")
        digest = hashlib.sha256(b"?" if fault is Fault.SIGNATURE else data).hexdigest()
        headers = {f"{_VXP}hash-file": digest, "X-Hash-File": digest}
        return web.Response(body=data, content_type="application/xml", headers=headers)

    async def _update(self, request: web.Request, parameters: dict[str, str], _: Fault | None) -> Answered:
        number, status = parameters.get("docid", ""), parameters.get("status", "")
        if status not in ("done", "fail", "processing"):
            return _failed("10", f"status: {status!r}")
        found = number.isdecimal() and self.register.acknowledge(int(number), "" if status == "processing" else status)
        return web.json_response({"status": "OK", "ErrorCode": "0"}) if found else _failed("10", f"no document {number!r}")

    async def _agencies(self, request: web.Request, parameters: dict[str, str], _: Fault | None) -> Answered:
        return _listed({"id": code, "code": code, "name": code} for code in self.setup.agencies)

    # --- the folder ---

    async def _watch(self, folder: Path) -> None:
        while True:
            try:
                await asyncio.to_thread(self._look, folder)
            except Exception:  # the top of this loop: the next look tries again
                logger.exception("%s could not be looked at", folder)
            await asyncio.sleep(self.setup.watch_every_s)

    def _look(self, folder: Path) -> None:
        for part in ("in", "out", "taken", "refused"):
            (folder / part).mkdir(exist_ok=True)
        for path in sorted((*(folder / "in").glob("*.edxml"), *(folder / "status").glob("*.edxml"))):
            self._take_file(folder, path)
        for number, name in self.register.open_answers("status", folder=True):
            aside = folder / "out" / f".{number}.{name}.tmp"
            aside.write_bytes(self.register.answer(number) or b"")
            aside.rename(folder / "out" / f"{number}.{name}")
            self.register.acknowledge(number, "written")

    def _take_file(self, folder: Path, path: Path) -> None:
        data = path.read_bytes()
        try:
            self._enter(seen(data), path.name, data, "folder")
        except NotToStandard as error:
            (folder / "out" / f".{path.stem}.tmp").write_text(f"không đúng chuẩn: {error}", encoding="utf-8")
            (folder / "out" / f".{path.stem}.tmp").rename(folder / "out" / f"{path.stem}.error.txt")
            path.rename(folder / "refused" / path.name)
            return
        path.rename(folder / "taken" / path.name)

    # --- the page ---

    async def _page(self, _: web.Request) -> Answered:
        html = page(self.register.entries(limit=200), self.register.statuses(), self.dial)
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def _as_json(self, _: web.Request) -> Answered:
        rows = await asyncio.to_thread(self.register.entries)
        found = [{name: getattr(row, name) for name in row.__struct_fields__} for row in rows]
        happened = {str(fault): count for fault, count in self.dial.happened.items()}
        return web.json_response({"documents": found, "statuses": self.register.statuses(), "faults": happened})

    async def _press_register(self, request: web.Request) -> Answered:
        self.register.register(int(request.match_info["id"]))
        raise web.HTTPSeeOther("/")

    async def _press_reject(self, request: web.Request) -> Answered:
        reason = str((await request.post()).get("reason", "")).strip()
        self.register.reject(int(request.match_info["id"]), reason or "không nêu lý do")
        raise web.HTTPSeeOther("/")

    async def _press_offer(self, request: web.Request) -> Answered:
        form = await _form(request)
        if form is not None:
            self.register.offer(form[1], form[0])
        raise web.HTTPSeeOther("/")

    async def _turn_dial(self, request: web.Request) -> Answered:
        form = await request.post()
        for fault in Fault:
            with contextlib.suppress(ValueError):
                self.dial.chances[fault] = min(max(float(str(form.get(fault, 0) or 0)), 0.0), 1.0)
        raise web.HTTPSeeOther("/")


_Handler = Callable[[web.Request, dict[str, str], Fault | None], Awaitable[Answered]]
_Route = Callable[[web.Request], Awaitable[Answered]]


def _wrong_signature(request: web.Request, setup: Setup) -> str:
    """What is wrong with the signature of a VXP request; "" when nothing is."""
    headers = request.headers
    text, sealed = headers.get(f"{_VXP}sign-header", ""), headers.get(f"{_VXP}hash-header", "")
    wanted = hmac.new(setup.key.encode(), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, sealed):
        return "hash-header"
    try:
        signed = json.loads(text)
    except ValueError:
        return "sign-header: not JSON"
    if list(signed) != headers.get(f"{_VXP}sign-header-key", "").split(";"):
        return "sign-header-key: not the names in sign-header"
    if any(headers.get(f"{_VXP}{name}") != value for name, value in signed.items()):
        return "sign-header: not what the headers say"
    missing = {"systemid", "timestamp", "version"} - signed.keys()
    if missing or signed["systemid"] != setup.system_id:
        return "systemid, timestamp, version: expected"
    return ""


async def _form(request: web.Request) -> tuple[str, bytes, dict[str, str]] | None:
    """File name, bytes and the other fields of a multipart form."""
    if not request.content_type.startswith("multipart/"):
        return None
    file, data, fields = "", b"", dict[str, str]()
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.filename:
            file, data = part.filename, bytes(await part.read())
        elif isinstance(part, BodyPartReader):
            fields[part.name or ""] = await part.text()
    return (file, data, fields) if file else None


def _failed(code: str, words: str) -> web.Response:
    return web.json_response({"status": "FAIL", "ErrorCode": code, "ErrorDesc": words})


def _listed(rows: Iterable[dict[str, str]]) -> web.Response:
    found = {"status": "OK", "ErrorCode": "0", "ErrorDesc": "", "data": list(rows)}
    return web.Response(body=msgspec_json.encode(found), content_type="application/json")
