"""The schema's history (Alembic), and upgrade(), which the store calls when it opens."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from gateway.errors import ConfigError
from gateway.store.tables import SCHEMA


def upgrade(connection: Connection) -> None:
    """Bring the schema to SCHEMA, within the caller's transaction.  ConfigError when it is newer than this program."""
    if _version(connection) == SCHEMA:
        return
    # Alembic takes a third of a second to import: only when there is something to do.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigError(
            f"[store] url: the database has schema version {_version(connection)!r}, which this program does not know: "
            "it was made by a newer one; install that, or restore a backup"
        ) from error


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
