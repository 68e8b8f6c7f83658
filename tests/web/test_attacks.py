"""The whole console against what strangers try: forged forms, poisoned mails, ways out of it, pages that browsers keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from flask import Flask
from msgspec.structs import replace

from gateway.model import Account, Case, Evidence
from gateway.store import Acceptance
from tests.web import sample, walk
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, HEAD_CLERK, OFFICER, House

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]

# Breaks out of texts, attributes, scripts and templates alike.
POISON = "\"'><svg data-poison onload=alert(1)></title></textarea><script data-poison>alert(1)</script>{{7*7}}${7*7}"


class Poisoned(HTMLParser):
    """Finds elements that the poison made, and addresses that run something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        runs = [
            name for name, value in attrs if name.startswith("on") or (value or "").strip().lower().startswith("javascript:")
        ]
        if "data-poison" in names or runs or (tag == "script" and not names.get("src")):
            self.found.append(self.get_starttag_text() or tag)


def poisoned_case(at: datetime) -> Acceptance:
    """A mail and its case in which everything that a stranger writes is poisoned."""
    letter = EmailMessage()
    letter["From"] = "x@xau.example"
    letter["Subject"] = POISON
    letter.set_content(POISON)
    letter.add_alternative(f"<p>{POISON}</p>", subtype="html")
    letter.add_attachment(POISON.encode(), maintype="text", subtype="plain", filename=POISON.replace("/", "_"))
    document = sample.decision()
    fields = ("number_symbol", "kind", "issuer", "superior", "place", "subject", "signer", "signer_title", "capacity")
    bad = {field: POISON for field in fields}
    evidence = tuple(Evidence(sign=each.sign, words=POISON, file=POISON, page=1, line=1) for each in document.evidence)
    return sample.captured(
        letter.as_bytes(),
        sender=f"{POISON}@xau.example",
        to=[f"{POISON}@sgdhuonggiang.edu.vn"],
        unit="SGDHG",
        office=sample.PROVINCE_OFFICE,
        at=at,
        reason=POISON,
        rule=POISON,
        document=replace(document, **bad, evidence=evidence),
    )


@pytest.fixture
def poisoned(house: House, remember: Remember) -> Case:
    """In the store, beside a mail that passed."""
    case = remember(poisoned_case)
    mail = sample.passed(
        f"Subject: {POISON}\r\n\r\n{POISON}".encode(), sender=f"{POISON}@x", to=f"{POISON}@y", at=datetime.now(UTC)
    )
    house.store.accept_now([mail])
    return case


def _pages(app: Flask, case: Case) -> Iterator[walk.Address]:
    for address in walk.addresses(app, case_id=case.id, mail_id=case.mail_id, tab="all"):
        if address.method == "GET" and "page" not in address.endpoint and address.endpoint != "files.download":
            yield address


@pytest.mark.parametrize("account", [HEAD_CLERK, OFFICER], ids=lambda account: account.role)
def test_nothing_that_a_mail_says_becomes_part_of_a_page(
    app: Flask, as_person: AsPerson, poisoned: Case, account: Account
) -> None:
    person, seen = as_person(account), 0
    paths = [f"/audit?q={poisoned.id}", "/audit?actor=", "/cases?tab=all", "/mails?q=xau", f"/case/{poisoned.id}"]
    if account is OFFICER:  # who sees nearly everything; the clerk sees the forms of a case as well
        paths += [address.path for address in _pages(app, poisoned)]
    for path in paths:
        response = person.get(path)
        if response.mimetype == "text/html":
            page = Poisoned()
            page.feed(response.text)
            assert page.found == [], path
            assert "49$" not in response.text, path  # {{7*7}}: no template was made of it
            seen += "data-poison" in response.text
    assert seen >= 2  # escaped, it was there


def test_the_proof_of_a_poisoned_case_is_harmless(as_person: AsPerson, poisoned: Case) -> None:
    import io
    import zipfile

    officer = as_person(OFFICER)
    officer.get("/me")
    response = officer.press(f"/case/{poisoned.id}/proof")
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        page = Poisoned()
        page.feed(archive.read("doc.html").decode())
        assert page.found == []
        assert not any(".." in name or name.startswith("/") for name in archive.namelist())
    response.close()


def test_no_form_works_without_the_token_of_the_page(app: Flask, as_person: AsPerson, remember: Remember) -> None:
    case, person, asked = remember(sample.decision_case), as_person(CLERK), 0
    for address in walk.addresses(app, case_id=case.id, mail_id=case.mail_id):
        if address.method == "POST":
            response = person.client.post(address.path, data={"reason": "x", "answer": "same"})
            # The API is for programs: whoever comes with a cookie only is told that it wants a token of its own.
            assert response.status_code in ((401, 403) if address.endpoint.startswith("api.") else (400,)), address
            asked += 1
    assert asked > 20


def test_every_answer_has_the_safe_headers_and_is_not_kept(app: Flask, as_person: AsPerson, remember: Remember) -> None:
    case, person = remember(sample.decision_case), as_person(AUDITOR)
    for address in walk.addresses(app, case_id=case.id, mail_id=case.mail_id):
        if address.method == "GET":
            headers = person.client.get(address.path, buffered=True).headers
            assert "default-src 'none'" in headers["Content-Security-Policy"], address
            assert "unsafe" not in headers["Content-Security-Policy"], address
            # A mail's own HTML stands in a frame of ours, and may do nothing there.
            framed = "sandbox" in headers["Content-Security-Policy"]
            assert headers["X-Frame-Options"] in (("DENY", "SAMEORIGIN") if framed else ("DENY",)), address
            assert headers["X-Content-Type-Options"] == "nosniff", address
            assert headers["Referrer-Policy"] in ("same-origin", "no-referrer"), address
            assert headers["Cache-Control"].startswith(("no-store", "private")), address


_OUT = ("/\\xau.example",)  # the spelling that looks most like a page of ours; test_auth has the others


def test_nothing_leads_to_another_site(app: Flask, as_person: AsPerson) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    person = as_person(OFFICER)
    for address in walk.addresses(app):
        if address.endpoint == "auth.sign_out":
            continue
        for out in _OUT:
            form = dict.fromkeys(("next", "back", "url", "return"), out) | {"look": "dark", "language": "en"}
            response = person.client.open(
                address.path,
                method=address.method,
                query_string={"next": out, "back": out},
                data=form if address.method == "POST" else None,
                buffered=True,
            )
            where = urlsplit(response.headers.get("Location", ""))
            assert where.netloc in ("", "localhost"), address


_WAYS_OUT = (
    "/static/../web/auth.py",
    "/static/..%2f..%2fpyproject.toml",
    "/static/%2e%2e/%2e%2e/etc/passwd",
    "/policy/..%2f..%2f..%2fetc%2fpasswd.toml",
    "/mailbox/..%2f..%2fetc%2fpasswd",
    "/campaign/..%2f..%2fetc%2fpasswd",
    "/receipt/x/../../../../etc/passwd",
    "/accounts/..%2f..%2fetc%2fpasswd",
    "/case/../../../etc/passwd",
    "/my-mail/../../../etc/passwd",
)


def test_no_path_leads_out_of_the_console(as_person: AsPerson) -> None:
    officer = as_person(OFFICER)
    for path in _WAYS_OUT:
        response = officer.get(path)
        assert response.status_code in (302, 308, 404), path
        assert "root:" not in response.text
        assert "import" not in response.text
