"""What the digital signatures of a file say: who, for which organisation, when, and whether they hold.  Pure.

Levels are as of the time of signing: certificates of old documents have expired since, and the revocation lists of their
authorities cannot be asked without a network.  A broken signature is no forgery: web servers that recompress PDFs break them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from gateway.documents.signatures import offline

# isort: split
# That came before all that loads pyHanko.
from gateway.documents import media
from gateway.documents.signatures import cms, office, pdf
from gateway.model import DigitalSignature, SignatureLevel

__all__ = ["offline", "signatures_of"]

# Its warnings quote the names of certificates, and those hold personal identifiers.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False


def signatures_of(kind: str, data: bytes, beside: bytes = b"") -> tuple[DigitalSignature, ...]:
    """The signatures of a file of that media type, in the order in which they stand there.  Never raises but for memory.

    ``beside`` is what a CMS signature is over that holds no content itself.
    """
    reader = _reader(kind)
    if reader is None:
        return ()
    try:
        return cms.beside(data, beside) if kind == media.PKCS7 and beside else reader(data)
    except MemoryError:
        raise  # told to the parent as "memory limit"
    except Exception:  # noqa: BLE001 - hostile bytes make the libraries raise whatever they like
        return (DigitalSignature(level=SignatureLevel.BROKEN, reason="damaged"),)


def _reader(kind: str) -> Callable[[bytes], tuple[DigitalSignature, ...]] | None:
    if kind == media.PDF:
        return pdf.signatures
    if kind == media.PKCS7:
        return cms.signatures
    return office.signatures if kind.startswith(_PACKAGES) else None


_PACKAGES = ("application/vnd.openxmlformats-", "application/vnd.oasis.opendocument.", "application/vnd.ms-")
