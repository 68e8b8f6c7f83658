"""The settings: one frozen class for each table of the TOML file, and load().

Every field stands in config.example.toml with its meaning and default; both are written together.
An error names the file, the table and the key, and says what was expected.
"""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from gateway.errors import ConfigError
from gateway.model import Value
from gateway.settings.addresses import check_networks, host_and_port
from gateway.settings.alarms import Alarms, check_alarms
from gateway.settings.audit import Audit
from gateway.settings.daily_mail import DailyMail, check_daily_mail
from gateway.settings.kinds import Count, Delay, Hours, Seconds
from gateway.settings.mailboxes import After as After
from gateway.settings.mailboxes import Forward as Forward
from gateway.settings.mailboxes import Imap as Imap
from gateway.settings.mailboxes import Mailbox as Mailbox
from gateway.settings.mailboxes import OAuthProvider as OAuthProvider
from gateway.settings.mailboxes import ProviderKind as ProviderKind
from gateway.settings.mailboxes import Security as Security
from gateway.settings.mailboxes import check_mailboxes
from gateway.settings.mistakes import in_words
from gateway.settings.notices import Notices
from gateway.settings.offices import COURIERS as COURIERS
from gateway.settings.offices import Office as Office
from gateway.settings.offices import check_offices
from gateway.settings.oidc import Oidc
from gateway.settings.oidc import wrong_with as wrong_with_oidc
from gateway.settings.relay import Relay as Relay
from gateway.settings.relay import check_relay
from gateway.settings.smtp import Smtp as Smtp
from gateway.settings.smtp import check_smtp

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_SQLITE = "sqlite:///"
_DATABASES = (_SQLITE, "postgresql://", "postgresql+psycopg://", "postgres://")


class PolicyService(Value, forbid_unknown_fields=True):
    """[policy_service]: where a Postfix asks about retired addresses before it takes a mail."""

    listen: str = ""  # "" answers nobody
    trusted_networks: tuple[str, ...] = ("127.0.0.0/8",)  # who may ask
    filter: str = ""  # transport of that Postfix that leads to the gateway; mail to forwarded addresses goes there


class Worker(Value, forbid_unknown_fields=True):
    """[worker]: the one retry schedule of all couriers."""

    retry_after_s: Annotated[tuple[Delay, ...], msgspec.Meta(min_length=1)] = (
        60, 300, 900, 1800, 3600, 3600, 7200, *(10800,) * 32,
    )  # fmt: skip
    retry_jitter: Annotated[float, msgspec.Meta(ge=0, le=0.9)] = 0.2  # each wait is longer or shorter by up to this share
    delay_report_after_h: Annotated[float, msgspec.Meta(ge=0, le=366 * 24)] = 4.0  # then the sender hears of it; 0: never
    lease_s: Seconds = 120.0
    look_up_after_s: Annotated[tuple[Delay, ...], msgspec.Meta(min_length=1)] = (30, 120, 600, 1800, 3600)
    uncertain_for_h: Hours = 24.0  # so long the other side is asked what became of a delivery; then a person decides
    poll_every_s: Seconds = 30.0  # how often office systems are asked for answers
    hold_alarm_after_h: Hours = 4.0  # working hours: a held mail that nobody looked at so long raises an alarm


class Store(Value, forbid_unknown_fields=True):
    """[store]: where everything is remembered."""

    url: str = "sqlite:///data/vanthu.sqlite3"
    blobs: str = "data/blobs"
    journal: str = "data/journal"  # on a disk of this machine: what is promised is there until the database has it
    inline_bytes: Annotated[int, msgspec.Meta(ge=0)] = (
        16 * 1024
    )  # mails up to this size live in the database row, larger ones in segment files
    keep_passed_days: Annotated[float, msgspec.Meta(ge=0, le=36500)] = (
        7.0  # how long the bytes of mails are kept that everybody got and that opened no case
    )
    keep_captured_days: Annotated[float, msgspec.Meta(ge=0, le=36500)] = (
        0.0  # how long those of captured mails are kept after their case is over; 0 is for ever
    )

    @property
    def keep_captured(self) -> timedelta | None:
        """The same as a length of time; None is for ever."""
        return timedelta(days=self.keep_captured_days) if self.keep_captured_days else None


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
    hold_back_s: Annotated[float, msgspec.Meta(ge=0, le=600)] = 30.0  # what a clerk decides waits so long: she may undo it
    idle_minutes: Annotated[float, msgspec.Meta(ge=1, le=600)] = 120.0  # whoever was not seen so long signs in again
    oidc: Oidc = Oidc()


class Inspection(Value, forbid_unknown_fields=True):
    """[inspection]: the guarded child processes that read attachments."""

    processes: Count = 2
    time_limit_s: Seconds = 20.0  # for one file
    memory_limit_mb: Count = 1024
    max_file_bytes: Count = 40 * 1024 * 1024
    remember_mb: Annotated[int, msgspec.Meta(ge=0, le=4096)] = (
        32  # of readings, so that a file that comes again is not read again
    )
    ocr: bool = True  # read scans and photos
    tessdata: str = ""  # folder of vie.traineddata; "" where Debian keeps it
    trust_anchors: str = ""  # folder of certificates (.pem, .crt, .cer) of authorities; "" trusts none


class Log(Value, forbid_unknown_fields=True):
    """[log]: what goes to standard error."""

    level: str = "INFO"
    format: Literal["text", "logfmt", "json"] = "text"  # of the lines about mails


class Config(Value, forbid_unknown_fields=True):
    """The whole file.  ``base`` is the folder that relative paths start from: the folder of the file."""

    smtp: Smtp = Smtp()
    policy_service: PolicyService = PolicyService()
    relay: Relay = Relay()
    notices: Notices = Notices()
    worker: Worker = Worker()
    store: Store = Store()
    directory: Directory = Directory()
    policy: Policy = Policy()
    web: Web = Web()
    audit: Audit = Audit()
    daily_mail: DailyMail = DailyMail()
    alarms: Alarms = Alarms()
    inspection: Inspection = Inspection()
    log: Log = Log()
    imap: Imap = Imap()
    office: tuple[Office, ...] = ()
    mailbox: tuple[Mailbox, ...] = ()
    provider: tuple[OAuthProvider, ...] = ()
    node: str = "vanthu"  # name of this gateway among several on one database
    base: str = "."

    def path(self, setting: str) -> Path:
        """A path from the file, made absolute."""
        return (Path(self.base) / setting).resolve()

    def store_url(self) -> str:
        """The database URL, with a relative SQLite file made absolute."""
        if self.store.url.startswith(_SQLITE):
            return _SQLITE + str(self.path(self.store.url.removeprefix(_SQLITE)))
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
        raise ConfigError(f"{path}: {in_words(error, table, Config)}") from error
    config = msgspec.structs.replace(config, inspection=_with_folders(config))
    _check(path, config)
    return config


def _with_folders(config: Config) -> Inspection:
    """The folders of [inspection] made absolute: the guarded processes do not know where the file lies."""
    settings = config.inspection
    return msgspec.structs.replace(
        settings,
        tessdata=settings.tessdata and str(config.path(settings.tessdata)),
        trust_anchors=settings.trust_anchors and str(config.path(settings.trust_anchors)),
    )


def _check(path: Path, config: Config) -> None:
    """What no single field can say."""
    check_smtp(config.smtp, file=str(path))
    host_and_port(config.web.listen, where=f"{path}: [web] listen")
    try:
        check_relay(config.relay)
        check_daily_mail(config.daily_mail)
        check_alarms(config.alarms)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    if config.policy_service.listen:
        host_and_port(config.policy_service.listen, where=f"{path}: [policy_service] listen")
    check_networks(config.policy_service.trusted_networks, where=f"{path}: [policy_service] trusted_networks")
    if config.log.level.upper() not in LEVELS:
        raise ConfigError(f"{path}: [log] level: expected one of {', '.join(LEVELS)}, got {config.log.level!r}")
    if problem := wrong_with_oidc(config.web.oidc):
        raise ConfigError(f"{path}: {problem}")
    _check_database(path, config.store)
    check_offices(config.office, file=str(path))
    check_mailboxes(config.mailbox, config.provider, file=str(path))


def _check_database(path: Path, store: Store) -> None:
    file = store.url.removeprefix(_SQLITE)
    if not store.url.startswith(_DATABASES) or file in ("", ":memory:"):
        shown = re.sub(r":[^:/@]*@", ":…@", store.url)  # errors are logged: no passwords
        raise ConfigError(f'{path}: [store] url: expected "sqlite:///FILE" or "postgresql+psycopg://…", got {shown!r}')
