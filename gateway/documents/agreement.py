"""Lines of a letterhead, put together from several readings of the same piece of paper.  Pure.

Print reads alike however it is cut and enlarged; what somebody wrote by hand reads differently each time, and without
confidence (measured: docs/decisions/0007).  So a figure is believed when the first reading and two later ones agree and are
sure enough together, and else it is "…".  Another word is put right when the later readings agree and are surer of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from gateway.documents.likeness import distance
from gateway.documents.scanned import (
    DATE_IN,
    DOTTED,
    FIGURES,
    HANDWRITTEN,
    NUMBER,
    as_digits,
    as_number,
    once_barred,
    symbol_and_rest,
)
from gateway.documents.vietnamese import squeezed
from gateway.model import Value

ENOUGH = 2  # later readings that must say what the first one says
_SURE = 0.5  # mean confidence of those that agree: "02" by hand was read as 22 three times, with 0.3
_MOST_WRONG = 2  # letters of a line whose words were parted wrongly


class Reading(Value):
    """What one look at a piece of a line gave: its words, and how sure each is, 0 to 1."""

    words: tuple[str, ...]
    sure: tuple[float, ...]

    @property
    def text(self) -> str:
        """The words as a line."""
        return " ".join(self.words)

    @property
    def mean(self) -> float:
        """How sure all of it is."""
        return sum(self.sure) / max(len(self.sure), 1)

    def sure_of(self, start: int, end: int) -> float:
        """Confidence of the least sure word between two places in the text."""
        at, found = 0, [1.0]
        for word, sure in zip(self.words, self.sure, strict=True):
            if at < end and at + len(word) > start:
                found.append(sure)
            at += len(word) + 1
        return min(found)


class _Said(Value):
    """One part of a line as one reading has it; "" where it has none."""

    text: str = ""
    sure: float = 0.0


class _Number(Value):
    digits: _Said
    joint: str
    symbol: str
    behind: str


def is_number(cell: str) -> bool:
    """Whether this piece of a line is "Số: …/…"."""
    found = NUMBER.match(cell)
    return found is not None and not DOTTED.search(found["symbol"])


def is_date(cell: str) -> bool:
    """Whether a date stands in this piece of a line, at its end as in a letterhead."""
    found = DATE_IN.search(cell)
    return found is not None and len(cell) - found.end() < 4


# --- Number ---------------------------------------------------------------------------------------------------------


def number_of(readings: Sequence[Reading]) -> str:
    """ "Số: 45/BC-THCSLL" from readings of one piece of a line, the first one leading.

    "Số: …/BC-THCSLL" when something stands there that is no print, "Số: /BC-THCSLL" when nothing does.
    """
    found = [_number(reading) for reading in readings]
    first = found[0]
    if first is None:
        return readings[0].text
    digits = _filled([each.digits if each else _Said() for each in found])
    symbol = _most_said(each.symbol for each in found if each)
    text = f"Số{':' if first.joint == '/' else ''} {digits}{first.joint}{symbol}"
    return f"{text}\t{first.behind}" if first.behind else text


def number_is_settled(readings: Sequence[Reading]) -> bool:
    """Whether another reading could change nothing."""
    found = [_number(reading) for reading in readings]
    if found[0] is None:
        return True
    alike = len({each.symbol for each in found if each}) == 1
    return alike and _is_settled([each.digits if each else _Said() for each in found])


def _number(reading: Reading) -> _Number | None:
    found = NUMBER.match(reading.text)
    if found is None:
        return None
    symbol, rest = symbol_and_rest(found["symbol"])
    return _Number(
        digits=_Said(text=as_number(found["cell"]), sure=reading.sure_of(found.start("cell"), found.end("cell"))),
        joint="-" if found["party"] else "/",
        symbol=once_barred(symbol).rstrip(".-/"),
        behind=(rest + reading.text[found.end() :]).strip(),
    )


# --- Date -----------------------------------------------------------------------------------------------------------


def date_of(readings: Sequence[Reading]) -> str:
    """ "Hương Giang, ngày 05 tháng 11 năm 2026" from readings of one piece of a line, the first one leading."""
    text = readings[0].text
    first, (days, months, years) = DATE_IN.search(text), _parts_of(readings)
    if first is None:
        return text
    date = f"ngày {_filled(days)} tháng {_filled(months)} năm {_agreed(years) or first['year']}"
    return text[: first.start()] + date + text[first.end() :]


def date_is_settled(readings: Sequence[Reading]) -> bool:
    """Whether another reading could change nothing."""
    return all(_is_settled(part) for part in _parts_of(readings))


def _parts_of(readings: Sequence[Reading]) -> list[list[_Said]]:
    """Day, month and year of each reading; letters that look like figures are these."""
    return [[_part(reading, part) for reading in readings] for part in ("day", "month", "year")]


def _part(reading: Reading, part: str) -> _Said:
    found = DATE_IN.search(reading.text)
    if found is None:
        return _Said()
    return _Said(text=as_digits(found[part]), sure=reading.sure_of(found.start(part), found.end(part)))


# --- Figures --------------------------------------------------------------------------------------------------------


def _filled(said: Sequence[_Said]) -> str:
    """The figures that are believed; "…" when something else stands there; "" when most readings see nothing."""
    if FIGURES.fullmatch(said[0].text) and (agreed := _agreed(said)):
        return agreed
    return HANDWRITTEN if sum(bool(each.text) for each in said) > len(said) / 2 else ""


def _agreed(said: Sequence[_Said]) -> str:
    """What was said first, when enough of the later ones say so too and they are sure together; "" otherwise."""
    same = [each.sure for each in said if each.text == said[0].text]
    return said[0].text if len(same) > ENOUGH and sum(same) >= _SURE * len(same) else ""


def _is_settled(said: Sequence[_Said]) -> bool:
    """It is agreed, or never will be: what was no figure at first."""
    return len(said) > 1 and (bool(_agreed(said)) or not FIGURES.fullmatch(said[0].text))


def _most_said(said: Iterable[str]) -> str:
    """The commonest, the earliest of several."""
    return Counter(said).most_common(1)[0][0]


# --- Words ----------------------------------------------------------------------------------------------------------


def words_of(first: Reading, later: Sequence[Reading]) -> str:
    """The first reading, with words of which the later ones agree on something else and are surer."""
    alike = [reading for reading in later if len(reading.words) == len(first.words)]
    if len(alike) < ENOUGH:
        return first.text if alike else _otherwise(first, later)
    later = alike
    return " ".join(
        _surer(word, sure, [(reading.words[at], reading.sure[at]) for reading in later])
        for at, (word, sure) in enumerate(zip(first.words, first.sure, strict=True))
    )


def _otherwise(first: Reading, later: Sequence[Reading]) -> str:
    """The surest of the later readings, when all have the same letters, nearly those of the first, and are surer than it."""
    letters = {squeezed(reading.text) for reading in later}
    surest = max(later, key=lambda reading: reading.mean, default=first)
    alike = len(letters) == 1 and distance(squeezed(first.text), letters.pop(), _MOST_WRONG) <= _MOST_WRONG
    return surest.text if alike and all(reading.mean > first.mean for reading in later) else first.text


def _surer(word: str, sure: float, later: Sequence[tuple[str, float]]) -> str:
    others = {other for other, _ in later}
    return others.pop() if len(others) == 1 and all(theirs > sure for _, theirs in later) else word
