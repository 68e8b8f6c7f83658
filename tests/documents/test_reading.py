"""Files of each format, read into lines; hostile ones refused."""

from __future__ import annotations

import contextlib
import io
import unicodedata
import zipfile
from collections.abc import Iterable

import pytest
from docx import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from gateway.documents import media
from gateway.documents.encodings.detect import modernised
from gateway.documents.reading import Unreadable, body, docx, html, pdf, read
from gateway.documents.text import Collector, Text

FONT = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def _lines(text: Text) -> list[str]:
    return [line.text for line in text.lines]


def _canvas(password: str = "") -> tuple[Canvas, io.BytesIO]:
    if "Serif" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("Serif", FONT))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, encrypt=password or None)
    canvas.setFont("Serif", 13)
    return canvas, out


def _pdf(pieces: Iterable[tuple[float, float, str]], *, password: str = "") -> bytes:
    """Words at places (in points from the left and the top)."""
    canvas, out = _canvas(password)
    for left, top, words in pieces:
        canvas.drawString(left, A4[1] - top, words)
    canvas.save()
    return out.getvalue()


def _docx(document: str, **parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", document)
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", content)
    return out.getvalue()


def _body(xml: str, before: str = "") -> str:
    return f'{before}<w:document xmlns:w="{W}" xmlns:v="urn:schemas-microsoft-com:vml"><w:body>{xml}</w:body></w:document>'


# --- PDF ---


def test_the_two_columns_of_a_letterhead_are_told_apart() -> None:
    data = _pdf(
        [
            (60, 60, "TRƯỜNG THCS LÊ LỢI"),
            (300, 60, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
            (80, 90, "Số: 45/BC-THCSLL"),
            (330, 90, "Cẩm Sơn, ngày 05 tháng 11 năm 2026"),
        ]
    )
    said = "\n".join(_lines(pdf.read(data)))
    assert "TRƯỜNG THCS LÊ LỢI\tCỘNG HÒA" in said or "TRƯỜNG THCS LÊ LỢI\nCỘNG HÒA" in said
    assert "Số: 45/BC-THCSLL\tCẩm Sơn" in said or "Số: 45/BC-THCSLL\nCẩm Sơn" in said


def test_a_number_stamped_over_the_printed_blank_stands_in_its_line() -> None:
    """Signing programs of the state stamp number and day as form boxes when a document is issued."""
    canvas, out = _canvas()
    canvas.drawString(60, 750, "TRƯỜNG THCS LÊ LỢI")
    canvas.drawString(300, 750, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    canvas.drawString(60, 720, "Số:          /BC-THCSLL")
    canvas.drawString(320, 720, "Cẩm Sơn, ngày        tháng 11 năm 2026")
    for value, left in (("45", 85), ("05", 408)):
        canvas.acroForm.textfield(value=value, x=left, y=716, width=22, height=16, fontSize=12, borderWidth=0, name=f"so{left}")
    canvas.save()
    said = _lines(pdf.read(out.getvalue()))
    assert any("45" in line and "/BC-THCSLL" in line and line.index("45") < line.index("/BC") for line in said), said
    assert any("ngày" in line and "05" in line and line.index("05") < line.index("tháng") for line in said), said


def test_a_centred_line_is_known_to_be_one() -> None:
    data = _pdf(
        [(250, 60, "KẾ HOẠCH"), (85, 100, "Căn cứ chương trình công tác năm học của nhà trường, trường lập kế hoạch như sau.")]
    )
    assert [line.centred for line in pdf.read(data).lines] == [True, False]


def test_a_page_without_words_is_looked_at_as_a_picture() -> None:
    found = pdf.read(_pdf([(60, 60, " ")]))
    assert (found.lines, found.scanned) == ((), True)


def test_a_pdf_with_a_password_says_so() -> None:
    with pytest.raises(Unreadable, match="password"):
        pdf.read(_pdf([(60, 60, "Số: 45/BC-THCSLL")], password="kín"))  # noqa: S106 - a made-up one


@pytest.mark.parametrize("data", [b"%PDF-1.4", b"%PDF-1.7\n" + b"\0" * 2000, _pdf([(60, 60, "abc")])[:400]])
def test_a_damaged_pdf_says_so(data: bytes) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        pdf.read(data)


# --- DOCX ---


def test_tables_are_read_cell_by_cell() -> None:
    file = WordDocument()
    table = file.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "TRƯỜNG THCS LÊ LỢI\nSố: 45/BC-THCSLL"
    table.cell(0, 1).text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    file.add_paragraph("BÁO CÁO").alignment = WD_ALIGN_PARAGRAPH.CENTER
    out = io.BytesIO()
    file.save(out)
    text = docx.read(out.getvalue())
    assert _lines(text) == ["TRƯỜNG THCS LÊ LỢI", "Số: 45/BC-THCSLL", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "BÁO CÁO"]
    assert text.lines[-1].centred


def test_text_boxes_page_headers_and_watermarks_are_read() -> None:
    inner = "<w:txbxContent><w:p><w:r><w:t>KHẨN</w:t></w:r></w:p></w:txbxContent>"
    box = f"<w:p><w:r><w:t>thư</w:t></w:r><w:r><w:pict>{inner}</w:pict></w:r></w:p>"
    watermark = '<w:p><w:r><w:pict><v:textpath string="DỰ THẢO"/></w:pict></w:r></w:p>'
    header = f'<w:hdr xmlns:w="{W}" xmlns:v="urn:schemas-microsoft-com:vml">{watermark}</w:hdr>'
    assert _lines(docx.read(_docx(_body(box), header1=header))) == ["DỰ THẢO", "thư", "KHẨN"]


def test_deleted_words_are_gone_and_special_letters_stay() -> None:
    xml = (
        "<w:p><w:r><w:t>Số: 45/BC</w:t></w:r><w:r><w:noBreakHyphen/></w:r><w:r><w:t>THCSLL</w:t></w:r>"
        "<w:del><w:r><w:delText>bỏ</w:delText></w:r></w:del><w:r><w:tab/><w:t>Cẩm Sơn</w:t></w:r></w:p>"
    )
    assert _lines(docx.read(_docx(_body(xml)))) == ["Số: 45/BC-THCSLL\tCẩm Sơn"]


def test_decomposed_text_comes_out_composed() -> None:
    xml = f"<w:p><w:r><w:t>{unicodedata.normalize('NFD', 'Kính gửi: Sở')}</w:t></w:r></w:p>"
    assert _lines(docx.read(_docx(_body(xml)))) == ["Kính gửi: Sở"]


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {n} "{"&" + p + ";"}{("&" + p + ";") * 9}">' for p, n in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(_docx(" " * (80 << 20)), "too large", id="zip bomb"),
        pytest.param(_docx("<a>" + " " * (8 << 20) + "</a>"), "too large", id="ratio"),
        pytest.param(_docx("<a>" * 100_000), "damaged", id="depth"),
        pytest.param(_docx("not xml"), "damaged", id="not XML"),
        pytest.param(b"PK\x03\x04" + b"\0" * 100, "damaged", id="not a ZIP"),
        pytest.param(_docx(_body("<w:p/>"))[:200], "damaged", id="truncated"),
    ],
)
def test_hostile_docx_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        docx.read(data)


def test_billions_of_laughs_are_not_laughed() -> None:
    said = []
    with contextlib.suppress(Unreadable):
        said = _lines(docx.read(_docx(_body("<w:p><w:r><w:t>&i;</w:t></w:r></w:p>", LAUGHS))))
    assert said == []


def test_entities_reach_no_file() -> None:
    doctype = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    said = []
    with contextlib.suppress(Unreadable):
        said = _lines(docx.read(_docx(_body("<w:p><w:r><w:t>&f;</w:t></w:r></w:p>", doctype))))
    assert said == []


# --- Bodies ---


@pytest.mark.parametrize(
    "quote",
    [
        "> Số: 12/SGDĐT-VP\n> Kính gửi",
        "-----Original Message-----\nSố: 12/SGDĐT-VP",
        "---------- Forwarded message ---------\nSố: 12/SGDĐT-VP",
        "Vào Th 2, 16 thg 11, 2026 vào lúc 08:00 Văn thư <vanthu@sgdhuonggiang.edu.vn> đã viết:\nSố: 12/SGDĐT-VP",
        "On Mon, Nov 16, 2026 at 8:00 AM Clerk <vanthu@sgdhuonggiang.edu.vn> wrote:\nSố: 12/SGDĐT-VP",
        "Từ: Văn thư <vanthu@sgdhuonggiang.edu.vn>\nĐã gửi: 16/11/2026\nĐến: a\nSố: 12/SGDĐT-VP",
        "----- Thư đã chuyển tiếp -----\nSố: 12/SGDĐT-VP",
    ],
)
def test_what_is_quoted_or_forwarded_is_not_the_writers_own(quote: str) -> None:
    assert _lines(body.read(f"Em gửi ạ.\n\n{quote}\n".encode())) == ["Em gửi ạ."]


def test_utf_16_and_windows_1258_are_read() -> None:
    assert _lines(body.read("Kính gửi".encode("utf-16"))) == ["Kính gửi"]
    assert _lines(body.read(b"Nghi\xf2 \xf0i\xf2nh")) == ["Nghị định"]


def test_html_becomes_lines_with_cells_apart() -> None:
    page = """<table><tr><td>TRƯỜNG THCS LÊ LỢI<br>Số: 45/BC-THCSLL</td><td>CỘNG HÒA</td></tr></table>
    <p style="text-align: center">BÁO&nbsp;CÁO</p><script>x</script><p>Kính <b>gửi</b></p>"""
    text = html.read(page.encode())
    assert _lines(text) == ["TRƯỜNG THCS LÊ LỢI", "Số: 45/BC-THCSLL", "CỘNG HÒA", "BÁO CÁO", "Kính gửi"]
    assert [line.centred for line in text.lines] == [False, False, False, True, False]


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote">Số: 12/SGDĐT-VP</div>',
        '<blockquote type="cite"><p>Số: 12/SGDĐT-VP</p></blockquote>',
        '<div id="divRplyFwdMsg">Từ: Sở</div><div>Số: 12/SGDĐT-VP</div>',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p>From: Sở</p></div><p>Số: 12/SGDĐT-VP</p>',
        '<p style="display:none">Số: 12/SGDĐT-VP</p>',
    ],
)
def test_quoted_html_is_left_out(quote: str) -> None:
    assert _lines(html.read(f"<html><body><p>Em gửi ạ.</p>{quote}</body></html>".encode())) == ["Em gửi ạ."]


@pytest.mark.parametrize("page", [b"", b"<", b"<html>" + b"<div>" * 50_000, b"<!-- ", b"\xff\xfe<\0"])
def test_strange_html_is_text_or_unreadable(page: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert isinstance(html.read(page), Text)


# --- Legacy encodings ---


def _text(*lines: str) -> Text:
    collector = Collector()
    for line in lines:
        collector.add(line)
    return Text(lines=collector.done())


def test_tcvn3_becomes_unicode_with_its_capitals() -> None:
    text = modernised(
        _text("tr­êng thcs lª lîi", "céng hßa x· héi chñ nghÜa viÖt nam", "§éc lËp - Tù do - H¹nh phóc", "Sè: 45/Q§-THCSLL")
    )
    assert text.legacy == "TCVN3"
    assert _lines(text) == [
        "TRƯỜNG THCS LÊ LỢI",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 45/QĐ-THCSLL",
    ]


def test_vni_becomes_unicode() -> None:
    text = modernised(_text("COÄNG HOØA XAÕ HOÄI CHUÛ NGHÓA VIEÄT NAM", "Ñoäc laäp - Töï do - Haïnh phuùc"))
    assert (text.legacy, _lines(text)) == ("VNI", ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"])


def test_unicode_lines_within_a_legacy_file_stay() -> None:
    text = modernised(_text("§éc lËp - Tù do - H¹nh phóc", "Sè: 1/Q§-X", "Độc lập § 5 ®"))
    assert _lines(text)[-1] == "Độc lập § 5 ®"


def test_a_tcvn3_body_without_a_charset_is_not_lost() -> None:
    assert "Số: 45/QĐ-THCSLL" in _lines(modernised(body.read("§éc lËp - Tù do\nSè: 45/Q§-THCSLL".encode("latin-1"))))


# --- Media ---


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7", media.PDF),
        (b"\xef\xbb\xbf\n%PDF-1.7", media.PDF),
        (_docx("<a/>"), media.DOCX),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), media.DOC),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), media.XLS),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), media.ENCRYPTED_OFFICE),
        (b"{\\rtf1", media.RTF),
        (b"Rar!\x1a\x07\x00", media.RAR),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"BEGIN:VCALENDAR\r\n", media.CALENDAR),
        (b"<html><body>", media.HTML),
        (b"From: a@b\r\nSubject: x\r\n\r\nx", media.MAIL),
        ("Kính gửi".encode(), media.PLAIN),
        ("Kính gửi".encode("utf-16"), media.PLAIN),
        (bytes(range(32)) * 8, media.UNKNOWN),
    ],
)
def test_media_are_told_by_content(data: bytes, kind: str) -> None:
    assert media.media_of(data) == kind


def test_a_format_without_a_reader_says_so() -> None:
    with pytest.raises(Unreadable, match="format"):
        read(media.DJVU, b"AT&TFORM")
