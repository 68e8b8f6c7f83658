"""Whether somebody is who he says, asked of a real IMAP server."""

from __future__ import annotations

import msgspec
import pytest

from gateway.config import Config, Security
from gateway.errors import MailboxError
from gateway.imap.access import judge_of
from gateway.imap.asking import is_right
from gateway.imap.values import Server
from tests.world.dovecot import PASSWORD, Dovecot
from tests.world.ports import free_port


def server(dovecot: Dovecot) -> Server:
    return Server(host="localhost", port=dovecot.tls_port, ca_file=str(dovecot.ca_file))


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_right_password_is_right_and_a_wrong_one_is_not(dovecot: Dovecot, mechanism: str) -> None:
    assert is_right(server(dovecot), "asked", PASSWORD, mechanism)
    assert not is_right(server(dovecot), "asked", "sai", mechanism)


def test_a_server_that_cannot_be_asked_does_not_say_wrong(dovecot: Dovecot) -> None:
    strange = msgspec.structs.replace(server(dovecot), ca_file="")
    nobody = msgspec.structs.replace(server(dovecot), port=free_port())
    for asked in (strange, nobody):
        with pytest.raises(MailboxError):
            is_right(asked, "asked", PASSWORD, "PLAIN")
    with pytest.raises(MailboxError, match="does not offer XOAUTH2"):
        is_right(server(dovecot), "asked", "token", "XOAUTH2")


@pytest.mark.parametrize(
    ("auth", "port", "security"),
    [
        ({"from_the_start": True}, 993, Security.TLS),
        ({}, 143, Security.STARTTLS),
        ({"tls": "off"}, 143, Security.NONE),
    ],
)
def test_the_server_is_reached_as_the_settings_say(auth: dict[str, object], port: int, security: Security) -> None:
    table = {"smtp": {"auth": {"check": "imap", "server": f"localhost:{port}", **auth}}}
    found = judge_of(msgspec.convert(table, Config))
    assert (found.host, found.port, found.security) == ("localhost", port, security)
