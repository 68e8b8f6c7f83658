"""The law that a letter refers to: which decree is in force on a day, from a table that the officer may replace."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec

from gateway.errors import ConfigError
from gateway.model import Value


class Basis(Value, forbid_unknown_fields=True):
    """One [[basis]] of basis.toml."""

    about: str  # "issuance", "secrecy" or "refusal"
    begins: date
    vi: Annotated[str, msgspec.Meta(min_length=1)]
    en: Annotated[str, msgspec.Meta(min_length=1)]
    ends: date | None = None  # the last day


_ABOUT = ("issuance", "secrecy", "refusal")


class _Table(Value, forbid_unknown_fields=True):
    basis: tuple[Basis, ...]


def load(path: Path) -> tuple[Basis, ...]:
    """Read the table.  ConfigError with the file and what was expected."""
    try:
        table = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Table)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from error
    for each in table.basis:
        if each.about not in _ABOUT:
            raise ConfigError(f"{path}: about: expected one of {', '.join(_ABOUT)}, got {each.about!r}")
        if each.ends is not None and each.ends < each.begins:
            raise ConfigError(f"{path}: ends: {each.ends} is before begins = {each.begins}")
    return table.basis


def in_force(table: Iterable[Basis], about: str, on: date) -> tuple[Basis, ...]:
    """What is in force about something on a day, in the order of the table."""
    return tuple(each for each in table if each.about == about and each.begins <= on and (each.ends is None or on <= each.ends))
