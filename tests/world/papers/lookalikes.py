"""What looks official and is no issuance: lesson plans, forms, exams, contracts, theses, pages about documents.

Each is a sheet like any other, so that it goes into all files and pictures; ``NATURES`` says what a reader may call it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from gateway.model import Nature
from tests.world.papers import invent
from tests.world.papers.paper import dice
from tests.world.papers.sheet import NATION, Block, Columns, Row, Sheet

Maker = Callable[[random.Random], Sequence[Block]]

_MOTTO = (Row(text=NATION, bold=True, size=12, role="motto"), Row(text="Độc lập - Tự do - Hạnh phúc", bold=True, role="motto"))
_DOTS = "………………………………"


def make(kind: str, *seed: object) -> Sheet:
    """One of KINDS."""
    return Sheet(blocks=tuple(KINDS[kind](dice(kind, *seed))))


def _text(*lines: str) -> list[Block]:
    return [Row(text=line, align="justify") for line in lines]


def _title(*lines: str) -> list[Block]:
    return [Row(text=line, bold=True, size=14) for line in lines]


def _head(left: Sequence[str], right: Sequence[Row] = _MOTTO, *, day: str = "") -> Columns:
    last = (Row(text=day, italic=True),) if day else ()
    return Columns(left=tuple(Row(text=line, bold=True, size=12) for line in left), right=(*right, *last), role="head")


def _foot(left: Sequence[str], right: Sequence[str]) -> Columns:
    return Columns(
        left=tuple(Row(text=line, bold=True) for line in left),
        right=(Row(text=right[0], bold=True), Row(text="", role="ink"), *(Row(text=line) for line in right[1:])),
        role="foot",
    )


def _day(chance: random.Random) -> str:
    return f"ngày {chance.randint(10, 28)} tháng {chance.randint(3, 12)} năm 2026"


def _lesson(chance: random.Random) -> list[Block]:
    return [
        *_title(f"KẾ HOẠCH BÀI DẠY TUẦN {chance.randint(1, 35)}", "Bài 12: Phân số bằng nhau"),
        *_text(
            f"Trường: THCS {chance.choice(('An Phú', 'Lê Lợi'))}          Họ và tên giáo viên: {invent.person(chance)}",
            "Môn học: Toán; lớp: 6. Thời gian thực hiện: 02 tiết.",
            "I. Mục tiêu: 1. Về kiến thức: học sinh nhận biết được hai phân số bằng nhau. 2. Về năng lực: tư duy và lập luận.",
            "II. Thiết bị dạy học và học liệu: máy chiếu, phiếu học tập số 1, số 2.",
            "III. Tiến trình dạy học. Hoạt động 1: Mở đầu. Căn cứ vào hình vẽ, học sinh trả lời câu hỏi.",
        ),
    ]


def _report(chance: random.Random) -> list[Block]:
    name = invent.body(chance)
    return [
        *_title("BÁO CÁO", f"Tình hình học sinh tuần {chance.randint(2, 34)}"),
        *_text(
            f"Kính gửi thầy cô phụ trách, {name.in_words} xin báo cáo nhanh tình hình trong tuần.",
            f"1. Sĩ số: {chance.randint(200, 900)} em, vắng {chance.randint(1, 20)} em có phép.",
            f"2. Thực hiện Công văn số {chance.randint(100, 2000)}/SGDĐT-VP, nhà trường đã rà soát xong.",
            f"Người lập: {invent.person(chance)}",
        ),
    ]


def _exam(chance: random.Random) -> list[Block]:
    left = (invent.body(chance).name, "ĐỀ CHÍNH THỨC", "(Đề gồm 02 trang)")
    right = (
        Row(text="KIỂM TRA CUỐI HỌC KỲ I", bold=True),
        Row(text="NĂM HỌC 2025 - 2026", bold=True),
        Row(text="Môn: NGỮ VĂN - LỚP 9"),
        Row(text="Thời gian làm bài: 90 phút", italic=True),
    )
    return [
        Columns(left=tuple(Row(text=line, bold=True) for line in left), right=right, role="head"),
        *_text(
            "Họ và tên thí sinh: ……………………………… Số báo danh: ……………",
            "Câu 1 (3,0 điểm). Đọc đoạn trích sau và trả lời câu hỏi: Mùa xuân của tôi là mùa xuân có mưa riêu riêu.",
            "Câu 2 (7,0 điểm). Viết bài văn trình bày suy nghĩ của em về ý thức giữ gìn vệ sinh nơi công cộng.",
            "--- HẾT ---",
        ),
    ]


def _form(chance: random.Random) -> list[Block]:
    return [
        _head(("PHÒNG GDĐT …………………", "TRƯỜNG …………………………"), day="…………, ngày … tháng … năm ……"),
        Row(text="Số: ……/BC-……", align="left"),
        *_title("BÁO CÁO", f"Kết quả thực hiện {chance.choice(('phong trào thi đua', 'công tác thư viện'))} năm ………"),
        Row(text=f"Kính gửi: {_DOTS}"),
        *_text(f"1. Số lớp tham gia: {_DOTS}", f"2. Số học sinh tham gia: {_DOTS}", f"3. Kiến nghị, đề xuất: {_DOTS}{_DOTS}"),
        _foot(("Nơi nhận:", "- ………;", "- Lưu: VT."), ("HIỆU TRƯỞNG", "(Ký, ghi rõ họ tên, đóng dấu)")),
    ]


def _application(chance: random.Random) -> list[Block]:
    who = invent.person(chance)
    return [
        *_MOTTO,
        *_title("ĐƠN XIN NGHỈ PHÉP"),
        Row(text=f"Kính gửi: Ban Giám hiệu {invent.body(chance).in_words}"),
        *_text(
            f"Tôi tên là: {who}. Sinh ngày 05/6/1990. Hiện là giáo viên dạy lớp {chance.randint(1, 9)}A.",
            f"Tôi làm đơn này xin nghỉ phép từ {_day(chance)} vì việc gia đình.",
            "Rất mong được xem xét, giải quyết. Tôi xin chân thành cảm ơn.",
        ),
        _foot(("Ý KIẾN CỦA TỔ TRƯỞNG",), ("Người làm đơn", who)),
    ]


def _resume(chance: random.Random) -> list[Block]:
    return [
        *_MOTTO,
        *_title("SƠ YẾU LÝ LỊCH"),
        *_text(
            f"Họ và tên: {invent.person(chance)}. Nam, nữ: nam. Sinh năm: 1988.",
            "Nơi đăng ký thường trú: xã An Khê. Dân tộc: Kinh. Trình độ văn hóa: 12/12.",
            "Quá trình hoạt động của bản thân: từ năm 2010 đến nay là nhân viên văn phòng.",
            "Tôi xin cam đoan những lời khai trên là đúng sự thật.",
        ),
        _foot(("XÁC NHẬN CỦA ĐỊA PHƯƠNG",), ("Người khai", invent.person(chance))),
    ]


def _contract(chance: random.Random) -> list[Block]:
    return [
        *_MOTTO,
        *_title("HỢP ĐỒNG MUA BÁN"),
        Row(text=f"Số: {chance.randint(1, 90):02}/2026/HĐKT", italic=True),
        *_text(
            f"Hôm nay, {_day(chance)}, chúng tôi gồm có:",
            "BÊN A: CÔNG TY TNHH THIẾT BỊ TRƯỜNG HỌC SAO MAI. Đại diện: Ông Lý Văn Sơn, chức vụ: Giám đốc.",
            "BÊN B: TRƯỜNG TIỂU HỌC KIM ĐỒNG. Đại diện: Bà Hồ Thị Nga, chức vụ: Hiệu trưởng.",
            "Điều 1. Bên A bán cho bên B 20 bộ bàn ghế. Điều 2. Bên B thanh toán trong 10 ngày.",
        ),
        _foot(("ĐẠI DIỆN BÊN A",), ("ĐẠI DIỆN BÊN B", "Hồ Thị Nga")),
    ]


def _quotation(chance: random.Random) -> list[Block]:
    return [
        *_title("CÔNG TY CỔ PHẦN SÁCH VÀ THIẾT BỊ BẮC NAM", "BẢNG BÁO GIÁ"),
        *_text(
            f"Số: {chance.randint(1, 99):02}/BG-BN. {_day(chance).capitalize()}.",
            "Kính gửi: Quý khách hàng. Công ty xin gửi báo giá như sau:",
            "1. Bàn học sinh hai chỗ: 1.250.000 đồng. 2. Bảng từ chống lóa: 2.100.000 đồng.",
            "Báo giá có hiệu lực trong 30 ngày.",
        ),
    ]


def _news(chance: random.Random) -> list[Block]:
    paper = invent.paper("news", chance.random())
    on = paper.on
    assert on is not None
    return [
        Row(text=f"Ban hành {paper.kind} {paper.number_symbol} về {paper.subject}", bold=True, align="left", size=16),
        Row(text=f"Thứ hai, {on:%d/%m/%Y} 08:15 - Lượt xem: {chance.randint(20, 900)}", align="left", italic=True),
        *_text(
            f"{on:%d/%m/%Y}, {paper.agency.capitalize()} đã ban hành {paper.kind} số {paper.number_symbol} về {paper.subject}.",
            "Theo đó, các đơn vị cần lưu ý một số nội dung sau đây. Nội dung chi tiết xem tại tệp đính kèm.",
            "Số ký hiệu | Ngày ban hành | Trích yếu | Tải về",
            f"{paper.number_symbol} | {on:%d/%m/%Y} | {paper.subject} | Tải về",
            "Trang chủ | Giới thiệu | Tin tức | Văn bản | Liên hệ. Bản quyền thuộc về Ban biên tập.",
        ),
    ]


def _thesis(chance: random.Random) -> list[Block]:
    return [
        _head(("BỘ GIÁO DỤC VÀ ĐÀO TẠO", "TRƯỜNG ĐẠI HỌC PHƯƠNG ĐÔNG")),
        *_title(
            invent.person(chance).upper(), "QUẢN LÝ HOẠT ĐỘNG BỒI DƯỠNG GIÁO VIÊN", "LUẬN VĂN THẠC SĨ KHOA HỌC GIÁO DỤC",
            f"Người hướng dẫn khoa học: TS. {invent.person(chance)}", f"Hương Giang - {chance.randint(2015, 2026)}",
        ),
    ]  # fmt: skip


def _initiative(chance: random.Random) -> list[Block]:
    return [
        _head(("PHÒNG GD&ĐT AN KHÊ", "TRƯỜNG TIỂU HỌC HOA MAI")),
        *_title("SÁNG KIẾN KINH NGHIỆM", "Một số biện pháp giúp học sinh lớp 3 đọc đúng, đọc hay"),
        *_text(
            f"Tác giả: {invent.person(chance)}. Chức vụ: Giáo viên. Năm học 2025 - 2026.",
            "PHẦN I. ĐẶT VẤN ĐỀ. Theo Thông tư 32/2018/TT-BGDĐT, môn Tiếng Việt có vị trí quan trọng.",
            "PHẦN II. GIẢI QUYẾT VẤN ĐỀ. Thực trạng: nhiều em còn đọc nhỏ, ngắt nghỉ chưa đúng.",
        ),
    ]


def _annex(chance: random.Random) -> list[Block]:
    paper = invent.paper("annex", chance.random())
    on = paper.on
    assert on is not None
    return [
        *_title("PHỤ LỤC I", "DANH SÁCH HỌC SINH THAM DỰ"),
        Row(
            text=f"(Kèm theo Công văn số {paper.number_symbol} {f'ngày {on:%d/%m/%Y}'} của {paper.agency.capitalize()})",
            italic=True,
        ),
        *_text(
            "STT | Họ và tên | Lớp | Ghi chú",
            *(f"{n} | {invent.person(chance)} | {chance.randint(6, 9)}A |" for n in range(1, 12)),
        ),
    ]


def _minutes(chance: random.Random) -> list[Block]:
    return [
        *_MOTTO,
        *_title("BIÊN BẢN HỌP PHỤ HUYNH", "Cuối học kỳ I"),
        *_text(
            f"Hôm nay, vào lúc 8 giờ {_day(chance)}, tại phòng học lớp {chance.randint(1, 5)}B.",
            f"Thành phần: giáo viên chủ nhiệm {invent.person(chance)} và 32 phụ huynh.",
            "Nội dung: thông báo kết quả học tập, thống nhất các khoản đóng góp tự nguyện.",
            "Biên bản kết thúc vào lúc 10 giờ cùng ngày.",
        ),
        _foot(("THƯ KÝ",), ("CHỦ TỌA", invent.person(chance))),
    ]


def _slides(chance: random.Random) -> list[Block]:
    return [
        *_title("TẬP HUẤN CÔNG TÁC VĂN THƯ", "Nghị định 30/2020/NĐ-CP"),
        *_text(
            "Thể thức văn bản hành chính gồm: Quốc hiệu và Tiêu ngữ; tên cơ quan; số, ký hiệu; địa danh và thời gian.",
            "Ví dụ: Số: 15/QĐ-XYZ; Số: 05/ABC-VP; Nơi nhận: - Như trên; - Lưu: VT.",
            "Dấu chỉ độ mật: MẬT, TỐI MẬT, TUYỆT MẬT. Dấu chỉ độ khẩn: KHẨN, THƯỢNG KHẨN, HỎA TỐC.",
            f"Báo cáo viên: {invent.person(chance)}",
        ),
    ]


def _newsletter(chance: random.Random) -> list[Block]:
    return [
        *_title("BẢN TIN NỘI BỘ", f"Số {chance.randint(2, 12)} - Tháng {chance.randint(1, 12)}/2026"),
        *_text(
            "Trong số này: Hội khỏe Phù Đổng cấp trường; Gương người tốt việc tốt; Góc sáng tác.",
            "Sáng ngày 20 tháng 11, nhà trường long trọng tổ chức lễ mít tinh. Đến dự có đại diện lãnh đạo phòng.",
            f"Chịu trách nhiệm nội dung: {invent.person(chance)}. Trình bày: Tổ Tin học.",
        ),
    ]


def _invitation(chance: random.Random) -> list[Block]:
    return _text(
        "Kính mời thầy cô dự họp nhóm chuyên môn.",
        f"Thời gian: 14 giờ 00, {_day(chance)}. Địa điểm: phòng hội đồng.",
        "Nội dung: thống nhất ma trận đề kiểm tra giữa kỳ.",
        f"Nhóm trưởng {invent.person(chance)}",
    )


def _group_plan(chance: random.Random) -> list[Block]:
    return [
        _head(("TRƯỜNG THCS AN PHÚ", "TỔ TOÁN - TIN", f"Số: {chance.randint(1, 9):02}/KH-TCM"), day=f"An Khê, {_day(chance)}"),
        *_title("KẾ HOẠCH", "Hoạt động của tổ chuyên môn học kỳ I năm học 2026-2027"),
        *_text(
            "Căn cứ Kế hoạch năm học của nhà trường, tổ Toán - Tin xây dựng kế hoạch như sau:",
            "1. Thực hiện đúng chương trình. 2. Mỗi giáo viên dự giờ 18 tiết. 3. Bồi dưỡng học sinh giỏi.",
        ),
        _foot(("DUYỆT CỦA BGH",), ("TỔ TRƯỞNG", invent.person(chance))),
    ]


def _law(chance: random.Random) -> list[Block]:
    return [
        *_title("TÀI LIỆU TUYÊN TRUYỀN", "Luật Bảo vệ bí mật nhà nước"),
        *_text(
            "Điều 8. Phân loại bí mật nhà nước. Bí mật nhà nước được phân thành 03 độ mật: Tuyệt mật, Tối mật và Mật.",
            "Mẫu dấu chữ “TUYỆT MẬT”: hình chữ nhật, kích thước 40mm x 8mm, có đường viền.",
            "Điều 5. Các hành vi bị nghiêm cấm: làm lộ, chiếm đoạt, mua, bán bí mật nhà nước.",
            f"Người biên soạn: {invent.person(chance)}",
        ),
    ]


def _recommendation(chance: random.Random) -> list[Block]:
    """Thanks and praise with the motto and a school's name, without number."""
    return [
        _head(("TRƯỜNG TIỂU HỌC KIM ĐỒNG",)),
        *_title("GIẤY KHEN"),
        *_text(
            "HIỆU TRƯỞNG TRƯỜNG TIỂU HỌC KIM ĐỒNG",
            f"Khen tặng em {invent.person(chance)}, học sinh lớp {chance.randint(1, 5)}A.",
            "Đã có thành tích xuất sắc trong học tập năm học 2025 - 2026.",
        ),
        _foot(("Vào sổ khen thưởng",), ("HIỆU TRƯỞNG", invent.person(chance))),
    ]


KINDS: dict[str, Maker] = {
    "lesson plan": _lesson,
    "report without number": _report,
    "exam": _exam,
    "form": _form,
    "application": _application,
    "resume": _resume,
    "contract": _contract,
    "quotation": _quotation,
    "news page": _news,
    "thesis": _thesis,
    "initiative": _initiative,
    "annex": _annex,
    "minutes": _minutes,
    "slides": _slides,
    "newsletter": _newsletter,
    "invitation": _invitation,
    "plan of a group": _group_plan,
    "law in a lesson": _law,
    "praise": _recommendation,
}

_HARMLESS = frozenset({Nature.OTHER, Nature.TEMPLATE})
NATURES: dict[str, frozenset[Nature]] = {
    kind: frozenset({Nature.TEMPLATE})
    if kind == "form"
    else _HARMLESS | {Nature.DRAFT}
    if kind in ("praise", "report without number")
    else _HARMLESS
    for kind in KINDS
}
