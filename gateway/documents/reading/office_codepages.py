"""Bytes of old Office files as letters: Windows code pages by number and by the character set of a font.  Pure."""

from __future__ import annotations

# A byte that windows-1252 leaves out stays the control code of its number: VPS and VISCII have letters there.
LATIN = {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}

# \fcharsetN of RTF, chs of a Word font ([MS-RTF] 2.2, "Font Table"); 1 is "default", 2 "symbol".
CHARSETS = {
    0: 1252, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255,
    178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
}  # fmt: skip
_CODECS = {1361: "johab", 10000: "mac-roman", 65001: "utf-8", 20127: "cp1252", 28591: "cp1252"} | {
    page: f"cp{page}" for page in (437, 850, 852, 866, 874, 932, 936, 949, 950, 1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)
}


def latin(data: bytes) -> str:
    """Bytes as windows-1252; what that leaves out, as Latin-1."""
    text = data.decode("latin-1")
    return text if text.isascii() else text.translate(LATIN)


def decoded(data: bytes, page: int) -> str:
    """Bytes in the Windows code page of that number; windows-1252 when it is not known."""
    codec = _CODECS.get(page)
    return latin(data) if codec is None or data.isascii() else data.decode(codec, "replace")
