"""What comes back from a REST interface of its own kind: rows, words and days as the settings name them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date

import pytest
from aiohttp import web
from msgspec.structs import replace

from gateway.bridge.http import Address, Http, Reply
from gateway.bridge.rest import RestCourier
from gateway.bridge.rest_answers import from_row, rows_of
from gateway.courier import Answer, Level
from gateway.directory.snapshot import Directory
from gateway.errors import TemporaryFailure
from gateway.settings.rest import Rest, RestAnswers, wrong_with

DELIVERY = "01K9ZZZZZZZZZZZZZZZZZZZZZZ-1"
SETTINGS = RestAnswers(
    list="/events?from={since}",
    rows="data.items",
    id="id",
    status="trangThai",
    statuses={"DA_NHAN": "01", "TU_CHOI": "02", "DA_VAO_SO": "03"},
    register_number="vanBan.soDen",
    registered_on="vanBan.ngayDen",
    reason="lyDo",
    acknowledge="/events/{id}/done",
)
ROW = {
    "id": 7,
    "trangThai": "DA_VAO_SO",
    "maGiaoDich": f"goi {DELIVERY}.edxml",
    "vanBan": {"soDen": 1204, "ngayDen": "16/11/2025"},
    "lyDo": "",
}
STATUS = b"""<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXMLEnvelope><edXMLHeader><MessageHeader>
<From><OrganId>G22</OrganId></From><ResponseFor><OrganId>THCSLL</OrganId><DocumentId>THCSLL,2025/11/16,87/THCSLL</DocumentId>
</ResponseFor><StatusCode>03</StatusCode><Description>So den: 12</Description></MessageHeader></edXMLHeader></edXMLEnvelope>
</edXML>"""


def only(row: dict[str, object], settings: RestAnswers = SETTINGS) -> Answer:
    reply = Reply(status=200, headers={}, body=json.dumps({"data": {"items": [row]}}).encode())
    (found,) = rows_of(reply, settings)
    return from_row(found, settings)


def test_a_row_says_what_became_of_our_delivery() -> None:
    answer = only(ROW)
    assert (answer.level, answer.status, answer.delivery_id) == (Level.REGISTERED, "03", DELIVERY)
    assert (answer.register_number, answer.registered_on) == ("1204", date(2025, 11, 16))
    assert (answer.event_id, answer.handle) == ("7:DA_VAO_SO", "7")


@pytest.mark.parametrize(
    ("words", "level"),
    [("DA_NHAN", Level.STORED), ("TU_CHOI", Level.REJECTED), ("DANG_XEM", Level.UNREADABLE), ("", Level.UNREADABLE)],
)
def test_only_a_registration_has_a_number_and_strange_words_are_for_a_person(words: str, level: Level) -> None:
    answer = only({**ROW, "trangThai": words, "lyDo": "sai thể thức"})
    assert (answer.level, answer.register_number, answer.registered_on) == (level, "", None)
    assert answer.reason == ("sai thể thức" if level is not Level.UNREADABLE else f"trạng thái lạ: {words or '(không có)'}")


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"data": {"items": "none"}}', b'{"data": []}', b"\xff"])
def test_what_is_no_list_is_a_failure_and_no_empty_list(body: bytes) -> None:
    with pytest.raises(TemporaryFailure, match="không đọc được"):
        rows_of(Reply(status=200, headers={}, body=body), SETTINGS)


def test_rows_without_an_id_and_rows_that_are_none_are_passed_over() -> None:
    body = json.dumps({"data": {"items": [None, 4, {"x": 1}, {"id": ""}, {"id": 9}]}}).encode()
    assert rows_of(Reply(status=200, headers={}, body=body), SETTINGS) == [{"id": "9"}]


class Office:
    """An office system that lists what happened until it is acknowledged."""

    def __init__(self, count: int = 1) -> None:
        self.rows = [{**ROW, "id": n} for n in range(count)]
        self.asked: list[str] = []

    async def listed(self, request: web.Request) -> web.Response:
        self.asked.append(request.query.get("from", ""))
        return web.json_response({"data": {"items": self.rows}})

    async def done(self, request: web.Request) -> web.Response:
        self.rows = [row for row in self.rows if str(row["id"]) != request.match_info["id"]]
        return web.json_response({})

    async def file(self, request: web.Request) -> web.Response:
        return web.Response(status=403) if request.match_info["id"] == "0" else web.Response(body=STATUS)


def talk(office: Office, settings: RestAnswers, steps: Callable[[RestCourier], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        app = web.Application()
        app.add_routes(
            [
                web.get("/events", office.listed),
                web.post("/events/{id}/done", office.done),
                web.get("/events/{id}/file", office.file),
            ]
        )
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = Address(url=f"http://127.0.0.1:{runner.addresses[0][1]}")
        rest = Rest(send="/documents", answers=settings)
        courier = RestCourier("r", Http(address), rest, secret="", directory=Directory)
        try:
            await steps(courier)
        finally:
            await courier.close()
            await runner.cleanup()

    asyncio.run(all_of_it())


@pytest.mark.parametrize("acknowledge", ["/events/{id}/done", ""], ids=["there", "only here"])
def test_answers_come_until_they_are_acknowledged_and_what_fails_comes_last(acknowledge: str) -> None:
    office = Office(25)

    async def steps(courier: RestCourier) -> None:
        first = await courier.poll()
        assert [answer.handle for answer in first] == [str(n) for n in range(20)]
        for answer in first[1:]:
            await courier.acknowledge(answer)
        courier.postpone(first[0])
        second = await courier.poll()
        assert [answer.handle for answer in second] == ["20", "21", "22", "23", "24", "0"]
        assert courier.capabilities.poll

    talk(office, replace(SETTINGS, acknowledge=acknowledge), steps)
    assert len(office.rows) == (6 if acknowledge else 25)
    assert date.fromisoformat(office.asked[0])


def test_the_edxml_of_a_row_says_it_better_and_one_that_is_locked_keeps_none_back() -> None:
    async def steps(courier: RestCourier) -> None:
        (answer,) = await courier.poll()
        assert (answer.handle, answer.level, answer.raw) == ("1", Level.REGISTERED, STATUS)
        assert (answer.document_id, answer.delivery_id) == ("THCSLL,2025/11/16,87/THCSLL", DELIVERY)

    talk(Office(2), replace(SETTINGS, package="/events/{id}/file"), steps)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"id": ""}, "id"),
        ({"status": ""}, "status"),
        ({"statuses": {}}, "statuses"),
        ({"statuses": {"XONG": "99"}}, "statuses"),
    ],
)
def test_settings_with_which_nothing_would_come_are_named(changes: dict[str, object], key: str) -> None:
    assert wrong_with(Rest(send="/x", answers=SETTINGS)) == ""
    said = wrong_with(Rest(send="/x", answers=replace(SETTINGS, **changes)))
    assert said.startswith(f"[office.rest.answers] {key}: expected")
