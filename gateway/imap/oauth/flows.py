"""Walks a person through signing in: by a code on another device, or by a browser.  What is said is for the IT officer."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from gateway.errors import SignInRefused
from gateway.imap.oauth.client import Client, NotYet

_PATIENCE_S = 600.0
_SLOWER_S = 5.0  # RFC 8628 section 3.5
_DONE = (
    "<!doctype html><html lang=vi><meta charset=utf-8><title>Vanthu</title><p>Đã đăng nhập. "
    "Anh/chị có thể đóng trang này và quay lại cửa sổ lệnh."
)

Say = Callable[[str], None]


def by_device(
    client: Client,
    user: str,
    *,
    say: Say,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Mapping[str, Any]:
    """A sign-in on any device with a browser (RFC 8628): for servers without one.  SignInRefused when nobody does it."""
    code = client.device_code()
    say(f"1. Trên máy tính hoặc điện thoại bất kỳ, mở trang: {code.url}")
    say(f"2. Nhập mã: {code.user_code}")
    say(f"3. Đăng nhập bằng tài khoản {user} và chọn đồng ý.")
    say(f"Mã có hiệu lực trong {code.expires_in / 60:.0f} phút. Đang chờ …")
    interval, end = code.interval, clock() + code.expires_in
    while clock() < end:
        sleep(interval)
        try:
            return client.by_device(code.device_code)
        except NotYet as wait:
            interval += _SLOWER_S if wait.slower else 0
    raise SignInRefused("mã đã hết hiệu lực mà chưa có ai đăng nhập; xin chạy lại lệnh")


def by_browser(client: Client, user: str, *, say: Say, port: int = 0, patience_s: float = _PATIENCE_S) -> Mapping[str, Any]:
    """A sign-in by a browser on this machine, which is sent back to us (RFC 8252 section 7.3)."""
    with _Returned(("127.0.0.1", port), _Handler) as server:
        redirect_uri = f"http://127.0.0.1:{server.server_port}"
        begun = client.begin_browser(redirect_uri, user)
        say(f"Mở trang sau trong trình duyệt trên chính máy này và đăng nhập bằng tài khoản {user}:")
        say(begun.url)
        answer = server.wait(patience_s)
    return client.by_browser(begun, redirect_uri + answer, redirect_uri)


def by_paste(client: Client, user: str, *, say: Say, ask: Callable[[str], str], port: int = 8400) -> Mapping[str, Any]:
    """A sign-in by a browser elsewhere: the person brings the address to which it was sent back."""
    redirect_uri = f"http://127.0.0.1:{port}"
    begun = client.begin_browser(redirect_uri, user)
    say(f"1. Trên máy của anh/chị, mở trang sau và đăng nhập bằng tài khoản {user}:")
    say(begun.url)
    say(f"2. Sau khi đồng ý, trình duyệt sẽ báo không mở được trang {redirect_uri}: đó là bình thường.")
    answer = ask("3. Chép toàn bộ địa chỉ trên thanh địa chỉ của trình duyệt vào đây").strip()
    if "code=" not in answer and "error=" not in answer:
        raise SignInRefused(f"địa chỉ dán vào không phải địa chỉ bắt đầu bằng {redirect_uri}; xin chạy lại lệnh")
    return client.by_browser(begun, answer, redirect_uri)


class _Returned(HTTPServer):
    """Waits for the browser to come back."""

    answer = ""

    def wait(self, patience_s: float) -> str:
        """The path with the answer.  SignInRefused when nobody comes."""
        end = time.monotonic() + patience_s
        while not self.answer:
            self.timeout = end - time.monotonic()
            if self.timeout <= 0:
                raise SignInRefused("đã chờ mà chưa có ai đăng nhập; xin chạy lại lệnh")
            self.handle_request()
        return self.answer

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 10  # a browser that opens a connection ahead and says nothing must not keep us

    def do_GET(self) -> None:
        """The browser, sent back; it may also ask for an icon."""
        is_answer = "code=" in self.path or "error=" in self.path
        body = _DONE.encode() if is_answer else b""
        with contextlib.suppress(OSError):
            self.send_response(200 if is_answer else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(body)
        if is_answer and isinstance(self.server, _Returned):
            self.server.answer = self.path

    def log_message(self, format: str, *arguments: object) -> None:
        """The path has the code: it is logged nowhere."""
