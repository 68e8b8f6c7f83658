"""A sheet as a PDF with digital signatures, made as tests/world/pdf.py makes them; and one whose signature is broken."""

from __future__ import annotations

from collections.abc import Sequence

from tests.world.papers.portable import pdf
from tests.world.papers.sheet import Sheet
from tests.world.pdf import _appearance, _load_fonts, _seal_with_words, _signed, _signer, _write_name

_PROVINCE = "Tỉnh Hương Giang"


def signed(sheet: Sheet, *, agency: str = "", person: str = "", words: Sequence[str] = ()) -> bytes:
    """The PDF, signed by a person and then by the agency; either may be left out.  ``words`` show beside the seal."""
    _load_fonts()
    raw = pdf(sheet)
    if person:
        raw = _signed(raw, _signer(person, _PROVINCE), "Chữ ký cá nhân", (330, 300, 170, 60), _appearance(170, 60, _write_name))
    if agency:
        shown = words or (f"Ký bởi: {agency}", f"Cơ quan: {_PROVINCE}", "Thời gian ký: 16.11.2026 08:00:00 +07:00")
        seal = _appearance(204, 142, lambda canvas: _seal_with_words(canvas, agency.upper(), shown))
        raw = _signed(raw, _signer(agency, _PROVINCE), "Chữ ký cơ quan", (300, 230, 204, 142), seal)
    return raw


def broken(raw: bytes) -> bytes:
    """The same with a byte changed that the signature covers, as after recompression."""
    at = raw.index(b"ReportLab")
    return raw[:at] + b"r" + raw[at + 1 :]
