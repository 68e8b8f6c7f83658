"""Takes the pictures of the console in docs/console/ (`make pictures`): a made-up house in Debian's Chromium.

Whoever makes a page adds a Shot to SHOTS (and, where it shows something new, a line to ``fill``).  By itself, while working:

    python -m tools.picture_console --out /tmp/pictures --sizes desk,phone --schemes light,dark queue case
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from gateway.alarms import of_cases, of_couriers
from gateway.config import Inspection
from gateway.inspection import Inspector
from gateway.model import Account, Case, Identity, Proof
from gateway.phrases import kept
from gateway.policy.sameness import Mark, MarkKind
from gateway.store import Acceptance
from tests.web import sample, test_mailboxes, test_past
from tests.web.sample import AUDITOR, CLERK, OFFICER, House
from web import create_app
from web.server import serve

DOCS = Path(__file__).resolve().parents[1] / "docs" / "console"
SIZES = {"desk": (1366, 768), "phone": (390, 844)}
CHROMIUM = "/usr/bin/chromium"
_NUMBER = Mark(kind=MarkKind.NUMBER, value="SGDHG|2026|518/qd-sgddt")
_QUALITY = 70  # of WebP: small files, letters still clean


@dataclass(frozen=True)
class Shot:
    """One picture: who looks at which page.  ``{decision}`` and the like in the path are ids of the cases of fill()."""

    name: str
    account: Account | None
    path: str
    act: Callable[[Page], None] = lambda page: None  # what is done before the picture is taken


def _press(*keys: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.wait_for_timeout(500)
        for key in keys:
            page.keyboard.press(key)

    return act


def _choose_three(page: Page) -> None:
    for box in page.locator("input[name=case]").all()[:3]:
        box.check()
    page.locator("#bulk button[type=submit]").first.click()
    page.wait_for_url("**/bulk/**")


SHOTS = (
    Shot("sign-in", None, "/sign-in"),
    Shot("queue", CLERK, "/cases"),
    Shot("case", CLERK, "/case/{decision}"),
    Shot("why", CLERK, "/case/{decision}", _press("w")),
    Shot("case-return", CLERK, "/case/{decision}", _press("r")),
    Shot("keys", CLERK, "/cases", _press("?")),
    Shot("correct", CLERK, "/case/{decision}", _press("e")),
    Shot("bulk", CLERK, "/cases", _choose_three),
    Shot("compare", CLERK, "/case/{decision}/compare/{again}"),
    Shot("register", CLERK, "/register/outgoing"),
    Shot("month", CLERK, "/month"),
    Shot("shift", CLERK, "/shift"),
    Shot("overview", OFFICER, "/overview"),
    Shot("statistics", OFFICER, "/statistics"),
    Shot("system", OFFICER, "/system"),
    Shot("timeline", OFFICER, "/case/{approved}/timeline"),
    Shot("mail", OFFICER, "/mail/{mail}"),
    Shot("held", CLERK, "/case/{held}"),
    Shot("sealed", CLERK, "/case/{sealed}"),
    Shot("queue-all", OFFICER, "/cases?tab=all"),
    Shot("deliveries", OFFICER, "/deliveries"),
    Shot("mails", OFFICER, "/mails"),
    Shot("policy", OFFICER, "/policy"),
    Shot("campaigns", OFFICER, "/campaigns"),
    Shot("directory", OFFICER, "/directory"),
    Shot("mailboxes", AUDITOR, "/mailboxes"),
    Shot("past", AUDITOR, "/past"),
    Shot("alarms", OFFICER, "/alarms"),
    Shot("start", OFFICER, "/start"),
    Shot("tokens", OFFICER, "/tokens"),
    Shot("api", OFFICER, "/api/v1/"),
    Shot("accounts", OFFICER, "/accounts"),
    Shot("account", OFFICER, "/accounts/vanthu.so"),
    Shot("own", CLERK, "/me"),
    Shot("second-factor", CLERK, "/me", lambda page: page.locator(".button.primary").click()),
    Shot("audit", AUDITOR, "/audit"),
    Shot("audit-case", AUDITOR, "/audit/case/{decision}"),
    Shot("my-mail", None, "/my-mail"),
)


def fill(house: House) -> dict[str, str]:
    """Put cases and mails into the house; gives the ids that paths of SHOTS name."""
    now = datetime.now(UTC)
    test_past.filled(house)
    test_mailboxes.two_mailboxes(house)

    mails: list[str] = []
    proof = Proof(identity=Identity.DKIM, spf="softfail", dkim="pass", dmarc="pass", domain="sgdhuonggiang.edu.vn")

    def put(make: Callable[[datetime], Acceptance], ago: timedelta) -> Case:
        acceptance = make(now - ago)
        if make is sample.decision_case:
            arrival = replace(acceptance.mail.arrival, identity=proof.identity, proof=proof)
            acceptance = sample.by_rule(replace(acceptance, mail=replace(acceptance.mail, arrival=arrival)), "4")
        (opening,) = acceptance.openings
        case, marks = opening.case, opening.marks
        if make is sample.decision_case:  # of one number, and not joined: so each is proposed as a twin of the others
            case, marks = replace(case, key=case.id), (_NUMBER,)
        house.store.accept_now([replace(acceptance, openings=(replace(opening, case=case, marks=marks),))])
        mails.append(acceptance.mail.id)
        return case

    ids = {
        "decision": put(sample.decision_case, timedelta(minutes=12)).id,
        "again": put(sample.decision_case, timedelta(minutes=3)).id,
        "incoming": put(sample.incoming_case, timedelta(hours=2)).id,
        "held": put(sample.held_case, timedelta(hours=26)).id,
        "sealed": put(sample.sealed_case, timedelta(hours=3)).id,
        "urgent": put(sample.urgent_case, timedelta(minutes=40)).id,
    }
    approved = put(sample.decision_case, timedelta(days=1, hours=1))
    house.review.approve(approved.id, CLERK, despite=True)
    alarms = (*of_cases(house.store.alarms.cases(now), now), *of_couriers({sample.PROVINCE_OFFICE: "sai mật khẩu"}, "test"))
    found = {(each.kind.value, each.about): (each.unit, kept(each.said)) for each in alarms}
    house.store.alarms.settle(found, is_ours=lambda *_: False, now=now)
    return {**ids, "approved": approved.id, "mail": mails[0]}


@contextmanager
def running(folder: Path) -> Iterator[tuple[House, str]]:
    """A console of a made-up house, and its address."""
    inspector = Inspector(Inspection(processes=1))
    inspector.start()
    house = House(folder, inspector)
    house.store.open()
    sample.people(house.store)
    console = serve(create_app(house), "127.0.0.1", 0)
    try:
        yield house, f"http://127.0.0.1:{console.port}"
    finally:
        console.close()
        house.store.close()
        inspector.close()


def sign_in(page: Page, address: str, account: Account) -> None:
    """Sign in by the form."""
    page.goto(f"{address}/sign-in")
    page.locator("input[name=name]").fill(account.name)
    page.locator("input[type=password]").fill(sample.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def take(
    browser: Browser, address: str, shot: Shot, ids: dict[str, str], *, size: str, scheme: str, language: str = "vi"
) -> bytes:
    """One picture, as PNG."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=language,
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    if shot.account is not None:
        sign_in(page, address, shot.account)
    page.goto(address + shot.path.format(**ids))
    page.wait_for_load_state("networkidle")
    shot.act(page)
    picture = page.screenshot(full_page=size == "phone")
    context.close()
    return picture


def main() -> int:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", help="of shots; all when none is given")
    parser.add_argument("--out", type=Path, default=DOCS)
    parser.add_argument("--sizes", default="desk")
    parser.add_argument("--schemes", default="light")
    parser.add_argument("--language", default="vi")
    parser.add_argument("--png", action="store_true", help="PNG instead of WebP")
    wanted = parser.parse_args()
    shots = [shot for shot in SHOTS if not wanted.names or shot.name in wanted.names]
    wanted.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as (house, address), sync_playwright() as playwright:
        ids = fill(house)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for shot in shots:
            for size in wanted.sizes.split(","):
                for scheme in wanted.schemes.split(","):
                    picture = take(browser, address, shot, ids, size=size, scheme=scheme, language=wanted.language)
                    name = "-".join([shot.name, *([size] if size != "desk" else []), *([scheme] if scheme != "light" else [])])
                    _keep(picture, wanted.out / name, png=wanted.png)
        browser.close()
    return 0


def _keep(picture: bytes, path: Path, *, png: bool) -> None:
    if png:
        path.with_suffix(".png").write_bytes(picture)
        return
    Image.open(io.BytesIO(picture)).convert("RGB").save(path.with_suffix(".webp"), quality=_QUALITY, method=6)


if __name__ == "__main__":
    sys.exit(main())
