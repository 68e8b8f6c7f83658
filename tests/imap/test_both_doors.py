"""One mail by both doors is one mail; what is only probably the same, a person decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from gateway.lifecycle import CaseState
from gateway.model import Account, Action, Arrival, Door, Event, Mail, Recipient, Role, Story, Swept, digest_of, new_id
from gateway.smtp.received import trace_headers
from gateway.store import Acceptance
from tests.imap.house import RETIRED, House, mailbox_at
from tests.imap.mailboxes import letter, put
from tests.world.dovecot import Dovecot

Open = Callable[..., House]
IN_FRONT = b"Return-Path: <to.van@pgdhg.example>\r\nDelivered-To: c3@moet.example\r\n"


def mail_of(raw: bytes, *recipients: str) -> Mail:
    arrival = Arrival(door=Door.SMTP, at=datetime.now(UTC), peer="192.0.2.1", helo="pgd.example")
    people = tuple(Recipient(address=address) for address in recipients)
    return Mail(id=new_id(), sender="to.van@pgdhg.example", recipients=people, raw=raw, digest=digest_of(raw), arrival=arrival)


def by_smtp(house: House, raw: bytes, *recipients: str) -> Mail:
    """Have the house take a mail by its other door."""
    mail = mail_of(raw, *recipients)
    house.call(house.gateway.intake.accept(mail))
    return mail


def refused_by_smtp(house: House, raw: bytes, *recipients: str) -> Mail:
    """Have the house refuse a mail at its other door: it keeps the story and the digest, and no bytes."""
    mail = mail_of(raw, *recipients)
    refusal = Acceptance(
        mail=mail, keep_raw=False, verdicts=(), stories=(Story(at=mail.arrival.at, event=Event.REFUSED, mail_id=mail.id),)
    )
    house.gateway.store.accept_now((refusal,))
    return mail


def test_a_mail_that_passed_us_before_it_came_to_the_mailbox_is_no_new_mail(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot)
    house = open_house(box)
    house.wait_until(lambda: house.announced)
    mail = by_smtp(house, letter(), "KHAC@pgdhg.example", RETIRED.upper())
    put(dovecot, box.user, IN_FRONT + trace_headers(mail, hostname="gw.example") + mail.raw)

    house.settled(1)

    assert house.state().counts == {Swept.SAME.value: 1}
    assert house.mails() == []


def test_our_trace_in_front_of_a_mail_that_we_refused_makes_it_no_old_one(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot)
    house = open_house(box)
    house.wait_until(lambda: house.announced)
    mail = refused_by_smtp(house, letter(), RETIRED)
    put(dovecot, box.user, trace_headers(mail, hostname="gw.example") + mail.raw)

    house.settled(1)

    assert house.state().counts == {Swept.ACCEPTED.value: 1}


def test_a_mail_that_passed_us_for_somebody_else_is_a_new_one(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot)
    house = open_house(box)
    house.wait_until(lambda: house.announced)
    mail = by_smtp(house, letter(), "khac@pgdhg.example")
    put(dovecot, box.user, trace_headers(mail, hostname="gw.example") + mail.raw)

    house.settled(1)

    assert house.state().counts == {Swept.ACCEPTED.value: 1}


def test_what_is_only_probably_the_same_is_held_with_a_word_about_the_other(dovecot: Dovecot, open_house: Open) -> None:
    box, raw = mailbox_at(dovecot), letter(body="một hai ba")
    house = open_house(box)
    house.wait_until(lambda: house.announced)
    mail = by_smtp(house, raw, RETIRED)
    put(dovecot, box.user, raw.replace(b"ba", "bốn".encode()))  # the old server changed it

    house.wait_for(1)

    case = house.case()
    assert (case.action, case.rule) == (Action.HOLD, "twin")
    assert mail.id in case.reason


def test_a_held_twin_is_a_clerks_to_decide_and_goes_on(dovecot: Dovecot, open_house: Open) -> None:
    box, raw = mailbox_at(dovecot), letter(body="một hai ba")
    house = open_house(box)
    house.wait_until(lambda: house.announced)
    by_smtp(house, raw, RETIRED)
    put(dovecot, box.user, raw.replace(b"ba", "bốn".encode()))
    house.wait_for(1)
    case = house.case()

    assert case.unit
    clerk = Account(name="vt", full_name="Văn thư", role=Role.CLERK, units=(case.unit,))
    house.gateway.review.release(case.id, by=clerk, reason="Hai thư khác nhau.")
    assert house.case().state is CaseState.RELEASED


def test_two_mails_alike_in_one_mailbox_are_seen_as_well(dovecot: Dovecot, open_house: Open) -> None:
    box, raw = mailbox_at(dovecot), letter(body="một hai ba")
    put(dovecot, box.user, raw)
    house = open_house(box)
    house.wait_for(1)
    put(dovecot, box.user, raw + b"them\r\n")

    house.wait_for(2)

    assert house.case().rule == "twin"


def test_a_mail_without_a_message_id_is_like_no_other(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot)
    bare = [f"From: a@x.example\r\nDate: x\r\n\r\n{n}\r\n".encode() for n in (1, 2)]
    put(dovecot, box.user, *bare)
    house = open_house(box)

    house.wait_for(2)

    assert house.state().counts == {Swept.ACCEPTED.value: 2}
    assert {mail.actions for mail in house.mails()} == {(Action.FORWARD,)}
