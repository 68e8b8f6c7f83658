"""What a delivery report says to a person: Vietnamese first, then English.  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

from gateway.courier import Fate, Outcome, Result
from gateway.documents.fields import subject_of
from gateway.model import Delivery, Mail
from gateway.notices.lines import one_line

_VIETNAM = timezone(timedelta(hours=7))
_STATUS = re.compile(r"(?:[245]\d\d[ -])?([245]\.\d{1,3}\.\d{1,3})\b")

SUBJECTS: Mapping[Fate, str] = {
    Fate.FAILED: "Thư không gửi được",
    Fate.DELAYED: "Thư chưa gửi được, cổng đang gửi lại",
    Fate.RELAYED: "Thư đã được chuyển tiếp",
    Fate.DELIVERED: "Thư đã đến hộp thư",
}

_TEXTS: Mapping[Fate, str] = {
    Fate.FAILED: """\
Thư của {you} không chuyển được tới {whom} sau đây:

{vietnamese}

{subject}Thư gửi lúc: {at}
Mã thư: {id}

Những người nhận khác của thư này (nếu có) không bị ảnh hưởng. Nếu cần
giúp đỡ, xin chuyển tiếp thư báo này cho cán bộ công nghệ thông tin của
đơn vị.
""",
    Fate.DELAYED: """\
Thư của {you} chưa chuyển được tới {whom} sau đây:

{vietnamese}

{subject}Thư gửi lúc: {at}
Mã thư: {id}

{you} chưa cần làm gì và không cần gửi lại. Cổng tiếp tục gửi{until}.
Nếu sau đó vẫn không được, cổng sẽ báo để {you} biết.
""",
    Fate.RELAYED: """\
Theo yêu cầu của {you}, cổng báo: thư đã được chuyển tiếp cho máy chủ
của {whom} sau đây. Máy chủ ấy không báo lại khi thư vào hộp thư, nên
cổng không biết thêm.

{vietnamese}

{subject}Thư gửi lúc: {at}
Mã thư: {id}
""",
    Fate.DELIVERED: """\
Theo yêu cầu của {you}, cổng báo: thư đã vào hộp thư của {whom}
sau đây.

{vietnamese}

{subject}Thư gửi lúc: {at}
Mã thư: {id}
""",
}
_ENGLISH: Mapping[Fate, str] = {
    Fate.FAILED: """\
Your message could not be delivered to the following recipient(s):

{english}

Other recipients, if there were any, are not affected.
""",
    Fate.DELAYED: """\
Your message has not yet been delivered to the following recipient(s):

{english}

You need not do anything: delivery will be tried again{until_english}.
""",
    Fate.RELAYED: """\
As you asked to be told: your message was passed on to the mail server
of the following recipient(s), which does not report any further.

{english}
""",
    Fate.DELIVERED: """\
As you asked to be told: your message was delivered to the mailbox of
the following recipient(s).

{english}
""",
}

_FRAME = """\
Kính gửi {you},

{vietnamese}
Thư này do máy gửi tự động từ {hostname}, xin đừng trả lời.

------------------------------------------------------------------------

{english}
This is an automatic message from {hostname}; please do not reply.
"""

_ADDRESS = "kiểm tra lại địa chỉ rồi gửi lại tới địa chỉ đúng"
_ASK_THEM = "báo cho người nhận bằng cách khác (gọi điện), gửi lại khi họ cho biết đã nhận được thư"
_SMALLER = "gửi lại với tệp nhỏ hơn, hoặc chia các tệp ra nhiều thư"
_OFFICER = "chuyển tiếp thư báo này cho cán bộ công nghệ thông tin của đơn vị"

# Why, and what whoever sent it can do now.
_REASONS: Mapping[str, tuple[str, str]] = {
    "5.1.1": ("địa chỉ không tồn tại", _ADDRESS),
    "5.1.2": ("không có tên miền này", _ADDRESS),
    "5.1.3": ("địa chỉ viết không đúng", _ADDRESS),
    "5.1.6": ("hộp thư đã chuyển đi nơi khác", "hỏi người nhận địa chỉ mới rồi gửi lại tới địa chỉ đó"),
    "5.1.10": ("tên miền này không nhận thư", _ADDRESS),
    "5.2.1": ("hộp thư đã khóa", _ASK_THEM),
    "5.2.2": ("hộp thư đã đầy", _ASK_THEM),
    "4.2.2": ("hộp thư đã đầy", _ASK_THEM),
    "5.2.3": ("thư quá lớn so với hộp thư", _SMALLER),
    "5.3.4": ("thư quá lớn đối với máy chủ nhận", _SMALLER),
    "5.4.6": ("thư đi vòng tròn, không có máy chủ nào nhận", _OFFICER),
    "5.6.3": ("máy chủ nhận không đọc được thư có chữ có dấu (8 bit), mà cổng không được sửa thư", _OFFICER),
    "5.6.7": ("máy chủ nhận không dùng được địa chỉ có dấu tiếng Việt", "hỏi người nhận một địa chỉ không dấu rồi gửi lại"),
    "5.6.9": ("máy chủ nhận không đọc được tiêu đề thư có dấu tiếng Việt", _OFFICER),
    "5.7.1": ("máy chủ nhận từ chối thư này", _OFFICER),
}
_NO_REASON = ("máy chủ nhận từ chối thư này", _OFFICER)
_NEVER_TAKEN = ("đã thử gửi nhiều lần mà máy chủ nhận chưa nhận thư", _ASK_THEM)
_NOT_YET = "máy chủ nhận chưa nhận thư"

_Pair = tuple[Delivery, Result]


def words(fate: Fate, mail: Mail, pairs: Sequence[_Pair], *, hostname: str, until: datetime | None, you: str) -> str:
    """The whole text, with CRLF.  ``until``: how long it is tried, for DELAYED; ``you``: how the reader is addressed."""
    subject = one_line(subject_of(mail.raw))
    facts = {
        "you": you,
        "whom": "người nhận" if len(pairs) == 1 else "những người nhận",
        "vietnamese": "\n".join(_in_vietnamese(fate, delivery, result) for delivery, result in pairs),
        "english": "\n".join(f"  {delivery.target}\n    {result.reply}" for delivery, result in pairs),
        "subject": f"Tiêu đề thư: “{subject}”\n" if subject else "",
        "at": _moment(mail.arrival.at),
        "id": mail.id,
        "until": f" đến {_moment(until)}" if until is not None else "",
        "until_english": f" until {until.astimezone(_VIETNAM):%d %b %Y %H:%M} (UTC+7)" if until is not None else "",
    }
    text = _FRAME.format(
        vietnamese=_TEXTS[fate].format(**facts), english=_ENGLISH[fate].format(**facts), hostname=hostname, you=you
    )
    return text.replace("\n", "\r\n")


def _in_vietnamese(fate: Fate, delivery: Delivery, result: Result) -> str:
    if fate in (Fate.RELAYED, Fate.DELIVERED):
        return f"  {delivery.target}\n    Chi tiết kỹ thuật: {result.reply}"
    reason, remedy = _why(fate, result)
    lines = [f"  {delivery.target}", f"    Lý do: {reason}."]
    if fate is Fate.FAILED:
        lines.append(f"    Việc cần làm: {remedy}.")
    return "\n".join([*lines, f"    Chi tiết kỹ thuật: {result.reply}"])


def _why(fate: Fate, result: Result) -> tuple[str, str]:
    """The reason, and what to do now."""
    said = _STATUS.match(result.reply)
    known = _REASONS.get(said[1]) if said else None
    if known is None and result.outcome is Outcome.RETRY:
        return (_NOT_YET, "") if fate is Fate.DELAYED else _NEVER_TAKEN
    return known or _NO_REASON


def _moment(at: datetime) -> str:
    return f"{at.astimezone(_VIETNAM):%H:%M ngày %d/%m/%Y}"
