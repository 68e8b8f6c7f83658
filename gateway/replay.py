"""What a changed policy, directory or recogniser would have decided about mails that are past.

From stored facts: what was recognised then is decided again, by the same code as live; where the bytes were kept, they may
be read anew.  Nothing is changed by it.  The
identity of a sender, his and the recipients' addresses are as they were; the day is the day on which the mail came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from msgspec.structs import replace

from gateway import appeals
from gateway.directory.snapshot import Directory
from gateway.documents.mime import may_carry_document
from gateway.errors import NotFound, StoreUnavailable
from gateway.model import NOTHING_RECOGNISED, Action, Recognition, Value, Verdict
from gateway.policy.decide import decide
from gateway.policy.rules import Policy
from gateway.store import Archive, Replayable

PAGE = 2000  # mails that are in memory together
_WINDOW = 64
_AT_A_TIME = 4


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
        self.read_anew = self.unreadable = 0  # mails whose bytes were read; mails of a folder that could not be taken
        self.outcomes: dict[Action, int] = {}  # what would happen, changed or not
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


def recognised_again(
    mails: Iterable[Replayable],
    bytes_of: Callable[[str], bytes],
    recognise: Callable[[bytes], Recognition],
    *,
    counter: Counter,
) -> Iterator[Replayable]:
    """The same mails with what is recognised in them today, where their bytes were kept; the others as they are.

    ``bytes_of`` gives those of a mail by its id, or raises NotFound.  Several are read at a time.
    """
    with ThreadPoolExecutor(_AT_A_TIME) as threads:

        def read(each: Replayable) -> Replayable:
            try:
                raw = bytes_of(each.mail.id)
            except (NotFound, StoreUnavailable):
                return each
            counter.read_anew += 1
            return replace(each, recognition=recognise(raw) if may_carry_document(raw) else NOTHING_RECOGNISED)

        for some in batched(mails, _WINDOW):
            yield from threads.map(read, some)


def batched(mails: Iterable[Replayable], size: int) -> Iterator[tuple[Replayable, ...]]:
    """So many at a time: a province's mail does not fit into memory."""
    left = iter(mails)
    while some := tuple(islice(left, size)):
        yield some


def changes(mails: Iterable[Replayable], policy: Policy, directory: Directory, *, counter: Counter) -> Iterator[Change]:
    """The verdicts that would be others, as they are found; ``counter`` counts along."""
    for each in mails:
        counter.mails += 1
        after = decide(policy, directory, each.mail, each.recognition, each.mail.arrival.at, size=each.size)
        for before, now in zip(each.verdicts, after, strict=False):  # our own letters and refusals may have none
            if before.rule == appeals.RULE:  # a person decided
                continue
            counter.verdicts += 1
            counter.outcomes[now.action] = counter.outcomes.get(now.action, 0) + 1
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
