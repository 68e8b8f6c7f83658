"""What was recognised, against what is true: precision and recall of "issued", every fact, times, and every miss."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench.recognition.compare import FACTS, Comparison, compared
from bench.recognition.labels import Label
from bench.recognition.written import BY_HAND, PRINTED, Written
from gateway.model import Document, FileReading, Nature, Value

# What the project wants to show (share, and whether it is the least or the most).
AIMS: dict[str, tuple[float, bool]] = {
    "precision": (0.99, True),
    "recall": (0.97, True),
    "false issued": (0.005, False),
    "number+symbol, printed": (0.95, True),
    "date, printed": (0.97, True),
    "kind": (0.97, True),
    "subject": (0.90, True),
    "issuer": (0.93, True),
}


_BESIDE = ("issuer, strictly", "symbol")  # facts that are told beside another one: their misses are seen there


class Outcome(Value):
    """One file: its label, what was said, and how long that took."""

    label: Label
    reading: FileReading
    elapsed_ms: float
    written: Written = Written()

    @property
    def document(self) -> Document | None:
        """The document that answers for the file: the first issued one, else the first."""
        found = self.reading.documents
        return next((each for each in found if each.nature is Nature.ISSUED), found[0] if found else None)

    @property
    def is_called_issued(self) -> bool:
        """Whether it was said to be an issued document."""
        return self.reading.nature is Nature.ISSUED

    def facts(self) -> dict[str, Comparison]:
        """All facts that are known of a positive."""
        if not self.label.is_positive:
            return {}
        known = ((fact, self.label.known(fact.field)) for fact in FACTS)
        return {fact.name: compared(fact, self.document, true) for fact, true in known if true}

    def how(self, fact: str) -> str:
        """How this fact came onto the paper: printed, by hand, or "" for facts and files of which that is not known."""
        return self.written.how(fact, self.label.text_layer)

    def misses(self) -> list[str]:
        """What is wrong, a line each."""
        label, said = self.label, self.reading.nature.value + (f" ({self.reading.reason})" if self.reading.reason else "")
        found = []
        if label.is_positive != self.is_called_issued:
            found.append(f"{label.row} called {said}")
        found += [
            f"{name}: said {each.said!r}, true {each.true!r}{' (close)' if each.is_close else ''}{self._hand(name)}"
            for name, each in self.facts().items()
            if not each.is_right and name not in _BESIDE
        ]
        return found

    def _hand(self, fact: str) -> str:
        return " (written by hand)" if self.how(fact) == BY_HAND else ""


class Score:
    """All outcomes of a folder."""

    def __init__(self, outcomes: Iterable[Outcome], *, ambiguous: int = 0) -> None:
        self.outcomes = tuple(outcomes)
        self.ambiguous = ambiguous  # labels that were left out

    def figures(self) -> dict[str, Any]:
        """Everything that is quoted, ready for JSON."""
        return {
            "files": len(self.outcomes),
            "left_out_as_ambiguous": self.ambiguous,
            "issued": issued(self.outcomes),
            "facts": facts(self.outcomes),
            "aims": self.aims(),
            "by_format": self._grouped(lambda outcome: outcome.label.format),
            "by_text_layer": self._grouped(lambda outcome: outcome.label.text_layer or "unknown"),
            "confusion": self.confusion(),
            "times": self.times(),
        }

    def aims(self) -> dict[str, dict[str, Any]]:
        """Each aim, what was found, and whether it is met."""
        found = issued(self.outcomes)
        shares = {"precision": found["precision"], "recall": found["recall"], "false issued": found["false_issued"]}
        shares |= {name: each["share"] for name, each in facts(self.outcomes).items()}
        return {
            name: {"aim": aim, "found": shares[name], "met": shares[name] >= aim if least else shares[name] <= aim}
            for name, (aim, least) in AIMS.items()
            if shares.get(name) is not None
        }

    def confusion(self) -> dict[str, dict[str, int]]:
        """How often files of a kind were called what."""
        rows: dict[str, Counter[str]] = {}
        for outcome in self.outcomes:
            rows.setdefault(outcome.label.row, Counter())[outcome.reading.nature.value] += 1
        return {row: dict(rows[row]) for row in sorted(rows)}

    def times(self) -> dict[str, dict[str, float]]:
        """Milliseconds by format and text layer, whole and by page."""
        groups: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            groups.setdefault(f"{outcome.label.format} {outcome.label.text_layer}".strip(), []).append(outcome)
        groups["all"] = list(self.outcomes)
        return {name: _times(groups[name]) for name in sorted(groups)}

    def misses(self) -> dict[str, list[str]]:
        """Files with anything wrong, and what."""
        found = {f"{each.label.id} {each.label.format} {each.label.text_layer}": each.misses() for each in self.outcomes}
        return {name: lines for name, lines in sorted(found.items()) if lines}

    def _grouped(self, key: Callable[[Outcome], str]) -> dict[str, Any]:
        groups: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            groups.setdefault(key(outcome), []).append(outcome)
        return {name: {"issued": issued(group), "facts": facts(group)} for name, group in sorted(groups.items())}


def issued(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Precision and recall of "issued", and the share of the others that were called so; None where there was nothing."""
    positives = [outcome for outcome in outcomes if outcome.label.is_positive]
    others = [outcome for outcome in outcomes if not outcome.label.is_positive]
    right = sum(outcome.is_called_issued for outcome in positives)
    wrong = sum(outcome.is_called_issued for outcome in others)
    return {
        "positives": len(positives),
        "others": len(others),
        "right": right,
        "wrong": wrong,
        "precision": _share(right, right + wrong),
        "recall": _share(right, len(positives)),
        "false_issued": _share(wrong, len(others)),
    }


# Number and date are told again by how they were written: what a person wrote by hand is not there to be read.
_NAMES = tuple(
    name
    for fact in FACTS
    for name in (
        (fact.name, f"{fact.name}, {PRINTED}", f"{fact.name}, {BY_HAND}")
        if fact.name in ("number+symbol", "date")
        else (fact.name,)
    )
)


def facts(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Each fact: right, close, of how many positives where it is known.  A positive that was missed has no fact right."""
    found: dict[str, list[Comparison]] = {name: [] for name in _NAMES}
    for outcome in outcomes:
        for name, comparison in outcome.facts().items():
            found[name].append(comparison)
            if how := outcome.how(name):
                found[f"{name}, {how}"].append(comparison)
    return {name: _counted(each) for name, each in found.items()}


def _counted(found: Sequence[Comparison]) -> dict[str, Any]:
    right, close = sum(each.is_right for each in found), sum(each.is_close for each in found)
    blank = sum(not each.said for each in found)  # nothing is said of what nobody could read: better than a wrong number
    share, of_said = _share(right, len(found)), _share(right, len(found) - blank)
    return {"right": right, "close": close, "blank": blank, "of": len(found), "share": share, "share_of_said": of_said}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _times(group: Sequence[Outcome]) -> dict[str, float]:
    took = sorted(outcome.elapsed_ms for outcome in group)
    by_page = sorted(outcome.elapsed_ms / outcome.label.pages for outcome in group if outcome.label.pages)
    found = {"files": len(took), "median": statistics.median(took), "p95": _quantile(took, 0.95), "max": took[-1]}
    if by_page:
        found |= {"median_page": statistics.median(by_page), "p95_page": _quantile(by_page, 0.95)}
    return {name: round(value, 1) for name, value in found.items()}


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
