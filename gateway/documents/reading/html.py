"""HTML: the body of a mail, or a saved page: its blocks as lines, cells of tables apart, quoted mail left out.  Pure."""

from __future__ import annotations

import re

from lxml import etree
from lxml import html as lxml_html

from gateway.documents.reading.body import decoded, own_places
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


def read(data: bytes, charset: str = "") -> Text:
    """The text of an HTML file; ``charset`` as its mail part declared it."""
    if not charset and (found := _DECLARED.search(data, 0, 4096)):
        charset = found[1].decode("ascii")
    source = tidy(decoded(data, charset))
    if not source.strip():
        return Text(lines=())
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    try:
        root = lxml_html.document_fromstring(source.encode(), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Unreadable("damaged") from error
    collector = Collector()
    texts = _blocks(root)
    for index in own_places([text for text, _ in texts]):
        collector.add(texts[index][0], centred=texts[index][1])
    return Text(lines=collector.done())


def _blocks(root: etree._Element) -> list[tuple[str, bool]]:
    """Texts of blocks with "is centred", in order, until a quoted mail begins.  No recursion: pages nest deep."""
    walk = _Walk()
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
        elif _begins_old_mail(node):
            break
        elif node.tag in _UNSEEN or _hidden(node) or _quotes(node):
            skipped = node
        else:
            walk.enter(node)
    walk.break_block()
    return walk.blocks


class _Walk:
    """What was read so far: whole blocks, the one that is open, and which alignments hold."""

    def __init__(self) -> None:
        self.blocks: list[tuple[str, bool]] = []
        self._open: list[str] = []
        self._alignments: list[tuple[etree._Element, bool]] = []

    def text(self, words: str | None) -> None:
        self._open.append(words or "")

    def break_block(self) -> None:
        if words := " ".join("".join(self._open).split()):
            self.blocks.append((words, bool(self._alignments) and self._alignments[-1][1]))
        self._open = []

    def enter(self, node: etree._Element) -> None:
        if node.tag in _BLOCKS:
            self.break_block()
            if (said := _alignment(node, str(node.tag))) is not None:
                self._alignments.append((node, said))
        self.text(node.text)

    def leave(self, node: etree._Element) -> None:
        if node.tag in _BLOCKS:
            self.break_block()
        if self._alignments and self._alignments[-1][0] is node:
            self._alignments.pop()
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
    return "display:none" in (node.get("style") or "").replace(" ", "").lower()
