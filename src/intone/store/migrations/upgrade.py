"""Brings a database up to date. Loaded only when there is something to do: Alembic is slow."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, delete, insert

from intone.store.tables import about


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run the missing migrations in the connection's transaction and note which Intone did it.

    `to` is the revision to end with.
    """
    config = Config()
    folder = str(Path(__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    connection.execute(delete(about).where(about.c.name == "intone"))
    connection.execute(insert(about).values(name="intone", value=version("intone")))
