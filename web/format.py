"""Dates, sizes, states and places as the reader of the page writes them; times are shown in Vietnamese time here alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

from markupsafe import Markup, escape

from gateway.courier import Level
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import (
    Action,
    Direction,
    Door,
    Evidence,
    Identity,
    Nature,
    Phase,
    Regime,
    Relation,
    Role,
    Secrecy,
    Sign,
    SignatureLevel,
    TextSource,
    Urgency,
)
from gateway.policy.reasons import why_unreadable
from gateway.policy.sameness import Layer
from web.language import DEFAULT, gettext, language, plural, said

# Asia/Ho_Chi_Minh has had no other offset since 1975: a fixed zone needs no zone files on the machine.
VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SPANS = ((86400, "%(num)s ngày"), (3600, "%(num)s giờ"), (60, "%(num)s phút"))
_POINTS = str.maketrans(",.", ".,")
_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")

WORDS: Mapping[type[StrEnum], Mapping[str, str]] = {
    CaseState: {
        CaseState.WAITING: "chờ văn thư",
        CaseState.APPROVED: "đang bàn giao",
        CaseState.HANDED_OVER: "đã bàn giao",
        CaseState.REGISTERED: "đã vào sổ",
        CaseState.DONE: "hoàn thành",
        CaseState.RETURNED: "đã trả lại",
        CaseState.RELEASED: "đã cho qua",
        CaseState.WITHDRAWN: "đã thu hồi",
        CaseState.SEALED: "niêm phong",
        CaseState.MERGED: "đã nhập hồ sơ khác",
        CaseState.ARCHIVED: "lưu trữ",
    },
    DeliveryState: {
        DeliveryState.QUEUED: "chờ chuyển",
        DeliveryState.SENDING: "đang chuyển",
        DeliveryState.DEFERRED: "sẽ chuyển lại",
        DeliveryState.PENDING: "chờ xác nhận",
        DeliveryState.UNCERTAIN: "chưa rõ đã đến",
        DeliveryState.DELIVERED: "đã đến",
        DeliveryState.REFUSED: "bị từ chối",
        DeliveryState.DEAD: "không chuyển được",
        DeliveryState.CANCELLED: "đã hủy",
    },
    Action: {
        Action.DELIVER: "chuyển thẳng",
        Action.COPY: "chuyển và sao cho văn thư",
        Action.REDIRECT: "đưa vào hàng chờ văn thư",
        Action.REJECT: "từ chối",
        Action.HOLD: "giữ lại chờ quyết định",
        Action.QUARANTINE: "niêm phong",
        Action.FORWARD: "chuyển đến địa chỉ mới",
    },
    Nature: {
        Nature.ISSUED: "văn bản hoàn chỉnh",
        Nature.DRAFT: "bản thảo",
        Nature.TEMPLATE: "biểu mẫu",
        Nature.COPY: "bản sao",
        Nature.OTHER: "tài liệu khác",
        Nature.UNREADABLE: "không đọc được",
        Nature.SECRET: "có dấu chỉ độ mật",
    },
    Sign: {
        Sign.AGENCY: "Cơ quan ban hành",
        Sign.NUMBER: "Số, ký hiệu",
        Sign.DATE: "Địa danh và ngày tháng",
        Sign.SIGNATURE: "Người có thẩm quyền ký",
        Sign.SEAL: "Dấu hoặc chữ ký số của cơ quan",
        Sign.ADDRESSEE: "Nơi nhận",
        Sign.MOTTO: "Quốc hiệu và Tiêu ngữ",
        Sign.KIND: "Tên loại văn bản",
        Sign.SUBJECT: "Trích yếu",
        Sign.URGENCY: "Dấu chỉ độ khẩn",
        Sign.SECRECY: "Dấu chỉ độ mật",
        Sign.DRAFT: "Dấu hiệu bản thảo",
        Sign.TEMPLATE: "Dấu hiệu biểu mẫu",
        Sign.COPY: "Dấu hiệu bản sao",
        Sign.CITED: "Số, ký hiệu của văn bản khác",
        Sign.UNREADABLE: "Không đọc được",
        Sign.RELATION: "Thu hồi, đính chính, thay thế",
    },
    Relation: {
        Relation.NONE: "không liên quan văn bản khác",
        Relation.RECALL: "thu hồi",
        Relation.CORRECTION: "đính chính",
        Relation.REPLACEMENT: "thay thế",
    },
    Regime: {
        Regime.STATE: "văn bản hành chính",
        Regime.PARTY: "văn bản của Đảng",
        Regime.UNION: "văn bản của công đoàn",
        Regime.YOUTH: "văn bản của Đoàn, Đội",
        Regime.COMPANY: "giấy tờ của doanh nghiệp hoặc cá nhân",
    },
    SignatureLevel: {
        SignatureLevel.INTACT: "hợp lệ",
        SignatureLevel.UNTRUSTED: "còn nguyên vẹn, chưa rõ nơi cấp chứng thư",
        SignatureLevel.BROKEN: "không còn nguyên vẹn",
        SignatureLevel.NONE: "ô ký còn để trống",
    },
    Urgency: {
        Urgency.NORMAL: "thường",
        Urgency.URGENT: "khẩn",
        Urgency.VERY_URGENT: "thượng khẩn",
        Urgency.FLASH: "hỏa tốc",
    },
    Secrecy: {
        Secrecy.NONE: "không mật",
        Secrecy.CONFIDENTIAL: "mật",
        Secrecy.SECRET: "tối mật",
        Secrecy.TOP_SECRET: "tuyệt mật",
    },
    Direction: {Direction.OUTGOING: "văn bản đi", Direction.INCOMING: "văn bản đến"},
    Phase: {Phase.OBSERVE: "theo dõi", Phase.ADVISE: "nhắc nhở", Phase.ENFORCE: "áp dụng"},
    Role: {
        Role.CLERK: "văn thư",
        Role.HEAD_CLERK: "phụ trách văn thư",
        Role.OFFICER: "quản trị",
        Role.LEADER: "lãnh đạo",
        Role.AUDITOR: "kiểm tra",
    },
    Door: {
        Door.SMTP: "SMTP",
        Door.LMTP: "LMTP",
        Door.IMAP: "IMAP",
        Door.OWN: "thư của cổng",
        Door.AXIS: "trục liên thông",
        Door.ARCHIVE: "thư cũ",
    },
    Level: {
        Level.TRANSPORT: "đã nhận trên đường truyền",
        Level.STORED: "đã đến hệ thống",
        Level.REGISTERED: "đã vào sổ",
        Level.REJECTED: "bị từ chối",
        Level.STATUS: "tình trạng xử lý",
        Level.DOCUMENT: "văn bản đến qua trục",
        Level.UNREADABLE: "không đọc được",
    },
    Layer: {
        Layer.AXIS: "cùng một gói tin trên trục liên thông",
        Layer.MAIL: "cùng một thư, từng byte",
        Layer.FILE: "có tệp giống hệt nhau, từng byte",
        Layer.NUMBER: "cùng cơ quan, năm, số và ký hiệu",
        Layer.MESSAGE_ID: "hai thư cùng mã thư nhưng khác nội dung",
        Layer.TEXT: "lời văn giống nhau",
    },
    Identity: {
        Identity.CLAIMED: "tự xưng, chưa xác minh",
        Identity.SPF: "tên miền xác nhận máy gửi (SPF)",
        Identity.DKIM: "tên miền đã ký thư (DKIM)",
        Identity.TRUSTED_NETWORK: "từ mạng tin cậy",
        Identity.AUTHENTICATED: "đã đăng nhập",
    },
    TextSource: {TextSource.TEXT: "lớp chữ", TextSource.OCR: "nhận dạng ảnh", TextSource.NONE: "không có chữ"},
}


def words(value: StrEnum) -> str:
    """A state, action, role … in the words of the mission's table."""
    return gettext(WORDS[type(value)][value])


def sentence(text: str) -> str:
    """The text with its first letter in upper case; the rest stays."""
    return text[:1].upper() + text[1:]


def moment(at: datetime | None) -> str:
    """Time and date: ``08:45 05/11/2019``, in English ``08:45 5 Nov 2019``; empty when unknown."""
    return f"{clock(at)} {day(at.astimezone(VIETNAM))}" if at is not None else ""


def clock(at: datetime) -> str:
    """The time of day: ``08:45``."""
    return f"{at.astimezone(VIETNAM):%H:%M}"


def seconds(at: datetime) -> str:
    """Date and time to the second, for stories and proofs: ``08:45:12 05/11/2019``."""
    there = at.astimezone(VIETNAM)
    return f"{there:%H:%M:%S} {day(there)}"


def iso(at: datetime) -> str:
    """For the ``datetime`` attribute: ISO 8601 with the Vietnamese offset."""
    return at.astimezone(VIETNAM).isoformat(timespec="seconds")


def day(at: date | None) -> str:
    """A date as it stands on a document: ``05/11/2019``, in English ``5 Nov 2019``; empty when unknown."""
    if at is None:
        return ""
    return f"{at:%d/%m/%Y}" if language() == DEFAULT else f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def start_of_day(now: datetime) -> datetime:
    """Midnight before this moment, in Vietnam."""
    return now.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)


def heading(at: datetime, *, now: datetime) -> str:
    """The day of a list's group: ``Hôm nay, Thứ Ba 05/11/2019``."""
    there, today = at.astimezone(VIETNAM).date(), now.astimezone(VIETNAM).date()
    name = f"{gettext(_WEEKDAYS[there.weekday()])} {day(there)}"
    near = {0: gettext("Hôm nay"), 1: gettext("Hôm qua")}.get((today - there).days, "")
    return f"{near}, {name}" if near else name


def due(at: datetime | None, *, now: datetime) -> str:
    """A time limit in words: how long is left, or how late it is; empty when there is none."""
    if at is None:
        return ""
    left = at - now
    return gettext("quá hạn %(span)s", span=span(-left)) if left < timedelta(0) else gettext("còn %(span)s", span=span(left))


def span(length: timedelta) -> str:
    """A length of time in its largest whole unit: ``3 giờ``."""
    whole = int(length.total_seconds())
    for size, unit in _SPANS:
        if whole >= size:
            return counted(unit, whole // size)
    return gettext("chưa đầy một phút")


def size(count: int) -> str:
    """A number of bytes: ``1,4 MB``, with the decimal comma of Vietnamese or the point of English."""
    if count < 1024:
        return f"{count} byte"
    for unit, step in (("KB", 1024), ("MB", 1024**2)):
        if count < step * 1024:
            return _pointed(f"{count / step:.1f}").removesuffix(_pointed(".0")) + f" {unit}"
    return _pointed(f"{count / 1024**3:.1f}") + " GB"


def number(count: float) -> str:
    """A number as the reader writes it: ``12.345`` and ``3,5`` in Vietnamese, ``12,345`` and ``3.5`` in English."""
    return _pointed(f"{int(count):,}" if isinstance(count, int) or count == int(count) else f"{count:,.1f}")


def counted(text: str, num: int) -> str:
    """A text with ``%(num)s`` in it: Vietnamese has one form of it, English two."""
    return plural(text, num) % {"num": number(num)}


def _pointed(english: str) -> str:
    return english.translate(_POINTS) if language() == DEFAULT else english


def place(found: Evidence, *, of_several: bool = False) -> str:
    """Where a sign stands: ``trang 1, dòng 3``, with the file's name when the mail has several."""
    parts = (
        [gettext("tệp %(file)s", file=found.file) if found.file else gettext("nội dung thư")]
        if of_several or not found.file
        else []
    )
    if found.page:
        parts.append(gettext("trang %(page)s", page=found.page))
    if found.line:
        parts.append(gettext("dòng %(line)s", line=found.line))
    if found.how is TextSource.OCR:
        parts.append(gettext("đọc từ ảnh"))
    return ", ".join(parts) or gettext("trong tệp")


def breakable(address: str) -> Markup:
    """An address that a narrow column breaks after its "@" first."""
    return Markup(str(escape(address)).replace("@", "@<wbr>"))  # noqa: S704 - escaped just before


def percent(share: float) -> str:
    """A confidence: ``97%``."""
    return f"{share * 100:.0f}%"


def utc_now() -> datetime:
    """The clock of the console."""
    return datetime.now(UTC)


FILTERS: Mapping[str, Callable[..., str]] = {
    "words": words,
    "sentence": sentence,
    "unreadable": lambda reason: said(why_unreadable(reason)),
    "moment": moment,
    "clock": clock,
    "seconds": seconds,
    "iso": iso,
    "day": day,
    "span": span,
    "size_in_words": size,
    "number": number,
    "place": place,
    "percent": percent,
    "breakable": breakable,
}
