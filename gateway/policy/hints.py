"""Does the name of a file, or the subject of its mail, look like an official document?  Only asked of what cannot be read.

Real Sở send one-page scans named "2231 SYT TCCB.pdf" or "22 gm syt.pdf": number, kind, agency, in any order.  A file name
is weak evidence (content wins where there is content), so it holds a mail at most, and never refuses one.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.directory.snapshot import Organisation
from gateway.documents.vietnamese import fold
from gateway.policy.issuer import Issuers

_KINDS = {
    "cv", "cong van", "qd", "quyet dinh", "gm", "giay moi", "cd", "cong dien", "tb", "thong bao", "ttr", "to trinh",
    "kh", "ke hoach", "ct", "chi thi", "bc", "bao cao", "hd", "huong dan", "nq", "nghi quyet", "sy", "sao y",
}  # fmt: skip
# These stand before a bare number only in names of documents; "KH 10" and "BC 5" are as often a month or a week.
_STRONG = {"cv", "cong van", "qd", "quyet dinh", "gm", "giay moi", "cong dien"}
_AGENCY = re.compile(r"[spb]?gd(dt)?|ubnd|hdnd|syt|snv|stc|stttt|skhcn|skhdt|ldtbxh|svhttdl|tinhuy|bgddt")
# A number after these words belongs to another document: "báo cáo theo CV 123".
_CITING = {"theo", "hien", "cu", "loi", "dap", "kem", "vv"}
_PASSED_ON = re.compile(r"^\s*(re|fw|fwd|tr|chuyen tiep|tra loi)\s*:")
_LAST_DAY = 31  # a smaller number may be a day, a week or a month


def find(file: str, subject: str, issuers: Issuers, unit: Organisation | None) -> str:
    """The words that look like a document's number, or "".

    ``unit`` is the sender's: a scan that names another agency ("409 sgddt vp" from a school) is passed on, not issued.
    """
    stem = file.rpartition(".")[0] or file
    found = _in_text(stem, issuers, unit, from_start=False)
    if found or _PASSED_ON.match(fold(subject)):
        return found
    return _in_text(subject, issuers, unit, from_start=True)


def find_words(words: Sequence[str], *texts: str) -> str:
    """The first of the words that stands in one of the texts, or ""."""
    folded = [" ".join(_tokens(text)) for text in texts]
    for word in words:
        wanted = " ".join(_tokens(word))
        if any(re.search(rf"\b{re.escape(wanted)}\b", text) for text in folded):
            return word
    return ""


def _tokens(text: str) -> list[str]:
    """Words and numbers; "CV123" is two of them, "2912bc34" is a name that a machine made, and stays one."""
    tokens: list[str] = []
    for chunk in re.findall(r"[a-z0-9]+", fold(text).replace("&", "")):
        parts = re.findall(r"[a-z]+|\d+", chunk)
        tokens += parts if len(parts) <= 2 else [chunk]
    return tokens


def _in_text(text: str, issuers: Issuers, unit: Organisation | None, *, from_start: bool) -> str:
    tokens = _tokens(text)
    for at, token in enumerate(tokens):
        if not token.isdigit() or not 1 <= len(token) <= 5 or not _CITING.isdisjoint(tokens[max(0, at - 4) : at]):
            continue
        begins = at if not tokens[:at] else _kind_before(tokens, at)
        if from_start and begins != 0:
            continue
        agency = _agency_after(tokens, at, issuers)
        if agency and unit is not None and not _may_be(agency, issuers, unit):
            return ""
        if agency or _is_kind_and_number(tokens, at, begins):
            return text.strip()
    return ""


def _kind_before(tokens: list[str], at: int) -> int:
    """Where the kind before the number begins; ``at`` itself when none stands there.  "số" between them is stepped over."""
    end = at - 1 if tokens[at - 1] == "so" else at
    for length in (2, 1):
        if end >= length and " ".join(tokens[end - length : end]) in _KINDS:
            return end - length
    return at


def _agency_after(tokens: list[str], at: int, issuers: Issuers) -> str:
    """The symbol of an agency right after the number, or after the kind that follows it ("22 gm syt", "45/BC-THCSLL")."""
    rest = tokens[at + 1 : at + 5]
    for length in (2, 1):
        if " ".join(rest[:length]) in _KINDS:
            rest = rest[length:]
            break
    for length in (1, 2):
        symbol = "".join(rest[:length])
        if len(rest) >= length and (issuers.knows_symbol(symbol) or _AGENCY.fullmatch(symbol)):
            return symbol
    return ""


def _may_be(agency: str, issuers: Issuers, unit: Organisation) -> bool:
    own = issuers.own_symbols(unit)
    return agency in own or any(symbol.startswith(agency) for symbol in own)


def _is_kind_and_number(tokens: list[str], at: int, begins: int) -> bool:
    """ "CV 123" and "QĐ so 5", but not "KH 10" nor "BC 2026": those are months and years."""
    if begins == at:
        return False
    number = int(tokens[at])
    has_so = tokens[at - 1] == "so"
    kind = " ".join(tokens[begins : at - 1 if has_so else at])
    if has_so:
        return True
    is_year = 1990 <= number <= 2100
    return not is_year and (kind in _STRONG or number > _LAST_DAY)
