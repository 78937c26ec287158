"""The catalog of a project, in SQLite: what is in its logs, found across its threads.

The log is what counts. A row here says where an item is and what lists search by; what is shown is read from the log.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from clew.domain.item import Item, Kind
from clew.domain.participant import Participant
from clew.domain.problem import AlreadyExists
from clew.domain.step import (
    HIDDEN,
    ended_at,
    input_of,
    is_hidden,
    log_project,
    model_of,
    output_of,
    place_in_thread,
    run_as_item,
    started_at,
    tokens_of,
    type_of,
)
from clew.domain.thread import Thread
from clew.storage.bodies import dump_value, load, load_again
from clew.storage.port import Caught, ParticipantSum, ThreadSum
from clew.storage.sqlite.items import MESSAGES, key_of
from clew.storage.sqlite.listings import GENERATIONS, PARTICIPANTS, STEPS, THREADS
from clew.storage.sqlite.reading import read_page
from clew.storage.sqlite.runs import run_from_row
from clew.storage.sqlite.table import Row, Table
from clew.storage.sqlite.threads import thread_from_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import apsw

    from clew.domain.query import Found, Query
    from clew.storage.sqlite.late import Late, Note, Place
    from clew.storage.sqlite.reading import Listing

TEXT_MAX: Final = 8_000
"""Letters of an input, output or metadata that are found by a piece: the index of text is several times its size."""
WALKED_AT_ONCE: Final = 1_000
"""Threads that one unit compares with the catalog."""

_SumsRow = tuple[int, int | None, int | None]


def _leaves(value: Any) -> str:  # noqa: ANN401 (any JSON value)
    """All the text in a JSON value, up to what is searched."""
    if value is None or isinstance(value, str):
        return (value or "")[:TEXT_MAX]
    found: list[str] = []
    left = TEXT_MAX
    waiting: list[Any] = [value]
    while waiting and left > 0:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(reversed(list(cast("dict[str, Any]", one).values())))
        elif isinstance(one, list):
            waiting.extend(reversed(cast("list[Any]", cast("object", one))))
        elif one is not None:
            text = one if isinstance(one, str) else json.dumps(one)
            found.append(text[:left])
            left -= len(text)
    return "\n".join(found)


def _numbers(metadata: dict[str, Any], within: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of metadata, by their dotted paths. Yes and no are numbers here, as in SQL."""
    for name, value in metadata.items():
        if isinstance(value, dict):
            yield from _numbers(cast("dict[str, Any]", value), f"{within}{name}.")
        elif isinstance(value, int | float):
            yield within + name, value


def _item_from_row(row: Row) -> Item | None:
    """From `key`, an item's body, and the columns of a run: one of the two is there, if any is."""
    if row[1] is not None:
        return load_again(Item, row[1])
    return None if row[2] is None else run_as_item(run_from_row(row[2:]))


def _columns(project_id: str, item: Item) -> dict[str, Any]:
    is_generation = item.kind is Kind.GENERATION
    trace = item.trace
    began, ended = started_at(item), ended_at(item)
    took = trace.seconds if trace is not None else None
    if took is None and began is not None and ended is not None:
        took = (ended - began) / 1e6
    return {
        "project_id": project_id,
        "id": item.id,
        "type": type_of(item),
        "started_at": began,
        "ended_at": ended,
        "parent_id": item.parent_id,
        "name": trace.name if trace is not None else None,
        "environment": item.environment,
        "fails": trace is not None and trace.error is not None,
        "is_generation": is_generation,
        "model": model_of(item) or "",
        "provider": (trace.provider if trace is not None else None) or "",
        "tokens": tokens_of(item) if is_generation else 0,
        "took": took or 0.0,
        "prompt_id": trace.prompt_id if trace is not None else None,
    }


class CatalogTable(Table):
    """The SQLite answer to `port.Catalog`."""

    def __init__(self, connection: apsw.Connection, late: Late) -> None:
        super().__init__(connection, late)
        self._opened: set[str] = set()
        connection.create_scalar_function("holds", cast("Any", _holds), 2, deterministic=True)

    def _is_open(self, project_id: str) -> bool:
        if project_id not in self._opened:
            if self.one("catalog_project_get", project_id=project_id) is None:
                return False
            self._opened.add(project_id)
        return True

    async def open(self, project_id: str) -> None:
        if not self._is_open(project_id):
            self.run("catalog_project_insert", project_id=project_id)
            self._late.begin(project_id)

    async def behind(self, project_id: str) -> bool:
        return self._late.is_behind or not self._is_open(project_id)

    # What comes in

    async def put_thread(self, thread: Thread) -> None:
        row = self.one("catalog_thread_no", project_id=thread.project_id, thread_id=thread.id)
        if row is not None:
            self._put_thread(row[0], thread)
            self._late.take_back(("thread", row[0]))

    def _put_thread(self, thread_no: int, thread: Thread) -> Row:
        """Keep the row of the thread. Returns it as it was before, with nothing in it where it is new."""
        facts = {
            "thread_no": thread_no,
            "name": thread.name,
            "environment": thread.environment,
            "participant_id": thread.participant_id or "",
        }
        row = self.one("catalog_thread_get", thread_no=thread_no)
        if row is None:
            created = {"project_id": thread.project_id, "created_at": thread.created_at}
            self.run("catalog_thread_insert", **created, **facts)
            self._add_to(thread.project_id, thread.participant_id, threads=1, at=thread.created_at)
            row = (thread.project_id, 0, None, None, "", 0, None, None)
        elif row[2:5] != (thread.name, thread.environment, thread.participant_id or ""):
            self.run("catalog_thread_update", **facts)
            if row[4] != (thread.participant_id or ""):
                self._add_to(thread.project_id, row[4], threads=-1, tokens=-row[5])
                self._add_to(
                    thread.project_id, thread.participant_id, threads=1, tokens=row[5], at=thread.last_active_at
                )
        self._put_tags(thread.project_id, "thread", thread_no, thread.tags)
        self.run("catalog_numbers_drop", thread_no=thread_no)
        for name, value in _numbers(thread.metadata):
            self.run(
                "catalog_number_insert",
                project_id=thread.project_id,
                name=name,
                value=float(value),
                thread_no=thread_no,
            )
        self.run("catalog_thread_text_drop", thread_no=thread_no)
        if thread.name or thread.metadata:
            texts = {"name": (thread.name or "")[:TEXT_MAX], "metadata": _leaves(thread.metadata)}
            self.run("catalog_thread_text_insert", thread_no=thread_no, **texts)
        return row

    def _new_thread(self, thread_no: int) -> Row | None:
        """The row of a thread that the catalog did not have yet. None for one that it never has."""
        found = self.one("catalog_thread_row", thread_no=thread_no)
        if found is None or found[0].startswith(HIDDEN):
            return None
        return self._put_thread(thread_no, load(Thread, found[1]))

    def _add_to(
        self, project_id: str, participant_id: str | None, *, threads: int = 0, tokens: int = 0, at: int | None = None
    ) -> None:
        if participant_id:
            more = {"threads": threads, "tokens": tokens, "at": at}
            self.run("catalog_participant_add", project_id=project_id, id=participant_id, **more)

    def _put_tags(self, project_id: str, noun: str, no: int, tags: Sequence[str], *, is_new: bool = False) -> None:
        if not is_new:
            self.run("catalog_tags_drop", noun=noun, no=no)
        for tag in tags:
            self.run("catalog_tag_insert", project_id=project_id, noun=noun, tag=tag, no=no)

    async def put(self, project_id: str, item: Item) -> None:
        row = self.one(
            "catalog_thread_no", project_id=log_project(project_id, item.thread_id), thread_id=item.thread_id
        )
        if row is None:
            return
        thread_no = row[0]
        key = key_of(thread_no, item)
        self._put(project_id, thread_no, key, item)
        self._late.take_back(("item", key))
        if is_hidden(item.thread_id):
            self._late.take_back(("thread", thread_no))
            return
        thread = self.one("catalog_thread_get", thread_no=thread_no)
        if thread is not None and thread[1] == item.seq - 1:
            self.run("catalog_thread_reached", thread_no=thread_no, last_seq=item.seq)
            self._late.take_back(("thread", thread_no))

    def _put(self, project_id: str, thread_no: int, key: int, item: Item) -> None:
        columns = _columns(project_id, item)
        new: _SumsRow = (columns["tokens"], columns["started_at"], columns["ended_at"])
        old = self.one("catalog_step_row", project_id=project_id, id=item.id)
        if old is not None and not old[6]:  # its thread has gone, and the sweep has not come yet
            self._drop(project_id, item.id, old)
            old = None
        if old is None:
            self.run("catalog_step_insert", thread_no=thread_no, key=key, created_at=item.created_at, **columns)
            no = self._last_no()
            self._sum(project_id, thread_no, None, new, at=item.created_at)
        else:
            if old[1] != key and self._is_there(old[1], item.id):
                raise AlreadyExists("step", item.id)
            no = old[0]
            self.run("catalog_step_update", thread_no=thread_no, key=key, **columns)
            was: _SumsRow = (old[3], old[4], old[5])
            if old[2] == thread_no:
                self._sum(project_id, thread_no, was, new)
            else:
                self._sum(project_id, old[2], was, None)
                self._sum(project_id, thread_no, None, new, at=item.created_at)
        if item.tags or old is not None:
            self._put_tags(project_id, "step", no, item.tags, is_new=old is None)
        self._put_text(no, item, is_new=old is None)

    def _is_there(self, key: int, id: str) -> bool:  # noqa: A002 (the field's standard name)
        return key < 0 or self.one("catalog_step_is_there", key=key, id=id) is not None

    def _put_text(self, no: int, item: Item, *, is_new: bool) -> None:
        trace = item.trace
        texts = {
            "name": (trace.name or "")[:TEXT_MAX] if trace is not None else "",
            "input": _leaves(input_of(item)),
            "output": _leaves(output_of(item)),
            "metadata": _leaves(item.metadata),
            "error": trace.error.message[:TEXT_MAX] if trace is not None and trace.error is not None else "",
        }
        if not is_new:
            self.run("catalog_step_text_drop", no=no)
        if any(texts.values()):
            self.run("catalog_step_text_insert", no=no, **texts)

    def _sum(
        self, project_id: str, thread_no: int, old: _SumsRow | None, new: _SumsRow | None, *, at: int | None = None
    ) -> None:
        """Count a step that came, changed or went. The row of the step has been written already."""
        row = self.one("catalog_thread_get", thread_no=thread_no) or self._new_thread(thread_no)
        if row is None:  # a hidden log, or a thread that has gone
            return
        _, _, _, _, participant_id, tokens, began, ended = row
        more = (new[0] if new else 0) - (old[0] if old else 0)
        first, last = (new[1], new[2]) if new else (None, None)
        start, end = began, ended
        if first is not None and (start is None or first < start):
            start = first
        elif old is not None and old[1] is not None and old[1] == start and first != start:
            found = self.one("catalog_thread_first", thread_no=thread_no)
            start = found[0] if found else None
        if last is not None and (end is None or last > end):
            end = last
        elif old is not None and old[2] is not None and old[2] == end and last != end:
            found = self.one("catalog_thread_last", thread_no=thread_no)
            end = found[0] if found else None
        if more or (start, end) != (began, ended):
            self.run("catalog_thread_sums", thread_no=thread_no, tokens=tokens + more, started_at=start, ended_at=end)
        if more or at is not None:
            self._add_to(project_id, participant_id, tokens=more, at=at)

    # What goes

    async def drop(self, project_id: str, step_id: str) -> None:
        row = self.one("catalog_step_row", project_id=project_id, id=step_id)
        if row is not None:
            self._drop(project_id, step_id, row)

    def _drop(self, project_id: str, step_id: str, row: Row) -> None:
        no, _, thread_no, *sums, _ = row
        self.run("catalog_step_drop", project_id=project_id, id=step_id)
        self.run("catalog_step_text_drop", no=no)
        self.run("catalog_tags_drop", noun="step", no=no)
        for (score_no,) in self.all("score_drop", project_id=project_id, step_id=step_id):
            self.run("catalog_tags_drop", noun="score", no=score_no)
        self.run("enclosure_drop", project_id=project_id, step_id=step_id)
        self._sum(project_id, thread_no, (sums[0], sums[1], sums[2]), None)

    def free(self, thread_no: int, limit: int) -> int:
        """Free up to `limit` steps of a thread that has gone, and its own row before them. Returns how many."""
        self._thread_gone(thread_no)
        rows = self.all("catalog_gone_steps", thread_no=thread_no, limit=limit)
        for project_id, step_id in rows:
            row = self.one("catalog_step_row", project_id=project_id, id=step_id)
            if row is not None:
                self._drop(project_id, step_id, row)
        return len(rows)

    def _thread_gone(self, thread_no: int) -> None:
        row = self.one("catalog_thread_get", thread_no=thread_no)
        if row is None:
            return
        self._add_to(row[0], row[4], threads=-1, tokens=-row[5])
        self.run("catalog_thread_drop", thread_no=thread_no)
        self.run("catalog_thread_text_drop", thread_no=thread_no)
        self.run("catalog_tags_drop", noun="thread", no=thread_no)
        self.run("catalog_numbers_drop", thread_no=thread_no)

    # What comes in later

    async def catch_up(self, *, limit: int) -> Caught:
        notes = self._late.oldest(limit)
        seen_to: list[tuple[Note, int]] = []
        count = 0
        for note, number in notes:
            if count >= limit:
                break
            taken, is_whole = self._take(note, limit - count)
            count += taken
            if is_whole:
                seen_to.append((note, number))
        walks: dict[str, Place | None] = {}
        if count < limit and len(seen_to) == len(notes):
            count += self._walk(limit - count, walks)
        is_all = len(seen_to) == len(notes) < limit and all(
            walks.get(project_id, self) is None for project_id in self._late.walks
        )
        return Caught(count=count, is_all=is_all, key=(seen_to, walks))

    async def caught_up(self, caught: Caught) -> None:
        seen_to, walks = caught.key
        self._late.strike(seen_to)
        for project_id, place in walks.items():
            if place is None:
                self._late.walks.pop(project_id, None)
            else:
                self._late.walks[project_id] = place

    def _walk(self, limit: int, walks: dict[str, Place | None]) -> int:
        """Compare some more of the next project with the catalog. Returns how much was brought in."""
        for project_id, (phase, at, no) in self._late.walks.items():
            if phase == "people":
                return self._walk_people(project_id, (at, no), walks)
            return self._walk_threads(project_id, (at, no), limit, walks)
        return 0

    def _walk_people(self, project_id: str, place: tuple[int, int], walks: dict[str, Place | None]) -> int:
        low = {"low_at": place[0], "low_no": place[1]}
        rows = self.all("catalog_people_lagging", project_id=project_id, limit=WALKED_AT_ONCE, **low)
        lagging = [id for _, _, id, lags in rows if lags]  # noqa: A001 (the field's standard name)
        for participant_id in lagging:
            self._take_participant(project_id, participant_id)
        is_all = len(rows) < WALKED_AT_ONCE
        walks[project_id] = ("threads", -1, -1) if is_all else ("people", rows[-1][1], rows[-1][0])
        return len(lagging)

    def _walk_threads(self, project_id: str, place: tuple[int, int], limit: int, walks: dict[str, Place | None]) -> int:
        count = 0
        low = {"low_at": place[0], "low_no": place[1]}
        rows = self.all("catalog_lagging", project_id=project_id, limit=WALKED_AT_ONCE, **low)
        for no, created_at, lags in rows:
            if lags:
                if count >= limit:
                    break
                taken, is_whole = self._take_thread(no, limit - count, with_runs=True)
                count += taken
                if not is_whole:
                    break
            place = (created_at, no)
        else:
            walks[project_id] = ("threads", *place) if len(rows) == WALKED_AT_ONCE else None
            return count
        walks[project_id] = ("threads", *place)
        return count

    def _take(self, note: Note, limit: int) -> tuple[int, bool]:
        """See to a note. Returns how much that was, and whether nothing of it is left."""
        if note[0] == "participant":
            self._take_participant(note[1], note[2])
        elif note[0] == "run":
            self._take_run(note[1])
        elif note[0] == "item":
            self._take_item(note[1])
        else:
            return self._take_thread(note[1], limit)
        return 1, True

    def _take_thread(self, thread_no: int, limit: int, *, with_runs: bool = False) -> tuple[int, bool]:
        row = self.one("catalog_thread_row", thread_no=thread_no)
        if row is None:
            self._thread_gone(thread_no)
            return 1, True
        project_id, body, last_seq = row
        if project_id.startswith(HIDDEN) or not self._is_open(project_id):
            return 1, True
        done = self._put_thread(thread_no, load(Thread, body))[1]
        until = min(last_seq, done + limit)
        low = thread_no << 32
        items = [
            load_again(Item, found[0])
            for part in (low, low | MESSAGES)
            for found in self.all("catalog_items_part", low=part | done, high=part | until)
        ]
        items.sort(key=lambda item: item.seq)
        for item in items:
            self._take_one(project_id, thread_no, key_of(thread_no, item), item)
        if until != done:
            self.run("catalog_thread_reached", thread_no=thread_no, last_seq=until)
        if with_runs:
            for (no,) in self.all("catalog_runs_of", thread_no=thread_no):
                self._take_run(no)
        return len(items) + 1, until == last_seq

    def _take_one(self, project_id: str, thread_no: int, key: int, item: Item) -> None:
        try:
            self._put(project_id, thread_no, key, item)
        except AlreadyExists:  # an id that is taken in the project stays with whoever had it first
            return

    def _take_item(self, key: int) -> None:
        row = self.one("catalog_item", key=key)
        if row is None:
            for step_id, project_id in self.all("catalog_step_of_key", thread_no=key >> 32, key=key):
                found = self.one("catalog_step_row", project_id=project_id, id=step_id)
                if found is not None:
                    self._drop(project_id, step_id, found)
        elif not row[0].startswith(HIDDEN) and self._is_open(row[0]):
            self._take_one(row[0], key >> 32, key, load_again(Item, row[1]))

    def _take_run(self, no: int) -> None:
        row = self.one("catalog_run", no=no)
        if row is not None and self._is_open(row[0]):
            item = run_as_item(run_from_row(row[1:]))
            thread = self.one("catalog_thread_no", project_id=row[0], thread_id=item.thread_id)
            if thread is not None:
                self._take_one(row[0], thread[0], -no, item)

    def _take_participant(self, project_id: str, participant_id: str) -> None:
        if not self._is_open(project_id):
            return
        row = self.one("catalog_participant_body", project_id=project_id, id=participant_id)
        known = self.one("catalog_participant_get", project_id=project_id, id=participant_id)
        if row is None:
            self.run("catalog_participant_drop", project_id=project_id, id=participant_id)
        elif known is None:
            created_at = load(Participant, row[0]).created_at
            self.run("catalog_participant_insert", project_id=project_id, id=participant_id, created_at=created_at)

    # What is asked

    async def find(self, project_id: str, step_id: str, *, now: int) -> Item | None:
        row = self.one("catalog_step_find", project_id=project_id, id=step_id, now=now)
        return _item_from_row(row) if row else None

    async def children(self, project_id: str, step_ids: Sequence[str], *, limit: int, now: int) -> list[Item]:
        parents = dump_value(list(step_ids)).decode()
        rows = self.all("catalog_children", project_id=project_id, parents=parents, limit=limit, now=now)
        items = [item for item in map(_item_from_row, rows) if item is not None]
        return sorted(items, key=place_in_thread)

    async def steps(self, project_id: str, query: Query, *, kind: Kind | None, now: int) -> Found[Item]:
        if kind is Kind.GENERATION:
            return self._found(GENERATIONS, project_id, query, _item_from_row, now=now)
        return self._found(STEPS, project_id, query, _item_from_row, now=now)

    async def threads(self, project_id: str, query: Query, *, now: int) -> Found[Thread]:
        return self._found(THREADS, project_id, query, thread_from_row, now=now)

    async def participants(self, project_id: str, query: Query, *, now: int) -> Found[Participant]:
        return self._found(PARTICIPANTS, project_id, query, lambda row: load(Participant, row[0]), now=now)

    def _found(
        self, listing: Listing, project_id: str, query: Query, build: Callable[[Row], Any], *, now: int
    ) -> Found[Any]:
        return read_page(self, listing, project_id, query, build, now=now)

    async def thread_sums(self, project_id: str, thread_ids: Sequence[str]) -> dict[str, ThreadSum]:
        wanted = dump_value(list(thread_ids)).decode()
        rows = self.all("catalog_sums", project_id=project_id, thread_ids=wanted)
        return {id: ThreadSum(tokens=tokens, started_at=began, ended_at=ended) for id, tokens, began, ended in rows}  # noqa: A001

    async def participant_sums(self, project_id: str, participant_ids: Sequence[str]) -> dict[str, ParticipantSum]:
        wanted = dump_value(list(participant_ids)).decode()
        rows = self.all("catalog_participants_sums", project_id=project_id, ids=wanted)
        return {
            id: ParticipantSum(threads=threads, tokens=tokens, last_active_at=at)
            for id, threads, tokens, at in rows  # noqa: A001
        }


def _holds(text: Any, piece: str) -> bool:  # noqa: ANN401 (whatever a JSON value is)
    """Whether a piece is in a text, whatever the case of both."""
    return text is not None and piece.lower() in str(text).lower()
