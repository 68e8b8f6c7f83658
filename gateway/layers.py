"""The layers of a mail as people look at it: what a guarded child makes of its bytes, and the console shows.  Pure."""

from __future__ import annotations

from gateway.model import Value


class Branch(Value):
    """One part of a mail where it hangs in the tree, as most readers see it."""

    depth: int  # 0 is the mail itself
    media: str  # as declared, lower case
    name: str = ""  # of a file
    size: int = 0  # bytes, decoded; 0 for what holds other parts
    digest: str = ""  # SHA-256 of a leaf
    is_body: bool = False


class Layers(Value):
    """A mail, layer by layer; each is cut where nobody reads any further."""

    headers: tuple[tuple[str, str], ...] = ()  # decoded, in their order
    text: str = ""  # the words of its text, or of its HTML where it has no other
    html: str = ""  # harmless: no script, no style, no picture, no address that a press would follow
    links: tuple[str, ...] = ()  # where the HTML would have led
    pictures: int = 0  # that the HTML would have fetched from elsewhere
    tree: tuple[Branch, ...] = ()
    cut: bool = False  # there is more than is shown
