"""The story of a mail or case as sentences: what happened, when, by whom, with the details that people ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from gateway.courier import Level
from gateway.lifecycle import CaseEvent, CaseState, DeliveryEvent, DeliveryState
from gateway.model import Action, Case, Direction, Door, Event, Identity, Story, Value
from gateway.policy.sameness import Layer
from gateway.store import Views
from gateway.tokens import token_and_person
from web.format import WORDS, moment, number, sentence, size
from web.language import gettext


class Told(Value):
    """One line of a story, ready to be shown."""

    at: datetime
    event: Event
    said: str
    actor: str = ""
    mail_id: str = ""
    details: tuple[tuple[str, str], ...] = ()  # label and value: what people ask for
    technical: tuple[tuple[str, str], ...] = ()  # what only an officer asks for


SAID = {
    Event.ACCEPTED: "Cổng đã nhận thư",
    Event.REFUSED: "Cổng đã từ chối thư ngay khi gửi",
    Event.DECIDED: "Đã kết luận cho từng người nhận",
    Event.CASE_OPENED: "Đã mở hồ sơ văn bản",
    Event.CASE_JOINED: "Thư này mang cùng văn bản, đã nhập vào hồ sơ",
    Event.CASE_MOVED: "Hồ sơ đã chuyển trạng thái",
    Event.DELIVERED: "Đã chuyển đến nơi",
    Event.DEFERRED: "Chưa chuyển được, sẽ thử lại",
    Event.FAILED: "Không chuyển được",
    Event.UNCERTAIN: "Chưa rõ đã đến hay chưa",
    Event.NOTICE_SENT: "Đã gửi thư thông báo",
    Event.NOTICE_LEFT_OUT: "Không gửi thư thông báo",
    Event.SIGNED_IN: "Đăng nhập",
    Event.SEEN: "Đã xem",
    Event.APPEALED: "Người gửi có ý kiến: không phải văn bản phát hành",
    Event.CAMPAIGN_OPENED: "Đã mở một đợt báo cáo",
    Event.POLICY_TRIED: "Đã thử một bản chính sách trên thư đã qua",
    Event.PROPOSED: "Có thể trùng với một hồ sơ khác",
    Event.JUDGED: "Đã có quyết định về việc trùng",
    Event.RELATED: "Có văn bản liên quan",
    Event.ASSIGNED: "Đã giao người xử lý",
    Event.CORRECTED: "Văn thư đã sửa thông tin văn bản",
    Event.ANSWERED: "Hệ thống quản lý văn bản trả lời",
    Event.TOLD_AXIS: "Đã báo cho cơ quan gửi qua trục liên thông",
    Event.LOOKED_UP: "Đã tra cứu nơi nhận",
    Event.DROPPED: "Nội dung thư đã được xóa khỏi cổng vì hết thời hạn lưu",
    Event.STOOD_IN: "Đã ghi người thay khi vắng mặt",
    Event.SIGN_IN_FAILED: "Đăng nhập không thành công",
    Event.ACCOUNT_CHANGED: "Đã thay đổi tài khoản",
    Event.PROOF_TAKEN: "Đã tải hồ sơ chứng cứ",
}

# What other rows tell, so that lists of lines never have it (gateway.store.told).
TOLD_BY_ROWS = frozenset({Event.DECIDED})

# Steps of the state machines, in their own words.
_STEPS: Mapping[tuple[Event, str], str] = {
    (Event.CASE_MOVED, CaseEvent.APPROVE): "Đã duyệt",
    (Event.CASE_MOVED, CaseEvent.HAND_OVER): "Đã bàn giao cho hệ thống quản lý văn bản",
    (Event.CASE_MOVED, CaseEvent.HANDOVER_FAILED): "Bàn giao không thành công, hồ sơ trở lại hàng chờ",
    (Event.CASE_MOVED, CaseEvent.REGISTER): "Đã vào sổ trên hệ thống quản lý văn bản",
    (Event.CASE_MOVED, CaseEvent.REJECT): "Hệ thống quản lý văn bản từ chối, hồ sơ trở lại hàng chờ",
    (Event.CASE_MOVED, CaseEvent.RECEIVE): "Đã tiếp nhận văn bản đến",
    (Event.CASE_MOVED, CaseEvent.TRANSFER): "Đã chuyển cho đơn vị khác",
    (Event.CASE_MOVED, CaseEvent.MERGE): "Đã nhập vào hồ sơ khác vì cùng một văn bản",
    (Event.CASE_MOVED, CaseEvent.UNMERGE): "Đã tách ra khỏi hồ sơ chung",
    (Event.CASE_MOVED, CaseEvent.FINISH): "Hoàn thành",
    (Event.CASE_MOVED, CaseEvent.RETURN): "Đã trả lại người gửi",
    (Event.CASE_MOVED, CaseEvent.RELEASE): "Đã cho qua",
    (Event.CASE_MOVED, CaseEvent.WITHDRAW): "Đã thu hồi",
    (Event.CASE_MOVED, CaseEvent.UNDO): "Đã hoàn tác quyết định, hồ sơ lại chờ văn thư",
    (Event.DEFERRED, DeliveryEvent.RETRY_NOW): "Được yêu cầu chuyển lại ngay",
    (Event.FAILED, DeliveryEvent.CANCEL): "Lượt chuyển đã được hủy",
}

_LABELS = {
    "door": "Nơi đến",
    "peer": "Máy gửi",
    "helo": "Tên máy tự xưng",
    "identity": "Người gửi",
    "size": "Dung lượng",
    "sha256": "Mã băm SHA-256",
    "sent_sha256": "Mã băm SHA-256 của thư đã chuyển",
    "verdicts": "Kết luận",
    "recipient": "Người nhận",
    "to": "Đến",
    "from": "Từ",
    "reason": "Lý do",
    "note": "Ghi chú",
    "because": "Lý do",
    "why": "Lý do",
    "reply": "Nơi nhận trả lời",
    "courier": "Đường chuyển",
    "target": "Đến",
    "office": "Hệ thống",
    "unit": "Đơn vị",
    "rule": "Quy tắc",
    "action": "Kết luận",
    "state": "Trạng thái",
    "attempts": "Lần thử",
    "next_at": "Thử lại lúc",
    "delivery": "Lượt chuyển",
    "letter": "Thư thông báo",
    "number_symbol": "Số, ký hiệu",
    "kind": "Tên loại",
    "issued_on": "Ngày ban hành",
    "issuer": "Cơ quan ban hành",
    "subject": "Trích yếu",
    "signer": "Người ký",
    "urgency": "Độ khẩn",
    "sent": "Lượt chuyển của quyết định",
    "undone": "Quyết định được hoàn tác",
    "number": "Số đến",
    "what": "Nội dung xem",
    "direction": "Chiều",
    "recipients": "Người nhận",
    "told": "Đã báo cho",
    "notice": "Loại thư",
    "file": "Tệp",
    "layer": "Vì sao",
    "other": "Hồ sơ kia",
    "decision": "Quyết định",
    "relation": "Quan hệ",
    "assignee": "Người xử lý",
    "level": "Mức xác nhận",
    "status": "Mã trạng thái",
    "register_number": "Số trên hệ thống",
    "registered_on": "Ngày vào sổ",
    "said": "Họ nói",
    "stand_in": "Người thay",
    "account": "Tài khoản",
    "act": "Việc",
    "role": "Vai trò",
    "units": "Đơn vị",
    "active": "Đang dùng",
    "until": "Đến",
    "words": "Ý kiến",
    "way": "Gửi bằng",
    "setting": "Cài đặt",
    "answer": "Mã thư trả lời",
    "silence": "Vì sao không gửi",
}

_VALUES: Mapping[str, str] = {
    str(member): said
    for kind in (Door, Identity, CaseState, DeliveryState, Action, Direction, Layer, Level)
    for member, said in WORDS[kind].items()
} | {
    "nobody": "thư không có người gửi (thư báo của máy chủ)",
    "machine": "thư do máy hoặc danh sách thư gửi, không có người đọc thư trả lời",
    "unproved": "chưa xác minh được người gửi nên thư thông báo có thể tới nhầm người",
    "forged": "tên miền của người gửi cho biết máy đã gửi thư này không phải của họ (SPF): thư báo sẽ tới nhầm người",
    "broken": "mẫu thư có lỗi nên không viết được thư (xem nhật ký của cổng)",
    "told": "người gửi đã được báo về văn bản này",
    "link": "liên kết trong thư của cổng",
    "mail": "thư trả lời",
    "page": "xem trang",
    "timeline": "xem đường đi của văn bản",
    "audit": "xem nhật ký kiểm tra",
    "explain": "xem lý do",
    "password": "mật khẩu",
    "code": "mã xác thực",
    "recovery": "mã dự phòng",
    "service": "dịch vụ đăng nhập",
    "made": "lập tài khoản",
    "changed": "sửa tài khoản",
    "closed": "đóng tài khoản",
    "reopened": "mở lại tài khoản",
    "password-reset": "đặt lại mật khẩu",
    "password-changed": "tự đổi mật khẩu",
    "factor-taken": "bật xác thực hai bước",
    "factor-dropped": "bỏ xác thực hai bước",
    "sessions-ended": "kết thúc các phiên đăng nhập",
    "yes": "có",
    "no": "không",
    "print": "in sổ",
    "receipt": "tải nguyên văn trả lời",
    "download": "tải tệp gốc",
    "same": "cùng một văn bản",
    "different": "không cùng văn bản",
    "taken-back": "đã rút lại quyết định",
    "recall": "văn bản này thu hồi văn bản kia",
    "correction": "văn bản này đính chính văn bản kia",
    "replacement": "văn bản này thay thế văn bản kia",
    "recall-by": "văn bản kia thu hồi văn bản này",
    "correction-by": "văn bản kia đính chính văn bản này",
    "replacement-by": "văn bản kia thay thế văn bản này",
}

# Shown at once; the others wait behind "chi tiết".
_ASKED_FOR = {
    *("verdicts", "recipient", "recipients", "to", "told", "target", "number", "unit"),
    *("account", "act"),
    *("layer", "decision", "relation", "assignee", "level", "register_number", "registered_on", "said", "stand_in"),
    *("silence", "reason", "note", "because", "why", "reply", "next_at", "words", "way"),
}
_NAMES = {"unit", "office", "courier", "target", "to"}
_TIMES = {"next_at", "until"}

_VERDICT = re.compile(r"(?P<who>.*): (?P<action>[a-z]+) \((?P<rule>.*)\)")


def of_case(views: Views, case: Case, *, name_of: Callable[[str], str]) -> tuple[Told, ...]:
    """The story of a case and of the mail that opened it, in the order of time."""
    return tell((*views.story(mail_id=case.mail_id), *views.story(case_id=case.id)), name_of=name_of)


def actor_name(actor: str) -> str:
    """Who did something, in words: an account, or the token of a program with the person who answers for it."""
    token, person = token_and_person(actor)
    return gettext("mã truy cập “%(token)s” của %(person)s", token=token, person=person) if token else actor


def tell(stories: Iterable[Story], *, name_of: Callable[[str], str] = str) -> tuple[Told, ...]:
    """Stories as lines, oldest first; the same row is shown once.  ``name_of``: the name of a unit or courier by its code."""
    once: list[Story] = []
    for story in sorted(stories, key=lambda story: story.at):
        if story not in once:
            once.append(story)
    return tuple(_told(story, name_of) for story in once)


def _told(story: Story, name_of: Callable[[str], str]) -> Told:
    step = str(story.detail.get("event", ""))
    said = _STEPS.get((story.event, step), "")
    hidden = {"event", "from", "to"} if said else set()
    shown = {key: value for key, value in story.detail.items() if key not in hidden and value not in ("", [])}
    lines = {key: (_label(key), _value(key, value, name_of)) for key, value in shown.items()}
    return Told(
        at=story.at,
        event=story.event,
        said=gettext(said or SAID[story.event]),
        actor=actor_name(story.actor),
        mail_id=story.mail_id,
        details=tuple(line for key, line in lines.items() if key in _ASKED_FOR),
        technical=tuple(line for key, line in lines.items() if key not in _ASKED_FOR),
    )


def _label(key: str) -> str:
    return gettext(_LABELS[key]) if key in _LABELS else sentence(key.replace("_", " "))


def _value(key: str, value: str | int | float | bool | list[str], name_of: Callable[[str], str]) -> str:
    if isinstance(value, list):
        return "; ".join(_verdict(item) for item in value)
    if isinstance(value, bool):
        return gettext("có") if value else gettext("không")
    if isinstance(value, int | float):
        return size(int(value)) if key == "size" else number(value)
    if key in _NAMES:
        return name_of(value)
    if key in _TIMES:
        return _time(value)
    return _in_words(value)


def _in_words(value: str) -> str:
    return gettext(_VALUES[value]) if value in _VALUES else value


def _time(text: str) -> str:
    try:
        return moment(datetime.fromisoformat(text))
    except ValueError:
        return text


def _verdict(text: str) -> str:
    """The intake writes "address: action (rule)"; the action is said in our words."""
    match = _VERDICT.fullmatch(text)
    if match is None:
        return text
    return gettext(
        "%(who)s: %(action)s (quy tắc %(rule)s)",
        who=match["who"],
        action=_in_words(match["action"]),
        rule=match["rule"],
    )
