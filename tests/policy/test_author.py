"""Two angle brackets are no way round the rules: who wrote what comes without an envelope sender."""

from __future__ import annotations

import msgspec
import pytest

from gateway.model import Action, Document, Identity, Recognition
from gateway.policy.author import author_of
from gateway.policy.decide import decide
from tests.policy import desk

FROM_TEACHER = f"From: Cô Lan\r\n <{desk.TEACHER}>\r\nSubject: x\r\n\r\nx\r\n".encode()
REPORT = b"Content-Type: Multipart/Report;\r\n report-type=delivery-status; boundary=x\r\n" + FROM_TEACHER


@pytest.mark.parametrize(
    ("raw", "author"),
    [
        (FROM_TEACHER, desk.TEACHER),
        (FROM_TEACHER.replace(b"\r\n", b"\n"), desk.TEACHER),
        (REPORT, ""),
        (b"From: a@b.example, c@d.example\r\n\r\n", ""),
        (b"From: a@b.example\r\nFrom: c@d.example\r\n\r\n", ""),
        (b"From: <>\r\n\r\n", ""),
        (b"Subject: x\r\n\r\nFrom: a@b.example\r\n", ""),
        (b"", ""),
        (b"\xff\x00From\r\n:", ""),
    ],
)
def test_the_author_stands_in_the_only_from_field(raw: bytes, author: str) -> None:
    assert author_of(raw) == author


def _decided(raw: bytes, *documents: Document) -> Action:
    mail = msgspec.structs.replace(desk.mail("", desk.DIVISION, identity=Identity.TRUSTED_NETWORK), raw=raw)
    recognition = desk.carrying(*documents) if documents else Recognition()
    (verdict,) = decide(desk.policy(), desk.directory(), mail, recognition, desk.NOW)
    return verdict.action


def test_a_document_without_an_envelope_sender_is_its_authors() -> None:
    assert _decided(FROM_TEACHER, desk.issued("THCSLL")) is Action.REJECT


def test_what_a_machine_reports_and_what_carries_nothing_passes() -> None:
    assert _decided(REPORT, desk.issued("THCSLL")) is Action.DELIVER
    assert _decided(FROM_TEACHER) is Action.DELIVER
