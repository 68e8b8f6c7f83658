"""The replay bench behind the console: a changed policy runs over past mail in the background, one run at a time.

It never hurries (it rests as long as it worked, so that mail goes on), keeps at most so many changes, and ends after so much
time; what was found by then stays.  Nothing is switched on by it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from gateway.directory.snapshot import Directory
from gateway.errors import StoreUnavailable
from gateway.model import Account, Action, Event, Story
from gateway.policy.rules import Policy
from gateway.replay import Change, Counter, batched, changes, stored
from gateway.store import Store
from gateway.store.replays import KeptChange, Progress, ReplayState, Step

logger = logging.getLogger(__name__)

MOST = 20_000  # changes that are kept
LONGEST_S = 900.0
_PIECE = 250  # mails between two beats
_REST_MOST_S = 2.0


class Replayer:
    """Begins runs, and goes through with them in threads of its own; a run that lost its process is begun anew by a person."""

    def __init__(self, store: Store, directory: Callable[[], Directory], clock: Callable[[], datetime]) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock

    def begin(self, policy: Policy, *, days: int, by: Account) -> str:
        """Begin a run over the mail of the last days; gives its id.  NotAllowed while another one runs."""
        now = self._clock()
        run_id = self._store.replays.begin(by=by.name, days=days, version=policy.version, content=policy.text, now=now)
        run = _Run(
            self._store, run_id, policy, self._directory(), since=now - timedelta(days=days), until=now, clock=self._clock
        )
        threading.Thread(target=run.go, args=(by.name, days), name=f"replay-{run_id}", daemon=True).start()
        return run_id


class _Run:
    """One run."""

    def __init__(
        self,
        store: Store,
        run_id: str,
        policy: Policy,
        directory: Directory,
        *,
        since: datetime,
        until: datetime,
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._id, self._policy, self._directory = store, run_id, policy, directory
        self._since, self._until, self._clock = since, until, clock
        self._counter = Counter()
        self._steps: dict[tuple[str, str, str, str], int] = {}
        self._kept = 0

    def go(self, actor: str, days: int) -> None:
        """All of it; what is wrong ends the run and never the process."""
        try:
            state = self._look()
            detail: dict[str, str | int | float | bool | list[str]] = {
                "version": self._policy.version,
                "days": days,
                "changed": self._counter.changed,
            }
            self._store.tell(Story(at=self._clock(), event=Event.POLICY_TRIED, actor=actor, detail=detail))
            self._store.replays.end(self._id, state)
        except StoreUnavailable as error:  # it beats no more, and people see that
            logger.warning("replay %s: %s", self._id, error)
        except Exception:
            logger.exception("replay %s failed", self._id)
            self._store.replays.end(self._id, ReplayState.FAILED)

    def _look(self) -> ReplayState:
        archive, until = self._store.archive, time.monotonic() + LONGEST_S
        total = archive.count_mails(since=self._since, until=self._until)
        for some in batched(stored(archive, since=self._since, until=self._until), _PIECE):
            started = time.monotonic()
            found = list(self._found(changes(some, self._policy, self._directory, counter=self._counter)))
            if not self._store.replays.beat(self._id, self._progress(total), found, now=self._clock()):
                return ReplayState.STOPPED
            if self._kept >= MOST or time.monotonic() > until:
                return ReplayState.CUT
            time.sleep(min(time.monotonic() - started, _REST_MOST_S))
        self._store.replays.beat(self._id, self._progress(total), (), now=self._clock())
        return ReplayState.DONE

    def _found(self, piece: Iterator[Change]) -> Iterator[KeptChange]:
        for change in piece:
            before, after = change.before, change.after
            key = (before.action, before.rule, after.action, after.rule)
            self._steps[key] = self._steps.get(key, 0) + 1
            if self._kept < MOST:
                self._kept += 1
                yield KeptChange(
                    n=self._kept,
                    mail_id=change.mail_id,
                    at=change.at,
                    sender=change.sender,
                    recipient=change.recipient,
                    subject=change.subject,
                    action=before.action,
                    rule=before.rule,
                    reason=before.reason,
                    new_action=after.action,
                    new_rule=after.rule,
                    new_reason=after.reason,
                )

    def _progress(self, total: int) -> Progress:
        steps = sorted(self._steps.items(), key=lambda each: -each[1])
        counter = self._counter
        return Progress(
            total=total,
            mails=counter.mails,
            verdicts=counter.verdicts,
            changed=counter.changed,
            kept=self._kept,
            steps=tuple(
                Step(action=Action(a), rule=rule, new_action=Action(b), new_rule=new, count=n) for (a, rule, b, new), n in steps
            ),
        )
