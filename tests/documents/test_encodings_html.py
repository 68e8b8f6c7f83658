"""HTML whose fonts, charset or entities hide the letters."""

from __future__ import annotations

import pytest

from gateway.documents.reading import body, html
from tests.world.papers import legacy


def _lines(data: bytes, charset: str = "") -> list[str]:
    return [line.text for line in html.read(data, charset).lines]


def test_a_font_face_decodes_its_element_only() -> None:
    page = f'<p><font face=".VnTimeH">{legacy.tcvn3_capitals("thông báo")}</font> số 5 của trường</p><p>Cô và các em</p>'
    assert _lines(page.encode()) == ["THÔNG BÁO số 5 của trường", "Cô và các em"]


@pytest.mark.parametrize(
    "opening",
    ["<span style='font-family:\".VnTime\"'>", '<font face="VnTime, Arial">', "<span style=\"font:14.0pt '.VnTime'\">"],
)
def test_the_font_of_a_style_counts(opening: str) -> None:
    closing = "</font>" if opening.startswith("<font") else "</span>"
    page = f"<p>{opening}{legacy.tcvn3('Sở Giáo dục')}{closing} và <b>các trường</b></p>"
    assert _lines(page.encode()) == ["Sở Giáo dục và các trường"]


def test_the_style_sheet_of_word_names_the_font_of_a_class() -> None:
    sheet = '<style><!-- p.MsoNormal, li.MsoNormal {margin:0; font-family:"VNI-Times"; font-size:13pt} --></style>'
    page = f"<html><head>{sheet}</head><body><p class=MsoNormal>{legacy.vni('Độc lập')}</p><p>tự do</p></body></html>"
    assert _lines(page.encode()) == ["Độc lập", "tự do"]


def test_a_font_that_lies_about_unicode_is_not_believed() -> None:
    page = '<div style="font-family:.VnTime"><p>Cô giáo và các em</p><p>Kế hoạch của trường</p></div>'
    assert _lines(page.encode()) == ["Cô giáo và các em", "Kế hoạch của trường"]


def test_a_page_without_fonts_is_judged_by_its_words() -> None:
    words = "Căn cứ nhiệm vụ năm học, hiệu trưởng nhà trường quyết định thành lập tổ kiểm tra, thực hiện từ ngày ký"
    page = f"<html><body><p class='&amp;'>{legacy.tcvn3(words)}&nbsp;&#8230;</p></body></html>"
    text = html.read(page.encode("latin-1"), "iso-8859-1")
    assert (text.legacy, [line.text for line in text.lines]) == ("TCVN3", [words + " …"])


def test_entities_meta_and_hidden_elements() -> None:
    page = (
        b"<html><head><meta charset=windows-1258></head><body><p>S&#7889;: 12/TB-THCS&nbsp;</p>"
        b"<p style='mso-hide:all'>mat</p><p hidden>mat</p><div style='display : none'>mat</div>"
        b"<p>V/v ngh&#7881; l&#7877;</p></body>"
    )
    assert _lines(page) == ["Số: 12/TB-THCS", "V/v nghỉ lễ"]


def test_utf16_page_and_body_without_a_mark() -> None:
    words = "Thông báo của trường"
    assert _lines(f"<p>{words}</p>".encode("utf-16-le")) == [words]
    assert [line.text for line in body.read(words.encode("utf-16-le")).lines] == [words]


def test_a_body_says_what_encoding_it_was_in() -> None:
    words = "Các trường thực hiện nhiệm vụ năm học mới từ ngày ký quyết định"
    text = body.read(legacy.vni(words).encode("cp1252"), "us-ascii")
    assert (text.legacy, text.lines[0].text) == ("VNI", words)
