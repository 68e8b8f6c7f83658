"""A private PostgreSQL in a temporary folder: a real server, reached through a socket in that folder.

As root the server runs as the user postgres (it refuses root), else as whoever runs the tests.  A machine without
PostgreSQL fails the tests that need it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import psycopg

from tests.world.emptying import empty, schema_of
from tests.world.prepared import make_tables

_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 100
shared_buffers = 64MB
fsync = {fsync}
"""


def programs() -> Path:
    """The folder of initdb and pg_ctl; FileNotFoundError when PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    return Path(on_path).parent


class Postgres:
    """One server.  start() and stop() may be repeated: the data stay until remove()."""

    def __init__(self, *, fsync: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vanthu-pg-", dir="/tmp"))
        self._prepared = ""  # the name of the database with nothing in its tables, once it is made
        self._schema: object = None  # of that
        self._emptied: list[str] = []  # URLs of copies of it that were used and have nothing in their tables again
        self._data = self.folder / "data"
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "--pgdata", str(self._data), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8")
        settings = _SETTINGS.format(folder=self.folder, fsync="on" if fsync else "off")
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(settings)

    def start(self) -> Postgres:
        """Start it and wait until it answers."""
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "--wait", "--silent", "--pgdata", str(self._data), "--log", log)
        return self

    def stop(self) -> None:
        """Stop it at once; clients lose their connections."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode", "fast", "--pgdata", str(self._data))

    def remove(self) -> None:
        """Stop it, if it runs, and remove everything."""
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder)

    def new_database(self) -> str:
        """Make an empty database; gives its URL, as a user would write it into [store] url."""
        return self._new("template1")

    def prepared_database(self) -> str:
        """A database that has its tables already, and nothing in them: a copy of one that was migrated once."""
        if self._emptied:
            return self._emptied.pop()
        if not self._prepared:
            url = self.new_database()
            make_tables(url)
            with psycopg.connect(url) as connection:
                self._schema = schema_of(connection)
            self._prepared = _name(url)
        return self._new(self._prepared)

    def give_back(self, url: str) -> None:
        """Empty a prepared database for whoever wants one next; drop it when its tables are not as they were made."""
        with psycopg.connect(url, autocommit=True) as connection:
            is_whole = schema_of(connection) == self._schema
            if is_whole:
                empty(connection)
        if is_whole:
            self._emptied.append(url)
        else:
            self.drop_database(url)

    def _new(self, template: str) -> str:
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def drop_database(self, url: str) -> None:
        """Drop a database, whoever is still connected to it."""
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(programs() / program), *arguments]
        user = "postgres" if os.geteuid() == 0 else None
        done = subprocess.run(
            command,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # not a pipe: the server keeps it open
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            log = self.folder / "log"
            said = log.read_text(encoding="utf-8") if log.exists() else str(done.stderr)
            raise RuntimeError(f"{program} failed: {said}")


def _name(url: str) -> str:
    return url.rpartition("@/")[2].partition("?")[0]
