"""The mails of the sixty hard cases, with real files: the agencies are in the sample directory, the rest is made up."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import Any

from msgspec.structs import replace

from gateway.model import Regime, Secrecy, Urgency
from tests.world import files, outlook
from tests.world.papers import invent, letter, lookalikes, plain, portable, scan, sheet, signed, word
from tests.world.papers.paper import Copied, Filled, Paper
from tests.world.papers.sheet import Row, Sheet, sheet_of

_HEADS = {
    "SGDHG": ("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "UBND TỈNH HƯƠNG GIANG", "Hương Giang", "SGDĐT", "GIÁM ĐỐC"),
    "PGDCS": ("PHÒNG GIÁO DỤC VÀ ĐÀO TẠO", "UBND HUYỆN CẨM SƠN", "Cẩm Sơn", "PGDĐT", "TRƯỞNG PHÒNG"),
    "THCSLL": ("TRƯỜNG THCS LÊ LỢI", "PHÒNG GDĐT CẨM SƠN", "Cẩm Sơn", "THCSLL", "HIỆU TRƯỞNG"),
    "MNHS": ("TRƯỜNG MẦM NON HOA SEN", "PHÒNG GDĐT CẨM SƠN", "Cẩm Sơn", "MNHS", "HIỆU TRƯỞNG"),
    "THTB1": ("TRƯỜNG TIỂU HỌC THANH BÌNH 1", "PHÒNG GDĐT THANH BÌNH", "Thanh Bình", "THTB1", "HIỆU TRƯỞNG"),
    "MINISTRY": ("BỘ GIÁO DỤC VÀ ĐÀO TẠO", "", "Hà Nội", "BGDĐT", "BỘ TRƯỞNG"),
    "ELSEWHERE": ("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "UBND TỈNH LAM HÀ", "Lam Hà", "SGDĐT", "GIÁM ĐỐC"),
}
_SHORT = {"Công văn": "", "Báo cáo": "BC", "Quyết định": "QĐ", "Giấy mời": "GM", "Công điện": "CĐ", "Kế hoạch": "KH"}


def paper(by: str = "THCSLL", kind: str = "Công văn", number: str = "87", **more: Any) -> Paper:
    """A document of one of the agencies above, with everything on it."""
    agency, superior, place, own, head = _HEADS[by]
    short = _SHORT.get(kind, "")
    base = Paper(
        agency=agency,
        superior=superior,
        number=number,
        symbol=f"{short}-{own}" if short else f"{own}-VP",
        kind=kind,
        on=date(2026, 11, 16),
        place=place,
        subject="đề nghị bổ sung thiết bị dạy học lớp 9" if kind == "Công văn" else "Bổ sung thiết bị dạy học lớp 9",
        addressees=("Phòng Giáo dục và Đào tạo Cẩm Sơn", "Các trường trung học cơ sở"),
        body=(
            "Thực hiện Công văn số 1087/SGDĐT-GDTrH ngày 02 tháng 11 năm 2026, đơn vị đã kiểm kê thiết bị hiện có.",
            "Đề nghị các đơn vị xem xét, phối hợp thực hiện trước ngày 15 tháng 12 năm 2026./.",
        ),
        copies=("Như trên", "Lưu: VT"),
        authority=(head,),
        signer="Trương Văn Phúc",
        seal="red",
        is_signed=True,
    )
    return replace(base, **more)


def pdf(of: Paper) -> bytes:
    """With the signatures of head and agency."""
    return signed.signed(sheet_of(of), agency=of.agency, person=of.signer)


def mail(
    *attachments: tuple[str, bytes], text: str = "Kính gửi anh chị, xem tệp kèm theo ạ.\n", subject: str = "Gửi văn bản"
) -> bytes:
    """A mail with files."""
    return letter.mail(*attachments, text=text, subject=subject)


def page(kind: str) -> bytes:
    """A look-alike as a Word file."""
    return word.docx(lookalikes.make(kind, "sixty"))


def sheet_with(*lines: str) -> Sheet:
    """Nothing but these lines."""
    return Sheet(blocks=tuple(Row(text=line, align="left") for line in lines))


XLSX = files.excel("Số liệu", [["STT", "Trường", "Số lớp"], [1, "Lê Lợi", 12], [2, "Kim Đồng", 15]])
BLANK: dict[str, Any] = {"number_is": Filled.BLANK, "on": None, "seal": "", "is_signed": False}


def issued_by_the_department() -> bytes:
    return mail(("vb.pdf", pdf(paper("SGDHG", number="409"))))


def scan_without_text() -> bytes:
    data = scan.scan(sheet_of(paper(number="2231")), how="one bit")
    return mail(("2231 THCSLL TCCB.pdf", data), subject="CV về thiết bị dạy học")


def draft_for_comments() -> bytes:
    draft = paper("SGDHG", "Kế hoạch", draft="DỰ THẢO", **BLANK)
    return mail(("Du thao.docx", word.docx(sheet_of(draft))), subject="Xin ý kiến góp ý")


def editable_twin() -> bytes:
    return mail(("Ke hoach.docx", word.docx(sheet_of(paper("SGDHG", "Kế hoạch", **BLANK)))))


def written_by_hand() -> bytes:
    by_hand = paper("THCSLL", number_is=Filled.BY_HAND, day_is=Filled.BY_HAND)
    return mail(("scan0001.pdf", scan.scan(sheet_of(by_hand), how="grey")))


def figures_for_a_letter() -> bytes:
    return mail(("Bieu mau so lieu.xlsx", XLSX), subject="Số liệu theo CV 123")


def numbered_report() -> bytes:
    return mail(("bao cao.pdf", pdf(paper(kind="Báo cáo", number="45"))), subject="Báo cáo thiết bị")


def unnumbered_report() -> bytes:
    lines = (
        "BÁO CÁO",
        "Tình hình thiết bị dạy học lớp 9",
        "Số bộ thí nghiệm còn thiếu: 02 bộ.",
        "Người báo cáo: Trương Văn Phúc",
    )
    return mail(("bao cao.docx", word.docx(sheet_with(*lines))), ("so lieu.xlsx", XLSX))


def circular_of_the_ministry() -> bytes:
    circular = paper("MINISTRY", "Thông tư", number="22", symbol="TT-BGDĐT", addressees=())
    data = signed.signed(sheet_of(circular), agency="Cổng Thông tin điện tử Chính phủ")
    return mail(("TT22.signed.pdf", data), text="Gửi thầy cô tham khảo ạ.\n")


def department_letter_passed_on() -> bytes:
    return mail(("CV so 409.pdf", pdf(paper("SGDHG", number="409"))), text="Đề nghị các trường thực hiện.\n", subject="Fwd: CV")


def copy_in_due_form() -> bytes:
    agency, superior, place, own, head = _HEADS["THCSLL"]
    copied = Copied(
        form="Sao y", agency=agency, superior=superior, number=f"05/SY-{own}", place=place, on=date(2026, 11, 20),
        authority=(head,), signer="Trương Văn Phúc",
    )  # fmt: skip
    return mail(("sao y.pdf", pdf(paper("SGDHG", number="409", copied=copied))))


def reply_with_a_quotation() -> bytes:
    quoted = "".join(f"> {line}\n" for line in plain.text(sheet_of(paper("THCSLL"))).splitlines())
    return mail(
        text=f"Em đã nhận được, em cảm ơn chị.\n\nVào ngày 16/11/2026, Văn thư đã viết:\n{quoted}", subject="Re: Công văn 87"
    )


def number_that_is_cited() -> bytes:
    text = "Căn cứ Công văn số 1109/SGDĐT-VP ngày 02/11/2026, trường gửi số liệu như tệp kèm.\nTrân trọng.\n"
    return mail(("so lieu.xlsx", XLSX), text=text)


def typed_into_the_mail() -> bytes:
    return mail(text=plain.text(sheet_of(paper())), subject="Công văn đề nghị")


def notice_of_a_web_page() -> bytes:
    text = (
        "THÔNG BÁO\nvề việc sử dụng phần mềm quản lý văn bản\n\nCăn cứ Quyết định số: 89/QĐ-SGDĐT ngày 12/02/2019 của Sở;\n"
        "Sở Giáo dục và Đào tạo quy định việc gửi, nhận văn bản như sau:\n1. Không sử dụng thư điện tử để phát hành văn bản.\n"
        "2. Các đơn vị thực hiện nghiêm túc nội dung trên./.\n"
    )
    return mail(text=text, subject="Thông báo sử dụng phần mềm")


def twins() -> bytes:
    return mail(("87.pdf", pdf(paper())), ("87.docx", word.docx(sheet_of(paper(**BLANK)))), ("phu luc.xlsx", XLSX))


def _annex() -> Sheet:
    return sheet_with("PHỤ LỤC I", "DANH SÁCH THIẾT BỊ", *(f"{n}. Bộ thí nghiệm số {n}" for n in range(1, 9)))


def signed_annex() -> bytes:
    data = signed.signed(_annex(), agency="Trường THCS Lê Lợi", words=("409/THCSLL-VP; 2026-11-16T08:00:00+07:00",))
    return mail(("Phu luc 1.pdf", data), subject="Bổ sung file")


def unsigned_annex() -> bytes:
    return mail(("Phu luc kem theo CV.xlsx", XLSX), subject="Bổ sung file")


def invitation() -> bytes:
    return mail(("22_GM-SGDDT.pdf", pdf(paper("SGDHG", "Giấy mời", number="22", addressees=("Các trường",)))))


def informal_invitation() -> bytes:
    return mail(text="Kính mời thầy cô dự họp nhóm lúc 14 giờ ngày mai tại phòng hội đồng.\n", subject="Mời họp nhóm")


def storm() -> bytes:
    urgent = paper("SGDHG", "Công điện", number="03", urgency=Urgency.FLASH, subject="Cho học sinh nghỉ học tránh bão số 9")
    return mail(("cong dien.pdf", pdf(urgent)), subject="HỎA TỐC: nghỉ học tránh bão")


def secret() -> bytes:
    return mail(("vb.pdf", pdf(paper("SGDHG", secrecy=Secrecy.CONFIDENTIAL))))


def words_like_secrecy() -> bytes:
    lines = ("BẢO MẬT TÀI KHOẢN", "Thầy cô không chia sẻ mật khẩu; giữ bí mật mã OTP.", "Mật độ dân số xã Mật Sơn: 320 người.")
    form = ("PHIẾU ĐĂNG KÝ", "ĐỘ MẬT: Không", "ĐỘ KHẨN: Thường", "Họ và tên: Lê Thị Lan")
    return mail(("huong dan.docx", word.docx(sheet_with(*lines))), ("phieu.docx", word.docx(sheet_with(*form))))


def lesson_about_secrets() -> bytes:
    return mail(("tai lieu.docx", page("law in a lesson")), ("bai giang.pdf", portable.pdf(lookalikes.make("slides", 1))))


def exam_in_a_locked_archive() -> bytes:
    data = files.locked_zip("de.docx", page("exam"), password="123456")  # noqa: S106 - of a made-up archive
    return mail(("HSG9.zip", data), subject="Đề thi HSG và đáp án môn Toán")


def of_the_party() -> bytes:
    party = invent.party_paper("sixty")
    cell = replace(
        party, agency="ĐẢNG BỘ TRƯỜNG THCS LÊ LỢI", superior="HUYỆN ỦY CẨM SƠN", symbol="KH/ĐU", number="12", seal="red"
    )
    return mail(("KH.docx", word.docx(sheet_of(cell))))


def of_the_union() -> bytes:
    return mail(("CD.docx", word.docx(sheet_of(replace(invent.union_paper("sixty"), number="15")))))


def of_the_youth() -> bytes:
    youth = paper(agency="BAN CHẤP HÀNH ĐOÀN TRƯỜNG", superior="HUYỆN ĐOÀN CẨM SƠN", symbol="CV/ĐTN", regime=Regime.YOUTH,
                  authority=("TM. BAN CHẤP HÀNH", "BÍ THƯ"))  # fmt: skip
    return mail(("doan.docx", word.docx(sheet_of(youth))))


def to_the_department() -> bytes:
    return mail(("cv.pdf", pdf(paper(addressees=("Sở Giáo dục và Đào tạo Hương Giang",)))))


def plain_words() -> bytes:
    return mail(text="Chào anh, cuối tuần này tôi gửi số liệu nhé.\n", subject="Hỏi thăm")


def sent_once_more() -> bytes:
    return mail(("87.pdf", pdf(paper())), text="Em gửi lại qua mail cho kịp vì bên chị chưa nhận được.\n", subject="Gửi lại")


def photo() -> bytes:
    data = scan.scan(sheet_of(paper(number="88")), how="slanted photo", form="jpg")
    return mail(("z4567123456789.jpg", data), text="Em gửi ảnh chụp ạ.\n", subject="Gửi công văn")


def link() -> bytes:
    text = "Kính gửi các trường, CV 123/THCSLL và phụ lục tại link: https://drive.google.com/file/d/1AbCdEf/view\n"
    return mail(text=text, subject="Công văn 123 và phụ lục")


def locked_archive() -> bytes:
    data = files.locked_zip("87.pdf", pdf(paper()), password="123456")  # noqa: S106 - of a made-up archive
    return mail(("van ban.zip", data), text="Mật khẩu: 123456\n", subject="Công văn gửi Phòng")


def old_encoding_in_word() -> bytes:
    return mail(("cv.docx", word.docx(sheet_of(paper()), font="TCVN3")))


def old_encoding_in_the_body() -> bytes:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Cong van"
    message.set_content(plain.file(sheet_of(paper()), encoding="TCVN3"), maintype="text", subtype="plain", cte="base64")
    del message["Content-Disposition"]
    return message.as_bytes()


def without_marks() -> bytes:
    text = "Kinh gui: So GD-DT. So 12/BC-THCS, truong em gui so lieu nhu file kem.\nNguoi gui: co Lan\n"
    return mail(("so lieu.xlsx", XLSX), text=text, subject="So lieu")


def three_mails_deep() -> bytes:
    inner = mail(("87.pdf", pdf(paper())))
    return mail(("thu2.eml", mail(("thu1.eml", inner), subject="Fwd: 2")), subject="Fwd: 3")


def winmail() -> bytes:
    return mail(("winmail.dat", outlook.tnef("Gửi văn bản", files=[("87.pdf", pdf(paper()))])))


def personal_papers() -> bytes:
    kinds = ("lesson plan", "initiative", "application", "resume", "praise")
    return mail(*((f"{number}.docx", page(kind)) for number, kind in enumerate(kinds)))


def empty_form() -> bytes:
    return mail(("Mau bao cao.docx", page("form")))


def minutes() -> bytes:
    found = paper(kind="Biên bản", number="01", symbol="BB-THCSLL", subject="Họp hội đồng sư phạm", addressees=(), copies=())
    return mail(("BB.pdf", pdf(found)))


def of_companies() -> bytes:
    return mail(("hop dong.docx", page("contract")), ("bao gia.docx", page("quotation")))


def of_another_province() -> bytes:
    return mail(("cv.pdf", pdf(paper("ELSEWHERE", addressees=("Sở Giáo dục và Đào tạo tỉnh Hương Giang",)))))


def complaint() -> bytes:
    lines = (
        *(sheet.NATION, "Độc lập - Tự do - Hạnh phúc", "ĐƠN KHIẾU NẠI", "Kính gửi: Sở Giáo dục và Đào tạo Hương Giang"),
        "Tôi tên là: Lý Thị Mai, trú tại xã An Khê. Tôi khiếu nại việc tuyển sinh lớp 6.",
        "Người làm đơn: Lý Thị Mai",
    )
    return mail(("don.docx", word.docx(sheet_with(*lines))), subject="Đơn khiếu nại")


def notification() -> bytes:
    return mail(("409.pdf", pdf(paper("SGDHG"))), text="Bạn có văn bản đến số 409/SGDĐT-VP.\n", subject="Văn bản đến")


def recalled_in_words() -> bytes:
    return mail(
        text="Đề nghị các trường không thực hiện Công văn 123, chúng tôi sẽ gửi lại.\n",
        subject="Thu hồi Công văn số 123/THCSLL",
    )


def correction_in_due_form() -> bytes:
    subject = "đính chính Công văn số 80/THCSLL-VP ngày 02 tháng 11 năm 2026"
    return mail(("dinh chinh.pdf", pdf(paper(subject=subject))), subject="Đính chính")


@cache
def _of_46() -> bytes:
    return pdf(paper(number="91"))


def to_groups(number: int) -> bytes:
    """The same file to one group after the other."""
    return mail(("91.pdf", _of_46()), subject=f"Công văn gửi nhóm {number}")


def evidence_of_years() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for n in range(1, 7):
            old = paper(kind="Báo cáo", number=f"{40 + n}", on=date(2019, 5, n))
            archive.writestr(zipfile.ZipInfo(f"H1-1.{n}-01.pdf"), portable.pdf(sheet_of(old)))
    return mail(("Minh chung tieu chuan 1.zip", out.getvalue()), subject="Minh chứng kiểm định chất lượng")


def broken_signature() -> bytes:
    return mail(("87.pdf", signed.broken(pdf(paper()))))


def on_its_round() -> bytes:
    data = signed.signed(sheet_of(paper(number_is=Filled.BLANK, seal="")), person="Trương Văn Phúc")
    return mail(("trinh ky.pdf", data), subject="Trình ký")


def of_a_merged_school() -> bytes:
    return mail(("12.pdf", pdf(paper("THTB1", number="12", on=date(2025, 8, 11)))))


def encrypted() -> bytes:
    # CMS EnvelopedData (RFC 5652 section 6): the object identifier and version are all that can be read of it.
    enveloped = bytes.fromhex("3080 06092a864886f70d010703 a080 3080 020100".replace(" ", "")) + bytes(400)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Gửi chị"
    message.set_content(enveloped, maintype="application", subtype="pkcs7-mime", filename="smime.p7m", cte="base64")
    return message.as_bytes()


def how_to_write_letters() -> bytes:
    example = paper(agency="TRƯỜNG THCS ABC", superior="PHÒNG GDĐT XYZ", number="15", symbol="XYZ-VP", signer="Nguyễn Văn A")
    return mail(("vi du.docx", word.docx(sheet_of(example))), text="Test gửi văn bản.\n", subject="test gửi văn bản")


def leave_slip() -> bytes:
    slip = paper(kind="Giấy nghỉ phép", number="07", symbol="GNP-THCSLL", subject="Cấp cho bà Lê Thị Lan", addressees=())
    return mail(("GNP.docx", word.docx(sheet_of(slip))))


def plan_of_a_group() -> bytes:
    return mail(("KH to Toan.docx", page("plan of a group")))


def personal_decision() -> bytes:
    decision = paper(kind="Quyết định", number="61", subject="Về việc nâng bậc lương thường xuyên đối với viên chức",
                     enacted_by="HIỆU TRƯỞNG TRƯỜNG THCS LÊ LỢI", addressees=())  # fmt: skip
    return mail(("QD nang luong.pdf", scan.scan(sheet_of(decision), how="office")))


def of_a_nursery() -> bytes:
    return mail(("19.pdf", pdf(paper("MNHS", number="19"))))


def late_in_a_thread() -> bytes:
    text = "Em gửi bản đã ký ạ.\n\n> Em gửi dự thảo nhờ anh chị góp ý.\n>> Vâng, gửi giúp em.\n"
    return mail(("ban ky.pdf", pdf(paper())), text=text, subject="Re: Re: Re: xin ý kiến dự thảo")


def habitual_subject() -> bytes:
    return mail(("bao cao.xlsx", XLSX), subject="V/v nộp báo cáo thiết bị")


def newsletter_with_seal() -> bytes:
    page_ = replace(lookalikes.make("newsletter", "sixty"), paper=None)
    return mail(("ban tin.pdf", scan.scan(page_, how="office")), subject="Bản tin")


def file_named_like_a_document() -> bytes:
    return mail(("CV 123 SGD.pdf", portable.pdf(lookalikes.make("initiative", "sixty"))))
