"""The first rows of each sheet of an XLSX as a workbook of its own.  Pure.

A document begins with its letterhead.  A year's list has thousands of rows below its first ones: to unpack and read them all
takes twenty times as long, and shows no more that could be one.  ECMA-376 part 1, 18.3.1.73 (row), 18.3.1.80 (sheetData).
"""

from __future__ import annotations

import io
import re
import zipfile
from itertools import islice

from gateway.documents.reading.office_zip import Package

ROWS = 150  # of each sheet; a letterhead is looked for in its first ninety lines (gateway.documents.letterhead)
_FEW_BYTES = 64 * 1024  # unpacked: to cut such a sheet gains nothing
_MOST_BYTES = 1 << 20  # in which the rows have to end
_ROW_ENDS = re.compile(rb"</(\w+:)?row\s*>")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml$")
_BESIDE = ("[content_types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
           "xl/sharedstrings.xml")  # fmt: skip


def first_rows(package: Package) -> bytes | None:
    """That workbook; None when no sheet has so many rows, or one is written in a way that cannot be cut.

    Raises Unreadable, as ``Package.part`` does.
    """
    sheets = {name: package.beginning(name, _MOST_BYTES, _has_rows) for name in package.names if _SHEET.match(name)}
    cut = {name: _cut(content) for name, content in sheets.items() if len(content) > _FEW_BYTES}
    if not cut or not all(cut.values()):
        return None
    parts = {name: package.part(name) for name in _BESIDE} | sheets | cut
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            if content:
                archive.writestr(package.written(name), content)
    return out.getvalue()


def _has_rows(content: bytes) -> bool:
    return len(content) > _FEW_BYTES and content.count(b"row>") > ROWS


def _cut(content: bytes) -> bytes:
    """The sheet, ended behind its last row that counts; b"" when it has not so many within its beginning."""
    last = next(islice(_ROW_ENDS.finditer(content), ROWS - 1, None), None)
    if last is None:
        return b""
    prefix = last[1] or b""
    return b"%b</%bsheetData></%bworksheet>" % (content[: last.end()], prefix, prefix)
