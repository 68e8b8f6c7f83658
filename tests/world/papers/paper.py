"""What stands on one sheet of official paper, as a value, and what a reader ought to find.

Nothing and nobody in it exists.  ``sheet.py`` lays it out; the other modules put the layout into files and pictures.
"""

from __future__ import annotations

import random
from datetime import date
from enum import StrEnum

from gateway.model import Nature, Regime, Relation, Secrecy, Urgency, Value


class Filled(StrEnum):
    """How a number or a day came onto the paper."""

    PRINTED = "printed"
    BY_HAND = "by hand"  # into a printed blank
    STAMPED = "stamped"  # by the program that signed: it lives in an annotation, in formats that have such
    BLANK = "blank"


class Incoming(Value):
    """The stamp "CÔNG VĂN ĐẾN" of whoever got the paper (Decree 30/2020, appendix IV)."""

    agency: str
    number: str
    on: date


class Copied(Value):
    """The block below the line of a copy in due form (Decree 30/2020, article 25; appendix I, part III)."""

    form: str  # "Sao y", "Trích sao", "Sao lục"
    agency: str
    superior: str
    number: str  # "05/SY-THCSLL"
    place: str
    on: date
    authority: tuple[str, ...]
    signer: str


class Paper(Value):
    """A document as its author means it.  All that is printed in capitals is kept in capitals."""

    agency: str  # "TRƯỜNG THCS AN PHÚ"
    superior: str = ""
    number: str = ""  # "45", as printed
    symbol: str = ""
    kind: str = "Công văn"
    on: date | None = None
    place: str = ""
    subject: str = ""
    addressees: tuple[str, ...] = ()
    enacted_by: str = ""  # of decisions: "GIÁM ĐỐC SỞ …"
    grounds: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()  # "Nơi nhận"
    authority: tuple[str, ...] = ()  # "KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"
    signer: str = ""
    urgency: Urgency = Urgency.NORMAL
    secrecy: Secrecy = Secrecy.NONE
    regime: Regime = Regime.STATE
    relation: Relation = Relation.NONE
    concerns: str = ""
    number_is: Filled = Filled.PRINTED
    day_is: Filled = Filled.PRINTED
    draft: str = ""  # "DỰ THẢO"
    seal: str = ""  # "red", "black"; "" is none
    is_signed: bool = False  # strokes of a pen over the title
    incoming: Incoming | None = None
    copied: Copied | None = None
    joint: str = " - "  # between the words of the motto
    rule: str = ""  # typed below agency and motto: "-------", "********"
    day_form: str = "words"  # "words": ngày 05 tháng 11 năm 2026; "bare": without zeros; "slashes": ngày 05/11/2026
    lead: str = "Số:"  # "Số", "SỐ:", "Số :"
    spaced_title: bool = False  # "Q U Y Ế T  Đ Ị N H"
    tight: bool = True  # "Số: 45/BC-X"; loose is "Số : 45 / BC - X"

    @property
    def number_symbol(self) -> str:
        """Number and symbol as one; "" where no number was ever given."""
        if self.number_is is Filled.BLANK or not self.number:
            return ""
        return f"{self.number}{'-' if self.regime is Regime.PARTY else '/'}{self.symbol}"

    @property
    def nature(self) -> Nature:
        """What a reader who sees everything ought to say."""
        if self.secrecy is not Secrecy.NONE:
            return Nature.SECRET
        if self.copied is not None:
            return Nature.COPY
        if self.draft:
            return Nature.DRAFT
        final = bool(self.seal)
        blank = self.number_is is Filled.BLANK or self.day_is is Filled.BLANK
        return Nature.DRAFT if blank and not final else Nature.ISSUED

    @property
    def capacity(self) -> str:
        """ "KT.", "TM." … of the first line above the signature."""
        first = self.authority[0].split()[0] if self.authority else ""
        return first if first.endswith(".") else ""


def dice(*seed: object) -> random.Random:
    """Chance that falls the same way on every run."""
    return random.Random("|".join(str(each) for each in seed))  # noqa: S311 - made-up content
