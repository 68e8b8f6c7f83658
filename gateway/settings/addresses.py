"""Addresses in settings: "host:port" and networks.  An error names the setting and says what was expected."""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Iterable, Iterator

from gateway.errors import ConfigError


def host_and_port(setting: str, *, where: str) -> tuple[str, int]:
    """Split "host:port" or "[v6]:port"; ``where`` names the setting in the error."""
    host, colon, port = setting.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f'{where}: expected "host:port", got {setting!r}')
    return host.strip("[]"), int(port)


def check_networks(networks: Iterable[str], *, where: str) -> None:
    """Raises ConfigError for the first that is no network; ``where`` names the setting."""
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ConfigError(f'{where}: expected a network like "192.0.2.0/24": {error}') from error


@contextlib.contextmanager
def naming(where: str, setting: str) -> Iterator[None]:
    """Say which setting it was when nobody can listen there: a port that is taken, an address that is not ours."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:  # a file of the console, not its address
            raise
        # The loops put long words of their own around a plain errno; the resolver's numbers are below zero.
        number = error.errno or 0
        why = os.strerror(number) if number > 0 else error.strerror or str(error)
        raise ConfigError(f'{where} = "{setting}": cannot listen there: {why}') from error
