"""Compressed RTF: how Outlook keeps the text of a mail.  Pure.  [MS-OXRTFCP], sections 2.1 and 2.2."""

from __future__ import annotations

import struct

_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}"
    b"{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbol"
    b"ArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_WINDOW = 4096
_PLAIN, _PACKED = b"MELA", b"LZFu"
_MOST = 16 * 1024 * 1024


def decompressed(data: bytes) -> bytes:
    """The RTF text; b"" when the bytes are no compressed RTF.  Of a damaged one, what stands before the damage."""
    if len(data) < 16:
        return b""
    _, size, form, _ = struct.unpack("<II4sI", data[:16])
    if form == _PLAIN:
        return data[16 : 16 + size]
    return _unpacked(data[16:], min(size, _MOST)) if form == _PACKED else b""


def _unpacked(data: bytes, size: int) -> bytes:
    """Eight steps after each control byte: a letter, or two bytes that point back into a window of 4,096 letters."""
    window = bytearray(_DICTIONARY.ljust(_WINDOW, b"\0"))
    write, out, at = len(_DICTIONARY), bytearray(), 0
    while at < len(data) and len(out) < size:
        control = data[at]
        at += 1
        for bit in range(8):
            if not control >> bit & 1:
                piece = data[at : at + 1]
                at += 1
            else:
                reference = int.from_bytes(data[at : at + 2])
                at += 2
                start, length = reference >> 4, (reference & 15) + 2
                if start == write % _WINDOW:
                    return bytes(out)  # a pointer to the place that is written next is the end
                piece = _copied(window, start, write, length)
            for letter in piece:
                window[write % _WINDOW] = letter
                write += 1
            out += piece
            if at >= len(data):
                break
    return bytes(out[:size])


def _copied(window: bytearray, start: int, write: int, length: int) -> bytes:
    """Letters may be copied that this very step writes: the piece then repeats itself."""
    distance = (write - start) % _WINDOW or _WINDOW
    known = bytes(window[(start + index) % _WINDOW] for index in range(min(length, distance)))
    return (known * (length // max(len(known), 1) + 1))[:length]
