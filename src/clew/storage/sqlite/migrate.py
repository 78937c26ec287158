"""Bringing a database to the schema of this code, one numbered file after another."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from clew.storage.port import StoreProblem

if TYPE_CHECKING:
    import apsw


def steps() -> dict[int, str]:
    """Schema number to the SQL that makes it from the one before."""
    folder = resources.files("clew.storage.sqlite.migrations")
    return {
        int(file.name.split("_", 1)[0]): file.read_text("utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".sql")
    }


def version(connection: apsw.Connection) -> int:
    """The schema number of an open database; 0 for an empty one."""
    return int(connection.pragma("user_version"))


def migrate(connection: apsw.Connection) -> tuple[int, int]:
    """Apply what is missing, each step in one transaction. Returns the numbers before and after.

    Raises `StoreProblem` where the database is newer than this code.
    """
    todo = steps()
    newest = max(todo)
    before = version(connection)
    if before > newest:
        raise StoreProblem(
            f"This data was written by a newer Clew (schema {before}; this one knows {newest}). "
            "Start the newer version, or restore a backup that this one wrote."
        )
    for number in range(before + 1, newest + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(todo[number])
            connection.execute(f"PRAGMA user_version = {number}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    return before, newest
