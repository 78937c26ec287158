"""Steps: items of logs, as those see them who look at the whole project. Told piece by piece, in any order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

from clew.domain.item import Item, Kind
from clew.domain.noun import replace
from clew.domain.patch import UNSET, check_depth
from clew.domain.problem import Invalid, NotFound, Problem, TooLarge
from clew.domain.query import Found
from clew.domain.step import (
    Step,
    StepChange,
    begun,
    hidden_log,
    is_hidden,
    log_project,
    place_in_thread,
    run_as_item,
    told,
)
from clew.domain.thread import Thread, active
from clew.service import enclosures, quotas, scores, work
from clew.service.catalog import fresh

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from clew.domain.enclosure import Enclosure
    from clew.domain.project import Caller
    from clew.domain.query import Query
    from clew.domain.score import Score
    from clew.service.core import Core
    from clew.storage.port import Tx

T = TypeVar("T")

CHILDREN_MAX: Final = 1_000
"""Children of one step that are shown with it."""
TREE_MAX: Final = 10_000
"""Steps of one tree that are shown together."""


async def _again_if_unknown(core: Core, caller: Caller, act: Callable[[], Awaitable[T]]) -> T:
    """What the act gives. Where it misses a step, once more with all that others have written in the catalog."""
    try:
        return await act()
    except NotFound:
        await fresh(core, caller)
        return await act()


async def ingest(core: Core, caller: Caller, changes: Sequence[StepChange]) -> list[Problem | None]:
    """Tell so many steps, each a unit of its own, in this order. What was wrong with each stands in its place.

    A step that is not there yet comes to be, and so does a thread that nobody has made. Telling again changes nothing.
    """
    return await asyncio.gather(*(_attempt(core, caller, change) for change in changes))


async def _attempt(core: Core, caller: Caller, change: StepChange) -> Problem | None:
    try:
        await core.store.write(lambda tx: _told(tx, core, caller, change, unless_doubtful=True))
    except _Doubtful:
        await fresh(core, caller)
    except Problem as problem:
        return problem
    else:
        return None
    try:
        await core.store.write(lambda tx: _told(tx, core, caller, change))
    except Problem as problem:
        return problem
    return None


class _Doubtful(Exception):
    """A step that the catalog does not have may have been written by another dialect a moment ago."""


async def update(core: Core, caller: Caller, change: StepChange) -> Step:
    """The step after this change. Raises `NotFound` where there is none."""

    async def unit(tx: Tx) -> Step:
        await require(tx, core, caller, change.id)
        item = await _told(tx, core, caller, change)
        return (await _with_beside(tx, caller, [item]))[0]

    return await _again_if_unknown(core, caller, lambda: core.store.write(unit))


async def create(core: Core, caller: Caller, change: StepChange) -> Step:
    """The step, made or told further, with what is beside it."""

    async def unit(tx: Tx) -> Step:
        item = await _told(tx, core, caller, change)
        return (await _with_beside(tx, caller, [item]))[0]

    return await core.store.write(unit)


async def _told(tx: Tx, core: Core, caller: Caller, change: StepChange, *, unless_doubtful: bool = False) -> Item:
    """Within a unit: the step after this change, which may be its first.

    Raises `_Doubtful`, where that is wanted, for one whose first change this only may be.
    """
    if not change.id:
        raise Invalid("id", "a step needs an id")
    for field in ("input", "output", "metadata"):
        check_depth(field, getattr(change, field))
    if change.generation is not UNSET:
        check_depth("generation", change.generation.payload)
    await tx.catalog.open(caller.project_id)
    found = await tx.catalog.find(caller.project_id, change.id, now=core.expiry_now())
    if found is None and await tx.catalog.behind(caller.project_id):
        found = await _written_lately(tx, caller, change, unless_doubtful=unless_doubtful)
    if found is None:
        item = await _first_told(tx, core, caller, change)
    elif is_run(found):
        item = await _told_of_run(tx, caller, found, change)
    else:
        item = await _told_again(tx, core, caller, found, change)
    for score in change.scores:
        await scores.put(tx, core, caller, replace(score, step_id=item.id))
    for enclosure in change.enclosures:
        await enclosures.put(tx, core, caller, replace(enclosure, step_id=item.id))
    return item


async def _written_lately(tx: Tx, caller: Caller, change: StepChange, *, unless_doubtful: bool) -> Item | None:
    """The step, which the catalog does not have: it may have been written by another dialect a moment ago."""
    if change.thread_id is not UNSET:
        return await tx.items.get(caller.project_id, change.thread_id, change.id)
    if unless_doubtful:
        raise _Doubtful
    return None


async def _first_told(tx: Tx, core: Core, caller: Caller, change: StepChange) -> Item:
    thread_id = change.thread_id
    if thread_id is UNSET or not thread_id:
        parent = None
        if not change.root_id and change.parent_id is not UNSET and change.parent_id:
            parent = await tx.catalog.find(caller.project_id, change.parent_id, now=core.expiry_now())
        thread_id = hidden_log(change, parent)
    item = begun(change, thread_id=thread_id, now=core.now(), created_by=caller.subject or None)
    item = await _appended(tx, core, caller, item)
    await tx.catalog.put(caller.project_id, item)
    return item


async def _told_again(tx: Tx, core: Core, caller: Caller, found: Item, change: StepChange) -> Item:
    item = told(found, change)
    home = change.thread_id
    if home is not UNSET and home and home != found.thread_id and found.run_id is None:
        await tx.items.delete(log_project(caller.project_id, found.thread_id), found.thread_id, found.id)
        item = await _appended(tx, core, caller, replace(item, thread_id=home, seq=0))
    elif item == found:
        return item
    elif item.kind is found.kind:
        await tx.items.update(log_project(caller.project_id, item.thread_id), item)
    else:
        await _take_room(tx, core, caller, item)
        await tx.items.rewrite(log_project(caller.project_id, item.thread_id), item)
    await tx.catalog.put(caller.project_id, item)
    return item


def is_run(item: Item) -> bool:
    """Whether the item is a run of ours made up as one."""
    return item.run_id == item.id


async def _told_of_run(tx: Tx, caller: Caller, found: Item, change: StepChange) -> Item:
    """A run of ours is what our engine says it is: of what others tell about it only the metadata is kept."""
    run = await tx.runs.get(caller.project_id, found.thread_id, found.id)
    if run is None or change.metadata is UNSET:
        return found
    run = replace(run, progress=replace(run.progress, metadata=change.metadata))
    await tx.runs.update(run)
    return run_as_item(run)


async def _appended(tx: Tx, core: Core, caller: Caller, item: Item) -> Item:
    """Within a unit: the item at the end of its log, which is made where nobody has made it."""
    project_id = log_project(caller.project_id, item.thread_id)
    entered = await tx.threads.enter(project_id, item.thread_id, now=core.expiry_now())
    if entered is None:
        await _new_log(tx, core, caller, item)
        await _take_room(tx, core, caller, item)
        (item,) = await tx.items.append(project_id, item.thread_id, [item])
    else:
        limit = core.limits.thread_entries
        if limit is not None and entered.last_seq >= limit:
            raise TooLarge("steps", limit=limit, got=None, unit="steps")
        if entered.thread.expires_at is not None:
            await tx.threads.touch(active(entered.thread, now=core.now()), now=core.now())
        await _take_room(tx, core, caller, item)
        item = replace(item, seq=entered.last_seq + 1)
        await tx.items.put(entered, [item])
    return item


async def _take_room(tx: Tx, core: Core, caller: Caller, item: Item) -> None:
    """Count the item if it is a message of a thread. What lies in hidden logs is counted by nobody."""
    if item.kind is Kind.MESSAGE and not is_hidden(item.thread_id):
        await quotas.take(tx, core, caller.project_id, messages=1)


async def _new_log(tx: Tx, core: Core, caller: Caller, item: Item) -> None:
    now = core.now()
    project_id = log_project(caller.project_id, item.thread_id)
    await tx.threads.delete(project_id, item.thread_id)  # one that has expired: ids can be used again
    thread = Thread(
        project_id=project_id,
        id=item.thread_id,
        created_at=now,
        updated_at=now,
        last_active_at=now,
        environment=item.environment,
        created_by=caller.subject or None,
    )
    if not is_hidden(item.thread_id):
        await quotas.take(tx, core, caller.project_id, threads=1)
    await tx.threads.insert(thread)
    if not is_hidden(item.thread_id):
        await tx.catalog.put_thread(thread)


async def delete(core: Core, caller: Caller, step_id: str) -> None:
    """Remove the step with what is beside it; its children stay. Raises `NotFound`, `Invalid` for a run of ours."""

    async def unit(tx: Tx) -> None:
        item = await require(tx, core, caller, step_id)
        if is_run(item):
            raise Invalid("id", "a run cannot be deleted but with its thread")
        await tx.items.delete(log_project(caller.project_id, item.thread_id), item.thread_id, item.id)
        await tx.catalog.drop(caller.project_id, step_id)

    await _again_if_unknown(core, caller, lambda: core.store.write(unit))


async def require(tx: Tx, core: Core, caller: Caller, step_id: str) -> Item:
    """Within a unit: the step's item, or the run as one. Raises `NotFound`."""
    item = await tx.catalog.find(caller.project_id, step_id, now=core.expiry_now())
    if item is None:
        raise NotFound("step", step_id)
    return item


async def get(core: Core, caller: Caller, step_id: str) -> Step:
    """The step. Raises `NotFound`."""

    async def unit(tx: Tx) -> Step:
        return (await _with_beside(tx, caller, [await require(tx, core, caller, step_id)]))[0]

    return await _again_if_unknown(core, caller, lambda: core.store.read(unit))


async def every(core: Core, caller: Caller, step_ids: Sequence[str]) -> dict[str, Step]:
    """Those of these steps that there are, by id: for whoever shows a page of scores."""

    async def unit(tx: Tx) -> dict[str, Step]:
        found = [
            await tx.catalog.find(caller.project_id, one, now=core.expiry_now()) for one in dict.fromkeys(step_ids)
        ]
        steps = await _with_beside(tx, caller, [item for item in found if item is not None])
        return {step.item.id: step for step in steps}

    await fresh(core, caller)
    return await core.store.read(unit)


async def of_threads(
    core: Core, caller: Caller, thread_ids: Sequence[str], *, kinds: Collection[Kind] | None = None
) -> dict[str, list[Step]]:
    """All the steps of each of these threads in order of their beginning, or those of these kinds.

    Every item of the log and every run is one, whoever wrote it.
    """

    async def unit(tx: Tx) -> dict[str, list[Step]]:
        return {one: await _of_thread(tx, caller, one, kinds) for one in thread_ids}

    return await core.store.read(unit)


async def _of_thread(tx: Tx, caller: Caller, thread_id: str, kinds: Collection[Kind] | None) -> list[Step]:
    items = await tx.items.every(caller.project_id, thread_id, kinds=kinds)
    if kinds is None or Kind.SPAN in kinds:
        items = [run_as_item(run) for run in await tx.runs.every(caller.project_id, thread_id)] + items
    items.sort(key=place_in_thread)
    return await _with_beside(tx, caller, items)


async def page(core: Core, caller: Caller, query: Query, *, kind: Kind | None = None) -> Found[Step]:
    """The project's steps that fit, or only those of one kind: model generations are steps too.

    Raises `Invalid` for what cannot be asked, or a cursor that is none.
    """

    async def unit(tx: Tx) -> Found[Step]:
        found = await tx.catalog.steps(caller.project_id, query, kind=kind, now=core.expiry_now())
        return Found(
            things=tuple(await _with_beside(tx, caller, found.things)),
            cursors=found.cursors,
            has_next=found.has_next,
            has_previous=found.has_previous,
            total=found.total,
            reached=found.reached,
            backwards=found.backwards,
        )

    await fresh(core, caller)
    return await core.store.read(unit)


async def children(core: Core, caller: Caller, step_id: str) -> list[Step]:
    """The steps whose parent this one is, in order of their beginning, at most `CHILDREN_MAX`."""

    async def unit(tx: Tx) -> list[Step]:
        items = await tx.catalog.children(caller.project_id, [step_id], limit=CHILDREN_MAX, now=core.expiry_now())
        return await _with_beside(tx, caller, items)

    await fresh(core, caller)
    return await core.store.read(unit)


async def tree(core: Core, caller: Caller, step_id: str) -> list[Step]:
    """The step and everything below it, each before its children, at most `TREE_MAX`. Raises `NotFound`.

    Whoever told the steps may have told a circle: a step comes once.
    """

    async def unit(tx: Tx) -> list[Step]:
        root = await require(tx, core, caller, step_id)
        seen = {root.id: root}
        level = [root]
        while level and len(seen) < TREE_MAX:
            below = await tx.catalog.children(
                caller.project_id, [item.id for item in level], limit=TREE_MAX - len(seen), now=core.expiry_now()
            )
            level = [item for item in below if item.id not in seen]
            seen |= {item.id: item for item in level}
        return await _with_beside(tx, caller, list(seen.values()))

    await fresh(core, caller)
    return await core.store.read(unit)


async def _with_beside(tx: Tx, caller: Caller, items: Sequence[Item]) -> list[Step]:
    """The items as steps, with their scores and enclosures."""
    if not items:
        return []
    step_ids = [item.id for item in items]
    scored: dict[str | None, list[Score]] = {}
    for score in await tx.scores.of_steps(caller.project_id, step_ids):
        scored.setdefault(score.step_id, []).append(score)
    beside: dict[str, list[Enclosure]] = {}
    for enclosure in await tx.enclosures.of_steps(caller.project_id, step_ids):
        beside.setdefault(enclosure.step_id, []).append(enclosure)
    steps = [
        Step(item=item, scores=tuple(scored.get(item.id, ())), enclosures=tuple(beside.get(item.id, ())))
        for item in items
    ]
    return await work.shown(tx, caller, steps)
