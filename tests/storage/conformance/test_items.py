"""The log of a thread: places without gaps, ids that are taken once, and reading backwards."""

import asyncio

import pytest

from clew.domain.item import Kind
from clew.domain.noun import replace
from clew.domain.problem import AlreadyExists, NotFound
from storage.conformance import nouns
from storage.conformance.nouns import NOW, OURS, THEIRS, THREAD, log

WRITERS = 64


@pytest.fixture(autouse=True)
async def threads(store):
    await nouns.with_thread(store)


async def append(store, *items, thread_id=THREAD, project_id=OURS):
    return await store.write(lambda tx: tx.items.append(project_id, thread_id, items))


async def test_places_count_from_one_over_all_kinds(store):
    first = await append(store, nouns.message("a"), nouns.generation("b"))
    second = await append(store, nouns.message("c"))
    assert [(item.id, item.seq) for item in (*first, *second)] == [("a", 1), ("b", 2), ("c", 3)]


async def test_what_append_returns_is_what_is_read(store):
    (item,) = await append(store, nouns.message("a", seq=77))
    assert item == await store.read(lambda tx: tx.items.get(OURS, THREAD, "a")) == nouns.message("a", seq=1)


async def test_appending_nothing_is_nothing(store):
    assert await append(store) == []


async def test_a_place_is_not_given_twice_when_its_item_goes(store):
    await append(store, nouns.message("a"), nouns.message("b"))
    await store.write(lambda tx: tx.items.delete(OURS, THREAD, "b"))
    (item,) = await append(store, nouns.message("b"))
    assert item.seq == 3


@pytest.mark.parametrize("ids", [["a"], ["b", "a"], ["b", "c", "b"]])
async def test_a_taken_id_leaves_nothing_of_the_append(store, ids):
    await append(store, nouns.message("a"))
    with pytest.raises(AlreadyExists) as problem:
        await append(store, *map(nouns.message, ids))
    assert problem.value.id == ids[-1]
    assert [item.id for item in await log(store)] == ["a"]


async def test_an_id_is_taken_in_its_thread_only(store):
    await store.write(lambda tx: tx.threads.insert(nouns.thread("thread_b")))
    await append(store, nouns.message("a"))
    await append(store, nouns.message("a", "thread_b"), thread_id="thread_b")
    await append(store, nouns.message("a"), project_id=THEIRS)
    assert [
        item.seq for item in (*await log(store), *await log(store, "thread_b"), *await log(store, THREAD, THEIRS))
    ] == [1, 1, 1]


async def test_appending_to_no_thread_is_not_found(store):
    with pytest.raises(NotFound) as problem:
        await append(store, nouns.message("a", "thread_b"), thread_id="thread_b")
    assert (problem.value.noun, problem.value.id) == ("thread", "thread_b")


async def test_an_item_of_another_kind_is_no_cursor(store):
    await append(store, nouns.generation("b"))
    window = replace(nouns.EVERYTHING, after="b")
    with pytest.raises(NotFound):
        await store.read(lambda tx: tx.items.page(OURS, THREAD, window, kind=Kind.MESSAGE))


@pytest.mark.parametrize(
    ("seq", "kinds", "limit", "ids"),
    [
        (None, [Kind.MESSAGE], 9, ["e", "c", "a"]),
        (None, [Kind.GENERATION, Kind.MESSAGE], 3, ["e", "d", "c"]),
        (None, [], 9, []),
        (5, [Kind.MESSAGE], 9, ["c", "a"]),
        (5, [Kind.GENERATION], 1, ["d"]),
        (1, [Kind.MESSAGE, Kind.GENERATION], 9, []),
        (99, [Kind.MESSAGE], 1, ["e"]),
        (None, [Kind.TOOL_CALL], 9, []),
    ],
)
async def test_reading_backwards(store, seq, kinds, limit, ids):
    make = {True: nouns.message, False: nouns.generation}
    await append(store, *(make[name in "ace"](name) for name in "abcde"))
    found = await store.read(lambda tx: tx.items.before(OURS, THREAD, seq=seq, kinds=kinds, limit=limit))
    assert [item.id for item in found] == ids
    assert await store.read(lambda tx: tx.items.before(THEIRS, THREAD, seq=seq, kinds=kinds, limit=limit)) == []


async def test_what_a_run_wrote_comes_in_order_and_nothing_else(store):
    runs = ["run_a", "run_b", None, "run_a"]
    await append(store, *(nouns.message(f"m{n}", run_id=run_id) for n, run_id in enumerate(runs)))
    await append(store, nouns.message("m0", run_id="run_a"), project_id=THEIRS)
    found = await store.read(lambda tx: tx.items.of_run(OURS, THREAD, "run_a"))
    assert [item.id for item in found] == ["m0", "m3"]


async def test_many_writers_on_one_thread_leave_no_gap_and_keep_their_own_order(store):
    async def writer(name):
        for n in range(3):
            await append(store, nouns.message(f"{name}-{n}-x"), nouns.message(f"{name}-{n}-y"))

    await asyncio.gather(*(writer(name) for name in range(WRITERS)))
    items = await log(store)
    assert [item.seq for item in items] == list(range(1, WRITERS * 6 + 1))
    for name in range(WRITERS):
        own = [item.id for item in items if item.id.startswith(f"{name}-")]
        assert own == [f"{name}-{n}-{part}" for n in range(3) for part in "xy"]


async def test_many_writers_on_many_threads_count_each_for_itself(store):
    async def writer(thread_id):
        await store.write(lambda tx: tx.threads.insert(nouns.thread(thread_id)))
        for n in range(3):
            await append(store, nouns.message(f"m{n}", thread_id), thread_id=thread_id)
        return [(item.id, item.seq) for item in await log(store, thread_id)]

    logs = await asyncio.gather(*(writer(f"t{n}") for n in range(WRITERS)))
    assert logs == [[("m0", 1), ("m1", 2), ("m2", 3)]] * WRITERS


async def test_an_answered_append_is_seen_by_every_read_that_begins_later(store):
    async def writer(name):
        await append(store, nouns.message(name))
        return name in [item.id for item in await log(store)]

    assert all(await asyncio.gather(*(writer(f"m{n}") for n in range(WRITERS))))


async def test_a_late_message_is_found_by_the_end_of_its_id(store):
    items = [nouns.message("msg_1xyz"), nouns.generation("step_2xyz"), nouns.message("msg_3abc")]
    placed = await store.write(lambda tx: tx.items.append(OURS, THREAD, items))

    async def lately(tx, ending, within):
        entered = await tx.threads.enter(OURS, THREAD, now=NOW)
        return await tx.items.lately(entered, ending, within=within)

    asked = [("xyz", 2), ("xyz", 1), ("abc", 1), ("3ab", 9), ("msg_3abc", 9)]
    found = [await store.read(lambda tx, one=one: lately(tx, *one)) for one in asked]
    assert found == [placed[0], None, placed[2], None, placed[2]]
