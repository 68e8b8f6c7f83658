"""Which rules and which directory were in force on a day of the past, as far as it is known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from gateway.directory.columns import TABLES
from gateway.directory.files import parse, snapshot_of
from gateway.directory.snapshot import Directory
from gateway.errors import ConfigError
from gateway.policy.rules import Policy
from gateway.policy.rules import parse as parse_policy
from gateway.store import Store, Version

_KEPT = 8  # parsed versions in memory
_T = TypeVar("_T")


class Rules(NamedTuple):
    """A policy and a directory."""

    policy: Policy
    directory: Directory


class History:
    """What was in force when.

    Before the first version that the store knows those of today hold: their rows and rules have dates of their own, so that
    before the rule there is none.
    """

    def __init__(self, store: Store, today: Rules) -> None:
        self.today = today
        archive = store.archive
        self._policies = _Versions(archive.policies(), lambda v: _policy(archive.policy(v)), today.policy)
        self._directories = _Versions(archive.directories(), lambda v: _directory(archive.directory(v)), today.directory)

    def at(self, moment: datetime) -> Rules:
        """What was in force at that moment."""
        return Rules(self._policies.at(moment), self._directories.at(moment))


class _Versions(Generic[_T]):
    """The versions of one thing by the time from which they held."""

    def __init__(self, versions: Sequence[Version], read: Callable[[str], _T | None], today: _T) -> None:
        self._versions = sorted(versions, key=lambda version: version.at)
        self._starts = [version.at for version in self._versions]
        self._read = lru_cache(_KEPT)(read)
        self._today = today

    def at(self, moment: datetime) -> _T:
        """The version that held then; today's when it was before the first, or can no longer be read."""
        n = bisect_right(self._starts, moment)
        found = self._read(self._versions[n - 1].version) if 0 < n < len(self._versions) else None
        return self._today if found is None else found


def _policy(text: str) -> Policy | None:
    try:
        return parse_policy(text.encode(), where="policy of the past")
    except ConfigError:  # made for an older program
        return None


def _directory(files: Mapping[str, str]) -> Directory | None:
    try:
        rows = {t.file: tuple(parse(t, files[t.file], where=t.file)) if t.file in files else () for t in TABLES}
        return snapshot_of(rows)
    except ConfigError:
        return None
