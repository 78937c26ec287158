"""Lists: every window over small ones, against a model that is a plain Python list."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import pytest

from clew.domain.index import IndexingState
from clew.domain.item import Kind
from clew.domain.noun import replace
from clew.domain.page import Order, Page, Window
from clew.domain.problem import NotFound
from clew.storage.port import Store, Tx
from storage.conformance import nouns
from storage.conformance.nouns import NOW, OURS, THEIRS, THREAD

IDS: Final = ("e", "b", "d", "a", "c")
"""In order of insertion, which is not the order of letters."""
TIMES: Final = (NOW + 2, NOW + 1, NOW + 1, NOW + 1, NOW + 3)
BY_TIME: Final = ("b", "d", "a", "e", "c")
"""By time, and equal times in order of insertion."""
WINDOWS: Final = tuple(
    Window(order=order, after=after, before=before, limit=limit)
    for order, after, before, limit in product(Order, (None, *IDS), (None, *IDS), (1, 2, 5, 6))
)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list of the port: how a thing gets into it (`stranger` is what must not), and how it is paged."""

    add: Callable[[Tx, str, int, str], Awaitable[object]]
    page: Callable[[Tx, str, Window], Awaitable[Page[Any]]]
    stranger: Callable[[Tx], Awaitable[object]] | None = None
    prepare: Callable[[Tx, str], Awaitable[object]] | None = None
    by_time: bool = True
    has_marks: bool = True
    name: Callable[[Any], str] = lambda thing: thing.id


async def _thread(tx: Tx, project_id: str) -> None:
    await tx.threads.insert(nouns.thread(THREAD, project_id))
    await tx.threads.insert(nouns.thread("thread_b", project_id))


async def _index(tx: Tx, project_id: str) -> None:
    await tx.indexes.insert(nouns.index("vs_a", project_id))
    await tx.indexes.insert(nouns.index("vs_b", project_id))


async def _version(tx: Tx, it: str, at: int, project_id: str) -> None:
    number = IDS.index(it) + 1 if it in IDS else 99
    version = replace(nouns.assistant("asst_a", project_id, version=number), version_id=it)
    await (tx.assistants.insert(version) if number == 1 else tx.assistants.update(version, mask=["name"]))


async def _other_items(tx: Tx) -> None:
    await tx.items.append(OURS, THREAD, [nouns.generation("odd")])
    await tx.items.append(OURS, "thread_b", [nouns.message("odd", "thread_b"), nouns.generation("even", "thread_b")])


async def _other_generations(tx: Tx) -> None:
    await tx.items.append(
        OURS, THREAD, [nouns.message("odd", run_id="run_a"), nouns.generation("even", run_id="run_b")]
    )


def _index_files(**query: Any) -> Callable[[Tx, str, Window], Awaitable[Page[Any]]]:
    query = {"state": None, **query}
    return lambda tx, project, window: tx.indexes.page_files(project, "vs_a", window, **query)


def _index_file(**fields: Any) -> Callable[[Tx, str, int, str], Awaitable[object]]:
    return lambda tx, it, at, project: tx.indexes.put_file(
        nouns.index_file(it, "vs_a", project, created_at=at, **fields)
    )


def _other_index_file(index_id: str = "vs_a", **fields: Any) -> Callable[[Tx], Awaitable[object]]:
    return lambda tx: tx.indexes.put_file(nouns.index_file("odd", index_id, created_at=NOW + 1, **fields))


LISTINGS: Final = {
    "threads": Listing(
        add=lambda tx, it, at, project: tx.threads.insert(nouns.thread(it, project, at=at)),
        page=lambda tx, project, window: tx.threads.page(project, window, metadata={}, now=NOW),
    ),
    "threads by metadata": Listing(
        add=lambda tx, it, at, project: tx.threads.insert(
            nouns.thread(it, project, at=at, metadata={"a": "1", "b": "2", "c": it})
        ),
        page=lambda tx, project, window: tx.threads.page(project, window, metadata={"a": "1", "b": "2"}, now=NOW),
        stranger=lambda tx: tx.threads.insert(nouns.thread("odd", at=NOW + 1, metadata={"a": "1", "b": "3"})),
    ),
    "messages": Listing(
        add=lambda tx, it, at, project: tx.items.append(project, THREAD, [nouns.message(it, at=at)]),
        page=lambda tx, project, window: tx.items.page(project, THREAD, window, kind=Kind.MESSAGE),
        stranger=_other_items,
        prepare=_thread,
        by_time=False,
        has_marks=False,
    ),
    "messages of a run": Listing(
        add=lambda tx, it, at, project: tx.items.append(project, THREAD, [nouns.message(it, at=at, run_id="run_a")]),
        page=lambda tx, project, window: tx.items.page(project, THREAD, window, kind=Kind.MESSAGE, run_id="run_a"),
        stranger=lambda tx: tx.items.append(
            OURS, THREAD, [nouns.message("odd", run_id="run_b"), nouns.generation("even", run_id="run_a")]
        ),
        prepare=_thread,
        by_time=False,
        has_marks=False,
    ),
    "generations": Listing(
        add=lambda tx, it, at, project: tx.items.append(project, THREAD, [nouns.generation(it, at=at)]),
        page=lambda tx, project, window: tx.items.page(project, THREAD, window, kind=Kind.GENERATION),
        stranger=lambda tx: tx.items.append(OURS, THREAD, [nouns.message("odd")]),
        prepare=_thread,
        by_time=False,
        has_marks=False,
    ),
    "generations of a run": Listing(
        add=lambda tx, it, at, project: tx.items.append(project, THREAD, [nouns.generation(it, run_id="run_a")]),
        page=lambda tx, project, window: tx.items.page(project, THREAD, window, kind=Kind.GENERATION, run_id="run_a"),
        stranger=_other_generations,
        prepare=_thread,
        by_time=False,
        has_marks=False,
    ),
    "runs": Listing(
        add=lambda tx, it, at, project: tx.runs.insert(replace(nouns.run(it, project), created_at=at)),
        page=lambda tx, project, window: tx.runs.page(project, THREAD, window),
        stranger=lambda tx: tx.runs.insert(nouns.run("odd", thread_id="thread_b")),
        prepare=_thread,
        by_time=False,
    ),
    "runs of all threads": Listing(
        add=lambda tx, it, at, project: tx.runs.insert(
            nouns.run(it, project, thread_id=(THREAD, "thread_b")[IDS.index(it) % 2 if it in IDS else 0])
        ),
        page=lambda tx, project, window: tx.runs.page_all(project, window, now=NOW),
        prepare=_thread,
        by_time=False,
    ),
    "assistants": Listing(
        add=lambda tx, it, at, project: tx.assistants.insert(nouns.assistant(it, project, at=at)),
        page=lambda tx, project, window: tx.assistants.page(project, window, now=NOW),
    ),
    "participants": Listing(
        add=lambda tx, it, at, project: tx.participants.insert(replace(nouns.participant(it, project), created_at=at)),
        page=lambda tx, project, window: tx.participants.page(project, window, now=NOW),
    ),
    "versions": Listing(
        add=_version,
        page=lambda tx, project, window: tx.assistants.versions(project, "asst_a", window),
        stranger=lambda tx: tx.assistants.insert(nouns.assistant("asst_b")),
        by_time=False,
    ),
    "files": Listing(
        add=lambda tx, it, at, project: tx.files.insert(nouns.file(it, project, at=at)),
        page=lambda tx, project, window: tx.files.page(project, window, purpose=None, now=NOW),
    ),
    "files by purpose": Listing(
        add=lambda tx, it, at, project: tx.files.insert(nouns.file(it, project, at=at, purpose="assistants")),
        page=lambda tx, project, window: tx.files.page(project, window, purpose="assistants", now=NOW),
        stranger=lambda tx: tx.files.insert(nouns.file("odd", at=NOW + 1, purpose="vision")),
    ),
    "indexes": Listing(
        add=lambda tx, it, at, project: tx.indexes.insert(nouns.index(it, project, at=at)),
        page=lambda tx, project, window: tx.indexes.page(project, window),
    ),
    "indexes that have not expired": Listing(
        add=lambda tx, it, at, project: tx.indexes.insert(nouns.index(it, project, at=at, expires_at=NOW + 1)),
        page=lambda tx, project, window: tx.indexes.page(project, window, now=NOW),
        stranger=lambda tx: tx.indexes.insert(nouns.index("odd", at=NOW + 1, expires_at=NOW)),
    ),
    "files of an index": Listing(
        add=_index_file(),
        page=_index_files(),
        stranger=_other_index_file("vs_b"),
        prepare=_index,
        name=lambda thing: thing.file_id,
    ),
    "files of an index by state": Listing(
        add=_index_file(state=IndexingState.FAILED),
        page=_index_files(state=IndexingState.FAILED),
        stranger=_other_index_file(state=IndexingState.COMPLETED),
        prepare=_index,
        name=lambda thing: thing.file_id,
    ),
    "files of a batch": Listing(
        add=_index_file(batch_id="vsfb_a"),
        page=_index_files(batch_id="vsfb_a"),
        stranger=_other_index_file(batch_id="vsfb_b"),
        prepare=_index,
        name=lambda thing: thing.file_id,
    ),
    "files of a batch by state": Listing(
        add=_index_file(batch_id="vsfb_a", state=IndexingState.FAILED),
        page=_index_files(batch_id="vsfb_a", state=IndexingState.FAILED),
        stranger=_other_index_file(batch_id="vsfb_a", state=IndexingState.CANCELLED),
        prepare=_index,
        name=lambda thing: thing.file_id,
    ),
}


@pytest.fixture(params=LISTINGS)
async def listing(request: pytest.FixtureRequest, store: Store) -> Listing:
    """A list, and what it needs to be, in both projects. Nothing is in it."""
    listing: Listing = LISTINGS[request.param]

    async def unit(tx: Tx) -> None:
        for project_id in (OURS, THEIRS):
            if listing.prepare is not None:
                await listing.prepare(tx, project_id)

    await store.write(unit)
    return listing


@pytest.fixture
async def filled(listing: Listing, store: Store) -> Listing:
    """The list with `IDS` in it, among things that are not of it."""

    async def unit(tx: Tx) -> None:
        for it, at in zip(IDS, TIMES, strict=True):
            if it == IDS[2] and listing.stranger is not None:
                await listing.stranger(tx)
            await listing.add(tx, it, at, OURS)
            await listing.add(tx, it, at, THEIRS)

    await store.write(unit)
    return listing


def model(rising: Sequence[str], window: Window) -> tuple[list[str], bool]:
    """What the page must be, from the whole list."""
    names = list(rising) if window.order is Order.ASC else list(reversed(rising))
    start = 0 if window.after is None else names.index(window.after) + 1
    stop = len(names) if window.before is None else names.index(window.before)
    between = names[start:stop]
    nearest = between[-window.limit :] if window.backwards else between[: window.limit]
    return nearest, len(between) > window.limit


def order_of(listing: Listing) -> tuple[str, ...]:
    return BY_TIME if listing.by_time else IDS


async def test_every_window_is_the_models(store, filled):
    async def unit(tx):
        return [await filled.page(tx, OURS, window) for window in WINDOWS]

    pages = await store.read(unit)
    got = [([filled.name(thing) for thing in page.things], page.has_more) for page in pages]
    assert dict(zip(WINDOWS, got, strict=True)) == {window: model(order_of(filled), window) for window in WINDOWS}


async def test_asc_is_the_reverse_of_desc(store, filled):
    rising = await store.read(lambda tx: filled.page(tx, OURS, Window(limit=9, order=Order.ASC)))
    falling = await store.read(lambda tx: filled.page(tx, OURS, Window(limit=9, order=Order.DESC)))
    assert rising.things == tuple(reversed(falling.things))
    assert len(rising.things) == len(IDS)


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("bound", ["after", "before"])
async def test_an_unknown_cursor_is_not_found(store, filled, order, bound):
    window = Window(order=order, **{bound: "nowhere"})
    with pytest.raises(NotFound) as found:
        await store.read(lambda tx: filled.page(tx, OURS, window))
    assert found.value.id == "nowhere"


async def test_another_projects_thing_is_no_cursor(store, listing):
    await store.write(lambda tx: listing.add(tx, "e", NOW, THEIRS))
    with pytest.raises(NotFound):
        await store.read(lambda tx: listing.page(tx, OURS, Window(after="e")))


async def test_an_empty_list_is_a_page_of_nothing(store, listing):
    assert await store.read(lambda tx: listing.page(tx, OURS, Window())) == Page(things=(), has_more=False)


async def test_walking_while_others_append_shows_each_thing_once(store, listing):
    seen: list[str] = []
    for it in IDS:
        await store.write(lambda tx, it=it: listing.add(tx, it, NOW, OURS))
        window = Window(limit=1, order=Order.ASC, after=seen[-1] if seen else None)
        page = await store.read(lambda tx, window=window: listing.page(tx, OURS, window))
        seen += [listing.name(thing) for thing in page.things]
    assert seen == list(IDS)


async def test_walking_back_in_time_is_not_disturbed_by_what_comes_new(store, filled):
    first = await store.read(lambda tx: filled.page(tx, OURS, Window(limit=2)))
    await store.write(lambda tx: filled.add(tx, "newer", NOW + 9, OURS))
    after = filled.name(first.things[-1])
    rest = await store.read(lambda tx: filled.page(tx, OURS, Window(limit=9, after=after)))
    assert [filled.name(thing) for thing in first.things + rest.things] == list(reversed(order_of(filled)))


@pytest.mark.parametrize("listing", [name for name, one in LISTINGS.items() if one.has_marks], indirect=True)
async def test_marks_lead_through_the_list(store, filled):
    names: list[str] = []
    window = Window(limit=2, marked=True)
    while (page := await store.read(lambda tx, window=window: filled.page(tx, OURS, window))).things:
        names += [filled.name(thing) for thing in page.things]
        window = replace(window, mark=page.mark)
    assert names == list(reversed(order_of(filled)))


async def test_a_mark_holds_when_its_thing_is_gone(store):
    async def fill(tx):
        for it in IDS:
            await tx.threads.insert(nouns.thread(it))

    await store.write(fill)
    window = Window(limit=2, marked=True)
    first = await store.read(lambda tx: tx.threads.page(OURS, window, metadata={}, now=NOW))
    await store.write(lambda tx: tx.threads.delete(OURS, first.things[-1].id))
    second = replace(window, mark=first.mark)
    rest = await store.read(lambda tx: tx.threads.page(OURS, second, metadata={}, now=NOW))
    assert [thread.id for thread in rest.things] == ["d", "b"]


@pytest.mark.parametrize("mark", ["", "x", "1", "1.x", "-1.2", "1." + "9" * 40])
async def test_another_text_is_no_mark(store, mark):
    with pytest.raises(NotFound, match="mark"):
        await store.read(lambda tx: tx.threads.page(OURS, Window(mark=mark), metadata={}, now=NOW))
