"""Units of work: all or nothing, for themselves alone, and durable when answered."""

import asyncio

import pytest

from clew.domain.problem import AlreadyExists, NotFound, Unavailable
from storage.conformance import nouns
from storage.conformance.nouns import NOW, OURS, THREAD, log

UNITS = 40


class Refusal(Exception):
    pass


def appending(name, *, then=None):
    """A unit that appends an item and then raises, or does not."""

    async def unit(tx):
        (item,) = await tx.items.append(OURS, THREAD, [nouns.message(name)])
        if then is not None:
            raise then
        return item.seq

    return unit


async def test_a_unit_returns_its_value(store):
    async def unit(tx):
        return 42

    assert [await store.write(unit), await store.read(unit)] == [42, 42]


async def test_a_unit_that_raises_leaves_nothing(store):
    await nouns.with_thread(store)
    refusal = Refusal()
    with pytest.raises(Refusal) as raised:
        await store.write(appending("a", then=refusal))
    assert raised.value is refusal
    assert await log(store) == []


async def test_a_unit_that_raises_takes_no_other_along(store):
    await nouns.with_thread(store)
    fates = [Refusal() if n % 7 == 3 else None for n in range(UNITS)]
    answers = await asyncio.gather(
        *(store.write(appending(f"m{n}", then=fate)) for n, fate in enumerate(fates)), return_exceptions=True
    )
    kept = [f"m{n}" for n, fate in enumerate(fates) if fate is None]
    assert [item.id for item in await log(store)] == kept
    assert [answer for answer in answers if isinstance(answer, int)] == list(range(1, len(kept) + 1))
    assert [answer for answer in answers if not isinstance(answer, int)] == [fate for fate in fates if fate]


async def test_a_problem_of_the_store_takes_no_other_along(store):
    await nouns.with_thread(store)
    names = [f"m{n // 2}" for n in range(UNITS)]
    answers = await asyncio.gather(*(store.write(appending(name)) for name in names), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, AlreadyExists] * (UNITS // 2)
    assert [item.seq for item in await log(store)] == list(range(1, UNITS // 2 + 1))


async def test_a_unit_may_go_on_after_a_problem_that_it_expected(store):
    await nouns.with_thread(store)

    async def unit(tx):
        try:
            await tx.items.append(OURS, "thread_x", [nouns.message("a", "thread_x")])
        except NotFound:
            await tx.threads.insert(nouns.thread("thread_x"))
        return await tx.items.append(OURS, "thread_x", [nouns.message("a", "thread_x")])

    assert [item.seq for item in await store.write(unit)] == [1]


async def test_a_unit_sees_all_tables_as_of_one_moment(store):
    await nouns.with_thread(store)

    async def write(n):
        async def unit(tx):
            await tx.items.append(OURS, THREAD, [nouns.message(f"m{n}")])
            await tx.files.insert(nouns.file(f"f{n}"))

        await store.write(unit)

    async def look():
        async def unit(tx):
            items = await tx.items.before(OURS, THREAD, seq=None, kinds=["message"], limit=999)
            return len(items), len((await tx.files.page(OURS, nouns.EVERYTHING, purpose=None, now=NOW)).things)

        return await store.read(unit)

    _, looks = await asyncio.gather(
        asyncio.gather(*(write(n) for n in range(UNITS))), asyncio.gather(*(look() for _ in range(UNITS)))
    )
    assert all(items == files for items, files in looks)


async def test_what_was_answered_is_there_after_reopening(opener, tmp_path):
    async with opener(tmp_path) as store:
        await nouns.with_thread(store)
        await asyncio.gather(*(store.write(appending(f"m{n}")) for n in range(UNITS)))
        before = await log(store)
    async with opener(tmp_path) as store:
        assert await log(store) == before
        assert await store.write(appending("next")) == UNITS + 1


async def test_what_was_accepted_before_closing_is_done(opener, tmp_path):
    async with opener(tmp_path) as store:
        await nouns.with_thread(store)
        tasks = [asyncio.create_task(store.write(appending(f"m{n}"))) for n in range(UNITS)]
        await tasks[0]
    assert sorted(await asyncio.gather(*tasks)) == list(range(1, UNITS + 1))


async def test_a_closed_store_is_unavailable(opener, tmp_path):
    async with opener(tmp_path) as store:
        pass
    for call in (store.read, store.write):
        with pytest.raises(Unavailable):
            await call(appending("a"))


async def test_a_caller_who_stops_waiting_disturbs_no_other(store):
    await nouns.with_thread(store)
    tasks = [asyncio.create_task(store.write(appending(f"m{n}"))) for n in range(UNITS)]
    await tasks[0]
    for task in tasks[1::2]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    await store.write(appending("last"))
    items = {item.seq: item.id for item in await log(store)}
    assert list(items) == list(range(1, len(items) + 1))
    assert all(items[seq] == f"m{n}" for n, seq in enumerate(answers) if isinstance(seq, int))
    assert all(isinstance(answer, int) for answer in answers[0::2])


async def test_a_reader_who_stops_waiting_disturbs_no_other(store):
    await nouns.with_thread(store)
    tasks = [asyncio.create_task(log(store)) for _ in range(UNITS)]
    await store.write(appending("a"))
    for task in tasks[1::2]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(answer, list) for answer in answers[0::2])
