"""The page about old mail, comparisons and tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from gateway.config import Mailbox, OAuthProvider, ProviderKind
from gateway.imap.access import token_file_of
from gateway.imap.oauth.token import token_of
from gateway.model import Account
from gateway.store import Gap, GapLine, Outcome, PastMail, Reconciliation
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, LEADER, OFFICER, House

AsPerson = Callable[[Account], Visitor]
NOW = datetime.now(UTC)


def filled(house: House) -> None:
    """An import, two mailboxes that were compared, and a token that is about to end."""
    import_id = house.store.past.begin("mailbox:c2-le-loi", unit="THCSLL", now=NOW)
    outcomes = [Outcome.ARCHIVED] * 3 + [Outcome.SECRET]
    mails = [
        PastMail(key=str(n), folder="INBOX", at=NOW, size=1, digest=f"{n:064}", sender="", outcome=outcome)
        for n, outcome in enumerate(outcomes)
    ]
    house.store.past.remember(import_id, mails)
    gaps = (
        GapLine(gap=Gap.HELD, folder="INBOX", uid=71, said="NO [SERVERBUG] <b>x</b>"),
        GapLine(gap=Gap.GONE, folder="INBOX", uid=5),
    )
    even = Reconciliation(mailbox="c2-le-loi", at=NOW, on_server=1200, stored=1200, decided=1200, done=1200, old=0)
    house.store.reconciling.put(even)
    house.store.reconciling.put(replace(even, mailbox="c3-tran-phu", stored=1199, old=40, gaps=gaps))
    provider = OAuthProvider(name="m", kind=ProviderKind.MICROSOFT, client_id="x")
    box = Mailbox(name="c2-le-loi", host="x.example", user="c2@moet.example", provider="m")
    house.settings = replace(house.settings, mailbox=(box,), provider=(provider,))
    token = token_of({"access_token": "access-1", "refresh_token": "refresh-1"}, now=NOW - timedelta(days=80))
    token_file_of(house.settings, box).write(token)


def test_the_officer_sees_differences_what_to_do_and_which_tokens_end(house: House, as_person: AsPerson) -> None:
    filled(house)
    page = as_person(OFFICER).get("/past").text
    for said in (
        "c3-tran-phu", "2 khác biệt", "INBOX, UID 71", "NO [SERVERBUG] &lt;b&gt;x&lt;/b&gt;", "Mở thư trong hộp thư", "khớp",
        "sắp hết hạn", "9 ngày", "vanthu mailbox sign-in c2-le-loi", "mailbox:c2-le-loi", "chưa xong", "Trường THCS Lê Lợi",
    ):  # fmt: skip
        assert said in page, said
    assert "access-1" not in page
    assert "refresh-1" not in page
    assert as_person(AUDITOR).get("/past").status_code == 200


@pytest.mark.parametrize("account", [CLERK, LEADER])
def test_others_do_not(as_person: AsPerson, account: Account) -> None:
    assert as_person(account).get("/past").status_code in (403, 404)


def test_an_empty_page_says_how_to_begin(as_person: AsPerson) -> None:
    page = as_person(OFFICER).get("/past").text
    for said in ("Chưa có lần đối chiếu nào", "vanthu mailbox reconcile", "Chưa nhập thư cũ"):
        assert said in page
