"""The words a rule's ``reason`` may use in braces: {document}, {clerk} …, filled in for a person.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from string import Formatter

from gateway.directory.snapshot import Organisation
from gateway.model import Document, FileReading, Secrecy
from gateway.phrases import phrase
from gateway.policy.facts import Facts, Place
from gateway.policy.issuance import Carried, issuer_in_words, said
from gateway.policy.mistakes import UnfitValue
from gateway.policy.suspects import OWN_WORDS

_LONGEST = 240

# Every reason that the recogniser and the inspection can give (gateway.model.FileReading), as a clause.
WHY_UNREADABLE = {
    "password": phrase("tệp có mật khẩu"),
    "encrypted": phrase("tệp đã mã hóa"),
    "damaged": phrase("tệp bị hỏng"),
    "format": phrase("định dạng này chưa đọc được"),
    "encoding": phrase("chữ dùng bảng mã cũ"),
    "no text layer": phrase("bản quét không có lớp chữ"),
    "garbled text": phrase("bản quét quá mờ, chữ đọc được bị lỗi"),
    "too large": phrase("tệp quá lớn"),
    "too deep": phrase("tệp lồng trong quá nhiều lớp"),
    "too many parts": phrase("thư có quá nhiều phần"),
    "too many files": phrase("tệp nén chứa quá nhiều tệp"),
    "ratio": phrase("tệp nén phình ra quá lớn khi mở"),
    "no OCR": phrase("máy chủ chưa có phần đọc chữ trong ảnh"),
    "no threads": phrase("ảnh HEIC cần quyền mà cổng không cho tệp lạ"),
    "link": phrase("tệp nằm ở một liên kết, cổng không tải về"),
    "fragment": phrase("thư chỉ là một mảnh, phần còn lại ở thư khác"),
    "time limit": phrase("đọc quá thời gian cho phép"),
    "memory limit": phrase("đọc quá bộ nhớ cho phép"),
    "crashed": phrase("chương trình đọc dừng đột ngột"),
}


def why_unreadable(reason: str) -> str:
    """Why a file could not be read, for a person: a Vietnamese clause."""
    return WHY_UNREADABLE.get(reason, phrase("không rõ nguyên nhân"))


def _document(facts: Facts, _unit: Organisation | None) -> str:
    finding = facts.letter.finding
    if finding.document is None:
        return "Văn bản"
    more = f" (và {finding.others} văn bản khác)" if finding.others else ""
    broken = " (chữ ký số trong tệp không còn toàn vẹn)" if finding.is_broken else ""
    return said(finding.document) + broken + more


def _issuer(facts: Facts, _unit: Organisation | None) -> str:
    finding = facts.letter.finding
    known = facts.letter.directory.organisation(finding.issuer_unit) if finding.issuer_unit else None
    said_so = issuer_in_words(finding.document, known) if finding.document is not None else ""
    return said_so or "cơ quan ngoài ngành"


def _secrecy(facts: Facts, _unit: Organisation | None) -> str:
    secret = facts.letter.finding.secret
    mark = secret.secrecy if isinstance(secret, Document) else Secrecy.NONE
    return (mark or Secrecy.CONFIDENTIAL).upper()


def _file(facts: Facts, _unit: Organisation | None) -> str:
    file = facts.letter.finding.unreadable
    if file is None:
        return "đính kèm"
    return {"": "trong thân thư", "…": "còn lại của thư"}.get(file.name, file.name)


def _why_unreadable(facts: Facts, _unit: Organisation | None) -> str:
    file: FileReading | None = facts.letter.finding.unreadable
    return why_unreadable(file.reason) if file is not None else ""


def _doubt(facts: Facts, _unit: Organisation | None) -> str:
    """Why an unreadable file may carry a document: a clause."""
    hint = facts.letter.finding.hint
    return OWN_WORDS.get(hint) or f"“{hint}” giống tên văn bản phát hành"


def _clerk(facts: Facts, _unit: Organisation | None) -> str:
    letter = facts.letter
    rows = letter.directory.clerks(letter.unit.code, letter.on) if letter.unit is not None else ()
    return ", ".join(row.address for row in rows) or "chưa có"


def _office(facts: Facts, unit: Organisation | None) -> str:
    system = facts.letter.directory.office(unit.office) if unit is not None else None
    return system.title if system is not None else "hệ thống QLVB&ĐH của đơn vị"


def _found(facts: Facts, _unit: Organisation | None) -> str:
    """Why the mail is nothing that the rule stops, as a clause."""
    finding = facts.letter.finding
    if Carried.OWN in finding.carries and finding.document is not None:
        where = (
            "gửi trong nội bộ đơn vị" if facts.place is Place.INTERNAL else "không thuộc trường hợp phải phát hành qua hệ thống"
        )
        return f"{said(finding.document)} {where}"
    return finding.found


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day is not None else "không rõ ngày"


def _campaign(facts: Facts, _unit: Organisation | None) -> str:
    campaign = facts.campaign
    return (
        f"{campaign.guide}{f' ({campaign.title})' if campaign.title else ''}" if campaign is not None else "văn bản hướng dẫn"
    )


def _campaign_until(facts: Facts, _unit: Organisation | None) -> str:
    campaign = facts.campaign
    return _day(campaign.valid_to if campaign is not None else None)


def _of_retired(field: str) -> Callable[[Facts, Organisation | None], str]:
    def word(facts: Facts, _unit: Organisation | None) -> str:
        row = facts.recipient.retired
        value = getattr(row, field) if row is not None else ""
        return value if isinstance(value, str) else _day(value)

    return word


WORDS: dict[str, Callable[[Facts, Organisation | None], str]] = {
    "document": _document,  # "Công văn số 409/SGDĐT-VP ngày 05/11/2019"
    "issuer": _issuer,
    "secrecy": _secrecy,  # "MẬT"
    "file": _file,  # the unreadable one
    "why_unreadable": _why_unreadable,
    "hint": lambda facts, _unit: facts.letter.finding.hint,
    "doubt": _doubt,  # what that hint says, as a clause
    "sender": lambda facts, _unit: facts.letter.sender.address,
    "sender_unit": lambda facts, _unit: facts.letter.unit.name if facts.letter.unit is not None else "người gửi",
    "recipient": lambda facts, _unit: facts.recipient.address,
    "clerk": _clerk,  # address of the clerk of the sender's unit
    "unit": lambda _facts, unit: unit.name if unit is not None else "đơn vị nhận",  # whose clerk gets the case
    "office": _office,  # title of that unit's office system
    "notifying_office": lambda facts, _unit: (
        facts.letter.office.title if facts.letter.office is not None else "hệ thống QLVB&ĐH"
    ),
    "campaign": _campaign,
    "campaign_until": _campaign_until,
    "successor": _of_retired("successor"),
    "retired_on": _of_retired("retired_on"),
    "closes_on": _of_retired("closes_on"),
    "found": _found,
}


def words_in(template: str) -> tuple[str, ...]:
    """The words in braces.  Raises UnfitValue with what was expected when one is unknown or a brace is alone."""
    try:
        names = tuple(dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name is not None))
    except ValueError as error:
        raise UnfitValue(f"text with words in braces ({error})", "mỗi dấu { có một dấu } đi cùng, như {document}") from None
    for name in names:
        if name not in WORDS:
            known = ", ".join(WORDS)
            raise UnfitValue(
                f"in braces one of {known}; got {{{name}}}", f"trong dấu ngoặc nhọn một trong: {known}; không có {{{name}}}"
            )
    return names


def fill(template: str, names: tuple[str, ...], facts: Facts, unit: Organisation | None) -> str:
    """The reason for one recipient: one sentence, its first letter a capital."""
    if names:
        template = template.format_map({name: _tame(WORDS[name](facts, unit)) for name in names})
    return template[:1].upper() + template[1:]


def _tame(word: str) -> str:
    """File names and letterheads come from strangers, reasons go into replies, logs and letters: one line, not too long."""
    if word.isprintable() and "  " not in word and len(word) <= _LONGEST:
        return word  # nearly always, and a hundred times faster
    word = " ".join("".join(letter if letter.isprintable() else " " for letter in word).split())
    return word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…"
