"""All that a store holds, to compare it with what it held before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from pathlib import Path


def everything(database: Path) -> dict[str, list[str]]:
    """The rows of every table, written out. Not by the standard module, whose SQLite may be older than the tables."""
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        tables = list(connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
        return {name: [repr(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for (name,) in tables}  # noqa: S608
    finally:
        connection.close()
