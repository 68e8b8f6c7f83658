"""What somebody wrote himself in a mail: the text of its body, without the mail that he answers.  Pure."""

from __future__ import annotations

from gateway.documents import mime
from gateway.documents.mime import Part
from gateway.documents.reading import body, html
from gateway.documents.text import Text, Unreadable

_LONGEST = 20_000  # characters
_HTML = "text/html"


def own_words(raw: bytes) -> str:
    """The words of the first text that says something; plain text before HTML, because both say the same."""
    texts = [part for part in mime.split(raw).parts if part.is_body and not part.forwarded and part.data]
    for part in sorted(texts, key=lambda part: part.declared == _HTML):
        words = "\n".join(line.text for line in _text(part).lines).strip()
        if words:
            return words[:_LONGEST]
    return ""


def _text(part: Part) -> Text:
    try:
        return html.read(part.data, part.charset) if part.declared == _HTML else body.read(part.data, part.charset)
    except Unreadable:
        return Text(lines=())
