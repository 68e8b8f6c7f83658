"""Every text of the console has its English, with the same values in it."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog
from flask import Flask

from gateway.phrases import phrase
from tests.web.conftest import Visitor
from tools import translations
from tools.translations import catalogue, english_of, found, ids, in_gateway_code, in_template, in_web_code
from web.format import counted, moment, number, size
from web.language import said
from web.remembered import COOKIES

ENGLISH = {"Cookie": f"{COOKIES['language']}=en"}


@pytest.fixture(scope="module")
def english() -> Catalog:
    """The catalogue of the repository."""
    return catalogue()


def test_what_code_and_templates_say_is_in_the_catalogue_and_nothing_else(english: Catalog) -> None:
    said_now = {each.text for each in found() if each.text}
    assert said_now == set(ids(english)), "run `make translations`"
    assert [f"{each.place}: {each.problem}" for each in found() if each.problem] == []


def test_every_text_has_its_english_without_a_vietnamese_letter(english: Catalog) -> None:
    assert translations.lacking(english) == []
    named = {
        "Tiếng Việt",  # a language in its own words
        "ví dụ Báo cáo; để trống: loại nào cũng được",  # a kind of document, as one types it
    }
    left = [text for text in ids(english) if translations.VIETNAMESE.search("".join(english_of(english, text)))]
    assert set(left) <= named


def test_both_languages_have_the_same_values_in_a_text(english: Catalog) -> None:
    def values(text: str) -> set[str]:
        return set(re.findall(r"%\(\w+\)s|%%", text))

    assert [text for text in ids(english) for form in english_of(english, text) if values(form) != values(text)] == []


@pytest.mark.parametrize(
    ("reader", "source", "wanted"),
    [
        (in_template, "<b>{{ _('Thư') }}</b>{% trans x=y %}số {{ x }}{% endtrans %}", ("Thư", "số %(x)s")),
        (in_template, "{{ _n('%(num)s tệp', n) }}", ("%(num)s tệp",)),
        (in_web_code, 'TABS = {"a": "Chờ"}\nflash(gettext("Xong"))\nraise NotAllowed("Thôi")', ("Chờ", "Xong", "Thôi")),
        (in_gateway_code, 'NotAllowed("Chỉ %(who)s", who=x)\nlog("thư")\nphrase("Sai")', ("Chỉ %(who)s", "Sai")),
    ],
)
def test_texts_are_found_where_they_are_said(reader: object, source: str, wanted: tuple[str, ...]) -> None:
    assert callable(reader)
    assert {each.text for each in reader(source, "here")} == set(wanted)


@pytest.mark.parametrize(
    ("reader", "source"),
    [(in_template, "<p>Thư</p>"), (in_web_code, 'flash(f"Đã gửi {n}")'), (in_gateway_code, 'NotAllowed(f"Chỉ {who}")')],
)
def test_a_vietnamese_text_outside_of_the_catalogue_is_a_problem(reader: object, source: str) -> None:
    assert callable(reader)
    assert any(each.problem for each in reader(source, "here"))


def test_what_the_gateway_said_is_said_again_in_english_with_its_values(app: Flask) -> None:
    refusal = phrase("Chỉ văn thư %(unit)s được quyết định hồ sơ này.", unit=phrase("đơn vị %(code)s", code="X"))
    with app.test_request_context(headers=ENGLISH):
        assert said(refusal) == "Only the clerk of unit X decides this case."
        assert said("của ai đó") == "của ai đó"
    assert refusal == "Chỉ văn thư đơn vị X được quyết định hồ sơ này."


def test_dates_and_numbers_are_written_as_the_reader_does(app: Flask, now: object) -> None:
    from datetime import UTC, datetime

    at = datetime(2019, 11, 5, 1, 45, tzinfo=UTC)
    with app.test_request_context(headers=ENGLISH):
        english = (
            moment(at),
            number(12345),
            number(3.5),
            size(1_500_000),
            counted("%(num)s thư", 1),
            counted("%(num)s thư", 1200),
        )
    with app.test_request_context():
        vietnamese = (moment(at), number(12345), number(3.5), size(1_500_000), counted("%(num)s thư", 1200))
    assert english == ("08:45 5 Nov 2019", "12,345", "3.5", "1.4 MB", "1 mail", "1,200 mails")
    assert vietnamese == ("08:45 05/11/2019", "12.345", "3,5", "1,4 MB", "1.200 thư")


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [("", "vi"), ("en-US,en;q=0.9", "en"), ("en-US,en;q=0.9,vi;q=0.5", "vi"), ("fr", "vi"), ("vi-VN", "vi")],
)
def test_the_browser_asks_and_whoever_reads_vietnamese_gets_it(visitor: Visitor, asked: str, wanted: str) -> None:
    page = visitor.client.get("/sign-in", headers={"Accept-Language": asked}).text
    assert f'<html lang="{wanted}">' in page


def test_a_press_changes_the_language_and_the_browser_remembers_it(visitor: Visitor) -> None:
    visitor.get("/sign-in?next=/cases")
    answer = visitor.press("/language", language="en", back="/sign-in?next=/cases")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in?next=/cases")
    assert "Sign in" in visitor.get("/sign-in").text
    visitor.press("/language", language="vi", back="/sign-in")
    assert "Đăng nhập" in visitor.get("/sign-in").text


def test_the_switch_takes_no_other_language_and_leads_nowhere_else(visitor: Visitor) -> None:
    visitor.get("/sign-in")
    assert visitor.press("/language", language="xx").status_code == 400
    answer = visitor.press("/language", language="en", back="//elsewhere.example/")
    assert answer.headers["Location"] == "/"
