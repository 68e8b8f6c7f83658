"""What an import came to, counted while it runs: the same numbers that the store gives afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gateway.model import Direction
from gateway.store import DocumentCount, MailCount, Outcome, PastMail, Remembered, Trouble

_MOST_TROUBLES = 10_000  # lines kept in memory
TROUBLES = (Outcome.FAILED, Outcome.UNREADABLE, Outcome.SECRET)


class Tally:
    """Counts of one run over one source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.known = 0  # taken by an earlier run
        self.outside = 0  # of other days than those wanted
        self.outcomes: Counter[Outcome] = Counter()
        self.joined = self.twins = 0
        self._mails: Counter[tuple[str, Outcome]] = Counter()
        self._sizes: Counter[tuple[str, Outcome]] = Counter()
        self._documents: Counter[tuple[str, Direction, str, int]] = Counter()
        self._troubles: list[Trouble] = []

    @property
    def mails(self) -> int:
        """How many mails this run has taken."""
        return sum(self.outcomes.values())

    @property
    def documents(self) -> int:
        """How many documents were in them."""
        return sum(self._documents.values())

    def count(self, mail: PastMail, written: Remembered | None = None) -> None:
        """One more mail."""
        self.outcomes[mail.outcome] += 1
        self._mails[mail.folder, mail.outcome] += 1
        self._sizes[mail.folder, mail.outcome] += mail.size
        for document in mail.documents:
            self._documents[document.unit, document.direction, document.kind, document.year] += 1
        if written is not None:
            self.joined += written.joined
            self.twins += written.twins
        if mail.outcome in TROUBLES and len(self._troubles) < _MOST_TROUBLES:
            self._troubles.append(_trouble(self.source, mail))

    def document_counts(self) -> Iterator[DocumentCount]:
        """Documents by unit, direction, kind and year."""
        for (unit, direction, kind, year), documents in sorted(self._documents.items()):
            yield DocumentCount(
                source=self.source,
                unit=unit,
                direction=direction,
                kind=kind,
                year=year,
                documents=documents,
                joined=0,
                twins=0,
            )

    def mail_counts(self) -> Iterator[MailCount]:
        """Mails by folder and outcome."""
        for (folder, outcome), mails in sorted(self._mails.items()):
            size = self._sizes[folder, outcome]
            yield MailCount(source=self.source, folder=folder, outcome=outcome, mails=mails, size=size)

    def troubles(self) -> Iterator[Trouble]:
        """Mails that a person may want to look at."""
        yield from self._troubles


def _trouble(source: str, mail: PastMail) -> Trouble:
    return Trouble(
        source=source,
        folder=mail.folder,
        key=mail.key,
        at=mail.at,
        sender=mail.sender,
        outcome=mail.outcome,
        note=mail.note,
    )
