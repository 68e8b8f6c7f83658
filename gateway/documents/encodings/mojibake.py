"""UTF-8 that was read as Latin-1 or windows-1252, once or twice: "Bá»™ GiÃ¡o dá»¥c".  Pure."""

from __future__ import annotations

import re

from gateway.documents.vietnamese import nfc

_SEQUENCE = re.compile("[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00ef][\u0080-\u00bf]{2}")
_SEQUENCE_OR_LOST = re.compile(_SEQUENCE.pattern + "|\u00c3 |\u00c4\ufffd")
_MODERN = re.compile("[\u1ea0-\u1ef9đơư]")
# windows-1252 shows the bytes 0x80-0x9f as these; five of them have no letter and stay control codes.
_SHOWN = {ord(bytes([code]).decode("cp1252", "replace")): chr(code) for code in range(0x80, 0xA0)}
_SHOWN.pop(0xFFFD, None)
_LOST = {"\u00c3 ": "à", "\u00c4\ufffd": "Đ"}  # the no-break space of "à" tidied away, the control code of "Đ" replaced


def as_utf8(text: str) -> str:
    """Every sequence that is UTF-8 as its letter; again, as long as no Vietnamese letter comes out, three times at most."""
    text = _SEQUENCE_OR_LOST.sub(_letter, text.translate(_SHOWN))
    for _ in range(2):
        if _MODERN.search(text):
            break
        text = _SEQUENCE.sub(_letter, text.translate(_SHOWN))
    return nfc(text)


def _letter(found: re.Match[str]) -> str:
    if lost := _LOST.get(found[0]):
        return lost
    try:
        return found[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return found[0]
