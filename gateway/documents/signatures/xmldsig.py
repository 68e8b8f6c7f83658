"""XML signatures (W3C XML Signature 1.1) as Office and ODF write them: the digests of what is signed, and the signature.  Pure.

Only what those two formats write is understood: C14N 1.0 and exclusive C14N, the relationship transform of OPC
(ECMA-376 part 2, 13.2.4.24), RSA and ECDSA.  Anything else is broken with the reason "algorithm", never half believed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from asn1crypto import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from lxml import etree

from gateway.documents.signatures import cms
from gateway.model import Value

DS = "{http://www.w3.org/2000/09/xmldsig#}"
_XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
_OPC = "{http://schemas.openxmlformats.org/package/2006/digital-signature}"
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_RELATIONSHIP_TRANSFORM = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"

# Canonical forms: exclusive or not.  Without comments: those with comments are for documents that sign their comments.
_CANONICAL = {
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": False,
    "http://www.w3.org/2006/12/xml-c14n11": False,
    "http://www.w3.org/2001/10/xml-exc-c14n#": True,
}
_DIGESTS = {
    "http://www.w3.org/2000/09/xmldsig#sha1": "sha1",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
_METHODS: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1": ("rsa", hashes.SHA1()),  # noqa: S303 - documents until 2019
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": ("rsa", hashes.SHA256()),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": ("rsa", hashes.SHA384()),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": ("rsa", hashes.SHA512()),
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": ("ec", hashes.SHA256()),
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384": ("ec", hashes.SHA384()),
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512": ("ec", hashes.SHA512()),
}
_MOST_REFERENCES = 2_000
_MOST_CERTIFICATES = 20

Part = Callable[[str], bytes | None]


class Checked(Value):
    """What one <Signature> says, and what is wrong with it."""

    certificates: tuple[Any, ...] = ()  # asn1crypto.x509.Certificate; the signer's first
    claimed: datetime | None = None
    parts: frozenset[str] = frozenset()  # names of the parts that it is over
    doubt: str = ""


class _Doubt(Exception):
    """Why a signature is broken; its words are the reason."""


def checked(signature: etree._Element, part: Part) -> Checked:
    """Check a <Signature>; ``part`` gives the bytes of a part of the package, or None."""
    certificates = tuple(_certificates(signature))
    facts = Checked(certificates=certificates, claimed=_time(signature))
    if not certificates:
        return _with_doubt(facts, "certificate missing")
    try:
        parts = frozenset(_references(signature, part))
        _verify(signature, certificates[0])
    except _Doubt as doubt:
        return _with_doubt(facts, str(doubt))
    except (etree.LxmlError, ValueError, TypeError, RecursionError):
        return _with_doubt(facts, "malformed")
    return Checked(certificates=certificates, claimed=facts.claimed, parts=parts)


def _with_doubt(facts: Checked, doubt: str) -> Checked:
    return Checked(certificates=facts.certificates, claimed=facts.claimed, doubt=doubt)


# --- Who and when -------------------------------------------------------------------------------------------------------


def _certificates(signature: etree._Element) -> Iterator[x509.Certificate]:
    """Those of KeyInfo; the one whose key the signature was made with stands first by custom, the authorities follow."""
    found = []
    for element in signature.iterfind(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate"):
        try:
            certificate = x509.Certificate.load(_decoded(element))
            _ = certificate.subject.native, certificate.not_valid_before
        except (ValueError, TypeError):
            continue
        found.append(certificate)
        if len(found) >= _MOST_CERTIFICATES:
            break
    issuers = {certificate.issuer.dump() for certificate in found}
    return iter(sorted(found, key=lambda one: one.ca is True or (len(found) > 1 and one.subject.dump() in issuers)))


def _time(signature: etree._Element) -> datetime | None:
    """XAdES SigningTime first: it is signed with the rest; else what Office or ODF wrote."""
    for path in (f".//{_XADES}SigningTime", f".//{_OPC}SignatureTime/{_OPC}Value", ".//{http://purl.org/dc/elements/1.1/}date"):
        found = signature.findtext(path)
        try:
            at = datetime.fromisoformat(found.strip().replace(",", ".")[:40]) if found else None
        except ValueError:
            continue
        if at is not None:
            return cms.aware(at)
    return None


# --- What is signed -------------------------------------------------------------------------------------------------------


def _references(signature: etree._Element, part: Part) -> Iterator[str]:
    """Check each reference, and those of the manifests that they sign; yields the names of the parts."""
    info = _only(signature, "SignedInfo")
    manifests: list[etree._Element] = []
    count = 0
    for reference in info.iterfind(f"{DS}Reference"):
        uri = reference.get("URI", "")
        target = _same_document(signature, uri) if uri.startswith("#") else None
        _check(reference, target, part)
        if target is None:
            yield _part_name(uri)
        else:
            manifests += target.iter(f"{DS}Manifest")
    for manifest in manifests:
        for reference in manifest.iterfind(f"{DS}Reference"):
            count += 1
            if count > _MOST_REFERENCES:
                raise _Doubt("too many references")
            _check(reference, None, part)
            yield _part_name(reference.get("URI", ""))


def _same_document(signature: etree._Element, uri: str) -> etree._Element:
    found = [element for element in signature.iter(etree.Element) if uri[1:] in (element.get("Id"), element.get("ID"))]
    if len(found) != 1:  # two of the same name: one would be checked and the other one believed
        raise _Doubt("malformed")
    return found[0]


def _check(reference: etree._Element, target: etree._Element | None, part: Part) -> None:
    """The digest of what a reference points to."""
    if target is not None:
        data = _transformed(reference, target)
    else:
        name = _part_name(reference.get("URI", ""))
        raw = part(name)
        if raw is None:
            raise _Doubt("content missing")
        data = raw if reference.find(f"{DS}Transforms/{DS}Transform") is None else _transformed(reference, parsed(raw))
    method = _only(reference, "DigestMethod").get("Algorithm", "")
    if method not in _DIGESTS:
        raise _Doubt("algorithm")
    if not hmac.compare_digest(cms.digest(_DIGESTS[method], data), _decoded(_only(reference, "DigestValue"))):
        raise _Doubt("content changed")


def _part_name(uri: str) -> str:
    """ "/word/document.xml?ContentType=…" -> "word/document.xml"."""
    return unquote(uri.split("?", 1)[0]).lstrip("/")


def _transformed(reference: etree._Element, element: etree._Element) -> bytes:
    canonical = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    for transform in reference.iterfind(f"{DS}Transforms/{DS}Transform"):
        algorithm = transform.get("Algorithm", "")
        if algorithm == _RELATIONSHIP_TRANSFORM:
            element = _relationships(element, transform)
        elif algorithm in _CANONICAL:
            canonical = algorithm
        else:
            raise _Doubt("algorithm")
    return _canonical(element, canonical)


def _relationships(element: etree._Element, transform: etree._Element) -> etree._Element:
    """The chosen relationships in the order of their names, each with its target mode: ECMA-376 part 2, 13.2.4.24."""
    wanted = {each.get("SourceId") for each in transform.iterfind(f"{_OPC}RelationshipReference")}
    types = {each.get("SourceType") for each in transform.iterfind(f"{_OPC}RelationshipsGroupReference")}
    chosen = [
        each
        for each in element.iterfind(f"{_RELATIONSHIPS}Relationship")
        if each.get("Id") in wanted or each.get("Type") in types
    ]
    result = etree.Element(element.tag, nsmap={None: _RELATIONSHIPS[1:-1]})  # type: ignore[dict-item]  # the stubs know no default
    for each in sorted(chosen, key=lambda one: one.get("Id", "")):
        etree.SubElement(
            result, each.tag, {"TargetMode": "Internal", **{str(key): str(value) for key, value in each.attrib.items()}}
        )
    return result


# --- The signature itself ---------------------------------------------------------------------------------------------------


def _verify(signature: etree._Element, certificate: x509.Certificate) -> None:
    info = _only(signature, "SignedInfo")
    method = _METHODS.get(_only(info, "SignatureMethod").get("Algorithm", ""))
    if method is None:
        raise _Doubt("algorithm")
    words = _canonical(info, _only(info, "CanonicalizationMethod").get("Algorithm", ""))
    value = _decoded(_only(signature, "SignatureValue"))
    try:
        key = load_der_public_key(certificate.public_key.dump())
        if method[0] == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, words, padding.PKCS1v15(), method[1])
        elif method[0] == "ec" and isinstance(key, ec.EllipticCurvePublicKey):
            half = len(value) // 2
            pair = encode_dss_signature(int.from_bytes(value[:half]), int.from_bytes(value[half:]))
            key.verify(pair, words, ec.ECDSA(method[1]))
        else:
            raise _Doubt("algorithm")
    except InvalidSignature as error:
        raise _Doubt("wrong signature") from error


def _canonical(element: etree._Element, algorithm: str) -> bytes:
    if algorithm not in _CANONICAL:
        raise _Doubt("algorithm")
    # libxml2 writes xmlns="" on the children of a part of a tree; once written and read again, the part is a tree of its own.
    alone = parsed(etree.tostring(element, with_tail=False))
    return etree.tostring(alone, method="c14n", exclusive=_CANONICAL[algorithm], with_comments=False)


def _only(element: etree._Element, name: str) -> etree._Element:
    found = element.findall(DS + name)
    if len(found) != 1:
        raise _Doubt("malformed")
    return found[0]


def _decoded(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def parsed(raw: bytes) -> etree._Element:
    """XML without entities, DTDs or the network.  Raises etree.LxmlError."""
    return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False))
