"""Whole letters as people in a department, its divisions and its schools send them: complete mails as bytes, with CRLF."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP

from gateway.model import Value
from tests.world import official
from tests.world.files import excel, locked_zip, word
from tests.world.pdf import signed_pdf

OURS = "sgdhuonggiang.edu.vn"

DEPARTMENT_CLERK = ("Văn thư Sở GDĐT Hương Giang", f"vanthu@{OURS}")
SPECIALIST = ("Chuyên viên Minh", f"cv.minh@{OURS}")
DIVISION_CLERK = ("Văn thư Phòng GDĐT Cẩm Sơn", f"vanthu.pgdcs@{OURS}")
SCHOOL_CLERK = ("Văn thư Trường THCS Lê Lợi", f"vanthu.thcsll@{OURS}")
TEACHER = ("Cô Lan - THCS Lê Lợi", f"gv.lan.thcsll@{OURS}")
REPORTS = ("Hộp thư nhận báo cáo", f"baocao@{OURS}")
NURSERY = ("Trường Mầm non Hoa Sen", f"mn.hoasen@{OURS}")
RETIRED_SCHOOL = ("Trường THCS Lê Lợi", "c2leloi.camson.huonggiang@moet.edu.vn")
OTHER_PROVINCE = ("Văn thư Sở GDĐT Lam Hà", "vanthu@sgdlamha.edu.vn")

_VIETNAM = timedelta(hours=7)

type_of = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Attachment(Value):
    """A file in a mail."""

    name: str
    data: bytes


Person = tuple[str, str]  # name and address


def letter(
    *,
    sender: Person,
    to: Sequence[Person],
    subject: str,
    text: str,
    at: datetime,
    attachments: Sequence[Attachment] = (),
    html: str = "",
    in_reply_to: str = "",
) -> bytes:
    """A complete mail, the same bytes on every run; ``at`` is in UTC, the Date field shows Vietnamese time."""
    name = hashlib.sha256(f"{sender[1]} {at} {subject}".encode()).hexdigest()[:20]
    fields = [
        f"From: {_address(sender)}",
        "To: " + ",\r\n ".join(_address(person) for person in to),
        f"Subject: {_encoded(subject)}",
        f"Date: {at + _VIETNAM:%a, %d %b %Y %H:%M:%S} +0700",
        f"Message-ID: <{name}@{sender[1].partition('@')[2]}>",
        *([f"In-Reply-To: {in_reply_to}", f"References: {in_reply_to}"] if in_reply_to else []),
    ]
    mail = EmailMessage(policy=SMTP)
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    for attachment in attachments:
        main, _, sub = _media(attachment.name).partition("/")
        mail.add_attachment(attachment.data, maintype=main, subtype=sub, filename=attachment.name)
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"----=_{name}_{number}")
    return "".join(f"{field}\r\n" for field in fields).encode() + mail.as_bytes()


def _address(person: Person) -> str:
    return f"{_encoded(person[0])} <{person[1]}>"


def _encoded(text: str) -> str:
    """Encoded words, split between letters (RFC 2047): EmailMessage loses the blank where it folds two of them."""
    return Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _media(name: str) -> str:
    end = name[name.rfind(".") :].lower()
    return type_of.get(end) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _on(day: int, hour: int, minute: int) -> datetime:
    """A moment in November 2026, in Vietnamese time."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - _VIETNAM


def _sign_time(day: int, hour: int, minute: int) -> datetime:
    return _on(day, hour, minute) + _VIETNAM


# --- What goes on by mail ---------------------------------------------------------------------------------------------


def figures_of_a_school() -> bytes:
    """A report: figures in an Excel file."""
    rows: list[list[str | int]] = [
        ["TRƯỜNG THCS LÊ LỢI"],
        ["BÁO CÁO SỐ LIỆU HỌC SINH ĐẦU NĂM HỌC 2026-2027"],
        ["TT", "Khối", "Số lớp", "Số học sinh", "Nữ", "Dân tộc", "Ghi chú"],
        [1, "Khối 6", 4, 158, 76, 12, ""],
        [2, "Khối 7", 4, 149, 80, 9, ""],
        [3, "Khối 8", 3, 121, 58, 11, "01 học sinh chuyển đến trong tháng 10"],
        [4, "Khối 9", 3, 117, 61, 8, ""],
        ["", "Cộng", 14, 545, 275, 40, ""],
    ]
    return letter(
        sender=TEACHER,
        to=[SPECIALIST],
        subject="Báo cáo số liệu học sinh đầu năm học 2026-2027 - THCS Lê Lợi",
        at=_on(16, 8, 12),
        text="Kính gửi anh Minh,\n\nEm gửi anh số liệu học sinh đầu năm của trường theo biểu mẫu. Nhờ anh kiểm tra giúp em.\n\n"
        "Em cảm ơn anh.\nLan\n",
        attachments=[Attachment(name="THCS Lê Lợi - số liệu đầu năm.xlsx", data=excel("Số liệu", rows))],
    )


def summary_of_a_division() -> bytes:
    """A report that cites the document it answers; only the cited document has a number."""
    rows: list[list[str | int]] = [
        ["PHÒNG GIÁO DỤC VÀ ĐÀO TẠO CẨM SƠN"],
        ["TỔNG HỢP NHU CẦU THIẾT BỊ DẠY HỌC TỐI THIỂU LỚP 9"],
        ["TT", "Trường", "Bộ quang học", "Bộ đo điện", "Máy chiếu", "Tổng", "Ghi chú"],
        [1, "Trường THCS Lê Lợi", 2, 4, 1, 7, ""],
        [2, "Trường THCS Trần Hưng Đạo", 1, 2, 1, 4, "Đã có 01 máy chiếu cũ"],
        ["", "Cộng", 3, 6, 2, 11, ""],
    ]
    return letter(
        sender=DIVISION_CLERK,
        to=[SPECIALIST],
        subject="V/v gửi bảng tổng hợp nhu cầu thiết bị lớp 9 (PGD Cẩm Sơn)",
        at=_on(17, 15, 40),
        text="Kính gửi: Phòng Giáo dục Trung học,\n\nCăn cứ Công văn số 1087/SGDĐT-GDTrH ngày 02/11/2026 của Sở về việc rà "
        "soát thiết bị dạy học, Phòng GDĐT Cẩm Sơn gửi bảng tổng hợp số liệu (file Excel kèm theo).\n\nTrân trọng.\n",
        attachments=[Attachment(name="Tong hop thiet bi lop 9 - PGD Cam Son.xlsx", data=excel("Tổng hợp", rows))],
    )


def report_that_guidance_asked_for() -> bytes:
    """A numbered and sealed report, sent to the mailbox that a guiding document opened for it: a reporting campaign."""
    return letter(
        sender=SCHOOL_CLERK,
        to=[REPORTS],
        subject="THCS Lê Lợi - Báo cáo tự đánh giá chất lượng",
        at=_on(19, 14, 20),
        text="Kính gửi Sở,\n\nTrường THCS Lê Lợi gửi báo cáo tự đánh giá theo Công văn số 1109/SGDĐT-KTKĐ.\n\nTrân trọng.\n",
        attachments=[Attachment(name="45-BC-THCSLL.docx", data=word(official.self_assessment(), sealed=True))],
    )


def draft_for_comments() -> bytes:
    """A draft that is sent round for comments: number, date and signature are blank."""
    return letter(
        sender=SPECIALIST,
        to=[DIVISION_CLERK, TEACHER],
        subject="Xin ý kiến góp ý dự thảo Kế hoạch Ngày hội đọc sách 2027",
        at=_on(17, 9, 5),
        text="Kính gửi các anh chị,\n\nEm gửi dự thảo lần 2 Kế hoạch tổ chức Ngày hội đọc sách. Mong các anh chị góp ý trực "
        "tiếp vào file, gửi lại cho em trước ngày 30/11.\n\nEm cảm ơn.\nMinh\n",
        attachments=[Attachment(name="Dự thảo KH Ngày hội đọc sách (lần 2).docx", data=word(official.draft_plan()))],
    )


def form_to_fill_in() -> bytes:
    """A template with dotted blanks."""
    return letter(
        sender=SPECIALIST,
        to=[SCHOOL_CLERK],
        subject="Gửi mẫu báo cáo Ngày hội đọc sách",
        at=_on(18, 10, 0),
        text="Chào các trường,\n\nGửi các trường mẫu báo cáo để điền sau ngày hội.\n\nMinh\n",
        attachments=[Attachment(name="Mau bao cao ngay hoi doc sach.docx", data=word(official.template()))],
    )


def thread_with_a_quotation() -> bytes:
    """An answer below which a whole công văn is quoted."""
    quoted = [
        "Vào 14:02 Th 6, 13 thg 11, 2026 Văn thư Sở GDĐT Hương Giang đã viết:",
        "> SỞ GIÁO DỤC VÀ ĐÀO TẠO        CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        ">      HƯƠNG GIANG                   Độc lập - Tự do - Hạnh phúc",
        "> Số: 1142/SGDĐT-GDTrH          Hương Giang, ngày 13 tháng 11 năm 2026",
        "> V/v hướng dẫn tổ chức kiểm tra, đánh giá cuối học kỳ I",
        ">",
        "> Kính gửi: Phòng Giáo dục và Đào tạo các huyện; Các trường trung học phổ thông.",
        "> Để việc kiểm tra, đánh giá cuối học kỳ I được tổ chức thống nhất, Sở hướng dẫn như sau: …/.",
        ">",
        "> Nơi nhận:                                     KT. GIÁM ĐỐC",
        "> - Như trên;                                   PHÓ GIÁM ĐỐC",
        "> - Lưu: VT, GDTrH.                             Đặng Quốc Hưng",
    ]
    return letter(
        sender=TEACHER,
        to=[SPECIALIST],
        subject="Re: V/v hướng dẫn kiểm tra cuối học kỳ I",
        at=_on(16, 20, 31),
        text="Anh Minh ơi, cho em hỏi: môn Giáo dục thể chất có phải nộp ma trận đề không ạ?\n\nEm cảm ơn anh.\nLan\n\n"
        + "\n".join(quoted)
        + "\n",
        in_reply_to="<8c1f0a52d7@sgdhuonggiang.edu.vn>",
    )


def guidance_passed_on_for_information() -> bytes:
    """A document of the Department that a school passes on to a teacher for information: not an issuance of the school."""
    return letter(
        sender=SCHOOL_CLERK,
        to=[TEACHER],
        subject="Fwd: Hướng dẫn kiểm tra cuối học kỳ I (để biết)",
        at=_on(14, 7, 50),
        text="Gửi các thầy cô hướng dẫn của Sở để biết và chuẩn bị.\n\nVăn phòng nhà trường\n",
        attachments=[
            Attachment(
                name="1142-SGDDT-GDTrH.pdf",
                data=signed_pdf(official.guidance(), agency="Sở Giáo dục và Đào tạo Hương Giang", at=_sign_time(13, 13, 48)),
            )
        ],
    )


def plain_question() -> bytes:
    """A mail without any part that could carry a document."""
    return letter(
        sender=TEACHER,
        to=[SPECIALIST],
        subject="Hỏi lịch tập huấn",
        at=_on(19, 11, 3),
        text="Chào anh Minh,\n\nLớp tập huấn tuần sau bắt đầu lúc mấy giờ ạ?\n\nLan\n",
    )


# --- Issuances ----------------------------------------------------------------------------------------------------------


def decision_of_the_department() -> bytes:
    """A signed decision as PDF, from the account of the Department's clerk."""
    return letter(
        sender=DEPARTMENT_CLERK,
        to=[DIVISION_CLERK, ("Văn thư Trường THPT Nguyễn Huệ", f"vanthu.thptnh@{OURS}")],
        subject="Quyết định thành lập Hội đồng chấm thi HSG lớp 9",
        at=_on(18, 15, 22),
        text="Kính gửi các đơn vị,\n\nVăn thư Sở gửi Quyết định số 518/QĐ-SGDĐT ngày 18/11/2026 để thực hiện.\n\nTrân trọng.\n",
        html="<p>Kính gửi các đơn vị,</p><p>Văn thư Sở gửi <b>Quyết định số 518/QĐ-SGDĐT</b> ngày 18/11/2026 để thực hiện.</p>"
        "<p>Trân trọng.</p>",
        attachments=[
            Attachment(
                name="518-QĐ-SGDĐT.signed.pdf",
                data=signed_pdf(official.decision(), agency="Sở Giáo dục và Đào tạo Hương Giang", at=_sign_time(18, 15, 4)),
            )
        ],
    )


def letter_of_a_school(*, sender: Person = SCHOOL_CLERK, number: str = "87", day: int = 16) -> bytes:
    """A công văn as a Word file with number, date, signature and seal, from the clerk's account or from somebody else's."""
    paper = word(official.school_letter(number=number), sealed=True)
    return letter(
        sender=sender,
        to=[DIVISION_CLERK],
        subject="Công văn đề nghị bổ sung thiết bị dạy học lớp 9",
        at=_on(day, 16, 45),
        text="Kính gửi: Phòng GDĐT Cẩm Sơn,\n\nTrường THCS Lê Lợi gửi công văn đề nghị bổ sung thiết bị (file kèm theo).\n\n"
        "Trân trọng.\n",
        attachments=[Attachment(name=f"CV {number} de nghi bo sung thiet bi.docx", data=paper)],
    )


def urgent_invitation() -> bytes:
    """An invitation to a meeting tomorrow, stamped KHẨN."""
    return letter(
        sender=DIVISION_CLERK,
        to=[SCHOOL_CLERK, NURSERY],
        subject="GIẤY MỜI HỌP KHẨN - phòng chống bão",
        at=_on(19, 16, 58),
        text="Kính gửi các trường,\n\nPhòng GDĐT gửi Giấy mời họp khẩn số 34/GM-PGDĐT. Đề nghị các trường dự họp đúng giờ.\n",
        attachments=[
            Attachment(
                name="34-GM-PGDDT.pdf",
                data=signed_pdf(official.invitation(), agency="Phòng Giáo dục và Đào tạo Cẩm Sơn", at=_sign_time(19, 16, 40)),
            )
        ],
    )


def letter_of_a_nursery() -> bytes:
    """A công văn of a unit that has no clerk account yet."""
    return letter(
        sender=NURSERY,
        to=[DIVISION_CLERK],
        subject="Xin phép cho trẻ nghỉ học để sửa bếp ăn",
        at=_on(17, 10, 27),
        text="Kính gửi Phòng GDĐT Cẩm Sơn,\n\nTrường Mầm non Hoa Sen gửi công văn xin phép (đính kèm).\n\nTrân trọng.\n",
        attachments=[Attachment(name="CV 19 MN Hoa Sen.docx", data=word(official.nursery_letter(), sealed=True))],
    )


def letter_from_another_province() -> bytes:
    """A công văn of an agency that the rule does not bind, addressed to the Department."""
    return letter(
        sender=OTHER_PROVINCE,
        to=[DEPARTMENT_CLERK],
        subject="V/v phối hợp tổ chức giao lưu học sinh THPT hai tỉnh",
        at=_on(18, 9, 33),
        text="Kính gửi: Sở Giáo dục và Đào tạo tỉnh Hương Giang,\n\nSở GDĐT tỉnh Lam Hà trân trọng gửi Công văn số "
        "2206/SGDĐT-CTTT.\n\nTrân trọng.\n",
        attachments=[
            Attachment(
                name="2206_SGDĐT_CTTT.pdf",
                data=signed_pdf(
                    official.letter_of_another_province(),
                    agency="Sở Giáo dục và Đào tạo Lam Hà",
                    at=_sign_time(17, 17, 12),
                    province="Tỉnh Lam Hà",
                ),
            )
        ],
    )


# --- What needs a person ------------------------------------------------------------------------------------------------


def secret_document() -> bytes:
    """A document with a secrecy stamp, which nobody should have mailed."""
    return letter(
        sender=SPECIALIST,
        to=[DEPARTMENT_CLERK],
        subject="Báo cáo công tác năm",
        at=_on(13, 17, 20),
        text="Em gửi chị file báo cáo để chị vào sổ.\n\nMinh\n",
        attachments=[
            Attachment(
                name="BC nam 2026.pdf",
                data=signed_pdf(
                    official.secret_report(), agency="Sở Giáo dục và Đào tạo Hương Giang", at=_sign_time(12, 16, 5)
                ),
            )
        ],
    )


def locked_archive() -> bytes:
    """A ZIP with a password, named like a document."""
    paper = word(official.school_letter(number="91"), sealed=True)
    return letter(
        sender=TEACHER,
        to=[DIVISION_CLERK],
        subject="Gửi công văn số 91",
        at=_on(20, 8, 15),
        text="Kính gửi Phòng,\n\nTrường gửi công văn số 91/THCSLL, mật khẩu mở file gửi qua tin nhắn.\n",
        attachments=[
            Attachment(
                name="91-THCSLL de nghi.zip",
                data=locked_zip("91-THCSLL de nghi.docx", paper, password="Camson-2026"),  # noqa: S106 - in a made-up letter
            )
        ],
    )


def letter_to_a_retired_address() -> bytes:
    """A mail from outside to an address at the Ministry's mail system that is no longer used."""
    return letter(
        sender=("Thư viện tỉnh Hương Giang", "lienhe@thuvien-huonggiang.example"),
        to=[RETIRED_SCHOOL],
        subject="Mời nhà trường tham gia chuyến xe thư viện lưu động",
        at=_on(19, 9, 9),
        text="Kính gửi Trường THCS Lê Lợi,\n\nThư viện tỉnh dự kiến đưa xe thư viện lưu động đến trường vào tuần đầu tháng 12. "
        "Nhà trường cho biết ngày nào thuận tiện.\n\nTrân trọng.\nThư viện tỉnh Hương Giang\n",
    )
