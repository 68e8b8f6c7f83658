"""The letters that people get from us, in Vietnamese: what was stopped, why, by which rule, and what to do now, step by step.

The words stand in templates/notices/*.txt, one file for each letter; its first line is the subject.  A letter has the null
sender and says that a machine wrote it (RFC 3834), so that no machine answers it.  Times are Vietnamese times.
"""

from __future__ import annotations

import base64
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from email.header import Header
from email.utils import format_datetime
from pathlib import Path

import jinja2

from gateway.directory.snapshot import Campaign, Directory, Organisation
from gateway.documents.fields import Fields, cut_head, decoded_words, parse_fields
from gateway.model import (
    Action,
    Arrival,
    Document,
    Door,
    Evidence,
    Mail,
    Recipient,
    Sign,
    Value,
    Verdict,
    digest_of,
    new_id,
)
from gateway.policy.issuance import issuer_in_words
from gateway.policy.issuer import issuers_of
from gateway.secret import Links

_TEMPLATES = Path(__file__).parent / "templates" / "notices"
_VIETNAM = timezone(timedelta(hours=7))
_WIDTH = 76
_LONGEST_WORDS = 120  # characters of a subject or a piece of evidence
_MENU = "“Văn bản đi”, chọn “Chờ phát hành”"
_SYSTEM = "hệ thống quản lý văn bản và điều hành"
_NUMBER_SIGN = re.compile(r"^\s*số\s*:?\s*", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_LIST_ITEM = re.compile(r"\s*(?:\d+\.|-) ")

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
_WOULD_HAVE: Mapping[Action | None, str] = {
    Action.REDIRECT: "được đưa vào hàng chờ phát hành thay vì chuyển tới người nhận",
    Action.REJECT: "bị từ chối ngay khi gửi",
    Action.HOLD: "được giữ lại chờ văn thư xem",
    Action.QUARANTINE: "bị niêm phong",
    Action.COPY: "được gửi thêm một bản cho văn thư",
}

# RFC 3834 section 2: whom an automatic answer would only annoy, or go round in circles with.
_MACHINES = re.compile(
    r"(?:mailer-daemon|postmaster|(?:do[-_.]?)?not?[-_.]?reply|khong[-_.]?tra[-_.]?loi|listserv|majordomo)\b.*"
    r"|owner-.*|.*-(?:owner|request|bounces?)|bounces?(?:[-+].*)?"
)
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})


_APPEALABLE = frozenset({"redirected", "held", "advised"})  # letters about what was, or would be, stopped


class Facts(Value):
    """What a letter may speak of; what is empty is left out of it."""

    mail: Mail | None = None  # the mail it is about
    verdict: Verdict | None = None
    document: Document | None = None
    unit: Organisation | None = None  # whose clerk acts
    subject: str = ""  # of the mail, where the mail itself is not at hand
    reason: str = ""  # a person's words, or the verdict's
    case_id: str = ""
    deadline: datetime | None = None
    old_address: str = ""
    new_address: str = ""
    closes_on: date | None = None
    delivered: bool = False  # the recipients have the mail; the clerk looked at a copy
    incoming: bool = False  # the clerk of the addressee acts, not the sender's own
    campaign: Campaign | None = None  # the reporting channel that it reminds of
    by: str = ""  # who has it sent
    register_number: str = ""  # what the office system registered it under
    registered_on: date | None = None


class Notices:
    """Writes the letters.

    ``directory`` tells names, and who is one of us; ``web_url`` is where people reach the console.
    """

    def __init__(
        self,
        *,
        hostname: str,
        help_phone: str = "",
        help_url: str = "",
        web_url: str = "",
        postmaster: str = "",
        directory: Callable[[], Directory] | None = None,
        links: Links | None = None,
    ) -> None:
        self._hostname = hostname
        self._help = {"help_phone": help_phone, "help_url": help_url, "web_url": web_url, "hostname": hostname}
        self._from = postmaster or sender_of(hostname)
        self._directory = directory
        self._links = links
        # Plain text, no HTML: nothing to escape.
        self._templates = jinja2.Environment(  # noqa: S701 - plain text
            loader=jinja2.FileSystemLoader(_TEMPLATES), undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.filters["sentence"] = _sentence

    def about_verdict(
        self, mail: Mail, verdict: Verdict, *, unit: Organisation | None, now: datetime, deadline: datetime | None = None
    ) -> Mail:
        """The letter that a verdict asks for; about a sealed mail one that says nothing of its content."""
        name = "sealed" if verdict.action is Action.QUARANTINE else verdict.notice
        closes_on = None
        if self._directory is not None and verdict.action is Action.FORWARD:
            retired = self._directory().retired(verdict.recipient, now.astimezone(_VIETNAM).date())
            closes_on = retired.closes_on if retired is not None else None
        return self.write(
            name,
            to=mail.sender,
            now=now,
            mail=mail,
            verdict=verdict,
            unit=unit,
            reason=verdict.reason,
            deadline=deadline,
            old_address=verdict.recipient,
            new_address=verdict.target,
            closes_on=closes_on,
        )

    def write(self, name: str, *, to: str, now: datetime, **facts: object) -> Mail:
        """A letter by name (redirected, held, returned … as in templates/notices), as a mail of our own.

        ``facts`` are the fields of Facts; a name that is not there raises TypeError.
        """
        known = Facts(**facts)  # type: ignore[arg-type]  # the fields say the types, and whoever writes reads them there
        mail_id = new_id()
        text = self._templates.get_template(f"{name}.txt").render(self._words(name, known, mail_id, self._you(to, known, now)))
        first, _, body = unicodedata.normalize("NFC", text).strip().partition("\n")
        about = _open_to_appeal(name, known)
        raw = self._mail(mail_id, to, _one_line(first.removeprefix("Subject:")), _wrapped(body), known, now, about)
        return Mail(
            id=mail_id,
            sender="",
            recipients=(Recipient(address=to, options=("NOTIFY=NEVER",)),),
            raw=raw,
            digest=digest_of(raw),
            arrival=Arrival(door=Door.OWN, at=now),
        )

    def _you(self, to: str, facts: Facts, now: datetime) -> str:
        """How to address the reader: teachers and clerks by their calling, whoever else it may be without."""
        is_forward = facts.verdict is not None and facts.verdict.action is Action.FORWARD  # anybody may have written
        is_ours = self._directory is None or self._directory().is_ours(to, now.astimezone(_VIETNAM).date())
        return "Thầy/Cô" if is_ours and not is_forward else "Quý vị"

    def _words(self, name: str, facts: Facts, mail_id: str, you: str) -> dict[str, object]:
        """What the templates know, in words."""
        verdict, mail = facts.verdict, facts.mail
        evidence = verdict.evidence if verdict is not None else ()
        is_secret = verdict is not None and Action.QUARANTINE in (verdict.action, verdict.would_have)
        is_unreadable = any(e.sign is Sign.UNREADABLE for e in evidence)
        subject = "" if is_secret else _one_line(facts.subject or (_subject(mail) if mail is not None else ""))
        about = _open_to_appeal(name, facts)
        system, system_at = self._system(facts)
        return {
            **self._help,
            "id": mail.id if mail is not None else facts.case_id or mail_id,
            "at": _moment(mail.arrival.at) if mail is not None else "",
            "you": you,
            "the_mail": _the_mail(mail, subject, you),
            "about": f" (thư “{subject}”)" if subject else "",
            "carried": _carried(is_secret=is_secret, is_unreadable=is_unreadable),
            "to_whom": _to_whom(facts),
            "document": _description(facts.document, self._issuer(facts.document)) if facts.document is not None else (),
            "number": _number(facts.document, evidence) or f"{you} gửi",
            "evidence": _in_words(evidence),
            "reason": facts.reason,
            "clause": verdict.clause if verdict is not None else "",
            "unit": facts.unit.name if facts.unit is not None else "của đơn vị",
            "of_unit": f"của {facts.unit.name}" if facts.unit is not None else "của đơn vị",
            "system": system,
            "system_at": system_at,
            "menu": _MENU,
            "by_clerk": verdict is not None and verdict.hand_over_at_once,
            "is_secret": is_secret,
            "is_unreadable": is_unreadable,
            "would_have": _WOULD_HAVE.get(verdict.would_have if verdict is not None else None, "được chuyển cho văn thư xem"),
            "deadline": _moment(facts.deadline) if facts.deadline is not None else "",
            "old_address": facts.old_address,
            "new_address": facts.new_address,
            "delivered": facts.delivered,
            "incoming": facts.incoming,
            "closes_on": f"{facts.closes_on:%d/%m/%Y}" if facts.closes_on is not None else "",
            **_campaign(facts.campaign),
            "by": facts.by,
            "appeal": self._links.to_appeal(about) if about and self._links is not None else "",
            "may_reply": bool(about and self._links is not None and self._links.to_reply(about)),
            "register_number": _one_line(facts.register_number),
            "registered_on": f"{facts.registered_on:%d/%m/%Y}" if facts.registered_on is not None else "",
        }

    def _issuer(self, document: Document) -> str:
        directory = self._directory() if self._directory is not None else None
        known = directory.organisation(issuers_of(directory).unit_of(document)) if directory is not None else None
        return issuer_in_words(document, known)

    def _system(self, facts: Facts) -> tuple[str, str]:
        """The office system by its title, and with its address."""
        name = facts.verdict.office if facts.verdict is not None else ""
        if not name and facts.unit is not None:
            name = facts.unit.office
        office = self._directory().office(name) if self._directory is not None and name else None
        if office is None:
            return _SYSTEM, _SYSTEM
        return office.title, f"{office.title} ({office.url})" if office.url else office.title

    def _mail(self, mail_id: str, to: str, subject: str, body: str, facts: Facts, now: datetime, about: str) -> bytes:
        """``about``: the mail that one may answer about."""
        lines = [
            f"From: {_encoded('Cổng thư điện tử')} <{self._from}>",
            f"To: <{to}>",
            f"Subject: {_encoded(subject)}",
            f"Date: {format_datetime(now.astimezone(_VIETNAM))}",
            f"Message-ID: <{mail_id}@{self._hostname}>",
            "Auto-Submitted: auto-replied",  # RFC 3834 section 5
            "X-Auto-Response-Suppress: All",
            f"X-Vanthu-Id: {facts.mail.id if facts.mail is not None else facts.case_id or mail_id}",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",  # seven bits: no server on the way needs to change it
        ]
        original = _MESSAGE_ID.search(_fields(facts.mail).first("message-id")) if facts.mail is not None else None
        if original is not None:
            lines += [f"In-Reply-To: {original[0]}", f"References: {original[0]}"]
        if about and self._links is not None:
            lines[4] = f"Message-ID: <{self._links.reference(mail_id, about)}@{self._hostname}>"
            lines += [f"Reply-To: <{address}>" for address in (self._links.to_reply(about),) if address]
        head = "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")
        return head + b"\r\n" + base64.encodebytes(body.encode()).replace(b"\n", b"\r\n")


def sender_of(hostname: str) -> str:
    """The address that our letters come from."""
    return f"postmaster@{hostname}"


def may_be_told(mail: Mail) -> bool:
    """Whether the sender of a mail may get an automatic letter (RFC 3834 section 2).

    Not the null sender, machines, mailing lists and bulk mail, nor what was itself written by a machine.
    """
    local = mail.sender.rpartition("@")[0].lower()
    if not local or mail.arrival.door is Door.OWN or _MACHINES.fullmatch(local):
        return False
    for name, value in _fields(mail).pairs:
        said = value.strip().lower()
        if name.startswith("list-") or name == "x-vanthu-id" or (name == "precedence" and said in _BULK):
            return False
        if name == "auto-submitted" and said.partition(";")[0].strip() != "no":
            return False
        if name == "x-auto-response-suppress" and ("all" in said or "autoreply" in said):
            return False
    return True


# --- facts in words -----------------------------------------------------------------------------------------------------


def _open_to_appeal(name: str, facts: Facts) -> str:
    """The mail about which whoever gets the letter may say that it is no issuance; "" for other letters."""
    return facts.mail.id if facts.mail is not None and name in _APPEALABLE else ""


def _campaign(campaign: Campaign | None) -> dict[str, str]:
    if campaign is None:
        return {"guide": "", "campaign_title": "", "due": "", "extensions": ""}
    return {
        "guide": campaign.guide,
        "campaign_title": campaign.title,
        "due": f"{campaign.deadline:%d/%m/%Y}" if campaign.deadline is not None else "",
        "extensions": ", ".join(f".{extension}" for extension in campaign.extensions),
    }


def _the_mail(mail: Mail | None, subject: str, you: str) -> str:
    title = f"Thư “{subject}” của {you}" if subject else f"Thư của {you}"
    return f"{title}, gửi lúc {_moment(mail.arrival.at)}," if mail is not None else title


def _carried(*, is_secret: bool, is_unreadable: bool) -> str:
    if is_secret:
        return "mang tài liệu có dấu chỉ độ mật"
    if is_unreadable:
        return "mang theo một tệp giống văn bản phát hành mà cổng không đọc được"
    return "mang theo một văn bản để phát hành"


def _to_whom(facts: Facts) -> str:
    if facts.verdict is None or facts.mail is None:
        return "người nhận"
    others = len(facts.mail.recipients) > 1
    return f"người nhận {facts.verdict.recipient}" + (" và người nhận khác cùng diện" if others else "")


def _number(document: Document | None, evidence: Iterable[Evidence]) -> str:
    """The number and symbol, for the subject of the letter; "" when there is none."""
    if document is not None and document.number_symbol:
        return _one_line(document.number_symbol)
    words = next((e.words for e in evidence if e.sign is Sign.NUMBER), "")
    return _one_line(_NUMBER_SIGN.sub("", words))


def _description(document: Document, issuer: str) -> tuple[str, ...]:
    """The document as its register would name it: kind, number, date, issuer; subject."""
    title = " ".join(
        part for part in (document.kind or "Văn bản", document.number_symbol and f"số {document.number_symbol}") if part
    )
    if document.issued_on is not None:
        title += f", ngày {document.issued_on:%d/%m/%Y}"
    if issuer:
        title += f", của {issuer}"
    subject = (f"Trích yếu: {_one_line(document.subject)}",) if document.subject else ()
    return (_one_line(title), *subject)


def _in_words(evidence: Iterable[Evidence]) -> tuple[str, ...]:
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
    words = f": “{_one_line(evidence.words)}”" if evidence.words else ""
    return f"{name}{words} ({', '.join(place for place in places if place)})"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(_VIETNAM):%H:%M ngày %d/%m/%Y}"


def _one_line(text: str) -> str:
    """Foreign words on one line of bearable length, without control characters."""
    clean = " ".join("".join(c if unicodedata.category(c) != "Cc" else " " for c in text).split())
    return clean if len(clean) <= _LONGEST_WORDS else clean[: _LONGEST_WORDS - 1].rstrip() + "…"


def _sentence(text: str) -> str:
    """With a full stop, unless it ends with one."""
    clean = " ".join(text.split())
    return clean if clean.endswith((".", "!", "?", "…", ".”")) else f"{clean}."


def _wrapped(body: str) -> str:
    """Lines of at most _WIDTH characters; what belongs to an item of a list stays under it."""
    lines: list[str] = []
    for line in body.strip("\n").split("\n"):
        item = _LIST_ITEM.match(line)
        indent = " " * (item.end() if item else len(line) - len(line.lstrip()))
        wrapped = textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        lines += wrapped or [""]
    return "\r\n".join(lines) + "\r\n"


def _encoded(text: str) -> str:
    return Header(text, "utf-8").encode(linesep="\r\n")


def _fields(mail: Mail) -> Fields:
    return parse_fields(cut_head(mail.raw)[0])


def _subject(mail: Mail) -> str:
    return decoded_words(_fields(mail).first("subject"))
