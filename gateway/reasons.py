"""The reason that a person gives for what he does."""

from __future__ import annotations

from gateway.errors import NotAllowed

LONGEST_REASON = 1000  # characters


def said(reason: str) -> str:
    """The reason without spaces around it; NotAllowed when there is none, or a very long one."""
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON:
        raise NotAllowed("Cần ghi lý do, không quá %(most)s ký tự.", most=LONGEST_REASON)
    return words
