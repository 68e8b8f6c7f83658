"""Mailboxes of made-up people on a test's server, and letters in them."""

from __future__ import annotations

import itertools
import os
from datetime import datetime

from gateway.config import Security
from gateway.imap.credentials import Password
from gateway.imap.session import Session
from gateway.imap.values import Server
from tests.world.dovecot import PASSWORD, Dovecot

os.environ["VANTHU_TEST_SECRET"] = PASSWORD
SECRET = "env:VANTHU_TEST_SECRET"  # noqa: S105 - where it is, not what it is
_numbers = itertools.count(1)


def new_user() -> str:
    """An account that no test has used yet."""
    return f"c3truong{next(_numbers)}.{os.getpid()}@moet.example"


def server_of(dovecot: Dovecot, security: Security = Security.NONE) -> Server:
    port = dovecot.tls_port if security is Security.TLS else dovecot.port
    return Server(host="localhost", port=port, security=security, ca_file=str(dovecot.ca_file), read_timeout_s=10)


def signed_in(dovecot: Dovecot, user: str, security: Security = Security.NONE) -> Session:
    return Session.open(server_of(dovecot, security), Password(user, SECRET))


def letter(subject: str = "Báo cáo", *, body: str = "Kính gửi các thầy cô.", sender: str = "to.van@pgdhg.example") -> bytes:
    head = f"From: {sender}\r\nTo: c3@moet.example\r\nSubject: {subject}\r\n"
    head += f"Message-ID: <{next(_numbers)}.{os.getpid()}@pgdhg.example>\r\nDate: Mon, 4 Nov 2019 08:00:00 +0700\r\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n".encode()


def put(dovecot: Dovecot, user: str, *letters: bytes, folder: str = "INBOX", received_at: datetime | None = None) -> None:
    """Have letters lie in a folder, which is made when it is not there."""
    session = signed_in(dovecot, user)
    session.create(folder)
    for each in letters:
        session.append(folder, each, received_at=received_at)
    session.close()
