"""Words of the headings of official documents, as they are spelled: to put right what an OCR read of them.  Data.

Decree 30/2020/NĐ-CP, Annex I (form) and III (kinds); Instruction 36-HD/VPTW for Party documents; names of provinces as of
2008 to 2025 and after Resolution 202/2025/QH15.
"""

from __future__ import annotations

_OFFICES = """
Bộ Giáo dục và Đào tạo|Sở Giáo dục và Đào tạo|Phòng Giáo dục và Đào tạo|Giáo dục và Đào tạo|Giáo dục|Giáo dục và
và Đào tạo|Đào tạo|Ủy ban nhân dân|Ủy ban nhân dân tỉnh|Ủy ban nhân dân thành phố|Ủy ban nhân dân huyện
Ủy ban nhân dân xã|Ủy ban nhân dân phường|Hội đồng nhân dân|Ủy ban|nhân dân|Hội đồng|Văn phòng Chính phủ|Văn phòng
Thủ tướng Chính phủ|Chính phủ|Quốc hội|Bộ Nội vụ|Sở Nội vụ|Bộ Tài chính|Sở Tài chính|Bộ Y tế|Sở Y tế|Sở Xây dựng
Sở Công Thương|Bộ Công Thương|Bộ Xây dựng|Bộ Tư pháp|Sở Tư pháp|Bộ Công an|Công an|Bộ Quốc phòng
Sở Khoa học và Công nghệ|Bộ Khoa học và Công nghệ|Khoa học và Công nghệ|Sở Thông tin và Truyền thông
Thông tin và Truyền thông|Bộ Thông tin và Truyền thông|Nông nghiệp và Môi trường|Nông nghiệp và Phát triển nông thôn
Tài nguyên và Môi trường|Lao động - Thương binh và Xã hội|Thương binh và Xã hội|Thể thao và Du lịch|Văn hóa - Xã hội
Phòng Văn hóa - Xã hội|Kế hoạch và Đầu tư|Giao thông vận tải|Bảo hiểm xã hội|Bảo hiểm xã hội Việt Nam|Kho bạc Nhà nước
Ngân hàng Nhà nước|Tổng cục|Cục Thuế|Chi cục|Liên đoàn Lao động|Công đoàn Giáo dục|Công đoàn
Đoàn Thanh niên Cộng sản Hồ Chí Minh|Đảng Cộng sản Việt Nam|Đảng bộ|Đảng ủy|Huyện ủy|Tỉnh ủy|Thành ủy|Thị ủy|Chi bộ
Ban Chấp hành|Ban Thường vụ|Ban Tổ chức|Ban Tuyên giáo|Ban Chỉ đạo|Ban Giám hiệu|Ban Giám đốc|Mặt trận Tổ quốc
Hội Khuyến học|Hội Liên hiệp Phụ nữ|Hội Cựu chiến binh|Hội Chữ thập đỏ|Trung tâm|Trung tâm Giáo dục thường xuyên
Giáo dục nghề nghiệp - Giáo dục thường xuyên|Trung tâm Giáo dục nghề nghiệp|Giáo dục thường xuyên|Giáo dục nghề nghiệp
Học viện|Đại học Quốc gia|Đại học|Trường Đại học|Trường Cao đẳng|Trường Trung cấp|Trường Trung học phổ thông
Trung học phổ thông|Trường Trung học cơ sở|Trung học cơ sở|Trường Tiểu học|Tiểu học|Trường Mầm non|Trường Mẫu giáo
Mầm non|Mẫu giáo|Trường THPT|Trường THCS|Trường Tiểu học và Trung học cơ sở|Trường Phổ thông
Trường Phổ thông Dân tộc Nội trú|Phổ thông Dân tộc Nội trú|Dân tộc Nội trú|Trường Chuyên|Thanh tra
Viện Kiểm sát nhân dân|Tòa án nhân dân|Sở Dân tộc và Tôn giáo|Hội đồng thi|Hội đồng tuyển sinh
"""
_FORM = """
Cộng hòa xã hội chủ nghĩa Việt Nam|Độc lập - Tự do - Hạnh phúc|Độc lập|Tự do|Hạnh phúc|Xã hội chủ nghĩa Việt Nam
Kính gửi|Nơi nhận|Căn cứ|Quyết định|Nghị quyết|Chỉ thị|Quy chế|Quy định|Thông cáo|Thông báo|Hướng dẫn|Chương trình
Kế hoạch|Phương án|Đề án|Dự án|Báo cáo|Biên bản|Tờ trình|Hợp đồng|Công văn|Công điện|Bản ghi nhớ|Bản thỏa thuận
Giấy ủy quyền|Giấy mời|Giấy giới thiệu|Giấy nghỉ phép|Phiếu gửi|Phiếu chuyển|Phiếu báo|Thông tư|Nghị định
Thông tư liên tịch|Về việc|Ban hành kèm theo|Nhiệm vụ năm học|năm học|Chủ tịch|Phó Chủ tịch|Giám đốc|Phó Giám đốc
Hiệu trưởng|Phó Hiệu trưởng|Bộ trưởng|Thứ trưởng|Chánh Văn phòng|Phó Chánh Văn phòng|Trưởng phòng|Phó Trưởng phòng
Viện trưởng|Cục trưởng|Vụ trưởng|Tổng Giám đốc|Bí thư|Phó Bí thư|Kế toán trưởng|Người ký|Thủ trưởng
"""
_PROVINCES = """
An Giang|Bà Rịa - Vũng Tàu|Bạc Liêu|Bắc Giang|Bắc Kạn|Bắc Ninh|Bến Tre|Bình Dương|Bình Định|Bình Phước|Bình Thuận|Cà Mau
Cao Bằng|Cần Thơ|Đà Nẵng|Đắk Lắk|Đắk Nông|Điện Biên|Đồng Nai|Đồng Tháp|Gia Lai|Hà Giang|Hà Nam|Hà Nội|Hà Tĩnh|Hải Dương
Hải Phòng|Hậu Giang|Hòa Bình|Hồ Chí Minh|Huế|Hưng Yên|Khánh Hòa|Kiên Giang|Kon Tum|Lai Châu|Lạng Sơn|Lào Cai|Lâm Đồng
Long An|Nam Định|Nghệ An|Ninh Bình|Ninh Thuận|Phú Thọ|Phú Yên|Quảng Bình|Quảng Nam|Quảng Ngãi|Quảng Ninh|Quảng Trị
Sóc Trăng|Sơn La|Tây Ninh|Thái Bình|Thái Nguyên|Thanh Hóa|Thừa Thiên Huế|Tiền Giang|Trà Vinh|Tuyên Quang|Vĩnh Long
Vĩnh Phúc|Yên Bái
"""


def _phrases(text: str) -> list[str]:
    return [phrase for line in text.split("\n") for phrase in line.split("|") if phrase]


PHRASES: tuple[str, ...] = (
    *_phrases(_OFFICES),
    *_phrases(_FORM),
    *(f"{kind} {name}" for name in _phrases(_PROVINCES) for kind in ("tỉnh", "thành phố", "Ủy ban nhân dân tỉnh")),
)
