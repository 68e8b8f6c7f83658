"""Every page of the console, looked at by axe-core in both looks: no serious finding.

The pages are those of tools/picture_console.py: whoever adds a Shot there has it looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tools import picture_console
from tools.picture_console import SHOTS, Shot

_SERIOUS = ("serious", "critical")
_axe = Axe()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, str, dict[str, str]]]:
    """A browser, a console and the ids of its cases."""
    with (
        picture_console.running(tmp_path_factory.mktemp("house")) as (house, address),
        sync_playwright() as playwright,
    ):
        ids = picture_console.fill(house)
        browser = playwright.chromium.launch(executable_path=picture_console.CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser, address, ids
        browser.close()


@pytest.fixture(scope="module")
def pages(made: tuple[Browser, str, dict[str, str]]) -> Iterator[dict[str, Page]]:
    """Everybody's page by name, signed in once."""
    browser, address, _ = made
    opened: dict[str, Page] = {}
    for shot in SHOTS:
        name = shot.account.name if shot.account else ""
        if name not in opened:
            opened[name] = browser.new_context(locale="vi-VN", bypass_csp=True, reduced_motion="reduce").new_page()
            if shot.account:
                picture_console.sign_in(opened[name], address, shot.account)
    yield opened
    for page in opened.values():
        page.context.close()


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_axe_finds_nothing_serious_in_either_look(
    made: tuple[Browser, str, dict[str, str]], pages: dict[str, Page], shot: Shot
) -> None:
    _, address, ids = made
    page = pages[shot.account.name if shot.account else ""]
    page.emulate_media(color_scheme="light")
    page.goto(address + shot.path.format(**ids))
    shot.act(page)
    found = _findings(page, {"resultTypes": ["violations"]})
    page.emulate_media(color_scheme="dark")
    found += _findings(page, {"resultTypes": ["violations"], "runOnly": ["color-contrast"]})
    assert found == []


def _findings(page: Page, options: dict[str, object]) -> list[str]:
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in _axe.run(page, options=options).response["violations"]
        if each["impact"] in _SERIOUS
        for node in each["nodes"]
    ]
