"""Mailboxes on a real server are swept by the whole gateway: each mail becomes ours once, and is then left, marked or moved."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.config import After, Forward, Store, Worker
from gateway.imap.session import Session
from gateway.lifecycle import DeliveryState
from gateway.model import Action, Door
from tests.imap.house import QUICK, RETIRED, SUCCESSOR, House, mailbox_at
from tests.imap.mailboxes import letter, put, signed_in
from tests.world import letters
from tests.world.dovecot import Dovecot
from tests.world.postgres import Postgres
from tests.world.proxy import Proxy
from tests.world.sink import Sink

Open = Callable[..., House]
YEAR_2019 = datetime(2019, 12, 1, 8, tzinfo=UTC)


def test_what_is_there_and_what_comes_becomes_ours_byte_for_byte(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot)
    first, second = letter("một"), letter("hai")
    put(dovecot, box.user, first)
    house = open_house(box)
    (mail,) = house.wait_for(1)
    put(dovecot, box.user, second)  # now it waits by IDLE

    mails = house.wait_for(2)

    views = house.gateway.store.views
    assert [views.raw(each.id) for each in mails] == [first, second]
    assert (mail.door, mail.sender, mail.recipients) == (Door.IMAP, "to.van@pgdhg.example", (RETIRED,))
    assert house.announced == ["le-loi"]
    assert house.state().signed_in_at
    assert house.state().last_mail_at
    assert not house.state().trouble


@pytest.mark.parametrize(
    "without", [("IDLE",), ("MOVE", "UIDPLUS"), ("CONDSTORE", "QRESYNC", "ENABLE"), ("LITERAL+", "ESEARCH")]
)
def test_poor_servers_are_swept_as_well(dovecots: Callable[..., Dovecot], open_house: Open, without: tuple[str, ...]) -> None:
    server = dovecots(without)
    box = mailbox_at(server, after=After.MOVE, move_to="Đã chuyển")
    put(server, box.user, letter("một"))
    house = open_house(box)
    house.wait_for(1)
    put(server, box.user, letter("hai"))

    house.wait_for(2)

    assert house.subjects() == ["một", "hai"]


def test_a_renumbered_folder_gives_no_mail_twice(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot)
    put(dovecot, box.user, letter("một"), letter("hai"))
    house = open_house(box)
    house.wait_for(2)
    house.stop()
    dovecot.renumber(box.user)
    put(dovecot, box.user, letter("ba"))

    house = open_house(box)
    house.wait_for(3)
    house.settled(5)

    assert sorted(house.subjects()) == ["ba", "hai", "một"]
    assert house.state().counts == {"accepted": 3, "same": 2}


def test_the_same_bytes_twice_are_one_mail_and_both_are_settled(dovecot: Dovecot, open_house: Open) -> None:
    box, twice = mailbox_at(dovecot), letter("một")
    put(dovecot, box.user, twice, twice, letter("hai"), twice)

    house = open_house(box)
    house.settled(4)

    assert sorted(house.subjects()) == ["hai", "một"]
    assert house.state().counts == {"accepted": 2, "same": 2}


def test_two_gateways_on_one_mailbox_take_each_mail_once(dovecot: Dovecot, open_house: Open, tmp_path: Path) -> None:
    box = mailbox_at(dovecot)
    put(dovecot, box.user, *[letter(f"thư {n}") for n in range(60)])
    server = Postgres().start()
    try:
        url = server.new_database()
        houses = [open_house(box, folder=f"house{n}", node=f"n{n}", store=_store(url, tmp_path)) for n in (1, 2)]
        houses[0].wait_for(60)
        put(dovecot, box.user, *[letter(f"thư {n}") for n in range(60, 90)])
        houses[1].wait_for(90)
        houses[0].stop()  # whichever it was: the other one goes on
        put(dovecot, box.user, letter("cuối"))
        houses[1].wait_for(91)
        assert len(set(houses[1].subjects())) == len(houses[1].mails()) == 91
        houses[1].stop()
    finally:
        server.remove()


def _store(url: str, folder: Path) -> Store:
    return Store(url=url, blobs=str(folder / "blobs"))


def test_messages_are_marked_once_they_are_ours(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot, after=After.MARK)
    put(dovecot, box.user, letter())
    open_house(box).wait_for(1)

    def flags() -> tuple[str, ...]:
        with closing(signed_in(dovecot, box.user)) as session:
            session.select("INBOX")
            return session.outlines([1])[0].flags

    House.wait_until(lambda: "$Vanthu" in flags())
    assert "\\Seen" not in flags()


def test_messages_are_moved_once_they_are_ours(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot, after=After.MOVE, move_to="Vanthu/Đã chuyển")
    put(dovecot, box.user, letter(), letter())
    open_house(box).wait_for(2)

    def counts() -> list[int]:
        with closing(signed_in(dovecot, box.user)) as session:
            session.create(box.move_to)
            return [session.select(folder).exists for folder in ("INBOX", box.move_to)]

    House.wait_until(lambda: counts()[0] == 0)
    assert counts() == [0, 2]


def test_older_mail_is_left_to_the_import(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot, start="now")
    put(dovecot, box.user, letter("cũ"), received_at=YEAR_2019)
    house = open_house(box)
    house.wait_until(lambda: house.announced)
    put(dovecot, box.user, letter("mới"), received_at=datetime.now(UTC) + timedelta(minutes=1))
    house.wait_for(1)
    house.stop()
    dovecot.renumber(box.user)  # then all is new but for its date

    house = open_house(box)
    house.wait_until(lambda: house.announced and house.state().counts.get("same"))

    assert house.subjects() == ["mới"]


def test_all_folders_but_those_for_sent_mail_and_spam_are_read(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot, folders=("*",))
    for folder in ("INBOX", "Công văn", "Công văn/2019", "Sent", "Thư rác", "Drafts", "Vanthu"):
        put(dovecot, box.user, letter(folder), folder=folder)

    house = open_house(box)
    house.wait_for(3)
    house.wait_until(lambda: house.announced)

    assert sorted(house.subjects()) == ["Công văn", "Công văn/2019", "INBOX"]


def test_a_large_mail_comes_in_pieces(dovecot: Dovecot, open_house: Open) -> None:
    box, raw = mailbox_at(dovecot), letter("lớn", body="0123456789\r\n" * 300_000)
    put(dovecot, box.user, raw)

    (mail,) = open_house(box).wait_for(1)

    assert mail.size == len(raw)


def test_a_mail_over_the_limit_is_a_held_item_and_the_others_go_on(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot)
    put(dovecot, box.user, letter("một"), letter("lớn", body="x" * 200_000), letter("hai"))
    house = open_house(box, imap=replace(QUICK, max_message_bytes=100_000))

    house.wait_for(3)

    assert {"một", "hai"} <= set(house.subjects())
    assert house.state().counts == {"accepted": 2, "held": 1}
    held = house.case()
    assert held.action is Action.HOLD
    assert "lớn quá" in held.reason
    assert held.alarm


def test_a_wrong_password_is_seen_and_is_not_tried_again_at_once(
    dovecot: Dovecot, open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG", "sai")
    house = open_house(mailbox_at(dovecot, secret="env:WRONG"))  # noqa: S106 - where it is
    house.wait_until(lambda: house.state().trouble)

    state = house.state()
    assert state.trouble == "sign-in"
    assert state.trouble_since
    assert "sai" not in state.said
    assert house.announced == []


def test_a_link_that_is_cut_again_and_again_loses_and_doubles_nothing(dovecot: Dovecot, open_house: Open) -> None:
    link = Proxy(dovecot.port, seed=7)
    box = mailbox_at(dovecot, port=link.port)
    sent = [letter(f"thư {n}", body="nội dung " * 200) for n in range(40)]
    put(dovecot, box.user, *sent)
    link.cut_after = 60_000
    house = open_house(box)
    house.wait_for(40, seconds=60)
    link.cut_after = 0
    link.cut()
    put(dovecot, box.user, letter("sau"))

    mails = house.wait_for(41, seconds=60)

    raws = [house.gateway.store.views.raw(mail.id) for mail in mails]
    assert sorted(raws[:40]) == sorted(sent)
    assert house.state().counts == {"accepted": 41}
    assert link.links > 2
    house.stop()
    link.stop()


def test_a_link_that_hangs_is_cut_from_outside(dovecot: Dovecot, open_house: Open) -> None:
    link = Proxy(dovecot.port)
    box = mailbox_at(dovecot, port=link.port)
    house = open_house(box, imap=replace(QUICK, read_timeout_s=60, message_timeout_s=1.0, idle_renew_s=0.5))
    house.wait_until(lambda: house.announced)
    link.stall = True  # alive, and nothing comes
    house.wait_until(lambda: house.state().trouble == "unreachable")
    link.stall = False
    put(dovecot, box.user, letter("sau"))

    assert [mail.subject for mail in house.wait_for(1)] == ["sau"]
    house.stop()
    link.stop()


# --- and then ----------------------------------------------------------------------------------------------------------


PROVED = b"Authentication-Results: mx.moet.example; dkim=pass header.d=pgdhg.example\r\n"


def test_an_informal_mail_is_relayed_to_the_successor_and_a_proved_sender_is_told_once_a_week(
    dovecot: Dovecot, open_house: Open
) -> None:
    box = mailbox_at(dovecot, forward=Forward.RELAY, trusted_results=("mx.moet.example",))
    mails = [PROVED + letter("một"), PROVED + letter("hai")]
    put(dovecot, box.user, *mails)
    with Sink() as sink:
        house = open_house(box, next_hop=sink.address)
        sink.wait_for(3)
        house.stop()
        assert sorted(mail.recipients[0] for mail in sink.mails) == ["to.van@pgdhg.example", SUCCESSOR, SUCCESSOR]
        forwarded = [mail.raw for mail in sink.mails if mail.recipients == (SUCCESSOR,)]
        assert all(any(raw.endswith(each) for raw in forwarded) for each in mails)


def test_a_sender_who_is_only_claimed_is_not_written_to(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot, forward=Forward.RELAY)  # trusts nobody's Authentication-Results
    put(dovecot, box.user, PROVED + letter("một"))
    with Sink() as sink:
        house = open_house(box, next_hop=sink.address)
        sink.wait_for(1)
        house.stop()
        assert [mail.recipients for mail in sink.mails] == [(SUCCESSOR,)]


def test_an_informal_mail_is_appended_to_the_successors_mailbox_as_it_was(dovecot: Dovecot, open_house: Open) -> None:
    new = mailbox_at(dovecot, name="new", address=SUCCESSOR, sweep=False)
    box = mailbox_at(dovecot, forward=Forward.APPEND, append_to="new")
    raw = letter("Gửi số liệu")
    with closing(signed_in(dovecot, box.user)) as session:
        session.create("Số liệu")
        session.append("Số liệu", raw, flags=("\\Seen", "\\Flagged"), received_at=YEAR_2019)
    open_house(replace(box, folders=("Số liệu",)), new).wait_for(1)

    def there() -> list[tuple[bytes, datetime | None, set[str]]]:
        with closing(signed_in(dovecot, new.user)) as session:
            if "Số liệu" not in [folder.name for folder in session.folders()]:
                return []
            session.select("Số liệu")
            return [
                (session.fetch([o.uid])[o.uid], o.received_at, set(o.flags) - {"\\Recent"})
                for o in session.outlines(session.uids())
            ]

    House.wait_until(lambda: there())
    assert there() == [(raw, YEAR_2019, {"\\Seen", "\\Flagged"})]


def test_an_append_that_fails_in_a_way_nobody_foresaw_is_tried_again_and_doubles_nothing(
    dovecot: Dovecot, open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, failures = Session.append, iter(range(1))

    def append(session: Session, *given: Any, **more: Any) -> object:
        where = whole(session, *given, **more)
        if next(failures, None) is not None:
            raise ValueError("a bug of ours, and the mail is there")
        return where

    new = mailbox_at(dovecot, name="new", address=SUCCESSOR, sweep=False)
    box = mailbox_at(dovecot, forward=Forward.APPEND, append_to="new")
    put(dovecot, box.user, letter())
    monkeypatch.setattr(Session, "append", append)
    house = open_house(box, new, worker=Worker(retry_after_s=(1, 1, 1)))
    (mail,) = house.wait_for(1)

    def state() -> DeliveryState:
        return house.gateway.store.views.deliveries_of(mail_id=mail.id)[0].state

    House.wait_until(lambda: state() is DeliveryState.DELIVERED)
    with closing(signed_in(dovecot, new.user)) as session:
        assert session.select("INBOX").exists == 1


def test_an_official_document_becomes_a_case_and_is_not_forwarded(dovecot: Dovecot, open_house: Open) -> None:
    division = letters.DIVISION_CLERK[1]
    box = mailbox_at(dovecot, address=division, forward=Forward.RELAY, successor="moi@sgdhuonggiang.edu.vn")
    put(dovecot, box.user, letters.letter_of_a_school(sender=letters.TEACHER))
    with Sink() as sink:
        house = open_house(box, next_hop=sink.address, reads=True)
        house.wait_for(1)
        case = house.case()
        house.stop()
        assert case.action is Action.REDIRECT  # the session is over: nothing can be refused
        assert [mail.recipients for mail in sink.mails if "moi@sgdhuonggiang.edu.vn" in mail.recipients] == []


def test_a_mail_that_stays_has_no_delivery(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot, address="vanthu.thcsll@sgdhuonggiang.edu.vn")
    put(dovecot, box.user, letter())
    house = open_house(box)
    (mail,) = house.wait_for(1)
    assert house.gateway.store.views.deliveries_of(mail_id=mail.id) == ()
