"""The fault dial: what goes wrong, how often, and always the same way for the same seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from enum import StrEnum


class Fault(StrEnum):
    """What the sandbox can do wrong."""

    REFUSE = "refuse"  # says that the package is not to standard
    TIMEOUT = "timeout"  # takes it, and never answers
    LOSE = "lose"  # takes it, and closes the connection instead of answering
    DUPLICATE = "duplicate"  # gives an answer twice, under two ids
    SLOW = "slow"
    SIGNATURE = "signature"  # sends a file with the hash of another
    LOGIN = "login"  # says that system id or key are wrong
    ERROR = "error"  # 500, before or after it was taken
    GARBAGE = "garbage"  # 200 with nonsense, before or after it was taken


SENDING = (Fault.REFUSE, Fault.TIMEOUT, Fault.LOSE, Fault.SLOW, Fault.LOGIN, Fault.ERROR, Fault.GARBAGE)
ASKING = (Fault.SLOW, Fault.ERROR, Fault.GARBAGE)
FETCHING = (*ASKING, Fault.SIGNATURE)


class Dial:
    """How often each fault happens, from 0 to 1."""

    def __init__(self, chances: Mapping[Fault, float] | None = None, *, seed: int = 0) -> None:
        self.chances: dict[Fault, float] = dict(chances or {})
        self.happened: dict[Fault, int] = dict.fromkeys(Fault, 0)
        self._random = random.Random(seed)  # noqa: S311 - not for secrets

    def draw(self, among: tuple[Fault, ...]) -> Fault | None:
        """At most one fault for this request: each is drawn for itself, the first that comes is it."""
        for fault in among:
            chance = self.chances.get(fault, 0.0)
            if chance > 0 and self._random.random() < chance:
                self.happened[fault] += 1
                return fault
        return None

    def even(self) -> bool:
        """A coin: whether what fails had been taken before."""
        return self._random.random() < 0.5


def chances_of(settings: tuple[str, ...]) -> dict[Fault, float]:
    """("refuse=0.1", "all=0.05") as chances.  Raises ValueError that says what was expected."""
    chances: dict[Fault, float] = {}
    for setting in settings:
        name, _, text = setting.partition("=")
        try:
            chance = float(text)
            faults = [fault for fault in Fault if fault is not Fault.LOGIN] if name == "all" else [Fault(name)]
        except ValueError:
            known = ", ".join(Fault)
            raise ValueError(f'{setting!r}: expected "fault=chance", one of {known} or "all", and a number to 1') from None
        if not 0 <= chance <= 1:
            raise ValueError(f"{setting!r}: expected a chance from 0 to 1")
        chances |= dict.fromkeys(faults, chance)
    return chances
