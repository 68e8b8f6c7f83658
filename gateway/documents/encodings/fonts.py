"""The encoding of a piece of text by the name of its font, and the way to Unicode.  Pure.

For the readers of Office files, PDF and HTML: there the font alone says what a letter means, and which capitals were drawn
by a font of capitals.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gateway.documents.encodings import tables
from gateway.documents.encodings.viqr import from_viqr

_SUBSET = re.compile(r"^[A-Z]{6}\+")  # PDF 32000-1, 9.6.4
_ESCAPE = re.compile(r"#([0-9A-Fa-f]{2})")  # PDF 32000-1, 7.3.5
_STYLE = re.compile(
    r"[-_, ]*(?:bold|italic|oblique|regular|normal|narrow|condensed?|light|medium|heavy|black|mt|ps|\d+)$", re.IGNORECASE
)
# With its dot every ".Vn…" is a font of the ABC set; without it only names in the set's own way of writing are: "VNtimes new
# roman" is VietWare, "VNI-Times" is VNI.
_ABC = re.compile(
    r"[._ ]+vn(?!i[-_ ])|Vn(?=[A-Z0-9])|vn(?=(?:time|arial|avant|century|courier|helvetins|univers|present|teknical)h?\b)",
)
_NAMES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("VNI", re.compile(r"[._ ]*(?:vni(?=[-_ 0-9]|$)|VNI(?=[A-Z])|Vni(?=[A-Z]))", re.IGNORECASE)),
    ("VPS", re.compile(r"[._ ]*vps(?=[-_ ]|$|times|hel|hanoi|saigon|hue|arial|cour)", re.IGNORECASE)),
    (
        "VISCII",
        re.compile(
            r"[._ ]*(?:viscii|vi[-_ ](?=times|arial|helv|cour|univ)|(?:hoangyen|minhquan|phuongthao|thahuong|uhoai|heomay)"
            r"(?=[-_ ]*\d|$))",
            re.IGNORECASE,
        ),
    ),
    ("VIQR", re.compile(r"viqr\b", re.IGNORECASE)),
)
_UNICODE = re.compile("[\u1ea0-\u1ef9]")


@lru_cache(maxsize=2048)
def encoding_of_font(name: str) -> str:
    """ "TCVN3", "TCVN3H" (a font of capitals), "VNI", "VPS", "VISCII"; "" for Unicode fonts and names nobody knows.

    Takes names as they stand in files: "ABCDEF+.VnTimeH,Bold", "#2eVnTime", "_VnArial", "VNI-Times", "'VPS Times'".
    """
    name = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), name[:200]).strip(" '\"/")
    name = _SUBSET.sub("", name)
    for encoding, pattern in _NAMES:
        if pattern.match(name):
            return encoding
    if not (_ABC.match(name) or _ABC.match(name.lower())):
        return ""
    plain = name
    while (shorter := _STYLE.sub("", plain)) != plain:
        plain = shorter
    return "TCVN3H" if plain[-1:] in "hH" else "TCVN3"


def decode_run(text: str, encoding: str) -> str:
    """A run of text in Unicode (NFC), given what `encoding_of_font` said of its font; "" leaves it as it is.

    Give it the letters before they are tidied: some codes are soft hyphens and control codes.  A run that holds ready-made
    Vietnamese letters was typed in Unicode, whatever its font is called, and stays.
    """
    decode = _DECODERS.get(encoding)
    return text if decode is None or not text or _UNICODE.search(text) else decode(text)


def _tcvn3_capitals(text: str) -> str:
    return tables.tcvn3(text).upper()


_DECODERS = {
    "TCVN3": tables.tcvn3,
    "TCVN3H": _tcvn3_capitals,
    "VNI": tables.vni,
    "VPS": tables.vps,
    "VISCII": tables.viscii,
    "VIQR": from_viqr,
}
