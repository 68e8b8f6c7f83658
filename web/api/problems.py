"""What went wrong, for programs: RFC 9457 problem documents, in the language of the reader, with the English beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec
from flask import Response

from gateway.model import Value
from web.language import gettext, in_english, language, said

MEDIA = "application/problem+json"


class Changed(Value):
    """What stands there instead, after a conflict: who was quicker, and what the case is now."""

    state: str
    unit: str
    at: datetime | None = None  # of the last act of a person or of the gateway; None when nothing was told yet
    by: str = ""
    event: str = ""


class Problem(Value):
    """RFC 9457, section 3.1; the last three are extensions of ours (section 3.2).

    ``title`` and ``detail`` are in the language of the reader (Accept-Language), as Content-Language says.
    """

    type: str
    title: str
    status: int
    detail: str = ""
    title_en: str = ""
    detail_en: str = ""
    changed: Changed | None = None


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
    422: _Kind("key-reused", "Khóa Idempotency-Key này đã dùng cho một lần gọi khác"),
    429: _Kind("too-many", "Gọi quá nhiều lần; xin đợi rồi gọi lại"),
    500: _Kind("failed", "Có lỗi ở phía máy chủ; lỗi đã được ghi lại"),
    503: _Kind("store-unavailable", "Kho dữ liệu tạm thời chưa đọc được; xin gọi lại sau ít phút"),
}


def problem(status: int, detail: str = "", *, detail_en: str = "", changed: Changed | None = None) -> Response:
    """The answer for what went wrong; ``detail`` is Vietnamese, or a phrase of the gateway: it is put into words here."""
    kind = _KINDS.get(status) or _KINDS[500 if status >= 500 else 400]
    body = Problem(
        type=f"urn:vanthu:problem:{kind.name}",
        title=gettext(kind.title),
        status=status,
        detail=(detail_en if language() == "en" and detail_en else said(detail)) if detail else "",
        title_en=in_english(kind.title),
        detail_en=detail_en or in_english(detail),
        changed=changed,
    )
    response = Response(msgspec.json.encode(body), status=status, mimetype=MEDIA)
    response.headers["Content-Language"] = language()
    response.vary.add("Accept-Language")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="vanthu"'
    return response


def titles() -> dict[int, str]:
    """The title of each status, in the language of the page."""
    return {status: gettext(kind.title) for status, kind in _KINDS.items()}
