"""The first visit to a fresh gateway: the code makes the officer, and a test mail goes the whole way."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
import requests

from tests.world.gateway import Gateway, run_vanthu
from tests.world.sink import Sink

TO = "gv.tuan@thcslevanan.edu.vn"


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """The next hop."""
    with Sink() as server:
        yield server


@pytest.fixture(scope="module")
def fresh(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that nobody has signed in to."""
    gateway = Gateway(tmp_path_factory.mktemp("first") / "house", next_hop=sink.address)
    shutil.rmtree(gateway.folder / "data")
    (gateway.folder / "data").mkdir()
    gateway.start()
    yield gateway
    gateway.kill()


def _press(visitor: requests.Session, page: str, address: str, **fields: str) -> requests.Response:
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    return visitor.post(address, data={"csrf_token": token[1], **fields}, timeout=60)


def test_the_code_makes_the_officer_once_and_a_test_mail_goes_the_whole_way(fresh: Gateway, sink: Sink) -> None:
    said = re.search(r"^first visit: (\S+)\?code=(\S+)$", fresh.log(), re.MULTILINE)
    assert said, fresh.log()
    visitor = requests.Session()
    page = visitor.get(f"{said[1]}?code={said[2]}", timeout=10).text
    me = {"name": "it.officer", "full_name": "Ngô Văn Minh", "password": "một câu dài dễ nhớ", "again": "một câu dài dễ nhớ"}
    assert _press(visitor, page, said[1], code="aaaa-bbbb-cccc", **me).status_code == 422
    start = _press(visitor, page, said[1], code=said[2], **me)
    assert start.url.endswith("/start")
    assert "Trước khi dẫn thư qua cổng" in start.text
    steps = _press(visitor, start.text, f"{fresh.web_url}/start/test", sender="postmaster@vanthu.example", to=TO).text
    assert "Máy chủ thư kế tiếp đã nhận" in steps
    assert [mail.recipients for mail in sink.mails] == [(TO,)]
    again = requests.Session()
    assert again.get(f"{said[1]}?code={said[2]}", timeout=10).url.endswith("/sign-in")


def test_the_command_says_each_step_and_whether_it_arrived(fresh: Gateway) -> None:
    door = f"127.0.0.1:{fresh.smtp_port}"
    done = run_vanthu("send-test", TO, "--config", str(fresh.config), "--door", door)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [re.sub(r"^ *\d+\.\d\d s +", "", line).partition(":")[0] for line in lines] == [
        "Kết nối với cổng nhận thư",
        "Cổng đã nhận thư và ghi xuống đĩa",
        "Đã kết luận",
        "Máy chủ thư kế tiếp đã nhận",
    ]
    refused = run_vanthu("send-test", TO, "--config", str(fresh.config), "--door", "127.0.0.1:1")
    assert (refused.returncode, "HỎNG" in refused.stdout) == (1, True)
