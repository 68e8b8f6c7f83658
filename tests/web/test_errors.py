"""Pages for what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from gateway.model import Account, Case
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import CLERK

AsPerson = Callable[[Account], Visitor]


def test_a_page_that_is_not_there_says_what_to_do(as_person: AsPerson) -> None:
    response = as_person(CLERK).get("/khong-co-trang-nay")
    assert response.status_code == 404
    assert "Không tìm thấy trang này" in response.text
    assert "Về trang đầu" in response.text


def test_a_form_without_its_token_is_refused(as_person: AsPerson, remember: Callable[..., Case]) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    response = clerk.client.post(f"/case/{case.id}/approve")
    assert response.status_code == 400
    assert "Việc vừa làm chưa được ghi" in response.text


def test_a_decision_cannot_be_made_by_a_link(as_person: AsPerson, remember: Callable[..., Case]) -> None:
    case = remember(sample.decision_case)
    assert as_person(CLERK).get(f"/case/{case.id}/approve").status_code == 405


def test_when_the_store_is_away_the_page_says_that_no_mail_is_lost(tmp_path: Path, as_person: AsPerson) -> None:
    clerk = as_person(CLERK)
    sample.lose_table(tmp_path, "cases")
    response = clerk.get("/cases")
    assert response.status_code == 503
    assert "Kho dữ liệu tạm thời chưa đọc được" in response.text


def test_even_accounts_that_cannot_be_read_end_in_a_page(tmp_path: Path, as_person: AsPerson) -> None:
    clerk = as_person(CLERK)
    sample.lose_table(tmp_path, "accounts")
    assert clerk.get("/cases").status_code == 503


def test_a_fault_of_ours_is_logged_whole_and_shown_in_general(
    app: Flask, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> str:
        raise RuntimeError("chi tiết nội bộ")

    app.add_url_rule("/fail", view_func=fail)
    with caplog.at_level(logging.ERROR):
        response = visitor.get("/fail")
    assert response.status_code == 500
    assert "Có lỗi ở phía máy chủ" in response.text
    assert "chi tiết nội bộ" not in response.text
    assert "chi tiết nội bộ" in caplog.text


def test_a_huge_form_is_refused(visitor: Visitor) -> None:
    visitor.get("/sign-in")
    response = visitor.press("/sign-in", name="x" * 100_000, password="")
    assert response.status_code == 413
