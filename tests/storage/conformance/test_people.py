"""Participants by the app's own name for them, and API keys by hash."""

import pytest

from clew.domain.noun import replace
from clew.domain.problem import AlreadyExists
from storage.conformance import nouns
from storage.conformance.nouns import NOW, OURS, THEIRS


async def by_identifier(store, identifier, project_id=OURS):
    found = await store.read(lambda tx: tx.participants.by_identifier(project_id, identifier, now=NOW))
    return found and found.id


@pytest.mark.parametrize("taken", [{"id": "a", "identifier": "new"}, {"id": "b", "identifier": "ada"}])
async def test_a_taken_id_or_identifier_already_exists(store, taken):
    await store.write(lambda tx: tx.participants.insert(nouns.participant("a", identifier="ada")))
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.participants.insert(nouns.participant(**taken)))
    assert await by_identifier(store, "ada") == "a"


async def test_an_identifier_is_looked_up_in_its_project(store):
    await store.write(lambda tx: tx.participants.insert(nouns.participant("a", identifier="ada")))
    await store.write(lambda tx: tx.participants.insert(nouns.participant("b", THEIRS, identifier="ada")))
    assert [await by_identifier(store, "ada", project) for project in (OURS, THEIRS, "nobody")] == ["a", "b", None]


async def test_an_identifier_that_was_changed_or_deleted_is_free(store):
    it = nouns.participant("a", identifier="ada")
    await store.write(lambda tx: tx.participants.insert(it))
    await store.write(lambda tx: tx.participants.update(replace(it, identifier="grace")))
    await store.write(lambda tx: tx.participants.insert(nouns.participant("b", identifier="ada")))
    await store.write(lambda tx: tx.participants.delete(OURS, "a"))
    assert [await by_identifier(store, name) for name in ("ada", "grace")] == ["b", None]


async def by_hash(store, hash):  # noqa: A002
    return await store.read(lambda tx: tx.keys.by_hash(hash))


async def test_a_key_is_found_by_its_hash_whatever_its_project(store):
    for key in (nouns.key("a"), nouns.key("b", THEIRS)):
        await store.write(lambda tx, key=key: tx.keys.insert(key))
    assert await by_hash(store, "hash-of-a") == nouns.key("a")
    assert await by_hash(store, "hash-of-b") == nouns.key("b", THEIRS)
    assert await by_hash(store, "hash-of-c") is None


async def test_every_key_is_listed_oldest_first(store):
    for key in (nouns.key("a", at=NOW + 2), nouns.key("b", THEIRS, at=NOW + 1), nouns.key("c", at=NOW + 3)):
        await store.write(lambda tx, key=key: tx.keys.insert(key))
    assert [key.id for key in await store.read(lambda tx: tx.keys.every())] == ["b", "a", "c"]


async def test_a_key_is_revoked_once_and_still_found(store):
    await store.write(lambda tx: tx.keys.insert(nouns.key("a")))
    await store.write(lambda tx: tx.keys.insert(nouns.key("b")))
    answers = [await store.write(lambda tx, it=it: tx.keys.revoke(it, now=NOW + 1)) for it in ("a", "a", "none")]
    assert answers == [True, False, False]
    assert await by_hash(store, "hash-of-a") == nouns.key("a", revoked_at=NOW + 1)
    assert await by_hash(store, "hash-of-b") == nouns.key("b")
