"""Authorities and certificates of our own making, and signatures with them: nobody but a test trusts any."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko_certvalidator.registry import SimpleCertificateStore

START, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)


@cache
def _key(number: int) -> rsa.RSAPrivateKey:
    """One of a few keys: making them takes longer than all the rest."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Holder:
    """A certificate with its key and the authorities above it."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)
    above: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        """The certificate as DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def signer(self) -> SimpleSigner:
        """For pyHanko."""
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko's validator is typed only in part
        store.register_multiple(_asn1(each) for each in self.above)
        private = self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return SimpleSigner(
            signing_cert=_asn1(self.certificate), signing_key=asn1_keys.PrivateKeyInfo.load(private), cert_registry=store
        )


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def authority(name: str = "CA gốc Hương Giang", *, under: Holder | None = None, key: int = 0) -> Holder:
    """A certificate authority: a root, or one under another."""
    return _issued(name, "Tỉnh Hương Giang", under, key=key, ca=True, start=START, end=END)


def holder(
    name: str, organisation: str = "", *, under: Holder | None, start: datetime = START, end: datetime = END, **more: str
) -> Holder:
    """A signer; without ``under`` the certificate signs itself.  ``more`` are further attributes: uid, email, serial, phone."""
    return _issued(name, organisation, under, key=2, ca=False, start=start, end=end, more=more)


@cache
def web_certificate(host: str) -> tuple[Holder, Holder]:
    """A server's certificate for a host name, and the authority that must be trusted for it."""
    top, own = authority("CA thử", key=1), _key(2)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]))
        .issuer_name(top.certificate.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(END)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(top.key.public_key()), critical=False)
    )
    return Holder(builder.sign(top.key, hashes.SHA256()), own, (top.certificate,)), top


_MORE = {
    "uid": NameOID.USER_ID,
    "email": NameOID.EMAIL_ADDRESS,
    "serial": NameOID.SERIAL_NUMBER,
    "phone": x509.ObjectIdentifier("2.5.4.20"),
}
_TYPES = {"serial": _ASN1Type.PrintableString, "phone": _ASN1Type.PrintableString}  # as RFC 5280, appendix A.1 wants them
# Nobody ever asks there: a certificate only says that there is a list, and the file may bring it along.
_WHERE_REVOKED = x509.CRLDistributionPoints(
    [x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.huonggiang.example/ca.crl")], None, None, None)]
)


def _issued(
    name: str,
    organisation: str,
    under: Holder | None,
    *,
    key: int,
    ca: bool,
    start: datetime,
    end: datetime,
    more: dict[str, str] | None = None,
) -> Holder:
    own = _key(key)
    attributes = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]
    attributes += [x509.NameAttribute(_MORE[what], value, _type=_TYPES.get(what)) for what, value in (more or {}).items()]
    if organisation:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    subject = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(under.certificate.subject if under else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(not ca, not ca, False, False, False, ca, ca, False, False), critical=True)
        .add_extension(_WHERE_REVOKED, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    certificate = builder.sign(under.key if under else own, hashes.SHA256())
    return Holder(certificate, own, (under.certificate, *under.above) if under else ())


def revocation_list(by: Holder, revoked: Holder, at: datetime) -> bytes:
    """The list of an authority (DER) with one certificate in it, revoked at that time."""
    entry = x509.RevokedCertificateBuilder().serial_number(revoked.certificate.serial_number).revocation_date(at).build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject).last_update(at)
    crl = builder.next_update(at + timedelta(days=4000)).add_revoked_certificate(entry).sign(by.key, hashes.SHA256())
    return crl.public_bytes(serialization.Encoding.DER)


def signed(raw: bytes, by: Holder, name: str, *, cades: bool = False, page: int = 0) -> bytes:
    """The PDF with one more signature of today, as an incremental update."""
    kind = SigSeedSubFilter.PADES if cades else SigSeedSubFilter.ADOBE_PKCS7_DETACHED
    signer = PdfSigner(
        PdfSignatureMetadata(field_name=name, subfilter=kind),
        signer=by.signer(),
        new_field_spec=SigFieldSpec(name, on_page=page, box=(20, 20, 120, 60)),
    )
    out = io.BytesIO()
    signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(raw), strict=False), output=out)
    return out.getvalue()


def with_empty_field(raw: bytes, name: str) -> bytes:
    """The PDF with a field that nobody has signed yet."""
    writer = IncrementalPdfFileWriter(io.BytesIO(raw))
    append_signature_field(writer, SigFieldSpec(name, on_page=0, box=(20, 20, 120, 60)))
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # pyHanko is typed only in part
    return out.getvalue()
