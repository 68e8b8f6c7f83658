"""What becomes durable when a mail is accepted: cases for the right document, in the right state, joined only by sameness."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.acceptance import accepted
from gateway.admission import admission
from gateway.directory.calendar import Calendar
from gateway.directory.snapshot import Directory, Domain, Mailbox, MailboxRole, RetiredAddress
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import (
    Action,
    Arrival,
    Case,
    Document,
    Door,
    Evidence,
    FileReading,
    Identity,
    Mail,
    Nature,
    Recipient,
    Recognition,
    Sign,
    Verdict,
    digest_of,
    new_id,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
OFFICE = "ioffice-nganh"
OUTSIDE = "doi-tac@cong-ty.example"
INSIDE = "vanthu.pgdcs@sgdhuonggiang.edu.vn"


def document(number_symbol: str) -> Document:
    evidence = (Evidence(sign=Sign.NUMBER, words=f"Số: {number_symbol}", file=number_symbol),)
    return Document(nature=Nature.ISSUED, confidence=0.9, number_symbol=number_symbol, evidence=evidence)


def file(name: str, *documents: Document, nature: Nature = Nature.ISSUED, size: int = 10) -> FileReading:
    return FileReading(name=name, digest=digest_of(name.encode()), size=size, nature=nature, documents=documents)


def mail(*recipients: str, identity: Identity = Identity.TRUSTED_NETWORK) -> Mail:
    raw = b"Subject: x\r\n\r\nx\r\n"
    return Mail(
        id=new_id(),
        sender="vanthu.thcsll@sgdhuonggiang.edu.vn",
        recipients=tuple(Recipient(address=recipient) for recipient in recipients),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.SMTP, at=NOW, identity=identity),
    )


def verdict(recipient: str, action: Action, *, evidence: tuple[Evidence, ...] = (), at_once: bool = False) -> Verdict:
    return Verdict(
        recipient=recipient,
        action=action,
        rule="4",
        clause="",
        reason="",
        unit="THCSLL",
        office=OFFICE,
        hand_over_at_once=at_once,
        evidence=evidence,
    )


def cases(of: Mail, verdicts: tuple[Verdict, ...], *files: FileReading) -> list[Case]:
    acceptance = accepted(
        of,
        verdicts,
        Recognition(files=files),
        NOW,
        calendar=Calendar(),
        hold_for=timedelta(hours=4),
        offices={OFFICE},
        leased=True,
        issuer_of=lambda document: "",
    )
    return [opening.case for opening in acceptance.openings]


def test_the_case_is_about_the_document_that_the_verdict_speaks_of() -> None:
    circular, own = document("10/TT-BGDĐT"), document("87/THCSLL")
    files = file("thong-tu.pdf", circular), file("cong-van.pdf", own)
    (case,) = cases(mail(INSIDE), (verdict(INSIDE, Action.REDIRECT, evidence=own.evidence, at_once=True),), *files)
    assert case.document == own
    assert case.key == files[1].digest


def test_an_unreadable_file_makes_the_case_when_the_verdict_is_about_it() -> None:
    locked = file("91-THCSLL.zip", nature=Nature.UNREADABLE)
    other = file("anh.jpg", nature=Nature.UNREADABLE)
    about = (Evidence(sign=Sign.UNREADABLE, words="91-THCSLL", file="91-THCSLL.zip"),)
    (case,) = cases(mail(INSIDE), (verdict(INSIDE, Action.COPY, evidence=about),), other, locked)
    assert case.key == locked.digest


def test_held_mail_never_joins_another_case() -> None:
    locked = file("91-THCSLL.zip", nature=Nature.UNREADABLE)
    (case,) = cases(mail(INSIDE), (verdict(INSIDE, Action.HOLD),), locked)
    assert (case.key, case.state) == ("", CaseState.WAITING)


def test_parts_without_bytes_are_not_the_same() -> None:
    empty = file("", nature=Nature.UNREADABLE, size=0)
    (case,) = cases(mail(INSIDE), (verdict(INSIDE, Action.REDIRECT),), empty)
    assert case.key == ""


def test_copies_that_are_held_wait_apart_from_those_that_were_handed_over() -> None:
    own = document("87/THCSLL")
    verdicts = (
        verdict(INSIDE, Action.REDIRECT, evidence=own.evidence, at_once=True),
        verdict(OUTSIDE, Action.HOLD, evidence=own.evidence, at_once=True),
    )
    handed_over, held = cases(mail(INSIDE, OUTSIDE), verdicts, file("cong-van.pdf", own))
    assert (handed_over.recipients, handed_over.state) == ((INSIDE,), CaseState.APPROVED)
    assert (held.recipients, held.state) == ((OUTSIDE,), CaseState.WAITING)


def test_a_clerk_who_signed_in_hands_her_document_over_at_once() -> None:
    own = document("87/THCSLL")
    verdicts = (verdict(INSIDE, Action.REDIRECT, evidence=own.evidence, at_once=True),)
    (case,) = cases(mail(INSIDE, identity=Identity.AUTHENTICATED), verdicts, file("cong-van.pdf", own))
    assert case.state is CaseState.APPROVED


def test_who_only_claims_to_be_the_clerk_has_the_clerk_look_at_it_first() -> None:
    own = document("87/THCSLL")
    verdicts = (verdict(INSIDE, Action.REDIRECT, evidence=own.evidence, at_once=True),)
    (case,) = cases(mail(INSIDE, identity=Identity.CLAIMED), verdicts, file("cong-van.pdf", own))
    assert case.state is CaseState.WAITING


def test_a_copy_for_a_retired_address_goes_to_who_took_over() -> None:
    of = mail("cu@moet.edu.vn")
    given = Verdict(recipient="cu@moet.edu.vn", action=Action.COPY, rule="7", clause="", reason="", target=INSIDE)
    acceptance = accepted(
        of, (given,), Recognition(), NOW, calendar=Calendar(), hold_for=timedelta(hours=4), offices=(), leased=False,
        issuer_of=lambda document: "",
    )  # fmt: skip
    (delivery,) = acceptance.deliveries
    assert (delivery.target, delivery.state) == (INSIDE, DeliveryState.QUEUED)


DIRECTORY = Directory(
    domains=[Domain(domain="sgdhuonggiang.edu.vn", organisation="SGDHG")],
    mailboxes=[Mailbox(address=INSIDE, organisation="PGDCS", role=MailboxRole.CLERK)],
    retired=[RetiredAddress(address="cu@moet.edu.vn", successor=INSIDE, closes_on=date(2026, 1, 1))],
)


@pytest.mark.parametrize(
    "address",
    [
        OUTSIDE,
        "nan-nhan%cong-ty.example@sgdhuonggiang.edu.vn",
        '"nan-nhan@cong-ty.example"@sgdhuonggiang.edu.vn',
        "cong-ty.example!nan-nhan@sgdhuonggiang.edu.vn",
    ],
)
def test_from_outside_nothing_is_relayed_to_others_not_even_by_a_route_in_the_local_part(address: str) -> None:
    assert not admission(DIRECTORY, address, Identity.CLAIMED, TODAY).admitted


def test_from_outside_our_own_addresses_are_admitted() -> None:
    assert admission(DIRECTORY, INSIDE, Identity.CLAIMED, TODAY).admitted


@pytest.mark.parametrize("identity", [Identity.TRUSTED_NETWORK, Identity.AUTHENTICATED])
def test_a_trusted_network_and_whoever_signed_in_may_write_to_anybody(identity: Identity) -> None:
    assert admission(DIRECTORY, OUTSIDE, identity, TODAY).admitted


def test_a_closed_address_names_its_successor() -> None:
    refused = admission(DIRECTORY, "cu@moet.edu.vn", Identity.CLAIMED, TODAY)
    assert (refused.admitted, refused.successor) == (False, INSIDE)
