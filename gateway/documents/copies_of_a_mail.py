"""When two mails are copies of one: all that recognise() looks at is the same.  Pure.

A circular goes to a hundred schools in mails that differ in To, Message-ID, Received and the like only; a hundred mailboxes
hold it.  What recognise() says of one of them it says of all.
"""

from __future__ import annotations

import hashlib
import re

# What is cut out of the head must be such that no reader could see more in it than a field: printable, whole line ends, no
# line that looks empty, nothing left of it that would belong to the field before, and no head so large that a limit of
# documents.fields is reached with what is cut and not without.
_LARGEST_HEAD = 64 * 1024
_MOST_LINES = 500
_NAMES = (
    rb"received|return-path|delivered-to|x-original-to|envelope-to|to|cc|bcc|date|message-id|in-reply-to|references|"
    rb"received-spf|authentication-results|dkim-signature|arc-[a-z-]{1,40}|list-[a-z-]{1,40}|x-[a-z0-9-]{1,60}"
)
_CARRIED = re.compile(
    rb"^(?:" + _NAMES + rb"):[\t -~\x80-\xff]*\r\n(?:[ \t]+[!-~\x80-\xff][\t -~\x80-\xff]*\r\n)*+(?![ \t])",
    re.IGNORECASE | re.MULTILINE,
)
_LOOKS_EMPTY = re.compile(rb"^[ \t]+\r$", re.MULTILINE)


def lasting_digest(raw: bytes) -> str:
    """SHA-256 of a mail without the fields that tell its way and to whom it went; of all of it where that may be unclear.

    Two mails with the same digest are read alike, whoever made them.
    """
    end = raw.find(b"\r\n\r\n", 0, _LARGEST_HEAD)
    head = raw[: end + 2] if end >= 0 else b""
    kept = _CARRIED.sub(b"", head) if _is_clear(head) else b""
    # How much was cut off where comes first: else the end of one head could be the beginning of another one's body.
    digest = hashlib.sha256(b"%d " % len(kept))
    digest.update(kept)
    digest.update(memoryview(raw)[end + 2 :] if kept else raw)
    return digest.hexdigest()


def _is_clear(head: bytes) -> bool:
    ends = head.count(b"\r\n")
    return (
        ends <= _MOST_LINES
        and head.count(b"\r") == ends == head.count(b"\n")
        and b"\0" not in head
        and not _LOOKS_EMPTY.search(head)
    )
