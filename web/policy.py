"""The rules: what is in force, older versions, and a changed policy tried on past mail before it is switched on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.model import Event, Story
from gateway.policy import rules
from gateway.policy.mistakes import PolicyMistake
from gateway.policy.rules import Policy
from gateway.replay import Change, Counter, changes, stored
from gateway.roles import Verb
from gateway.store import Replayable
from web.auth import may, me
from web.context import gateway, store
from web.format import utc_now
from web.language import DEFAULT, gettext, language

blueprint = Blueprint("policy", __name__)

DAYS = (7, 30, 90)  # that can be looked back
_SHOWN = 200  # changes on the page; `vanthu replay --csv` writes all
_PATIENCE_S = 20.0  # a console page does not take longer; the command has all the time
_LONGEST = 256 * 1024  # characters of a policy


@blueprint.get("/policy")
@may(Verb.SEE_RULES)
def policy() -> ResponseReturnValue:
    """The rules in force, in order, and the versions before."""
    current = gateway().policy()
    return render_template("policy.html", policy=current, versions=store().archive.policies(), days=DAYS)


@blueprint.get("/policy/<version>.toml")
@may(Verb.SEE_RULES)
def version(version: str) -> ResponseReturnValue:
    """The file of a version, as verdicts name it."""
    response = Response(store().archive.policy(version), mimetype="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="policy-{version}.toml"'
    return response


@blueprint.post("/policy/try")
@may(Verb.CHANGE_RULES)
def rehearse() -> ResponseReturnValue:
    """Decide the mail of the last days again by a changed policy; nothing is switched on by it."""
    upload = request.files.get("file")
    text = upload.read(_LONGEST + 1).decode("utf-8", "replace") if upload else ""
    days = next((days for days in DAYS if str(days) == request.form.get("days")), DAYS[1])
    if not text.strip() or len(text) > _LONGEST:
        flash(gettext("Xin chọn tệp chính sách (.toml) cần thử."), "problem")
        return redirect(url_for(".policy"))
    try:
        changed = rules.parse(text.encode(), where=(upload.filename if upload else "") or "policy.toml")
    except PolicyMistake as mistake:
        return render_template(
            "policy_try.html",
            problem=mistake.vietnamese if language() == DEFAULT else str(mistake),
            days=days,
            found=(),
            counter=Counter(),
            whole=True,
        ), 422
    found, counter, whole = _tried(changed, days)
    detail: dict[str, str | int | float | bool | list[str]] = {
        "version": changed.version,
        "days": days,
        "changed": counter.changed,
    }
    store().tell(Story(at=utc_now(), event=Event.POLICY_TRIED, actor=me().name, detail=detail))
    return render_template(
        "policy_try.html",
        problem="",
        days=days,
        found=found,
        counter=counter,
        whole=whole,
        version=changed.version,
    )


def _tried(changed: Policy, days: int) -> tuple[tuple[Change, ...], Counter, bool]:
    """The first changes, the counts, and whether all of the mail was looked at."""
    now, counter = utc_now(), Counter()
    mails = _InTime(stored(store().archive, since=now - timedelta(days=days), until=now), time.monotonic() + _PATIENCE_S)
    found: list[Change] = []
    for change in changes(iter(mails), changed, gateway().directory(), counter=counter):
        if len(found) < _SHOWN:
            found.append(change)
    return tuple(found), counter, mails.whole


class _InTime:
    """Mails until the time is up."""

    def __init__(self, mails: Iterator[Replayable], until: float) -> None:
        self._mails = mails
        self._until = until
        self.whole = True

    def __iter__(self) -> Iterator[Replayable]:
        for mail in self._mails:
            if time.monotonic() > self._until:
                self.whole = False
                return
            yield mail
