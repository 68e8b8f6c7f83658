"""What waits, what failed, and trying again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gateway.lifecycle import CaseEvent, DeliveryEvent, DeliveryState
from gateway.model import Account
from gateway.store import Acceptance, Settlement
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, OFFICER, House
from tests.world import letters

AsPerson = Callable[[Account], Visitor]
SAID = "550 5.1.1 <cv.minh@sgdhuonggiang.edu.vn>: User unknown"


@pytest.fixture
def mail(house: House, now: datetime) -> Acceptance:
    """A question to a specialist, on its way."""
    acceptance = sample.passed(letters.plain_question(), sender=letters.TEACHER[1], to=letters.SPECIALIST[1], at=now)
    house.store.accept_now([acceptance])
    return acceptance


def state_of(house: House, mail: Acceptance) -> DeliveryState:
    return house.store.views.deliveries_of(mail_id=mail.mail.id)[0].state


def test_when_all_is_well_the_page_says_so(as_person: AsPerson) -> None:
    assert "Không có lượt chuyển nào cần người xem." in as_person(OFFICER).get("/deliveries").text


def test_what_failed_is_listed_with_what_the_other_side_said(house: House, as_person: AsPerson, mail: Acceptance) -> None:
    sample.settle(house.store, mail.mail.id, DeliveryEvent.GIVE_UP, SAID)
    page = as_person(OFFICER).get("/deliveries").text
    assert "550 5.1.1 &lt;cv.minh@sgdhuonggiang.edu.vn&gt;: User unknown" in page
    assert "không chuyển được" in page
    assert '<div class="bad"><dt>Cần người xem</dt><dd>1</dd>' in page


def test_what_will_be_tried_again_says_when(house: House, as_person: AsPerson, mail: Acceptance, now: datetime) -> None:
    sample.settle(house.store, mail.mail.id, DeliveryEvent.RETRY, "450 4.2.0 later", next_at=now + timedelta(minutes=5))
    page = as_person(OFFICER).get("/deliveries?tab=waiting").text
    assert "thử lại" in page
    assert "sẽ chuyển lại" in page


def test_all_that_waits_for_one_destination_is_tried_again_now(
    house: House, as_person: AsPerson, mail: Acceptance, now: datetime
) -> None:
    sample.settle(house.store, mail.mail.id, DeliveryEvent.RETRY, "450 4.2.0 later", next_at=now + timedelta(hours=5))
    officer = as_person(OFFICER)
    page = officer.get("/deliveries?tab=waiting").text
    assert "Theo nơi nhận" in page
    assert "<b>1 lượt</b> <span>sgdhuonggiang.edu.vn</span>" in page
    officer.press("/deliveries/retry-waiting", courier="relay", destination="khac.example")
    assert state_of(house, mail) is DeliveryState.DEFERRED
    response = officer.press("/deliveries/retry-waiting", courier="relay", destination="sgdhuonggiang.edu.vn")
    assert response.headers["Location"] == "/deliveries?tab=waiting"
    assert state_of(house, mail) is DeliveryState.QUEUED
    assert house.poked.is_set()


def test_a_whole_courier_or_a_typed_domain_is_tried_again_now_and_nothing_typed_is_not_everything(
    house: House, as_person: AsPerson, mail: Acceptance, now: datetime
) -> None:
    sample.settle(house.store, mail.mail.id, DeliveryEvent.RETRY, "450 4.2.0 later", next_at=now + timedelta(hours=5))
    officer = as_person(OFFICER)
    assert "Chuyển lại ngay cả đường này" in officer.get("/system").text
    assert "Máy chủ thư kế tiếp" in officer.get("/deliveries?tab=waiting").text
    for nothing in ({}, {"destination": " "}, {"destination": "khac.example"}, {"courier": "khong-co"}):
        officer.press("/deliveries/retry-waiting", **nothing)
        assert state_of(house, mail) is DeliveryState.DEFERRED
    page = officer.get("/deliveries?tab=waiting").text
    assert "Xin ghi tên miền của nơi nhận" in page
    assert "Không có lượt nào đang chờ chuyển lại ở đó" in page
    officer.press("/deliveries/retry-waiting", destination=" @SgdHuongGiang.edu.vn")
    assert state_of(house, mail) is DeliveryState.QUEUED
    story = house.store.views.story(mail_id=mail.mail.id)[-1]
    assert (story.actor, story.detail["event"]) == (OFFICER.name, "retry-now")


def test_a_courier_is_tried_again_from_its_card_by_officers_alone(
    house: House, as_person: AsPerson, mail: Acceptance, now: datetime
) -> None:
    sample.settle(house.store, mail.mail.id, DeliveryEvent.RETRY, "450 4.2.0 later", next_at=now + timedelta(hours=5))
    auditor, officer = as_person(AUDITOR), as_person(OFFICER)
    assert "Chuyển lại ngay" not in auditor.get("/system").text
    assert "Chuyển lại ngay" not in auditor.get("/deliveries?tab=waiting").text
    assert auditor.press("/deliveries/retry-waiting", courier="relay").status_code == 403
    officer.get("/system")
    assert officer.press("/deliveries/retry-waiting", courier="relay", back="/system").headers["Location"] == "/system"
    assert state_of(house, mail) is DeliveryState.QUEUED


def test_the_officer_has_it_tried_again(house: House, as_person: AsPerson, mail: Acceptance) -> None:
    sample.settle(house.store, mail.mail.id, DeliveryEvent.GIVE_UP, SAID)
    officer = as_person(OFFICER)
    officer.get("/deliveries")
    response = officer.press(f"/delivery/{mail.mail.id}-1/retry", tab="failed")
    assert response.headers["Location"] == "/deliveries?tab=failed"
    assert state_of(house, mail) is DeliveryState.QUEUED
    assert house.poked.is_set()
    assert "cổng sẽ chuyển lại ngay" in officer.get("/deliveries").text
    assert "Được yêu cầu chuyển lại ngay" in officer.get(f"/mail/{mail.mail.id}").text


def test_what_arrived_is_not_sent_again(house: House, as_person: AsPerson, mail: Acceptance) -> None:
    sample.settle(house.store, mail.mail.id, DeliveryEvent.DELIVERED, "250 ok")
    officer = as_person(OFFICER)
    officer.get("/deliveries")
    officer.press(f"/delivery/{mail.mail.id}-1/retry")
    assert state_of(house, mail) is DeliveryState.DELIVERED
    assert "không cần chuyển lại" in officer.get("/deliveries").text


def test_what_a_clerk_has_to_approve_again_says_so(house: House, as_person: AsPerson, now: datetime) -> None:
    acceptance = sample.decision_case(now)
    case = sample.case_of(acceptance)
    house.store.accept_now([acceptance])
    house.review.approve(case.id, CLERK)
    house.store.claim(couriers=(sample.PROVINCE_OFFICE,), limit=1, now=now + timedelta(hours=1), lease=timedelta(minutes=5))
    refused = Settlement(
        delivery_id=f"{case.id}-1", event=DeliveryEvent.REFUSE, attempts=1, reply="thiếu mã đơn vị",
        case_id=case.id, case_event=CaseEvent.HANDOVER_FAILED,
    )  # fmt: skip
    house.store.settle([refused])
    house.store.flush()
    officer = as_person(OFFICER)
    assert "thiếu mã đơn vị" in officer.get("/deliveries").text
    officer.press(f"/delivery/{case.id}-1/retry")
    assert "văn thư duyệt lại thì cổng mới chuyển" in officer.get("/deliveries").text


def test_an_uncertain_delivery_asks_to_look_first(house: House, as_person: AsPerson, mail: Acceptance) -> None:
    sample.settle(house.store, mail.mail.id, DeliveryEvent.UNSURE, "connection lost")
    page = as_person(OFFICER).get("/deliveries").text
    assert "Lượt này có thể đã đến nơi." in page
    assert "Đã kiểm tra, chuyển lại" in page


@pytest.mark.parametrize("account", [CLERK, AUDITOR])
def test_only_the_officer_has_it_tried_again(house: House, as_person: AsPerson, mail: Acceptance, account: Account) -> None:
    sample.settle(house.store, mail.mail.id, DeliveryEvent.GIVE_UP, SAID)
    visitor = as_person(account)
    assert "Chuyển lại ngay" not in visitor.get("/deliveries").text
    visitor.get("/cases")
    assert visitor.press(f"/delivery/{mail.mail.id}-1/retry").status_code == 403
    assert state_of(house, mail) is DeliveryState.DEAD


@pytest.mark.parametrize("address", ["/deliveries?tab=khong-co"])
def test_an_unknown_tab_is_not_found(as_person: AsPerson, address: str) -> None:
    assert as_person(OFFICER).get(address).status_code == 404


def test_an_unknown_delivery_is_not_found(as_person: AsPerson) -> None:
    officer = as_person(OFFICER)
    officer.get("/deliveries")
    assert officer.press("/delivery/01ARZ3NDEKTSV4RRFFQ69G5FAV-1/retry").status_code == 404
