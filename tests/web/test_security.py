"""Headers, cookies, the session key."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.model import Account, Case
from gateway.secret import kept_in
from tests.web import sample
from tests.web.conftest import TwoPages, Visitor
from tests.web.sample import CLERK, OFFICER, House
from web import create_app

AsPerson = Callable[[Account], Visitor]


@pytest.mark.parametrize("address", ["/sign-in", "/health", "/khong-co", "/static/console.css"])
def test_every_answer_has_the_safe_headers(visitor: Visitor, address: str) -> None:
    headers = visitor.get(address).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_are_not_kept_by_browsers_but_static_files_are(as_person: AsPerson) -> None:
    clerk = as_person(CLERK)
    assert clerk.get("/cases").headers["Cache-Control"] == "no-store"
    assert "max-age=2592000" in clerk.get("/static/console.css").headers["Cache-Control"]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: Visitor) -> None:
    said = visitor.sign_in(CLERK.name).headers["Set-Cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Lax" in said
    assert "Secure" not in said


def test_behind_tls_the_cookie_travels_by_https_alone(tmp_path: Path, drawer: TwoPages) -> None:
    house = House(tmp_path, drawer, behind_tls=True)
    house.store.open()
    sample.people(house.store)
    client = create_app(house).test_client()
    page = client.get("/sign-in", base_url="https://cong.example")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    form = {"csrf_token": token[1], "name": CLERK.name, "password": sample.PASSWORD}
    response = client.post(
        "/sign-in", data=form, base_url="https://cong.example", headers={"Referer": "https://cong.example/sign-in"}
    )
    house.store.close()
    assert response.status_code == 302
    assert "Secure" in response.headers["Set-Cookie"]
    assert response.headers["Strict-Transport-Security"].startswith("max-age=")


def test_the_session_key_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "neu" / "web.secret"
    key = kept_in(file)
    assert len(key) == 64
    assert kept_in(file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_page_has_anything_inline_or_from_elsewhere(as_person: AsPerson, remember: Callable[..., Case]) -> None:
    case = remember(sample.decision_case)
    clerk, officer = as_person(CLERK), as_person(OFFICER)
    pages = [clerk.get(address).text for address in ("/sign-in", "/cases", f"/case/{case.id}", "/password")]
    pages += [officer.get(address).text for address in ("/deliveries", "/mails", f"/mail/{case.mail_id}")]
    for page in pages:
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", page)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)


def test_every_form_that_changes_something_has_a_token(as_person: AsPerson, remember: Callable[..., Case]) -> None:
    case = remember(sample.decision_case)
    page = as_person(CLERK).get(f"/case/{case.id}").text
    forms = re.findall(r'<form method="post".*?</form>', page, re.DOTALL)
    assert len(forms) > 7  # approve, release, return, withdraw, transfer, assign, look, sign out
    assert all('name="csrf_token"' in form for form in forms)
