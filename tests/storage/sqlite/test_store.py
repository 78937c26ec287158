"""The file as a whole: what was deleted and swept leaves no row behind."""

from contextlib import closing

import apsw
import pytest

from clew.storage.sqlite.store import SqliteTx
from storage.conformance import nouns
from storage.conformance.nouns import DAY, NOW, OURS, STATIC, THREAD


def rows(path):
    """How many rows each table holds, without those that hold none."""
    with closing(apsw.Connection(str(path))) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        counts = {name: connection.execute(f"SELECT count(*) FROM {name}").get for (name,) in tables}  # noqa: S608 (its own names)
    about_itself = ("_text_config", "_text_data", "_text_idx")  # rows that an index of text has without any text
    return {name: count for name, count in counts.items() if count and not name.endswith(about_itself)}


async def fill(tx: SqliteTx) -> None:
    await tx.catalog.open(OURS)
    await tx.threads.insert(nouns.thread(expiration=STATIC, metadata={"x": "1", "y": "2"}, tags=("t",)))
    await tx.items.append(OURS, THREAD, [nouns.message(f"m{n}", run_id="run_a") for n in range(5)])
    run = await tx.runs.insert(nouns.run())
    await tx.events.append(run, [nouns.event() for _ in range(5)])
    await tx.files.insert(nouns.file(expires_at=NOW + DAY))
    await tx.indexes.insert(nouns.index())
    await tx.indexes.put_file(nouns.index_file())
    await tx.indexes.insert_batch(nouns.batch())
    await tx.assistants.insert(nouns.assistant())
    await tx.assistants.update(nouns.assistant(version=2), mask=[])
    await tx.catalog.catch_up(limit=100)
    await tx.scores.put(nouns.score(step_id="m0", tags=("t",)))
    await tx.enclosures.put(nouns.enclosure(step_id="m1"))


async def sweep(store, now):
    while await store.write(lambda tx: tx.threads.sweep(now=now, limit=2)):
        pass
    await store.write(lambda tx: tx.files.sweep(now=now, limit=9))
    await store.write(lambda tx: tx.files.sweep_uploads(now=now, limit=9))


@pytest.mark.parametrize("by_time", [False, True], ids=["deleted", "expired"])
async def test_nothing_is_left_of_what_was_deleted_or_has_expired(store, tmp_path, by_time):
    async def delete(tx):
        await tx.assistants.delete(OURS, "asst_a")
        await tx.indexes.delete(OURS, "vs_a")
        if not by_time:
            await tx.threads.delete(OURS, THREAD)
            await tx.files.delete(OURS, "file-a")

    await store.write(fill)
    assert set(rows(tmp_path / "clew.db")) >= {"thread", "thread_metadata", "thread_tail", "item", "run", "event"}
    await store.write(delete)
    await sweep(store, NOW + DAY if by_time else NOW)
    assert rows(tmp_path / "clew.db") == {"store": 1, "catalog_project": 1}


async def test_a_filter_leaves_nothing_of_the_values_that_were(store, tmp_path):
    for value in ("1", "2", 3):
        thread = nouns.thread(metadata={"x": value})
        await store.write(
            lambda tx, it=thread: tx.threads.update(it) if it.metadata["x"] != "1" else tx.threads.insert(it)
        )
    assert "thread_metadata" not in rows(tmp_path / "clew.db")
