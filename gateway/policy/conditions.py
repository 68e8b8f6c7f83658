"""The questions a rule may ask, as a plain dict, each with the sentence that says why the answer was no.  Pure.

A new question is one entry: what values it takes, how it is answered, and the Vietnamese sentence for "passed over".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from gateway.directory.snapshot import MailboxRole
from gateway.model import Door, Identity, Regime, Relation, Urgency
from gateway.policy.facts import Facts, Place, Standing
from gateway.policy.issuance import Carried
from gateway.policy.mistakes import UnfitValue


class Condition(NamedTuple):
    """One question.  ``otherwise`` is the sentence that needs only the rule's value; ``because`` one that tells the facts."""

    takes: Callable[[Any], Any]  # from the TOML value; UnfitValue says what was expected
    holds: Callable[[Facts, Any], bool]
    otherwise: Callable[[Any], str]
    because: Callable[[Facts, Any], str] | None = None
    is_steady: bool = True  # the same all day for all mails of these people that carry nothing (gateway.policy.memory)


# --- what values a question takes ---


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UnfitValue("true or false", "true hoặc false")
    return value


def _words(words: type[StrEnum]) -> Callable[[Any], frozenset[StrEnum]]:
    def takes(value: Any) -> frozenset[StrEnum]:
        values = value if isinstance(value, list) else [value]
        try:
            found = frozenset(words(each) for each in values)
        except ValueError:
            found = frozenset()
        if not found:
            known = ", ".join(f'"{word}"' for word in words)
            raise UnfitValue(f"one or several of {known}", f"một hoặc vài giá trị trong: {known}")
        return found

    return takes


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UnfitValue("a whole number from 1 on", "một số nguyên từ 1 trở lên")
    return value


def _texts(value: Any) -> frozenset[str]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(each, str) and each for each in values):
        raise UnfitValue("a text or several", "một chuỗi chữ hoặc danh sách các chuỗi chữ")
    return frozenset(each.lower() for each in values)


class Retired(StrEnum):
    """What a retired address is by now."""

    OPEN = "open"  # mail is forwarded to the successor
    CLOSED = "closed"  # past its closing date


# --- how it is answered ---


def _retired(facts: Facts, wanted: frozenset[StrEnum]) -> bool:
    row = facts.recipient.retired
    if row is None or not row.successor:
        return False
    return (Retired.CLOSED if row.is_closed(facts.letter.on) else Retired.OPEN) in wanted


def _sender_role(facts: Facts, wanted: frozenset[StrEnum]) -> bool:
    mailbox = facts.letter.sender.mailbox
    return mailbox is not None and mailbox.role in wanted


def _kind(facts: Facts, wanted: frozenset[str]) -> bool:
    document = facts.letter.finding.document
    return document is not None and document.kind.lower() in wanted


def _unit(facts: Facts, wanted: frozenset[str]) -> bool:
    unit = facts.answerable
    return unit is not None and unit.code.lower() in wanted


# --- why the answer was no ---


def _either(yes: str, no: str) -> Callable[[bool], str]:
    """The sentence for a flag: ``yes`` when the rule wanted true, ``no`` when it wanted false."""
    return lambda wanted: yes if wanted else no


_CARRIED = {
    Carried.OWN: "văn bản phát hành của chính đơn vị gửi",
    Carried.OF_OUR_UNIT: "văn bản phát hành của một đơn vị trong ngành",
    Carried.OF_OTHER_AGENCY: "văn bản phát hành của cơ quan khác",
    Carried.PROBABLE: "tệp không đọc được mà có vẻ là văn bản phát hành",
    Carried.SIGNED: "tệp mà đơn vị gửi đã ký số nhưng chưa có số",
}
_RELATIONS = {
    Relation.RECALL: "thu hồi",
    Relation.CORRECTION: "đính chính",
    Relation.REPLACEMENT: "thay thế",
}
_STANDINGS = {
    Standing.GOVERNED: "hộp thư của đơn vị trong ngành",
    Standing.UNLISTED: "địa chỉ trong ngành chưa có trong danh bạ",
    Standing.OUTSIDE: "người ngoài ngành",
    Standing.NOBODY: "báo cáo của máy chủ thư",
}
_PLACES = {
    Place.GOVERNED: "ở đơn vị khác trong ngành",
    Place.INTERNAL: "trong cùng đơn vị với người gửi",
    Place.OUTSIDE: "ngoài ngành",
    Place.BESIDE: "ngoài ngành trong thư gửi cả cho đơn vị trong ngành",
}


def _one_of(lead: str, names: Mapping[Any, str]) -> Callable[[frozenset[Any]], str]:
    return lambda wanted: lead + " hoặc ".join(name for key, name in names.items() if key in wanted) + "."


def _not_clerk(facts: Facts, wanted: bool) -> str:
    letter = facts.letter
    if not wanted:
        return "Người gửi là văn thư của đơn vị."
    if letter.unit is None:
        return "Người gửi không phải văn thư."
    clerks = ", ".join(row.address for row in letter.directory.clerks(letter.unit.code, letter.on))
    return f"Người gửi không dùng tài khoản văn thư của đơn vị{f' ({clerks})' if clerks else ''}."


_IDENTITIES = {
    Identity.CLAIMED: "tự xưng",
    Identity.SPF: "được tên miền xác nhận máy gửi (SPF)",
    Identity.DKIM: "có chữ ký tên miền (DKIM)",
    Identity.TRUSTED_NETWORK: "ở mạng tin cậy",
    Identity.AUTHENTICATED: "đã đăng nhập",
}

CONDITIONS: dict[str, Condition] = {
    "carries": Condition(
        takes=_words(Carried),
        holds=lambda facts, wanted: not facts.letter.finding.carries.isdisjoint(wanted),
        otherwise=_one_of("Thư không mang ", _CARRIED),
    ),
    "secret": Condition(
        takes=_flag,
        holds=lambda facts, wanted: (facts.letter.finding.secret is not None) is wanted,
        otherwise=_either("Không có dấu chỉ độ mật.", "Thư mang tài liệu có dấu chỉ độ mật."),
    ),
    "urgent": Condition(
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.finding.urgent is wanted,
        otherwise=_either("Văn bản không có dấu chỉ độ khẩn.", "Văn bản có dấu chỉ độ khẩn."),
    ),
    "urgency": Condition(
        takes=_words(Urgency),
        holds=lambda facts, wanted: (
            facts.letter.finding.document is not None and facts.letter.finding.document.urgency in wanted
        ),
        otherwise=lambda wanted: "Văn bản không có dấu " + " hoặc ".join(sorted(word.upper() for word in wanted)) + ".",
    ),
    "kind": Condition(
        takes=_texts, holds=_kind, otherwise=lambda wanted: f"Văn bản không thuộc loại {', '.join(sorted(wanted))}."
    ),
    "relation": Condition(
        takes=_words(Relation),
        holds=lambda facts, wanted: facts.letter.finding.relation in wanted,
        otherwise=lambda wanted: (
            "Thư không " + " hay ".join(_RELATIONS[each] for each in _RELATIONS if each in wanted) + " văn bản nào."
        ),
    ),
    "personal": Condition(
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.finding.personal is wanted,
        otherwise=_either("Văn bản không phải quyết định về một cá nhân.", "Văn bản là quyết định về một cá nhân."),
    ),
    "notification": Condition(
        takes=_flag,
        holds=lambda facts, wanted: (facts.letter.office is not None) is wanted,
        otherwise=_either(
            "Người gửi không phải địa chỉ thông báo của hệ thống QLVB&ĐH.",
            "Người gửi là địa chỉ thông báo của hệ thống QLVB&ĐH.",
        ),
    ),
    "proved": Condition(
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.is_proved is wanted,
        otherwise=_either(
            "Không chứng minh được người gửi (thư không đến từ mạng tin cậy).", "Người gửi đã được chứng minh (mạng tin cậy)."
        ),
    ),
    "campaign": Condition(
        takes=_flag,
        holds=lambda facts, wanted: (facts.campaign is not None) is wanted,
        otherwise=_either(
            "Không có đợt báo cáo nào đang mở khớp với người nhận và loại tệp này.", "Thư thuộc một đợt báo cáo đang mở."
        ),
    ),
    "sender": Condition(
        takes=_words(Standing),
        holds=lambda facts, wanted: facts.letter.sender.standing in wanted,
        otherwise=_one_of("Người gửi không phải ", _STANDINGS),
    ),
    "sender_is_clerk": Condition(
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.is_from_clerk is wanted,
        otherwise=_either("Người gửi không phải văn thư.", "Người gửi là văn thư của đơn vị."),
        because=_not_clerk,
    ),
    "sender_role": Condition(
        takes=_words(MailboxRole),
        holds=_sender_role,
        otherwise=lambda wanted: f"Hộp thư của người gửi không thuộc loại {', '.join(sorted(wanted))}.",
    ),
    "clerk_account": Condition(
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.has_clerk is wanted,
        otherwise=_either("Đơn vị gửi chưa có tài khoản văn thư.", "Đơn vị gửi đã có tài khoản văn thư."),
    ),
    "unit": Condition(
        takes=_texts,
        holds=_unit,
        otherwise=lambda wanted: f"Không thuộc các đơn vị {', '.join(sorted(wanted)).upper()}.",
    ),
    "recipient": Condition(
        takes=_words(Place),
        holds=lambda facts, wanted: facts.place in wanted,
        otherwise=_one_of("Người nhận không ", _PLACES),
    ),
    "colleague": Condition(
        takes=_flag,
        holds=lambda facts, wanted: facts.is_colleague is wanted,
        otherwise=_either("Người nhận không cùng đơn vị với người gửi.", "Người nhận cùng đơn vị với người gửi."),
    ),
    "retired": Condition(
        takes=_words(Retired),
        holds=_retired,
        otherwise=_one_of(
            "Địa chỉ người nhận không phải ",
            {Retired.OPEN: "địa chỉ đã ngừng dùng còn chuyển tiếp", Retired.CLOSED: "địa chỉ đã đóng hẳn"},
        ),
    ),
    "identity": Condition(
        takes=_words(Identity),
        holds=lambda facts, wanted: facts.letter.identity in wanted,
        otherwise=_one_of("Người gửi không ", _IDENTITIES),
    ),
    "door": Condition(
        takes=_words(Door),
        holds=lambda facts, wanted: facts.letter.door in wanted,
        otherwise=lambda wanted: f"Thư không đến qua {' hoặc '.join(sorted(wanted)).upper()}.",
    ),
    "larger_than_kb": Condition(
        takes=_count,
        holds=lambda facts, wanted: facts.letter.size > wanted * 1024,
        otherwise=lambda wanted: f"Thư không lớn hơn {wanted} KB.",
        is_steady=False,
    ),
    "working_time": Condition(
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.directory.calendar.is_working_time(facts.letter.at) is wanted,
        otherwise=_either("Thư đến ngoài giờ làm việc.", "Thư đến trong giờ làm việc."),
        is_steady=False,
    ),
    "working_day": Condition(
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.directory.calendar.is_working_day(facts.letter.on) is wanted,
        otherwise=_either("Thư đến vào ngày nghỉ.", "Thư đến vào ngày làm việc."),
    ),
    "regime": Condition(
        takes=_words(Regime),
        holds=lambda facts, wanted: (
            facts.letter.finding.document is not None and facts.letter.finding.document.regime in wanted
        ),
        otherwise=lambda wanted: "Văn bản không theo thể thức này.",
    ),
}
