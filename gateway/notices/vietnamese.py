"""Facts in Vietnamese words.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gateway.directory.snapshot import Campaign
from gateway.model import Action, Document, Evidence, Mail, Sign
from gateway.notices.facts import Facts
from gateway.notices.lines import moment, one_line

MENU = "“Văn bản đi”, chọn “Chờ phát hành”"
SYSTEM = "hệ thống quản lý văn bản và điều hành"
_NUMBER_SIGN = re.compile(r"^\s*số\s*:?\s*", re.IGNORECASE)

_SIGNS: Mapping[Sign, str] = {
    Sign.SECRECY: "dấu chỉ độ mật",
    Sign.AGENCY: "cơ quan ban hành",
    Sign.NUMBER: "số, ký hiệu",
    Sign.DATE: "địa danh và ngày tháng",
    Sign.SIGNATURE: "người ký",
    Sign.SEAL: "dấu hoặc chữ ký số của cơ quan",
    Sign.ADDRESSEE: "nơi nhận",
    Sign.URGENCY: "dấu chỉ độ khẩn",
    Sign.UNREADABLE: "tên tệp hoặc tiêu đề thư giống tên văn bản",
}
WOULD_HAVE: Mapping[Action | None, str] = {
    Action.REDIRECT: "được đưa vào hàng chờ phát hành thay vì chuyển tới người nhận",
    Action.REJECT: "bị từ chối ngay khi gửi",
    Action.HOLD: "được giữ lại chờ văn thư xem",
    Action.QUARANTINE: "bị niêm phong",
    Action.COPY: "được gửi thêm một bản cho văn thư",
}


def of_campaign(campaign: Campaign | None) -> dict[str, str]:
    """What a letter says of a reporting channel."""
    if campaign is None:
        return {"guide": "", "campaign_title": "", "due": "", "extensions": ""}
    return {
        "guide": campaign.guide,
        "campaign_title": campaign.title,
        "due": f"{campaign.deadline:%d/%m/%Y}" if campaign.deadline is not None else "",
        "extensions": ", ".join(f".{extension}" for extension in campaign.extensions),
    }


def the_mail(mail: Mail | None, subject: str, you: str) -> str:
    """The mail that it is about, as the beginning of a sentence."""
    title = f"Thư “{subject}” của {you}" if subject else f"Thư của {you}"
    return f"{title}, gửi lúc {moment(mail.arrival.at)}," if mail is not None else title


def carried(*, is_secret: bool, is_unreadable: bool) -> str:
    """What the mail carried."""
    if is_secret:
        return "mang tài liệu có dấu chỉ độ mật"
    if is_unreadable:
        return "mang theo một tệp giống văn bản phát hành mà cổng không đọc được"
    return "mang theo một văn bản để phát hành"


def to_whom(facts: Facts) -> str:
    """Those who did not get it; the others are not named."""
    if facts.verdict is None or facts.mail is None:
        return "người nhận"
    others = len(facts.mail.recipients) > 1
    return f"người nhận {facts.verdict.recipient}" + (" và người nhận khác cùng diện" if others else "")


def number(document: Document | None, evidence: Iterable[Evidence]) -> str:
    """The number and symbol, for the subject of the letter; "" when there is none."""
    if document is not None and document.number_symbol:
        return one_line(document.number_symbol)
    words = next((e.words for e in evidence if e.sign is Sign.NUMBER), "")
    return one_line(_NUMBER_SIGN.sub("", words))


def description(document: Document, issuer: str) -> tuple[str, ...]:
    """The document as its register would name it: kind, number, date, issuer; subject."""
    title = " ".join(
        part for part in (document.kind or "Văn bản", document.number_symbol and f"số {document.number_symbol}") if part
    )
    if document.issued_on is not None:
        title += f", ngày {document.issued_on:%d/%m/%Y}"
    if issuer:
        title += f", của {issuer}"
    subject = (f"Trích yếu: {one_line(document.subject)}",) if document.subject else ()
    return (one_line(title), *subject)


def in_words(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """One line for each sign: its name, the words that show it, and where they stand."""
    first: dict[Sign, Evidence] = {}
    for each in evidence:
        first.setdefault(each.sign, each)
    return tuple(_sign_in_words(name, first[sign]) for sign, name in _SIGNS.items() if sign in first)


def _sign_in_words(name: str, evidence: Evidence) -> str:
    places = (
        f"tệp {evidence.file}" if evidence.file else "" if evidence.page else "trong thư",
        f"trang {evidence.page}" if evidence.page else "",
        f"dòng {evidence.line}" if evidence.line else "",
    )
    words = f": “{one_line(evidence.words)}”" if evidence.words else ""
    return f"{name}{words} ({', '.join(place for place in places if place)})"
