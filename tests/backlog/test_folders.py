"""Maildirs, and folders of single files."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.backlog.folder import EmlFolder
from gateway.backlog.maildir import Maildir
from gateway.backlog.source import Unavailable
from gateway.documents.mime import split
from gateway.documents.recognise import recognise
from gateway.errors import ConfigError
from gateway.model import Nature
from tests.world.letters import decision_of_the_department
from tests.world.outlook import msg

RAW = b"From: a@sgd.example\r\nSubject: x\r\n\r\nText\r\n"
MOST = 1 << 20


def put(folder: Path, name: str, raw: bytes = RAW) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(raw)
    return folder / name


def test_a_maildir_is_read_with_its_subfolders_and_without_what_is_being_written(tmp_path: Path) -> None:
    put(tmp_path / "new", "1573700000.M1.host")
    put(tmp_path / "cur", "1573600000.M1.host,S=40:2,FS")
    put(tmp_path / "tmp", "1573800000.M1.host")
    put(tmp_path / ".L&AbA-u tr&Hu8-.2019" / "cur", "1573500000.M1.host:2,S")
    put(tmp_path / "Sent" / "cur", "1573400000.M1.host:2,S")
    (tmp_path / "dovecot.index").write_bytes(b"no mail")
    found = Maildir(tmp_path, most=MOST)
    items = list(found.items())
    assert [item.folder for item in items] == ["INBOX", "INBOX", "Lưu trữ/2019", "Sent"]
    assert found.extent() == 4 == items[-1].position
    assert {found.read(item) for item in items} == {RAW}


def test_a_mail_has_the_same_key_whatever_its_flags(tmp_path: Path) -> None:
    file = put(tmp_path / "new", "1573700000.M1.host")
    (before,) = Maildir(tmp_path, most=MOST).items()
    (tmp_path / "cur").mkdir()
    file.rename(tmp_path / "cur" / "1573700000.M1.host:2,S")
    (after,) = Maildir(tmp_path, most=MOST).items()
    assert before.key == after.key
    assert Maildir(tmp_path, most=MOST).read(before) == RAW  # listed before it was moved


def test_a_mail_that_was_deleted_meanwhile_costs_only_itself(tmp_path: Path) -> None:
    file = put(tmp_path / "cur", "1.host:2,")
    found = Maildir(tmp_path, most=MOST)
    (item,) = found.items()
    file.unlink()
    with pytest.raises(Unavailable, match="không còn"):
        found.read(item)


def test_lines_of_files_get_the_ends_that_they_have_on_the_wire(tmp_path: Path) -> None:
    put(tmp_path / "cur", "1.host:2,", RAW.replace(b"\r\n", b"\n"))
    found = Maildir(tmp_path, most=MOST)
    assert [found.read(item) for item in found.items()] == [RAW]


def test_a_folder_that_is_no_maildir_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cur and new"):
        Maildir(tmp_path, most=MOST)


def test_single_files_are_read_to_the_bottom_and_narrowed_by_folder(tmp_path: Path) -> None:
    put(tmp_path, "a.eml")
    put(tmp_path / "Đã gửi" / "2019", "b.EML")
    put(tmp_path / "Đã gửi", "c.txt")
    assert [item.folder for item in EmlFolder(tmp_path, most=MOST).items()] == [".", "Đã gửi/2019"]
    assert [item.folder for item in EmlFolder(tmp_path, most=MOST, folders=("đã gửi*",)).items()] == ["Đã gửi/2019"]


def test_another_file_under_the_same_name_is_another_mail(tmp_path: Path) -> None:
    file = put(tmp_path, "a.eml")
    (before,) = EmlFolder(tmp_path, most=MOST).items()
    file.write_bytes(RAW + b"more")
    (after,) = EmlFolder(tmp_path, most=MOST).items()
    assert before.key != after.key


def test_the_mail_of_apple_is_taken_out_of_its_wrapping(tmp_path: Path) -> None:
    put(tmp_path, "1.emlx", b"%d\n" % len(RAW) + RAW + b"<?xml version='1.0'?><plist/>")
    put(tmp_path, "2.emlx", b"no number\n")
    found = EmlFolder(tmp_path, most=MOST)
    good, bad = found.items()
    assert found.read(good) == RAW
    with pytest.raises(Unavailable, match="emlx"):
        found.read(bad)


def test_what_lies_in_an_outlook_mail_is_found(tmp_path: Path) -> None:
    inner = decision_of_the_department()
    name, data = next((part.name, part.data) for part in split(inner).parts if part.name)
    put(tmp_path, "Quyết định.msg", msg("Kính gửi", files=[(name, data)]))
    found = EmlFolder(tmp_path, most=1 << 24)
    (item,) = found.items()
    raw = found.read(item)
    assert raw == found.read(item)
    recognition = recognise(raw)
    assert recognition.subject == "Quyết định.msg"
    assert [document.nature for document in recognition.documents()] == [Nature.ISSUED]


def test_pipes_and_locked_files_cost_only_themselves(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.eml")
    put(tmp_path, "large.eml", RAW * 100)
    found = EmlFolder(tmp_path, most=1000)
    for item in found.items():
        with pytest.raises(Unavailable, match=r"tệp thường|quá lớn"):
            found.read(item)


def test_the_time_of_a_file_is_when_its_mail_came(tmp_path: Path) -> None:
    file = put(tmp_path / "cur", "1.host:2,")
    at = datetime(2015, 9, 5, 1, 0, tzinfo=UTC)
    os.utime(file, (at.timestamp(), at.timestamp()))
    (item,) = Maildir(tmp_path, most=MOST).items()
    assert item.at == at
