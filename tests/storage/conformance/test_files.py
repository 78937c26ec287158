"""Files, uploads in parts, and which blobs are still needed."""

import pytest

from clew.domain.index import Counts
from clew.domain.noun import replace
from storage.conformance import nouns
from storage.conformance.nouns import DAY, EVERYTHING, NOW, OURS, THEIRS


async def keep(store, *files):
    async def unit(tx):
        for file in files:
            await tx.files.insert(file)

    await store.write(unit)


async def known(store, *blobs):
    return await store.read(lambda tx: tx.files.blobs_known(blobs))


@pytest.mark.parametrize(
    ("ids", "missing"),
    [([], None), (["a", "b"], None), (["a", "x", "y"], "x"), (["theirs", "a"], "theirs"), (["a", "ended"], "ended")],
)
async def test_the_first_missing_file_is_named(store, ids, missing):
    ended = nouns.file("ended", expires_at=NOW)
    await keep(store, nouns.file("a"), nouns.file("b"), nouns.file("theirs", THEIRS), ended)
    assert await store.read(lambda tx: tx.files.missing(OURS, ids, now=NOW)) == missing


async def test_an_update_changes_also_what_files_are_found_by(store):
    it = nouns.file(purpose="assistants", blob="old")
    await keep(store, it)
    await store.write(lambda tx: tx.files.update(replace(it, purpose="vision", blob="new")))
    page = await store.read(lambda tx: tx.files.page(OURS, EVERYTHING, purpose="vision", now=NOW))
    assert [file.id for file in page.things] == ["file-a"]
    assert await known(store, "old", "new") == {"new"}


async def test_a_deleted_file_leaves_every_index_and_their_counts(store):
    async def unit(tx):
        for project_id in (OURS, THEIRS):
            await tx.files.insert(nouns.file("file-a", project_id))
            for index_id in ("vs_a", "vs_b"):
                await tx.indexes.insert(nouns.index(index_id, project_id))
                await tx.indexes.put_file(nouns.index_file("file-a", index_id, project_id, size=5))
        await tx.files.delete(OURS, "file-a")
        return [await tx.indexes.get(project, id) for project in (OURS, THEIRS) for id in ("vs_a", "vs_b")]  # noqa: A001

    left = [(index.counts.completed, index.size) for index in await store.write(unit)]
    assert left == [(0, 0), (0, 0), (1, 5), (1, 5)]


async def test_parts_come_in_order_of_arrival(store):
    async def unit(tx):
        for project_id in (OURS, THEIRS):
            await tx.files.insert_upload(nouns.upload("upload_a", project_id))
            for id in ("b", "a", "c"):  # noqa: A001
                await tx.files.insert_part(nouns.part(id, project_id=project_id))
        await tx.files.drop_parts(THEIRS, "upload_a")
        return await tx.files.parts(OURS, "upload_a"), await tx.files.parts(THEIRS, "upload_a")

    ours, theirs = await store.write(unit)
    assert (ours, theirs) == ([nouns.part("b"), nouns.part("a"), nouns.part("c")], [])


async def test_a_blob_is_needed_while_any_projects_file_or_part_names_it(store):
    await keep(store, nouns.file("a", blob="one"), nouns.file("a", THEIRS, blob="two"))
    await store.write(lambda tx: tx.files.insert_upload(nouns.upload()))
    await store.write(lambda tx: tx.files.insert_part(nouns.part("p")))
    assert await known(store, "one", "two", "three", "blob-of-ours-p") == {"one", "two", "blob-of-ours-p"}
    assert await known(store) == set()


async def test_a_blob_is_an_orphan_once_its_file_is_deleted_or_its_parts_dropped(store):
    await keep(store, nouns.file("a", blob="one"))
    await store.write(lambda tx: tx.files.insert_upload(nouns.upload()))
    await store.write(lambda tx: tx.files.insert_part(nouns.part("p")))
    await store.write(lambda tx: tx.files.delete(OURS, "a"))
    await store.write(lambda tx: tx.files.drop_parts(OURS, "upload_a"))
    assert await known(store, "one", "blob-of-ours-p") == set()


async def test_a_sweep_takes_what_has_ended_and_frees_its_blobs(store):
    await keep(store, nouns.file("ended", expires_at=NOW, blob="one"), nouns.file("stays", THEIRS, blob="two"))
    await store.write(lambda tx: tx.files.insert_upload(nouns.upload(expires_at=NOW)))
    await store.write(lambda tx: tx.files.insert_part(nouns.part("p")))
    assert await store.write(lambda tx: tx.files.sweep(now=NOW - 1, limit=9)) == 0
    assert await store.write(lambda tx: tx.files.sweep_uploads(now=NOW - 1, limit=9)) == 0
    assert await store.write(lambda tx: tx.files.sweep(now=NOW, limit=9)) == 1
    assert await store.write(lambda tx: tx.files.sweep_uploads(now=NOW, limit=9)) == 1
    assert await known(store, "one", "two", "blob-of-ours-p") == {"two"}


async def test_a_sweep_takes_an_expired_file_out_of_its_indexes(store):
    await keep(store, nouns.file(expires_at=NOW + DAY))
    await store.write(lambda tx: tx.indexes.insert(nouns.index()))
    await store.write(lambda tx: tx.indexes.put_file(nouns.index_file(size=5)))
    await store.write(lambda tx: tx.files.sweep(now=NOW + DAY, limit=9))
    index = await store.read(lambda tx: tx.indexes.get(OURS, "vs_a"))
    assert (index.counts, index.size) == (Counts(), 0)
