"""Registers and the table of a month: on the screen, on paper, as workbook and CSV; whose they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime

import openpyxl
import pytest
from msgspec.structs import replace

from gateway.courier import Answer, Level
from gateway.lifecycle import CaseEvent
from gateway.model import Account, Case
from gateway.registers.books import HEADINGS, cells_of
from gateway.registers.sheet import harmless
from gateway.store import Acceptance, Opening
from gateway.store.receipt_values import Effect, Fit
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import CLERK, HEAD_CLERK, LEADER, OFFICER, SCHOOL_CLERK, House, case_of

AsPerson = Callable[[Account], Visitor]
YEAR = datetime.now(UTC).year
OUT = f"/register/outgoing?unit=SGDHG&year={YEAR}"


def with_document(acceptance: Acceptance, **fields: object) -> Acceptance:
    """The same, but for what was read in the document."""
    case = case_of(acceptance)
    assert case.document is not None
    changed = replace(case, document=replace(case.document, **fields))
    return replace(acceptance, openings=(Opening(case=changed),))


def registered(house: House, acceptance: Acceptance, number: str = "77") -> Case:
    """A case that was approved, handed over, and registered by its office system today."""
    house.store.accept_now([acceptance])
    case, now = case_of(acceptance), datetime.now(UTC)
    for event in (CaseEvent.APPROVE, CaseEvent.HAND_OVER):
        house.store.move_case(case.id, event, by=CLERK.name, detail={}, now=now)
    answer = Answer(
        event_id=f"e-{case.id}", level=Level.REGISTERED, status="03", register_number=number, registered_on=date(YEAR, 11, 20)
    )
    house.store.receipts.keep(case.office, answer, Fit(case_id=case.id), Effect(case=CaseEvent.REGISTER), now=now)
    return house.store.views.case(case.id)


def test_a_line_has_the_ten_columns_of_the_decree_and_nothing_is_made_up(house: House, now: datetime) -> None:
    made = with_document(sample.decision_case(now), addressees=("Như Điều 4", "UBND tỉnh", "Lưu: VT, TCCB"))
    case = registered(house, made)
    (entry,) = house.store.registers.lines("SGDHG", case.direction, since=date(YEAR, 1, 1), until=date(YEAR + 1, 1, 1))
    line = dict(zip(HEADINGS[case.direction], cells_of(entry), strict=True))
    assert line["Số, ký hiệu văn bản"] == "518/QĐ-SGDĐT"
    assert line["Ngày tháng văn bản"] == date(2026, 11, 18)
    assert line["Người ký"] == "Đặng Quốc Hưng"
    assert line["Nơi nhận văn bản"] == "Như Điều 4; UBND tỉnh"
    assert line["Đơn vị, người nhận bản lưu"] == "VT, TCCB"
    assert line["Ngày chuyển"] == date(YEAR, 11, 20)
    assert (line["Số lượng bản"], line["Ký nhận"]) == (None, None)
    assert line["Ghi chú"] == "số trên hệ thống: 77"


def test_what_came_in_stands_under_the_number_that_the_office_gave_it(house: House, now: datetime) -> None:
    case = registered(house, sample.incoming_case(now), "1204")
    (entry,) = house.store.registers.lines("SGDHG", case.direction, since=date(YEAR, 1, 1), until=date(YEAR + 1, 1, 1))
    line = dict(zip(HEADINGS[case.direction], cells_of(entry), strict=True))
    assert (line["Ngày đến"], line["Số đến"]) == (date(YEAR, 11, 20), "1204")
    assert line["Tác giả"] == "SỞ GIÁO DỤC VÀ ĐÀO TẠO LAM HÀ"
    assert (line["Đơn vị hoặc người nhận"], line["Ngày chuyển"], line["Ký nhận"]) == (None, None, None)


def test_the_page_leads_to_the_case_and_the_paper_has_the_cover_lines(house: House, as_person: AsPerson, now: datetime) -> None:
    case = registered(house, sample.decision_case(now))
    clerk = as_person(CLERK)
    page = clerk.get(OUT).text
    assert f'href="/case/{case.id}"' in page
    assert page.count('<th scope="col">') == 10
    paper = clerk.get(OUT.replace("outgoing", "outgoing/print")).text
    assert "Sổ đăng ký văn bản đi" in paper
    assert f"Từ ngày 01/01/{YEAR} đến ngày 31/12/{YEAR}" in paper
    assert "main-nav" not in paper


def test_a_workbook_and_csv_have_the_same_lines_and_no_formula(house: House, as_person: AsPerson, now: datetime) -> None:
    evil = with_document(sample.decision_case(now), signer='=HYPERLINK("http://x.example")', subject="Một\x0bhai")
    registered(house, evil)
    clerk = as_person(CLERK)
    book = openpyxl.load_workbook(io.BytesIO(clerk.get(OUT.replace("outgoing", "outgoing.xlsx")).data))
    rows = list(book.worksheets[0].iter_rows())
    assert [cell.value for cell in rows[4]] == list(HEADINGS[case_of(evil).direction])
    assert (rows[6][3].value, rows[6][3].data_type) == ('=HYPERLINK("http://x.example")', "s")
    assert book.worksheets[0].page_setup.orientation == "landscape"
    answer = clerk.get(OUT.replace("outgoing", "outgoing.csv"))
    assert answer.data.startswith(b"\xef\xbb\xbf")
    head, line = csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
    assert head == list(HEADINGS[case_of(evil).direction])
    assert line[3] == '\'=HYPERLINK("http://x.example")'
    assert "Một hai" in line[2]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_text_becomes_a_formula(text: str) -> None:
    assert harmless(text).startswith(("'", " "))


def test_a_book_of_another_unit_does_not_exist(house: House, as_person: AsPerson, now: datetime) -> None:
    registered(house, sample.decision_case(now))
    school = as_person(SCHOOL_CLERK)
    assert school.get(OUT).status_code == 404
    assert school.get(OUT.replace("outgoing", "outgoing.xlsx")).status_code == 404
    assert "518" not in school.get("/register/outgoing").text
    assert as_person(HEAD_CLERK).get("/register/outgoing?unit=PGDCS").status_code == 200


@pytest.mark.parametrize("query", ["year=1", "month=13", "year=99999", "unit=KHONG"])
def test_a_book_that_makes_no_sense_is_no_page(as_person: AsPerson, query: str) -> None:
    assert as_person(OFFICER).get(f"/register/outgoing?{query}").status_code == 404


def test_a_book_is_read_by_programs_a_page_at_a_time(
    house: House, as_person: AsPerson, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.registers.ROWS", 1)
    registered(house, sample.decision_case(now))
    again = sample.decision_case(now)
    registered(house, replace(again, openings=(Opening(case=replace(case_of(again), key="again")),)))
    leader, address, numbers = as_person(LEADER), OUT.replace("outgoing", "outgoing.json"), []
    while address:
        page = leader.get(address).get_json()
        numbers += [row["Số, ký hiệu văn bản"] for row in page["rows"]]
        address = page["next"]
    assert numbers == ["518/QĐ-SGDĐT"] * 2  # a page each


def test_whoever_takes_a_book_away_is_remembered(house: House, as_person: AsPerson) -> None:
    as_person(LEADER).get(OUT.replace("outgoing", "outgoing.csv"))
    with house.store.registers.database.reading() as connection:
        (detail,) = connection.exec_driver_sql("SELECT detail FROM stories WHERE event = 'seen'").scalars()
    assert f"so-van-ban-di-SGDHG-{YEAR}" in detail


def test_the_table_of_a_month_counts_by_unit_and_its_numbers_lead_to_rows(
    house: House, as_person: AsPerson, now: datetime
) -> None:
    case = registered(house, sample.decision_case(now))
    house.store.accept_now([back := sample.held_case(now)])
    house.store.move_case(case_of(back).id, CaseEvent.RETURN, by=CLERK.name, detail={"reason": "Sai thể thức"}, now=now)
    officer = as_person(OFFICER)
    page = officer.get("/month").text
    link = next(part for part in page.split('"') if part.startswith("/statistics/cases?what=returned"))
    rows = officer.get(link.replace("&amp;", "&")).text
    assert f"/case/{case_of(back).id}" in rows
    assert f"/case/{case.id}" not in rows
    line = csv.reader(io.StringIO(officer.get("/month.csv").data.decode("utf-8-sig"), newline=""))
    assert next(line)[0] == "Đơn vị"
    assert next(line)[3:6] == ["1", "1", "1"]
    assert officer.get("/month.xlsx").status_code == 200
    assert officer.get("/month?month=2026-13").status_code == 404
