"""Free TCP ports of this machine."""

from __future__ import annotations

import random
import socket

# Below the ports that Linux gives to outgoing connections (32768 and up): nobody takes one of these by chance.
_RANGE = range(20000, 32000)
_given: set[int] = set()


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on; prefer port 0 where the listener can say what it got."""
    while True:
        port = random.SystemRandom().choice(_RANGE)  # not seeded: workers of one run must not try the same ones
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port
