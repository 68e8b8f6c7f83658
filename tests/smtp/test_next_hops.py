"""The relay and a real Postfix behind it: one that forgets to answer, one that can do less, and reports that are said once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from types import TracebackType
from typing import Self, TypeVar

import pytest
import uvloop

from gateway.config import Relay as Settings
from gateway.courier import Fate, Outcome, Result
from gateway.settings.relay import Route
from gateway.smtp.relay import Relay
from tests.smtp.test_relay import LAN, LETTER, MINH, outcomes, parcel
from tests.world.ports import free_port
from tests.world.postfix import Postfix

pytestmark = pytest.mark.root
T = TypeVar("T")


class Plain(Postfix):
    """A Postfix with a second listener that offers neither 8BITMIME nor DSN."""

    def __init__(self) -> None:
        self.plain_port = free_port()
        plain = f"127.0.0.1:{self.plain_port} inet n - n - - smtpd\n  -o smtpd_discard_ehlo_keywords=8bitmime,dsn"
        super().__init__(listeners=f"127.0.0.1:{{port}} inet n - n - - smtpd\n{plain}")


@pytest.fixture(scope="module")
def hop() -> Iterator[Plain]:
    server = Plain()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def empty(hop: Plain) -> None:
    hop.forget()


class Forgetful:
    """Stands before a server and cuts the connection instead of passing on the first ``times`` replies to a mail's end."""

    def __init__(self, port: int, times: int = 1) -> None:
        self.left = times
        self.port = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.port)) as server:
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
            while data := server.recv(65536):
                if b"queued as" in data and self.left:
                    self.left -= 1
                    client.shutdown(socket.SHUT_RDWR)
                    server.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(data)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)


def with_relay(settings: Settings, work: Callable[[Relay], Awaitable[T]]) -> T:
    async def run() -> T:
        relay = Relay(settings, "vanthu.test")
        try:
            return await work(relay)
        finally:
            await relay.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def test_what_postfix_took_without_our_hearing_of_it_is_sent_again_and_nothing_is_lost(hop: Plain) -> None:
    raws = [LETTER + b"%d\r\n" % n for n in range(4)]
    with Forgetful(hop.port) as between:

        async def until_all_arrived(relay: Relay) -> list[tuple[Result, ...]]:
            first = await asyncio.gather(*(relay.deliver(parcel(raw)) for raw in raws))
            again = [raw for raw, (result,) in zip(raws, first, strict=True) if result.outcome is Outcome.RETRY]
            return [*first, *[await relay.deliver(parcel(raw)) for raw in again]]

        results = with_relay(Settings(next_hop=between.address, connections=1), until_all_arrived)
    assert [r.outcome for (r,) in results].count(Outcome.DELIVERED) == 4
    came = [mail.rpartition(b"\n\n")[2].splitlines()[-1] for mail in hop.wait_for(5)]
    assert sorted(came) == sorted([b"0", b"0", b"1", b"2", b"3"])  # the one that was lost sight of came twice


def test_a_postfix_that_dies_hands_over_to_the_next_host_while_mails_are_on_their_way(hop: Plain) -> None:
    dead = socket.create_server(("127.0.0.1", 0))  # takes connections and never answers
    hosts = (f"127.0.0.1:{dead.getsockname()[1]}", hop.address)
    settings = Settings(route=(Route(domains=("*",), hosts=hosts),), connect_timeout_s=2.0)
    began = time.monotonic()
    with dead:
        results = with_relay(settings, lambda relay: asyncio.gather(*(relay.deliver(parcel()) for _ in range(20))))
    assert {outcome for result in results for outcome in outcomes(result)} == {Outcome.DELIVERED}
    assert time.monotonic() - began < 20  # one after the other they would have waited 40 seconds
    assert len(hop.wait_for(20)) == 20


def test_a_postfix_without_8bitmime_gets_no_8_bit_mail_and_its_sender_hears_why(hop: Plain) -> None:
    raw = "Subject: x\r\n\r\nKính gửi\r\n".encode()

    async def both(relay: Relay) -> list[tuple[Result, ...]]:
        return [await relay.deliver(parcel(each, options=("BODY=8BITMIME",))) for each in (raw, LETTER)]

    [eight], [seven] = with_relay(Settings(next_hop=f"127.0.0.1:{hop.plain_port}"), both)
    assert (eight.outcome, eight.reply[:5], seven.outcome) == (Outcome.REFUSED, "5.6.3", Outcome.DELIVERED)
    [whole] = with_relay(Settings(next_hop=hop.address), lambda relay: asyncio.gather(relay.deliver(parcel(raw))))
    assert outcomes(whole) == [Outcome.DELIVERED]
    assert any("Kính gửi".encode() in mail for mail in hop.wait_for(2))


def test_only_one_of_us_says_that_a_mail_arrived(hop: Plain) -> None:
    asked = parcel(to=(MINH,), sender=LAN, rcpt_options=("NOTIFY=SUCCESS",))

    def sent(port: int) -> Result:
        settings = Settings(next_hop=f"127.0.0.1:{port}")
        [[result]] = with_relay(settings, lambda relay: asyncio.gather(relay.deliver(asked)))
        return result

    assert sent(hop.plain_port).announce is Fate.RELAYED  # it knows no DSN: we do
    assert len(hop.wait_for(1)) == 1
    assert sent(hop.port).announce is None  # it will say so itself
    reports = [mail for mail in hop.wait_for(3) if b"multipart/report" in mail]
    assert [b"Action: delivered" in report for report in reports] == [True]
