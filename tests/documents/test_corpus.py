"""Real documents with labels, where the shared corpus lies beside the repository; those with a text layer, for scans take long.

``python -m bench.recognition`` measures all of them.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from bench.recognition.__main__ import DEFAULT, scored
from bench.recognition.report import report
from bench.recognition.score import AIMS, Score
from gateway.documents import mime
from gateway.documents.quick_look import may_carry_document
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


EXPECTED = sorted((DEFAULT.parent / "mail/imap_tools/tests/messages_data").glob("**/*.json"))


@pytest.mark.parametrize("path", EXPECTED, ids=[f"shared-corpus-{path.stem}-{index}" for index, path in enumerate(EXPECTED)])
def test_every_attachment_that_a_client_shows_is_inspected(path: Path) -> None:
    """A mail in a mail is opened at once, so its bytes are no part by themselves."""
    raw = Path(str(path).replace("messages_data", "messages")).with_suffix(".eml").read_bytes()
    parts = [b"".join(part.data.split()) for part in mime.split(raw).parts]
    shown = [each for each in json.loads(path.read_text())["attachments"] if each["content_type"] != "message/rfc822"]
    assert all(b"".join(base64.b64decode(each["payload"]["bytes_base64"]).split()) in parts for each in shown)
