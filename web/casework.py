"""What clerks do with cases beside deciding on the document: compare two, give a case to somebody, name a stand-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import zip_longest

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.desk import CORRECTABLE
from gateway.errors import IllegalTransition, NotAllowed, NotFound
from gateway.lifecycle import CaseState
from gateway.model import Account, Case, Value
from gateway.policy.facts import local_day
from gateway.rights import clerks_of, is_sealed
from gateway.roles import Verb, allows, assigns, decides, is_clerk
from gateway.store import MailRow, Proposal, StandIn, Tie, Transfer
from web import evidence, files
from web.auth import may, may_see, me, tell_seen, units_of, visible_case
from web.context import gateway, store
from web.format import VIETNAM, utc_now
from web.language import gettext, said
from web.names import unit_name
from web.reasons import typed_reason

blueprint = Blueprint("casework", __name__)

TRANSFER_REASONS = (
    "Văn bản thuộc đơn vị khác",
    "Gửi nhầm nơi nhận",
    "Đơn vị đã sáp nhập hoặc đổi tên",
)


class Twin(Value):
    """A case that may be the same document as the one that is shown."""

    proposal: Proposal
    case: Case  # the other one
    title: str
    may_undo: bool


class Related(Value):
    """A case whose document does something to this one's, or the other way round."""

    case: Case
    title: str
    is_later: bool  # the other document recalls, corrects or replaces this one
    relation: str


class Row(Value):
    """One fact of two cases, side by side."""

    label: str
    one: str
    other: str

    @property
    def differs(self) -> bool:
        """Whether the clerk has to look at it."""
        return self.one != self.other


class Seat(Value):
    """One clerk who may look after a case."""

    account: Account
    absent: str  # name of who stands in now; "" when she is there


def twins(account: Account, case: Case) -> tuple[Twin, ...]:
    """The cases that may be the same document, as far as the account may see them; the open ones first."""
    return tuple(
        Twin(
            proposal=proposal,
            case=other,
            title=evidence.title(other),
            may_undo=bool(proposal.decision) and decides(account, case.unit),
        )
        for proposal in store().casework.proposals(case.id)
        if (other := _seen(account, _other(proposal.case_id, proposal.other_id, case))) is not None
    )


def related(account: Account, case: Case) -> tuple[Related, ...]:
    """The cases of documents that this one recalls, corrects or replaces, and of those that do so to it."""
    return tuple(
        Related(case=other, title=evidence.title(other), is_later=tie.other_id == case.id, relation=tie.relation)
        for tie in store().casework.ties(case.id)
        if (other := _seen(account, _other_of(tie, case))) is not None
    )


def silent(units: Sequence[str] | None) -> dict[str, datetime]:
    """Cases whose office system should have said by now that it has them, each with when it was handed over."""
    offices = [each.name for each in gateway().settings.office if each.is_to_acknowledge]
    before = gateway().directory().calendar.answered_since(utc_now())
    return store().silences.of(offices, before=before, units=units) if offices else {}


def seats(case: Case) -> tuple[Seat, ...]:
    """The clerks of the unit, each with who stands in for her now."""
    now = utc_now()
    absent = {each.account: each.stand_in for each in store().casework.stand_ins(now) if each.since <= now}
    return tuple(Seat(account=each, absent=absent.get(each.name, "")) for each in clerks_of(store(), case.unit, now))


def may_assign(account: Account, case: Case) -> bool:
    """Clerks of the unit and its leaders say who looks after a case that still goes on."""
    open_still = case.state in (CaseState.WAITING, CaseState.APPROVED, CaseState.HANDED_OVER)
    return open_still and assigns(account, case.unit)


def unit_choices(case: Case) -> list[tuple[str, str]]:
    """The units that a case can go to: those that exist today, by name."""
    directory, today = gateway().directory(), local_day(utc_now())
    codes = [code for code in directory.organisations if code != case.unit and directory.organisation(code, today) is not None]
    return sorted(((code, unit_name(code)) for code in codes), key=lambda choice: choice[1])


def gone_from(account: Account, case_id: str) -> Transfer | None:
    """The last time that the case left a unit of the account, when it is no longer with one."""
    units = set(account.units)
    return next((each for each in reversed(store().casework.transfers(case_id)) if each.from_unit in units), None)


# --- Pages ------------------------------------------------------------------------------------------------------------


@blueprint.get("/cases/gone")
@may(Verb.SEE_CASES)
def gone() -> ResponseReturnValue:
    """What went to other units: where, when and why, and nothing more."""
    return render_template("cases_gone.html", rows=gone_rows(limit=50))


def gone_rows(*, limit: int) -> tuple[Transfer, ...]:
    """What the units that one sees gave away, newest first."""
    units = units_of(me())
    return store().casework.gone(tuple(gateway().directory().organisations) if units is None else units, limit=limit)


@blueprint.get("/case/<id:case_id>/compare/<id:other_id>")
@may(Verb.SEE_CASES)
def compare(case_id: str, other_id: str) -> ResponseReturnValue:
    """Two cases side by side, with what differs marked."""
    account, pair = me(), (visible_case(case_id), visible_case(other_id))
    if any(is_sealed(case) for case in pair):
        abort(404)
    proposal = _proposal(case_id, other_id)
    if proposal is None:
        abort(404)
    for case in pair:
        tell_seen(account, case_id=case.id)
    views = store().views
    mails = [views.mails_of_case(case.id) for case in pair]
    return render_template(
        "compare.html",
        pair=[(case, evidence.title(case), files.preview(case, file=files.main_file(case), page=1)) for case in pair],
        proposal=proposal,
        rows=_rows(*pair, *mails),
        may_judge=may_judge(account, *pair),
    )


def may_judge(account: Account, *cases: Case) -> bool:
    """Whether the account says what is the same: a clerk of the unit."""
    return all(decides(account, case.unit) for case in cases)


def _rows(one: Case, other: Case, mails: Sequence[MailRow], others: Sequence[MailRow]) -> list[Row]:
    labels = {fact.label: fact.value for fact in evidence.facts(one)}
    theirs = {fact.label: fact.value for fact in evidence.facts(other)}
    rows = [Row(label=label, one=labels.get(label, ""), other=theirs.get(label, "")) for label in labels | theirs]
    pairs = zip_longest(_files(one), _files(other), fillvalue="")
    rows += [Row(label=gettext("Tệp %(n)s", n=n), one=a, other=b) for n, (a, b) in enumerate(pairs, 1)]
    rows.append(Row(label=gettext("Người gửi"), one=_senders(mails), other=_senders(others)))
    return rows


def _files(case: Case) -> list[str]:
    """Each file with the beginning of its check sum: the same sum is the same file, byte for byte."""
    return [f"{file.name} ({file.digest[:8]})" for file in case.files if file.name]


def _senders(mails: Sequence[MailRow]) -> str:
    return ", ".join(dict.fromkeys(mail.sender or gettext("không có địa chỉ gửi") for mail in mails))


# --- Acts -------------------------------------------------------------------------------------------------------------


@blueprint.post("/case/<id:case_id>/same/<id:other_id>")
@may(Verb.DECIDE)
def judge(case_id: str, other_id: str) -> ResponseReturnValue:
    """Say whether two cases are one document."""
    answer = request.form.get("answer", "")
    if answer not in ("same", "different"):
        abort(400)
    later, earlier = _as_proposed(case_id, other_id)

    def act(by: Account) -> str:
        gateway().desk.judge(later, earlier, by, same=answer == "same")
        return gettext("Đã ghi: cùng một văn bản.") if answer == "same" else gettext("Đã ghi: không cùng một văn bản.")

    return _carried_out(case_id, act)


@blueprint.post("/case/<id:case_id>/undo/<id:other_id>")
@may(Verb.DECIDE)
def undo(case_id: str, other_id: str) -> ResponseReturnValue:
    """Take that back."""
    later, earlier = _as_proposed(case_id, other_id)

    def act(by: Account) -> str:
        gateway().desk.take_back(later, earlier, by)
        return gettext("Đã hoàn tác: hai hồ sơ lại chờ quyết định.")

    return _carried_out(case_id, act)


@blueprint.post("/case/<id:case_id>/assign")
@may(Verb.ASSIGN)
def assign(case_id: str) -> ResponseReturnValue:
    """Give a case to one clerk of the unit."""
    assignee = request.form.get("assignee", "")[:100]

    def act(by: Account) -> str:
        gateway().desk.assign(case_id, assignee, by)
        return (
            gettext("Đã giao hồ sơ cho %(assignee)s.", assignee=assignee)
            if assignee
            else gettext("Hồ sơ không còn giao riêng cho ai.")
        )

    return _carried_out(case_id, act)


@blueprint.post("/case/<id:case_id>/correct")
@may(Verb.DECIDE)
def correct(case_id: str) -> ResponseReturnValue:
    """Correct what the gateway misread."""

    def act(by: Account) -> str:
        gateway().desk.correct(case_id, by, {name: request.form[name] for name in CORRECTABLE if name in request.form})
        return gettext("Đã ghi thông tin văn bản; điều cổng đã đọc vẫn còn trong diễn biến.")

    return _carried_out(case_id, act)


@blueprint.post("/case/<id:case_id>/transfer")
@may(Verb.DECIDE)
def transfer(case_id: str) -> ResponseReturnValue:
    """Give a case to another unit."""
    unit, reason = request.form.get("unit", ""), typed_reason()

    def act(by: Account) -> str:
        if not reason:
            raise NotAllowed("Xin chọn hoặc ghi lý do chuyển: đơn vị nhận cần biết vì sao.")
        moved = gateway().desk.transfer(case_id, unit, by, reason)
        return gettext("Đã chuyển hồ sơ cho %(unit)s; văn thư ở đó được báo bằng thư.", unit=unit_name(moved.unit))

    return _carried_out(case_id, act)


@blueprint.post("/case/<id:case_id>/receive")
@may(Verb.DECIDE)
def receive(case_id: str) -> ResponseReturnValue:
    """Take in a document of the axis."""
    number = " ".join(request.form.get("number", "").split())

    def act(by: Account) -> str:
        gateway().reception.receive(case_id, by, number, local_day(utc_now()))
        return gettext("Đã tiếp nhận; cơ quan gửi được báo qua trục liên thông.")

    return _carried_out(case_id, act)


@blueprint.post("/case/<id:case_id>/refuse")
@may(Verb.DECIDE)
def refuse(case_id: str) -> ResponseReturnValue:
    """Refuse a document of the axis."""
    reason = typed_reason()

    def act(by: Account) -> str:
        gateway().reception.refuse(case_id, by, reason)
        return gettext("Đã từ chối; cơ quan gửi được báo lý do qua trục liên thông.")

    return _carried_out(case_id, act)


def _carried_out(case_id: str, act: Callable[[Account], str]) -> ResponseReturnValue:
    visible_case(case_id)
    try:
        flash(act(me()))
    except NotAllowed as refusal:
        flash(said(refusal.said), "problem")
    except IllegalTransition:
        flash(gettext("Hồ sơ này vừa đổi trạng thái nên việc này không làm được nữa."), "problem")
    return redirect(url_for("cases.one", case_id=case_id))


# --- Stand-ins --------------------------------------------------------------------------------------------------------


@blueprint.get("/stand-in")
@may(Verb.STAND_IN)
def stand_in() -> ResponseReturnValue:
    """Who stands in for whom, and the form for it."""
    account, now = me(), utc_now()
    clerks = [each for each in store().views.accounts() if each.active and is_clerk(each)]
    return render_template(
        "stand_in.html",
        rows=stand_in_rows(account, now),
        clerks=clerks,
        absentees=clerks if allows(account, Verb.MANAGE_ACCOUNTS) else [account],
        today=local_day(now),
    )


def stand_in_rows(account: Account, now: datetime) -> list[StandIn]:
    """Who stands in for whom: of all, for the officer; else of oneself."""
    whole = allows(account, Verb.MANAGE_ACCOUNTS)
    return [each for each in store().casework.stand_ins(now) if whole or account.name in _names(each)]


@blueprint.post("/stand-in")
@may(Verb.STAND_IN)
def set_stand_in() -> ResponseReturnValue:
    """Name a stand-in, or end it."""
    form, account = request.form, me()
    absent = form.get("account", account.name)
    try:
        since, until = _day(form.get("since", "")), _day(form.get("until", ""))
        if form.get("stand_in") and (since is None or until is None):
            raise NotAllowed("Xin ghi cả ngày đầu và ngày cuối vắng mặt.")
        gateway().desk.stand_in(
            absent,
            form.get("stand_in", ""),
            account,
            since=_midnight(since or local_day(utc_now())),
            until=_midnight((until or local_day(utc_now())) + timedelta(days=1)),
        )
    except NotAllowed as refusal:
        flash(said(refusal.said), "problem")
    else:
        flash(gettext("Đã ghi người thay.") if form.get("stand_in") else gettext("Đã kết thúc việc thay."))
    return redirect(url_for(".stand_in"))


def _names(row: StandIn) -> tuple[str, str]:
    return row.account, row.stand_in


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), VIETNAM)


# --- Helpers ----------------------------------------------------------------------------------------------------------


def _other(case_id: str, other_id: str, case: Case) -> str:
    return other_id if case_id == case.id else case_id


def _other_of(tie: Tie, case: Case) -> str:
    return _other(tie.case_id, tie.other_id, case)


def _seen(account: Account, case_id: str) -> Case | None:
    """The case, when the account may see it and it is not sealed."""
    try:
        case = store().views.case(case_id)
    except NotFound:
        return None
    return case if may_see(account, case) and not is_sealed(case) else None


def as_proposed(case_id: str, other_id: str) -> tuple[str, str]:
    """The later and the earlier case; NotFound when nobody proposed that they are the same."""
    proposal = _proposal(case_id, other_id)
    if proposal is None:
        raise NotFound(f"nobody compared {case_id} and {other_id}")
    return proposal.case_id, proposal.other_id


def _proposal(case_id: str, other_id: str) -> Proposal | None:
    wanted = {case_id, other_id}
    return next((each for each in store().casework.proposals(case_id) if {each.case_id, each.other_id} == wanted), None)


def _as_proposed(case_id: str, other_id: str) -> tuple[str, str]:
    visible_case(case_id), visible_case(other_id)
    return as_proposed(case_id, other_id)
