"""Tokens: how they are kept, renewed and shown to a mail server; and that nobody ever sees one."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from gateway.config import OAuthProvider, ProviderKind, Security
from gateway.errors import ConfigError, MailboxUnreachable, SignInRefused
from gateway.imap.oauth import flows
from gateway.imap.oauth.age import Condition, age_of
from gateway.imap.oauth.bearer import Bearer, first_answer
from gateway.imap.oauth.client import Client
from gateway.imap.oauth.provider import Endpoints, endpoints_of
from gateway.imap.oauth.token import Token, TokenFile, token_of
from gateway.imap.session import Session
from gateway.imap.values import Server
from tests.world.dovecot import Dovecot
from tests.world.provider import SECRET, Provider

NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
USER = "leloi@moet.example"


@pytest.fixture
def provider(caplog: pytest.LogCaptureFixture) -> Iterator[Provider]:
    """Whatever a test does with it, at any level of any logger: no secret is in the log."""
    caplog.set_level(logging.DEBUG)
    running = Provider(USER)
    yield running
    running.stop()
    assert [secret for secret in running.given if secret in caplog.text] == []


def endpoints(provider: Provider, **more: object) -> Endpoints:
    url = provider.url
    return Endpoints(token=f"{url}/token", authorize=f"{url}/authorize", device=f"{url}/device", scope="imap", **more)  # type: ignore[arg-type]


def client(provider: Provider) -> Client:
    return Client(endpoints(provider), client_id="vanthu", secret=lambda: SECRET)


def bearer(provider: Provider, tmp_path: Path, *, at: datetime = NOW) -> Bearer:
    file = TokenFile(tmp_path / "tokens" / "leloi.json")
    return Bearer(USER, file, client(provider), sign_in="vanthu mailbox sign-in leloi", clock=lambda: at)


def kept(tmp_path: Path) -> Token:
    token = TokenFile(tmp_path / "tokens" / "leloi.json").read()
    assert token is not None
    return token


def signed_in(provider: Provider, tmp_path: Path) -> Bearer:
    TokenFile(tmp_path / "tokens" / "leloi.json").write(token_of(provider.give(), now=NOW))
    return bearer(provider, tmp_path)


# --- Kept -------------------------------------------------------------------------------------------------------------


def test_a_token_is_kept_where_only_we_can_read_it_and_never_shows_itself(tmp_path: Path, provider: Provider) -> None:
    signed_in(provider, tmp_path)
    file = tmp_path / "tokens" / "leloi.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    token = kept(tmp_path)
    assert token.access in file.read_text()
    assert not {secret for secret in provider.given if secret in f"{token!r} {token} {bearer(provider, tmp_path)!r}"}


def test_a_damaged_file_asks_for_a_new_sign_in_and_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"access": "access-123", "expires_at": "when')
    with pytest.raises(SignInRefused, match="damaged: sign in again") as error:
        TokenFile(tmp_path / "x.json").read()
    assert "access-123" not in str(error.value)


def test_when_the_new_token_cannot_be_written_the_old_one_stays(tmp_path: Path, provider: Provider) -> None:
    signed_in(provider, tmp_path)
    before = kept(tmp_path)
    blocked = TokenFile(tmp_path / "tokens" / "leloi.json" / "below")
    with pytest.raises(MailboxUnreachable, match="cannot be"):
        blocked.write(before)
    assert kept(tmp_path) == before
    assert sorted(os.listdir(tmp_path / "tokens")) == ["leloi.json"]


def test_a_provider_without_offline_access_is_told_at_once() -> None:
    with pytest.raises(SignInRefused, match="allow offline access"):
        token_of({"access_token": "a", "expires_in": 3600}, now=NOW)


# --- Renewed ----------------------------------------------------------------------------------------------------------


def test_a_fresh_token_is_used_as_it_is(tmp_path: Path, provider: Provider) -> None:
    assert signed_in(provider, tmp_path).token() == kept(tmp_path)
    assert provider.renewed == 0


def test_an_old_token_is_renewed_and_the_rotated_one_is_kept(tmp_path: Path, provider: Provider) -> None:
    signed_in(provider, tmp_path)
    first = kept(tmp_path)
    for day in (1, 40, 80, 120):
        later = bearer(provider, tmp_path, at=NOW + timedelta(days=day))
        token = later.token()
        assert token == kept(tmp_path) == later.token()
        assert token.refresh != first.refresh
    assert provider.renewed == 4
    assert (kept(tmp_path).signed_in_at, kept(tmp_path).refreshed_at) == (NOW, NOW + timedelta(days=120))


def test_a_provider_that_gives_no_new_refresh_token_means_the_old_one() -> None:
    before = token_of({"access_token": "a", "refresh_token": "r", "expires_in": 60}, now=NOW)
    assert token_of({"access_token": "b"}, now=NOW, before=before).refresh == "r"


def test_threads_and_processes_that_renew_at_once_ask_the_provider_once(tmp_path: Path, provider: Provider) -> None:
    provider.lifetime = 1
    signed_in(provider, tmp_path)
    provider.lifetime = 3600
    program = (
        "import sys; from pathlib import Path; from tests.imap.test_tokens import *\n"
        "client = Client(Endpoints(token=sys.argv[1] + '/token'), client_id='vanthu', secret=lambda: SECRET)\n"
        "file = TokenFile(Path(sys.argv[2]) / 'tokens' / 'leloi.json')\n"
        "print(Bearer(USER, file, client, sign_in='', clock=lambda: NOW).token().access)"
    )
    command = [sys.executable, "-c", program, provider.url, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(bearer(provider, tmp_path).token().access)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found += [process.communicate()[0].strip() for process in processes]
    assert (provider.renewed, set(found)) == (1, {kept(tmp_path).access})


def test_who_dies_while_he_renews_leaves_no_lock_behind(tmp_path: Path, provider: Provider) -> None:
    signed_in(provider, tmp_path)
    program = (
        "import sys, os; from pathlib import Path; from gateway.imap.oauth.token import TokenFile\n"
        "with TokenFile(Path(sys.argv[1])).alone(): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "tokens" / "leloi.json")], check=False)
    assert bearer(provider, tmp_path, at=NOW + timedelta(days=1)).token() == kept(tmp_path)


@pytest.mark.parametrize(
    ("trouble", "error", "said"),
    [
        ("down", MailboxUnreachable, "does not answer: HTTPError (503)"),
        ("garbage", MailboxUnreachable, "no form that is known"),
        ("error:temporarily_unavailable", MailboxUnreachable, "temporarily_unavailable"),
        ("error:invalid_grant", SignInRefused, "invalid_grant said by the test; a person has to sign in anew: vanthu mailbox"),
        ("error:invalid_client", SignInRefused, "invalid_client"),
    ],
)
def test_what_the_provider_says_decides_who_must_act(
    tmp_path: Path, provider: Provider, trouble: str, error: type[Exception], said: str
) -> None:
    signed_in(provider, tmp_path)
    before = kept(tmp_path)
    provider.trouble = [trouble]
    with pytest.raises(error) as raised:
        bearer(provider, tmp_path, at=NOW + timedelta(days=1)).token()
    assert said in str(raised.value)
    assert kept(tmp_path) == before


def test_a_provider_that_is_not_there_is_tried_again_later(tmp_path: Path, provider: Provider) -> None:
    signed_in(provider, tmp_path)
    gone = Client(Endpoints(token="http://127.0.0.1:1/token"), client_id="vanthu", secret=None)  # noqa: S106 - an address
    later = Bearer(USER, TokenFile(tmp_path / "tokens" / "leloi.json"), gone, sign_in="", clock=lambda: NOW + timedelta(days=1))
    with pytest.raises(MailboxUnreachable, match="does not answer: ConnectionError"):
        later.token()


def test_before_the_first_sign_in_the_command_is_named(tmp_path: Path, provider: Provider) -> None:
    with pytest.raises(SignInRefused, match="nobody has signed in yet: vanthu mailbox sign-in leloi"):
        bearer(provider, tmp_path).token()


# --- Signing in -------------------------------------------------------------------------------------------------------


def test_a_person_signs_in_on_another_device(provider: Provider) -> None:
    provider.pending, said, slept = 2, list[str](), list[float]()
    answer = flows.by_device(client(provider), USER, say=said.append, sleep=slept.append, clock=lambda: sum(slept))
    assert answer["access_token"] in provider.access
    assert slept == [1, 6, 6]  # "slow_down" asks for five seconds more (RFC 8628)
    assert "ABCD-1234" in "\n".join(said)
    assert f"{provider.url}/enter" in "\n".join(said)


def test_a_code_that_nobody_enters_ends(provider: Provider) -> None:
    provider.pending, slept = 1000, list[float]()
    with pytest.raises(SignInRefused, match="hết hiệu lực"):
        flows.by_device(client(provider), USER, say=lambda line: None, sleep=slept.append, clock=lambda: sum(slept))
    assert sum(slept) < 200


def test_a_person_signs_in_by_browser(provider: Provider) -> None:
    browsers: list[threading.Thread] = []

    def say(line: str) -> None:
        if line.startswith("http"):
            browsers.append(threading.Thread(target=lambda: pages.append(urlopen(line, timeout=10).read().decode())))  # noqa: S310
            browsers[0].start()

    pages: list[str] = []
    answer = flows.by_browser(client(provider), USER, say=say, patience_s=20)
    browsers[0].join()
    assert answer["access_token"] in provider.access
    assert "Đã đăng nhập" in pages[0]
    asked = next(each for each in provider.asked if "code_challenge" in each)
    assert (asked["login_hint"], asked["code_challenge_method"]) == (USER, "S256")


def test_a_person_brings_the_address_from_a_browser_elsewhere(provider: Provider) -> None:
    said: list[str] = []

    def ask(question: str) -> str:
        url = next(line for line in said if line.startswith("http"))
        _, where = provider.answer("/authorize", _query(url), "")
        return f"  {where}\n"

    answer = flows.by_paste(client(provider), USER, say=said.append, ask=ask)
    assert answer["access_token"] in provider.access
    with pytest.raises(SignInRefused, match="không phải địa chỉ"):
        flows.by_paste(client(provider), USER, say=said.append, ask=lambda question: "xin chào")
    with pytest.raises(SignInRefused):  # of another sign-in: somebody may have slipped it in
        flows.by_paste(client(provider), USER, say=said.append, ask=lambda q: "http://127.0.0.1:8400?code=1&state=other")


def _query(url: str) -> dict[str, str]:
    from urllib.parse import parse_qsl, urlsplit

    return dict(parse_qsl(urlsplit(url).query))


# --- Age --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "condition", "left"),
    [(0, Condition.WELL, 90), (75, Condition.WELL, 15), (77, Condition.AGEING, 13), (91, Condition.DEAD, 0)],
)
def test_a_token_that_is_about_to_die_is_told_two_weeks_before(days: int, condition: Condition, left: int) -> None:
    microsoft = endpoints_of(OAuthProvider(name="m", kind=ProviderKind.MICROSOFT, client_id="x"))
    token = token_of({"access_token": "a", "refresh_token": "r"}, now=NOW)
    now = NOW + timedelta(days=days)
    age = age_of(token, microsoft, now)
    assert (age.condition, age.days_left(now)) == (condition, left)


def test_what_the_provider_says_of_its_token_comes_first() -> None:
    token = token_of({"access_token": "a", "refresh_token": "r", "refresh_token_expires_in": 86400}, now=NOW)
    age = age_of(token, Endpoints(token="https://x.example", lives=timedelta(days=90)), NOW)  # noqa: S106 - an address
    assert (age.condition, age.ends_at) == (Condition.AGEING, NOW + timedelta(days=1))
    assert age_of(None, Endpoints(token=""), NOW).condition is Condition.MISSING


@pytest.mark.parametrize("url", ["", "http://tokens.example/token", "ftp://x", "tokens.example"])
def test_no_token_goes_over_the_line_in_the_clear(url: str) -> None:
    with pytest.raises(ConfigError, match="expected an address that begins with https://"):
        endpoints_of(OAuthProvider(name="own", kind=ProviderKind.OTHER, client_id="x", token_url=url))


# --- Shown to a server ------------------------------------------------------------------------------------------------


def test_the_first_answers_are_those_of_the_standards() -> None:
    # RFC 7628 section 4.1, and Google's page on XOAUTH2.
    assert first_answer("OAUTHBEARER", "user=1,@example.com", "vF9dft4qmT") == (
        b"n,a=user=3D1=2C@example.com,\x01auth=Bearer vF9dft4qmT\x01\x01"
    )
    assert first_answer("XOAUTH2", "u@example.com", "vF9dft4qmT") == b"user=u@example.com\x01auth=Bearer vF9dft4qmT\x01\x01"


@pytest.fixture(scope="module", params=["xoauth2", "oauthbearer"])
def house(request: pytest.FixtureRequest) -> Iterator[tuple[Provider, Dovecot]]:
    """Dovecot that asks our provider whose token it is."""
    provider = Provider(USER)
    dovecot = Dovecot(introspection=f"{provider.url}/introspect", mechanisms=request.param)
    yield provider, dovecot
    dovecot.stop()
    provider.stop()


def server(dovecot: Dovecot) -> Server:
    return Server(host="localhost", port=dovecot.tls_port, security=Security.TLS, ca_file=str(dovecot.ca_file))


def test_a_token_signs_in_to_a_real_server(
    house: tuple[Provider, Dovecot], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider, dovecot = house
    provider.trouble.clear()
    session = Session.open(server(dovecot), signed_in(provider, tmp_path))
    assert session.select("INBOX").exists == 0
    session.close()
    assert [secret for secret in provider.given if secret in caplog.text] == []


def test_a_token_that_was_taken_back_is_renewed_at_once(
    house: tuple[Provider, Dovecot], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider, dovecot = house
    credentials, before = signed_in(provider, tmp_path), provider.renewed
    provider.access.pop(kept(tmp_path).access)
    Session.open(server(dovecot), credentials).close()
    assert provider.renewed == before + 1
    assert [secret for secret in provider.given if secret in caplog.text] == []


def test_when_the_right_is_gone_a_person_is_told_what_to_do(
    house: tuple[Provider, Dovecot], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider, dovecot = house
    credentials = signed_in(provider, tmp_path)
    provider.access.clear()
    provider.refresh.clear()
    with pytest.raises(SignInRefused, match=r"AADSTS70008.*vanthu mailbox sign-in leloi"):
        Session.open(server(dovecot), credentials)
    assert kept(tmp_path).access not in caplog.text


def test_the_token_of_another_person_opens_nothing(
    house: tuple[Provider, Dovecot], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider, dovecot = house
    provider.user = "somebody@moet.example"
    try:
        with pytest.raises(SignInRefused):
            Session.open(server(dovecot), signed_in(provider, tmp_path))
    finally:
        provider.user = USER
    assert [secret for secret in provider.given if secret in caplog.text] == []


def test_a_server_that_takes_no_tokens_says_so(tmp_path: Path, provider: Provider) -> None:
    class Desk:
        capabilities = frozenset({"AUTH=PLAIN"})

    with pytest.raises(SignInRefused, match="takes no tokens"):
        signed_in(provider, tmp_path).present(Desk())  # type: ignore[arg-type]
