"""The whole table of checks, in order."""

from __future__ import annotations

from clients.yandex import assistants, files, runs, threads
from clients.yandex.desk import CHECKS

__all__ = ["CHECKS", "assistants", "files", "runs", "threads"]
