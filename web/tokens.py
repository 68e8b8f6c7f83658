"""Tokens of programs: the officer makes and ends them; the text of one is shown once, when it is made."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway import tokens as making
from gateway.errors import NotFound
from gateway.model import Value
from gateway.roles import Verb
from gateway.tokens import WORDS, Scope
from web.auth import may, me
from web.context import gateway, store
from web.format import VIETNAM, utc_now
from web.language import gettext

blueprint = Blueprint("tokens", __name__)

_LONGEST_NAME = 60


class _Typed(Value):
    """What the form says."""

    name: str = ""
    scopes: tuple[Scope, ...] = ()
    units: tuple[str, ...] = ()
    office: str = ""
    until: str = ""

    @property
    def problem(self) -> str:
        """What is wrong with it; "" for nothing."""
        if not self.name:
            return gettext("Xin đặt tên cho mã: chương trình nào dùng nó.")
        if not self.scopes:
            return gettext("Xin chọn ít nhất một quyền.")
        if {Scope.READ, Scope.DECIDE} & set(self.scopes) and not self.units:
            return gettext("Xin chọn đơn vị có hồ sơ mà chương trình được xem.")
        if Scope.PULL in self.scopes and not self.office:
            return gettext("Xin chọn hệ thống quản lý văn bản đến lấy hồ sơ.")
        if self.until and self.ends_at is None:
            return gettext("Ngày hết hạn chưa đúng.")
        return ""

    @property
    def ends_at(self) -> datetime | None:
        """The end of the last day."""
        try:
            day = datetime.strptime(self.until, "%Y-%m-%d").date()  # noqa: DTZ007 - a day
        except ValueError:
            return None
        return datetime.combine(day + timedelta(days=1), time(), VIETNAM).astimezone(UTC)


@blueprint.get("/tokens")
@may(Verb.MANAGE_ACCOUNTS)
def tokens() -> ResponseReturnValue:
    """All of them, and the form for another."""
    return _page(_Typed())


@blueprint.post("/tokens")
@may(Verb.MANAGE_ACCOUNTS)
def make() -> ResponseReturnValue:
    """Make one; its text is on this page, and never again."""
    form = request.form
    known = {scope.value: scope for scope in Scope}
    typed = _Typed(
        name=" ".join(form.get("name", "").split())[:_LONGEST_NAME],
        scopes=tuple(known[each] for each in form.getlist("scope") if each in known),
        units=tuple(code for code in form.getlist("unit") if code in gateway().directory().organisations),
        office=form.get("office", "") if form.get("office", "") in _offices() else "",
        until=form.get("until", "").strip(),
    )
    if typed.problem:
        return _page(typed, problem=typed.problem), 422
    token, text = making.made(
        typed.name,
        typed.scopes,
        by=me().name,
        now=utc_now(),
        units=typed.units,
        office=typed.office,
        ends_at=typed.ends_at,
    )
    store().tokens.put(token)
    return _page(_Typed(), made=text)


@blueprint.post("/token/<id:token_id>/end")
@may(Verb.MANAGE_ACCOUNTS)
def end(token_id: str) -> ResponseReturnValue:
    """From now on it opens nothing."""
    try:
        store().tokens.end(token_id, by=me().name, now=utc_now())
    except NotFound:
        flash(gettext("Mã này không còn dùng."), "problem")
    else:
        flash(gettext("Mã đã hết hiệu lực từ bây giờ."), "good")
    return redirect(url_for(".tokens"))


def _offices() -> list[str]:
    return [office.name for office in gateway().settings.office if office.courier == "pull"]


def _page(typed: _Typed, *, problem: str = "", made: str = "") -> str:
    units = sorted(gateway().directory().organisations.values(), key=lambda unit: unit.name)
    return render_template(
        "tokens.html",
        rows=store().tokens.all(),
        typed=typed,
        problem=problem,
        made=made,
        scopes=WORDS,
        units=units,
        offices=_offices(),
    )
