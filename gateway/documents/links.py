"""A document that is not in the mail but behind a link: "CV 123 và phụ lục tại link …".  Pure.

Issuing by link is a known way around the rule.  Nothing is fetched here: the link is named, and a person looks.  A form to
fill in, or a link beside a number that is only cited, is everyday exchange.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.documents.text import Line
from gateway.documents.vietnamese import fold

# Where people keep files; forms (docs.google.com/forms, forms.gle) collect answers and hold no documents.
_STORE = re.compile(
    rb"https?://(?:[\w.-]+\.)?(?P<host>drive\.google\.com|docs\.google\.com/(?!forms)|onedrive\.live\.com|1drv\.ms|sharepoint\.com"
    rb"|dropbox\.com|mediafire\.com|fshare\.vn|mega\.nz|box\.com|icloud\.com|wetransfer\.com|we\.tl)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:cong van|cv|quyet dinh|qd|thong bao|tb|ke hoach|kh|giay moi|gm|cong dien|to trinh|ttr)(?: so)?[ :]*"
    r"\d{1,5}(?!\d|/\d)[\w/&-]*"
)
_CITING = re.compile(r"\b(?:theo|can cu|thuc hien|tra loi|phuc dap|dap ung|huong dan tai)\b[^.;]{0,40}$")


def linked_document(lines: Sequence[Line], raw: bytes) -> str:
    """The words that name a document beside a link to a store of files, and the host; "" when there are none.

    ``raw`` is the body as it came: in HTML the address stands in an attribute, which is no text.
    """
    store = _STORE.search(raw)
    if store is None:
        return ""
    for line in lines[:200]:
        folded = " ".join(fold(line.text).split())
        for named in _NAMED.finditer(folded):
            if not _CITING.search(folded[: named.start()]):
                return f"{named[0]} {store['host'].decode().rstrip('/').lower()}"
    return ""
