"""Foreign text, made fit for a database, for search and for JSON columns.  Pure.

PostgreSQL keeps no NUL, and neither database keeps half a surrogate pair; both become U+FFFD.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import msgspec

_UNFIT = re.compile("[\x00\ud800-\udfff]")
_MARKS = re.compile("[\u0300-\u036f]+")
_encode = msgspec.json.Encoder().encode


def clean(text: str) -> str:
    """Text as both databases can keep it."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNFIT.sub("\ufffd", text)


def fold(text: str) -> str:
    """Text for search: lower case, without marks ("Trường" and "truong" are the same, so are "Đ" and "d")."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFD", text)).replace("đ", "d").replace("Đ", "D").lower()


def to_json(value: object) -> str:
    """A value as JSON text."""
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        return _encode(_cleaned(msgspec.to_builtins(value))).decode()


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value
