"""Letters of a PDF whose font says what they mean: TCVN3 (ABC) with its fonts of capitals, VNI, VPS, VISCII.  Pure."""

from __future__ import annotations

import ctypes
from itertools import groupby

import pypdfium2.raw as pdfium

from gateway.documents.encodings.fonts import decode_run, encoding_of_font

_LONGEST_NAME = 256
_SAMPLES = 8  # letters of a line that are asked for their font


def in_unicode(textpage: ctypes.c_void_p, line: str, at: int) -> str:
    """A line that begins with letter ``at`` of the page, decoded run by run where a font of a legacy encoding was used."""
    step = max(len(line) // _SAMPLES, 1)
    if not any(_encoding(textpage, at + index) for index in range(0, len(line), step)):
        return line
    runs = groupby(enumerate(line), key=lambda each: " " if each[1].isspace() else _encoding(textpage, at + each[0]))
    merged: list[tuple[str, str]] = []
    for encoding, letters in runs:
        text = "".join(letter for _, letter in letters)
        if merged and encoding in (" ", merged[-1][0]):
            merged[-1] = (merged[-1][0], merged[-1][1] + text)
        else:
            merged.append((encoding.strip(), text))
    return "".join(decode_run(text, encoding) for encoding, text in merged)


# What PDFium writes into, one for all calls: a page asks for hundreds of letters, and a child reads one page at a time.
_NAME = ctypes.create_string_buffer(_LONGEST_NAME)
_FLAGS = ctypes.c_int()


def _encoding(textpage: ctypes.c_void_p, index: int) -> str:
    length = pdfium.FPDFText_GetFontInfo(textpage, index, _NAME, _LONGEST_NAME, _FLAGS)
    return encoding_of_font(_NAME.value.decode("utf-8", "replace")) if 0 < length <= _LONGEST_NAME else ""
