"""What went wrong, for programs: RFC 9457 problem documents, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from flask import Response

from gateway.model import Value
from web.language import gettext, in_english

MEDIA = "application/problem+json"


class Problem(Value):
    """RFC 9457, section 3.1; ``title_en`` and ``detail_en`` are extensions of ours (section 3.2)."""

    type: str
    title: str
    status: int
    detail: str = ""
    title_en: str = ""
    detail_en: str = ""


class _Kind(NamedTuple):
    name: str
    title: str


_KINDS: Mapping[int, _Kind] = {
    400: _Kind("bad-request", "Yêu cầu chưa đúng"),
    401: _Kind("token-required", "Cần một mã truy cập còn hiệu lực"),
    403: _Kind("not-allowed", "Mã truy cập này không làm được việc đó"),
    404: _Kind("not-found", "Không có, hoặc không thuộc phạm vi của mã truy cập"),
    405: _Kind("wrong-method", "Địa chỉ này không nhận cách gọi đó"),
    409: _Kind("conflict", "Trạng thái hiện tại không cho làm việc đó"),
    413: _Kind("too-large", "Nội dung gửi lên quá dài"),
    415: _Kind("not-json", "Nội dung gửi lên phải là JSON"),
    429: _Kind("too-many", "Gọi quá nhiều lần; xin đợi rồi gọi lại"),
    500: _Kind("failed", "Có lỗi ở phía máy chủ; lỗi đã được ghi lại"),
    503: _Kind("store-unavailable", "Kho dữ liệu tạm thời chưa đọc được; xin gọi lại sau ít phút"),
}


def problem(status: int, detail: str = "", *, detail_en: str = "") -> Response:
    """The answer for what went wrong; ``detail`` is Vietnamese, or a phrase of the gateway."""
    kind = _KINDS.get(status) or _KINDS[500 if status >= 500 else 400]
    body = Problem(
        type=f"urn:vanthu:problem:{kind.name}",
        title=kind.title,
        status=status,
        detail=str(detail),
        title_en=in_english(kind.title),
        detail_en=detail_en or in_english(detail),
    )
    response = Response(msgspec.json.encode(body), status=status, mimetype=MEDIA)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="vanthu"'
    return response


def titles() -> dict[int, str]:
    """The title of each status, in the language of the page."""
    return {status: gettext(kind.title) for status, kind in _KINDS.items()}
