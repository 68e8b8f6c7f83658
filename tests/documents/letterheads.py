"""Letterheads of every kind of body, as people type them: what is found in each.  One case is a text and the facts it has.

All names are made up.  ``CASES`` maps a name to (text, facts); a fact that is not named is not asked.
"""

from __future__ import annotations

CASES: dict[str, tuple[str, dict[str, str]]] = {
    "ubnd huyện": (
        """ỦY BAN NHÂN DÂN	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
HUYỆN TÂN HƯƠNG	Độc lập - Tự do - Hạnh phúc
Số: 145/UBND-VX	Tân Hương, ngày 05 tháng 11 năm 2026
V/v tăng cường công tác phòng, chống dịch bệnh

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {
            "number_symbol": "145/UBND-VX",
            "issuer": "ỦY BAN NHÂN DÂN HUYỆN TÂN HƯƠNG",
            "kind": "Công văn",
            "date": "2026-11-05",
            "subject": "tăng cường công tác phòng, chống dịch bệnh",
        },
    ),
    "Sở Nội vụ tỉnh": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ NỘI VỤ	Độc lập - Tự do - Hạnh phúc
Số: 12/SNV-CCVC	Hương Giang, ngày 5 tháng 1 năm 2026
V/v báo cáo biên chế

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "12/SNV-CCVC", "issuer": "SỞ NỘI VỤ", "superior": "UBND TỈNH HƯƠNG GIANG", "date": "2026-01-05"},
    ),
    "Bộ": (
        """BỘ GIÁO DỤC VÀ ĐÀO TẠO	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Số: 4567/BGDĐT-GDTrH	Hà Nội, ngày 05 tháng 11 năm 2026
V/v hướng dẫn thực hiện nhiệm vụ

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "4567/BGDĐT-GDTrH", "issuer": "BỘ GIÁO DỤC VÀ ĐÀO TẠO"},
    ),
    "Phòng & UBND": (
        """ỦY BAN NHÂN DÂN HUYỆN TÂN HƯƠNG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
PHÒNG GIÁO DỤC VÀ ĐÀO TẠO	Độc lập - Tự do - Hạnh phúc
Số: 88/PGDĐT-THCS	Tân Hương, ngày 05 tháng 11 năm 2026
V/v tổ chức Hội thi giáo viên giỏi

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {
            "number_symbol": "88/PGDĐT-THCS",
            "issuer": "PHÒNG GIÁO DỤC VÀ ĐÀO TẠO",
            "superior": "ỦY BAN NHÂN DÂN HUYỆN TÂN HƯƠNG",
        },
    ),
    "trường dài": (
        """SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TRƯỜNG PHỔ THÔNG DÂN TỘC NỘI TRÚ	Độc lập - Tự do - Hạnh phúc
TRUNG HỌC CƠ SỞ VÀ TRUNG HỌC PHỔ THÔNG
TÂN HƯƠNG
Số: 53/KH-PTDTNT	Tân Hương, ngày 05 tháng 11 năm 2026

KẾ HOẠCH
Tổ chức hội khỏe Phù Đổng cấp trường

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

HIỆU TRƯỞNG

Lý Thị Mai
""",
        {
            "number_symbol": "53/KH-PTDTNT",
            "issuer": "TRƯỜNG PHỔ THÔNG DÂN TỘC NỘI TRÚ TRUNG HỌC CƠ SỞ VÀ TRUNG HỌC PHỔ THÔNG TÂN HƯƠNG",
            "kind": "Kế hoạch",
            "subject": "Tổ chức hội khỏe Phù Đổng cấp trường",
            "superior": "SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG GIANG",
        },
    ),
    "trung tâm": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TRUNG TÂM GIÁO DỤC NGHỀ NGHIỆP -	Độc lập - Tự do - Hạnh phúc
GIÁO DỤC THƯỜNG XUYÊN TÂN HƯƠNG
Số: 07/TB-TTGDNN-GDTX	Tân Hương, ngày 05 tháng 11 năm 2026

THÔNG BÁO
Về việc tuyển sinh lớp 10 năm học 2026-2027

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {
            "number_symbol": "07/TB-TTGDNN-GDTX",
            "issuer": "TRUNG TÂM GIÁO DỤC NGHỀ NGHIỆP - GIÁO DỤC THƯỜNG XUYÊN TÂN HƯƠNG",
            "kind": "Thông báo",
            "subject": "Về việc tuyển sinh lớp 10 năm học 2026-2027",
        },
    ),
    "liên tịch": (
        """SỞ GIÁO DỤC VÀ ĐÀO TẠO - SỞ TÀI CHÍNH	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Số: 1234/HDLT-SGDĐT-STC	Hương Giang, ngày 05 tháng 11 năm 2026

HƯỚNG DẪN LIÊN TỊCH
Thực hiện chế độ học phí năm học 2026-2027

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "1234/HDLT-SGDĐT-STC", "kind": "Hướng dẫn"},
    ),
    "S.GDĐT": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ GIÁO DỤC VÀ ĐÀO TẠO	Độc lập - Tự do - Hạnh phúc
Số: 409/SGD&ĐT-VP	Hương Giang, ngày 05 tháng 11 năm 2026
V/v nghỉ Tết

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "409/SGD&ĐT-VP"},
    ),
    "S.GDĐT dot": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ GIÁO DỤC VÀ ĐÀO TẠO	Độc lập - Tự do - Hạnh phúc
Số: 409/S.GDĐT-VP	Hương Giang, ngày 05 tháng 11 năm 2026
V/v nghỉ Tết

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "409/S.GDĐT-VP"},
    ),
    "QPPL": (
        """ỦY BAN NHÂN DÂN	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TỈNH HƯƠNG GIANG	Độc lập - Tự do - Hạnh phúc
Số: 23/2026/QĐ-UBND	Hương Giang, ngày 05 tháng 11 năm 2026

QUYẾT ĐỊNH
Ban hành Quy định về dạy thêm, học thêm trên địa bàn tỉnh

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "23/2026/QĐ-UBND", "kind": "Quyết định", "issuer": "ỦY BAN NHÂN DÂN TỈNH HƯƠNG GIANG"},
    ),
    "số với chữ": (
        """UBND XÃ TÂN PHÚ	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TRƯỜNG TIỂU HỌC TÂN PHÚ A	Độc lập - Tự do - Hạnh phúc
Số: 12a/BC-THTPA	Tân Phú, ngày 05 tháng 11 năm 2026

BÁO CÁO
Sơ kết học kỳ I năm học 2026-2027

Kính gửi: Phòng Văn hóa - Xã hội xã Tân Phú

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "12a/BC-THTPA", "kind": "Báo cáo", "issuer": "TRƯỜNG TIỂU HỌC TÂN PHÚ A"},
    ),
    "01/CV": (
        """UBND XÃ TÂN PHÚ	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TRƯỜNG MẦM NON HOA SEN	Độc lập - Tự do - Hạnh phúc
Số: 01/CV-MNHS	Tân Phú, ngày 05 tháng 11 năm 2026
Về việc xin bổ sung giáo viên

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "01/CV-MNHS", "kind": "Công văn", "subject": "xin bổ sung giáo viên"},
    ),
    "01/CV only": (
        """UBND XÃ TÂN PHÚ	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TRƯỜNG MẦM NON HOA SEN	Độc lập - Tự do - Hạnh phúc
Số: 01/CV	Tân Phú, ngày 05 tháng 11 năm 2026
V/v: xin bổ sung giáo viên

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "01/CV", "kind": "Công văn", "subject": "xin bổ sung giáo viên"},
    ),
    "bilingual": (
        """ĐẠI HỌC HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
HUONG GIANG UNIVERSITY	SOCIALIST REPUBLIC OF VIETNAM
TRƯỜNG NGOẠI NGỮ	Độc lập - Tự do - Hạnh phúc
SCHOOL OF FOREIGN LANGUAGES	Independence - Freedom - Happiness
Số/No: 45/TB-ĐHHG	Hương Giang, ngày 05 tháng 11 năm 2026

THÔNG BÁO
Về việc nghỉ học ngày 20/11

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {
            "number_symbol": "45/TB-ĐHHG",
            "kind": "Thông báo",
            "issuer": "TRƯỜNG NGOẠI NGỮ",
            "subject": "Về việc nghỉ học ngày 20/11",
        },
    ),
    "quotes": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ GIÁO DỤC VÀ ĐÀO TẠO	Độc lập - Tự do - Hạnh phúc
Số: 292/KH-SGDĐT	Hương Giang, ngày 05 tháng 11 năm 2026

KẾ HOẠCH
Thực hiện Đề án “Xây dựng xã hội học tập giai đoạn 2026 - 2030”
của ngành Giáo dục

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"subject": "Thực hiện Đề án “Xây dựng xã hội học tập giai đoạn 2026 - 2030” của ngành Giáo dục", "kind": "Kế hoạch"},
    ),
    "đảng": (
        """ĐẢNG BỘ XÃ TÂN PHÚ	ĐẢNG CỘNG SẢN VIỆT NAM
CHI BỘ TRƯỜNG THCS TÂN PHÚ
*
Số 12-KH/CB	Tân Phú, ngày 05 tháng 11 năm 2026

KẾ HOẠCH
Tổ chức sinh hoạt chuyên đề quý IV

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

T/M CHI BỘ
BÍ THƯ

Lý Thị Mai
""",
        {"number_symbol": "12-KH/CB", "issuer": "CHI BỘ TRƯỜNG THCS TÂN PHÚ", "kind": "Kế hoạch"},
    ),
    "công đoàn": (
        """CÔNG ĐOÀN GIÁO DỤC TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
CÔNG ĐOÀN TRƯỜNG THPT TÂN PHÚ	Độc lập - Tự do - Hạnh phúc
Số: 15/CĐTHPT	Tân Phú, ngày 05 tháng 11 năm 2026
V/v vận động đoàn viên

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

TM. BAN CHẤP HÀNH
CHỦ TỊCH

Lý Thị Mai
""",
        {"number_symbol": "15/CĐTHPT", "issuer": "CÔNG ĐOÀN TRƯỜNG THPT TÂN PHÚ"},
    ),
    "đoàn": (
        """BCH ĐOÀN TỈNH HƯƠNG GIANG	ĐOÀN TNCS HỒ CHÍ MINH
ĐOÀN TRƯỜNG THPT TÂN PHÚ
***
Số: 08-KH/ĐTN	Tân Phú, ngày 05 tháng 11 năm 2026

KẾ HOẠCH
Tổ chức Tháng Thanh niên năm 2026

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

TM. BAN THƯỜNG VỤ
BÍ THƯ

Lý Thị Mai
""",
        {"number_symbol": "08-KH/ĐTN", "kind": "Kế hoạch"},
    ),
    "hội đồng thi": (
        """SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
HỘI ĐỒNG THI CHỌN HỌC SINH GIỎI	Độc lập - Tự do - Hạnh phúc
Số: 03/TB-HĐT	Hương Giang, ngày 05 tháng 11 năm 2026

THÔNG BÁO
Danh sách thí sinh dự thi

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

CHỦ TỊCH HỘI ĐỒNG

Lý Thị Mai
""",
        {"number_symbol": "03/TB-HĐT", "issuer": "HỘI ĐỒNG THI CHỌN HỌC SINH GIỎI"},
    ),
    "ban chỉ đạo": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
BAN CHỈ ĐẠO KỲ THI TỐT NGHIỆP	Độc lập - Tự do - Hạnh phúc
TRUNG HỌC PHỔ THÔNG NĂM 2026
Số: 21/BCĐ	Hương Giang, ngày 05 tháng 11 năm 2026
V/v bố trí lực lượng coi thi

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "21/BCĐ", "issuer": "BAN CHỈ ĐẠO KỲ THI TỐT NGHIỆP TRUNG HỌC PHỔ THÔNG NĂM 2026"},
    ),
    "no drafting": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TRƯỜNG THPT BÁN CÔNG	Độc lập - Tự do - Hạnh phúc
Số: 24/THPTBC	Hương Giang, ngày 05/11/2026
V/v xin kinh phí sửa chữa
phòng học

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "24/THPTBC", "date": "2026-11-05", "subject": "xin kinh phí sửa chữa phòng học"},
    ),
    "HT/K.gửi": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ GIÁO DỤC VÀ ĐÀO TẠO	Độc lập - Tự do - Hạnh phúc
Số : 1109 / SGDĐT – VP	Hương Giang , ngày 05 tháng 11 năm 2026
V/v : nghỉ lễ 30/4

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "1109/SGDĐT-VP", "subject": "nghỉ lễ 30/4"},
    ),
    "2 công văn subj below": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ GIÁO DỤC VÀ ĐÀO TẠO	Độc lập - Tự do - Hạnh phúc
Số: 1110/SGDĐT-KHTC	Hương Giang, ngày 05 tháng 11 năm 2026

Về việc tổ chức tập huấn

Kính gửi:
- Các phòng;
- Các trường.

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "1110/SGDĐT-KHTC", "subject": "tổ chức tập huấn", "kind": "Công văn"},
    ),
    "tờ trình": (
        """UBND XÃ TÂN PHÚ	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TRƯỜNG THCS TÂN PHÚ	Độc lập - Tự do - Hạnh phúc
Số: 9/TTr-THCSTP	Tân Phú, ngày 05 tháng 11 năm 2026

TỜ TRÌNH
V/v xin chủ trương xây dựng nhà vệ sinh

Kính gửi: UBND xã Tân Phú

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "9/TTr-THCSTP", "kind": "Tờ trình", "subject": "xin chủ trương xây dựng nhà vệ sinh"},
    ),
    "giấy mời": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ GIÁO DỤC VÀ ĐÀO TẠO	Độc lập - Tự do - Hạnh phúc
Số: 22/GM-SGDĐT	Hương Giang, ngày 05 tháng 11 năm 2026

GIẤY MỜI
Dự Hội nghị tổng kết năm học

Kính gửi: Trưởng các phòng

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"kind": "Giấy mời", "number_symbol": "22/GM-SGDĐT", "subject": "Dự Hội nghị tổng kết năm học"},
    ),
    "công điện": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Số: 05/CĐ-UBND	Hương Giang, hồi 22 giờ ngày 05 tháng 11 năm 2026

CÔNG ĐIỆN
Về việc cho học sinh nghỉ học tránh bão

CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH ĐIỆN:

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"kind": "Công điện", "number_symbol": "05/CĐ-UBND", "date": "2026-11-05"},
    ),
    "biên bản": (
        """UBND XÃ TÂN PHÚ	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TRƯỜNG THCS TÂN PHÚ	Độc lập - Tự do - Hạnh phúc
Số: 04/BB-THCSTP	Tân Phú, ngày 05 tháng 11 năm 2026

BIÊN BẢN
Họp hội đồng trường

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"kind": "Biên bản", "number_symbol": "04/BB-THCSTP"},
    ),
    "nghị quyết HĐND": (
        """HỘI ĐỒNG NHÂN DÂN	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TỈNH HƯƠNG GIANG	Độc lập - Tự do - Hạnh phúc
Số: 31/NQ-HĐND	Hương Giang, ngày 05 tháng 11 năm 2026

NGHỊ QUYẾT
Quy định mức học phí năm học 2026 - 2027
____________

HỘI ĐỒNG NHÂN DÂN TỈNH HƯƠNG GIANG
KHÓA X, KỲ HỌP THỨ MƯỜI
Căn cứ Luật Tổ chức chính quyền địa phương;
QUYẾT NGHỊ:
Điều 1. Thông qua.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {
            "kind": "Nghị quyết",
            "number_symbol": "31/NQ-HĐND",
            "subject": "Quy định mức học phí năm học 2026 - 2027",
            "issuer": "HỘI ĐỒNG NHÂN DÂN TỈNH HƯƠNG GIANG",
        },
    ),
    "cục": (
        """BỘ GIÁO DỤC VÀ ĐÀO TẠO	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
CỤC QUẢN LÝ CHẤT LƯỢNG	Độc lập - Tự do - Hạnh phúc
Số: 1700/QLCL-QLVBCC	Hà Nội, ngày 05 tháng 11 năm 2026
V/v xác minh văn bằng

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"issuer": "CỤC QUẢN LÝ CHẤT LƯỢNG", "superior": "BỘ GIÁO DỤC VÀ ĐÀO TẠO", "number_symbol": "1700/QLCL-QLVBCC"},
    ),
    "không số khóa": (
        """CÔNG AN TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
PHÒNG CẢNH SÁT PCCC VÀ CNCH	Độc lập - Tự do - Hạnh phúc
Số: 77/CV-PC07	Hương Giang, ngày 05 tháng 11 năm 2026
V/v tập huấn phòng cháy

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "77/CV-PC07", "issuer": "PHÒNG CẢNH SÁT PCCC VÀ CNCH"},
    ),
    "liên đoàn": (
        """LIÊN HIỆP CÁC HỘI KHOA HỌC	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
VÀ KỸ THUẬT TỈNH HƯƠNG GIANG	Độc lập - Tự do - Hạnh phúc
Số: 14/LHH	Hương Giang, ngày 05 tháng 11 năm 2026
V/v cuộc thi sáng tạo

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"issuer": "LIÊN HIỆP CÁC HỘI KHOA HỌC VÀ KỸ THUẬT TỈNH HƯƠNG GIANG", "number_symbol": "14/LHH"},
    ),
    "NHÓM trẻ": (
        """UBND PHƯỜNG TÂN LỘC	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
NHÓM TRẺ ĐỘC LẬP TƯ THỤC HOA MAI	Độc lập - Tự do - Hạnh phúc
Số: 02/BC-HM	Tân Lộc, ngày 05 tháng 11 năm 2026

BÁO CÁO
Tình hình trẻ đầu năm học

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

CHỦ NHÓM

Lý Thị Mai
""",
        {"issuer": "NHÓM TRẺ ĐỘC LẬP TƯ THỤC HOA MAI", "number_symbol": "02/BC-HM"},
    ),
    "đại học khoa": (
        """ĐẠI HỌC HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TRƯỜNG ĐẠI HỌC SƯ PHẠM	Độc lập - Tự do - Hạnh phúc
Số: 2486/QĐ-ĐHSP-ĐT	Hương Giang, ngày 05 tháng 11 năm 2026

QUYẾT ĐỊNH
Về việc ban hành Chương trình đào tạo
trình độ đại học ngành Sư phạm Toán

HIỆU TRƯỞNG TRƯỜNG ĐẠI HỌC SƯ PHẠM
Căn cứ Luật Giáo dục đại học;
QUYẾT ĐỊNH:
Điều 1. Ban hành.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {
            "number_symbol": "2486/QĐ-ĐHSP-ĐT",
            "subject": "Về việc ban hành Chương trình đào tạo trình độ đại học ngành Sư phạm Toán",
            "issuer": "TRƯỜNG ĐẠI HỌC SƯ PHẠM",
        },
    ),
    "kết luận": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
THANH TRA TỈNH	Độc lập - Tự do - Hạnh phúc
Số: 11/KL-TTr	Hương Giang, ngày 05 tháng 11 năm 2026

KẾT LUẬN THANH TRA
Việc chấp hành pháp luật về tuyển sinh

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "11/KL-TTr", "issuer": "THANH TRA TỈNH"},
    ),
    "cover page2": (
        """TRƯỜNG THPT TÂN PHÚ
HỒ SƠ TRÌNH
Năm học 2026-2027
\f
SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
TRƯỜNG THPT TÂN PHÚ	Độc lập - Tự do - Hạnh phúc
Số: 66/TTr-THPTTP	Tân Phú, ngày 05 tháng 11 năm 2026

TỜ TRÌNH
Về việc phê duyệt kế hoạch

Kính gửi: Sở Giáo dục và Đào tạo

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "66/TTr-THPTTP", "kind": "Tờ trình"},
    ),
    "e-sign frame": (
        """Người ký: SỞ GIÁO DỤC VÀ ĐÀO TẠO
Email: sgd@huonggiang.example
Cơ quan: TỈNH HƯƠNG GIANG
Ngày ký: 05-11-2026 15:17:44 +07:00
UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ GIÁO DỤC VÀ ĐÀO TẠO	Độc lập - Tự do - Hạnh phúc
Số: 409/SGDĐT-VP	Hương Giang, ngày 05 tháng 11 năm 2026
V/v nghỉ Tết Nguyên đán

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "409/SGDĐT-VP", "issuer": "SỞ GIÁO DỤC VÀ ĐÀO TẠO", "subject": "nghỉ Tết Nguyên đán"},
    ),
    "mixed-case": (
        """Ủy ban nhân dân tỉnh Hương Giang	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Sở Giáo dục và Đào tạo	Độc lập - Tự do - Hạnh phúc
Số: 409/SGDĐT-VP	Hương Giang, ngày 05 tháng 11 năm 2026
V/v nghỉ Tết Nguyên đán

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"issuer": "Sở Giáo dục và Đào tạo", "superior": "Ủy ban nhân dân tỉnh Hương Giang"},
    ),
    "thư mời": (
        """VIỆN KHOA HỌC GIÁO DỤC VIỆT NAM	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Số: 120/TM-VKHGDVN	Hà Nội, ngày 05 tháng 11 năm 2026

THƯ MỜI
Viết bài tham luận Hội thảo khoa học quốc gia

Kính gửi: Quý thầy cô

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "120/TM-VKHGDVN", "issuer": "VIỆN KHOA HỌC GIÁO DỤC VIỆT NAM"},
    ),
    "trích yếu 3 dòng + ngoặc": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ GIÁO DỤC VÀ ĐÀO TẠO	Độc lập - Tự do - Hạnh phúc
Số: 410/SGDĐT-GDTrH	Hương Giang, ngày 05 tháng 11 năm 2026
V/v hướng dẫn tổ chức
cuộc thi nghiên cứu khoa học, kỹ thuật
(ViSEF) cấp tỉnh năm học 2026-2027

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"subject": "hướng dẫn tổ chức cuộc thi nghiên cứu khoa học, kỹ thuật (ViSEF) cấp tỉnh năm học 2026-2027"},
    ),
    "date with dots": (
        """UBND TỈNH HƯƠNG GIANG	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ GIÁO DỤC VÀ ĐÀO TẠO	Độc lập - Tự do - Hạnh phúc
Số: 411/SGDĐT-VP	Hương Giang, ngày 05.11.2026
V/v nghỉ Tết

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"date": "2026-11-05"},
    ),
    "tp hcm": (
        """ỦY BAN NHÂN DÂN	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
THÀNH PHỐ HƯƠNG GIANG	Độc lập - Tự do - Hạnh phúc
SỞ GIÁO DỤC VÀ ĐÀO TẠO
Số: 3429/GDĐT-TTTT	TP. Hương Giang, ngày 10 tháng 10 năm 2026
V/v sử dụng thư điện tử

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {
            "number_symbol": "3429/GDĐT-TTTT",
            "superior": "ỦY BAN NHÂN DÂN THÀNH PHỐ HƯƠNG GIANG",
            "issuer": "SỞ GIÁO DỤC VÀ ĐÀO TẠO",
        },
    ),
    "giới hạn": (
        """TỔNG CÔNG TY ĐIỆN LỰC MIỀN NAM	CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
CÔNG TY ĐIỆN LỰC HƯƠNG GIANG	Độc lập - Tự do - Hạnh phúc
Số: 1520/PCHG-KD	Hương Giang, ngày 05 tháng 11 năm 2026
V/v thông báo lịch cắt điện

Kính gửi: Các trường trực thuộc

Thực hiện kế hoạch năm học 2026-2027, đơn vị triển khai các nội dung sau đây đến toàn thể cán bộ, giáo viên và nhân viên.
1. Tổ chức thực hiện theo hướng dẫn.
2. Báo cáo kết quả trước ngày 30 tháng 11 năm 2026./.

Nơi nhận:
- Như trên;
- Lưu: VT.

KT. GIÁM ĐỐC
PHÓ GIÁM ĐỐC

Lý Thị Mai
""",
        {"number_symbol": "1520/PCHG-KD", "issuer": "CÔNG TY ĐIỆN LỰC HƯƠNG GIANG"},
    ),
}
