"""Runs the console in threads of its own beside the gateway's loop."""

from __future__ import annotations

import socket
import threading
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from gateway.listening import listening

_THREADS = 8  # as many pages at a time; page images are drawn in the inspector's children
_ENDS_WITHIN_S = 5  # pages under way at a stop
_FORWARDED = {"x-forwarded-for", "x-forwarded-proto"}


class Console:
    """A web server that runs at a socket which listens."""

    def __init__(self, app: Flask, listener: socket.socket) -> None:
        self.port: int = listener.getsockname()[1]
        self._closing = False
        self._server = create_server(
            app,
            sockets=[listener],
            threads=_THREADS,
            ident=None,
            max_request_body_size=app.config["MAX_UPLOAD"],
            **_proxy(app),
        )
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more requests, let those under way end, give the port back."""
        self._closing = True
        self._server.pull_trigger()  # wakes the loop, which then sees that it shall stop
        self._thread.join(_ENDS_WITHIN_S + 5)

    def _run(self) -> None:
        # waitress's own run() ends only by KeyboardInterrupt in the main thread.
        sockets = self._server._map
        while not self._closing:
            wasyncore.loop(timeout=1, map=sockets, count=1)
        self._server.task_dispatcher.shutdown(timeout=_ENDS_WITHIN_S)
        wasyncore.loop(timeout=0, map=sockets, count=1)  # what the last pages still had to send
        wasyncore.close_all(sockets)


def serve(app: Flask, host: str, port: int) -> Console:
    """Serve the app at host and port (0 takes a free one, see ``port`` of the answer); OSError when it is taken."""
    return Console(app, listening(host, port))


def _proxy(app: Flask) -> dict[str, Any]:
    """Behind TLS a proxy stands in front and says who the client is; otherwise such headers are thrown away."""
    if not app.config["SESSION_COOKIE_SECURE"]:
        return {"clear_untrusted_proxy_headers": True}
    return {
        "trusted_proxy": "*",
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": _FORWARDED,
        "clear_untrusted_proxy_headers": True,
    }
