"""A session against a real server: signed in over each kind of link, bytes as they are, and every failure in our words."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from gateway.config import Security
from gateway.errors import MailboxRefused, MailboxUnreachable, SignInRefused
from gateway.imap.credentials import Password
from gateway.imap.session import Session
from gateway.imap.values import Server
from tests.imap.mailboxes import SECRET, letter, new_user, put, server_of, signed_in
from tests.world.dovecot import Dovecot
from tests.world.proxy import Proxy

AT = datetime(2019, 11, 4, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize("security", list(Security))
def test_it_signs_in_over_every_kind_of_link(dovecot: Dovecot, security: Security) -> None:
    with closing(signed_in(dovecot, new_user(), security)) as session:
        assert session.select("INBOX").exists == 0


def test_a_certificate_for_another_name_is_not_trusted(dovecot: Dovecot) -> None:
    elsewhere = replace(server_of(dovecot, Security.TLS), host="127.0.0.1")
    with pytest.raises(SignInRefused, match="certificate is not trusted"):
        Session.open(elsewhere, Password(new_user(), SECRET))


def test_an_authority_that_nobody_named_is_not_trusted(dovecot: Dovecot) -> None:
    stranger = replace(server_of(dovecot, Security.STARTTLS), ca_file="")
    with pytest.raises(SignInRefused, match="certificate is not trusted"):
        Session.open(stranger, Password(new_user(), SECRET))


def test_a_wrong_password_is_for_a_person_to_repair(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRONG", "sai")
    with pytest.raises(SignInRefused, match="sign-in was refused") as refused:
        Session.open(server_of(dovecot), Password(new_user(), "env:WRONG"))
    assert "sai" not in str(refused.value)


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        closed = nobody.getsockname()[1]
    with pytest.raises(MailboxUnreachable):
        Session.open(replace(server_of_nothing(), port=closed), Password("a@moet.example", SECRET))


def test_a_server_that_says_nothing_does_not_hold_us() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = replace(server_of_nothing(), port=silent.getsockname()[1], connect_timeout_s=0.3, read_timeout_s=0.3)
        with pytest.raises(MailboxUnreachable):
            Session.open(server, Password("a@moet.example", SECRET))


def server_of_nothing() -> Server:
    return Server(host="127.0.0.1", port=1, security=Security.NONE)


def test_bytes_date_and_flags_come_back_as_they_were_appended(dovecot: Dovecot) -> None:
    raw = "Subject: thử\r\n\r\ndòng 1\r\n.\r\n\x00\x1adài ".encode().replace(b"\x00", b"") + b"x" * 3000 + b"\r\n"
    with closing(signed_in(dovecot, new_user())) as session:
        where = session.append("INBOX", raw, flags=("\\Seen", "$Abc", "\\Recent"), received_at=AT)
        selected = session.select("INBOX")
        assert where == (selected.uidvalidity, 1)
        (outline,) = session.outlines(session.uids())

        assert (outline.size, outline.received_at) == (len(raw), AT)
        assert {"\\Seen", "$Abc"} <= set(outline.flags)
        assert session.fetch([1]) == {1: raw}
        assert b"".join(session.fetch_in_pieces(1, piece=100)) == raw


def test_reading_changes_no_flag(dovecot: Dovecot) -> None:
    user = new_user()
    put(dovecot, user, letter())
    with closing(signed_in(dovecot, user)) as session:
        session.select("INBOX", readonly=False)
        session.fetch([1])
        assert "\\Seen" not in session.outlines([1])[0].flags


@pytest.mark.parametrize("name", ["Đã chuyển", "Văn bản & công văn", 'Lớp "A"/năm \\ 2019', "日本語"])
def test_folder_names_are_as_people_read_them(dovecot: Dovecot, name: str) -> None:
    with closing(signed_in(dovecot, new_user())) as session:
        session.create(name)
        session.create(name)  # it is there: nothing happens

        assert name in [folder.name for folder in session.folders()]
        session.append(name, letter())
        assert session.select(name).exists == 1


def test_messages_are_found_by_range_and_by_day(dovecot: Dovecot) -> None:
    user = new_user()
    for day in (1, 2, 3):
        put(dovecot, user, letter(), received_at=datetime(2019, 11, day, 12, tzinfo=UTC))
    with closing(signed_in(dovecot, user)) as session:
        session.select("INBOX")
        assert session.uids() == (1, 2, 3)
        assert session.uids(2) == (2, 3)
        assert session.uids(1, 2) == (1, 2)
        assert session.uids(9) == ()  # "9:*" would give the last one
        assert session.uids(since=date(2019, 11, 2), before=date(2019, 11, 3)) == (2,)


@pytest.mark.parametrize("without", [(), ("MOVE",)])
def test_messages_are_moved_with_and_without_move(dovecots: Callable[..., Dovecot], without: tuple[str, ...]) -> None:
    server, user = dovecots(without), new_user()
    put(server, user, letter("một"), letter("hai"))
    with closing(signed_in(server, user)) as session:
        session.create("Xong")
        session.select("INBOX", readonly=False)
        session.flag([2], "\\Deleted")  # somebody else's mark: it must stay
        session.move([1], "Xong")
        assert session.uids() == (2,)
        assert session.select("Xong").exists == 1


def test_without_move_and_uidplus_nothing_is_moved(dovecots: Callable[..., Dovecot]) -> None:
    server, user = dovecots(("MOVE", "UIDPLUS")), new_user()
    put(server, user, letter())
    with closing(signed_in(server, user)) as session:
        session.create("Xong")
        session.select("INBOX", readonly=False)
        with pytest.raises(MailboxRefused, match="EXPUNGE"):
            session.move([1], "Xong")
        assert session.uids() == (1,)


@pytest.mark.parametrize("security", [Security.NONE, Security.TLS])
def test_news_are_heard_while_idle(dovecot: Dovecot, security: Security) -> None:
    user = new_user()
    with closing(signed_in(dovecot, user, security)) as session, selectors.DefaultSelector() as selector:
        session.select("INBOX")
        assert session.watch() is False
        selector.register(session, selectors.EVENT_READ)
        put(dovecot, user, letter())
        end = time.monotonic() + 10
        while not (selector.select(1.0) and session.hear()):
            assert time.monotonic() < end
        session.unwatch()
        assert session.uids() == (1,)


def test_a_server_without_idle_says_so(dovecots: Callable[..., Dovecot]) -> None:
    with closing(signed_in(dovecots(("IDLE",)), new_user())) as session:
        assert not session.has("IDLE")


def test_the_end_of_the_link_is_heard_while_idle(dovecot: Dovecot) -> None:
    link = Proxy(dovecot.port)
    session = Session.open(replace(server_of(dovecot), port=link.port), Password(new_user(), SECRET))
    session.select("INBOX")
    session.watch()
    link.stop()
    with selectors.DefaultSelector() as selector:
        selector.register(session, selectors.EVENT_READ)
        assert selector.select(5.0)
    with pytest.raises(MailboxUnreachable):
        session.hear()
    session.drop()


def test_a_wait_can_be_ended_from_outside(dovecot: Dovecot) -> None:
    link = Proxy(dovecot.port)
    session = Session.open(replace(server_of(dovecot), port=link.port), Password(new_user(), SECRET))
    link.stall = True
    threading.Timer(0.2, session.kill).start()
    began = time.monotonic()
    with pytest.raises(MailboxUnreachable):
        session.noop()
    assert time.monotonic() - began < 5
    session.drop()
    link.stop()


def test_a_folder_that_is_not_there_is_refused_and_the_session_goes_on(dovecot: Dovecot) -> None:
    with closing(signed_in(dovecot, new_user())) as session:
        with pytest.raises(MailboxRefused):
            session.select("Không có")
        assert session.select("INBOX").exists == 0
