"""The two databases, and what is different about them: connecting, locking a node's name, beginning and syncing.

SQLite: WAL, synchronous=FULL, one file beside a lock file per node.  PostgreSQL: psycopg 3; the node's name is an advisory
lock of the very connection that writes, so who lost the lock cannot write.  (A connection pooler that shares sessions
between clients, like PgBouncer in transaction mode, must not stand in between.)
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, inspect, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from gateway.errors import ConfigError, StoreUnavailable
from gateway.scribe.client import Scribe
from gateway.scribe.messages import ON_POSTGRES, SCRIBE_LOCK, TAKE_LOCK
from gateway.scribe.on_sqlite import BUSY_S, CACHED_STATEMENTS, PRAGMAS
from gateway.store import lock_file
from gateway.store.migrations import upgrade
from gateway.store.statements import Statements
from gateway.store.transaction import Gathered, OnSqlite, Transaction

_SCRIBE_WAIT_S = 30.0
_LOCK_WAIT_S = 1.0  # a killed process may take a moment to let go
_LARGE_WAL = 16_000  # pages of 4 KB
_NODE_LOCK = 0x56414E54  # "VANT": the class of our advisory locks

# A dead peer is noticed after half a minute, by either side: else the lock of a machine that lost power would stay for hours.
_CONNECT: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
    "options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4",
}


class Database:
    """Makes connections: one for the writer, many for readers."""

    def __init__(self, url: str, *, node: str, before_reading: Callable[[], None] = lambda: None) -> None:
        """``before_reading`` is called before anything is read for somebody: what was promised to him shall be there."""
        self._node = node
        self._before_reading = before_reading
        self._url = _read(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        # What a journal calls it; a folder may be moved as a whole.
        self.name = Path(str(self._url.database)).name if self.is_sqlite else self._url.render_as_string(hide_password=True)
        self._writer = self._engine(poolclass=NullPool)
        self.readers = self._engine(pool_size=4, max_overflow=12, pool_pre_ping=not self.is_sqlite)
        self._statements = Statements(self._writer.dialect)
        event.listen(self._writer, "connect", self._prepare_writer)
        event.listen(self.readers, "connect", self._prepare_reader)
        self._lock_file: int | None = None
        self._file: tuple[int, int] | None = None  # device and inode of the SQLite file that is open

    def _engine(self, **options: Any) -> Engine:
        if self.is_sqlite:
            arguments: dict[str, Any] = {
                "check_same_thread": False,
                "isolation_level": None,  # no BEGIN but ours
                "cached_statements": CACHED_STATEMENTS,
                "timeout": BUSY_S,
            }
            return create_engine(self._url, connect_args=arguments, **options)
        arguments = {"prepare_threshold": 2, **_CONNECT}
        return create_engine(self._url, paramstyle="format", connect_args=arguments, **options)

    # --- opening ------------------------------------------------------------------------------------------------------

    def lock_node(self) -> None:
        """SQLite: take the node's lock file.  (PostgreSQL locks in connect().)"""
        if not self.is_sqlite:
            return
        path = Path(f"{self._url.database}.{quote(self._node, safe='')}.lock")
        self._lock_file = lock_file.taken(path, wait_s=_LOCK_WAIT_S)
        if self._lock_file is None:
            self.close()
            raise self._name_is_taken()

    def connect(self) -> Connection:
        """The one connection that writes: no transactions but those that the writer begins.  Holds the node's lock."""
        connection = self._writer.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            if not self.is_sqlite:
                self._lock_in(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def wait_for_scribes(self, connection: Connection) -> None:
        """Wait until no scribe of an earlier life writes any more: it finishes the transaction that it was given.

        ConfigError when one goes on after half a minute.  SQLite: whoever begins a transaction waits for it anyway.
        """
        if self.is_sqlite:
            return
        deadline = time.monotonic() + _SCRIBE_WAIT_S
        lock = (SCRIBE_LOCK, self._node)
        while not connection.exec_driver_sql(TAKE_LOCK, lock).scalar_one():
            if time.monotonic() > deadline:
                raise self._name_is_taken()
            time.sleep(0.05)
        connection.exec_driver_sql("SELECT pg_advisory_unlock(%s, hashtext(%s))", lock)

    def trouble(self) -> str:
        """Why nothing may be promised any more; "" as long as all is well.  A call of stat(), so for some times a second.

        SQLite: whoever moves its file away, or puts another one there (a restored copy), leaves us with a file that has no
        name: it takes all that is written, and is gone at the next start.
        """
        if not self.is_sqlite:
            return ""
        if self._file is None:
            self._file = self._file_there()
            return ""
        if self._file == self._file_there():
            return ""
        return f"{self._url.database} is not the file that was opened: put that one back, or start the gateway anew"

    def _file_there(self) -> tuple[int, int] | None:
        try:
            found = os.stat(str(self._url.database))
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def migrate(self, connection: Connection) -> None:
        """Bring the schema to its newest version; ConfigError when it is newer than this program."""
        connection.exec_driver_sql("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
        try:
            if not self.is_sqlite:
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_NODE_LOCK,))
            upgrade(connection)
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")

    @contextlib.contextmanager
    def opening(self, connection: Connection) -> Iterator[None]:
        """While it lasts the WAL is not copied into the file but when it is large: a tenth of a second that can wait.

        A killed life leaves one that is full, so the first commit would do that; the scribe's next one does it as well.
        """
        if not self.is_sqlite:
            yield
            return
        usual = connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one()
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {_LARGE_WAL}")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {usual}")

    def has_schema(self, connection: Connection) -> bool:
        """Whether there is anything in the database yet."""
        return inspect(connection).has_table("mails")

    def close(self) -> None:
        """Let go of pools and lock."""
        self._writer.dispose()
        self.readers.dispose()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def _lock_in(self, connection: Connection) -> None:
        deadline = time.monotonic() + _LOCK_WAIT_S
        while not connection.exec_driver_sql(TAKE_LOCK, (_NODE_LOCK, self._node)).scalar_one():
            if time.monotonic() > deadline:
                raise self._name_is_taken()
            time.sleep(0.05)

    def _name_is_taken(self) -> ConfigError:
        return ConfigError(
            f"node = {self._node!r}: a gateway of this name is already running on this store; "
            "stop it, or give this one another name"
        )

    def _prepare_writer(self, connection: DBAPIConnection, record: object) -> None:
        _run(connection, PRAGMAS if self.is_sqlite else (ON_POSTGRES,))

    def _prepare_reader(self, connection: DBAPIConnection, record: object) -> None:
        if self.is_sqlite:
            _run(connection, ("PRAGMA query_only = ON",))
        else:
            _run(connection, ("SET default_transaction_read_only = on",))

    # --- transactions -------------------------------------------------------------------------------------------------

    def transaction(self, connection: Connection) -> Transaction:
        """The writer's transactions on its connection."""
        if self.is_sqlite:
            return OnSqlite(connection, self._statements)
        from gateway.store.on_postgres import OnPostgres

        return OnPostgres(connection, self._statements)

    def scribe(self, journaled: Sequence[Table]) -> Scribe:
        """A process that writes into the database beside us, also records of a journal with rows of these tables."""
        return Scribe(self._statements.for_scribe(self._for_scribe(), journaled, node=self._node))

    def _for_scribe(self) -> str:
        """Where it connects."""
        if self.is_sqlite:
            return str(self._url.database)
        from psycopg.conninfo import make_conninfo
        from psycopg.pq import Conninfo

        _, arguments = self._writer.dialect.create_connect_args(self._url)
        known = {option.keyword.decode() for option in Conninfo.get_defaults()}  # the others are psycopg's or SQLAlchemy's own
        return make_conninfo("", **{key: value for key, value in {**arguments, **_CONNECT}.items() if key in known})

    def gathered(self) -> Gathered:
        """Statements for the scribe."""
        return Gathered(self._statements)

    def is_hopeless(self, error: BaseException) -> bool:
        """Will the next entry fail as well?  Disk full, no connection, locked: yes; a value that breaks a rule: no."""
        if isinstance(error, DBAPIError):
            error = error.orig or error
        if not isinstance(error, self._writer.dialect.loaded_dbapi.OperationalError):
            return isinstance(error, OSError | ConfigError)
        # PostgreSQL's classes 22, 23: bad values; 40: deadlock, to be tried again; 54: too large.
        return str(getattr(error, "sqlstate", ""))[:2] not in ("22", "23", "40", "54")

    def is_refused(self, error: BaseException) -> bool:
        """Does this very value break a rule, whatever is tried and however often?"""
        if isinstance(error, DBAPIError):
            error = error.orig or error
        driver = self._writer.dialect.loaded_dbapi
        if isinstance(error, driver.IntegrityError | driver.DataError | OverflowError | UnicodeError):
            return True
        return self.is_sqlite and "binding parameter" in str(error)  # a type that it does not know

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with; StoreUnavailable when the database does not answer."""
        self._before_reading()
        try:
            with self.readers.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"the store cannot be read: {error}") from error


def _read(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(f'[store] url: expected "sqlite:///path" or "postgresql://…", got {url!r}') from error
    if parsed.drivername == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ConfigError("[store] url: SQLite needs a file, as in sqlite:///data/vanthu.sqlite3")
        return parsed
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    raise ConfigError(f'[store] url: expected "sqlite:///path" or "postgresql://…", got {parsed.drivername!r}')


def _run(connection: DBAPIConnection, statements: tuple[str, ...]) -> None:
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()
    connection.commit()
