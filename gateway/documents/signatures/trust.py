"""Which certificates lead to an authority that we trust, as of the time of signing; no network is ever asked.

The anchors are configuration: the fork server loads them once, before any byte of a mail is read, and children inherit them.
Validation is that of RFC 5280 by pyHanko's certificate validator; revocation lists and OCSP answers count when the
file brings them along, and their absence is no fault.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from asn1crypto import crl, ocsp, pem, x509
from pyhanko_certvalidator import CertificateValidator, PKIXValidationParams, ValidationContext
from pyhanko_certvalidator.errors import ExpiredError, NotYetValidError, RevokedError, ValidationError
from pyhanko_certvalidator.policy_decl import DisallowWeakAlgorithmsPolicy

from gateway.model import Value

# SHA-1 and short keys are admitted: the state's authority signed with them until 2019, and those documents are in force.
_WEAK = DisallowWeakAlgorithmsPolicy(  # type: ignore[no-untyped-call]  # typed only in part
    weak_hash_algos=frozenset({"md2", "md5"}), rsa_key_size_threshold=1024
)
_MOST_CERTIFICATES = 50  # a chain has three or four; paths through hundreds take for ever
_ANY_POLICY = PKIXValidationParams()
T = TypeVar("T")

_anchors: list[x509.Certificate] = []


class Material(Value):
    """What a file brings along to judge its signatures by."""

    certificates: tuple[Any, ...] = ()  # asn1crypto.x509.Certificate
    crls: tuple[Any, ...] = ()  # asn1crypto.crl.CertificateList
    ocsps: tuple[Any, ...] = ()  # asn1crypto.ocsp.OCSPResponse

    def __add__(self, other: Material) -> Material:
        return Material(
            certificates=self.certificates + other.certificates,
            crls=self.crls + other.crls,
            ocsps=self.ocsps + other.ocsps,
        )


def load(anchors: Iterable[bytes]) -> None:
    """Trust these certificates (each PEM, with one or several, or DER), and no others.  Raises ValueError for anything else."""
    found = [certificate for data in anchors for certificate in certificates_in(data)]
    _anchors[:] = found


def certificates_in(data: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM or DER file.  Raises ValueError when there is none, or one cannot be read."""
    if not pem.detect(data):
        return [_certificate(data)]
    blocks = [block for label, _, block in pem.unarmor(data, multiple=True) if label in ("CERTIFICATE", "TRUSTED CERTIFICATE")]
    if not blocks:
        raise ValueError("no certificate in it")
    return [_certificate(block) for block in blocks]


def _certificate(data: bytes) -> x509.Certificate:
    try:
        certificate = x509.Certificate.load(data, strict=True)
        _ = certificate.subject.native, certificate.public_key.algorithm, certificate.not_valid_after
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError("no certificate in it") from error
    return certificate


def doubt_of(certificate: x509.Certificate, material: Material, at: datetime) -> str:
    """Why a certificate was not to be trusted at that time; "" when it was."""
    others = [other for other in material.certificates[:_MOST_CERTIFICATES] if other.sha256 != certificate.sha256]
    context = ValidationContext(
        trust_roots=list(_anchors),
        other_certs=others,
        moment=at,
        best_signature_time=at,
        allow_fetching=False,
        crls=list(material.crls),
        ocsps=list(material.ocsps),
        revocation_mode="soft-fail",
        retroactive_revinfo=True,  # lists of today tell of the revocations of yesterday
        algorithm_usage_policy=_WEAK,
    )
    validator = CertificateValidator(certificate, validation_context=context, pkix_params=_ANY_POLICY)
    try:
        finished(validator.async_validate_path())
    except RevokedError:
        return "revoked"
    except ExpiredError:
        return "expired"
    except NotYetValidError:
        return "not yet valid"
    except ValidationError:
        return "self-signed" if certificate.self_signed in ("yes", "maybe") else "invalid certificate"
    except Exception:  # noqa: BLE001 - a hostile certificate raises whatever it likes; PathBuildingError is the usual one
        return "self-signed" if certificate.self_signed in ("yes", "maybe") else "unknown authority"
    return ""


def finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits: without a network pyHanko has nothing to wait for, and needs no loop."""
    try:
        work.send(None)
    except StopIteration as result:
        return result.value  # type: ignore[no-any-return]  # of a StopIteration
    work.close()
    raise RuntimeError("it waits for something")


def material_of(certificates: Iterable[Any] = (), crls: Sequence[Any] = (), ocsps: Sequence[Any] = ()) -> Material:
    """Certificates, lists and answers as parsed or as DER; what cannot be read is left out."""
    return Material(
        certificates=tuple(_parsed(x509.Certificate, certificates)),
        crls=tuple(_parsed(crl.CertificateList, crls)),
        ocsps=tuple(_parsed(ocsp.OCSPResponse, ocsps)),
    )


def _parsed(kind: Any, values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        try:
            yield kind.load(value) if isinstance(value, bytes) else value
        except (ValueError, TypeError):
            continue
