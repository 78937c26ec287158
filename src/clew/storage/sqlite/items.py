"""The log of a thread, in SQLite."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import apsw

from clew.domain.item import Item, Kind
from clew.domain.problem import AlreadyExists, NotFound
from clew.storage.bodies import dump, dump_value, load
from clew.storage.sqlite.paging import HIGHEST, LOWEST, page, span
from clew.storage.sqlite.table import Row, Table
from clew.storage.sqlite.used import give_back

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from clew.domain.page import Page, Window

_SEQ_MASK = 0xFFFFFFFF


def _item_from_row(row: Row) -> Item:
    return load(Item, row[1])


class ItemTable(Table):
    """The SQLite answer to `port.Items`."""

    async def append(self, project_id: str, thread_id: str, items: Sequence[Item]) -> list[Item]:
        if not items:
            return []
        row = self.one(
            "item_places",
            project_id=project_id,
            thread_id=thread_id,
            count=len(items),
            at=max(item.created_at for item in items),
        )
        if row is None:
            raise NotFound("thread", thread_id)
        thread_no, last = row
        placed = [replace(item, seq=seq) for seq, item in enumerate(items, last - len(items) + 1)]
        for item in placed:
            try:
                self.run(
                    "item_insert",
                    thread_no=thread_no,
                    seq=item.seq,
                    id=item.id,
                    kind=item.kind,
                    run_id=item.run_id,
                    body=dump(item),
                )
            except apsw.ConstraintError as error:
                raise AlreadyExists(item.kind, item.id) from error
        return placed

    async def get(self, project_id: str, thread_id: str, item_id: str) -> Item | None:
        row = self.one("item_get", project_id=project_id, thread_id=thread_id, id=item_id)
        return _item_from_row(row) if row else None

    async def update(self, project_id: str, item: Item) -> None:
        self.run("item_update", project_id=project_id, thread_id=item.thread_id, id=item.id, body=dump(item))

    async def delete(self, project_id: str, thread_id: str, item_id: str) -> bool:
        row = self.one("item_delete", project_id=project_id, thread_id=thread_id, id=item_id)
        if row is not None and row[0] == Kind.MESSAGE:
            give_back(self, project_id, messages=1)
        return row is not None

    def _key(self, project_id: str, thread_id: str, kind: Kind, id: str | None) -> int | None:  # noqa: A002
        if id is None:
            return None
        row = self.one("item_place", project_id=project_id, thread_id=thread_id, id=id, kind=kind)
        if row is None:
            raise NotFound("step" if kind is Kind.GENERATION else kind, id)
        return int(row[0])

    async def page(
        self, project_id: str, thread_id: str, window: Window, *, kind: Kind, run_id: str | None = None
    ) -> Page[Item]:
        where = span(
            window,
            after=self._key(project_id, thread_id, kind, window.after),
            before=self._key(project_id, thread_id, kind, window.before),
            lowest=LOWEST,
            highest=HIGHEST,
        )
        keys = {"project_id": project_id, "thread_id": thread_id, "low": where.low, "high": where.high}
        if run_id is not None:
            rows = self.all("item_kind" + where.suffix, **keys, kind=kind, run_id=run_id, limit=where.fetch)
        elif kind is Kind.MESSAGE:
            rows = self.all("item_messages" + where.suffix, **keys, limit=where.fetch)
        else:
            rows = self.all("item_log" + where.suffix, **keys, kind=kind, limit=where.fetch)
        return page(window, where, rows, _item_from_row)

    async def before(
        self, project_id: str, thread_id: str, *, seq: int | None, kinds: Collection[Kind], limit: int
    ) -> list[Item]:
        rows = self.all(
            "item_before",
            project_id=project_id,
            thread_id=thread_id,
            seq=_SEQ_MASK if seq is None else seq,
            kinds=dump_value(sorted(kinds)).decode(),
            limit=limit,
        )
        return [_item_from_row(row) for row in rows]

    async def of_run(self, project_id: str, thread_id: str, run_id: str) -> list[Item]:
        rows = self.all("item_of_run", project_id=project_id, thread_id=thread_id, run_id=run_id)
        return [_item_from_row(row) for row in rows]
