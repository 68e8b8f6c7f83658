"""The names in a certificate that may be kept: common name and organisation, without personal identifiers.  Pure.

Vietnamese certificates carry UID=CMND:…, CCCD:… or MST:…, serial numbers, mail addresses and telephone numbers; some repeat
them within the common name.  None of that is ever read out of here.
"""

from __future__ import annotations

import re

from asn1crypto import x509

from gateway.documents.vietnamese import tidy

_MAX_NAME = 200
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w.-]+"  # a mail address
    r"|\b(?:CMND|CMT|CCCD|CC|HC|MST|MNS|BHXH|MDV|UID)\b[\s:=.-]*[\w./-]*\d{5}[\w./-]*"  # a labelled number
    r"|\+?\d(?:[ .-]?\d){8,}",  # nine digits and more: identity card, tax number, telephone
    re.IGNORECASE,
)


def signer_of(certificate: x509.Certificate) -> str:
    """The common name of its subject; "" without one."""
    return _kept(certificate.subject, "common_name")


def organisation_of(certificate: x509.Certificate) -> str:
    """The organisation (O) of its subject; "" without one."""
    return _kept(certificate.subject, "organization_name")


def issuer_of(certificate: x509.Certificate) -> str:
    """The common name of the authority that issued it, or its organisation."""
    return _kept(certificate.issuer, "common_name") or _kept(certificate.issuer, "organization_name")


def without_identifiers(name: str) -> str:
    """A name without identity, tax and telephone numbers and mail addresses."""
    return tidy(" ".join(_PERSONAL.sub(" ", tidy(name)).split())).strip(" -,;:()[]/")[:_MAX_NAME]


def _kept(name: x509.Name, field: str) -> str:
    for part in reversed(list(name.chosen)):  # the most specific one stands last
        for pair in part:
            try:
                if pair["type"].native == field:
                    return without_identifiers(str(pair["value"].native))
            except (ValueError, TypeError):  # a text of a kind that this field does not allow
                continue
    return ""
