"""Servers unlike Dovecot: pymap, which keeps little, and the ways of Gmail, Exchange and UTF8=ACCEPT as a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from gateway.config import After, Mailbox, Security
from gateway.imap.credentials import Password
from gateway.imap.session import Session
from gateway.imap.values import Server
from gateway.model import Swept
from tests.imap.house import RETIRED, House
from tests.imap.mailboxes import SECRET, letter
from tests.world.dovecot import PASSWORD
from tests.world.pymap_server import USER, Pymap
from tests.world.scripted_imap import Held, ScriptedImap

Open = Callable[..., House]


def box_at(port: int, **more: object) -> Mailbox:
    fields: dict[str, object] = {
        "name": "le-loi",
        "host": "127.0.0.1",
        "user": USER,
        "secret": SECRET,
        "address": RETIRED,
        "port": port,
        "security": Security.NONE,
        "start": "all",
        **more,
    }
    return Mailbox(**fields)  # type: ignore[arg-type]  # names are checked by msgspec


def signed_in(port: int) -> Session:
    return Session.open(Server(host="127.0.0.1", port=port, security=Security.NONE), Password(USER, SECRET))


@pytest.fixture(scope="module")
def pymap() -> Iterator[Pymap]:
    with Pymap(PASSWORD) as server:
        yield server


def test_a_server_that_keeps_no_keywords_is_swept_once_in_two_lives(pymap: Pymap, open_house: Open) -> None:
    first, second = letter("một"), letter("hai")
    with closing(signed_in(pymap.port)) as session:
        session.append("INBOX", first)
    box = box_at(pymap.port, after=After.MARK)
    house = open_house(box)
    house.wait_for(1)
    with closing(signed_in(pymap.port)) as session:
        session.append("INBOX", second)
    mails = house.wait_for(2)
    views = house.gateway.store.views
    assert {views.raw(each.id) for each in mails} == {first, second}
    house.stop()
    again = open_house(box)
    again.wait_until(lambda: again.announced)
    again.settled(2)
    assert len(again.mails()) == 2
    with closing(signed_in(pymap.port)) as session:
        session.select("INBOX")
        assert {flag for outline in session.outlines(session.uids()) for flag in outline.flags} == set()


def test_messages_move_on_a_server_that_keeps_little(pymap: Pymap, open_house: Open) -> None:
    with closing(signed_in(pymap.port)) as session:
        session.append("INBOX", letter("ba"))
        there = session.select("INBOX").exists
    box = box_at(pymap.port, after=After.MOVE, move_to="Đã chuyển")
    open_house(box, folder="mover").wait_for(1)

    def counts() -> list[int]:
        with closing(signed_in(pymap.port)) as session:
            return [session.select(folder).exists for folder in ("INBOX", box.move_to)]

    House.wait_until(lambda: counts()[0] == 0)
    assert counts() == [0, there]


GMAIL = (
    r'(\HasNoChildren) "/" "INBOX"',
    r'(\HasChildren \Noselect) "/" "[Gmail]"',
    r'(\All \HasNoChildren) "/" "[Gmail]/All Mail"',
    r'(\HasNoChildren \Sent) "/" "[Gmail]/Sent Mail"',
    r'(\HasNoChildren \Junk) "/" "[Gmail]/Spam"',
    r'(\HasNoChildren) "/" "B&AOE-o c&AOE-o"',
)


def gmail() -> tuple[dict[str, list[Held]], set[bytes]]:
    """Two mails, one of them under a label too, and one that the account sent."""
    one, two, sent = letter("một"), letter("hai"), letter("gửi đi")
    labels = [r'"\\Inbox" "B&AOE-o c&AOE-o"', r'"\\Inbox"', r'"\\Sent"']
    everything = [Held(n, raw, labels=label) for n, (raw, label) in enumerate(zip((one, two, sent), labels, strict=True), 11)]
    inbox = [Held(n, raw, labels=label) for n, (raw, label) in enumerate(zip((one, two), labels, strict=False), 1)]
    folders = {
        "INBOX": inbox,
        "[Gmail]/All Mail": everything,
        "[Gmail]/Sent Mail": [Held(1, sent, labels="")],
        "[Gmail]/Spam": [],
        "B&AOE-o c&AOE-o": [Held(1, one, labels=r'"\\Inbox"')],
    }
    return folders, {one, two}


def test_of_gmail_all_mail_is_read_once_and_what_was_sent_is_left(open_house: Open) -> None:
    folders, wanted = gmail()
    with ScriptedImap(folders, listed=GMAIL, capabilities="X-GM-EXT-1") as server:
        house = open_house(box_at(server.port, folders=("*",)))
        mails = house.wait_for(2)
        house.settled(2)
    assert {house.gateway.store.views.raw(each.id) for each in mails} == wanted
    assert house.state().counts == {Swept.ACCEPTED.value: 2}
    assert {command.partition(" ")[2] for command in server.sent("EXAMINE")} == {'"[Gmail]/All Mail"'}


def test_folders_of_gmail_that_were_named_give_a_labelled_mail_once(open_house: Open) -> None:
    folders, wanted = gmail()
    named = ("INBOX", "Báo cáo", "[Gmail]/All Mail")
    with ScriptedImap(folders, listed=GMAIL, capabilities="X-GM-EXT-1") as server:
        house = open_house(box_at(server.port, folders=named))
        house.settled(5)
    assert {house.gateway.store.views.raw(each.id) for each in house.mails()} == wanted
    assert len(house.mails()) == 2
    assert house.state().counts == {Swept.ACCEPTED.value: 2, Swept.SAME.value: 3}


EXCHANGE = (
    r'(\Marked \HasNoChildren) "/" INBOX',
    r'(\HasNoChildren) "/" Calendar',
    r'(\HasChildren) "/" "Sync Issues"',
    r'(\HasNoChildren) "/" "Sync Issues/Conflicts"',
    r'(\HasNoChildren \X-Unheard-Of) "/" "C&APQ-ng v&AQM-n"',
    r'(\HasNoChildren \Trash) "/" "Deleted Items"',
)


def test_of_exchange_mail_is_read_whatever_size_it_claims_and_never_marked(open_house: Open) -> None:
    one, two = letter("một"), letter("hai", body="x" * 3000)
    estimated = [Held(1, one, size=len(one) + 700), Held(2, two, size=1 << 21)]  # the second comes in pieces, and ends early
    folders = {
        "INBOX": estimated,
        "C&APQ-ng v&AQM-n": [Held(4, letter("ba"), flags=r"\Seen")],
        "Calendar": [Held(9, letter("lịch"))],
        "Sync Issues/Conflicts": [Held(9, letter("xung đột"))],
    }
    permanent = r"\Seen \Answered \Flagged \Deleted \Draft $MDNSent"
    with ScriptedImap(
        folders, listed=EXCHANGE, capabilities="UIDPLUS CHILDREN NAMESPACE LITERAL+", permanent=permanent
    ) as server:
        house = open_house(box_at(server.port, folders=("*",), after=After.MARK))
        house.settled(3)
    assert sorted(house.subjects()) == ["ba", "hai", "một"]
    assert {one, two} <= {house.gateway.store.views.raw(each.id) for each in house.mails()}
    assert server.sent("UID STORE") == []


def test_where_utf8_is_agreed_on_names_and_bytes_go_as_they_are(open_house: Open) -> None:
    raw = letter("một").replace(b"Subject: m", "Subject: Hỏa tốc: m".encode())
    listed = (r'(\HasNoChildren) "/" "INBOX"', r'(\HasNoChildren) "/" "Công văn"')
    with ScriptedImap({"INBOX": [], "Công văn": [Held(1, raw)]}, listed=listed, capabilities="ENABLE UTF8=ACCEPT") as server:
        house = open_house(box_at(server.port, folders=("*",)))
        (mail,) = house.wait_for(1)
        house.settled(1)
    assert house.gateway.store.views.raw(mail.id) == raw
    assert server.sent("ENABLE")
    assert 'EXAMINE "Công văn"' in server.commands
