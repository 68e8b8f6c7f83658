"""The same facts in English words, for the second part of a letter.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gateway.model import Action, Mail
from gateway.notices.facts import Facts
from gateway.notices.lines import VIETNAM

SYSTEM = "the document management system"
MENU = "“Văn bản đi” (outgoing documents), then “Chờ phát hành” (to be issued)"
WOULD_HAVE: Mapping[Action | None, str] = {
    Action.REDIRECT: "go to the queue of documents to be issued instead of its recipients",
    Action.REJECT: "be refused while it is being sent",
    Action.HOLD: "be held until the registry clerk has looked at it",
    Action.QUARANTINE: "be sealed",
    Action.COPY: "also be copied to the registry clerk",
}


def the_mail(mail: Mail | None, subject: str) -> str:
    """The mail that it is about, as the beginning of a sentence."""
    title = f"Your mail “{subject}”" if subject else "Your mail"
    return f"{title}, sent at {moment(mail.arrival.at)}," if mail is not None else title


def to_whom(facts: Facts) -> str:
    """Those who did not get it; the others are not named."""
    if facts.verdict is None or facts.mail is None:
        return "the recipients"
    others = len(facts.mail.recipients) > 1
    return f"the recipient {facts.verdict.recipient}" + (" and others like it" if others else "")


def carried(*, is_secret: bool, is_unreadable: bool) -> str:
    """What the mail carried."""
    if is_secret:
        return "carries a document with a secrecy stamp"
    return (
        "carries a file that looks like an official document but cannot be read"
        if is_unreadable
        else ("carries an official document that is being issued")
    )


def moment(at: datetime) -> str:
    """A time in Vietnam."""
    return f"{at.astimezone(VIETNAM):%H:%M on %d %b %Y} (UTC+7)"
