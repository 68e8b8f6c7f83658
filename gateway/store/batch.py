"""What waits for the writer: rows ready to be written, attempts, settlements, and calls that run inside its transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Sequence
from concurrent.futures import Future
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple, Protocol

from msgspec.structs import replace

from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import Action, Delivery, Mail, Sign, Value, Verdict
from gateway.store import journal
from gateway.store.blobs import Place, Series
from gateway.store.journal import Kept
from gateway.store.mailbox_rows import likeness_rows, swept_row
from gateway.store.mailbox_tables import likenesses, swept
from gateway.store.office_tables import look_ups
from gateway.store.proofs import proof_row, sender_proofs
from gateway.store.recognitions import without_words
from gateway.store.rows import Tuple, delivery_row, mail_row, placed, report_row, story_row, written
from gateway.store.settling import Settled, wake_of
from gateway.store.statements import COUNT_ATTEMPT
from gateway.store.tables import deliveries, mails, micros, passed_over, recognitions, reports, stories, verdicts
from gateway.store.texts import to_json
from gateway.store.transaction import ManyRows, Transaction
from gateway.store.values import Acceptance, Opening

_MOST_KNOWN = 10_000
LARGEST_ON_THE_LANE = 2 * 1024 * 1024  # bytes: what others on the lane can wait for

# Details of a story that would tell what a sealed mail says.
_TELLING = frozenset(
    {"subject", "document", "files", "file", "number_symbol", "number", "issuer", "signer", "evidence", "words"}
)


class Lease(Value):
    """Who has leased a delivery, in which life of its, and until when (microseconds)."""

    node: str
    life: str
    until: int


class Large(NamedTuple):
    """A body that goes to a segment."""

    series: Series
    n: int  # index of its row in Rows.mails
    raw: bytes


class Rows:
    """Tuples for the four tables that every mail touches, with what cannot be a plain tuple yet."""

    __slots__ = (
        "deliveries",
        "large",
        "lease",
        "likenesses",
        "mails",
        "openings",
        "passed_over",
        "proofs",
        "recognitions",
        "reports",
        "stories",
        "swept",
        "verdicts",
    )

    def __init__(self, lease: Lease) -> None:
        self.lease = lease  # of deliveries that begin in state SENDING
        self.mails: list[Tuple] = []
        self.verdicts: list[Tuple] = []
        self.recognitions: list[Tuple] = []
        self.reports: list[Tuple] = []
        self.deliveries: list[Tuple] = []
        self.stories: list[Tuple] = []
        self.swept: list[Tuple] = []
        self.likenesses: list[Tuple] = []
        self.proofs: list[Tuple] = []
        self.passed_over: dict[str, str] = {}
        self.openings: list[Opening] = []
        self.large: list[Large] = []

    def add(self, acceptance: Acceptance, *, inline_bytes: int) -> None:
        """The rows of one mail and all that was decided about it."""
        sealed = is_sealed(acceptance)
        if sealed:
            acceptance = without_content(acceptance)
        mail = acceptance.mail
        inline = len(mail.raw) <= inline_bytes
        kept = acceptance.keep_raw
        if kept and not inline:
            series = Series.CAPTURED if acceptance.openings else Series.PASSING
            self.large.append(Large(series, len(self.mails), mail.raw))
        self.mails.append(
            mail_row(
                mail,
                subject=acceptance.subject,
                verdicts=acceptance.verdicts,
                decided_at=acceptance.decided_at,
                sealed=sealed,
                kept=kept,
                inline=inline,
            )
        )
        if acceptance.recognition is not None:
            self.recognitions.append((mail.id, to_json(without_words(acceptance.recognition))))
        for n, verdict in enumerate(acceptance.verdicts):
            as_written = written(verdict)
            if as_written.key:
                self.passed_over[as_written.key] = as_written.rules
            self.verdicts.append((mail.id, n, *as_written.columns))
            if verdict.campaign:
                self.reports.append(report_row(mail, verdict, acceptance.recognition))
        self.add_deliveries(acceptance.deliveries, at=mail.arrival.at)
        for story in acceptance.stories:
            self.stories.append(story_row(story))
        self._add_arrival(mail)
        if acceptance.likenesses:
            self.likenesses += likeness_rows(mail, acceptance.likenesses)
        self.openings.extend(acceptance.openings)

    def _add_arrival(self, mail: Mail) -> None:
        if mail.arrival.proof is not None:
            self.proofs.append(proof_row(mail.id, mail.arrival.proof))
        if mail.arrival.source is not None:
            self.swept.append(swept_row(mail, mail.arrival.source))

    def kept(self, known: Container[str]) -> Kept:
        """The same for the journal, which has no place for openings and swept; rules passed over only when not ``known``."""
        rows: dict[str, list[Tuple]] = {"mails": self.mails}
        # Spelled out: of these a plain mail has two.
        if self.verdicts:
            rows["verdicts"] = self.verdicts
        if self.deliveries:
            rows["deliveries"] = self.deliveries
        if self.recognitions:
            rows["recognitions"] = self.recognitions
        if self.reports:
            rows["reports"] = self.reports
        if self.stories:
            rows["stories"] = self.stories
        if self.likenesses:
            rows["likenesses"] = self.likenesses
        if self.proofs:
            rows["sender_proofs"] = self.proofs
        for item in self.passed_over.items():
            if item[0] not in known:
                rows.setdefault("passed_over", []).append(item)
        return Kept(rows, [(str(body.series), body.n, len(body.raw)) for body in self.large] if self.large else [])

    def place(self, body: Large, place: Place) -> None:
        """The bytes of a large body are there, or will be when the row is written."""
        self.mails[body.n] = placed(self.mails[body.n], place.segment, place.position)

    def add_deliveries(self, new: Sequence[Delivery], *, at: datetime) -> None:
        """The rows of new deliveries; those in state SENDING are leased."""
        made, lease = micros(at), self.lease
        for delivery in new:
            if delivery.state is DeliveryState.SENDING:
                row = delivery_row(delivery, at=made, wake_at=lease.until, node=lease.node, life=lease.life)
            else:
                wake_at = wake_of(delivery.state, delivery.next_at, made)
                row = delivery_row(delivery, at=made, wake_at=wake_at, node="", life="")
            self.deliveries.append(row)


JOURNALED = (mails, verdicts, recognitions, reports, deliveries, stories, likenesses, sender_proofs, passed_over)


def insert_together(transaction: ManyRows, many: Sequence[Rows]) -> None:
    """Write the tuples of many, table by table."""
    transaction.insert(mails, list(chain.from_iterable([rows.mails for rows in many])))
    transaction.insert(verdicts, list(chain.from_iterable([rows.verdicts for rows in many])))
    transaction.insert(recognitions, list(chain.from_iterable([rows.recognitions for rows in many])))
    transaction.insert(reports, list(chain.from_iterable([rows.reports for rows in many])))
    transaction.insert(deliveries, list(chain.from_iterable([rows.deliveries for rows in many])))
    transaction.insert(stories, list(chain.from_iterable([rows.stories for rows in many])))
    transaction.insert(swept, list(chain.from_iterable([rows.swept for rows in many])))
    transaction.insert(likenesses, list(chain.from_iterable([rows.likenesses for rows in many])))
    transaction.insert(sender_proofs, list(chain.from_iterable([rows.proofs for rows in many])))


def insert_reasons(transaction: ManyRows, entries: Sequence[Entry], *, known: set[str]) -> list[str]:
    """Write the rules passed over that are not known to be written, and give their keys; apart from what one entry may undo."""
    new: dict[str, str] = {}
    for entry in entries:
        if entry.rows is not None:
            for key, text in entry.rows.passed_over.items():
                if key not in known:
                    new[key] = text
    transaction.insert(passed_over, sorted(new.items()))  # in one order, or two nodes might wait for each other
    return list(new)


def remember(known: set[str], keys: Sequence[str]) -> None:
    """These are committed now."""
    if len(known) > _MOST_KNOWN:
        known.clear()
    known.update(keys)


def begin_together(transaction: ManyRows, entries: Sequence[Entry]) -> None:
    """Write that attempts have begun: whoever finds the rows after a crash asks before he sends again (lookups.py)."""
    begun = [row for entry in entries for row in entry.begun]
    transaction.insert(look_ups, begun)
    transaction.change(COUNT_ATTEMPT, [row[:1] for row in begun])


class Written(Protocol):
    """What an entry needs of a lane."""

    def written(self, entry: Entry) -> None:
        """What was promised is in the database.  On the loop."""
        ...


class Entry:
    """One thing for the writer to do, and where its outcome goes (a future of a loop or of a thread, or nowhere)."""

    __slots__ = (
        "begun",
        "call",
        "durable",
        "error",
        "future",
        "lane",
        "loop",
        "promised",
        "result",
        "rows",
        "settlements",
    )

    def __init__(
        self,
        *,
        rows: Rows | None = None,
        settlements: Sequence[Settled] = (),
        begun: Sequence[Tuple] = (),
        call: Callable[[Transaction], Any] | None = None,
        durable: bool = True,
        future: asyncio.Future[Any] | Future[Any] | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.rows = rows
        self.settlements = settlements
        self.begun = begun  # rows of look_ups
        self.call = call  # with its own rows, undone as a whole when it raises a VanthuError
        self.durable = durable
        self.future = future
        self.loop = loop
        self.result: Any = None
        self.error: BaseException | None = None
        self.promised: journal.Place | None = None  # the journal has it, and whoever waited was told: it must be written
        self.lane: Written | None = None  # who hears that what was promised is in the database

    @property
    def first_mail(self) -> str:
        """The id of the first mail among its rows; what is for the journal has one, or no rows."""
        return "" if self.rows is None else str(self.rows.mails[0][0])

    @property
    def is_plain(self) -> bool:
        """Whether it needs no answer from the database, and has nothing very large."""
        rows = self.rows
        if self.call is not None or (rows is not None and rows.openings) or self.large_bytes > LARGEST_ON_THE_LANE:
            return False
        return all([done.receipt is None or len(done.receipt[-1]) <= LARGEST_ON_THE_LANE for done in self.settlements])

    @property
    def is_for_journal(self) -> bool:
        """Whether these are mails that may be promised before the database has them.

        What was swept must be in the database when its mailbox is looked into the next time.
        """
        rows = self.rows
        if rows is None or self.call is not None or rows.openings or rows.swept or not rows.mails:
            return False
        return not rows.large or self.large_bytes <= LARGEST_ON_THE_LANE

    @property
    def large_bytes(self) -> int:
        """How many bytes of it go to segments."""
        return 0 if self.rows is None or not self.rows.large else sum([len(body.raw) for body in self.rows.large])

    def answer(self) -> None:
        """Tell whoever waits; on the thread of its future."""
        if self.promised is not None and self.lane is not None and self.error is None:
            self.lane.written(self)
        future = self.future
        if future is None or future.done():
            return
        if self.error is not None:
            future.set_exception(self.error)
        else:
            future.set_result(self.result)


def is_sealed(acceptance: Acceptance) -> bool:
    """Does anything about this mail say quarantine?"""
    for verdict in acceptance.verdicts:
        if verdict.action is Action.QUARANTINE:
            return True
    return any([opening.case.action is Action.QUARANTINE for opening in acceptance.openings])


def without_content(acceptance: Acceptance) -> Acceptance:
    """The same without any fact about the content, and with its cases sealed: nothing is there to be found or handed over."""
    openings = tuple(
        Opening(case=replace(opening.case, state=CaseState.SEALED, subject="", document=None, files=(), key=""))
        for opening in acceptance.openings
    )
    stories = tuple(
        replace(story, detail={key: value for key, value in story.detail.items() if key not in _TELLING})
        for story in acceptance.stories
    )
    return replace(
        acceptance,
        subject="",
        recognition=None,
        verdicts=tuple(map(_without_words, acceptance.verdicts)),
        openings=openings,
        stories=stories,
    )


def _without_words(verdict: Verdict) -> Verdict:
    """Only the secrecy stamp itself stays as evidence, and in which place, not in which file."""
    stamps = tuple(replace(sign, file="") for sign in verdict.evidence if sign.sign is Sign.SECRECY)
    return replace(verdict, evidence=stamps)
