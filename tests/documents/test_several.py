"""Two complete documents in one file are two documents; annexes are none."""

from __future__ import annotations

from msgspec.structs import replace

from gateway.documents.recognise import recognise_file
from gateway.model import Nature, Secrecy
from tests.world.papers import invent, plain, portable, word
from tests.world.papers.paper import Filled, Paper
from tests.world.papers.sheet import Sheet, sheet_of


def _two(first: Paper, second: Paper) -> Sheet:
    one, two = sheet_of(first), sheet_of(second)
    return replace(one, blocks=(*one.blocks, *two.blocks))


FIRST, SECOND = invent.paper("first of two", kind="Quyết định"), invent.paper("second of two", kind="Kế hoạch")


def test_two_decisions_in_one_file_are_two_documents_each_with_its_evidence() -> None:
    for name, make in (("vb.txt", plain.file), ("vb.docx", word.docx), ("vb.pdf", portable.pdf)):
        reading = recognise_file(name, make(_two(FIRST, SECOND)))
        found = [(each.number_symbol, each.kind, each.issuer, each.issued_on, each.signer) for each in reading.documents]
        papers = [(each.number_symbol, each.kind, each.agency, each.on, each.signer) for each in (FIRST, SECOND)]
        assert reading.nature is Nature.ISSUED, name
        assert found == papers, name
        lines = [[mark.line for mark in each.evidence if mark.line] for each in reading.documents]
        assert max(lines[0]) < min(lines[1]), name


def test_a_form_with_a_blank_number_behind_a_document_is_no_second_one() -> None:
    form = replace(SECOND, number="", number_is=Filled.BLANK, on=None)
    reading = recognise_file("vb.docx", word.docx(_two(FIRST, form)))
    assert [each.number_symbol for each in reading.documents] == [FIRST.number_symbol]


def test_the_same_document_twice_is_one() -> None:
    reading = recognise_file("vb.docx", word.docx(_two(FIRST, FIRST)))
    assert [each.number_symbol for each in reading.documents] == [FIRST.number_symbol]


def test_a_secret_document_behind_another_makes_the_whole_file_secret() -> None:
    reading = recognise_file("vb.pdf", portable.pdf(_two(FIRST, replace(SECOND, secrecy=Secrecy.SECRET))))
    assert reading.nature is Nature.SECRET
    assert [each.number_symbol for each in reading.documents] == [""]
