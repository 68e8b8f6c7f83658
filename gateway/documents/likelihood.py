"""How likely is an issued document inside a file that cannot be read?  By its name, its kind and its shape.  Pure."""

from __future__ import annotations

import re

from gateway.documents import media
from gateway.documents.picture_size import image_size
from gateway.documents.vietnamese import fold

_NAMED_AS_DOCUMENT = re.compile(
    r"(?:^|[^a-z])(?:cv|cong ?van|qd|quyet ?dinh|tb|thong ?bao|kh|ke ?hoach|bc|bao ?cao|ttr|to ?trinh|gm|giay ?moi|hd|"
    r"huong ?dan|ct|bb|nq|tt|nd)(?:[^a-z]|$)"
    r"|\d{1,5}[ _-]{1,3}(?:[a-z]{2,6}[ _-]){0,2}(?:ubnd|sgd|sgddt|gddt|pgd|pgddt|bgddt|s[a-z]{1,5}|th|thcs|thpt|mn)"
    r"|signed|da ?ky|scan"
)
_BASE = {
    media.PDF: 0.6,
    media.DOC: 0.4,
    media.DOCX: 0.4,
    media.RTF: 0.3,
    media.ODT: 0.4,
    media.ZIP: 0.3,
    media.RAR: 0.4,
    media.SEVEN_ZIP: 0.3,
    media.PKCS7: 0.3,
    media.PKCS7_LOCKED: 0.3,
    media.TNEF: 0.3,
    media.ENCRYPTED_OFFICE: 0.3,
    media.TIFF: 0.5,
    media.XPS: 0.4,
    media.DJVU: 0.4,
}
# Where not even the content is known: a locked or unread entry of an archive.
_BASE_BY_SUFFIX = ((".pdf", 0.6), (".doc", 0.4), (".docx", 0.4), (".tif", 0.5), (".tiff", 0.5), (".odt", 0.4), (".rtf", 0.3))


def likelihood(name: str, kind: str, data: bytes, *, pages: int = 0, signatures: int = 0) -> float:
    """From 0.05 to 0.95.  A scan is the commonest form of a real issuance, its name often the number: "2231 SGDDT TCCB.pdf"."""
    likely = _BASE.get(kind) or next((base for suffix, base in _BASE_BY_SUFFIX if name.lower().endswith(suffix)), 0.2)
    if kind.startswith("image/") and data:
        width, height = image_size(data)
        likely += 0.1 if 1.3 <= height / max(width, 1) <= 1.5 else 0.0  # the shape of A4, upright
    if _NAMED_AS_DOCUMENT.search(fold(name)):
        likely += 0.25
    if signatures:
        likely += 0.25
    if pages > 60:
        likely -= 0.3
    return round(min(max(likely, 0.05), 0.95), 2)
