"""Digital signatures in a PDF (ISO 32000-1 section 12.8): each field, who signed it and what of the file it covers.  Pure.

pyHanko reads the file and judges what was added behind a signature; only files that look signed pay for it.  Its reader
is written in Python, so a large or crooked file is looked at only so far: so many fields, bytes to digest, and objects.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from asn1crypto import core, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from gateway.documents.signatures import cms, trust
from gateway.documents.signatures.cms import Envelope
from gateway.documents.signatures.trust import Material
from gateway.model import DigitalSignature, SignatureLevel

MOST = 20  # fields that are looked at; real files have two to five
_MOST_DIGESTED = 512 * 1024 * 1024  # bytes, over all signatures of the file: about a second
_MOST_OBJECTS = 20_000  # beyond that nobody compares the revisions of a file
_MOST_PAGES = 3_000
_LOOKS_SIGNED = re.compile(rb"/ByteRange|/FT\s*/Sig\b")
_TIME_STAMP = "ETSI.RFC3161"  # tells when, not who: no signature of anybody


def signatures(data: bytes) -> tuple[DigitalSignature, ...]:
    """All signature fields of the file; level NONE where one is still empty.  () for a file without any."""
    if not _LOOKS_SIGNED.search(data):
        return ()
    try:
        return tuple(_File(data).signatures())
    except (PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RecursionError):
        return (DigitalSignature(level=SignatureLevel.BROKEN, reason="damaged"),)


_HEX_STRING = re.compile(rb"\s*<[0-9A-Fa-f\s]*>\s*")


class _File:
    """One PDF with what its signatures share."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._reader = PdfFileReader(io.BytesIO(data), strict=False)
        self._locked = self._reader.encrypted and not self._opened()
        self._digested = 0
        self._pages: dict[int, int] | None = None

    def signatures(self) -> Iterator[DigitalSignature]:
        """Of each field, in the order of the form."""
        if self._locked:
            yield DigitalSignature(level=SignatureLevel.BROKEN, reason="encrypted")
            return
        self._material = self._store()
        for name, value, field in islice(enumerate_sig_fields(self._reader), MOST):
            page = self._page_of(field.get_object())
            if value is None:
                yield DigitalSignature(level=SignatureLevel.NONE, page=page)
                continue
            kind = str(value.get_object().get("/SubFilter", "")).lstrip("/")
            if kind == _TIME_STAMP:
                continue
            try:
                yield self._signature(name, field, kind, page)
            except (PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RecursionError):
                yield DigitalSignature(level=SignatureLevel.BROKEN, kind=kind, page=page, reason="damaged")

    def _opened(self) -> bool:
        """Many files are encrypted only to forbid copying: everybody may read them."""
        try:
            self._reader.decrypt("")
        except (PdfError, ValueError, TypeError, KeyError, NotImplementedError):
            return False
        return True

    def _signature(self, name: str, field: Any, kind: str, page: int) -> DigitalSignature:
        value = field.get_object()["/V"]
        pieces = self._pieces(value["/ByteRange"])
        envelope = Envelope(kind=kind, page=page, claimed=_claimed(value), doubt="" if pieces else "byte range")
        if kind == "adbe.x509.rsa_sha1":
            return _bare(value, pieces, envelope, self._material)
        signed = cms.signed_data_in(value.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW).original_bytes)
        if signed is None or len(signed["signer_infos"]) != 1:
            return DigitalSignature(
                level=SignatureLevel.BROKEN, kind=kind, page=page, signed_at=envelope.claimed, reason="damaged"
            )
        if pieces:
            envelope = self._covered(EmbeddedPdfSignature(self._reader, field, name), envelope)
        info, enclosed = signed["signer_infos"][0], cms.enclosed(signed)
        if kind == "adbe.pkcs7.sha1":
            if pieces and enclosed != cms.digest("sha1", *pieces):
                envelope = Envelope(kind=kind, page=page, claimed=envelope.claimed, doubt=envelope.doubt or "content changed")
            return cms.judged(signed, info, lambda name: cms.digest(name, enclosed or b""), envelope, self._material)
        return cms.judged(signed, info, lambda name: cms.digest(name, *pieces), envelope, self._material)

    def _pieces(self, byte_range: Any) -> tuple[memoryview, ...]:
        """What a signature is over; () when that is not the file with one gap, as after a recompression."""
        if len(byte_range) != 4 or not all(isinstance(number, int) and number >= 0 for number in byte_range):
            return ()
        start, length, second, rest = (int(number) for number in byte_range)
        self._digested += length + rest
        if start or not length <= second or second + rest > len(self._data) or self._digested > _MOST_DIGESTED:
            return ()
        # The gap holds the signature and nothing else: words hidden in it would be seen, and not be signed.
        if not _HEX_STRING.fullmatch(memoryview(self._data)[length:second]):
            return ()
        whole = memoryview(self._data)
        return whole[:length], whole[second : second + rest]

    def _covered(self, embedded: EmbeddedPdfSignature, envelope: Envelope) -> Envelope:
        """Does it cover the file, but for later signatures and what else a form allows?"""
        coverage = embedded.evaluate_signature_coverage()
        covers = coverage is SignatureCoverageLevel.ENTIRE_FILE
        if coverage is SignatureCoverageLevel.ENTIRE_REVISION and int(self._reader.trailer["/Size"]) <= _MOST_OBJECTS:
            embedded.compute_integrity_info()  # type: ignore[no-untyped-call]  # pyHanko is typed only in part
            result = embedded.diff_result
            covers = isinstance(result, DiffResult) and result.modification_level <= ModificationLevel.FORM_FILLING
        return Envelope(kind=envelope.kind, page=envelope.page, claimed=envelope.claimed, covers_all=covers)

    def _store(self) -> Material:
        """Certificates, revocation lists and OCSP answers that the file carries for all its signatures."""
        try:
            store = DocumentSecurityStore.read_dss(self._reader)
            lists = [each.get_object().data for each in store.crls[:MOST]]
            answers = [each.get_object().data for each in store.ocsps[:MOST]]
            return trust.material_of(islice(store.load_certs(), 50), lists, answers)
        except Exception:  # noqa: BLE001 - NoDSSFoundError is the usual one; without them the chain is judged all the same
            return Material()

    def _page_of(self, field: Any) -> int:
        """The page of its widget, from 1; 0 when it has none."""
        widget = field
        if "/Kids" in field and len(field["/Kids"]):
            widget = field["/Kids"][0].get_object()
        try:
            page = widget.raw_get("/P")
        except KeyError:
            return 0
        if self._pages is None:
            self._pages = {number: index for index, number in enumerate(islice(self._page_numbers(), _MOST_PAGES), 1)}
        return self._pages.get(getattr(page, "idnum", -1), 0)

    def _page_numbers(self) -> Iterator[int]:
        """The object numbers of all pages, in order; the tree may be a loop."""
        seen: set[int] = set()
        waiting = [self._reader.root.raw_get("/Pages")]
        while waiting:
            reference = waiting.pop()
            if not isinstance(reference, generic.IndirectObject) or reference.idnum in seen:
                continue
            seen.add(reference.idnum)
            node = reference.get_object()  # type: ignore[no-untyped-call]
            if isinstance(node, generic.DictionaryObject) and "/Kids" in node:
                waiting += reversed(list(node["/Kids"])[:_MOST_PAGES])
            else:
                yield reference.idnum


def _claimed(value: Any) -> datetime | None:
    try:
        said = generic.parse_pdf_date(value["/M"], strict=False)
    except (KeyError, PdfError, ValueError, TypeError):
        return None
    return said if isinstance(said, datetime) and said.tzinfo else None


def _bare(value: Any, pieces: tuple[memoryview, ...], envelope: Envelope, material: Material) -> DigitalSignature:
    """adbe.x509.rsa_sha1: no CMS but the number itself, its certificates beside it (ISO 32000-1, 12.8.3.2)."""
    held = value["/Cert"]
    chain = [each.original_bytes for each in (held if isinstance(held, list) else [held])]
    certificate = x509.Certificate.load(chain[0])
    number = core.OctetString.load(value.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW).original_bytes).native
    key = load_der_public_key(certificate.public_key.dump())
    doubt = envelope.doubt
    if not isinstance(key, rsa.RSAPublicKey):
        doubt = doubt or "algorithm"
    else:
        try:
            key.verify(number, b"".join(pieces), padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - what the format prescribes
        except InvalidSignature:
            doubt = doubt or "content changed"
    return cms.decided(certificate, trust.material_of(chain) + material, envelope, envelope.claimed, doubt)
