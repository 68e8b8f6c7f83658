"""What goes through the door, what does not, and what happens when the client or we misbehave."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Iterator

import pytest

from gateway import maillog
from gateway.errors import StoreUnavailable
from gateway.model import Action, Door, Identity, Recipient, Verdict
from tests.smtp.door import OUTSIDE
from tests.smtp.door import Door as OpenDoor

ID = r"[0-9A-HJKMNP-TV-Z]{26}"
LETTER = b"Subject: bao cao\r\n\r\nKinh gui Phong.\r\n"


@pytest.fixture
def door() -> Iterator[OpenDoor]:
    with OpenDoor() as door:
        yield door


@pytest.fixture
def outside() -> Iterator[OpenDoor]:
    with OpenDoor(**OUTSIDE) as door:
        yield door


def eventually(true: object, *, within: float = 5) -> None:
    """Wait until a callable says yes."""
    assert callable(true)
    until = time.monotonic() + within
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


# --- Taking mail --------------------------------------------------------------------------------------------------------


def test_a_mail_is_taken_with_all_that_is_known_of_it(door: OpenDoor) -> None:
    client = door.client()
    client.say("MAIL FROM:<gv.lan.thcsll@sgdhuonggiang.edu.vn> SIZE=40 BODY=8BITMIME ENVID=Ab1")
    client.say("RCPT TO:<vanthu@sgdhuonggiang.edu.vn> NOTIFY=Never")
    client.say("RCPT TO:<cv.minh@sgdhuonggiang.edu.vn>")
    client.say("DATA")
    client.send(LETTER + b".\r\n")
    said = client.reply()
    mail = door.mail
    assert re.match(rf"250 2\.0\.0 {mail.id} ", said)
    assert re.fullmatch(ID, mail.id)
    assert mail.sender == "gv.lan.thcsll@sgdhuonggiang.edu.vn"
    assert mail.options == ("BODY=8BITMIME", "ENVID=Ab1")
    assert mail.recipients == (
        Recipient(address="vanthu@sgdhuonggiang.edu.vn", options=("NOTIFY=Never",)),
        Recipient(address="cv.minh@sgdhuonggiang.edu.vn"),
    )
    assert mail.raw == LETTER
    assert mail.digest == hashlib.sha256(LETTER).hexdigest()
    assert (mail.arrival.door, mail.arrival.peer, mail.arrival.helo) == (Door.SMTP, "127.0.0.1", "client.example")
    assert (mail.arrival.protocol, mail.arrival.identity) == ("ESMTP", Identity.TRUSTED_NETWORK)
    assert abs(mail.arrival.at.timestamp() - time.time()) < 10


def test_a_command_that_comes_in_two_pieces_at_once_is_one_command(door: OpenDoor) -> None:
    client = door.client()

    async def two_pieces() -> None:
        reception = door.server._reception
        assert reception is not None
        (session,) = reception.sessions
        session.data_received(b"NO")
        session.data_received(b"OP\r\n")

    door.run(two_pieces())
    assert client.reply().startswith("250 ")


def test_a_client_from_outside_only_claims_to_be_the_sender(outside: OpenDoor) -> None:
    outside.client().deliver(LETTER)
    assert outside.mail.arrival.identity is Identity.CLAIMED


def test_the_protocol_word_follows_the_session(door: OpenDoor) -> None:
    client = door.connect()
    client.reply()
    client.say("HELO copier")
    client.deliver(LETTER)
    client.say("EHLO client")
    client.say("MAIL FROM:<văn@thư.example> SMTPUTF8")
    client.say("RCPT TO:<thư@sgdhuonggiang.edu.vn>")
    client.say("DATA")
    client.send(b".\r\n")
    client.reply()
    assert [mail.arrival.protocol for mail in door.intake.mails] == ["SMTP", "UTF8SMTP"]
    assert door.intake.mails[1].sender == "văn@thư.example"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"a" * 300_000 + b"\r\n" + b"b" * 150_000 + b"\r\n",
        b"Subject: \xe1\xbb\x91\xff\x00\r\n\r\n\x00\x01\x7f\x80\r\n",
        b"\r\n\r\nblank lines at both ends\r\n\r\n\r\n",
        b"trailing blanks \t \r\n",
        b"bare\nLF and bare\rCR and\r\r\nboth\n\r\n",
        b".\r\n..\r\n...\r\n.a\r\n. \r\n",
        b"\n..\n.a\n. \n.\xff\r\n",
        b"x" * 127 * 1024 + b"\r\n.\r\ny\r\n",
    ],
)
def test_bytes_arrive_as_they_were_meant(door: OpenDoor, raw: bytes) -> None:
    stuffed = re.sub(rb"(\A|\r\n)\.", rb"\1..", raw)
    assert door.client().deliver(stuffed).startswith("250 2.0.0 ")
    assert door.mail.raw == raw


def test_a_large_mail_arrives_whole_and_unpacked_beside_the_loop(door: OpenDoor) -> None:
    raw = (b"0123456789" * 7 + b"\r\n..\r\n") * 60_000
    assert door.client().deliver(raw).startswith("250 2.0.0 ")
    assert door.mail.raw == raw.replace(b"\r\n..", b"\r\n.")
    assert door.mail.digest == hashlib.sha256(door.mail.raw).hexdigest()


def test_one_byte_at_a_time_is_a_mail_too(door: OpenDoor) -> None:
    client = door.client()
    client.envelope()
    for n in range(len(LETTER)):
        client.send(LETTER[n : n + 1])
    client.send(b".\r\n")
    assert client.reply().startswith("250 2.0.0 ")
    assert door.mail.raw == LETTER


def test_many_mails_in_one_session_have_ids_of_their_own(door: OpenDoor) -> None:
    client = door.client()
    replies = {client.deliver(LETTER) for _ in range(30)}
    assert len(replies) == len({mail.id for mail in door.intake.mails}) == 30


def test_a_session_does_not_remember_the_last_mail(door: OpenDoor) -> None:
    client = door.client()
    client.deliver(LETTER)
    assert client.say("RCPT TO:<a@b.example>").startswith("503 5.5.1")


# --- Refusing -----------------------------------------------------------------------------------------------------------


def test_a_refused_verdict_answers_in_vietnamese_without_marks(door: OpenDoor) -> None:
    door.intake.refusal = Verdict(
        recipient="vanthu@sgdhuonggiang.edu.vn", action=Action.REJECT, rule="r", clause="", reason="Chỉ văn thư được phát hành."
    )
    lines = door.client().deliver(LETTER).split("\n")
    assert lines[0] == f"550-5.7.1 {door.mail.id} Thu nay da bi chan"
    assert "550-5.7.1 Ly do: Chi van thu duoc phat hanh." in lines
    assert lines[-1] == f"550 5.7.1 Doc them: https://vanthu.example/huong-dan (ma thu {door.mail.id})"


@pytest.mark.parametrize("ends", [(b"\n", b"\r\n"), (b"\r\n", b"\n"), (b"\r", b"\r"), (b"\r", b"\r\n"), (b"\n", b"\n")])
def test_a_lone_dot_is_refused_even_from_a_trusted_network(door: OpenDoor, ends: tuple[bytes, bytes]) -> None:
    before, after = ends
    assert door.client().deliver(b"one" + before + b"." + after + b"two\r\n").startswith("550 5.6.11 ")
    assert door.intake.mails == []


@pytest.mark.parametrize("data", [b"a\nb\r\n", b"a\rb\r\n", b"\n.\r\n"])
def test_bare_line_ends_are_refused_from_outside(outside: OpenDoor, data: bytes) -> None:
    client = outside.client()
    said = client.deliver(data)
    assert re.fullmatch(rf"550 5\.6\.11 {ID} .*every line must end with CR LF.*", said)
    assert outside.intake.mails == []
    assert client.deliver(LETTER).startswith("250 2.0.0 ")


def test_bare_line_ends_from_a_trusted_network_pass_as_they_are_and_are_noted(door: OpenDoor) -> None:
    before = maillog.counts().get(("noted", "bare line ends"), 0)
    assert door.client().deliver(b"a\nb\r\n").startswith("250 ")
    assert door.client().deliver(b"a\r\nb\r\n").startswith("250 ")
    assert door.intake.mails[0].raw == b"a\nb\r\n"
    assert maillog.counts()["noted", "bare line ends"] == before + 1


def test_a_mail_that_goes_in_circles_is_refused(door: OpenDoor) -> None:
    client = door.client()
    assert client.deliver(b"Received: x\r\n" * 50 + b"\r\n").startswith("250 2.0.0 ")
    assert client.deliver(b"Received: x\r\n" * 51 + b"\r\n").startswith("554 5.4.6 ")


def test_a_mail_over_the_size_limit_is_read_to_its_end_and_refused() -> None:
    with OpenDoor(max_message_bytes=10_000) as door:
        client = door.client()
        assert client.deliver(b"x" * 9_990 + b"\r\n").startswith("250 2.0.0 ")
        assert client.deliver((b"x" * 70 + b"\r\n") * 50_000).startswith("552 5.3.4 ")
        assert client.deliver(LETTER).startswith("250 2.0.0 ")
        assert len(door.intake.mails) == 2


def test_bytes_in_flight_are_bounded_over_all_sessions() -> None:
    with OpenDoor(max_bytes_in_flight=100_000) as door:
        first, second, third = door.client(), door.client(), door.client()
        first.envelope()
        first.send(b"x" * 60_000)
        eventually(lambda: door.server.bytes_in_flight == 60_000)
        assert second.deliver(b"y" * 50_000 + b"\r\n").startswith("452 4.3.1 ")
        assert third.say("MAIL FROM:<a@b.example> SIZE=50000").startswith("452 4.3.1 ")
        first.send(b"\r\n.\r\n")
        assert first.reply().startswith("250 2.0.0 ")
        assert second.deliver(b"y" * 50_000 + b"\r\n").startswith("250 2.0.0 ")
        assert door.server.bytes_in_flight == 0


def test_too_many_connections_are_sent_away() -> None:
    with OpenDoor(max_connections=1) as door:
        first = door.client()
        second = door.connect()
        assert second.reply().startswith("421 4.7.0 ")
        assert second.reply() == ""
        first.say("QUIT")
        eventually(lambda: door.server.sessions == 0)
        assert door.connect().reply().startswith("220 ")


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        (b"NOOP " + b"x" * 505, "250 "),
        (b"NOOP " + b"x" * 506, "500 5.5.2 "),
        (b"x" * 100_000, "500 5.5.2 "),
        (b"MAIL FROM:<a@b.example> AUTH=" + b"x" * 500, "250 "),
        (b"MAIL FROM:<a@b.example> AUTH=" + b"x" * 1500, "500 5.5.2 "),
    ],
)
def test_command_lines_have_a_limit_for_each_command(door: OpenDoor, command: bytes, reply: str) -> None:
    client, other = door.client(), door.client()
    for _ in range(3):  # aiosmtpd raises the limit at every EHLO, and forgets it when somebody connects
        other.say("EHLO again")
    client.send(command + b"\r\nRSET\r\n")
    assert client.reply().startswith(reply)
    assert client.reply() == "250 2.0.0 OK"


# --- Failing ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure", [StoreUnavailable("disk"), OSError(28, "No space left on device", "/var/x.db"), ConnectionResetError("database")]
)
def test_a_failure_of_ours_is_451_with_an_id_and_nothing_else(
    door: OpenDoor, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    door.intake.failure = failure
    client = door.client()
    said = client.deliver(LETTER)
    (failed,) = re.findall(rf"^451 4\.3\.0 [a-zA-Z ,;]* ({ID})$", said)
    assert any(failed in record.getMessage() and record.exc_info for record in caplog.records)
    door.intake.failure = None
    assert client.deliver(LETTER).startswith("250 2.0.0 ")


def test_a_failure_at_rcpt_is_451_too(outside: OpenDoor, caplog: pytest.LogCaptureFixture) -> None:
    outside.intake.admission_failure = RuntimeError("secret path")
    client = outside.client()
    client.say("MAIL FROM:<a@b.example>")
    assert re.fullmatch(rf"451 4\.3\.0 [a-zA-Z ,;]* {ID}", client.say("RCPT TO:<vanthu@sgdhuonggiang.edu.vn>"))
    assert "secret path" in caplog.text
    outside.intake.admission_failure = None
    assert client.say("RCPT TO:<vanthu@sgdhuonggiang.edu.vn>").startswith("250 ")


# --- Clients that leave -------------------------------------------------------------------------------------------------


def test_a_half_close_does_not_cancel_the_commit(door: OpenDoor) -> None:
    door.intake.closed.set()
    client = door.client()
    client.envelope()
    client.send(LETTER + b".\r\n")
    client.half_close()
    assert door.intake.waiting.wait(5)
    time.sleep(0.05)
    door.intake.open_gate.set()
    assert client.reply().startswith(f"250 2.0.0 {door.mail.id} ")
    assert client.reply() == ""


def test_a_client_that_vanishes_does_not_cancel_the_commit(door: OpenDoor) -> None:
    door.intake.closed.set()
    client = door.client()
    client.envelope()
    client.send(LETTER + b".\r\n")
    assert door.intake.waiting.wait(5)
    client.close()
    time.sleep(0.05)
    assert door.server.sessions == 1
    door.intake.open_gate.set()
    eventually(lambda: door.server.sessions == 0)
    assert door.mail.raw == LETTER
    assert door.server.bytes_in_flight == 0


def test_everything_in_one_write_and_then_nothing_is_answered(door: OpenDoor) -> None:
    client = door.connect()
    client.send(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<vanthu@sgdhuonggiang.edu.vn>\r\nDATA\r\n" + LETTER + b".\r\nRSET\r\n")
    client.half_close()
    said = [client.reply()[:9] for _ in range(8)]
    assert said == ["220 gw.ex", "250-gw.ex", "250 2.1.0", "250 2.1.5", "354 End d", "250 2.0.0", "250 2.0.0", ""]
    assert door.mail.raw == LETTER


def test_a_mail_without_its_end_is_no_mail(door: OpenDoor) -> None:
    client = door.client()
    client.envelope()
    client.send(LETTER + b".\r")
    client.half_close()
    assert client.reply() == ""
    eventually(lambda: door.server.sessions == 0)
    assert door.intake.mails == []
    assert door.server.bytes_in_flight == 0


def test_a_silent_client_is_sent_away() -> None:
    with OpenDoor(command_timeout_s=0.6) as door:
        client = door.client()
        started = time.monotonic()
        assert client.reply().startswith("421 4.4.2 ")
        assert client.reply() == ""
        assert time.monotonic() - started > 0.1
        silent = door.connect()
        silent.reply()
        assert silent.reply().startswith("421 4.4.2 ")


def test_a_slow_mail_is_taken_as_long_as_it_comes() -> None:
    with OpenDoor(command_timeout_s=1.0, data_timeout_s=1.0) as door:
        client = door.client()
        client.envelope()
        for _ in range(8):
            client.send(b"x" * 1000 + b"\r\n")
            time.sleep(0.15)
        client.send(b".\r\n")
        assert client.reply().startswith("250 2.0.0 ")


def test_a_mail_that_only_drips_is_not() -> None:
    with OpenDoor(data_timeout_s=0.3) as door:
        client = door.client()
        client.envelope()
        for _ in range(6):
            client.send(b"x")
            time.sleep(0.05)
        assert client.reply().startswith("421 4.4.2 ")


def test_no_timer_runs_while_the_intake_has_the_mail() -> None:
    with OpenDoor(command_timeout_s=0.5, data_timeout_s=0.5) as door:
        door.intake.closed.set()
        client = door.client()
        client.send(b"MAIL FROM:<>\r\nRCPT TO:<vanthu@sgdhuonggiang.edu.vn>\r\nDATA\r\n" + LETTER + b".\r\n")
        assert door.intake.waiting.wait(30)
        time.sleep(0.7)
        door.intake.open_gate.set()
        assert [client.reply()[:3] for _ in range(4)] == ["250", "250", "354", "250"]


def test_a_client_that_does_not_read_is_cut_off() -> None:
    with OpenDoor(command_timeout_s=0.3) as door:
        client = door.connect(window=4096)
        client.socket.settimeout(0.5)
        with pytest.raises(OSError, match=r"timed out|reset|[Bb]roken"):
            client.send(b"HELP\r\n" * 2_000_000)
        eventually(lambda: door.server.sessions == 0)


def test_a_chatterbox_does_not_keep_others_waiting(door: OpenDoor) -> None:
    chatterbox, client = door.client(), door.client()
    chatterbox.send(b"NOOP\r\n" * 20_000)
    assert client.deliver(LETTER).startswith("250 2.0.0 ")
    assert {chatterbox.reply() for _ in range(20_000)} == {"250 2.0.0 OK"}
    assert door.server.lag_max_ms < 100


def test_what_a_client_sends_before_it_reads_stays_in_order(door: OpenDoor) -> None:
    client = door.connect(window=2048)  # replies pile up on our side, and the session waits for room
    client.reply()
    client.say("EHLO client.example")
    body = b"Subject: x\r\n\r\n" + b"RSET\r\nMAIL FROM:<gia@mao.example>\r\nQUIT\r\n" * 2000
    mail = b"MAIL FROM:<gv.lan.thcsll@sgdhuonggiang.edu.vn>\r\nRCPT TO:<cv.minh@sgdhuonggiang.edu.vn>\r\nDATA\r\n"
    sending = threading.Thread(target=client.send, args=(b"NOOP\r\n" * 30_000 + mail + body + b".\r\nNOOP\r\n",))
    sending.start()
    time.sleep(0.3)
    said = [client.reply() for _ in range(30_005)]
    sending.join()
    assert set(said[:30_000]) == {"250 2.0.0 OK"}
    assert [reply[:3] for reply in said[30_000:]] == ["250", "250", "354", "250", "250"]
    assert door.mail.raw == body
