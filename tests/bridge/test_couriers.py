"""The couriers to everything that is not the axis: a REST interface of its own kind, a mailbox, a ZIP for the clerk."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from aiohttp import BodyPartReader, web
from msgspec.structs import replace

from gateway.bridge.bundle import BundleCourier, write_bundle
from gateway.bridge.couriers import courier_of
from gateway.bridge.edxml import Agency, Attachment, EdxmlPackage
from gateway.bridge.http import Address, Http
from gateway.bridge.mailbox import Intake, MailboxCourier
from gateway.bridge.packing import Packed
from gateway.bridge.rest import RestCourier
from gateway.config import COURIERS, Config, Office
from gateway.courier import FindingLevel, Outcome, Parcel, Result
from gateway.directory.snapshot import Directory
from gateway.errors import ConfigError, Misconfigured, TemporaryFailure, UncertainFailure
from gateway.lifecycle import CaseState
from gateway.model import Case, Document, Nature, Relation
from gateway.settings.rest import Rest
from tests.bridge.conftest import SIGNED
from tests.world.sink import CLOSE, Sink

SETTINGS = Rest(
    send="/documents?so={number_symbol}",
    fields={"soKyHieu": "{number_symbol}", "trichYeu": "{subject}"},
    headers={"Authorization": "Bearer {secret}"},
    ok={"status": "OK"},
    duplicate={"status": "DUPLICATE"},
    refused={"status": "REJECTED"},
    receipt_field="data.id",
    look_up="/documents/{delivery_id}",
    ping="/ping",
)


def case_of(parcel: Parcel) -> Case:
    assert parcel.case is not None
    return parcel.case


class Stranger:
    """An office system that answers what the test wants, and remembers what it got."""

    def __init__(self, body: object, status: int = 200) -> None:
        self.answer = (
            web.json_response(body, status=status) if not isinstance(body, str) else web.Response(text=body, status=status)
        )
        self.got: list[tuple[dict[str, str], dict[str, bytes]]] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        fields: dict[str, bytes] = {}
        if request.content_type.startswith("multipart/"):
            async for part in await request.multipart():
                assert isinstance(part, BodyPartReader)
                fields[part.name or ""] = bytes(await part.read())
        else:
            fields = {name: str(value).encode() for name, value in (await request.json()).items()}
        self.got.append((dict(request.headers), fields))
        return self.answer

    async def find(self, request: web.Request) -> web.Response:
        ids = [headers["Idempotency-Key"] for headers, _ in self.got]
        return web.json_response({"id": 7}) if request.match_info["id"] in ids else web.Response(status=404)

    async def ping(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if request.headers.get("Authorization") == "Bearer khoa" else 401)


def talk(
    stranger: Stranger,
    directory: Directory,
    steps: Callable[[RestCourier], Awaitable[None]],
    settings: Rest = SETTINGS,
    key: str = "khoa",
) -> None:
    async def all_of_it() -> None:
        app = web.Application()
        app.add_routes(
            [web.post("/documents", stranger.take), web.get("/documents/{id}", stranger.find), web.get("/ping", stranger.ping)]
        )
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        courier = RestCourier(
            "r", Http(Address(url=f"http://127.0.0.1:{port}")), settings, secret=key, directory=lambda: directory
        )
        try:
            await steps(courier)
        finally:
            await courier.close()
            await runner.cleanup()

    asyncio.run(all_of_it())


@pytest.mark.parametrize("form", ["multipart", "json"])
def test_a_rest_interface_gets_package_fields_and_key_as_the_settings_say(
    form: str, parcel: Parcel, directory: Directory
) -> None:
    stranger = Stranger({"status": "OK", "data": {"id": 7}})

    async def steps(courier: RestCourier) -> None:
        (result,) = await courier.deliver(parcel)
        assert (result.outcome, result.reply[:3]) == (Outcome.DELIVERED, "7: ")

    talk(stranger, directory, steps, replace(SETTINGS, form=form))
    ((headers, fields),) = stranger.got
    assert (headers["Authorization"], headers["Idempotency-Key"]) == ("Bearer khoa", parcel.deliveries[0].id)
    assert fields["soKyHieu"] == b"87/THCSLL"
    package = fields["file"] if form == "multipart" else base64.b64decode(fields["file"])
    assert package.startswith(b"<?xml")
    assert package.endswith(b"</edXML>\n")


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"status": "DUPLICATE", "data": {"id": 7}}, 409, Outcome.ALREADY),
        ({"status": "REJECTED", "why": "thiếu phụ lục"}, 400, Outcome.REFUSED),
        ({"status": "?"}, 200, UncertainFailure),
        ("<html>?</html>", 200, UncertainFailure),
        ("bad gateway", 502, UncertainFailure),
        ("bad request", 400, UncertainFailure),
        ("later", 503, TemporaryFailure),
        ("who?", 401, Misconfigured),
    ],
)
def test_only_their_own_words_decide(
    body: object, status: int, expected: Outcome | type[Exception], parcel: Parcel, directory: Directory
) -> None:
    async def steps(courier: RestCourier) -> None:
        if isinstance(expected, Outcome):
            (result,) = await courier.deliver(parcel)
            assert result.outcome is expected
        else:
            with pytest.raises(expected):
                await courier.deliver(parcel)

    talk(Stranger(body, status), directory, steps)


def test_a_rest_interface_can_be_asked_for_a_delivery_and_for_the_login(parcel: Parcel, directory: Directory) -> None:
    async def steps(courier: RestCourier) -> None:
        delivery, case = parcel.deliveries[0], case_of(parcel)
        assert (await courier.look_up(delivery, case)).outcome is Outcome.RETRY
        await courier.deliver(parcel)
        assert (await courier.look_up(delivery, case)).outcome is Outcome.ALREADY
        assert {finding.level for finding in await courier.check() if finding.about == "login"} == {FindingLevel.GOOD}

    async def wrong(courier: RestCourier) -> None:
        (login,) = [finding for finding in await courier.check() if finding.about == "login"]
        assert login.level is FindingLevel.BAD
        assert "sai-khoa" not in login.text

    talk(Stranger({"status": "OK"}), directory, steps)
    talk(Stranger({"status": "OK"}), directory, wrong, key="sai-khoa")


# --- mailbox ----------------------------------------------------------------------------------------------------------


def mailbox(sink: Sink, directory: Directory) -> MailboxCourier:
    intake = Intake(
        address="vanban@qlvb.example", sender="cong@sgdhuonggiang.edu.vn", host="127.0.0.1", port=sink.port, timeout_s=5
    )
    return MailboxCourier("hop-thu", intake, directory=lambda: directory)


def delivered(courier: MailboxCourier | BundleCourier, parcel: Parcel) -> Result:
    (result,) = asyncio.run(courier.deliver(parcel))
    return result


def test_a_letter_has_the_files_as_they_came_and_is_the_same_each_time(parcel: Parcel, directory: Directory) -> None:
    with Sink() as sink:
        results = [delivered(mailbox(sink, directory), parcel) for _ in range(2)]
        first, second = sink.wait_for(2)
    assert [result.outcome for result in results] == [Outcome.DELIVERED] * 2
    assert (first.raw, first.recipients) == (second.raw, ("vanban@qlvb.example",))
    letter = message_from_bytes(first.raw, policy=default)
    assert letter["Message-ID"] == f"<{parcel.deliveries[0].id}@sgdhuonggiang.edu.vn>"
    assert "87/THCSLL" in letter["Subject"]
    files = {part.get_filename(): part.get_payload(decode=True) for part in letter.iter_attachments()}
    assert files["Công văn 87.pdf"] == SIGNED
    assert files[f"{parcel.mail.id}.eml"] == parcel.mail.raw


def test_a_letter_that_recalls_an_earlier_document_names_it(parcel: Parcel, directory: Directory) -> None:
    case = parcel.case
    assert case is not None
    assert case.document is not None
    recall = replace(case, document=replace(case.document, number_symbol="90/THCSLL", relation=Relation.RECALL))
    with Sink() as sink:
        delivered(mailbox(sink, directory), replace(parcel, case=recall, earlier=case))
        (got,) = sink.wait_for(1)
    body = message_from_bytes(got.raw, policy=default).get_body()
    assert body is not None
    assert "Thu hồi văn bản: THCSLL,2025/11/16,87/THCSLL" in body.get_content()


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"DOT": CLOSE}, UncertainFailure),
        ({"DATA": "451 4.3.0 later"}, TemporaryFailure),
        ({"DOT": "451 4.3.0 later"}, TemporaryFailure),
        ({"RCPT": "550 5.1.1 nobody"}, Misconfigured),
        ({"RCPT": "450 4.2.1 later"}, TemporaryFailure),
        ({"GREETING": "421 4.3.2 closed"}, TemporaryFailure),
    ],
)
def test_what_smtp_says_before_and_after_the_letter_is_told_apart(
    replies: dict[str, str], expected: type[Exception], parcel: Parcel, directory: Directory
) -> None:
    with Sink(replies=replies) as sink, pytest.raises(expected):
        delivered(mailbox(sink, directory), parcel)


def test_a_mailbox_that_refuses_the_letter_gives_its_verdict(parcel: Parcel, directory: Directory) -> None:
    with Sink(replies={"DOT": "554 5.6.0 too strange"}) as sink:
        result = delivered(mailbox(sink, directory), parcel)
    assert (result.outcome, result.reply) == (Outcome.REFUSED, "554 5.6.0 too strange")


def test_a_mailbox_is_checked_without_a_letter_and_cannot_be_asked(parcel: Parcel, directory: Directory) -> None:
    with Sink() as sink:
        courier = mailbox(sink, directory)
        (good,) = asyncio.run(courier.check())
        looked = asyncio.run(courier.look_up(parcel.deliveries[0], case_of(parcel)))
        assert sink.mails == []
    (bad,) = asyncio.run(courier.check())
    assert (good.level, bad.level, looked.outcome) == (FindingLevel.GOOD, FindingLevel.BAD, Outcome.UNCERTAIN)


# --- bundle -----------------------------------------------------------------------------------------------------------


def test_a_bundle_has_all_that_a_clerk_needs_to_enter_the_document(
    parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    courier = BundleCourier("zip", tmp_path, directory=lambda: directory)
    assert [delivered(courier, parcel).outcome for _ in range(2)] == [Outcome.DELIVERED, Outcome.ALREADY]
    (path,) = (tmp_path / "in").iterdir()
    assert path.name == f"{parcel.deliveries[0].id}.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files["goc/Công văn 87.pdf"] == SIGNED
    assert files[f"goc/{parcel.mail.id}.eml"] == parcel.mail.raw
    assert files["goi-tin.edxml"].endswith(b"</edXML>\n")
    facts = json.loads(files["metadata.json"])
    assert (facts["CodeNumber"], facts["CodeNotation"], facts["IssuedDate"]) == ("87", "THCSLL", "16/11/2025")
    assert files["metadata.csv"].startswith(b"\xef\xbb\xbf")
    names, values = csv.reader(io.StringIO(files["metadata.csv"].decode("utf-8-sig")))
    assert dict(zip(names, values, strict=True))["Subject"] == facts["Subject"]
    page = files["chep-dan.html"].decode()
    assert 'aria-label="Trích yếu" value="đề nghị bổ sung giáo viên năm học 2025-2026"' in page
    assert '<html lang="vi">' in page


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "..\\..\\x.exe", "/etc/passwd", ".bashrc", "a\x00b", "con|x?"])
def test_no_name_of_a_file_leaves_the_bundle(name: str, parcel: Parcel, tmp_path: Path) -> None:
    value = EdxmlPackage(document_id="x", sender=Agency(), attachments=(Attachment(name=name, data=b"x"),))
    file = tmp_path / "a.zip"
    with file.open("wb") as out:
        write_bundle(out, parcel.mail, case_of(parcel), Packed(value=value, zipped=False, size=0, digest=""))
    with zipfile.ZipFile(file) as archive:
        (entry,) = [entry for entry in archive.namelist() if entry.startswith("goc/")]
    inner = entry.removeprefix("goc/")
    assert inner
    assert not set(inner) & set("/\\\0|?")
    assert not inner.startswith(".")


def test_a_cell_of_the_bundle_is_never_a_formula(parcel: Parcel, directory: Directory, tmp_path: Path) -> None:
    document = replace(case_of(parcel).document or Document(nature=Nature.ISSUED, confidence=1.0), subject="=1+1")
    delivered(
        BundleCourier("zip", tmp_path, directory=lambda: directory),
        replace(parcel, case=replace(case_of(parcel), document=document)),
    )
    (path,) = (tmp_path / "in").iterdir()
    with zipfile.ZipFile(path) as archive:
        assert "'=1+1" in archive.read("metadata.csv").decode()


def test_a_bundle_that_the_clerk_took_is_not_written_again_by_itself(
    parcel: Parcel, directory: Directory, tmp_path: Path
) -> None:
    courier = BundleCourier("zip", tmp_path, directory=lambda: directory)
    assert not courier.capabilities.idempotent  # a person types it in: twice is twice
    delivered(courier, parcel)
    assert delivered(BundleCourier("zip", tmp_path, directory=Directory), parcel).outcome is Outcome.ALREADY
    (path,) = (tmp_path / "in").iterdir()
    path.unlink()
    assert asyncio.run(courier.look_up(parcel.deliveries[0], case_of(parcel))).outcome is Outcome.UNCERTAIN


# --- the dict of couriers ---------------------------------------------------------------------------------------------


def office(courier: str, *, key: str) -> Office:
    return Office(
        name="o", courier=courier, folder="f", url="https://truc.example/", system_id="s", address="a@x.example",
        sender="b@x.example", rest=Rest(send="/d"), secret=key,
    )  # fmt: skip


@pytest.mark.parametrize("name", COURIERS)
def test_every_courier_of_the_settings_can_be_made(name: str, directory: Directory, tmp_path: Path, parcel: Parcel) -> None:
    (tmp_path / "khoa").write_text("bi-mat\n", encoding="utf-8")
    (tmp_path / "khoa").chmod(0o600)
    courier = courier_of(office(name, key="file:khoa"), Config(base=str(tmp_path)), lambda: directory)
    sealed = replace(parcel, case=replace(case_of(parcel), state=CaseState.SEALED))

    async def steps() -> Outcome:
        (result,) = await courier.deliver(sealed)
        await courier.close()
        return result.outcome

    assert asyncio.run(steps()) is Outcome.REFUSED  # whatever it is, nothing sealed leaves by it
    assert courier.name == "o"


@pytest.mark.parametrize(("text", "said"), [("", "is empty"), (None, "cannot be read")])
def test_a_secret_that_cannot_be_had_is_named_and_never_shown(
    text: str | None, said: str, directory: Directory, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "khoa").write_text(text, encoding="utf-8")
        (tmp_path / "khoa").chmod(0o600)
    with pytest.raises(ConfigError, match=said):
        courier_of(office("vxp", key="file:khoa"), Config(base=str(tmp_path)), lambda: directory)
    with pytest.raises(ConfigError, match="VANTHU_KHONG_CO"):
        courier_of(office("vxp", key="env:VANTHU_KHONG_CO"), Config(base=str(tmp_path)), lambda: directory)
