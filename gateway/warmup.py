"""What the fork server loads before it forks: a guarded child has no file system to load anything from.

Models (Tesseract), trust anchors, codecs, and everything that libraries import on first use.  Reading one small file of each
format finds most of that; the rest is named here.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import zipfile
from encodings.aliases import aliases
from importlib import import_module

import pillow_heif
import pypdfium2
from PIL import Image

from gateway.anchors import anchors_in
from gateway.directory.sheets import rows_in
from gateway.documents.ocr import engine
from gateway.documents.recognise import recognise, recognise_file
from gateway.documents.signatures import signatures_of, trust
from gateway.drawing import page_as_png
from gateway.errors import ConfigError
from gateway.inspection_job import Models

_LAZY = (
    "numpy.ma",
    "pyhanko.pdf_utils.crypt",
    "pyhanko.pdf_utils.filters",
    "pyhanko.sign.ades.api",
    "pyhanko_certvalidator.revinfo.validate_crl",
    "pyhanko_certvalidator.revinfo.validate_ocsp",
    "stringprep",
    "encodings.idna",
)


def warm_up(models: Models) -> None:
    """Load everything.  Raises ValueError and OSError when the trust anchors cannot be read."""
    for name in {*aliases.values(), "utf_8", "unicode_escape", "raw_unicode_escape"}:
        try:
            codecs.lookup(name)
        except LookupError:  # of another operating system
            continue
    for module in _LAZY:
        import_module(module)
    trust.load(data for _, data in anchors_in(models.trust_anchors))
    if models.ocr:
        engine.load(models.tessdata)
    else:
        engine.leave_out()  # else the first page without words, a sample below, would load it
    Image.init()
    _read_samples()


def _read_samples() -> None:
    pdf = _small_pdf()
    words = "Số: 1/A-B\nHà Nội, ngày 01 tháng 01 năm 2026".encode()
    samples = {
        "a.pdf": pdf,
        "a.txt": words,
        "a.html": b"<html><body><p>a</p></body></html>",
        "a.docx": _small_docx(),
        "a.rtf": rb"{\rtf1\ansi\ansicpg1258 a\par}",
        "a.zip": _zipped({"a.txt": words}),
        "a.xml": b"<?xml version='1.0'?><a/>",
    }
    for name, data in samples.items():
        recognise_file(name, data)
    pillow_heif.register_heif_opener()  # to write a sample
    picture = Image.new("RGB", (60, 80), "white")
    for suffix in ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "HEIF"):
        out = io.BytesIO()
        try:
            picture.save(out, suffix)
        except (KeyError, OSError):  # a build of Pillow that cannot write it
            continue
        recognise_file(f"a.{suffix.lower()}", out.getvalue())
        page_as_png(out.getvalue(), 1, 20)
    for listed in (b"\xef\xbb\xbfa;b\n", "a;b\n".encode("utf-16")):  # lists for the directory: their codecs
        rows_in(listed)
    with contextlib.suppress(ConfigError):
        rows_in(b"PK\x03\x04")
    signatures_of("application/pdf", pdf + b"%/ByteRange")
    page_as_png(pdf, 1, 20)
    recognise(b"Subject: =?utf-8?q?a?=\r\nDate: Mon, 2 Nov 2026 08:00:00 +0700\r\n\r\nx\r\n")


def _small_pdf() -> bytes:
    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 283)  # the shape of A4: drawn and read as one, in a quarter of the time
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def _small_docx() -> bytes:
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'<w:document xmlns:w="{w}"><w:body><w:p><w:r><w:t>a</w:t></w:r></w:p></w:body></w:document>'
    return _zipped({"word/document.xml": body.encode()})


def _zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()
