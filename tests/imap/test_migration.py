"""Whole mailboxes moved from one real server to another, with a proof."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.errors import MailboxRefused, MailboxUnreachable
from gateway.imap.history import Link
from gateway.imap.migration import Migration, Mode, new_name
from gateway.imap.proof import FolderProof, Standing, compared, hash_of, missing
from gateway.imap.proof_page import page
from gateway.imap.session import Session
from gateway.imap.standing import Memory, Side
from gateway.imap.values import Folder
from tests.imap import mailboxes
from tests.imap.mailboxes import letter, new_user, put
from tests.world.dovecot import PASSWORD, Dovecot
from tests.world.proxy import Proxy

DAY = datetime(2015, 9, 5, 1, 2, 3, tzinfo=UTC)
POOR = (
    "UIDPLUS",
    "MOVE",
    "CONDSTORE",
    "QRESYNC",
    "ESEARCH",
    "LITERAL+",
    "MULTIAPPEND",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "UNSELECT",
)


@pytest.fixture(scope="module")
def poor(dovecots: Callable[..., Dovecot]) -> Dovecot:
    """The new server: without UIDPLUS, and with dots between the names of folders."""
    return dovecots(without=POOR)


@pytest.fixture(scope="module")
def dotted() -> Iterator[Dovecot]:
    running = Dovecot(separator=".")
    yield running
    running.stop()


def filled(dovecot: Dovecot) -> str:
    user = new_user()
    put(dovecot, user, *[letter(f"Thư {n}") for n in range(30)], received_at=DAY)
    put(dovecot, user, letter("8 bit \u1ebf", body="Trường THCS"), b"no head at all\r\n", b"\r\n", folder="Đã gửi")
    put(dovecot, user, letter("năm", body="x" * 3_000_000), folder="Lưu trữ/2019/Quý 1", received_at=DAY)
    twin = letter("hai lần")
    put(dovecot, user, twin, twin, folder="Lưu trữ/2019", received_at=DAY)
    session = mailboxes.signed_in(dovecot, user)
    session.create("Trống")
    session.select("INBOX", readonly=False)
    session.flag([1, 2], "\\Seen", "\\Flagged")
    session.flag([3], "\\Answered", "$Vanthu", "NonJunk")
    session.close()
    return user


def migrate(
    old: tuple[Dovecot, str],
    new: tuple[Dovecot, str],
    *,
    mode: Mode = Mode.COPY,
    port: int = 0,
    memory: Path | None = None,
    **more: object,
) -> list[FolderProof]:
    from msgspec.structs import replace

    from gateway.imap.credentials import Password

    def at(side: tuple[Dovecot, str], port: int = 0) -> Callable[[], Session]:
        server = mailboxes.server_of(side[0])
        server = replace(server, port=port or server.port, read_timeout_s=20)
        return lambda: Session.open(server, Password(side[1], mailboxes.SECRET))

    kept = Memory(memory)
    links = Link(at(old), sleep=lambda seconds: None), Link(at(new, port), sleep=lambda seconds: None)
    try:
        sides = Side("old", links[0], kept), Side("new", links[1], kept)
        return list(Migration(*sides, step=lambda step: None, **more).run(mode))  # type: ignore[arg-type]
    finally:
        for link in links:
            link.close()
        kept.close()


def everything(dovecot: Dovecot, user: str) -> dict[str, list[tuple[bytes, tuple[str, ...], str]]]:
    """Bytes, flags and dates of all messages by folder."""
    session = mailboxes.signed_in(dovecot, user)
    found = {}
    for folder in (each for each in session.folders() if each.selectable):
        session.select(folder.name)
        uids = session.uids()
        raw = session.fetch(uids) if uids else {}
        found[folder.name] = (
            sorted((raw[o.uid], tuple(sorted(set(o.flags) - {"\\Recent"})), str(o.received_at)) for o in session.outlines(uids))
            if uids
            else []
        )
    session.close()
    return found


def test_all_of_it_arrives_byte_for_byte_with_flags_dates_and_folders(
    dovecot: Dovecot, poor: Dovecot, dotted: Dovecot, tmp_path: Path
) -> None:
    user = filled(dovecot)
    before = everything(dovecot, user)
    for server, delimiter in ((poor, "/"), (dotted, ".")):
        other = new_user()
        assert sum(proof.messages for proof in migrate((dovecot, user), (server, other), mode=Mode.COUNT)) == 36
        assert everything(server, other)["INBOX"] == []

        proofs = migrate((dovecot, user), (server, other), memory=tmp_path / f"{delimiter != '/'}.tsv")
        assert [proof.differences for proof in proofs] == [()] * len(proofs)
        assert all(proof.sha256 == proof.new_sha256 for proof in proofs)
        after = everything(server, other)
        for name, messages in before.items():
            assert after[name.replace("/", delimiter)] == messages, name
        again = migrate((dovecot, user), (server, other), memory=tmp_path / f"{delimiter != '/'}.tsv")
        assert [proof.new_messages for proof in again] == [proof.messages for proof in proofs]
    assert everything(dovecot, user) == before


def test_a_proof_can_be_computed_by_anybody(dovecot: Dovecot, poor: Dovecot) -> None:
    user, other = new_user(), new_user()
    letters = [letter("a"), letter("b")]
    put(dovecot, user, *letters)
    (proof,) = [p for p in migrate((dovecot, user), (poor, other)) if p.messages]
    lines = sorted(hashlib.sha256(each).hexdigest() + "\n" for each in letters)
    assert proof.sha256 == hashlib.sha256("".join(lines).encode()).hexdigest() == hash_of(line.strip() for line in lines)


def test_what_was_changed_on_the_other_side_is_told(dovecot: Dovecot, poor: Dovecot) -> None:
    user, other = new_user(), new_user()
    put(dovecot, user, letter("một"), letter("hai"), letter("ba"), received_at=DAY)
    migrate((dovecot, user), (poor, other))
    poor.adm("expunge", "-u", other, "mailbox", "INBOX", "subject", "hai")
    poor.adm("flags", "add", "-u", other, "\\Seen", "mailbox", "INBOX", "subject", "ba")
    put(poor, other, letter("bốn"))
    (proof,) = [p for p in migrate((dovecot, user), (poor, other), mode=Mode.VERIFY) if p.messages]
    assert sorted(each.what for each in proof.differences) == ["extra", "flags", "missing"]
    assert not proof.is_whole
    text = page([proof], old="cũ", new="mới", at=DAY)
    for said in (
        "CHƯA ĐỦ",
        "chưa có trên máy chủ mới: UID cũ 2",
        "trạng thái (đã đọc, gắn cờ …) khác (\\Seen)",
        proof.new_sha256,
    ):
        assert said in text
    mended = [p for p in migrate((dovecot, user), (poor, other)) if p.messages]
    assert [each.what for each in mended[0].differences] == ["flags", "extra"]


def test_a_bad_link_costs_time_and_no_mail_comes_twice(dovecot: Dovecot, poor: Dovecot, tmp_path: Path) -> None:
    user, other = new_user(), new_user()
    put(dovecot, user, *[letter(f"Thư {n}", body="x" * 3000) for n in range(150)], received_at=DAY)
    proxy = Proxy(poor.port, seed=3)
    proxy.cut_after = 40_000
    try:
        for _ in range(20):
            with suppress(MailboxUnreachable):
                proofs = migrate((dovecot, user), (poor, other), port=proxy.port, memory=tmp_path / "memory.tsv")
                break
    finally:
        proxy.stop()
    assert proxy.links > 3
    (proof,) = [p for p in proofs if p.messages]
    assert (proof.new_messages, proof.differences) == (150, ())


def test_a_message_that_the_new_server_refuses_is_told_and_the_rest_arrives(
    dovecot: Dovecot, poor: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, other = new_user(), new_user()
    put(dovecot, user, letter("một"), letter("quá lớn"), letter("ba"))
    append = Session.append

    def choosy(session: Session, folder: str, raw: bytes, **more: object) -> object:
        if "quá lớn".encode() in raw:
            raise MailboxRefused("NO [LIMIT] message too large")
        return append(session, folder, raw, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "append", choosy)
    (proof,) = [p for p in migrate((dovecot, user), (poor, other)) if p.messages]
    assert [(each.what, each.uid, each.said) for each in proof.differences] == [("refused", 2, "NO [LIMIT] message too large")]
    assert proof.new_messages == 2


def config_of(tmp_path: Path, old: tuple[Dovecot, str], new: tuple[Dovecot, str]) -> Path:
    tables = "".join(
        f'[[mailbox]]\nname = "{name}"\nhost = "localhost"\nport = {server.tls_port}\nca_file = "{server.ca_file}"\n'
        f'user = "{user}"\nsecret = "env:VANTHU_TEST_SECRET"\nsweep = false\n'
        for name, (server, user) in (("cu", old), ("moi", new))
    )
    file = tmp_path / "vanthu.toml"
    file.write_text(tables)
    return file


def test_the_command_is_killed_and_goes_on(dovecot: Dovecot, poor: Dovecot, tmp_path: Path) -> None:
    user, other = new_user(), new_user()
    put(dovecot, user, *[letter(f"Thư {n}") for n in range(300)], received_at=DAY)
    config = config_of(tmp_path, (dovecot, user), (poor, other))
    command = [sys.executable, "-m", "gateway", "migrate", "cu", "moi", "--config", str(config)]
    killed = 0
    for wait in (0.15, 0.3, 0.6):
        with subprocess.Popen(
            command, cwd=tmp_path, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            _until_something_arrives(poor, other, more_than=killed)
            time.sleep(wait)
            process.kill()
        killed = len(everything(poor, other)["INBOX"])
    done = subprocess.run(command, cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(everything(poor, other)["INBOX"]) == 300
    assert everything(poor, other)["INBOX"] == everything(dovecot, user)["INBOX"]
    assert "ĐỦ: mọi thư đã có trên máy chủ mới" in (tmp_path / "doi-chieu-cu-moi.txt").read_text()


def _environment() -> dict[str, str]:
    import os

    return os.environ | {"VANTHU_TEST_SECRET": PASSWORD, "PYTHONPATH": str(Path(__file__).parents[2])}


def _until_something_arrives(server: Dovecot, user: str, *, more_than: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        session = mailboxes.signed_in(server, user)
        count = session.select("INBOX").exists
        session.close()
        if count > more_than or count == 300:
            return
        time.sleep(0.05)
    raise AssertionError("nothing arrived")


def test_the_command_says_what_is_wrong(dovecot: Dovecot, tmp_path: Path) -> None:
    config = config_of(tmp_path, (dovecot, "a@x.example"), (dovecot, "b@x.example"))

    def run(*words: str) -> str:
        return CliRunner().invoke(main, ["migrate", *words, "--config", str(config)]).output

    assert "expected two different mailboxes" in run("cu", "cu")
    assert "khong: no such [[mailbox]]" in run("cu", "khong")
    config.write_text(config.read_text().replace("env:VANTHU_TEST_SECRET", "env:NOTHING_THERE"))
    assert "the environment has no NOTHING_THERE" in run("cu", "moi")


@pytest.mark.parametrize(
    ("name", "delimiter", "there", "below", "expected"),
    [
        ("INBOX", ".", "/", "", "INBOX"),
        ("Inbox.Sent", ".", "/", "", "INBOX/Sent"),
        ("Lưu/Năm.2019", "/", ".", "", "Lưu.Năm-2019"),
        ("INBOX", "/", "/", "Cũ", "Cũ/INBOX"),
        ("A/B", "/", "", "", "A-B"),
        ("A.B", "", "/", "", "A.B"),
    ],
)
def test_names_of_folders_fit_the_new_server(name: str, delimiter: str, there: str, below: str, expected: str) -> None:
    assert new_name(Folder(name=name, delimiter=delimiter), there, below) == expected


def test_twins_are_matched_one_by_one() -> None:
    old = [Standing(uid=n, digest="d", flags=(f"f{n}",)) for n in (1, 2)]
    new = [Standing(uid=8, digest="d", flags=("f2",))]
    assert missing(old, new) == [old[1]]
    proof = compared("A", "A", old, [*new, Standing(uid=9, digest="d", flags=("f1",))])
    assert proof.is_whole


def test_a_memory_that_was_cut_off_in_a_line_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "m.tsv")
    memory.put("old", "Đã gửi\t\n", 7, 1, "a" * 64)
    memory.put("old", "INBOX", 7, 2, "b" * 64)
    memory.close()
    text = (tmp_path / "m.tsv").read_text()
    (tmp_path / "m.tsv").write_text(text[:-20])
    again = Memory(tmp_path / "m.tsv")
    assert (again.get("old", "Đã gửi\t\n", 7, 1), again.get("old", "INBOX", 7, 2)) == ("a" * 64, "")
    again.put("new", "INBOX", 7, 2, "c" * 64)
    again.close()
    last = Memory(tmp_path / "m.tsv")
    last.close()
    assert last.get("new", "INBOX", 7, 2) == "c" * 64
