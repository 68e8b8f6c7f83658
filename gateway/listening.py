"""A socket that listens where a setting says, before anybody answers there."""

from __future__ import annotations

import socket

_BACKLOG = 1024


def listening(host: str, port: int) -> socket.socket:
    """Listen at host and port (0 takes a free one).  Who connects waits until somebody answers.  OSError when it is taken."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
