"""The list of cases: narrowed and sorted by its address, had as JSON and CSV, and the way back to its row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from gateway.model import Account, Case
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, OFFICER, SCHOOL_CLERK, House
from web.exports import cell

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


def test_a_list_is_narrowed_by_its_address(as_person: AsPerson, remember: Remember) -> None:
    held, decision = remember(sample.held_case, ago=timedelta(days=9)), remember(sample.decision_case)
    clerk = as_person(CLERK)

    def shown(query: str) -> tuple[bool, bool]:
        page = clerk.get(f"/cases?{query}").text
        return f"/case/{decision.id}" in page, f"/case/{held.id}" in page

    assert shown("") == (True, True)
    assert shown("age=today") == (True, False)
    assert shown("age=older&late=1") == (False, True)
    assert shown("kind=Quy%E1%BA%BFt+%C4%91%E1%BB%8Bnh") == (True, False)
    assert shown("rule=khong-doc-duoc") == (False, True)
    assert shown("q=518+qd+sgddt") == (True, False)
    assert shown("q=518/Q%C4%90-SGD%C4%90T&order=due") == (True, False)
    assert shown("mine=1") == (False, False)
    assert "Không có hồ sơ nào khớp với các điều kiện đang lọc." in clerk.get("/cases?mine=1").text


def test_nonsense_in_an_address_is_not_an_error(as_person: AsPerson, remember: Remember) -> None:
    remember(sample.decision_case)
    clerk = as_person(CLERK)
    assert clerk.get("/cases?order=x&age=y&direction=z&after=no").status_code == 200
    assert clerk.get("/cases?q=%00'%22)*:%26|!").status_code == 200
    assert clerk.get("/cases?tab=nowhere").status_code == 404
    assert clerk.get("/cases?unit=PGDCS").status_code == 404


def test_the_same_list_is_json_and_csv(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    remember(sample.sealed_case)
    officer = as_person(OFFICER)
    (row,) = officer.get("/cases.json?tab=waiting").get_json()["rows"]
    assert (row["id"], row["number_symbol"]) == (case.id, "518/QĐ-SGDĐT")
    answer = officer.get("/cases.csv?tab=all")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert table[0][:2] == ["Mã hồ sơ", "Nhận lúc"]
    assert len(table) == 3
    assert "518/QĐ-SGDĐT" in table[1] or "518/QĐ-SGDĐT" in table[2]


def test_a_list_holds_only_what_its_reader_may_see_and_its_export_is_remembered(
    house: House, as_person: AsPerson, remember: Remember
) -> None:
    remember(sample.decision_case)
    assert as_person(SCHOOL_CLERK).get("/cases.json").get_json()["rows"] == []
    assert len(as_person(AUDITOR).get("/cases.json").get_json()["rows"]) == 1


def test_no_cell_is_a_formula() -> None:
    assert cell("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert cell("@x") == "'@x"
    assert cell(-5) == "-5"
    assert cell(datetime(2026, 11, 29, 1, 0, tzinfo=UTC)) == "2026-11-29 08:00"


def test_the_way_back_leads_to_the_row_of_the_list_one_came_from(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    clerk.get("/cases?order=oldest&q=518")
    page = clerk.get(f"/case/{case.id}").text
    assert f'href="/cases?order=oldest&amp;q=518#c-{case.id}" data-key="u"' in page


def test_the_next_case_is_the_next_of_the_list_one_came_from(as_person: AsPerson, remember: Remember) -> None:
    oldest, middle, newest = (remember(sample.decision_case, ago=timedelta(hours=n)) for n in (3, 2, 1))
    held = remember(sample.held_case, ago=timedelta(minutes=90))
    clerk = as_person(CLERK)
    clerk.get("/cases")
    clerk.get("/cases?q=518&order=oldest")
    assert f'class="next" href="/case/{newest.id}"' in clerk.get(f"/case/{middle.id}").text
    assert f'class="next" href="/case/{oldest.id}"' in clerk.get(f"/case/{newest.id}").text
    clerk.get("/cases?q=khong-co-gi")
    assert f'class="next" href="/case/{held.id}"' in clerk.get(f"/case/{newest.id}").text
