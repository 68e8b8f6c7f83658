"""A database of PostgreSQL made empty again: to make one and to drop it costs more than most tests ask of the server."""

from __future__ import annotations

from typing import Any

import psycopg

_OURS = "IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
_SCHEMA = f"""
SELECT (SELECT array_agg((oid, relname, relfilenode)::text ORDER BY oid) FROM pg_class WHERE oid {_OURS}),
    (SELECT array_agg(pg_attribute::text ORDER BY attrelid, attnum) FROM pg_attribute WHERE attrelid {_OURS}),
    (SELECT array_agg(oid ORDER BY oid) FROM pg_constraint WHERE conrelid {_OURS}),
    (SELECT array_agg(oid ORDER BY oid) FROM pg_trigger WHERE tgrelid {_OURS}),
    (SELECT array_agg(oid ORDER BY oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_db_role_setting),
    (SELECT array_agg(version_num) FROM alembic_version)
"""  # noqa: S608 - our own words
_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

Connection = psycopg.Connection[Any]


def schema_of(connection: Connection) -> object:
    """What is not the same when anybody changed tables, indexes, functions, settings or the schema's version."""
    return connection.execute(_SCHEMA).fetchone()


def empty(connection: Connection) -> None:
    """Drop whoever else is connected, and every row; numbers begin anew."""
    connection.execute(f"SELECT pg_terminate_backend(pid, 5000) {_OTHERS}")
    connection.execute("SET session_replication_role = replica")  # rows that point to others in any order
    tables = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    tables.remove("alembic_version")
    rows = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in tables)  # noqa: S608 - of our own tables
    for (full,) in connection.execute(rows).fetchall():
        connection.execute(f"DELETE FROM {full}")  # noqa: S608 - the same
    connection.execute("SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences")
