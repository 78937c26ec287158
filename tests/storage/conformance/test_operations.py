"""Operations: swept once they have been done for long, and never before they are done."""

import pytest

from clew.domain.noun import replace
from clew.domain.problem import AlreadyExists
from storage.conformance import nouns
from storage.conformance.nouns import NOW, OURS, THEIRS


async def test_a_taken_id_already_exists(store):
    await store.write(lambda tx: tx.operations.insert(nouns.operation()))
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.operations.insert(nouns.operation(done=True)))
    await store.write(lambda tx: tx.operations.insert(nouns.operation(project_id=THEIRS)))


async def test_a_sweep_removes_what_was_done_by_then(store):
    async def unit(tx):
        await tx.operations.insert(nouns.operation("waits"))
        for number in range(3):
            await tx.operations.insert(nouns.operation(f"done_{number}", done=True, modified_at=NOW + number))

    await store.write(unit)
    swept = [await store.write(lambda tx: tx.operations.sweep(done_by=NOW + 1, limit=1)) for _ in range(3)]
    ids = ("waits", "done_0", "done_1", "done_2")
    left = [await store.read(lambda tx, it=it: tx.operations.get(OURS, it)) for it in ids]
    assert (swept, [it and it.id for it in left]) == ([1, 1, 0], ["waits", None, None, "done_2"])


async def test_an_operation_that_is_done_later_is_swept_by_then(store):
    it = nouns.operation()
    await store.write(lambda tx: tx.operations.insert(it))
    await store.write(lambda tx: tx.operations.update(replace(it, done=True, modified_at=NOW + 5)))
    assert [await store.write(lambda tx, by=by: tx.operations.sweep(done_by=NOW + by, limit=9)) for by in (4, 5)] == [
        0,
        1,
    ]
