"""The second factor, sessions that end, first passwords, and sign-in by the service of the organisation."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from werkzeug.test import TestResponse

from gateway import passwords
from gateway.model import Account
from gateway.settings.oidc import Oidc
from tests.web import sample
from tests.web.conftest import TwoPages, Visitor
from tests.web.sample import CLERK, OFFICER, House
from tests.world.sign_in_service import SignInService
from web import create_app
from web.auth import session_id

WRONG = {"password": "sai"}
AsPerson = Callable[[Account], Visitor]


def now_code(secret: str, off: int = 0) -> str:
    at = int(time.time()) // passwords.STEP_S + off
    return passwords._totp(secret).generate(at * passwords.STEP_S).decode()


def _with_factor(clerk: Visitor) -> tuple[str, list[str]]:
    """Take up a second factor by the pages; gives the secret and the recovery codes."""
    clerk.get("/me")
    page = clerk.press("/me/second-factor").text
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret
    assert "<svg" in page
    clerk.get("/password")
    found = secret[1].replace(" ", "")
    done = clerk.press("/me/second-factor/confirm", password=sample.PASSWORD, code=now_code(found, -1))
    assert done.status_code == 200, done.text
    return found, re.findall(r"<li><code>([^<]+)</code>", done.text)


def _press_code(visitor: Visitor, code: str) -> TestResponse:
    visitor.get("/sign-in/code")
    return visitor.press("/sign-in/code", code=code)


def test_with_a_second_factor_the_password_alone_opens_nothing(as_person: AsPerson, visitor: Visitor) -> None:
    secret, codes = _with_factor(as_person(CLERK))
    assert len(set(codes)) == passwords.RECOVERY_CODES
    assert visitor.sign_in(CLERK.name).headers["Location"] == "/sign-in/code"
    assert visitor.get("/cases").status_code == 302
    assert _press_code(visitor, "000000" if now_code(secret) != "000000" else "000001").status_code == 401
    assert _press_code(visitor, now_code(secret)).headers["Location"] == "/"
    assert visitor.get("/cases").status_code == 200


def test_a_code_that_was_used_is_used_up(as_person: AsPerson, visitor: Visitor) -> None:
    secret, codes = _with_factor(as_person(CLERK))
    code = now_code(secret)
    for typed, answers in ((code, (302, 401)), (codes[0], (302, 401))):
        for status in answers:
            visitor.client.delete_cookie("vanthu")
            visitor.sign_in(CLERK.name)
            assert _press_code(visitor, typed.upper()).status_code == status


def test_codes_cannot_be_guessed_for_long(as_person: AsPerson, visitor: Visitor) -> None:
    _with_factor(as_person(CLERK))
    visitor.sign_in(CLERK.name)
    assert [_press_code(visitor, "abc").status_code for _ in range(6)] == [401] * 5 + [429]


def test_a_wrong_password_takes_no_second_factor(as_person: AsPerson) -> None:
    clerk = as_person(CLERK)
    clerk.get("/me")
    clerk.press("/me/second-factor")
    assert clerk.press("/me/second-factor/confirm", **WRONG, code="123456").status_code == 422


def test_the_second_factor_is_dropped_by_oneself_with_the_password(house: House, as_person: AsPerson) -> None:
    clerk = as_person(CLERK)
    _with_factor(clerk)
    clerk.get("/me")
    clerk.press("/me/second-factor/drop", **WRONG)
    assert (account := house.store.account(CLERK.name)) is not None
    assert account.totp
    clerk.press("/me/second-factor/drop", password=sample.PASSWORD)
    assert (account := house.store.account(CLERK.name)) is not None
    assert not account.totp


@pytest.mark.parametrize("password", ["aaaaaaaaaaaa", "Matkhau12345", "1212121212", "VANTHU.SO", "ngan"])
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    assert passwords.wrong_with(password, name="vanthu.so")


def test_a_password_that_somebody_else_chose_is_changed_first(house: House, visitor: Visitor) -> None:
    account = house.store.account(CLERK.name)
    assert account is not None
    house.store.put_account(replace(account, must_change=True))
    visitor.sign_in(CLERK.name)
    for address in ("/cases", "/", "/me", "/campaigns"):
        assert visitor.get(address).headers["Location"] == "/password"
    visitor.get("/password")
    visitor.press("/password", old=sample.PASSWORD, new="mot cau dai de nho", again="mot cau dai de nho")
    assert visitor.get("/cases").status_code == 200


# --- Sessions -------------------------------------------------------------------------------------------------------------


def _sessions(house: House) -> list[str]:
    return [each.id for each in house.store.people.sessions_of(CLERK.name, since=datetime(2026, 1, 1, tzinfo=UTC))]


def test_sessions_are_listed_and_another_one_is_ended(house: House, as_person: AsPerson) -> None:
    here, elsewhere = as_person(CLERK), as_person(CLERK)
    page = here.get("/me").text
    other = re.search(r'name="session" value="([0-9a-f]{64})"', page)
    assert other
    here.press("/me/sessions/end", session=other[1])
    assert elsewhere.get("/cases").status_code == 302
    assert here.get("/cases").status_code == 200


def test_signing_out_takes_the_session_away_and_not_only_the_cookie(house: House, as_person: AsPerson) -> None:
    clerk = as_person(CLERK)
    stolen = clerk.client.get_cookie("vanthu")
    clerk.get("/cases")
    clerk.press("/sign-out")
    assert stolen is not None
    clerk.client.set_cookie("vanthu", stolen.value)
    assert clerk.get("/cases").status_code == 302
    assert _sessions(house) == []


def test_nobody_ends_sessions_of_others(house: House, as_person: AsPerson) -> None:
    clerk, officer = as_person(CLERK), as_person(OFFICER)
    officer.get("/me")
    officer.press("/me/sessions/end", session=_sessions(house)[0])
    assert clerk.get("/cases").status_code == 200


@pytest.mark.parametrize(("seen", "begun"), [(timedelta(hours=3), timedelta(hours=3)), (timedelta(0), timedelta(hours=11))])
def test_a_session_that_is_idle_or_a_day_old_is_over(
    house: House, as_person: AsPerson, seen: timedelta, begun: timedelta
) -> None:
    clerk, now = as_person(CLERK), datetime.now(UTC)
    from sqlalchemy import update

    from gateway.store.people_tables import sessions

    old = update(sessions).values(seen_at=now - seen, at=now - begun)
    house.store._do(lambda transaction: transaction.connection.execute(old))
    assert clerk.get("/cases").status_code == 302


def test_the_store_has_no_word_that_signs_in(house: House, as_person: AsPerson) -> None:
    as_person(CLERK)
    (kept,) = _sessions(house)
    assert session_id(kept) != kept


# --- The service of the organisation --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service() -> Iterator[SignInService]:
    """One for all tests: it has a key to make."""
    service = SignInService()
    yield service
    service.stop()


@pytest.fixture
def with_service(house: House, service: SignInService) -> Callable[..., Visitor]:
    """Somebody before a console that knows the service."""
    service.lies, service.asked = {}, []

    def visitor(**settings: Any) -> Visitor:
        oidc = Oidc(issuer=service.issuer, client_id="vanthu", **settings)
        house.settings = replace(house.settings, web=replace(house.settings.web, oidc=oidc))
        return Visitor(create_app(house).test_client())

    return visitor


def _linked(house: House, subject: str = "cb-0042") -> None:
    account = house.store.account(CLERK.name)
    assert account is not None
    house.store.put_account(replace(account, subject=subject))


def _through(visitor: Visitor, service: SignInService) -> TestResponse:
    return visitor.get(service.consent(visitor.get("/sign-in/oidc?next=/cases").headers["Location"]))


def test_whoever_the_service_names_is_signed_in_as_the_account_linked_to_him(
    house: House, with_service: Callable[..., Visitor], service: SignInService
) -> None:
    _linked(house)
    visitor = with_service()
    assert "Đăng nhập bằng tài khoản cơ quan" in visitor.get("/sign-in").text
    assert _through(visitor, service).headers["Location"] == "/cases"
    assert "Trần Thu Hương" in visitor.get("/cases").text
    (asked,) = service.asked
    assert asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= asked.keys()


def test_another_claim_may_name_the_account(house: House, with_service: Callable[..., Visitor], service: SignInService) -> None:
    _linked(house, "buoi.nt")
    assert _through(with_service(claim="preferred_username"), service).status_code == 302


def test_a_stranger_to_the_console_gets_no_account(
    house: House, with_service: Callable[..., Visitor], service: SignInService
) -> None:
    visitor = with_service()
    response = _through(visitor, service)
    assert response.status_code == 403
    assert "cb-0042" in response.text
    assert visitor.get("/cases").status_code == 302
    assert house.store.people.by_subject("cb-0042") is None


def test_a_stranger_gets_an_account_when_the_settings_say_so(
    house: House, with_service: Callable[..., Visitor], service: SignInService
) -> None:
    visitor = with_service(create_role="leader", create_units=("SGDHG",))
    assert _through(visitor, service).status_code == 302
    made = house.store.people.by_subject("cb-0042")
    assert made is not None
    assert (made.name, made.full_name, made.role, made.units) == ("buoint", "Nguyễn Thị Bưởi", "leader", ("SGDHG",))
    assert Visitor(create_app(house).test_client()).sign_in(made.name, "").status_code == 401


def test_a_token_that_is_not_for_us_signs_nobody_in(
    house: House, with_service: Callable[..., Visitor], service: SignInService
) -> None:
    _linked(house)
    visitor = with_service()
    lies: tuple[dict[str, Any], ...] = ({"nonce": "of-another"}, {"aud": "another"}, {"iss": "https://xau.example"}, {"exp": 1})
    for lie in lies:
        service.lies = lie
        assert _through(visitor, service).status_code == 400, lie
        assert visitor.get("/cases").status_code == 302


def test_an_answer_that_nobody_asked_for_signs_nobody_in(
    house: House, with_service: Callable[..., Visitor], service: SignInService
) -> None:
    _linked(house)
    visitor, other = with_service(), with_service()
    back = service.consent(other.get("/sign-in/oidc").headers["Location"])
    assert visitor.get(back).status_code == 400
    assert visitor.get("/cases").status_code == 302


def test_a_service_that_is_away_leaves_the_password(house: House, drawer: TwoPages, tmp_path: Path) -> None:
    oidc = Oidc(issuer="http://127.0.0.1:9", client_id="vanthu")
    house.settings = replace(house.settings, web=replace(house.settings.web, oidc=oidc))
    visitor = Visitor(create_app(house).test_client())
    assert "đăng nhập bằng mật khẩu" in visitor.get("/sign-in/oidc").text
    assert visitor.sign_in(CLERK.name).status_code == 302
