"""What is measured: the gateway as ``vanthu serve``, and a private Postfix that relays the same mails."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from bench.processes import HOST, Group, free_port, wait_until_it_answers

_POSTFIX_DAEMONS = Path("/usr/lib/postfix/sbin")
_POSTFIX_PARTS = ("dynamicmaps.cf", "dynamicmaps.cf.d", "postfix-files", "postfix-files.d", "postfix-script", "post-install")


class Gateway:
    """One gateway in a folder of its own, made by ``vanthu init``; relays to ``hop``."""

    name = "vanthu"

    def __init__(self, folder: Path, *, hop: int) -> None:
        self.folder = folder
        self.port = free_port()
        self.web_port = free_port()
        self.log = folder.parent / f"{folder.name}.log"
        self.config = folder / "vanthu.toml"
        _vanthu("init", str(folder))
        self._set(
            {"smtp.listen": f"{HOST}:{self.port}", "web.listen": f"{HOST}:{self.web_port}", "relay.next_hop": f"{HOST}:{hop}"}
        )

    def start(self, *, whole: bool = True) -> Group:
        """Run it; returns when it answers and, unless ``whole`` is false, has loaded what reads attachments and the console."""
        before = self.log.stat().st_size if self.log.exists() else 0
        group = Group([sys.executable, "-m", "gateway", "serve", "--config", self.config], log=self.log)
        wait_until_it_answers(self.port, of=group)
        end = time.monotonic() + 60
        while whole and b"\nready web" not in self.log.read_bytes()[before:]:
            if group.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"bench: the gateway is not ready; see {self.log}")
            time.sleep(0.02)
        return group

    def hand_over_by_vxp(self, name: str, office: OfficeSandbox, **settings: object) -> None:
        """Let an office system be the sandbox."""
        text = self.config.read_text(encoding="utf-8")
        head, table, rest = text.partition(f'[[office]]\nname = "{name}"')
        if not table:
            raise SystemExit(f"bench: {self.config}: no office {name}")
        _, bracket, others = rest.partition("\n[")
        lines = {"courier": "vxp", "url": office.url, "system_id": "vanthu", "secret": f"file:{office.key}", **settings}
        said = "".join(f"\n{key} = {json.dumps(value)}" for key, value in lines.items())
        self.config.write_text(head + table + said + "\n" + bracket + others, encoding="utf-8")

    def add(self, table: str, *lines: str) -> None:
        """Add settings to a table that does not stand in the file."""
        text = self.config.read_text(encoding="utf-8")
        head, office, rest = text.partition("[[office]]")
        self.config.write_text("\n".join((head + table, *lines, "", office + rest)), encoding="utf-8")

    def set(self, table: str, line: str) -> None:
        """Put a line into a table that stands in the file, or change it there."""
        text, key = self.config.read_text(encoding="utf-8"), line.partition("=")[0].strip()
        head, begins, rest = text.partition(f"\n[{table}]\n")
        if not begins:
            self.add(f"[{table}]", line)
            return
        inside, bracket, others = rest.partition("\n[")
        kept = [each for each in inside.split("\n") if each.partition("=")[0].strip() != key]
        self.config.write_text(head + begins + "\n".join((line, *kept)) + bracket + others, encoding="utf-8")

    def _set(self, values: dict[str, str]) -> None:
        """Change settings that stand on lines of their own."""
        table, lines = "", []
        for line in self.config.read_text(encoding="utf-8").splitlines():
            if opened := re.match(r"\[+([^\]]+)\]+", line):
                table = opened[1]
            key = line.partition("=")[0].strip()
            new = values.pop(f"{table}.{key}", None)
            lines.append(line if new is None else f'{key} = "{new}"')
        if values:
            raise SystemExit(f"bench: {self.config}: no line for {', '.join(values)}")
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")


class OfficeSandbox:
    """``vanthu office-sandbox`` as a process of its own; a context manager."""

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.key = folder / "key"
        self.register = folder / "register.sqlite3"
        self._log = folder / "log"
        self._options = options
        self._group: Group | None = None

    def __enter__(self) -> OfficeSandbox:
        command: list[str | Path] = [
            sys.executable, "-m", "gateway", "office-sandbox", "--listen", f"{HOST}:{self.port}",
            "--register", self.register, "--secret-file", self.key, *self._options,
        ]  # fmt: skip
        self._group = Group(command, log=self._log)
        end = time.monotonic() + 30
        while b"ready office-sandbox" not in self._log.read_bytes():
            if self._group.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"bench: the sandbox did not start: {self._log.read_text(encoding='utf-8')}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self._group is not None:
            self._group.stop()

    def count(self) -> int:
        """How many entries its register has."""
        with contextlib.closing(sqlite3.connect(self.register)) as db:
            return int(db.execute("SELECT count(*) FROM documents").fetchone()[0])

    def entries(self) -> list[tuple[str, int]]:
        """File name and number (0 for none) of every entry."""
        with contextlib.closing(sqlite3.connect(self.register)) as db:
            return db.execute("SELECT file, coalesce(number, 0) FROM documents ORDER BY id").fetchall()

    def faults(self) -> dict[str, int]:
        """How often each fault happened since it was started."""
        with urllib.request.urlopen(f"{self.url}/register.json", timeout=30) as answer:  # noqa: S310 - loopback
            found: dict[str, int] = json.loads(answer.read())["faults"]
        return found


class Postfix:
    """A private Postfix with Debian's defaults (durable queue, all mail to ``hop``, log to a file).  Needs root."""

    name = "postfix"

    def __init__(self, folder: Path, *, hop: int) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder.parent / f"{folder.name}.log"
        user = pwd.getpwnam("postfix")
        etc = folder / "etc"
        for name in ("", "etc", "spool", "data"):
            (folder / name).mkdir(mode=0o755, exist_ok=True)
        os.chown(folder / "data", user.pw_uid, user.pw_gid)
        for name in _POSTFIX_PARTS:
            source = Path("/etc/postfix") / name
            if source.is_dir():
                shutil.copytree(source, etc / name)
            elif source.exists():
                shutil.copy2(source, etc / name)
        (etc / "main.cf").write_text(_MAIN_CF.format(folder=folder, daemons=_POSTFIX_DAEMONS, hop=hop))
        (etc / "master.cf").write_text(_MASTER_CF.format(port=self.port))
        subprocess.run(["postfix", "-c", etc, "check"], check=True, capture_output=True)

    @property
    def master(self) -> str:
        """Its command."""
        return f"{_POSTFIX_DAEMONS}/master -c {self.folder}/etc -d"

    def start(self) -> Group:
        """Run it; returns when it answers."""
        group = Group(self.master.split(), log=self.log)
        wait_until_it_answers(self.port, of=group)
        return group


def why_no_postfix() -> str:
    """Why Postfix cannot be measured here; "" when it can."""
    if not (_POSTFIX_DAEMONS / "master").exists():
        return "Postfix is not installed: apt-get install --no-install-recommends postfix"
    if os.geteuid() != 0:
        return "Postfix's master refuses to run without root: run this as root to get the ratios"
    return ""


def _vanthu(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "gateway", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: vanthu {' '.join(words)} failed:\n{done.stdout}{done.stderr}")


_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.bench.test
mydestination =
alias_maps =
local_recipient_maps =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
relayhost = [127.0.0.1]:{hop}
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = none
smtp_tls_security_level = none
message_size_limit = 52428800
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
"""

# Debian's services for a relay, with their default numbers of processes; nothing in a chroot.
_MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""
