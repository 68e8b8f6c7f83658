"""Plain text: the body of a mail, or a .txt file, without what it quotes or forwards.  Pure."""

from __future__ import annotations

import re

from msgspec.structs import replace

from gateway.documents.encodings.charset import decoded
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
_FIELD_OF_OLD_MAIL = re.compile(r"^\s*\*?(?:from|tu|nguoi gui)\s*:\*?\s.*(?:@|<|\[mailto)")
_NEXT_FIELD = re.compile(r"^\s*\*?(?:sent|date|to|cc|subject|da gui|ngay|gui|den|toi|chu de|tieu de|nguoi nhan)\s*:")


def read(data: bytes, charset: str = "") -> Text:
    """A plain text in whatever encoding, ``charset`` as its mail part declared it; quoted mail is left out."""
    text, legacy = decoded(data, charset)
    return replace(read_text(text), legacy=legacy)


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
