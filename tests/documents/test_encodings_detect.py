"""Which encoding a text is in, without any font; and what must never be decoded."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.encodings.charset import as_letters, decoded
from gateway.documents.encodings.detect import detected, in_unicode, modernised
from gateway.documents.text import Line, Mark, Text
from gateway.model import Box
from tests.world.papers import legacy

PAPER = """TRƯỜNG THPT HOA SEN
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Số: 45/QĐ-THPTHS
Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;
Hiệu trưởng nhà trường quyết định thành lập tổ kiểm tra gồm các ông bà có tên sau đây…
Quyết định có hiệu lực từ ngày ký và được gửi đến mọi người để thực hiện."""


def _tcvn3(text: str) -> str:
    return "\n".join(legacy.tcvn3_capitals(line) if line.isupper() else legacy.tcvn3(line) for line in text.split("\n"))


def _misread(text: str, codec: str = "latin-1") -> str:
    holes = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
    return "".join(chr(byte) if byte in holes else bytes([byte]).decode(codec) for byte in text.encode())


WRITERS: dict[str, tuple[str, Callable[[str], str]]] = {
    "tcvn3": ("TCVN3", _tcvn3),
    "vni": ("VNI", legacy.vni),
    "vni read as windows-1258": ("VNI", lambda text: legacy.vni(text.replace("…", "")).encode("latin-1").decode("cp1258")),
    "viqr": ("VIQR", legacy.viqr),
    "windows-1258 as latin-1": ("windows-1258", lambda text: legacy.windows_1258(text).decode("latin-1")),
    "windows-1258 as windows-1252": ("windows-1258", lambda text: legacy.windows_1258(text).decode("cp1252")),
    "utf-8 as latin-1": ("UTF-8", _misread),
    "utf-8 as windows-1252": ("UTF-8", lambda text: _misread(text, "cp1252")),
    "utf-8 twice": ("UTF-8", lambda text: _misread(_misread(text))),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_paper_comes_back_whole(writer: str) -> None:
    name, write = WRITERS[writer]
    paper = PAPER.replace("…", "") if "1258" in writer and name == "VNI" else PAPER
    lines, found = in_unicode(write(paper).split("\n"))
    assert (found, lines) == (name, paper.split("\n"))


def test_viscii_and_vps_are_told_apart_by_their_words() -> None:
    for name, words in (
        ("VISCII", "Bµ Giáo døc và Ðào tÕo thông báo kª hoÕch ki¬m tra các trß¶ng trung h÷c"),
        ("VPS", "B¶ Giáo døc và ñào tåo thông báo k‰ hoåch ki‹m tra các trÜ©ng trung h†c"),
    ):
        lines, found = in_unicode([words])
        assert (found, lines) == (name, ["Bộ Giáo dục và Đào tạo thông báo kế hoạch kiểm tra các trường trung học"])


@pytest.mark.parametrize(
    "text",
    [
        "Les élèves de la classe ont été très contents de cette journée à l'école.",
        "thé vert né à Orléans", "Crème brûlée", "Déjà vu, né en 1970", "Hélène Noël-Château déjeune près du café",
        "Für die Schüler wäre das möglich, größere Übungen zu machen.", "§ 5 Abs. 2 — © 2024 ® ±5° «Größe»",
        "El niño y la señora están aquí, mañana volverán.", "Olá, você não está: são informações, coração",
        "Smörgåsbord på svenska är jättegott", "I don't know what you're saying; C++ is o++ (a) and a^2 + o^3.",
        "x^2 + y^2 = o^2, a(b) d(o+1); u+1 and o+2", "He said: why? who? do. go. to? I'd add it.", "add odd daddy paddle ^ ^",
        PAPER, PAPER.upper(), "Cô giáo và các em có là §5 ® «bà»", "Kính gửi các đơn vị « thông báo » số 5 ± 1", "", "«»",
    ],
)  # fmt: skip
def test_other_languages_and_unicode_are_left_alone(text: str) -> None:
    assert detected(text) == ""
    assert in_unicode([text]) == ([text], "")


def test_noise_is_no_text() -> None:
    noise = random.Random(5)  # noqa: S311 - nothing secret
    assert [detected(noise.randbytes(3000)) for _ in range(50)] == [""] * 50


@given(st.binary(max_size=300))
def test_whatever_the_bytes_there_is_a_text(data: bytes) -> None:
    assert isinstance(detected(data), str)
    for charset in ("", "utf-8", "utf-7", "x-unknown", "iso-2022-jp", "viscii", "gb2312"):
        assert isinstance(decoded(data, charset).text, str)


def test_pasted_paragraphs_in_another_encoding_are_found_among_unicode() -> None:
    pasted = _tcvn3("Nhiệm vụ trọng tâm của các trường trong năm học mới, thực hiện từ ngày ký")
    lines, name = in_unicode([PAPER.split("\n")[4], pasted, PAPER.split("\n")[6]])
    assert name == "TCVN3"
    assert lines[1] == "Nhiệm vụ trọng tâm của các trường trong năm học mới, thực hiện từ ngày ký"


def test_two_legacy_encodings_in_one_file() -> None:
    words = "Nhiệm vụ trọng tâm của các trường trong năm học mới, thực hiện từ ngày ký"
    lines, _ = in_unicode([*_tcvn3(PAPER).split("\n"), legacy.vni(words)])
    assert lines[-1] == words


def test_what_an_ocr_read_stays_and_marks_stay_with_a_decoded_text() -> None:
    line = Line(text=legacy.tcvn3("Các trường thực hiện nhiệm vụ năm học mới từ ngày ký quyết định"), place=1)
    seal = Mark(what="seal", page=1, box=Box(left=0, top=0, right=1, bottom=1))
    assert modernised(Text(lines=(line,), scanned=True)).lines == (line,)
    text = modernised(Text(lines=(line,), marks=(seal,)))
    assert (text.legacy, text.marks) == ("TCVN3", (seal,))
    assert text.lines[0].text == "Các trường thực hiện nhiệm vụ năm học mới từ ngày ký quyết định"


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (PAPER.encode(), "us-ascii"), (PAPER.encode(), "iso-8859-1"), (PAPER.encode(), "x-unknown"), (PAPER.encode(), "gb2312"),
        (PAPER.encode(), ""), (PAPER.encode("utf-16"), "utf-8"), (PAPER.encode("utf-16-le"), ""),
        (PAPER.encode("utf-16-be"), ""),
        (PAPER.encode("utf-8-sig"), "windows-1252"), (PAPER.encode("utf-7"), "utf-7"), (PAPER.encode("utf-32"), "utf-8"),
        (_tcvn3(PAPER).encode("cp1252"), "windows-1252"), (_tcvn3(PAPER).encode("cp1252"), "windows-1258"),
        (_tcvn3(PAPER).encode("cp1252"), "gb2312"), (legacy.vni(PAPER).encode("cp1252"), "utf-8"),
        (legacy.windows_1258(PAPER), "iso-8859-1"), (legacy.windows_1258(PAPER), "windows-1258"),
        (legacy.viqr(PAPER).replace("…", ".").encode(), "us-ascii"),
    ],
)  # fmt: skip
def test_the_bytes_are_believed_before_their_label(data: bytes, charset: str) -> None:
    wanted = PAPER.replace("…", ".") if b"VIE^.T" in data else PAPER
    assert _shown(decoded(data, charset).text) == wanted


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("Où est l'élève ?".encode("latin-1"), "iso-8859-1", "Où est l'élève ?"),
        ("5 € – “bon”".encode("cp1252"), "iso-8859-1", "5 € – “bon”"),
        ("通知：请各学校按时提交报告".encode("gb2312"), "gb2312", "通知：请各学校按时提交报告"),
        ("お知らせ".encode("iso-2022-jp"), "ISO-2022-JP", "お知らせ"),
        ("Привет, мир".encode("koi8-r"), "koi8-r", "Привет, мир"),
        (b"\xd0\xe0o t\xd5o", "x-viet-viscii-unknown", ""),
        (b"\xf0\xe0o t\xd5o", "viscii", "đào tạo"),
        (b"plain words", "VIQR", "plain words"),
    ],
)
def test_what_is_declared_rightly_is_read_as_declared(data: bytes, charset: str, text: str) -> None:
    assert decoded(data, charset).text == text or not text


def test_a_footer_in_utf8_below_a_legacy_text() -> None:
    footer = "Danh sách thư của nhà trường"
    data = _tcvn3(PAPER).encode("cp1252") + b"\n" + footer.encode()
    assert as_letters(data).endswith(footer)
    assert decoded(data).text.endswith(footer)


def test_a_few_broken_letters_leave_a_text_in_utf8() -> None:
    data = (PAPER * 3).encode()
    assert "Hạnh phúc" in decoded(data[:700] + b"\xff" + data[700:]).text


def test_detection_is_quick() -> None:
    unicode, old = (PAPER * 5)[:2048], (_tcvn3(PAPER) + "\n") * 110
    assert _seconds(unicode) < 150e-6  # 6 µs measured; the rest is for a busy machine
    assert _seconds(old) < 20e-3


def _seconds(text: str) -> float:
    found = []
    for _ in range(5):
        start = time.perf_counter()
        detected(text)
        found.append(time.perf_counter() - start)
    return min(found)


def _shown(text: str) -> str:
    return text.replace("\x85", "…")


@pytest.mark.parametrize("piece", ["a", "a ", ".", "o^.", "¸", "Ã", "a·", "^dd", "\t", "· "])
def test_long_lines_of_one_thing_cost_little(piece: str) -> None:
    start = time.perf_counter()
    decoded((piece * 400_000 + "\nC¸c tr­êng thùc hiÖn nhiÖm vô n¨m häc")[-400_000:].encode("latin-1"))
    assert time.perf_counter() - start < 5


def test_a_dot_before_an_item_is_no_letter() -> None:
    lines, _ = in_unicode([*_tcvn3(PAPER).split("\n"), "· C¸c tr­êng"])
    assert lines[-1] == "• Các trường"
