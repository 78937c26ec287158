"""The embedded store: one SQLite file in WAL mode, one writer that groups waiting units, readers beside it."""

from clew.storage.sqlite.examine import SCHEMA_NEWEST, Examination, copy, examined
from clew.storage.sqlite.store import SqliteStore, hold, open_store

__all__ = ["SCHEMA_NEWEST", "Examination", "SqliteStore", "copy", "examined", "hold", "open_store"]
