"""The lists that are no longer than a page or two as JSON and CSV, and the audit: the address of the page with another ending.

One table says which pages there are: what may see the page may have its rows, with the filters of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from gateway.registers.figures import STEPS
from gateway.roles import Verb
from web import accounts, audit, campaigns, casework, directory, mailboxes, statistics
from web.auth import may, me, tell_seen
from web.cases import COLUMNS as CASES
from web.context import gateway, store
from web.exports import Column, as_csv, as_json, every
from web.format import utc_now, words
from web.language import gettext, said
from web.list_files import MAILS
from web.lists import CASE_CURSOR, MAIL_CURSOR, ROWS, starts_after
from web.names import courier_name, unit_name
from web.stories import actor_name

blueprint = Blueprint("small_lists", __name__)

_MOST = 50_000
_PAGE = 500
# All that the pages are asked for; nothing else goes into an address (url_for has keywords of its own: endpoint, _scheme, …).
_FILTERS = frozenset({"actor", "event", "since", "until", "what", "unit", "from", "to", "sender", "step", "reason", "late"})


class Whole(NamedTuple):
    """A list that is given whole."""

    page: str  # the endpoint of the page that shows it
    path: str
    name: str  # of the file
    verb: Verb
    rows: Callable[[], Iterable[Any]]
    columns: Sequence[Column]


class Paged(NamedTuple):
    """A list that is given a page at a time; ``start`` is where the page that is asked for begins."""

    page: str
    path: str
    name: str
    verb: Verb
    start: Callable[[], str]
    rows: Callable[[str, int], tuple[Sequence[Any], str]]
    columns: Sequence[Column]


def _units(codes: Iterable[str]) -> str:
    return "; ".join(map(unit_name, codes))


LISTS: tuple[Whole | Paged, ...] = (
    Whole(
        "accounts.listed",
        "/accounts",
        "tai-khoan",
        Verb.MANAGE_ACCOUNTS,
        lambda: accounts.rows(),
        (
            Column("name", "Tài khoản", lambda row: row.name),
            Column("full_name", "Họ và tên", lambda row: row.full_name),
            Column("role", "Vai trò", lambda row: words(row.role)),
            Column("units", "Đơn vị", lambda row: _units(row.units)),
            Column("active", "Đang dùng", lambda row: row.active),
            Column("last_sign_in_at", "Đăng nhập gần nhất", lambda row: row.last_sign_in_at),
            Column("second_factor", "Hai bước", lambda row: bool(row.totp)),
        ),
    ),
    Whole(
        "campaigns.campaigns",
        "/campaigns",
        "dot-bao-cao",
        Verb.SEE_CAMPAIGNS,
        lambda: campaigns.rows(),
        (
            Column("key", "Mã", lambda row: row[0]),
            Column("guide", "Văn bản hướng dẫn", lambda row: row[1].guide),
            Column("title", "Nội dung", lambda row: row[1].title),
            Column("mailbox", "Hộp thư nhận", lambda row: row[1].mailbox),
            Column("deadline", "Hạn", lambda row: row[1].deadline),
            Column("open", "Đang mở", lambda row: row[2]),
            Column("sent", "Đã gửi", lambda row: row[3]),
            Column("expected", "Phải gửi", lambda row: row[4]),
        ),
    ),
    Whole(
        "directory.directory",
        "/directory",
        "danh-ba",
        Verb.SEE_RULES,
        lambda: directory.seats(),
        (
            Column("code", "Mã đơn vị", lambda row: row.unit.code),
            Column("name", "Đơn vị", lambda row: row.unit.name),
            Column("kind", "Loại", lambda row: row.unit.kind.value),
            Column("superior", "Đơn vị cấp trên", lambda row: row.unit.superior),
            Column("symbols", "Ký hiệu", lambda row: "; ".join(row.unit.symbols)),
            Column("office", "Hệ thống", lambda row: courier_name(row.unit.office) if row.unit.office else ""),
            Column("phase", "Mức áp dụng", lambda row: words(row.unit.phase)),
            Column("clerks", "Văn thư", lambda row: "; ".join(clerk.address for clerk in row.clerks)),
        ),
    ),
    Whole(
        "mailboxes.mailboxes",
        "/mailboxes",
        "hop-thu",
        Verb.SEE_TRAFFIC,
        lambda: mailboxes.cards(),
        (
            Column("name", "Tên", lambda row: row.name),
            Column("address", "Hộp thư", lambda row: row.address),
            Column("host", "Máy chủ", lambda row: row.host),
            Column("signed_in_at", "Đăng nhập gần nhất", lambda row: row.state.signed_in_at),
            Column("read_at", "Đọc hết lúc", lambda row: row.state.read_at),
            Column("last_mail_at", "Thư gần nhất", lambda row: row.state.last_mail_at),
            Column("taken", "Đã nhận", lambda row: row.taken),
            Column("alarms", "Cần người xem", lambda row: "; ".join(said(alarm.says) for alarm in row.alarms)),
        ),
    ),
    Whole(
        "tokens.tokens",
        "/tokens",
        "ma-truy-cap",
        Verb.MANAGE_ACCOUNTS,
        lambda: store().tokens.all(),
        (
            Column("id", "Mã", lambda row: row.id),
            Column("name", "Tên", lambda row: row.name),
            Column("scopes", "Quyền cần có", lambda row: "; ".join(row.scopes)),
            Column("units", "Đơn vị", lambda row: _units(row.units)),
            Column("office", "Hệ thống", lambda row: row.office),
            Column("made_by", "Người lập", lambda row: row.made_by),
            Column("made_at", "Lập lúc", lambda row: row.made_at),
            Column("ends_at", "Hết hạn", lambda row: row.ends_at),
            Column("used_at", "Dùng gần nhất", lambda row: row.used_at),
            Column("ended_at", "Hết lúc", lambda row: row.ended_at),
        ),
    ),
    Whole(
        "policy.policy",
        "/policy",
        "quy-tac",
        Verb.SEE_RULES,
        lambda: gateway().policy().rules,
        (
            Column("id", "Mã", lambda row: row.id),
            Column("title", "Quy tắc", lambda row: row.title),
            Column("action", "Kết luận", lambda row: words(row.action)),
            Column("clause", "Căn cứ", lambda row: row.clause),
            Column("reason", "Lý do", lambda row: row.reason),
            Column("valid_from", "Từ ngày", lambda row: row.valid_from),
            Column("valid_to", "Đến ngày", lambda row: row.valid_to),
        ),
    ),
    Whole(
        "past.past",
        "/past",
        "thu-cu",
        Verb.SEE_RULES,
        lambda: store().past.views.imports(),
        (
            Column("id", "Mã", lambda row: row.id),
            Column("name", "Tên", lambda row: row.name),
            Column("unit", "Đơn vị", lambda row: unit_name(row.unit) if row.unit else ""),
            Column("started_at", "Từ lúc", lambda row: row.started_at),
            Column("finished_at", "Hết lúc", lambda row: row.finished_at),
            Column("mails", "Số thư", lambda row: sum(row.outcomes.values())),
        ),
    ),
    Whole(
        "deliveries.orphans",
        "/receipts/orphans",
        "tra-loi-khong-khop",
        Verb.SEE_TRAFFIC,
        lambda: store().receipts.orphans(limit=_MOST),
        (
            Column("got_at", "Nhận lúc", lambda row: row.got_at),
            Column("courier", "Hệ thống", lambda row: courier_name(row.courier)),
            Column("event", "Mã trả lời", lambda row: row.event_id),
            Column("level", "Nói gì", lambda row: words(row.level)),
            Column("number_symbol", "Số, ký hiệu", lambda row: row.number_symbol),
            Column("register_number", "Số vào sổ", lambda row: row.register_number),
            Column("reason", "Lý do", lambda row: row.reason),
        ),
    ),
    Whole(
        "casework.gone",
        "/cases/gone",
        "da-chuyen",
        Verb.SEE_CASES,
        lambda: casework.gone_rows(limit=_MOST),
        (
            Column("case", "Mã hồ sơ", lambda row: row.case_id),
            Column("at", "Chuyển lúc", lambda row: row.at),
            Column("from_unit", "Từ đơn vị", lambda row: unit_name(row.from_unit)),
            Column("to_unit", "Đến đơn vị", lambda row: unit_name(row.to_unit)),
            Column("reason", "Lý do", lambda row: row.reason),
            Column("actor", "Ai", lambda row: actor_name(row.actor)),
        ),
    ),
    Whole(
        "casework.stand_in",
        "/stand-in",
        "nguoi-thay",
        Verb.STAND_IN,
        lambda: casework.stand_in_rows(me(), utc_now()),
        (
            Column("account", "Người vắng", lambda row: row.account),
            Column("stand_in", "Người thay", lambda row: row.stand_in),
            Column("since", "Từ lúc", lambda row: row.since),
            Column("until", "Hết lúc", lambda row: row.until),
        ),
    ),
    Paged(
        "audit.listed",
        "/audit",
        "nhat-ky",
        Verb.SEE_AUDIT,
        lambda: audit.start(),
        lambda after, limit: audit.asked_lines(after, limit),
        (
            Column("id", "Số", lambda row: row.id),
            Column("at", "Lúc", lambda row: row.told.at),
            Column("actor", "Ai", lambda row: row.told.actor),
            Column("event", "Việc", lambda row: row.told.event.value),
            Column("said", "Nội dung", lambda row: row.told.said),
            Column("case", "Mã hồ sơ", lambda row: row.case_id),
            Column("mail", "Mã thư", lambda row: row.mail_id),
            Column("sealed", "Đã vào chuỗi", lambda row: row.is_sealed),
        ),
    ),
    Paged(
        "statistics.cases",
        "/statistics/cases",
        "ho-so-thong-ke",
        Verb.SEE_REPORTS,
        lambda: starts_after(CASE_CURSOR),
        lambda after, limit: statistics.case_rows(after, limit),
        CASES,
    ),
    Paged(
        "statistics.mails",
        "/statistics/mails",
        "thu-thong-ke",
        Verb.SEE_REPORTS,
        lambda: starts_after(MAIL_CURSOR),
        lambda after, limit: statistics.mail_rows(after, limit),
        MAILS,
    ),
    Whole(
        "statistics.steps",
        "/shift/steps",
        "buoc-xu-ly",
        Verb.SEE_REPORTS,
        lambda: statistics.asked_steps(),
        (
            Column("at", "Lúc", lambda row: row.at),
            Column("case", "Mã hồ sơ", lambda row: row.case_id),
            Column("unit", "Đơn vị", lambda row: unit_name(row.unit)),
            Column("step", "Việc", lambda row: said(STEPS[row.event])),
            Column("actor", "Ai", lambda row: actor_name(row.actor)),
            Column("reason", "Lý do", lambda row: row.reason),
        ),
    ),
)
_BY_PAGE: Mapping[str, Whole | Paged] = {each.page: each for each in LISTS}


def files_of(page: str) -> tuple[tuple[str, str], ...]:
    """What the list of a page is to be had as, and where; nothing for other pages."""
    if page not in _BY_PAGE or (request.args.get("q") and page == "audit.listed"):
        return ()
    path, query = _BY_PAGE[page].path, _without_place()
    return tuple((name, url_for(f"small_lists.{ending}{path.replace('/', '_')}", **query)) for name, ending in _ENDINGS)


_ENDINGS = (("CSV", "csv"), ("JSON", "json"))


def _without_place() -> dict[str, Any]:
    return {name: value for name, value in request.args.items() if name in _FILTERS}


def _json(of: Whole | Paged) -> Callable[[], ResponseReturnValue]:
    def view() -> ResponseReturnValue:
        tell_seen(me(), what="list-json")
        if isinstance(of, Whole):
            return as_json(of.rows(), of.columns, next="")
        rows, then = of.rows(of.start(), ROWS)
        return as_json(rows, of.columns, next=url_for(str(request.endpoint), **_without_place(), after=then) if then else "")

    return view


def _csv(of: Whole | Paged) -> Callable[[], ResponseReturnValue]:
    def view() -> ResponseReturnValue:
        tell_seen(me(), what="list-csv")
        if isinstance(of, Whole):
            return as_csv(of.rows(), of.columns, name=of.name)
        rows = of.rows
        return as_csv(every(lambda after: rows(after, _PAGE), most=_MOST), of.columns, name=of.name)

    return view


def _register() -> None:
    for each in LISTS:
        for ending, made in (("json", _json(each)), ("csv", _csv(each))):
            made.__name__ = made.__qualname__ = ending + each.path.replace("/", "_")
            blueprint.add_url_rule(f"{each.path}.{ending}", made.__name__, may(each.verb)(made))


_register()


@blueprint.app_context_processor
def _shown() -> dict[str, object]:
    return {
        "list_files_of_page": lambda: files_of(request.endpoint or ""),
        "list_files_hint": lambda: gettext("lấy danh sách này:"),
    }
