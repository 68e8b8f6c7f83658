"""What of the queue is shown: the tab, words, narrowing and order of an address, and the way back to it from a case.

Everything is in the address, so a list can be kept, sent, and had as JSON or CSV.  Which list a clerk came from is kept in
the session: the next case is the next of that list, and the way back leads to its row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import abort, request, session, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from gateway.lifecycle import CaseState
from gateway.model import Account, Case, Direction, Value
from gateway.roles import is_clerk
from gateway.store import Narrow, Order
from web.auth import units_of
from web.context import gateway, store
from web.format import start_of_day, utc_now
from web.lists import printable

_KEPT_AS = "list"  # in the session
_LONGEST = 600  # characters of an address: the session is a cookie

# What the tabs of the queue show, in their order.
TABS: Mapping[str, tuple[str, tuple[CaseState, ...]]] = {
    "waiting": ("Chờ văn thư", (CaseState.WAITING,)),
    "handed-over": ("Đã bàn giao", (CaseState.APPROVED, CaseState.HANDED_OVER, CaseState.REGISTERED, CaseState.DONE)),
    "returned": ("Đã trả lại", (CaseState.RETURNED,)),
    "released": ("Đã cho qua", (CaseState.RELEASED,)),
    "withdrawn": ("Đã thu hồi", (CaseState.WITHDRAWN,)),
    "sealed": ("Niêm phong", (CaseState.SEALED,)),
    "archived": ("Lưu trữ", (CaseState.ARCHIVED,)),
    # Years of archived ones would hide the rest.
    "all": ("Tất cả", tuple(state for state in CaseState if state is not CaseState.ARCHIVED)),
}
AGES = {"today": "Hôm nay", "week": "7 ngày qua", "older": "Cũ hơn 7 ngày"}
ORDERS = {Order.NEWEST: "Mới nhất trước", Order.OLDEST: "Cũ nhất trước", Order.DUE: "Sắp đến hạn trước"}
# Narrowings that one press takes on and off.
SWITCHES = ("urgent", "late", "mine", "free", "twins")
_FIELDS = ("tab", "unit", "q", "kind", "direction", "rule", "age", "order", *SWITCHES)


class Shown(Value):
    """One list of cases."""

    tab: str
    fields: dict[str, str]  # of the address, those that say something
    units: tuple[str, ...] | None
    text: str
    narrow: Narrow
    order: Order

    @property
    def states(self) -> tuple[CaseState, ...]:
        """The states of its tab."""
        return TABS[self.tab][1]

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the tab, the unit and the order was asked for."""
        return bool(self.fields.keys() - {"tab", "unit", "order"})

    @property
    def is_sifted(self) -> bool:
        """Whether one of the fields behind "Lọc và sắp xếp" says something."""
        return bool(self.fields.keys() & {"unit", "kind", "direction", "rule", "age", "order"})

    def address(self, **changes: str | None) -> str:
        """The address of this list with some fields changed (None: left out); without the place of a page."""
        fields: dict[str, Any] = {name: text for name, text in {**self.fields, **changes}.items() if text}
        return url_for("cases.queue", **fields)


def asked(account: Account, fields: MultiDict[str, str] | None = None) -> Shown:
    """The list that the request asks for; 404 for what does not exist."""
    given = request.args if fields is None else fields
    kept = {name: printable(given.get(name, "")) for name in _FIELDS if given.get(name)}
    tab, unit = kept.setdefault("tab", "waiting"), kept.get("unit", "")
    units = units_of(account)
    if tab not in TABS or (unit and unit not in (gateway().directory().organisations if units is None else units)):
        abort(404)
    order = Order(kept["order"]) if kept.get("order") in set(Order) else Order.NEWEST
    return Shown(
        tab=tab,
        fields=kept,
        units=(unit,) if unit else units,
        text=kept.get("q", ""),
        narrow=_narrow(kept, account, utc_now()),
        order=order,
    )


def _narrow(fields: Mapping[str, str], account: Account, now: datetime) -> Narrow:
    age, direction = fields.get("age", ""), fields.get("direction", "")
    week_ago = start_of_day(now) - timedelta(days=7)
    return Narrow(
        kind=fields.get("kind", ""),
        direction=Direction(direction) if direction in set(Direction) else None,
        urgent="urgent" in fields,
        due_before=now if "late" in fields else None,
        opened_since={"today": start_of_day(now), "week": week_ago}.get(age),
        opened_before=week_ago if age == "older" else None,
        rule=fields.get("rule", ""),
        assignee=account.name if "mine" in fields else "",
        unassigned="free" in fields,
        twins="twins" in fields,
    )


def remember() -> None:
    """Keep the address of the list that is shown, with its page, for the way back."""
    address = request.full_path.rstrip("?")
    if len(address) <= _LONGEST and session.get(_KEPT_AS) != address:
        session[_KEPT_AS] = address


def way_back(case_id: str = "") -> str:
    """The list that one came from, at the row of the case."""
    return str(session.get(_KEPT_AS) or url_for("cases.queue")) + (f"#c-{case_id}" if case_id else "")


def next_waiting(account: Account, case: Case) -> str:
    """The waiting case after this one in the list that one came from, else its first; "" when no other waits."""
    shown = _came_from(account)
    if is_clerk(account) and not shown.fields.get("unit"):
        units: tuple[str, ...] | None = account.units  # what she may decide, not all that she may see
    else:
        units = shown.units
    found = store().views.case_beside(case, units=units, text=shown.text, narrow=shown.narrow, order=shown.order)
    return found or store().views.case_beside(case, units=units)


def _came_from(account: Account) -> Shown:
    fields = MultiDict(parse_qsl(urlsplit(str(session.get(_KEPT_AS) or "")).query))
    try:
        shown = asked(account, fields)
    except NotFound:  # a unit that is no longer hers
        return asked(account, MultiDict())
    return shown if shown.tab == "waiting" else asked(account, MultiDict())
