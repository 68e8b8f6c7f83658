"""Signatures of Office and ODF packages, and of S/MIME: what holds, what was changed, who signed."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import pkcs7
from lxml import etree

from gateway.documents import media
from gateway.documents.recognise import recognise
from gateway.documents.signatures import cms, signatures_of, trust
from gateway.model import DigitalSignature, SignatureLevel
from tests.world import archives, certificates

ROOT = certificates.authority()
AGENCY = certificates.holder("Trường THCS Lương Lẫm", "Huyện Thử", under=ROOT)
DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
OPC = "http://schemas.openxmlformats.org/package/2006/digital-signature"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
DOCUMENT = b"<w:document xmlns:w='urn:w'><w:body/></w:document>"
RELS = (
    f'<?xml version="1.0"?><Relationships xmlns="{RELATIONS}"><Relationship Id="rId2" Type="t" Target="b.xml"/>'
    f'<Relationship Target="a.xml" Type="t" Id="rId1"/></Relationships>'
).encode()
# The same two in the order of their names with their modes, as the transform of OPC wants them.
RELS_AS_SIGNED = (
    f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Target="a.xml" TargetMode="Internal" Type="t"></Relationship>'
    f'<Relationship Id="rId2" Target="b.xml" TargetMode="Internal" Type="t"></Relationship></Relationships>'
).encode()


@pytest.fixture(autouse=True)
def _anchors() -> Iterator[None]:
    trust.load([ROOT.der])
    yield
    trust.load([])


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _reference(uri: str, data: bytes, transforms: str = "") -> str:
    return (
        f'<Reference URI="{uri}">{f"<Transforms>{transforms}</Transforms>" if transforms else ""}'
        f'<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<DigestValue>{_b64(hashlib.sha256(data).digest())}</DigestValue></Reference>"
    )


def _signature(by: certificates.Holder, references: str, objects: str = "") -> bytes:
    info = (
        f'<SignedInfo xmlns="{DS}"><CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod>{references}</SignedInfo>'
    )
    canonical = etree.tostring(etree.fromstring(info), method="c14n")
    value = by.key.sign(canonical, padding.PKCS1v15(), hashes.SHA256())
    held = by.certificate.public_bytes(serialization.Encoding.DER)
    return (
        f'<Signature xmlns="{DS}">{canonical.decode()}<SignatureValue>{_b64(value)}</SignatureValue><KeyInfo><X509Data>'
        f"<X509Certificate>{_b64(held)}</X509Certificate></X509Data></KeyInfo>{objects}</Signature>"
    ).encode()


def _package(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def _word(by: certificates.Holder = AGENCY, **changed: bytes) -> bytes:
    relations = (
        f'<Transform Algorithm="http://schemas.openxmlformats.org/package/2006/RelationshipTransform">'
        f'<o:RelationshipReference xmlns:o="{OPC}" SourceId="rId1"/><o:RelationshipReference xmlns:o="{OPC}" SourceId="rId2"/>'
        f'</Transform><Transform Algorithm="{C14N}"/>'
    )
    manifest = (
        f'<Object xmlns="{DS}" Id="idPackageObject"><Manifest>'
        f"{_reference('/word/document.xml?ContentType=application/xml', DOCUMENT)}"
        f"{_reference('/word/_rels/document.xml.rels?ContentType=x', RELS_AS_SIGNED, relations)}</Manifest>"
        f'<SignatureProperties><SignatureProperty><o:SignatureTime xmlns:o="{OPC}"><o:Value>2026-11-20T02:03:04Z</o:Value>'
        f"</o:SignatureTime></SignatureProperty></SignatureProperties></Object>"
    )
    signed = etree.tostring(etree.fromstring(manifest), method="c14n")
    signature = _signature(by, _reference("#idPackageObject", signed), manifest)
    parts = {"word/document.xml": DOCUMENT, "word/_rels/document.xml.rels": RELS, "_xmlsignatures/sig1.xml": signature}
    return _package(
        {"[Content_Types].xml": b"<Types/>"} | parts | {key.replace("__", "/"): data for key, data in changed.items()}
    )


def _only(kind: str, data: bytes) -> DigitalSignature:
    (signature,) = signatures_of(kind, data)
    return signature


def test_a_signed_word_file_holds() -> None:
    signature = _only(media.DOCX, _word())
    assert (signature.level, signature.reason, signature.covers_all) == (SignatureLevel.INTACT, "", True)
    assert (signature.signer, signature.organisation) == ("Trường THCS Lương Lẫm", "Huyện Thử")
    assert (signature.signed_at, signature.kind) == (datetime(2026, 11, 20, 2, 3, 4, tzinfo=UTC), "xmldsig")


def test_a_word_file_changed_after_signing_is_broken() -> None:
    out = io.BytesIO(_word())
    with zipfile.ZipFile(out) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["word/document.xml"] = DOCUMENT.replace(b"<w:body/>", b"<w:body>x</w:body>")
    signature = _only(media.DOCX, _package(parts))
    assert (signature.level, signature.reason) == (SignatureLevel.BROKEN, "content changed")


def test_a_part_added_after_signing_is_not_covered() -> None:
    with zipfile.ZipFile(io.BytesIO(_word())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    signature = _only(media.DOCX, _package(parts | {"word/footnotes.xml": b"<a/>"}))
    assert (signature.level, signature.covers_all) == (SignatureLevel.INTACT, False)


def test_an_office_signature_of_a_stranger_is_intact_but_untrusted() -> None:
    signature = _only(media.DOCX, _word(certificates.holder("Ai đó", under=None)))
    assert (signature.level, signature.reason) == (SignatureLevel.UNTRUSTED, "self-signed")


def test_a_signed_odt_holds() -> None:
    content = b"<office:document-content xmlns:office='urn:o'/>"
    transform = f'<Transform Algorithm="{C14N}"/>'
    canonical = etree.tostring(etree.fromstring(content), method="c14n")
    signature = _signature(AGENCY, _reference("content.xml", canonical, transform) + _reference("mimetype", b"x"))
    signatures = b"<document-signatures xmlns='urn:s'>" + signature + b"</document-signatures>"
    raw = _package({"mimetype": b"x", "content.xml": content, "META-INF/documentsignatures.xml": signatures})
    assert (_only(media.ODT, raw).level, _only(media.ODT, raw).covers_all) == (SignatureLevel.INTACT, True)


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (b"<Signature", "damaged"),
        (f"<Signature xmlns='{DS}'/>".encode(), "certificate missing"),
        (_signature(AGENCY, _reference("/word/none.xml", b"")), "content missing"),
        (_signature(AGENCY, _reference("/word/document.xml", DOCUMENT, "<Transform Algorithm='urn:xslt'/>")), "algorithm"),
        (
            _signature(AGENCY, _reference("/word/document.xml", DOCUMENT)).replace(
                b"<SignatureValue>", b"<SignatureValue>AAAA"
            ),
            "wrong signature",
        ),
        (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", ""),
    ],
)
def test_a_crooked_office_signature_is_broken_with_its_reason(signature: bytes, reason: str) -> None:
    raw = _package({"word/document.xml": DOCUMENT, "_xmlsignatures/sig1.xml": signature})
    assert [found.reason for found in signatures_of(media.DOCX, raw)] == ([reason] if reason else [])


def test_a_package_with_a_bomb_among_its_parts_is_not_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(200 << 20))
        archive.writestr("_xmlsignatures/sig1.xml", _signature(AGENCY, _reference("/word/document.xml", b"")))
    assert _only(media.DOCX, out.getvalue()).reason == "too large"


def _smime(content: bytes, *options: pkcs7.PKCS7Options) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(AGENCY.certificate, AGENCY.key, hashes.SHA256()).add_certificate(_root())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


def _root() -> x509.Certificate:
    return ROOT.certificate


def test_a_signed_mail_holds_and_gives_its_content() -> None:
    raw = _smime(b"Content-Type: text/plain\r\n\r\nx\r\n")
    assert cms.content_of(raw) == b"Content-Type: text/plain\r\n\r\nx\r\n"
    signature = _only(media.PKCS7, raw)
    assert (signature.level, signature.kind, signature.signer) == (SignatureLevel.INTACT, "cms", "Trường THCS Lương Lẫm")


def test_a_signature_beside_its_mail_is_checked_against_it() -> None:
    raw = _smime(b"abc", pkcs7.PKCS7Options.DetachedSignature)
    assert cms.content_of(raw) is None
    reasons = [cms.signatures(raw, content)[0].reason for content in (b"abc", b"abd", None)]
    assert reasons == ["", "content changed", "content missing"]


_SIGNED_PART = b"Content-Type: text/plain; charset=utf-8\r\n\r\nK\xc3\xadnh g\xe1\xbb\xadi\r\n"


def _multipart_signed(part: bytes, signature: bytes) -> bytes:
    head = b'Subject: a\r\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b\r\n\r\n'
    beside = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + b"--b\r\n" + part + b"\r\n--b\r\n" + beside + base64.encodebytes(signature) + b"\r\n--b--\r\n"


@pytest.mark.parametrize(
    ("arrived", "level"),
    [
        (_SIGNED_PART, SignatureLevel.INTACT),
        (_SIGNED_PART.replace(b"\r\n", b"\n"), SignatureLevel.INTACT),  # line ends changed on the way
        (_SIGNED_PART.replace(b"K", b"k"), SignatureLevel.BROKEN),
    ],
    ids=["whole", "other line ends", "changed"],
)
def test_the_signature_of_a_signed_mail_is_over_its_first_part(arrived: bytes, level: SignatureLevel) -> None:
    signature = _smime(_SIGNED_PART, pkcs7.PKCS7Options.DetachedSignature)
    readings = recognise(_multipart_signed(arrived, signature)).files
    assert [each.level for reading in readings for each in reading.signatures] == [level]


def test_a_signature_file_is_over_the_file_beside_it() -> None:
    paper = b"Quy\xe1\xba\xbft \xc4\x91\xe1\xbb\x8bnh"
    signature = _smime(paper, pkcs7.PKCS7Options.DetachedSignature)
    mail = EmailMessage()
    mail.set_content("x")
    archive = archives.zipped(("qd.txt", paper), ("qd.txt.p7s", signature), ("khac.txt.p7s", signature))
    for name, data in (("qd.txt.p7s", signature), ("qd.txt", paper), ("a.zip", archive)):
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    found = {
        reading.name: [(each.level, each.reason) for each in reading.signatures]
        for file in recognise(mail.as_bytes()).files
        for reading in file.walk()
        if reading.signatures
    }
    assert found == {
        "qd.txt.p7s": [(SignatureLevel.INTACT, "")],
        "a.zip/qd.txt.p7s": [(SignatureLevel.INTACT, "")],
        "a.zip/khac.txt.p7s": [(SignatureLevel.BROKEN, "content missing")],
    }


def test_a_mail_signed_twice_one_in_the_other_is_read_to_its_end() -> None:
    outer = _smime(
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(_smime(_SIGNED_PART))
    )
    (reading,) = [
        each
        for each in recognise(
            b"Subject: a\r\nContent-Type: application/pkcs7-mime; name=smime.p7m\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(outer)
        ).files
    ]
    assert [each.signatures[0].level for each in reading.walk() if each.signatures] == [SignatureLevel.INTACT] * 2


def test_what_is_no_signed_data_has_no_signature() -> None:
    assert signatures_of(media.PKCS7, b"0\x03abc") == ()
    assert cms.content_of(b"") is None
