"""A sheet as an answer: a workbook, or CSV that is sent while it is read."""

from __future__ import annotations

import io
from collections.abc import Sequence

from flask import Response, send_file

from gateway.registers.sheet import Sheet, csv_of, write_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(sheets: Sequence[Sheet], name: str) -> Response:
    """A workbook for download; ``name`` has no suffix."""
    out = io.BytesIO()  # a unit's year: some hundred kilobytes; the rows themselves go through files of the library
    write_workbook(sheets, out)
    out.seek(0)
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx")


def csv_file(sheet: Sheet, name: str) -> Response:
    """The sheet as CSV for download, UTF-8 with a byte order mark."""
    response = Response(csv_of(sheet), mimetype="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
