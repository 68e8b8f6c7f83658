"""A real Postfix that asks before its queue, with and without speed_adjust, and one that hands over behind it (LMTP).

One Postfix and one gateway have all the lines of docs/deployment/postfix-before-queue.md and postfix-after-queue.md.
"""

from __future__ import annotations

import re
import smtplib
import subprocess
import time
from collections.abc import Iterator

import pytest

from bench.doors import Key
from tests.world import around, letters
from tests.world.around import AFTER, BEFORE, PEOPLE, WAYS, House
from tests.world.client import Client, id_in
from tests.world.gateway import Gateway
from tests.world.postfix import documented

pytestmark = pytest.mark.root

TEACHER, DIVISION, SPECIALIST = letters.TEACHER[1], letters.DIVISION_CLERK[1], letters.SPECIALIST[1]
AFTER_QUEUE = WAYS[2]
CLOSED = "c3nguyenhue.huonggiang@moet.edu.vn"
PRESS = "toasoan@bao.example"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    both = around.house(tmp_path_factory.mktemp("house") / "house")
    yield both
    both.stop()


@pytest.fixture
def house(running: House) -> House:
    running.postfix.forget()
    return running


def _stored(raw: bytes) -> bytes:
    """As in a Maildir: lines end with LF."""
    return raw.replace(b"\r\n", b"\n")


def test_the_way_back_is_the_same_on_both_pages() -> None:
    assert documented(BEFORE, "master.cf, the way back") == documented(AFTER, "master.cf, the way back")


@pytest.mark.parametrize("way", WAYS)
def test_a_report_lies_in_the_mailbox_as_it_was_sent(house: House, way: str) -> None:
    odd = b"To: lan\r\nX-No: date\r\n\r\n" + letters.figures_of_a_school() + b"\r\n.dot\r\n" + b"x" * 5000 + b"\r\n"

    with Client(house.ports[way]) as client:
        assert client.send(TEACHER, [SPECIALIST], odd).startswith("250")

    (mail,) = house.postfix.wait_for(1)
    assert mail.endswith(_stored(odd))


@pytest.mark.parametrize("way", WAYS)
def test_the_strictest_signature_is_still_good_where_the_mail_arrives(house: House, way: str) -> None:
    key = Key()
    body = "Số liệu  \t\r\n.chấm\r\n\r\n".encode() + b"x" * 3000 + b"\r\n\r\n\r\n"
    signed = key.signed(b"From: a@gui.example\r\nX-Odd:  two,\r\n\tfolded \r\n" + letters.figures_of_a_school() + body)
    assert key.verifies(signed)

    with Client(house.ports[way]) as client:
        assert client.send(TEACHER, [SPECIALIST], signed, options=" BODY=8BITMIME").startswith("250")

    (mail,) = house.postfix.wait_for(1)
    assert key.verifies(mail.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("way", WAYS[:2])
def test_before_the_queue_a_refusal_reaches_the_sender_in_his_own_session(house: House, way: str) -> None:
    with Client(house.ports[way]) as client:
        said = client.send(TEACHER, [DIVISION], letters.letter_of_a_school(sender=letters.TEACHER))

    assert said.startswith("550")
    assert "5.7.1" in said
    assert id_in(said)
    assert house.postfix.mails() == []


def test_behind_the_queue_nothing_is_refused_and_the_sender_gets_a_letter(house: House) -> None:
    with Client(house.ports["after-queue"]) as client:
        said = client.send(TEACHER, [DIVISION], letters.letter_of_a_school(sender=letters.TEACHER))

    assert said.startswith("250")
    (letter,) = house.postfix.wait_for(1)
    assert f"X-Original-To: {TEACHER}".encode() in letter or f"Delivered-To: {TEACHER}".encode() in letter
    assert b"MAILER-DAEMON" not in letter  # a letter of ours, no bounce of Postfix


@pytest.mark.parametrize("way", WAYS)
def test_a_mail_with_mixed_verdicts_makes_no_bounce(house: House, way: str) -> None:
    document = letters.letter_of_a_school(sender=letters.TEACHER, number=str(101 + WAYS.index(way)))
    with Client(house.ports[way]) as client:
        said = client.send(TEACHER, [DIVISION, PRESS], document)

    assert said.startswith("250")
    letters_of_ours = house.postfix.wait_for(2)  # redirected, and held
    assert not any(b"MAILER-DAEMON" in letter for letter in letters_of_ours)


def test_a_closed_address_is_refused_by_itself_before_the_queue_and_forwarded_with_speed_adjust(house: House) -> None:
    report = letters.figures_of_a_school()
    with smtplib.SMTP("127.0.0.1", house.ports["before-queue"], timeout=60) as client:
        refused = client.sendmail(TEACHER, [CLOSED, SPECIALIST], report)
        assert refused[CLOSED][0] == 551
    house.postfix.wait_for(1)
    house.postfix.forget()

    with smtplib.SMTP("127.0.0.1", house.ports["speed-adjust"], timeout=60) as client:
        assert client.sendmail(TEACHER, [CLOSED, SPECIALIST], report) == {}
    came = house.postfix.wait_for(3)
    assert sum(mail.endswith(_stored(report)) for mail in came) == 2
    assert any(b"vanthu.thptnh@sgdhuonggiang.edu.vn" in mail for mail in came)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_asked_about_delivery_reports_goes_through(house: House, way: str) -> None:
    with smtplib.SMTP("127.0.0.1", house.ports[way], timeout=60) as client:
        client.sendmail(
            TEACHER, [SPECIALIST], letters.figures_of_a_school(),
            mail_options=["RET=HDRS", "ENVID=Bao+2BCao-1"], rcpt_options=["NOTIFY=SUCCESS", f"ORCPT=rfc822;{SPECIALIST}"],
        )  # fmt: skip

    # Behind the queue Postfix itself has nothing more to say once the gateway took the mail; the last server does.
    _, report = sorted(house.postfix.wait_for(2), key=lambda mail: b"multipart/report" in mail)
    assert b"Original-Envelope-Id: Bao+Cao-1" in report


def wait_for_line(gateway: Gateway, words: str) -> None:
    """The mail log is written a few times a second."""
    end = time.monotonic() + 10
    while words not in gateway.log():
        assert time.monotonic() < end, gateway.log()
        time.sleep(0.05)


@pytest.mark.parametrize("way", [*WAYS, PEOPLE])
def test_the_gateway_sees_who_the_client_of_postfix_is(house: House, way: str) -> None:
    said = subprocess.run(
        ["swaks", "--server", "127.0.0.1", "--port", str(house.ports[way]), "--from", TEACHER, "--to", SPECIALIST,
         "--helo", "front.test", "--xclient", "ADDR=192.0.2.77 NAME=may.example HELO=may.example", "--body", "x"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr

    (mail,) = house.postfix.wait_for(1)
    ours = re.search(rb"Received: (from [^;]+ \(Vanthu\) [^;]+;)", mail)
    assert ours, mail
    assert b"([192.0.2.77])" in ours[1]
    assert b"(XFORWARD by [127.0.0.1])" in ours[1]
    wait_for_line(house.gateway, "forwarded by=127.0.0.1 peer=192.0.2.77 ident=")
    # After the queue all come by one way, and the page says vouches = true; before it only where people sign in.
    wait_for_line(house.gateway, f"peer=192.0.2.77 identity={'trusted-network' if way in (AFTER_QUEUE, PEOPLE) else 'claimed'}")
    # And on the way back Postfix hears it again, with our name of the mail, for its own log.
    assert re.search(r"orig_queue_id=[0-9A-Z]{26}, orig_client=unknown\[192\.0\.2\.77\]", house.postfix.log())


@pytest.mark.parametrize("way", [*WAYS, PEOPLE])
def test_no_second_mail_is_smuggled_in_through_postfix(house: House, way: str) -> None:
    with Client(house.ports[way]) as client:
        client.say("XCLIENT ADDR=192.0.2.77")
        client.say("EHLO may.example")
        said = client.send(
            "ai-do@o-ngoai.example", [SPECIALIST],
            f"Subject: x\r\n\r\nx\n.\nMAIL FROM:<{TEACHER}>\nRCPT TO:<{SPECIALIST}>\nDATA\nSubject: y\n\ny\r\n".encode(),
        )  # fmt: skip

    assert said.startswith("250")
    (mail,) = house.postfix.wait_for(1)  # Postfix leaves the dot out
    assert mail.endswith(f"MAIL FROM:<{TEACHER}>\nRCPT TO:<{SPECIALIST}>\nDATA\nSubject: y\n\ny\n".encode())
