"""The hash chain of the audit in the database: what is not sealed yet, the links, the heads.

Nothing here is on the way of a mail: rows are read on a connection of their own after they were committed, and a link is one
small row of the writer's next transaction.  A link whose number is taken is not written: so two sealers never make a fork.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import ColumnElement, func, select, text

from gateway.chain import Entry, Head, Kind, Link, Skeleton, digest, story_values
from gateway.courier import RELAY
from gateway.errors import NotFound
from gateway.model import Door, first_id_of
from gateway.store.chain_tables import audit_heads, audit_links
from gateway.store.database import Database
from gateway.store.from_rows import AnyRow
from gateway.store.inserts import insert_new
from gateway.store.reading import Reading
from gateway.store.tables import deliveries, mails, micros, stories, verdicts
from gateway.store.texts import to_json
from gateway.store.transaction import Transaction

_T = TypeVar("_T")
_AT_ONCE = 500  # numbers in one statement
_entries = msgspec.json.Decoder(tuple[Entry, ...])
_HEADER = [column for column in audit_links.c if column.name != "entries"]

# A mail is sealed so long after it began to come: by then the slowest one is committed, and nearly all have arrived.
MAILS_AFTER = timedelta(hours=1)
_ARRIVED_WITHIN = timedelta(minutes=5)  # only such arrivals are sealed with the mail: later ones have lines of their own before

_OF_MAIL = ("id", "sender", "recipients", "digest", "size", "door", "at", "peer", "helo", "protocol", "identity", "subject",
            "decided_at")  # fmt: skip
_OF_DELIVERY = ("id", "courier", "target", "delivered_at", "reply", "sent")
_SNAPSHOT = text(
    "SELECT (SELECT coalesce(max(id), 0) FROM stories), pg_snapshot_xmin(pg_current_snapshot())::text, "
    "pg_snapshot_xmax(pg_current_snapshot())::text"
)


class Mark(NamedTuple):
    """The newest line of a story that can be seen, and which transactions were under way then (PostgreSQL; else 0)."""

    newest: int
    under_way_from: int
    under_way_to: int


class Row(NamedTuple):
    """A row as it is now, and the digest that its entry must have."""

    ref: str
    digest: str
    is_late: bool = False  # a mail that was committed after its time to be sealed


class Chain(Reading):
    """Synchronous; StoreUnavailable when the database is."""

    def __init__(self, database: Database, do: Callable[[Callable[[Transaction], _T]], _T]) -> None:
        super().__init__(database)
        self._do: Any = do

    # --- links --------------------------------------------------------------------------------------------------------

    def head(self) -> Skeleton | None:
        """The last link; None before the first."""
        rows = self.rows(select(*_HEADER).order_by(audit_links.c.n.desc()).limit(1))
        return _skeleton(rows[0]) if rows else None

    def links(self, *, after: int = 0, limit: int = 200) -> tuple[Link, ...]:
        """Links with their entries, in order, behind the one with that number."""
        return tuple(map(_link, self.rows(_behind(select(audit_links), after, limit))))

    def skeletons(self, *, after: int = 0, limit: int = 5000) -> tuple[Skeleton, ...]:
        """The same without the entries."""
        return tuple(map(_skeleton, self.rows(_behind(select(*_HEADER), after, limit))))

    def link_of(self, kind: Kind, ref: str) -> Link | None:
        """The link that sealed a row; None while none has."""
        c = audit_links.c
        column, key = (c.stories_to, int(ref)) if kind is Kind.STORY else (c.mails_to, ref)
        rows = self.rows(select(audit_links).where(column >= key).order_by(column, c.n).limit(1))
        link = _link(rows[0]) if rows else None
        return link if link is not None and any(each.kind is kind and each.ref == ref for each in link.entries) else None

    def append(self, link: Link) -> bool:
        """Write the next link, durably; False when another sealer has written that number."""
        columns = {field: getattr(link, field) for field in Skeleton.__struct_fields__} | {"entries": to_json(link.entries)}
        written: bool = self._do(lambda transaction: insert_new(transaction.connection, audit_links, columns, unless=("n",)))
        return written

    # --- heads --------------------------------------------------------------------------------------------------------

    def put_head(self, head: Head) -> None:
        """Remember a head that was signed, unless that one is remembered."""
        columns = msgspec.structs.asdict(head)
        self._do(lambda transaction: insert_new(transaction.connection, audit_heads, columns, unless=("n",)))

    def heads(self, *, after: int = 0, limit: int = 5000) -> tuple[Head, ...]:
        """Signed heads, in order, behind the one with that number."""
        c = audit_heads.c
        return tuple(
            Head(n=row.n, at=row.at, hash=row.hash, key=row.key, signature=row.signature)
            for row in self.rows(select(audit_heads).where(c.n > after).order_by(c.n).limit(limit))
        )

    # --- rows ---------------------------------------------------------------------------------------------------------

    def mark(self) -> Mark:
        """How far stories can be seen now, and who may still be writing before that."""
        with self.database.reading() as connection:
            if self.database.is_sqlite:  # one writes at a time: numbers are committed in their order
                return Mark(connection.execute(select(func.coalesce(func.max(stories.c.id), 0))).scalar_one(), 0, 0)
            newest, lowest, highest = connection.execute(_SNAPSHOT).one()
            return Mark(int(newest), int(lowest), int(highest))

    def story_rows(self, *, after: int, until: int, limit: int = 1000) -> list[tuple[Row, list[object]]]:
        """Lines of stories with numbers in (after, until], in order: digests, and the values they are of."""
        query = select(stories).where(stories.c.id > after, stories.c.id <= until).order_by(stories.c.id).limit(limit)
        values = [story_values(row) for row in self.rows(query)]
        return [(Row(str(each[0]), digest(each)), each) for each in values]

    def mail_rows(self, *, after: str, until: str, limit: int = 200) -> list[Row]:
        """Mails with ids in (after, until], in order, each with what was decided and how it arrived; no imported old ones."""
        wanted = (mails.c.id > after, mails.c.id <= until, mails.c.door != Door.ARCHIVE.value)
        return [
            Row(row.id, digest(values), is_late=first_id_of(row.at - MAILS_AFTER) > row.id)
            for row, values in self._mails(*wanted, limit=limit)
        ]

    def mail_values(self, mail_id: str) -> list[object]:
        """The values of one mail that are sealed; NotFound."""
        found = self._mails(mails.c.id == mail_id, limit=1)
        if not found:
            raise NotFound(f"no mail {mail_id}")
        return found[0][1]

    def values_of(self, numbers: Sequence[int]) -> list[list[object]]:
        """The values of lines of stories that are sealed, in order."""
        found: list[list[object]] = []
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            rows = self.rows(select(stories).where(stories.c.id.in_(some)).order_by(stories.c.id))
            found += [story_values(row) for row in rows]
        return found

    def _mails(self, *wanted: ColumnElement[bool], limit: int) -> list[tuple[AnyRow, list[object]]]:
        rows = self.rows(select(*(mails.c[name] for name in _OF_MAIL)).where(*wanted).order_by(mails.c.id).limit(limit))
        ids = [row.id for row in rows]
        decided = _grouped(self._verdicts(ids))
        arrived = _grouped(self._arrivals(ids))
        return [(row, _mail_values(row, decided.get(row.id, []), arrived.get(row.id, []))) for row in rows]

    def _verdicts(self, ids: Sequence[str]) -> Iterator[tuple[str, list[object]]]:
        query = select(verdicts).where(verdicts.c.mail_id.in_(ids)).order_by(verdicts.c.mail_id, verdicts.c.n)
        for row in self.rows(query) if ids else ():
            yield row.mail_id, [int(value) if isinstance(value, bool) else value for value in tuple(row)[1:]]

    def _arrivals(self, ids: Sequence[str]) -> Iterator[tuple[str, AnyRow]]:
        c = deliveries.c
        query = select(c.mail_id, *(c[name] for name in _OF_DELIVERY)).where(
            c.mail_id.in_(ids), c.courier == RELAY, c.case_id == "", c.delivered_at.is_not(None)
        )
        for row in self.rows(query.order_by(c.id)) if ids else ():
            yield row.mail_id, row


def mails_until(now: datetime) -> str:
    """The id before which mails are sealed at that time."""
    return first_id_of(now - MAILS_AFTER)


def _mail_values(row: AnyRow, decided: Sequence[object], arrived: Sequence[AnyRow]) -> list[object]:
    soon = row.at + _ARRIVED_WITHIN
    values = [_plain(getattr(row, name)) for name in _OF_MAIL]
    arrivals = [_arrival(each) for each in arrived if each.delivered_at < soon]
    return [*values, list(decided), arrivals]


def _arrival(row: AnyRow) -> list[object]:
    """What was sealed before deliveries had a digest of what left keeps its seal."""
    names = _OF_DELIVERY if row.sent else _OF_DELIVERY[:-1]
    return [_plain(getattr(row, name)) for name in names]


def _plain(value: object) -> object:
    return micros(value) if isinstance(value, datetime) else value


def _grouped(pairs: Iterator[tuple[str, _T]]) -> dict[str, list[_T]]:
    groups: dict[str, list[_T]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _behind(query: Any, after: int, limit: int) -> Any:
    return query.where(audit_links.c.n > after).order_by(audit_links.c.n).limit(limit)


def _skeleton(row: AnyRow) -> Skeleton:
    return Skeleton(**{field: getattr(row, field) for field in Skeleton.__struct_fields__})


def _link(row: AnyRow) -> Link:
    header = {field: getattr(row, field) for field in Skeleton.__struct_fields__}
    return Link(**header, entries=_entries.decode(row.entries))
