"""Other servers that look into mail, each private, in a folder of its own, on loopback: Postfix with rspamd or amavisd, Haraka.

Those that are there are measured; tools/install-peers.sh installs them.  HARAKA names another node_modules than that script's.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bench.processes import HOST, Group, free_port, wait_until_it_answers, wait_until_open
from bench.servers import Postfix

_START_S = 120.0  # rspamd compiles its patterns first


class PostfixRspamd(Postfix):
    """rspamd as a milter: checks of content only, nothing that asks the network."""

    name = "postfix + rspamd"
    program = "rspamd"

    def __init__(self, folder: Path, *, hop: int) -> None:
        super().__init__(folder, hop=hop)
        milter = free_port()
        self._add("main.cf", f"smtpd_milters = inet:{HOST}:{milter}\nmilter_default_action = tempfail\n")
        local = folder / "rspamd" / "local.d"
        local.mkdir(parents=True)
        (local / "worker-proxy.inc").write_text(
            f'bind_socket = "{HOST}:{milter}";\nmilter = yes; timeout = 120s; count = 2;\n'
            'upstream "local" { default = yes; self_scan = yes; }\n'
        )
        for worker in ("normal", "controller", "fuzzy"):
            (local / f"worker-{worker}.inc").write_text("enabled = false;\n")
        nobody = free_port()
        (local / "options.inc").write_text(
            f'dns {{ timeout = 1s; retransmits = 1; nameserver = ["{HOST}:{nobody}"]; }}\nfilters = "chartable,regexp";\n'
            f'pidfile = false;\ncache_file = "{folder}/rspamd/cache";\nhs_cache_dir = "{folder}/rspamd/";\n'
        )
        (local / "logging.inc").write_text(f'type = "file"; filename = "{folder}/rspamd/log"; level = "error";\n')
        for module in _NEEDS_NETWORK:
            (local / f"{module}.conf").write_text("enabled = false;\n")
        for path in (folder / "rspamd", local):
            shutil.chown(path, "_rspamd", "_rspamd")
        self._filter = f"rspamd -f -u _rspamd -g _rspamd --var=LOCAL_CONFDIR={folder}/rspamd --var=DBDIR={folder}/rspamd"
        self._waits_for = milter

    def start(self) -> Group:
        """Both, in one group."""
        group = Group(["sh", "-c", f"{self._filter} & exec {self.master}"], log=self.log)
        wait_until_it_answers(self.port, of=group, timeout_s=_START_S)
        wait_until_open(self._waits_for, timeout_s=_START_S)
        return group

    def _add(self, file: str, text: str) -> None:
        with (self.folder / "etc" / file).open("a") as out:
            out.write(text)


class PostfixAmavis(PostfixRspamd):
    """amavisd-new as a content filter: takes mails apart, looks for banned files; no virus scanner, no spam checks."""

    name = "postfix + amavisd"
    program = "amavisd-new"

    def __init__(self, folder: Path, *, hop: int) -> None:
        Postfix.__init__(self, folder, hop=hop)
        there, back = free_port(), free_port()
        self._add("main.cf", f"content_filter = amavis:[{HOST}]:{there}\n")
        self._add("master.cf", _AMAVIS_MASTER.format(host=HOST, back=back))
        home = folder / "amavis"
        (home / "tmp").mkdir(parents=True)
        (folder / "amavisd.conf").write_text(_AMAVIS_CONF.format(home=home, host=HOST, there=there, back=back))
        for path in (home, home / "tmp"):
            shutil.chown(path, "amavis", "amavis")
        self._filter = f"amavisd -c {folder}/amavisd.conf foreground"
        self._waits_for = there


class Haraka:
    """Haraka with its durable queue."""

    name = "haraka"

    def __init__(self, folder: Path, *, hop: int) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder.parent / f"{folder.name}.log"
        self._modules = _haraka()
        files = {
            "config/smtp.ini": f"listen={HOST}:{self.port}\nnodes=0\n",
            "config/plugins": "bench\n",
            "config/me": "haraka.bench.test\n",
            "config/log.ini": "[main]\nlevel=notice\n",
            "config/databytes": "52428800\n",
            "config/outbound.ini": "enable_tls=false\n",
            "config/connection.ini": (self._modules / "Haraka/config/connection.ini").read_text(),
            "package.json": '{"name":"bench","version":"1.0.0"}\n',
            "plugins/bench.js": _HARAKA_PLUGIN.format(host=HOST, hop=hop),
        }
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (folder / "queue").mkdir()

    def start(self) -> Group:
        """Run it; returns when it answers."""
        run = f'cd "{self.folder}" && exec node "{self._modules}/Haraka/bin/haraka" -c "{self.folder}"'
        group = Group(["sh", "-c", run], log=self.log)
        wait_until_it_answers(self.port, of=group, timeout_s=_START_S)
        return group


def those_that_are_here() -> tuple[list[type[PostfixRspamd] | type[Haraka]], list[str]]:
    """The servers that can be measured, and what is missing for the others."""
    found: list[type[PostfixRspamd] | type[Haraka]] = []
    missing = []
    for kind, program in ((PostfixRspamd, "rspamd"), (PostfixAmavis, "amavisd")):
        if shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
            found.append(kind)
        else:
            missing.append(f"{kind.name} (no {program}; {_INSTALL})")
    if not shutil.which("node"):
        missing.append(f"haraka (no node; {_INSTALL})")
    elif (_haraka() / "Haraka/bin/haraka").is_file():
        found.append(Haraka)
    else:
        missing.append(f"haraka (nothing in {_haraka()}; {_INSTALL}, or HARAKA=…/node_modules)")
    return found, missing


_INSTALL = "tools/install-peers.sh"


def _haraka() -> Path:
    """Where that script puts it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("HARAKA") or cache / "vanthu/haraka/node_modules")


_NEEDS_NETWORK = (
    "rbl", "surbl", "spf", "dkim", "dkim_signing", "arc", "dmarc", "asn", "fuzzy_check", "greylist", "ratelimit", "redis",
    "phishing", "mx_check", "history_redis", "neural", "url_reputation", "bayes", "replies", "hfilter", "milter_headers",
    "reputation",
)  # fmt: skip

_AMAVIS_MASTER = """
amavis unix - - n - 2 smtp
    -o smtp_data_done_timeout=1200
    -o smtp_send_xforward_command=yes
    -o disable_dns_lookups=yes
    -o max_use=20
{host}:{back} inet n - n - - smtpd
    -o content_filter=
    -o smtpd_relay_restrictions=permit_mynetworks,reject
    -o smtpd_recipient_restrictions=permit_mynetworks,reject
    -o smtpd_authorized_xforward_hosts=127.0.0.0/8
"""

_AMAVIS_CONF = """\
use strict;
$max_servers = 2; $max_requests = 100; $daemon_user = 'amavis'; $daemon_group = 'amavis';
$myhostname = 'amavis.bench.test'; $mydomain = 'bench.test';
$MYHOME = '{home}'; $TEMPBASE = '{home}/tmp'; $pid_file = '{home}/pid'; $lock_file = '{home}/lock';
$inet_socket_bind = '{host}'; $inet_socket_port = {there}; @inet_acl = qw(127.0.0.1); @mynetworks = qw(127.0.0.0/8);
@bypass_virus_checks_maps = (1); @bypass_spam_checks_maps = (1);
$forward_method = 'smtp:[{host}]:{back}'; $notify_method = $forward_method;
$log_level = 0; $do_syslog = 0; $LOGFILE = '{home}/log'; $enable_db = 0; $enable_zmq = 0;
$final_banned_destiny = D_PASS; $final_bad_header_destiny = D_PASS;
1;
"""

_HARAKA_PLUGIN = """\
exports.hook_lookup_rdns = (next) => next(OK, 'localhost')
exports.hook_connect = function (next, connection) {{ connection.relaying = true; next() }}
exports.hook_mail = (next) => next(OK)
exports.hook_rcpt = (next) => next(OK)
exports.hook_get_mx = (next) => next(OK, [{{ priority: 0, exchange: '{host}', port: {hop} }}])
"""
