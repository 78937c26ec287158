"""Runs and their events, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.domain.event import Event
from clew.domain.noun import replace
from clew.domain.problem import AlreadyExists, NotFound
from clew.domain.run import ACTIVE, Progress, Run, RunState
from clew.storage.bodies import dump, load
from clew.storage.sqlite.paging import marked, page, start
from clew.storage.sqlite.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.page import Page, Window
    from clew.storage.port import RunKey
    from clew.storage.sqlite.paging import Place

_UNMOVED = Progress(state=RunState.QUEUED)


def run_from_row(row: Row) -> Run:
    """A run from `no, turns, lease_owner, lease_until, last_event, progress, body`."""
    no, turns, owner, until, last_event, progress, body = row
    return replace(
        load(Run, body),
        seq=no,
        turns=turns,
        lease_owner=owner,
        lease_until=until,
        last_event=last_event,
        progress=load(Progress, progress),
    )


def _frozen(run: Run) -> bytes:
    """What never changes: what moves has columns of its own, so that moving rewrites only those."""
    return dump(replace(run, progress=_UNMOVED, turns=0, lease_owner=None, lease_until=None, last_event=0, seq=0))


def _end(run: Run) -> int | None:
    """What makes the run overdue: its end, while it is not over."""
    return run.progress.expires_at if run.state in ACTIVE else None


class RunTable(Table):
    """The SQLite answer to `port.Runs`."""

    async def insert(self, run: Run) -> Run:
        row = self.one(
            "run_insert",
            project_id=run.project_id,
            thread_id=run.thread_id,
            id=run.id,
            state=run.state,
            turns=run.turns,
            lease_owner=run.lease_owner,
            lease_until=run.lease_until,
            expires_at=_end(run),
            last_event=run.last_event,
            progress=dump(run.progress),
            body=_frozen(run),
        )
        if row is None:
            if await self.get(run.project_id, run.thread_id, run.id) is not None:
                raise AlreadyExists("run", run.id)
            raise NotFound("thread", run.thread_id)
        self._late.note(("run", row[0]))
        return replace(run, seq=row[0])

    async def get(self, project_id: str, thread_id: str, run_id: str) -> Run | None:
        row = self.one("run_get", project_id=project_id, thread_id=thread_id, id=run_id)
        return run_from_row(row) if row else None

    async def find(self, project_id: str, run_id: str, *, now: int) -> Run | None:
        row = self.one("run_find", project_id=project_id, id=run_id, now=now)
        return run_from_row(row) if row else None

    async def update(self, run: Run) -> None:
        self.run(
            "run_update",
            project_id=run.project_id,
            thread_id=run.thread_id,
            id=run.id,
            state=run.state,
            turns=run.turns,
            lease_owner=run.lease_owner,
            lease_until=run.lease_until,
            expires_at=_end(run),
            progress=dump(run.progress),
        )
        self._late.note(("run", run.seq))

    async def every(self, project_id: str, thread_id: str) -> list[Run]:
        return [run_from_row(row) for row in self.all("run_every", project_id=project_id, thread_id=thread_id)]

    async def active(self, project_id: str, thread_id: str) -> list[Run]:
        return [run_from_row(row) for row in self.all("run_active", project_id=project_id, thread_id=thread_id)]

    def _no(self, project_id: str, thread_id: str, id: str | None) -> int | None:  # noqa: A002
        if id is None:
            return None
        row = self.one("run_place", project_id=project_id, thread_id=thread_id, id=id)
        if row is None:
            raise NotFound("run", id)
        return int(row[0])

    async def page(self, project_id: str, thread_id: str, window: Window) -> Page[Run]:
        def place(id: str | None) -> Place | None:  # noqa: A002 (the field's standard name)
            no = self._no(project_id, thread_id, id)
            return None if no is None else (0, no)

        where = self.by_time(window, start(window, place), place(window.before))
        rows = self.all(
            "run_page" + where.suffix,
            project_id=project_id,
            thread_id=thread_id,
            low=where.low[1],
            high=where.high[1],
            limit=where.fetch,
        )
        return marked(window, page(window, where, rows, run_from_row), lambda run: (0, run.seq))

    def _found_no(self, project_id: str, id: str | None, now: int) -> int | None:  # noqa: A002
        if id is None:
            return None
        row = self.one("run_find", project_id=project_id, id=id, now=now)
        if row is None:
            raise NotFound("run", id)
        return int(row[0])

    async def page_all(self, project_id: str, window: Window, *, now: int) -> Page[Run]:
        def place(id: str | None) -> Place | None:  # noqa: A002 (the field's standard name)
            no = self._found_no(project_id, id, now)
            return None if no is None else (0, no)

        where = self.by_time(window, start(window, place), place(window.before))
        rows = self.all(
            "run_of_project" + where.suffix,
            project_id=project_id,
            low=where.low[1],
            high=where.high[1],
            limit=where.fetch,
            now=now,
        )
        return marked(window, page(window, where, rows, run_from_row), lambda run: (0, run.seq))

    async def claim(self, *, owner: str, now: int, lease_until: int, limit: int) -> list[Run]:
        # Twice as long as a lease is: clocks of two machines may differ a little.
        believable = lease_until + (lease_until - now)
        rows = self.all("run_claim", owner=owner, now=now, lease_until=lease_until, believable=believable, limit=limit)
        return [run_from_row(row) for row in rows]

    async def renew(self, *, owner: str, run_keys: Sequence[RunKey], lease_until: int) -> list[RunKey]:
        return [
            key
            for key in run_keys
            if self.one(
                "run_renew",
                owner=owner,
                lease_until=lease_until,
                project_id=key.project_id,
                thread_id=key.thread_id,
                id=key.run_id,
            )
        ]

    async def release(self, *, owner: str) -> None:
        self.run("run_release", owner=owner)

    async def release_all(self) -> None:
        self.run("run_release_all")

    async def overdue(self, *, now: int, limit: int) -> list[Run]:
        return [run_from_row(row) for row in self.all("run_overdue", now=now, limit=limit)]


class EventTable(Table):
    """The SQLite answer to `port.Events`."""

    async def append(self, run: Run, events: Sequence[Event]) -> list[Event]:
        if not events:
            return []
        row = self.one(
            "event_numbers",
            project_id=run.project_id,
            thread_id=run.thread_id,
            id=run.id,
            count=len(events),
        )
        if row is None:
            raise NotFound("run", run.id)
        run_no, last = row
        numbered = [replace(event, number=n) for n, event in enumerate(events, last - len(events) + 1)]
        for event in numbered:
            self.run("event_insert", run_no=run_no, number=event.number, body=dump(event))
        return numbered

    async def after(self, project_id: str, thread_id: str, run_id: str, *, number: int, limit: int) -> list[Event]:
        rows = self.all(
            "event_after", project_id=project_id, thread_id=thread_id, run_id=run_id, number=number, limit=limit
        )
        return [load(Event, row[1]) for row in rows]
