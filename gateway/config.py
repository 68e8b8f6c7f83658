"""The settings: one frozen class for each table of the TOML file, and load().

Every field stands in config.example.toml with its meaning and default; both are written together.
An error names the file, the table and the key, and says what was expected.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec

from gateway.courier import Outcome
from gateway.errors import ConfigError
from gateway.model import Value
from gateway.settings.addresses import check_networks, host_and_port
from gateway.settings.alarms import Alarms, check_alarms
from gateway.settings.audit import Audit
from gateway.settings.certificate import Certificate, Tls
from gateway.settings.daily_mail import DailyMail, check_daily_mail
from gateway.settings.kinds import Count as _Count
from gateway.settings.kinds import Delay as _Delay
from gateway.settings.kinds import Hours as _Hours
from gateway.settings.kinds import Seconds as _Seconds
from gateway.settings.limits import Limits
from gateway.settings.listeners import FIRST, Listener, check_listeners
from gateway.settings.notices import Notices
from gateway.settings.oidc import Oidc
from gateway.settings.oidc import wrong_with as wrong_with_oidc
from gateway.settings.recipients import Recipients
from gateway.settings.relay import Relay as Relay
from gateway.settings.relay import check_relay
from gateway.settings.rest import Rest, wrong_with
from gateway.settings.sign_in import Auth, SignIn, wrong_with_auth

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_SQLITE = "sqlite:///"
_DATABASES = (_SQLITE, "postgresql://", "postgresql+psycopg://", "postgres://")

# With "+", a mail's id and its signature (47 characters) its local part must not be longer than 64 (RFC 5321, 4.5.3.1.1).
_ReplyAddress = Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9._-]{1,16}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)?$")]


class Smtp(Value, forbid_unknown_fields=True):
    """[smtp]: where mail comes in."""

    listen: str = "127.0.0.1:2525"
    hostname: str = ""  # our name in greeting, trace headers and senders of notices; "" asks the machine
    trusted_networks: tuple[str, ...] = ("127.0.0.0/8",)
    max_message_bytes: _Count = 50 * 1024 * 1024
    max_recipients: _Count = 1000
    max_connections: _Count = 1000
    max_bytes_in_flight: _Count = 256 * 1024 * 1024  # over all sessions; beyond it new mail gets 452 4.3.1
    command_timeout_s: _Seconds = 300.0
    data_timeout_s: _Seconds = 600.0  # without progress
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


class PolicyService(Value, forbid_unknown_fields=True):
    """[policy_service]: where a Postfix asks about retired addresses before it takes a mail."""

    listen: str = ""  # "" answers nobody
    trusted_networks: tuple[str, ...] = ("127.0.0.0/8",)  # who may ask
    filter: str = ""  # transport of that Postfix that leads to the gateway; mail to forwarded addresses goes there


class Worker(Value, forbid_unknown_fields=True):
    """[worker]: the one retry schedule of all couriers."""

    retry_after_s: Annotated[tuple[_Delay, ...], msgspec.Meta(min_length=1)] = (
        60, 300, 900, 3600, 14400, 43200, 86400, 86400, 86400,
    )  # fmt: skip
    retry_jitter: Annotated[float, msgspec.Meta(ge=0, le=0.9)] = 0.2  # each wait is longer or shorter by up to this share
    delay_report_after_h: Annotated[float, msgspec.Meta(ge=0, le=366 * 24)] = 4.0  # then the sender hears of it; 0: never
    lease_s: _Seconds = 120.0
    look_up_after_s: Annotated[tuple[_Delay, ...], msgspec.Meta(min_length=1)] = (30, 120, 600, 1800, 3600)
    uncertain_for_h: _Hours = 24.0  # so long the other side is asked what became of a delivery; then a person decides
    poll_every_s: _Seconds = 30.0  # how often office systems are asked for answers
    hold_alarm_after_h: _Hours = 4.0  # working hours: a held mail that nobody looked at so long raises an alarm


class Store(Value, forbid_unknown_fields=True):
    """[store]: where everything is remembered."""

    url: str = "sqlite:///data/vanthu.sqlite3"
    blobs: str = "data/blobs"
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

    processes: _Count = 2
    time_limit_s: _Seconds = 20.0  # for one file
    memory_limit_mb: _Count = 1024
    max_file_bytes: _Count = 40 * 1024 * 1024
    ocr: bool = True  # read scans and photos
    tessdata: str = ""  # folder of vie.traineddata; "" where Debian keeps it
    trust_anchors: str = ""  # folder of certificates (.pem, .crt, .cer) of authorities; "" trusts none


class Log(Value, forbid_unknown_fields=True):
    """[log]: what goes to standard error."""

    level: str = "INFO"
    format: Literal["text", "logfmt", "json"] = "text"  # of the lines about mails


class Office(Value, forbid_unknown_fields=True):
    """[[office]]: one office system and the courier that reaches it."""

    name: str
    courier: str = "folder"
    folder: str = ""  # folder, bundle
    url: str = ""  # vxp, lgsp, rest
    system_id: str = ""  # vxp, lgsp
    secret: str = ""  # "file:PATH", "env:NAME" or "keyring:SERVICE": key of vxp and lgsp, password of mailbox, {secret} of rest
    timeout_s: _Seconds = 60.0
    connections: _Count = 4
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


class Security(StrEnum):
    """How the link to a mailbox is secured."""

    TLS = "tls"  # from the first byte: port 993
    STARTTLS = "starttls"  # port 143
    NONE = "none"  # in the clear: only on the same machine


class After(StrEnum):
    """What becomes of a message in its mailbox when its bytes are ours."""

    LEAVE = "leave"
    MARK = "mark"  # a keyword, where the server keeps keywords
    MOVE = "move"  # to another folder of the same mailbox


class Forward(StrEnum):
    """How an informal mail reaches the successor of a mailbox."""

    RELAY = "relay"  # by SMTP, through the next mail server
    APPEND = "append"  # by IMAP, into the successor's own mailbox: date, flags and bytes as they were
    LEAVE = "leave"  # it stays where it is


class Imap(Value, forbid_unknown_fields=True):
    """[imap]: how mailboxes are swept."""

    workers: _Count = 8  # mailboxes that are read at the same time; those that wait for mail cost no worker
    poll_s: _Seconds = 60.0  # how often a mailbox is looked into that cannot tell by itself
    idle_renew_s: Annotated[float, msgspec.Meta(gt=0, le=1740)] = 540.0  # RFC 2177: before 29 minutes
    connect_timeout_s: _Seconds = 15.0
    read_timeout_s: _Seconds = 60.0
    message_timeout_s: _Seconds = 600.0  # for one message, or one batch of small ones; then the link is cut from outside
    max_message_bytes: _Count = 50 * 1024 * 1024  # a larger message becomes a held item, not an error
    lease_s: _Seconds = 180.0  # how long a mailbox is ours when our node dies
    tokens: str = "data/tokens"  # folder of the tokens of mailboxes that sign in with one
    reconcile_hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 2  # in Vietnam: when mailboxes are compared with the store
    migrations: str = "data/migrations"  # folder in which `vanthu migrate` remembers what it has read
    silent_after_days: _Count = 1  # working days without a mail, in a mailbox that expects one, until the alarm


class ProviderKind(StrEnum):
    """Who gives out tokens."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    OTHER = "other"  # a server of one's own


class OAuthProvider(Value, forbid_unknown_fields=True):
    """[[provider]]: who gives out the tokens by which one signs in to mailboxes (OAuth 2)."""

    name: str
    kind: ProviderKind
    client_id: str
    client_secret: str = ""  # "file:PATH", "env:NAME" or "keyring:SERVICE"; "" where the application has none
    tenant: str = "organizations"  # Microsoft: the directory (tenant) id, or "organizations"
    token_url: str = ""  # for kind = "other", as the next ones
    authorize_url: str = ""  # "": no sign-in by browser
    device_url: str = ""  # "": no sign-in by a code on another device
    scope: str = ""
    refresh_days: Annotated[int, msgspec.Meta(ge=0)] = 0  # how long an unused token can be renewed; 0: for ever
    ca_file: str = ""  # certificates to trust instead of the system's


class Mailbox(Value, forbid_unknown_fields=True):
    """[[mailbox]]: one mailbox that is swept, or that mails are appended to (sweep = false)."""

    name: str
    host: str
    user: str
    secret: str = ""  # "file:PATH", "env:NAME" or "keyring:SERVICE"
    provider: str = ""  # name of the [[provider]] whose token signs in, instead of a secret
    address: str = ""  # whom its mails are for; "" is the user
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0  # 0 is 993 or, with starttls and none, 143
    security: Security = Security.TLS
    ca_file: str = ""  # certificates to trust instead of the system's
    sweep: bool = True
    folders: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("INBOX",)  # names; "*" is all but sent, drafts, spam …
    start: str = "now"  # "now", "all" or a day: what came before is for `vanthu import`
    idle: bool = True  # let the server tell of new mail, where it can
    after: After = After.LEAVE
    keyword: str = "$Vanthu"  # for after = "mark"
    move_to: str = "Vanthu"  # folder, for after = "move"
    successor: str = ""  # address that informal mail is forwarded to; "" is what the directory says
    forward: Forward = Forward.LEAVE
    append_to: str = ""  # name of the successor's [[mailbox]], for forward = "append"
    expect_daily: bool = False  # an alarm when a working day passes without a mail
    trusted_results: tuple[str, ...] = ()  # servers whose Authentication-Results are believed (RFC 8601)

    @property
    def recipient(self) -> str:
        """Whom its mails are for."""
        return self.address or self.user

    @property
    def at_port(self) -> int:
        """The port, by the kind of link when none is given."""
        return self.port or (993 if self.security is Security.TLS else 143)

    @property
    def starts_on(self) -> date | None:
        """The day in ``start``; None for "now" and "all"."""
        return None if self.start in ("now", "all") else date.fromisoformat(self.start)


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
        raise ConfigError(f"{path}: {_in_words(error, table)}") from error
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


_LISTS = {
    "route": "route",
    "office": "office system",
    "mailbox": "mailbox",
    "provider": "provider of tokens",
    "listener": "way in",
}  # tables that stand there many times, in double brackets
_TYPES = {
    "str": "a text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list in [brackets]",
    "object": "a table",
}


def _in_words(error: msgspec.ValidationError, table: dict[str, Any]) -> str:
    """msgspec says "Expected `str`, got `int` - at `$.smtp.listen`": the place first, as it stands in the file."""
    said, _, place = str(error).partition(" - at `$.")
    words = re.findall(r"\w+", place)
    unknown = re.search(r"unknown field `(.+)`", said)
    if unknown:
        return _unknown(unknown[1], words)
    missing = re.search(r"required field `(\w+)`", said)
    if missing:
        return f"{_place(words)}: {missing[1]}: expected this setting"
    wanted = re.fullmatch(r"Expected `(\w+)`(?: of length)?( [<>]=? [\d.]+)?(?:, got `(\w+)`)?", said)
    if wanted is None:
        return f"{_place(words)}: {said}"
    if words[-1] in _LISTS and wanted[1] == "array":
        return f"[[{'.'.join(words)}]]: expected a table in double brackets for each {_LISTS[words[-1]]}"
    what, bound, got = wanted.groups()
    expected = f"{_TYPES.get(what, what)}{_bound(bound, what)}"
    return f"{_place(words)}: expected {expected}, got {_TYPES.get(got, got) if got else _value(table, words)}"


def _unknown(key: str, words: list[str]) -> str:
    if words:
        return f"{_place(words)} {key}: no such setting; expected one of {', '.join(_table_at(words).__struct_fields__)}"
    expected = tuple(name for name in Config.__struct_fields__ if name != "base")
    return f"[{key}]: no such table; expected one of {', '.join(expected)}"


def _place(words: list[str]) -> str:
    """["smtp", "listen"] -> "[smtp] listen"; ["office", "1", "rest", "send"] -> "[office.rest] send"."""
    names = [word for word in words if not word.isdigit()]
    if names[0] not in Config.__struct_fields__ or (len(names) == 1 and _table_of(Config, names[0]) is None):
        return names[0]
    depth = 1
    while depth < len(names) and _table_of(_table_at(names[:depth]), names[depth]) is not None:
        depth += 1
    table = f"[{'.'.join(names[:depth])}]"
    return " ".join([f"[{table}]" if names[depth - 1] in _LISTS else table, *names[depth:]])


def _table_at(words: Iterable[str]) -> type[Value]:
    """The class of the table at a place: the innermost one that the words lead to."""
    table: type[Value] = Config
    for word in words:
        table = _table_of(table, word) or table
    return table


def _table_of(table: type[Value], name: str) -> type[Value] | None:
    """The class of a table in a table, also where it may stand there many times; None for a plain setting."""
    kind = next((field.type for field in msgspec.structs.fields(table) if field.name == name), None)
    inner = (kind, *get_args(kind))
    return next((each for each in inner if isinstance(each, type) and issubclass(each, Value)), None)


def _bound(bound: str | None, what: str) -> str:
    """What follows the kind of a value: " >= 1" in words."""
    if not bound:
        return ""
    sign, number = bound.split()
    number = number.removesuffix(".0")
    if what == "array":
        return f" with at least {number} in it"
    return {">=": f", at least {number}", ">": f" above {number}", "<=": f", at most {number}"}.get(sign, bound)


def _value(table: dict[str, Any], words: Iterable[str]) -> object:
    """What stands in the file at a place."""
    found: Any = table
    for word in words:
        found = found[int(word)] if isinstance(found, list) else found[word]
    return found


def _check(path: Path, config: Config) -> None:
    if not config.smtp.listeners:
        raise ConfigError(f'{path}: [smtp] listen: expected "host:port", or a [[smtp.listener]] that listens')
    for where, setting in (
        ("[smtp] listen", config.smtp.listen or "127.0.0.1:0"),
        ("[web] listen", config.web.listen),
    ):
        host_and_port(setting, where=f"{path}: {where}")
    try:
        check_relay(config.relay)
        check_daily_mail(config.daily_mail)
        check_alarms(config.alarms)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    if config.policy_service.listen:
        host_and_port(config.policy_service.listen, where=f"{path}: [policy_service] listen")
    for server in config.smtp.name_servers:
        _check_name_server(path, server)
    check_networks(config.smtp.trusted_networks, where=f"{path}: [smtp] trusted_networks")
    check_networks(config.policy_service.trusted_networks, where=f"{path}: [policy_service] trusted_networks")
    check_listeners(config.smtp.listener, file=str(path), first=config.smtp.listen)
    _check_protection(path, config.smtp)
    if config.log.level.upper() not in LEVELS:
        raise ConfigError(f"{path}: [log] level: expected one of {', '.join(LEVELS)}, got {config.log.level!r}")
    if problem := wrong_with_oidc(config.web.oidc):
        raise ConfigError(f"{path}: {problem}")
    file = config.store.url.removeprefix(_SQLITE)
    if not config.store.url.startswith(_DATABASES) or file in ("", ":memory:"):
        shown = re.sub(r":[^:/@]*@", ":…@", config.store.url)  # errors are logged: no passwords
        raise ConfigError(f'{path}: [store] url: expected "sqlite:///FILE" or "postgresql+psycopg://…", got {shown!r}')
    if config.smtp.max_bytes_in_flight < config.smtp.max_message_bytes:
        raise ConfigError(
            f"{path}: [smtp] max_bytes_in_flight: expected at least max_message_bytes ({config.smtp.max_message_bytes})"
        )
    _check_offices(path, config)
    _check_mailboxes(path, config)


def _check_protection(path: Path, smtp: Smtp) -> None:
    """What TLS and signing in need at the listeners that have them."""
    for listener in smtp.listeners:
        if listener.tls is not Tls.OFF and not smtp.certificate.file:
            raise ConfigError(
                f'{path}: [smtp.certificate] file: expected the certificate for {listener.where} tls = "{listener.tls}"'
            )
        if listener.auth is not SignIn.OFF and listener.tls is Tls.OFF and not smtp.auth.in_the_clear:
            raise ConfigError(
                f'{path}: {listener.where} tls: expected "require" or "implicit", because passwords never go in the clear'
            )
    if any(listener.auth is not SignIn.OFF for listener in smtp.listeners):
        if wrong := wrong_with_auth(smtp.auth):
            raise ConfigError(f"{path}: [smtp.auth] {wrong}")
        if smtp.auth.server:
            host_and_port(smtp.auth.server, where=f"{path}: [smtp.auth] server")


def _check_name_server(path: Path, server: str) -> None:
    address, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
    try:
        ipaddress.ip_address(address)
        right = port.isdigit() and 0 < int(port) < 65536
    except ValueError:
        right = False
    if not right:
        raise ConfigError(
            f'{path}: [smtp] name_servers: expected an address like "192.0.2.53" or "192.0.2.53:53", got {server!r}'
        )


# What each courier must be told.
ACKNOWLEDGING = ("folder", "vxp", "lgsp")  # these couriers bring back statuses

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


def _check_offices(path: Path, config: Config) -> None:
    names = [office.name for office in config.office]
    for office in config.office:
        where = f"{path}: [[office]] {office.name}"
        if names.count(office.name) > 1:
            raise ConfigError(f"{path}: [[office]] name: {office.name!r} stands there twice")
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


def _check_mailboxes(path: Path, config: Config) -> None:
    providers = [provider.name for provider in config.provider]
    for name in providers:
        if providers.count(name) > 1:
            raise ConfigError(f"{path}: [[provider]] {name}: name: stands there twice")
    names = [mailbox.name for mailbox in config.mailbox]
    for mailbox in config.mailbox:
        wrong = "stands there twice" if names.count(mailbox.name) > 1 else _wrong_with(mailbox, config)
        if wrong:
            raise ConfigError(f"{path}: [[mailbox]] {mailbox.name}: {wrong}")


def _wrong_with(mailbox: Mailbox, config: Config) -> str:
    """What keeps a mailbox from being swept or appended to; "" for nothing."""
    if not re.fullmatch(r"[A-Za-z0-9._@-]+", mailbox.name):
        return "name: expected letters, digits and . _ - @"
    if "@" not in mailbox.recipient:
        return f"address: expected the address that its mails are for; the user {mailbox.user!r} is none"
    try:
        _ = mailbox.starts_on
    except ValueError:
        return f'start: expected "now", "all" or a day like "2026-01-31", got {mailbox.start!r}'
    if mailbox.provider and mailbox.provider not in {provider.name for provider in config.provider}:
        return f"provider: expected the name of a [[provider]], got {mailbox.provider!r}"
    if mailbox.forward is Forward.APPEND and mailbox.append_to not in {m.name for m in config.mailbox} - {mailbox.name}:
        return f"append_to: expected the name of another [[mailbox]], got {mailbox.append_to!r}"
    if mailbox.after is After.MOVE and mailbox.move_to in mailbox.folders:
        return "move_to: expected a folder that is not swept itself"
    return ""
