"""How much of their quotas projects have used, in SQLite.

A project that is not counted has no row, so that whatever gives back touches none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.storage.sqlite.table import Table

if TYPE_CHECKING:
    from clew.domain.quota import Amount, Quota


def give_back(table: Table, project_id: str, *, messages: int = 0, bytes: int = 0) -> None:  # noqa: A002 (the quota's name)
    """So much of the project is gone."""
    table.run("used_add", project_id=project_id, threads=0, messages=-messages, bytes=-bytes)


def give_back_thread(table: Table, project_id: str, thread_no: int) -> None:
    """A thread of the project is gone, with its messages, whose rows are still there."""
    table.run("used_thread_gone", project_id=project_id, thread_no=thread_no)


class UsedTable(Table):
    """The SQLite answer to `port.Used`."""

    async def projects(self) -> list[str]:
        return [row[0] for row in self.all("used_projects")]

    async def count(self, project_id: str) -> None:
        self.run("used_count", project_id=project_id)

    async def take(self, project_id: str, more: Amount, *, within: Quota) -> str | None:
        if within.runs is not None and more.runs:
            row = self.one("used_runs", project_id=project_id, limit=within.runs)
            if row is not None and row[0] + more.runs > within.runs:
                return "runs"
        if not within.is_counted or self._taken(project_id, more, within):
            return None
        if self.one("used_get", project_id=project_id) is None:
            await self.count(project_id)
            if self._taken(project_id, more, within):
                return None
        return self._lacking(project_id, more, within)

    def _taken(self, project_id: str, more: Amount, within: Quota) -> bool:
        row = self.one(
            "used_take",
            project_id=project_id,
            threads=more.threads,
            messages=more.messages,
            bytes=more.bytes,
            runs=more.runs,
            threads_max=within.threads,
            messages_max=within.messages,
            bytes_max=within.bytes,
        )
        return row is not None

    def _lacking(self, project_id: str, more: Amount, within: Quota) -> str:
        threads, messages, _ = self.one("used_get", project_id=project_id) or (0, 0, 0)
        if more.threads and within.threads is not None and threads + more.threads > within.threads:
            return "threads"
        wanted = more.messages + more.runs
        if wanted and within.messages is not None and messages + wanted > within.messages:
            return "messages"
        return "bytes"

    async def add(self, project_id: str, more: Amount) -> None:
        self.run("used_add", project_id=project_id, threads=more.threads, messages=more.messages, bytes=more.bytes)

    async def forget(self) -> None:
        self.run("used_forget")
