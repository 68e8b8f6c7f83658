"""Why a verdict is as it is: the rule as it was, what met each condition, what was passed over, what would change it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from gateway.model import Account, Case
from gateway.policy.conditions import CONDITIONS
from gateway.policy.rules import parse
from tests.policy import desk
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, OFFICER, House

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


def by_rule_four(house: House) -> Case:
    made = sample.by_rule(sample.decision_case(datetime.now(UTC)), "4")
    house.store.accept_now([made])
    return sample.case_of(made)


def panel(page: str) -> str:
    return page[page.index('id="why-title"') : page.index('id="sender-title"')]


def test_the_panel_has_the_rule_with_its_clause_and_dates_and_every_condition(house: House, as_person: AsPerson) -> None:
    case = by_rule_four(house)
    text = panel(as_person(CLERK).get(f"/case/{case.id}").text)
    for part in (
        "Văn thư gửi văn bản phát hành qua thư điện tử",
        "(05/11/2019)",
        "áp dụng từ 01/11/2019",
        "Thư mang văn bản phát hành của chính đơn vị gửi",
        "Người gửi là văn thư của đơn vị",
        "Người nhận ở đơn vị khác trong ngành hoặc người nhận ở ngoài ngành",
        "Nếu phát hành thẳng trên hệ thống QLVB&amp;ĐH",
        "1 · Tài liệu mật",
        "Quy tắc gone",
        "Lời giải thích để đọc qua điện thoại",
    ):
        assert part in text


def test_a_sign_leads_to_its_mark_on_the_picture_of_the_page(house: House, as_person: AsPerson) -> None:
    case, clerk = by_rule_four(house), as_person(CLERK)
    text = clerk.get(f"/case/{case.id}").text
    mark = re.search(r'href="(/case/[^"#]+)#(mark-number-\d+-\d+)"', text)
    assert mark is not None
    assert f'id="{mark[2]}"' in clerk.get(mark[1].replace("&amp;", "&")).text


def test_the_page_of_the_mail_has_the_same_panel_and_leads_to_the_case(house: House, as_person: AsPerson) -> None:
    case = by_rule_four(house)
    for person in (OFFICER, AUDITOR):
        text = as_person(person).get(f"/mail/{case.mail_id}").text
        assert "Thư mang văn bản phát hành của chính đơn vị gửi" in text
        assert f"/case/{case.id}?file=" in text


def test_a_verdict_of_a_policy_that_was_is_told_by_that_policy(house: House, as_person: AsPerson) -> None:
    old = desk.policy().text.replace('title = "Văn thư gửi văn bản phát hành qua thư điện tử"', 'title = "Tên cũ"')
    version = parse(old.encode(), where="old").version
    made = sample.by_rule(sample.decision_case(datetime.now(UTC)), "4")
    made = replace(made, verdicts=tuple(replace(each, policy_version=version) for each in made.verdicts))
    house.store.accept_now([made])
    clerk, address = as_person(CLERK), f"/case/{sample.case_of(made).id}"
    assert "không còn đọc được ở cổng này" in panel(clerk.get(address).text)
    house.store.put_policy(version, old, now=datetime.now(UTC))
    assert "Tên cũ" in panel(clerk.get(address).text)


def test_of_a_sealed_mail_no_words_are_told(remember: Remember, as_person: AsPerson) -> None:
    case = remember(sample.sealed_case)
    text = as_person(OFFICER).get(f"/mail/{case.mail_id}").text
    assert "Lời giải thích để đọc qua điện thoại" not in text
    assert "<q>" not in text


@pytest.mark.parametrize("rule", desk.policy().rules, ids=lambda rule: rule.id)
def test_every_condition_of_the_policy_that_ships_can_be_said(rule: object) -> None:
    for name, given in rule.when.items():  # type: ignore[attr-defined]
        condition = CONDITIONS[name]
        assert all(condition.met(condition.takes(given)))
