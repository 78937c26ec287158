"""The log of a thread, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import apsw

from clew.domain.ids import place_of
from clew.domain.item import Item, Kind
from clew.domain.noun import replace
from clew.domain.page import Page
from clew.domain.problem import AlreadyExists, NotFound
from clew.domain.step import HIDDEN
from clew.storage.bodies import dump, dump_value, load_again
from clew.storage.sqlite.paging import page, span
from clew.storage.sqlite.table import Row, Table
from clew.storage.sqlite.used import give_back

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from clew.domain.page import Window
    from clew.storage.port import Entered

MESSAGES: Final = 1 << 31
"""In a key, what stands before the places of messages."""
_PLACES: Final = MESSAGES - 1
_NEXT: Final = 1 << 32


def _item_from_row(row: Row) -> Item:
    return load_again(Item, row[-1])


def _no_cursor(kind: Kind, id: str) -> NotFound:  # noqa: A002 (the field's standard name)
    return NotFound("step" if kind is Kind.GENERATION else kind, id)


def key_of(thread_no: int, item: Item) -> int:
    """The key of an item that has its place."""
    return _part(thread_no, item.kind)[0] | item.seq


def _part(thread_no: int, kind: Kind) -> tuple[int, int]:
    """The keys between which items of this kind lie."""
    low = thread_no << 32
    return (low | MESSAGES, low + _NEXT) if kind is Kind.MESSAGE else (low, low | MESSAGES)


class ItemTable(Table):
    """The SQLite answer to `port.Items`."""

    async def put(self, entered: Entered, items: Sequence[Item]) -> None:
        last = items[-1]
        self.run("item_places_taken", thread_no=entered.key, last_seq=last.seq, at=last.created_at)
        self._insert(entered.key, items)
        self._late.note(("thread", entered.key))

    async def append(self, project_id: str, thread_id: str, items: Sequence[Item]) -> list[Item]:
        if not items:
            return []
        at = max(item.created_at for item in items)
        row = self.one("item_places", project_id=project_id, thread_id=thread_id, count=len(items), at=at)
        if row is None:
            raise NotFound("thread", thread_id)
        thread_no, first = row[0], row[1] - len(items) + 1
        placed = [replace(item, seq=seq) for seq, item in enumerate(items, first)]
        self._insert(thread_no, placed)
        if not project_id.startswith(HIDDEN):
            self._late.note(("thread", thread_no))
        return placed

    def _insert(self, thread_no: int, items: Sequence[Item]) -> None:
        for item in items:
            place = place_of(item.id)
            if place is not None and place != item.seq and self._at(thread_no, place, item.id):
                raise AlreadyExists(item.kind, item.id)
            try:
                self.run(
                    "item_insert",
                    key=_part(thread_no, item.kind)[0] | item.seq,
                    thread_no=thread_no,
                    id=item.id,
                    kind=item.kind,
                    run_id=item.run_id,
                    named=place != item.seq,
                    body=dump(item),
                )
            except apsw.ConstraintError as error:
                raise AlreadyExists(item.kind, item.id) from error

    def _thread(self, project_id: str, thread_id: str) -> int | None:
        row = self.one("item_thread_ever", project_id=project_id, thread_id=thread_id)
        return None if row is None else int(row[0])

    def _seen(self, project_id: str, thread_id: str, now: int | None) -> int | None:
        """The thread's number. Raises `NotFound` for whoever says when it is and can no longer see the thread."""
        if now is None:
            return self._thread(project_id, thread_id)
        row = self.one("item_thread", project_id=project_id, thread_id=thread_id, now=now)
        if row is None:
            raise NotFound("thread", thread_id)
        return int(row[0])

    def _at(self, thread_no: int, place: int, id: str) -> Row | None:  # noqa: A002 (the field's standard name)
        if place > _PLACES:
            return None
        key = thread_no << 32 | place
        return self.one("item_at", key=key, message_key=key | MESSAGES, id=id)

    def _row(self, thread_no: int, id: str) -> Row | None:  # noqa: A002 (the field's standard name)
        """Key, kind and body."""
        place = place_of(id)
        row = None if place is None else self._at(thread_no, place, id)
        return row or self.one("item_named", thread_no=thread_no, id=id)

    async def get(self, project_id: str, thread_id: str, item_id: str, *, now: int | None = None) -> Item | None:
        thread_no = self._seen(project_id, thread_id, now)
        row = None if thread_no is None else self._row(thread_no, item_id)
        return _item_from_row(row) if row else None

    async def lately(self, entered: Entered, ending: str, *, within: int) -> Item | None:
        low, high = _part(entered.key, Kind.MESSAGE)
        row = self.one("item_lately", low=low, high=high, ending=ending, limit=within)
        return _item_from_row(row) if row else None

    async def update(self, project_id: str, item: Item) -> None:
        thread_no = self._thread(project_id, item.thread_id)
        if thread_no is None:
            return
        if not item.seq:
            row = self._row(thread_no, item.id)
            if row is None:
                return
            item = replace(item, seq=row[0] & _PLACES)
        key = key_of(thread_no, item)
        self.run("item_update", key=key, body=dump(item))
        self._late.note(("item", key))

    async def rewrite(self, project_id: str, item: Item) -> None:
        thread_no = self._thread(project_id, item.thread_id)
        row = None if thread_no is None else self._row(thread_no, item.id)
        if thread_no is None or row is None:
            return
        item = replace(item, seq=row[0] & _PLACES)
        key = key_of(thread_no, item)
        self.run("item_rewrite", old_key=row[0], key=key, kind=item.kind, body=dump(item))
        if row[1] == Kind.MESSAGE and item.kind is not Kind.MESSAGE:
            give_back(self, project_id, messages=1)
        self._late.note(("item", key))

    async def delete(self, project_id: str, thread_id: str, item_id: str) -> bool:
        thread_no = self._thread(project_id, thread_id)
        row = None if thread_no is None else self._row(thread_no, item_id)
        if row is None:
            return False
        self.run("item_delete", key=row[0])
        self._late.note(("item", row[0]))
        if row[1] == Kind.MESSAGE:
            give_back(self, project_id, messages=1)
        return True

    def _cursor(self, thread_no: int, kind: Kind, id: str | None) -> int | None:  # noqa: A002
        if id is None:
            return None
        row = self._row(thread_no, id)
        if row is None or row[1] != kind:
            raise _no_cursor(kind, id)
        return int(row[0])

    async def page(
        self,
        project_id: str,
        thread_id: str,
        window: Window,
        *,
        kind: Kind,
        run_id: str | None = None,
        now: int | None = None,
    ) -> Page[Item]:
        thread_no = self._seen(project_id, thread_id, now)
        if thread_no is None:
            if cursor := window.after or window.before:
                raise _no_cursor(kind, cursor)
            return Page(things=(), has_more=False)
        lowest, highest = _part(thread_no, kind)
        where = span(
            window,
            after=self._cursor(thread_no, kind, window.after),
            before=self._cursor(thread_no, kind, window.before),
            lowest=lowest,
            highest=highest,
        )
        if run_id is not None:
            rows = self.all(
                "item_run" + where.suffix,
                thread_no=thread_no,
                run_id=run_id,
                kind=kind,
                low=where.low,
                high=where.high,
                limit=where.fetch,
            )
        elif kind is Kind.MESSAGE:
            rows = self.all("item_span" + where.suffix, low=where.low, high=where.high, limit=where.fetch)
        else:
            rows = self.all("item_kind" + where.suffix, low=where.low, high=where.high, kind=kind, limit=where.fetch)
        return page(window, where, rows, _item_from_row)

    async def before(
        self, project_id: str, thread_id: str, *, seq: int | None, kinds: Collection[Kind], limit: int
    ) -> list[Item]:
        thread_no = self._thread(project_id, thread_id)
        if thread_no is None:
            return []
        place = _PLACES if seq is None else seq
        found: list[Row] = []
        for kind in (
            Kind.MESSAGE,
            Kind.OTHER,
        ):  # the two parts of the log: each gives its newest, the newest of all stay
            wanted = [one for one in kinds if (one is Kind.MESSAGE) is (kind is Kind.MESSAGE)]
            low, _ = _part(thread_no, kind)
            if wanted:
                kinds_json = dump_value(wanted).decode()
                found += self.all("item_before", low=low, high=low | place, kinds=kinds_json, limit=limit)
        found.sort(key=lambda row: row[0] & _PLACES, reverse=True)
        return [_item_from_row(row) for row in found[:limit]]

    async def of_run(self, project_id: str, thread_id: str, run_id: str) -> list[Item]:
        thread_no = self._thread(project_id, thread_id)
        rows = [] if thread_no is None else self.all("item_of_run", thread_no=thread_no, run_id=run_id)
        rows.sort(key=lambda row: row[0] & _PLACES)
        return [_item_from_row(row) for row in rows]

    async def every(self, project_id: str, thread_id: str, *, kinds: Collection[Kind] | None = None) -> list[Item]:
        thread_no = self._thread(project_id, thread_id)
        if thread_no is None:
            return []
        low = thread_no << 32
        rows = self.all("item_every", low=low, high=low + _NEXT)
        items = [_item_from_row(row) for row in rows]
        return sorted((item for item in items if kinds is None or item.kind in kinds), key=lambda item: item.seq)
