"""What a message in a mailbox tells of its way."""

from __future__ import annotations

import pytest

from gateway.imap.envelope import Way, likeness_of
from gateway.model import Identity, Proof, digest_of

OURS = b"From: a@x.example\r\nMessage-ID: <1@x>\r\nDate: Mon, 4 Nov 2019 08:00:00 +0700\r\n\r\nnoi dung\r\n"
ID = "01M8J7GABMCCR3ADXWZJR8YPZY"
TRACE = (
    f"Received: from h ([192.0.2.1])\r\n\tby gw (Vanthu) with ESMTP id {ID}\r\n\tfor <c@moet.example>;\r\n\tMon\r\n".encode()
)


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        (b"Return-Path: <b@y.example>\r\nFrom: a@x.example\r\n", "b@y.example"),
        (b"Return-Path: <>\r\nFrom: a@x.example\r\n", ""),
        ("From: Nguyễn Văn A <a@x.example>\r\n".encode(), "a@x.example"),
        (b"From: nobody\r\n", ""),
        (b"Subject: x\r\n", ""),
    ],
)
def test_the_sender_is_the_return_path_else_the_author(head: bytes, sender: str) -> None:
    assert Way(head + b"\r\nx").sender() == sender


@pytest.mark.parametrize(
    ("results", "identity"),
    [
        ("mx.moet.example; dmarc=pass header.from=x.example", Identity.DKIM),
        ("mx.moet.example; dkim=pass header.d=x.example; spf=fail", Identity.DKIM),
        ("mx.moet.example; spf=pass smtp.mailfrom=a@x.example", Identity.SPF),
        ("mx.moet.example; dkim=pass header.d=evil.example", Identity.CLAIMED),
        ("mx.moet.example; dkim=fail header.d=x.example", Identity.CLAIMED),
        ("mx.evil.example; dmarc=pass header.from=x.example", Identity.CLAIMED),
        ("mx.moet.example; none", Identity.CLAIMED),
        # What the client called itself, or its envelope, may stand there: it is no result.
        ("mx.moet.example; spf=none (helo=x;dmarc=pass,header.from=x.example) smtp.helo=x", Identity.CLAIMED),
        (r"mx.moet.example; spf=none (a \) (b) ;dmarc=pass header.from=x.example) smtp.helo=x", Identity.CLAIMED),
        (r'mx.moet.example; spf=pass smtp.mailfrom="a\"; dmarc=pass header.from=x.example"@evil.example', Identity.CLAIMED),
        ('mx.moet.example; dkim=pass (2048-bit; "key") header.d="x.example"', Identity.DKIM),
    ],
)
def test_only_a_trusted_server_proves_a_sender_and_only_of_his_domain(results: str, identity: Identity) -> None:
    way = Way(f"Authentication-Results: {results}\r\nFrom: a@x.example\r\n\r\nx".encode())
    proof = way.proof("a@x.example", ("mx.moet.example",))
    assert (proof.identity if proof is not None else Identity.CLAIMED) is identity
    assert way.proof("a@x.example", ()) is None


def test_an_endless_word_keeps_nobody_waiting() -> None:
    results = "dkim=pass " + "header.d=" * 25_000
    way = Way(f"Authentication-Results: mx; {results}\r\nFrom: a@x.example\r\n\r\nx".encode())
    assert way.proof("a@x.example", ("mx",)) == Proof(dkim="pass", by="mx")


def test_the_uppermost_word_of_a_trusted_server_counts() -> None:
    said = [b"dkim=fail header.d=x.example", b"dmarc=pass header.from=x.example"]
    head = b"".join(b"Authentication-Results: mx; " + each + b"\r\n" for each in said)
    assert Way(head + b"\r\nx").proof("a@x.example", ("mx",)) == Proof(dkim="fail", by="mx")


def test_each_result_of_a_trusted_server_is_kept_and_spf_of_another_domain_is_none_of_his() -> None:
    results = (
        "spf=pass (ok) smtp.mailfrom=list.example; dkim=fail header.d=x.example; dkim=pass header.d=y.example; "
        "dmarc=fail (p=NONE) header.from=x.example"
    )
    head = f"Authentication-Results: mx 1; {results}\r\nFrom: a@x.example\r\n\r\nx".encode()
    assert Way(head).proof("a@x.example", ("MX",)) == Proof(dkim="pass", dmarc="fail", by="mx")
    head = b"Authentication-Results: mx; spf=softfail smtp.mailfrom=a@x.example; dmarc=bestguesspass\r\n\r\nx"
    assert Way(head).proof("a@x.example", ("mx",)) == Proof(spf="softfail", dmarc="bestguesspass", by="mx")


def test_our_own_trace_is_found_and_the_bytes_below_it_are_proof() -> None:
    swept = b"Return-Path: <a@x.example>\r\nDelivered-To: c@moet.example\r\n" + TRACE + OURS
    way = Way(swept)
    assert way.our_ids() == (ID,)
    assert way.ends_with(digest_of(OURS), len(OURS))
    assert not way.ends_with(digest_of(OURS), len(OURS) - 1)


@pytest.mark.parametrize(
    "front",
    [b"Subject: khac\r\n", b"Content-Type: text/html\r\n", b"x", b"\r\n", b"Received: x\r\n\r\n", b"From: b@y.example\r\n"],
)
def test_anything_but_trace_fields_in_front_makes_another_mail(front: bytes) -> None:
    assert not Way(front + OURS).ends_with(digest_of(OURS), len(OURS))


def test_alike_is_what_shares_message_id_date_and_sender() -> None:
    changed = OURS.replace(b"noi dung", b"noi dung da sua")
    assert Way(changed).likeness() == likeness_of(OURS) != ""
    assert likeness_of(OURS.replace(b"<1@x>", b"<2@x>")) != likeness_of(OURS)
    assert likeness_of(OURS.replace(b"Mon, 4", b"Tue, 5")) != likeness_of(OURS)
    assert likeness_of(b"From: a@x.example\r\n\r\nx") == ""


def test_a_from_field_that_breaks_the_parser_is_no_address() -> None:
    raw = b"From: " + b"(" * 600 + b" a@x.example\r\nMessage-ID: <1@x>\r\n\r\nx"
    assert Way(raw).sender() == ""
    assert likeness_of(raw) != ""
