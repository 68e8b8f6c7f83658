"""Official documents as PDF with a text layer, and digital signatures in them as agencies make them.

An electronic document is signed twice: by the competent person and by the agency, whose image is the seal, in red, over a third
of the signature (Decree 30/2020/NĐ-CP, article 5 and appendix I, part II, 7 and 8).
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from tests.world.ink import FONTS, seal, signature
from tests.world.official import MOTTO, NATION, Official

_PLAIN, _BOLD, _ITALIC = "Liberation", "Liberation-Bold", "Liberation-Italic"
_WIDTH, _HEIGHT = A4
_LEFT, _RIGHT, _TOP, _BOTTOM = 3 * cm, 2 * cm, 2 * cm, 2 * cm
_LEFT_COLUMN, _RIGHT_COLUMN = _LEFT + 3 * cm, _WIDTH - _RIGHT - 4.6 * cm  # where the two columns of the head are centred
_RED = (0.78, 0.06, 0.1)


def pdf(official: Official) -> bytes:
    """The document as a PDF of one or more A4 pages, unsigned."""
    return _drawn(official)[0]


def signed_pdf(official: Official, *, agency: str, at: datetime, province: str = "Tỉnh Hương Giang") -> bytes:
    """The document as a PDF that the person and then the agency signed; ``agency`` is the name in its certificate."""
    raw, low = _drawn(official)
    person = _appearance(7 * cm, 2.2 * cm, _write_name)
    by_person = _signer(official.signer, province)
    raw = _signed(raw, by_person, "Chữ ký cá nhân", (_RIGHT_COLUMN - 3.5 * cm, low, 7 * cm, 2.2 * cm), person)
    words = (f"Ký bởi: {agency}", f"Cơ quan: {province}", f"Thời gian ký: {at:%d.%m.%Y %H:%M:%S} +07:00")
    seal = _appearance(7.2 * cm, 5 * cm, lambda canvas: _seal_with_words(canvas, official.issuer[-1], words))
    by_agency = _signer(agency, province)
    return _signed(raw, by_agency, "Chữ ký cơ quan", (_RIGHT_COLUMN - 4.6 * cm, low - 2.4 * cm, 7.2 * cm, 5 * cm), seal)


def _drawn(official: Official) -> tuple[bytes, float]:
    """The PDF, and how high above the foot of its last page the signature goes."""
    _load_fonts()
    out = io.BytesIO()
    page = _Page(Canvas(out, pagesize=A4, invariant=1))
    page.head(official)
    for text in official.title_lines:
        page.paragraph(text, font=_BOLD, alignment=TA_CENTER)
    if official.addressees:
        page.paragraph(f"Kính gửi: {'; '.join(official.addressees)}.", alignment=TA_CENTER, after=8)
    if official.enacted_by:
        page.paragraph(official.enacted_by, font=_BOLD, alignment=TA_CENTER)
    for text in official.grounds:
        page.paragraph(text, font=_ITALIC, indent=cm)
    if official.enacted_by:
        page.paragraph(f"{official.kind.upper()}:", font=_BOLD, alignment=TA_CENTER)
    for text in official.body:
        page.paragraph(text, indent=cm)
    height = page.foot(official)
    page.canvas.save()
    return out.getvalue(), height


class _Page:
    """Writes from top to bottom, and turns the page when it is full."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.y: float = _HEIGHT - _TOP

    def head(self, official: Official) -> None:
        """Boxes 1 to 4, 5b and 10, in two columns."""
        if official.remark:
            self._at(_LEFT_COLUMN, official.remark, _ITALIC, 13)
        top = self.y = self.y - 16
        for text in official.superior:
            self._at(_LEFT_COLUMN, text, _PLAIN, 12)
        for text in official.issuer:
            self._at(_LEFT_COLUMN, text, _BOLD, 12)
        self._rule(_LEFT_COLUMN, 2.2 * cm)
        self._at(_LEFT_COLUMN, official.number_line, _PLAIN, 13)
        if not official.kind:
            self.y = self._wrapped(f"V/v {official.subject}", _LEFT_COLUMN, self.y, width=6.4 * cm)
        if official.stamp:
            self._stamp(official.stamp)
        left, self.y = self.y, top
        self._at(_RIGHT_COLUMN, NATION, _BOLD, 12)
        self._at(_RIGHT_COLUMN, MOTTO, _BOLD, 13)
        self._rule(_RIGHT_COLUMN, 5.4 * cm)
        self._at(_RIGHT_COLUMN, official.date_line, _ITALIC, 13)
        self.y = min(left, self.y) - 16

    def paragraph(
        self, text: str, *, font: str = _PLAIN, alignment: int = TA_JUSTIFY, indent: float = 0, after: float = 5
    ) -> None:
        """A paragraph over the whole width."""
        style = ParagraphStyle("", fontName=font, fontSize=13, leading=17, alignment=alignment, firstLineIndent=indent)
        flow = Paragraph(text, style)
        _, height = flow.wrap(_WIDTH - _LEFT - _RIGHT, _HEIGHT)
        self._need(height)
        flow.drawOn(self.canvas, _LEFT, self.y - height)
        self.y -= height + after

    def foot(self, official: Official) -> float:
        """Boxes 7 to 9b: the addressees on the left, who signs on the right; returns the lower edge of the signature."""
        self._need(6 * cm)
        self.y -= 12
        top = self.y
        self.canvas.setFont(_ITALIC, 12)
        self.canvas.drawString(_LEFT, self.y, "Nơi nhận:")
        self.canvas.setFont(_PLAIN, 11)
        for number, text in enumerate(official.copies, 1):
            self.canvas.drawString(_LEFT, self.y - 14 * number, f"- {text}{'.' if number == len(official.copies) else ';'}")
        self.y = top
        for text in official.authority:
            self._at(_RIGHT_COLUMN, text, _BOLD, 13)
        self.y -= 2.6 * cm
        self._at(_RIGHT_COLUMN, official.signer, _BOLD, 13)
        return float(self.y + 1.1 * cm)

    def _at(self, middle: float, text: str, font: str, size: float) -> None:
        self.canvas.setFont(font, size)
        self.canvas.drawCentredString(middle, self.y, text)
        self.y -= size + 3

    def _wrapped(self, text: str, middle: float, y: float, *, width: float) -> float:
        style = ParagraphStyle("", fontName=_PLAIN, fontSize=12, leading=14, alignment=TA_CENTER)
        flow = Paragraph(text, style)
        _, height = flow.wrap(width, _HEIGHT)
        flow.drawOn(self.canvas, middle - width / 2, y + 10 - height)
        return y - float(height)

    def _rule(self, middle: float, length: float) -> None:
        self.canvas.setLineWidth(0.6)
        self.canvas.line(middle - length / 2, self.y + 9, middle + length / 2, self.y + 9)
        self.y -= 5

    def _stamp(self, text: str) -> None:
        width = 2 * cm if len(text) < 5 else 4 * cm  # 20 x 8 mm for KHẨN, 40 x 8 mm for THƯỢNG KHẨN
        self.y -= 14
        self.canvas.setStrokeColorRGB(*_RED)
        self.canvas.setFillColorRGB(*_RED)
        self.canvas.setLineWidth(1.4)
        self.canvas.rect(_LEFT_COLUMN - width / 2, self.y - 6, width, 0.8 * cm)
        self._at(_LEFT_COLUMN, text, _BOLD, 14)
        self.canvas.setStrokeColorRGB(0, 0, 0)
        self.canvas.setFillColorRGB(0, 0, 0)

    def _need(self, height: float) -> None:
        if self.y - height < _BOTTOM:
            self.canvas.showPage()
            self.y = _HEIGHT - _TOP


@cache
def _load_fonts() -> None:
    for name, face in ((_PLAIN, "Regular"), (_BOLD, "Bold"), (_ITALIC, "Italic")):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"LiberationSerif-{face}.ttf"))


def _seal_with_words(canvas: Canvas, agency: str, words: Sequence[str]) -> None:
    canvas.setFillColorRGB(*_RED)
    canvas.setFont(_PLAIN, 6.5)
    for number, text in enumerate(words):
        canvas.drawString(2.2 * cm, 0.9 * cm - 8 * number, text)
    canvas.drawImage(ImageReader(seal(agency)), 0.1 * cm, 1.9 * cm, 3 * cm, 3 * cm, mask="auto")


def _write_name(canvas: Canvas) -> None:
    canvas.drawImage(ImageReader(signature()), 1.3 * cm, 0, 4.4 * cm, 2.2 * cm, mask="auto")


def _appearance(width: float, height: float, draw: Callable[[Canvas], None]) -> bytes:
    """What a signature shows, as a PDF page of its own size."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width, height), invariant=1)
    draw(canvas)
    canvas.save()
    return out.getvalue()


def _signed(raw: bytes, signer: SimpleSigner, field: str, box: tuple[float, float, float, float], appearance: bytes) -> bytes:
    """One more signature (adbe.pkcs7.detached) on the last page, as an incremental update: the bytes before it stay."""
    x, y, width, height = (round(value) for value in box)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as shown:
        shown.write(appearance)
        shown.flush()
        style = StaticStampStyle.from_pdf_file(shown.name, border_width=0, background_opacity=1)
        writer = PdfSigner(
            PdfSignatureMetadata(field_name=field, location="Việt Nam"),
            signer=signer,
            stamp_style=style,
            new_field_spec=SigFieldSpec(field, on_page=-1, box=(x, y, x + width, y + height)),
        )
        out = io.BytesIO()
        writer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(raw)), output=out)
    return out.getvalue()


@cache
def _signer(who: str, province: str) -> SimpleSigner:
    """A signer with a certificate of our own making, which nobody trusts."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, province.removeprefix("Tỉnh ")),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, province),
            x509.NameAttribute(NameOID.COMMON_NAME, who),
        ]
    )
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=5 * 365))
        .add_extension(x509.KeyUsage(True, True, *[False] * 7), critical=True)
        .sign(key, hashes.SHA256())
    )
    own = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    private = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko's validator is typed only in part
    return SimpleSigner(signing_cert=own, signing_key=asn1_keys.PrivateKeyInfo.load(private), cert_registry=chain)
