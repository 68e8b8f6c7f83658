"""Alembic runs this file: the migrations go through the connection that the store has opened, in its transaction."""

from __future__ import annotations

from alembic import context

from gateway.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
