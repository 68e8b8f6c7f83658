"""The console over real HTTP."""

from __future__ import annotations

import threading
import time
import urllib.request
from urllib.error import URLError

import pytest
from flask import Flask, request

from web.server import serve


def read(port: int, path: str, **headers: str) -> str:
    wanted = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(wanted, timeout=10) as response:  # noqa: S310 - our own server
        text: str = response.read().decode()
        return text


def test_the_console_answers_on_a_free_port_and_gives_it_back(app: Flask) -> None:
    console = serve(app, "127.0.0.1", 0)
    assert '"status":"ok"' in read(console.port, "/health")
    console.close()
    with pytest.raises(URLError):
        read(console.port, "/health")


def test_a_taken_port_is_an_error_at_once(app: Flask) -> None:
    console = serve(app, "127.0.0.1", 0)
    with pytest.raises(OSError, match="Address already in use"):
        serve(app, "127.0.0.1", console.port)
    console.close()


def test_a_page_under_way_still_ends_at_a_stop(app: Flask) -> None:
    begun, answers = threading.Event(), []

    def slow() -> str:
        begun.set()
        time.sleep(0.3)
        return "xong"

    app.add_url_rule("/slow", view_func=slow)
    console = serve(app, "127.0.0.1", 0)
    reader = threading.Thread(target=lambda: answers.append(read(console.port, "/slow")))
    reader.start()
    begun.wait(5)
    console.close()
    reader.join(5)
    assert answers == ["xong"]


@pytest.mark.parametrize(("behind_tls", "address"), [(False, "127.0.0.1"), (True, "203.0.113.9")])
def test_only_behind_tls_a_proxy_says_who_the_client_is(app: Flask, behind_tls: bool, address: str) -> None:
    app.config["SESSION_COOKIE_SECURE"] = behind_tls
    app.add_url_rule("/who", view_func=lambda: request.remote_addr or "")
    console = serve(app, "127.0.0.1", 0)
    said = read(console.port, "/who", **{"X-Forwarded-For": "203.0.113.9"})
    console.close()
    assert said == address
