"""``vanthu import``, as the IT officer runs it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import sample
from gateway.cli import main
from gateway.commands.opened import store_of
from gateway.config import load
from gateway.lifecycle import CaseState

LETTERS = Path(sample.__file__).parent / "letters"


def vanthu(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("import")
    sample.write(folder / "house")
    (folder / "old" / "Đã gửi").mkdir(parents=True)
    for name in ("07-cong-van-do-van-thu-gui.eml", "17-thu-hoi-lich.eml", "12-tai-lieu-mat.eml"):
        shutil.copy(LETTERS / name, folder / "old" / "Đã gửi" / name)
    (folder / "old" / "rac.eml").write_bytes(b"\xff\x00 no mail")
    return folder


def test_old_mail_is_tried_taken_reported_and_taken_only_once(house: Path) -> None:
    config, old = house / "house" / "vanthu.toml", house / "old"
    tried = vanthu("import", "eml-folder", old, "--config", config, "--dry-run", "--report", house / "thu.xlsx")
    assert tried.exit_code == 0, tried.output
    assert "Chạy thử, chưa lưu gì:" in tried.stdout
    assert (house / "thu.xlsx").stat().st_size > 1000

    done = vanthu("import", "eml-folder", old, "--config", config, "--folders", "đã gửi", "--jobs", "1")
    assert done.exit_code == 0, done.output
    assert "có văn bản, đã lưu trữ: 1 thư" in done.stdout
    assert "có dấu chỉ độ mật, không lưu: 1 thư" in done.stdout
    again = vanthu("import", "eml-folder", old, "--config", config)
    assert "thư đã nhập từ lần trước: 3" in again.stdout
    with store_of(load(config)) as store:
        (row,) = store.views.cases(units=None, states=[CaseState.ARCHIVED]).rows
    assert (row.number_symbol, row.unit) == ("87/THCSLL", "THCSLL")

    listed = vanthu("import", "list", "--config", config)
    assert f"eml-folder:{old}\txong" in listed.stdout
    report = vanthu("import", "report", "--config", config, house / "csv")
    assert report.exit_code == 0, report.output
    assert "Trường THCS Lê Lợi" in (house / "csv" / "tong-hop-don-vi.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mbox", "nothing.mbox"), "no such file"),
        (("mbox", "old", "--dialect", "mboxx"), "expected one of auto, mboxo"),
        (("maildir", "old"), "expected a Maildir"),
        (("eml-folder", "house/vanthu.toml"), "expected a folder"),
        (("eml-folder", "old", "--of", "ai@khong.example"), "expected a unit or a mailbox of the directory"),
        (("eml-folder", "old", "--since", "2020-01-02", "--until", "2020-01-01"), "expected a day not before --since"),
        (("eml-folder", "old", "--dry-run", "--folders", "none", "--report", "r.pdf"), "expected a name ending in .xlsx"),
    ],
)
def test_a_wrong_wish_is_answered_with_what_was_expected(
    house: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(house)
    result = vanthu("import", *arguments, "--config", "house/vanthu.toml")
    assert result.exit_code in (1, 2)
    assert said in result.output
