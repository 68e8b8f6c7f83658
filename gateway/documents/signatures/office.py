"""Signatures of Office (_xmlsignatures/sig*.xml, ECMA-376 part 2) and of ODF (META-INF/documentsignatures.xml).  Pure."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from gateway.documents.signatures import cms, trust, xmldsig
from gateway.documents.signatures.cms import Envelope
from gateway.model import DigitalSignature, SignatureLevel

_MOST = 20
_MOST_UNPACKED = 96 * 1024 * 1024  # over all signatures of the file: each one digests all parts again
_OFFICE_SIGNATURE = re.compile(r"_xmlsignatures/[^/]+\.xml")
_ODF_SIGNATURES = "META-INF/documentsignatures.xml"
# What signatures of Office leave out by design: themselves, the list of types, and properties like the last author.
_NEVER_SIGNED = re.compile(
    r"_xmlsignatures/|\[Content_Types\]\.xml$|docProps/|customXml/|_rels/\.rels$|META-INF/documentsignatures\.xml$|.*/$"
)


def signatures(data: bytes) -> tuple[DigitalSignature, ...]:
    """All signatures of the package.  () for a file without any."""
    if b"_xmlsignatures/" not in data and _ODF_SIGNATURES.encode() not in data:
        return ()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return tuple(islice(_signatures(_Package(archive)), _MOST))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, zlib.error, EOFError):
        return (DigitalSignature(level=SignatureLevel.BROKEN, kind="xmldsig", reason="damaged"),)


class _TooLarge(Exception):
    """More is in the package than anybody wants to digest."""


class _Package:
    """A ZIP whose parts are read up to a limit over all of them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.names = archive.namelist()[:20_000]
        self._left = _MOST_UNPACKED

    def part(self, name: str) -> bytes | None:
        """The bytes of a part; None when there is none of that name, or two of which nobody knows the real one."""
        if self.names.count(name) != 1:
            return None
        with self._archive.open(name) as stream:
            found = stream.read(self._left + 1)
        self._left -= len(found)
        if self._left < 0:
            raise _TooLarge
        return found


def _signatures(package: _Package) -> Iterator[DigitalSignature]:
    for name in package.names:
        if name != _ODF_SIGNATURES and not _OFFICE_SIGNATURE.fullmatch(name):
            continue
        try:
            root = xmldsig.parsed(package.part(name) or b"")
            for element in islice(root.iter(f"{xmldsig.DS}Signature"), _MOST):
                yield _judged(element, package)
        except _TooLarge:
            yield DigitalSignature(level=SignatureLevel.BROKEN, kind="xmldsig", reason="too large")
        except etree.LxmlError:
            yield DigitalSignature(level=SignatureLevel.BROKEN, kind="xmldsig", reason="damaged")


def _judged(element: etree._Element, package: _Package) -> DigitalSignature:
    result = xmldsig.checked(element, package.part)
    if not result.certificates:
        return DigitalSignature(level=SignatureLevel.BROKEN, kind="xmldsig", signed_at=result.claimed, reason=result.doubt)
    covers = all(name in result.parts or _NEVER_SIGNED.match(name) for name in package.names)
    envelope = Envelope(kind="xmldsig", covers_all=covers, claimed=result.claimed)
    signer = result.certificates[0]
    return cms.decided(signer, trust.material_of(result.certificates), envelope, result.claimed, result.doubt)
