"""[relay.security]: TLS and sign-in towards the next mail server."""

from __future__ import annotations

from enum import StrEnum

from gateway.model import Value


class Encryption(StrEnum):
    """How a connection to a next mail server is encrypted."""

    OFF = "off"
    OPPORTUNISTIC = "opportunistic"  # where it is offered and works; in the clear otherwise, and on this machine
    REQUIRED = "required"  # or the mail waits; whose certificate it is does not matter
    VERIFIED = "verified"  # and the certificate must be that of the server


class Security(Value, forbid_unknown_fields=True):
    """How a next mail server is spoken to."""

    tls: Encryption = Encryption.OPPORTUNISTIC
    from_the_start: bool = False  # TLS from the first byte (port 465) instead of STARTTLS
    name: str = ""  # in the certificate, for tls = "verified"; "" is the host that we connect to
    ca_file: str = ""  # certificates to trust instead of the system's
    client_certificate: str = ""  # what we show of ourselves, if asked
    client_key: str = ""  # "" where it is in the same file
    user: str = ""  # sign in with this name; "" does not
    secret: str = ""  # its password: "file:PATH", "env:NAME" or "keyring:SERVICE"

    @property
    def needs_tls(self) -> bool:
        """Whether nothing may go in the clear."""
        return self.tls in (Encryption.REQUIRED, Encryption.VERIFIED)


def wrong_with(security: Security, host: str) -> str:
    """What is inconsistent in these settings, "key: expected …"; "" for nothing."""
    if security.client_key and not security.client_certificate:
        return "client_certificate: expected the certificate that belongs to client_key"
    if bool(security.user) != bool(security.secret):
        return 'secret: expected user and secret together, the secret as "file:PATH"'
    if security.user and not (security.needs_tls or is_this_machine(host)):
        return 'tls: expected "required" or "verified", because a password never goes in the clear'
    if security.from_the_start and not security.needs_tls:
        return 'tls: expected "required" or "verified" with from_the_start, because no server speaks both at that port'
    return ""


def is_this_machine(host: str) -> bool:
    """Whether nobody on a network can listen to what is said to this address."""
    return host.startswith("127.") or host in ("::1", "localhost")
