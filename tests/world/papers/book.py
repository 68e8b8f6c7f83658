"""A sheet as a workbook (.xlsx): the columns of the head in two cells, each line of the text in a row of its own."""

from __future__ import annotations

import io
from itertools import zip_longest

from openpyxl import Workbook

from tests.world.files import _always_the_same
from tests.world.papers.sheet import Row, Sheet, plain


def xlsx(sheet: Sheet) -> bytes:
    """The file, with one sheet; lines with bars ("1 | An | 6A") get a cell for each column."""
    book = Workbook()
    page = book.active
    assert page is not None
    for block in sheet.blocks:
        if isinstance(block, Row):
            page.append([cell.strip() for cell in plain(block.text).split("|")])
            continue
        empty = Row(text="")
        for left, right in zip_longest(block.left, block.right, fillvalue=empty):
            page.append([plain(left.text), "", "", plain(right.text)])
    out = io.BytesIO()
    book.save(out)
    return _always_the_same(out.getvalue())
