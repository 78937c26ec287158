"""Runs as work: claiming, leases, ends; and the numbered events of each."""

import asyncio

import pytest

from clew.domain.event import EventKind
from clew.domain.noun import replace
from clew.domain.problem import AlreadyExists, NotFound
from clew.domain.run import ACTIVE, Progress, RunState
from clew.storage.port import RunKey
from storage.conformance import nouns
from storage.conformance.nouns import NOW, OURS, THEIRS, THREAD

LEASE = 100
WORK = {RunState.QUEUED, RunState.RUNNING, RunState.CANCELLING}


@pytest.fixture(autouse=True)
async def threads(store):
    await nouns.with_thread(store)


async def keep(store, *runs):
    async def unit(tx):
        return [await tx.runs.insert(run) for run in runs]

    return await store.write(unit)


async def claim(store, owner, *, now=NOW, limit=99):
    return await store.write(lambda tx: tx.runs.claim(owner=owner, now=now, lease_until=now + LEASE, limit=limit))


async def ids_claimed(store, owner, *, now=NOW, limit=99):
    return sorted(run.id for run in await claim(store, owner, now=now, limit=limit))


async def renew(store, owner, *runs, until=NOW + 2 * LEASE):
    keys = [RunKey(project_id=run.project_id, thread_id=run.thread_id, run_id=run.id) for run in runs]
    kept = await store.write(lambda tx: tx.runs.renew(owner=owner, run_keys=keys, lease_until=until))
    return [(key.project_id, key.run_id) for key in kept]


async def test_a_run_in_no_thread_is_not_found(store):
    with pytest.raises(NotFound) as problem:
        await keep(store, nouns.run(thread_id="thread_b"))
    assert problem.value.noun == "thread"


async def test_places_rise_over_all_threads(store):
    runs = await keep(store, nouns.run("run_b"), nouns.run("run_a", THEIRS), nouns.run("run_a"))
    assert [run.seq for run in runs] == sorted({run.seq for run in runs})


async def test_the_active_runs_of_a_thread_are_those_that_are_not_over(store):
    await keep(store, *(nouns.run(f"run_{state}", state=state) for state in RunState))
    active = await store.read(lambda tx: tx.runs.active(OURS, THREAD))
    assert [run.state for run in active] == [state for state in RunState if state in ACTIVE]
    assert await store.read(lambda tx: tx.runs.active(THEIRS, THREAD)) == []


@pytest.mark.parametrize("state", RunState)
async def test_what_needs_a_worker_is_claimed_and_nothing_else(store, state):
    await keep(store, nouns.run(state=state))
    assert await ids_claimed(store, "one") == (["run_a"] if state in WORK else [])


async def test_a_claimed_run_is_leased_and_otherwise_unchanged(store):
    (run,) = await keep(store, nouns.run(turns=2, instructions="Be brief."))
    leased = replace(run, lease_owner="one", lease_until=NOW + LEASE)
    assert await claim(store, "one") == [leased]
    assert await store.read(lambda tx: tx.runs.get(OURS, THREAD, "run_a")) == leased


async def test_work_is_claimed_whatever_its_project_and_up_to_the_limit(store):
    await keep(store, nouns.run("a"), nouns.run("b", THEIRS), nouns.run("c"))
    both = [await ids_claimed(store, "one", limit=2), await ids_claimed(store, "one", limit=2)]
    assert sorted(both[0] + both[1]) == ["a", "b", "c"]
    assert len(both[0]) == 2


@pytest.mark.parametrize(("later", "theirs"), [(0, []), (LEASE - 1, []), (LEASE, ["run_a"]), (LEASE + 1, ["run_a"])])
async def test_a_lease_holds_until_its_end(store, later, theirs):
    await keep(store, nouns.run(state=RunState.RUNNING))
    await claim(store, "one")
    assert await ids_claimed(store, "two", now=NOW + later) == theirs


@pytest.mark.parametrize(("back", "theirs"), [(0, []), (LEASE, []), (LEASE + 1, ["run_a"]), (100 * LEASE, ["run_a"])])
async def test_a_lease_from_before_the_clock_was_set_back_does_not_hold(store, back, theirs):
    await keep(store, nouns.run(state=RunState.RUNNING))
    await claim(store, "one")
    assert await ids_claimed(store, "two", now=NOW - back) == theirs


async def test_two_owners_never_hold_one_run(store):
    await keep(store, *(nouns.run(f"run_{n}") for n in range(20)))
    shares = await asyncio.gather(*(ids_claimed(store, f"owner {n}", limit=3) for n in range(10)))
    held = [id for share in shares for id in share]  # noqa: A001
    assert sorted(held) == sorted(f"run_{n}" for n in range(20))


async def test_a_renewed_lease_lasts_longer(store):
    runs = await keep(store, nouns.run())
    await claim(store, "one")
    assert await renew(store, "one", *runs) == [(OURS, "run_a")]
    assert await ids_claimed(store, "two", now=NOW + 2 * LEASE - 1) == []
    assert await ids_claimed(store, "two", now=NOW + 2 * LEASE) == ["run_a"]


async def test_only_the_owners_leases_are_renewed(store):
    ours, theirs, free = await keep(store, nouns.run("a"), nouns.run("a", THEIRS), nouns.run("b"))
    await claim(store, "one", limit=1)
    await claim(store, "two", limit=1)
    kept = [await renew(store, owner, ours, theirs, free, nouns.run("none")) for owner in ("one", "two", "three")]
    assert sorted(kept[0] + kept[1]) == [(OURS, "a"), (THEIRS, "a")]
    assert [len(keys) for keys in kept] == [1, 1, 0]


async def test_a_lease_that_was_taken_over_cannot_be_renewed(store):
    runs = await keep(store, nouns.run())
    await claim(store, "one")
    await claim(store, "two", now=NOW + LEASE)
    assert await renew(store, "one", *runs, until=NOW + 9 * LEASE) == []
    assert await ids_claimed(store, "three", now=NOW + 2 * LEASE) == ["run_a"]


async def test_released_leases_are_free_at_once_and_others_stay(store):
    await keep(store, nouns.run("a"), nouns.run("b", THEIRS), nouns.run("c"))
    released = await ids_claimed(store, "one", limit=2)
    await claim(store, "two")
    await store.write(lambda tx: tx.runs.release(owner="one"))
    assert await ids_claimed(store, "three") == released


async def test_every_lease_can_be_released(store):
    await keep(store, nouns.run("a"), nouns.run("b", THEIRS))
    await claim(store, "one", limit=1)
    await claim(store, "two")
    await store.write(lambda tx: tx.runs.release_all())
    assert await ids_claimed(store, "three") == ["a", "b"]


@pytest.mark.parametrize("state", RunState)
async def test_overdue_is_what_is_past_its_end_and_not_over(store, state):
    await keep(
        store, nouns.run("past", state=state, expires_at=NOW), nouns.run("later", state=state, expires_at=NOW + 1)
    )
    await keep(store, nouns.run("never", state=state))
    overdue = await store.read(lambda tx: tx.runs.overdue(now=NOW, limit=9))
    assert [run.id for run in overdue] == (["past"] if state in ACTIVE else [])


@pytest.mark.parametrize("state", [RunState.WAITING, RunState.COMPLETED])
async def test_a_run_that_has_moved_is_overdue_by_its_new_state(store, state):
    (run,) = await keep(store, nouns.run(expires_at=NOW + 9))
    await store.write(lambda tx: tx.runs.update(replace(run, progress=Progress(state=state, expires_at=NOW))))
    overdue = await store.read(lambda tx: tx.runs.overdue(now=NOW, limit=9))
    assert [run.id for run in overdue] == (["run_a"] if state in ACTIVE else [])


async def test_what_is_overdue_comes_in_order_of_its_end_up_to_the_limit(store):
    await keep(store, *(nouns.run(f"run_{n}", (OURS, THEIRS)[n % 2], expires_at=NOW - n) for n in range(5)))
    overdue = await store.read(lambda tx: tx.runs.overdue(now=NOW, limit=3))
    assert [run.id for run in overdue] == ["run_4", "run_3", "run_2"]


async def events_after(store, number, *, limit=99, project_id=OURS):
    return await store.read(lambda tx: tx.events.after(project_id, THREAD, "run_a", number=number, limit=limit))


async def test_events_count_from_one_and_are_read_from_any_number(store):
    (run,) = await keep(store, nouns.run())
    given = [nouns.event(EventKind.RUN_CREATED), nouns.event(), nouns.event(EventKind.RUN_MOVED)]
    written = await store.write(lambda tx: tx.events.append(run, given[:1]))
    written += await store.write(lambda tx: tx.events.append(run, given[1:]))
    assert written == [replace(event, number=n) for n, event in enumerate(given, 1)]
    assert await events_after(store, 0) == written
    assert await events_after(store, 1, limit=1) == written[1:2]
    assert await events_after(store, 3) == []


async def test_another_project_reads_no_events(store):
    run, _ = await keep(store, nouns.run(), nouns.run("run_a", THEIRS))
    await store.write(lambda tx: tx.events.append(run, [nouns.event()]))
    assert await events_after(store, 0, project_id=THEIRS) == []


async def test_a_run_knows_its_last_event_and_an_update_does_not_forget_it(store):
    (run,) = await keep(store, nouns.run())
    await store.write(lambda tx: tx.events.append(run, [nouns.event(), nouns.event()]))
    await store.write(lambda tx: tx.runs.update(replace(run, turns=1)))
    read = await store.read(lambda tx: tx.runs.get(OURS, THREAD, "run_a"))
    assert (read.turns, read.last_event) == (1, 2)


async def test_events_of_no_run_are_not_found(store):
    with pytest.raises(NotFound):
        await store.write(lambda tx: tx.events.append(nouns.run(), [nouns.event()]))


async def test_many_writers_number_a_runs_events_without_gaps(store):
    (run,) = await keep(store, nouns.run())
    await asyncio.gather(
        *(store.write(lambda tx: tx.events.append(run, [nouns.event(), nouns.event()])) for _ in range(64))
    )
    assert [event.number for event in await events_after(store, 0, limit=999)] == list(range(1, 129))


async def test_a_run_is_found_by_its_id_in_its_project_while_its_thread_is_there(store):
    kept = await store.write(lambda tx: tx.runs.insert(nouns.run()))
    assert await store.read(lambda tx: tx.runs.find(OURS, "run_a", now=NOW)) == kept
    assert await store.read(lambda tx: tx.runs.find(THEIRS, "run_a", now=NOW)) is None
    await store.write(lambda tx: tx.threads.delete(OURS, THREAD))
    assert await store.read(lambda tx: tx.runs.find(OURS, "run_a", now=NOW)) is None


async def test_a_taken_id_already_exists_and_writes_nothing(store):
    kept = await store.write(lambda tx: tx.runs.insert(nouns.run()))
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.runs.insert(nouns.run(created_by="key_b")))
    assert await store.read(lambda tx: tx.runs.get(OURS, THREAD, "run_a")) == kept
