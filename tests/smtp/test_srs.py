"""Senders of forwarded mail are rewritten, and what comes back finds its way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import ConfigError
from gateway.model import new_id
from gateway.smtp.srs import HOLDS_FOR, SenderRewriting

AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
OURS = "thu.sgdhuonggiang.edu.vn"
SENDER = "to.van@pgdhg.example"


def srs(secret: bytes = b"s" * 32, domain: str = OURS, at: datetime = AT, *, ours: bool = True) -> SenderRewriting:
    return SenderRewriting(secret, domain, clock=lambda: at, is_ours=lambda domain: ours)


def test_a_rewritten_sender_leads_back_to_its_mail_also_in_small_letters() -> None:
    mail_id = new_id()
    written = srs().rewritten(mail_id, SENDER)
    assert written.endswith(f"@{OURS}")
    assert len(written.partition("@")[0]) <= 64
    assert srs().takes(written)
    assert srs().mail_of(written) == srs().mail_of(written.lower()) == mail_id


@pytest.mark.parametrize("sender", ["", f"ai.do@{OURS}", f"Ai.Do@{OURS.upper()}"])
def test_the_null_sender_and_one_of_the_domain_stay(sender: str) -> None:
    assert srs().rewritten(new_id(), sender) == sender


def test_without_a_domain_nothing_is_rewritten_and_nothing_taken() -> None:
    written = srs().rewritten(new_id(), SENDER)
    assert srs(domain="").rewritten(new_id(), SENDER) == SENDER
    assert not srs(domain="").takes(written)
    srs(domain="").check()


def test_a_forged_an_old_and_a_strange_address_lead_nowhere() -> None:
    written = srs().rewritten(new_id(), SENDER)
    assert srs(b"t" * 32).mail_of(written) == ""
    assert srs().mail_of(written.replace(written[5:31], new_id())) == ""
    assert srs(at=AT + HOLDS_FOR - timedelta(days=1)).mail_of(written) != ""
    assert srs(at=AT + HOLDS_FOR + timedelta(days=2)).mail_of(written) == ""
    assert srs(at=AT - timedelta(days=9)).mail_of(written) == ""
    assert srs().mail_of(written.replace(OURS, "noi-khac.example")) == ""
    assert srs(ours=False).mail_of(written) == ""
    assert srs().mail_of(f"srs0=@{OURS}") == srs().mail_of("srs0") == ""


def test_the_self_test_refuses_a_domain_that_is_not_ours() -> None:
    srs().check()
    with pytest.raises(ConfigError, match="bounce_domain"):
        srs(ours=False).check()
