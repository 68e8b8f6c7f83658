"""Which cases are laid before the clerk as one document, and what her answer does, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.documents.sketch import likeness, sketch_of
from gateway.errors import NotAllowed
from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Action, Case, Document, Event, FileReading, Mail, Nature, Relation
from gateway.policy.sameness import Layer, MarkKind, marks_of
from gateway.store import Acceptance, Opening, Store
from tests.store.letters import NOON, SECOND, captured, case, document, mail

AGENCY = "SGDHG"
WORDS = [f"Căn cứ chức năng nhiệm vụ số {n} của Sở, đề nghị các đơn vị thực hiện việc thứ {n * 7} đúng hạn." for n in range(30)]


def paper(name: str, what: Document, *, digest: str, words: list[str] | None = None) -> FileReading:
    return FileReading(
        name=name, digest=digest * 32, size=4711, nature=Nature.ISSUED, documents=(what,), sketch=sketch_of(words or [])
    )


def open_case(
    store: Store,
    number: str = "45/QĐ-SGDĐT",
    *,
    digest: str = "ab",
    raw: bytes = b"",
    words: list[str] | None = None,
    after: int = 0,
    what: Document | None = None,
    **other: object,
) -> Case:
    """A mail with one paper, as the intake would have opened its case."""
    what = what or replace(document(number), issued_on=date(2026, 11, 20))
    of = mail(raw or f"Subject: {digest}\r\n\r\n{after}\r\n".encode(), at=NOON + after * SECOND)
    opened = case(of, document=what, files=(paper("a.pdf", what, digest=digest, words=words),), key=digest * 32, **other)
    store.accept_now([with_marks(of, opened)])
    return opened


def with_marks(of: Mail, opened: Case) -> Acceptance:
    acceptance = captured(of, opened)
    marks = marks_of(opened, of, agency=AGENCY)
    return replace(acceptance, openings=(Opening(case=opened, marks=marks),))


def layers(store: Store, of: Case) -> list[Layer]:
    return [proposal.layer for proposal in store.casework.proposals(of.id)]


def test_the_same_bytes_join_without_a_person(store: Store) -> None:
    first = open_case(store)
    open_case(store, after=1)
    assert len(store.views.mails_of_case(first.id)) == 2
    assert store.casework.proposals(first.id) == ()


def test_a_word_twin_with_the_same_number_is_proposed_and_joins_nothing_by_itself(store: Store) -> None:
    first, second = open_case(store), open_case(store, digest="cd", after=1)
    assert layers(store, second) == [Layer.NUMBER]
    assert layers(store, first) == [Layer.NUMBER]
    assert len(store.views.mails_of_case(first.id)) == 1
    assert store.casework.undecided([first.id, second.id]) == {first.id: 1, second.id: 1}
    assert [story.event for story in store.views.story(case_id=second.id)] == [Event.CASE_OPENED, Event.PROPOSED]


def test_a_number_of_another_year_is_another_document(store: Store) -> None:
    open_case(store, what=replace(document("45/QĐ-SGDĐT"), issued_on=date(2025, 11, 20)))
    second = open_case(store, digest="cd", after=1)
    assert layers(store, second) == []


def test_another_unit_is_never_shown_the_case(store: Store) -> None:
    open_case(store)
    assert layers(store, open_case(store, digest="cd", unit="PGDCS", after=1)) == []


def test_the_same_message_id_with_other_bytes_is_kept_and_shown(store: Store) -> None:
    raw = b"Message-ID: <one@x>\r\n\r\n"
    open_case(store, raw=raw + b"a\r\n")
    second = open_case(store, "46/QĐ-SGDĐT", digest="cd", raw=raw + b"b\r\n", after=1)
    assert layers(store, second) == [Layer.MESSAGE_ID]


def test_a_scan_of_the_same_words_is_proposed_with_how_much_is_common(store: Store) -> None:
    scan = [line.replace("thực hiện", "thuc h1en") if n % 5 == 0 else line for n, line in enumerate(WORDS)]
    open_case(store, words=WORDS)
    second = open_case(store, "", digest="cd", words=scan, after=1)
    (proposal,) = store.casework.proposals(second.id)
    assert proposal.layer is Layer.TEXT
    assert 60 <= proposal.percent < 100


def test_other_words_are_not_proposed(store: Store) -> None:
    open_case(store, words=WORDS)
    other = [f"Kính mời thầy cô dự hội nghị lần {n} tại hội trường lớn vào buổi chiều ngày {n}." for n in range(30)]
    assert layers(store, open_case(store, "", digest="cd", words=other, after=1)) == []


def test_an_old_twin_is_found_behind_newer_letters_that_share_some_words(store: Store) -> None:
    twin = open_case(store, words=WORDS)
    for n in range(45):
        own = [f"Đoạn thứ {n} của thư này nói về chuyện riêng số {k * 11 + n}, không ai khác nhắc tới nó." for k in range(20)]
        open_case(store, "", digest=f"{n + 16:02x}", words=[*WORDS[:16], *own], after=n + 1)
    again = open_case(store, "", digest="cd", words=[*WORDS[:-1], "Một câu đã sửa."], after=60)
    assert [(each.layer, each.other_id) for each in store.casework.proposals(again.id)] == [(Layer.TEXT, twin.id)]


def test_what_is_the_same_joins_with_its_mails_and_comes_back_when_that_was_wrong(store: Store) -> None:
    first, second = open_case(store), open_case(store, digest="cd", after=1)
    store.casework.decide(second.id, first.id, same=True, by="huong", now=NOON)
    merged = store.views.case(second.id)
    assert (merged.state, merged.merged_into) == (CaseState.MERGED, first.id)
    assert len(store.views.mails_of_case(first.id)) == 2
    with pytest.raises(NotAllowed, match="Đã có người"):
        store.casework.decide(second.id, first.id, same=False, by="lien", now=NOON)

    store.casework.take_back(second.id, first.id, by="huong", now=NOON)
    assert store.views.case(second.id).state is CaseState.WAITING
    assert len(store.views.mails_of_case(first.id)) == 1
    assert len(store.views.mails_of_case(second.id)) == 1
    assert not store.casework.proposals(first.id)[0].decision


def test_a_third_mail_with_the_bytes_of_a_joined_case_goes_where_that_went(store: Store) -> None:
    first, second = open_case(store), open_case(store, digest="cd", after=1)
    store.casework.decide(second.id, first.id, same=True, by="huong", now=NOON)
    open_case(store, digest="cd", after=2)
    assert len(store.views.mails_of_case(first.id)) == 3


def test_when_that_is_closed_the_bytes_open_a_new_case(store: Store) -> None:
    first, second = open_case(store), open_case(store, digest="cd", after=1)
    store.casework.decide(second.id, first.id, same=True, by="huong", now=NOON)
    store.move_case(first.id, CaseEvent.WITHDRAW, by="huong", detail={}, now=NOON)
    third = open_case(store, digest="cd", after=2)
    assert store.views.case(third.id).state is CaseState.WAITING
    with pytest.raises(NotAllowed, match="không tách ra"):
        store.casework.take_back(second.id, first.id, by="huong", now=NOON)


def test_a_returned_case_takes_nothing_in(store: Store) -> None:
    first = open_case(store)
    store.move_case(first.id, CaseEvent.RETURN, by="huong", detail={}, now=NOON)
    corrected = open_case(store, digest="cd", after=1)
    store.casework.decide(corrected.id, first.id, same=True, by="huong", now=NOON)
    assert store.views.case(corrected.id).state is CaseState.WAITING


@pytest.mark.parametrize("held", ["first", "second"])
def test_a_held_mail_keeps_its_own_case_whatever_is_the_same(store: Store, held: str) -> None:
    action = {held: Action.HOLD}
    first = open_case(store, action=action.get("first", Action.REDIRECT))
    second = open_case(store, digest="cd", after=1, action=action.get("second", Action.REDIRECT))
    if held == "second":
        store.move_case(first.id, CaseEvent.APPROVE, by="huong", detail={}, now=NOON)
    store.casework.decide(second.id, first.id, same=True, by="huong", now=NOON)
    assert store.views.case(second.id).state is CaseState.WAITING
    assert [len(store.views.mails_of_case(each.id)) for each in (first, second)] == [1, 1]
    assert store.casework.proposals(second.id)[0].decision == "same"


def test_a_recall_of_what_still_waits_raises_the_alarm_whichever_came_first(store: Store) -> None:
    recall = replace(document("50/SGDĐT-VP"), relation=Relation.RECALL, concerns="45/QĐ-SGDĐT")
    earlier = open_case(store)
    later = open_case(store, digest="cd", what=recall, after=1)
    (tie,) = store.casework.ties(earlier.id)
    assert (tie.case_id, tie.other_id, tie.relation) == (later.id, earlier.id, Relation.RECALL)
    assert store.casework.ties(later.id) == (tie,)
    assert store.views.case(earlier.id).alarm

    late = replace(document("60/SGDĐT-VP"), relation=Relation.CORRECTION, concerns="51/QĐ-SGDĐT")
    first_seen = open_case(store, digest="ef", what=late, after=2)
    meant = open_case(store, "51/QĐ-SGDĐT", digest="01", after=3)
    assert [each.case_id for each in store.casework.ties(meant.id)] == [first_seen.id]


def test_a_case_goes_to_another_unit_and_nothing_of_it_stays(store: Store) -> None:
    moved, stays = open_case(store), open_case(store, digest="cd", after=1)
    due = NOON + timedelta(hours=8)
    store.casework.transfer(moved.id, to_unit="PGDCS", office="ioffice", due_at=due, reason="gửi nhầm", by="huong", now=NOON)
    found = store.views.case(moved.id)
    assert (found.unit, found.office, found.state, found.due_at) == ("PGDCS", "ioffice", CaseState.WAITING, due)
    assert store.casework.proposals(stays.id) == ()
    assert [each.to_unit for each in store.casework.gone(["SGDHG"])] == ["PGDCS"]


def test_a_transferred_case_meets_its_twin_over_there(store: Store) -> None:
    there = open_case(store, unit="PGDCS")
    moved = open_case(store, after=1)
    store.casework.transfer(moved.id, to_unit="PGDCS", office="", due_at=None, reason="nhầm", by="huong", now=NOON)
    assert layers(store, there) == [Layer.FILE]


def test_sealed_cases_have_no_marks_and_are_compared_with_none(store: Store, tmp_path: Path) -> None:
    open_case(store)
    of = mail(b"Subject: x\r\n\r\n", at=NOON + SECOND)
    sealed = case(of, state=CaseState.SEALED, document=None, files=(), key="", subject="")
    store.accept_now([captured(of, sealed)])
    assert store.casework.proposals(sealed.id) == ()


def test_a_stand_in_acts_from_the_first_day_to_the_last(store: Store) -> None:
    from gateway.model import Account, Role

    for name in ("huong", "lien"):
        store.put_account(Account(name=name, full_name=name, role=Role.CLERK, units=(name,)))
    store.casework.stand_in("huong", "lien", since=NOON, until=NOON + timedelta(days=2), by="huong", now=NOON)
    assert store.casework.absent_for("lien", NOON) == ("huong",)
    assert store.casework.absent_for("lien", NOON + timedelta(days=2)) == ()
    store.casework.stand_in("huong", "", since=NOON, until=NOON, by="huong", now=NOON)
    assert store.casework.stand_ins(NOON) == ()


def test_a_short_text_has_no_sketch_and_is_like_nothing() -> None:
    assert sketch_of(["Kính gửi Sở Giáo dục"]) == ()
    assert likeness((), (1, 2)) == 0.0
    assert likeness(sketch_of(WORDS), sketch_of(WORDS)) == 1.0


def test_a_logo_is_no_mark() -> None:
    of = mail(b"Subject: x\r\n\r\n")
    logo = FileReading(name="logo.png", digest="ff" * 32, size=900, nature=Nature.OTHER)
    marks = marks_of(case(of, files=(logo,), document=None), of, agency="")
    assert [mark.kind for mark in marks] == [MarkKind.MAIL]
