"""Made-up agencies, people and matters, put together by chance: no two seeds give the same paper."""

from __future__ import annotations

import random
from datetime import date, timedelta

from msgspec.structs import replace

from gateway.model import Regime, Value
from tests.world.papers.paper import Copied, Incoming, Paper, dice


class Body(Value):
    """An agency of some level."""

    name: str
    superior: str
    symbol: str
    place: str
    heads: tuple[str, str]  # title, deputy's title
    in_words: str  # as others address it
    by: str  # who enacts its decisions
    units: tuple[str, ...] = ("VP",)
    collective: bool = False  # TM.


_PROVINCES = ("Hương Giang", "Lam Hà", "Tây Bình", "Phước Sơn", "Kim Giang", "Đông Hải", "Vĩnh Thuận", "Bình Nguyên")
_DISTRICTS = ("Cẩm Sơn", "Thanh Bình", "Phú Lộc", "Mỹ Điền", "An Khê", "Đại Thắng", "Ngọc Lâm", "Quỳnh Phụng")
_SCHOOLS = ("Lê Lợi", "Kim Đồng", "Hoa Sen", "Nguyễn Huệ", "Trần Hưng Đạo", "Hoa Mai", "Võ Thị Sáu", "Quang Trung", "An Phú")
_LEVELS = (
    ("Mầm non", "MẦM NON", "MN"), ("Tiểu học", "TIỂU HỌC", "TH"), ("THCS", "THCS", "THCS"), ("THPT", "THPT", "THPT"),
    ("Trung học cơ sở", "TRUNG HỌC CƠ SỞ", "TrTHCS"),
)  # fmt: skip
_SECTORS = (
    ("Giáo dục và Đào tạo", "SGDĐT", ("VP", "GDTrH", "TCCB", "KHTC", "CTTT-KHCN")), ("Y tế", "SYT", ("NVY", "VP")),
    ("Nội vụ", "SNV", ("CCVC", "VP")), ("Tài chính", "STC", ("QLNS", "VP")),
    ("Thông tin và Truyền thông", "STTTT", ("CNTT",)), ("Khoa học và Công nghệ", "SKHCN", ("QLKH",)),
    ("Xây dựng", "SXD", ("QLN",)), ("Nông nghiệp và Môi trường", "SNNMT", ("TTBVTV",)),
)  # fmt: skip
_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Trương")
_MIDDLE = ("Văn", "Thị", "Minh", "Thanh", "Quốc", "Ngọc", "Xuân", "Hữu", "Thị Thu", "Đức", "Kim", "Thị Bích")
_GIVEN = ("An", "Bình", "Cường", "Dũng", "Hạnh", "Hoa", "Hùng", "Lan", "Long", "Mai", "Nga", "Phúc", "Quyên", "Sơn", "Tâm",
          "Thảo", "Trang", "Tuấn", "Vinh", "Yến", "Nhung", "Khoa", "Đạt", "Oanh")  # fmt: skip

_KINDS = (
    ("Công văn", ""), ("Công văn", ""), ("Công văn", ""), ("Quyết định", "QĐ"), ("Quyết định", "QĐ"), ("Báo cáo", "BC"),
    ("Kế hoạch", "KH"),
    ("Thông báo", "TB"), ("Tờ trình", "TTr"), ("Giấy mời", "GM"), ("Hướng dẫn", "HD"), ("Chỉ thị", "CT"), ("Nghị quyết", "NQ"),
    ("Chương trình", "CTr"), ("Phương án", "PA"), ("Đề án", "ĐA"), ("Công điện", "CĐ"), ("Quy chế", "QC"),
)  # fmt: skip
_MATTERS = (
    "tăng cường công tác phòng, chống dịch bệnh trong trường học",
    "tổ chức Hội thi giáo viên dạy giỏi cấp tỉnh năm học 2026-2027",
    "rà soát cơ sở vật chất, thiết bị dạy học tối thiểu",
    "triển khai chuyển đổi số trong quản lý hồ sơ",
    "bảo đảm an toàn giao thông cho học sinh dịp cuối năm",
    "kiểm tra công tác thu, chi đầu năm học 2026-2027",
    "phát động phong trào đọc sách trong thanh niên",
    "cử cán bộ tham gia lớp bồi dưỡng nghiệp vụ văn thư",
    "thực hiện tiết kiệm điện tại trụ sở cơ quan",
    "điều chỉnh thời gian làm việc trong mùa mưa bão",
    "tuyển dụng viên chức năm 2026",
    "kết quả thực hiện nhiệm vụ quý III và phương hướng quý IV năm 2026",
)
_SENTENCES = (
    "Các đơn vị phân công cán bộ phụ trách, lập danh sách và gửi về đầu mối tổng hợp trước ngày 15 của tháng sau.",
    "Trong quá trình thực hiện, nếu có vướng mắc, đề nghị các đơn vị phản ánh kịp thời để được hướng dẫn, giải quyết.",
    "Kinh phí thực hiện được bố trí trong dự toán đã giao; việc chi phải đúng chế độ, có chứng từ hợp lệ.",
    "Công tác tuyên truyền được thực hiện qua bản tin nội bộ, trang thông tin điện tử và các buổi sinh hoạt tập thể.",
    "Thủ trưởng các đơn vị chịu trách nhiệm về tiến độ và chất lượng của các nội dung được phân công.",
    "Thời gian tổ chức dự kiến trong hai ngày, bắt đầu từ 07 giờ 30 phút, tại hội trường lớn.",
    "Tổ công tác kiểm tra thực tế tại cơ sở, lập biên bản và đề xuất phương án khắc phục.",
)


def person(chance: random.Random) -> str:
    """A name that nobody has been given on purpose."""
    return f"{chance.choice(_FAMILY)} {chance.choice(_MIDDLE)} {chance.choice(_GIVEN)}"


def body(chance: random.Random) -> Body:
    """An agency."""
    return chance.choice((_department, _department, _division, _school, _school, _school, _people_committee, _ministry))(chance)


def _department(chance: random.Random) -> Body:
    sector, symbol, units = chance.choice(_SECTORS)
    province = chance.choice(_PROVINCES)
    return Body(
        name=f"SỞ {sector.upper()}",
        superior=f"UBND TỈNH {province.upper()}" if chance.random() < 0.6 else f"ỦY BAN NHÂN DÂN TỈNH {province.upper()}",
        symbol=symbol,
        place=province,
        heads=("GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"),
        in_words=f"Sở {sector} tỉnh {province}",
        by=f"GIÁM ĐỐC SỞ {sector.upper()}",
        units=units,
    )


def _division(chance: random.Random) -> Body:
    district = chance.choice(_DISTRICTS)
    return Body(
        name="PHÒNG GIÁO DỤC VÀ ĐÀO TẠO",
        superior=f"UBND HUYỆN {district.upper()}",
        symbol=chance.choice(("PGDĐT", "GDĐT", "PGD&ĐT")),
        place=district,
        heads=("TRƯỞNG PHÒNG", "PHÓ TRƯỞNG PHÒNG"),
        in_words=f"Phòng Giáo dục và Đào tạo huyện {district}",
        by="TRƯỞNG PHÒNG GIÁO DỤC VÀ ĐÀO TẠO",
        units=("GDTrH", "MN", "TH"),
    )


def _school(chance: random.Random) -> Body:
    spoken, printed, symbol = chance.choice(_LEVELS)
    name, district = chance.choice(_SCHOOLS), chance.choice(_DISTRICTS)
    short = "".join(word[0] for word in name.split())
    return Body(
        name=f"TRƯỜNG {printed} {name.upper()}",
        superior=f"PHÒNG GD&ĐT {district.upper()}" if symbol != "THPT" else f"SỞ GD&ĐT {chance.choice(_PROVINCES).upper()}",
        symbol=f"{symbol}{short}",
        place=district,
        heads=("HIỆU TRƯỞNG", "PHÓ HIỆU TRƯỞNG"),
        in_words=f"Trường {spoken} {name}",
        by=f"HIỆU TRƯỞNG TRƯỜNG {printed} {name.upper()}",
        units=("VP", "CM"),
    )


def _people_committee(chance: random.Random) -> Body:
    level = chance.choice(("XÃ", "HUYỆN", "TỈNH", "PHƯỜNG"))
    place = chance.choice(_PROVINCES if level == "TỈNH" else _DISTRICTS)
    above = {"XÃ": f"HUYỆN {chance.choice(_DISTRICTS).upper()}", "PHƯỜNG": f"THÀNH PHỐ {chance.choice(_DISTRICTS).upper()}"}
    return Body(
        name=f"ỦY BAN NHÂN DÂN {level} {place.upper()}",
        superior="",
        symbol="UBND",
        place=place if level != "XÃ" else above["XÃ"].removeprefix("HUYỆN ").title(),
        heads=("CHỦ TỊCH", "PHÓ CHỦ TỊCH"),
        in_words=f"Ủy ban nhân dân {level.lower()} {place}",
        by=f"ỦY BAN NHÂN DÂN {level} {place.upper()}",
        units=("VX", "KT", "NC", "TH"),
        collective=True,
    )


def _ministry(chance: random.Random) -> Body:
    name, symbol = chance.choice(
        (("Giáo dục và Đào tạo", "BGDĐT"), ("Y tế", "BYT"), ("Nội vụ", "BNV"), ("Tài chính", "BTC"), ("Xây dựng", "BXD"))
    )
    return Body(
        name=f"BỘ {name.upper()}",
        superior="",
        symbol=symbol,
        place="Hà Nội",
        heads=("BỘ TRƯỞNG", "THỨ TRƯỞNG"),
        in_words=f"Bộ {name}",
        by=f"BỘ TRƯỞNG BỘ {name.upper()}",
        units=("VP", "TCCB", "KHTC", "PC"),
    )


def paper(*seed: object, kind: str = "") -> Paper:
    """An issued document; ``kind`` fixes what it is."""
    chance = dice(*seed)
    agency, to = body(chance), body(chance)
    name, short = next((k for k in _KINDS if k[0] == kind), (kind, "")) if kind else chance.choice(_KINDS)
    number = chance.randint(1, 4200) if chance.random() < 0.6 else chance.randint(1, 99)
    printed = f"{number:02}"
    symbol = f"{short}-{agency.symbol}" if short else f"{agency.symbol}-{chance.choice(agency.units)}"
    on = date(2026, 1, 5) + timedelta(days=chance.randint(0, 320))
    matter = chance.choice(_MATTERS)
    enacted = name in ("Quyết định", "Nghị quyết")
    subject = matter if name == "Công văn" else _as_title(name, matter)
    return Paper(
        agency=agency.name,
        superior=agency.superior,
        number=printed,
        symbol=symbol,
        kind=name,
        on=on,
        place=agency.place,
        subject=subject,
        addressees=_addressees(chance, to, name),
        enacted_by=agency.by if enacted else "",
        grounds=_grounds(chance, agency, on) if enacted or chance.random() < 0.3 else (),
        body=_body(chance, agency, matter, decides=enacted),
        copies=_copies(chance, to, name),
        authority=_authority(chance, agency),
        signer=person(chance),
    )


def _as_title(kind: str, matter: str) -> str:
    return (
        f"Về việc {matter}"
        if kind in ("Quyết định", "Thông báo", "Tờ trình", "Nghị quyết", "Chỉ thị")
        else matter.capitalize()[:1] + matter[1:]
    )


def _addressees(chance: random.Random, to: Body, kind: str) -> tuple[str, ...]:
    if kind not in ("Công văn", "Tờ trình", "Báo cáo", "Giấy mời", "Công điện"):
        return ()
    if kind in ("Công văn", "Công điện") and chance.random() < 0.4:
        return ("Các phòng, ban trực thuộc", "Các trường học trên địa bàn", to.in_words)
    return (to.in_words,)


def _grounds(chance: random.Random, agency: Body, on: date) -> tuple[str, ...]:
    day = on - timedelta(days=chance.randint(20, 200))
    in_words = f"ngày {day.day:02} tháng {day.month:02} năm {day.year}"
    return (
        f"Căn cứ Nghị định số {chance.randint(1, 150)}/{day.year}/NĐ-CP {in_words} của Chính phủ "
        "quy định về tổ chức và hoạt động của cơ quan chuyên môn;",
        f"Căn cứ Quyết định số {chance.randint(10, 900)}/QĐ-UBND ngày {day:%d/%m/%Y} của Ủy ban nhân dân tỉnh "
        "về phân công nhiệm vụ;",
        f"Theo đề nghị của {chance.choice(('Chánh Văn phòng', 'Trưởng phòng Tổ chức cán bộ', 'Tổ trưởng tổ Văn phòng'))}.",
    )


def _body(chance: random.Random, agency: Body, matter: str, *, decides: bool) -> tuple[str, ...]:
    some = chance.sample(_SENTENCES, 3)
    name = agency.in_words
    if decides:
        return (
            f"Điều 1. Ban hành kèm theo văn bản này nội dung {matter}.",
            f"Điều 2. {some[0]}",
            "Điều 3. Văn bản này có hiệu lực kể từ ngày ký.",
            f"Điều 4. Các bộ phận có liên quan thuộc {name} chịu trách nhiệm thi hành./.",
        )
    number, day = chance.randint(100, 3000), chance.randint(10, 28)
    cited = f"Thực hiện Công văn số {number}/SGDĐT-VP ngày {day} tháng 9 năm 2026 về việc {matter}"
    return (f"{cited}, {name} có ý kiến như sau:", f"1. {some[0]}", f"2. {some[1]}", f"{some[2][:-1]}./.")


def _copies(chance: random.Random, to: Body, kind: str) -> tuple[str, ...]:
    first = "Như trên" if kind in ("Công văn", "Tờ trình", "Báo cáo", "Công điện") else f"{to.in_words} (để báo cáo)"
    return (first, "Lãnh đạo đơn vị (để chỉ đạo)", f"Lưu: VT, {chance.choice(('VP', 'TCCB', 'KHTC', 'CM'))}")


def _authority(chance: random.Random, agency: Body) -> tuple[str, ...]:
    head, deputy = agency.heads
    if agency.collective:
        return (
            f"TM. {agency.by.split(' HUYỆN')[0].split(' XÃ')[0].split(' TỈNH')[0].split(' PHƯỜNG')[0]}",
            *((head,) if chance.random() < 0.5 else (f"KT. {head}", deputy)),
        )
    draw = chance.random()
    if draw < 0.5:
        return (head,)
    if draw < 0.85:
        return (f"KT. {head}", deputy)
    return (f"TL. {head}", "CHÁNH VĂN PHÒNG")


def incoming(*seed: object) -> Incoming:
    """Somebody's stamp of arrival, with a number and day of its own."""
    chance = dice("incoming", *seed)
    return Incoming(agency=body(chance).name, number=str(chance.randint(100, 9000)), on=date(2026, 12, chance.randint(1, 28)))


def copied(*seed: object, form: str = "Sao y") -> Copied:
    """The block of a copy, by an agency of its own."""
    chance = dice("copied", *seed)
    agency = body(chance)
    short = {"Sao y": "SY", "Trích sao": "TrS", "Sao lục": "SL"}[form]
    return Copied(
        form=form,
        agency=agency.name,
        superior=agency.superior,
        number=f"{chance.randint(1, 90):02}/{short}-{agency.symbol}",
        place=agency.place,
        on=date(2026, 12, chance.randint(1, 28)),
        authority=(agency.heads[0],),
        signer=person(chance),
    )


def party_paper(*seed: object) -> Paper:
    """A document of a Party committee: without motto, a dash behind the number (Instruction 36-HD/VPTW of 2018)."""
    base = paper(*seed, kind="Kế hoạch")
    return replace(
        base,
        agency="ĐẢNG ỦY KHỐI CÁC CƠ QUAN",
        superior="TỈNH ỦY HƯƠNG GIANG",
        symbol="KH/ĐUK",
        regime=Regime.PARTY,
        authority=("T/M ĐẢNG ỦY", "BÍ THƯ"),
        addressees=(),
    )


def union_paper(*seed: object) -> Paper:
    """A document of the union."""
    return replace(
        paper(*seed, kind="Công văn"),
        agency="CÔNG ĐOÀN NGÀNH GIÁO DỤC",
        superior="LIÊN ĐOÀN LAO ĐỘNG TỈNH HƯƠNG GIANG",
        symbol="CĐN",
        regime=Regime.UNION,
        authority=("TM. BAN THƯỜNG VỤ", "CHỦ TỊCH"),
    )
