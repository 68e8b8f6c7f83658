"""DMARC: what the owner of a domain says about mail in its name, and whether two domains are of one organisation.  Pure.

RFC 9989: the organisation is found by a walk up the tree of names, not by a list of public suffixes.  ``look_up`` gives the TXT
records of a name; what it raises goes through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from gateway.model import Value

LookUp = Callable[[str], Sequence[bytes]]

_LABELS = 8  # a longer name is cut to seven at once (RFC 9989 section 4.10)
_NAME = re.compile(r"[A-Za-z]+")
_LONGEST = 2048  # bytes of a record; whoever writes more has none that anybody could mean


class Disposition(StrEnum):
    """What the owner asks for when a mail fails."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class Record(Value):
    """One DMARC record (RFC 9989 section 4.7)."""

    domain: str  # where it stands
    disposition: Disposition = Disposition.NONE
    strict_dkim: bool = False
    strict_spf: bool = False
    psd: str = "u"  # "y": a public suffix, "n": an organisation of its own, "u": not said


def record_of(domain: str, texts: Sequence[bytes]) -> Record | None:
    """The DMARC record among the TXT records of ``_dmarc.<domain>``; None when there is none, or more than one."""
    found = [fields for text in texts if (fields := _fields(text)) is not None]
    if len(found) != 1:
        return None
    (fields,) = found
    wish = fields.get("p", "none").lower()
    return Record(
        domain=domain,
        disposition=Disposition(wish) if wish in list(Disposition) else Disposition.NONE,
        strict_dkim=fields.get("adkim", "r").lower() == "s",
        strict_spf=fields.get("aspf", "r").lower() == "s",
        psd=fields.get("psd", "u").lower(),
    )


def policy_for(domain: str, look_up: LookUp) -> Record | None:
    """The record that holds for mail from a domain: its own, else its organisation's; None when nobody published one."""
    records = _walk(domain, look_up)
    own = next((record for record in records if record.domain == _plain(domain)), None)
    return own or next((record for record in records if record.domain == _organisation(domain, records)), None)


def organisation(domain: str, look_up: LookUp) -> str:
    """The domain of the organisation that a domain belongs to; the domain itself when nobody above has a record."""
    return _organisation(domain, _walk(domain, look_up))


def is_aligned(domain: str, other: str, *, strict: bool, look_up: LookUp) -> bool:
    """Whether two domains are one (strict), or of one organisation (RFC 9989 section 4.4)."""
    one, two = _plain(domain), _plain(other)
    if one == two:
        return bool(one)
    if strict or not one or not two:
        return False
    return organisation(one, look_up) == organisation(two, look_up)


def _walk(domain: str, look_up: LookUp) -> list[Record]:
    """The records on the way up from a domain, its own first (RFC 9989 section 4.10)."""
    labels = [label for label in _plain(domain).split(".") if label]
    records: list[Record] = []
    first = True
    while labels:
        name = ".".join(labels)
        record = record_of(name, look_up(f"_dmarc.{name}"))
        if record is not None:
            records.append(record)
            if record.psd == "n" or (record.psd == "y" and not first):
                break
        labels = labels[-(_LABELS - 1) :] if len(labels) > _LABELS else labels[1:]
        first = False
    return records


def _organisation(domain: str, records: Sequence[Record]) -> str:
    name = _plain(domain)
    if not records:
        return name
    last = records[-1]
    if last.psd == "y" and last.domain != name:
        below = name.removesuffix("." + last.domain).rpartition(".")[2]
        return f"{below}.{last.domain}"
    return last.domain


def _fields(text: bytes) -> dict[str, str] | None:
    if len(text) > _LONGEST:
        return None
    halves = [part.partition("=") for part in text.decode("ascii", "replace").split(";")]
    pairs = [(name.strip().lower(), value.strip()) for name, sign, value in halves if sign and _NAME.fullmatch(name.strip())]
    # The version comes first and is written just so (RFC 9989 section 4.8).
    return dict(pairs) if pairs and pairs[0] == ("v", "DMARC1") else None


def _plain(domain: str) -> str:
    return domain.lower().rstrip(".")
