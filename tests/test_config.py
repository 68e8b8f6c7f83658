"""The settings: the example says all of them, with their defaults; mistakes are named with file, table and key."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.config import Config, Mailbox, Office, Relay, Smtp, load
from gateway.errors import ConfigError
from gateway.model import Value
from gateway.settings.addresses import host_and_port
from gateway.settings.listeners import Listener
from gateway.settings.relay import Route
from gateway.settings.rest import Rest

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
TABLES = {name: getattr(Config(), name) for name in Config.__struct_fields__ if isinstance(getattr(Config(), name), Value)}


def example() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))


def written(folder: Path, text: str) -> Path:
    file = folder / "vanthu.toml"
    file.write_text(text, encoding="utf-8")
    return file


def without_examples(table: Any) -> Any:
    """[[smtp.listener]] and [[relay.route]] are examples."""
    if isinstance(table, Relay):
        return msgspec.structs.replace(table, route=())
    return msgspec.structs.replace(table, listener=()) if isinstance(table, Smtp) else table


def test_the_example_loads_as_it_stands() -> None:
    config = load(EXAMPLE)

    assert config.base == str(EXAMPLE.parent)
    plain = msgspec.structs.replace(config, base=".", office=(), mailbox=(), provider=())
    assert msgspec.structs.replace(plain, smtp=without_examples(plain.smtp), relay=without_examples(plain.relay)) == Config()


def test_every_setting_stands_in_the_example_and_nothing_else() -> None:
    found = example()

    assert set(found) == set(Config.__struct_fields__) - {"base"}
    for name, table in TABLES.items():
        assert list(found[name]) == list(table.__struct_fields__), f"[{name}]"
        for inner in [key for key in found[name] if isinstance(getattr(table, key), Value)]:
            assert list(found[name][inner]) == list(getattr(table, inner).__struct_fields__), f"[{name}.{inner}]"
    assert list(found["office"][0]) == list(Office.__struct_fields__)
    assert list(found["office"][0]["rest"]) == list(Rest.__struct_fields__)
    assert list(found["relay"]["route"][0]) == list(Route.__struct_fields__)
    assert list(found["mailbox"][0]) == list(Mailbox.__struct_fields__)
    assert list(found["smtp"]["listener"][0]) == list(Listener.__struct_fields__)


def test_the_example_shows_the_defaults_of_a_mailbox() -> None:
    shown = msgspec.convert(example()["mailbox"][0], Mailbox)
    plain = Mailbox(name=shown.name, host=shown.host, user=shown.user, secret=shown.secret, sweep=False)
    assert shown == plain


@pytest.mark.parametrize("name", TABLES)
def test_the_example_shows_the_defaults(name: str) -> None:
    table = TABLES[name]
    assert without_examples(msgspec.convert(example()[name], type(table))) == table


def test_the_example_shows_the_defaults_of_a_listener() -> None:
    shown = msgspec.convert(example()["smtp"]["listener"][0], Listener)
    assert shown == Listener(name=shown.name)


def test_every_setting_of_the_example_stands_below_its_explanation() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    bare = [now for above, now in pairwise(lines) if " = " in now and not above.startswith("#") and not now.startswith("#")]
    assert bare == []


def test_paths_start_from_the_folder_of_the_file(tmp_path: Path) -> None:
    config = load(written(tmp_path, '[store]\nblobs = "data/b"\n'))

    assert config.path(config.store.blobs) == tmp_path / "data" / "b"
    assert config.store_url() == f"sqlite:///{tmp_path}/data/vanthu.sqlite3"


def test_other_database_urls_are_left_alone(tmp_path: Path) -> None:
    url = "postgresql+psycopg://vanthu@/vanthu"
    assert load(written(tmp_path, f'[store]\nurl = "{url}"\n')).store_url() == url


_AUTH = """\
[[smtp.listener]]
name = "s"
listen = "127.0.0.1:1"
tls = "require"
auth = "require"
[smtp.certificate]
file = "c.pem"
[smtp.auth]
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[smtp]\nlisten = 25\n", "[smtp] listen: expected a text in quotes, got a whole number"),
        ('[smtp]\nlisten = "localhost"\n', "[smtp] listen: expected \"host:port\", got 'localhost'"),
        ('[relay]\nnext_hop = "mail:99999"\n', '[relay] next_hop: expected "host:port"'),
        ('[smtp]\nlistn = "x:1"\n', "[smtp] listn: no such setting; expected one of listen, hostname, trusted_networks, "),
        ('[smpt]\nlisten = "x:1"\n', "[smpt]: no such table; expected one of smtp, policy_service, relay, "),
        ('[[office]]\nname = "o"\npath = "f"\n', "[[office]] path: no such setting; expected one of name, courier, folder"),
        ('[[office]]\nfolder = "f"\n', "[[office]]: name: expected this setting"),
        ('[office]\nname = "o"\n', "[[office]]: expected a table in double brackets for each office system"),
        ("node = 5\n", "node: expected a text in quotes, got a whole number"),
        ("smtp = 5\n", "[smtp]: expected a table, got a whole number"),
        ('[smtp]\ntrusted_networks = ["10.0.0.1/8"]\n', '[smtp] trusted_networks: expected a network like "192.0.2.0/24"'),
        ('[[office]]\nname = "o"\n', "[[office]] o: folder: expected the folder"),
        ('[[office]]\nname = "o"\ncourier = "pigeon"\nfolder = "f"\n', '[[office]] o: courier: expected one of "folder", '),
        ('[[office]]\nname = "o"\ncourier = "vxp"\n', "[[office]] o: url: expected an address"),
        ('[[office]]\nname = "o"\ncourier = "vxp"\nurl = "x"\nsystem_id = "s"\n', "[[office]] o: url: expected an address"),
        ('[[office]]\nname = "o"\ncourier = "lgsp"\nurl = "https://x"\nsystem_id = "s"\n', "secret: expected where the key is"),
        ('[[office]]\nname = "o"\ncourier = "mailbox"\naddress = "a@x.example"\n', "o: sender: expected the address"),
        ('[[office]]\nname = "o"\ncourier = "rest"\nurl = "https://x"\n', "[office.rest] send: expected the path"),
        ('[[office]]\nname = "o"\n[office.rest]\nsnd = "/"\n', "[office.rest] snd: no such setting; expected one of send, "),
        ("[smtp.limits]\nerrors = -1\n", "[smtp.limits] errors: expected a whole number, at least 0, got -1"),
        ('[smtp]\ntls = "maybe"\n', "[smtp] tls: "),
        ('[smtp]\ntls = "offer"\n', '[smtp.certificate] file: expected the certificate for [smtp] tls = "offer"'),
        ('[[smtp.listener]]\nname = "s"\nlisten = "x:1"\nauth = "offer"\n', '[[smtp.listener]] s tls: expected "require" or'),
        (_AUTH + 'check = "smtp"\n', '[smtp.auth] server: expected "host:port" of the mail server that knows'),
        (_AUTH + 'check = "smtp"\nserver = "x"\n', '[smtp.auth] server: expected "host:port"'),
        (_AUTH + 'check = "smtp"\nserver = "x:1"\ntls = "off"\n', '[smtp.auth] tls: expected "verified" or "required", '),
        (_AUTH + 'check = "imap"\nserver = "x:1"\nname = "y"\n', '[smtp.auth] tls: expected "verified", or "off" on this'),
        (_AUTH + 'mechanisms = ["XOAUTH2"]\n', '[smtp.auth] mechanisms: expected "PLAIN" and "LOGIN" alone'),
        (_AUTH + "mechanisms = []\n", "[smtp.auth] mechanisms: expected at least one"),
        (_AUTH + 'domain = "@x.vn"\n', "[smtp.auth] domain: expected a domain"),
        ("[smtp]\nlimits = 5\n", "[smtp.limits]: expected a table, got a whole number"),
        ('[[office]]\nname = "o"\nfolder = "f"\ncodes = {"1" = "no"}\n', "[[office]] codes"),
        ('[[office]]\nname = "o"\nfolder = "f"\n' * 2, "[[office]] name: 'o' stands there twice"),
        ("[smtp\n", "not valid TOML"),
        ('[log]\nlevel = "LOUD"\n', "[log] level: expected one of DEBUG, INFO, WARNING, ERROR, got 'LOUD'"),
        ('[store]\nurl = "rubbish"\n', '[store] url: expected "sqlite:///FILE" or "postgresql+psycopg://…", got \'rubbish\''),
        ('[store]\nurl = "sqlite:///"\n', '[store] url: expected "sqlite:///FILE"'),
        ('[store]\nurl = "mysql://vanthu:secret@db/x"\n', "got 'mysql://vanthu:…@db/x'"),
        ('[[smtp.listener]]\nlisten = ":1"\n', "[[smtp.listener]]: name: expected this setting"),
        ('[[smtp.listener]]\nname = "a"\nlistn = ""\n', "[[smtp.listener]] listn: no such setting; expected one of name, "),
        ('[[smtp.listener]]\nname = "a"\nlisten = "x"\n', "[[smtp.listener]] a: listen: expected \"host:port\", got 'x'"),
        ('[[smtp.listener]]\nname = "A 1"\n', "[[smtp.listener]] A 1: name: expected a letter, then small letters"),
        ('[[smtp.listener]]\nname = "smtp"\n', "[[smtp.listener]] smtp: name: stands there twice"),
        ('[[smtp.listener]]\nname = "a"\nkind = "mx"\n', "[[smtp.listener]] kind: Invalid enum value 'mx'"),
        ('[[smtp.listener]]\nname = "a"\ntrusted_networks = ["x"]\n', "[[smtp.listener]] a: trusted_networks: expected a "),
        ('[smtp.listener]\nname = "a"\n', "[[smtp.listener]]: expected a table in double brackets for each way in"),
        ('[[smtp.listener]]\nname = "a"\nlisten = "127.0.0.1:2525"\n', "[[smtp.listener]] a: listen: another listener has"),
        ('[[smtp.listener]]\nname = "a"\nspeed_adjust = true\n', "a: speed_adjust: expected only with kind"),
        ('[smtp]\nlisten = ""\n', '[smtp] listen: expected "host:port", or a [[smtp.listener]] that listens'),
        ("[smtp]\nmax_bytes_in_flight = 1000\n", "[smtp] max_bytes_in_flight: expected at least max_message_bytes"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_table_and_key(tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path, text)

    with pytest.raises(ConfigError) as error:
        load(file)
    assert str(error.value).startswith(f"{file}: ")
    assert said in str(error.value)


ROUTE = '[[relay.route]]\ndomains = ["x.vn"]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[relay.route]]\nmx = true\n", "[[relay.route]]: domains: expected this setting"),
        (ROUTE, '[[relay.route]] x.vn: expected one of hosts = ["host:port"], lmtp = '),
        (ROUTE + 'mx = true\nhosts = ["h:25"]\n', "and mx = true, got hosts and mx"),
        (ROUTE + 'hosts = ["h"]\n', "[[relay.route]] x.vn: hosts: expected \"host:port\", got 'h'"),
        (ROUTE + 'lmtp = ["unix:lmtp"]\n', "[[relay.route]] x.vn: lmtp: expected"),
        (ROUTE + 'host = ["h:25"]\n', "[[relay.route]] host: no such setting; expected one of domains, hosts, "),
        (ROUTE + "mx = true\n" + ROUTE + "mx = true\n", "[[relay.route]] x.vn: domains: 'x.vn' stands in two routes"),
        ('[[relay.route]]\ndomains = ["a@x.vn"]\nmx = true\n', 'expected "example.vn", "*.example.vn" or "*", got \'a@x.vn\''),
        ("[relay]\nroute = 5\n", "[[relay.route]]: expected a table in double brackets for each route"),
    ],
)
def test_a_mistake_in_a_route_is_named_with_its_domains(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(written(tmp_path, text))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("[smtp] max_connections = 0", "a whole number, at least 1, got 0"),
        ("[smtp] max_recipients = 1.5", "a whole number, got a number"),
        ("[smtp] command_timeout_s = nan", "a number above 0, got nan"),
        ("[smtp] data_timeout_s = inf", "a number, at most 31622400, got inf"),
        ("[relay] connections = 0", "a whole number, at least 1, got 0"),
        ("[relay] connections = -3", "a whole number, at least 1, got -3"),
        ("[relay] reply_timeout_s = 0", "a number above 0, got 0"),
        ("[worker] lease_s = -1", "a number above 0, got -1"),
        ("[worker] hold_alarm_after_h = 0", "a number above 0, got 0"),
        ("[worker] retry_after_s = []", "a list in [brackets] with at least 1 in it, got []"),
        ("[worker] retry_after_s = [60, 0]", "a whole number, at least 1, got 0"),
        ("[store] inline_bytes = -1", "a whole number, at least 0, got -1"),
        ("[store] keep_passed_days = -0.5", "a number, at least 0, got -0.5"),
        ("[inspection] processes = 0", "a whole number, at least 1, got 0"),
        ("[inspection] time_limit_s = 0.0", "a number above 0, got 0.0"),
    ],
)
def test_a_number_that_cannot_work_does_not_load(tmp_path: Path, setting: str, said: str) -> None:
    table, _, line = setting.partition(" ")

    with pytest.raises(ConfigError) as error:
        load(written(tmp_path, f"{table}\n{line}\n"))
    assert str(error.value).endswith(f": {table} {line.partition(' =')[0]}: expected {said}")


@pytest.mark.parametrize(
    "url", ["postgresql://vanthu@/vanthu", "postgresql+psycopg://vanthu@/vanthu", "sqlite:////srv/v.sqlite3"]
)
def test_every_database_that_the_store_knows_loads(tmp_path: Path, url: str) -> None:
    assert load(written(tmp_path, f'[store]\nurl = "{url}"\n[log]\nlevel = "warning"\n')).store_url() == url


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ("127.0.0.1:25", ("127.0.0.1", 25)),
        ("[::1]:25", ("::1", 25)),
        (":0", ("", 0)),
        ("mail.example:587", ("mail.example", 587)),
    ],
)
def test_a_host_and_a_port_are_taken_apart(setting: str, found: tuple[str, int]) -> None:
    assert host_and_port(setting, where="x") == found


_MAILBOX = '[[mailbox]]\nname = "m"\nhost = "imap.example"\nuser = "a@moet.example"\n'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('user = "a"', "address"),
        ('start = "hôm qua"', "start: expected"),
        ('forward = "append"', "append_to: expected the name of another"),
        ('after = "move"\nmove_to = "INBOX"', "move_to"),
        ('security = "ssl"', "security"),
        ('name = "a b"', "name: expected letters"),
    ],
)
def test_a_mailbox_that_cannot_work_does_not_load(tmp_path: Path, line: str, expected: str) -> None:
    key = line.partition(" =")[0]
    kept = "".join(f"{each}\n" for each in _MAILBOX.splitlines() if not each.startswith(f"{key} ="))
    with pytest.raises(ConfigError, match=rf"\[\[mailbox\]\].*{expected}"):
        load(written(tmp_path, f"{kept}{line}\n"))


def test_two_mailboxes_of_one_name_do_not_load(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="twice"):
        load(written(tmp_path, _MAILBOX + _MAILBOX))
