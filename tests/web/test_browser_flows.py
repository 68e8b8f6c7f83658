"""Whole ways through the console in a real browser: in English, by keyboard alone, without a script, with a second factor."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, expect

from gateway.lifecycle import CaseState
from gateway.model import Case
from tests.documents.test_outline import html_mail
from tests.web import sample, test_casework
from tests.web.sample import AUDITOR, CLERK, HEAD_CLERK, LEADER, OFFICER, House
from tests.web.seat import Seat
from tests.web.test_sign_in import now_code

Remember = Callable[..., Case]


@pytest.fixture
def desk(chromium: Browser, console: str) -> Iterator[Seat]:
    """A person at a desk."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN", accept_downloads=True)
    yield Seat(context.new_page(), console, "desk")
    context.close()


@pytest.fixture
def plain_desk(chromium: Browser, console: str) -> Iterator[Seat]:
    """A browser that runs no script."""
    context = chromium.new_context(java_script_enabled=False, locale="vi-VN")
    yield Seat(context.new_page(), console, "no-script")
    context.close()


def test_a_clerk_who_reads_english_finds_compares_and_decides_by_keyboard(
    house: House, desk: Seat, remember: Remember, now: datetime
) -> None:
    twins = [test_casework.opened(house, now, test_casework.NUMBER, ago=ago, key=str(ago)) for ago in (20, 10)]
    remember(sample.incoming_case)
    desk.sign_in(CLERK)
    desk.page.locator("summary:has(.who)").focus()
    desk.page.keyboard.press("Enter")
    desk.page.locator(".menu-body [lang=en]").focus()
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("html")).to_have_attribute("lang", "en")
    desk.key("/")
    desk.page.keyboard.type("518 qd sgddt")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator(".register tr.row")).to_have_count(2)
    desk.key("j")
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url("**/case/**")
    desk.key("m")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Is it the same document?")
    desk.key("s")
    desk.page.wait_for_url(re.compile(r"/case/[^/]+$"))
    states = {house.store.views.case(case.id).state for case in twins}
    assert states == {CaseState.WAITING, CaseState.MERGED}
    desk.open("/cases")
    desk.key("3")
    expect(desk.page.locator(".tabs a[aria-current=page] kbd")).to_have_text("3")
    desk.key("1")
    desk.key("f")
    expect(desk.page.locator(".narrow-by select").first).to_be_focused()
    desk.fits("queue-english")


@pytest.mark.parametrize(
    ("path", "keys"),
    [("/cases", "123fplgombxy"), ("/case/{case}", "acrtegovun")],
    ids=["queue", "case"],
)
def test_each_key_stands_on_what_it_presses_and_no_key_stands_twice(
    desk: Seat, remember: Remember, path: str, keys: str
) -> None:
    remember(sample.incoming_case)
    case = remember(sample.decision_case)
    desk.sign_in(HEAD_CLERK)
    desk.open(path.format(case=case.id))
    shown = desk.page.evaluate(
        "[...document.querySelectorAll('[data-key]')].filter(e => e.offsetParent).map(e => [e.dataset.key, e.textContent])"
    )
    pressed = [key for key, _ in shown]
    assert len(pressed) == len(set(pressed)), pressed
    assert set(keys) - set(pressed) <= set("xm"), pressed  # x marks a row, m needs a duplicate
    bare = [key for key, text in shown if text.split()[-1:] != [key] and f"{key} " not in f"{text} " and key not in "/ug"]
    assert bare == []


@pytest.mark.parametrize(
    ("fold", "choose", "state"),
    [
        ("#release", "radio", CaseState.RELEASED),
        ("#transfer", "unit", CaseState.WAITING),
        ("#approve", "", CaseState.APPROVED),
        (".correct", "number", CaseState.WAITING),
    ],
)
def test_every_decision_is_made_without_a_script(
    house: House, plain_desk: Seat, remember: Remember, fold: str, choose: str, state: CaseState
) -> None:
    case = remember(sample.decision_case)
    plain_desk.sign_in(CLERK)
    plain_desk.open(f"/case/{case.id}")
    form = plain_desk.page.locator(fold)
    if choose:
        form.locator("summary").click()
    if choose in ("radio", "unit"):
        form.locator("input[type=radio]").first.check()
    if choose == "unit":
        form.locator("select").select_option("PGDCS")
    if choose == "number":
        form.locator("input[name=number_symbol]").fill("519/QĐ-SGDĐT")
    form.locator("button[type=submit]").click()
    expect(plain_desk.page.get_by_role("status")).to_be_visible()
    found = house.store.views.case(case.id)
    assert found.state is state
    assert (found.unit == "PGDCS") == (choose == "unit")
    assert found.document is not None
    assert found.document.number_symbol.startswith("519" if choose == "number" else "518")


def test_many_are_decided_and_taken_back_without_a_script(house: House, plain_desk: Seat, remember: Remember) -> None:
    case = remember(sample.decision_case)
    plain_desk.sign_in(CLERK)
    plain_desk.page.locator(f"input[name=case][value='{case.id}']").check()
    plain_desk.page.locator("#bulk button").first.click()
    plain_desk.page.locator("button[data-key=a]").click()
    plain_desk.page.get_by_role("button", name="Làm tiếp 1 hồ sơ còn lại").click()
    expect(plain_desk.page.locator(".outcome.is-done")).to_have_count(1)
    assert house.store.views.case(case.id).state is CaseState.APPROVED
    plain_desk.page.locator("button[data-key=z]").click()
    expect(plain_desk.page.locator(".outcome.is-undone")).to_have_count(1)
    assert house.store.views.case(case.id).state is CaseState.WAITING


def test_a_second_factor_is_set_up_and_asked_for(seat: Seat) -> None:
    seat.sign_in(CLERK)
    seat.open("/me")
    seat.page.get_by_role("button", name="Bật xác thực hai bước").click()
    seat.fits("factor")
    secret = seat.page.locator("code").inner_text().replace(" ", "")
    seat.page.get_by_label("Mật khẩu").fill(sample.PASSWORD)
    seat.page.get_by_label("Mã sáu số").fill(now_code(secret))
    seat.page.keyboard.press("Enter")
    expect(seat.page.locator("main")).to_contain_text("mã dự phòng")
    seat.fits("factor-codes")
    seat.page.context.clear_cookies()
    seat.open("/sign-in")
    seat.page.get_by_label("Tên đăng nhập").fill(CLERK.name)
    seat.page.get_by_label("Mật khẩu").fill(sample.PASSWORD)
    seat.page.keyboard.press("Enter")
    seat.page.get_by_label("Mã", exact=False).first.fill(now_code(secret, off=1))
    seat.page.keyboard.press("Enter")
    seat.page.wait_for_url("**/cases")


def test_the_html_of_a_mail_runs_nothing_and_asks_nobody(house: House, desk: Seat, now: datetime) -> None:
    evil = (
        "<p id=said>Kính gửi</p><script>parent.document.title='hacked'</script><img src='http://track.example/x.png'"
        " onerror=\"top.location='/khong-co'\"><form action='/password'><button>Bấm</button></form>"
        "<style>@import 'http://track.example/x.css'; body { background: url(http://track.example/b.png) }</style>"
    )
    made = sample.passed(html_mail(evil), sender="a@x.example", to="sgd@y.example", at=now)
    house.store.accept_now([made])
    asked: list[str] = []
    desk.page.context.on("request", lambda request: asked.append(request.url))
    desk.sign_in(OFFICER)
    desk.open(f"/mail/{made.mail.id}?layer=html")
    frame = desk.page.frame_locator("iframe.glass")
    expect(frame.get_by_text("Kính gửi")).to_be_visible()
    desk.page.wait_for_load_state("networkidle")
    assert "hacked" not in desk.page.title()
    assert [url for url in asked if "track.example" in url] == []
    assert frame.locator("script, form, img[src^=http]").count() == 0
    assert f"/mail/{made.mail.id}" in desk.page.url


def test_a_leader_goes_from_a_number_to_its_rows_and_an_auditor_takes_the_proof(
    house: House, desk: Seat, remember: Remember
) -> None:
    case = remember(sample.decision_case)
    desk.sign_in(LEADER)
    desk.open("/month")
    desk.page.locator("table a[href*='/']").filter(has_text=re.compile(r"^\s*1\s*$")).first.click()
    expect(desk.page.locator("main")).to_contain_text("518/QĐ-SGDĐT")
    expect(desk.page.locator("[data-decides]")).to_have_count(0)
    desk.fits("rows-of-a-number")
    desk.page.context.clear_cookies()
    desk.sign_in(AUDITOR)
    desk.open(f"/audit/case/{case.id}")
    with desk.page.expect_download() as taken:
        desk.page.locator("form.proof button").click()
    with zipfile.ZipFile(io.BytesIO(taken.value.path().read_bytes())) as proof:
        assert any(name.endswith(".json") for name in proof.namelist())


def test_a_sender_follows_the_link_of_a_letter_on_a_phone(house: House, seat: Seat, remember: Remember) -> None:
    case = remember(sample.held_case)
    seat.open(house.links.to_status(case.mail_id).removeprefix("https://vanthu.example"))
    expect(seat.page.get_by_role("heading", level=1)).to_have_text("Thư tôi gửi đang ở đâu?")
    expect(seat.page.locator("main")).to_contain_text(case.mail_id)
    seat.fits("my-mail")


def test_tab_goes_through_a_case_in_the_order_of_the_page_and_is_seen(desk: Seat, remember: Remember) -> None:
    case = remember(sample.decision_case)
    desk.sign_in(CLERK)
    desk.open(f"/case/{case.id}")
    desk.page.keyboard.press("Tab")
    expect(desk.page.locator("a.skip")).to_be_focused()
    desk.page.keyboard.press("Enter")
    seen: list[str] = []
    for _ in range(14):
        desk.page.keyboard.press("Tab")
        name, outline = desk.page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.textContent.trim().slice(0, 40), s.outlineStyle + s.boxShadow] })()"
        )
        assert outline != "nonenone", f"{name} shows no focus"
        seen.append(name)
    assert any(name.startswith("Duyệt") for name in seen), seen
