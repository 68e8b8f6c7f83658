"""How far we have read a folder."""

from __future__ import annotations

from gateway.imap.cursor import Cursor, Sight
from gateway.imap.values import Selected


def folder(uidvalidity: int = 7, *, uidnext: int = 0, exists: int = 5) -> Selected:
    return Selected(name="INBOX", uidvalidity=uidvalidity, uidnext=uidnext, exists=exists)


def test_a_folder_is_new_the_first_time() -> None:
    assert Cursor().sight(folder()) is Sight.NEW
    assert Cursor().at(folder()) == Cursor(uidvalidity=7)


def test_reading_goes_on_behind_the_last_one() -> None:
    cursor = Cursor(uidvalidity=7, last_uid=12)
    assert cursor.sight(folder()) is Sight.SAME
    assert cursor.at(folder()) == cursor


def test_a_renumbered_folder_is_read_from_its_beginning() -> None:
    cursor = Cursor(uidvalidity=7, last_uid=12)
    assert cursor.sight(folder(8)) is Sight.RENUMBERED
    assert cursor.at(folder(8)) == Cursor(uidvalidity=8)


def test_uidnext_tells_whether_there_is_more() -> None:
    cursor = Cursor(uidvalidity=7, last_uid=12)
    assert not cursor.has_more(folder(uidnext=13))
    assert cursor.has_more(folder(uidnext=14))
    assert cursor.has_more(folder())  # the server does not say
    assert not cursor.has_more(folder(uidnext=14, exists=0))


def test_it_never_passes_what_is_not_settled() -> None:
    cursor = Cursor(uidvalidity=7, last_uid=12)
    assert cursor.passed([13, 14, 17]).last_uid == 17
    assert cursor.passed([13, 14, 17], {14}).last_uid == 13
    assert cursor.passed([13], {13}) == cursor
