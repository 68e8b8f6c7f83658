"""What it costs to try a changed policy on stored verdicts, and to decide at all."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from bench.report import Line, Part
from gateway.commands.opened import store_of
from gateway.config import load
from gateway.directory.snapshot import Directory
from gateway.model import Mail, Recognition, new_id
from gateway.policy import rules
from gateway.policy.decide import decide
from gateway.policy.rules import Policy
from gateway.replay import Counter, changes, stored
from gateway.store import Acceptance
from tests.policy import desk

MAILS = 100_000
_BATCH = 2000


def run(folder: Path) -> Part:
    """Fill a store with 100,000 verdicts, then replay them by a changed policy."""
    from gateway import sample

    sample.write(folder / "house")
    config = load(folder / "house" / "vanthu.toml")
    policy, directory = desk.policy(), desk.directory()
    milder = rules.parse(policy.text.replace("clerk_account = true", "clerk_account = false").encode(), where="milder")
    since = datetime.now(UTC) - timedelta(days=20)
    with store_of(config) as store:
        for start in range(0, MAILS, _BATCH):
            batch = range(start, start + _BATCH)
            store.accept_now([_acceptance(n, since + timedelta(seconds=10 * n), policy, directory) for n in batch])
        counter, begun = Counter(), time.perf_counter()
        for _ in changes(stored(store.archive, since=since, until=datetime.now(UTC)), milder, directory, counter=counter):
            pass
        took = time.perf_counter() - begun
    assert counter.verdicts == MAILS
    assert counter.changed
    rate = counter.verdicts / took
    each = _decide_ms(policy, directory)
    return Part(
        title="Replay",
        notes=("From stored facts: the mails themselves are not needed.",),
        lines=(
            Line(
                f"{MAILS} stored verdicts by a changed policy",
                f"{took:.1f} s, {rate:.0f} verdicts/s, {counter.changed} changed",
                ">= 5,000/s",
                rate >= 5000,
                facts={"seconds": took, "rate": rate},
            ),
            Line("one decision, with a document", f"{each:.3f} ms", "<= 0.3 ms", each <= 0.3, facts={"ms": each}),
        ),
    )


_KINDS: tuple[tuple[str, str, Recognition], ...] = (
    (desk.TEACHER, desk.DIVISION, desk.with_file("bao-cao.xlsx")),
    (desk.TEACHER, desk.DIVISION, desk.carrying(desk.issued("THCSLL"))),
    (desk.CLERK, desk.DIVISION, desk.carrying(desk.issued("THCSLL"))),
    (desk.OUTSIDE, desk.DEPARTMENT, desk.carrying(desk.issued("ELSEWHERE"))),
    (desk.SPECIALIST, desk.RETIRED, desk.with_file("so-lieu.xlsx")),
)


def _acceptance(n: int, at: datetime, policy: Policy, directory: Directory) -> Acceptance:
    sender, to, recognition = _KINDS[n % len(_KINDS)]
    mail: Mail = replace(desk.mail(sender, to, at=at), id=new_id())
    verdicts = decide(policy, directory, mail, recognition, at)
    return Acceptance(mail=mail, keep_raw=False, subject="Gửi văn bản", recognition=recognition, verdicts=verdicts)


def _decide_ms(policy: Policy, directory: Directory) -> float:
    mail, recognition = desk.mail(desk.TEACHER, desk.DIVISION), desk.carrying(desk.issued("THCSLL"))
    rounds = 3000
    begun = time.perf_counter()
    for _ in range(rounds):
        decide(policy, directory, mail, recognition, mail.arrival.at)
    return (time.perf_counter() - begun) * 1000 / rounds
