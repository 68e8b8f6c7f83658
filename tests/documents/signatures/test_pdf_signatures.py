"""What a signature in a PDF says, and what it is worth as of the time of signing."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from gateway.documents import media
from gateway.documents.signatures import signatures_of, trust
from gateway.model import SignatureLevel
from tests.world import certificates, official, pdf

NOW = datetime.now(UTC)
ROOT = certificates.authority()
MIDDLE = certificates.authority("CA phục vụ các trường", under=ROOT, key=1)
LEADER = certificates.holder("Lê Thị Thử", "Sở Giáo dục và Đào tạo Hương Giang", under=MIDDLE)
AGENCY = certificates.holder("Sở Giáo dục và Đào tạo Hương Giang", "Tỉnh Hương Giang", under=MIDDLE)
PLAIN = pdf.pdf(official.decision())


@pytest.fixture(autouse=True)
def _anchors() -> Iterator[None]:
    trust.load([ROOT.pem])
    yield
    trust.load([])


def test_leader_and_agency_signed_and_both_hold() -> None:
    raw = certificates.signed(certificates.signed(PLAIN, LEADER, "Người ký"), AGENCY, "Cơ quan", cades=True)
    first, second = signatures_of(media.PDF, raw)
    assert (first.level, first.signer, first.organisation) == (
        SignatureLevel.INTACT,
        "Lê Thị Thử",
        "Sở Giáo dục và Đào tạo Hương Giang",
    )
    assert (first.issuer, first.kind, second.kind) == (
        "CA phục vụ các trường",
        "adbe.pkcs7.detached",
        "ETSI.CAdES.detached",
    )
    assert (second.signer, second.page, first.covers_all, second.covers_all) == (AGENCY_NAME, 1, True, True)
    assert first.signed_at is not None
    assert abs(first.signed_at - datetime.now(UTC)) < timedelta(minutes=1)


AGENCY_NAME = "Sở Giáo dục và Đào tạo Hương Giang"


def test_an_unsigned_file_says_nothing_and_costs_nothing() -> None:
    assert signatures_of(media.PDF, PLAIN) == ()


def test_an_empty_field_is_no_signature() -> None:
    (field,) = signatures_of(media.PDF, certificates.with_empty_field(PLAIN, "Chưa ký"))
    assert (field.level, field.signer, field.page) == (SignatureLevel.NONE, "", 1)


@pytest.mark.parametrize(
    ("by", "reason"),
    [
        (certificates.holder("A", under=None), "self-signed"),
        (certificates.holder("A", under=certificates.authority("CA lạ", key=1)), "unknown authority"),
        (certificates.holder("A", under=ROOT, end=NOW - timedelta(days=9)), "expired"),
        (certificates.holder("A", under=ROOT, start=NOW + timedelta(days=9)), "not yet valid"),
    ],
)
def test_an_intact_signature_that_nobody_vouches_for(by: certificates.Holder, reason: str) -> None:
    (signature,) = signatures_of(media.PDF, certificates.signed(PLAIN, by, "A"))
    assert (signature.level, signature.reason) == (SignatureLevel.UNTRUSTED, reason)
    assert signature.covers_all


def test_a_certificate_that_expired_since_was_good_when_it_signed() -> None:
    by = certificates.holder("A", under=ROOT, end=datetime.now(UTC) + timedelta(seconds=2))
    raw = certificates.signed(PLAIN, by, "A")
    time.sleep(2.2)
    assert signatures_of(media.PDF, raw)[0].level is SignatureLevel.INTACT


@pytest.mark.parametrize(("at", "doubt"), [(NOW - timedelta(days=9), "revoked"), (NOW + timedelta(days=9), "")])
def test_a_certificate_counts_as_revoked_from_the_day_of_its_revocation(at: datetime, doubt: str) -> None:
    by = certificates.holder("A", under=ROOT)
    material = trust.material_of([ROOT.der], [certificates.revocation_list(ROOT, by, at)])
    assert trust.doubt_of(certificates._asn1(by.certificate), material, NOW) == doubt


def test_words_changed_within_a_signed_file_break_it() -> None:
    raw = bytearray(certificates.signed(PLAIN, LEADER, "A"))
    raw[len(PLAIN) // 2] ^= 1
    (signature,) = signatures_of(media.PDF, bytes(raw))
    assert (signature.level, signature.covers_all) == (SignatureLevel.BROKEN, False)


def test_a_file_recompressed_on_its_way_has_a_broken_signature_not_a_forged_one() -> None:
    document = pypdfium2.PdfDocument(certificates.signed(PLAIN, LEADER, "A"))
    out = io.BytesIO()
    document.save(out)
    document.close()
    (signature,) = signatures_of(media.PDF, out.getvalue())
    assert (signature.level, signature.signer) == (SignatureLevel.BROKEN, "Lê Thị Thử")
    assert signature.reason in ("byte range", "content changed")


def test_what_was_written_on_a_page_after_signing_is_not_covered() -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(certificates.signed(PLAIN, LEADER, "A")))
    page, _ = writer.find_page_for_modification(0)  # type: ignore[no-untyped-call]  # pyHanko is typed only in part
    page.get_object()["/MediaBox"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 300, 300)))
    writer.mark_update(page)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # pyHanko is typed only in part
    (signature,) = signatures_of(media.PDF, out.getvalue())
    assert (signature.level, signature.covers_all) == (SignatureLevel.INTACT, False)


def test_personal_identifiers_are_neither_kept_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    secrets = ("034099001234", "0318765432", "an.thu@huonggiang.example", "0918273645")
    by = certificates.holder(
        f"Trần Văn Thử - CCCD: {secrets[0]}",
        f"Trường Thử (MST {secrets[1]})",
        under=None,
        uid=f"CCCD:{secrets[0]}",
        email=secrets[2],
        serial=f"MST:{secrets[1]}",
        phone=secrets[3],
    )
    with caplog.at_level(logging.DEBUG):
        (signature,) = found = signatures_of(media.PDF, certificates.signed(PLAIN, by, "A"))
    said = msgspec.json.encode(found).decode() + caplog.text
    assert not [secret for secret in secrets if secret in said]
    assert (signature.signer, signature.organisation) == ("Trần Văn Thử", "Trường Thử")


def test_two_hundred_fields_take_only_so_long() -> None:
    raw = certificates.signed(PLAIN, LEADER, "A")
    fields = b" ".join(b"%d 0 R" % number for number in range(1, 20)) * 200
    started = time.monotonic()
    assert len(signatures_of(media.PDF, raw + b"/Fields [" + fields + b"]")) <= 20
    assert time.monotonic() - started < 30


@given(st.binary(max_size=200), st.integers(0, 60_000), st.integers(0, 400))
@settings(max_examples=60, deadline=None)
def test_whatever_the_bytes_there_is_an_answer(noise: bytes, at: int, cut: int) -> None:
    raw = SIGNED[: at % len(SIGNED)] + noise + SIGNED[at % len(SIGNED) + cut :]
    for signature in signatures_of(media.PDF, raw):
        assert signature.level in SignatureLevel


SIGNED = certificates.signed(PLAIN, LEADER, "A")


def test_a_folder_entry_that_is_no_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="no certificate"):
        trust.load([b"hello"])
    with pytest.raises(ValueError, match="no certificate"):
        trust.load([b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
