"""Copies of a mail are known by all that recognise() looks at; whatever may look different to some reader is no copy."""

from __future__ import annotations

import hashlib
import random
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from gateway.documents import mime
from gateway.documents.copies_of_a_mail import lasting_digest
from gateway.documents.recognise import recognise
from tests.world import files, official

BODY = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nEm gui.\r\n--b--\r\n"


def copy(*fields: bytes, subject: bytes = b"So lieu") -> bytes:
    return b"".join(field + b"\r\n" for field in fields) + b"Subject: " + subject + b"\r\n" + BODY


PLAIN = copy(b"From: a@b.example")
WAYS = [
    (b"From: a@b.example", b"To: c1@truong.example"),
    (
        b"Received: from x\r\n\tby y; Mon, 2 Nov 2026 08:00:00 +0700",
        b"From: a@b.example",
        b"TO: d@truong.example,\r\n e@truong.example",
    ),
    (b"X-Mailer: z", b"From: a@b.example", b"Message-ID: <1@b.example>", b"DKIM-Signature: v=1; bh=\r\n  abc"),
    (b"ARC-Seal: i=1", b"List-Id: <tin.b.example>", b"From: a@b.example", "Cc: Hòa <h@b.example>".encode()),
]


@pytest.mark.parametrize("way", range(len(WAYS)))
def test_where_a_mail_went_makes_no_difference(way: int) -> None:
    assert lasting_digest(copy(*WAYS[way])) == lasting_digest(PLAIN)


OTHERS = {
    "another subject": copy(b"From: a@b.example", subject=b"Khac"),
    "another body": PLAIN.replace(b"Em", b"Anh"),
    "another type": PLAIN.replace(b"mixed", b"alternative"),
    "a type twice": copy(b"From: a@b.example", b"Content-Type: text/plain"),
    "a type within another field": copy(b"From: a@b.example", b"X-A: b\nContent-Type: text/plain"),
    "a bare CR": copy(b"From: a@b.example", b"X-A: b\rContent-Type: text/plain"),
    "a line of blanks, which ends the head for some": copy(b"From: a@b.example", b"X-A: b\r\n  \r\nContent-Type: text/plain"),
    "a line that is no field": copy(b"From: a@b.example", b"X-A b"),
    "a NUL": copy(b"From: a@b.example", b"X-A: \0"),
    "a control character": copy(b"From: a@b.example", b"X-A: \x0b"),
    "a blank before the colon": copy(b"From: a@b.example", b"X-A : b"),
    "a name that is too long": copy(b"From: a@b.example", b"X-" + b"a" * 61 + b": b"),
    "more fields than a reader takes": copy(b"From: a@b.example", *[b"X-A: b"] * 500),
    "a head without end": PLAIN.replace(b"\r\n\r\n", b"\r\n"),
    "a huge head": copy(b"From: a@b.example", *[b"Y-A: " + b"b" * 900] * 80),
}


@pytest.mark.parametrize("other", OTHERS)
def test_whatever_may_look_different_is_no_copy(other: str) -> None:
    assert lasting_digest(OTHERS[other]) != lasting_digest(PLAIN)
    assert lasting_digest(OTHERS[other] + b"x") != lasting_digest(OTHERS[other])


# Each of the two is read otherwise than the other.
PIECE = b"\r\n--b\r\nX: y\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4\r\n--b--\r\n"
MANY = b"Content-X:\r\n" * 1999 + b"Content-Type: text/plain; boundary=b\r\n\r\n" + PIECE
LONG = b"Content-Type: text/plain; boundary=b\r\n" + b"Y: %b\r\n" % (b"y" * 900) * 72
LONG += b"Z: %b\r\n" % (b"z" * (65536 - 7 - len(LONG)))  # with the end of the head it has exactly as many bytes as one may have
PAIRS = {
    "a line that would belong to the field before": (
        b"Content-Type: text/plain\r\nTo: x\r\n ;\x01x=1; boundary=b\r\n\r\n" + PIECE,
        b"Content-Type: text/plain\r\n ;\x01x=1; boundary=b\r\nTo: x\r\n\r\n" + PIECE,
    ),
    "a field that is beyond the limit with what is cut": (MANY, b"To: x\r\n" + MANY),
    "an empty line of the head, and one of the body": (b"To: x\r\n\r\n\r\nEm", b"\r\nTo: x\r\n\r\nEm"),
    "a mail that begins as digests do": (LONG + b"\r\n" + PIECE, b"copies:" + LONG + b"\r\n\r\n" + PIECE),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_mails_that_are_read_otherwise_are_no_copies_of_each_other(pair: str) -> None:
    one, other = PAIRS[pair]
    assert mime.split(one) != mime.split(other)
    assert lasting_digest(one) != lasting_digest(other)


def test_the_digest_of_a_mail_that_has_nothing_to_cut_is_not_that_of_its_bytes() -> None:
    """Else somebody could send as a mail what is left of another one."""
    assert lasting_digest(PLAIN) != hashlib.sha256(PLAIN).hexdigest()


def test_mails_with_one_digest_are_read_alike() -> None:
    """Heads put together at random from what tempts a reader: wherever two digests agree, so do the readings."""
    letter = EmailMessage(policy=SMTP)
    letter.set_content("Em gửi ạ.")
    letter.add_attachment(
        files.word(official.school_letter()), maintype="application", subtype="octet-stream", filename="cv.docx"
    )
    whole = letter.as_bytes()
    chance, seen = random.Random(5), dict[str, object]()  # noqa: S311 - a test, not a secret
    pieces = [
        b"To: a@b.example",
        b"X-A: b",
        b" Content-Type: text/plain",
        b"  ",
        b"X-B: c\rSubject: d",
        b"Received: \x80",
        b"X C",
        b"Date:",
    ]
    together = 0
    for _ in range(150):
        head = b"".join(
            chance.choice(pieces) + chance.choice([b"\r\n"] * 6 + [b"\n", b"\r"]) for _ in range(chance.randint(0, 3))
        )
        raw = head + whole
        found = recognise(raw)
        told = (found.subject, tuple((each.name, each.digest, each.nature) for each in found.files))
        together += lasting_digest(raw) in seen
        assert seen.setdefault(lasting_digest(raw), told) == told
    assert together > 20
