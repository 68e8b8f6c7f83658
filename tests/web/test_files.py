"""Page images, texts and downloads of a case's files."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

import msgspec
import pytest
from PIL import Image

from gateway.documents import mime
from gateway.model import Account, Box, Case, Event, Evidence, FileReading, Nature, Sign, digest_of
from gateway.store import Acceptance
from tests.web import sample
from tests.web.conftest import TwoPages, Visitor
from tests.web.sample import CLERK, FORWARDED, PAPER, WORD, House, packed_case, place_of, with_files
from tests.world import letters
from web.files import PAGE_WIDTH, FileCache, main_file

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


def pdf_of(raw: bytes) -> bytes:
    return next(part.data for part in mime.split(raw).parts if part.data.startswith(b"%PDF"))


def test_the_page_of_a_pdf_is_an_image(as_person: AsPerson, remember: Remember, drawer: TwoPages) -> None:
    case = remember(sample.decision_case)
    response = as_person(CLERK).get(f"/case/{case.id}/file/0/page/1.png")
    assert response.mimetype == "image/png"
    assert response.headers["Cache-Control"] == "private, max-age=3600"
    assert Image.open(io.BytesIO(response.data)).width == PAGE_WIDTH
    assert drawer.asked == [(pdf_of(sample.decision_case(case.opened_at).mail.raw), 1)]


def test_a_page_is_drawn_once(as_person: AsPerson, remember: Remember, drawer: TwoPages) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    for _ in range(3):
        clerk.get(f"/case/{case.id}/file/0/page/1.png")
    assert len(drawer.asked) == 1


@pytest.mark.parametrize("path", ["/file/0/page/3.png", "/file/0/page/0.png", "/file/9/page/1.png", "/file/9"])
def test_what_is_not_there_is_not_found(as_person: AsPerson, remember: Remember, path: str) -> None:
    case = remember(sample.decision_case)
    assert as_person(CLERK).get(f"/case/{case.id}{path}").status_code == 404


def test_turning_the_page_without_javascript_ends_at_the_last_one(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    assert "page=2" in clerk.get(f"/case/{case.id}").text
    assert "page=3" in clerk.get(f"/case/{case.id}?page=2").text
    behind = clerk.get(f"/case/{case.id}?page=3")
    assert behind.status_code == 303
    last = clerk.get(behind.headers["Location"]).text
    assert "Trang 2" in last
    assert "page=3" not in last


def test_the_original_is_downloaded_byte_for_byte(house: House, as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    response = as_person(CLERK).get(f"/case/{case.id}/file/0")
    assert digest_of(response.data) == case.files[0].digest
    assert response.mimetype == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    said = response.headers["Content-Disposition"]
    assert said.startswith('attachment; filename="518-Q_-SGD_T.signed.pdf"')
    assert said.endswith("filename*=UTF-8''518-Q%C4%90-SGD%C4%90T.signed.pdf")
    looked = [story.detail["what"] for story in house.store.views.story(case_id=case.id) if story.event is Event.SEEN]
    assert looked == ["download"]


@pytest.mark.parametrize("name", ['a"\r\nSet-Cookie: x=1', "../../etc/passwd", "a\\b:c", "tệp\x00.pdf"])
def test_a_hostile_file_name_stays_inside_its_header(house: House, as_person: AsPerson, now: datetime, name: str) -> None:
    acceptance = sample.decision_case(now)
    case = sample.case_of(acceptance)
    acceptance = with_files(acceptance, (msgspec.structs.replace(case.files[0], name=name),))
    house.store.accept_now([acceptance])
    response = as_person(CLERK).get(f"/case/{case.id}/file/0")
    said = response.headers["Content-Disposition"]
    assert "Set-Cookie" not in response.headers or "x=1" not in response.headers["Set-Cookie"]
    assert not set(said.removeprefix("attachment; filename=").replace("UTF-8''", "")) & set("\r\n\\/:")


def test_the_text_of_a_mail_is_shown_as_text(house: House, as_person: AsPerson, now: datetime) -> None:
    raw = letters.letter(
        sender=letters.TEACHER, to=[letters.SPECIALIST], subject="Công văn", at=now,
        text="Số: 12/THCSLL\n<img src=x onerror=alert(1)>\n",
    )  # fmt: skip
    acceptance = sample.captured(raw, sender="a@b.example", to=["c@d.example"], unit="SGDHG", office="", at=now)
    body = FileReading(name="", digest=digest_of(mime.split(raw).parts[0].data), size=40, media="text/plain")
    house.store.accept_now([with_files(acceptance, (body,))])
    page = as_person(CLERK).get(f"/case/{sample.case_of(acceptance).id}").text
    assert "Số: 12/THCSLL" in page
    assert "&lt;img src=x" in page
    assert "<img src=x" not in page


def test_an_html_mail_is_shown_without_its_markup(house: House, as_person: AsPerson, now: datetime) -> None:
    raw = (
        b"From: a@b.example\r\nSubject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        + "<html><style>p{color:red}</style><p>Kính gửi:&nbsp;Sở</p><script>alert(1)</script><p>Dòng hai</p></html>".encode()
    )
    acceptance = sample.captured(raw, sender="a@b.example", to=["c@d.example"], unit="SGDHG", office="", at=now)
    body = FileReading(name="", digest=digest_of(mime.split(raw).parts[0].data), size=40, media="text/html")
    house.store.accept_now([with_files(acceptance, (body,))])
    page = as_person(CLERK).get(f"/case/{sample.case_of(acceptance).id}").text
    shown = page.split("<pre>")[1].split("</pre>")[0]
    assert [line for line in shown.splitlines() if line] == ["Kính gửi: Sở", "Dòng hai"]


def test_a_word_file_shows_the_lines_that_were_read(house: House, as_person: AsPerson, now: datetime) -> None:
    acceptance = sample.decision_case(now)
    case = sample.case_of(acceptance)
    word = msgspec.structs.replace(
        case.files[0], media="application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    )
    house.store.accept_now([with_files(acceptance, (word,))])
    page = as_person(CLERK).get(f"/case/{case.id}").text
    assert "Những dòng cổng đã đọc được trong tệp" in page
    assert "Tải tệp gốc để xem" in page


def test_a_file_that_is_no_longer_kept_says_so(house: House, as_person: AsPerson, now: datetime) -> None:
    acceptance = sample.decision_case(now)
    case = sample.case_of(acceptance)
    gone = msgspec.structs.replace(case.files[0], digest="0" * 64)
    house.store.accept_now([with_files(acceptance, (gone,))])
    clerk = as_person(CLERK)
    assert "Bản gốc không còn được lưu trên cổng." in clerk.get(f"/case/{case.id}").text
    assert clerk.get(f"/case/{case.id}/file/0").status_code == 404


def test_a_case_opens_with_the_file_of_its_document(now: datetime) -> None:
    case = sample.case_of(sample.decision_case(now))
    other = FileReading(name="danh sách.xlsx", digest="1" * 64, size=1)
    assert main_file(msgspec.structs.replace(case, files=(other, *case.files))) == 1


def test_the_cache_forgets_the_longest_unused() -> None:
    cache = FileCache(room=20)
    for digest in "abcd":
        cache.put(digest, 1, b"12345")
    cache.get("a", 1)
    cache.put("e", 1, b"12345")
    assert [digest for digest in "abcde" if cache.get(digest, 1)] == ["a", "c", "d", "e"]


def test_the_cache_leaves_out_what_would_fill_it() -> None:
    cache = FileCache(room=20)
    cache.put("a", 0, b"123456")
    assert cache.get("a", 0) is None


def test_what_was_read_is_marked_on_the_page(as_person: AsPerson, remember: Remember) -> None:
    marked = Evidence(sign=Sign.NUMBER, words="Số: 518", page=1, line=3, box=Box(left=0.1, top=0.12, right=0.3, bottom=0.15))
    elsewhere = msgspec.structs.replace(marked, page=2, sign=Sign.SEAL)

    def with_places(at: datetime) -> Acceptance:
        acceptance = sample.decision_case(at)
        document = msgspec.structs.replace(sample.decision(), evidence=(marked, elsewhere))
        files = tuple(msgspec.structs.replace(file, documents=(document,)) for file in sample.case_of(acceptance).files)
        return with_files(acceptance, files)

    page = as_person(CLERK).get(f"/case/{remember(with_places).id}").text
    assert 'class="mark-number" x="10.0" y="12.0" width="20.0" height="3.0">' in page
    assert "mark-seal" not in page


def test_an_unread_scan_is_still_shown(as_person: AsPerson, remember: Remember) -> None:
    def unread(at: datetime) -> Acceptance:
        acceptance = sample.decision_case(at)
        files = sample.case_of(acceptance).files
        unreadable = {"nature": Nature.UNREADABLE, "reason": "no text layer", "documents": ()}
        return with_files(acceptance, tuple(msgspec.structs.replace(file, **unreadable) for file in files))

    assert "/file/0/page/1.png" in as_person(CLERK).get(f"/case/{remember(unread).id}").text


def test_what_lies_in_an_archive_is_listed(as_person: AsPerson, remember: Remember) -> None:
    inner = FileReading(name="hồ sơ.zip/biên bản.pdf", digest="", size=2048, nature=Nature.UNREADABLE, reason="password")

    def packed(at: datetime) -> Acceptance:
        acceptance = sample.decision_case(at)
        files = sample.case_of(acceptance).files
        return with_files(acceptance, tuple(msgspec.structs.replace(file, inner=(inner,)) for file in files))

    clerk, case = as_person(CLERK), remember(packed)
    page = clerk.get(f"/case/{case.id}").text
    assert f'href="/case/{case.id}?file=1">biên bản.pdf</a>' in page
    assert "2 KB · không đọc được" in page
    assert "Tệp này không mở ra được" in clerk.get(f"/case/{case.id}?file=1").text
    assert clerk.get(f"/case/{case.id}/file/1").status_code == 404


# --- Files in files ---

INSIDE = {
    "hồ sơ.zip/hồ sơ/qđ.pdf": PAPER,
    "hồ sơ.zip/thư.eml": FORWARDED,
    "hồ sơ.zip/thư.eml/cv.docx": WORD,
    "hồ sơ.zip/trong.zip/cv.docx": WORD,
}


@pytest.mark.parametrize("name", INSIDE)
def test_each_file_in_an_archive_is_downloaded_by_itself(
    house: House, as_person: AsPerson, remember: Remember, name: str
) -> None:
    case = remember(packed_case)
    response = as_person(CLERK).get(f"/case/{case.id}/file/{place_of(case, name).number}")
    assert response.data == INSIDE[name]
    assert response.mimetype == "application/octet-stream"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert quote(name.rpartition("/")[2], safe="") in response.headers["Content-Disposition"]
    looked = [story.detail for story in house.store.views.story(case_id=case.id) if story.event is Event.SEEN]
    assert looked == [{"what": "download", "file": name}]


def test_a_pdf_in_an_archive_has_page_images(as_person: AsPerson, remember: Remember, drawer: TwoPages) -> None:
    case = remember(packed_case)
    clerk, number = as_person(CLERK), place_of(case, "qđ.pdf").number
    assert f"/file/{number}/page/1.png" in clerk.get(f"/case/{case.id}?file={number}").text
    assert clerk.get(f"/case/{case.id}/file/{number}/page/1.png").mimetype == "image/png"
    assert drawer.asked == [(PAPER, 1)]


def test_a_word_file_in_a_mail_in_an_archive_shows_its_words(as_person: AsPerson, remember: Remember) -> None:
    case = remember(packed_case)
    page = as_person(CLERK).get(f"/case/{case.id}?file={place_of(case, 'thư.eml/cv.docx').number}").text
    assert "Số: 87/THCSLL" in page.split("<pre>")[1]


def test_the_words_of_a_mail_in_an_archive_are_saved_as_a_text(as_person: AsPerson, remember: Remember) -> None:
    case = remember(packed_case)
    number = place_of(case, "thư.eml").number + 1
    response = as_person(CLERK).get(f"/case/{case.id}/file/{number}")
    assert response.data.strip() == "Kính chuyển".encode()
    assert 'filename="noi-dung-thu.txt"' in response.headers["Content-Disposition"]


def test_an_archive_shows_what_lies_in_it(as_person: AsPerson, remember: Remember) -> None:
    case = remember(packed_case)
    page = as_person(CLERK).get(f"/case/{case.id}?file={place_of(case, 'hồ sơ.zip').number}").text
    assert "Trong tệp này có 3 tệp" in page


def test_a_case_opens_with_the_file_in_the_archive_that_holds_its_document(now: datetime) -> None:
    case = sample.case_of(packed_case(now))
    wanted = place_of(case, "qđ.pdf")
    assert main_file(msgspec.structs.replace(case, document=wanted.reading.documents[0])) == wanted.number


def test_files_in_an_archive_belong_to_those_who_see_the_case(as_person: AsPerson, remember: Remember) -> None:
    case = remember(packed_case)
    number = place_of(case, "qđ.pdf").number
    other = as_person(sample.SCHOOL_CLERK)
    for path in (
        f"/case/{case.id}/file/{number}",
        f"/case/{case.id}/file/{number}/page/1.png",
        f"/case/{case.id}?file={number}",
    ):
        assert other.get(path).status_code == 404
