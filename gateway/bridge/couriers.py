"""The couriers by the names that the settings give them; each is loaded where an office system wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.config import Config, Office
from gateway.courier import OfficeCourier
from gateway.credentials import read_secret
from gateway.directory.snapshot import Directory
from gateway.errors import ConfigError
from gateway.settings.addresses import host_and_port

if TYPE_CHECKING:
    from gateway.bridge.axis import Service
    from gateway.bridge.http import Http

Look = Callable[[], Directory]


def courier_of(office: Office, settings: Config, directory: Look) -> OfficeCourier:
    """The courier to one office system.  Raises ConfigError when its secret cannot be had."""
    return COURIERS[office.courier](office, settings, directory)


def _folder(office: Office, settings: Config, directory: Look) -> OfficeCourier:
    from gateway.bridge.folder import FolderCourier

    return FolderCourier(office.name, settings.path(office.folder), directory=directory, zipped=office.zip_attachments)


def _bundle(office: Office, settings: Config, directory: Look) -> OfficeCourier:
    from gateway.bridge.bundle import BundleCourier

    return BundleCourier(office.name, settings.path(office.folder), directory=directory)


def _vxp(office: Office, settings: Config, directory: Look) -> OfficeCourier:
    from gateway.bridge.vxp import VxpCourier

    service = _service(office, settings)
    return VxpCourier(office.name, _http(office, settings), service, directory=directory, lanes=office.connections)


def _lgsp(office: Office, settings: Config, directory: Look) -> OfficeCourier:
    from gateway.bridge.lgsp import LgspCourier

    service = _service(office, settings)
    return LgspCourier(office.name, _http(office, settings), service, directory=directory, lanes=office.connections)


def _rest(office: Office, settings: Config, directory: Look) -> OfficeCourier:
    from gateway.bridge.rest import RestCourier

    return RestCourier(
        office.name,
        _http(office, settings),
        office.rest,
        secret=secret_of(office, settings),
        directory=directory,
        lanes=office.connections,
        max_bytes=office.max_bytes,
        zipped=office.zip_attachments,
    )


def _mailbox(office: Office, settings: Config, directory: Look) -> OfficeCourier:
    from gateway.bridge.mailbox import Intake, MailboxCourier

    host, port = host_and_port(office.server or settings.relay.next_hop, where=f"[[office]] {office.name}: server")
    intake = Intake(
        address=office.address,
        sender=office.sender,
        host=host,
        port=port,
        password=secret_of(office, settings),
        ca_file=office.ca_file and str(settings.path(office.ca_file)),
        timeout_s=office.timeout_s,
    )
    return MailboxCourier(office.name, intake, directory=directory)


def _pull(office: Office, settings: Config, directory: Look) -> OfficeCourier:
    from gateway.bridge.pull import PullCourier

    return PullCourier(office.name)


COURIERS: Mapping[str, Callable[[Office, Config, Look], OfficeCourier]] = {
    "folder": _folder,
    "bundle": _bundle,
    "vxp": _vxp,
    "lgsp": _lgsp,
    "rest": _rest,
    "mailbox": _mailbox,
    "pull": _pull,
}


def secret_of(office: Office, settings: Config) -> str:
    """The key or password of an office system; "" when it has none.  It is in no log and in no error."""
    if not office.secret:
        return ""
    try:
        return read_secret(office.secret, office.system_id or office.sender or office.name, base=Path(settings.base))
    except ConfigError as error:
        raise ConfigError(f"[[office]] {office.name}: secret: {error}") from error


def _service(office: Office, settings: Config) -> Service:
    from gateway.bridge.axis import Service
    from gateway.bridge.verdicts import CODES

    return Service(
        system_id=office.system_id,
        key=secret_of(office, settings),
        zipped=office.zip_attachments,
        max_bytes=office.max_bytes,
        sent_list=office.sent_list,
        codes={**CODES, **office.codes},
    )


def _http(office: Office, settings: Config) -> Http:
    from gateway.bridge.http import Address, Http

    address = Address(
        url=office.url.rstrip("/"),
        timeout_s=office.timeout_s,
        connections=office.connections,
        ca_file=office.ca_file and str(settings.path(office.ca_file)),
        client_certificate=office.client_certificate and str(settings.path(office.client_certificate)),
        client_key=office.client_key and str(settings.path(office.client_key)),
    )
    return Http(address)
