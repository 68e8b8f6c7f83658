"""The rules: what is in force, older versions, and a changed policy tried on past mail before it is switched on."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Flask, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.errors import NotAllowed, NotFound
from gateway.policy import rules
from gateway.policy.mistakes import PolicyMistake
from gateway.registers.sheet import Cell, Sheet
from gateway.replaying import Replayer
from gateway.roles import Verb
from gateway.store.replays import KeptChange, ReplayRun, ReplayState
from web.auth import may, me, tell_seen
from web.context import gateway, store
from web.format import VIETNAM, utc_now, words
from web.language import DEFAULT, gettext, language, said
from web.sheets import csv_file, workbook

blueprint = Blueprint("policy", __name__)

DAYS = (7, 30, 90)  # that can be looked back
_SHOWN = 100  # changes on a page
_LONGEST = 256 * 1024  # characters of a policy
_EXTENSION = "vanthu.replayer"
HEADINGS = (
    "Lúc", "Mã thư", "Người gửi", "Người nhận", "Tiêu đề", "Đã xử lý", "Theo quy tắc", "Lý do", "Sẽ xử lý", "Theo quy tắc mới",
    "Lý do mới",
)  # fmt: skip
_WIDTHS = (16, 28, 28, 28, 40, 22, 12, 50, 22, 12, 50)


def install(app: Flask) -> None:
    """Give the app its pages, and what runs behind them."""
    with app.app_context():
        app.extensions[_EXTENSION] = Replayer(store(), gateway().directory, utc_now)
    app.register_blueprint(blueprint)


@blueprint.get("/policy")
@may(Verb.SEE_RULES)
def policy() -> ResponseReturnValue:
    """The rules in force, in order, and the versions before."""
    return _page(gateway().policy().text)


def _page(text: str, *, problem: str = "", days: int = DAYS[1]) -> str:
    return render_template(
        "policy.html",
        policy=gateway().policy(),
        versions=store().archive.policies(),
        days=DAYS,
        chosen=days,
        text=text,
        problem=problem,
        runs=store().replays.latest(),
        now=utc_now(),
    )


@blueprint.get("/policy/<version>.toml")
@may(Verb.SEE_RULES)
def version(version: str) -> ResponseReturnValue:
    """The file of a version, as verdicts name it."""
    return _file(store().archive.policy(version), version)


def _file(text: str, version: str) -> Response:
    response = Response(text, mimetype="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="policy-{version}.toml"'
    return response


@blueprint.post("/policy/try")
@may(Verb.CHANGE_RULES)
def rehearse() -> ResponseReturnValue:
    """Begin to decide the mail of the last days again by a changed policy; nothing is switched on by it."""
    upload = request.files.get("file")
    name = (upload.filename if upload else "") or ""
    typed = upload.read(_LONGEST + 1).decode("utf-8", "replace") if upload and name else request.form.get("text", "")
    text = typed.replace("\r\n", "\n")
    days = next((days for days in DAYS if str(days) == request.form.get("days")), DAYS[1])
    if not text.strip() or len(text) > _LONGEST:
        flash(gettext("Xin sửa chính sách trong khung, hoặc chọn tệp chính sách (.toml) cần thử."), "problem")
        return redirect(url_for(".policy", _anchor="try"))
    try:
        changed = rules.parse(text.encode(), where=name or "policy.toml")
    except PolicyMistake as mistake:
        return _page(text, problem=mistake.vietnamese if language() == DEFAULT else str(mistake), days=days), 422
    try:
        run_id = _replayer().begin(changed, days=days, by=me())
    except NotAllowed as refusal:
        return _page(text, problem=said(refusal.said), days=days), 409
    return redirect(url_for(".tried", run_id=run_id))


@blueprint.get("/policy/try/<id:run_id>")
@may(Verb.SEE_RULES)
def tried(run_id: str) -> ResponseReturnValue:
    """How far a run is, and what it found."""
    run = _run(run_id)
    chosen = _chosen()
    after = request.args.get("after", "0")
    found = store().replays.changes(
        run.id, rules=chosen, after=int(after) if after.isdecimal() and len(after) < 8 else 0, limit=_SHOWN + 1
    )
    return render_template(
        "policy_try.html",
        run=run,
        chosen=chosen,
        found=found[:_SHOWN],
        after=found[_SHOWN - 1].n if len(found) > _SHOWN else 0,
        later=after != "0",
        lost=run.is_lost(utc_now()),
    )


@blueprint.post("/policy/try/<id:run_id>/stop")
@may(Verb.CHANGE_RULES)
def stop(run_id: str) -> ResponseReturnValue:
    """End a run; what it found stays."""
    store().replays.end(_run(run_id).id, ReplayState.STOPPED)
    return redirect(url_for(".tried", run_id=run_id))


@blueprint.get("/policy/try/<id:run_id>.toml")
@may(Verb.SEE_RULES)
def tried_policy(run_id: str) -> ResponseReturnValue:
    """The policy that was tried."""
    run = _run(run_id)
    return _file(store().replays.content(run.id), run.version)


@blueprint.get("/policy/try/<id:run_id>.csv")
@may(Verb.SEE_RULES)
def tried_csv(run_id: str) -> ResponseReturnValue:
    """All changes as CSV."""
    run = _run(run_id)
    tell_seen(me(), what="list-csv")
    return csv_file(_sheet(run), f"thu-chinh-sach-{run.version}")


@blueprint.get("/policy/try/<id:run_id>.xlsx")
@may(Verb.SEE_RULES)
def tried_xlsx(run_id: str) -> ResponseReturnValue:
    """All changes as a workbook."""
    run = _run(run_id)
    tell_seen(me(), what="list-xlsx")
    return workbook([_sheet(run)], f"thu-chinh-sach-{run.version}")


def _sheet(run: ReplayRun) -> Sheet:
    return Sheet(
        title=gettext("Thử chính sách"),
        headings=tuple(said(heading) for heading in HEADINGS),
        rows=map(_row, list(_every(run.id))),
        above=(gettext("Bản %(version)s, thư của %(days)s ngày trước lúc thử", version=run.version, days=run.days),),
        widths=_WIDTHS,
    )


def _every(run_id: str) -> Iterator[KeptChange]:
    after = 0
    while found := store().replays.changes(run_id, after=after, limit=1000):
        yield from found
        after = found[-1].n


def _row(change: KeptChange) -> tuple[Cell, ...]:
    return (
        f"{change.at.astimezone(VIETNAM):%Y-%m-%d %H:%M}", change.mail_id, change.sender, change.recipient, change.subject,
        words(change.action), change.rule, change.reason, words(change.new_action), change.new_rule, change.new_reason,
    )  # fmt: skip


def _chosen() -> tuple[str, str] | None:
    """From which rule to which, when the page shows only those."""
    before, after = request.args.get("from", ""), request.args.get("to", "")
    return (before, after) if before and after else None


def _run(run_id: str) -> ReplayRun:
    try:
        return store().replays.run(run_id)
    except NotFound:
        abort(404)


def _replayer() -> Replayer:
    replayer: Replayer = current_app.extensions[_EXTENSION]
    return replayer
