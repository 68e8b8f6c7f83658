"""Archives, mails and packages: what lies in them is found, named, and read within limits."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
from asn1crypto import algos, cms, core
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.documents import media
from gateway.documents.containers import EMBEDDED, UNPACKERS, Packed, Room, library, shown_path, unarr
from gateway.documents.containers.compressed_rtf import decompressed
from gateway.documents.recognise import recognise, recognise_file
from gateway.model import FileReading, Nature
from tests.world import archives, files, official, outlook, pdf
from tests.world.compound import compound

LETTER, DECISION, SECRET = official.school_letter(), official.decision(), official.secret_report()
WORD = files.word(LETTER)
PDF = pdf.pdf(DECISION)
TWO = (("thư mục/Báo cáo.docx", WORD), ("qđ.pdf", PDF))
NUMBERS = [f"{LETTER.number}/{LETTER.symbol}", f"{DECISION.number}/{DECISION.symbol}"]


def _numbers(reading: FileReading) -> list[str]:
    return [document.number_symbol for document in reading.documents]


def _names(reading: FileReading) -> list[str]:
    return [each.name for each in reading.walk()][1:]


def _mail(*attachments: tuple[str, bytes], text: str = "Em gửi ạ.") -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "Gửi văn bản", "van.thu@example.edu.vn"
    message.set_content(text)
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


# --- Archives ---

ARCHIVES = {
    "a.zip": archives.zipped(*TWO),
    "stored.zip": archives.zipped(*TWO, method=zipfile.ZIP_STORED),
    "lzma.zip": archives.zipped(*TWO, method=zipfile.ZIP_LZMA),
    "with a stub.exe.zip": b"#!/bin/sh\nexit\n" + archives.zipped(*TWO),
    "solid.rar": archives.rar4(*TWO, packed=True),
    "a.7z": archives.packed_by_libarchive("7zip", *TWO),
    "a.tar": archives.packed_by_libarchive("pax", *TWO),
    "old.tar": archives.packed_by_libarchive("gnutar", *TWO),
    "v4.rar": archives.rar4(*TWO),
    "v5.rar": archives.rar5(*TWO),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_documents_in_an_archive_are_found_with_their_path(name: str) -> None:
    reading = recognise_file(name, ARCHIVES[name])
    assert (reading.nature, reading.name) == (Nature.ISSUED, name)
    assert _numbers(reading) == NUMBERS
    assert _names(reading) == [f"{name}/thư mục/Báo cáo.docx", f"{name}/qđ.pdf"]
    assert {evidence.file for document in reading.documents for evidence in document.evidence} == set(_names(reading))


def test_a_cabinet_is_opened() -> None:
    reading = recognise_file("a.cab", archives.cabinet(("cv.eml", _mail(text="Kính gửi")), ("anh.txt", b"x")))
    assert _names(reading) == ["a.cab/cv.eml", "a.cab/cv.eml", "a.cab/anh.txt"]


@pytest.mark.parametrize(
    ("name", "data", "inner"),
    [
        ("cv.docx.gz", gzip.compress(WORD), "cv.docx.gz/cv.docx"),
        ("cv.docx.bz2", bz2.compress(WORD), "cv.docx.bz2/cv.docx"),
        ("cv.docx.xz", lzma.compress(WORD), "cv.docx.xz/cv.docx"),
        ("two members.gz", gzip.compress(WORD[:700]) + gzip.compress(WORD[700:]), "two members.gz/two members"),
    ],
)
def test_a_packed_stream_is_one_file(name: str, data: bytes, inner: str) -> None:
    reading = recognise_file(name, data)
    assert (_numbers(reading), _names(reading)) == (NUMBERS[:1], [inner])


@pytest.mark.parametrize(("filter_name", "suffix"), [("gzip", "tgz"), ("xz", "txz"), ("bzip2", "tbz2")])
def test_a_packed_tar_is_opened_twice(filter_name: str, suffix: str) -> None:
    data = archives.packed_by_libarchive("pax", *TWO, filter_name=filter_name)
    assert _names(recognise_file(f"a.{suffix}", data))[-1] == f"a.{suffix}/a.tar/qđ.pdf"


def test_an_archive_is_as_strong_as_its_strongest_file() -> None:
    draft = files.word(official.template())
    reading = recognise_file("a.zip", archives.zipped(("mau.docx", draft), ("so-lieu.csv", b"a,b"), ("cv.docx", WORD)))
    assert [each.nature for each in reading.inner] == [Nature.TEMPLATE, Nature.OTHER, Nature.ISSUED]
    assert reading.nature is Nature.ISSUED


def test_a_secret_file_in_an_archive_silences_all() -> None:
    inner = archives.zipped(("cv.docx", WORD), ("mat.docx", files.word(SECRET)), ("qd.pdf", PDF))
    recognition = recognise(_mail(("a.zip", archives.zipped(("trong.zip", inner))), ("sau.docx", WORD)))
    assert recognition.subject == ""
    assert [each.nature for each in recognition.files] == [Nature.OTHER, Nature.SECRET]
    assert [document.nature for document in recognition.documents()] == [Nature.SECRET]
    told = [each.name for each in recognition.files[1].walk() if each.documents]
    assert told == ["a.zip", "a.zip/trong.zip", "a.zip/trong.zip/mat.docx"]
    assert not any(each.name.endswith("qd.pdf") for each in recognition.files[1].walk())


# --- Names ---


def _in_1258(text: str) -> bytes:
    """Windows writes the marks of ấ, ề … as letters of their own behind â, ê …"""
    out = b""
    for letter in unicodedata.normalize("NFC", text):
        for piece in (letter, unicodedata.normalize("NFD", letter)[0] + unicodedata.normalize("NFD", letter)[1:]):
            try:
                out += piece.encode("cp1258")
                break
            except UnicodeEncodeError:
                continue
        else:
            base, mark = unicodedata.normalize("NFD", letter)[:-1], unicodedata.normalize("NFD", letter)[-1]
            out += (unicodedata.normalize("NFC", base) + mark).encode("cp1258")
    return out


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Báo cáo số 5.docx".encode(), "Báo cáo số 5.docx"),
        (unicodedata.normalize("NFD", "Báo cáo số 5.docx").encode(), "Báo cáo số 5.docx"),
        (_in_1258("Quyết định số 5.docx"), "Quyết định số 5.docx"),
        (b"C\xabng v\xa8n s\xe8 5.docx", "Công văn số 5.docx"),
        (b"bao cao.docx", "bao cao.docx"),
    ],
    ids=["utf-8 unsaid", "decomposed, as on a Macintosh", "windows-1258", "TCVN3", "ascii"],
)
def test_a_name_in_a_zip_is_read_in_any_code_page(raw: bytes, name: str) -> None:
    assert _names(recognise_file("a.zip", archives.zipped_with_raw_name(raw, WORD))) == [f"a.zip/{name}"]


def test_the_second_name_of_an_entry_is_the_right_one() -> None:
    info = zipfile.ZipInfo("B_o c_o.docx")
    right = "Báo cáo.docx".encode()
    info.extra = struct.pack("<HHBI", 0x7075, 5 + len(right), 1, 0) + right
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, WORD)
    assert _names(recognise_file("a.zip", out.getvalue())) == ["a.zip/Báo cáo.docx"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\Văn bản\\..\\cv.pdf", "Văn bản/cv.pdf"),
        ("/cv.pdf", "cv.pdf"),
        ("cv\u202efdp.exe", "cvfdp.exe"),
        ("a\r\nBcc: x\0.pdf", "aBcc: x.pdf"),
        ("a" * 5000 + "/" + "b" * 5000, "a" * 200 + "/" + "b" * 200),
        ("././/", ""),
    ],
)
def test_a_path_is_made_harmless(name: str, shown: str) -> None:
    assert shown_path(name) == shown


# --- What cannot be had is named ---


def _biting_its_tail(compound: bytes) -> bytes:
    """The chain of small sectors is a ring, and said to be two thousand million sectors long ([MS-CFB] 2.2, 2.3)."""
    data = bytearray(compound)
    (first,), (table,) = struct.unpack_from("<I", data, 60), struct.unpack_from("<I", data, 76)
    struct.pack_into("<I", data, 64, 0x80000001)
    struct.pack_into("<I", data, (table + 1) * 512 + 4 * first, first)
    return bytes(data)


STATES: dict[str, tuple[str, bytes, str]] = {
    "a locked ZIP": ("a.zip", files.locked_zip("cv.pdf", b"x", password="1"), "password"),  # noqa: S106 - a made-up one
    "RAR 4 with a locked directory": ("a.rar", archives.rar4(("cv.docx", WORD), main_flags=0x80), "password"),
    "RAR 4 with a locked file": ("a.rar", archives.rar4(("cv.docx", WORD), file_flags=0x4), "password"),
    "RAR 5 with a locked directory": ("a.rar", archives.rar5(("cv.docx", WORD), locked=True), "password"),
    "the first volume of a RAR 4": ("a.part1.rar", archives.rar4(("cv.docx", WORD), main_flags=0x1), "fragment"),
    "the second volume of a RAR 5": ("a.part2.rar", archives.rar5(("cv.docx", WORD), volume=True), "fragment"),
    "RAR 5 with a locked file": ("a.rar", archives.rar5(("cv.docx", WORD), locked_files=True), "password"),
    "the first piece of a ZIP": ("a.zip.001", archives.zipped(("cv.pdf", PDF))[:700], "fragment"),
    "the second piece of a ZIP": ("a.zip.002", archives.zipped(("cv.pdf", PDF))[700:-90], "fragment"),
    "the last piece of a ZIP": ("a.z01", archives.zipped(("cv.pdf", PDF))[700:-90], "fragment"),
    "a ZIP cut in two": ("a.zip", archives.zipped(("cv.pdf", PDF))[:700], "damaged"),
    "a RAR cut in two": ("a.rar", archives.rar5(("cv.pdf", PDF))[:700], "damaged"),
    "a 7z cut in two": ("a.7z", archives.packed_by_libarchive("7zip", ("cv.pdf", PDF))[:700], "damaged"),
    "a gzip of nothing": ("a.gz", b"\x1f\x8b\x08" + bytes(20), "damaged"),
    "a winmail.dat cut in two": ("winmail.dat", outlook.tnef(files=[("cv.pdf", PDF)])[:12], "damaged"),
    "a mail of Outlook that bites its tail": ("a.msg", _biting_its_tail(outlook.msg("x", files=[("cv.txt", b"y")])), "damaged"),
    "a mail of Outlook cut in two": ("a.msg", outlook.msg("x", files=[("cv.pdf", PDF)])[:2000], "damaged"),
}


@pytest.mark.parametrize("state", STATES)
def test_what_cannot_be_had_says_why(state: str) -> None:
    name, data, reason = STATES[state]
    reading = recognise_file(name, data)
    assert (reading.nature, reading.reason) == (Nature.UNREADABLE, reason)
    assert 0 < reading.confidence < 1
    named = {reason, "damaged"} if reason == "fragment" else {reason}
    assert {each.reason for each in reading.walk() if each.nature is Nature.UNREADABLE} <= named


def test_beside_a_locked_file_the_others_are_read() -> None:
    open_one = archives.zipped(("cv.docx", WORD))
    reading = recognise_file("a.zip", archives.zipped(("khoa.zip", STATES["a locked ZIP"][1]), ("mo.zip", open_one)))
    assert (reading.nature, _numbers(reading)) == (Nature.ISSUED, NUMBERS[:1])
    assert [(each.name, each.reason) for each in reading.walk() if each.reason] == [
        ("a.zip/khoa.zip", "password"),
        ("a.zip/khoa.zip/cv.pdf", "password"),
    ]


def test_an_entry_with_two_different_names_is_read_all_the_same() -> None:
    data = archives.zipped(("cv1.docx", WORD))
    reading = recognise_file("a.zip", data.replace(b"cv1.docx", b"cv2.docx", 1))
    assert _numbers(reading) == NUMBERS[:1]


def test_programs_films_and_sounds_are_counted_and_not_read() -> None:
    data = archives.zipped(("cai-dat.exe", b"MZ" + bytes(400_000)), ("phim.mp4", b"\0\0\0\x18ftypmp42" + bytes(300_000)))
    reading = recognise_file("a.zip", data)
    assert [(each.nature, each.size) for each in reading.inner] == [(Nature.OTHER, 400_002), (Nature.OTHER, 300_012)]


def test_an_office_file_is_no_archive() -> None:
    assert recognise_file("cv.docx", WORD).inner == ()


# --- Limits ---


def test_too_deep_a_nest_is_named() -> None:
    reading = recognise_file("a.zip", archives.nested(10, TWO))
    assert (reading.nature, reading.reason) == (Nature.UNREADABLE, "too deep")
    not_too_deep = recognise_file("a.zip", archives.nested(5, TWO))
    assert _numbers(not_too_deep) == NUMBERS
    assert not any(each.reason for each in not_too_deep.walk())


def test_too_many_files_are_named_and_the_first_ones_read() -> None:
    data = archives.zipped(("cv.docx", WORD), *((f"{n}.txt", b"x") for n in range(3000)), method=zipfile.ZIP_STORED)
    reading = recognise_file("a.zip", data)
    assert reading.nature is Nature.ISSUED
    assert reading.inner[-1].reason == "too many files"
    assert len(reading.inner) < 150


@pytest.mark.timeout(30)
def test_a_bomb_of_entries_that_overlap_is_put_down() -> None:
    """A zipfile that knows the trick (Debian's, and 3.11.8) refuses them; then the one piece that all of them mean is read."""
    reading = recognise_file("overlap.zip", archives.overlapping_zip(2000, bytes(2_000_000)))
    if reading.nature is Nature.UNREADABLE:
        assert reading.reason == "ratio"
    else:
        assert (reading.nature, {each.size for each in reading.inner}) == (Nature.OTHER, {2_000_000})
        assert len(reading.inner) == 2


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("zeros.gz", gzip.compress(bytes(1 << 26))),
        ("a gigabyte.gz", gzip.compress(bytes(1 << 24)) * 64),
        ("zeros.bz2", bz2.compress(bytes(1 << 26))),
        ("zeros.xz", lzma.compress(bytes(1 << 26))),
        ("zeros.zip", archives.zipped(("a", bytes(1 << 26)))),
        (
            "42.zip",
            archives.nested(
                3, [(f"{n}", archives.zipped(*((f"{m}", bytes(4_000_000)) for m in range(16)))) for n in range(16)]
            ),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bomb_is_put_down(name: str, data: bytes) -> None:
    reading = recognise_file(name, data)
    assert (reading.nature, reading.reason in ("ratio", "too large")) == (Nature.UNREADABLE, True)
    assert reading.elapsed_ms < 8000


def test_huge_names_are_cut() -> None:
    reading = recognise_file("a.zip", archives.zipped(("x/" * 30_000 + "cv.docx", WORD), ("y" * 60_000, b"x")))
    assert _numbers(reading) == NUMBERS[:1]
    assert max(map(len, _names(reading))) < 700


def test_a_compound_file_with_a_hundred_thousand_streams_is_survived() -> None:
    tree = {f"__attach_version1.0_#{n:08X}": {"__substg1.0_37010102": b""} for n in range(20_000)}
    assert recognise_file("a.msg", compound({"__properties_version1.0": bytes(32), **tree})).nature in (
        Nature.OTHER,
        Nature.UNREADABLE,
    )


class _Clock:
    """Each look at it takes a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.mark.parametrize("pack", [archives.zipped, archives.rar5])
def test_when_the_time_is_over_the_rest_is_named(pack: Callable[..., bytes]) -> None:
    from gateway.documents.opening import Opener

    data = pack(*((f"{n}.docx", WORD) for n in range(40)))
    reading = Opener(Room(seconds=9, clock=_Clock())).open(Packed(name="a.zip", data=data))
    reasons = [each.reason for each in reading.inner]
    assert reasons[:2] == ["", ""]
    assert reasons[-1] == "time limit"
    assert reading.nature is Nature.ISSUED


# --- Mails in files ---


def test_an_eml_gives_its_text_and_its_files() -> None:
    reading = recognise_file("thu.eml", _mail(("cv.docx", WORD)))
    assert [(each.name, each.nature) for each in reading.inner] == [
        ("thu.eml", Nature.OTHER),
        ("thu.eml/cv.docx", Nature.ISSUED),
    ]


def test_a_mail_of_outlook_gives_its_text_its_files_and_the_mails_in_it() -> None:
    data = outlook.msg("Em gửi ạ.", files=[("Báo cáo.docx", WORD)], mails=[outlook.mail_tree("trong", files=[("qđ.pdf", PDF)])])
    reading = recognise_file("thu.msg", data)
    assert (reading.media, _numbers(reading)) == (media.MSG, NUMBERS)
    assert _names(reading) == ["thu.msg", "thu.msg/Báo cáo.docx", "thu.msg/thư kèm", "thu.msg/thư kèm/qđ.pdf"]


REPORT = """PHÒNG GDĐT CẨM SƠN
TRƯỜNG THCS LÊ LỢI
Số: 45/BC-THCSLL
Cẩm Sơn, ngày 05 tháng 11 năm 2026
BÁO CÁO
Kết quả tự đánh giá
Kính gửi: Phòng Giáo dục và Đào tạo Cẩm Sơn.
Nhà trường báo cáo như sau.
Nơi nhận:
- Như trên;
- Lưu: VT.
HIỆU TRƯỞNG
Trần Thị Bích Ngọc
"""


@pytest.mark.parametrize(
    "data",
    [
        outlook.msg(REPORT),
        outlook.msg(html=b"<meta charset=utf-8>" + "".join(f"<p>{line}</p>" for line in REPORT.splitlines()).encode()),
    ],
    ids=["plain", "html"],
)
def test_a_document_typed_into_a_mail_of_outlook_is_found(data: bytes) -> None:
    assert _numbers(recognise_file("thu.msg", data)) == ["45/BC-THCSLL"]


def test_a_file_dropped_into_the_text_of_an_outlook_mail_is_found() -> None:
    tree = dict(outlook.mail_tree("x"))
    tree["__attach_version1.0_#00000000"] = {
        "__substg1.0_3701000D": {"CONTENTS": PDF},
        "__substg1.0_3001001F": "tệp".encode("utf-16-le"),
    }
    assert _numbers(recognise_file("thu.msg", compound(tree))) == NUMBERS[1:]


def test_winmail_dat_gives_its_files_and_the_messages_in_it() -> None:
    data = outlook.tnef("xin chao", files=[("Báo cáo.docx", WORD)], mails=[outlook.tnef(files=[("qđ.pdf", PDF)])])
    reading = recognise_file("winmail.dat", data)
    assert (reading.media, _numbers(reading)) == (media.TNEF, NUMBERS)
    assert "winmail.dat/Báo cáo.docx" in _names(reading)
    assert "winmail.dat/thu kem/qđ.pdf" in _names(reading)


def test_compressed_rtf_is_unpacked() -> None:
    """The examples of [MS-OXRTFCP], section 3."""
    plain = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    packed = bytes.fromhex("2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0")
    assert decompressed(packed) == plain
    repeated = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert decompressed(repeated) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    assert decompressed(outlook.stored_rtf(plain)) == plain
    assert decompressed(b"") == decompressed(b"x" * 20) == b""


# --- Signed and packaged ---


def _signed(content: bytes | None) -> bytes:
    encapsulated = {"content_type": "data"} | ({"content": core.OctetString(content)} if content is not None else {})
    signed = cms.SignedData({"version": "v1", "digest_algorithms": [], "encap_content_info": encapsulated, "signer_infos": []})
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _enveloped() -> bytes:
    encrypted = cms.EncryptedContentInfo(
        {
            "content_type": "data",
            "content_encryption_algorithm": algos.EncryptionAlgorithm(
                {"algorithm": "aes256_cbc", "parameters": core.OctetString(bytes(16))}
            ),
            "encrypted_content": bytes(64),
        }
    )
    enveloped = cms.EnvelopedData({"version": "v0", "recipient_infos": [], "encrypted_content_info": encrypted})
    return bytes(cms.ContentInfo({"content_type": "enveloped_data", "content": enveloped}).dump())


def _armoured(data: bytes) -> bytes:
    return b"-----BEGIN PKCS7-----\n" + base64.encodebytes(data) + b"-----END PKCS7-----\n"


@pytest.mark.parametrize("wrap", [bytes, _armoured, base64.encodebytes], ids=["DER", "PEM", "base64"])
@pytest.mark.parametrize("content", [WORD, _mail(("cv.docx", WORD))], ids=["a file", "a mail"])
def test_what_was_signed_is_read(content: bytes, wrap: Callable[[bytes], bytes]) -> None:
    assert _numbers(recognise_file("cv.docx.p7m", wrap(_signed(content)))) == NUMBERS[:1]


def test_a_signed_mail_in_a_mail_is_read() -> None:
    raw = (
        b"Subject: x\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(_signed(_mail(("cv.docx", WORD))))
    )
    assert [document.number_symbol for document in recognise(raw).documents()] == NUMBERS[:1]


@pytest.mark.parametrize("wrap", [bytes, _armoured])
def test_an_enveloped_mail_is_encrypted(wrap: Callable[[bytes], bytes]) -> None:
    reading = recognise_file("smime.p7m", wrap(_enveloped()))
    assert (reading.nature, reading.reason) == (Nature.UNREADABLE, "encrypted")


def test_a_signature_beside_its_file_holds_nothing() -> None:
    reading = recognise_file("smime.p7s", _signed(None))
    assert (reading.nature, reading.inner) == (Nature.OTHER, ())


def _edxml(*attachments: tuple[str, bytes], prefix: str = "") -> bytes:
    encoded = "".join(
        f"<Attachment><AttachmentName>{name}</AttachmentName><edXML:ContentTransferEncoded>{base64.b64encode(data).decode()}"
        "</edXML:ContentTransferEncoded></Attachment>"
        for name, data in attachments
    )
    return (
        f'{prefix}<?xml version="1.0" encoding="utf-8"?><edXML xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLEnvelope/>'
        f"<AttachmentEncoded>{encoded}</AttachmentEncoded></edXML>"
    ).encode()


@pytest.mark.parametrize(
    "data",
    [
        _edxml(("cv.docx", WORD)),
        _edxml(("cv.docx", archives.zipped(("0f1e.docx", WORD)))),
        _edxml(("cv.docx", WORD), prefix="1212"),
        _edxml(("cv.docx", WORD)).replace(b' xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"', b""),
    ],
    ids=["plain", "zipped by the kit", "junk in front", "prefix undeclared"],
)
def test_the_files_of_an_edxml_package_are_read(data: bytes) -> None:
    reading = recognise_file("goi.edxml", data)
    assert (reading.media, _numbers(reading), _names(reading)) == (media.EDXML, NUMBERS[:1], ["goi.edxml/cv.docx"])


@pytest.mark.parametrize("wrap", ["macbinary", "applesingle"])
def test_files_of_a_macintosh_are_unwrapped(wrap: str) -> None:
    if wrap == "macbinary":
        head = bytearray(128)
        head[1:9] = b"\x07cv.docx"
        head[83:87] = len(WORD).to_bytes(4)
        data = bytes(head) + WORD
    else:
        data = struct.pack(">IIxxxxxxxxxxxxxxxxHIII", 0x00051600, 0x00020000, 1, 1, 38, len(WORD)) + WORD
    assert _numbers(recognise_file("cv.bin", data)) == NUMBERS[:1]


# --- Files within documents ---


def _portfolio(*attachments: tuple[str, bytes]) -> bytes:
    import pypdfium2
    import pypdfium2.raw as pdfium

    document = pypdfium2.PdfDocument.new()
    document.new_page(595, 842)
    for name, data in attachments:
        wide = (name + "\0").encode("utf-16-le")
        attachment = pdfium.FPDFDoc_AddAttachment(document, (pdfium.FPDF_WCHAR * (len(wide) // 2)).from_buffer_copy(wide))
        assert pdfium.FPDFAttachment_SetFile(attachment, document, data, len(data))
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def test_files_in_a_portfolio_are_read() -> None:
    reading = recognise_file("bo-ho-so.pdf", _portfolio(*TWO))
    assert sorted(_numbers(reading)) == sorted(NUMBERS)
    assert sorted(_names(reading)) == ["bo-ho-so.pdf/qđ.pdf", "bo-ho-so.pdf/thư mục/Báo cáo.docx"]


def _native(name: str, data: bytes) -> bytes:
    label = name.encode() + b"\0"
    return (
        struct.pack("<IH", 0, 2)
        + label
        + b"C:\\"
        + label
        + struct.pack("<II", 3, len(label))
        + label
        + struct.pack("<I", len(data))
        + data
    )


def _with_object(object_name: str, data: bytes) -> bytes:
    out = io.BytesIO(files.word(official.template()))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(f"word/embeddings/{object_name}", data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("object_name", "data"),
    [
        ("Microsoft_Word_Document.docx", WORD),
        ("oleObject1.bin", compound({"\x01Ole10Native": _native("cv.docx", WORD)})),
        ("oleObject1.bin", compound({"Package": WORD})),
    ],
)
def test_a_document_dropped_into_a_word_file_is_read(object_name: str, data: bytes) -> None:
    assert NUMBERS[0] in _numbers(recognise_file("mau.docx", _with_object(object_name, data)))


def test_tables_behind_charts_are_left_alone() -> None:
    assert recognise_file("mau.docx", _with_object("Microsoft_Excel_Sheet.xlsx", files.excel("a", [[1]]))).inner == ()


# --- Two kinds at once ---


def test_bytes_that_are_two_kinds_at_once_are_read_as_both() -> None:
    reading = recognise_file("cv.pdf", PDF + archives.zipped(("cv.docx", WORD)))
    assert sorted(_numbers(reading)) == sorted(NUMBERS)


def test_a_pdf_behind_the_start_of_a_zip_is_read() -> None:
    assert _numbers(recognise_file("cv.zip", b"PK\x03\x04" + bytes(60) + PDF)) == NUMBERS[1:]


def test_a_stored_pdf_in_a_zip_is_told_once() -> None:
    assert _numbers(recognise_file("a.zip", archives.zipped(("qd.pdf", PDF), method=zipfile.ZIP_STORED))) == NUMBERS[1:]


# --- Whatever comes in ---


def test_without_libarchive_its_archives_are_of_an_unread_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "libarchive", None)
    assert recognise_file("a.rar", ARCHIVES["v5.rar"]).reason == "format"
    assert _numbers(recognise_file("a.zip", ARCHIVES["a.zip"])) == NUMBERS


def test_without_libunarr_solid_archives_are_of_an_unread_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unarr, "_library", None)
    reading = recognise_file("a.rar", ARCHIVES["solid.rar"])
    assert (reading.nature, reading.inner[-1].reason) == (Nature.UNREADABLE, "format")


KINDS = sorted({*UNPACKERS, *EMBEDDED})
SAMPLES: dict[str, bytes] = {
    media.ZIP: ARCHIVES["a.zip"],
    media.RAR: ARCHIVES["v4.rar"],
    media.SEVEN_ZIP: ARCHIVES["a.7z"],
    media.TAR: ARCHIVES["a.tar"],
    media.MSG: outlook.msg("x", files=[("a", b"x" * 5000)]),
    media.TNEF: outlook.tnef("x", rtf=outlook.stored_rtf(b"{}"), files=[("a", b"x" * 100)]),
    media.PKCS7: _signed(b"x" * 100),
    media.EDXML: _edxml(("a", b"x")),
    media.APPLE: struct.pack(">II16xHIII", 0x00051600, 0x00020000, 1, 1, 38, 4) + b"abcd",
    media.PDF: PDF,
    media.DOCX: WORD,
}


def _all(packed: Iterator[Packed]) -> list[Packed]:
    return list(packed)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(KINDS), st.binary(max_size=200))
def test_any_bytes_can_be_unpacked(kind: str, data: bytes) -> None:
    unpack = UNPACKERS.get(kind) or EMBEDDED[kind]
    assert all(isinstance(packed, Packed) for packed in _all(unpack(data, Room())))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_any_damage_is_survived(kind: str, data: st.DataObject) -> None:
    sample = bytearray(SAMPLES[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        sample[data.draw(st.integers(0, len(sample) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(sample)))
    damaged = bytes(sample[:cut] if data.draw(st.booleans()) else sample)
    unpack = UNPACKERS.get(kind) or EMBEDDED[kind]
    assert all(isinstance(packed, Packed) for packed in _all(unpack(damaged, Room())))
