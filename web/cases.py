"""The clerk's home: the queue of cases, one case with its evidence, and the decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.errors import IllegalTransition, NotAllowed
from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Account, Action, Case, Direction, Event, Verdict
from gateway.review import ASK_AGAIN, LONGEST_REASON
from gateway.rights import is_sealed
from gateway.roles import Verb
from web import casework, evidence, files, stories
from web.auth import may, may_see, me, possible_acts, tell_seen, units_of, visible_case
from web.context import gateway, store
from web.language import gettext, said
from web.lists import CASE_CURSOR, ROWS, searched, starts_after
from web.names import courier_name, name_of, unit_name
from web.reasons import typed_reason

blueprint = Blueprint("cases", __name__)

# What the tabs of the queue show, in their order.
TABS: Mapping[str, tuple[str, tuple[CaseState, ...]]] = {
    "waiting": ("Chờ văn thư", (CaseState.WAITING,)),
    "handed-over": ("Đã bàn giao", (CaseState.APPROVED, CaseState.HANDED_OVER, CaseState.REGISTERED, CaseState.DONE)),
    "returned": ("Đã trả lại", (CaseState.RETURNED,)),
    "released": ("Đã cho qua", (CaseState.RELEASED,)),
    "withdrawn": ("Đã thu hồi", (CaseState.WITHDRAWN,)),
    "sealed": ("Niêm phong", (CaseState.SEALED,)),
    "archived": ("Lưu trữ", (CaseState.ARCHIVED,)),
    "all": (
        "Tất cả",
        tuple(state for state in CaseState if state is not CaseState.ARCHIVED),
    ),  # years of them would hide the rest
}

# Ready reasons, so that a plain return needs no typing (Decree 30/2020, article 21.2; practice of registries).
RETURN_REASONS = (
    "Gửi nhầm nơi nhận hoặc không thuộc thẩm quyền",
    "Thiếu phụ lục hoặc tệp kèm theo",
    "Chưa ký số hoặc chữ ký số không hợp lệ",
    "Chưa có số hoặc ngày ban hành",
    "Sai thể thức văn bản",
    "Tệp không đọc được",
    "Trùng với văn bản đã nhận",
)
RELEASE_REASONS = (
    "Không phải văn bản phát hành: trao đổi, báo cáo, số liệu",
    "Văn bản gửi để biết, không cần vào sổ",
    "Lãnh đạo đồng ý cho gửi bằng thư điện tử",
)
WITHDRAW_REASONS = (
    "Đơn vị ban hành đề nghị thu hồi",
    "Đã có văn bản thay thế hoặc đính chính",
)


@blueprint.get("/cases")
@may(Verb.SEE_CASES)
def queue() -> ResponseReturnValue:
    """The list of cases: one tab per state, newest first, a page at a time."""
    account = me()
    tab = request.args.get("tab", "waiting")
    if tab not in TABS:
        abort(404)
    units, wanted = units_of(account), request.args.get("unit", "")
    if wanted:
        if wanted not in (gateway().directory().organisations if units is None else units):
            abort(404)
        units = (wanted,)
    text, after = searched(), starts_after(CASE_CURSOR)
    page = store().views.cases(units=units, states=TABS[tab][1], text=text, after=after, limit=ROWS)
    counts = store().views.case_counts(units)
    silent = casework.silent(units)
    return render_template(
        "queue.html",
        page=page,
        tab=tab,
        tabs=[(name, gettext(title), sum(counts.get(state, 0) for state in states)) for name, (title, states) in TABS.items()],
        title=gettext(TABS[tab][0]),
        text=text,
        unit=wanted,
        unit_choices=_unit_choices(account),
        undecided=store().casework.undecided([row.id for row in page.rows]),
        silent=silent,
        one_unit=units is not None and len(units) == 1,
        later=bool(after),
    )


@blueprint.get("/case/<id:case_id>")
@may(Verb.SEE_CASES)
def one(case_id: str) -> ResponseReturnValue:
    """One case: the page of the document beside its facts, evidence, rule, mails and story."""
    account = me()
    case = store().views.case(case_id)
    if not may_see(account, case) and (went := casework.gone_from(account, case_id)) is not None:
        return render_template("case_gone.html", went=went)
    case = visible_case(case_id)
    if is_sealed(case):
        tell_seen(account, case_id=case.id)
        return render_template("case_sealed.html", case=case)
    preview = files.preview(case, file=_number("file", files.main_file(case)), page=_number("page", 1))
    tell_seen(account, case_id=case.id, file=preview.name if "file" in request.args else "")
    origins = store().receipts.origins(case.id)
    views, acts = store().views, _acts(account, case, by_axis=bool(origins))
    return render_template(
        "case.html",
        case=case,
        heading=evidence.title(case),
        acts=acts,
        effects=_effects(case),
        bytes_gone=gateway().review.bytes_gone(case),
        ask_again=ASK_AGAIN,
        verdict=_verdict_of(case),
        facts=evidence.facts(case),
        signs=evidence.six_signs(case),
        others=evidence.other_signs(case),
        preview=preview,
        places=files.places(case),
        mails=views.mails_of_case(case.id),
        deliveries=views.deliveries_of(case_id=case.id),
        story=stories.of_case(views, case, name_of=name_of),
        appeals=[told for told in views.story(case_id=case.id) if told.event is Event.APPEALED],
        several=sum(bool(file.name) for file in case.files) > 1,
        next_case=next_waiting(account, case),
        twins=casework.twins(account, case),
        may_judge=casework.may_judge(account, case),
        related=casework.related(account, case),
        misgivings=gateway().review.misgivings(case) if case.state is CaseState.WAITING else (),
        seats=casework.seats(case) if casework.may_assign(account, case) else (),
        unit_choices=casework.unit_choices(case) if CaseEvent.TRANSFER in acts else (),
        transfer_reasons=casework.TRANSFER_REASONS,
        went=store().casework.transfers(case.id),
        receipts=store().receipts.of_case(case.id),
        silent_since=casework.silent((case.unit,)).get(case.id) if case.state is CaseState.HANDED_OVER else None,
        origins=origins,
        statuses=store().statuses.of_case(case.id) if origins else (),
        return_reasons=RETURN_REASONS,
        release_reasons=RELEASE_REASONS,
        withdraw_reasons=WITHDRAW_REASONS,
        longest_reason=LONGEST_REASON,
    )


# --- Decisions --------------------------------------------------------------------------------------------------------


@blueprint.post("/case/<id:case_id>/approve")
@may(Verb.DECIDE)
def approve(case_id: str) -> ResponseReturnValue:
    """Approve: the document goes to the office system of the unit."""
    despite = request.form.get("despite") == "yes"
    return _decide(case_id, CaseEvent.APPROVE, lambda by, _: gateway().review.approve(case_id, by, despite=despite))


@blueprint.post("/case/<id:case_id>/release")
@may(Verb.DECIDE)
def release(case_id: str) -> ResponseReturnValue:
    """Release: the mail goes through to its recipients as it came."""
    return _decide(case_id, CaseEvent.RELEASE, lambda by, reason: gateway().review.release(case_id, by, reason))


@blueprint.post("/case/<id:case_id>/return")
@may(Verb.DECIDE)
def give_back(case_id: str) -> ResponseReturnValue:
    """Return: the sender gets a letter with the reason."""
    return _decide(case_id, CaseEvent.RETURN, lambda by, reason: gateway().review.give_back(case_id, by, reason))


@blueprint.post("/case/<id:case_id>/withdraw")
@may(Verb.DECIDE)
def withdraw(case_id: str) -> ResponseReturnValue:
    """Withdraw: the document must not be issued any more."""
    return _decide(case_id, CaseEvent.WITHDRAW, lambda by, reason: gateway().review.withdraw(case_id, by, reason))


_DONE = {
    CaseEvent.APPROVE: "Đã duyệt %(name)s: đang bàn giao cho hệ thống quản lý văn bản.",
    CaseEvent.RELEASE: "Đã cho qua %(name)s.",
    CaseEvent.RETURN: "Đã trả lại %(name)s: người gửi sẽ nhận được thư nêu lý do.",
    CaseEvent.WITHDRAW: "Đã thu hồi %(name)s.",
}


def _decide(case_id: str, event: CaseEvent, act: Callable[[Account, str], object]) -> ResponseReturnValue:
    """Carry out a decision, then open the next waiting case; a decision that came too late says so."""
    account = me()
    case = visible_case(case_id)
    reason = typed_reason()
    if event is not CaseEvent.APPROVE and not reason:
        flash(gettext("Xin chọn hoặc ghi lý do: người gửi và sổ theo dõi cần biết vì sao."), "problem")
        return redirect(url_for(".one", case_id=case.id))
    following = next_waiting(account, case)
    try:
        act(account, reason)
    except NotAllowed as refusal:
        flash(said(refusal.said), "problem")
        return redirect(url_for(".one", case_id=case.id))
    except IllegalTransition:
        flash(gettext("Hồ sơ này vừa có người xử lý trước; quyết định của anh/chị chưa được ghi."), "problem")
        return redirect(url_for(".one", case_id=case.id))
    flash(gettext(_DONE[event], name=evidence.title(case)), f"done:{case.id}")
    if following:
        return redirect(url_for(".one", case_id=following))
    return redirect(url_for(".queue"))


# --- Helpers ----------------------------------------------------------------------------------------------------------


def next_waiting(account: Account, case: Case) -> str:
    """The waiting case after this one in the order of the queue, else the first; "" when no other waits."""
    rows = store().views.cases(units=units_of(account), states=(CaseState.WAITING,), limit=ROWS).rows
    others = [row for row in rows if row.id != case.id]
    later = [row for row in others if (row.opened_at, row.id) < (case.opened_at, case.id)]
    return (later or others)[0].id if others else ""


def _acts(account: Account, case: Case, *, by_axis: bool) -> frozenset[CaseEvent]:
    """What the buttons offer: a document of the axis is taken in or refused; nothing is approved without an office system."""
    acts = possible_acts(account, case)
    if by_axis:
        return acts & {CaseEvent.RECEIVE, CaseEvent.TRANSFER}
    if gateway().review.asks_for_exemption(case):
        return acts & {CaseEvent.RELEASE, CaseEvent.RETURN}
    if acts:
        acts -= gateway().review.barred(case)
    connected = case.office in {office.name for office in gateway().settings.office}
    return acts - {CaseEvent.RECEIVE, *(() if connected else (CaseEvent.APPROVE,))}


_TOLD = "Người gửi nhận được thư nêu lý do dưới đây."


def _effects(case: Case) -> dict[str, str]:
    """What each decision brings about, said before it is taken."""
    if gateway().review.asks_for_exemption(case):
        return {
            "release": gettext(
                "Chấp nhận ý kiến: trong 7 ngày, người gửi được gửi đúng tệp này. %(told)s", told=gettext(_TOLD)
            ),
            "return": gettext("Giữ kết luận: tệp này là văn bản phát hành. %(told)s", told=gettext(_TOLD)),
        }
    office = courier_name(case.office) if case.office else ""
    there = (
        gettext("văn thư phát hành tại đó")
        if case.direction is Direction.OUTGOING
        else gettext("văn thư vào sổ văn bản đến tại đó")
    )
    done = (
        " " + gettext("Văn bản đã bàn giao: xin thu hồi cả trên %(office)s.", office=office)
        if case.state is CaseState.HANDED_OVER
        else ""
    )
    told = gettext(_TOLD)
    if case.action is Action.COPY:
        release = gettext("Người nhận đã có thư này. Hồ sơ được đóng, không bàn giao cho hệ thống.")
        give_back = gettext("Hồ sơ được đóng, không vào sổ. Người nhận đã có thư này. %(told)s", told=told)
    else:
        whom = ", ".join(case.recipients)
        release = gettext(
            "Thư được chuyển nguyên vẹn đến %(whom)s; văn bản không được bàn giao cho hệ thống. %(told)s", whom=whom, told=told
        )
        give_back = gettext("Văn bản không được bàn giao. %(told)s", told=told)
    return {
        "approve": gettext("bàn giao cho %(office)s; %(there)s.", office=office, there=there),
        "release": release + done,
        "return": give_back + done,
        "withdraw": gettext("Hồ sơ được đóng; văn bản này không được phát hành hoặc sử dụng nữa.") + done,
    }


def _unit_choices(account: Account) -> list[tuple[str, str]]:
    """The units that a list can be narrowed to, by name; none when the account has only one."""
    units = units_of(account)
    codes = gateway().directory().organisations.keys() if units is None else units
    return sorted(((code, unit_name(code)) for code in codes), key=lambda choice: choice[1]) if len(codes) > 1 else []


def _verdict_of(case: Case) -> Verdict | None:
    """The verdict that opened the case, with its clause and the rules passed over."""
    verdicts = store().views.verdicts(case.mail_id)
    same_rule = [verdict for verdict in verdicts if verdict.rule == case.rule]
    return next((verdict for verdict in same_rule if verdict.unit == case.unit), next(iter(same_rule), None))


def _number(name: str, otherwise: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 6 else otherwise
