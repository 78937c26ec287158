"""Ends: a thing is seen until its `expires_at`, and from that moment on it is not."""

from dataclasses import dataclass
from typing import Any

import pytest

from clew.domain.noun import replace
from storage.conformance import nouns
from storage.conformance.nouns import DAY, EVERYTHING, NOW, OURS, SINCE_LAST_ACTIVE, STATIC


@dataclass(frozen=True, kw_only=True)
class Ending:
    it: Any
    insert: Any
    get: Any
    page: Any
    update: Any


ENDINGS = {
    "thread, static": Ending(
        it=nouns.thread(expiration=STATIC, metadata={"x": "1"}),
        insert=lambda tx, it: tx.threads.insert(it),
        get=lambda tx, now: tx.threads.get(OURS, nouns.THREAD, now=now),
        page=lambda tx, now: tx.threads.page(OURS, EVERYTHING, metadata={}, now=now),
        update=lambda tx, it: tx.threads.update(it),
    ),
    "thread, by metadata": Ending(
        it=nouns.thread(expiration=SINCE_LAST_ACTIVE, metadata={"x": "1"}),
        insert=lambda tx, it: tx.threads.insert(it),
        get=lambda tx, now: tx.threads.get(OURS, nouns.THREAD, now=now),
        page=lambda tx, now: tx.threads.page(OURS, EVERYTHING, metadata={"x": "1"}, now=now),
        update=lambda tx, it: tx.threads.update(it),
    ),
    "file": Ending(
        it=nouns.file(expires_at=NOW + DAY),
        insert=lambda tx, it: tx.files.insert(it),
        get=lambda tx, now: tx.files.get(OURS, "file-a", now=now),
        page=lambda tx, now: tx.files.page(OURS, EVERYTHING, purpose=None, now=now),
        update=lambda tx, it: tx.files.update(it),
    ),
    "file, by purpose": Ending(
        it=nouns.file(expires_at=NOW + DAY, purpose="vision"),
        insert=lambda tx, it: tx.files.insert(it),
        get=lambda tx, now: tx.files.get(OURS, "file-a", now=now),
        page=lambda tx, now: tx.files.page(OURS, EVERYTHING, purpose="vision", now=now),
        update=lambda tx, it: tx.files.update(it),
    ),
    "participant": Ending(
        it=nouns.participant(expires_at=NOW + DAY),
        insert=lambda tx, it: tx.participants.insert(it),
        get=lambda tx, now: tx.participants.get(OURS, "part_user_a", now=now),
        page=lambda tx, now: tx.participants.page(OURS, EVERYTHING, now=now),
        update=lambda tx, it: tx.participants.update(it),
    ),
    "participant, by identifier": Ending(
        it=nouns.participant(expires_at=NOW + DAY, identifier="ada"),
        insert=lambda tx, it: tx.participants.insert(it),
        get=lambda tx, now: tx.participants.by_identifier(OURS, "ada", now=now),
        page=lambda tx, now: tx.participants.page(OURS, EVERYTHING, now=now),
        update=lambda tx, it: tx.participants.update(it),
    ),
    "index, for whoever asks by a time": Ending(
        it=nouns.index(expires_at=NOW + DAY),
        insert=lambda tx, it: tx.indexes.insert(it),
        get=lambda tx, now: tx.indexes.get(OURS, "vs_a", now=now),
        page=lambda tx, now: tx.indexes.page(OURS, EVERYTHING, now=now),
        update=lambda tx, it: tx.indexes.update(it),
    ),
    "assistant, touched": Ending(
        it=nouns.assistant(expires_at=NOW + DAY),
        insert=lambda tx, it: tx.assistants.insert(it),
        get=lambda tx, now: tx.assistants.get(OURS, "asst_a", now=now),
        page=lambda tx, now: tx.assistants.page(OURS, EVERYTHING, now=now),
        update=lambda tx, it: tx.assistants.touch(it),
    ),
    "assistant": Ending(
        it=nouns.assistant(expires_at=NOW + DAY),
        insert=lambda tx, it: tx.assistants.insert(it),
        get=lambda tx, now: tx.assistants.get(OURS, "asst_a", now=now),
        page=lambda tx, now: tx.assistants.page(OURS, EVERYTHING, now=now),
        update=lambda tx, it: tx.assistants.update(replace(it, version=2), mask=[]),
    ),
}


@pytest.fixture(params=ENDINGS)
async def ending(request, store):
    ending = ENDINGS[request.param]
    await store.write(lambda tx: ending.insert(tx, ending.it))
    return ending


async def seen(store, ending, now) -> tuple[bool, bool]:
    """Whether it is found by its id, and in the list."""
    found = await store.read(lambda tx: ending.get(tx, now))
    page = await store.read(lambda tx: ending.page(tx, now))
    return found is not None, len(page.things) == 1


@pytest.mark.parametrize(
    ("now", "there"), [(NOW, True), (NOW + DAY - 1, True), (NOW + DAY, False), (NOW + 2 * DAY, False)]
)
async def test_it_is_seen_until_its_end_and_not_at_it(store, ending, now, there):
    assert await seen(store, ending, now) == (there, there)


async def test_an_update_moves_the_end(store, ending):
    await store.write(lambda tx: ending.update(tx, replace(ending.it, expires_at=NOW + 2 * DAY)))
    assert await seen(store, ending, NOW + DAY) == (True, True)
    assert await seen(store, ending, NOW + 2 * DAY) == (False, False)


async def test_an_update_takes_the_end_away(store, ending):
    await store.write(lambda tx: ending.update(tx, replace(ending.it, expires_at=None)))
    assert await seen(store, ending, NOW + 9 * DAY) == (True, True)


async def test_an_index_is_read_also_past_its_end(store):
    it = nouns.index(expiration=STATIC, expires_at=NOW - 1)
    await store.write(lambda tx: tx.indexes.insert(it))
    assert await store.read(lambda tx: tx.indexes.get(OURS, "vs_a")) == it


SWEPT = {
    "assistant": (nouns.assistant, lambda tx: tx.assistants),
    "participant": (nouns.participant, lambda tx: tx.participants),
}


@pytest.mark.parametrize("noun", SWEPT)
async def test_a_sweep_removes_what_has_ended_by_then_and_no_more_than_it_may(store, noun):
    make, table = SWEPT[noun]
    ends = {"a": NOW, "b": NOW + 1, "c": NOW + 2, "d": None}
    for name, end in ends.items():
        await store.write(lambda tx, name=name, end=end: table(tx).insert(make(name, expires_at=end)))
    swept = [await store.write(lambda tx: table(tx).sweep(now=NOW + 1, limit=1)) for _ in range(3)]
    assert swept == [1, 1, 0]
    page = await store.read(lambda tx: table(tx).page(OURS, EVERYTHING, now=0))
    assert [one.id for one in page.things] == ["c", "d"]


async def test_touching_an_assistant_makes_no_version(store):
    it = nouns.assistant()
    await store.write(lambda tx: tx.assistants.insert(it))
    await store.write(lambda tx: tx.assistants.touch(replace(it, last_active_at=NOW + 1)))
    versions = await store.read(lambda tx: tx.assistants.versions(OURS, it.id, EVERYTHING))
    found = await store.read(lambda tx: tx.assistants.get(OURS, it.id, now=NOW))
    assert (len(versions.things), found.last_active_at) == (1, NOW + 1)
