"""Remembers what was decided about mails that carry nothing: the same people write to each other all day.  Pure.

Such a verdict follows from policy, directory, day, sender, recipients, door, identity and who is answered; only a rule that
asks for the time of day or the size makes it depend on more (``Condition.is_steady``), and then nothing is remembered.  The
verdicts are the very same values again, so what is made of them (rows, stories) can be remembered as well.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from gateway.directory.snapshot import Directory
from gateway.model import NOTHING_RECOGNISED, Door, Identity, Mail, Recognition, Verdict
from gateway.policy.decide import decide
from gateway.policy.facts import VIETNAM, local_day
from gateway.policy.rules import Policy

_MOST = 10_000  # mails; then all is forgotten
_FEW = 4  # recipients; longer lists seldom come twice, and would take much room

_Key = tuple[str, Identity, Door, bool, tuple[str, ...]]


class Memory:
    """decide(), with a memory.  For one thread."""

    def __init__(self) -> None:
        self._policy: Policy | None = None
        self._directory: Directory | None = None
        self._begin = self._end = datetime.min.replace(tzinfo=UTC)
        self._is_steady = False
        self._known: dict[_Key, tuple[Verdict, ...]] = {}

    def decide(
        self, policy: Policy, directory: Directory, mail: Mail, recognition: Recognition, now: datetime
    ) -> tuple[Verdict, ...]:
        """One verdict for each recipient, in order."""
        if recognition is not NOTHING_RECOGNISED or len(mail.recipients) > _FEW:
            return decide(policy, directory, mail, recognition, now)
        if not (policy is self._policy and directory is self._directory and self._begin <= now < self._end):
            self._forget(policy, directory, now)
        if not self._is_steady:
            return decide(policy, directory, mail, recognition, now)
        arrival = mail.arrival
        to = tuple([recipient.address for recipient in mail.recipients])
        key = (mail.sender, arrival.identity, arrival.door, arrival.answers_each, to)
        verdicts = self._known.get(key)
        if verdicts is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            verdicts = self._known[key] = decide(policy, directory, mail, recognition, now)
        return verdicts

    def _forget(self, policy: Policy, directory: Directory, now: datetime) -> None:
        """Begin anew for this policy, this directory, this day in Vietnam."""
        day = local_day(now)
        self._known.clear()
        self._policy, self._directory = policy, directory
        self._begin = datetime.combine(day, time(), VIETNAM).astimezone(UTC)
        self._end = self._begin + timedelta(days=1)
        self._is_steady = policy.is_steady(day)
