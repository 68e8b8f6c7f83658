"""Made-up official documents as values, in the form of Decree 30/2020/NĐ-CP, appendix I; files.py and pdf.py put them on paper.

Nobody and nothing in them exists: the province Hương Giang, its department, its schools, the people, the numbers.
"""

from __future__ import annotations

from datetime import date

from gateway.model import Value


class Official(Value):
    """What stands in the boxes of appendix I.  An empty number or no date is printed as the blank that a draft has."""

    superior: tuple[str, ...]  # box 2, the body above, in lines
    issuer: tuple[str, ...]  # box 2, in lines
    number: str  # box 3; "" is a blank
    symbol: str
    place: str  # box 4
    issued_on: date | None
    subject: str  # box 5a or 5b, without "V/v"
    kind: str = ""  # box 5a; "" is a công văn
    addressees: tuple[str, ...] = ()  # box 9a
    enacted_by: str = ""  # of a decision: "GIÁM ĐỐC SỞ …", above the grounds; then "QUYẾT ĐỊNH:" stands below them
    grounds: tuple[str, ...] = ()  # "Căn cứ …;", in italics
    body: tuple[str, ...] = ()  # box 6
    copies: tuple[str, ...] = ()  # box 9b
    authority: tuple[str, ...] = ()  # box 7a, in lines: "KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"
    signer: str = ""  # box 7b
    stamp: str = ""  # boxes 10a and 10b: "MẬT", "KHẨN"
    remark: str = ""  # "DỰ THẢO …", above everything

    @property
    def number_line(self) -> str:
        """Box 3 as it is printed."""
        return f"Số: {self.number or '     '}/{self.symbol}"

    @property
    def date_line(self) -> str:
        """Box 4 as it is printed; days below ten and the first two months get a zero."""
        on = self.issued_on
        if on is None:
            return f"{self.place}, ngày     tháng     năm 2026"
        month = f"{on.month:02}" if on.month < 3 else str(on.month)
        return f"{self.place}, ngày {on.day:02} tháng {month} năm {on.year}"

    @property
    def title_lines(self) -> tuple[str, ...]:
        """Box 5a: name of the kind, and what it is about; empty for a công văn."""
        return (self.kind.upper(), self.subject) if self.kind else ()


NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"

DEPARTMENT = (("UBND TỈNH HƯƠNG GIANG",), ("SỞ GIÁO DỤC VÀ ĐÀO TẠO",))
DIVISION = (("UBND HUYỆN CẨM SƠN",), ("PHÒNG GIÁO DỤC VÀ ĐÀO TẠO",))
SCHOOL = (("PHÒNG GDĐT CẨM SƠN",), ("TRƯỜNG THCS LÊ LỢI",))
NURSERY = (("PHÒNG GDĐT CẨM SƠN",), ("TRƯỜNG MẦM NON HOA SEN",))
ANOTHER_PROVINCE = (("UBND TỈNH LAM HÀ",), ("SỞ GIÁO DỤC VÀ ĐÀO TẠO",))


def school_letter(*, number: str = "87", symbol: str = "THCSLL", on: date | None = date(2026, 11, 16)) -> Official:
    """A công văn of the school Lê Lợi to its division."""
    superior, issuer = SCHOOL
    return Official(
        superior=superior,
        issuer=issuer,
        number=number,
        symbol=symbol,
        place="Cẩm Sơn",
        issued_on=on,
        subject="đề nghị bổ sung thiết bị dạy học tối thiểu lớp 9 năm học 2026-2027",
        addressees=("Phòng Giáo dục và Đào tạo Cẩm Sơn",),
        body=(
            "Thực hiện Công văn số 1087/SGDĐT-GDTrH ngày 02 tháng 11 năm 2026 của Sở Giáo dục và Đào tạo Hương Giang về việc "
            "rà soát thiết bị dạy học tối thiểu cấp trung học cơ sở, Trường THCS Lê Lợi đã kiểm kê thiết bị hiện có của "
            "khối lớp 9.",
            "Qua kiểm kê, nhà trường còn thiếu 02 bộ thí nghiệm quang học, 04 bộ dụng cụ đo điện và 01 máy chiếu. Số thiết bị "
            "này cần cho các bài thực hành của học kỳ II.",
            "Trường THCS Lê Lợi đề nghị Phòng Giáo dục và Đào tạo Cẩm Sơn xem xét, bổ sung trước ngày 15 tháng 12 năm 2026./.",
        ),
        copies=("Như trên", "Tổ Khoa học tự nhiên (để biết)", "Lưu: VT"),
        authority=("HIỆU TRƯỞNG",),
        signer="Trương Văn Phúc",
    )


def nursery_letter() -> Official:
    """A công văn of the nursery Hoa Sen, which has no clerk account yet."""
    superior, issuer = NURSERY
    return Official(
        superior=superior,
        issuer=issuer,
        number="19",
        symbol="MNHS",
        place="Cẩm Sơn",
        issued_on=date(2026, 11, 17),
        subject="xin phép cho trẻ nghỉ học để sửa chữa bếp ăn",
        addressees=("Phòng Giáo dục và Đào tạo Cẩm Sơn",),
        body=(
            "Bếp ăn của Trường Mầm non Hoa Sen bị dột sau đợt mưa vừa qua và cần sửa chữa gấp để bảo đảm an toàn thực phẩm.",
            "Nhà trường kính đề nghị Phòng Giáo dục và Đào tạo Cẩm Sơn cho phép trẻ nghỉ học hai ngày, từ ngày 26 đến hết ngày "
            "27 tháng 11 năm 2026. Nhà trường đã thông báo và được cha mẹ trẻ đồng thuận./.",
        ),
        copies=("Như trên", "Lưu: VT"),
        authority=("HIỆU TRƯỞNG",),
        signer="Võ Thị Hồng Nhung",
    )


def decision() -> Official:
    """A decision of the Department."""
    superior, issuer = DEPARTMENT
    return Official(
        superior=superior,
        issuer=issuer,
        number="518",
        symbol="QĐ-SGDĐT",
        place="Hương Giang",
        issued_on=date(2026, 11, 18),
        kind="Quyết định",
        subject="Về việc thành lập Hội đồng chấm thi chọn học sinh giỏi cấp tỉnh lớp 9 năm học 2026-2027",
        enacted_by="GIÁM ĐỐC SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG GIANG",
        grounds=(
            "Căn cứ Quyết định số 21/2022/QĐ-UBND ngày 15 tháng 8 năm 2022 của Ủy ban nhân dân tỉnh Hương Giang quy định chức "
            "năng, nhiệm vụ, quyền hạn và cơ cấu tổ chức của Sở Giáo dục và Đào tạo;",
            "Căn cứ Kế hoạch số 77/KH-SGDĐT ngày 12 tháng 10 năm 2026 của Sở Giáo dục và Đào tạo về tổ chức kỳ thi chọn học "
            "sinh giỏi cấp tỉnh;",
            "Theo đề nghị của Trưởng phòng Khảo thí và Quản lý chất lượng giáo dục.",
        ),
        body=(
            "Điều 1. Thành lập Hội đồng chấm thi chọn học sinh giỏi cấp tỉnh lớp 9 năm học 2026-2027 gồm các ông, bà có tên "
            "trong danh sách kèm theo.",
            "Điều 2. Hội đồng chấm thi làm việc từ ngày 07 đến ngày 11 tháng 12 năm 2026 tại Trường THPT Nguyễn Huệ và tự giải "
            "thể sau khi hoàn thành nhiệm vụ.",
            "Điều 3. Quyết định này có hiệu lực kể từ ngày ký.",
            "Điều 4. Chánh Văn phòng Sở, Trưởng phòng Khảo thí và Quản lý chất lượng giáo dục, Trưởng các phòng giáo dục và "
            "đào tạo và các ông, bà có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này./.",
        ),
        copies=("Như Điều 4", "Các phòng GDĐT", "Trường THPT Nguyễn Huệ", "Lưu: VT, KTQLCL"),
        authority=("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"),
        signer="Đặng Quốc Hưng",
    )


def invitation() -> Official:
    """An urgent invitation of the division to its schools."""
    superior, issuer = DIVISION
    return Official(
        superior=superior,
        issuer=issuer,
        number="34",
        symbol="GM-PGDĐT",
        place="Cẩm Sơn",
        issued_on=date(2026, 11, 19),
        kind="Giấy mời",
        subject="Họp khẩn về việc bảo đảm an toàn trường học trước bão",
        stamp="KHẨN",
        addressees=("Hiệu trưởng các trường mầm non, tiểu học, trung học cơ sở trên địa bàn huyện",),
        body=(
            "Phòng Giáo dục và Đào tạo Cẩm Sơn trân trọng kính mời Hiệu trưởng các trường dự họp:",
            "1. Nội dung: phương án bảo đảm an toàn cho học sinh, cơ sở vật chất và hồ sơ trước bão.",
            "2. Thời gian: 07 giờ 30 phút ngày 20 tháng 11 năm 2026 (thứ Sáu).",
            "3. Địa điểm: phòng họp số 2, trụ sở Phòng Giáo dục và Đào tạo Cẩm Sơn.",
            "Đề nghị các đồng chí đến dự đúng thành phần và thời gian./.",
        ),
        copies=("Như trên", "Lãnh đạo Phòng", "Lưu: VT"),
        authority=("TRƯỞNG PHÒNG",),
        signer="Hồ Ngọc Diệp",
    )


def guidance() -> Official:
    """A công văn with guidance (what schools call a circular) of the Department to divisions and schools."""
    superior, issuer = DEPARTMENT
    return Official(
        superior=superior,
        issuer=issuer,
        number="1142",
        symbol="SGDĐT-GDTrH",
        place="Hương Giang",
        issued_on=date(2026, 11, 13),
        subject="hướng dẫn tổ chức kiểm tra, đánh giá cuối học kỳ I năm học 2026-2027",
        addressees=("Phòng Giáo dục và Đào tạo các huyện", "Các trường trung học phổ thông"),
        body=(
            "Để việc kiểm tra, đánh giá cuối học kỳ I năm học 2026-2027 được tổ chức thống nhất, Sở Giáo dục và Đào tạo hướng "
            "dẫn một số nội dung như sau:",
            "1. Thời gian kiểm tra: từ ngày 21 tháng 12 năm 2026 đến ngày 31 tháng 12 năm 2026.",
            "2. Đề kiểm tra do tổ chuyên môn xây dựng theo ma trận, bản đặc tả và được hiệu trưởng phê duyệt.",
            "3. Các đơn vị tổng hợp kết quả, gửi về Phòng Giáo dục Trung học trước ngày 15 tháng 01 năm 2027.",
            "Sở Giáo dục và Đào tạo đề nghị các đơn vị nghiêm túc thực hiện./.",
        ),
        copies=("Như trên", "Giám đốc, các Phó Giám đốc", "Lưu: VT, GDTrH"),
        authority=("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"),
        signer="Đặng Quốc Hưng",
    )


def draft_plan() -> Official:
    """A plan of the Department that is still being commented on: neither number nor date nor signer."""
    superior, issuer = DEPARTMENT
    return Official(
        superior=superior,
        issuer=issuer,
        number="",
        symbol="KH-SGDĐT",
        place="Hương Giang",
        issued_on=None,
        kind="Kế hoạch",
        subject="Tổ chức Ngày hội đọc sách ngành Giáo dục năm 2027",
        remark="DỰ THẢO lần 2",
        body=(
            "I. MỤC ĐÍCH, YÊU CẦU",
            "1. Khuyến khích học sinh, giáo viên đọc sách; giới thiệu các tủ sách lớp học tiêu biểu.",
            "2. Việc tổ chức phải thiết thực, tiết kiệm, phù hợp với lứa tuổi học sinh.",
            "II. NỘI DUNG",
            "1. Thời gian dự kiến: tháng 4 năm 2027. Địa điểm: sẽ thông báo sau.",
            "2. Mỗi phòng giáo dục và đào tạo chọn ba trường tham gia trưng bày.",
            "III. TỔ CHỨC THỰC HIỆN",
            "Đề nghị các đơn vị góp ý vào dự thảo trước ngày 30 tháng 11 năm 2026.",
        ),
        copies=("UBND tỉnh (để báo cáo)", "Các phòng GDĐT", "Lưu: VT, GDTrH"),
        authority=("GIÁM ĐỐC",),
    )


def self_assessment() -> Official:
    """A report of the school with number, date and seal, as the Department's guidance asks for it."""
    superior, issuer = SCHOOL
    return Official(
        superior=superior,
        issuer=issuer,
        number="45",
        symbol="BC-THCSLL",
        place="Cẩm Sơn",
        issued_on=date(2026, 11, 19),
        kind="Báo cáo",
        subject="Kết quả tự đánh giá chất lượng giáo dục năm học 2026-2027",
        addressees=("Sở Giáo dục và Đào tạo Hương Giang",),
        body=(
            "Thực hiện Công văn số 1109/SGDĐT-KTKĐ của Sở Giáo dục và Đào tạo Hương Giang về việc tự đánh giá chất lượng giáo "
            "dục, Trường THCS Lê Lợi báo cáo kết quả như sau:",
            "1. Số tiêu chí đạt mức 2 trở lên: 24 trên 28 tiêu chí.",
            "2. Tiêu chí chưa đạt: sân chơi, bãi tập; thư viện; thiết bị dạy học; nhà vệ sinh cho học sinh.",
            "3. Nhà trường đề xuất được hỗ trợ kinh phí sửa chữa thư viện trong năm 2027./.",
        ),
        copies=("Như trên", "Hội đồng trường", "Lưu: VT, HĐTĐG"),
        authority=("HIỆU TRƯỞNG",),
        signer="Trương Văn Phúc",
    )


def secret_report() -> Official:
    """A report of the Department that bears a secrecy stamp: it must travel neither by mail nor over the axis."""
    superior, issuer = DEPARTMENT
    return Official(
        superior=superior,
        issuer=issuer,
        number="03",
        symbol="BC-SGDĐT",
        place="Hương Giang",
        issued_on=date(2026, 11, 12),
        kind="Báo cáo",
        subject="Công tác bảo vệ bí mật nhà nước năm 2026",
        stamp="MẬT",
        addressees=("Ban Chỉ đạo bảo vệ bí mật nhà nước tỉnh Hương Giang",),
        body=(
            "Thực hiện chế độ báo cáo năm, Sở Giáo dục và Đào tạo báo cáo như sau: (nội dung minh họa của văn bản mẫu, không "
            "có thông tin thật)./.",
        ),
        copies=("Như trên", "Lưu: VT (hồ sơ mật)"),
        authority=("GIÁM ĐỐC",),
        signer="Lê Quang Vinh",
    )


def letter_of_another_province() -> Official:
    """A công văn of another province's department, addressed to ours."""
    superior, issuer = ANOTHER_PROVINCE
    return Official(
        superior=superior,
        issuer=issuer,
        number="2206",
        symbol="SGDĐT-CTTT",
        place="Lam Hà",
        issued_on=date(2026, 11, 17),
        subject="phối hợp tổ chức giao lưu học sinh trung học phổ thông hai tỉnh",
        addressees=("Sở Giáo dục và Đào tạo tỉnh Hương Giang",),
        body=(
            "Nhằm tăng cường giao lưu, học hỏi giữa học sinh hai tỉnh, Sở Giáo dục và Đào tạo tỉnh Lam Hà dự kiến tổ chức Ngày "
            "hội khoa học học sinh trung học phổ thông vào ngày 16 tháng 01 năm 2027.",
            "Sở Giáo dục và Đào tạo tỉnh Lam Hà trân trọng đề nghị Sở Giáo dục và Đào tạo tỉnh Hương Giang cử hai đội tuyển "
            "tham gia và gửi danh sách trước ngày 18 tháng 12 năm 2026./.",
        ),
        copies=("Như trên", "Giám đốc (để báo cáo)", "Lưu: VT, CTTT"),
        authority=("TL. GIÁM ĐỐC", "CHÁNH VĂN PHÒNG"),
        signer="Mai Xuân Thức",
    )


def template() -> Official:
    """A form to fill in: the dotted blanks stand where a document would have its words."""
    return Official(
        superior=("PHÒNG GDĐT ………………",),
        issuer=("TRƯỜNG ………………………",),
        number="……",
        symbol="BC-……",
        place="…………",
        issued_on=None,
        kind="Báo cáo",
        subject="Kết quả tổ chức Ngày hội đọc sách năm …………",
        addressees=("Phòng Giáo dục và Đào tạo ………………",),
        body=(
            "1. Số lớp tham gia: ………… lớp; số học sinh tham gia: ………… em.",
            "2. Số đầu sách trưng bày: …………",
            "3. Kiến nghị, đề xuất: ……………………………………………………………",
        ),
        copies=("Như trên", "Lưu: VT"),
        authority=("HIỆU TRƯỞNG",),
        signer="……………………",
    )
