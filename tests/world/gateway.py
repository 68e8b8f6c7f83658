"""The real gateway as a process of its own, with the sample house in a temporary folder: `vanthu init`, then `vanthu serve`."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.world.office import OfficeFolder

_REPOSITORY = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "gateway")


class Gateway:
    """One gateway in ``folder``.  It can be started again after stop() or kill(), with what it remembered before.

    The accounts of the console are those of `vanthu init`: "vanthu" and "quantri", with ``password``.
    """

    def __init__(self, folder: Path, *, next_hop: str, settings: Mapping[str, str] | None = None, more: str = "") -> None:
        """Write the sample house and change lines of its configuration: ``{"[store] url": '"postgresql+psycopg://…"'}``.

        ``more``: whole tables to add, such as further [[smtp.listener]]s.
        """
        self.folder = folder
        self.config = folder / "vanthu.toml"
        self.log_file = folder / "log.txt"
        self.smtp_port = self.web_port = 0
        self.ports: dict[str, int] = {}  # of the [[smtp.listener]] tables, by name
        self._process: subprocess.Popen[bytes] | None = None
        sample, self.password = _sample_house()
        shutil.copytree(sample, folder)
        text = self.config.read_text(encoding="utf-8")
        ours = {"[smtp] listen": '"127.0.0.1:0"', "[web] listen": '"127.0.0.1:0"', "[relay] next_hop": f'"{next_hop}"'}
        for key, value in {**ours, **(settings or {})}.items():
            text = with_setting(text, key, value)
        self.config.write_text(f"{text}\n{more}", encoding="utf-8")

    def start(self, *, seconds: float = 30.0) -> Gateway:
        """Start it and wait for the ready line of every listener; raises TimeoutError with the log when they do not come."""
        before = self.log_file.stat().st_size if self.log_file.exists() else 0
        with self.log_file.open("ab") as log:
            # A session of its own, so that kill() reaches the children that read attachments too.
            self._process = subprocess.Popen(
                [*_COMMAND, "serve", "--config", str(self.config)],
                cwd=_REPOSITORY,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        end = time.monotonic() + seconds
        while True:
            said = self.log_file.read_bytes()[before:].decode(errors="replace")
            smtp = re.search(r"^ready smtp \S+:(\d+)$", said, re.MULTILINE)
            web = re.search(r"^ready web \S+:(\d+)/?$", said, re.MULTILINE)
            if smtp and web:
                self.smtp_port, self.web_port = int(smtp[1]), int(web[1])
                further = re.findall(r"^ready smtp (\S+) \S+ \S+:(\d+)$", said, re.MULTILINE)
                self.ports = {name: int(port) for name, port in further}
                return self
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise TimeoutError(f"the gateway did not become ready; it said:\n{said}")
            time.sleep(0.02)

    def stop(self, *, seconds: float = 40.0) -> int:
        """SIGTERM: sessions end, nothing is lost.  Returns the exit code."""
        assert self._process is not None, "not started"
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(seconds)
        self._process = None
        return code

    def kill(self) -> None:
        """SIGKILL to the gateway and all its children, as a crash of the machine would do it to them."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def web_url(self) -> str:
        """Where the console is."""
        return f"http://127.0.0.1:{self.web_port}"

    def log(self) -> str:
        """All that it said, in all its lives."""
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    def office(self, name: str) -> OfficeFolder:
        """The folder of the office system ``name``, as the configuration says."""
        found = re.search(rf'^name = "{re.escape(name)}".*?^folder = "([^"]+)"', self.config.read_text("utf-8"), re.M | re.S)
        assert found, f"no office {name!r} in {self.config}"
        return OfficeFolder(self.folder / found[1])


@cache
def _sample_house() -> tuple[Path, str]:
    """What `vanthu init` writes, made once for each process of the run; and the password of its accounts."""
    folder = Path(tempfile.mkdtemp(prefix="vanthu-sample-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    done = run_vanthu("init", str(folder / "house"), "--accounts")
    assert done.returncode == 0, done.stdout + done.stderr
    said = re.search(r"password of both: (\S+)", done.stdout)
    assert said, done.stdout
    return folder / "house", said[1]


def run_vanthu(*arguments: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run one command of the command line to its end."""
    return subprocess.run(
        [*_COMMAND, *arguments], cwd=_REPOSITORY, capture_output=True, text=True, timeout=seconds, check=False
    )


def with_setting(text: str, key: str, value: str) -> str:
    """The configuration with one setting changed or added: ``key`` is "[table] name", ``value`` is written as TOML."""
    table, _, name = key.rpartition(" ")
    line = f"{name} = {value}"
    if f"{table}\n" not in text:
        return f"{text.rstrip()}\n\n{table}\n{line}\n"
    head, found, rest = text.partition(f"{table}\n")
    own, bracket, others = f"\n{rest}".partition("\n[")
    own, changed = re.subn(rf"\n{re.escape(name)} = .*", lambda _: f"\n{line}", own, count=1)
    return head + found + (own if changed else f"\n{line}{own}").removeprefix("\n") + bracket + others
