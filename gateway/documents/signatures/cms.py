"""Signatures in the Cryptographic Message Syntax (RFC 5652): those of PDF, and the signed mails (p7m, p7s) of S/MIME.  Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, core, crl, pem, x509
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter, validate_sig_integrity

from gateway.documents.signatures import trust
from gateway.documents.signatures.certificate import issuer_of, organisation_of, signer_of
from gateway.documents.signatures.trust import Material
from gateway.model import DigitalSignature, SignatureLevel, Value

_MOST_PERSONS = 20  # that signed one message; real ones have one or two
_DIGESTS = frozenset(("sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"))

Digest = Callable[[str], bytes]


class Envelope(Value):
    """What is known of a signature beside its CMS."""

    kind: str
    covers_all: bool = False
    page: int = 0
    claimed: datetime | None = None  # when, as the file says outside the signature
    doubt: str = ""  # what makes it broken before any cryptography


def signatures(data: bytes, content: bytes | None = None) -> tuple[DigitalSignature, ...]:
    """Who signed a p7m, or a p7s over ``content`` (its canonical bytes, RFC 8551, 3.1.1).  () when it is no signature."""
    signed = signed_data_in(data)
    if signed is None:
        return ()
    inside = enclosed(signed)
    covered = inside if inside is not None else content
    if covered is None:
        envelope = Envelope(kind="cms", doubt="content missing")
        return tuple(judged(signed, info, lambda _: b"", envelope) for info in _infos(signed))
    envelope = Envelope(kind="cms", covers_all=True)
    return tuple(judged(signed, info, lambda name: digest(name, covered), envelope) for info in _infos(signed))


_LINE_END = re.compile(rb"\r?\n")


def beside(data: bytes, content: bytes) -> tuple[DigitalSignature, ...]:
    """The same over a file or a part that lies beside; its line ends were CR LF when it was signed, whatever they are now."""
    found = signatures(data, content)
    if all(each.reason != "content changed" for each in found):
        return found
    canonical = _LINE_END.sub(b"\r\n", content)
    again = signatures(data, canonical)
    return found if any(each.reason == "content changed" for each in again) else again


def content_of(data: bytes) -> bytes | None:
    """The bytes that a p7m encloses; None when it encloses none or is no signed data."""
    signed = signed_data_in(data)
    return enclosed(signed) if signed is not None else None


def enclosed(signed: cms.SignedData) -> bytes | None:
    """The content that lies within the signed data; None when it is elsewhere."""
    content = signed["encap_content_info"]["content"]
    return bytes(content) if isinstance(content, core.OctetString) else None


def signed_data_in(data: bytes) -> cms.SignedData | None:
    """The signed data of DER, BER or PEM; None for anything else.  Trailing zeros of a PDF's reserve do not matter."""
    try:
        if pem.detect(data):
            _, _, data = pem.unarmor(data)
        message = cms.ContentInfo.load(data)
        return message["content"] if message["content_type"].native == "signed_data" else None
    except (ValueError, TypeError, KeyError):
        return None


def digest(algorithm: str, *pieces: bytes | memoryview) -> bytes:
    """The digest of these bytes one after the other.  Raises ValueError for an algorithm that is unknown or forgeable."""
    if algorithm not in _DIGESTS:
        raise ValueError("an unknown digest")
    state = hashlib.new(algorithm, usedforsecurity=False)
    for piece in pieces:
        state.update(piece)
    return state.digest()


def judged(
    signed: cms.SignedData, info: cms.SignerInfo, digest_of: Digest, envelope: Envelope, extra: Material | None = None
) -> DigitalSignature:
    """What one signature is worth: is it that of its certificate over these bytes, and was that one to be trusted then?"""
    material = _material(signed, info) + (extra or Material())
    certificate = _certificate_of(info, material)
    if certificate is None:
        return _said(SignatureLevel.BROKEN, envelope, None, envelope.claimed, envelope.doubt or "certificate missing")
    at = _stamped_at(info) or _attribute(info, "signing_time") or envelope.claimed
    at = aware(at) if isinstance(at, datetime) else None
    return decided(certificate, material, envelope, at, envelope.doubt or _fault(signed, info, certificate, digest_of))


def decided(
    certificate: x509.Certificate, material: Material, envelope: Envelope, at: datetime | None, doubt: str
) -> DigitalSignature:
    """The last word, once the cryptography is done: broken for that ``doubt``, else as trustworthy as its certificate was."""
    if doubt:
        return _said(SignatureLevel.BROKEN, envelope, certificate, at, doubt)
    doubt = trust.doubt_of(certificate, material, at or certificate.not_valid_before)
    return _said(SignatureLevel.UNTRUSTED if doubt else SignatureLevel.INTACT, envelope, certificate, at, doubt)


def _said(
    level: SignatureLevel, envelope: Envelope, certificate: x509.Certificate | None, at: datetime | None, reason: str
) -> DigitalSignature:
    return DigitalSignature(
        level=level,
        signer=signer_of(certificate) if certificate else "",
        organisation=organisation_of(certificate) if certificate else "",
        issuer=issuer_of(certificate) if certificate else "",
        signed_at=at,
        covers_all=envelope.covers_all and level is not SignatureLevel.BROKEN,
        kind=envelope.kind,
        page=envelope.page,
        reason=reason,
    )


def _fault(signed: cms.SignedData, info: cms.SignerInfo, certificate: x509.Certificate, digest_of: Digest) -> str:
    content_type = signed["encap_content_info"]["content_type"].native
    try:
        name = info["digest_algorithm"]["algorithm"].native
        unchanged, genuine = validate_sig_integrity(info, certificate, content_type, digest_of(name))
    except SignatureValidationError:
        return "malformed"
    except ValueError:
        return "algorithm"
    except Exception:  # noqa: BLE001 - whatever the library trips over: it is no signature that holds
        return "malformed"
    if not unchanged:
        return "content changed"
    return "" if genuine else "wrong signature"


def _infos(signed: cms.SignedData) -> list[cms.SignerInfo]:
    return list(signed["signer_infos"])[:_MOST_PERSONS]


def _material(signed: cms.SignedData, info: cms.SignerInfo) -> Material:
    certificates = [each.chosen for each in _items(signed["certificates"]) if each.name == "certificate"]
    lists = [each.chosen for each in _items(signed["crls"]) if isinstance(each.chosen, crl.CertificateList)]
    archive = _attribute(info, "adobe_revocation_info_archival")
    if isinstance(archive, core.Sequence):  # Adobe's own, within the signed attributes
        lists += _items(archive["crl"])
        return trust.material_of(certificates, lists, _items(archive["ocsp"]))
    return trust.material_of(certificates, lists)


def _items(values: Any) -> list[Any]:
    return [] if values is None or isinstance(values, core.Void) else list(values)


def _certificate_of(info: cms.SignerInfo, material: Material) -> x509.Certificate | None:
    sid = info["sid"]
    for each in material.certificates:
        if sid.name == "issuer_and_serial_number":
            wanted = sid.chosen
            if each.serial_number == wanted["serial_number"].native and each.issuer.dump() == wanted["issuer"].dump():
                return each
        elif each.key_identifier == sid.chosen.native:
            return each
    return None


def _attribute(info: cms.SignerInfo, name: str) -> Any:
    """The value of a signed attribute that may stand there once; None without it."""
    found = [each for each in _items(info["signed_attrs"]) if each["type"].native == name]
    if len(found) != 1 or len(found[0]["values"]) != 1:
        return None
    value = found[0]["values"][0]
    return value.native if name == "signing_time" else value


def _stamped_at(info: cms.SignerInfo) -> datetime | None:
    """The time of a time stamp over this signature (RFC 3161), when it is really one over this signature."""
    for token in _tokens(info):
        try:
            (by,) = token["signer_infos"]
            content = token["encap_content_info"]["content"]
            stamp, imprint = content.parsed, content.parsed["message_imprint"]
            made_over = digest(imprint["hash_algorithm"]["algorithm"].native, info["signature"].native)
            certificate = _certificate_of(by, _material(token, by))
            if imprint["hashed_message"].native == made_over and certificate is not None:
                inner = digest(by["digest_algorithm"]["algorithm"].native, bytes(content))
                if validate_sig_integrity(by, certificate, "tst_info", inner) == (True, True):
                    return aware(stamp["gen_time"].native)
        except Exception:  # noqa: BLE001, S112 - a time stamp that cannot be read is none
            continue
    return None


def _tokens(info: cms.SignerInfo) -> Iterator[cms.SignedData]:
    if isinstance(info["unsigned_attrs"], core.Void):
        return iter(())
    return extract_tst_data_iter(info, signed=False)


def aware(at: datetime) -> datetime:
    """A time in UTC; without a zone it is taken as UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
