"""How well are real documents recognised, and how fast?  Reads a folder with labels.jsonl and prints what the README says.

Usage: python bench/recognition.py [FOLDER] [--all] [--json]
FOLDER holds labels.jsonl as ../shared/corpus/documents does.  Files are read through the guarded children, as in
production.  Without --all only formats that have a reader count (PDF with text, DOCX, text); "ambiguous" is left out.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gateway.config import Inspection
from gateway.documents.vietnamese import squeezed
from gateway.inspection import Inspector
from gateway.model import Document, FileReading, Nature

DEFAULT = Path(__file__).resolve().parents[1] / "../shared/corpus/documents"
READABLE = ("pdf", "docx", "txt", "html")
NO_TEXT = ("scan", "none")

Label = dict[str, Any]


def main() -> None:
    """Score a folder and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--all", action="store_true", help="also formats without a reader, and scans")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    score = scored(options.folder, readable_only=not options.all)
    print(json.dumps(score.figures(), ensure_ascii=False) if options.json else score.report())


def labels(folder: Path, *, readable_only: bool = True) -> Iterator[Label]:
    """The labels that count: not ambiguous, and of a format that can be read."""
    for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        label: Label = json.loads(line)
        readable = label["format"] in READABLE and label["text_layer"] not in NO_TEXT
        if not label["ambiguous"] and (readable or not readable_only):
            yield label


def scored(folder: Path, *, readable_only: bool = True) -> Score:
    """Read every labelled file of a folder in guarded children and compare."""
    score = Score()
    inspector = Inspector(Inspection(processes=1))
    inspector.start()
    try:
        for label in labels(folder, readable_only=readable_only):
            path = folder / label["path"]
            data = path.read_bytes()
            started = time.perf_counter()
            reading = inspector.inspect_file(path.name, data)
            score.add(label, reading, (time.perf_counter() - started) * 1000)
    finally:
        inspector.close()
    return score


class Score:
    """What was recognised, against what is true."""

    def __init__(self) -> None:
        self.natures: Counter[tuple[str, str]] = Counter()
        self.standard: Counter[str] = Counter()
        self.fields: Counter[tuple[str, bool]] = Counter()
        self.times: list[float] = []
        self.wrong: list[str] = []

    def add(self, label: Label, reading: FileReading, elapsed_ms: float) -> None:
        """Count one file."""
        kind = label["kind"] if label["kind"] != "positive" else f"positive, {label['form']}"
        self.natures[kind, reading.nature.value] += 1
        self.times.append(elapsed_ms)
        document = reading.documents[0] if reading.documents else None
        if label["kind"] != "positive":
            if reading.nature is Nature.ISSUED:
                self.wrong.append(f"{label['id']}: {label['kind']} called issued")
            return
        right = reading.nature is Nature.ISSUED and document is not None and _field_right("number_symbol", document, label)
        if label["form"] == "standard":
            self.standard["right" if right else "wrong"] += 1
        if not right:
            said = document.number_symbol if document else reading.reason
            self.wrong.append(
                f"{label['id']}: {label['so_ky_hieu']!r} ({label['form']}) became {reading.nature.value} {said!r}"
            )
        if document:
            for field in FIELDS:
                if field not in label.get("uncertain_fields", ()) and _truth(field, label):
                    self.fields[field, _field_right(field, document, label)] += 1

    def figures(self) -> dict[str, Any]:
        """The figures that are quoted."""
        not_issued = {key: count for key, count in self.natures.items() if not key[0].startswith("positive")}
        called_issued = sum(count for (_, nature), count in not_issued.items() if nature == "issued")
        return {
            "files": sum(self.natures.values()),
            "standard_positives": sum(self.standard.values()),
            "standard_positives_right": self.standard["right"],
            "not_issued": sum(not_issued.values()),
            "not_issued_called_issued": called_issued,
            "fields": {
                field: [self.fields[field, True], self.fields[field, True] + self.fields[field, False]] for field in FIELDS
            },
            "median_ms": round(statistics.median(self.times), 1) if self.times else 0.0,
            "worst_ms": round(max(self.times), 1) if self.times else 0.0,
        }

    def report(self) -> str:
        """The figures for people."""
        figures = self.figures()
        lines = [f"{figures['files']} files, {figures['median_ms']} ms median, {figures['worst_ms']} ms worst", ""]
        columns = [nature.value for nature in Nature]
        lines.append(f"{'':32}" + "".join(f"{column:>12}" for column in columns))
        for kind in sorted({kind for kind, _ in self.natures}):
            lines.append(f"{kind:32}" + "".join(f"{self.natures[kind, column] or '':>12}" for column in columns))
        lines.append("")
        lines.append(
            _share("standard positives issued with the right number", self.standard["right"], sum(self.standard.values()))
        )
        lines.append(_share("others called issued", figures["not_issued_called_issued"], figures["not_issued"]))
        lines += [_share(f"field {field}", *figures["fields"][field]) for field in FIELDS]
        return "\n".join([*lines, "", *self.wrong])


def _share(what: str, part: int, whole: int) -> str:
    return f"{what:52}{part:5} of {whole:4}  {100 * part / max(whole, 1):5.1f} %"


def _same(one: str, other: str) -> bool:
    return squeezed(one).strip(".:") == squeezed(other).strip(".:")


def _without_about(subject: str) -> str:
    return re.sub(r"^\W*(?:v\s*/\s*v|vv|về việc)\s*:?\s*", "", subject, flags=re.IGNORECASE)


def _same_agency(one: str, other: str) -> bool:
    """The label often adds the province, which stands in the line above; the print often shortens."""
    mine, theirs = squeezed(one), squeezed(other)
    return bool(mine) and (mine == theirs or mine in theirs or theirs in mine)


FIELDS: dict[str, tuple[str, Callable[[Document], str], Callable[[str, str], bool]]] = {
    "number_symbol": ("so_ky_hieu", lambda document: document.number_symbol, _same),
    "kind": ("type", lambda document: document.kind, _same),
    "issued_on": ("date", lambda document: document.issued_on.isoformat() if document.issued_on else "", _same),
    "issuer": ("agency", lambda document: document.issuer, _same_agency),
    "subject": (
        "subject",
        lambda document: _without_about(document.subject),
        lambda one, other: _same(one, _without_about(other)),
    ),
    "signer": ("signer", lambda document: document.signer, _same),
}


def _truth(field: str, label: Label) -> str:
    return str(label[FIELDS[field][0]])


def _field_right(field: str, document: Document, label: Label) -> bool:
    _, found, same = FIELDS[field]
    return same(found(document), _truth(field, label))


if __name__ == "__main__":
    main()
