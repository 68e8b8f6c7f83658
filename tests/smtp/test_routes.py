"""Where mail goes on to: routes by domain, hosts that stand in for each other, the DNS, LMTP, and how much at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeVar

import pytest
import uvloop

from gateway.config import Relay as Settings
from gateway.courier import Fate, Outcome, Result
from gateway.errors import PermanentFailure, TemporaryFailure
from gateway.model import digest_of
from gateway.settings.relay import Route
from gateway.smtp.destination import Standing
from gateway.smtp.hosts import Exchanges, Host, hosts_of
from gateway.smtp.relay import Relay
from gateway.smtp.routes import Routes, domain_of
from tests.smtp.test_relay import CLERK, LETTER, MINH, outcomes, parcel
from tests.world.dovecot import Dovecot
from tests.world.names import NameServer, Zone
from tests.world.ports import free_port
from tests.world.sink import EVERYTHING, SILENCE, Sink

T = TypeVar("T")


def with_relay(settings: Settings, work: Callable[[Relay], Awaitable[T]], *, name_servers: tuple[str, ...] = ()) -> T:
    async def run() -> T:
        relay = Relay(settings, "vanthu.test", name_servers=name_servers)
        try:
            return await work(relay)
        finally:
            await relay.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def sent(relay: Relay, *to: str) -> Awaitable[list[tuple[Result, ...]]]:
    """A mail to these, part by part as the worker does it."""
    assert relay.split is not None
    return asyncio.gather(*(relay.deliver(part) for part in relay.split(parcel(to=to))))


@pytest.fixture
def _servers_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers of these tests are on this machine, where the DNS otherwise leads nobody."""
    monkeypatch.setattr("gateway.smtp.hosts.is_here", lambda address: False)


here = pytest.mark.usefixtures("_servers_are_here")


# --- which way ----------------------------------------------------------------------------------------------------------

HOP = Route(domains=("sgd.edu.vn", "*.moet.edu.vn"), hosts=("a:25",))
WIDE = Route(domains=("*.vn",), mx=True)
REST = Route(domains=("*",), hosts=("c:25",))


@pytest.mark.parametrize(
    ("address", "route"),
    [
        ("a@sgd.edu.vn", HOP),
        ("a@SGD.edu.VN", HOP),
        ("a@c3.moet.edu.vn", HOP),
        ("a@x.c3.moet.edu.vn", HOP),
        ("a@moet.edu.vn", WIDE),  # "*.moet.edu.vn" is what is below
        ("a@xsgd.edu.vn", WIDE),
        ("a@vn", REST),
        ("a@example.org", REST),
    ],
)
def test_the_closest_route_counts(address: str, route: Route) -> None:
    assert Routes((REST, WIDE, HOP)).of(domain_of(address)) is route


def test_what_no_route_names_goes_to_the_next_hop() -> None:
    assert Routes((HOP,)).of("example.org") is None


def test_a_mail_to_several_places_is_split_and_each_part_is_told_by_itself() -> None:
    with Sink() as mailboxes, Sink(replies={"RCPT": "550 5.1.1 nobody"}) as office:
        route = Route(domains=("so.example",), hosts=(office.address,))
        results = with_relay(
            Settings(next_hop=mailboxes.address, route=(route,)),
            lambda relay: sent(relay, MINH, "a@so.example", CLERK, "b@so.example"),
        )
        assert sorted(map(len, results)) == [2, 2]
        assert {r.delivery_id[-2:]: r.outcome for part in results for r in part} == {
            "-1": Outcome.DELIVERED,
            "-2": Outcome.REFUSED,
            "-3": Outcome.DELIVERED,
            "-4": Outcome.REFUSED,
        }
        assert mailboxes.mails[0].recipients == (MINH, CLERK)


def test_a_route_that_wants_us_to_sign_in_does_not_pause_the_others() -> None:
    with Sink(replies={"MAIL": "530 5.7.0 sign in first"}) as strict:
        route = Route(domains=("*",), hosts=(strict.address,))
        [[result]] = with_relay(Settings(route=(route,)), lambda relay: sent(relay, MINH))
        assert (result.outcome, result.reply) == (Outcome.RETRY, "530 5.7.0 sign in first")


# --- hosts that stand in for each other ----------------------------------------------------------------------------------


def one_route(*hosts: str, **settings: Any) -> Settings:
    return Settings(route=(Route(domains=("*",), hosts=hosts),), **settings)


def test_a_dead_host_is_left_alone_and_the_next_one_takes_the_mail() -> None:
    async def work(relay: Relay) -> tuple[Standing, ...]:
        for _ in range(3):
            [[result]] = await sent(relay, MINH)
            assert result.outcome is Outcome.DELIVERED
        return relay.standing()

    dead = f"127.0.0.1:{free_port()}"
    with Sink() as second:
        _, standing = with_relay(one_route(dead, second.address), work)
        assert (len(second.mails), second.connections) == (3, 1)
    assert [rest.partition(": ")[0] for rest in standing.resting] == [dead]
    assert standing.trouble == ""


@here
def test_the_figures_of_a_route_name_nobody_whom_mail_goes_to() -> None:
    async def work(relay: Relay) -> dict[str, dict[str, int]]:
        await sent(relay, "a@x.example", "b@y.example")
        return relay.live()

    zone = {**HERE, "x.example MX": ("10 mx1.hop.example.",)}
    with Sink() as sink, NameServer(zone) as server:
        route = Route(domains=("*.example",), mx=True, port=sink.port)
        live = with_relay(Settings(route=(route,)), work, name_servers=(server.address,))
    assert list(live) == ["", "*.example"]
    assert live["*.example"] == {"connections": 1, "allowed": 4, "waiting": 0, "destinations": 2, "in_trouble": 0}


@pytest.mark.parametrize("step", ["GREETING", "MAIL", "RCPT"])
def test_a_host_that_says_421_before_the_mail_hands_it_to_the_next_one(step: str) -> None:
    with Sink(replies={step: "421 4.3.2 closing"}) as first, Sink() as second:
        [[result]] = with_relay(one_route(first.address, second.address), lambda relay: sent(relay, MINH))
        assert (result.outcome, len(first.mails), len(second.mails)) == (Outcome.DELIVERED, 0, 1)


@pytest.mark.parametrize("reply", ["452 4.3.1 Insufficient system storage", "452 no room", "451 4.3.0 database is gone"])
@pytest.mark.parametrize("offers", [EVERYTHING, ("8BITMIME",)], ids=["pipelining", "step by step"])
def test_a_host_that_has_no_room_hands_the_mail_to_the_next_one(reply: str, offers: tuple[str, ...]) -> None:
    with Sink(replies={"MAIL": reply}, offers=offers) as first, Sink() as second:
        [[result]] = with_relay(one_route(first.address, second.address), lambda relay: sent(relay, MINH))
        assert (result.outcome, len(first.mails), len(second.mails)) == (Outcome.DELIVERED, 0, 1)


def test_a_host_that_does_not_want_this_sender_now_is_asked_again() -> None:
    with Sink(replies={"MAIL": "450 4.1.8 no such domain"}) as first, Sink() as second:
        [[result]] = with_relay(one_route(first.address, second.address), lambda relay: sent(relay, MINH))
        assert (result.outcome, second.connections) == (Outcome.RETRY, 0)


def test_what_a_host_may_have_taken_goes_to_no_other_one_at_once() -> None:
    with Sink(replies={"DOT": "421 4.3.2 closing"}) as first, Sink() as second:
        [[result]] = with_relay(one_route(first.address, second.address), lambda relay: sent(relay, MINH))
        assert (result.outcome, result.reply, second.mails) == (Outcome.RETRY, "421 4.3.2 closing", [])


def test_a_host_that_never_answers_costs_the_time_for_a_reply_once() -> None:
    async def work(relay: Relay) -> None:
        await sent(relay, MINH)
        await sent(relay, MINH)

    with Sink(replies={"MAIL": SILENCE}) as first, Sink() as second:
        with_relay(one_route(first.address, second.address, reply_timeout_s=1.0), work)
        assert (first.connections, len(second.mails)) == (1, 2)


def test_when_all_hosts_are_dead_one_mail_finds_out_and_the_others_say_so() -> None:
    hosts = [f"127.0.0.1:{free_port()}" for _ in range(2)]

    async def work(relay: Relay) -> list[Result]:
        return [result for _ in range(200) for part in await sent(relay, MINH) for result in part]

    began = time.monotonic()
    results = with_relay(one_route(*hosts), work)
    assert (time.monotonic() - began < 10.0, {r.outcome for r in results}) == (True, {Outcome.RETRY})


# --- how much at once -----------------------------------------------------------------------------------------------------


def test_what_is_allowed_halves_on_421_and_grows_with_each_success() -> None:
    with Sink(replies={"MAIL": ["421 4.7.0 too much"] * 2 + ["250 Ok"]}) as sink:

        async def work(relay: Relay) -> list[int]:
            allowed = []
            for _ in range(20):
                await sent(relay, MINH)
                allowed.append(relay.standing()[1].allowed)
            return allowed

        allowed = with_relay(one_route(sink.address, connections=8), work)
    assert (allowed[:2], allowed[2], allowed[-1]) == ([4, 2], 2, 6)


def test_more_than_may_wait_for_one_place_is_put_off_without_an_attempt() -> None:
    async def work(relay: Relay) -> list[Result]:
        parts = await asyncio.gather(*(sent(relay, f"a{n}@example.org") for n in range(100)))
        return [result for [[result]] in parts]

    with Sink() as sink:
        results = with_relay(one_route(sink.address, connections=2), work)
    assert {(r.outcome, r.untried) for r in results} == {(Outcome.DELIVERED, False), (Outcome.RETRY, True)}
    assert sum(r.untried for r in results) == 100 - 64


# --- the DNS --------------------------------------------------------------------------------------------------------------

HERE: Mapping[str, tuple[str, ...]] = {"mx1.hop.example A": ("127.0.0.1",), "mx2.hop.example A": ("127.0.0.2",)}


def found(zone: Zone, domain: str, hostname: str = "vanthu.test") -> tuple[Host, ...] | str:
    async def ask() -> tuple[Host, ...] | str:
        try:
            return await Exchanges((server.address,), hostname=hostname, timeout_s=20).hosts(domain, 25)
        except (PermanentFailure, TemporaryFailure) as error:
            return f"{type(error).__name__} {str(error)[:6].strip()}"

    with NameServer(zone) as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(ask())


@here
@pytest.mark.parametrize(
    ("records", "addresses"),
    [
        ({"x.example MX": ("20 mx2.hop.example.", "10 mx1.hop.example.")}, ["127.0.0.1", "127.0.0.2"]),
        ({"x.example A": ("127.0.0.3",)}, ["127.0.0.3"]),  # implicit
        ({"x.example AAAA": ("::1",), "x.example A": ("127.0.0.3",)}, ["127.0.0.3", "::1"]),
        ({"x.example MX": ("5 gone.hop.example.", "10 mx1.hop.example.")}, ["127.0.0.1"]),
        ({"x.example MX": ("10 vanthu.test.", "5 mx1.hop.example.", "20 mx2.hop.example.")}, ["127.0.0.1"]),
    ],
)
def test_mail_servers_come_in_the_order_of_their_preference(records: Zone, addresses: list[str]) -> None:
    hosts = found({**HERE, **records}, "x.example")
    assert [host.address for host in hosts if isinstance(host, Host)] == addresses


def test_the_dns_leads_nobody_to_this_machine() -> None:
    zone = {**HERE, "x.example MX": ("10 mx1.hop.example.",)}
    assert found(zone, "x.example") == "PermanentFailure 5.1.2"
    assert found({}, "[127.0.0.1]") == found({}, "[ipv6:::1]") == "PermanentFailure 5.4.6"


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ({"x.example MX": ("0 .",)}, "PermanentFailure 5.1.10"),  # RFC 7505
        ({}, "PermanentFailure 5.1.2"),
        ({"x.example TXT": ('"here"',)}, "PermanentFailure 5.1.2"),
        ({"x.example MX": ("10 vanthu.test.",)}, "PermanentFailure 5.4.6"),
    ],
)
def test_a_domain_without_a_mail_server_is_refused_with_the_reason(records: Zone, said: str) -> None:
    assert said.startswith(str(found({**HERE, **records}, "x.example")))


@pytest.mark.parametrize(
    ("domain", "host"),
    [("[192.0.2.1]", "192.0.2.1:25"), ("[ipv6:2001:db8::1]", "2001:db8::1:25"), ("[x]", "PermanentFailure 5.1.3")],
)
def test_an_address_may_stand_for_a_domain(domain: str, host: str) -> None:
    hosts = found({}, domain)
    assert (hosts if isinstance(hosts, str) else str(hosts[0])) == host


def test_a_dns_that_does_not_answer_is_asked_again_later() -> None:
    async def work(relay: Relay) -> list[tuple[Result, ...]]:
        return await sent(relay, "a@x.example")

    settings = Settings(route=(Route(domains=("*",), mx=True),), connect_timeout_s=0.3)
    with NameServer({}) as server:
        server.silent = True
        [[result]] = with_relay(settings, work, name_servers=(server.address,))
    assert (result.outcome, result.reply[:5]) == (Outcome.RETRY, "4.4.3")


@here
def test_mail_goes_where_the_dns_says_and_null_mx_comes_back_at_once() -> None:
    zone = {**HERE, "x.example MX": ("10 mx1.hop.example.",), "no.example MX": ("0 .",)}
    with Sink() as sink, NameServer(zone) as server:
        route = Route(domains=("*",), mx=True, port=sink.port)
        results = with_relay(
            Settings(route=(route,)),
            lambda relay: sent(relay, "a@x.example", "b@no.example", "c@X.example"),
            name_servers=(server.address,),
        )
        by_id = {r.delivery_id[-1]: (r.outcome, r.reply[:6]) for part in results for r in part}
        assert by_id["1"] == by_id["3"] == (Outcome.DELIVERED, "250 2.")
        assert by_id["2"] == (Outcome.REFUSED, "5.1.10")
        assert len(sink.mails) == 1


# --- LMTP -----------------------------------------------------------------------------------------------------------------


def lmtp(*hosts: str) -> Settings:
    return Settings(route=(Route(domains=("*",), lmtp=hosts),))


def test_by_lmtp_each_recipient_has_an_answer_of_its_own() -> None:
    def answer(recipient: str) -> str:
        return {MINH: "250 2.1.5 stored", CLERK: "452 4.2.2 full"}.get(recipient, "550 5.2.1 locked")

    def admit(path: str) -> str:
        return "550 5.1.1 nobody" if "khong.co" in path else "250 2.1.5 Ok"

    with Sink(lmtp=True, replies={"DOT": answer, "RCPT": admit}) as sink:

        async def work(relay: Relay) -> list[tuple[Result, ...]]:
            to = (MINH, "khong.co@x.example", CLERK, "khoa@x.example")
            return [(await sent(relay, *to))[0], (await sent(relay, MINH))[0]]

        first, second = with_relay(lmtp(sink.address), work)
        assert [r.outcome for r in first] == [Outcome.DELIVERED, Outcome.REFUSED, Outcome.RETRY, Outcome.REFUSED]
        assert [r.reply for r in first] == ["250 2.1.5 stored", "550 5.1.1 nobody", "452 4.2.2 full", "550 5.2.1 locked"]
        assert (outcomes(second), sink.connections, sink.commands[0]) == ([Outcome.DELIVERED], 1, "LHLO vanthu.test")


def test_by_lmtp_who_asked_hears_from_us_that_it_lies_in_the_mailbox() -> None:
    with Sink(lmtp=True, offers=()) as sink:

        async def work(relay: Relay) -> Result:
            return (await relay.deliver(parcel(rcpt_options=("NOTIFY=SUCCESS",))))[0]

        assert with_relay(lmtp(sink.address), work).announce is Fate.DELIVERED


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    yield server
    server.stop()


def test_dovecot_takes_mail_by_lmtp_at_its_socket(dovecot: Dovecot) -> None:
    with Sink() as hop:
        route = Route(domains=("*",), lmtp=(f"unix:{dovecot.lmtp}",))
        results = with_relay(Settings(next_hop=hop.address, route=(route,)), lambda relay: sent(relay, MINH, CLERK))
    assert [r.outcome for part in results for r in part] == [Outcome.DELIVERED] * 2
    for user in (MINH, CLERK):
        assert LETTER.decode().replace("\r\n", "\n") in dovecot.adm("fetch", "-u", user, "text", "mailbox", "INBOX")


def test_the_digest_of_what_left_is_that_of_what_came_there() -> None:
    raws = (LETTER, b"a: b\r\n\r\n.dots\r\n..\r\nend", LETTER + b"x" * 100_000 + b"\r\n")

    async def run() -> list[str]:
        relay = Relay(Settings(next_hop=sink.address), "vanthu.test")
        sent = [(await relay.deliver(parcel(raw)))[0].sent for raw in raws]
        await relay.close()
        return sent

    with Sink() as sink, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(run()) == [digest_of(mail.raw) for mail in sink.mails]


def test_hosts_are_named_as_people_write_them() -> None:
    assert [str(host) for host in hosts_of(("unix:/run/lmtp", "[::1]:24"))] == ["/run/lmtp", "::1:24"]
