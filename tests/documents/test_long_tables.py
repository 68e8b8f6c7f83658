"""A long table is judged by its first rows, unless a document begins there; then all of it is read."""

from __future__ import annotations

import binascii
import io
import zipfile
from collections.abc import Callable
from functools import partial

import pytest

from gateway.documents import transfer
from gateway.documents.reading import sheet
from gateway.documents.recognise import recognise_file
from gateway.model import Nature
from tests.world import files

ROWS: list[list[str | int | float]] = [["Trường THCS", n, n * 1.5, f"Nguyễn Văn {n}", "x" * 20] for n in range(1500)]
HEAD: list[list[str | int | float]] = [
    ["UBND HUYỆN CẨM SƠN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
    ["PHÒNG GIÁO DỤC VÀ ĐÀO TẠO", "Độc lập - Tự do - Hạnh phúc"],
    ["Số: 45/QĐ-PGDĐT", "Cẩm Sơn, ngày 05 tháng 11 năm 2026"],
    ["QUYẾT ĐỊNH"],
    ["Về việc công nhận kết quả kỳ thi"],
]
END: list[list[str | int | float]] = [["Nơi nhận:", "TRƯỞNG PHÒNG"], ["- Các trường;", ""], ["- Lưu: VT.", "Nguyễn Văn An"]]


def test_of_a_long_table_only_the_first_rows_are_read() -> None:
    data = files.excel("Số liệu", ROWS)
    text = sheet.beginning(data)
    assert text is not None
    assert text.lines == sheet.read(data).lines[: len(text.lines)]
    assert 100 < len(text.lines) < 200
    reading = recognise_file("so-lieu.xlsx", data)
    assert (reading.nature, reading.documents, reading.size) == (Nature.OTHER, (), len(data))


def test_a_long_table_under_a_letterhead_is_read_to_its_end() -> None:
    reading = recognise_file("qd.xlsx", files.excel("QĐ", [*HEAD, *ROWS, *END]))
    assert reading.nature is Nature.ISSUED
    assert (reading.documents[0].number_symbol, reading.documents[0].signer) == ("45/QĐ-PGDĐT", "Nguyễn Văn An")


def test_a_short_table_is_read_whole_at_once() -> None:
    assert sheet.beginning(files.excel("Số liệu", ROWS[:20])) is None


def test_a_sheet_whose_names_have_a_prefix_is_cut_as_well() -> None:
    data = _changed(files.excel("Số liệu", ROWS), _prefixed)
    text = sheet.beginning(data)
    assert text is not None
    assert text.lines[0].text.startswith("Trường THCS\t0")


def test_a_sheet_that_cannot_be_cut_is_left_to_the_reader_of_the_whole() -> None:
    data = _changed(files.excel("Số liệu", ROWS), lambda content: content.replace(b"</row>", b"<!--</row>--></row>", 300))
    assert recognise_file("so-lieu.xlsx", data).nature is Nature.OTHER


@pytest.mark.parametrize("body", [b"QUJD", b"QUI=", b"QQ==", b"QUJD\r\nQUI=\r\n", b"", b"QUI", b"QU=I", b"QU-_", b"Q==="])
def test_base64_is_read_as_strictly_as_by_the_standard_library(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = transfer.from_strict_base64(body), transfer.from_base64(body)
    monkeypatch.setattr(transfer, "_decoded", partial(binascii.a2b_base64, strict_mode=True))
    assert (transfer.from_strict_base64(body), transfer.from_base64(body)) == quick


def _prefixed(content: bytes) -> bytes:
    content = content.replace(b"</", b"</x:").replace(b"<", b"<x:").replace(b"<x:/x:", b"</x:").replace(b"<x:?", b"<?")
    return content.replace(b" xmlns=", b" xmlns:x=", 1)


def _changed(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name.startswith("xl/worksheets/") else content)
    return out.getvalue()
