"""How the mailboxes of the configuration are reached: where each is, and by what one signs in there."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.config import Config, Mailbox, Security
from gateway.errors import ConfigError, SignInRefused
from gateway.imap.credentials import Password, read_secret
from gateway.imap.desk import Credentials
from gateway.imap.oauth.age import TokenAge, age_of
from gateway.imap.oauth.provider import endpoints_of, provider_of
from gateway.imap.oauth.token import TokenFile
from gateway.imap.values import Server
from gateway.settings.addresses import host_and_port
from gateway.settings.security import Encryption

if TYPE_CHECKING:  # IMAPClient and Authlib are loaded where a mailbox is read, and where one signs in with a token
    from gateway.imap.oauth.client import Client
    from gateway.imap.session import Session


def mailbox_of(settings: Config, name: str) -> Mailbox:
    """A [[mailbox]] by its name.  ConfigError names those that there are."""
    for mailbox in settings.mailbox:
        if mailbox.name == name:
            return mailbox
    known = ", ".join(mailbox.name for mailbox in settings.mailbox) or "(none yet)"
    raise ConfigError(f"{name}: no such [[mailbox]]; expected one of {known}")


def server_of(settings: Config, mailbox: Mailbox) -> Server:
    """Where a mailbox is."""
    return Server(
        host=mailbox.host,
        port=mailbox.at_port,
        security=mailbox.security,
        ca_file=str(settings.path(mailbox.ca_file)) if mailbox.ca_file else "",
        connect_timeout_s=settings.imap.connect_timeout_s,
        read_timeout_s=settings.imap.read_timeout_s,
    )


def judge_of(settings: Config) -> Server:
    """The server that is asked whether somebody is who he says ([smtp.auth] check = "imap")."""
    auth = settings.smtp.auth
    host, port = host_and_port(auth.server, where="[smtp.auth] server")
    by_tls = Security.TLS if auth.from_the_start else Security.STARTTLS
    return Server(
        host=host,
        port=port,
        security=Security.NONE if auth.tls is Encryption.OFF else by_tls,
        ca_file=str(settings.path(auth.ca_file)) if auth.ca_file else "",
        connect_timeout_s=settings.imap.connect_timeout_s,
        read_timeout_s=settings.imap.read_timeout_s,
    )


def credentials_of(settings: Config, mailbox: Mailbox) -> Credentials:
    """By what one signs in: a token where the mailbox has a provider, else a password."""
    if not mailbox.provider:
        return Password(mailbox.user, mailbox.secret, base=Path(settings.base))
    from gateway.imap.oauth.bearer import Bearer

    sign_in = f"vanthu mailbox sign-in {mailbox.name}"
    return Bearer(mailbox.user, token_file_of(settings, mailbox), client_of(settings, mailbox), sign_in=sign_in)


def client_of(settings: Config, mailbox: Mailbox) -> Client:
    """The application that asks the mailbox's provider for tokens."""
    from gateway.imap.oauth.client import Client

    provider = provider_of(settings, mailbox)
    secret = provider.client_secret
    return Client(
        endpoints_of(provider),
        client_id=provider.client_id,
        secret=(lambda: read_secret(secret, provider.client_id, base=Path(settings.base))) if secret else None,
        ca_file=str(settings.path(provider.ca_file)) if provider.ca_file else "",
    )


def token_file_of(settings: Config, mailbox: Mailbox) -> TokenFile:
    """Where the token of a mailbox is kept."""
    return TokenFile(settings.path(settings.imap.tokens) / f"{mailbox.name}.json")


def open_session(settings: Config, mailbox: Mailbox) -> Session:
    """A signed-in connection.  MailboxUnreachable, SignInRefused."""
    from gateway.imap.session import Session

    return Session.open(server_of(settings, mailbox), credentials_of(settings, mailbox))


def token_ages(settings: Config, now: datetime) -> dict[str, TokenAge]:
    """How the token of each mailbox does that signs in with one, by its name.  One that cannot be read counts as missing."""
    ages = {}
    for mailbox in settings.mailbox:
        if mailbox.provider:
            try:
                token = token_file_of(settings, mailbox).read()
            except SignInRefused:
                token = None
            ages[mailbox.name] = age_of(token, endpoints_of(provider_of(settings, mailbox)), now)
    return ages
