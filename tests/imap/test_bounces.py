"""What a mailbox's mail meets on its way to the successor comes back to us, and goes on to whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from gateway.config import Forward
from gateway.errors import ConfigError
from gateway.model import Account, Arrival, Door, Identity, Mail, Recipient, Role, digest_of, new_id
from tests.imap.house import SUCCESSOR, House, mailbox_at
from tests.imap.mailboxes import letter, put
from tests.world.dovecot import Dovecot
from tests.world.sink import Sink, SunkMail

Open = Callable[..., House]
OURS = "sgdhuonggiang.edu.vn"
AUTHOR = "to.van@pgdhg.example"


def bounce(to: str) -> Mail:
    raw = b"From: MAILER-DAEMON@mx.successor.example\r\nSubject: Undelivered\r\n\r\nover quota\r\n"
    arrival = Arrival(door=Door.SMTP, at=datetime.now(UTC), peer="192.0.2.1")
    return Mail(id=new_id(), sender="", recipients=(Recipient(address=to),), raw=raw, digest=digest_of(raw), arrival=arrival)


def forwarded(sink: Sink) -> SunkMail:
    return next(mail for mail in sink.wait_for(1) if mail.recipients == (SUCCESSOR,))


def test_a_forwarded_mail_leaves_in_our_name_and_its_bounce_reaches_the_author(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot, forward=Forward.RELAY)
    put(dovecot, box.user, letter())
    with Sink() as sink:
        house = open_house(box, next_hop=sink.address, bounce_domain=OURS)
        sender = forwarded(sink).sender
        assert sender.startswith("srs0=")
        assert sender.endswith(f"@{OURS}")

        intake = house.gateway.intake
        assert intake.admission(sender, Identity.CLAIMED).admitted
        assert intake.admission(sender.replace(sender[5:31], new_id()), Identity.TRUSTED_NETWORK).is_unknown
        sent = bounce(sender.lower())
        assert house.call(intake.accept(sent)).refused is None

        back = sink.wait_for(2)[1]
        assert (back.sender, back.recipients) == ("", (AUTHOR,))
        assert back.raw.endswith(sent.raw)


def test_the_same_bounce_comes_back_once_and_a_flood_does_not(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot, forward=Forward.RELAY)
    put(dovecot, box.user, letter())
    with Sink() as sink:
        house = open_house(box, next_hop=sink.address, bounce_domain=OURS)
        sender = forwarded(sink).sender
        intake = house.gateway.intake
        again = [house.call(intake.accept(bounce(sender))).refused for _ in range(3)]
        assert again == [None] * 3  # its server may not have heard our first answer
        raws = [b"Subject: %d\r\n\r\nover quota\r\n" % n for n in range(12)]
        flood = [replace(bounce(sender), raw=raw, digest=digest_of(raw)) for raw in raws]
        refused = [house.call(intake.accept(mail)).refused is not None for mail in flood]
        assert refused == [False] * 9 + [True] * 3
        assert len([mail for mail in sink.wait_for(11) if mail.recipients == (AUTHOR,)]) == 10


def test_a_bounce_of_a_mail_that_nobody_knows_is_refused(dovecot: Dovecot, open_house: Open) -> None:
    house = open_house(mailbox_at(dovecot), bounce_domain=OURS)
    stranger = house.gateway.srs.rewritten(new_id(), AUTHOR)
    assert house.call(house.gateway.intake.accept(bounce(stranger))).refused is not None


def test_what_the_next_hop_refuses_is_reported_to_the_author_without_a_way_round(dovecot: Dovecot, open_house: Open) -> None:
    box = mailbox_at(dovecot, forward=Forward.RELAY)
    put(dovecot, box.user, letter())
    replies = {"RCPT": lambda to: "550 5.1.1 nobody" if SUCCESSOR in to else "250 2.1.5 Ok"}
    with Sink(replies=replies) as sink:
        open_house(box, next_hop=sink.address, bounce_domain=OURS)
        (report,) = sink.wait_for(1)
        assert (report.sender, report.recipients) == ("", (AUTHOR,))


def test_a_held_mail_that_a_clerk_lets_through_leaves_in_our_name_too(dovecot: Dovecot, open_house: Open) -> None:
    box, raw = mailbox_at(dovecot, forward=Forward.RELAY), letter()
    put(dovecot, box.user, raw)
    house = open_house(box, bounce_domain=OURS)
    house.wait_for(1)
    put(dovecot, box.user, raw + b"them\r\n")  # probably the same: held
    house.wait_for(2)
    case = house.case()

    clerk = Account(name="vt", full_name="Văn thư", role=Role.CLERK, units=(case.unit,))
    house.gateway.review.release(case.id, by=clerk, reason="Hai thư khác nhau.")

    (delivery,) = house.gateway.store.views.deliveries_of(case_id=case.id)
    assert delivery.target == SUCCESSOR
    assert house.gateway.srs.mail_of(delivery.sender) == house.gateway.store.views.mails_of_case(case.id)[0].id


def test_a_domain_that_is_not_in_the_directory_stops_the_start(dovecot: Dovecot, open_house: Open) -> None:
    with pytest.raises(ConfigError, match="bounce_domain"):
        open_house(mailbox_at(dovecot), bounce_domain="noi-khac.example")
