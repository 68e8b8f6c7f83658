"""The made-up world is honest: its papers are what they claim to be, the same on every run."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from tests.world import letters, official
from tests.world.files import locked_zip, word
from tests.world.gateway import with_setting
from tests.world.pdf import pdf, signed_pdf

AGENCY = "Sở Giáo dục và Đào tạo Hương Giang"


def _decision() -> bytes:
    return signed_pdf(official.decision(), agency=AGENCY, at=datetime(2026, 11, 18, 8, 0, tzinfo=UTC))


def _signatures(raw: bytes) -> list[tuple[str, bool, bool]]:
    """Who signed, whether the bytes are those that were signed, and whether anybody vouches for the signer."""
    found = []
    for signature in PdfFileReader(io.BytesIO(raw)).embedded_signatures:
        status = validate_pdf_signature(signature, ValidationContext(trust_roots=[], allow_fetching=False))
        found.append((signature.signer_cert.subject.native["common_name"], status.intact, status.trusted))
    return found


def test_a_signed_document_has_the_signatures_of_the_person_and_of_the_agency() -> None:
    assert _signatures(_decision()) == [("Đặng Quốc Hưng", True, False), (AGENCY, True, False)]


def test_a_changed_byte_breaks_the_signatures() -> None:
    changed = _decision().replace(b"/Rotate 0", b"/Rotate 9", 1)

    assert [intact for _, intact, _ in _signatures(changed)] == [False, False]


def test_papers_without_a_signature_are_the_same_on_every_run() -> None:
    assert pdf(official.invitation()) == pdf(official.invitation())
    assert word(official.school_letter(), sealed=True) == word(official.school_letter(), sealed=True)
    assert letters.figures_of_a_school() == letters.figures_of_a_school()


def test_a_locked_archive_opens_with_its_password_and_no_other() -> None:
    right = "đúng"
    archive = zipfile.ZipFile(io.BytesIO(locked_zip("công văn.docx", b"words" * 100, password=right)))

    assert archive.read("công văn.docx", pwd=right.encode()) == b"words" * 100
    with pytest.raises(RuntimeError, match="password"):
        archive.read("công văn.docx")
    with pytest.raises(RuntimeError, match="password"):
        archive.read("công văn.docx", pwd=b"sai")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("[smtp] listen", "[smtp]\nlisten = 9\nx = 1\n\n[web]\nlisten = 2\n"),
        ("[web] listen", "[smtp]\nlisten = 1\nx = 1\n\n[web]\nlisten = 9\n"),
        ("[web] x", "[smtp]\nlisten = 1\nx = 1\n\n[web]\nx = 9\nlisten = 2\n"),
        ("[log] level", "[smtp]\nlisten = 1\nx = 1\n\n[web]\nlisten = 2\n\n[log]\nlevel = 9\n"),
    ],
)
def test_a_setting_is_changed_or_added_in_its_own_table(key: str, expected: str) -> None:
    assert with_setting("[smtp]\nlisten = 1\nx = 1\n\n[web]\nlisten = 2\n", key, "9") == expected
