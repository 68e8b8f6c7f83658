"""VXP and LGSP against the sandbox: what is sent, proved, fetched and acknowledged, whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.bridge.axis import AxisCourier, Service
from gateway.bridge.edxml import package
from gateway.bridge.handover import document_id_of, edxml_of
from gateway.bridge.http import Address, Http, Reply
from gateway.bridge.lgsp import LgspCourier
from gateway.bridge.packing import packed
from gateway.bridge.sandbox.faults import Dial, Fault
from gateway.bridge.sandbox.register import Register
from gateway.bridge.sandbox.server import Sandbox, Setup
from gateway.bridge.verdicts import CODES, result_of
from gateway.bridge.vxp import VxpCourier, signed_headers
from gateway.courier import FindingLevel, Level, Outcome, Parcel, Result, Status
from gateway.directory.snapshot import Directory
from gateway.errors import Misconfigured, TemporaryFailure, UncertainFailure
from gateway.lifecycle import CaseState
from gateway.model import Case

KEY = "khoa-thu"
KINDS = {"vxp": VxpCourier, "lgsp": LgspCourier}


class World:
    """A sandbox and the couriers to it, in one loop."""

    def __init__(
        self, folder: Path, directory: Directory, chances: Mapping[Fault, float] | None = None, *, naive: bool = False
    ) -> None:
        self.register = Register(folder / "so.sqlite3", naive=naive)
        self.dial = Dial(chances or {}, seed=7)
        setup = Setup(system_id="vanthu", key=KEY, agencies=("THCSLL", "SGDHG"), hold_s=2.0, slow_s=0.05)
        self.sandbox = Sandbox(setup, self.register, self.dial)
        self.directory = directory
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[World]:
        port = await self.sandbox.start("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield self
        finally:
            await self.sandbox.stop()
            self.register.close()

    @asynccontextmanager
    async def courier(
        self, kind: str, *, key: str = KEY, timeout_s: float = 5.0, sent_list: str = "/v1/syncSentEdocList"
    ) -> AsyncIterator[AxisCourier]:
        service = Service(system_id="vanthu", key=key, sent_list=sent_list)
        http = Http(Address(url=self.url, timeout_s=timeout_s))
        made = KINDS[kind]("truc", http, service, directory=lambda: self.directory)
        try:
            yield made
        finally:
            await made.close()


def run(world: World, kind: str, steps: Callable[[AxisCourier], Awaitable[None]], *, timeout_s: float = 5.0) -> None:
    async def all_of_it() -> None:
        async with world.open(), world.courier(kind, timeout_s=timeout_s) as courier:
            await steps(courier)

    asyncio.run(all_of_it())


def case_of(parcel: Parcel) -> Case:
    assert parcel.case is not None
    return parcel.case


def doc_id(result: Result) -> object:
    return json.loads(result.receipt)["DocId"]


async def delivered(courier: AxisCourier, parcel: Parcel) -> Result:
    (result,) = await courier.deliver(parcel)
    return result


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_package_is_taken_registered_and_its_answers_come_back(
    kind: str, parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    world = World(tmp_path, directory)

    async def steps(courier: AxisCourier) -> None:
        result = await delivered(courier, parcel)
        assert (result.outcome, result.reply, b'"OK"' in result.receipt) == (Outcome.DELIVERED, "DocId 1", True)
        stored, registered = await courier.poll()
        assert (stored.level, registered.level) == (Level.STORED, Level.REGISTERED)
        assert (registered.delivery_id, registered.register_number) == (parcel.deliveries[0].id, "1")
        assert registered.document_id == "THCSLL,2025/11/16,87/THCSLL"
        assert await courier.poll() == (stored, registered)
        for answer in (stored, registered, registered):
            await courier.acknowledge(answer)
        assert await courier.poll() == ()
        (entry,) = world.register.entries()
        assert (entry.number, entry.code, entry.file) == (1, "87/THCSLL", f"{parcel.deliveries[0].id}.edxml")

    run(world, kind, steps)


def test_sending_again_is_a_success_and_no_second_entry(
    kind: str, parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    world = World(tmp_path, directory)

    async def steps(courier: AxisCourier) -> None:
        outcomes = [(await delivered(courier, parcel)).outcome for _ in range(2)]
        assert outcomes == [Outcome.DELIVERED, Outcome.ALREADY]
        (entry,) = world.register.entries()
        assert (entry.times, entry.number) == (2, 1)

    run(world, kind, steps)


def test_a_repeat_after_a_month_gets_the_first_receipt(kind: str, parcel: Parcel, directory: Directory, tmp_path: Path) -> None:
    """B12: an id is known for ever."""
    world = World(tmp_path, directory)

    async def steps(courier: AxisCourier) -> None:
        first = await delivered(courier, parcel)
        world.register.close()
        world.register = Register(tmp_path / "so.sqlite3", clock=lambda: datetime.now(UTC) + timedelta(days=31))
        world.sandbox.register = world.register
        again = await delivered(courier, parcel)
        assert again.outcome is Outcome.ALREADY
        assert doc_id(again) == doc_id(first) == "1"
        assert again.receipt

    run(world, kind, steps)


def test_fifty_at_once_are_fifty_entries_each_with_its_own_bytes(
    kind: str, parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    """B10: nothing is shared between those that are on their way at once."""
    world = World(tmp_path, directory)
    case = case_of(parcel)
    parcels = [
        replace(
            parcel,
            mail=replace(parcel.mail, raw=parcel.mail.raw.replace(b"Subject:", b"X-So: %d\r\nSubject:" % n)),
            case=replace(case, id=f"01KACASE00000000000000{n:04}"),
            deliveries=(replace(parcel.deliveries[0], id=f"01KACASE00000000000000{n:04}-1"),),
        )
        for n in range(50)
    ]
    digests = {one.deliveries[0].id: packed(one, case_of(one), directory).digest for one in parcels}

    async def steps(courier: AxisCourier) -> None:
        await asyncio.gather(*(courier.deliver(one) for one in parcels))
        assert world.register.digests() == {f"{name}.edxml": digest for name, digest in digests.items()}

    run(world, kind, steps, timeout_s=30.0)
    assert len(set(digests.values())) == 50


@pytest.mark.parametrize("fault", [Fault.TIMEOUT, Fault.LOSE])
def test_when_the_answer_is_lost_a_look_up_finds_the_document(
    fault: Fault, kind: str, parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    """B8: delivered, answer lost; nothing is sent again and nothing is called failed."""
    world = World(tmp_path, directory, {fault: 1.0}, naive=True)

    async def steps(courier: AxisCourier) -> None:
        with pytest.raises(UncertainFailure):
            await courier.deliver(parcel)
        found = await courier.look_up(parcel.deliveries[0], case_of(parcel))
        assert found.outcome is Outcome.ALREADY
        assert parcel.deliveries[0].id.encode() in found.receipt
        assert len(world.register.entries()) == 1

    run(world, kind, steps, timeout_s=1.5)


def test_a_look_up_tells_what_is_not_there_from_what_nobody_can_know(
    parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    world = World(tmp_path, directory)

    async def steps() -> None:
        async with world.open(), world.courier("lgsp") as lgsp, world.courier("lgsp", sent_list="") as blind:
            delivery, case = parcel.deliveries[0], case_of(parcel)
            assert (await lgsp.look_up(delivery, case)).outcome is Outcome.RETRY
            assert (await blind.look_up(delivery, case)).outcome is Outcome.UNCERTAIN
            assert (lgsp.capabilities.look_up, blind.capabilities.look_up) == (True, False)
            await lgsp.deliver(parcel)
            # Refused, put right, approved again: a new delivery of the same document was never sent.
            again = replace(delivery, id=f"{case.id}-2")
            assert (await lgsp.look_up(again, case)).outcome is Outcome.RETRY

    asyncio.run(steps())


@pytest.mark.parametrize(
    ("fault", "expected"),
    [(Fault.ERROR, UncertainFailure), (Fault.GARBAGE, UncertainFailure), (Fault.LOGIN, Misconfigured)],
)
def test_what_is_no_verdict_of_theirs_refuses_nothing(
    fault: Fault, expected: type[Exception], kind: str, parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    world = World(tmp_path, directory, {fault: 1.0})

    async def steps(courier: AxisCourier) -> None:
        with pytest.raises(expected):
            await courier.deliver(parcel)

    run(world, kind, steps)


def test_their_own_verdict_is_a_refusal_with_their_words(
    kind: str, parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    world = World(tmp_path, directory, {Fault.REFUSE: 1.0})

    async def steps(courier: AxisCourier) -> None:
        result = await delivered(courier, parcel)
        assert result.outcome is Outcome.REFUSED
        assert "[22] refused by the dial" in result.reply
        # B9: what was refused and then put right goes under the same id.
        world.dial.chances.clear()
        assert (await delivered(courier, parcel)).outcome is Outcome.DELIVERED

    run(world, kind, steps)


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        ("22", "tên tệp bị trùng", Outcome.REFUSED),
        ("15", "duplicate timestamp", Misconfigured),
        ("21", "văn bản đã tồn tại", Outcome.ALREADY),
        ("99", "duplicate document", Outcome.ALREADY),
    ],
)
def test_the_word_duplicate_in_a_refusal_is_no_success(code: str, said: str, expected: object) -> None:
    body = json.dumps({"status": "FAIL", "ErrorCode": code, "ErrorDesc": said}).encode()
    reply = Reply(status=200, headers={}, body=body)
    if expected is Misconfigured:
        with pytest.raises(Misconfigured):
            result_of(reply, "d", CODES)
    else:
        assert result_of(reply, "d", CODES).outcome is expected


def test_where_no_file_names_are_listed_a_refused_first_delivery_proves_nothing_about_the_second(
    parcel: Parcel, directory: Directory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, case = World(tmp_path, directory), case_of(parcel)
    rows = [{"DocId": "7", "DocumentId": document_id_of(case, directory)}]
    body = json.dumps({"status": "OK", "ErrorCode": "0", "data": rows}).encode()

    async def listed(since: datetime) -> Reply:
        return Reply(status=200, headers={}, body=body)

    async def steps(courier: AxisCourier) -> None:
        monkeypatch.setattr(courier, "_list_sent", listed)
        first = parcel.deliveries[0]
        again = replace(first, id=f"{case.id}-2")
        assert (await courier.look_up(first, case)).outcome is Outcome.ALREADY
        assert (await courier.look_up(again, case)).outcome is Outcome.UNCERTAIN

    run(world, "vxp", steps)


def test_nobody_there_is_a_retry_and_a_wrong_key_is_ours_to_repair(
    kind: str, parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    world = World(tmp_path, directory)

    async def steps() -> None:
        async with world.open(), world.courier(kind, key="sai") as stranger:
            with pytest.raises(Misconfigured) as error:
                await stranger.deliver(parcel)
            assert "sai" not in str(error.value).replace("sai mã", "")
        async with world.courier(kind) as late:
            with pytest.raises(TemporaryFailure):
                await late.deliver(parcel)

    asyncio.run(steps())


def test_a_sender_that_is_not_registered_there_is_ours_to_repair(
    kind: str, parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    world = World(tmp_path, directory)

    async def steps(courier: AxisCourier) -> None:
        with pytest.raises(Misconfigured, match="KHONGCO"):
            await courier.deliver(replace(parcel, case=replace(case_of(parcel), unit="KHONGCO")))

    run(world, kind, steps)


def test_a_file_with_the_hash_of_another_is_fetched_again(
    kind: str, parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    world = World(tmp_path, directory, {Fault.SIGNATURE: 1.0})

    async def steps(courier: AxisCourier) -> None:
        await courier.deliver(parcel)
        with pytest.raises(TemporaryFailure, match="mã băm"):
            await courier.poll()
        world.dial.chances.clear()
        assert len(await courier.poll()) == 2

    run(world, kind, steps)


def test_an_answer_that_cannot_be_fetched_does_not_keep_back_the_others(
    kind: str, parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    """B5: poison first."""
    world = World(tmp_path, directory)

    async def steps(courier: AxisCourier) -> None:
        world.register.offer(b"", "trong.edxml")
        world.register.offer(package(edxml_of(parcel.mail, case_of(parcel), directory)), "van-ban.edxml")
        (answer,) = await courier.poll()
        assert answer.level is Level.DOCUMENT

    run(world, kind, steps)


def test_one_document_that_we_may_not_fetch_does_not_keep_back_the_others(
    kind: str, parcel: Parcel, directory: Directory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, directory)

    async def steps(courier: AxisCourier) -> None:
        world.register.offer(b"1212<?xml", "cam.edxml")
        world.register.offer(package(edxml_of(parcel.mail, case_of(parcel), directory)), "van-ban.edxml")
        fetch = courier._fetch

        async def guarded(doc_id: str) -> bytes:
            if doc_id == "1":
                raise Misconfigured("403")
            return await fetch(doc_id)

        monkeypatch.setattr(courier, "_fetch", guarded)
        (answer,) = await courier.poll()
        assert answer.level is Level.DOCUMENT
        await courier.acknowledge(answer)
        with pytest.raises(Misconfigured):
            await courier.poll()  # nothing else is left, and it is said

    run(world, kind, steps)


def test_a_heap_of_documents_that_fail_comes_behind_the_one_that_does_not(
    kind: str, parcel: Parcel, directory: Directory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, directory)

    async def steps(courier: AxisCourier) -> None:
        for n in range(25):
            world.register.offer(b"1212<?xml", f"hong-{n}.edxml")
        world.register.offer(package(edxml_of(parcel.mail, case_of(parcel), directory)), "van-ban.edxml")
        first = await courier.poll()
        assert {answer.level for answer in first} == {Level.UNREADABLE}
        for answer in first:
            courier.postpone(answer)  # none of them could be made durable
        second = await courier.poll()
        assert [answer.level for answer in second][:6] == [Level.UNREADABLE] * 5 + [Level.DOCUMENT]
        assert len(second) == len(first) == 20

    run(world, kind, steps)


def test_many_look_ups_at_once_ask_for_one_list(
    kind: str, parcel: Parcel, directory: Directory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, directory)

    async def steps(courier: AxisCourier) -> None:
        lists, whole = 0, courier._list_sent

        async def counted(since: datetime) -> Reply | None:
            nonlocal lists
            lists += 1
            return await whole(since)

        monkeypatch.setattr(courier, "_list_sent", counted)
        (delivery,), case = parcel.deliveries, case_of(parcel)
        before = await asyncio.gather(*[courier.look_up(delivery, case) for _ in range(20)])
        assert ({each.outcome for each in before}, lists) == ({Outcome.RETRY}, 1)
        await courier.deliver(parcel)
        assert ((await courier.look_up(delivery, case)).outcome, lists) == (Outcome.ALREADY, 2)

    run(world, kind, steps)


def test_a_document_comes_and_its_issuer_is_told(kind: str, parcel: Parcel, directory: Directory, tmp_path: Path) -> None:
    world = World(tmp_path, directory)

    async def steps(courier: AxisCourier) -> None:
        world.register.offer(package(edxml_of(parcel.mail, case_of(parcel), directory)), "van-ban.edxml")
        world.register.offer(b"1212<?xml", "hong.edxml")
        document, broken = await courier.poll()
        assert (document.level, broken.level) == (Level.DOCUMENT, Level.UNREADABLE)
        assert broken.raw == b"1212<?xml"
        for answer in (document, broken):
            await courier.acknowledge(answer)
        assert await courier.poll() == ()
        told = Status(
            id="01KASTATUS00000000000STATU",
            code="02",
            sender="SGDHG",
            receiver=document.organ_id,
            document_id=document.document_id,
            number_symbol=document.number_symbol,
            description="gửi nhầm đơn vị",
            at=datetime(2025, 11, 17, 2, 0, tzinfo=UTC),
        )
        assert [(await courier.answer(told)).outcome for _ in range(2)] == [Outcome.DELIVERED, Outcome.ALREADY]
        assert world.register.statuses() == [(document.document_id, "02", "Từ chối tiếp nhận: gửi nhầm đơn vị")]

    run(world, kind, steps)


def test_what_is_sealed_or_too_large_never_leaves(kind: str, parcel: Parcel, directory: Directory, tmp_path: Path) -> None:
    world = World(tmp_path, directory)

    async def steps() -> None:
        async with world.open(), world.courier(kind) as courier:
            sealed = replace(parcel, case=replace(case_of(parcel), state=CaseState.SEALED))
            assert (await delivered(courier, sealed)).outcome is Outcome.REFUSED
            small = KINDS[kind](
                "x", Http(Address(url=world.url)), Service(system_id="v", key="k", max_bytes=1000), directory=lambda: directory
            )
            result = await delivered(small, parcel)
            assert (result.outcome, "hệ thống chỉ nhận đến" in result.reply) == (Outcome.REFUSED, True)
            await small.close()
            assert world.register.entries() == []

    asyncio.run(steps())


def test_the_officer_is_told_about_login_certificate_clock_and_codes(
    parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    rows = [
        replace(row, office="truc", codes=("THCSLL",) if row.code == "THCSLL" else ("H98.9",))
        for row in directory.organisation_rows
    ]
    known = Directory(organisations=rows, domains=directory.domains, mailboxes=directory.mailboxes)
    world = World(tmp_path, known)

    async def steps() -> None:
        async with world.open():
            async with world.courier("vxp") as courier:
                found = {finding.about: finding for finding in await courier.check()}
            async with world.courier("vxp", key="sai") as stranger:
                (login,) = [finding for finding in await stranger.check() if finding.about == "login"]
        async with world.courier("vxp") as late:
            (nobody,) = await late.check()
        assert (found["login"].level, found["clock"].level) == (FindingLevel.GOOD, FindingLevel.GOOD)
        assert (found["certificate"].level, found["codes"].level) == (FindingLevel.WARNING, FindingLevel.BAD)
        assert "Phòng Giáo dục và Đào tạo Cẩm Sơn (H98.9)" in found["codes"].text
        assert (login.level, nobody.about, nobody.level) == (FindingLevel.BAD, "connection", FindingLevel.BAD)

    asyncio.run(steps())


def test_the_headers_of_vxp_are_the_golden_ones() -> None:
    at = datetime(2025, 11, 5, 1, 2, 3, 45000, tzinfo=UTC)
    assert signed_headers({"docId": "7"}, system_id="vanthu", key="khoa", at=at) == {
        "XroadVnpt-systemid": "vanthu",
        "XroadVnpt-timestamp": "05112025T080203+0045",
        "XroadVnpt-version": "3.0.201608",
        "XroadVnpt-docId": "7",
        "XroadVnpt-sign-header-key": "systemid;timestamp;version;docId",
        "XroadVnpt-sign-header": '{"systemid":"vanthu","timestamp":"05112025T080203+0045","version":"3.0.201608","docId":"7"}',
        "XroadVnpt-hash-header": "68e3eb9ef18d257518fb04729e2238ef279ac47bf1564082c59f7f8e65f62a89",
    }
