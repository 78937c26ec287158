"""Threads, in SQLite."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from clew.domain.noun import replace
from clew.domain.problem import AlreadyExists
from clew.domain.step import HIDDEN
from clew.domain.thread import Thread
from clew.storage.bodies import KEPT, KEPT_BYTES, dump, dump_value, load
from clew.storage.port import Entered
from clew.storage.sqlite.table import Table
from clew.storage.sqlite.used import give_back_thread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import apsw

    from clew.domain.page import Page, Window
    from clew.storage.sqlite.late import Late

RARE_MAX: Final = 100


class Freed(Protocol):
    """Whoever keeps more about threads, and frees it with them."""

    def free(self, thread_no: int, limit: int) -> int:
        """Free up to `limit` rows about a thread that has gone. Returns how many."""
        ...


def thread_from_row(row: Sequence[Any]) -> Thread:
    """A thread from `body, expires_at, last_active_at`."""
    return _thread_again(*row) if len(row[0]) <= KEPT_BYTES else _thread(*row)


def _thread(body: bytes, expires_at: int | None, last_active_at: int) -> Thread:
    thread = load(Thread, body)
    if thread.last_active_at == last_active_at and thread.expires_at == expires_at:
        return thread
    return replace(thread, last_active_at=last_active_at, expires_at=expires_at)


_thread_again = lru_cache(maxsize=KEPT)(_thread)


def _searched(thread: Thread) -> dict[str, str]:
    return {name: value for name, value in thread.metadata.items() if isinstance(value, str)}


class ThreadTable(Table):
    """The SQLite answer to `port.Threads`."""

    def __init__(self, connection: apsw.Connection, late: Late, freed: Freed) -> None:
        super().__init__(connection, late)
        self._catalog = freed

    async def insert(self, thread: Thread) -> None:
        self.run(
            "thread_insert",
            project_id=thread.project_id,
            id=thread.id,
            created_at=thread.created_at,
            expires_at=thread.expires_at,
            body=dump(thread),
        )
        if not self._changes():
            raise AlreadyExists("thread", thread.id)
        no = self._last_no()
        if not thread.project_id.startswith(HIDDEN):
            self._late.note(("thread", no))
        self.run("thread_tail_insert", thread_no=no, last_active_at=thread.last_active_at)
        for name, value in _searched(thread).items():
            self._find_by(thread, no, name, value)

    def _find_by(self, thread: Thread, no: int, name: str, value: str) -> None:
        self.run(
            "thread_metadata_insert",
            project_id=thread.project_id,
            name=name,
            value=value,
            created_at=thread.created_at,
            thread_no=no,
        )

    def _forget(self, project_id: str, no: int, created_at: int, pairs: Mapping[str, str]) -> None:
        for name, value in pairs.items():
            self.run(
                "thread_metadata_delete",
                project_id=project_id,
                name=name,
                value=value,
                created_at=created_at,
                thread_no=no,
            )

    async def get(self, project_id: str, thread_id: str, *, now: int) -> Thread | None:
        row = self.one("thread_get", project_id=project_id, id=thread_id, now=now)
        return thread_from_row(row) if row else None

    async def enter(self, project_id: str, thread_id: str, *, now: int) -> Entered | None:
        row = self.one("thread_enter", project_id=project_id, id=thread_id, now=now)
        if row is None:
            return None
        *shown, no, last_seq, run_id = row
        return Entered(thread=thread_from_row(shown), last_seq=last_seq, run_id=run_id, key=no)

    async def update(self, thread: Thread) -> None:
        row = self.one("thread_old", project_id=thread.project_id, id=thread.id)
        if row is None:
            return
        no, created_at, body = row
        old, new = _searched(load(Thread, body)), _searched(thread)
        if old != new:
            self._forget(thread.project_id, no, created_at, {k: v for k, v in old.items() if new.get(k) != v})
            for name, value in new.items():
                self._find_by(thread, no, name, value)
        self.run(
            "thread_update",
            project_id=thread.project_id,
            id=thread.id,
            expires_at=thread.expires_at,
            body=dump(thread),
        )
        self.run("thread_touch", project_id=thread.project_id, id=thread.id, now=thread.last_active_at)
        self._late.note(("thread", no))

    async def touch(self, thread: Thread, *, now: int) -> None:
        self.run("thread_touch", project_id=thread.project_id, id=thread.id, now=now)
        if thread.expires_at is not None:
            self.run("thread_end", project_id=thread.project_id, id=thread.id, expires_at=thread.expires_at)

    async def delete(self, project_id: str, thread_id: str) -> None:
        row = self.one("thread_old", project_id=project_id, id=thread_id)
        if row is None:
            return
        no, created_at, body = row
        self._forget(project_id, no, created_at, _searched(load(Thread, body)))
        self.run("thread_runs_gone", thread_no=no)
        self.run("thread_delete", project_id=project_id, id=thread_id)
        self.run("thread_gone_insert", thread_no=no)
        give_back_thread(self, project_id, no)
        self._late.note(("thread", no))

    async def page(self, project_id: str, window: Window, *, metadata: Mapping[str, str], now: int) -> Page[Thread]:
        if not metadata:
            return self.page_of("thread_place", "thread_page", window, thread_from_row, project_id=project_id, now=now)
        # The order in which a caller writes them says nothing: a pair that all threads have would lead through all.
        name = min(metadata, key=lambda name: self._known(project_id, name, metadata[name]))
        return self.page_of(
            "thread_place",
            "thread_found",
            window,
            thread_from_row,
            project_id=project_id,
            now=now,
            name=name,
            value=metadata[name],
            others=dump_value({other: value for other, value in metadata.items() if other != name}).decode(),
        )

    def _known(self, project_id: str, name: str, value: str) -> int:
        """How many threads have this pair, counted as far as it takes to tell rare from common."""
        row = self.one("thread_metadata_known", project_id=project_id, name=name, value=value, limit=RARE_MAX)
        return int(row[0]) if row else 0

    async def sweep(self, *, now: int, limit: int) -> int:
        freed = 0
        for project_id, thread_id in self.all("thread_expired", now=now, limit=limit):
            await self.delete(project_id, thread_id)
            freed += 1
        while freed < limit:
            row = self.one("thread_gone_next")
            if row is None:
                break
            freed += self._free(row[0], limit - freed)
        return freed

    def _free(self, no: int, limit: int) -> int:
        """Free up to `limit` rows of what lived in a thread that is gone. At least 1."""
        self.run("thread_gone_items", thread_no=no, limit=limit)
        freed = self._changes()
        if freed < limit:
            freed += self._catalog.free(no, limit - freed)
        while freed < limit:
            run = self.one("thread_gone_run", thread_no=no)
            if run is None:
                self.run("thread_gone_tail", thread_no=no)
                self.run("thread_gone_delete", thread_no=no)
                return freed + 1
            self.run("thread_gone_events", run_no=run[0], limit=limit - freed)
            events = self._changes()
            freed += events
            if events == 0:
                self.run("thread_gone_run_delete", run_no=run[0])
                freed += 1
        return freed
