"""[[office]]: the office systems, and what the courier to each must be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

import msgspec

from gateway.courier import Outcome
from gateway.errors import ConfigError
from gateway.model import Value
from gateway.settings.addresses import host_and_port
from gateway.settings.kinds import Count, Seconds
from gateway.settings.rest import Rest, wrong_with


class Office(Value, forbid_unknown_fields=True):
    """[[office]]: one office system and the courier that reaches it."""

    name: str
    courier: str = "folder"
    folder: str = ""  # folder, bundle
    url: str = ""  # vxp, lgsp, rest
    system_id: str = ""  # vxp, lgsp
    secret: str = ""  # "file:PATH", "env:NAME" or "keyring:SERVICE": key of vxp and lgsp, password of mailbox, {secret} of rest
    timeout_s: Seconds = 60.0
    connections: Count = 4
    ca_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    max_bytes: Annotated[int, msgspec.Meta(ge=0)] = 50 * 1024 * 1024  # of one package; 0 is no limit
    zip_attachments: bool = False
    # vxp, lgsp: what error codes of this service mean, beside those that are known.
    codes: dict[str, Outcome] = msgspec.field(default_factory=dict)
    sent_list: str = ""  # lgsp: path of the list of what was sent, if the platform has one
    acknowledges: bool = True  # folder, vxp, lgsp, rest with answers: says that a document came in; silence is an alarm
    address: str = ""  # mailbox: where to
    sender: str = ""  # mailbox: from whom
    server: str = ""  # mailbox: "host:port"; "" is the next hop of the relay
    rest: Rest = Rest()

    @property
    def is_to_acknowledge(self) -> bool:
        """Whether its silence about a document is an alarm."""
        brings_statuses = self.courier in ACKNOWLEDGING or (self.courier == "rest" and bool(self.rest.answers.list))
        return self.acknowledges and brings_statuses


ACKNOWLEDGING = ("folder", "vxp", "lgsp")  # these couriers bring back statuses

# What each courier must be told.
COURIERS: Mapping[str, tuple[str, ...]] = {
    "folder": ("folder",),
    "bundle": ("folder",),
    "vxp": ("url", "system_id"),
    "lgsp": ("url", "system_id"),
    "rest": ("url",),
    "mailbox": ("address", "sender"),
    "pull": (),
}
_EXPECTED = {
    "folder": "the folder that the office system watches",
    "url": 'an address like "https://truc.example"',
    "system_id": "the id that the service gave you",
    "address": "the address that takes documents in",
    "sender": "the address that the letters come from",
}


def check_offices(offices: tuple[Office, ...], *, file: str) -> None:
    """Raises ConfigError when a courier is not told all that it must know."""
    names = [office.name for office in offices]
    for office in offices:
        where = f"{file}: [[office]] {office.name}"
        if names.count(office.name) > 1:
            raise ConfigError(f"{file}: [[office]] name: {office.name!r} stands there twice")
        if office.courier not in COURIERS:
            expected = ", ".join(f'"{name}"' for name in COURIERS)
            raise ConfigError(f"{where}: courier: expected one of {expected}, got {office.courier!r}")
        for key in COURIERS[office.courier]:
            if not getattr(office, key):
                raise ConfigError(f"{where}: {key}: expected {_EXPECTED[key]}")
        _check_office(where, office)


def _check_office(where: str, office: Office) -> None:
    if office.url and not re.match(r"https?://[^/\s]+", office.url):
        raise ConfigError(f'{where}: url: expected an address like "https://truc.example", got {office.url!r}')
    if office.courier in ("vxp", "lgsp") and not office.secret:
        raise ConfigError(f'{where}: secret: expected where the key is, as "file:PATH"')
    if office.client_key and not office.client_certificate:
        raise ConfigError(f"{where}: client_certificate: expected the certificate that belongs to client_key")
    if office.server:
        host_and_port(office.server, where=f"{where}: server")
    if office.courier == "rest" and (wrong := wrong_with(office.rest)):
        raise ConfigError(f"{where}: {wrong}")
