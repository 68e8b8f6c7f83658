"""What a server that we believe found about a sender: its Authentication-Results in front of a mail (RFC 8601).  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.documents.fields import Fields
from gateway.model import Identity, Proof

_SAID = re.compile(r"\s*(dmarc|dkim|spf)(?:\s*/\s*\d+)?\s*=\s*([a-z]{1,20})\b", re.IGNORECASE)
_DOMAINS = re.compile(
    r"\b(?:header\.d|header\.from|header\.i|smtp\.mailfrom)\s*=\s*\"?(?:[^\s;\"@]*@)?([A-Za-z0-9.-]+)", re.IGNORECASE
)
# Characters of a field that are looked at: whoever could not be stopped from writing one may write a long one.
_LONGEST = 8 * 1024


def found_by(fields: Fields, sender: str, trusted: Sequence[str]) -> Proof | None:
    """What one of the ``trusted`` servers found about the sender; None without its word.

    Anybody can write such a field: only the first one of a trusted server counts, above whatever came with the mail; that
    server must take away what others wrote in its name (RFC 8601 section 5).
    """
    domain = sender.rpartition("@")[2].lower()
    known = {each.lower() for each in trusted}
    for field in fields.all("authentication-results"):
        server, _, results = _bare(field[:_LONGEST]).partition(";")
        name = server.strip().split(" ")[0]
        if name.lower() in known:
            return _proof(results, domain, by=name)
    return None


def _bare(field: str) -> str:
    """Without comments, and without what could be taken for results in quoted strings: there stands what the client said."""
    bare: list[str] = []
    depth, is_quoted, is_escaped = 0, False, False
    for c in field:
        if is_escaped:
            is_escaped = False
        elif c == "\\" and (depth or is_quoted):
            is_escaped = True
        elif c == '"' and not depth:
            is_quoted = not is_quoted
        elif c in "()" and not is_quoted:
            depth = max(depth + (1 if c == "(" else -1), 0)
            bare.append(" ")
        elif not depth and (not is_quoted or c not in "; =\t"):
            bare.append(c)
    return "".join(bare)


def _proof(results: str, domain: str, *, by: str) -> Proof:
    """DMARC or DKIM of that domain passed, or SPF did; the word of another domain proves nothing about this one."""
    words: dict[str, str] = {}
    passed = set()
    for result in results.split(";"):
        said = _SAID.match(result)
        if said is None:
            continue
        method, word = said[1].lower(), said[2].lower()
        about = {each.lower().strip(".") for each in _DOMAINS.findall(result)}
        is_about_him = bool(domain) and domain in about
        if word == "pass" and is_about_him:
            passed.add(method)
        if method != "spf" or is_about_him or not about:  # whether another domain knows the host says nothing of this one
            words[method] = "pass" if "pass" in (word, words.get(method)) else words.get(method, word)
    identity = Identity.DKIM if passed & {"dmarc", "dkim"} else Identity.SPF if passed else Identity.CLAIMED
    return Proof(identity=identity, domain=domain if passed else "", by=by, **words)
