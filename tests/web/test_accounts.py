"""The officer's page of accounts."""

from __future__ import annotations

import re
from collections.abc import Callable

from gateway.model import Account, Event
from tests.web.conftest import Visitor
from tests.web.sample import CLERK, OFFICER, House

AsPerson = Callable[[Account], Visitor]


def _make(officer: Visitor, **fields: str | list[str]) -> str:
    officer.get("/accounts")
    given: dict[str, str | list[str]] = {"name": "lan.pgdcs", "full_name": "Phạm Thị Lan", "role": "clerk", "units": ["PGDCS"]}
    return officer.press("/accounts", **given | fields).text


def _password_in(page: str) -> str:
    found = re.search(r'class="secret"><code>([^<]+)</code>', page)
    assert found, page
    return found[1]


def test_a_new_account_gets_a_first_password_that_its_owner_changes(
    house: House, as_person: AsPerson, visitor: Visitor
) -> None:
    first = _password_in(_make(as_person(OFFICER)))
    assert visitor.sign_in("lan.pgdcs", first).status_code == 302
    assert visitor.get("/cases").headers["Location"] == "/password"
    visitor.get("/password")
    visitor.press("/password", old=first, new="mot cau dai de nho", again="mot cau dai de nho")
    assert "Phạm Thị Lan" in visitor.get("/cases").text


def test_what_is_typed_wrong_is_said_and_nothing_is_made(house: House, as_person: AsPerson) -> None:
    officer = as_person(OFFICER)
    for fields, said in (
        ({"name": "Lan Anh"}, "chữ thường không dấu"),
        ({"units": []}, "ít nhất một đơn vị"),
        ({"units": ["XYZ"]}, "Không có đơn vị XYZ"),
        ({"role": "sếp"}, "Xin chọn vai trò"),
        ({"full_name": " "}, "họ và tên"),
        ({"name": CLERK.name}, "Đã có tài khoản"),
    ):
        assert said in _make(officer, **fields)
    assert house.store.account("lan.pgdcs") is None


def test_an_account_is_closed_and_what_it_did_stays(house: House, as_person: AsPerson) -> None:
    clerk, officer = as_person(CLERK), as_person(OFFICER)
    officer.get(f"/accounts/{CLERK.name}")
    officer.press(f"/accounts/{CLERK.name}", full_name=CLERK.full_name, role="clerk", units=["SGDHG"])
    assert clerk.get("/cases").status_code == 302
    assert "đã đóng" in officer.get("/accounts").text


def test_a_role_is_changed_and_its_sessions_end(house: House, as_person: AsPerson) -> None:
    clerk, officer = as_person(CLERK), as_person(OFFICER)
    officer.get(f"/accounts/{CLERK.name}")
    officer.press(f"/accounts/{CLERK.name}", full_name=CLERK.full_name, role="leader", units=["SGDHG"], active="yes")
    assert (account := house.store.account(CLERK.name)) is not None
    assert account.role == "leader"
    assert clerk.get("/cases").status_code == 302


def test_an_officer_does_not_lock_himself_out(house: House, as_person: AsPerson) -> None:
    officer = as_person(OFFICER)
    officer.get(f"/accounts/{OFFICER.name}")
    response = officer.press(f"/accounts/{OFFICER.name}", full_name="Minh", role="auditor", active="yes")
    assert response.status_code == 422
    assert "Không tự đóng" in response.text


def test_a_forgotten_password_is_replaced_and_sessions_end(house: House, as_person: AsPerson, visitor: Visitor) -> None:
    clerk, officer = as_person(CLERK), as_person(OFFICER)
    officer.get(f"/accounts/{CLERK.name}")
    first = _password_in(officer.press(f"/accounts/{CLERK.name}/reset").text)
    assert clerk.get("/cases").status_code == 302
    assert visitor.sign_in(CLERK.name, first).status_code == 302


def test_every_change_of_an_account_is_told_with_who_did_it(house: House, as_person: AsPerson) -> None:
    officer = as_person(OFFICER)
    _make(officer)
    officer.get("/accounts/lan.pgdcs")
    officer.press("/accounts/lan.pgdcs/end-sessions")
    rows = house.store.chain.story_rows(after=0, until=1 << 40)
    told = [values for _, values in rows if values[2] == Event.ACCOUNT_CHANGED]
    assert [row[5] for row in told] == [OFFICER.name, OFFICER.name]
    assert '"made"' in str(told[0][6])
    assert "password" not in str(told)
