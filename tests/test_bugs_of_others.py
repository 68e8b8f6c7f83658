"""Fourteen bugs that were found in other systems of this kind: none of them may be one of ours.

Each has a test; those that stand elsewhere are named here, and a test sees to it that they are there.

====  =================================================  ======================================================================
no.   what went wrong elsewhere                          what shows that it does not here
====  =================================================  ======================================================================
B1    mails without Message-ID were taken for known      test_mails_with_and_without_a_message_id_are_all_kept
B2    what failed once never came in again               test_what_failed_on_a_full_disk_arrives_when_there_is_room
                                                         test_a_store_that_is_gone_for_a_while_loses_no_message
B3    a rule that matched nothing stopped later rules    test_a_rule_that_matches_nothing_changes_no_verdict
                                                         test_what_came_before_changes_no_verdict
B4    half a mail was kept, the retry doubled it         test_a_mail_to_two_is_kept_for_both_or_for_none
                                                         test_a_failure_of_ours_is_451_with_an_id_and_nothing_else
B5    one bad mail kept back all behind it               test_a_file_that_cannot_be_read_does_not_keep_back_the_others
                                                         test_an_answer_that_cannot_be_fetched_does_not_keep_back_the_others
                                                         test_a_mail_that_nobody_can_parse_costs_itself_alone
B6    flags were set before the mail was safe            test_reading_changes_no_flag
                                                         test_messages_are_marked_once_they_are_ours
                                                         test_a_status_that_is_left_there_is_an_answer_until_it_is_acknowledged
B7    a few odd mails turned mailbox and sending off     test_documents_that_are_refused_pause_nobody
                                                         test_one_message_that_the_server_does_not_give_is_held_and_the_others_come
B8    answer lost, then "duplicate" was called a failure test_when_the_answer_is_lost_a_look_up_finds_the_document
                                                         test_an_answer_that_was_lost_after_the_commit_is_found_and_nothing_is_sent_again
B9    a repeat was judged without the first outcome      test_their_own_verdict_is_a_refusal_with_their_words
                                                         test_sending_again_is_a_success_and_no_second_entry
B10   concurrent arrivals mixed their files              test_fifty_at_once_are_fifty_entries_each_with_its_own_bytes
                                                         test_on_the_loop_many_accept_at_once
B11   what was given up lost its bytes                   test_what_was_given_up_keeps_its_bytes_and_goes_out_whole
B12   ids were forgotten, a late repeat was a second     test_a_repeat_after_a_month_gets_the_first_receipt
      document                                           test_the_same_event_in_a_month_is_the_same_event
B13   two pollers took the same twice                    test_two_gateways_on_one_mailbox_take_each_mail_once
                                                         test_two_follow_ups_take_one_answer_once
B14   two mails with one Message-ID were called one      test_the_same_message_id_with_other_bytes_is_kept_and_shown
====  =================================================  ======================================================================
"""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.courier import Parcel
from gateway.errors import StoreUnavailable
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import Action, Mail, Recognition, Verdict, digest_of, new_id
from gateway.policy.decide import decide
from gateway.policy.rules import Policy
from tests.policy import desk
from tests.test_followup import ADMIN, OFFICE, House
from tests.test_intake import Moody, Way, a_mail, intake, store
from tests.world import letters

__all__ = ["store"]  # the fixture

TESTS = Path(__file__).parent
_NAMED = re.compile(r"\btest_\w+")


def test_each_of_the_fourteen_has_a_test_that_is_there() -> None:
    assert __doc__ is not None
    rows = re.split(r"^B\d+ ", __doc__, flags=re.M)[1:]
    written = set(re.findall(r"def (test_\w+)", "\n".join(path.read_text() for path in TESTS.rglob("test_*.py"))))
    assert [bool(_NAMED.findall(row)) for row in rows] == [True] * 14
    assert set(_NAMED.findall(__doc__)) - written == set()


# --- B1, B2, B4: nothing is lost on the way in ------------------------------------------------------------------------


def mails_of(store: Moody) -> list[str]:
    return [row.id for row in store.views.mails(limit=50).rows if row.sender]


def test_mails_with_and_without_a_message_id_are_all_kept(store: Moody) -> None:
    door = intake(store, Way(), Recognition())
    heads = [b"Message-ID: <1@x.example>\r\n", b"", b"Message-ID: <2@x.example>\r\n", b"", b"Message-ID: \r\n"]
    raws = [head + b"Subject: so lieu\r\n\r\n%d\r\n" % n for n, head in enumerate(heads)]
    mails = [replace(a_mail(desk.TEACHER, desk.DIVISION, raw), digest=digest_of(raw)) for raw in raws]
    for mail in mails:
        asyncio.run(door.accept(mail))
    assert sorted(mails_of(store)) == sorted(mail.id for mail in mails)
    assert [store.views.raw(mail.id) for mail in mails] == [mail.raw for mail in mails]


def a_document(*to: str) -> Mail:
    return replace(desk.mail(desk.CLERK, *to), id=new_id(), raw=letters.letter_of_a_school())


def test_what_failed_on_a_full_disk_arrives_when_there_is_room(store: Moody) -> None:
    door = intake(store, Way(), desk.carrying(desk.issued("THCSLL")))
    store.full_at = frozenset({0})
    with pytest.raises(StoreUnavailable):
        asyncio.run(door.accept(a_document(desk.DIVISION)))
    assert store.views.cases(units=None, states=tuple(CaseState), limit=10).rows == ()
    asyncio.run(door.accept(a_document(desk.DIVISION)))  # the sender's server tries again
    (case,) = store.views.cases(units=None, states=tuple(CaseState), limit=10).rows
    assert case.state in (CaseState.APPROVED, CaseState.WAITING)


def test_a_mail_to_two_is_kept_for_both_or_for_none(store: Moody) -> None:
    door = intake(store, Way(), desk.carrying(desk.issued("THCSLL")))
    store.full_at = frozenset({0})
    with pytest.raises(StoreUnavailable):
        asyncio.run(door.accept(a_document(desk.DIVISION, desk.DEPARTMENT)))
    assert mails_of(store) == []
    again = a_document(desk.DIVISION, desk.DEPARTMENT)
    asyncio.run(door.accept(again))
    assert mails_of(store) == [again.id]
    assert [verdict.recipient for verdict in store.views.verdicts(again.id)] == [desk.DIVISION, desk.DEPARTMENT]
    assert len(store.views.cases(units=None, states=tuple(CaseState), limit=10).rows) == 1


# --- B3: rules do not remember ----------------------------------------------------------------------------------------

CARRIED = st.sampled_from(["SGDHG", "PGDCS", "THCSLL", "MNHS", "ELSEWHERE"]).map(lambda head: desk.carrying(desk.issued(head)))
SENDERS = st.sampled_from([desk.CLERK, desk.TEACHER, desk.OUTSIDE, desk.KINDERGARTEN])
RECIPIENTS = st.sampled_from([desk.DIVISION, desk.RETIRED, desk.OUTSIDE, desk.OBSERVED_CLERK])


def judged(policy: Policy, mail: Mail, carried: Recognition) -> list[Verdict]:
    """Without what says which rules were looked at on the way."""
    found = decide(policy, desk.directory(), mail, carried, mail.arrival.at)
    return [replace(verdict, passed_over=(), policy_version="") for verdict in found]


@given(sender=SENDERS, to=RECIPIENTS, carried=CARRIED, place=st.floats(0, 0.999))
def test_a_rule_that_matches_nothing_changes_no_verdict(sender: str, to: str, carried: Recognition, place: float) -> None:
    policy = desk.policy()
    n = int(place * len(policy.rules))
    idle = replace(
        policy.rules[n], id="khong-ai", action=Action.HOLD, when={"larger_than_kb": 10**9}, valid_from=date(2020, 1, 1)
    )
    rules = (*policy.rules[:n], idle, *policy.rules[n:])
    with_idle = Policy(rules=rules, issuance=policy.issuance, version="x")
    mail = desk.mail(sender, to)
    assert judged(with_idle, mail, carried) == judged(policy, mail, carried)


@given(before=st.lists(st.tuples(SENDERS, RECIPIENTS, CARRIED), max_size=4), mail=st.tuples(SENDERS, RECIPIENTS, CARRIED))
def test_what_came_before_changes_no_verdict(
    before: list[tuple[str, str, Recognition]], mail: tuple[str, str, Recognition]
) -> None:
    sender, to, carried = mail
    alone = judged(desk.policy(), desk.mail(sender, to), carried)
    for other in before:
        judged(desk.policy(), desk.mail(*other[:2]), other[2])
    assert judged(desk.policy(), desk.mail(sender, to), carried) == alone


# --- B7, B11: one document's trouble is its own -----------------------------------------------------------------------


def test_documents_that_are_refused_pause_nobody(tmp_path: Path) -> None:
    house = House(tmp_path, lambda delivery_id, tries: "no", answers=False)
    for n in range(8):
        house.case(n)
    house.carry()
    assert OFFICE not in house.worker.paused
    house.office.fault = lambda delivery_id, tries: ""
    good, delivery = house.case(9)
    house.carry()
    assert (house.entries_of(good), house.delivery(delivery).state) == (1, DeliveryState.DELIVERED)


def test_what_was_given_up_keeps_its_bytes_and_goes_out_whole(tmp_path: Path) -> None:
    house = House(tmp_path, lambda delivery_id, tries: "refused-connection", answers=False)
    case, delivery = house.case(7)
    for _ in range(3):
        house.carry()
        house.now += timedelta(hours=1)
    assert house.delivery(delivery).state is DeliveryState.DEAD
    house.now += timedelta(days=400)
    house.store.purge(house.now, keep_passed=timedelta(days=1), keep_captured=timedelta(days=1))
    assert house.store.views.raw(case.mail_id) == b"Subject: 7\r\n\r\n"

    carried: list[Parcel] = []
    house.office.fault = lambda delivery_id, tries: ""
    deliver = house.office.deliver

    async def watched(parcel: Parcel) -> object:
        carried.append(parcel)
        return await deliver(parcel)

    house.office.deliver = watched  # type: ignore[method-assign,assignment]
    house.traffic.retry(delivery.id, ADMIN)
    house.carry()
    assert [parcel.mail.raw for parcel in carried] == [b"Subject: 7\r\n\r\n"]
    assert house.delivery(delivery).state is DeliveryState.DELIVERED
