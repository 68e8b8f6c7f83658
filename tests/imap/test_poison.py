"""A message that cannot be taken costs one held item, and never the round."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from gateway.errors import MailboxRefused, StoreUnavailable
from gateway.imap.envelope import Way
from gateway.imap.session import Session
from gateway.intake import Intake
from gateway.model import Action, Answer, Mail
from tests.imap.house import House, mailbox_at
from tests.imap.mailboxes import letter, put
from tests.world.dovecot import Dovecot

Open = Callable[..., House]


def test_one_message_that_the_server_does_not_give_is_held_and_the_others_come(
    dovecot: Dovecot, open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Session.fetch

    def fetch(self: Session, uids: Sequence[int]) -> dict[int, bytes]:
        if 2 in uids and self.folder is not None and self.folder.exists == 4:
            raise MailboxRefused("the server refused: FETCH failed: [SERVERBUG]")
        return whole(self, uids)

    monkeypatch.setattr(Session, "fetch", fetch)
    box = mailbox_at(dovecot)
    put(dovecot, box.user, letter("một"), letter("hai"), letter("ba"), letter("bốn"))

    house = open_house(box)
    house.settled(4)

    assert {"một", "ba", "bốn"} <= set(house.subjects())
    assert house.state().counts == {"accepted": 3, "held": 1}
    assert house.case().action is Action.HOLD
    raw = house.gateway.store.views.raw(house.gateway.store.views.mails_of_case(house.case().id)[0].id)
    assert b"UID: 2" in raw

    monkeypatch.undo()
    house.gateway.store.mailboxes.retry(box.name)  # a person repaired the cause
    house.wait_until(lambda: house.state().counts == {"accepted": 4})
    assert "hai" in house.subjects()


def test_a_mail_on_which_we_fail_is_held_with_its_bytes(
    dovecot: Dovecot, open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Intake.accept

    async def accept(self: Intake, mail: Mail) -> Answer:
        if b"hai" in mail.raw:
            raise ValueError("a bug of ours")
        return await whole(self, mail)

    monkeypatch.setattr(Intake, "accept", accept)
    box, bad = mailbox_at(dovecot), letter("hai")
    put(dovecot, box.user, letter("một"), bad, letter("ba"))

    house = open_house(box)
    house.settled(3)

    case = house.case()
    assert case.action is Action.HOLD
    assert house.gateway.store.views.raw(house.gateway.store.views.mails_of_case(case.id)[0].id) == bad


def test_a_mail_that_nobody_can_parse_costs_itself_alone(
    dovecot: Dovecot, open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Way.sender

    def sender(self: Way) -> str:
        if b"hai" in self._raw:
            raise RecursionError("maximum recursion depth exceeded")
        return whole(self)

    monkeypatch.setattr(Way, "sender", sender)
    box = mailbox_at(dovecot)
    put(dovecot, box.user, letter("một"), letter("hai"), letter("ba"))

    house = open_house(box)
    house.settled(3)

    assert house.state().counts == {"accepted": 2, "held": 1}
    assert {"một", "ba"} <= set(house.subjects())


def test_a_mail_with_a_from_field_of_six_hundred_brackets_is_taken(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot)
    put(dovecot, box.user, letter("một"), letter("hai", sender="(" * 600), letter("ba"))

    house = open_house(box)
    house.settled(3)

    assert house.state().counts == {"accepted": 3}


def test_a_store_that_is_gone_for_a_while_loses_no_message(
    dovecot: Dovecot, open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, failures = Intake.accept, iter(range(7))

    async def accept(self: Intake, mail: Mail) -> Answer:
        if next(failures, None) is not None:
            raise StoreUnavailable("not written: disk full")
        return await whole(self, mail)

    monkeypatch.setattr(Intake, "accept", accept)
    box = mailbox_at(dovecot)
    put(dovecot, box.user, letter("một"), letter("hai"), letter("ba"))

    house = open_house(box)
    house.wait_for(3, seconds=40)

    assert house.state().counts == {"accepted": 3}  # not one of them was held
