"""Alarms: found by one watcher, remembered, told once by mail and webhook, over when the cause is gone."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from gateway.alarms import KINDS, Alarm, Kind, is_ours, of_certificates, of_changes, of_disk
from gateway.config import Config, Office
from gateway.errors import ConfigError
from gateway.model import Delivery
from gateway.phrases import Phrase, again, kept, phrase
from gateway.settings.alarms import Alarms, check_alarms
from gateway.store import Store
from gateway.store.alarms import Standing
from gateway.watching import Watcher
from gateway.webhook import signature
from tests.web import sample
from tests.web.sample import DIRECTORY
from tests.world.prepared import sqlite_in

SECRET = "bí mật"  # noqa: S105 - of a test
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


class Machine:
    """A watcher over a store, with a clock that a test turns."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.now = NOW
        self.paused: dict[str, str] = {}
        self.found: list[Alarm] = []
        self.store = Store(url=sqlite_in(folder), blobs=folder / "blobs", inline_bytes=16384, node="test")
        self.store.open()
        config = Config(base=str(folder), alarms=Alarms(disk_free_percent=0, **settings), office=(Office(name="qlvb-tinh"),))  # type: ignore[arg-type]
        self.watcher = Watcher(
            config,
            self.store,
            directory=lambda: DIRECTORY,
            hostname="cong.sgdhuonggiang.edu.vn",
            clock=lambda: self.now,
            poke=lambda: None,
            paused=lambda: self.paused,
            secret=SECRET,
            looks=(lambda _: iter(self.found),),
        )

    def standing(self) -> list[tuple[str, str]]:
        """Kinds and texts of what stands."""
        return [(each.kind, str(each.said)) for each in self.store.alarms.standing()]

    def letters(self) -> list[Delivery]:
        """The mails about alarms on their way."""
        return list(self.store.views.deliveries(states=()).rows)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """One whose officer reads mail."""
    made = Machine(tmp_path, mail=("it@sgdhuonggiang.edu.vn",))
    yield made
    made.store.close()


def test_an_alarm_is_raised_once_and_is_over_when_its_cause_is_gone(machine: Machine) -> None:
    machine.paused["qlvb-tinh"] = "sai mật khẩu"
    assert [machine.watcher.look(), machine.watcher.look()] == [1, 0]
    ((kind, said),) = machine.standing()
    assert (kind, "sai mật khẩu" in said) == ("courier", True)
    assert machine.store.alarms.counts() == {"courier": 1}
    machine.paused.clear()
    machine.watcher.look()
    assert machine.standing() == []
    (over,) = machine.store.alarms.over()
    assert over.over_at == machine.now


def test_a_changed_audit_is_told_by_mail_and_the_alarm_says_what_was_found_last(machine: Machine) -> None:
    for broken in ("mắt xích 4: dòng diễn biến 9 đã bị sửa", "mắt xích 2: dòng diễn biến 5 đã bị sửa"):
        machine.found[:] = of_changes(broken)
        machine.watcher.look()
        ((kind, said),) = machine.standing()
        assert (kind, broken in said) == ("chain", True)
    assert [each.target for each in machine.letters()] == ["it@sgdhuonggiang.edu.vn"]
    machine.found.clear()
    machine.watcher.look()
    assert (machine.standing(), len(machine.letters())) == ([], 2)  # the second says that it is over


def test_another_node_does_not_end_what_only_this_one_can_see() -> None:
    assert is_ours(Kind.COURIER, "test/qlvb-tinh", "test")
    assert not is_ours(Kind.COURIER, "test/qlvb-tinh", "other")
    assert is_ours(Kind.OVERDUE, "01K", "other")


def test_it_is_told_once_and_again_after_a_day_unless_somebody_looks_after_it(machine: Machine) -> None:
    machine.paused["qlvb-tinh"] = "x"
    for _ in range(3):
        machine.watcher.look()
    assert [each.target for each in machine.letters()] == ["it@sgdhuonggiang.edu.vn"]
    machine.now += timedelta(days=1, minutes=1)
    machine.watcher.look()
    assert len(machine.letters()) == 2
    (alarm,) = machine.store.alarms.standing()
    machine.store.alarms.seen(alarm.id, by="quantri", now=machine.now)
    machine.now += timedelta(days=2)
    machine.watcher.look()
    assert len(machine.letters()) == 2


def test_cases_call_by_what_is_gravest_and_a_sealed_one_says_nothing_of_itself(machine: Machine) -> None:
    made = {}
    for name, make in (("urgent", sample.urgent_case), ("sealed", sample.sealed_case), ("held", sample.held_case)):
        acceptance = make(machine.now - timedelta(days=9 if name == "held" else 0))
        machine.store.accept_now([acceptance])
        made[name] = sample.case_of(acceptance)
    machine.watcher.look()
    standing = {each.about: each for each in machine.store.alarms.standing()}
    assert {name: standing[case.id].kind for name, case in made.items() if case.id in standing} == {
        "urgent": "urgent",
        "sealed": "sealed",
        "held": "overdue",
    }
    sealed = standing[made["sealed"].id]
    assert made["sealed"].subject not in str(sealed.said)
    assert sealed.unit == made["sealed"].unit


def test_a_place_that_cannot_be_looked_at_hides_no_other(machine: Machine) -> None:
    def broken(_: datetime) -> Iterator[Alarm]:
        raise OSError("gone")

    machine.watcher._looks = (broken, *machine.watcher._looks)
    machine.found.append(Alarm(kind=Kind.CHAIN, about="chain", said="đứt"))
    machine.watcher.look()
    assert machine.standing() == [("chain", "đứt")]


def test_a_full_disk_and_a_certificate_that_ends_are_told_in_time() -> None:
    assert [alarm.kind for alarm in of_disk(4, 100, 5, "n")] == [Kind.DISK]
    assert list(of_disk(5, 100, 5, "n")) == []
    ends = {"a": NOW + timedelta(days=3), "b": NOW - timedelta(days=1), "c": NOW + timedelta(days=90)}
    said = [str(alarm.said) for alarm in of_certificates(ends, NOW, 21, "n")]
    assert ["sau 3 ngày" in said[0], "đã hết hạn" in said[1], len(said)] == [True, True, 2]


def test_every_kind_has_a_title_that_both_languages_know() -> None:
    assert set(KINDS) == set(Kind)
    assert all(isinstance(meaning.title, Phrase) for meaning in KINDS.values())


def test_a_text_is_stored_so_that_it_can_be_said_again() -> None:
    said = phrase("%(name)s cần văn thư xem ngay.", name="QĐ 5")
    stored = again(kept(said))
    assert isinstance(stored, Phrase)
    assert (stored, stored.template, stored.values) == (said, said.template, {"name": "QĐ 5"})
    assert [again(text) for text in ("", "thường", "{không phải JSON", "{}")] == ["", "thường", "{không phải JSON", "{}"]


# --- The webhook ------------------------------------------------------------------------------------------------------


class Receiver(BaseHTTPRequestHandler):
    """A program that gets alarms."""

    answers: ClassVar[list[int]] = []
    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        """Keep it, and answer as the test wants."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((dict(self.headers), body))
        self.send_response(self.answers.pop(0))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def called(tmp_path: Path) -> Iterator[Machine]:
    """A watcher with a webhook."""
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    Receiver.answers, Receiver.got = [], []
    made = Machine(tmp_path, webhook=f"http://127.0.0.1:{server.server_port}/vanthu", secret=f"env:{SECRET}")
    yield made
    made.store.close()
    server.shutdown()
    server.server_close()


def test_the_webhook_gets_each_alarm_once_signed_and_again_when_it_failed(called: Machine) -> None:
    Receiver.answers = [503, 200]
    called.paused["qlvb-tinh"] = "x"
    called.watcher.look()
    assert asyncio.run(called.watcher.call()) == 0
    assert asyncio.run(called.watcher.call()) == 0  # not due yet
    called.now += timedelta(hours=1)
    assert asyncio.run(called.watcher.call()) == 1
    called.now += timedelta(hours=9)
    assert asyncio.run(called.watcher.call()) == 0
    (_, first), (headers, second) = Receiver.got
    assert json.loads(first)["id"] == json.loads(second)["id"]
    stamp = headers["X-Vanthu-Timestamp"]
    wanted = hmac.new(SECRET.encode(), f"{stamp}.".encode() + second, hashlib.sha256).hexdigest()
    assert headers["X-Vanthu-Signature"] == f"sha256={wanted}" == signature(SECRET, int(stamp), second)


def test_the_webhook_hears_that_it_is_over_and_how_long_it_was(called: Machine) -> None:
    Receiver.answers = [200, 503, 200]
    called.paused["qlvb-tinh"] = "x"
    called.watcher.look()
    assert asyncio.run(called.watcher.call()) == 1
    called.now += timedelta(minutes=90)
    called.paused.clear()
    called.watcher.look()
    assert asyncio.run(called.watcher.call()) == 0
    called.now += timedelta(hours=1)
    assert asyncio.run(called.watcher.call()) == 1
    assert asyncio.run(called.watcher.call()) == 0
    said = [json.loads(body) for _, body in Receiver.got]
    assert [(each["event"], each["lasted_s"]) for each in said] == [("raised", None), ("over", 5400), ("over", 5400)]
    assert Receiver.got[2][0]["X-Vanthu-Id"] == f"{said[0]['id']}-over"


def test_the_webhook_hears_no_end_of_what_it_never_heard_begin(called: Machine) -> None:
    Receiver.answers = [200]
    called.paused["qlvb-tinh"] = "x"
    called.watcher.look()
    called.paused.clear()
    called.watcher.look()
    assert asyncio.run(called.watcher.call()) == 0
    assert Receiver.got == []


def test_the_officer_reads_once_that_it_is_over_and_how_long_it_was(machine: Machine) -> None:
    machine.paused["qlvb-tinh"] = "x"
    machine.watcher.look()
    machine.now += timedelta(minutes=90)
    machine.paused.clear()
    machine.watcher.look()
    machine.watcher.look()
    mails = [machine.store.views.raw(row.id) for row in machine.store.views.mails(limit=10).rows]
    letters = [message_from_bytes(raw, policy=default) for raw in mails]
    (over,) = [letter for letter in letters if "Hết cảnh báo" in letter["Subject"]]
    body = over.get_body()
    assert body is not None
    assert "kéo dài 1 giờ 30 phút" in body.get_content()


def test_a_webhook_that_says_no_for_good_is_not_asked_again(called: Machine) -> None:
    Receiver.answers = [410]
    called.paused["qlvb-tinh"] = "x"
    called.watcher.look()
    asyncio.run(called.watcher.call())
    called.now += timedelta(days=3)
    asyncio.run(called.watcher.call())
    assert len(Receiver.got) == 1


@pytest.mark.parametrize("settings", [Alarms(webhook="ftp://x"), Alarms(webhook="https://may.example/a")])
def test_a_webhook_without_address_or_secret_is_a_mistake(settings: Alarms) -> None:
    with pytest.raises(ConfigError, match=r"\[alarms\]"):
        check_alarms(settings)


def test_standing_alarms_of_one_unit_are_seen_by_its_clerks_alone(machine: Machine) -> None:
    machine.found.append(Alarm(kind=Kind.CASE, about="a", said="x", unit="SGDHG"))
    machine.watcher.look()
    alarms = machine.store.alarms

    def units(of: tuple[Standing, ...]) -> list[str]:
        return [each.unit for each in of]

    assert [units(alarms.standing(["SGDHG"])), units(alarms.standing(["PGDCS"])), units(alarms.standing())] == [
        ["SGDHG"],
        [],
        ["SGDHG"],
    ]
