"""The settings: one frozen class for each table of the TOML file, and load().

Every field stands in config.example.toml with its meaning and default; both are written together.
An error names the file, the table and the key, and says what was expected.
"""

from __future__ import annotations

import ipaddress
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from gateway.errors import ConfigError
from gateway.model import Value


class Smtp(Value, forbid_unknown_fields=True):
    """[smtp]: where mail comes in."""

    listen: str = "127.0.0.1:2525"
    hostname: str = ""  # our name in greeting and trace headers; "" asks the machine
    trusted_networks: tuple[str, ...] = ("127.0.0.0/8",)
    max_message_bytes: int = 50 * 1024 * 1024
    max_recipients: int = 1000
    max_connections: int = 1000
    max_bytes_in_flight: int = 256 * 1024 * 1024  # over all sessions; beyond it new mail gets 452 4.3.1
    command_timeout_s: float = 300.0
    data_timeout_s: float = 600.0  # without progress
    help_url: str = "https://vanthu.example/huong-dan"  # where a refused sender reads more
    help_phone: str = ""  # whom a refused sender may ring


class Relay(Value, forbid_unknown_fields=True):
    """[relay]: the next mail server."""

    next_hop: str = "127.0.0.1:2526"
    connections: int = 8
    connect_timeout_s: float = 30.0
    reply_timeout_s: float = 300.0
    idle_close_s: float = 20.0  # an unused connection is closed before the other side does it


class Worker(Value, forbid_unknown_fields=True):
    """[worker]: the one retry schedule of all couriers."""

    retry_after_s: tuple[int, ...] = (60, 300, 900, 3600, 14400, 43200, 86400, 86400, 86400)
    lease_s: float = 120.0
    hold_alarm_after_h: float = 4.0  # a held mail that nobody looked at raises an alarm


class Store(Value, forbid_unknown_fields=True):
    """[store]: where everything is remembered."""

    url: str = "sqlite:///data/vanthu.sqlite3"
    blobs: str = "data/blobs"
    inline_bytes: int = 16 * 1024  # mails up to this size live in the database row, larger ones in segment files
    keep_passed_days: float = 7.0  # how long the bytes of mails are kept that everybody got and that opened no case


class Directory(Value, forbid_unknown_fields=True):
    """[directory]: organisations, mailboxes, clerks, office systems, retired addresses, as CSV files."""

    path: str = "directory"


class Policy(Value, forbid_unknown_fields=True):
    """[policy]: the rules."""

    path: str = "policy.toml"


class Web(Value, forbid_unknown_fields=True):
    """[web]: the console."""

    listen: str = "127.0.0.1:8025"
    public_url: str = "http://127.0.0.1:8025"  # how people reach it: stands in notices
    secret_file: str = "data/web.secret"  # signs the session cookies; made at the first start  # noqa: S105 - a path
    behind_tls: bool = False  # the proxy in front speaks TLS: cookies only over https


class Inspection(Value, forbid_unknown_fields=True):
    """[inspection]: the guarded child processes that read attachments."""

    processes: int = 2
    time_limit_s: float = 20.0  # for one file
    memory_limit_mb: int = 1024
    max_file_bytes: int = 40 * 1024 * 1024


class Log(Value, forbid_unknown_fields=True):
    """[log]: what goes to standard error."""

    level: str = "INFO"


class Office(Value, forbid_unknown_fields=True):
    """[[office]]: one office system and the courier that reaches it."""

    name: str
    courier: str = "folder"
    folder: str = ""


class Config(Value, forbid_unknown_fields=True):
    """The whole file.  ``base`` is the folder that relative paths start from: the folder of the file."""

    smtp: Smtp = Smtp()
    relay: Relay = Relay()
    worker: Worker = Worker()
    store: Store = Store()
    directory: Directory = Directory()
    policy: Policy = Policy()
    web: Web = Web()
    inspection: Inspection = Inspection()
    log: Log = Log()
    office: tuple[Office, ...] = ()
    node: str = "vanthu"  # name of this gateway among several on one database
    base: str = "."

    def path(self, setting: str) -> Path:
        """A path from the file, made absolute."""
        return (Path(self.base) / setting).resolve()

    def store_url(self) -> str:
        """The database URL, with a relative SQLite file made absolute."""
        prefix = "sqlite:///"
        if self.store.url.startswith(prefix):
            return prefix + str(self.path(self.store.url.removeprefix(prefix)))
        return self.store.url


def load(path: Path) -> Config:
    """Read a configuration file.  Raises ConfigError with file, place and what was expected."""
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    table["base"] = str(path.resolve().parent)
    try:
        config = msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_in_words(error)}") from error
    _check(path, config)
    return config


def host_and_port(setting: str, *, where: str) -> tuple[str, int]:
    """Split "host:port" or "[v6]:port"; ``where`` names the setting in the error."""
    host, colon, port = setting.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f'{where}: expected "host:port", got {setting!r}')
    return host.strip("[]"), int(port)


def _in_words(error: msgspec.ValidationError) -> str:
    """msgspec says "Expected `int`, got `str` - at `$.smtp.max`": put the place first, as a table and key."""
    said, _, where = str(error).partition(" - at `$.")
    return f"{where.rstrip('`')}: {said}" if where else said


def _check(path: Path, config: Config) -> None:
    for where, setting in (
        ("[smtp] listen", config.smtp.listen),
        ("[relay] next_hop", config.relay.next_hop),
        ("[web] listen", config.web.listen),
    ):
        host_and_port(setting, where=f"{path}: {where}")
    for network in config.smtp.trusted_networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ConfigError(f'{path}: [smtp] trusted_networks: expected a network like "192.0.2.0/24": {error}') from error
    if config.smtp.max_bytes_in_flight < config.smtp.max_message_bytes:
        raise ConfigError(
            f"{path}: [smtp] max_bytes_in_flight: expected at least max_message_bytes ({config.smtp.max_message_bytes})"
        )
    names = [office.name for office in config.office]
    for office in config.office:
        if names.count(office.name) > 1:
            raise ConfigError(f"{path}: [[office]] name: {office.name!r} stands there twice")
        if office.courier == "folder" and not office.folder:
            raise ConfigError(f"{path}: [[office]] {office.name}: folder: expected the folder that the office system watches")
        if office.courier != "folder":
            raise ConfigError(f'{path}: [[office]] {office.name}: courier: expected "folder", got {office.courier!r}')
