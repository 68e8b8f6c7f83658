"""The base of all nouns."""

from __future__ import annotations

from typing import dataclass_transform

import msgspec


# mypy does not take these defaults over from msgspec's own declaration.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all nouns: frozen, keyword-only, comparable by value."""
