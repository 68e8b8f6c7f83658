"""The report, as XLSX and CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from gateway.backlog.report import write_csv, write_workbook
from gateway.backlog.tally import Tally
from gateway.errors import ConfigError
from gateway.model import Direction
from gateway.store import Outcome, PastDocument, PastMail, Remembered


def tally() -> Tally:
    counted = Tally("mailbox:thcsll")
    for n, (outcome, note) in enumerate(
        [(Outcome.ARCHIVED, ""), (Outcome.ARCHIVED, ""), (Outcome.FAILED, '=HYPERLINK("x")\x07'), (Outcome.SECRET, "mật")]
    ):
        document = PastDocument(
            unit="THCSLL", direction=Direction.OUTGOING, kind="Báo cáo", year=2019, number_symbol="1/BC", key="", case_id=""
        )
        mail = PastMail(
            key=str(n),
            folder="Đã gửi",
            at=None,
            size=1024 * 1024,
            digest="",
            sender="",
            outcome=outcome,
            note=note,
            documents=(document,) if outcome is Outcome.ARCHIVED else (),
        )
        counted.count(mail, Remembered(joined=n % 2))
    return counted


def test_the_workbook_says_what_an_office_head_asks(tmp_path: Path) -> None:
    write_workbook(tally(), tmp_path / "r.xlsx", name_of=lambda code: {"THCSLL": "Trường THCS Lê Lợi"}[code])
    book = load_workbook(tmp_path / "r.xlsx")
    pages = {page.title: [list(row) for row in page.iter_rows(values_only=True)] for page in book}
    assert pages["Tổng hợp đơn vị"][1] == ["Trường THCS Lê Lợi", "THCSLL", 2, 0, 0, 0]
    assert pages["Loại và năm"][1] == ["Trường THCS Lê Lợi", "THCSLL", "văn bản đi", "Báo cáo", 2019, 2, 0, 0]
    assert pages["Hộp thư"][1] == ["mailbox:thcsll", "Đã gửi", 4, 2, 0, 0, 1, 0, 1, 4.0]
    assert [row[-1] for row in pages["Cần xem"][1:]] == ['\'=HYPERLINK("x") ', "mật"]


def test_the_same_as_csv(tmp_path: Path) -> None:
    files = write_csv(tally(), tmp_path / "bao-cao", name_of=str.lower)
    assert [file.name for file in files] == ["tong-hop-don-vi.csv", "loai-va-nam.csv", "hop-thu.csv", "can-xem.csv"]
    with files[0].open(encoding="utf-8-sig", newline="") as opened:
        assert list(csv.reader(opened))[1:] == [["thcsll", "THCSLL", "2", "0", "0", "0"], ["Cộng", "", "2", "0", "0", "0"]]


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_workbook(tally(), tmp_path / "none" / "r.xlsx", name_of=str)
    with pytest.raises(ConfigError, match="cannot be written"):
        write_csv(tally(), tmp_path / "file" / "r", name_of=str)
