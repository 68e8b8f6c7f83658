"""A private Postfix in a temporary folder: a real next hop, whose mails a test can read.  Its master needs root."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.world.ports import free_port

_DAEMONS = Path("/usr/lib/postfix/sbin")
_DEPLOYMENT = Path(__file__).resolve().parents[2] / "docs" / "deployment"
_FOUND_BESIDE_MAIN_CF = (
    "dynamicmaps.cf",
    "dynamicmaps.cf.d",
    "postfix-files",
    "postfix-files.d",
    "postfix-script",
    "post-install",
)

_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = hop.test
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:all/
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
inet_interfaces = loopback-only
inet_protocols = ipv4
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = none
message_size_limit = 52428800
virtual_mailbox_limit = 0
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
{documented}
"""

_MASTER_CF = """\
{listeners}
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
tlsmgr    unix - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""


def documented(page: str, what: str) -> str:
    """The lines of a block that starts with "# what" on a page of docs/deployment: what we tell people is what is tested."""
    text = (_DEPLOYMENT / f"{page}.md").read_text(encoding="utf-8")
    found = re.search(rf"```\n# {re.escape(what)}\n(.+?)```", text.replace("\n  ```", "\n```"), re.DOTALL)
    assert found, f"docs/deployment/{page}.md has no block for {what}"
    return found[1]


class Postfix:
    """One running instance; ``port`` takes mail for any recipient, into one Maildir."""

    def __init__(self, *, listeners: str = "127.0.0.1:{port} inet n - n - - smtpd", main: str = "") -> None:
        """``listeners`` are the lines of master.cf that take mail, with ``{port}`` for the port; ``main``: more of main.cf."""
        # Not below pytest's own folder: that is closed to the user "postfix".
        self.folder = Path(tempfile.mkdtemp(prefix="vanthu-postfix-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        self._configure(listeners, main)
        subprocess.run(["postfix", "-c", self.folder / "etc", "check"], check=True)
        with (self.folder / "mail.log").open("ab") as log:
            self._master = subprocess.Popen([_DAEMONS / "master", "-c", self.folder / "etc", "-d"], stdout=log, stderr=log)
        try:
            self._wait_until_it_answers()
        except RuntimeError:
            self.stop()
            raise

    @property
    def address(self) -> str:
        """As ``[relay] next_hop`` wants it."""
        return f"127.0.0.1:{self.port}"

    def mails(self) -> list[bytes]:
        """All mails so far, oldest first, as they lie in the Maildir: with LF, and with Postfix's own fields in front."""
        found = sorted((self.folder / "mail" / "all" / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        return [path.read_bytes() for path in found]

    def wait_for(self, count: int, *, seconds: float = 20.0) -> list[bytes]:
        """The mails, as soon as there are ``count`` of them; raises TimeoutError with Postfix's log when they do not come."""
        end = time.monotonic() + seconds
        while len(mails := self.mails()) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(mails)} of {count} mails came; Postfix says:\n{self.log()}")
            time.sleep(0.05)
        return mails

    def forget(self) -> None:
        """Throw away what came so far, so that the next test counts from zero."""
        for path in (self.folder / "mail" / "all" / "new").glob("*"):
            path.unlink()

    def log(self) -> str:
        """What Postfix wrote to its log."""
        path = self.folder / "mail.log"
        return path.read_text(errors="replace") if path.exists() else "(no log)"

    def stop(self) -> None:
        """End it, and leave nothing behind."""
        self._master.terminate()
        self._master.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _configure(self, listeners: str, more: str) -> None:
        user = pwd.getpwnam("postfix")
        etc = self.folder / "etc"
        for name in ("etc", "spool", "data", "mail"):
            (self.folder / name).mkdir()
        for name in ("data", "mail"):
            os.chown(self.folder / name, user.pw_uid, user.pw_gid)
        for name in _FOUND_BESIDE_MAIN_CF:
            source = Path("/etc/postfix") / name
            if source.is_dir():
                shutil.copytree(source, etc / name)
            elif source.exists():
                shutil.copy2(source, etc / name)
        main = _MAIN_CF.format(
            folder=self.folder,
            daemons=_DAEMONS,
            uid=user.pw_uid,
            gid=user.pw_gid,
            documented=documented("postfix-edge", "main.cf").replace("192.0.2.10", "127.0.0.1"),
        )
        (etc / "main.cf").write_text(main + more)
        (etc / "master.cf").write_text(_MASTER_CF.format(listeners=listeners.format(port=self.port)))

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
                    assert client.recv(100).startswith(b"220 ")
                return
            except OSError:
                if time.monotonic() > end or self._master.poll() is not None:
                    raise RuntimeError(f"Postfix did not start:\n{self.log()}") from None
                time.sleep(0.05)
