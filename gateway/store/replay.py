"""What a crash left in the journal, written into the database before this node does anything else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError

from gateway.errors import ConfigError
from gateway.lifecycle import DeliveryState
from gateway.model import digest_of
from gateway.store.blobs import Blobs, Series
from gateway.store.journal import Heading, Kept, Record, records
from gateway.store.rows import Tuple, mail_digest, place_of, placed
from gateway.store.tables import mails, passed_over

logger = logging.getLogger(__name__)

_AT_ONCE = 256  # records in one transaction
_BYTES_AT_ONCE = 16 * 1024 * 1024  # of large bodies in one
_ID = mails.columns.keys().index("id")


SetAside = Callable[[str, Kept, Sequence[bytes], Heading], Path]


def replay(connection: Connection, paths: Sequence[Path], *, database: str, blobs: Blobs, set_aside: SetAside) -> int:
    """Write what these files of a journal have and the database has not; gives how many mails that were.

    In the schema of the program that wrote them: before the database is migrated.  In transactions of some hundred records;
    what is there already is left out, so whoever dies in the middle begins again.  The files stay.  ConfigError when they
    belong to another database; OSError when they cannot be read, or a large body cannot be put into its segment.
    """
    count = 0
    found = _whole(records(paths))
    while some := _some(found):
        for record in some:
            if record.heading.database != database:
                raise ConfigError(
                    f"[store] journal: {paths[0].parent} has mail that was promised and belongs to {record.heading.database}, "
                    f"not to {database}: start once with that [store] url, or move the folder away"
                )
        try:
            count += _write(connection, some, blobs)
        except (DataError, IntegrityError, InterfaceError, OverflowError):  # one that breaks a rule must not hold up the others
            count += sum(_write_one(connection, record, blobs, set_aside) for record in some)
    return count


def _write_one(connection: Connection, record: Record, blobs: Blobs, set_aside: SetAside) -> int:
    try:
        return _write(connection, [record], blobs)
    except (DataError, IntegrityError, InterfaceError, OverflowError) as error:
        name = _first(record.kept)[0] if record.kept.rows else f"settled-{record.kept.settled[0][0]}"
        path = set_aside(name, record.kept, record.bodies, record.heading)
        logger.error("mail %s was promised, and the database does not take it; it is in %s: %s", name, path, error)
        return 0


def _some(found: Iterator[Record]) -> list[Record]:
    """The next ones: some hundred, or fewer when they are large."""
    some: list[Record] = []
    size = 0
    for record in islice(found, _AT_ONCE):
        some.append(record)
        size += sum(map(len, record.bodies))
        if size >= _BYTES_AT_ONCE:
            break
    return some


def _whole(found: Iterable[Record]) -> Iterator[Record]:
    """Those whose large bodies are the ones that were accepted; the first other one is the torn end."""
    for record in found:
        rows = record.kept.rows.get(mails.name, [])
        whole = [
            digest_of(body) == mail_digest(rows[n]) for (_, n, _), body in zip(record.kept.bodies, record.bodies, strict=True)
        ]
        if all(whole):
            yield record
        else:
            logger.info("the journal ends within a large body: nobody was promised it")


def _write(connection: Connection, some: Sequence[Record], blobs: Blobs) -> int:
    is_sqlite = connection.dialect.name == "sqlite"
    new = _new(connection, some)
    torn = _torn(connection, some, new, blobs, is_sqlite=is_sqlite)
    for record in (*new, *torn):
        if record.bodies:
            _place(record, blobs)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
    try:
        for (name, columns), rows in _gathered(new).items():
            _insert(connection, name, columns, rows)
        for record in torn:
            _lead_to(connection, record)
        _settle(connection, [row for record in some for row in record.kept.settled])
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")
    return sum(len(record.kept.rows.get(mails.name, ())) for record in new)


def _new(connection: Connection, some: Sequence[Record]) -> list[Record]:
    """The records of mails that the database has not.  The mails of a record are in it together or not at all."""
    firsts = [(_first(record.kept), record) for record in some if record.kept.rows]
    asked = select(mails.c.id, mails.c.digest).where(mails.c.id.in_([mail_id for (mail_id, _), _ in firsts]))
    there = {(mail_id, digest) for mail_id, digest in connection.execute(asked)}
    return [record for first, record in firsts if first not in there]


def _gathered(records_: Sequence[Record]) -> dict[tuple[str, tuple[str, ...]], list[Tuple]]:
    """The rows of all of them by table and its columns, in the order of writing: one statement for many costs a tenth."""
    gathered: dict[tuple[str, tuple[str, ...]], list[Tuple]] = {}
    for record in records_:
        for name, rows in record.kept.rows.items():
            gathered.setdefault((name, tuple(record.heading.columns[name])), []).extend(rows)
    return gathered


def _torn(
    connection: Connection, some: Sequence[Record], new: Sequence[Record], blobs: Blobs, *, is_sqlite: bool
) -> list[Record]:
    """The records that the database has, and that may have lost their large bodies.

    Who dies during a COMMIT lets go of its segments; a purge that does not see the rows yet removes them.  PostgreSQL may
    finish that COMMIT at any time, and another node's purge come in between: there each body is put into a file once more.
    """
    are_new = set(map(id, new))
    written = [record for record in some if record.bodies and id(record) not in are_new]
    if not written:
        return []
    ids = [mail_id for record in written for mail_id in _with_bodies(record)]
    asked = select(mails.c.id, mails.c.segment).where(mails.c.id.in_(ids), mails.c.kept)
    there = blobs.segments()
    torn = {mail_id for mail_id, segment in connection.execute(asked) if not is_sqlite or segment not in there}
    return [record for record in written if not torn.isdisjoint(_with_bodies(record))]


def _with_bodies(record: Record) -> list[str]:
    """The ids of its mails whose bytes lie behind it."""
    return [str(record.kept.rows[mails.name][n][_ID]) for _, n, _ in record.kept.bodies]


def _lead_to(connection: Connection, record: Record) -> None:
    """The rows lead to where the bodies are now."""
    for _, n, _ in record.kept.bodies:
        row = record.kept.rows[mails.name][n]
        connection.execute(update(mails).where(mails.c.id == row[_ID], mails.c.kept).values(place_of(row)))


def _first(kept: Kept) -> tuple[str, str]:
    """Id and digest of its first mail."""
    row = kept.rows[mails.name][0]
    return str(row[_ID]), mail_digest(row)


def _place(record: Record, blobs: Blobs) -> None:
    rows = record.kept.rows[mails.name]
    bodies = [(Series(series), body) for (series, _, _), body in zip(record.kept.bodies, record.bodies, strict=True)]
    for (_, n, _), place in zip(record.kept.bodies, blobs.append(bodies), strict=True):
        rows[n] = placed(rows[n], place.segment, place.position)


def _insert(connection: Connection, name: str, columns: Sequence[str], rows: Sequence[Tuple]) -> None:
    tail = "ON CONFLICT DO NOTHING" if name == passed_over.name else ""
    names, values = ", ".join(f'"{one}"' for one in columns), ", ".join(f":{one}" for one in columns)
    statement = text(f"INSERT INTO {name} ({names}) VALUES ({values}) {tail}")  # noqa: S608 - names of our own tables
    connection.execute(statement, [dict(zip(columns, row, strict=True)) for row in rows])


def _settle(connection: Connection, rows: Sequence[Tuple]) -> None:
    """As the life settled them that had leased them; what was settled since then stays."""
    if not rows:
        return
    names = ("id_", "state", "attempts", "reply", "next_at", "wake_at", "delivered_at", "life_", "sent")
    statement = text(
        "UPDATE deliveries SET state = :state, attempts = :attempts, reply = :reply, next_at = :next_at, wake_at = :wake_at, "
        "delivered_at = :delivered_at, sent = :sent WHERE id = :id_ AND life = :life_ AND state = :sending"
    )
    sending = str(DeliveryState.SENDING)
    connection.execute(statement, [{**dict(zip(names, row, strict=True)), "sending": sending} for row in rows])
