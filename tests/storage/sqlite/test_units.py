"""Units on their way: how one is run, and how each ends."""

import asyncio

import pytest

from clew.storage.sqlite.units import Job, answer, drive


async def seven(tx):
    return 7


async def wrong(tx):
    raise LookupError(tx)


def test_a_unit_is_run_to_its_end():
    assert drive(seven, None) == 7


def test_what_a_unit_raises_comes_out():
    with pytest.raises(LookupError, match="tx"):
        drive(wrong, "tx")


def test_a_unit_that_waits_is_refused():
    async def wait(tx):
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="awaits nothing but its transaction"):
        drive(wait, None)


async def test_every_job_is_answered_with_how_it_ended():
    loop = asyncio.get_running_loop()
    jobs = [Job(unit, loop.create_future()) for unit in (seven, wrong)]
    for job in jobs:
        job.attempt(None)
    answer(jobs)
    assert jobs[0].future.result() == 7
    assert isinstance(jobs[1].future.exception(), LookupError)


async def test_a_second_attempt_forgets_the_first():
    ways = iter([wrong, seven])

    async def either(tx):
        return await next(ways)(tx)

    job = Job(either, asyncio.get_running_loop().create_future())
    job.attempt(None)
    job.attempt(None)
    assert (job.value, job.error) == (7, None)


async def test_whoever_gave_up_is_not_told():
    job = Job(seven, asyncio.get_running_loop().create_future())
    job.future.cancel()
    answer([job])
    assert job.future.cancelled()
