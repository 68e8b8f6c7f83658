"""What a changed policy, directory or both would have decided about mails that are past.

From stored facts: what was recognised then is decided again, by the same code as live.  Nothing is changed by it.  The
identity of a sender, his and the recipients' addresses are as they were; the day is the day on which the mail came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from gateway.directory.snapshot import Directory
from gateway.model import Action, Value, Verdict
from gateway.policy.decide import decide
from gateway.policy.rules import Policy
from gateway.store import Archive, Replayable

PAGE = 2000  # mails that are in memory together


class Change(Value):
    """One recipient's copy of one mail that would be treated in another way."""

    mail_id: str
    at: datetime
    sender: str
    recipient: str
    subject: str
    before: Verdict
    after: Verdict


class Counter:
    """Counts while changes are found: mails, verdicts, changes, and how many went from which action to which."""

    def __init__(self) -> None:
        self.mails = self.verdicts = self.changed = 0
        self.moves: dict[tuple[Action, Action], int] = {}

    def count(self, before: Verdict, after: Verdict) -> None:
        """One change."""
        self.changed += 1
        key = (before.action, after.action)
        self.moves[key] = self.moves.get(key, 0) + 1


def stored(archive: Archive, *, since: datetime, until: datetime) -> Iterator[Replayable]:
    """The mails of that time, oldest first."""
    after = ""
    while True:
        page = archive.replayable(since=since, until=until, after=after, limit=PAGE)
        yield from page.mails
        after = page.after
        if not after:
            return


def changes(mails: Iterable[Replayable], policy: Policy, directory: Directory, *, counter: Counter) -> Iterator[Change]:
    """The verdicts that would be others, as they are found; ``counter`` counts along."""
    for each in mails:
        counter.mails += 1
        after = decide(policy, directory, each.mail, each.recognition, each.mail.arrival.at, size=each.size)
        for before, now in zip(each.verdicts, after, strict=False):  # our own letters and refusals may have none
            counter.verdicts += 1
            if differs(before, now):
                counter.count(before, now)
                yield Change(
                    mail_id=each.mail.id,
                    at=each.mail.arrival.at,
                    sender=each.mail.sender,
                    recipient=before.recipient,
                    subject=each.subject,
                    before=before,
                    after=now,
                )


def differs(before: Verdict, after: Verdict) -> bool:
    """Whether somebody would notice: another action, rule, unit, way or letter; other words alone are no change."""
    return _noticed(before) != _noticed(after)


def _noticed(verdict: Verdict) -> tuple[object, ...]:
    return (
        verdict.action, verdict.would_have, verdict.rule, verdict.unit, verdict.office, verdict.direction, verdict.target,
        verdict.notice, verdict.alarm,
    )  # fmt: skip
