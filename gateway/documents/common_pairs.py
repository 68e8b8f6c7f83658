"""Pairs of words that nearly every official text has, and that are written with one set of marks only.  Data.

An OCR loses marks; "tô chức" can only be "tổ chức".  Pairs that mean something else with other marks were left out.
"""

from __future__ import annotations

COMMON_PAIRS = """
    an toàn; ảnh hưởng; áp dụng; bãi nhiệm; ban chỉ; ban giám; ban hành; bản hướng; bản pháp; bản quy; bản sao; bản thân;
    báo cáo; bảo đảm; bao gồm; bảo hiểm; bảo hộ; bão lũ; bảo quản; bảo vệ; bắt buộc; bất cứ; bắt đầu; bất kỳ; bầu cử; bên
    cạnh; bên ngoài; bệnh viện; biên chế; biên giới; biện pháp; biệt khó; biểu mẫu; bình quân; bình thường; bộ kế; bộ máy;
    bổ nhiệm; bổ sung; bố trí; bộ trưởng; bồi dưỡng; bồi thường; bưu chính; cá nhân; cách mạng; cải cách; cải tạo; cải
    thiện; cải tiến; cam kết; cán bộ; căn cứ; cần thiết; cao chất; cao hiệu; cáo kết; cao nhất; cáo quyết; cao tuổi; cấp
    dưới; cấp giấy; cập nhật; cấp xã; cha mẹ; chấm dứt; chậm nhất; chăm sóc; chánh văn; chấp hành; chấp nhận; chấp thuận;
    chặt chẽ; chất đạo; chất lượng; chế độ; chế tạo; chênh lệch; chỉ đạo; chi nhánh; chi tiết; chiến lược; chính hướng;
    chính phủ; chính quyền; chính sách; chính trị; chính xác; chịu sự; chịu thuế; chịu trách; chủ động; chủ nghĩa; chủ
    tịch; chủ trì; chủ trương; chủ yếu; chữa bệnh; chữa cháy; chuẩn đầu; chức chính; chức kiểm; chức năng; chức quốc; chức
    thực; chức tín; chức triển; chức vụ; chứng chỉ; chứng nhận; chúng ta; chúng tôi; chương ii; chương iii; chương iv;
    chương trình; chuyên đề; chuyển đổi; chuyên gia; chuyển giao; chuyên môn; chuyên ngành; chuyên nghiệp; chuyển sang;
    chuyên trách; công bố; công chức; công cụ; công dân; công khai; công nghệ; công nghiệp; công tác; công trình; công ty;
    công văn; cứ luật; cứ nghị; cụ thể; cư trú; cục hải; cục thuế; cục trưởng; cung ứng; cuộc họp; cuộc sống; cứu khoa;
    cứu trách; đặc biệt; đặc điểm; đặc thù; đại biểu; đại diện; đại học; đảm bảo; đảm nhiệm; dân chủ; dẫn thi; dân tỉnh;
    dân tộc; dân xã; đăng ký; đánh giá; danh hiệu; danh mục; danh sách; đạo đức; đào tạo; đáp ứng; đất đai; đạt tiêu; đấu
    thầu; đầu tiên; đầy đủ; đẩy nhanh; đề nghị; đi học; địa bàn; địa điểm; địa lý; địa phương; dịch bệnh; dịch vụ; điểm
    thi; điện thoại; điều động; định chế; định chức; định chung; định danh; định giá; định hiện; định hướng; định pháp;
    định rõ; định thành; đoàn thể; doanh nghiệp; độc lập; đối chiếu; đổi mới; đội ngũ; đời sống; đôn đốc; đơn giản; đơn
    vị; đơn xin; đóng góp; đồng lao; động lực; động sản; đồng thời; đột xuất; đủ hồ; du lịch; dữ liệu; dự thảo; dự toán;
    dục quốc; dục thể; đường lối; duy trì; ghi chú; ghi nhận; ghi rõ; giá cả; gia hạn; giá kết; gia tăng; giá trị; giai
    đoạn; giải pháp; giải quyết; giải thể; giải thích; giải trình; giám đốc; giám sát; gian thực; giảng dạy; giảng viên;
    giao dịch; giáo dục; giao nhiệm; giao thông; giao tiếp; giáo viên; giấy chứng; giấy tờ; giới hạn; giới thiệu; giới
    tính; giữ gìn; giúp đỡ; gọi chung; gọi tắt; gói thầu; góp phần; góp vốn; gửi cơ; gửi hồ; hà nội; hạ tầng; hạch toán;
    hai bên; hạn chế; hàng nhà; hàng nhập; hành chính; hành động; hành kể; hành kèm; hành luật; hành nghề; hành nghị; hành
    pháp; hạnh phúc; hành quy; hành quyết; hành vi; hầu hết; hậu quả; hệ thống; hết hiệu; hết thời; hiểm xã; hiện chế;
    hiện chương; hiện công; hiện đại; hiện đầy; hiện đúng; hiện hành; hiện nay; hiện nghiêm; hiện nhiệm; hiện quy; hiện
    quyết; hiện tốt; hiểu biết; hiệu lực; hình ảnh; hình kinh; hộ chiếu; hồ sơ; họ tên; hỗ trợ; hoạch phát; hoàn cảnh;
    hoàn chỉnh; hoàn thành; hoàn thiện; hoàn toàn; hoàn trả; học bổng; học công; học kỳ; học phí; học phổ; học quốc; học
    sinh; học tập; hội chủ; hội đồng; hội nghị; hội nhập; hội thảo; hợp đặc; hợp đồng; hợp lệ; hợp lý; hợp nhất; hợp pháp;
    hợp tác; huấn luyện; hướng dẫn; huy động; ít nhất; kế hoạch; kê khai; kế toán; kéo dài; kết hợp; kết luận; kết nối;
    kết quả; khả năng; khách hàng; khách quan; khai thác; khai thực; khảo sát; khen thưởng; khiếu nại; kho bạc; khó khăn;
    khóa biểu; khoa học; khóa luận; khối lượng; khởi nghiệp; khu công; khu vực; khuyến khích; khuyết tật; kiểm định; kiểm
    sát; kiểm soát; kiểm toán; kiểm tra; kiến nghị; kính gửi; kinh nghiệm; kinh phí; kinh tế; kịp thời; ký kinh; kỷ luật;
    kỹ năng; ký tên; kỳ thi; kỹ thuật; lãi suất; làm căn; làm công; làm đơn; làm rõ; làm thủ; lần đầu; lãng phí; lãnh đạo;
    lãnh thổ; lao động; lập biên; lập danh; lập hồ; lập hội; lập kế; lắp ráp; lập thành; lập tự; lệ phí; lịch nghỉ; liên
    doanh; liên hệ; liên lạc; liên quan; liên tịch; liên tục; linh kiện; lĩnh vực; loại hình; lợi ích; lớp học; lựa chọn;
    luân chuyển; luận văn; luật hiện; luật pháp; luật sửa; luật tổ; luật việt; lực kể; lực lượng; lược đồ; lượng công;
    lượng vũ; lý công; lý hành; lý kinh; lý lịch; lý nhà; lý thuyết; lý vi; mầm non; mạng lưới; mang tính; mặt hàng; mặt
    trận; máy móc; máy tính; miễn giảm; miễn nhiệm; miền núi; minh nhân; mô hình; mở rộng; mô tả; mối liên; môi trường;
    môn học; môn nghiệp; mua bán; mục đích; năm học; nâng cao; nâng lương; năng thực; nđ cp; nền kinh; nêu rõ; ngân hàng;
    ngân sách; ngang bộ; ngành đào; ngành nghề; nghệ thông; nghị cấp; nghị định; nghỉ lễ; nghị quyết; nghỉ tết; nghĩa
    việt; nghĩa vụ; nghiệm thu; nghiêm túc; nghiên cứu; nghiệp nhà; nghiệp sản; nghiệp vụ; ngoại giao; ngoại ngữ; ngoài
    nước; ngoại tệ; ngũ cán; ngữ dưới; người khuyết; nguồn kinh; nguồn lực; nguồn vốn; nguy hiểm; nguyên đán; nguyên liệu;
    nguyên nhân; nguyên tắc; nguyễn văn; nguyên vật; nguyện vọng; nhà đầu; nhà giáo; nhà máy; nhà nước; nhà trường; nhân
    dân; nhân lực; nhân nước; nhân sự; nhân viên; nhận xét; nhanh chóng; nhập doanh; nhập học; nhập khẩu; nhất định; nhiệm
    công; nhiệm hình; nhiệm hướng; nhiệm kỳ; nhiệm quản; nhiệm thi; nhiệm thực; nhiệm tổ; nhiệm vụ; nhu cầu; nội bộ; nơi
    làm; nơi nhận; nội vụ; nông nghiệp; nông thôn; nộp hồ; nộp thuế; nước đối; nước ngoài; nước việt; ổn định; phá sản;
    phẩm chất; phạm hành; phạm pháp; phạm quy; phạm vi; phân biệt; phân cấp; phần ii; phân loại; phần mềm; pháp lệnh; pháp
    luật; pháp lý; pháp xử; phát biểu; phát hiện; phát huy; phát sinh; phát triển; phê chuẩn; phê duyệt; phí quản; phí
    thực; phổ biến; phó chủ; phố hồ; phổ thông; phó thủ; phố trực; phối hợp; phòng cháy; phòng chính; phòng chống; phòng
    chủ; phòng quốc; phòng tổng; phong trào; phòng trung; phủ ban; phụ cấp; phù hợp; phụ lục; phủ quy; phủ sửa; phụ thuộc;
    phụ trách; phụ tùng; phúc khảo; phức tạp; phục vụ; phương án; phương pháp; qđ ttg; quá thời; quá trình; quan chịu;
    quan chủ; quan chuyên; quan điểm; quan hệ; quản lý; quan nhà; quan tâm; quan thuế; quan thuộc; quan tới; quản trị;
    quảng cáo; quốc gia; quốc hội; quốc phòng; quốc tế; quốc tịch; quốc việt; quy chế; quy định; quy hoạch; quy mô; quy
    phạm; quy trình; quyền cấp; quyền địa; quyền hạn; quyền lợi; quyền phê; quyền quyết; quyền sử; quyết định; quyết
    khiếu; quyết toán; rà soát; rèn luyện; riêng đối; rõ họ; rõ ràng; rộng rãi; sách nhà; sách xã; sản phẩm; sẵn sàng; sản
    xuất; sáng kiến; sáng tạo; sáp nhập; sắp xếp; sát nhân; sinh hoạt; sinh học; sinh viên; sở hạ; sở hữu; sơ kết; so
    sánh; sở vật; sử dụng; sự nghiệp; sự phát; sự thay; sửa đổi; suất thuế; sức khỏe; tác động; tác quốc; tác xã; tài
    chính; tài liệu; tai nạn; tài nghiên; tài nguyên; tài trợ; tạm thời; tăng cường; tạp chí; tập huấn; tập thể; tập
    trung; tệ nạn; tế xã; tên công; tên đơn; tên gọi; thạc sĩ; thái độ; thẩm định; tham dự; tham khảo; tham mưu; thẩm
    quyền; thành công; thành lập; thanh lý; thành nhiệm; thành phần; thành phố; thành tích; thành tốt; thanh tra; thành
    viên; thảo luận; thay đổi; thay thế; thể dục; thế giới; thể hiện; thi đua; thi hành; thí nghiệm; thị trấn; thị xã;
    thích hợp; thích ứng; thiên nhiên; thiên tai; thiệt hại; thiết lập; thời điểm; thời gian; thời hạn; thời khóa; thời
    kỳ; thống kê; thống nhất; thông thường; thông tin; thông tư; thứ hai; thu hồi; thu hút; thư ký; thu nhập; thứ nhất;
    thu thập; thu thuế; thư trung; thủ tục; thủ tướng; thuận lợi; thực hành; thực hiện; thực phẩm; thực tập; thực tế; thức
    tổ; thuế đối; thuế nhập; thuế suất; thuế xuất; thuộc bộ; thuộc chính; thuộc diện; thuộc đối; thuộc lĩnh; thuộc phạm;
    thuộc quyền; thuộc thẩm; thuộc trung; thuộc tw; thương binh; thương mại; thường trú; thường trực; thường vụ; thường
    xuyên; tích cực; tịch hội; tịch nước; tiến độ; tiến hành; tiền lương; tiến sĩ; tiền tệ; tiên tiến; tiếng anh; tiếng
    việt; tiếp cận; tiếp nhận; tiếp quản; tiếp tục; tiết thi; tiêu chuẩn; tiểu học; tìm hiểu; tìm kiếm; tín dụng; tin học;
    tin liên; tính chất; tính chính; tình hình; tinh thần; tính thuế; tình trạng; tố cáo; tổ chức; tờ khai; tổ quốc; toàn
    bộ; toán chi; toán kinh; toán ngân; tốc độ; tộc thiểu; tôi cam; tối cao; tội phạm; tối thiểu; tôi xin; tóm tắt; tổng
    cục; tổng hợp; tổng kết; tổng thể; tốt nghiệp; tốt nhiệm; trả lời; trách nhiệm; trận tổ; trật tự; trẻ em; trị xã;
    triển khai; triển kinh; triệu đồng; trình bày; trình công; trình đào; trình độ; trình hội; trình phát; trình thực;
    trình tự; trình xây; trợ cấp; trợ giúp; trợ phát; trừ trường; trực thuộc; trực tiếp; trực tuyến; trung bình; trung
    học; trung tâm; trung thực; trung ương; trưởng bộ; trưởng cục; trường đại; trường học; trường hợp; truy cứu; tt bgdđt;
    tự chọn; tư duy; tự nhiên; tư pháp; tuân thủ; tục đăng; tục hành; từng bước; từng loại; tượng áp; tương đương; tương
    lai; tượng nộp; tương ứng; tuy nhiên; tuyển dụng; tuyển sinh; tuyên truyền; tỷ giá; tỷ lệ; ubnd tỉnh; ủng hộ; ứng yêu;
    ương chịu; ương đảng; ưu đãi; ưu tiên; ủy ban; uy tín; vai trò; văn bản; vận dụng; văn phòng; vận tải; văn thư; vật
    chất; vật liệu; vật lý; vật tư; vay vốn; vệ sinh; vi phạm; vị thuộc; vị trí; vị trực; viên chức; việt nam; vốn đầu;
    vốn góp; vốn nước; vũ trang; vực công; vùng xa; vướng mắc; xã hội; xác định; xác minh; xác nhận; xây dựng; xem xét;
    xếp loại; xét duyệt; xét tuyển; xu hướng; xử lý; xử phạt; xuất khẩu; xuất kinh; xuất sắc; xuất trình; y tế; yêu cầu
"""
