"""Why deliveries fail, in so few words that the same cause is one line, whatever mail it was.  Pure.

Identities, numbers, addresses and times differ from one failure to the next; what is left says the cause.  SMTP's codes
stay.
"""

from __future__ import annotations

import re

_SMTP = re.compile(r"[245]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3})?")
_DIFFERS = re.compile(
    r"<[^<>\s]*>"  # an address or a Message-ID
    r"|[^\s@<>]+@[^\s@<>]+"
    r"|/[\w./%+-]{2,}"  # a path
    r"|\b[0-9A-HJKMNP-TV-Z]{26}(?:-\d+)?\b"  # an identity of ours
    r"|\b[0-9a-f]{8,}\b"  # a check sum, a uuid's parts
    r"|\d+(?:[.,:/-]\d+)*"
)
_LONGEST = 160  # characters


def cause_of(reply: str) -> str:
    """The cause that a reply speaks of: "" for an empty one."""
    text = " ".join(reply.split())
    code = _SMTP.match(text)
    head, rest = (code[0], text[code.end() :]) if code else ("", text)
    said = head + _DIFFERS.sub("…", rest)
    while "… …" in said or "……" in said:
        said = said.replace("… …", "…").replace("……", "…")
    return said.strip()[:_LONGEST]
