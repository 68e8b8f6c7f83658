"""The body of a letter as simple HTML: headings, steps, facts and links, nothing from elsewhere.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

_STEP = re.compile(r"\s+\d+\. ")
_POINT = re.compile(r"\s+- ")
_LINK = re.compile(r"https?://[^\s<>“”\"']*[^\s<>“”\"'.,;:!?)]")
_TITLE_LETTERS = 3  # at least, all of them capitals

_PAGE = Markup(
    '<!DOCTYPE html>\n<html lang="vi">\n<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title}</title></head>\n"
    '<body style="margin:0;padding:16px;background:#fff;color:#1c1c1c;'
    "font:16px/1.5 -apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif\">\n"
    '<div style="max-width:40em;margin:0 auto">\n{vietnamese}\n'
    '<div lang="en" style="margin-top:28px;padding-top:12px;border-top:2px solid #c9c9c9;color:#3d3d3d">\n'
    "{heading}\n{english}\n</div>\n"
    "</div>\n</body>\n</html>\n"
)
_HEADING = Markup('<h2 style="font-size:15px;margin:22px 0 6px;color:#8a1c1c">{text}</h2>')
_PARAGRAPH = Markup('<p style="margin:10px 0">{text}</p>')
_FACTS = Markup('<p style="margin:6px 0;padding:2px 0 2px 12px;border-left:3px solid #c9c9c9">{text}</p>')
_ITEM = Markup('<li style="margin:4px 0">{text}</li>')
_LISTS = {
    "step": Markup('<ol style="margin:6px 0;padding-left:24px">{items}</ol>'),
    "point": Markup('<ul style="margin:6px 0;padding-left:24px">{items}</ul>'),
}


def page(subject: str, vietnamese: str, title: str, english: str) -> str:
    """The whole page of the two texts, as they stand in the plain part before their lines are broken."""
    heading = _PARAGRAPH.format(text=Markup("<b>{}</b>").format(title))
    return str(_PAGE.format(title=subject, vietnamese=_body(vietnamese), heading=heading, english=_body(english)))


def _body(text: str) -> Markup:
    blocks = [_block(kind, [line for _, line in lines]) for kind, lines in groupby(_kinds(text), key=lambda pair: pair[0])]
    return Markup("\n").join(block for block in blocks if block)


def _kinds(text: str) -> Iterator[tuple[str, str]]:
    for line in text.strip("\n").split("\n"):
        yield _kind(line), line


def _kind(line: str) -> str:
    if not line.strip():
        return "gap"
    if _STEP.match(line):
        return "step"
    if _POINT.match(line):
        return "point"
    if line.startswith("  "):
        return "fact"
    letters = [c for c in line if c.isalpha()]
    return "heading" if len(letters) >= _TITLE_LETTERS and all(c.isupper() for c in letters) else "paragraph"


def _block(kind: str, lines: list[str]) -> Markup:
    if kind == "gap":
        return Markup()
    if kind in _LISTS:
        start = _STEP if kind == "step" else _POINT
        items = Markup().join(_ITEM.format(text=_linked(start.sub("", line, count=1))) for line in lines)
        return _LISTS[kind].format(items=items)
    if kind == "heading":
        return Markup().join(_HEADING.format(text=_linked(line)) for line in lines)
    text = Markup("<br>\n").join(_linked(line.strip()) for line in lines)
    return (_FACTS if kind == "fact" else _PARAGRAPH).format(text=text)


def _linked(text: str) -> Markup:
    """Escaped, with addresses of pages as links: what a stranger wrote can be no more than words."""
    pieces: list[Markup] = []
    at = 0
    for found in _LINK.finditer(text):
        url = escape(found[0])
        pieces += [escape(text[at : found.start()]), Markup('<a href="{url}">{url}</a>').format(url=url)]
        at = found.end()
    return Markup().join([*pieces, escape(text[at:])])
