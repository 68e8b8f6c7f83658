"""The command line: what other programs may rely on, and one line instead of a traceback whatever is wrong."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import socket
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import sample
from gateway.cli import main
from tests.world.gateway import run_vanthu, with_setting
from tests.world.official import school_letter
from tests.world.pdf import pdf

KEYS = {"path", "nature", "confidence", "documents", "text_source", "elapsed_ms", "media", "reason", "signatures", "inner"}
DOCUMENT_KEYS = {
    "number", "number_symbol", "symbol", "kind", "issuer", "issued_on", "subject", "signer", "urgency", "evidence",
}  # fmt: skip
LETTERS = Path(sample.__file__).parent / "letters"
OURS, STRANGER = "vanthu.pgdcs@sgdhuonggiang.edu.vn", "ai.do@gmail.example"


def vanthu(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=typed)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration of the sample house, with a name as a real one has it and free ports."""
    sample.write(tmp_path / "house")
    file = tmp_path / "house" / "vanthu.toml"
    change(file, "[smtp] hostname", '"mx.example.edu.vn"')
    change(file, "[smtp] listen", '"127.0.0.1:0"')
    change(file, "[web] listen", '"127.0.0.1:0"')
    return file


def change(file: Path, key: str, value: str) -> None:
    file.write_text(with_setting(file.read_text(encoding="utf-8"), key, value), encoding="utf-8")


# --- inspect ---


def test_inspect_writes_an_object_a_line_with_these_keys(tmp_path: Path) -> None:
    (tmp_path / "cv.pdf").write_bytes(pdf(school_letter()))
    (tmp_path / "empty.pdf").write_bytes(b"")

    done = vanthu("inspect", "--json", tmp_path)

    assert done.exit_code == 0
    document, empty = (json.loads(line) for line in done.stdout.splitlines())
    assert set(document) == set(empty) == KEYS
    assert [set(each) >= DOCUMENT_KEYS for each in document["documents"]] == [True]
    assert document["path"] == str(tmp_path / "cv.pdf")
    assert (document["text_source"], empty["text_source"], empty["documents"]) == ("text", "none", [])


def test_inspect_has_a_line_for_every_path_whatever_is_there(tmp_path: Path) -> None:
    strange = tmp_path / os.fsdecode(b"c\xf4ng v\xe0n.txt")  # a name in Latin-1
    strange.write_bytes(b"Em g\xe1i")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of that kind")
    paths = [strange, tmp_path / "pipe", tmp_path / "folder", tmp_path / "none.pdf"]

    done = run_vanthu("inspect", "--json", *map(str, paths), seconds=30)

    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(each["path"]).name for each in found] == ["c�ng v�n.txt", "pipe", "broken.pdf", "none.pdf"]
    assert [each["nature"] for each in found][1:] == ["unreadable"] * 3
    assert [each["reason"] for each in found][1::2] == ["not a regular file", "no such file or directory"]


def test_inspect_shows_strange_names_in_its_table(tmp_path: Path) -> None:
    done = vanthu("inspect", tmp_path / "not [" / "markup].pdf", tmp_path / os.fsdecode(b"\xff.pdf"))

    assert done.exit_code == 0, done.output
    assert "unreadable" in done.stdout


# --- explain ---


def test_explain_tells_the_recipients_in_order_with_these_keys(config: Path) -> None:
    to = ["cv.minh@sgdhuonggiang.edu.vn", STRANGER, OURS]
    letter = next(LETTERS.glob("*.eml"))

    done = vanthu("explain", letter, "--config", config, "--json", "--peer", "203.0.113.9", *_each("--to", to))

    assert done.exit_code == 0, done.output
    verdicts = json.loads(done.stdout)
    assert [verdict["recipient"] for verdict in verdicts] == to
    assert {"action", "rule", "clause", "reason", "unit", "office", "evidence", "passed_over"} <= set(verdicts[0])
    assert set(verdicts[1]) == set(verdicts[0])
    assert [verdict["rule"] == "rcpt" for verdict in verdicts] == [False, True, False]
    assert verdicts[1]["action"] == "reject"


def test_explain_shows_by_what_the_mail_and_its_files_are_found_again(config: Path) -> None:
    letter = next(LETTERS.glob("05-*.eml"))
    message = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)
    files = {str(part.get_filename()): sha256(part.get_content()).hexdigest() for part in message.iter_attachments()}

    (verdict,) = json.loads(vanthu("explain", letter, "--config", config, "--json", "--to", OURS).stdout)
    said = vanthu("explain", letter, "--config", config, "--to", OURS).stdout.splitlines()

    assert verdict["mail"] == {"sha256": sha256(letter.read_bytes()).hexdigest(), "size": letter.stat().st_size}
    assert {file["name"]: file["sha256"] for file in verdict["files"]} == files
    assert files
    assert said[0] == f"SHA-256 của thư: {verdict['mail']['sha256']}"
    assert said[1 : 1 + len(files)] == [f"  {name}: {digest}" for name, digest in files.items()]


@pytest.mark.parametrize(
    ("peer", "to", "said"),
    [
        ("203.0.113.9", STRANGER, f"{STRANGER}: từ chối ngay ở lệnh RCPT: địa chỉ không thuộc hệ thống thư của ngành, máy gửi"),
        ("127.0.0.1", STRANGER, f"{STRANGER}: chuyển nguyên vẹn"),
        ("127.0.0.1", "c3nguyenhue.huonggiang@moet.edu.vn", "từ chối ngay ở lệnh RCPT: địa chỉ đã ngừng sử dụng, xin gửi tới"),
    ],
)
def test_explain_says_what_the_door_itself_refuses(config: Path, tmp_path: Path, peer: str, to: str, said: str) -> None:
    (tmp_path / "hello.eml").write_bytes(b"From: a@b.example\r\nSubject: hello\r\n\r\nhello\r\n")

    done = vanthu("explain", tmp_path / "hello.eml", "--config", config, "--peer", peer, "--to", to)

    assert done.exit_code == 0, done.output
    assert said in done.stdout


@pytest.mark.parametrize(("option", "said"), [("--to", "nonsense"), ("--sender", "nonsense"), ("--sender", "<nonsense")])
def test_explain_takes_only_addresses(config: Path, option: str, said: str) -> None:
    done = vanthu("explain", next(LETTERS.glob("*.eml")), "--config", config, "--to", OURS, option, said)

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"Error: {said}: expected an address, as in name@example.edu.vn\n"


def test_explain_takes_the_null_sender(config: Path) -> None:
    done = vanthu("explain", next(LETTERS.glob("*.eml")), "--config", config, "--to", OURS, "--sender", "<>")

    assert done.exit_code == 0, done.output
    assert OURS in done.stdout


def _each(option: str, values: list[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


# --- check-config ---


def test_check_config_counts_what_it_found(config: Path) -> None:
    (config.parent / "office" / "qlvb-tinh").rmdir()
    change(config, "[smtp] hostname", '"vm"')

    done = vanthu("check-config", config)

    assert done.exit_code == 0
    *findings, total = done.stdout.splitlines()
    assert total == f"{config}: 0 lỗi, {len(findings)} lưu ý"
    assert all(finding.startswith("lưu ý: ") for finding in findings)
    assert any("[[office]] qlvb-tinh: không có thư mục" in finding for finding in findings)
    assert any("postmaster@vm" in finding for finding in findings)


def test_check_config_fails_on_an_inconsistent_directory(config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    config.write_text(text[: text.index("[[office]]")], encoding="utf-8")

    done = vanthu("check-config", config)

    assert done.exit_code == 1
    assert "LỖI: offices.csv: qlvb-tinh: " in done.stdout
    assert done.stdout.endswith(f"{config}: 2 lỗi, 1 lưu ý\n")


def _break_settings(house: Path) -> None:
    (house / "vanthu.toml").write_text("[smtp\n", encoding="utf-8")


def _break_cell(house: Path) -> None:
    table = house / "directory" / "organisations.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("enforce", "enforced", 1), encoding="utf-8")


def _break_rule(house: Path) -> None:
    policy = house / "policy.toml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("\naction = ", "\nactoin = ", 1), encoding="utf-8")


def _take_directory_away(house: Path) -> None:
    (house / "directory").rename(house / "elsewhere")


@pytest.mark.parametrize(
    ("break_it", "where", "said"),
    [
        (_break_settings, "vanthu.toml", "not valid TOML"),
        (_break_cell, "organisations.csv", "enforced"),
        (_break_rule, "policy.toml", "[[rule]] actoin: no such key; expected one of id, title, "),
        (_take_directory_away, "directory", ""),
    ],
)
def test_check_config_says_in_one_line_what_cannot_be_read(
    config: Path, break_it: Callable[[Path], None], where: str, said: str
) -> None:
    break_it(config.parent)

    done = vanthu("check-config", config)

    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"Error: {config.parent}")
    assert where in done.stderr
    assert said in done.stderr


# --- serve and init ---


@pytest.mark.parametrize("key", ["[smtp] listen", "[web] listen"])
def test_serve_on_a_taken_port_says_which_setting_and_listens_nowhere(config: Path, key: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f'"127.0.0.1:{taken.getsockname()[1]}"'
        change(config, key, address)
        done = run_vanthu("serve", "--config", str(config), seconds=30)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == f"Error: {key} = {address}: cannot listen there: Address already in use"
    assert "Traceback" not in done.stderr


def test_serve_on_an_address_of_another_machine_says_so(config: Path) -> None:
    change(config, "[smtp] listen", '"192.0.2.1:2525"')

    done = run_vanthu("serve", "--config", str(config), seconds=30)

    said = 'Error: [smtp] listen = "192.0.2.1:2525": cannot listen there: Cannot assign requested address'
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, said)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("serve", "--config"), ("user", "list", "--config")])
def test_a_folder_for_data_that_is_none_is_named(config: Path, command: tuple[str, ...]) -> None:
    (config.parent / "data").write_text("a file")

    done = run_vanthu(*command, str(config), seconds=30)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"Error: {config.parent}/data")
    assert "Traceback" not in done.stderr


def test_init_into_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "house").write_text("a file")

    done = vanthu("init", tmp_path / "house")

    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"Error: {tmp_path}/house")


# --- user ---

WORDS = "mười chữ cái"


def test_an_account_is_made_changed_closed_and_listed_and_leaves_one_lock_file(config: Path) -> None:
    given = ("--config", config, "--full-name", "Lan", "--role", "clerk", "--unit", "PGDCS", "--password", WORDS)
    done = [
        vanthu("user", "add", "lan.pgdcs", *given),
        vanthu("user", "change", "lan.pgdcs", "--config", config, "--full-name", "Phạm Thị Lan", "--role", "head-clerk"),
        vanthu("user", "close", "lan.pgdcs", "--config", config),
        vanthu("user", "list", "--config", config),
    ]
    assert [each.exit_code for each in done] == [0] * 4, [each.output for each in done]
    assert done[-1].stdout == "lan.pgdcs\thead-clerk\tPGDCS\tclosed\tnever\tPhạm Thị Lan\n"
    assert [file.name for file in (config.parent / "data").glob("*.lock")] == ["vanthu.sqlite3.vanthu-command.lock"]


def test_a_reset_password_is_made_up_and_shown(config: Path) -> None:
    given = ("--config", config, "--full-name", "Lan", "--role", "officer", "--password", WORDS)
    vanthu("user", "add", "lan", *given)
    first = vanthu("user", "reset-password", "lan", "--config", config).stdout.rpartition(" ")[2].strip()
    assert re.fullmatch(r"[a-z0-9]{4}(-[a-z0-9]{4}){2}", first)


@pytest.mark.parametrize(
    ("name", "password", "unit", "said"),
    [
        ("", WORDS, "PGDCS", "Tên đăng nhập gồm"),
        ("Lan Anh", WORDS, "PGDCS", "Tên đăng nhập gồm"),
        ("lan", "ngắn", "PGDCS", "từ 10 đến 200 ký tự"),
        ("lan", WORDS, "XYZ", "Không có đơn vị XYZ"),
    ],
)
def test_a_name_password_or_unit_that_cannot_be_is_refused(
    config: Path, name: str, password: str, unit: str, said: str
) -> None:
    rest = ("--full-name", "Lan", "--role", "clerk", "--unit", unit, "--password", password)

    done = vanthu("user", "add", name, "--config", config, *rest)

    assert done.exit_code > 0
    assert said in done.stderr
    assert vanthu("user", "list", "--config", config).stdout == ""
