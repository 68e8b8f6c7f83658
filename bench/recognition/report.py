"""The figures of a score for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.recognition.score import Score
from gateway.model import Nature


def report(score: Score, *, misses: bool) -> str:
    """All of it, as text."""
    figures = score.figures()
    lines = [f"{figures['files']} files; {figures['left_out_as_ambiguous']} labels left out as ambiguous", ""]
    lines += _aims(figures["aims"])
    lines += ["", *_confusion(figures["confusion"])]
    lines += ["", *_facts("all positives", figures["facts"])]
    for title in ("by_format", "by_text_layer"):
        lines += ["", *_groups(title.replace("_", " "), figures[title])]
    lines += ["", *_times(figures["times"])]
    if misses:
        lines += ["", *_misses(score)]
    return "\n".join(lines)


def _aims(aims: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, each in aims.items():
        yield f"{name:24}{_percent(each['found'])}   aim {_percent(each['aim'])}   {'met' if each['met'] else 'MISSED'}"


def _confusion(rows: dict[str, dict[str, int]]) -> Iterator[str]:
    columns = [nature.value for nature in Nature if any(nature.value in row for row in rows.values())]
    yield f"{'true, then said':32}" + "".join(f"{column:>12}" for column in columns)
    for name, row in rows.items():
        yield f"{name:32}" + "".join(f"{row.get(column, ''):>12}" for column in columns)


def _facts(title: str, facts: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield f"{title:26}{'right':>8}{'close':>8}{'blank':>8}{'of':>6}     share   of said"
    for name, each in facts.items():
        if each["of"]:
            counts = "".join(f"{each[column]:8}" for column in ("right", "close", "blank"))
            yield f"  {name:24}{counts}{each['of']:6}   {_percent(each['share'])}   {_percent(each['share_of_said'])}"


def _groups(title: str, groups: dict[str, Any]) -> Iterator[str]:
    names = [name for name in next(iter(groups.values()))["facts"] if "," not in name and name != "symbol"] if groups else []
    yield f"{title:16}{'recall':>16}{'false':>10}" + "".join(f"{name:>16}" for name in names)
    for name, group in groups.items():
        found = group["issued"]
        recall = f"{found['right']}/{found['positives']}" if found["positives"] else ""
        false = f"{found['wrong']}/{found['others']}" if found["others"] else ""
        cells = "".join(f"{_of(group['facts'][fact]):>16}" for fact in names)
        yield f"{name:16}{recall:>16}{false:>10}{cells}"


def _of(fact: dict[str, Any]) -> str:
    return f"{fact['right']}/{fact['of']}" if fact["of"] else ""


def _times(times: dict[str, dict[str, float]]) -> Iterator[str]:
    columns = ("files", "median", "p95", "max", "median_page", "p95_page")
    yield f"{'milliseconds':20}" + "".join(f"{column:>12}" for column in columns)
    for name, row in times.items():
        yield f"{name:20}" + "".join(f"{row.get(column, ''):>12}" for column in columns)


def _misses(score: Score) -> Iterator[str]:
    found = score.misses()
    yield f"{len(found)} files with something wrong:"
    for name, lines in found.items():
        yield f"- {name}"
        yield from (f"    {line}" for line in lines)


def _percent(share: float | None) -> str:
    return "     -" if share is None else f"{100 * share:5.1f} %"
