"""A link that can be bad: it stands in front of a server, and cuts, delays or corrupts what passes."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time


class Proxy:
    """Passes TCP on to ``port`` of this machine; ``self.port`` is where clients come.

    ``cut_after``: bytes from the server after which a link is cut, each time drawn anew between half of it and all (0: never).
    ``delay_s``: seconds before each piece from the server.  ``corrupt``: the share of pieces in which one byte is changed.
    ``stall``: pieces from the server are swallowed: the link looks alive and nothing comes.
    """

    def __init__(self, port: int, *, seed: int = 0) -> None:
        self.cut_after = 0
        self.delay_s = 0.0
        self.corrupt = 0.0
        self.stall = False
        self.links = 0  # all that were made so far
        self._server_port = port
        self._random = random.Random(seed)  # noqa: S311 - the same faults in each run
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut every link that is open now."""
        for each in tuple(self._open):
            self._close(each)

    def stop(self) -> None:
        """No more links."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port), timeout=10)
                server.settimeout(None)
            except OSError:
                if self._listener.fileno() < 0:
                    return
                continue
            self.links += 1
            self._open |= {client, server}
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            threading.Thread(target=self._down, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
        self._close(client)
        self._close(server)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        left = self._random.randint(self.cut_after // 2, self.cut_after) if self.cut_after else 0
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if self.stall:
                    continue
                time.sleep(self.delay_s)
                if self.cut_after and len(data) >= left:
                    client.sendall(data[:left])
                    break
                left -= len(data)
                client.sendall(self._spoilt(data))
        self._close(client)
        self._close(server)

    def _spoilt(self, data: bytes) -> bytes:
        if self._random.random() >= self.corrupt:
            return data
        spoilt = bytearray(data)
        spoilt[self._random.randrange(len(spoilt))] ^= 0x15
        return bytes(spoilt)

    def _close(self, link: socket.socket) -> None:
        self._open.discard(link)
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)
        link.close()
