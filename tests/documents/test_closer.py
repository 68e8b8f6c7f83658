"""Number and day in pictures, read by the real OCR."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from gateway.documents.pictures.page import PageImage
from gateway.documents.pictures.unstamped import has_red_ink, without_red_ink
from gateway.documents.recognise import recognise_file
from gateway.model import Nature, Sign, TextSource
from tests.world.papers import invent, scan
from tests.world.papers.sheet import sheet_of
from tests.world.papers.table import scanned_paper

FONT = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf"


def _with_drawn_figures(number: str, day: str) -> bytes:
    """A PDF with words whose number and day are pictures over blanks, as signing programs draw them."""
    if "Serif" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("Serif", FONT))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Serif", 13)
    for left, top, words in (
        (80, 60, "UBND TỈNH LAM HÀ"), (60, 78, "SỞ GIÁO DỤC VÀ ĐÀO TẠO"), (290, 60, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        (340, 78, "Độc lập - Tự do - Hạnh phúc"), (80, 110, "Số:"), (140, 110, "/SGDĐT-VP"),
        (330, 110, "Lam Hà, ngày"), (440, 110, "tháng 11 năm 2026"), (80, 130, "V/v nghỉ Tết Nguyên đán"),
        (160, 170, "Kính gửi: Các trường trực thuộc"), (80, 200, "Sở thông báo lịch nghỉ Tết như sau, các trường thực hiện./."),
        (80, 260, "Nơi nhận:"), (350, 260, "GIÁM ĐỐC"), (340, 340, "Lý Thị Mai"),
    ):  # fmt: skip
        canvas.drawString(left, A4[1] - top, words)
    for left, figures in ((103, number), (409, day)):
        if figures:
            canvas.drawImage(ImageReader(_drawn(figures)), left, A4[1] - 113, 30, 14, mask="auto")
    canvas.save()
    return out.getvalue()


def _drawn(figures: str) -> Image.Image:
    picture = Image.new("RGBA", (240, 112), (255, 255, 255, 0))
    ImageDraw.Draw(picture).text((10, 2), figures, font=ImageFont.truetype(FONT, 100), fill=(0, 0, 0, 255))
    return picture


def test_number_and_day_that_are_drawn_over_blanks_are_read() -> None:
    document = recognise_file("vb.pdf", _with_drawn_figures("409", "05")).documents[0]
    assert (document.nature, document.number_symbol, document.issued_on) == (Nature.ISSUED, "409/SGDĐT-VP", date(2026, 11, 5))
    shown = {each.sign: each for each in document.evidence}
    assert shown[Sign.NUMBER].how is TextSource.OCR
    assert shown[Sign.KIND if Sign.KIND in shown else Sign.SUBJECT].how is TextSource.TEXT


def test_a_blank_over_which_nothing_is_drawn_stays_a_draft() -> None:
    document = recognise_file("vb.pdf", _with_drawn_figures("", "")).documents[0]
    assert (document.nature, document.number, document.issued_on) == (Nature.DRAFT, "", None)


def test_a_letterhead_under_a_red_seal_is_read() -> None:
    paper = scanned_paper("under a seal")
    page = Image.open(io.BytesIO(scan.scan(sheet_of(paper), how="clean", form="png"))).convert("RGB")
    ink = Image.new("RGB", page.size, "white")
    for inset in (0, 8, 60):
        box = (190 + inset, 90 + inset, 470 - inset, 370 - inset)
        ImageDraw.Draw(ink).ellipse(box, outline=(215, 30, 45), width=7)
    out = io.BytesIO()
    page = ImageChops.darker(page, ink)
    page.save(out, "PNG", dpi=(200, 200))
    document = recognise_file("z1.png", out.getvalue()).documents[0]
    assert (document.issuer, document.number_symbol) == (paper.agency, paper.number_symbol)


def test_red_ink_is_told_from_black() -> None:
    white = np.full((300, 200, 3), 255, np.uint8)
    white[100:110, 20:120] = 0
    black = PageImage(pixels=white.copy(), dpi=100)
    white[40:60, 20:120] = (220, 30, 40)
    red = PageImage(pixels=white, dpi=100)
    assert not has_red_ink(black)
    assert has_red_ink(red)
    cleared = without_red_ink(red).pixels
    assert cleared[50, 50] > 200
    assert cleared[105, 50] == 0


def test_a_number_written_by_hand_is_not_guessed_and_no_draft() -> None:
    paper = scanned_paper("by hand alone", by_hand=True)
    document = recognise_file("scan.pdf", scan.scan(sheet_of(paper), how="office")).documents[0]
    assert document.nature is Nature.ISSUED
    assert document.number in ("", paper.number)


def test_what_is_printed_is_read() -> None:
    paper = invent.paper("printed figures")
    document = recognise_file("scan.pdf", scan.scan(sheet_of(paper), how="office")).documents[0]
    assert (document.number_symbol, document.issued_on) == (paper.number_symbol, paper.on)
