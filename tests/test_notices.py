"""The letters: who gets one, what stands in it, and that a person can follow it."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.directory.snapshot import Directory, Domain, OfficeSystem, Organisation, OrganisationKind, RetiredAddress
from gateway.errors import ConfigError
from gateway.model import (
    Action,
    Arrival,
    Document,
    Door,
    Evidence,
    Identity,
    Mail,
    Nature,
    Recipient,
    Sign,
    Verdict,
    digest_of,
    new_id,
)
from gateway.notices import Notices, Silence, may_be_told, why_silent
from gateway.policy.rules import NOTICES
from tests.world import reading

AT = datetime(2026, 11, 16, 7, 10, tzinfo=UTC)
LAN = "gv.lan.thcsll@sgdhuonggiang.edu.vn"
CLERK = "vanthu.pgdcs@sgdhuonggiang.edu.vn"
RETIRED = "c2leloi.camson.huonggiang@moet.edu.vn"
SCHOOL = Organisation(
    code="THCSLL", name="Trường THCS Lê Lợi", kind=OrganisationKind.SCHOOL, superior="PGDCS", office="ioffice-nganh"
)
DIRECTORY = Directory(
    organisations=[SCHOOL],
    domains=[Domain(domain="sgdhuonggiang.edu.vn")],
    offices=[OfficeSystem(name="ioffice-nganh", title="I-Office ngành giáo dục", url="https://ioffice.example/")],
    retired=[
        RetiredAddress(
            address=RETIRED,
            successor="vanthu.thcsll@sgdhuonggiang.edu.vn",
            retired_on=date(2019, 11, 1),
            closes_on=date(2027, 6, 30),
        )
    ],
)
EVIDENCE = (
    Evidence(sign=Sign.NUMBER, words="Số: 87/THCSLL", file="cv87.pdf", page=1, line=4),
    Evidence(sign=Sign.AGENCY, words="TRƯỜNG THCS LÊ LỢI", file="cv87.pdf", page=1, line=2),
    Evidence(sign=Sign.MOTTO, words="CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", file="cv87.pdf", page=1, line=1),
)
DOCUMENT = Document(
    nature=Nature.ISSUED,
    confidence=1.0,
    number_symbol="87/THCSLL",
    kind="Công văn",
    issuer="Trường THCS Lê Lợi",
    issued_on=date(2026, 11, 16),
    subject="đề nghị hỗ trợ kinh phí sửa chữa phòng học",
)
OUTSIDER = "vanthu@sgdlamha.edu.vn"
OF_ANOTHER_PROVINCE = replace(
    DOCUMENT, issuer="SỞ GIÁO DỤC VÀ ĐÀO TẠO", superior="UBND TỈNH LAM HÀ", number_symbol="2206/SGDĐT"
)


def notices(**settings: str) -> Notices:
    settings = {"help_phone": "0200 000 000", "help_url": "https://vanthu.example/huong-dan", **settings}
    return Notices(hostname="cong.test", directory=lambda: DIRECTORY, **settings)  # type: ignore[arg-type]  # texts only


def a_mail(
    subject: str = "Gửi công văn", *headers: str, sender: str = LAN, to: tuple[str, ...] = (CLERK,), door: Door = Door.SMTP
) -> Mail:
    lines = ("Message-ID: <a1@thcsll>", f"Subject: {subject}", *headers, "", "Kính gửi Phòng.", "")
    raw = "\r\n".join(lines).encode()
    return Mail(
        id=new_id(),
        sender=sender,
        recipients=tuple(Recipient(address=address) for address in to),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=door, at=AT),
    )


def verdict(action: Action, notice: str = "", **facts: object) -> Verdict:
    whole = {
        "recipient": CLERK,
        "action": action,
        "rule": "4",
        "clause": "Thông báo của Sở về sử dụng phần mềm QLVB&ĐH, mục 1 (05/11/2019)",
        "reason": "Công văn số 87/THCSLL là văn bản phát hành của Trường THCS Lê Lợi",
        "unit": "THCSLL",
        "office": "ioffice-nganh",
        "evidence": EVIDENCE,
        "notice": notice,
        **facts,
    }
    return Verdict(**whole)  # type: ignore[arg-type]  # a table of facts of many types


SEALED_VERDICT = verdict(
    Action.QUARANTINE,
    "held",
    evidence=(Evidence(sign=Sign.SECRECY, words="MẬT", page=1),),
    reason="Thư mang tài liệu có dấu chỉ độ mật, không được gửi qua thư điện tử hay trục liên thông.",
)
UNREADABLE = (Evidence(sign=Sign.UNREADABLE, words="công văn", file="cong van.zip"),)
VERDICTS = {
    "redirected to her own queue": verdict(Action.REDIRECT, "redirected", hand_over_at_once=True),
    "redirected to the clerk": verdict(Action.REDIRECT, "redirected"),
    "advised": verdict(Action.DELIVER, "advised", would_have=Action.REJECT),
    "advised, secret": verdict(Action.DELIVER, "advised", would_have=Action.QUARANTINE, evidence=SEALED_VERDICT.evidence),
    "advised, unreadable": verdict(Action.DELIVER, "advised", would_have=Action.HOLD, evidence=UNREADABLE),
    "held, unreadable": verdict(Action.HOLD, "held", evidence=UNREADABLE),
    "held": verdict(Action.HOLD, "held"),
    "sealed": SEALED_VERDICT,
    "address-moved": verdict(
        Action.FORWARD, "address-moved", recipient=RETIRED, target="vanthu.thcsll@sgdhuonggiang.edu.vn", evidence=()
    ),
}


def about(which: Verdict, mail: Mail | None = None, unit: Organisation | None = SCHOOL, **settings: str) -> Mail:
    return notices(**settings).about_verdict(mail or a_mail(), which, unit=unit, now=AT, deadline=AT)


def written_by_a_person(name: str, *, to: str = LAN, **more: object) -> Mail:
    facts = {
        "reason": "Thiếu chữ ký của Hiệu trưởng",
        "case_id": "01KAQ3M6E2Y0V7K6W9Q6S1T2A1",
        "subject": "Gửi công văn",
        "document": DOCUMENT,
        "unit": SCHOOL,
        **more,
    }
    return notices().write(name, to=to, now=AT, **facts)


def read(letter: Mail) -> EmailMessage:
    return reading.read(letter.raw)


def words_of(letter: Mail) -> str:
    return reading.vietnamese(letter.raw)


def flat(letter: Mail) -> str:
    """All words on one line, so that a line break does not hide a sentence."""
    return " ".join(words_of(letter).split())


EVERY_LETTER = [
    *(pytest.param(about(which), id=name) for name, which in VERDICTS.items()),
    *(
        pytest.param(about(which, unit=None, help_phone="", help_url=""), id=f"{name}, little known")
        for name, which in VERDICTS.items()
    ),
    *(pytest.param(written_by_a_person(name), id=name) for name in ("returned", "released")),
    *(
        pytest.param(
            written_by_a_person("returned", delivered=delivered, incoming=incoming), id=f"returned {delivered} {incoming}"
        )
        for delivered, incoming in ((True, True), (True, False), (False, True))
    ),
]

# Words that every English sentence has some of, and no Vietnamese one.
ENGLISH = set(
    re.findall(
        r"\w+",
        "the and of is are was your you this that has been not with from please mail message rule clause evidence unit deliver "
        "delivered redirect redirected reject rejected held released returned forward None True False undefined",
    )
)


@pytest.mark.parametrize("letter", EVERY_LETTER)
def test_every_letter_is_whole_polite_vietnamese(letter: Mail) -> None:
    message, text = read(letter), words_of(letter)
    assert text.startswith("Kính gửi ")
    assert "\nTrân trọng,\n" in text.replace("\r\n", "\n")
    assert "VIỆC CẦN LÀM" in text or "không phải làm gì thêm" in " ".join(text.split())
    said = f"{message['Subject']} {text}"
    assert not ENGLISH & set(re.findall(r"[A-Za-z]+", said))
    assert unicodedata.is_normalized("NFC", said)
    assert not re.search(r"[{}]|  +[^ \d-]*  |\(\)|“”| ,| \.", said.replace("\r\n", "\n").replace("\n  ", "\n"))
    assert "\n\n\n" not in text.replace("\r\n", "\n")
    assert "của của" not in said


@pytest.mark.parametrize("name", ["acknowledged", "registered", "returned", "transferred", "appeal-received", "released"])
@pytest.mark.parametrize("incoming", [True, False], ids=["incoming", "own"])
def test_a_letter_of_a_unit_that_is_no_longer_there_still_reads_well(name: str, incoming: bool) -> None:
    """The directory changed since: the clerk's unit has no name any more."""
    letter = written_by_a_person(name, unit=None, incoming=incoming, by="Trần Thị Mai")
    text = flat(letter)
    assert "của của" not in text
    assert not re.search(r"(tới|được|\() ?của đơn vị", text)


@pytest.mark.parametrize("letter", EVERY_LETTER)
def test_every_letter_says_that_a_machine_wrote_it(letter: Mail) -> None:
    message = read(letter)
    assert (letter.sender, letter.arrival.door) == ("", Door.OWN)
    assert letter.digest == digest_of(letter.raw)
    assert [r.address for r in letter.recipients] == [message["To"]] == [LAN]
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Message-ID"] == f"<{letter.id}@cong.test>"
    assert message["X-Vanthu-Id"]
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert not may_be_told(letter)
    assert all(len(line) <= 100 for line in letter.raw.split(b"\r\n"))
    assert letter.raw.isascii()
    assert b"\n" not in letter.raw.replace(b"\r\n", b"")


def test_a_letter_belongs_to_the_mail_it_is_about() -> None:
    mail = a_mail()
    message = read(about(VERDICTS["held"], mail))
    assert message["In-Reply-To"] == message["References"] == "<a1@thcsll>"
    assert message["X-Vanthu-Id"] == mail.id
    assert mail.id in reading.vietnamese(message.as_bytes())
    assert mail.id in reading.english(message.as_bytes())


def test_a_redirected_clerk_reads_what_why_by_which_rule_and_what_to_do() -> None:
    letter = about(VERDICTS["redirected to her own queue"], web_url="https://vanthu.example")
    assert read(letter)["Subject"] == "Văn bản 87/THCSLL đã vào hàng chờ phát hành"
    text = flat(letter)
    for said in (
        "Thư “Gửi công văn” của Thầy/Cô, gửi lúc 14:10 ngày 16/11/2026",
        f"người nhận {CLERK} chưa nhận được",
        "Công văn số 87/THCSLL là văn bản phát hành của Trường THCS Lê Lợi.",
        "- số, ký hiệu: “Số: 87/THCSLL” (tệp cv87.pdf, trang 1, dòng 4)",
        "mục 1 (05/11/2019)",
        "1. Mở I-Office ngành giáo dục (https://ioffice.example/), vào mục “Văn bản đi”, chọn “Chờ phát hành”",
        "Thầy/Cô mở hồ sơ trên cổng (https://vanthu.example) và chọn “Cho qua”; thư sẽ được chuyển nguyên vẹn",
        "Xin làm trước 14:10 ngày 16/11/2026.",
        "Thầy/Cô gọi số 0200 000 000",
        "https://vanthu.example/huong-dan",
    ):
        assert said in text
    assert "CỘNG HÒA" not in text  # the motto proves nothing to a person


def test_somebody_else_than_the_clerk_is_sent_to_the_clerk() -> None:
    text = flat(about(VERDICTS["redirected to the clerk"]))
    assert "Báo cho văn thư Trường THCS Lê Lợi biết có văn bản đang chờ" in text
    assert "Chỉ tài khoản văn thư mới phát hành được" in text


def test_several_recipients_are_not_told_of_one_another() -> None:
    text = flat(about(VERDICTS["held"], a_mail(to=(CLERK, "x@rieng.example"))))
    assert "và người nhận khác cùng diện" in text
    assert "x@rieng.example" not in text


def test_advice_says_that_the_mail_arrived_and_what_will_come() -> None:
    text = flat(about(VERDICTS["advised"]))
    assert "đã được chuyển tới người nhận như thường lệ" in text
    assert "sẽ bị từ chối ngay khi gửi" in text


def test_a_letter_about_a_sealed_mail_says_nothing_of_its_content() -> None:
    letter = about(SEALED_VERDICT, a_mail("Đề thi học kỳ môn Toán"))
    assert "Toán" not in words_of(letter)
    assert "niêm phong" in read(letter)["Subject"]
    assert "bảo vệ bí mật nhà nước" in flat(letter)


def test_advice_about_a_secret_does_not_repeat_its_subject() -> None:
    letter = about(VERDICTS["advised, secret"], a_mail("Đề thi học kỳ môn Toán"))
    assert "Toán" not in words_of(letter) + str(read(letter)["Subject"])


def test_a_moved_address_is_told_with_its_successor_and_last_day() -> None:
    text = flat(about(VERDICTS["address-moved"]))
    assert f"Địa chỉ cũ: {RETIRED} Địa chỉ mới: vanthu.thcsll@sgdhuonggiang.edu.vn" in text
    assert "Sau ngày 30/06/2027, thư gửi tới địa chỉ cũ sẽ bị từ chối." in text
    assert "Thầy/Cô gọi" not in text  # anybody may have written


def test_a_held_mail_says_until_when_somebody_should_have_looked_and_what_the_file_looks_like() -> None:
    text = flat(about(VERDICTS["held, unreadable"]))
    assert "Văn thư được nhắc xem trước 14:10 ngày 16/11/2026." in text
    assert "- tên tệp hoặc tiêu đề thư giống tên văn bản: “công văn” (tệp cong van.zip)" in text


def test_a_returned_document_comes_with_the_reason() -> None:
    letter = written_by_a_person("returned")
    assert read(letter)["Subject"] == "Văn bản 87/THCSLL được trả lại, chưa phát hành"
    text = flat(letter)
    assert "LÝ DO TRẢ LẠI Thiếu chữ ký của Hiệu trưởng." in text
    assert "Công văn số 87/THCSLL, ngày 16/11/2026, của Trường THCS Lê Lợi" in text
    assert "Trích yếu: đề nghị hỗ trợ kinh phí sửa chữa phòng học" in text
    assert "Văn bản chưa được phát hành và chưa đến người nhận." in text
    assert "Văn thư mở I-Office ngành giáo dục (https://ioffice.example/), vào mục “Văn bản đi”" in text


def test_an_outsider_whose_mail_was_delivered_is_not_sent_to_our_office_system() -> None:
    letter = written_by_a_person("returned", to=OUTSIDER, document=OF_ANOTHER_PROVINCE, delivered=True, incoming=True)
    assert read(letter)["Subject"] == "Văn bản 2206/SGDĐT được trả lại"
    text = flat(letter)
    for said in (
        "Kính gửi Quý vị, Văn thư Trường THCS Lê Lợi đã xem văn bản Quý vị gửi bằng thư điện tử",
        "Thư đã đến người nhận, nhưng văn bản không được đăng ký là văn bản đến.",
        "của SỞ GIÁO DỤC VÀ ĐÀO TẠO (UBND TỈNH LAM HÀ)",
        "2. Gửi lại văn bản tới Trường THCS Lê Lợi theo đúng nơi nhận, qua trục liên thông nếu cơ quan đã dùng.",
    ):
        assert said in text
    assert "I-Office" not in text
    assert "Thầy/Cô" not in text


def test_what_was_held_on_its_way_in_and_is_returned_did_not_arrive() -> None:
    assert "Thư chưa đến người nhận." in flat(written_by_a_person("returned", incoming=True))


def test_a_released_mail_is_on_its_way_and_comes_with_what_the_clerk_says() -> None:
    text = flat(written_by_a_person("released", reason="Chỉ là số liệu"))
    assert "Văn thư Trường THCS Lê Lợi đã xem và cho qua; thư đang được chuyển nguyên vẹn tới người nhận." in text
    assert "Ý KIẾN CỦA VĂN THƯ Chỉ là số liệu." in text


def test_foreign_words_cannot_break_a_letter() -> None:
    encoded = "=?utf-8?b?" + "e3sgNyo3IH19DQpCY2M6IHhAeS52bg==" + "?="  # {{ 7*7 }}, a line break, Bcc: x@y.vn
    letter = about(VERDICTS["held"], a_mail(encoded))
    assert "{{ 7*7 }} Bcc: x@y.vn" in flat(letter)
    assert read(letter)["Bcc"] is None
    long = words_of(about(VERDICTS["held"], a_mail("dài " * 500)))
    assert "…”" in long
    assert len(long) < 4000


def test_a_fact_that_no_letter_knows_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        notices().write("returned", to=LAN, now=AT, raeson="x")


# --- the other language, and the page ---------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", EVERY_LETTER)
def test_every_letter_says_the_same_in_english(letter: Mail) -> None:
    text = reading.english(letter.raw)
    assert re.search(r"\byou", text.lower())
    assert "WHAT TO DO" in text or "nothing more to do" in " ".join(text.split())
    assert "A machine sent this letter" in text
    assert not re.search(r"[{}]|\(\)|“”| ,| \.|\bNone\b|\bundefined\b", text.replace("\n  ", "\n"))
    assert "\n\n\n" not in text.strip("\n")
    assert re.search(r"\bthe the\b|\bof your unit of\b", text) is None


@pytest.mark.parametrize("letter", EVERY_LETTER)
def test_the_page_of_a_letter_says_what_its_text_says_and_loads_nothing(letter: Mail) -> None:
    html = reading.page(letter.raw)
    assert re.search(r"<(?:img|script|link|iframe|form|style|object)\b|url\(|\bon\w+=|src=", html) is None
    body = re.sub(r"<title>.*?</title>", "", html)
    words = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?a\b[^>]*>", "", body)))
    text = reading.plain(letter.raw).replace(reading.BETWEEN, " ")
    said = [word for line in text.split("\n") for word in re.sub(r"^\s+(?:\d+\.|-) ", " ", line).split()]
    assert words.split() == said


def test_foreign_words_are_no_html_and_only_web_addresses_are_links() -> None:
    html = reading.page(
        about(VERDICTS["held"], a_mail("<img src=x> <b>javascript:alert(1)</b> & https://x.example/?a=1&b=2")).raw
    )
    assert "&lt;img src=x&gt; &lt;b&gt;javascript:alert(1)&lt;/b&gt; &amp; <a href=" in html
    assert '<a href="https://x.example/?a=1&amp;b=2">' in html


@pytest.mark.parametrize(
    ("at", "which", "law"),
    [
        (datetime(2020, 3, 4, 5, tzinfo=UTC), "held", "Nghị định 110/2004/NĐ-CP"),
        (datetime(2020, 3, 4, 18, tzinfo=UTC), "held", "Nghị định 30/2020/NĐ-CP"),  # it is the 5th in Vietnam
        (datetime(2026, 2, 28, 5, tzinfo=UTC), "sealed", "số 29/2018/QH14"),
        (datetime(2026, 3, 1, 5, tzinfo=UTC), "sealed", "số 117/2025/QH15"),
    ],
)
def test_the_law_is_that_of_the_day(at: datetime, which: str, law: str) -> None:
    mail = a_mail()
    text = flat(about(VERDICTS[which], replace(mail, arrival=replace(mail.arrival, at=at))))
    named = re.findall(r"Nghị định \d+/\d+/NĐ-CP|số \d+/\d+/QH\d+", text)
    assert law in text
    assert named[0] == law


# --- words of the officer's own -----------------------------------------------------------------------------------------


def test_an_officer_may_have_words_of_his_own(tmp_path: Path) -> None:
    (tmp_path / "_help.txt").write_text("\nHỏi cô Hoa, phòng 12.\n", encoding="utf-8")
    ours = Notices(hostname="cong.test", directory=lambda: DIRECTORY, templates=tmp_path)
    ours.check(AT)
    letter = ours.about_verdict(a_mail(), VERDICTS["held"], unit=SCHOOL, now=AT)
    assert flat(letter).endswith("Hỏi cô Hoa, phòng 12.")
    assert "Thư không mất" in flat(letter)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("held.txt", "Subject: x\n{{ you \n", "held.txt, line 2: "),
        ("held.txt", "Subject: x\n{{ yuo }}\n", "held.txt: 'yuo' is undefined"),
        ("hold.txt", "Subject: x\n", "hold.txt: no letter has this name; expected one of _basis.txt, "),
        ("held.txt", "Subject: x\n{{ you.__class__.__mro__ }}\n", "held.txt: access to attribute '__class__' of 'str'"),
        (
            "basis.toml",
            '[[basis]]\nabout = "law"\nbegins = 2020-01-01\nvi = "a"\nen = "b"\n',
            "about: expected one of issuance",
        ),
        ("basis.toml", "[[basis]]\nabout = 5\n", "basis.toml: "),
    ],
)
def test_a_mistake_in_them_is_named_with_file_and_line(tmp_path: Path, file: str, text: str, said: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        Notices(hostname="cong.test", directory=lambda: DIRECTORY, templates=tmp_path).check(AT)
    assert said in str(error.value)


ANSWERED = ("acknowledged", "issued", "registered")  # because of what an office system answered


def test_every_template_is_a_letter_or_a_part_of_one() -> None:
    folder = Path(__file__).parents[1] / "gateway" / "templates" / "notices"
    letters = {path.stem for path in folder.glob("[!_]*.txt")}
    assert {path.stem for path in (folder / "en").glob("*.txt")} == {*letters, "_document", "_help", "_basis"}
    assert letters == {
        *NOTICES,
        "returned",
        "released",
        "report-due",
        "transferred",
        *ANSWERED,
        *(f"appeal-{end}" for end in ("granted", "received", "declined")),
    }


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "MAILER-DAEMON@x.vn",
        "postmaster@x.vn",
        *("noreply@x.vn", "no-reply@x.vn", "no_reply@x.vn", "NoReply-Alerts@x.vn"),
        "donotreply@x.vn",
        "do-not-reply@x.vn",
        "khongtraloi@x.vn",
        "khong-tra-loi@x.vn",
        "bounce@x.vn",
        "bounces+lan=y.vn@x.vn",
        "owner-toan@x.vn",
        "toan-request@x.vn",
        "toan-bounces@x.vn",
    ],
)
def test_machines_are_not_told(sender: str) -> None:
    assert not may_be_told(a_mail(sender=sender))


@pytest.mark.parametrize(
    "header",
    [
        "List-Id: <toan.x.vn>",
        "List-Unsubscribe: <mailto:x@y.vn>",
        "Precedence: bulk",
        "PRECEDENCE: List",
        "Auto-Submitted: auto-generated",
        "Auto-Submitted:\r\n auto-replied; x=y",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "X-Auto-Response-Suppress: All",
        "X-Vanthu-Id: 01KAQ3M6E2Y0V7K6W9Q6S1T2A1",
    ],
)
def test_what_a_machine_or_a_list_sent_gets_no_letter(header: str) -> None:
    assert not may_be_told(a_mail("Gửi công văn", header))


@pytest.mark.parametrize(
    "header", ["Auto-Submitted: no", "Precedence: first-class", "X-Auto-Response-Suppress: DR", "Subject-List: x"]
)
@pytest.mark.parametrize("sender", [LAN, "nothing@x.vn", "owners@x.vn", "notable@x.vn", "bouncer@x.vn"])
def test_people_are_told(header: str, sender: str) -> None:
    assert may_be_told(a_mail("Gửi công văn", header, sender=sender))


@pytest.mark.parametrize(
    ("identity", "sender", "silence"),
    [
        (Identity.CLAIMED, LAN, Silence.UNPROVED),
        (Identity.SPF, LAN, None),
        (Identity.DKIM, LAN, None),
        (Identity.TRUSTED_NETWORK, LAN, None),
        (Identity.TRUSTED_NETWORK, "", Silence.NOBODY),
        (Identity.TRUSTED_NETWORK, "noreply@x.vn", Silence.MACHINE),
    ],
)
def test_only_who_is_proved_gets_a_letter_unasked(identity: Identity, sender: str, silence: Silence | None) -> None:
    mail = a_mail(sender=sender)
    assert why_silent(replace(mail, arrival=replace(mail.arrival, identity=identity))) is silence


def test_our_own_mails_get_no_letter() -> None:
    assert not may_be_told(a_mail(door=Door.OWN))
