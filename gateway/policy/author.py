"""Who wrote a mail that names no envelope sender.  Pure.

The null reverse-path is for what machines report (RFC 5321 section 4.5.5), and must be taken from anybody.  A file that comes
under it in anything but a report was sent by a person, and two angle brackets must not lead round the rules: then the author in
the From field stands for the sender.  He is *claimed*, whoever brought the mail.
"""

from __future__ import annotations

import re

_LONGEST_HEAD = 256 * 1024  # more header than that no honest mail has
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_FROM = re.compile(rb"^from[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.IGNORECASE | re.MULTILINE)
# RFC 6522; RFC 3462 before it, and what some servers leave out (report-type) is not asked for.
_REPORT = re.compile(rb"^content-type[ \t]*:\s*multipart/report\b", re.IGNORECASE | re.MULTILINE)
_IN_BRACKETS = re.compile(r"<\s*([^\s<>,;@]+@[^\s<>,;@]+)\s*>")
_BARE = re.compile(r"[^\s<>,;:@\"()]+@[^\s<>,;:@\"()]+")


def author_of(raw: bytes) -> str:
    """The address of the only author that a mail names; "" when it is a report, or names none or several."""
    head = raw[:_LONGEST_HEAD]
    end = _END_OF_HEAD.search(head)
    head = head[: end.end()] if end else head
    fields = _FROM.findall(head)
    if len(fields) != 1 or _REPORT.search(head):
        return ""
    text = fields[0].decode("utf-8", "replace")
    found = _IN_BRACKETS.findall(text) or _BARE.findall(text)
    return found[0] if len(found) == 1 else ""
