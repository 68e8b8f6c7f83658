"""What makes two cases one document: layers of sameness, from certain to likely, and the marks that show them.  Pure.

Only identical bytes join two mails in one case without a person (the case's ``key``).  All other layers are proposed to the
clerk, who says "the same" or "not the same": with one figure changed and the old number it is another document.
Decree 30/2020/NĐ-CP, appendix VI part III.1.h: the clerk is warned of a second document with number, symbol and agency of an
earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum

from gateway.directory.snapshot import Directory
from gateway.documents.fields import cut_head, parse_fields
from gateway.documents.vietnamese import fold, plain_symbol
from gateway.model import Case, Document, FileReading, Mail, Nature, Relation, Value
from gateway.policy.issuer import comparable, issuers_of

_TELLING = frozenset({Nature.ISSUED, Nature.COPY, Nature.DRAFT, Nature.UNREADABLE})
_SUMS = 12  # of a sketch, as marks: two texts with half of their words in common share one of them almost surely
ALIKE = 0.5  # of the words in common: then the texts are laid before the clerk


class Layer(StrEnum):
    """Why two cases may be one document, the surest first."""

    AXIS = "axis"  # the same package of the axis
    MAIL = "mail"  # the same mail, byte for byte
    FILE = "file"  # the same attachment, byte for byte
    NUMBER = "number"  # the same agency, year, number and symbol
    MESSAGE_ID = "message-id"  # mails of one identity with other bytes: one was changed on the way, or the identity is wrong
    TEXT = "text"  # much the same words


class MarkKind(StrEnum):
    """What a mark is about."""

    AXIS = "axis"
    MAIL = "mail"
    FILE = "file"
    NUMBER = "number"  # agency, year, number and symbol
    MESSAGE_ID = "message-id"
    TEXT = "text"  # one of the smallest sums of a sketch
    NAME = "name"  # agency, number and symbol: how a later document names it, without the year
    CONCERNS = "concerns"  # the NAME of the document that this one recalls, corrects or replaces


class Mark(Value):
    """One thing that a case is known by."""

    kind: MarkKind
    value: str


LAYERS: tuple[tuple[MarkKind, Layer], ...] = (
    (MarkKind.AXIS, Layer.AXIS),
    (MarkKind.MAIL, Layer.MAIL),
    (MarkKind.FILE, Layer.FILE),
    (MarkKind.NUMBER, Layer.NUMBER),
    (MarkKind.MESSAGE_ID, Layer.MESSAGE_ID),
    (MarkKind.TEXT, Layer.TEXT),
)


def marks_of(case: Case, mail: Mail, *, agency: str, axis_id: str = "") -> tuple[Mark, ...]:
    """The marks of a new case.

    ``agency`` is who issued its document, as agency_of() says it.
    ``axis_id`` is issuer and document id on the axis, for what came from there.
    """
    found = [Mark(kind=MarkKind.MAIL, value=mail.digest)]
    if axis_id:
        found.append(Mark(kind=MarkKind.AXIS, value=axis_id))
    if message_id := parse_fields(cut_head(mail.raw)[0]).first("message-id").strip():
        found.append(Mark(kind=MarkKind.MESSAGE_ID, value=message_id[:300]))
    files = list(telling_files(case.files))
    found += [Mark(kind=MarkKind.FILE, value=file.digest) for file in files if file.size]
    if case.document is not None and agency:
        found += _numbers(case.document, agency)
    if files:
        found += [Mark(kind=MarkKind.TEXT, value=f"{each:08x}") for each in main_sketch(case.files, case.document)[:_SUMS]]
    return tuple(dict.fromkeys(found))


def telling_files(files: Iterable[FileReading]) -> Iterator[FileReading]:
    """Those that are documents, or may be: a logo or a form that many mails carry makes no two cases the same."""
    for file in files:
        for each in file.walk():
            if each.nature in _TELLING:
                yield each


def main_sketch(files: Iterable[FileReading], document: Document | None) -> tuple[int, ...]:
    """The sketch of the document of a case that has these files."""
    sketched = [file for file in telling_files(files) if file.sketch]
    main = next((file for file in sketched if document is not None and document in file.documents), None)
    return main.sketch if main is not None else sketched[0].sketch if sketched else ()


def number_mark(agency: str, number_symbol: str, on: date) -> str:
    """The value of a NUMBER mark; "" when the number says nothing.

    A number is unique within the year of an agency (Decree 30/2020, article 15).
    """
    own = _comparable(number_symbol)
    return f"{agency}|{on.year}|{own}" if own else ""


def _numbers(document: Document, agency: str) -> Iterator[Mark]:
    if own := _comparable(document.number_symbol):
        yield Mark(kind=MarkKind.NAME, value=f"{agency}|{own}")
        if document.issued_on is not None:
            value = number_mark(agency, document.number_symbol, document.issued_on)
            yield Mark(kind=MarkKind.NUMBER, value=value)
    if document.relation is not Relation.NONE and (meant := _comparable(document.concerns)):
        yield Mark(kind=MarkKind.CONCERNS, value=f"{agency}|{meant}")


def _comparable(number_symbol: str) -> str:
    """A number and symbol without marks, spaces and leading zeros: "05/BC-THCSLL" is "5/bc-thcsll"."""
    number, slash, symbol = "".join(fold(plain_symbol(number_symbol)).split()).partition("/")
    return f"{number.lstrip('0') or number}/{symbol}" if slash and number and symbol else ""


def agency_of(directory: Directory, document: Document | None) -> str:
    """Who issued a document: the code of its unit, else the name in the letterhead, comparable; "" when unknown."""
    if document is None:
        return ""
    return issuers_of(directory).unit_of(document) or comparable(document.issuer)
