"""What is in force: directory and policy, as they were last read; read again on request while mail flows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from gateway.config import Config
from gateway.directory.files import contents, version_of
from gateway.directory.files import load as load_directory
from gateway.directory.snapshot import Directory
from gateway.errors import ConfigError, StoreUnavailable
from gateway.policy.facts import local_day
from gateway.policy.issuer import issuers_of
from gateway.policy.rules import Policy
from gateway.policy.rules import load as load_policy
from gateway.store import Store

_logger = logging.getLogger(__name__)


class Rulebook:
    """Directory and policy in force.  Reading them takes a second or two for a province: not for the loop."""

    def __init__(self, settings: Config, store: Store, *, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._directory, self._policy = _read(settings)

    def directory(self) -> Directory:
        """The directory as it was last read."""
        return self._directory

    def policy(self) -> Policy:
        """The policy as it was last read."""
        return self._policy

    def has_domain(self, domain: str) -> bool:
        """Whether a domain is one of ours today."""
        return self._directory.domain(f"@{domain}", local_day(self._clock())) is not None

    def reload(self) -> None:
        """Read both again; what is wrong is logged, and the old ones stay in force."""
        try:
            self._directory, self._policy = _read(self._settings)
        except ConfigError as error:
            _logger.error("reload: the old directory and policy stay in force: %s", error)
            return
        _logger.info("reload: directory and policy read again, policy version %s", self._policy.version)
        self.remember()

    def remember(self) -> None:
        """Keep what is in force now, so that people can see later what was changed and when; mail does not wait for it."""
        now, files = self._clock(), contents(self._settings.path(self._settings.directory.path))
        try:
            self._store.put_policy(self._policy.version, self._policy.text, now=now)
            self._store.put_directory(version_of(files), files, now=now)
        except StoreUnavailable as error:
            _logger.warning("policy and directory are in force, but their versions were not kept: %s", error)


def _read(settings: Config) -> tuple[Directory, Policy]:
    """Both, or ConfigError."""
    kept = settings.path(settings.store.blobs).parent / "directory.kept"
    directory = load_directory(settings.path(settings.directory.path), kept)
    issuers_of(directory)  # its index of names is made now, not when the first document is waited for
    return directory, load_policy(settings.path(settings.policy.path))
