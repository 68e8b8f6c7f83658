"""The second act of ``vanthu demo``: the clerk approves in the console, an office system registers, the number comes home.

Everything goes its real way: the console's own pages over HTTP, an office system in a process of its own that watches the
folder, its answer, the story, and the letter to the sender.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from gateway import app
from gateway.errors import VanthuError
from gateway.lifecycle import CaseState
from gateway.model import Action, Case, Event, Value

_PATIENCE_S = 30.0
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Registered(Value):
    """A case that came home with its number."""

    case_id: str
    title: str
    number: str
    approved_by: str  # "" went to the office system at once: its own clerk had mailed it
    told: tuple[str, ...]  # whom letters told of the number


@contextlib.contextmanager
def practice_offices(folder: Path, names: Sequence[str]) -> Iterator[None]:
    """An office system for each watched folder, in processes of their own."""
    started = []
    try:
        for name in names:
            command = [sys.executable, "-m", "gateway", "office-sandbox", "--listen", "127.0.0.1:0"]
            register = folder / f"so-dang-ky-{name}.sqlite3"
            command += ["--folder", str(folder / "office" / name), "--register", str(register)]
            with (folder / f"office-{name}.log").open("wb") as log:
                started.append(subprocess.Popen(command, stdout=log, stderr=log))  # noqa: S603 - our own words
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


async def act(house: app.Gateway, port: int, password: str) -> tuple[list[Registered], list[str]]:
    """The clerk approves what came from outside; then everything that was handed over must come home with a number.

    Gives what came home, and what did not.
    """
    waiting = await asyncio.to_thread(_waiting, house)
    await asyncio.to_thread(_approve_all, port, password, [case.id for case in waiting])
    expected = {case.id: "vanthu" for case in waiting}
    for case in await asyncio.to_thread(_cases, house, (CaseState.HANDED_OVER, CaseState.REGISTERED)):
        expected.setdefault(case.id, "")
    home: list[Registered] = []
    missing: list[str] = []
    for case_id, by in expected.items():
        found = await _number_of(house, case_id, by)
        if found is None:
            missing.append(f"hồ sơ {case_id}: không có số trở về")
        else:
            home.append(found)
    missing += [f"hồ sơ {each.case_id}: người gửi chưa được báo" for each in home if each.approved_by and not each.told]
    return home, missing


def _waiting(house: app.Gateway) -> list[Case]:
    """What waits for a clerk as incoming, from our own people and from others."""
    return [case for case in _cases(house, (CaseState.WAITING,)) if case.office and case.action is Action.COPY]


def _cases(house: app.Gateway, states: Sequence[CaseState]) -> list[Case]:
    views = house.store.views
    return [views.case(row.id) for row in views.cases(units=None, states=states, limit=200).rows]


def _approve_all(port: int, password: str, case_ids: Sequence[str]) -> None:
    """As the clerk would do it in her browser: sign in, open the case, press "Duyệt"."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    site = f"http://127.0.0.1:{port}"
    token = _token(browser, f"{site}/sign-in")
    _press(browser, f"{site}/sign-in", csrf_token=token, name="vanthu", password=password)
    for case_id in case_ids:
        page = f"{site}/case/{case_id}"
        _press(browser, f"{page}/approve", csrf_token=_token(browser, page))


def _token(browser: OpenerDirector, address: str) -> str:
    with browser.open(address, timeout=30) as answer:
        found = _TOKEN.search(answer.read().decode())
    if found is None:
        raise VanthuError(f"{address}: no form on this page")
    return found[1]


def _press(browser: OpenerDirector, address: str, **fields: str) -> None:
    with browser.open(address, data=urlencode(fields).encode(), timeout=30) as answer:
        answer.read()


async def _number_of(house: app.Gateway, case_id: str, by: str) -> Registered | None:
    """The case as soon as it has its number, and its sender, if he must be told, has his letter."""
    for _ in range(int(_PATIENCE_S / 0.1)):
        case = await asyncio.to_thread(house.store.views.case, case_id)
        if case.register_number:
            story = await asyncio.to_thread(lambda: house.store.views.story(case_id=case_id))
            told = [str(each.detail["to"]) for each in story if each.event is Event.NOTICE_SENT and "to" in each.detail]
            title = case.document.number_symbol if case.document and case.document.number_symbol else case.subject
            return Registered(
                case_id=case_id, title=title, number=case.register_number, approved_by=by, told=tuple(dict.fromkeys(told))
            )
        await asyncio.sleep(0.1)
    return None
