"""What a scribe needs of a database."""

from __future__ import annotations

from typing import Any, Protocol

from gateway.scribe.copyist import Copied


class OutcomeUnknown(Exception):
    """The database went away during a COMMIT: nobody can say whether it was done."""


class Hand(Protocol):
    """Transactions, one after the other: begin(), …, commit() or roll_back().  Each raises what the driver does."""

    def begin(self, *, durable: bool) -> None:
        """Begin one, whose commit waits for the disk when it is ``durable``."""
        ...

    def write(self, copied: Copied) -> list[str]:
        """Write what stood in records; gives the ids of the deliveries that could not be settled."""
        ...

    def carry_out(self, text: str | bytes, values: list[Any]) -> int:
        """Carry out a statement; gives how many rows it changed."""
        ...

    def commit(self) -> None:
        """Make it so.  OutcomeUnknown."""
        ...

    def roll_back(self) -> None:
        """Nothing of it was.  Raises nothing."""
        ...

    def code_of(self, error: BaseException) -> str:
        """How the database calls what went wrong; "" when it was not the database."""
        ...
