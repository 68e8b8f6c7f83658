"""Addresses that came with a request: only those of our own pages are followed.  Pure."""

from __future__ import annotations

from urllib.parse import urlsplit


def local_path(wanted: str) -> str:
    """The page to go to next, when it is one of ours; "" for anything that could lead elsewhere."""
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return ""
    return wanted if wanted.isprintable() else ""
