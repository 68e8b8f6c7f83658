"""Reporting channels: who has sent, who is late, who has not; as a list, as CSV, and with a reminder for those who have not."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence

import msgspec
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.directory import importing
from gateway.directory.snapshot import Campaign, is_valid
from gateway.errors import ConfigError, NotAllowed
from gateway.policy.facts import local_day
from gateway.policy.reporting import Standing, UnitReport, standings
from gateway.roles import Verb, allows
from web.auth import may, me, units_of
from web.context import gateway, store
from web.directory import write
from web.format import moment, utc_now
from web.language import gettext, said

blueprint = Blueprint("campaigns", __name__)

STANDINGS: Mapping[Standing, str] = {
    Standing.SENT: "đã gửi",
    Standing.LATE: "gửi muộn",
    Standing.OVERDUE: "quá hạn, chưa gửi",
    Standing.WAITING: "chưa gửi",
}
_MISSING = (Standing.OVERDUE, Standing.WAITING)


@blueprint.get("/campaigns")
@may(Verb.SEE_CAMPAIGNS)
def campaigns() -> ResponseReturnValue:
    """All reporting channels, those that are open first, each with how many have sent."""
    return render_template("campaigns.html", rows=rows(), may_open=gateway().channels.may_remind(me()))


def rows() -> list[tuple[str, Campaign, bool, int, int]]:
    """Each channel that one may see: its key, itself, whether it is open, how many have sent and how many should."""
    today = local_day(utc_now())
    found = []
    for campaign in gateway().directory().campaigns:
        if _may_see(campaign):
            listed = _standings(campaign)
            expected = [each for each in listed if each.is_expected]
            sent = sum(each.standing not in _MISSING for each in expected)
            found.append((key_of(campaign), campaign, is_valid(campaign, today), sent, len(expected)))
    found.sort(key=lambda row: (not row[2], row[1].deadline is None, row[1].deadline))
    return found


@blueprint.get("/campaign/new")
@may(Verb.OPEN_CAMPAIGN)
def new() -> ResponseReturnValue:
    """The form for a new channel; ``guide`` and ``title`` may come from the case of the guiding document."""
    _check_may_open()
    typed = {"guide": request.args.get("guide", "")[:100], "title": request.args.get("title", "")[:500]}
    typed["from"] = local_day(utc_now()).isoformat()
    return render_template("campaign_new.html", typed=typed, problems={})


@blueprint.post("/campaign/new")
@may(Verb.OPEN_CAMPAIGN)
def open_one() -> ResponseReturnValue:
    """Open a channel: a row of campaigns.csv; the gateway knows it at once."""
    _check_may_open()
    typed = {name: request.form.get(name, "").strip()[:500] for name in _FIELDS}
    settings = gateway().settings
    folder = settings.path(settings.directory.path)
    try:
        plan = importing.preview_row("campaigns", typed, folder)
        problems = {error.column: error.said for error in plan.errors}
        if plan.changed or plan.unchanged:
            problems["guide"] = gettext("văn bản này đã có một đợt báo cáo gửi về hộp thư này")
        if typed["until"] and typed["from"] and not problems and plan.added[0].after:
            row = plan.added[0].after
            if row["until"] < row["from"]:
                problems["until"] = gettext("ngày kết thúc sớm hơn ngày bắt đầu")
        if problems:
            return render_template("campaign_new.html", typed=typed, problems=problems), 422
        write(plan)
    except ConfigError as error:
        return render_template("campaign_new.html", typed=typed, problems={"": str(error)}), 422
    gateway().channels.opened(me(), guide=typed["guide"], mailbox=typed["mailbox"])
    flash(gettext("Đã mở đợt báo cáo theo văn bản %(guide)s.", guide=typed["guide"]), "good")
    return redirect(url_for(".campaigns"))


_FIELDS = ("guide", "title", "mailbox", "extensions", "names", "kinds", "expected", "from", "due", "until")


def _check_may_open() -> None:
    if not gateway().channels.may_remind(me()):
        abort(403)


@blueprint.get("/campaign/<key>")
@may(Verb.SEE_CAMPAIGNS)
def one(key: str) -> ResponseReturnValue:
    """One channel: each unit with what it sent and when."""
    campaign = _campaign(key)
    listed = _standings(campaign)
    missing = [each for each in listed if each.standing in _MISSING and each.unit is not None]
    return render_template(
        "campaign.html",
        key=key,
        campaign=campaign,
        listed=listed,
        missing=missing,
        sent=sum(each.standing not in _MISSING for each in listed if each.is_expected),
        expected=sum(each.is_expected for each in listed),
        words=STANDINGS,
        may_remind=bool(missing) and gateway().channels.may_remind(me()),
        sees_mails=allows(me(), Verb.SEE_MAILS),
    )


@blueprint.get("/campaign/<key>.csv")
@may(Verb.SEE_CAMPAIGNS)
def as_csv(key: str) -> ResponseReturnValue:
    """The same for spreadsheets: UTF-8 with a byte order mark."""
    campaign = _campaign(key)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(
        (
            gettext("Đơn vị"),
            gettext("Mã đơn vị"),
            gettext("Tình trạng"),
            gettext("Gửi lúc"),
            gettext("Người gửi"),
            gettext("Tệp"),
        )
    )
    for each in _standings(campaign):
        unit = (each.unit.name, each.unit.code) if each.unit is not None else ("", "")
        cells = (*unit, said(STANDINGS[each.standing]), moment(each.at), each.sender, "; ".join(each.files))
        writer.writerow([_harmless(cell) for cell in cells])
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="dot-bao-cao-{key}.csv"'
    return response


@blueprint.get("/campaign/<key>.json")
@may(Verb.SEE_CAMPAIGNS)
def as_json(key: str) -> ResponseReturnValue:
    """The same for programs: {"rows": […], "next": ""}."""
    rows = [
        {
            "unit": each.unit.code if each.unit is not None else "",
            "name": each.unit.name if each.unit is not None else "",
            "standing": each.standing,
            "at": each.at,
            "sender": each.sender,
            "files": each.files,
        }
        for each in _standings(_campaign(key))
    ]
    return Response(msgspec.json.encode({"rows": rows, "next": ""}), mimetype="application/json")


@blueprint.post("/campaign/<key>/remind")
@may(Verb.REMIND)
def remind(key: str) -> ResponseReturnValue:
    """Write to the clerks of the units that have not sent; of those that were ticked."""
    campaign = _campaign(key)
    wanted = set(request.form.getlist("unit"))
    codes = [
        each.unit.code
        for each in _standings(campaign)
        if each.unit is not None and each.standing in _MISSING and each.unit.code in wanted
    ]
    try:
        told = gateway().channels.remind(campaign, codes, me())
    except NotAllowed as refusal:
        flash(said(refusal.said), "problem")
    else:
        flash(_said(told, codes), "good" if told else "problem")
    return redirect(url_for(".one", key=key))


def _said(told: Sequence[str], codes: Sequence[str]) -> str:
    if not codes:
        return gettext("Xin chọn ít nhất một đơn vị.")
    if not told:
        return gettext("Không gửi thư nào: các đơn vị này đã được nhắc hôm nay, hoặc chưa có hộp thư văn thư.")
    return gettext("Đã gửi thư nhắc tới %(count)s hộp thư văn thư.", count=len(told))


def key_of(campaign: Campaign) -> str:
    """What a channel is called in addresses: its place in the file changes when somebody opens another one."""
    return hashlib.sha256(f"{campaign.guide}\n{campaign.mailbox.lower()}".encode()).hexdigest()[:12]


def _campaign(key: str) -> Campaign:
    campaign = next((each for each in gateway().directory().campaigns if key_of(each) == key), None)
    if campaign is None or not _may_see(campaign):
        abort(404)
    return campaign


def _may_see(campaign: Campaign) -> bool:
    """Officers and auditors see all; clerks and leaders those of the unit that the mailbox belongs to."""
    units = units_of(me())
    if units is None:
        return True
    directory, today = gateway().directory(), local_day(utc_now())
    mailbox, domain = directory.mailbox(campaign.mailbox, today), directory.domain(campaign.mailbox, today)
    owner = mailbox.organisation if mailbox is not None else domain.organisation if domain is not None else ""
    return owner in units


def _standings(campaign: Campaign) -> tuple[UnitReport, ...]:
    reports = store().archive.reports(campaign.guide, campaign.mailbox)
    return standings(campaign, gateway().directory(), reports, now=utc_now())


def _harmless(cell: str) -> str:
    """A stranger's file name must not become a formula of a spreadsheet."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
