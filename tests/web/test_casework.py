"""Duplicates, related documents, assignment, transfer and stand-ins in the console; and what other units may see of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from gateway.model import Account, Case, Relation
from gateway.policy.sameness import Mark, MarkKind
from gateway.store import Acceptance
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import House

As = Callable[[Account], Visitor]
NUMBER = Mark(kind=MarkKind.NUMBER, value="SGDHG|2026|518/qd-sgddt")
NAME = Mark(kind=MarkKind.NAME, value="SGDHG|518/qd-sgddt")


def opened(house: House, now: datetime, *marks: Mark, ago: int, key: str, relation: Relation = Relation.NONE) -> Case:
    acceptance: Acceptance = sample.decision_case(now - timedelta(minutes=ago))
    (opening,) = acceptance.openings
    assert opening.case.document is not None
    document = replace(opening.case.document, relation=relation)
    case = replace(opening.case, key=key, document=document)
    house.store.accept_now([replace(acceptance, openings=(replace(opening, case=case, marks=marks),))])
    return case


def test_two_cases_are_compared_side_by_side_and_judged(house: House, as_person: As, now: datetime) -> None:
    first, second = (opened(house, now, NUMBER, ago=ago, key=str(ago)) for ago in (20, 10))
    clerk = as_person(sample.CLERK)
    assert "có thể trùng" in clerk.get("/cases").text
    page = clerk.get(f"/case/{second.id}").text
    assert "Cùng cơ quan, năm, số và ký hiệu" in page
    page = clerk.get(f"/case/{second.id}/compare/{first.id}").text
    assert page.count("518/QĐ-SGDĐT") >= 2
    assert "Tệp 1" in page

    clerk.press(f"/case/{second.id}/same/{first.id}", answer="same")
    page = clerk.get(f"/case/{second.id}").text
    assert "đã nhập hồ sơ khác" in page
    assert f"/case/{first.id}" in page
    assert "2 thư mang văn bản này" in clerk.get(f"/case/{first.id}").text

    clerk.press(f"/case/{first.id}/undo/{second.id}")
    assert "chờ văn thư" in clerk.get(f"/case/{second.id}").text


def test_an_answer_that_is_none_or_about_strangers_is_refused(house: House, as_person: As, now: datetime) -> None:
    first, second = (opened(house, now, NUMBER, ago=ago, key=str(ago)) for ago in (20, 10))
    stranger = opened(house, now, ago=5, key="5")
    clerk = as_person(sample.CLERK)
    clerk.get(f"/case/{second.id}")
    assert clerk.press(f"/case/{second.id}/same/{first.id}", answer="perhaps").status_code == 400
    assert clerk.press(f"/case/{second.id}/same/{stranger.id}", answer="same").status_code == 404
    assert clerk.get(f"/case/{second.id}/compare/{stranger.id}").status_code == 404
    other = as_person(sample.SCHOOL_CLERK)
    assert other.get(f"/case/{second.id}/compare/{first.id}").status_code == 404


def test_a_recall_is_shown_both_ways_and_approval_needs_a_second_look(house: House, as_person: As, now: datetime) -> None:
    first = opened(house, now, NAME, ago=20, key="1")
    meant = Mark(kind=MarkKind.CONCERNS, value=NAME.value)
    second = opened(house, now, meant, ago=10, key="2", relation=Relation.RECALL)
    clerk = as_person(sample.CLERK)
    assert f"/case/{first.id}" in clerk.get(f"/case/{second.id}").text
    page = clerk.get(f"/case/{first.id}").text
    assert "đã có văn bản khác thu hồi" in page
    assert "vẫn duyệt" in page
    clerk.press(f"/case/{first.id}/approve")
    assert "Xin xem lại" in clerk.get(f"/case/{first.id}").text
    clerk.press(f"/case/{first.id}/approve", despite="yes")
    assert "đang bàn giao" in clerk.get(f"/case/{first.id}").text


def test_a_case_is_given_to_a_clerk(house: House, as_person: As, now: datetime) -> None:
    case = opened(house, now, ago=20, key="1")
    leader = as_person(sample.LEADER)
    leader.get(f"/case/{case.id}")
    leader.press(f"/case/{case.id}/assign", assignee=sample.CLERK.name)
    assert f"Đã giao cho <b>{sample.CLERK.name}</b>" in leader.get(f"/case/{case.id}").text
    leader.press(f"/case/{case.id}/assign", assignee=sample.SCHOOL_CLERK.name)
    assert "Chỉ giao được" in leader.get(f"/case/{case.id}").text


def test_after_a_transfer_the_old_unit_sees_only_that_it_went(house: House, as_person: As, now: datetime) -> None:
    case = opened(house, now, ago=20, key="1")
    clerk = as_person(sample.CLERK)
    clerk.get(f"/case/{case.id}")
    clerk.press(f"/case/{case.id}/transfer", unit="PGDCS", note="")
    assert "lý do chuyển" in clerk.get(f"/case/{case.id}").text
    clerk.press(f"/case/{case.id}/transfer", unit="PGDCS", reason="Văn bản thuộc đơn vị khác")
    page = clerk.get(f"/case/{case.id}").text
    assert "đã được chuyển cho Phòng Giáo dục và Đào tạo Cẩm Sơn" in page
    assert "518" not in page
    assert "Văn bản thuộc đơn vị khác" in clerk.get("/cases/gone").text
    assert clerk.get(f"/case/{case.id}/file/0").status_code == 404
    assert "518/QĐ-SGDĐT" in as_person(sample.SCHOOL_CLERK).get(f"/case/{case.id}").text
    assert as_person(sample.SCHOOL_CLERK).get("/cases/gone").text.count('<tr class="row">') == 0


def test_a_stand_in_sees_the_cases_of_who_is_absent(house: House, as_person: As, now: datetime) -> None:
    case = opened(house, now, ago=20, key="1")
    assert as_person(sample.SCHOOL_CLERK).get(f"/case/{case.id}").status_code == 404
    clerk = as_person(sample.CLERK)
    clerk.get("/stand-in")
    until = (now + timedelta(days=2)).date().isoformat()
    since = (now - timedelta(days=1)).date().isoformat()
    clerk.press("/stand-in", account=sample.CLERK.name, stand_in=sample.SCHOOL_CLERK.name, since=since, until=until)
    assert sample.SCHOOL_CLERK.name in clerk.get("/stand-in").text
    stand_in = as_person(sample.SCHOOL_CLERK)
    assert stand_in.get(f"/case/{case.id}").status_code == 200
    clerk.press("/stand-in", account=sample.CLERK.name, stand_in="")
    assert stand_in.get(f"/case/{case.id}").status_code == 404
