"""Registers and figures: on both databases, what stands in a book, and numbers that are the rows behind them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from msgspec.structs import replace

from gateway.directory.calendar import VIETNAM, Calendar
from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Action, Case, Direction, Mail, lasting_id
from gateway.store import WHAT, Acceptance, Period, Store
from tests.store.letters import CLERK, MINH, NOON, TEACHER, captured, case, mail, passing, verdict

OUT, YEAR = Direction.OUTGOING, (date(2026, 1, 1), date(2027, 1, 1))
DAY = timedelta(days=1)
PERIOD = Period(since=NOON - 3 * DAY, until=NOON + 3 * DAY, now=NOON + DAY, calendar=Calendar())


def sent(at: datetime, *, sender: str = TEACHER, n: int = 0) -> Mail:
    """A mail of that moment, its identity too."""
    letter = mail(f"Subject: {at} {n}\r\n\r\n".encode(), at=at, sender=sender)
    return replace(letter, id=lasting_id(at, letter.digest))


def opened(store: Store, at: datetime = NOON, *, n: int = 0, **other: object) -> Case:
    """A case of a mail that came at a moment."""
    letter = sent(at, n=n)
    one = case(letter, key="", opened_at=at, **other)
    store.accept_now([captured(letter, one)])
    return one


def moved(store: Store, one: Case, *events: CaseEvent, after: timedelta = timedelta(hours=1), reason: str = "") -> None:
    """The steps that a case takes, all at the same moment."""
    for event in events:
        store.move_case(one.id, event, by="vanthu", detail={"reason": reason} if reason else {}, now=one.opened_at + after)


def ids(store: Store, what: str) -> set[str]:
    """The cases behind a number."""
    return {row.id for row in store.case_figures.cases(what, PERIOD, None).rows}


HANDED = (CaseEvent.APPROVE, CaseEvent.HAND_OVER)


def test_a_book_has_what_the_office_system_has_and_nothing_else(store: Store) -> None:
    waits, there, back = (opened(store, n=n) for n in range(3))
    moved(store, there, *HANDED)
    moved(store, back, CaseEvent.RETURN)
    (line,) = store.registers.book("SGDHG", OUT, since=YEAR[0], until=YEAR[1]).rows
    assert line.id == there.id != waits.id
    assert line.book_on == date(2026, 11, 23)
    assert line.document == there.document
    assert store.registers.count("SGDHG", OUT, since=YEAR[0], until=YEAR[1]) == 1
    assert store.registers.book("SGDHG", Direction.INCOMING, since=YEAR[0], until=YEAR[1]).rows == ()


def test_the_day_that_the_office_says_puts_a_document_into_the_book_of_its_year(store: Store) -> None:
    one = opened(store, datetime(2026, 12, 31, 20, tzinfo=VIETNAM))
    store.receipts.answer(one.id, CaseEvent.RECEIVE, (), by="vanthu", reason="", number="7", on=date(2027, 1, 4), now=NOON)
    assert store.registers.count("SGDHG", OUT, since=YEAR[0], until=YEAR[1]) == 0
    (line,) = store.registers.book("SGDHG", OUT, since=date(2027, 1, 1), until=date(2028, 1, 1)).rows
    assert (line.register_number, line.book_on, line.registered_on) == ("7", date(2027, 1, 4), date(2027, 1, 4))
    assert store.registers.years(("SGDHG",)) == (2027,)
    assert store.registers.years(("KHAC",)) == ()


def test_a_book_is_read_page_by_page_in_the_order_of_its_days(store: Store) -> None:
    cases = [opened(store, NOON - n % 3 * DAY, n=n) for n in range(7)]
    for one in cases:
        moved(store, one, *HANDED)
    expected = [one.id for one in sorted(cases, key=lambda one: (one.opened_at, one.id))]
    found, after = [], ""
    while True:
        page = store.registers.book("SGDHG", OUT, since=YEAR[0], until=YEAR[1], after=after, limit=3)
        found += [line.id for line in page.rows]
        if not (after := page.after):
            break
    assert found == expected
    assert [line.id for line in store.registers.lines("SGDHG", OUT, since=YEAR[0], until=YEAR[1])] == expected


def test_each_number_is_the_rows_behind_it(store: Store) -> None:
    redirected, returned, held = opened(store), opened(store, n=1), opened(store, n=2, action=Action.HOLD)
    at_night = opened(store, datetime(2026, 11, 23, 22, tzinfo=VIETNAM), n=3)
    moved(store, redirected, *HANDED, CaseEvent.REGISTER)
    moved(store, returned, CaseEvent.RETURN, after=timedelta(hours=5), reason="Thiếu phụ lục")  # the deadline was at four
    (line,) = store.case_figures.counts(PERIOD, None)
    assert line.counts == {what: len(ids(store, what)) for what in WHAT}
    assert ids(store, "registered") == {redirected.id}
    assert ids(store, "returned") == {returned.id}
    assert ids(store, "held") == {held.id}
    assert ids(store, "after-hours") == {at_night.id}
    assert ids(store, "late") == {returned.id, held.id, at_night.id}
    assert store.case_figures.counts(PERIOD, ("KHAC",)) == ()


def test_what_is_sealed_is_in_no_number_and_no_book(store: Store) -> None:
    opened(store, action=Action.QUARANTINE, state=CaseState.SEALED)
    assert store.case_figures.counts(PERIOD, None) == ()
    assert store.case_figures.oldest_waiting(None) == ()


def test_weekends_and_holidays_are_after_hours(store: Store) -> None:
    on_sunday = opened(store, datetime(2026, 11, 22, 9, tzinfo=VIETNAM))
    opened(store, datetime(2026, 11, 23, 9, tzinfo=VIETNAM), n=1)
    assert ids(store, "after-hours") == {on_sunday.id}


def test_steps_of_a_day_say_who_took_them_and_why(store: Store) -> None:
    one = opened(store)
    moved(store, one, CaseEvent.RETURN, reason="Thiếu phụ lục")
    since = datetime.combine(date(2026, 11, 23), time(), VIETNAM)
    (step,) = store.case_figures.moves(since, since + DAY, ("SGDHG",))
    assert (step.case_id, step.event, step.actor, step.reason) == (one.id, CaseEvent.RETURN, "vanthu", "Thiếu phụ lục")
    assert step.is_first
    assert store.case_figures.moves(since - DAY, since, None) == ()
    assert store.case_figures.moves(since, since + DAY, ("KHAC",)) == ()


def test_waiting_cases_are_counted_and_the_oldest_come_first(store: Store) -> None:
    older, newer = opened(store, NOON - DAY, alarm=True), opened(store)
    assert [row.id for row in store.case_figures.oldest_waiting(("SGDHG",))] == [older.id, newer.id]
    assert store.case_figures.waiting(None, NOON + timedelta(hours=2)) == {"SGDHG": (2, 1, 1)}
    assert store.case_figures.waiting(None, NOON + DAY) == {"SGDHG": (2, 2, 1)}


def test_the_time_to_register_is_from_the_opening_to_what_we_heard(store: Store) -> None:
    one = opened(store)
    moved(store, one, *HANDED, CaseEvent.REGISTER, after=timedelta(hours=3))
    (span,) = store.case_figures.spans(PERIOD, None)
    assert span.registered_at - span.opened_at == timedelta(hours=3)


def issue(store: Store, at: datetime, action: Action, *, sender: str = TEACHER, n: int = 0, **other: object) -> Mail:
    """A mail that was decided so."""
    letter = sent(at, sender=sender, n=n)
    acceptance = Acceptance(mail=letter, verdicts=(verdict(CLERK), verdict(MINH, action, **other)), decided_at=at)
    store.accept_now([acceptance])
    return letter


def test_who_still_issues_by_mail_is_told_by_sender_and_week(store: Store) -> None:
    refused = issue(store, NOON, Action.REJECT)
    passed = issue(store, NOON + 8 * DAY, Action.DELIVER, would_have=Action.REJECT)
    held = issue(store, NOON, Action.HOLD, n=1)
    issue(store, NOON, Action.COPY, sender="ubnd@lamha.example", n=2)
    store.accept_now([passing(mail())])
    since, until = NOON - DAY, NOON + 20 * DAY
    found = {(each.sender, each.week): each for each in store.mail_figures.issued(since, until)}
    assert found.keys() == {(TEACHER, 0), (TEACHER, 1), ("ubnd@lamha.example", 0)}
    assert (found[TEACHER, 0].refused, found[TEACHER, 0].held, found[TEACHER, 0].mails) == (1, 1, 1)
    assert found[TEACHER, 1].let_through == 1
    rows = store.mail_figures.mails("issued", since, until, (TEACHER,)).rows
    assert [row.id for row in rows] == [passed.id, refused.id]
    assert [row.id for row in store.mail_figures.mails("held", since, until, (TEACHER,)).rows] == [held.id]


def test_a_mail_that_the_clerk_let_through_was_no_issuance(store: Store) -> None:
    letter = sent(NOON)
    one = case(letter)
    store.accept_now([captured(letter, one)])
    assert len(store.mail_figures.issued(NOON - DAY, NOON + DAY)) == 1
    moved(store, one, CaseEvent.RELEASE)
    assert store.mail_figures.issued(NOON - DAY, NOON + DAY) == ()
