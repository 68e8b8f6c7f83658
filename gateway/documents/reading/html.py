"""HTML: the body of a mail, or a saved page: its blocks as lines, cells of tables apart, quoted mail left out.  Pure."""

from __future__ import annotations

import re

from lxml import etree
from lxml import html as lxml_html

from gateway.documents.encodings.charset import as_letters
from gateway.documents.encodings.detect import in_unicode
from gateway.documents.encodings.fonts import decode_run
from gateway.documents.reading.body import own_places
from gateway.documents.reading.html_fonts import Fonts
from gateway.documents.text import Collector, Text, Unreadable
from gateway.documents.vietnamese import tidy

_BLOCKS = frozenset(
    (
        "address",
        "article",
        "blockquote",
        "body",
        "br",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    )
)
_UNSEEN = frozenset(["script", "style", "head", "title", "noscript", "template", "svg", "object", "select"])
_QUOTE = re.compile(r"gmail_quote|yahoo_quoted|zmail_extra|moz-forward-container", re.I)  # the earlier mail is inside
_HEAD_OF_QUOTE = re.compile(r"divRplyFwdMsg|OutlookMessageHeader|appendonsend", re.I)  # the earlier mail follows
_OUTLOOK_RULE = re.compile(r"border(?:-top)?\s*:\s*(?:none;\s*border-top:\s*)?solid\s+#(?:e1e1e1|b5c4df)", re.I)
_CENTRED = re.compile(r"text-align\s*:\s*center", re.I)
_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{2,40})", re.I)
_MAX_NODES = 300_000
_MODERN = re.compile("[\u1ea0-\u1ef9]")
_NO_LETTERS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), " ")  # XML has no place for them


_Block = tuple[list[tuple[str, str]], bool]  # pieces of text with the encoding of their font, and "is centred"


def read(data: bytes, charset: str = "") -> Text:
    """The text of an HTML file; ``charset`` as its mail part declared it."""
    root = _parsed(data, charset)
    if root is None:
        return Text(lines=())
    blocks = _blocks(root)
    lines, legacy = _lines(blocks)
    collector = Collector()
    for index in own_places(lines):
        collector.add(lines[index], centred=blocks[index][1])
    return Text(lines=collector.done(), legacy=legacy)


def all_lines(data: bytes) -> list[str]:
    """The blocks of a page as lines, with what it quotes: for people to look at.  Raises Unreadable."""
    root = _parsed(data, "")
    return [] if root is None else _lines(_blocks(root, old=True))[0]


def _lines(blocks: list[_Block]) -> tuple[list[str], str]:
    """The texts of blocks in Unicode, and the encoding that they were in."""
    by_font = _encodings(blocks)
    lines, legacy = in_unicode([_joined(pieces, by_font) for pieces, _ in blocks])
    return [tidy(" ".join(line.split())) for line in lines], legacy or next(iter(by_font), "")


def _parsed(data: bytes, charset: str) -> etree._Element | None:
    """The tree of a page, None when it is empty.  Raises Unreadable."""
    if not charset and (found := _DECLARED.search(data, 0, 4096)):
        charset = found[1].decode("ascii")
    source = as_letters(data, charset).translate(_NO_LETTERS)
    if not source.strip():
        return None
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    try:
        return lxml_html.document_fromstring(source.encode(), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Unreadable("damaged") from error


def _encodings(blocks: list[_Block]) -> list[str]:
    """The encodings that fonts of the page name; not one whose text is Unicode after all, whatever its font is called."""
    pieces = [piece for block, _ in blocks for piece in block if piece[1]]
    unicode = {encoding for words, encoding in pieces if _MODERN.search(words)}
    return [encoding for encoding in dict.fromkeys(encoding for _, encoding in pieces) if encoding not in unicode]


def _joined(pieces: list[tuple[str, str]], by_font: list[str]) -> str:
    return "".join(decode_run(words, encoding) if encoding in by_font else words for words, encoding in pieces)


def _blocks(root: etree._Element, *, old: bool = False) -> list[_Block]:
    """Texts of blocks with "is centred", in order, until a quoted mail begins (``old``: and the quoted mails).

    No recursion: pages nest deep.
    """
    walk = _Walk(Fonts(root))
    skipped: etree._Element | None = None
    for count, (event, node) in enumerate(etree.iterwalk(root, events=("start", "end"))):
        if count > 2 * _MAX_NODES:
            break
        if skipped is not None:
            if event == "end" and node is skipped:
                skipped = None
                walk.text(node.tail)
        elif event == "end":
            walk.leave(node)
        elif not old and _begins_old_mail(node):
            break
        elif node.tag in _UNSEEN or _hidden(node) or (not old and _quotes(node)):
            skipped = node
        else:
            walk.enter(node)
    walk.break_block()
    return walk.blocks


class _Walk:
    """What was read so far: whole blocks, the one that is open, and which alignments hold."""

    def __init__(self, fonts: Fonts) -> None:
        self.blocks: list[_Block] = []
        self._fonts = fonts
        self._open: list[tuple[str, str]] = []
        self._alignments: list[tuple[etree._Element, bool]] = []

    def text(self, words: str | None) -> None:
        if words:
            self._open.append((words, self._fonts.encoding))

    def break_block(self) -> None:
        if any(not words.isspace() for words, _ in self._open):
            self.blocks.append((self._open, bool(self._alignments) and self._alignments[-1][1]))
        self._open = []

    def enter(self, node: etree._Element) -> None:
        if node.tag in _BLOCKS:
            self.break_block()
            if (said := _alignment(node, str(node.tag))) is not None:
                self._alignments.append((node, said))
        self._fonts.enter(node)
        self.text(node.text)

    def leave(self, node: etree._Element) -> None:
        if node.tag in _BLOCKS:
            self.break_block()
        if self._alignments and self._alignments[-1][0] is node:
            self._alignments.pop()
        self._fonts.leave(node)
        self.text(node.tail)


def _alignment(node: etree._Element, tag: str) -> bool | None:
    """True for centred, False for another alignment, None when the element says nothing."""
    align, style = (node.get("align") or "").lower(), node.get("style") or ""
    if tag == "center" or align == "center" or _CENTRED.search(style):
        return True
    return False if align or "text-align" in style.lower() else None


def _quotes(node: etree._Element) -> bool:
    if node.tag == "blockquote" and (node.get("type") == "cite" or node.get("cite")):
        return True
    return bool(_QUOTE.search(_marks(node)))


def _begins_old_mail(node: etree._Element) -> bool:
    rule = node.tag == "div" and _OUTLOOK_RULE.search(node.get("style") or "")
    return bool(rule or _HEAD_OF_QUOTE.search(_marks(node)))


def _marks(node: etree._Element) -> str:
    return f"{node.get('class') or ''} {node.get('id') or ''}"


def _hidden(node: etree._Element) -> bool:
    style = (node.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or "mso-hide:all" in style or "visibility:hidden" in style or node.get("hidden") is not None
