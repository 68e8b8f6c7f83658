"""The hash chain of the audit: sealed in order, by one node, through crashes; whatever is changed afterwards is found."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.chain import Kind
from gateway.model import Event, Story
from gateway.sealing import Sealer, heads_in
from gateway.settings.audit import Audit
from gateway.signing import Signer
from gateway.store import Store
from gateway.store.chain_looks import Report
from gateway.verifying import export, verify_export, verify_store
from tests.store.conftest import Open
from tests.store.letters import mail, passing

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SIGNER = Signer(Ed25519PrivateKey.generate())


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def seal(store: Store, clock: Clock, tmp_path: Path) -> Callable[[], None]:
    """Seal all that is there: on PostgreSQL a second look makes sure that nobody is still writing."""
    return sealing(store, clock, tmp_path)


def sealing(store: Store, clock: Clock, tmp_path: Path, *, node: str = "hue") -> Callable[[], None]:
    heads = tmp_path / "heads.log"
    sealer = Sealer(store, Audit(head_every_s=1), SIGNER, head_file=heads, node=node, clock=clock)

    def all_of_it() -> None:
        for _ in range(3):
            clock.now += timedelta(seconds=1)
            while sealer.once():
                pass

    return all_of_it


def tell(store: Store, number: int) -> None:
    for n in range(number):
        store.tell(Story(at=NOW, event=Event.SEEN, case_id=f"hồ-sơ-{n}", actor="thanhtra", detail={"what": "page"}))


def checked(store: Store, tmp_path: Path) -> Report:
    file = tmp_path / "heads.log"
    written = heads_in(file.read_text(encoding="utf-8")) if file.exists() else iter(())
    return verify_store(store, written, SIGNER.public)


def change(url: str, *statements: str) -> None:
    """What somebody with the password of the database could do."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else psycopg.connect(url)) as base:
        for statement in statements:
            base.execute(statement)
        base.commit()


def test_what_was_told_is_sealed_and_a_change_is_found(
    store: Store, seal: Callable[[], None], url: str, tmp_path: Path
) -> None:
    tell(store, 3)
    seal()
    tell(store, 2)
    seal()
    report = checked(store, tmp_path)
    assert (report.broken, report.notes) == ("", ())
    assert (report.stories, report.links, report.heads) == (5, 2, 4)  # each head in the database and in the file
    change(url, "UPDATE stories SET actor = 'ai-do' WHERE id = 2")
    assert "dòng diễn biến 2 đã bị sửa" in checked(store, tmp_path).broken


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the comparison is the same code on both
@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (("DELETE FROM stories WHERE id = 2",), "dòng diễn biến 2 đã bị xóa"),
        (
            (
                "UPDATE stories SET id = 99 WHERE id = 2",
                "UPDATE stories SET id = 2 WHERE id = 3",
                "UPDATE stories SET id = 3 WHERE id = 99",
            ),
            "dòng diễn biến 2 đã bị sửa",
        ),
        (
            (
                "DELETE FROM stories WHERE id = 2",
                "INSERT INTO stories (id, at, event, mail_id, case_id, actor, detail) VALUES (2, 1, 'seen', '', '', 'x', '{}')",
            ),
            "dòng diễn biến 2 đã bị sửa",
        ),
    ],
    ids=["delete", "reorder", "replace"],
)
def test_a_line_that_is_changed_afterwards_is_found(
    store: Store, seal: Callable[[], None], url: str, tmp_path: Path, statements: tuple[str, ...], said: str
) -> None:
    tell(store, 4)
    seal()
    change(url, *statements)
    assert said in checked(store, tmp_path).broken


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the walk along the chain is the same code on both
@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (("UPDATE audit_links SET entries = replace(entries, '\"3\"', '\"7\"')",), "nội dung mắt xích 1"),
        (("UPDATE audit_links SET at = at + 1",), "mắt xích 1 không nối tiếp"),
        (("DELETE FROM audit_links WHERE n = 1",), "mắt xích 2 đứng ở chỗ của mắt xích 1"),
        (("DELETE FROM audit_links WHERE n = 2", "DELETE FROM audit_heads"), "phần cuối đã bị cắt"),
    ],
    ids=["entry", "time", "first-link", "last-link"],
)
def test_a_link_that_is_changed_afterwards_is_found(
    store: Store, seal: Callable[[], None], url: str, tmp_path: Path, statements: tuple[str, ...], said: str
) -> None:
    tell(store, 4)
    seal()
    tell(store, 1)
    seal()
    change(url, *statements)
    assert said in checked(store, tmp_path).broken


def test_a_row_that_was_put_in_between_is_found(store: Store, seal: Callable[[], None], url: str, tmp_path: Path) -> None:
    tell(store, 4)
    change(url, "DELETE FROM stories WHERE id = 2")  # a number that a rolled back transaction leaves free
    seal()
    change(url, "INSERT INTO stories (id, at, event, mail_id, case_id, actor, detail) VALUES (2, 1, 'seen', '', '', 'x', '{}')")
    assert "dòng diễn biến 2 được thêm vào" in checked(store, tmp_path).broken


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_chain_that_was_made_anew_does_not_agree_with_the_heads_outside(
    store: Store, seal: Callable[[], None], clock: Clock, url: str, tmp_path: Path
) -> None:
    tell(store, 2)
    seal()
    change(url, "UPDATE stories SET actor = 'ai-do'", "DELETE FROM audit_links", "DELETE FROM audit_heads")
    sealing(store, clock, tmp_path / "elsewhere")()
    assert "đã được làm lại" in checked(store, tmp_path).broken


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_head_with_a_forged_signature_is_found(store: Store, seal: Callable[[], None], url: str, tmp_path: Path) -> None:
    tell(store, 2)
    seal()
    change(url, "UPDATE audit_heads SET at = at + 1")
    assert "chữ ký" in checked(store, tmp_path).broken


def test_mails_are_sealed_an_hour_later_with_their_verdicts_and_stay_verifiable_without_their_bytes(
    store: Store, seal: Callable[[], None], clock: Clock, url: str, tmp_path: Path
) -> None:
    letter = mail(b"Subject: x\r\n\r\n", at=clock.now)
    store.accept_now([passing(letter)])
    seal()
    assert checked(store, tmp_path).mails == 0
    clock.now += timedelta(hours=2)
    seal()
    assert checked(store, tmp_path).mails == 1
    change(url, "UPDATE mails SET raw = NULL, segment = NULL, position = NULL")
    assert checked(store, tmp_path).broken == ""
    change(url, "UPDATE verdicts SET action = 'reject'")
    assert f"thư {letter.id} đã bị sửa" in checked(store, tmp_path).broken


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_link_is_found_by_what_it_sealed(store: Store, seal: Callable[[], None]) -> None:
    tell(store, 2)
    seal()
    tell(store, 1)
    assert (link := store.chain.link_of(Kind.STORY, "2")) is not None
    assert link.n == 1
    assert store.chain.link_of(Kind.STORY, "3") is None


def test_two_nodes_seal_one_chain(open_store: Open, clock: Clock, tmp_path: Path) -> None:
    one, other = open_store(), open_store()
    seal_here, seal_there = sealing(one, clock, tmp_path, node="a"), sealing(other, clock, tmp_path, node="b")
    tell(one, 2)
    seal_here()
    tell(other, 2)
    seal_there()
    assert {link.node for link in one.chain.links()} == {"a"}  # who sealed last is left alone with it …
    clock.now += timedelta(seconds=30)
    seal_there()
    assert [link.node for link in one.chain.links()] == ["a", "b"]  # … until it is silent
    assert checked(one, tmp_path).broken == ""


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_link_that_another_node_wrote_is_not_written_again(open_store: Open, clock: Clock, tmp_path: Path) -> None:
    one, other = open_store(), open_store()
    tell(one, 2)
    sealing(one, clock, tmp_path)()
    (link,) = one.chain.links()
    assert not other.chain.append(link)


CHILD = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from gateway.model import Event, Story
from gateway.sealing import Sealer
from gateway.settings.audit import Audit
from gateway.signing import Signer
from gateway.store import Store

url, blobs, heads, key = sys.argv[1:]
store = Store(url=url, blobs=Path(blobs), inline_bytes=2000, node="hue")
store.open()
signer = Signer(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)))
begun, turns = datetime.now(UTC), 0

def clock():
    return begun + timedelta(seconds=turns)

sealer = Sealer(store, Audit(head_every_s=1), signer, head_file=Path(heads), node="hue", clock=clock)
print("ready", flush=True)
while True:
    turns += 1
    store.tell(Story(at=clock(), event=Event.SEEN, actor="a", detail={"n": turns}))
    sealer.once()
    print(turns, flush=True)
"""


def test_after_kill_9_the_chain_goes_on(url: str, open_store: Open, clock: Clock, tmp_path: Path) -> None:
    key = SIGNER._key.private_bytes_raw().hex()
    for _ in range(1 if url.startswith("postgresql") else 2):  # starting takes longest
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, url, str(tmp_path / "blobs"), str(tmp_path / "heads.log"), key],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        assert [child.stdout.readline() for _ in range(8)][-1] == "8\n"
        child.send_signal(signal.SIGKILL)
        child.stdout.close()
        child.wait()
    store = open_store(node="hue")
    clock.now += timedelta(days=1)
    sealing(store, clock, tmp_path)()
    report = checked(store, tmp_path)
    assert (report.broken, report.notes) == ("", ())
    assert report.links > 4


@pytest.fixture
def exported(store: Store, seal: Callable[[], None], tmp_path: Path) -> Path:
    tell(store, 3)
    seal()
    file = tmp_path / "chain.jsonl"
    with file.open("wb") as stream:
        export(store, SIGNER.public, stream.write)
    return file


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_an_exported_chain_is_verified_without_the_database(exported: Path) -> None:
    report = verify_export(exported)
    assert (report.broken, report.stories, report.heads) == ("", 3, 1)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"thanhtra"', '"ai-do"', "đã bị sửa"),
        ('"root":"', '"root":"0', "nội dung"),
        ('"signature":"', '"signature":"A', "chữ ký"),
    ],
)
def test_an_exported_chain_that_was_changed_is_found(exported: Path, old: str, new: str, said: str) -> None:
    exported.write_text(exported.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert said in verify_export(exported).broken


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_an_exported_chain_is_only_believed_with_the_key_that_one_knows(exported: Path) -> None:
    another = Signer(Ed25519PrivateKey.generate())
    assert verify_export(exported, public=another.public).heads == 1  # the hashes agree …
    assert another.public != SIGNER.public
