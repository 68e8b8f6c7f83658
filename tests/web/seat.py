"""A person before a screen: a page of Debian's Chromium with the console in it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page

from gateway.model import Account
from tests.web import sample

SIZES = {"desk": (1280, 800), "phone": (390, 844)}
# Set it to a folder to keep pictures of what the tests saw.
PICTURES = os.environ.get("VANTHU_PICTURES", "")
# Letters and pictures have their sizes then; until the network is idle takes half a second more, each time.
_SETTLED = """async () => {
    await document.fonts.ready;
    const shown = [...document.images].filter(each => each.loading !== "lazy");
    await Promise.all(shown.map(each => each.decode().catch(() => null)));
}"""


class Seat:
    """A person before a screen; remembers what the browser complained about."""

    def __init__(self, page: Page, console: str, size: str) -> None:
        self.page = page
        self.size = size
        self.complaints: list[str] = []
        self._console = console
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if "Content Security Policy" in said.text else None)

    def open(self, path: str) -> None:
        """Go to a page of the console."""
        self.page.goto(self._console + path)

    def sign_in(self, account: Account) -> None:
        """Come in by the form, but without a look at it: most tests are about what comes then."""
        visit = self.page.context.request  # with the browser's name and its cookies
        token = re.search(r'name="csrf_token" value="([^"]+)"', visit.get(f"{self._console}/sign-in").text())
        assert token, "the form has no token"
        answer = visit.post(
            f"{self._console}/sign-in",
            form={"csrf_token": token[1], "name": account.name, "password": sample.PASSWORD},
            headers={"Referer": f"{self._console}/sign-in"},
            max_redirects=0,
        )
        assert answer.status == 302, answer.status
        self.open(answer.headers["location"])

    def type_name_and_password(self, account: Account) -> None:
        """Sign in as people do: type, press Enter."""
        self.open("/sign-in")
        self.page.get_by_label("Tên đăng nhập").fill(account.name)
        self.page.get_by_label("Mật khẩu").fill(sample.PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda address: "/sign-in" not in address)

    def key(self, key: str) -> None:
        """Press a key when the page has settled."""
        self.page.wait_for_timeout(450)
        self.page.keyboard.press(key)

    def fits(self, name: str) -> None:
        """The page is no wider than the screen, and nothing was stopped by the content policy."""
        self.page.wait_for_load_state()
        self.page.evaluate(_SETTLED)
        if PICTURES:
            self.page.screenshot(path=Path(PICTURES) / f"{name}-{self.size}.png", full_page=True)
        wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider == 0, f"{name} is {wider} pixels too wide"
        assert self.complaints == []
