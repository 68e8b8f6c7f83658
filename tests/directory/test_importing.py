"""Lists that departments keep, taken into the directory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from gateway import sample
from gateway.directory import columns, export, files, importing, sheets, writing
from gateway.directory.changes import Preview
from gateway.directory.history import changes
from gateway.directory.snapshot import MailboxRole
from gateway.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The directory of the sample department."""
    sample.write(tmp_path / "house")
    return tmp_path / "house" / "directory"


def workbook(path: Path, *rows: tuple[object, ...], title: str = "Sheet1") -> Path:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


HEADINGS = ("STT", "Địa chỉ", "Mã đơn vị", "Vai trò", "Họ và tên", "Từ ngày")


def test_a_workbook_with_vietnamese_headings_says_what_it_would_change(folder: Path, tmp_path: Path) -> None:
    list_file = workbook(
        tmp_path / "danh-sach.xlsx",
        ("DANH SÁCH HỘP THƯ",),
        HEADINGS,
        (1, "Moi.Nguoi@sgdhuonggiang.edu.vn", "SGDHG", "chuyên viên", "Ngô Thị Mới", None),
        (2, "vanthu.thcsll@sgdhuonggiang.edu.vn", "THCSLL", "văn thư", "Nguyễn Thị Khác", None),
        (3, "vanthu@sgdhuonggiang.edu.vn", "SGDHG", "clerk", "Trần Thị Hạnh", None),
    )

    plan = importing.preview(list_file, folder)

    assert (plan.file, plan.rows, plan.errors, plan.unchanged, plan.ignored) == ("mailboxes.csv", 3, (), 1, ("STT",))
    assert [change.after for change in plan.added] == [
        {"address": "moi.nguoi@sgdhuonggiang.edu.vn", "organisation": "SGDHG", "role": "staff", "person": "Ngô Thị Mới"}
    ]
    (changed,) = plan.changed
    assert changed.columns == ("person",)
    assert plan.removed == ()


def test_every_wrong_cell_is_named_by_row_and_column(folder: Path, tmp_path: Path) -> None:
    list_file = workbook(
        tmp_path / "loi.xlsx",
        HEADINGS,
        (1, "không phải địa chỉ", "SGDHG", "văn thư", "A", None),
        (2, "b@sgdhuonggiang.edu.vn", None, "sếp", "B", "31/02/2026"),
        (3, "c@sgdhuonggiang.edu.vn", "SGDHG", "văn thư", "C", datetime(2026, 1, 5)),  # noqa: DTZ001 - as Excel keeps it
        (4, "C@sgdhuonggiang.edu.vn", "SGDHG", "văn thư", "C", datetime(2026, 1, 5)),  # noqa: DTZ001
    )

    plan = importing.preview(list_file, folder)

    assert not plan.is_good
    assert [(error.row, error.column) for error in plan.errors] == [
        (2, "Địa chỉ"), (3, "Vai trò"), (3, "Từ ngày"), (3, "Mã đơn vị"), (5, ""),
    ]  # fmt: skip
    assert str(plan.errors[1]) == (
        "dòng 3, cột “Vai trò”: cần một trong các từ: văn thư, chuyên viên, lãnh đạo, dùng chung, cá nhân, thông báo tự động, "
        "đang là “sếp”"
    )
    before = files.contents(folder)
    with pytest.raises(ConfigError, match="nothing was written"):
        writing.apply(plan, folder)
    assert files.contents(folder) == before


def test_applied_it_is_in_the_directory_and_the_same_list_changes_nothing_more(folder: Path, tmp_path: Path) -> None:
    list_file = workbook(
        tmp_path / "a.xlsx", HEADINGS, (1, "moi@sgdhuonggiang.edu.vn", "SGDHG", "văn thư", "Ngô Thị Mới", "01/12/2026")
    )
    writing.apply(importing.preview(list_file, folder), folder)

    (added,) = [row for row in files.load(folder).mailboxes if row.address == "moi@sgdhuonggiang.edu.vn"]
    assert (added.role, added.valid_from.isoformat() if added.valid_from else "") == (MailboxRole.CLERK, "2026-12-01")
    again = importing.preview(list_file, folder)
    assert (again.added, again.changed, again.unchanged) == ((), (), 1)


def test_rows_that_the_list_has_not_stay_unless_it_replaces_the_table(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "offices.csv").write_text("name;title\nqlvb-tinh;Hệ thống mới\n", encoding="utf-8")

    kept = importing.preview(tmp_path / "offices.csv", folder)
    replaced = importing.preview(tmp_path / "offices.csv", folder, replace=True)

    assert kept.removed == ()
    assert [change.key for change in replaced.removed] == [("ioffice-nganh",)]
    (changed,) = kept.changed
    assert changed.after is not None
    assert changed.after["url"] == "https://qlvb.huonggiang.example/"  # a column that the list does not have


def test_what_somebody_changed_since_the_preview_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "offices.csv").write_text("name,title\nqlvb-tinh,Hệ thống mới\n", encoding="utf-8")
    plan = importing.preview(tmp_path / "offices.csv", folder)
    path = folder / "offices.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Hệ thống QLVB&ĐH tỉnh", "Tên khác"), encoding="utf-8")
    with pytest.raises(ConfigError, match="changed by somebody else"):
        writing.apply(plan, folder)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "an empty list"),
        ("a.csv", "Tên,Tuổi\nA,1\n".encode(), "none of our tables"),
        ("a.csv", "địa chỉ\n".encode("utf-16-be"), "expected UTF-8"),
        ("a.xlsx", b"PK\x03\x04 nothing", "not a workbook"),
        ("none.csv", None, "cannot be read"),
    ],
)
def test_a_list_that_is_none_says_so(folder: Path, tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        importing.preview(tmp_path / name, folder)


def test_a_table_or_sheet_that_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    list_file = workbook(tmp_path / "a.xlsx", HEADINGS, (1, "a@b.vn", "SGDHG", "văn thư", "A", None), title="Trường")
    with pytest.raises(ConfigError, match="there is no table 'hop-thu'"):
        importing.preview(list_file, folder, table="hop-thu")
    with pytest.raises(ConfigError, match="there is no sheet 'Phòng'; expected one of Trường"):
        importing.preview(list_file, folder, sheet="Phòng")


def test_the_exported_workbook_comes_back_without_a_change(folder: Path, tmp_path: Path) -> None:
    rows = export.write(files.contents(folder), tmp_path / "all.xlsx")
    assert set(rows) == {table.file.removesuffix(".csv") for table in columns.TABLES}
    for name in rows:
        plan = importing.preview(tmp_path / "all.xlsx", folder, table=name, sheet=name, replace=True)
        assert (plan.errors, plan.added, plan.changed, plan.removed) == ((), (), (), ()), name


def test_history_tells_rows_that_came_went_and_changed() -> None:
    before = {"domains.csv": "domain,organisation\na.vn,A\nb.vn,B\n"}
    after = {"domains.csv": "domain;organisation\na.vn;A\nb.vn;BB\nc.vn;C\n"}
    found = {each.change.key[0]: (each.change.before is None, each.change.columns) for each in changes(before, after)}
    assert found == {"b.vn": (False, ("organisation",)), "c.vn": (True, ("domain", "organisation"))}
    assert [each.change.after for each in changes(before, {})] == [None, None]


def test_cells_of_a_sheet_read_as_somebody_typed_them(tmp_path: Path) -> None:
    list_file = workbook(tmp_path / "a.xlsx", ("n", "d", "f"), (12, datetime(2026, 9, 2), 1.5))  # noqa: DTZ001 - as Excel keeps it
    assert sheets.rows_of(list_file)[1] == ["12", "2026-09-02", "1.5"]


@pytest.mark.parametrize(
    ("table", "cell"),
    [
        ("mailboxes", {"address": "x"}),
        ("mailboxes", {"role": "x"}),
        ("domains", {"domain": "x"}),
        ("holidays", {"day": "x"}),
        ("holidays", {"worked": "vielleicht"}),
        ("retired", {"retired_on": "x"}),
        ("patterns", {"pattern": "<x>"}),
        ("patterns", {"pattern": "a[[b]]@c.d"}),
        ("patterns", {"pattern": "<a b>@c.d"}),
    ],
)
def test_what_is_wrong_with_a_cell_is_said_in_vietnamese(folder: Path, table: str, cell: dict[str, str]) -> None:
    said = [error.said for error in importing.preview_row(table, cell, folder).errors if "đang là" in error.said]
    assert said
    assert not any(word in each.split("đang là")[0] for each in said for word in (" like ", " a ", " an ", " or ", "one of"))


# --- Those who would break it -------------------------------------------------------------------------------------------


def a_row(folder: Path, address: str, person: str = "Ai Đó") -> Preview:
    """The preview of one new mailbox."""
    return importing.preview_row(
        "mailboxes", {"address": address, "organisation": "SGDHG", "role": "staff", "person": person}, folder
    )


def test_many_who_write_at_once_lose_nothing(folder: Path) -> None:
    before = len(files.load(folder).mailboxes)
    plans = [a_row(folder, f"nguoi{n}@sgdhuonggiang.edu.vn") for n in range(12)]
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda plan: writing.apply(plan, folder), plans))
    assert len(files.load(folder).mailboxes) == before + 12
    assert [file.name for file in folder.iterdir() if file.suffix != ".csv"] == []


def test_a_row_that_somebody_else_added_meanwhile_is_not_written_over(folder: Path) -> None:
    first, second = a_row(folder, "moi@sgdhuonggiang.edu.vn", "Một"), a_row(folder, "moi@sgdhuonggiang.edu.vn", "Hai")
    writing.apply(first, folder)
    with pytest.raises(ConfigError, match="changed by somebody else meanwhile"):
        writing.apply(second, folder)


def test_a_table_with_the_same_row_twice_is_not_rewritten_with_one_of_them(folder: Path) -> None:
    file = folder / "mailboxes.csv"
    last = file.read_text(encoding="utf-8-sig").rstrip().splitlines()[-1]
    with file.open("a", encoding="utf-8") as out:
        out.write(f"{last}\n")
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="stands there twice"):
        a_row(folder, "moi@sgdhuonggiang.edu.vn")
    assert file.read_bytes() == before


def test_a_full_disk_leaves_the_old_table(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, before = a_row(folder, "moi@sgdhuonggiang.edu.vn"), (folder / "mailboxes.csv").read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        writing.apply(plan, folder)
    assert (folder / "mailboxes.csv").read_bytes() == before
    assert [file.name for file in folder.iterdir() if file.suffix != ".csv"] == []


def test_what_cannot_be_seen_in_a_cell_is_not_taken_over(folder: Path) -> None:
    cells = ("la\u200b@sgdhuonggiang.edu.vn\u00a0", "SGDHG", "chuye\u0302n vie\u0302n", "Nguye\u0302\u0303n\nVa\u0306n A")
    (row,) = sheets.rows_in(("\t".join(f'"{cell}"' for cell in cells) + "\n").encode("utf-16"))
    assert row == ["la@sgdhuonggiang.edu.vn", "SGDHG", "chuyên viên", "Nguyễn Văn A"]


def test_a_name_that_begins_like_a_formula_stays_a_name_in_the_workbook(tmp_path: Path) -> None:
    out = tmp_path / "x.xlsx"
    export.write({"domains.csv": "domain,organisation\n=cmd|calc,-1+1\n"}, out)
    cell = openpyxl.load_workbook(out)["domains"]["A2"]
    assert (cell.data_type, cell.value) == ("s", "=cmd|calc")


def test_a_list_that_is_longer_than_can_be_taken_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    with pytest.raises(ConfigError, match="more than 3 rows"):
        sheets.rows_in(b"a\nb\nc\nd\n")
