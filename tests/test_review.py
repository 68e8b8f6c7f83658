"""What a person may do to a case, and what it brings about, in the real store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import MappingProxyType

import pytest
from msgspec.structs import replace

from gateway.courier import Parcel
from gateway.directory.snapshot import Directory, Mailbox, MailboxRole, Organisation, OrganisationKind
from gateway.errors import IllegalTransition, NotAllowed, NotFound
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent, DeliveryState
from gateway.model import (
    Account,
    Action,
    Arrival,
    Case,
    Direction,
    Door,
    Event,
    Mail,
    Recipient,
    Role,
    Verdict,
    digest_of,
)
from gateway.notices import Notices
from gateway.review import Review
from gateway.store import Acceptance, Opening, Settlement, Store
from gateway.traffic import Traffic
from tests.world import reading
from tests.world.prepared import sqlite_in

NOW = datetime(2025, 11, 17, 2, 0, tzinfo=UTC)
OFFICE = "ioffice-nganh"
TEACHER = "gv.lan.thcsll@sgdhuonggiang.edu.vn"
DIVISION = "vanthu.pgdcs@sgdhuonggiang.edu.vn"
NURSERY = "mnhs@sgdhuonggiang.edu.vn"
RETIRED = "pgdcamson.huonggiang@moet.edu.vn"

CLERK = Account(name="thcsll", full_name="Văn thư Lê Lợi", role=Role.CLERK, units=("THCSLL",))
OTHER_CLERK = Account(name="pgdcs", full_name="Văn thư Cẩm Sơn", role=Role.CLERK, units=("PGDCS",))
LEADER = Account(name="hieutruong", full_name="Hiệu trưởng", role=Role.LEADER, units=("THCSLL",))
AUDITOR = Account(name="thanhtra", full_name="Thanh tra", role=Role.AUDITOR)
OFFICER = Account(name="quantri", full_name="Quản trị", role=Role.OFFICER)
GONE = replace(CLERK, active=False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(url=sqlite_in(tmp_path), blobs=tmp_path / "blobs", inline_bytes=16384, node="test")
    store.open()
    yield store
    store.close()


@pytest.fixture
def traffic(store: Store) -> Traffic:
    return Traffic(store=store, clock=lambda: NOW, poke=lambda: None, resume=lambda courier: None)


MakeReview = Callable[[Callable[[], datetime]], Review]


@pytest.fixture
def review(make_review: MakeReview) -> Review:
    return make_review(lambda: NOW)


@pytest.fixture
def make_review(store: Store) -> MakeReview:
    """Make a review with this clock."""
    directory = Directory(
        organisations=[Organisation(code="THCSLL", name="Trường THCS Lê Lợi", kind=OrganisationKind.SCHOOL)],
        mailboxes=[
            Mailbox(address="vanthu.thcsll@sgdhuonggiang.edu.vn", organisation="THCSLL", role=MailboxRole.CLERK),
        ],
    )
    notices = Notices(
        hostname="cong.sgdhuonggiang.edu.vn", help_phone="0200 000 000", help_url="https://vanthu.example/huong-dan"
    )
    return lambda clock: Review(
        store=store, directory=lambda: directory, offices={OFFICE}, notices=notices, clock=clock, poke=lambda: None
    )


def captured(
    store: Store,
    *,
    mail_id: str = "01KAMAIL0000000000000000A1",
    case_id: str = "01KACASE0000000000000000A1",
    sender: str = TEACHER,
    to: tuple[str, ...] = (DIVISION, NURSERY),
    actions: tuple[Action, ...] = (Action.REDIRECT, Action.REDIRECT),
    action: Action = Action.REDIRECT,
    direction: Direction = Direction.OUTGOING,
    state: CaseState = CaseState.WAITING,
    key: str = "k",
    office: str = OFFICE,
    targets: Mapping[str, str] = MappingProxyType({}),  # of retired addresses
    options: tuple[str, ...] = (),
    raw: bytes = b"Subject: =?utf-8?q?C=C3=B4ng_v=C4=83n?=\r\nMessage-ID: <a@b>\r\n\r\nbytes \0 as they came\r\n",
) -> Case:
    """A mail whose copies for ``to`` met ``actions``, and the case that it opened or joined."""
    mail = Mail(
        id=mail_id,
        sender=sender,
        recipients=tuple(Recipient(address=address, options=options) for address in to),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.SMTP, at=NOW),
    )
    verdicts = tuple(
        Verdict(
            recipient=address,
            action=fate,
            rule="R4",
            clause="",
            reason="",
            target=targets.get(address, ""),
            unit="THCSLL",
            direction=direction,
        )
        for address, fate in zip(to, actions, strict=True)
    )
    case = Case(
        id=case_id,
        mail_id=mail_id,
        unit="THCSLL",
        office=office,
        direction=direction,
        action=action,
        state=state,
        opened_at=NOW,
        key=key,
        sender=sender,
        recipients=to,
        subject="Công văn",
    )
    store.accept_now([Acceptance(mail=mail, verdicts=verdicts, openings=(Opening(case=case),))])
    return case


def claimed(store: Store, courier: str = "relay") -> list[Parcel]:
    return list(store.claim(couriers=[courier], limit=100, now=NOW + timedelta(seconds=1), lease=timedelta(minutes=1)))


def released(store: Store) -> list[Parcel]:
    """The mails that are due; not our own letters."""
    return [parcel for parcel in claimed(store) if parcel.mail.arrival.door is not Door.OWN]


def letters(store: Store) -> list[EmailMessage]:
    """Our own letters that are due."""
    raws = [parcel.mail.raw for parcel in claimed(store) if parcel.mail.arrival.door is Door.OWN]
    return [message_from_bytes(raw, EmailMessage, policy=policy.default) for raw in raws]


def test_an_approved_case_goes_to_the_office_system_of_its_unit(store: Store, review: Review) -> None:
    case = captured(store)
    assert review.approve(case.id, CLERK, note="đúng thể thức").state is CaseState.APPROVED
    (parcel,) = claimed(store, OFFICE)
    (delivery,) = parcel.deliveries
    assert (delivery.id, delivery.target, delivery.case_id) == (f"{case.id}-1", "THCSLL", case.id)
    assert parcel.case is not None
    assert parcel.case.id == case.id
    (told,) = [story for story in store.views.story(case_id=case.id) if story.event is Event.CASE_MOVED]
    assert (told.actor, told.detail["note"]) == ("thcsll", "đúng thể thức")


def test_a_released_case_goes_as_it_came_to_those_whose_copy_was_kept_back(store: Store, review: Review) -> None:
    case = captured(store, actions=(Action.HOLD, Action.COPY), action=Action.HOLD)
    review.release(case.id, CLERK, "Không phải văn bản phát hành")
    (parcel,) = released(store)
    assert [(d.target, d.sender) for d in parcel.deliveries] == [(DIVISION, TEACHER)]
    assert parcel.mail.raw == store.views.raw(case.mail_id)
    assert b"bytes \0 as they came" in parcel.mail.raw


def test_a_copy_for_a_retired_address_is_released_to_whoever_took_over(store: Store, review: Review) -> None:
    case = captured(store, to=(RETIRED, DIVISION), targets={RETIRED: DIVISION})
    review.release(case.id, CLERK, "Trao đổi")
    assert [d.target for parcel in released(store) for d in parcel.deliveries] == [DIVISION]


def test_a_released_copy_keeps_the_wishes_of_its_sender_about_reports(store: Store, review: Review) -> None:
    case = captured(store, actions=(Action.COPY, Action.HOLD), options=("NOTIFY=SUCCESS", "ORCPT=rfc822;a@b"))
    review.release(case.id, CLERK, "Trao đổi")
    ((delivery,),) = [parcel.deliveries for parcel in released(store)]
    assert (delivery.target, delivery.options) == (NURSERY, ("NOTIFY=SUCCESS", "ORCPT=rfc822;a@b"))


@pytest.mark.parametrize("joining", [1, 2])
@pytest.mark.parametrize("act", ["release", "give_back"])
def test_a_mail_that_joins_while_somebody_decides_is_served_too(
    act: str, joining: int, store: Store, make_review: MakeReview
) -> None:
    case = captured(store)
    getattr(make_review(joiner(store, joining)), act)(case.id, CLERK, "Trao đổi")
    sent = {delivery.mail_id for delivery in store.views.deliveries_of(case_id=case.id)}
    told = {story.mail_id for story in store.views.story(case_id=case.id) if story.event is Event.NOTICE_SENT}
    all_mails = {case.mail_id, *(f"01KAMAIL0000000000000000B{n}" for n in range(joining))}
    assert (sent, told) == (all_mails if act == "release" else set(), all_mails)


def test_who_decides_while_mails_keep_coming_is_asked_to_try_again(store: Store, make_review: MakeReview) -> None:
    case = captured(store)
    with pytest.raises(NotAllowed, match="thử lại"):
        make_review(joiner(store, 99)).release(case.id, CLERK, "Trao đổi")
    assert store.views.case(case.id).state is CaseState.WAITING
    assert claimed(store) == []


def joiner(store: Store, times: int) -> Callable[[], datetime]:
    """A clock: each of the first looks at it is the moment at which another mail joins the case."""
    looks = iter(range(times))

    def clock() -> datetime:
        n = next(looks, None)
        if n is not None:
            raw = b"Subject: lan nua\r\n\r\n%d\r\n" % n
            captured(store, mail_id=f"01KAMAIL0000000000000000B{n}", case_id=f"unused-{n}", sender=f"gv{n}@a.example", raw=raw)
        return NOW

    return clock


def test_a_release_sends_every_mail_of_the_case_but_the_same_bytes_once(store: Store, review: Review) -> None:
    case = captured(store)
    captured(
        store, mail_id="01KAMAIL0000000000000000A2", case_id="unused-2", to=(DIVISION.upper(),), actions=(Action.REDIRECT,)
    )
    captured(
        store,
        mail_id="01KAMAIL0000000000000000A3",
        case_id="unused-3",
        to=(DIVISION,),
        actions=(Action.REDIRECT,),
        raw=b"Subject: them phu luc\r\n\r\nx\r\n",
    )
    review.release(case.id, CLERK, "Trao đổi")
    sent = sorted((parcel.mail.id[-2:], d.target) for parcel in released(store) for d in parcel.deliveries)
    assert sent == [("A1", NURSERY), ("A1", DIVISION), ("A3", DIVISION)]


@pytest.mark.parametrize("action", [Action.HOLD, Action.REDIRECT])
def test_who_sent_what_is_released_reads_that_it_goes_and_why(action: Action, store: Store, review: Review) -> None:
    case = captured(store, actions=(action, action), action=action)
    review.release(case.id, CLERK, "Không phải văn bản phát hành")
    (letter,) = letters(store)
    text = " ".join(reading.vietnamese(letter.as_bytes()).split())
    assert letter["To"] == TEACHER
    assert "Văn thư Trường THCS Lê Lợi đã xem và cho qua" in text
    assert "Không phải văn bản phát hành." in text
    told = [story.detail["notice"] for story in store.views.story(case_id=case.id) if story.event is Event.NOTICE_SENT]
    assert told == ["released"]


def test_of_a_copy_that_is_closed_nobody_is_told(store: Store, review: Review) -> None:
    case = captured(store, actions=(Action.COPY, Action.COPY), action=Action.COPY)
    review.release(case.id, CLERK, "Văn bản gửi để biết")
    assert claimed(store) == []


def test_a_machine_is_not_told_of_a_release(store: Store, review: Review) -> None:
    case = captured(store, raw=b"Subject: x\r\nAuto-Submitted: auto-generated\r\n\r\nx\r\n")
    review.release(case.id, CLERK, "cho qua")
    assert letters(store) == []


@pytest.mark.parametrize(
    ("action", "direction", "said"),
    [
        (Action.COPY, Direction.INCOMING, "Thư đã đến người nhận, nhưng văn bản không được đăng ký là văn bản đến."),
        (Action.HOLD, Direction.INCOMING, "Thư chưa đến người nhận."),
        (Action.REDIRECT, Direction.OUTGOING, "Văn bản chưa được phát hành và chưa đến người nhận."),
    ],
)
def test_a_letter_of_a_return_says_where_the_mail_is(
    action: Action, direction: Direction, said: str, store: Store, review: Review
) -> None:
    case = captured(store, actions=(action, action), action=action, direction=direction)
    review.give_back(case.id, CLERK, "Thiếu phụ lục kèm theo")
    (letter,) = letters(store)
    assert said in " ".join(reading.vietnamese(letter.as_bytes()).split())


def test_a_returned_case_tells_every_sender_the_reason_once(store: Store, review: Review) -> None:
    case = captured(store)
    other = "cv.minh@sgdhuonggiang.edu.vn"
    captured(store, mail_id="01KAMAIL0000000000000000A2", case_id="unused", sender=other)
    captured(store, mail_id="01KAMAIL0000000000000000A3", case_id="unused", sender="")
    assert review.give_back(case.id, CLERK, "Thiếu phụ lục kèm theo").state is CaseState.RETURNED
    parcels = claimed(store)
    assert sorted(d.target for parcel in parcels for d in parcel.deliveries) == sorted([TEACHER, other])
    assert {d.sender for parcel in parcels for d in parcel.deliveries} == {""}  # nobody answers a notice by machine
    assert any(story.event is Event.NOTICE_SENT for story in store.views.story(case_id=case.id))


def test_the_letter_of_a_return_says_the_reason_in_vietnamese(store: Store, review: Review) -> None:
    case = captured(store)
    review.give_back(case.id, CLERK, "Thiếu phụ lục kèm theo")
    letter = message_from_bytes(claimed(store)[0].mail.raw, policy=policy.default)
    body = letter.get_body()
    assert body is not None
    assert "Thiếu phụ lục kèm theo" in body.get_content()
    assert (letter["Auto-Submitted"], letter["In-Reply-To"]) == ("auto-replied", "<a@b>")


def test_a_machine_gets_no_letter(store: Store, review: Review) -> None:
    case = captured(store, raw=b"Subject: x\r\nAuto-Submitted: auto-generated\r\n\r\nx\r\n")
    assert review.give_back(case.id, CLERK, "Thiếu phụ lục").state is CaseState.RETURNED
    assert claimed(store) == []


def test_a_withdrawn_case_sends_nothing(store: Store, review: Review) -> None:
    case = captured(store)
    assert review.withdraw(case.id, CLERK, "Đã có văn bản thay thế").state is CaseState.WITHDRAWN
    assert claimed(store) == claimed(store, OFFICE) == []


@pytest.mark.parametrize("by", [OTHER_CLERK, LEADER, AUDITOR, OFFICER, GONE], ids=lambda by: f"{by.name} active={by.active}")
def test_only_the_clerk_of_the_unit_decides(by: Account, store: Store, review: Review) -> None:
    case = captured(store)
    for act in (review.release, review.give_back, review.withdraw):
        with pytest.raises(NotAllowed, match="Chỉ văn thư Trường THCS Lê Lợi được quyết định hồ sơ này"):
            act(case.id, by, "lý do")
    with pytest.raises(NotAllowed):
        review.approve(case.id, by)
    assert store.views.case(case.id).state is CaseState.WAITING


@pytest.mark.parametrize("by", [CLERK, OFFICER])
def test_nobody_touches_a_sealed_case(by: Account, store: Store, review: Review) -> None:
    case = captured(store, action=Action.QUARANTINE, state=CaseState.SEALED, actions=(Action.QUARANTINE,) * 2, key="")
    for act in (review.release, review.give_back, review.withdraw):
        with pytest.raises(NotAllowed, match="niêm phong"):
            act(case.id, by, "lý do")
    with pytest.raises(NotAllowed, match="niêm phong"):
        review.approve(case.id, by)


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 1001])
def test_a_reason_is_asked_for(reason: str, store: Store, review: Review) -> None:
    case = captured(store)
    for act in (review.release, review.give_back, review.withdraw):
        with pytest.raises(NotAllowed, match="lý do"):
            act(case.id, CLERK, reason)


def test_a_unit_without_an_office_system_cannot_approve(store: Store, review: Review) -> None:
    case = captured(store, office="")
    with pytest.raises(NotAllowed, match="của Trường THCS Lê Lợi"):
        review.approve(case.id, CLERK)


def test_who_comes_second_changes_nothing(store: Store, review: Review) -> None:
    case = captured(store)
    review.approve(case.id, CLERK)
    with pytest.raises(IllegalTransition):
        review.approve(case.id, CLERK)
    with pytest.raises(IllegalTransition):
        review.release(case.id, CLERK, "muộn")
    assert len(store.views.deliveries_of(case_id=case.id)) == 1


def test_a_case_that_is_not_there_is_not_found(review: Review) -> None:
    with pytest.raises(NotFound):
        review.approve("01KANOTHING", CLERK)


# --- Trying again -----------------------------------------------------------------------------------------------------


def refused(store: Store, case: Case, event: DeliveryEvent, case_event: CaseEvent | None) -> str:
    """The office system's answer to the hand-over that is due; gives the delivery's id."""
    ((delivery,),) = [parcel.deliveries for parcel in claimed(store, OFFICE)]
    store.settle([Settlement(delivery_id=delivery.id, event=event, attempts=1, case_id=case.id, case_event=case_event)])
    store.flush()
    return delivery.id


def test_the_officer_tries_an_uncertain_hand_over_again(store: Store, review: Review, traffic: Traffic) -> None:
    case = captured(store)
    review.approve(case.id, CLERK)
    delivery_id = refused(store, case, DeliveryEvent.UNSURE, None)
    with pytest.raises(NotAllowed):
        traffic.retry(delivery_id, CLERK)
    assert traffic.retry(delivery_id, OFFICER).state is DeliveryState.QUEUED
    assert len(claimed(store, OFFICE)) == 1


def test_a_refused_hand_over_is_approved_anew_and_never_sent_beside_it(store: Store, review: Review, traffic: Traffic) -> None:
    case = captured(store)
    review.approve(case.id, CLERK)
    first = refused(store, case, DeliveryEvent.REFUSE, CaseEvent.HANDOVER_FAILED)
    with pytest.raises(NotAllowed, match="duyệt lại"):
        traffic.retry(first, OFFICER)
    review.approve(case.id, CLERK)
    assert [d.id for parcel in claimed(store, OFFICE) for d in parcel.deliveries] == [f"{case.id}-2"]
    with pytest.raises(NotAllowed):
        traffic.retry(first, OFFICER)


def test_a_released_mail_that_was_given_up_is_tried_again(store: Store, review: Review, traffic: Traffic) -> None:
    case = captured(store, to=(DIVISION,), actions=(Action.HOLD,), action=Action.HOLD)
    review.release(case.id, CLERK, "cho qua")
    ((delivery,),) = [parcel.deliveries for parcel in released(store)]
    store.settle([Settlement(delivery_id=delivery.id, event=DeliveryEvent.GIVE_UP, attempts=9)])
    store.flush()
    assert traffic.retry(delivery.id, OFFICER).state is DeliveryState.QUEUED


def test_an_unknown_delivery_is_not_found(traffic: Traffic) -> None:
    with pytest.raises(NotFound):
        traffic.retry("01KANOTHING-1", OFFICER)
