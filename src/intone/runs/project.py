"""A project's folder: where the database and the reports live.

Everything lies in `.intone/` beside `intone.toml` (or in the current folder without one), which
keeps itself out of git.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from intone.errors import StoreError
from intone.store.database import Database, open_database

STATE = ".intone"


@dataclass(frozen=True)
class Project:
    """A folder with a project in it."""

    folder: Path

    @property
    def state(self) -> Path:
        """The folder of everything that lasts."""
        return self.folder / STATE

    @property
    def database_path(self) -> Path:
        """The database's file."""
        return self.state / "intone.db"

    @property
    def exists(self) -> bool:
        """Whether anything has been kept here yet."""
        return self.database_path.exists()

    def open(self) -> Database:
        """Open the database, making the folder first if need be. Raises StoreError.

        One that is there and cannot be written is opened to be read.
        """
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            ignore = self.state / ".gitignore"
            if not (ignore.exists() or self.exists):
                ignore.write_text("*\n", encoding="utf-8")
        except (FileExistsError, NotADirectoryError):
            blocking = self.state if self.state.exists() else self.folder
            raise StoreError(
                f"{blocking} is a file, and a folder of that name is needed for what is kept; "
                "move it away"
            ) from None
        except OSError as error:
            raise StoreError(
                f"cannot write in {self.state}: {error.strerror}; "
                "free some space or work in a folder that can be written"
            ) from None
        return open_database(self.database_path)
