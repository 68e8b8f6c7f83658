"""What is read of a scan must not hang on how busy the machine is that runs the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.documents.ocr import pages


@pytest.fixture(autouse=True, scope="session")
def patient() -> Iterator[None]:
    """The time by the clock that a scan may take is no matter here; that of the processor stands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "_PATIENCE", 30.0)
        yield
