"""When two mails are copies of one: all that recognise() looks at is the same.  Pure.

A circular goes to a hundred schools in mails that differ in To, Message-ID, Received and the like only; a hundred mailboxes
hold it.  What recognise() says of one of them it says of all.
"""

from __future__ import annotations

import hashlib
import re

# What is cut out of the head must be such that no reader could see more in it than a field: printable, whole line ends, no
# line that looks empty, and not so much of it that a limit of documents.fields is reached with it and not without.
_LARGEST_HEAD = 64 * 1024
_MOST_FIELDS = 200
_NAMES = (
    rb"received|return-path|delivered-to|x-original-to|envelope-to|to|cc|bcc|date|message-id|in-reply-to|references|"
    rb"received-spf|authentication-results|dkim-signature|arc-[a-z-]{1,40}|list-[a-z-]{1,40}|x-[a-z0-9-]{1,60}"
)
_CARRIED = re.compile(
    rb"^(?:" + _NAMES + rb"):[\t -~\x80-\xff]*\r\n(?:[ \t]+[!-~\x80-\xff][\t -~\x80-\xff]*\r\n)*", re.IGNORECASE | re.MULTILINE
)
_LOOKS_EMPTY = re.compile(rb"^[ \t]+\r$", re.MULTILINE)


def lasting_digest(raw: bytes) -> str:
    """SHA-256 of a mail without the fields that tell its way and to whom it went; of all of it where that may be unclear.

    Two mails with the same digest are read alike, whoever made them.
    """
    end = raw.find(b"\r\n\r\n", 0, _LARGEST_HEAD)
    head = raw[: end + 2] if end >= 0 else b""
    if not head or not _is_clear(head):
        return hashlib.sha256(raw).hexdigest()
    kept, cut = _CARRIED.subn(b"", head)
    if cut > _MOST_FIELDS:
        return hashlib.sha256(raw).hexdigest()
    digest = hashlib.sha256(b"copies:")
    digest.update(kept)
    digest.update(memoryview(raw)[end:])
    return digest.hexdigest()


def _is_clear(head: bytes) -> bool:
    ends = head.count(b"\r\n")
    return head.count(b"\r") == ends == head.count(b"\n") and b"\0" not in head and not _LOOKS_EMPTY.search(head)
