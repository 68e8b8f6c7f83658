"""The letter of the morning: what waits, what was done the working day before.  Text and HTML; nothing of sealed cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.directory.calendar import VIETNAM
from gateway.model import Arrival, Door, Mail, Recipient, Value, digest_of, new_id

if TYPE_CHECKING:  # loaded with the first letter
    import jinja2

_TEMPLATES = Path(__file__).parent.parent / "templates" / "daily"
_LONGEST_TITLE = 100  # characters


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(("html",)),
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Oldest(Value):
    """A case that has waited long."""

    title: str
    unit: str
    since: str
    url: str


class UnitLine(Value):
    """What waits in a unit."""

    name: str
    waiting: int
    late: int


class Morning(Value):
    """All that the letter says."""

    today: date
    yesterday: date  # the working day before
    whose: str  # name of the unit when it is one
    counts: Mapping[str, int]  # of the cases that were opened on the day before: gateway.store.WHAT
    returned: int  # on that day, whenever they were opened
    released: int
    issued: int
    waiting: int
    late: int
    alarms: int
    silent: int
    oldest: tuple[Oldest, ...]
    units: tuple[UnitLine, ...]
    url: str


def letter(morning: Morning, *, to: str, sender: str, hostname: str, now: datetime) -> Mail:
    """The letter as a mail of our own: null sender, and a machine wrote it (RFC 3834)."""
    mail_id, subject = new_id(), _subject(morning)
    words = _words(morning) | {"subject": subject, "hostname": hostname}
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Cổng thư điện tử <{sender}>"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(now.astimezone(VIETNAM))
    message["Message-ID"] = f"<{mail_id}@{hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["X-Vanthu-Id"] = mail_id
    message.set_content(_templates().get_template("mail.txt").render(words), cte="base64")
    message.add_alternative(_templates().get_template("mail.html").render(words), subtype="html", cte="base64")
    raw = message.as_bytes()
    return Mail(
        id=mail_id,
        sender="",
        recipients=(Recipient(address=to, options=("NOTIFY=NEVER",)),),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.OWN, at=now),
    )


def one_line(text: str) -> str:
    """Foreign words on one line of bearable length."""
    clean = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return clean if len(clean) <= _LONGEST_TITLE else clean[: _LONGEST_TITLE - 1].rstrip() + "…"


def _subject(morning: Morning) -> str:
    late = f", {morning.late} quá hạn" if morning.late else ""
    return f"Hồ sơ văn bản sáng {morning.today:%d/%m/%Y}: {morning.waiting} chờ{late}"


def _words(morning: Morning) -> dict[str, object]:
    names = ("opened", "registered")
    return {
        **{name: getattr(morning, name) for name in morning.__struct_fields__ if name != "counts"},
        **{name: morning.counts.get(name, 0) for name in names},
        "after_hours": morning.counts.get("after-hours", 0),
        "today": f"{morning.today:%d/%m/%Y}",
        "yesterday": f"{morning.yesterday:%d/%m/%Y}",
    }
