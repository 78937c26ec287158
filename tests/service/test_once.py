"""Making a thing once, however often it is asked for."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from clew.domain import ids
from clew.domain.page import Order, Window
from clew.domain.problem import NotFound, QuotaSpent, ThreadBusy
from clew.domain.project import Caller
from clew.domain.quota import Quota, Quotas
from clew.service import assistants, files, indexes, messages, operations, participants, runs, threads
from clew.service.assistants import NewAssistant
from clew.service.core import Core
from clew.service.files import NewFile
from clew.service.indexes import NewIndex
from clew.service.messages import LATELY
from clew.service.once import KeyedIds, keyed, letters, once
from clew.service.participants import NewParticipant
from clew.service.runs import NewRun
from clew.service.threads import NewThread
from clew.storage.sqlite import open_store
from storage.conformance import nouns
from support.world import World, text

OTHER = Caller(project_id="other")


class Failed(Exception):
    pass


ALL = Window(limit=100, order=Order.ASC)


async def hello():
    yield b"hello"


@dataclass(frozen=True, kw_only=True)
class Making:
    make: Callable[[Core, Caller], Awaitable[Any]]
    again: Callable[[Core, Caller], Awaitable[Any]]
    page: Callable[[Core, Caller], Awaitable[Any]]


MAKINGS = {
    "thread": Making(
        make=lambda core, caller: threads.create(
            core, caller, NewThread(messages=(text("user", "a"), text("user", "b")), new_indexes=(NewIndex(),) * 2)
        ),
        again=lambda core, caller: threads.get(core, caller, core.ids.new("thread")),
        page=lambda core, caller: threads.page(core, caller, ALL, metadata={}),
    ),
    "assistant": Making(
        make=lambda core, caller: assistants.create(core, caller, NewAssistant(model="m")),
        again=lambda core, caller: assistants.get(core, caller, core.ids.new("assistant")),
        page=lambda core, caller: assistants.page(core, caller, ALL),
    ),
    "participant": Making(
        make=lambda core, caller: participants.create(core, caller, NewParticipant()),
        again=lambda core, caller: participants.get(core, caller, core.ids.new("participant")),
        page=lambda core, caller: participants.page(core, caller, ALL),
    ),
    "file": Making(
        make=lambda core, caller: files.create(core, caller, NewFile(name="a.txt"), hello()),
        again=lambda core, caller: files.get(core, caller, core.ids.new("file")),
        page=lambda core, caller: files.page(core, caller, ALL),
    ),
    "index": Making(
        make=lambda core, caller: indexes.create(core, caller, NewIndex()),
        again=lambda core, caller: indexes.get(core, caller, core.ids.new("index")),
        page=lambda core, caller: indexes.page(core, caller, ALL),
    ),
    "operation": Making(
        make=lambda core, caller: operations.create_index(core, caller, NewIndex()),
        again=lambda core, caller: operations.get(core, caller, core.ids.new("operation")),
        page=lambda core, caller: indexes.page(core, caller, ALL),
    ),
}


@pytest.fixture(params=MAKINGS)
def making(request):
    return MAKINGS[request.param]


@pytest.fixture
async def world(tmp_path):
    async with World(tmp_path) as world:
        yield world


async def ask(core: Core, caller: Caller, making: Making, key: str = "k", method: str = "create") -> Any:
    return await once(
        core,
        caller,
        method,
        key,
        make=lambda core: making.make(core, caller),
        again=lambda core: making.again(core, caller),
    )


async def test_the_same_request_makes_one_thing(world, making):
    made = [await ask(world.core, world.caller, making) for _ in range(3)]
    assert made[0] == made[1] == made[2]
    assert len((await making.page(world.core, world.caller)).things) == 1


async def test_requests_at_the_same_time_make_one_thing(world, making):
    made = await asyncio.gather(*(ask(world.core, world.caller, making) for _ in range(5)))
    assert len({one.id for one in made}) == 1


async def test_another_key_method_or_project_makes_another_thing(world, making):
    made = [
        await ask(world.core, world.caller, making),
        await ask(world.core, world.caller, making, key="l"),
        await ask(world.core, world.caller, making, method="creat", key="ek"),
        await ask(world.core, OTHER, making),
    ]
    assert len({one.id for one in made}) == 4


async def test_a_server_that_was_killed_before_it_answered_knows_the_request_again(tmp_path, making):
    async with World(tmp_path) as world:
        made = await making.make(keyed(world.core, world.caller, "create", "k"), world.caller)
    store = open_store(tmp_path / "clew.db")
    assert await ask(replace(world.core, store=store), world.caller, making) == made
    await store.close()


async def test_nothing_is_left_of_the_bytes_of_a_second_request(world, tmp_path):
    for _ in range(3):
        await ask(world.core, world.caller, MAKINGS["file"])
    assert len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]) == 1


async def test_a_run_is_made_once(world):
    thread_id, assistant_id = await world.thread(), await world.assistant()
    new = NewRun(assistant_id=assistant_id, additional_messages=(text("user", "Hello"),))

    async def start() -> Any:
        async def make(core: Core) -> Any:
            return (await runs.create(core, world.caller, thread_id, new, unless_busy=True)).run

        async def again(core: Core) -> Any:
            return await runs.find(core, world.caller, core.ids.within("run", thread_id))

        return await once(world.core, world.caller, "run", "k", make=make, again=again)

    assert await start() == await start()
    assert len(await world.messages(thread_id)) == 1


async def test_who_asks_again_is_answered_also_where_the_thing_itself_took_the_last_room(world):
    core = replace(world.core, quotas=Quotas(usual=Quota(threads=1)))
    made = await ask(core, world.caller, MAKINGS["thread"])
    assert await ask(core, world.caller, MAKINGS["thread"]) == made
    with pytest.raises(QuotaSpent):
        await ask(core, world.caller, MAKINGS["thread"], key="l")


async def test_a_unit_that_is_run_again_makes_the_same_ids(world):
    """One that fails after it has written is run once more by the store, apart from the others of its group."""
    core = keyed(world.core, world.caller, "create", "k")
    attempts: list[list[str]] = []

    async def unit(tx: Any) -> None:
        attempts.append([core.ids.new(kind) for kind in ("thread", "thread", "assistant")])
        await tx.threads.insert(nouns.thread())
        raise Failed

    with pytest.raises(Failed):
        await core.store.write(unit)
    assert len(attempts) == 2
    assert attempts[0] == attempts[1]
    assert len(set(attempts[0])) == 3


class TestMessages:
    async def say(self, world: World, thread_id: str, key: str, **more: Any) -> Any:
        end = letters(world.core, world.caller, "say", key)
        return await messages.create(world.core, world.caller, thread_id, text("user", "Hi"), once=end, **more)

    async def test_the_same_request_says_it_once(self, world):
        thread_id = await world.thread(text("user", "first"))
        said = [await self.say(world, thread_id, key) for key in "kkl"]
        await world.say(thread_id, "something else")
        assert await self.say(world, thread_id, "k") == said[0] == said[1] != said[2]
        assert len(await world.messages(thread_id)) == 4

    async def test_it_is_found_by_its_id_like_any_other(self, world):
        thread_id = await world.thread(text("user", "first"))
        said = await self.say(world, thread_id, "k")
        assert ids.place_of(said.id) == said.seq == 2
        assert await messages.get(world.core, world.caller, thread_id, said.id) == said

    async def test_it_is_known_again_among_the_last_messages_only(self, world):
        thread_id = await world.thread()
        said = await self.say(world, thread_id, "k")
        for count, same in ((LATELY - 1, True), (1, False)):
            await fill(world, thread_id, count)
            assert (await self.say(world, thread_id, "k") == said) is same

    async def test_it_is_known_again_while_a_run_keeps_others_out(self, world):
        thread_id, assistant_id = await world.thread(), await world.assistant()
        said = await self.say(world, thread_id, "k")
        await world.start(thread_id, assistant_id)
        assert await self.say(world, thread_id, "k", unless_busy=True) == said
        with pytest.raises(ThreadBusy):
            await self.say(world, thread_id, "l", unless_busy=True)

    async def test_in_another_thread_it_is_another_message(self, world):
        said = [await self.say(world, await world.thread(), "k") for _ in range(2)]
        assert said[0].id != said[1].id


async def fill(world: World, thread_id: str, count: int) -> None:
    """So many further messages."""

    async def unit(tx: Any) -> None:
        entered = await messages.enter(tx, world.core, world.caller, thread_id)
        await messages.append(tx, world.core, world.caller, entered, [text("user", "more")] * count)

    await world.store.write(unit)


async def test_what_is_refused_stays_refused(world):
    new = NewRun(assistant_id="asst_none")
    thread_id = await world.thread()

    async def make(core: Core) -> Any:
        return (await runs.create(core, world.caller, thread_id, new)).run

    async def again(core: Core) -> Any:
        return await runs.find(core, world.caller, core.ids.within("run", thread_id))

    with pytest.raises(NotFound) as refused:
        await once(world.core, world.caller, "run", "k", make=make, again=again)
    assert refused.value.noun == "assistant"


def test_ids_from_a_seed_look_like_all_others():
    made = KeyedIds(b"seed")
    within = made.within("run", "thread_a")
    assert ids.tag_of(within, "run") == ids.tag("thread_a")
    assert len(made.new("thread")) == len("thread_") + ids.TAG_LENGTH + ids.RANDOM_LENGTH
