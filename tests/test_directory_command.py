"""``vanthu directory``: import, export, history."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import sample
from gateway.cli import main


def vanthu(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    sample.write(tmp_path / "house")
    return tmp_path / "house" / "vanthu.toml"


def test_without_apply_nothing_is_written(config: Path, tmp_path: Path) -> None:
    (tmp_path / "offices.csv").write_text("name,title\nqlvb-xa,Hệ thống xã\n", encoding="utf-8")
    table = config.parent / "directory" / "offices.csv"
    before = table.read_bytes()

    done = vanthu("directory", "import", tmp_path / "offices.csv", "--config", config)

    assert done.exit_code == 0, done.output
    assert "1 mới, 0 thay đổi" in done.stdout
    assert "thêm --apply để ghi" in done.stdout
    assert table.read_bytes() == before


def test_errors_are_listed_and_fail(config: Path, tmp_path: Path) -> None:
    (tmp_path / "mailboxes.csv").write_text("address,organisation,role\nx,SGDHG,clerk\n", encoding="utf-8")
    done = vanthu("directory", "import", tmp_path / "mailboxes.csv", "--config", config, "--apply")
    assert done.exit_code == 1
    assert "dòng 2, cột “address”" in done.stdout


def test_what_was_applied_is_in_the_history_with_who_did_it(config: Path, tmp_path: Path) -> None:
    (tmp_path / "holidays.csv").write_text("day,name\n2026-12-24,Ngày hội\n", encoding="utf-8")
    (tmp_path / "more.csv").write_text("day,name\n25/12/2026,Ngày hội\n2026-12-24,Hội trường\n", encoding="utf-8")
    assert vanthu("directory", "history", "--config", config).stdout == "Chưa có lần thay đổi nào được ghi.\n"

    for name in ("holidays.csv", "more.csv"):
        done = vanthu("directory", "import", tmp_path / name, "--config", config, "--table", "holidays", "--apply")
        assert done.exit_code == 0, done.output

    told = vanthu("directory", "history", "--config", config).stdout
    assert "holidays.csv: 2026-12-25: thêm mới; tên: Ngày hội" in told
    assert "holidays.csv: 2026-12-24: tên: Ngày hội → Hội trường" in told


def test_all_of_it_goes_into_a_workbook(config: Path, tmp_path: Path) -> None:
    done = vanthu("directory", "export", tmp_path / "danh-ba.xlsx", "--config", config)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "danh-ba.xlsx").read_bytes().startswith(b"PK")
    assert "organisations (" in done.stdout
