"""The look along the sealed chain: a change behind the gateway's back is an alarm, and over when it is as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import chain_look
from gateway.chain_look import ChainLook
from gateway.phrases import again, kept
from gateway.settings.audit import Audit
from gateway.store import Store
from tests.store.conftest import Open
from tests.store.test_chain import SIGNER, Clock, change, sealing, tell


@pytest.fixture
def clock() -> Clock:
    return Clock()


def look_of(store: Store, clock: Clock, folder: Path) -> ChainLook:
    return ChainLook(store, Audit(), SIGNER.public, head_file=folder / "heads.log", clock=clock)


def whole(look: ChainLook) -> list[str]:
    """One whole look, and what it calls for."""
    while look.once():
        pass
    return [str(alarm.said) for alarm in look.alarms(look._clock())]


@pytest.fixture
def sealed(store: Store, clock: Clock, tmp_path: Path) -> Store:
    """A store with five links of one line each."""
    seal: Callable[[], None] = sealing(store, clock, tmp_path)
    for _ in range(5):
        tell(store, 1)
        seal()
    return store


def test_a_changed_line_is_an_alarm_with_that_entry_until_it_is_as_it_was(
    sealed: Store, clock: Clock, url: str, tmp_path: Path
) -> None:
    look = look_of(sealed, clock, tmp_path)
    assert whole(look) == []
    last = sealed.chain_looks.last()
    assert last is not None
    assert (last.entries, last.report.links, last.report.heads, last.report.broken) == (5, 5, 10, "")
    change(url, "UPDATE stories SET actor = 'ai-do' WHERE id = 4")
    assert whole(look) == []  # it is not night yet
    clock.now += timedelta(days=1)
    (said,) = whole(look)
    assert "mắt xích 4: dòng diễn biến 4 đã bị sửa" in said
    assert "vanthu verify-audit" in said
    change(url, "UPDATE stories SET actor = 'thanhtra' WHERE id = 4")
    clock.now += timedelta(hours=1, minutes=1)  # who repaired it need not wait for the night
    assert whole(look) == []


def test_a_look_that_was_cut_goes_on_where_it_was(
    sealed: Store, clock: Clock, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_look, "_PIECE", 2)
    monkeypatch.setattr(chain_look, "_WRITE_EVERY_S", 0.0)
    assert look_of(sealed, clock, tmp_path).once()  # and this life ends here
    assert sealed.chain_looks.under_way().place.link == 2
    change(url, "UPDATE stories SET actor = 'ai-do' WHERE id = 1")  # behind it: the next look finds that
    look = look_of(sealed, clock, tmp_path)
    assert whole(look) == []
    last = sealed.chain_looks.last()
    assert last is not None
    assert (last.entries, last.report.heads) == (5, 10)
    clock.now += timedelta(days=1)
    (said,) = whole(look)
    assert "dòng diễn biến 1 đã bị sửa" in said


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_one_node_looks_at_a_time_and_another_goes_on_when_it_is_gone(
    open_store: Open, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = open_store(), open_store()
    tell(one, 1)
    sealing(one, clock, tmp_path)()
    assert look_of(one, clock, tmp_path).once()
    assert not look_of(other, clock, tmp_path).once()
    clock.now += timedelta(minutes=6)
    look = look_of(other, clock, tmp_path)
    assert whole(look) == []
    assert one.chain_looks.last() == other.chain_looks.last() is not None


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (("DELETE FROM audit_links WHERE n = 5", "DELETE FROM audit_heads WHERE n = 5"), "phần cuối đã bị cắt"),
        (("UPDATE audit_heads SET hash = replace(hash, substr(hash, 1, 4), 'beef') WHERE n = 3",), "đã được làm lại"),
    ],
    ids=["cut", "anew"],
)
def test_heads_in_the_file_and_in_the_database_are_looked_at(
    sealed: Store, clock: Clock, url: str, tmp_path: Path, statements: tuple[str, ...], said: str
) -> None:
    change(url, *statements)
    (told,) = whole(look_of(sealed, clock, tmp_path))
    assert said in told


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_is_broken_is_kept_so_that_it_can_be_said_in_english(
    sealed: Store, clock: Clock, url: str, tmp_path: Path
) -> None:
    from web.language import in_english

    change(url, "DELETE FROM stories WHERE id = 2")
    look = look_of(sealed, clock, tmp_path)
    whole(look)
    (alarm,) = look.alarms(clock.now)
    assert again(kept(alarm.said)) == alarm.said
    assert "link 2: story line 2 was deleted" in in_english(again(kept(alarm.said)))
