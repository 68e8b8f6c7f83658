"""Pages for what went wrong: what happened, and what to do now."""

from __future__ import annotations

import logging
from typing import NamedTuple

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from gateway.errors import NotAllowed, NotFound, StoreUnavailable
from web.api.problems import problem
from web.language import said

logger = logging.getLogger(__name__)


class _Page(NamedTuple):
    title: str
    advice: str


_PAGES = {
    400: _Page(
        "Yêu cầu chưa đầy đủ",
        "Máy chủ chưa hiểu được yêu cầu vừa gửi. Xin quay lại trang trước, tải lại trang rồi làm lại.",
    ),
    403: _Page(
        "Tài khoản này không làm được việc đó",
        "Chỉ văn thư của đơn vị được quyết định hồ sơ, chỉ cán bộ quản trị được cho chuyển lại thư. "
        "Nếu cần quyền này, xin liên hệ cán bộ quản trị.",
    ),
    404: _Page(
        "Không tìm thấy trang này",
        "Hồ sơ hoặc thư này không có, hoặc không thuộc đơn vị của anh/chị. "
        "Xin kiểm tra lại đường dẫn, hoặc tìm trong danh sách.",
    ),
    405: _Page("Yêu cầu chưa đúng cách", "Xin quay lại trang trước và dùng nút trên trang."),
    413: _Page("Nội dung gửi lên quá dài", "Xin rút gọn lý do, hoặc chọn tệp nhỏ hơn, rồi gửi lại."),
    429: _Page(
        "Đã thử quá nhiều lần",
        "Để giữ an toàn cho tài khoản, xin đợi 15 phút rồi đăng nhập lại. Nếu quên mật khẩu, xin liên hệ cán bộ quản trị.",
    ),
    500: _Page(
        "Có lỗi ở phía máy chủ",
        "Không có thư nào bị mất. Lỗi đã được ghi lại; xin thử lại sau ít phút, nếu vẫn lỗi thì báo cho cán bộ quản trị.",
    ),
    503: _Page(
        "Kho dữ liệu tạm thời chưa đọc được",
        "Thư vẫn được giữ an toàn ở máy gửi và sẽ được nhận khi kho hoạt động lại. Xin thử lại sau ít phút; "
        "cán bộ quản trị xem dung lượng đĩa và nhật ký của dịch vụ.",
    ),
}

_STALE = _Page(
    "Trang này đã mở quá lâu hoặc phiên đăng nhập đã kết thúc",
    "Việc vừa làm chưa được ghi. Xin tải lại trang, đăng nhập nếu được hỏi, rồi làm lại.",
)


def install(app: Flask) -> None:
    """Give the app its error pages."""
    app.register_error_handler(CSRFError, lambda _: _show(400, _STALE))
    app.register_error_handler(NotFound, lambda _: _show(404))
    app.register_error_handler(NotAllowed, lambda refusal: _show(403, _Page(_PAGES[403].title, refusal.said)))
    app.register_error_handler(StoreUnavailable, _unavailable)
    app.register_error_handler(HTTPException, lambda error: _http(error))
    app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:  # a redirect is raised as an exception, too
        return error.get_response()
    return _show(code)


def _unavailable(error: Exception) -> ResponseReturnValue:
    logger.error("the store cannot be read or written: %s", error)
    return _show(503)


def _unexpected(error: Exception) -> ResponseReturnValue:
    logger.exception("a page failed", exc_info=error)
    return _show(500)


def _show(code: int, page: _Page | None = None) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        return problem(code)
    page = page or _PAGES.get(code) or _PAGES[500 if code >= 500 else 400]
    # The page needs neither store nor session: it must come when either is broken.
    return render_template("error.html", code=code, title=said(page.title), advice=said(page.advice)), code
