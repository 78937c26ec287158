"""What threads alone can do: activity, filters by metadata, and going away with all that is in them."""

import pytest

from clew.domain.noun import replace
from clew.domain.page import Order, Window
from clew.domain.problem import AlreadyExists
from clew.domain.run import RunState
from clew.domain.thread import active
from storage.conformance import nouns
from storage.conformance.nouns import DAY, EVERYTHING, NOW, OURS, SINCE_LAST_ACTIVE, STATIC, THEIRS, THREAD


async def found(store, metadata, project_id=OURS):
    """The ids of the threads with this metadata, oldest first."""
    page = await store.read(lambda tx: tx.threads.page(project_id, EVERYTHING, metadata=metadata, now=NOW))
    return [thread.id for thread in page.things]


async def swept(store, *, now=NOW, limit=1000):
    return await store.write(lambda tx: tx.threads.sweep(now=now, limit=limit))


async def test_a_taken_id_already_exists(store):
    await nouns.with_thread(store)
    with pytest.raises(AlreadyExists) as problem:
        await store.write(lambda tx: tx.threads.insert(nouns.thread(name="another")))
    assert (problem.value.noun, problem.value.id) == ("thread", THREAD)
    assert (await store.read(lambda tx: tx.threads.get(OURS, THREAD, now=NOW))).name is None


@pytest.mark.parametrize(("now", "then"), [(NOW + 5, NOW + 5), (NOW - 5, NOW)])
async def test_a_touch_moves_the_activity_and_never_back(store, now, then):
    it = nouns.thread()
    await store.write(lambda tx: tx.threads.insert(it))
    await store.write(lambda tx: tx.threads.touch(it, now=now))
    assert await store.read(lambda tx: tx.threads.get(OURS, THREAD, now=NOW)) == replace(it, last_active_at=then)


async def test_a_touch_keeps_where_the_end_has_moved_to(store):
    it = nouns.thread(expiration=SINCE_LAST_ACTIVE)
    await store.write(lambda tx: tx.threads.insert(it))
    touched = active(it, now=NOW + 5)
    await store.write(lambda tx: tx.threads.touch(touched, now=NOW + 5))
    assert await store.read(lambda tx: tx.threads.get(OURS, THREAD, now=NOW + DAY)) == touched


async def test_appending_is_activity(store):
    await nouns.with_thread(store)
    later = [nouns.message("msg_a", at=NOW + 7), nouns.message("msg_b", at=NOW + 3)]
    await store.write(lambda tx: tx.items.append(OURS, THREAD, later))
    ours, theirs = [
        await store.read(lambda tx, project=project: tx.threads.get(project, THREAD, now=NOW))
        for project in (OURS, THEIRS)
    ]
    assert (ours.last_active_at, theirs.last_active_at) == (NOW + 7, NOW)


async def test_an_update_does_not_take_back_activity_that_it_did_not_know(store):
    it = nouns.thread()
    await store.write(lambda tx: tx.threads.insert(it))
    await store.write(lambda tx: tx.threads.touch(it, now=NOW + 5))
    await store.write(lambda tx: tx.threads.update(replace(it, name="late")))
    read = await store.read(lambda tx: tx.threads.get(OURS, THREAD, now=NOW))
    assert (read.name, read.last_active_at) == ("late", NOW + 5)


async def test_an_update_leaves_the_place_in_lists(store):
    its = [nouns.thread(name, at=NOW) for name in ("b", "a", "c")]
    for it in its:
        await store.write(lambda tx, it=it: tx.threads.insert(it))
    await store.write(lambda tx: tx.threads.update(replace(its[0], updated_at=NOW + 9, last_active_at=NOW + 9)))
    assert await found(store, {}) == ["b", "a", "c"]


FILTERS = [
    ({}, ["a", "b", "c", "d"]),
    ({"x": "1"}, ["a", "b"]),
    ({"x": "1", "y": "2"}, ["a"]),
    ({"y": "2", "x": "1"}, ["a"]),
    ({"y": "2"}, ["a", "c"]),
    ({"x": "1", "y": "2", "z": "3"}, []),
    ({"x": ""}, []),
    ({"": ""}, ["c"]),
    ({"n": "5"}, []),
    ({"n": "null"}, []),
    ({"y": "2", "it's \"quoted\\": "\u00fc\n\u0001"}, ["c"]),
    ({"it's \"quoted\\": "\u00fc\n\u0001", "y": "2"}, ["c"]),
]


@pytest.mark.parametrize(("metadata", "ids"), FILTERS)
async def test_a_filter_finds_the_threads_with_all_its_pairs(store, metadata, ids):
    kept = {
        "a": {"x": "1", "y": "2", "n": 5},
        "b": {"x": "1", "y": "3", "n": None},
        "c": {"x": "2", "y": "2", "": "", "it's \"quoted\\": "\u00fc\n\u0001"},
        "d": {"deep": {"x": "1"}},
    }
    for it, pairs in kept.items():
        await store.write(lambda tx, it=it, pairs=pairs: tx.threads.insert(nouns.thread(it, metadata=pairs)))
    assert await found(store, metadata) == ids
    assert await found(store, metadata, THEIRS) == []


async def test_a_filter_follows_updates(store):
    it = nouns.thread(metadata={"x": "1", "y": "1"})
    await store.write(lambda tx: tx.threads.insert(it))
    await store.write(lambda tx: tx.threads.update(replace(it, metadata={"x": "2", "y": "1", "z": "1"})))
    wanted = [{"x": "1"}, {"x": "2"}, {"y": "1"}, {"z": "1"}, {"x": "2", "y": "1"}, {"x": "1", "y": "1"}]
    assert [await found(store, pairs) for pairs in wanted] == [[], [THREAD], [THREAD], [THREAD], [THREAD], []]


async def test_a_filter_does_not_find_what_was_deleted(store):
    it = nouns.thread(metadata={"x": "1"})
    await store.write(lambda tx: tx.threads.insert(it))
    await store.write(lambda tx: tx.threads.delete(OURS, THREAD))
    await store.write(lambda tx: tx.threads.insert(replace(it, metadata={"x": "2"})))
    assert [await found(store, {"x": "1"}), await found(store, {"x": "2"})] == [[], [THREAD]]


async def filled(store):
    """A thread with items and a run with events, in both projects."""

    async def unit(tx):
        for project_id in (OURS, THEIRS):
            await tx.threads.insert(nouns.thread(THREAD, project_id))
            await tx.items.append(project_id, THREAD, [nouns.message(f"msg_{n}") for n in range(5)])
            run = await tx.runs.insert(nouns.run("run_a", project_id, state=RunState.RUNNING, expires_at=NOW + 5))
            await tx.events.append(run, [nouns.event() for _ in range(5)])

    await store.write(unit)


async def inside(store, project_id=OURS):
    """Everything that can be read in the thread."""

    async def unit(tx):
        return [
            *(await tx.items.before(project_id, THREAD, seq=None, kinds=["message"], limit=99)),
            *(await tx.items.of_run(project_id, THREAD, "run_a")),
            *(await tx.runs.active(project_id, THREAD)),
            *(await tx.runs.page(project_id, THREAD, EVERYTHING)).things,
            *(await tx.events.after(project_id, THREAD, "run_a", number=0, limit=99)),
            *filter(
                None, [await tx.items.get(project_id, THREAD, "msg_0"), await tx.runs.get(project_id, THREAD, "run_a")]
            ),
        ]

    return await store.read(unit)


async def test_a_deleted_thread_takes_everything_in_it_along(store):
    await filled(store)
    theirs = await inside(store, THEIRS)
    await store.write(lambda tx: tx.threads.delete(OURS, THREAD))
    assert await inside(store) == []
    assert await inside(store, THEIRS) == theirs != []


async def test_a_thread_made_anew_under_the_same_id_is_empty_and_counts_from_one(store):
    await filled(store)
    await store.write(lambda tx: tx.threads.delete(OURS, THREAD))
    await store.write(lambda tx: tx.threads.insert(nouns.thread()))
    assert await inside(store) == []
    (item,) = await store.write(lambda tx: tx.items.append(OURS, THREAD, [nouns.message("msg_0")]))
    assert item.seq == 1


async def test_sweeping_what_was_deleted_leaves_a_new_thread_of_that_id_alone(store):
    await filled(store)
    await store.write(lambda tx: tx.threads.delete(OURS, THREAD))
    await store.write(lambda tx: tx.threads.insert(nouns.thread()))
    await store.write(lambda tx: tx.items.append(OURS, THREAD, [nouns.message("msg_0")]))
    before = await inside(store), await inside(store, THEIRS)
    while await swept(store, limit=2):
        assert (await inside(store), await inside(store, THEIRS)) == before


async def test_the_runs_of_a_deleted_thread_are_no_work_any_more(store):
    await filled(store)
    await store.write(lambda tx: tx.threads.delete(OURS, THREAD))
    claimed = await store.write(lambda tx: tx.runs.claim(owner="w", now=NOW + 9, lease_until=NOW + 99, limit=9))
    overdue = await store.read(lambda tx: tx.runs.overdue(now=NOW + 9, limit=9))
    assert {run.project_id for run in (*claimed, *overdue)} == {THEIRS}


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 1000])
async def test_a_sweep_frees_no_more_than_asked_and_comes_to_an_end(store, limit):
    await filled(store)
    await store.write(lambda tx: tx.threads.delete(OURS, THREAD))
    freed = []
    while batch := await swept(store, limit=limit):
        freed.append(batch)
    assert max(freed) <= limit
    assert sum(freed) >= 11  # five items, a run, five events, and whatever the adapter keeps besides


async def test_a_sweep_frees_expired_threads_and_no_others(store):
    ends = {"past": STATIC, "never": None, "later": SINCE_LAST_ACTIVE}
    for id, expiration in ends.items():  # noqa: A001
        it = nouns.thread(id, expiration=expiration, metadata={"x": "1"})
        await store.write(lambda tx, it=it: tx.threads.insert(it))
    await store.write(
        lambda tx: tx.threads.touch(
            active(nouns.thread("later", expiration=SINCE_LAST_ACTIVE), now=NOW + 1), now=NOW + 1
        )
    )
    assert await swept(store, now=NOW + DAY - 1) == 0
    assert await swept(store, now=NOW + DAY) > 0
    assert await found(store, {}) == await found(store, {"x": "1"}) == ["never", "later"]


async def test_a_page_of_threads_counts_only_those_that_are_seen(store):
    for n in range(6):
        it = nouns.thread(f"t{n}", at=NOW + n, expiration=STATIC if n % 2 else None)
        await store.write(lambda tx, it=it: tx.threads.insert(it))
    window = Window(limit=3, order=Order.ASC)
    page = await store.read(lambda tx: tx.threads.page(OURS, window, metadata={}, now=NOW + DAY + 9))
    assert ([thread.id for thread in page.things], page.has_more) == (["t0", "t2", "t4"], False)
