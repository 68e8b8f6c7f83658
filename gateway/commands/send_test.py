"""``vanthu send-test``: one mail through the whole chain of a gateway that runs, each step with its time."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gateway import trial
from gateway.commands.opened import store_of
from gateway.commands.say import say
from gateway.config import load
from gateway.errors import ConfigError
from gateway.settings.addresses import host_and_port


@click.command("send-test")
@click.argument("to")
@click.option("--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML).")
@click.option("--from", "sender", default="", help="Who sends it; else postmaster at this gateway's name.")
@click.option("--door", default="", help="HOST:PORT of the SMTP listener; else [smtp] listen.")
@click.option("--wait", "patience_s", type=click.FloatRange(min=1, max=600), default=20.0, help="Seconds to follow it.")
def send_test(to: str, config_file: Path, sender: str, door: str, patience_s: float) -> None:
    """Send a test mail to the mailbox TO and say what becomes of it.  Exit 1 when it did not arrive."""
    settings = load(config_file)
    if "@" not in to:
        raise ConfigError(f"TO: expected the address of a mailbox, got {to!r}")
    host, port = host_and_port(door or settings.smtp.listen, where="--door" if door else "[smtp] listen")
    sender = sender or f"postmaster@{settings.smtp.hostname or 'localhost'}"
    good = True
    with store_of(settings) as store:
        for step in trial.send(store, (_reachable(host), port), sender=sender, to=to, patience_s=patience_s):
            say(f"{step.seconds:6.2f} s  {'' if step.is_good else 'HỎNG: '}{step.title}{': ' + step.said if step.said else ''}")
            good = step.is_good
    sys.exit(0 if good else 1)


def _reachable(host: str) -> str:
    """A listener on all addresses is reached at this machine's own."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - nothing is bound here
