"""The directory on the console: what is wrong, who is where, a list taken in after a look at what it changes."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from gateway import sample as sample_house
from gateway.directory import files
from gateway.model import Account
from gateway.policy.facts import local_day
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, LEADER, OFFICER, House
from web import directory as page

AsPerson = Callable[[Account], Visitor]
TODAY = local_day(datetime.now(UTC))
HEADINGS = ("Địa chỉ", "Mã đơn vị", "Vai trò", "Họ và tên")
NEW = ("moi.nguoi@sgdhuonggiang.edu.vn", "SGDHG", "chuyên viên", "Ngô Thị Mới")


@pytest.fixture
def folder(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the sample department, which the console reads."""
    sample_house.write(tmp_path / "house")
    folder = tmp_path / "house" / "directory"
    folder.rename(tmp_path / "directory")
    monkeypatch.setattr(house, "directory", lambda: files.load(tmp_path / "directory"))
    return tmp_path / "directory"


def workbook(*rows: tuple[object, ...]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def send(visitor: Visitor, data: bytes, name: str = "danh-sach.xlsx", **fields: str) -> tuple[int, str]:
    visitor.get("/directory")
    response = visitor.press("/directory/import", file=(io.BytesIO(data), name), **fields)  # type: ignore[arg-type]
    visitor._page = response.text
    return response.status_code, response.text


def word_on(text: str) -> str:
    return text.partition('name="word" value="')[2].partition('"')[0]


def test_a_list_is_written_after_its_preview_and_names_who_did_it(as_person: AsPerson, house: House, folder: Path) -> None:
    officer = as_person(OFFICER)
    status, text = send(officer, workbook(HEADINGS, NEW))
    assert (status, "1 mới, 0 thay đổi" in text) == (200, True)
    assert "Ngô Thị Mới" in text
    assert files.load(folder).mailbox(NEW[0], TODAY) is None

    assert officer.press("/directory/apply", word=word_on(text)).status_code == 302
    assert files.load(folder).mailbox(NEW[0], TODAY) is not None
    assert house.reloaded == 1
    assert house.store.archive.directories()[0].actor == OFFICER.name
    assert OFFICER.name in officer.get("/directory").text


def test_a_preview_is_written_once_and_by_whoever_saw_it(as_person: AsPerson, folder: Path) -> None:
    officer = as_person(OFFICER)
    word = word_on(send(officer, workbook(HEADINGS, NEW))[1])
    assert officer.press("/directory/apply", word="x" * 22).status_code == 302
    officer.press("/directory/apply", word=word)
    officer.press("/directory/apply", word=word)
    assert "Bản xem trước này không còn" in officer.get("/directory").text


def test_wrong_cells_are_named_by_row_and_column_and_nothing_is_written(as_person: AsPerson, folder: Path) -> None:
    before = files.contents(folder)
    status, text = send(as_person(OFFICER), workbook(HEADINGS, ("không phải", "SGDHG", "sếp", "<b>A</b>")))
    assert status == 422
    assert "Vai trò" in text
    assert "“sếp”" in text
    assert word_on(text) == ""
    assert files.contents(folder) == before


def test_what_would_be_wrong_afterwards_is_said_before(as_person: AsPerson, folder: Path) -> None:
    text = send(as_person(OFFICER), workbook(HEADINGS, ("ai@sgdhuonggiang.edu.vn", "KHONGCO", "chuyên viên", "A")))[1]
    assert "Sau khi ghi, sẽ cần xem lại" in text
    assert "Đơn vị mã KHONGCO không có trong danh bạ" in text


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "a.xlsx", "Xin chọn một danh sách"),
        (b"PK\x03\x04 half of a workbook", "a.xlsx", "không phải bảng tính đọc được"),
        ("Tên,Cỡ\nAn,đỏ\n".encode(), "a.csv", "không phải của bảng nào"),
        ("Địa chỉ,Mã đơn vị,Vai trò\n".encode("cp1258", "replace"), "a.csv", "CSV UTF-8"),
    ],
)
def test_what_is_no_list_says_what_to_do(as_person: AsPerson, folder: Path, data: bytes, name: str, said: str) -> None:
    officer = as_person(OFFICER)
    assert send(officer, data, name)[0] == 302
    assert said in officer.get("/directory").text


def test_a_list_that_is_too_long_is_not_read(as_person: AsPerson, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "LONGEST_LIST", 10)
    officer = as_person(OFFICER)
    assert send(officer, workbook(HEADINGS, NEW))[0] == 302
    assert "Xin chọn một danh sách" in officer.get("/directory").text


def test_two_officers_do_not_write_over_each_other(as_person: AsPerson, folder: Path) -> None:
    first, second = as_person(OFFICER), as_person(OFFICER)
    changed = (NEW[0], NEW[1], NEW[2], "Tên Khác")
    words = [word_on(send(visitor, workbook(HEADINGS, row))[1]) for visitor, row in ((first, NEW), (second, changed))]
    for visitor, word in zip((first, second), words, strict=True):
        visitor.press("/directory/apply", word=word)
    assert "vừa có người khác sửa" in second.get("/directory").text
    box = files.load(folder).mailbox(NEW[0], TODAY)
    assert box is not None
    assert box.person == "Ngô Thị Mới"


def test_who_is_at_which_office_system_and_which_accounts_are_locked(as_person: AsPerson, folder: Path) -> None:
    text = as_person(AUDITOR).get("/directory?q=so+giao+duc").text
    assert "Sở Giáo dục và Đào tạo Hương Giang" in text
    assert "đã khóa" in text
    assert "Trường THCS Lê Lợi" not in text
    assert "Không có đơn vị nào khớp" in as_person(AUDITOR).get("/directory?q=khong+he+co").text


def test_the_whole_directory_is_one_workbook(as_person: AsPerson, folder: Path) -> None:
    response = as_person(AUDITOR).get("/directory.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(response.data))
    assert {"organisations", "mailboxes", "accounts"} <= set(book.sheetnames)


def test_only_an_officer_changes_it_and_clerks_do_not_see_it(as_person: AsPerson, visitor: Visitor, folder: Path) -> None:
    assert "Cập nhật từ một danh sách" not in as_person(AUDITOR).get("/directory").text
    for account in (CLERK, LEADER):
        person = as_person(account)
        assert person.get("/directory").status_code == 403
        assert person.get("/directory.xlsx").status_code == 403
    auditor = as_person(AUDITOR)
    auditor.get("/password")
    assert auditor.press("/directory/apply", word="x").status_code == 403
    assert visitor.get("/directory").status_code == 302


def test_strangers_send_no_megabytes(visitor: Visitor, folder: Path) -> None:
    visitor.get("/sign-in")
    response = visitor.press("/directory/import", file=(io.BytesIO(b"x" * 200_000), "a.csv"))  # type: ignore[arg-type]
    assert response.status_code == 413
