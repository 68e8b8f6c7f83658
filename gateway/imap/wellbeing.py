"""How a mailbox does, and what a person must look at: the alarms of its card.  Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from gateway.config import Imap, Mailbox
from gateway.directory.calendar import VIETNAM, Calendar
from gateway.imap.oauth.age import Condition, TokenAge
from gateway.model import Value
from gateway.phrases import phrase
from gateway.store import MailboxState

_PATIENCE = timedelta(minutes=15)  # a server may be away so long, and a look may take so long


class Kind(StrEnum):
    """What is wrong."""

    SIGN_IN = "sign-in"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNREAD = "unread"  # nobody has looked into it for some time
    SILENT = "silent"  # no mail where one was expected
    HELD = "held"  # messages that could not be taken
    TOKEN = "token"  # the right to sign in ends soon, or has ended  # noqa: S105 - a kind of alarm


class Alarm(Value):
    """One thing that is wrong, in a sentence for the officer that says what to do."""

    kind: Kind
    says: str


def alarms(
    mailbox: Mailbox, state: MailboxState, settings: Imap, calendar: Calendar, now: datetime, *, token: TokenAge | None = None
) -> tuple[Alarm, ...]:
    """Everything that is wrong with a mailbox that is swept; ``token``: how the token does by which one signs in."""
    found = [
        _trouble(state, now),
        _token(mailbox, token, now),
        _unread(state, now),
        _silent(mailbox, state, settings, calendar, now),
        _held(state),
    ]
    return tuple(alarm for alarm in found if alarm is not None)


def _trouble(state: MailboxState, now: datetime) -> Alarm | None:
    if state.trouble == "sign-in":
        says = phrase(
            "Không đăng nhập được. Kiểm tra mật khẩu (mật khẩu ứng dụng) và chứng thư. Máy chủ nói: %(said)s", said=state.said
        )
        return Alarm(kind=Kind.SIGN_IN, says=says)
    if not state.trouble or state.trouble_since is None or now - state.trouble_since < _PATIENCE:
        return None
    if state.trouble == "refused":
        return Alarm(
            kind=Kind.REFUSED,
            says=phrase("Máy chủ từ chối. Kiểm tra tên thư mục và quyền của hộp thư. Máy chủ nói: %(said)s", said=state.said),
        )
    return Alarm(
        kind=Kind.UNREACHABLE,
        says=phrase("Không kết nối được. Kiểm tra mạng và máy chủ thư. Chi tiết: %(said)s", said=state.said),
    )


def _token(mailbox: Mailbox, token: TokenAge | None, now: datetime) -> Alarm | None:
    if token is None or token.condition is Condition.WELL:
        return None
    again = phrase("Chạy: vanthu mailbox sign-in %(name)s", name=mailbox.name)
    days = token.days_left(now)
    if token.condition is Condition.AGEING and days is not None:
        return Alarm(
            kind=Kind.TOKEN, says=phrase("Quyền đăng nhập hết hạn sau %(days)s ngày. %(again)s", days=days, again=again)
        )
    ended = phrase("Chưa ai đăng nhập") if token.condition is Condition.MISSING else phrase("Quyền đăng nhập đã hết hạn")
    return Alarm(kind=Kind.TOKEN, says=f"{ended}. {again}")


def _unread(state: MailboxState, now: datetime) -> Alarm | None:
    if state.trouble or (state.leased_until is not None and state.read_at is None):
        return None  # said already; or the first look is under way
    if state.read_at is not None and now - state.read_at < _PATIENCE:
        return None
    return Alarm(
        kind=Kind.UNREAD, says=phrase("Lâu rồi chưa có nút nào của cổng đọc hộp thư này. Kiểm tra xem cổng có đang chạy không.")
    )


def _silent(mailbox: Mailbox, state: MailboxState, settings: Imap, calendar: Calendar, now: datetime) -> Alarm | None:
    if not mailbox.expect_daily or state.read_at is None:
        return None
    last = state.last_mail_at or state.first_read_at
    if last is None or _working_days(last.astimezone(VIETNAM).date(), now, calendar) < settings.silent_after_days:
        return None
    return Alarm(
        kind=Kind.SILENT,
        says=phrase("Lẽ ra ngày làm việc nào cũng có thư mà không có. Gửi thử một thư; xem thư có bị lọc hay chuyển đi không."),
    )


def _working_days(last: date, now: datetime, calendar: Calendar) -> int:
    """How many whole working days lie between the day of the last mail and today."""
    day, today, days = calendar.next_working_day(last), now.astimezone(VIETNAM).date(), 0
    while day < today and days < 1000:
        days += 1
        day = calendar.next_working_day(day)
    return days


def _held(state: MailboxState) -> Alarm | None:
    if not state.held:
        return None
    return Alarm(
        kind=Kind.HELD,
        says=phrase("%(held)s thư chưa lấy về được và đang chờ người xem. Sửa nguyên nhân rồi bấm “Lấy lại”.", held=state.held),
    )
