"""What a delivery report says to a person: Vietnamese first, then English.  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

from gateway.courier import Fate, Outcome, Result
from gateway.model import Delivery, Mail

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

Thư gửi lúc: {at}
Mã thư: {id}

Những người nhận khác của thư này (nếu có) không bị ảnh hưởng. {You}
hãy kiểm tra lại địa chỉ rồi gửi lại; nếu vẫn không được, xin chuyển tiếp
thư này cho cán bộ công nghệ thông tin của đơn vị.
""",
    Fate.DELAYED: """\
Thư của {you} chưa chuyển được tới {whom} sau đây:

{vietnamese}

Thư gửi lúc: {at}
Mã thư: {id}

{You} chưa cần làm gì và không cần gửi lại. Cổng tiếp tục gửi{until}.
Nếu sau đó vẫn không được, cổng sẽ báo để {you} biết.
""",
    Fate.RELAYED: """\
Theo yêu cầu của {you}, cổng báo: thư đã được chuyển tiếp cho máy chủ
của {whom} sau đây. Máy chủ ấy không báo lại khi thư vào hộp thư, nên
cổng không biết thêm.

{vietnamese}

Thư gửi lúc: {at}
Mã thư: {id}
""",
    Fate.DELIVERED: """\
Theo yêu cầu của {you}, cổng báo: thư đã vào hộp thư của {whom}
sau đây.

{vietnamese}

Thư gửi lúc: {at}
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
Kính gửi Thầy/Cô,

{vietnamese}
Thư này do máy gửi tự động từ {hostname}, xin đừng trả lời.

------------------------------------------------------------------------

{english}
This is an automatic message from {hostname}; please do not reply.
"""

_REASONS = {
    "5.1.1": "địa chỉ không tồn tại",
    "5.1.2": "không có tên miền này",
    "5.1.3": "địa chỉ viết không đúng",
    "5.1.6": "hộp thư đã chuyển đi nơi khác",
    "5.1.10": "tên miền này không nhận thư",
    "5.2.1": "hộp thư đã khóa",
    "5.2.2": "hộp thư đã đầy",
    "4.2.2": "hộp thư đã đầy",
    "5.2.3": "thư quá lớn so với hộp thư",
    "5.3.4": "thư quá lớn đối với máy chủ nhận",
    "5.4.6": "thư đi vòng tròn, không có máy chủ nào nhận",
    "5.6.3": "máy chủ nhận không đọc được thư có chữ có dấu (8 bit), mà cổng không được sửa thư",
    "5.6.7": "máy chủ nhận không dùng được địa chỉ có dấu tiếng Việt",
    "5.6.9": "máy chủ nhận không đọc được tiêu đề thư có dấu tiếng Việt",
    "5.7.1": "máy chủ nhận từ chối thư này",
}

_Pair = tuple[Delivery, Result]


def words(fate: Fate, mail: Mail, pairs: Sequence[_Pair], *, hostname: str, until: datetime | None) -> str:
    """The whole text, with CRLF.  ``until``: how long it is tried, for DELAYED."""
    facts = {
        "you": "Thầy/Cô",
        "You": "Thầy/Cô",
        "whom": "người nhận" if len(pairs) == 1 else "những người nhận",
        "vietnamese": "\n".join(_in_vietnamese(fate, delivery, result) for delivery, result in pairs),
        "english": "\n".join(f"  {delivery.target}\n    {result.reply}" for delivery, result in pairs),
        "at": _moment(mail.arrival.at),
        "id": mail.id,
        "until": f" đến {_moment(until)}" if until is not None else "",
        "until_english": f" until {until.astimezone(_VIETNAM):%d %b %Y %H:%M} (UTC+7)" if until is not None else "",
    }
    text = _FRAME.format(vietnamese=_TEXTS[fate].format(**facts), english=_ENGLISH[fate].format(**facts), hostname=hostname)
    return text.replace("\n", "\r\n")


def _in_vietnamese(fate: Fate, delivery: Delivery, result: Result) -> str:
    if fate in (Fate.RELAYED, Fate.DELIVERED):
        return f"  {delivery.target}\n    Chi tiết kỹ thuật: {result.reply}"
    said = _STATUS.match(result.reply)
    reason = _REASONS.get(said[1]) if said else None
    if reason is None and result.outcome is Outcome.RETRY:
        reason = "máy chủ nhận chưa nhận thư" if fate is Fate.DELAYED else "đã thử gửi nhiều lần mà máy chủ nhận chưa nhận thư"
    return f"  {delivery.target}\n    Lý do: {reason or 'máy chủ nhận từ chối thư này'}.\n    Chi tiết kỹ thuật: {result.reply}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(_VIETNAM):%H:%M ngày %d/%m/%Y}"
