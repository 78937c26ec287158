"""Indexes, the files in them, and the batches they came in: above all, the counts."""

import pytest

from clew.domain.index import Counts, IndexingState
from clew.domain.noun import replace
from clew.domain.problem import NotFound
from storage.conformance import nouns
from storage.conformance.nouns import EVERYTHING, OURS, THEIRS


@pytest.fixture(autouse=True)
async def indexes(store):
    async def unit(tx):
        for project_id in (OURS, THEIRS):
            for index_id in ("vs_a", "vs_b"):
                await tx.indexes.insert(nouns.index(index_id, project_id))

    await store.write(unit)


async def put(store, *files):
    async def unit(tx):
        for file in files:
            await tx.indexes.put_file(file)

    await store.write(unit)


async def counted(store, index_id="vs_a", project_id=OURS):
    index = await store.read(lambda tx: tx.indexes.get(project_id, index_id))
    return index.counts, index.size


async def test_counts_and_size_follow_the_files(store):
    await put(store, *(nouns.index_file(state.value, state=state, size=2) for state in IndexingState))
    await put(store, nouns.index_file("more", state=IndexingState.FAILED, size=1))
    assert await counted(store) == (Counts(in_progress=1, completed=1, cancelled=1, failed=2), 9)
    assert await counted(store, "vs_b") == await counted(store, "vs_a", THEIRS) == (Counts(), 0)


async def test_a_file_that_is_put_again_counts_once_and_keeps_its_place(store):
    await put(store, nouns.index_file("a", state=IndexingState.IN_PROGRESS, size=2), nouns.index_file("b"))
    await put(store, nouns.index_file("a", size=7))
    assert await counted(store) == (Counts(completed=2), 7)
    page = await store.read(lambda tx: tx.indexes.page_files(OURS, "vs_a", EVERYTHING, state=None))
    assert [file.file_id for file in page.things] == ["a", "b"]


async def test_a_file_that_is_dropped_counts_no_more(store):
    await put(store, nouns.index_file("a", size=2), nouns.index_file("b", size=3))
    await store.write(lambda tx: tx.indexes.drop_file(OURS, "vs_a", "a"))
    assert await counted(store) == (Counts(completed=1), 3)


async def test_an_update_does_not_touch_the_counts(store):
    await put(store, nouns.index_file("a", size=2))
    await store.write(lambda tx: tx.indexes.update(nouns.index(name="new", counts=Counts(failed=9), size=99)))
    assert await counted(store) == (Counts(completed=1), 2)


async def test_a_list_shows_counts_too(store):
    await put(store, nouns.index_file("a", size=2))
    page = await store.read(lambda tx: tx.indexes.page(OURS, EVERYTHING))
    assert [(index.id, index.counts.total, index.size) for index in page.things] == [("vs_a", 1, 2), ("vs_b", 0, 0)]


@pytest.mark.parametrize(("index_id", "project_id"), [("vs_x", OURS), ("vs_a", "nobody")])
async def test_a_file_cannot_be_put_into_no_index(store, index_id, project_id):
    with pytest.raises(NotFound) as problem:
        await put(store, nouns.index_file("a", index_id, project_id))
    assert (problem.value.noun, problem.value.id) == ("index", index_id)


async def test_a_deleted_index_is_empty_when_it_is_made_anew(store):
    await put(store, nouns.index_file("a", batch_id="vsfb_a"))
    await store.write(lambda tx: tx.indexes.insert_batch(nouns.batch()))
    await store.write(lambda tx: tx.indexes.delete(OURS, "vs_a"))
    await store.write(lambda tx: tx.indexes.insert(nouns.index()))
    assert await counted(store) == (Counts(), 0)
    assert await store.read(lambda tx: tx.indexes.get_file(OURS, "vs_a", "a")) is None
    assert await store.read(lambda tx: tx.indexes.get_batch(OURS, "vs_a", "vsfb_a")) is None


async def test_a_batch_counts_its_own_files(store):
    await store.write(lambda tx: tx.indexes.insert_batch(nouns.batch()))
    failed = nouns.index_file("b", batch_id="vsfb_a", state=IndexingState.FAILED)
    await put(store, nouns.index_file("a", batch_id="vsfb_a"), failed, nouns.index_file("c", batch_id="vsfb_b"))
    await put(store, nouns.index_file("a", "vs_b", batch_id="vsfb_a"))
    batch = await store.read(lambda tx: tx.indexes.get_batch(OURS, "vs_a", "vsfb_a"))
    assert batch.counts == Counts(completed=1, failed=1)
    assert await store.read(lambda tx: tx.indexes.get_batch(OURS, "vs_b", "vsfb_a")) is None


async def test_a_file_of_another_index_is_no_cursor(store):
    await put(store, nouns.index_file("a", "vs_b"))
    window = replace(EVERYTHING, after="a")
    with pytest.raises(NotFound) as problem:
        await store.read(lambda tx: tx.indexes.page_files(OURS, "vs_a", window, state=None))
    assert problem.value.within == ("index", "vs_a")
