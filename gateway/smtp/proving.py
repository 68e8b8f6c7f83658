"""Proves a sender: asks pyspf and dkimpy, and weighs what they say with DMARC.

Everything here blocks: gateway.smtp.authentication calls it in threads, and loads it with the first mail from outside.
"""

from __future__ import annotations

import base64
import contextlib
import email.utils
import ipaddress
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dkim
import spf
from dkim.crypto import UnparsableKeyError, parse_public_key
from dkim.util import InvalidTagValueList, parse_tag_value

from gateway.errors import TemporaryFailure
from gateway.model import Identity, Proof
from gateway.smtp import dmarc
from gateway.smtp.names import Hurried, Names

_LARGEST = 4 * 1024 * 1024  # bytes of a mail whose signatures are looked at: dkimpy takes 16 ms for each megabyte
_SIGNATURES = 5  # of one mail (RFC 6376 section 6.1 lets a verifier stop somewhere)
# dkimpy goes through all fields for each name that is signed, and raises to a power with every other thread at a standstill: a
# stranger's key of 32,768 bits takes 72 s.  RFC 8301 section 3.2 asks for no key over 4,096 bits.
_MOST_FIELDS = 500
_LONGEST_SIGNATURE = 8 * 1024
_LONGEST_KEY = 2048  # bytes of its record
_MODULUS_BITS, _EXPONENT_BITS = 4096, 64
_INSIDE = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "::1",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)  # fmt: skip - networks that many have (RFC 1918, 6598, 4193 …)
_LONGEST_HEAD = 256 * 1024
_LONGEST_FROM = 4 * 1024
# Of an SPF record.  pyspf takes 49 s for one with 1,500 macros; real ones have three, and fit into 2 KB.
_LONGEST_SPF = 4 * 1024
_MOST_MACROS = 30
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_FROM = re.compile(rb"^from[ \t]*:((?:.*\n)(?:[ \t].*\n)*)", re.IGNORECASE | re.MULTILINE)


def proof(raw: bytes, said: tuple[str, str, str], *, hostname: str, names: Names, patience_s: float) -> Proof:
    """What proves the sender of a mail.  ``said``: the envelope sender, the client's address ("": unknown) and its HELO.

    ``hostname`` is our own name.  May raise whatever the libraries do.
    """
    sender, peer, helo = said
    hurried = Hurried(names, patience_s)
    domain = sender.rpartition("@")[2].lower()
    author = author_domain(raw)
    by_host = _spf(sender, peer, helo, hostname, hurried, patience_s)
    signed, signers = _dkim(raw, hurried)
    try:
        return _weigh(domain, author, by_host, signed, signers, hurried.texts)
    except TemporaryFailure:
        return Proof(spf=by_host, dkim=signed, dmarc="temperror")


def _spf(sender: str, peer: str, helo: str, hostname: str, names: Hurried, patience_s: float) -> str:
    """What the sender's domain says of the client; "none" when nobody knows the client.

    An address that only means something inside a network is that of a server, a firewall or a load balancer in front: no domain
    outside names it, and that says nothing of the sender.
    """
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return "none"
    said = _asked(sender, peer, helo, hostname, names, patience_s)
    is_inside = any(address in network for network in _INSIDE)
    return "none" if is_inside and said in ("fail", "softfail", "neutral") else said


def _asked(sender: str, peer: str, helo: str, hostname: str, names: Hurried, patience_s: float) -> str:
    with _asking(names):
        query = spf.query(i=peer, s=sender, h=helo or "unknown", receiver=hostname, querytime=patience_s)
        try:
            return str(query.check()[0])
        except (ValueError, UnicodeError):  # an address that SPF cannot speak of
            return "permerror"


def _dkim(raw: bytes, names: Hurried) -> tuple[str, tuple[str, ...]]:
    """The best result, and the domains whose signatures hold for the whole of this mail."""
    if len(raw) > _LARGEST or b"dkim-signature" not in raw[:_LONGEST_HEAD].lower():
        return "none", ()
    results, signers = [], []
    for n in range(_SIGNATURES):
        result, domain = _signature(raw, n, names)
        if result == "none":
            break
        results.append(result)
        signers += [domain] if result == "pass" else []
    return next((r for r in ("pass", "temperror", "fail") if r in results), "none"), tuple(signers)


def _signature(raw: bytes, n: int, names: Hurried) -> tuple[str, str]:
    """One signature: "pass" with its domain, "fail", "temperror", or "none" when there are no more."""
    message = dkim.DKIM(raw, logger=_quiet, minkey=1024)
    signatures = [value for name, value in message.headers if name.lower() == b"dkim-signature"]
    if n >= len(signatures):
        return "none", ""
    if len(message.headers) > _MOST_FIELDS or len(signatures[n]) > _LONGEST_SIGNATURE:
        return "fail", ""
    unanswered: list[str] = []
    try:
        holds = message.verify(n, dnsfunc=partial(_key, names, unanswered))
    except (dkim.DKIMException, ValueError, ArithmeticError, LookupError, TypeError, AttributeError):
        return "fail", ""
    if unanswered:
        return "temperror", ""
    # A signature with a length (l=) lets anybody add to the end of the mail: a whole document, for instance.
    if not holds or b"l" in message.signature_fields:
        return "fail", ""
    return "pass", message.domain.decode("ascii", "replace").lower()


def _key(names: Hurried, unanswered: list[str], name: bytes, timeout: float = 5) -> bytes | None:
    """The key record of that name; notes where nobody could say: dkimpy itself would call that a signature that fails."""
    del timeout  # Names has its own
    try:
        record = next(iter(names.texts(name.decode("ascii", "replace"))), None)
    except TemporaryFailure as error:
        unanswered.append(str(error))
        return None
    return record if record is not None and _is_quick(record) else None


def _is_quick(record: bytes) -> bool:
    """Whether a key is one that takes milliseconds; what is none at all is not."""
    if len(record) > _LONGEST_KEY:
        return False
    try:
        tags = parse_tag_value(record)
        if tags.get(b"k", b"rsa") != b"rsa":
            return True
        key = parse_public_key(base64.b64decode(tags[b"p"]))
    except (KeyError, ValueError, IndexError, TypeError, InvalidTagValueList, UnparsableKeyError):
        return False
    return bool(key["modulus"].bit_length() <= _MODULUS_BITS and key["publicExponent"].bit_length() <= _EXPONENT_BITS)


def author_domain(raw: bytes) -> str:
    """The domain of the author in the only From field; "" when it is missing, twice there, or names several authors."""
    head = raw[:_LONGEST_HEAD]
    end = _END_OF_HEAD.search(head)
    fields = _FROM.findall(head[: end.end()] if end else head)
    if len(fields) != 1:
        return ""
    if len(fields[0]) > _LONGEST_FROM:
        return ""
    written = " ".join(line.strip() for line in fields[0].decode("utf-8", "replace").splitlines()).strip()
    try:
        addresses = [address for _, address in email.utils.getaddresses([written]) if address]
    except RecursionError:  # hundreds of nested comments
        return ""
    if len(addresses) != 1 or "@" not in addresses[0]:
        return ""
    return addresses[0].rpartition("@")[2].lower()


def _weigh(domain: str, author: str, by_host: str, signed: str, signers: Sequence[str], look_up: dmarc.LookUp) -> Proof:
    """From single results to one proof.  Pure, but for ``look_up``."""
    if not author:
        return Proof(spf=by_host, dkim=signed, dmarc="permerror")
    record = dmarc.policy_for(author, look_up)

    def of_one(one: str, two: str, *, strict: bool = False) -> bool:
        return dmarc.is_aligned(one, two, strict=strict, look_up=look_up)

    by_signature = next((d for d in signers if of_one(d, author, strict=record is not None and record.strict_dkim)), "")
    spf_holds = by_host == "pass" and of_one(domain, author, strict=record is not None and record.strict_spf)
    failed = "temperror" if "temperror" in (by_host, signed) else "fail"  # what could not be asked may hold all the same
    verdict = "none" if record is None else "pass" if by_signature or spf_holds else failed
    if by_signature and of_one(by_signature, domain):
        return Proof(identity=Identity.DKIM, spf=by_host, dkim=signed, dmarc=verdict, domain=by_signature)
    if spf_holds:
        return Proof(identity=Identity.SPF, spf=by_host, dkim=signed, dmarc=verdict, domain=domain)
    return Proof(spf=by_host, dkim=signed, dmarc=verdict)


# --- pyspf asks through a function of its module: it is led to the Names of whoever asks in this thread --------------------

_of_thread = threading.local()


@contextlib.contextmanager
def _asking(names: Hurried) -> Iterator[None]:
    _of_thread.names = names
    try:
        yield
    finally:
        del _of_thread.names


def _look_up_for_spf(name: str, kind: str, strict: object = True, timeout: float = 0) -> list[tuple[tuple[str, str], Any]]:
    """As pyspf wants it: ((name, kind), value) for each record."""
    del strict, timeout
    try:
        records = _of_thread.names.records(name, kind)
    except TemporaryFailure as error:
        raise spf.TempError(str(error)) from error
    values = [_VALUES[kind](record) for record in records if kind in _VALUES]
    if kind == "TXT" and any(_is_endless(b"".join(strings)) for strings in values):
        raise spf.PermError("a record that would take too long to read", name)
    return [((name, kind), value) for value in values]


def _is_endless(record: bytes) -> bool:
    return record[:6].lower() == b"v=spf1" and (len(record) > _LONGEST_SPF or record.count(b"%{") > _MOST_MACROS)


_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "A": lambda record: record.address,
    "AAAA": lambda record: record.address,
    "MX": lambda record: (record.preference, record.exchange.to_text(omit_final_dot=True)),
    "PTR": lambda record: record.target.to_text(omit_final_dot=True),
    "TXT": lambda record: record.strings,
}
spf.DNSLookup = _look_up_for_spf

_quiet = logging.getLogger("gateway.smtp.proving.dkim")
_quiet.setLevel(logging.CRITICAL)  # dkimpy tells at ERROR what strangers did wrong
