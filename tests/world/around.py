"""One Postfix around one gateway, as docs/deployment has it: before the queue, with speed_adjust, and after the queue."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.world.deployment import gateway_of, with_ports
from tests.world.gateway import Gateway
from tests.world.ports import free_port
from tests.world.postfix import Postfix, documented

BEFORE, AFTER = "postfix-before-queue", "postfix-after-queue"
WAYS = ("before-queue", "speed-adjust", "after-queue")
PEOPLE = "people"  # the way of those who sign in, before the queue

# Unlike the mailbox server of postfix-edge, whose main.cf this is.  Clients of the tests are the world, and say who they are.
_FOR_ALL = "-o smtpd_client_restrictions= -o local_header_rewrite_clients= -o smtpd_authorized_xclient_hosts=127.0.0.0/8"
_FRONTS = {"before-queue": "master.cf", PEOPLE: "master.cf, where people send", "speed-adjust": "master.cf, with speed_adjust"}


class House(NamedTuple):
    """Postfix in front of the gateway and behind it; ``ports`` of Postfix by the listener that they lead to.

    ``postfix.port`` takes mail that never sees the gateway: the control.
    """

    postfix: Postfix
    gateway: Gateway
    ports: dict[str, int]

    def stop(self) -> None:
        """End both."""
        self.gateway.stop()
        self.postfix.stop()


def house(folder: Path, *, main: str = "") -> House:
    """Both, started, with all the lines of the two pages; ``main``: more of main.cf."""
    back, ports = free_port(), {way: free_port() for way in (*WAYS, PEOPLE)}
    gateway = gateway_of(folder, BEFORE, AFTER, next_hop=f"127.0.0.1:{back}")
    listeners = {"10024": "after-queue", "10025": "before-queue", "10027": "speed-adjust", "10028": PEOPLE}
    theirs = {written: gateway.ports[name] for written, name in listeners.items()} | {"10026": back}
    front = [_at(ports[way], documented(BEFORE, what)) for way, what in _FRONTS.items()]
    settings = [
        f"-o {{{{ {line} }}}}".replace(" = ", "=") for line in documented(AFTER, "main.cf, behind the queue").splitlines()
    ]
    after = f"127.0.0.1:{ports['after-queue']} inet n - n - - smtpd\n  " + "\n  ".join([*settings, _FOR_ALL])
    lines = [*front, after, documented(AFTER, "master.cf, behind the queue"), documented(BEFORE, "master.cf, the way back")]
    # The control takes the mail of the world, too, and leaves its headers as they are.
    services = "127.0.0.1:{port} inet n - n - - smtpd -o local_header_rewrite_clients=\n" + with_ports("\n".join(lines), theirs)
    # What a Postfix has that nobody told about headers; the main.cf of the mailbox server says something else.
    safe = documented(BEFORE, "main.cf, against smuggled mails")
    main = f"local_header_rewrite_clients = permit_inet_interfaces\n{safe}\n{main}"
    return House(Postfix(listeners=services, main=main), gateway, ports)


def _at(port: int, lines: str) -> str:
    """The public listener of a page on a port of ours, outside a chroot, for all the world."""
    lines = re.sub(r"^\w+ +inet n - y -", f"127.0.0.1:{port} inet n - n -", lines).rstrip("\n")
    return f"{lines}\n  {_FOR_ALL}"
