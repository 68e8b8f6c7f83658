"""The pages of the console as its bar shows them: by what one may do, the many kept together under a word."""

from __future__ import annotations

from gateway.model import Account, Value
from gateway.roles import Verb, allows


class Entry(Value):
    """One page of the bar."""

    title: str
    endpoint: str
    section: str  # what the templates of the page call it
    verb: Verb


class Group(Value):
    """Pages under one word; "" for those that stand in the bar by themselves."""

    title: str
    entries: tuple[Entry, ...]


# A new page is a line here.
PAGES = (
    Group(
        title="",
        entries=(
            Entry(title="Hồ sơ", endpoint="cases.queue", section="cases", verb=Verb.SEE_CASES),
            Entry(title="Lượt chuyển", endpoint="deliveries.deliveries", section="deliveries", verb=Verb.SEE_TRAFFIC),
            Entry(title="Cảnh báo", endpoint="alarms.alarms", section="alarms", verb=Verb.SEE_TRAFFIC),
            Entry(title="Thư", endpoint="mails.mails", section="mails", verb=Verb.SEE_MAILS),
        ),
    ),
    Group(
        title="Sổ và báo cáo",
        entries=(
            Entry(title="Tổng quan", endpoint="statistics.overview", section="reports", verb=Verb.SEE_REPORTS),
            Entry(title="Đợt báo cáo", endpoint="campaigns.campaigns", section="campaigns", verb=Verb.SEE_CAMPAIGNS),
            Entry(title="Thư cũ", endpoint="past.past", section="past", verb=Verb.SEE_RULES),
        ),
    ),
    Group(
        title="Hệ thống",
        entries=(
            Entry(title="Đường chuyển", endpoint="system.system", section="system", verb=Verb.SEE_TRAFFIC),
            Entry(title="Hộp thư", endpoint="mailboxes.mailboxes", section="mailboxes", verb=Verb.SEE_TRAFFIC),
            Entry(title="Danh bạ", endpoint="directory.directory", section="directory", verb=Verb.SEE_RULES),
            Entry(title="Quy tắc", endpoint="policy.policy", section="policy", verb=Verb.SEE_RULES),
            Entry(title="Nhật ký kiểm tra", endpoint="audit.listed", section="audit", verb=Verb.SEE_AUDIT),
            Entry(title="Tài khoản", endpoint="accounts.listed", section="accounts", verb=Verb.MANAGE_ACCOUNTS),
            Entry(title="Bắt đầu", endpoint="first.start", section="start", verb=Verb.MANAGE_ACCOUNTS),
            Entry(title="Mã truy cập", endpoint="tokens.tokens", section="tokens", verb=Verb.MANAGE_ACCOUNTS),
        ),
    ),
)


def pages_for(account: Account) -> tuple[Group, ...]:
    """What the account sees in the bar; a group of one page is that page by itself."""
    seen = [(group.title, tuple(e for e in group.entries if allows(account, e.verb))) for group in PAGES]
    return tuple(Group(title=title if len(entries) > 1 else "", entries=entries) for title, entries in seen if entries)
