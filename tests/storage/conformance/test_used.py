"""What is counted of a project: taken where there is room, given back by whatever deletes."""

import pytest

from clew.domain.quota import Amount, Quota
from storage.conformance import nouns
from storage.conformance.nouns import OURS, THEIRS

ROOM = Quota(threads=2, messages=3, bytes=10)


async def take(store, more, within=ROOM, project_id=OURS):
    async def unit(tx):
        return await tx.used.take(project_id, more, within=within)

    return await store.write(unit)


@pytest.mark.parametrize(("what", "room"), [("threads", 2), ("messages", 3), ("bytes", 10)])
async def test_as_much_is_taken_as_there_is_room_for(store, what, room):
    assert await take(store, Amount(**{what: room})) is None
    assert await take(store, Amount(**{what: 1})) == what
    assert await take(store, Amount(**{what: 1}), project_id=THEIRS) is None


async def test_where_one_thing_has_no_room_nothing_is_taken(store):
    assert await take(store, Amount(threads=2, messages=4)) == "messages"
    assert await take(store, Amount(threads=2, messages=3)) is None


async def test_what_is_not_asked_for_may_be_spent(store):
    assert await take(store, Amount(threads=2)) is None
    assert await take(store, Amount(messages=1, bytes=1)) is None


async def test_a_run_needs_room_for_the_message_that_it_will_write(store):
    assert await take(store, Amount(messages=2, runs=1)) is None
    assert await take(store, Amount(messages=1, runs=1)) == "messages"


async def test_adding_goes_beyond_the_room_and_only_for_who_is_counted(store):
    async def added(tx):
        await tx.used.add(OURS, Amount(messages=5))

    await store.write(added)
    assert await take(store, Amount(messages=3)) is None
    await store.write(added)
    assert await take(store, Amount(messages=1), Quota(messages=8)) == "messages"


async def test_who_is_counted_begins_with_what_is_there(store):
    async def filled(tx):
        await tx.threads.insert(nouns.thread("one"))
        await tx.items.append(OURS, "one", [nouns.message("a", "one"), nouns.message("b", "one")])
        await tx.threads.insert(nouns.thread("other", project_id=THEIRS))
        return sorted(await tx.used.projects())

    assert await store.write(filled) == sorted([OURS, THEIRS])
    assert await take(store, Amount(threads=2)) == "threads"
    assert await take(store, Amount(messages=1)) is None
    assert await take(store, Amount(messages=1)) == "messages"


async def test_what_is_forgotten_is_counted_anew(store):
    async def forgotten(tx):
        await tx.used.forget()

    assert await take(store, Amount(threads=2)) is None
    await store.write(forgotten)
    assert await take(store, Amount(threads=2)) is None
