"""[smtp]: where mail comes in."""

from __future__ import annotations

import ipaddress
from typing import Annotated

import msgspec

from gateway.errors import ConfigError
from gateway.model import Value
from gateway.settings.addresses import check_networks, host_and_port
from gateway.settings.certificate import Certificate, Tls
from gateway.settings.kinds import Count, Seconds
from gateway.settings.limits import Limits
from gateway.settings.listeners import FIRST, Listener, check_listeners
from gateway.settings.recipients import Recipients
from gateway.settings.sign_in import Auth, SignIn, wrong_with_auth

# With "+", a mail's id and its signature (47 characters) its local part must not be longer than 64 (RFC 5321, 4.5.3.1.1).
_ReplyAddress = Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9._-]{1,16}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)?$")]


class Smtp(Value, forbid_unknown_fields=True):
    """[smtp]: where mail comes in."""

    listen: str = "127.0.0.1:2525"
    hostname: str = ""  # our name in greeting, trace headers and senders of notices; "" asks the machine
    trusted_networks: tuple[str, ...] = ("127.0.0.0/8",)
    max_message_bytes: Count = 50 * 1024 * 1024
    max_recipients: Count = 1000
    max_connections: Count = 1000
    max_bytes_in_flight: Count = 256 * 1024 * 1024  # over all sessions; beyond it new mail gets 452 4.3.1
    command_timeout_s: Seconds = 300.0
    data_timeout_s: Seconds = 600.0  # without progress
    authenticate: bool = True  # ask the DNS who sent mail from outside (SPF, DKIM, DMARC)
    name_servers: tuple[str, ...] = ()  # "address" or "address:port"; none: those of the machine
    help_url: str = "https://vanthu.example/huong-dan"  # where a refused sender reads more
    help_phone: str = ""  # whom a refused sender may ring
    reply_address: _ReplyAddress = ""  # whose mail reaches this gateway: letters may be answered there; "" for none
    tls: Tls = Tls.OFF  # of ``listen``
    auth: Auth = Auth()
    certificate: Certificate = Certificate()
    limits: Limits = Limits()
    recipients: Recipients = Recipients()
    listener: tuple[Listener, ...] = ()  # further ways in

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Every way in, [smtp] listen first; those that listen nowhere are left out."""
        first = Listener(name=FIRST, listen=self.listen, trusted_networks=self.trusted_networks, tls=self.tls)
        return tuple(listener for listener in (first, *self.listener) if listener.listen)


def check_smtp(smtp: Smtp, *, file: str) -> None:
    """Raises ConfigError when nobody could come in, or not as it stands there."""
    if not smtp.listeners:
        raise ConfigError(f'{file}: [smtp] listen: expected "host:port", or a [[smtp.listener]] that listens')
    host_and_port(smtp.listen or "127.0.0.1:0", where=f"{file}: [smtp] listen")
    for server in smtp.name_servers:
        _check_name_server(file, server)
    check_networks(smtp.trusted_networks, where=f"{file}: [smtp] trusted_networks")
    check_listeners(smtp.listener, file=file, first=smtp.listen)
    _check_protection(file, smtp)
    if smtp.max_bytes_in_flight < smtp.max_message_bytes:
        raise ConfigError(f"{file}: [smtp] max_bytes_in_flight: expected at least max_message_bytes ({smtp.max_message_bytes})")


def _check_protection(file: str, smtp: Smtp) -> None:
    """What TLS and signing in need at the listeners that have them."""
    for listener in smtp.listeners:
        if listener.tls is not Tls.OFF and not smtp.certificate.file:
            raise ConfigError(
                f'{file}: [smtp.certificate] file: expected the certificate for {listener.where} tls = "{listener.tls}"'
            )
        if listener.auth is not SignIn.OFF and listener.tls is Tls.OFF and not smtp.auth.in_the_clear:
            raise ConfigError(
                f'{file}: {listener.where} tls: expected "require" or "implicit", because passwords never go in the clear'
            )
    if any(listener.auth is not SignIn.OFF for listener in smtp.listeners):
        if wrong := wrong_with_auth(smtp.auth):
            raise ConfigError(f"{file}: [smtp.auth] {wrong}")
        if smtp.auth.server:
            host_and_port(smtp.auth.server, where=f"{file}: [smtp.auth] server")


def _check_name_server(file: str, server: str) -> None:
    address, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
    try:
        ipaddress.ip_address(address)
        right = port.isdigit() and 0 < int(port) < 65536
    except ValueError:
        right = False
    if not right:
        raise ConfigError(
            f'{file}: [smtp] name_servers: expected an address like "192.0.2.53" or "192.0.2.53:53", got {server!r}'
        )
