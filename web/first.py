"""The first visit: the first officer's account by the code of `vanthu serve`; then what is missing, and a test mail."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway import trial
from gateway.directory.snapshot import Directory
from gateway.errors import NotAllowed
from gateway.model import Phase, Value
from gateway.policy.facts import local_day
from gateway.roles import Verb, is_clerk
from gateway.trial import Step
from web.auth import anybody, begin_session, limiter, may
from web.context import gateway, store
from web.format import utc_now
from web.language import gettext, said

blueprint = Blueprint("first", __name__)

_EXAMPLE = "example"  # what the made-up department of `vanthu init` has in its domains


class Check(Value):
    """One thing that must be in order before mail is led through the gateway."""

    title: str
    said: str
    is_done: bool
    link: str = ""


@blueprint.get("/first")
@anybody
def first() -> ResponseReturnValue:
    """The form, while there is no officer."""
    if not gateway().first_visit.is_open:
        return redirect(url_for("auth.sign_in"))
    return _form({"code": request.args.get("code", "")[:40]})


@blueprint.post("/first")
@anybody
@limiter.limit("20 per hour")
def make() -> ResponseReturnValue:
    """Make the account, sign in, and go on to what is missing."""
    typed = {name: request.form.get(name, "").strip()[:200] for name in ("code", "name", "full_name")}
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _form(typed, gettext("Hai lần nhập mật khẩu mới không giống nhau.")), 422
    try:
        account = gateway().first_visit.make_officer(
            typed["code"], name=typed["name"], full_name=typed["full_name"], password=password
        )
    except NotAllowed as refusal:
        return _form(typed, said(refusal.said)), 422
    begin_session(account, way="password")
    flash(gettext("Đã tạo tài khoản quản trị."), "good")
    return redirect(url_for(".start"))


@blueprint.get("/start")
@may(Verb.MANAGE_ACCOUNTS)
def start() -> ResponseReturnValue:
    """What is in order, what is missing, and the form of the test mail."""
    return _start()


@blueprint.post("/start/test")
@may(Verb.MANAGE_ACCOUNTS)
@limiter.limit("20 per hour")
def test() -> ResponseReturnValue:
    """Send a test mail and follow it, for some seconds."""
    sender, to = (request.form.get(name, "").strip()[:254] for name in ("sender", "to"))
    if not all("@" in each and each.isprintable() and " " not in each for each in (sender, to)):
        return _start(sender=sender, to=to, problem=gettext("Xin ghi địa chỉ đầy đủ của người gửi và hộp thư nhận.")), 422
    door = gateway().smtp_door()
    if door is None:
        abort(503)
    return _start(sender=sender, to=to, steps=tuple(trial.send(store(), door, sender=sender, to=to)))


def _form(typed: dict[str, str], problem: str = "") -> str:
    return render_template("first.html", typed=typed, problem=problem)


def _start(*, sender: str = "", to: str = "", steps: tuple[Step, ...] = (), problem: str = "") -> str:
    settings = gateway().settings
    sender = sender or f"postmaster@{settings.smtp.hostname or 'localhost'}"
    return render_template("start.html", checks=tuple(_checks()), sender=sender, to=to, steps=steps, problem=problem)


def _checks() -> Iterator[Check]:
    here, directory = gateway(), gateway().directory()
    settings = here.settings
    units = [unit for unit in directory.organisations.values() if unit.is_governed]
    made_up = any(row.domain.rpartition(".")[2] == _EXAMPLE for row in directory.domains) or not units
    yield Check(
        title=gettext("Danh bạ"),
        said=gettext("Danh bạ còn là đơn vị mẫu: xin nhập danh sách đơn vị và hộp thư.")
        if made_up
        else gettext("%(units)s đơn vị, %(mailboxes)s hộp thư.", units=len(units), mailboxes=len(directory.mailboxes)),
        is_done=not made_up,
        link=url_for("directory.directory"),
    )
    yield _clerks(directory)
    yield Check(
        title=gettext("Máy chủ thư kế tiếp"),
        said=gettext(
            "%(hop)s, theo [relay] next_hop; thư thử dưới đây cho biết có tới được không.", hop=settings.relay.next_hop
        ),
        is_done=bool(settings.relay.next_hop),
    )
    offices = [office.name for office in settings.office]
    yield Check(
        title=gettext("Hệ thống quản lý văn bản"),
        said=", ".join(offices) or gettext("Chưa có [[office]] nào: văn bản duyệt xong chưa có nơi để bàn giao."),
        is_done=bool(offices),
    )
    yield Check(
        title=gettext("Địa chỉ của trang này"),
        said=settings.web.public_url or gettext("Chưa có [web] public_url: thư thông báo không có liên kết."),
        is_done=bool(settings.web.public_url),
    )
    yield _phases(directory)


def _clerks(directory: Directory) -> Check:
    clerks = sum(is_clerk(account) and account.active for account in store().accounts())
    return Check(
        title=gettext("Tài khoản văn thư"),
        said=gettext("%(clerks)s tài khoản.", clerks=clerks) if clerks else gettext("Chưa có ai duyệt hồ sơ."),
        is_done=clerks > 0,
        link=url_for("accounts.listed"),
    )


def _phases(directory: Directory) -> Check:
    today = local_day(utc_now())
    phases = [
        unit.phase for unit in directory.organisations.values() if unit.is_governed and directory.organisation(unit.code, today)
    ]
    enforced = sum(phase is Phase.ENFORCE for phase in phases)
    watched = sum(phase is Phase.OBSERVE for phase in phases)
    told = gettext(
        "%(observe)s đơn vị đang theo dõi, %(enforce)s đơn vị áp dụng đầy đủ. Nên bắt đầu bằng theo dõi.",
        observe=watched,
        enforce=enforced,
    )
    return Check(title=gettext("Mức áp dụng"), said=told, is_done=True, link=url_for("policy.policy"))
