"""The embedded store: one SQLite file in WAL mode, one writer that groups waiting units, readers beside it."""

from clew.storage.sqlite.store import Health, SqliteStore, examine, open_store

__all__ = ["Health", "SqliteStore", "examine", "open_store"]
