"""pymap, an IMAP server in Python that keeps no keywords and little else: the poor one beside Dovecot."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from types import TracebackType

from tests.world.ports import free_port

USER = "c3truong@moet.example"


class Pymap:
    """One account, in memory; a context manager."""

    def __init__(self, password: str) -> None:
        self.port = free_port()
        command = [sys.executable, "-c", "from pymap.main import main; main()", "--host", "127.0.0.1", "--port", str(self.port)]
        self._command = [*command, "--no-tls", "dict", "--demo-user", USER, "--demo-password", password]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Pymap:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert self._process.poll() is None, "pymap ended"
                assert time.monotonic() < end, "pymap does not listen"
                time.sleep(0.05)
            else:
                return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)
