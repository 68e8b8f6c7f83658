"""Lists for the console: order, pages, search, numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import NotFound
from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Account, Action, Event, Role, Story
from gateway.store import Acceptance, CaseRow, Store
from gateway.store.texts import fold
from tests.store.letters import CLERK, MINH, NOON, TEACHER, captured, case, document, mail, passing, verdict


def test_a_line_of_the_queue_says_what_the_clerk_needs(store: Store) -> None:
    letter = mail()
    opened = case(letter)
    store.accept_now([captured(letter, opened)])
    assert store.views.cases(units=("SGDHG",), states=(CaseState.WAITING,)).rows == (
        CaseRow(
            id=opened.id,
            unit="SGDHG",
            office="qlvb-tinh",
            direction=opened.direction,
            action=Action.REDIRECT,
            state=CaseState.WAITING,
            opened_at=NOON,
            due_at=NOON + timedelta(hours=4),
            kind="Quyết định",
            number_symbol="45/QĐ-SGDĐT",
            issuer="Sở Giáo dục và Đào tạo Hương Giang",
            subject="Thành lập đoàn kiểm tra",
            urgency="khẩn",
            sender=TEACHER,
            reason="Văn thư phát hành văn bản qua thư điện tử.",
            rule="4-van-thu",
            alarm=False,
            mails=1,
        ),
    )


def test_cases_are_listed_newest_first_page_by_page_even_when_opened_at_the_same_moment(store: Store) -> None:
    opened = []
    for n in range(11):
        letter = mail(at=NOON + timedelta(minutes=n // 4))
        opened.append(case(letter, key=""))
        store.accept_now([captured(letter, opened[-1])])
    found: list[str] = []
    after = ""
    while True:
        page = store.views.cases(units=None, states=(), after=after, limit=3)
        found += [row.id for row in page.rows]
        after = page.after
        if not after:
            break
    assert found == [one.id for one in sorted(opened, key=lambda one: (one.opened_at, one.id), reverse=True)]


def test_a_clerk_sees_the_cases_of_her_units_only(store: Store) -> None:
    for unit in ("SGDHG", "PGDCS", "PGDTB"):
        letter = mail()
        store.accept_now([captured(letter, case(letter, unit=unit))])
    assert {row.unit for row in store.views.cases(units=("PGDCS", "THCSLL"), states=()).rows} == {"PGDCS"}
    assert store.views.cases(units=(), states=()).rows == ()
    assert store.views.case_counts(("PGDCS", "PGDTB")) == {CaseState.WAITING: 2}


def test_cases_are_found_by_state(store: Store) -> None:
    ids = []
    for _ in range(2):
        letter = mail()
        opened = case(letter, key="")
        store.accept_now([captured(letter, opened)])
        ids.append(opened.id)
    store.move_case(ids[0], CaseEvent.RELEASE, by="hoa", detail={}, now=NOON)
    assert [row.id for row in store.views.cases(units=None, states=(CaseState.WAITING,)).rows] == [ids[1]]
    assert [row.id for row in store.views.cases(units=None, states=(CaseState.RELEASED, CaseState.DONE)).rows] == [ids[0]]


@pytest.mark.parametrize(
    "text",
    [
        "45/QĐ",
        "45/qd-sgddt",
        "ĐOÀN KIỂM TRA",
        "doan kiem tra",
        "hương giang",
        "gv.lan",
        "kiem SGDDT",
        "gui quyet dinh",
        "045 qd sgddt",
        "qd45",
    ],
)
def test_a_case_is_found_by_number_subject_issuer_or_sender_without_marks(store: Store, text: str) -> None:
    letter = mail()
    store.accept_now([captured(letter, case(letter))])
    assert len(store.views.cases(units=None, states=(), text=text).rows) == 1


@pytest.mark.parametrize("text", ["46/QĐ", "4/QĐ", "100%", "%%", "thanh lap truong"])
def test_a_case_is_not_found_by_what_it_does_not_say(store: Store, text: str) -> None:
    letter = mail()
    store.accept_now([captured(letter, case(letter))])
    assert store.views.cases(units=None, states=(), text=text).rows == ()


def test_folding_takes_marks_and_case_away() -> None:
    assert fold("Trường THCS Lê Lợi, ĐẶNG ơ Ư") == "truong thcs le loi, dang o u"
    assert fold("Trươ\u0300ng") == "truong"
    assert fold("ABC") == "abc"


def test_mails_are_listed_newest_first_and_found_by_subject_sender_and_recipient(store: Store) -> None:
    first, second = mail(to=(CLERK,)), mail(to=(MINH,), sender="thptnh@sgdhuonggiang.edu.vn")
    store.accept_now([passing(first, subject="Kế hoạch tuần"), passing(second, subject="Số liệu")])
    assert [row.id for row in store.views.mails().rows] == sorted([first.id, second.id], reverse=True)
    assert store.views.mails(text="ke hoach").rows == ()
    assert store.mail_words.catch_up(datetime.now(UTC), limit=1) == 1
    assert store.mail_words.catch_up(datetime.now(UTC)) == 1
    assert store.mail_words.catch_up(datetime.now(UTC)) == 0
    assert [row.id for row in store.views.mails(text="ke hoach").rows] == [first.id]
    assert [row.id for row in store.views.mails(text="thptnh").rows] == [second.id]
    assert [row.id for row in store.views.mails(text="cv.minh số").rows] == [second.id]


def test_mails_come_page_by_page(store: Store) -> None:
    letters = [mail(f"{n}".encode()) for n in range(5)]
    store.accept_now([passing(letter) for letter in letters])
    page = store.views.mails(limit=3)
    store.accept_now([passing(mail())])  # at the front: the next page does not shift
    rest = store.views.mails(limit=3, after=page.after)
    assert [row.id for row in page.rows + rest.rows] == sorted((letter.id for letter in letters), reverse=True)
    assert rest.after == ""


def test_mails_are_found_by_what_happened_to_a_copy(store: Store) -> None:
    plain, mixed = mail(), mail(to=(CLERK, MINH))
    store.accept_now([passing(plain)])
    store.accept_now([Acceptance(mail=mixed, verdicts=(verdict(CLERK, Action.REDIRECT), verdict(MINH, Action.DELIVER)))])
    assert [row.id for row in store.views.mails(action=Action.REDIRECT).rows] == [mixed.id]
    assert {row.id for row in store.views.mails(action=Action.DELIVER).rows} == {plain.id, mixed.id}
    assert store.views.mails(action=Action.HOLD).rows == ()
    assert store.views.mail(mixed.id).actions == (Action.REDIRECT, Action.DELIVER)


def test_what_is_not_there_is_not_found(store: Store) -> None:
    for look in (store.views.mail, store.views.case, store.views.raw):
        with pytest.raises(NotFound):
            look("01NOSUCH")
    assert store.views.verdicts("01NOSUCH") == ()
    assert store.views.story(mail_id="01NOSUCH") == ()
    assert store.views.story() == ()
    assert store.views.mails_of_case("01NOSUCH") == ()


def test_statistics_count_since_a_moment(store: Store) -> None:
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    old = mail(at=now - timedelta(days=40))
    store.accept_now([passing(old)])
    for action, unit in ((Action.REDIRECT, "SGDHG"), (Action.REDIRECT, "PGDCS"), (Action.DELIVER, "")):
        letter = mail(at=now)
        store.accept_now([Acceptance(mail=letter, verdicts=(verdict(action=action, unit=unit, rule=f"rule-{action}"),))])
    found = store.views.statistics(now - timedelta(days=30))
    assert found.mails == 3
    assert found.by_action == {"redirect": 2, "deliver": 1}
    assert found.by_rule == {"rule-redirect": 2, "rule-deliver": 1}
    assert found.by_unit == {"SGDHG": 1, "PGDCS": 1}


def test_a_story_by_itself_is_kept(store: Store) -> None:
    letter = mail()
    opened = case(letter, document=document())
    store.accept_now([captured(letter, opened)])
    seen = Story(
        at=NOON, event=Event.SEEN, case_id=opened.id, actor="hoa", detail={"pages": 2, "ok": True, "f": 0.5, "l": ["a"]}
    )
    store.tell(seen)
    assert store.views.story(case_id=opened.id)[-1] == seen


def test_accounts_are_made_and_changed(store: Store) -> None:
    hoa = Account(name="hoa", full_name="Trần Thị Hoa", role=Role.CLERK, units=("SGDHG", "PGDCS"), password_hash="scrypt:…")  # noqa: S106 - no password
    minh = Account(name="minh", full_name="Lê Minh", role=Role.OFFICER)
    store.put_account(minh)
    store.put_account(hoa)
    assert store.account("hoa") == hoa
    assert store.accounts() == (hoa, minh)
    gone = Account(name="minh", full_name="Lê Minh", role=Role.AUDITOR, active=False)
    store.put_account(gone)
    assert store.account("minh") == gone
    assert store.account("nobody") is None


def test_what_somebody_chose_for_himself_stays_whatever_others_change_about_him(store: Store) -> None:
    store.put_account(Account(name="hoa", full_name="Trần Thị Hoa", role=Role.CLERK, units=("SGDHG",)))
    store.put_account(Account(name="minh", full_name="Lê Minh", role=Role.OFFICER))
    store.people.choose("hoa", language="en")
    store.people.choose("hoa", look="dark")
    store.people.choose("hoa")
    store.put_account(Account(name="hoa", full_name="Trần Thu Hoa", role=Role.CLERK, units=("PGDCS",)))
    hoa, minh = store.accounts()
    assert (hoa.full_name, hoa.language, hoa.look) == ("Trần Thu Hoa", "en", "dark")
    assert (minh.language, minh.look) == ("", "")


def test_one_may_be_told_once_per_period(store: Store) -> None:
    week = timedelta(days=7)

    def may(address: str, after: timedelta, topic: str = "address-moved") -> bool:
        return store.may_tell(topic, address, every=week, now=NOON + after)

    assert may("a@x.vn", timedelta())
    assert not may("A@x.vn", timedelta(days=6))
    assert may("b@x.vn", timedelta(days=6))
    assert may("a@x.vn", timedelta(days=6), topic="held")
    assert may("a@x.vn", week)
    assert not may("a@x.vn", 2 * week - timedelta(seconds=1))
