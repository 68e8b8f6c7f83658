"""The clerk's home: the queue of cases, one case with its evidence, and the decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.errors import IllegalTransition, NotAllowed
from gateway.kept_back import ASK_AGAIN
from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Account, Action, Case, Direction, Door, Event, Urgency, Verdict
from gateway.reasons import LONGEST_REASON
from gateway.rights import is_sealed
from gateway.roles import Verb, allows
from gateway.store import CasePage, CaseRow, MailRow
from web import casework, evidence, files, stories
from web.auth import may, may_see, me, possible_acts, tell_seen, units_of, visible_case
from web.context import gateway, store
from web.exports import Column, as_csv, as_json, every
from web.format import utc_now, words
from web.language import gettext, said
from web.lists import CASE_CURSOR, ROWS, starts_after
from web.names import courier_name, name_of, rule_name, unit_name
from web.reasons import typed_reason
from web.sender import sender_of
from web.shown import AGES, ORDERS, TABS, Shown, asked, next_waiting, remember, way_back
from web.why import Why, why

blueprint = Blueprint("cases", __name__)

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
# What can be decided about many cases at once (web.bulk).
BULK_ACTS: Mapping[CaseEvent, str] = {
    CaseEvent.APPROVE: "Duyệt",
    CaseEvent.RETURN: "Trả lại",
    CaseEvent.RELEASE: "Cho qua",
    CaseEvent.WITHDRAW: "Thu hồi",
}
WITHDRAW_REASONS = (
    "Đơn vị ban hành đề nghị thu hồi",
    "Đã có văn bản thay thế hoặc đính chính",
)


# What a list has as JSON and CSV; of sealed cases nothing but that they exist (the store keeps no more).
COLUMNS = (
    Column("id", "Mã hồ sơ", lambda row: row.id),
    Column("opened_at", "Nhận lúc", lambda row: row.opened_at),
    Column("direction", "Loại", lambda row: words(row.direction)),
    Column("number_symbol", "Số, ký hiệu", lambda row: row.number_symbol),
    Column("kind", "Tên loại", lambda row: row.kind),
    Column("subject", "Trích yếu", lambda row: row.subject),
    Column("issuer", "Cơ quan ban hành", lambda row: row.issuer),
    Column("sender", "Người gửi", lambda row: row.sender),
    Column("unit", "Đơn vị", lambda row: unit_name(row.unit)),
    Column("urgency", "Độ khẩn", lambda row: row.urgency),
    Column("due_at", "Hạn", lambda row: row.due_at),
    Column("state", "Trạng thái", lambda row: words(row.state)),
    Column("reason", "Lý do", lambda row: row.reason),
    Column("rule", "Quy tắc", lambda row: row.rule),
)
_MOST_EXPORTED = 50_000
_EXPORT_PAGE = 500


@blueprint.get("/cases")
@may(Verb.SEE_CASES)
def queue() -> ResponseReturnValue:
    """The list of cases: one tab per state, narrowed and sorted as the address says, a page at a time."""
    account, now = me(), utc_now()
    shown = asked(account)
    after = starts_after(CASE_CURSOR)
    remember()
    views, units = store().views, shown.units
    page = _page(shown, after, ROWS)
    counts = views.case_counts(units)
    kinds, rules = views.case_choices(units) if shown.tab == "waiting" else ((), ())
    return render_template(
        "queue.html",
        page=page,
        shown=shown,
        tabs=[(name, gettext(title), sum(counts.get(state, 0) for state in states)) for name, (title, states) in TABS.items()],
        title=gettext(TABS[shown.tab][0]),
        attention=views.attention(units, account=account.name, now=now) if shown.tab == "waiting" else None,
        kinds=[(kind, kind) for kind in kinds],
        rules=[(rule, rule_name(rule)) for rule in rules],
        ages=AGES,
        orders=ORDERS,
        unit_choices=_unit_choices(account),
        undecided=store().casework.undecided([row.id for row in page.rows]),
        calls=store().silences.calls([row.id for row in page.rows]),
        silent=casework.silent(units),
        one_unit=units is not None and len(units) == 1,
        chooses=(chooses := shown.tab == "waiting" and allows(account, Verb.DECIDE)),
        acts=BULK_ACTS,
        unfinished=store().bulk.unfinished(account.name) if chooses else "",
        later=bool(after),
    )


@blueprint.get("/cases.json")
@may(Verb.SEE_CASES)
def queue_json() -> ResponseReturnValue:
    """The same list as JSON, a page at a time."""
    shown = asked(me())
    tell_seen(me(), what="list-json")
    page = _page(shown, starts_after(CASE_CURSOR), ROWS)
    fields: dict[str, Any] = {**shown.fields, "after": page.after}
    return as_json(page.rows, COLUMNS, next=url_for(".queue_json", **fields) if page.after else "")


@blueprint.get("/cases.csv")
@may(Verb.SEE_CASES)
def queue_csv() -> ResponseReturnValue:
    """The same list as CSV, all of it."""
    shown = asked(me())
    tell_seen(me(), what="list-csv")

    def rows_behind(after: str) -> tuple[tuple[CaseRow, ...], str]:
        page = _page(shown, after, _EXPORT_PAGE)
        return page.rows, page.after

    return as_csv(every(rows_behind, most=_MOST_EXPORTED), COLUMNS, name=f"ho-so-{shown.tab}")


def _page(shown: Shown, after: str, limit: int) -> CasePage:
    return store().views.cases(
        units=shown.units,
        states=shown.states,
        text=shown.text,
        narrow=shown.narrow,
        order=shown.order,
        after=after,
        limit=limit,
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
    following = next_waiting(account, case)
    views, acts = store().views, acts_on(account, case, by_axis=bool(origins))
    return render_template(
        "case.html",
        case=case,
        heading=evidence.title(case),
        acts=acts,
        effects=effects(case),
        bytes_gone=gateway().review.kept_back.bytes_gone(case),
        ask_again=ASK_AGAIN,
        facts=evidence.facts(case, views.story(case_id=case.id)),
        may_correct=CaseEvent.APPROVE in possible_acts(account, case),
        urgencies=Urgency,
        signs=evidence.six_signs(case),
        others=evidence.other_signs(case),
        preview=preview,
        places=files.places(case),
        mails=(mails := views.mails_of_case(case.id)),
        opened_by=(row := _opened_by(case, mails)),
        proved=sender_of(row, views.proof(row.id)) if row is not None else None,
        why=_why(case, mails),
        deliveries=views.deliveries_of(case_id=case.id),
        story=stories.of_case(views, case, name_of=name_of),
        appeals=[told for told in views.story(case_id=case.id) if told.event is Event.APPEALED],
        several=sum(bool(file.name) for file in case.files) > 1,
        next_case=following,
        ahead=_first_image(following),
        back=way_back(case.id),
        may_undo=gateway().review.may_undo(case, account),
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


@blueprint.post("/case/<id:case_id>/undo")
@may(Verb.DECIDE)
def undo(case_id: str) -> ResponseReturnValue:
    """Take the last decision back, as long as nothing of it has left."""
    case = visible_case(case_id)
    try:
        gateway().review.undo(case_id, me())
    except NotAllowed as refusal:
        flash(said(refusal.said), "problem")
    except IllegalTransition:
        flash(gettext("Hồ sơ này đã đi tiếp nên không hoàn tác được nữa."), "problem")
    else:
        flash(gettext("Đã hoàn tác: %(name)s lại chờ văn thư, chưa có gì được gửi đi.", name=evidence.title(case)))
    return redirect(url_for(".one", case_id=case_id))


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
    return redirect(way_back())


# --- Helpers ----------------------------------------------------------------------------------------------------------


def _why(case: Case, mails: Sequence[MailRow]) -> Why | None:
    """Why there is this case; None when no verdict opened it."""
    verdict, row = _verdict_of(case), next((row for row in mails if row.id == case.mail_id), None)
    return why(verdict, row, case) if verdict is not None and row is not None else None


def _opened_by(case: Case, mails: Sequence[MailRow]) -> MailRow | None:
    """The mail that opened the case, when somebody sent it by mail."""
    return next((row for row in mails if row.id == case.mail_id and row.door not in (Door.OWN, Door.AXIS)), None)


def _first_image(case_id: str) -> str:
    """The address of what is seen first of a case, to be fetched before it is opened; "" when that is no page."""
    if not case_id:
        return ""
    case = store().views.case(case_id)
    if is_sealed(case):
        return ""
    file = files.main_file(case)
    preview = files.preview(case, file=file, page=1)
    return url_for("files.page", case_id=case_id, file=file, page=1) if preview.kind == "image" else ""


def acts_on(account: Account, case: Case, *, by_axis: bool) -> frozenset[CaseEvent]:
    """What the buttons offer: a document of the axis is taken in or refused; nothing is approved without an office system."""
    acts = possible_acts(account, case)
    if by_axis:
        return acts & {CaseEvent.RECEIVE, CaseEvent.TRANSFER}
    if gateway().review.kept_back.asks_for_exemption(case):
        return acts & {CaseEvent.RELEASE, CaseEvent.RETURN}
    if acts:
        acts -= gateway().review.kept_back.barred(case)
    connected = case.office in {office.name for office in gateway().settings.office}
    return acts - {CaseEvent.RECEIVE, *(() if connected else (CaseEvent.APPROVE,))}


_TOLD = "Người gửi nhận được thư nêu lý do dưới đây."


def effects(case: Case) -> dict[str, str]:
    """What each decision brings about, said before it is taken."""
    if gateway().review.kept_back.asks_for_exemption(case):
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
