"""Letterheads of every kind of body, read as text: kind, number, agency, superior body, date and subject."""

from __future__ import annotations

import pytest

from gateway.documents.recognise import recognise_file
from gateway.model import Document, Nature
from tests.documents.letterheads import CASES


def _facts(document: Document) -> dict[str, str]:
    return {
        "number_symbol": document.number_symbol,
        "issuer": document.issuer,
        "superior": document.superior,
        "kind": document.kind,
        "date": str(document.issued_on),
        "subject": document.subject,
    }


@pytest.mark.parametrize("name", CASES)
def test_the_facts_of_a_letterhead_are_found(name: str) -> None:
    text, wanted = CASES[name]
    reading = recognise_file("vb.txt", text.encode())
    assert reading.nature is Nature.ISSUED
    found = _facts(reading.documents[0])
    assert {fact: found[fact] for fact in wanted} == wanted
