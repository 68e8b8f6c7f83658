"""Hộp thư: how each swept mailbox does, what a person must look at, who still writes there, and "look now"."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from gateway.config import After, Forward, Mailbox
from gateway.imap.access import token_ages
from gateway.imap.oauth.age import TokenAge
from gateway.imap.wellbeing import Alarm, alarms
from gateway.model import Value
from gateway.roles import Verb
from gateway.store import MailboxState
from web.auth import may
from web.context import gateway, store
from web.format import utc_now
from web.language import gettext

blueprint = Blueprint("mailboxes", __name__)

_WRITERS_SINCE = timedelta(days=90)
_AFTER = {
    After.LEAVE: "để nguyên trong hộp thư",
    After.MARK: "đánh dấu trong hộp thư",
    After.MOVE: "chuyển sang thư mục khác",
}
_FORWARD = {
    Forward.LEAVE: "ở lại hộp thư",
    Forward.RELAY: "chuyển tiếp bằng SMTP",
    Forward.APPEND: "chép sang hộp thư mới bằng IMAP",
}


class Card(Value):
    """One mailbox as the page shows it."""

    name: str
    address: str
    host: str
    folders: tuple[str, ...]
    after: str
    forward: str
    goes_on: bool
    successor: str
    state: MailboxState
    alarms: tuple[Alarm, ...]
    token: TokenAge | None = None

    @property
    def taken(self) -> int:
        """Mails that became ours."""
        return self.state.counts.get("accepted", 0)

    @property
    def same(self) -> int:
        """Messages whose bytes were ours already."""
        return self.state.counts.get("same", 0)


@blueprint.get("/mailboxes")
@may(Verb.SEE_TRAFFIC)
def mailboxes() -> ResponseReturnValue:
    """The cards, those with alarms first."""
    found = cards()
    return render_template("mailboxes.html", cards=found, failing=sum(bool(card.alarms) for card in found))


@blueprint.get("/mailbox/<name>")
@may(Verb.SEE_TRAFFIC)
def one(name: str) -> ResponseReturnValue:
    """One mailbox, and who still writes there."""
    card = next((card for card in _cards() if card.name == name), None)
    if card is None:
        abort(404)
    writers = store().mailboxes.writers(name, since=utc_now() - _WRITERS_SINCE)
    return render_template("mailbox.html", card=card, writers=writers, days=_WRITERS_SINCE.days)


@blueprint.post("/mailbox/<name>/look")
@may(Verb.RUN)
def look(name: str) -> ResponseReturnValue:
    """Look into it now, whatever the schedule says."""
    _known(name)
    store().mailboxes.look_now(name)
    flash(gettext("Cổng sẽ đăng nhập và đọc hộp thư này ngay. Xin tải lại trang sau vài giây để xem kết quả."))
    return redirect(url_for(".one", name=name))


@blueprint.post("/mailbox/<name>/retry")
@may(Verb.RUN)
def retry(name: str) -> ResponseReturnValue:
    """Fetch anew what could not be taken."""
    _known(name)
    count = store().mailboxes.retry(name)
    flash(gettext("Cổng sẽ lấy lại %(count)s thư ngay.", count=count))
    return redirect(url_for(".one", name=name))


def alarms_by_kind() -> dict[str, int]:
    """How many mailboxes are swept, and how many of them have each kind of alarm: no names."""
    cards = _cards()
    return {"swept": len(cards), **Counter(alarm.kind.value for card in cards for alarm in card.alarms)}


def cards() -> list[Card]:
    """The mailboxes that are swept, those with alarms first."""
    return sorted(_cards(), key=lambda card: (not card.alarms, card.name))


def _cards() -> list[Card]:
    settings, now, calendar = gateway().settings, utc_now(), gateway().directory().calendar
    swept = [mailbox for mailbox in settings.mailbox if mailbox.sweep]
    states = store().mailboxes.states() if swept else {}
    tokens = token_ages(settings, now)

    def card(mailbox: Mailbox) -> Card:
        state = states.get(mailbox.name) or MailboxState(name=mailbox.name)
        return Card(
            name=mailbox.name,
            address=mailbox.recipient,
            host=mailbox.host,
            folders=mailbox.folders,
            after=gettext(_AFTER[mailbox.after]),
            forward=gettext(_FORWARD[mailbox.forward]),
            goes_on=mailbox.forward is not Forward.LEAVE,
            successor=mailbox.successor or gateway().directory().successor(mailbox.recipient, now.date()),
            state=state,
            alarms=alarms(mailbox, state, settings.imap, calendar, now, token=tokens.get(mailbox.name)),
            token=tokens.get(mailbox.name),
        )

    return [card(mailbox) for mailbox in swept]


def _known(name: str) -> None:
    if not any(mailbox.name == name and mailbox.sweep for mailbox in gateway().settings.mailbox):
        abort(404)
