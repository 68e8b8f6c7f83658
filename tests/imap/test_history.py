"""The past of a mailbox, as a source of the import: a real server, cut off, renumbered, with folders in Vietnamese."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

from gateway.backlog.source import Item, Stopped, Unavailable
from gateway.errors import MailboxRefused, MailboxUnreachable
from gateway.imap.history import Link, MailboxSource, chosen
from gateway.imap.session import Session
from gateway.imap.values import Folder
from tests.imap import mailboxes
from tests.imap.mailboxes import letter, new_user, put, signed_in
from tests.world.dovecot import Dovecot

DAY = datetime(2019, 5, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Session]]:
    """All sessions that a test opens; none stays open."""
    opened: list[Session] = []

    def remembered(dovecot: Dovecot, user: str) -> Session:
        opened.append(mailboxes.signed_in(dovecot, user))
        return opened[-1]

    monkeypatch.setattr(f"{__name__}.signed_in", remembered)
    yield opened
    for session in opened:
        session.drop()


def source(dovecot: Dovecot, user: str, **more: object) -> MailboxSource:
    link = Link(lambda: signed_in(dovecot, user), sleep=lambda seconds: None)
    return MailboxSource("c3", link, most=more.pop("most", 1 << 24), **more)  # type: ignore[arg-type]


def test_every_message_of_every_folder_comes_as_it_lies_there(dovecots: Callable[..., Dovecot]) -> None:
    for without in ((), ("UIDPLUS", "MOVE", "CONDSTORE", "QRESYNC", "ESEARCH", "LITERAL+")):
        dovecot, user = dovecots(without=without), new_user()
        letters = [letter(f"Thư {n}", body="x" * 100_000 * (n == 3)) for n in range(70)]
        put(dovecot, user, *letters[:65], received_at=DAY)
        put(dovecot, user, *letters[65:], folder="Lưu trữ/Năm 2019")
        found = source(dovecot, user)
        items = list(found.items())
        assert found.extent() == 70 == items[-1].position
        assert {item.folder for item in items} == {"INBOX", "Lưu trữ/Năm 2019"}
        assert {item.at for item in items if item.folder == "INBOX"} == {DAY}
        assert sorted(found.read(item) for item in items) == sorted(letters)
        found.close()
        session = signed_in(dovecot, user)
        session.select("INBOX")
        flags = {flag for outline in session.outlines(session.uids()) for flag in outline.flags}
        assert flags <= {"\\Recent"}  # nobody has read anything
        session.close()


def test_folders_and_days_narrow_what_is_read(dovecot: Dovecot) -> None:
    user = new_user()
    put(dovecot, user, letter("old"), received_at=DAY)
    put(dovecot, user, letter("new"), received_at=DAY.replace(year=2021))
    put(dovecot, user, letter("sent"), folder="Đã gửi", received_at=DAY.replace(year=2021))
    assert [item.folder for item in source(dovecot, user, folders=("đã*",)).items()] == ["Đã gửi"]
    assert len(list(source(dovecot, user, since=date(2020, 1, 1)).items())) == 2


def test_a_link_that_is_cut_is_opened_again(dovecot: Dovecot, sessions: list[Session]) -> None:
    user = new_user()
    letters = [letter(str(n)) for n in range(120)]
    put(dovecot, user, *letters)
    found = source(dovecot, user)
    read = []
    for n, item in enumerate(found.items()):
        if n % 30 == 7:
            sessions[-1].kill()
        read.append(found.read(item))
    assert read == letters
    assert len(sessions) >= 3


def test_a_mailbox_that_stays_away_ends_the_run(dovecot: Dovecot) -> None:
    def never() -> Session:
        raise MailboxUnreachable("nobody there")

    with pytest.raises(MailboxUnreachable):
        list(MailboxSource("c3", Link(never, sleep=lambda seconds: None), most=1).items())


def test_a_message_that_the_server_will_not_give_costs_itself(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    user = new_user()
    letters = [letter(str(n)) for n in range(5)]
    put(dovecot, user, *letters)
    found = source(dovecot, user)
    items = list(found.items())
    fetch, pieces = Session.fetch, Session.fetch_in_pieces

    def refuses(session: Session, uids: list[int]) -> dict[int, bytes]:
        if 3 in uids:
            raise MailboxRefused("NO [SERVERBUG] broken index")
        return fetch(session, uids)

    def refuses_one(session: Session, uid: int):  # type: ignore[no-untyped-def]  # as the session's
        if uid == 3:
            raise MailboxUnreachable("the link was cut")
        return pieces(session, uid)

    monkeypatch.setattr(Session, "fetch", refuses)
    monkeypatch.setattr(Session, "fetch_in_pieces", refuses_one)
    assert [_read(found, item) for item in items] == [letters[0], letters[1], None, letters[3], letters[4]]


def _read(found: MailboxSource, item: Item) -> bytes | None:
    try:
        return found.read(item)
    except Unavailable:
        return None


def test_messages_that_vanish_or_are_too_large_cost_themselves(dovecot: Dovecot, sessions: list[Session]) -> None:
    user = new_user()
    put(dovecot, user, letter("small"), letter("large", body="x" * 5000), letter("gone"))
    found = source(dovecot, user, most=2000)
    items = list(found.items())
    dovecot.adm("expunge", "-u", user, "mailbox", "INBOX", "subject", "gone")
    sessions[-1].kill()  # an open session may still be given what others have deleted
    assert [_read(found, item) is not None for item in items] == [True, False, False]


def test_new_numbers_stop_the_run_before_anything_is_mixed_up(dovecot: Dovecot, sessions: list[Session]) -> None:
    user = new_user()
    put(dovecot, user, letter("one"))
    found = source(dovecot, user)
    (item,) = found.items()
    dovecot.renumber(user)
    sessions[-1].kill()
    with pytest.raises(Stopped, match="đánh số lại"):
        found.read(item)
    assert item.key not in {each.key for each in source(dovecot, user).items()}


def test_gmails_labels_are_one_mail_each() -> None:
    names = {"INBOX": (), "[Gmail]/All Mail": ("\\all",), "[Gmail]/Spam": ("\\junk",), "Trường": ()}
    folders = [Folder(name=name, attributes=attributes) for name, attributes in names.items()]
    assert [folder.name for folder in chosen(folders, ())] == ["[Gmail]/All Mail", "[Gmail]/Spam"]
    assert [folder.name for folder in chosen(folders, ("inbox",))] == ["INBOX"]
    assert [folder.name for folder in chosen(folders[2:], ())] == ["[Gmail]/Spam", "Trường"]
