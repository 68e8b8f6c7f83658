"""Real documents with labels, where the shared corpus lies beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.recognition import DEFAULT, Score, scored
from gateway.documents.mime import may_carry_document
from gateway.documents.recognise import recognise
from gateway.model import Nature

FOLDERS = [folder for folder in (DEFAULT,) if (folder / "labels.jsonl").exists()]
MAILS = sorted((DEFAULT.parent / "mail").glob("**/*.eml"))


@pytest.fixture(scope="module", params=FOLDERS, ids=["shared-corpus-documents"] * len(FOLDERS))
def score(request: pytest.FixtureRequest) -> Score:
    folder: Path = request.param
    return scored(folder)


def test_standard_documents_are_issued_with_their_number(score: Score) -> None:
    figures = score.figures()
    assert figures["standard_positives_right"] >= 0.9 * figures["standard_positives"], score.report()


def test_hardly_anything_else_is_called_issued(score: Score) -> None:
    figures = score.figures()
    assert figures["not_issued_called_issued"] <= 0.02 * figures["not_issued"], score.report()


@pytest.mark.parametrize(
    ("field", "share"),
    [("number_symbol", 0.95), ("kind", 0.95), ("issued_on", 0.95), ("issuer", 0.9), ("signer", 0.9), ("subject", 0.85)],
)
def test_fields_are_right(score: Score, field: str, share: float) -> None:
    right, of = score.figures()["fields"][field]
    assert right >= share * of, score.report()


@pytest.mark.parametrize("path", MAILS, ids=[f"shared-corpus-{path.stem}-{index}" for index, path in enumerate(MAILS)])
def test_real_mails_of_elsewhere_carry_no_official_document(path: Path) -> None:
    raw = path.read_bytes()
    natures = {reading.nature for reading in recognise(raw).files}
    assert natures <= {Nature.OTHER, Nature.UNREADABLE, Nature.TEMPLATE}
    assert may_carry_document(raw) in (True, False)
