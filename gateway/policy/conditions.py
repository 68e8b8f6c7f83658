"""The questions a rule may ask, as a plain dict, each with the sentence that says why the answer was no.  Pure.

A new question is one entry: what values it takes, how it is answered, and the Vietnamese sentence for "passed over".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from gateway.directory.snapshot import MailboxRole
from gateway.model import Door, Identity, Regime, Relation, Urgency
from gateway.phrases import phrase
from gateway.policy.facts import Facts, Place, Standing
from gateway.policy.issuance import Carried
from gateway.policy.mistakes import UnfitValue


class Condition(NamedTuple):
    """One question.  ``otherwise`` says a no with the value of the rule alone; ``because`` with the facts."""

    takes: Callable[[Any], Any]  # from the TOML value; UnfitValue says what was expected
    holds: Callable[[Facts, Any], bool]
    otherwise: Callable[[Any], str]
    met: Callable[[Any], tuple[str, ...]]  # what is so when the answer was yes: clauses, one of which holds
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
_ROLES = {
    MailboxRole.CLERK: "văn thư",
    MailboxRole.STAFF: "chuyên viên, giáo viên, nhân viên",
    MailboxRole.LEADER: "lãnh đạo",
    MailboxRole.SHARED: "nhiều người dùng chung",
    MailboxRole.PERSONAL: "riêng một cá nhân",
    MailboxRole.NOTIFICATION: "máy gửi tự động",
}
_PLACES = {
    Place.GOVERNED: "ở đơn vị khác trong ngành",
    Place.INTERNAL: "trong cùng đơn vị với người gửi",
    Place.OUTSIDE: "ngoài ngành",
    Place.BESIDE: "ngoài ngành trong thư gửi cả cho đơn vị trong ngành",
}


def _one_of(lead: str, names: Mapping[Any, str]) -> Callable[[frozenset[Any]], str]:
    return lambda wanted: lead + " hoặc ".join(name for key, name in names.items() if key in wanted) + "."


def _flagged(yes: str, no: str) -> Callable[[bool], tuple[str, ...]]:
    return lambda wanted: (yes if wanted else no,)


def _any_of(clauses: Mapping[Any, str]) -> Callable[[frozenset[Any]], tuple[str, ...]]:
    return lambda wanted: tuple(clause for key, clause in clauses.items() if key in wanted)


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
        met=_any_of(
            {
                Carried.OWN: phrase("thư mang văn bản phát hành của chính đơn vị gửi"),
                Carried.OF_OUR_UNIT: phrase("thư mang văn bản phát hành của một đơn vị trong ngành"),
                Carried.OF_OTHER_AGENCY: phrase("thư mang văn bản phát hành của cơ quan khác"),
                Carried.PROBABLE: phrase("thư mang tệp không đọc được mà có vẻ là văn bản phát hành"),
                Carried.SIGNED: phrase("thư mang tệp mà đơn vị gửi đã ký số nhưng chưa có số"),
            }
        ),
        takes=_words(Carried),
        holds=lambda facts, wanted: not facts.letter.finding.carries.isdisjoint(wanted),
        otherwise=_one_of("Thư không mang ", _CARRIED),
    ),
    "secret": Condition(
        met=_flagged(phrase("thư mang tài liệu có dấu chỉ độ mật"), phrase("thư không mang dấu chỉ độ mật")),
        takes=_flag,
        holds=lambda facts, wanted: (facts.letter.finding.secret is not None) is wanted,
        otherwise=_either("Không có dấu chỉ độ mật.", "Thư mang tài liệu có dấu chỉ độ mật."),
    ),
    "urgent": Condition(
        met=_flagged(phrase("văn bản có dấu chỉ độ khẩn"), phrase("văn bản không có dấu chỉ độ khẩn")),
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.finding.urgent is wanted,
        otherwise=_either("Văn bản không có dấu chỉ độ khẩn.", "Văn bản có dấu chỉ độ khẩn."),
    ),
    "urgency": Condition(
        met=lambda wanted: tuple(phrase("văn bản có dấu %(mark)s", mark=word.upper()) for word in sorted(wanted)),
        takes=_words(Urgency),
        holds=lambda facts, wanted: (
            facts.letter.finding.document is not None and facts.letter.finding.document.urgency in wanted
        ),
        otherwise=lambda wanted: "Văn bản không có dấu " + " hoặc ".join(sorted(word.upper() for word in wanted)) + ".",
    ),
    "kind": Condition(
        met=lambda wanted: tuple(phrase("văn bản thuộc loại %(kind)s", kind=kind) for kind in sorted(wanted)),
        takes=_texts,
        holds=_kind,
        otherwise=lambda wanted: f"Văn bản không thuộc loại {', '.join(sorted(wanted))}.",
    ),
    "relation": Condition(
        met=_any_of(
            {
                Relation.RECALL: phrase("thư thu hồi một văn bản trước"),
                Relation.CORRECTION: phrase("thư đính chính một văn bản trước"),
                Relation.REPLACEMENT: phrase("thư thay thế một văn bản trước"),
            }
        ),
        takes=_words(Relation),
        holds=lambda facts, wanted: facts.letter.finding.relation in wanted,
        otherwise=lambda wanted: (
            "Thư không " + " hay ".join(_RELATIONS[each] for each in _RELATIONS if each in wanted) + " văn bản nào."
        ),
    ),
    "personal": Condition(
        met=_flagged(phrase("văn bản là quyết định về một cá nhân"), phrase("văn bản không phải quyết định về một cá nhân")),
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.finding.personal is wanted,
        otherwise=_either("Văn bản không phải quyết định về một cá nhân.", "Văn bản là quyết định về một cá nhân."),
    ),
    "notification": Condition(
        met=_flagged(
            phrase("người gửi là địa chỉ thông báo của hệ thống QLVB&ĐH"),
            phrase("người gửi không phải địa chỉ thông báo của hệ thống QLVB&ĐH"),
        ),
        takes=_flag,
        holds=lambda facts, wanted: (facts.letter.office is not None) is wanted,
        otherwise=_either(
            "Người gửi không phải địa chỉ thông báo của hệ thống QLVB&ĐH.",
            "Người gửi là địa chỉ thông báo của hệ thống QLVB&ĐH.",
        ),
    ),
    "proved": Condition(
        met=_flagged(phrase("người gửi đã được chứng minh"), phrase("không có gì chứng minh người gửi")),
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.is_proved is wanted,
        otherwise=_either(
            "Không chứng minh được người gửi (thư không đến từ mạng tin cậy).", "Người gửi đã được chứng minh (mạng tin cậy)."
        ),
    ),
    "campaign": Condition(
        met=_flagged(phrase("thư thuộc một đợt báo cáo đang mở"), phrase("thư không thuộc đợt báo cáo nào đang mở")),
        takes=_flag,
        holds=lambda facts, wanted: (facts.campaign is not None) is wanted,
        otherwise=_either(
            "Không có đợt báo cáo nào đang mở khớp với người nhận và loại tệp này.", "Thư thuộc một đợt báo cáo đang mở."
        ),
    ),
    "sender": Condition(
        met=_any_of(
            {
                Standing.GOVERNED: phrase("người gửi dùng hộp thư của đơn vị trong ngành"),
                Standing.UNLISTED: phrase("người gửi dùng địa chỉ trong ngành chưa có trong danh bạ"),
                Standing.OUTSIDE: phrase("người gửi ở ngoài ngành"),
                Standing.NOBODY: phrase("thư là báo cáo của máy chủ thư"),
            }
        ),
        takes=_words(Standing),
        holds=lambda facts, wanted: facts.letter.sender.standing in wanted,
        otherwise=_one_of("Người gửi không phải ", _STANDINGS),
    ),
    "sender_is_clerk": Condition(
        met=_flagged(phrase("người gửi là văn thư của đơn vị"), phrase("người gửi không phải văn thư của đơn vị")),
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.is_from_clerk is wanted,
        otherwise=_either("Người gửi không phải văn thư.", "Người gửi là văn thư của đơn vị."),
        because=_not_clerk,
    ),
    "sender_role": Condition(
        met=_any_of(
            {
                MailboxRole.CLERK: phrase("hộp thư gửi là hộp thư của văn thư"),
                MailboxRole.STAFF: phrase("hộp thư gửi là hộp thư của chuyên viên, giáo viên, nhân viên"),
                MailboxRole.LEADER: phrase("hộp thư gửi là hộp thư của lãnh đạo"),
                MailboxRole.SHARED: phrase("hộp thư gửi là hộp thư dùng chung"),
                MailboxRole.PERSONAL: phrase("hộp thư gửi là hộp thư riêng của cá nhân"),
                MailboxRole.NOTIFICATION: phrase("hộp thư gửi là hộp thư gửi tự động"),
            }
        ),
        takes=_words(MailboxRole),
        holds=_sender_role,
        otherwise=_one_of("Hộp thư của người gửi không phải của ", _ROLES),
    ),
    "clerk_account": Condition(
        met=_flagged(phrase("đơn vị gửi đã có tài khoản văn thư"), phrase("đơn vị gửi chưa có tài khoản văn thư")),
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.has_clerk is wanted,
        otherwise=_either("Đơn vị gửi chưa có tài khoản văn thư.", "Đơn vị gửi đã có tài khoản văn thư."),
    ),
    "unit": Condition(
        met=lambda wanted: tuple(phrase("đơn vị là %(unit)s", unit=unit.upper()) for unit in sorted(wanted)),
        takes=_texts,
        holds=_unit,
        otherwise=lambda wanted: f"Không thuộc các đơn vị {', '.join(sorted(wanted)).upper()}.",
    ),
    "recipient": Condition(
        met=_any_of(
            {
                Place.GOVERNED: phrase("người nhận ở đơn vị khác trong ngành"),
                Place.INTERNAL: phrase("mọi người nhận đều cùng đơn vị với người gửi"),
                Place.OUTSIDE: phrase("người nhận ở ngoài ngành"),
                Place.BESIDE: phrase("người nhận ở ngoài ngành, trong thư gửi cả cho đơn vị trong ngành"),
            }
        ),
        takes=_words(Place),
        holds=lambda facts, wanted: facts.place in wanted,
        otherwise=_one_of("Người nhận không ", _PLACES),
    ),
    "colleague": Condition(
        met=_flagged(phrase("người nhận cùng đơn vị với người gửi"), phrase("người nhận không cùng đơn vị với người gửi")),
        takes=_flag,
        holds=lambda facts, wanted: facts.is_colleague is wanted,
        otherwise=_either("Người nhận không cùng đơn vị với người gửi.", "Người nhận cùng đơn vị với người gửi."),
    ),
    "retired": Condition(
        met=_any_of(
            {
                Retired.OPEN: phrase("địa chỉ người nhận đã ngừng dùng và còn chuyển tiếp"),
                Retired.CLOSED: phrase("địa chỉ người nhận đã đóng hẳn"),
            }
        ),
        takes=_words(Retired),
        holds=_retired,
        otherwise=_one_of(
            "Địa chỉ người nhận không phải ",
            {Retired.OPEN: "địa chỉ đã ngừng dùng còn chuyển tiếp", Retired.CLOSED: "địa chỉ đã đóng hẳn"},
        ),
    ),
    "identity": Condition(
        met=_any_of(
            {
                Identity.CLAIMED: phrase("người gửi chỉ tự xưng"),
                Identity.SPF: phrase("tên miền của người gửi xác nhận máy gửi (SPF)"),
                Identity.DKIM: phrase("tên miền của người gửi đã ký thư (DKIM)"),
                Identity.TRUSTED_NETWORK: phrase("thư đến từ mạng tin cậy"),
                Identity.AUTHENTICATED: phrase("người gửi đã đăng nhập"),
            }
        ),
        takes=_words(Identity),
        holds=lambda facts, wanted: facts.letter.identity in wanted,
        otherwise=_one_of("Người gửi không ", _IDENTITIES),
    ),
    "door": Condition(
        met=lambda wanted: tuple(phrase("thư đến qua %(door)s", door=str(door).upper()) for door in sorted(wanted)),
        takes=_words(Door),
        holds=lambda facts, wanted: facts.letter.door in wanted,
        otherwise=lambda wanted: f"Thư không đến qua {' hoặc '.join(sorted(wanted)).upper()}.",
    ),
    "larger_than_kb": Condition(
        met=lambda wanted: (phrase("thư lớn hơn %(size)s KB", size=wanted),),
        takes=_count,
        holds=lambda facts, wanted: facts.letter.size > wanted * 1024,
        otherwise=lambda wanted: f"Thư không lớn hơn {wanted} KB.",
        is_steady=False,
    ),
    "working_time": Condition(
        met=_flagged(phrase("thư đến trong giờ làm việc"), phrase("thư đến ngoài giờ làm việc")),
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.directory.calendar.is_working_time(facts.letter.at) is wanted,
        otherwise=_either("Thư đến ngoài giờ làm việc.", "Thư đến trong giờ làm việc."),
        is_steady=False,
    ),
    "working_day": Condition(
        met=_flagged(phrase("thư đến vào ngày làm việc"), phrase("thư đến vào ngày nghỉ")),
        takes=_flag,
        holds=lambda facts, wanted: facts.letter.directory.calendar.is_working_day(facts.letter.on) is wanted,
        otherwise=_either("Thư đến vào ngày nghỉ.", "Thư đến vào ngày làm việc."),
    ),
    "regime": Condition(
        met=_any_of(
            {
                Regime.STATE: phrase("văn bản theo thể thức văn bản hành chính"),
                Regime.PARTY: phrase("văn bản theo thể thức của Đảng"),
                Regime.UNION: phrase("văn bản theo thể thức của công đoàn"),
                Regime.YOUTH: phrase("văn bản theo thể thức của Đoàn, Đội"),
                Regime.COMPANY: phrase("giấy tờ của doanh nghiệp hoặc cá nhân"),
            }
        ),
        takes=_words(Regime),
        holds=lambda facts, wanted: (
            facts.letter.finding.document is not None and facts.letter.finding.document.regime in wanted
        ),
        otherwise=lambda wanted: "Văn bản không theo thể thức này.",
    ),
}
