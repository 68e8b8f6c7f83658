"""The link to a mailbox server: connected, secured, and every failure in our words.

MailboxUnreachable (the link; try again), SignInRefused (a person must repair it), MailboxRefused (the server's own NO or BAD
about one command).
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, ProtocolError

from gateway.config import Security
from gateway.errors import MailboxRefused, MailboxUnreachable, SignInRefused
from gateway.imap.values import Server
from gateway.imap.words import text

# RFC 5530: the account is well, the server is not.  The words are those of Exchange, Gmail and Dovecot.
_NOT_NOW = re.compile(
    r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN|INTERNALERROR)\]|authenticated but not connected|too many|try again|"
    r"temporar|throttl|bandwidth|internal error",
    re.IGNORECASE,
)


imaplib._MAXLINE = max(imaplib._MAXLINE, 10_000_000)  # type: ignore[attr-defined]  # long lists of flags and of UIDs


class FrontDesk:
    """IMAPClient before sign-in: the Desk of gateway.imap.desk."""

    def __init__(self, client: IMAPClient) -> None:
        self._client = client
        self.capabilities = capabilities(client)

    def login(self, user: str, password: str) -> None:
        """The LOGIN command."""
        with failures(signing_in=True):
            self._client.login(user, password)

    def authenticate(self, mechanism: str, respond: Callable[[bytes], bytes]) -> None:
        """The AUTHENTICATE command."""
        with failures(signing_in=True):
            self._client.sasl_login(mechanism, respond)


def connected(server: Server) -> IMAPClient:
    """A link to the server, secured as wanted; certificates are checked against the name of the host."""
    with failures():
        client = IMAPClient(
            server.host,
            port=server.port,
            ssl=server.security is Security.TLS,
            ssl_context=_context(server) if server.security is Security.TLS else None,
            timeout=SocketTimeout(connect=server.connect_timeout_s, read=server.read_timeout_s),
        )
        client.normalise_times = False
        # IMAPClient has imaplib format every line for its debug log: slow, and no place for a password.
        client._imap.debug = 0
        client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # A literal goes out in three pieces: without this each waits 40 ms for the server's acknowledgement.
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if server.security is Security.STARTTLS:
                client.starttls(_context(server))
                client._cached_capabilities = None  # RFC 3501 section 6.2.1: what was said in the clear is forgotten
                client._set_read_timeout()
        except BaseException:
            with suppress(OSError):  # a handshake that failed has closed it
                client.shutdown()
            raise
    return client


def _context(server: Server) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file or None)
    except OSError as error:
        raise MailboxUnreachable(f"the certificate file {server.ca_file} cannot be read: {error}") from error


@contextmanager
def failures(*, signing_in: bool = False) -> Iterator[None]:
    """Whatever goes wrong, in our words."""
    try:
        yield
    except (CapabilityError, ProtocolError) as error:
        raise MailboxRefused(str(error)) from error
    except ssl.SSLCertVerificationError as error:
        raise SignInRefused(f"the server's certificate is not trusted: {error.verify_message}") from error
    except IMAPClientAbortError as error:
        raise MailboxUnreachable(f"the link was cut: {error}") from error
    except IMAPClientError as error:
        raise _refusal(str(error), signing_in=signing_in) from error
    except OSError as error:
        raise MailboxUnreachable(f"no link to the server: {error}") from error
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, UnicodeError) as error:
        # imaplib and the parser fail in many ways on a server that does not keep to the grammar, or on a link that was killed.
        raise MailboxRefused(f"the server's answer cannot be read: {type(error).__name__}: {error}") from error


def _refusal(said: str, *, signing_in: bool) -> Exception:
    if _NOT_NOW.search(said):
        return MailboxUnreachable(f"the server says: not now: {said}")
    return SignInRefused(f"sign-in was refused: {said}") if signing_in else MailboxRefused(f"the server refused: {said}")


def capabilities(client: IMAPClient) -> frozenset[str]:
    """What the server offers now, in capitals."""
    return frozenset(text(word).upper() for word in client.capabilities())
