"""What a sender sees of his own mail, by link or by id, and that he sees nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest

from gateway.lifecycle import DeliveryEvent
from gateway.model import Case
from gateway.notices import Notices
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import House
from tests.world import letters

Remember = Callable[..., Case]


def _by_id(visitor: Visitor, mail_id: str, sender: str) -> tuple[int, str]:
    visitor.get("/my-mail")
    response = visitor.press("/my-mail", id=mail_id, sender=sender)
    return response.status_code, response.text


def test_a_captured_mail_says_that_the_clerk_looks_at_it(visitor: Visitor, remember: Remember) -> None:
    case = remember(sample.decision_case)
    status, page = _by_id(visitor, f" {case.mail_id.lower()} ", case.sender.upper())
    assert status == 200
    assert "đang chờ văn thư" in page


def test_a_mail_that_passed_says_when_it_arrived(house: House, visitor: Visitor) -> None:
    passed = sample.passed(letters.figures_of_a_school(), sender="a@b.example", to="c@d.example", at=datetime.now(UTC))
    house.store.accept_now([passed])
    assert "đang được chuyển" in _by_id(visitor, passed.mail.id, "a@b.example")[1]
    sample.settle(house.store, passed.mail.id, DeliveryEvent.DELIVERED, "250 ok")
    assert "đã tới máy chủ thư của người nhận" in _by_id(visitor, passed.mail.id, "a@b.example")[1]


def test_another_sender_and_an_id_that_nobody_has_look_alike(visitor: Visitor, remember: Remember) -> None:
    case = remember(sample.decision_case)
    mine = _by_id(visitor, case.mail_id, "ai-do@xau.example")
    none = _by_id(visitor, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "ai-do@xau.example")
    assert mine[0] == none[0] == 404
    assert mine[1].replace(case.mail_id, "") == none[1].replace("01ARZ3NDEKTSV4RRFFQ69G5FAV", "")
    assert case.subject not in mine[1]


def test_a_mail_without_a_sender_belongs_to_nobody(house: House, visitor: Visitor) -> None:
    passed = sample.passed(letters.figures_of_a_school(), sender="", to="c@d.example", at=datetime.now(UTC))
    house.store.accept_now([passed])
    assert _by_id(visitor, passed.mail.id, "")[0] == 404


def test_ids_cannot_be_tried_for_long(visitor: Visitor) -> None:
    answers = [_by_id(visitor, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "a@b.example")[0] for _ in range(11)]
    assert answers == [404] * 10 + [429]


def test_the_link_of_a_letter_opens_the_mail_and_no_other(house: House, visitor: Visitor, remember: Remember) -> None:
    case, other = remember(sample.decision_case), remember(sample.incoming_case)
    link = urlsplit(house.links.to_status(case.mail_id)).path
    assert "đang chờ văn thư" in visitor.get(link).text
    assert visitor.get(link.replace(case.mail_id, other.mail_id)).status_code == 404
    assert visitor.get(urlsplit(house.links.to_appeal(case.mail_id)).path.replace("/appeal/", "/my-mail/")).status_code == 404


def test_a_sealed_mail_says_only_that_it_is_kept(house: House, visitor: Visitor, remember: Remember) -> None:
    case = remember(sample.sealed_case)
    page = visitor.get(urlsplit(house.links.to_status(case.mail_id)).path).text
    assert "được giữ tại cổng" in page
    assert not any(recipient in page for recipient in case.recipients)
    assert "niêm phong" not in page


@pytest.mark.parametrize(("to", "is_own"), [("sender", True), ("ai-do@xau.example", False)])
def test_letters_about_ones_own_mail_have_the_link(house: House, remember: Remember, to: str, is_own: bool) -> None:
    case = remember(sample.decision_case)
    notices = Notices(hostname="cong.example", help_phone="", help_url="https://x.example", links=house.links)
    mail = house.store.views.mail_of(house.store.views.mail(case.mail_id))
    letter = notices.write("returned", to=case.sender if to == "sender" else to, now=datetime.now(UTC), mail=mail, reason="x")
    text = message_from_bytes(letter.raw, policy=policy.default).get_body(("plain",))
    assert text is not None
    assert ("/my-mail/" in text.get_content()) is is_own
