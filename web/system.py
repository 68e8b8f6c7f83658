"""Đường chuyển: how couriers, ways in, mailboxes, the disk and the children do, on one page; look, pause and resume."""

from __future__ import annotations

import shutil
from collections import Counter

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway import maillog
from gateway.checking import Report
from gateway.courier import RELAY, FindingLevel
from gateway.errors import NotAllowed, NotFound
from gateway.model import Value
from gateway.roles import Verb
from gateway.store.routes import Route
from web.auth import may, me
from web.casework import silent
from web.context import gateway, store
from web.language import gettext, said
from web.mailboxes import alarms_by_kind
from web.names import courier_name

blueprint = Blueprint("system", __name__)

LEVELS = {FindingLevel.GOOD: "tốt", FindingLevel.WARNING: "lưu ý", FindingLevel.BAD: "lỗi"}
_REFUSALS = ("refused", "rejected", "turned-away", "limited")  # events of the mail log that turn somebody away


class Card(Value):
    """One courier."""

    name: str
    title: str
    kind: str  # of the configuration: "folder", "vxp" …; "smtp" for the relay
    paused: str  # why; "" when it runs
    route: Route
    report: Report | None
    silent: int  # documents that it took and says nothing about
    can_be_checked: bool

    @property
    def worst(self) -> FindingLevel | None:
        """The worst of its findings; None when it was not looked at."""
        levels = {finding.level for finding in self.report.findings} if self.report is not None else set()
        return next((level for level in (FindingLevel.BAD, FindingLevel.WARNING, FindingLevel.GOOD) if level in levels), None)


class Disk(Value):
    """Where the store keeps its bytes."""

    free: int
    total: int

    @property
    def percent(self) -> int:
        """How much of it is free."""
        return round(100 * self.free / self.total) if self.total else 0


@blueprint.get("/system")
@may(Verb.SEE_TRAFFIC)
def system() -> ResponseReturnValue:
    """The page."""
    live, settings = gateway().live(), gateway().settings
    return render_template(
        "system.html",
        cards=_cards(live),
        listeners=_table(live.get("listeners")),
        sessions=live.get("sessions", 0),
        refusals=_refusals(),
        certificate=_table(live.get("certificate")),
        routes=_table(live.get("routes")),
        mailboxes=alarms_by_kind(),
        disk=_disk(),
        store_kind="PostgreSQL" if settings.store_url().startswith("postgres") else "SQLite",
        inspection=settings.inspection,
        lag=live.get("loop_lag_ms", 0),
        version=gateway().version,
        node=settings.node,
        levels=LEVELS,
    )


@blueprint.post("/system/courier/<name>/check")
@may(Verb.RUN)
def check(name: str) -> ResponseReturnValue:
    """Ask a courier how it is."""
    try:
        report = gateway().checks.check(name, me())
    except NotFound:
        abort(404)
    bad = [finding for finding in report.findings if finding.level is FindingLevel.BAD]
    if bad:
        flash(said(bad[0].text), "problem")
    else:
        flash(gettext("Đã kiểm tra: hệ thống dùng được."), "good")
    return redirect(url_for(".system"))


@blueprint.post("/system/courier/<name>/pause")
@may(Verb.RUN)
def pause(name: str) -> ResponseReturnValue:
    """Carry nothing by a courier until somebody resumes it."""
    reason = " ".join(request.form.get("reason", "").split())[:300]
    try:
        if not reason:
            raise NotAllowed("Xin ghi lý do tạm dừng: người trực sau cần biết.")
        gateway().checks.pause(name, me(), f"{reason} ({me().name})")
    except NotFound:
        abort(404)
    except NotAllowed as refusal:
        flash(said(refusal.said), "problem")
    else:
        flash(gettext("Đã tạm dừng; văn bản được giữ trong hàng chờ đến khi có người cho chạy lại."))
    return redirect(url_for(".system"))


@blueprint.post("/system/courier/<name>/resume")
@may(Verb.RUN)
def resume(name: str) -> ResponseReturnValue:
    """Take a courier up again."""
    gateway().traffic.resume(name, me())
    flash(gettext("Đã cho chạy lại đường chuyển; nếu vẫn sai, cổng lại tạm dừng và báo ở đây."))
    return redirect(url_for(".system"))


def _cards(live: dict[str, object]) -> list[Card]:
    """The relay, every office system of the configuration, and whatever else has something to carry."""
    paused, routes = _table(live.get("paused_couriers")), store().routes.all()
    reports, kinds = gateway().checks.reports(), {office.name: office.courier for office in gateway().settings.office}
    unanswered = _silent_by_office()
    names = dict.fromkeys([RELAY, *kinds, *routes])
    return [
        Card(
            name=name,
            title=courier_name(name),
            kind=kinds.get(name, "smtp" if name == RELAY else "imap"),
            paused=str(paused.get(name, "")),
            route=routes.get(name, Route(name=name)),
            report=reports.get(name),
            silent=unanswered[name],
            can_be_checked=name in kinds,
        )
        for name in names
    ]


def _silent_by_office() -> Counter[str]:
    ids = list(silent(None))
    rows = store().case_figures.these(ids[:500])
    return Counter(rows[case_id].office for case_id in ids if case_id in rows)


def _refusals() -> int:
    """How many were turned away since the start of this process."""
    return sum(number for (event, _), number in maillog.counts().items() if event in _REFUSALS)


def _disk() -> Disk | None:
    settings = gateway().settings
    folder = settings.path(settings.store.blobs)
    try:
        usage = shutil.disk_usage(folder if folder.exists() else settings.path("."))
    except OSError:
        return None
    return Disk(free=usage.free, total=usage.total)


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
