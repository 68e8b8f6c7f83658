"""The API against its own document: as the tests do it, with many more examples of each operation (Schemathesis)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from bench.report import Line, Part

_TEST = "tests/web/test_api_programs.py::test_whatever_a_program_sends_is_answered_as_the_document_says"


def run(folder: Path, *, examples: int) -> Part:
    """Ask each operation so many times; what is answered otherwise than the document says is a failure."""
    log = folder / "api.log"
    with log.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--timeout=3000", _TEST],
            check=False,
            stdout=out,
            stderr=out,
            env={**os.environ, "VANTHU_API_EXAMPLES": str(examples)},
        )
    said = log.read_text(encoding="utf-8", errors="replace")
    wrong = "" if done.returncode == 0 else " ".join(re.findall(r"^E .*", said, re.MULTILINE)[:3])
    line = Line(what="answers otherwise than the document says", found=wrong or "none", target="none", met=done.returncode == 0)
    return Part(title="API against its OpenAPI document", notes=(f"{examples} examples of each operation.",), lines=(line,))
