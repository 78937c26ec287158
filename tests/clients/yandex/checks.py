"""The whole table of checks, in order."""

from __future__ import annotations

from clients.yandex import assistants, files, indexes, runs, threads
from clients.yandex.desk import CHECKS

__all__ = ["CHECKS", "assistants", "files", "indexes", "runs", "threads"]
