"""Real documents with labels, where the shared corpus lies beside the repository; those with a text layer, for scans take long.

``python -m bench.recognition`` measures all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.recognition.__main__ import DEFAULT, scored
from bench.recognition.report import report
from bench.recognition.score import AIMS, Score
from gateway.documents.mime import may_carry_document
from gateway.documents.recognise import recognise
from gateway.model import Nature

FOLDERS = [folder for folder in (DEFAULT,) if (folder / "labels.jsonl").exists()]
MAILS = sorted((DEFAULT.parent / "mail").glob("**/*.eml"))


@pytest.fixture(scope="module", params=FOLDERS, ids=["shared-corpus-documents"] * len(FOLDERS))
def score(request: pytest.FixtureRequest) -> Score:
    folder: Path = request.param
    return scored(folder, only=("text",))


@pytest.mark.parametrize("aim", AIMS)
def test_documents_with_text_are_recognised_as_well_as_was_promised(aim: str, score: Score) -> None:
    assert score.aims()[aim]["met"], report(score, misses=True)


@pytest.mark.parametrize("path", MAILS, ids=[f"shared-corpus-{path.stem}-{index}" for index, path in enumerate(MAILS)])
def test_real_mails_of_elsewhere_carry_no_official_document(path: Path) -> None:
    raw = path.read_bytes()
    natures = {reading.nature for reading in recognise(raw).files}
    assert natures <= {Nature.OTHER, Nature.UNREADABLE, Nature.TEMPLATE}
    assert may_carry_document(raw) in (True, False)
