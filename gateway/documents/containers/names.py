"""Names of files inside containers: raw bytes of unknown encodings to text that may be shown.  Pure."""

from __future__ import annotations

import re
import unicodedata

from gateway.documents.encodings import charset
from gateway.documents.vietnamese import one_line, tidy

_MAX_NAME = 200
_MAX_PATH = 600
_DRIVE = re.compile(r"\A[A-Za-z]:(?=/)")


def shown_path(name: str) -> str:
    """A path for people: "/" between folders, none of "..", drives, control letters and tricks of writing direction."""
    name = "".join(letter for letter in tidy(name) if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    steps = [one_line(step)[:_MAX_NAME] for step in _DRIVE.sub("", name.replace("\\", "/")).split("/")]
    return "/".join(step for step in steps if step not in ("", ".", ".."))[-_MAX_PATH:]


def joined(outer: str, inner: str) -> str:
    """ "a.zip" and "thư mục/b.pdf" are "a.zip/thư mục/b.pdf"."""
    return f"{outer}/{inner}" if outer and inner else outer or inner


def from_bytes(raw: bytes) -> str:
    """A name without a declared encoding: UTF-8, else what was written in Vietnam (windows-1258, TCVN3, VNI …)."""
    return raw.decode() if raw.isascii() else charset.decoded(raw).text
