"""Letters that somebody gets once in a while, however many nodes would write them and however often one of them crashes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.errors import VanthuError
from gateway.store.batch import Rows
from gateway.store.casework import Write
from gateway.store.housekeeping import may_tell
from gateway.store.transaction import Transaction
from gateway.store.values import Acceptance


class _Told(VanthuError):
    """He has it already: the transaction is undone."""


class Once:
    """The verb.  It waits: not for the loop."""

    def __init__(self, write: Write, rows: Callable[[Sequence[Acceptance]], Rows]) -> None:
        self._write = write
        self._rows = rows

    def accept(self, topic: str, address: str, letter: Acceptance, *, since: datetime, now: datetime) -> bool:
        """Make a letter durable unless he got one about the topic since then; says whether he had none.

        Both become durable together, so nobody gets two, and nobody none.  StoreUnavailable when that failed.
        """

        def work(transaction: Transaction) -> None:
            if not may_tell(transaction, topic, address, every=now - since, now=now):
                raise _Told

        try:
            self._write(work, rows=self._rows((letter,)))
        except _Told:
            return False
        return True
