"""Which addresses there are: asked at RCPT, remembered, and never a reason to lose a mail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.admission import admission
from gateway.config import Relay as RelaySettings
from gateway.courier import Outcome, Result
from gateway.model import Admission, Identity
from gateway.settings.recipients import Check, WhenDown
from gateway.settings.recipients import Recipients as Settings
from gateway.smtp.recipients import Recipients
from gateway.smtp.relay import Relay
from tests.policy import desk
from tests.smtp.door import OUTSIDE, Door
from tests.store.lanes import until
from tests.world.sink import Sink

HERE, GONE = "lan@sgdhuonggiang.edu.vn", "khong.co@sgdhuonggiang.edu.vn"


class NextHop:
    """Knows HERE; counts what it is asked; ``says`` something else when told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.tried: list[str] = []  # addresses that nobody can have
        self.says: Result | None = None
        self.takes_s = 0.0

    async def ask(self, address: str) -> Result:
        (self.tried if address.startswith("khong-ai-") else self.asked).append(address)
        await asyncio.sleep(self.takes_s)
        if self.says is not None:
            return self.says
        if address == HERE:
            return Result(delivery_id="", outcome=Outcome.DELIVERED, reply="250 2.1.5 OK")
        return Result(delivery_id="", outcome=Outcome.REFUSED, reply="550 5.1.1 <x>: unknown in virtual mailbox table")


def door(hop: NextHop, **settings: Any) -> Door:
    """A door for strangers whose directory lists nobody."""
    made = Door(recipients=Recipients(Settings(**settings), hop.ask, time.monotonic), **OUTSIDE)
    made.intake.listed = frozenset()
    return made


def rcpt(made: Door, *addresses: str) -> list[str]:
    client = made.client()
    client.say("MAIL FROM:<a@b.example>")
    return [client.say(f"RCPT TO:<{address}>")[:9] for address in addresses]


def test_what_the_next_hop_does_not_know_is_refused_and_both_answers_are_remembered() -> None:
    hop = NextHop()
    with door(hop) as made:
        assert rcpt(made, HERE, GONE) == ["250 2.1.5", "550 5.1.1"]
        assert rcpt(made, GONE, HERE) == ["550 5.1.1", "250 2.1.5"]
        assert hop.asked == [HERE, GONE]


@pytest.mark.parametrize("knows_all", [False, True])
def test_a_next_hop_that_takes_every_address_is_told_of_once(caplog: pytest.LogCaptureFixture, knows_all: bool) -> None:
    hop = NextHop()
    hop.says = Result(delivery_id="", outcome=Outcome.DELIVERED, reply="250 2.1.5 OK") if knows_all else None
    with door(hop) as made:
        rcpt(made, HERE)
        until(lambda: bool(hop.tried))
        rcpt(made, "an@sgdhuonggiang.edu.vn")
    (made_up,) = hop.tried
    assert made_up.endswith("@sgdhuonggiang.edu.vn")
    assert ("takes every address at sgdhuonggiang.edu.vn" in caplog.text) is knows_all


def test_answers_are_forgotten_after_their_time_and_when_there_are_too_many() -> None:
    hop = NextHop()
    with door(hop, unknown_s=0.05, remembered=1) as made:
        rcpt(made, GONE)
        time.sleep(0.06)
        rcpt(made, GONE, HERE)
        rcpt(made, HERE, GONE)
    assert hop.asked == [GONE, GONE, HERE, GONE]


def test_what_the_directory_lists_is_not_asked_for_and_trusted_clients_are_not_asked_about() -> None:
    hop = NextHop()
    made = Door(recipients=Recipients(Settings(), hop.ask, time.monotonic))
    made.intake.listed = frozenset()
    with made:
        assert rcpt(made, GONE, "someone@elsewhere.example") == ["250 2.1.5", "250 2.1.5"]
    made = door(hop)
    made.intake.listed = frozenset({GONE})
    with made:
        assert rcpt(made, GONE) == ["250 2.1.5"]
    assert hop.asked == []


@pytest.mark.parametrize(
    ("check", "said"), [(Check.DIRECTORY, ["550 5.1.1", "550 5.1.1"]), (Check.OFF, ["250 2.1.5", "250 2.1.5"])]
)
def test_nobody_need_be_asked(check: Check, said: list[str]) -> None:
    hop = NextHop()
    with door(hop, check=check) as made:
        assert rcpt(made, HERE, GONE) == said
    assert hop.asked == []


@pytest.mark.parametrize(("when_down", "said"), [(WhenDown.ACCEPT, "250 2.1.5"), (WhenDown.DEFER, "451 4.4.1")])
@pytest.mark.parametrize("takes_s", [0.0, 5.0])
def test_when_nobody_answers_the_setting_says_what_becomes_of_it(when_down: WhenDown, said: str, takes_s: float) -> None:
    hop = NextHop()
    hop.says, hop.takes_s = Result(delivery_id="", outcome=Outcome.RETRY, reply="connection refused"), takes_s
    with door(hop, when_down=when_down, patience_s=0.05) as made:
        assert rcpt(made, HERE, HERE) == [said, said]
    assert hop.asked == [HERE, HERE]  # nothing is remembered


def asked(step: str, reply: str) -> str:
    """What a stranger is told about an address when the next hop says that at some step of the question."""

    async def work(relay: Relay) -> str:
        said = Recipients(Settings(), relay.ask, time.monotonic).objection(GONE)
        assert not isinstance(said, str)
        try:
            return await said
        finally:
            await relay.close()

    with Sink(replies={step: reply}) as sink:
        return asyncio.run(work(Relay(RelaySettings(next_hop=sink.address), "gw.test")))


@pytest.mark.parametrize(
    "reply",
    [
        *("554 5.7.1 denied", "550 5.7.1 no relaying", "552 5.2.2 full", "530 5.7.0 sign in", "550 5.1.8 sender rejected"),
        *(
            "550 relay not permitted",
            "550-Verification failed for <>\r\n550 Sender verify failed",
            "550 Administrative prohibition",
        ),
    ],
)
def test_what_is_said_about_us_is_no_word_about_the_address(reply: str) -> None:
    assert asked("RCPT", reply) == ""


@pytest.mark.parametrize(
    "reply", ["550 5.1.8 null sender rejected", "550 no null senders", "553 5.1.7 bad sender", "530 5.7.0 sign in"]
)
def test_a_next_hop_that_takes_no_null_sender_says_nothing_about_any_address(reply: str) -> None:
    """Else every mail to whom the directory does not list would be refused for good."""
    assert asked("MAIL", reply) == ""


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 <x>: Recipient address rejected: User unknown in virtual mailbox table",
        "550 5.4.1 Recipient address rejected: Access denied. [SG2.prod.outlook.com]",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        "550 Unrouteable address",
        "550-5.1.1 The email account that you tried to reach does not exist.\r\n550 5.1.1 Learn more",
        "550 No such user here",
    ],
)
def test_what_servers_say_about_addresses_that_are_not_there_is_understood(reply: str) -> None:
    assert asked("RCPT", reply).startswith("550 5.1.1")


def test_two_who_ask_at_once_share_one_question_and_a_client_that_leaves_meanwhile_harms_nobody() -> None:
    hop = NextHop()
    hop.takes_s = 0.2
    with door(hop) as made:
        first, second, third = made.client(), made.client(), made.client()
        for client in (first, second, third):
            client.say("MAIL FROM:<a@b.example>")
            client.send(f"RCPT TO:<{GONE}>\r\nNOOP\r\n".encode())
        third.close()
        for client in (first, second):
            assert client.reply().startswith("550 5.1.1")
            assert client.reply().startswith("250 2.0.0")
        assert hop.asked == [GONE]
        until(lambda: made.server.sessions == 2)


def test_a_failure_of_ours_is_no_refusal() -> None:
    async def ask(_address: str) -> Result:
        raise RuntimeError("broken")

    made = Door(recipients=Recipients(Settings(), ask, time.monotonic), **OUTSIDE)
    made.intake.listed = frozenset()
    with made:
        assert rcpt(made, HERE, "postmaster") == ["451 4.3.0", "250 2.1.5"]


def test_postmaster_is_always_there() -> None:
    assert admission(desk.directory(), "Postmaster@sgdhuonggiang.edu.vn", Identity.CLAIMED, desk.NOW.date()) == Admission(
        admitted=True
    )
    unlisted = admission(desk.directory(), GONE, Identity.CLAIMED, desk.NOW.date())
    assert (unlisted.admitted, unlisted.is_listed) == (True, False)
    assert admission(desk.directory(), desk.CLERK, Identity.CLAIMED, desk.NOW.date()).is_listed


# --- the question itself, to a next hop that speaks SMTP ---


@pytest.fixture(params=[("PIPELINING", "8BITMIME"), ()], ids=["pipelining", "one by one"])
def hop(request: pytest.FixtureRequest) -> Iterator[Sink]:
    with Sink(
        replies={"RCPT": lambda to: "550 5.1.1 no such user" if GONE in to else "250 2.1.5 Ok"}, offers=request.param
    ) as sink:
        yield sink


def test_the_next_hop_is_asked_by_the_envelope_of_a_mail_that_never_comes(hop: Sink) -> None:
    async def ask() -> list[Result]:
        relay = Relay(RelaySettings(next_hop=f"127.0.0.1:{hop.port}", connections=1), "gw.example")
        found = [await relay.ask(address) for address in (HERE, GONE, HERE)]
        await relay.close()
        return found

    here, gone, again = asyncio.run(ask())
    assert (here.outcome, again.outcome) == (Outcome.DELIVERED, Outcome.DELIVERED)
    assert (gone.outcome, gone.reply) == (Outcome.REFUSED, "550 5.1.1 no such user")
    assert [command.partition(" ")[0] for command in hop.commands].count("RSET") == 2
    assert "DATA" not in hop.commands
    assert hop.mails == []


def test_a_next_hop_that_is_not_there_is_no_refusal() -> None:
    async def ask() -> Result:
        relay = Relay(RelaySettings(next_hop="127.0.0.1:1"), "gw.example")
        return await relay.ask(HERE)

    assert asyncio.run(ask()).outcome is Outcome.RETRY
