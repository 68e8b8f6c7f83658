"""A private Dovecot in a temporary folder: a real IMAP server, with every extension or without some."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from tests.world.certificates import web_certificate
from tests.world.ports import free_port

PASSWORD = "mật-khẩu-thử"  # noqa: S105 - of made-up accounts on the loopback

_CONF = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = {internal}
default_login_user = {internal}
default_internal_group = {group}
first_valid_uid = 1
mail_uid = {uid}
mail_gid = {gid}
mail_location = {location}
mail_attribute_dict =
disable_plaintext_auth = no
auth_mechanisms = plain login{mechanisms}
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
login_trusted_networks = 127.0.0.0/8
mail_max_userip_connections = 1000
auth_failure_delay = 0
mail_fsync = {fsync}
import_environment = TZ
{capability}
namespace inbox {{
  inbox = yes
  separator = {separator}
  mailbox Trash {{
    special_use = \\Trash
  }}
  mailbox Sent {{
    special_use = \\Sent
  }}
}}
{tokens}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  service_count = 0
  process_min_avail = 1
  client_limit = 1000
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 1000
}}
service lmtp {{
  chroot =
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
  chroot =
  client_limit = 3000
}}
service stats {{
  chroot =
}}
service auth {{
  client_limit = 3000
  inet_listener sasl {{
    address = 127.0.0.1
    port = {sasl_port}
  }}
}}
"""

_TOKENS = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
"""
_INTROSPECTION = """\
introspection_mode = auth
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
"""

_CAPABILITIES = (
    "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT "
    "MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH "
    "ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY STATUS=SIZE SAVEDATE LITERAL+"
)


class Dovecot:
    """One running server: any user with PASSWORD; ``port`` is plain and STARTTLS, ``tls_port`` is TLS from the start.

    ``lmtp`` is the socket at which it takes mail, ``sasl_port`` where a Postfix asks it about passwords.

    ``without``: capabilities that it does not announce.  ``ca_file`` trusts its certificate, made for "localhost".
    """

    def __init__(
        self,
        *,
        without: Sequence[str] = (),
        fsync: str = "never",
        location: str = "mdbox:~/mail",
        introspection: str = "",
        mechanisms: str = "xoauth2 oauthbearer",
        separator: str = "/",
    ) -> None:
        """``introspection`` is the address that says whose token it is: then tokens are taken, by these mechanisms."""
        # Not below pytest's own folder: that is closed to the user whose mail it is.
        self.folder = Path(tempfile.mkdtemp(prefix="vanthu-dovecot-"))
        self.folder.chmod(0o755)
        self.port, self.tls_port, self.sasl_port = free_port(), free_port(), free_port()
        self.ca_file = self.folder / "ca.pem"
        self.lmtp = self.folder / "run" / "lmtp"
        self._configure(without, fsync, location, introspection, mechanisms, separator)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it (again)."""
        self._process = subprocess.Popen(
            ["/usr/sbin/dovecot", "-F", "-c", self.folder / "dovecot.conf"], start_new_session=True
        )
        try:
            self._wait_until_it_answers()
        except RuntimeError:
            self.stop()
            raise

    def halt(self) -> None:
        """End the server; its mails stay."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def stop(self) -> None:
        """End it, and leave nothing behind."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)  # a goodbye to all its children takes seconds
            self._process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """What Dovecot wrote to its log."""
        path = self.folder / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else "(no log)"

    def adm(self, *arguments: str) -> str:
        """A command of doveadm."""
        command = ["/usr/bin/doveadm", "-c", str(self.folder / "dovecot.conf"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def renumber(self, user: str, folder: str = "INBOX") -> None:
        """Give a folder another UIDVALIDITY, as a restored or moved server does."""
        self.adm("mailbox", "update", "-u", user, "--uid-validity", str(int(time.time()) + 1000), folder)

    def _configure(
        self, without: Sequence[str], fsync: str, location: str, introspection: str, mechanisms: str, separator: str
    ) -> None:
        is_root = os.geteuid() == 0
        internal = pwd.getpwnam("dovecot") if is_root else pwd.getpwuid(os.geteuid())
        owner = pwd.getpwnam("nobody") if is_root else internal
        for name in ("run", "state", "mail"):
            (self.folder / name).mkdir(mode=0o755)
        os.chown(self.folder / "mail", owner.pw_uid, owner.pw_gid)
        certificate, authority = web_certificate("localhost")
        (self.folder / "server.pem").write_bytes(certificate.pem)
        key = certificate.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / "server.key").write_bytes(key)
        self.ca_file.write_bytes(authority.pem)
        (self.folder / "oauth2.conf").write_text(_INTROSPECTION.format(url=introspection))
        kept = [word for word in _CAPABILITIES.split() if word not in without]
        (self.folder / "dovecot.conf").write_text(
            _CONF.format(
                folder=self.folder,
                internal=internal.pw_name,
                group=grp.getgrgid(internal.pw_gid).gr_name,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                location=location,
                separator=separator,
                fsync=fsync,
                password=PASSWORD,
                mechanisms=f" {mechanisms}" if introspection else "",
                tokens=_TOKENS.format(folder=self.folder) if introspection else "",
                capability=f"imap_capability = {' '.join(kept)}" if without else "",
                port=self.port,
                tls_port=self.tls_port,
                sasl_port=self.sasl_port,
            ),
            encoding="utf-8",
        )

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + 20
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
                    assert client.recv(100).startswith(b"* OK")
                return
            except (OSError, AssertionError):
                gone = self._process is None or self._process.poll() is not None
                if time.monotonic() > end or gone:
                    raise RuntimeError(f"Dovecot did not start:\n{self.log()}") from None
                time.sleep(0.05)
