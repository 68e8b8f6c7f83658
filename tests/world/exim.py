"""A private Exim in a temporary folder, from files that were only unpacked (tools/install-debian.sh).  It needs root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_EXIM = Path("/usr/local/lib/vanthu-tests/usr/sbin/exim4")

_BEFORE = """\
exim_path = {exim}
primary_hostname = exim.test
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
local_interfaces = 127.0.0.1
tls_advertise_hosts =
acl_smtp_data = accept
never_users =
keep_environment =
qualify_domain = exim.test
message_size_limit = 60M
"""
_ROUTER = """
mailbox:
  driver = accept
  transport = file
"""
_TRANSPORT = """
file:
  driver = appendfile
  directory = {folder}/mail
  maildir_format
  user = Debian-exim
  delivery_date_add = false
  envelope_to_add
  return_path_add = false
  message_prefix =
  message_suffix =
"""


class Exim:
    """One running instance with the lines of docs/deployment/exim.md: ``port`` takes mail, ``back`` what the gateway gives."""

    def __init__(self, lines: str, *, port: int, back: int) -> None:
        self.port, self.back = port, back
        self.folder = Path(tempfile.mkdtemp(prefix="vanthu-exim-"))
        self.folder.chmod(0o755)
        owner = pwd.getpwnam("Debian-exim")
        for name in ("spool", "log", "mail"):
            (self.folder / name).mkdir()
            os.chown(self.folder / name, owner.pw_uid, owner.pw_gid)
        self._conf = self.folder / "exim.conf"
        self._conf.write_text(self._configuration(lines))
        with (self.folder / "out.txt").open("ab") as out:
            self._daemon = subprocess.Popen(self._command("-bdf"), stdout=out, stderr=out)
        try:
            self._wait_until_it_answers()
        except RuntimeError:
            self.stop()
            raise

    def submit(self, sender: str, recipients: Sequence[str], raw: bytes) -> None:
        """Have a mail delivered that was written on this machine: Exim takes it, then sends it on."""
        words = ("-odf", "-oi", "-f", sender, *recipients)
        subprocess.run(self._command(*words), input=raw.replace(b"\r\n", b"\n"), check=True, timeout=60)

    def would_say(self, peer: str, commands: Sequence[str], *, checks: str) -> str:
        """What a client at ``peer`` would hear, with ``checks`` among the checks of its own; nothing is sent anywhere."""
        conf = self.folder / "checks.conf"
        lines = f"domainlist local_domains = sgdhuonggiang.edu.vn\n{self._conf.read_text()}"
        conf.write_text(lines.replace("  # ... the checks of your own ...\n", checks))
        said = subprocess.run(
            [str(_EXIM), "-C", str(conf), "-bh", peer], input="".join(f"{command}\r\n" for command in commands),
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return said.stdout

    def mails(self) -> list[bytes]:
        """What came back from the gateway, with LF."""
        return [path.read_bytes() for path in sorted((self.folder / "mail" / "new").glob("*"))]

    def wait_for(self, count: int, *, seconds: float = 20.0) -> list[bytes]:
        """The mails, as soon as there are ``count``; TimeoutError with Exim's log when they do not come."""
        end = time.monotonic() + seconds
        while len(mails := self.mails()) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(mails)} of {count} mails came; Exim says:\n{self.log()}")
            time.sleep(0.05)
        return mails

    def forget(self) -> None:
        """Throw away what came so far."""
        shutil.rmtree(self.folder / "mail" / "new", ignore_errors=True)

    def log(self) -> str:
        """What it wrote to its log, and to the terminal."""
        paths = [*sorted((self.folder / "log").glob("*")), self.folder / "out.txt"]
        return "\n".join(path.read_text(errors="replace") for path in paths if path.exists())

    def stop(self) -> None:
        """End it, and leave nothing behind."""
        self._daemon.terminate()
        self._daemon.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self, *words: str) -> list[str]:
        return [str(_EXIM), "-C", str(self._conf), *words]

    def _configuration(self, lines: str) -> str:
        lines = lines.replace("daemon_smtp_ports = 25 :", f"daemon_smtp_ports = {self.port} :")
        lines = lines.replace("# ... the routers of your own ...", _ROUTER)
        lines = lines.replace("# ... the transports of your own ...", _TRANSPORT)
        return _BEFORE.format(folder=self.folder, exim=_EXIM) + lines.replace("{folder}", str(self.folder))

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
                    assert client.recv(100).startswith(b"220 ")
                return
            except OSError:
                if time.monotonic() > end or self._daemon.poll() is not None:
                    raise RuntimeError(f"Exim did not start:\n{self.log()}") from None
                time.sleep(0.05)
