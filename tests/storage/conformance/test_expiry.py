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
