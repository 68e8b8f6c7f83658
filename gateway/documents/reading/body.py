"""Plain text: the body of a mail, or a .txt file, without what it quotes or forwards.  Pure."""

from __future__ import annotations

import re

from gateway.documents.fields import decoded_bytes
from gateway.documents.legacy import from_bytes
from gateway.documents.text import Collector, Text
from gateway.documents.vietnamese import fold, tidy

# From here on the text is somebody else's earlier mail (folded; Outlook, Gmail, Zimbra, Apple Mail, Thunderbird; English
# and Vietnamese).  What is quoted is no issuance of this mail's sender.
_OLD_MAIL = re.compile(
    r"^\s*(?:"
    r"-{2,}\s*(?:original message|forwarded message|original appointment|thu goc|tin nhan goc|thu da chuyen tiep|"
    r"thu chuyen tiep|tin nhan da chuyen tiep|noi dung chuyen tiep|forwarded by .*)\s*-{2,}.*"
    r"|begin forwarded message:.*|bat dau thu duoc chuyen tiep:.*"
    r"|(?:on|vao|luc|ngay|vao luc|vao ngay)\b.{5,200}\b(?:wrote|da viet|viet)\s*:\s*"
    r")$"
)
_MAX_BYTES = 2 * 1024 * 1024  # an even number: UTF-16 is not cut in a letter
_FIELD_OF_OLD_MAIL = re.compile(r"^\s*\*?(?:from|tu|nguoi gui)\s*:\*?\s.*(?:@|<|\[mailto)")
_NEXT_FIELD = re.compile(r"^\s*\*?(?:sent|date|to|cc|subject|da gui|ngay|gui|den|toi|chu de|tieu de|nguoi nhan)\s*:")


def read(data: bytes) -> Text:
    """A plain text in UTF-8, UTF-16 with its mark, or Vietnamese Windows; quoted mail is left out."""
    return read_text(decoded(data, ""))


def decoded(data: bytes, charset: str) -> str:
    """Bytes as text; a byte order mark wins over what is declared.  What lies beyond two megabytes is no letter."""
    if len(data) > _MAX_BYTES:
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        data = data[: _MAX_BYTES if wide else max(data.rfind(b" ", 0, _MAX_BYTES), 0) or _MAX_BYTES]  # not within a letter
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        charset = "utf-16"
    elif data.startswith(b"\xef\xbb\xbf"):
        charset, data = "utf-8", data[3:]
    elif not charset.lower().startswith("utf") and not data.isascii() and (legacy := _undeclared_legacy(data)):
        return legacy
    return decoded_bytes(data, charset)


def _undeclared_legacy(data: bytes) -> str:
    """TCVN3 and VNI have no name in MIME: they come as iso-8859-1, windows-1258 or nothing; read otherwise, they are lost."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return from_bytes(data)
    return ""


def read_text(text: str) -> Text:
    """The same for a text that is decoded already."""
    collector = Collector()
    for line in own_lines(text):
        collector.add(line)
    return Text(lines=collector.done())


def own_lines(text: str) -> list[str]:
    """The lines that the writer wrote himself: without ">" quotes, and nothing below an earlier mail's head."""
    lines = tidy(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return [lines[index] for index in own_places(lines)]


def own_places(lines: list[str]) -> list[int]:
    """Which of the lines the writer wrote himself."""
    own: list[int] = []
    for index, line in enumerate(lines):
        if line.startswith((">", " >", "|>")) and line.strip("> |") and len(line) > 2:
            continue
        flat = fold(line[:400])
        if _OLD_MAIL.match(flat) or _starts_old_mail(flat, lines, index):
            break
        own.append(index)
    return own


def _starts_old_mail(flat: str, lines: list[str], index: int) -> bool:
    """ "From: … <…>" with another field in the next three lines: Outlook's way of quoting without a mark."""
    if not _FIELD_OF_OLD_MAIL.match(flat):
        return False
    return any(_NEXT_FIELD.match(fold(line[:400])) for line in lines[index + 1 : index + 4])
