"""Score a labelled folder: ``python -m bench.recognition [FOLDER] [--json] [--only WORD] [--jobs N] [--limit N] [--misses]``.

FOLDER holds labels.jsonl and files, as ../shared/corpus/documents/README.md says; fields may be missing.  Every file goes
through the Inspector as in production: guarded children, warm.  Positives are labels of the kind "positive"; a copy or draft
called issued counts against precision.  Ambiguous labels and uncertain fields are not scored.  The rule for each fact stands
in bench/recognition/compare.py.  A missed positive counts as wrong in all its facts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from bench.recognition.labels import Label, load
from bench.recognition.report import report
from bench.recognition.score import Outcome, Score
from bench.recognition.written import written
from gateway.config import Inspection
from gateway.inspection import Inspector

DEFAULT = Path(__file__).resolve().parents[2] / "../shared/corpus/documents"


def main() -> int:
    """Score a folder and print the figures; 1 when aims are missed and ``--aims`` asked for it."""
    parser = argparse.ArgumentParser(
        prog="bench.recognition", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--json", action="store_true", help="one JSON object, with every file")
    parser.add_argument("--only", action="append", default=[], help="a format, kind, form or text layer; may be repeated")
    parser.add_argument("--jobs", type=int, default=1, help="inspection processes (default 1)")
    parser.add_argument("--limit", type=int, default=0, help="only so many files, spread over the folder")
    parser.add_argument("--misses", action="store_true", help="every miss: what was said, what is true")
    parser.add_argument("--aims", action="store_true", help="exit 1 when an aim is missed")
    options = parser.parse_args()
    score = scored(options.folder, only=options.only, jobs=options.jobs, limit=options.limit)
    print(_as_json(score) if options.json else report(score, misses=options.misses))
    return 1 if options.aims and not all(each["met"] for each in score.aims().values()) else 0


def scored(folder: Path, *, only: Sequence[str] = (), jobs: int = 1, limit: int = 0) -> Score:
    """Read every labelled file of a folder in guarded children and compare."""
    labels = list(load(folder))
    counted = [label for label in labels if not label.ambiguous and _is_wanted(label, only)]
    if limit:
        counted = counted[:: max(1, len(counted) // limit)][:limit]
    inspector = Inspector(Inspection(processes=jobs))
    inspector.start()
    try:
        for _ in range(jobs):
            inspector.inspect_file("warm.txt", b"Kinh gui")
        with ThreadPoolExecutor(jobs) as threads:
            outcomes = list(threads.map(lambda label: _outcome(inspector, folder, label), counted))
    finally:
        inspector.close()
    return Score(outcomes, ambiguous=sum(label.ambiguous for label in labels))


def _is_wanted(label: Label, only: Sequence[str]) -> bool:
    return not only or not {label.format, label.kind, label.form, label.text_layer}.isdisjoint(only)


def _outcome(inspector: Inspector, folder: Path, label: Label) -> Outcome:
    path = folder / label.path
    data = path.read_bytes()
    begin = time.perf_counter()
    reading = inspector.inspect_file(path.name, data)
    elapsed_ms = (time.perf_counter() - begin) * 1000
    return Outcome(label=label, reading=reading, elapsed_ms=elapsed_ms, written=written(hashlib.sha256(data).hexdigest()))


def _as_json(score: Score) -> str:
    files = [
        {
            "id": outcome.label.id,
            "path": outcome.label.path,
            "true": outcome.label.row,
            "nature": outcome.reading.nature,
            "reason": outcome.reading.reason,
            "elapsed_ms": round(outcome.elapsed_ms, 1),
            "facts": {name: msgspec.structs.asdict(each) for name, each in outcome.facts().items()},
        }
        for outcome in score.outcomes
    ]
    return json.dumps({**score.figures(), "each": files}, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    sys.exit(main())
