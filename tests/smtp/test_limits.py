"""What strangers may take up, and that trusted clients are never asked."""

from __future__ import annotations

import socket
import time

import pytest

from gateway import maillog
from gateway.settings.limits import Limits
from gateway.settings.listeners import Kind, Listener
from gateway.smtp.lag import LagProbe
from gateway.smtp.sources import MOST_SOURCES, Limit, Sources, network_of
from tests.smtp.door import OUTSIDE, Door
from tests.smtp.test_protocol import LETTER, eventually


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_neighbours_are_one_source(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_source_has_so_many_sessions_at_a_time() -> None:
    sources = Sources(Limits(sessions_per_source=2), Clock())
    here, neighbour, elsewhere = (sources.of(a) for a in ("192.0.2.1", "192.0.2.9", "198.51.100.1"))
    assert [sources.enter(s) for s in (here, neighbour, here, elsewhere)] == [None, None, Limit.SOURCE_SESSIONS, None]
    sources.leave(here)
    assert sources.enter(neighbour) is None


def test_rates_begin_anew_after_a_minute() -> None:
    clock = Clock()
    sources = Sources(Limits(connections_per_minute=2, mails_per_minute=1), clock)
    source = sources.of("192.0.2.1")
    assert [sources.enter(source) for _ in range(3)] == [None, None, Limit.SOURCE_CONNECTIONS]
    assert [sources.begins_mail(source) for _ in range(2)] == [True, False]
    clock.now += 61
    assert (sources.enter(source), sources.begins_mail(source)) == (None, True)


def test_no_crowd_fills_the_memory_and_whoever_is_there_is_not_forgotten() -> None:
    sources = Sources(Limits(), Clock())
    first = sources.of("192.0.2.1")
    sources.enter(first)
    for n in range(MOST_SOURCES + 100):
        sources.of(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}.x")  # no addresses: each is a source of its own
    assert len(sources) == MOST_SOURCES
    assert sources.of("192.0.2.1") is first


def test_zero_is_no_limit() -> None:
    sources = Sources(Limits(sessions_per_source=0, connections_per_minute=0, mails_per_minute=0), Clock())
    source = sources.of("192.0.2.1")
    assert {sources.enter(source) for _ in range(1000)} == {None}
    assert {sources.begins_mail(source) for _ in range(1000)} == {True}


def test_a_flood_is_counted_whole_and_logged_in_a_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    sources = Sources(Limits(), Clock())
    before = maillog.counts().get(("limited", Limit.EARLY), 0)
    for n in range(500):
        address = f"10.0.{n % 100}.1"
        sources.tell(Limit.EARLY, address, sources.of(address))
    assert maillog.counts()["limited", Limit.EARLY] == before + 500
    assert 20 <= len(caplog.records) <= 22


def test_a_late_loop_is_called_fit_only_when_it_clearly_is() -> None:
    probe = LagProbe(1000)
    said = []
    for lag in (900, 1100, 900, 600, 400, 900, 1100):
        probe.saw(lag)
        said.append(probe.is_behind)
    assert said == [False, True, True, True, False, False, True]
    never = LagProbe(0)
    never.saw(1e9)
    assert not never.is_behind


def test_a_stranger_gets_421_where_his_network_has_too_much() -> None:
    with Door(**OUTSIDE, limits={"sessions_per_source": 1}) as door:
        first = door.client()
        second = door.connect()
        assert second.reply().startswith("421 4.7.0 gw.example has too many connections from your network")
        assert second.reply() == ""
        first.say("QUIT")
        eventually(lambda: door.server.sessions == 0)
        assert door.connect().reply().startswith("220 ")


def test_a_stranger_gets_421_while_the_loop_is_behind() -> None:
    with Door(**OUTSIDE) as door:
        door.server.probe.saw(1e6)
        assert door.connect().reply().startswith("421 4.3.2 gw.example is busy")


def test_too_many_mails_come_later() -> None:
    with Door(**OUTSIDE, limits={"mails_per_minute": 1}) as door:
        client = door.client()
        assert client.deliver(LETTER).startswith("250 2.0.0 ")
        assert client.say("MAIL FROM:<a@b.example>").startswith("450 4.7.1 ")


def test_trusted_clients_meet_none_of_these_limits() -> None:
    tight = {"sessions_per_source": 1, "connections_per_minute": 1, "mails_per_minute": 1, "errors": 1, "commands": 1}
    with Door(limits={**tight, "greet_pause_s": 30.0, "quiet_s": 0.01}) as door:
        door.server.probe.saw(1e6)
        clients = [door.client() for _ in range(5)]
        for client in clients:
            assert [client.say(word)[:3] for word in ("HA", "HO", "NOOP", "RSET")] == ["500", "500", "250", "250"]
            assert client.deliver(LETTER).startswith("250 2.0.0 ")


def test_strangers_never_take_the_last_places_of_our_own_servers() -> None:
    inside = Listener(name="inside", listen="127.0.0.1:0", kind=Kind.PROXY)
    with Door(**OUTSIDE, max_connections=10, listener=(inside,)) as door:
        strangers = [door.connect() for _ in range(10)]
        assert [client.reply()[:3] for client in strangers] == ["220"] * 9 + ["421"]
        assert door.client(1).deliver(LETTER).startswith("250")


def test_one_network_of_strangers_holds_a_share_of_the_memory_and_all_of_them_not_all() -> None:
    inside = Listener(name="inside", listen="127.0.0.1:0", kind=Kind.PROXY)
    with Door(**OUTSIDE, max_message_bytes=50_000, max_bytes_in_flight=100_000, listener=(inside,)) as door:
        hoarder = door.client()
        assert hoarder.envelope().startswith("354")
        hoarder.send(b"x" * 40_000)
        eventually(lambda: door.server.bytes_in_flight == 40_000)
        assert door.client().say("MAIL FROM:<a@b.example> SIZE=20000").startswith("452 4.3.1 ")
        assert door.client(1).say("MAIL FROM:<a@b.example> SIZE=50000").startswith("250 ")
        hoarder.close()
        eventually(lambda: door.server.bytes_in_flight == 0)
        assert door.client().say("MAIL FROM:<a@b.example> SIZE=20000").startswith("250 ")


def test_whoever_talks_before_the_greeting_is_refused() -> None:
    with Door(**OUTSIDE, limits={"greet_pause_s": 0.3}) as door:
        hasty, patient = door.connect(), door.connect()
        hasty.send(b"EHLO spam.example\r\n")
        assert hasty.reply().startswith("554 5.5.1 ")
        assert hasty.reply() == ""
        assert patient.reply().startswith("220 ")
        patient.say("EHLO patient.example")
        assert patient.deliver(LETTER).startswith("250 2.0.0 ")


def test_whoever_says_before_the_greeting_that_he_will_say_nothing_is_not_waited_for() -> None:
    with Door(**OUTSIDE, limits={"greet_pause_s": 0.05}) as door:
        client = door.connect()
        client.socket.shutdown(socket.SHUT_WR)
        assert client.reply().startswith("220 ")
        assert client.reply() == ""


def test_a_gateway_that_stops_does_not_greet() -> None:
    with Door(**OUTSIDE, limits={"greet_pause_s": 30.0}) as door:
        client = door.connect()
        eventually(lambda: door.server.sessions == 1)
        door.run(door.server.stop(1))
        assert client.reply().startswith("421 4.3.2 ")


def test_a_session_without_a_mail_ends_however_much_it_says() -> None:
    with Door(**OUTSIDE, limits={"quiet_s": 0.4}) as door:
        client = door.client()
        assert client.deliver(LETTER).startswith("250 2.0.0 ")
        begin = time.monotonic()
        said = ""
        while not said.startswith("421") and time.monotonic() - begin < 5:
            said = client.say("NOOP")
            time.sleep(0.05)
        assert said.startswith("421 4.4.2 ")
        assert time.monotonic() - begin > 0.3
        slow = door.client()
        slow.envelope()
        time.sleep(0.6)  # a mail is on its way: it may take its time
        slow.send(LETTER + b".\r\n")
        assert slow.reply().startswith("250 2.0.0 ")


def test_commands_that_bring_no_mail_nearer_are_limited() -> None:
    with Door(**OUTSIDE, limits={"commands": 3}) as door:
        client = door.client()
        assert [client.say(word)[:3] for word in ("NOOP", "RSET")] == ["250", "250"]
        assert client.deliver(LETTER).startswith("250 2.0.0 ")
        assert [client.say(word)[:3] for word in ("NOOP", "VRFY x", "HELP", "NOOP")] == ["250", "252", "214", "421"]
        assert client.reply() == ""
