"""The directory as spreadsheets write it, and what is said about their mistakes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway import sample
from gateway.directory.files import load
from gateway.directory.snapshot import MailboxRole, OrganisationKind
from gateway.errors import ConfigError
from gateway.model import Phase

GOOD = {
    "organisations.csv": "code,name,kind,symbols,phase\nSO,Sở Giáo dục,department,SGDĐT|SGD&ĐT,enforce\n",
    "domains.csv": "domain\nso.example\n",
    "mailboxes.csv": "address,organisation,role\nvanthu@so.example,SO,clerk\n",
    "offices.csv": "name,title\nqlvb,Hệ thống\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in GOOD.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_least_that_is_needed(folder: Path) -> None:
    directory = load(folder)

    row = directory.organisation("SO")
    assert row is not None
    assert (row.kind, row.symbols, row.phase) == (OrganisationKind.DEPARTMENT, ("SGDĐT", "SGD&ĐT"), Phase.ENFORCE)
    assert (directory.retired_addresses, directory.campaigns) == ((), ())


def test_the_sample_reads_as_it_is_written(tmp_path: Path) -> None:
    sample.write(tmp_path)
    directory = load(tmp_path / "directory")

    assert len(directory.organisations) >= 15
    clerk = directory.mailbox("vanthu.thcsll@sgdhuonggiang.edu.vn", date(2026, 11, 23))
    assert clerk is not None
    assert (clerk.role, clerk.organisation) == (MailboxRole.CLERK, "THCSLL")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_files_may_come_from_any_spreadsheet(folder: Path, mark: bytes, ends: str, delimiter: str) -> None:
    text = GOOD["organisations.csv"].replace(",", delimiter).replace("\n", ends)
    (folder / "organisations.csv").write_bytes(mark + text.encode())

    assert load(folder).organisations.keys() == {"SO"}


def test_empty_rows_and_columns_that_a_spreadsheet_leaves_behind_are_passed_over(folder: Path) -> None:
    (folder / "domains.csv").write_text("domain,,\n,,\nso.example,,\n\n  ,,\n", encoding="utf-8")

    assert [row.domain for row in load(folder).domains] == ["so.example"]


def test_a_cell_may_hold_the_delimiter_quotes_and_spaces(folder: Path) -> None:
    (folder / "offices.csv").write_text('name,title\nqlvb," Hệ thống ""QLVB"", tỉnh "\n', encoding="utf-8")

    office = load(folder).office("qlvb")
    assert office is not None
    assert office.title == 'Hệ thống "QLVB", tỉnh'


@pytest.mark.parametrize("written", ["2019-11-01", "01/11/2019", "1/11/2019"])
def test_dates_are_read_as_people_write_them(folder: Path, written: str) -> None:
    (folder / "domains.csv").write_text(f"domain,valid_from\nso.example,{written}\n", encoding="utf-8")

    assert load(folder).domains[0].valid_from == date(2019, 11, 1)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("mailboxes.csv", "address,organisation,role\na@so.example,SO,clerk\nb@so.example,SO,sếp\n",
         'mailboxes.csv: row 3, column "role": expected one of clerk, staff, leader, shared, personal, notification'),
        ("mailboxes.csv", "address,organisation,role\nvanthu,SO,clerk\n",
         'mailboxes.csv: row 2, column "address": expected an address like'),
        ("mailboxes.csv", "address,organisation,role\na@so.example,,clerk\n",
         'mailboxes.csv: row 2, column "organisation": expected a value, found an empty cell'),
        ("mailboxes.csv", "address,organisation,role,phone\n",
         'mailboxes.csv: row 1, column "phone": unknown; expected one of address, organisation, role, person'),
        ("mailboxes.csv", "address,role,role\n", 'mailboxes.csv: row 1, column "role": stands there twice'),
        ("mailboxes.csv", "address,role\n", "mailboxes.csv: row 1: expected also the column(s) organisation"),
        ("mailboxes.csv", "", "mailboxes.csv: row 1: expected also the column(s) address, organisation, role"),
        ("mailboxes.csv", "address,organisation,role\na@so.example,SO,clerk,Hạnh\n",
         'mailboxes.csv: row 2: expected 3 cells, found "Hạnh" beyond them'),
        ("domains.csv", "domain\n@so.example\n", 'domains.csv: row 2, column "domain": expected a domain like'),
        ("domains.csv", "domain,valid_to\nso.example,31/11/2019\n",
         'domains.csv: row 2, column "valid_to": expected a date like 2019-11-01 or 01/11/2019, got "31/11/2019"'),
        ("organisations.csv", "code,name,kind,phase\nSO,Sở,department,sometimes\n",
         'column "phase": expected one of observe, advise, enforce, got "sometimes"'),
        ("domains.csv", 'domain\n"so.example\n', "domains.csv: row 2: not valid CSV"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_row_column_and_what_was_expected(folder: Path, file: str, text: str, said: str) -> None:
    (folder / file).write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError) as error:
        load(folder)
    assert said in str(error.value)
    assert str(folder / file) in str(error.value)


def test_a_file_in_another_encoding_is_named_with_its_row(folder: Path) -> None:
    (folder / "domains.csv").write_bytes("domain\nso.example\nsở.example\n".encode("cp1258", errors="replace") + b"\xff")

    with pytest.raises(ConfigError, match=r"domains\.csv: row \d: expected UTF-8"):
        load(folder)


def test_a_missing_file_or_folder_is_named(folder: Path) -> None:
    (folder / "offices.csv").unlink()
    with pytest.raises(ConfigError, match=r"offices\.csv: cannot be read"):
        load(folder)
    with pytest.raises(ConfigError, match=r"expected a folder with organisations\.csv"):
        load(folder / "nowhere")
