"""The quick way to the subject of a mail finds what the slow one would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.documents import fields

_PIECES = st.sampled_from([b"\r\n", b"\r", b"\n", b"Subject", b"SUBJECT: ", b"subject:x", b"xsubject: ", b" ", b":", b"a"])


@given(st.lists(_PIECES, max_size=12).map(b"".join))
def test_a_head_ends_where_the_expression_finds_its_end(raw: bytes) -> None:
    found = fields._END_OF_HEAD.search(raw)

    assert fields._end_of_head(raw) == (found.start() if found else len(raw))


@given(st.lists(_PIECES, max_size=12).map(b"".join))
def test_the_subject_is_the_first_that_the_expression_finds_in_the_head(raw: bytes) -> None:
    found = fields._SUBJECT.search(raw, 0, fields._end_of_head(raw))

    assert fields.subject_of(raw) == (fields.decoded_words(found[1].decode("utf-8", "surrogateescape")) if found else "")
