"""Fonts that were encodings: their names, and every letter there and back."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.encodings import tables
from gateway.documents.encodings.fonts import decode_run, encoding_of_font
from gateway.documents.encodings.viqr import from_viqr
from tests.world.papers import legacy

SMALL = [
    unicodedata.normalize("NFC", base + tone)
    for base in "aăâeêioôơuưy"
    for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
]
SMALL.append("đ")
CAPITALS = [letter.upper() for letter in SMALL]
# VISCII as RFC 1456 prints it: the codes from 0x80 on, in order.
VISCII_UPPER_HALF = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        (".VnTime", "TCVN3"), (".VnArial Narrow", "TCVN3"), ("ABCDEF+.VnTime", "TCVN3"), ("VnTime", "TCVN3"),
        ("_VnTime", "TCVN3"), ("#2eVnTime,Bold", "TCVN3"), ('".VnTime"', "TCVN3"), (".VnTimeH", "TCVN3H"),
        (".VnAvantH", "TCVN3H"), (".VnArial NarrowH", "TCVN3H"), ("ABCDEF+.VnTimeH,Bold", "TCVN3H"), ("VNTIMEH", "TCVN3H"),
        ("VNI-Times", "VNI"), ("VNI-Helve-Condense", "VNI"), ("ABCDEF+VNITimes,Italic", "VNI"), ("VPS Times", "VPS"),
        ("HoangYen 1.1", "VISCII"), ("VI Times", "VISCII"), ("Times New Roman", ""), ("UTM Times", ""), ("UVN Bach Tuyet", ""),
        ("VNtimes new roman", ""), ("VNPT Sans", ""), ("Vivaldi", ""), ("SVN-Arial", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_name_of_a_font_tells_its_encoding(name: str, encoding: str) -> None:
    assert encoding_of_font(name) == encoding


@pytest.mark.parametrize("letter", SMALL)
def test_every_small_letter_comes_back_from_tcvn3(letter: str) -> None:
    assert decode_run(legacy.tcvn3(letter), "TCVN3") == letter
    assert decode_run(legacy.tcvn3(letter), "TCVN3H") == letter.upper()


@pytest.mark.parametrize("letter", [*SMALL, *CAPITALS])
def test_every_letter_comes_back_from_vni_and_viqr(letter: str) -> None:
    assert decode_run(legacy.vni(letter), "VNI") == letter
    assert from_viqr(legacy.viqr(letter)) == letter


@pytest.mark.parametrize("letter", [*SMALL, *CAPITALS])
def test_every_letter_comes_back_from_windows_1258_read_as_western(letter: str) -> None:
    data = legacy.windows_1258(letter)
    assert tables.windows_1258(data.decode("latin-1")) == letter
    assert tables.windows_1258(data.decode("cp1252", "ignore")) == letter


def test_viscii_is_the_table_of_its_rfc() -> None:
    assert "".join(tables.viscii(chr(code)) for code in range(0x80, 0x100)) == VISCII_UPPER_HALF
    assert [tables.viscii(chr(code)) for code in (2, 5, 6, 0x14, 0x19, 0x1E)] == list("ẲẴẪỶỸỴ")


def test_vps_has_every_letter_once() -> None:
    letters = [tables.vps(chr(code)) for code in (*range(1, 32), *range(0x80, 0x100))]
    assert set(SMALL[:-1] + CAPITALS) | {"đ"} <= {*letters, *"aeiouyAEIOUY"}
    assert all(letters.count(letter) == 1 for letter in {*SMALL, *CAPITALS} - set("aeiouyAEIOUY"))


@pytest.mark.parametrize(
    ("written", "read"),
    [("Së Gi¸o dôc", "Sở Giáo dục"), ("C¸c tr­êng … “mÇm non”", "Các trường … “mầm non”"), ("Quyết định", "Quyết định")],
)
def test_signs_and_unicode_words_stay_in_a_legacy_run(written: str, read: str) -> None:
    assert decode_run(written, "TCVN3") == read


def test_letters_that_windows_1258_made_of_tcvn3_and_vni_are_brought_back() -> None:
    words = "Nhiệm vụ năm học của các đơn vị"
    for write, encoding in ((legacy.tcvn3, "TCVN3"), (legacy.vni, "VNI")):
        misread = write(words).encode("latin-1").decode("cp1258")
        assert decode_run(misread, encoding) == words


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Bo^. Gia'o du.c va` DDa`o ta.o.", "Bộ Giáo dục và Đào tạo."),
        ("Xem http://www.a.edu.vn/o^.html nhe'", "Xem http://www.a.edu.vn/o^.html nhé"),
        ("ho.c sinh gio?i", "học sinh giỏi"),
        (r"Co' kho^ng\? Co'\.", "Có không? Có."),
        ("Tho^ng ba'o, dde^? bie^'t;", "Thông báo, để biết;"),
        ("VN: DDa(.ng tu+o+`ng Vy~", "VN: Đặng tường Vỹ"),
    ],
)
def test_viqr_with_its_escapes_and_ends_of_sentences(written: str, read: str) -> None:
    assert from_viqr(written) == read


@given(st.text(max_size=60), st.sampled_from(["TCVN3", "TCVN3H", "VNI", "VPS", "VISCII", "VIQR", "", "?"]))
def test_whatever_the_run_it_is_decoded(text: str, encoding: str) -> None:
    assert isinstance(decode_run(text, encoding), str)
    assert isinstance(encoding_of_font(text), str)
