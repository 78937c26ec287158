"""Steps over a real store: told in any order, more than once, with and without a thread, beside other dialects."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

import pytest

from clew.domain.expiration import DAY_SECONDS, Expiration, Policy
from clew.domain.item import Kind, text_of
from clew.domain.patch import DEPTH_MAX
from clew.domain.problem import Invalid, NotFound, TooLarge
from clew.domain.project import Caller
from clew.domain.query import Filter, Op, Query
from clew.domain.quota import Quota, Quotas
from clew.domain.run import RunState
from clew.domain.step import EnclosureChange, Generated, ScoreChange, StepChange, output_of
from clew.service import catalog, conversations, enclosures, messages, runs, scores, steps, threads
from clew.service.conversations import ThreadChange
from clew.service.core import Limits
from clew.service.runs import Output
from clew.service.threads import NewThread
from clew.upkeep.sweep import sweep_once
from support.world import WEATHER, World, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


async def tell(world, *changes):
    """Every change, none refused."""
    assert await steps.ingest(world.core, world.caller, changes) == [None] * len(changes)


def message(id, said="hi", thread_id="t", **fields):  # noqa: A002
    fields = {"kind": Kind.MESSAGE, "role": "user", "output": {"content": said}, **fields}
    return StepChange(id=id, thread_id=thread_id, **fields)


async def of(world, thread_id="t", **more):
    return (await steps.of_threads(world.core, world.caller, [thread_id], **more))[thread_id]


async def get(world, step_id):
    return await steps.get(world.core, world.caller, step_id)


async def listed(world, *filters, **more):
    found = await steps.page(world.core, world.caller, Query(filters=filters), **more)
    return [step.item.id for step in found.things]


async def test_a_message_that_is_told_is_a_message_of_the_thread_in_every_dialect(world):
    await tell(world, message("a", "one"), message("b", "two", role="assistant"))
    assert [(item.id, item.role, text_of(item)) for item in await world.messages("t")] == [
        ("a", "user", "one"),
        ("b", "assistant", "two"),
    ]


async def test_children_may_come_before_their_parent_and_all_before_their_thread(world):
    await tell(
        world,
        StepChange(id="child", thread_id="t", parent_id="root", kind=Kind.TOOL_CALL, started_at=2),
        StepChange(id="root", thread_id="t", kind=Kind.SPAN, started_at=1),
    )
    thread = await conversations.upsert(world.core, world.caller, ThreadChange(id="t", name="Talk"))
    assert thread.name == "Talk"
    assert [step.item.id for step in await of(world)] == ["root", "child"]
    assert [step.item.id for step in await steps.tree(world.core, world.caller, "root")] == ["root", "child"]


async def test_telling_again_doubles_nothing(world):
    change = message("a", scores=(ScoreChange(id="s", name="good", value=1),), enclosures=(EnclosureChange(id="e"),))
    for _ in range(3):
        await tell(world, change, change)
    (step,) = await of(world)
    assert ([one.id for one in step.scores], [one.id for one in step.enclosures]) == (["s"], ["e"])
    assert len(await world.messages("t")) == 1


async def test_a_step_is_told_in_pieces(world):
    await tell(world, StepChange(id="a", thread_id="t", name="n", started_at=1), StepChange(id="a", output={"x": 1}))
    await tell(world, StepChange(id="a", thread_id="t", enclosures=(EnclosureChange(name="photo"),)))
    step = await get(world, "a")
    assert (step.item.trace.name, output_of(step.item), step.enclosures[0].name) == ("n", {"x": 1}, "photo")


async def test_a_bad_step_takes_no_other_with_it(world):
    bad = message("b", scores=(ScoreChange(value=1),))
    first, second, third = await steps.ingest(world.core, world.caller, [message("a"), bad, message("c")])
    assert (first, str(second), third) == (None, "name: a score needs a name", None)
    assert [step.item.id for step in await of(world)] == ["a", "c"]


async def test_a_step_needs_an_id(world):
    (problem,) = await steps.ingest(world.core, world.caller, [StepChange(id="")])
    assert isinstance(problem, Invalid)


async def test_a_step_without_a_thread_is_found_and_no_list_of_threads_has_it(world):
    await tell(world, StepChange(id="run", kind=Kind.SPAN), StepChange(id="llm", root_id="run", parent_id="run"))
    assert [(await get(world, id)).thread_id for id in ("run", "llm")] == [None, None]  # noqa: A001
    assert (await catalog.threads(world.core, world.caller, Query())).things == ()
    assert sorted(await listed(world)) == ["llm", "run"]
    assert [step.item.id for step in await steps.children(world.core, world.caller, "run")] == ["llm"]


async def test_a_step_that_gets_its_thread_later_moves_there(world):
    scored = StepChange(id="a", kind=Kind.MESSAGE, output={"content": "x"}, scores=(ScoreChange(name="n", value=0),))
    await tell(world, scored, message("b"))
    await tell(world, StepChange(id="a", thread_id="t"))
    assert [item.id for item in await world.messages("t")] == ["b", "a"]
    assert ((await get(world, "a")).thread_id, len((await get(world, "a")).scores)) == ("t", 1)


async def test_a_step_that_turns_out_to_be_a_message_becomes_one_where_it_stands(world):
    await tell(world, StepChange(id="a", thread_id="t", output={"content": "first"}), message("b", "second"))
    assert [item.id for item in await world.messages("t")] == ["b"]
    await tell(world, StepChange(id="a", kind=Kind.MESSAGE, role="user"))
    assert [(item.id, text_of(item)) for item in await world.messages("t")] == [("a", "first"), ("b", "second")]
    await tell(world, StepChange(id="a", kind=Kind.TOOL_CALL))
    assert [item.id for item in await world.messages("t")] == ["b"]


async def test_steps_may_name_each_other_in_a_circle(world):
    await tell(world, *(StepChange(id=a, thread_id="t", parent_id=b) for a, b in ("xy", "yz", "zx")))
    assert {step.item.id for step in await steps.tree(world.core, world.caller, "x")} == {"x", "y", "z"}


async def test_what_is_beside_a_step_may_come_before_it(world):
    await scores.create(world.core, world.caller, [ScoreChange(name="n", value=1, step_id="a")])
    await enclosures.create(world.core, world.caller, EnclosureChange(step_id="a", name="photo"))
    with pytest.raises(NotFound):
        await get(world, "a")
    await tell(world, message("a"))
    step = await get(world, "a")
    assert (len(step.scores), len(step.enclosures)) == (1, 1)


async def test_a_message_of_another_dialect_is_a_step_by_its_id(world):
    thread_id = await world.thread()
    said = await world.say(thread_id, "from OpenAI")
    step = await get(world, said.id)
    assert (step.thread_id, output_of(step.item)) == (thread_id, {"content": "from OpenAI"})


async def test_what_is_told_of_another_dialects_message_is_kept_with_it(world):
    thread_id = await world.thread(text("user", "hello"))
    (said,) = await world.messages(thread_id)
    await tell(world, StepChange(id=said.id, thread_id=thread_id, metadata={"n": 1}, tags=("x",)))
    (after,) = await world.messages(thread_id)
    assert (after.parts, after.metadata, after.tags, after.seq) == (said.parts, {"n": 1}, ("x",), said.seq)
    assert len(await of(world, thread_id)) == 1


async def test_a_message_that_another_dialect_changed_or_deleted_is_so_in_lists(world):
    await tell(world, message("a", "one"), message("b", "two", metadata={"k": "old"}))
    await messages.delete(world.core, world.caller, "t", "a")
    assert await listed(world) == ["b"]
    await messages.modify(world.core, world.caller, "t", "b", metadata={"k": "new"})
    assert await listed(world, Filter(field="metadata", op=Op.EQ, value="new", path="k")) == ["b"]


async def test_update_and_delete_want_a_step_that_is_there(world):
    with pytest.raises(NotFound):
        await steps.update(world.core, world.caller, StepChange(id="a", name="n"))
    with pytest.raises(NotFound):
        await steps.delete(world.core, world.caller, "a")
    await tell(world, message("a"))
    assert (await steps.update(world.core, world.caller, StepChange(id="a", name="n"))).item.trace.name == "n"
    await steps.delete(world.core, world.caller, "a")
    assert (await of(world), await world.messages("t"), await listed(world)) == ([], [], [])


async def test_another_project_has_its_own_steps_of_the_same_ids(world):
    await tell(world, message("a", "ours"), StepChange(id="loose"))
    theirs = Caller(project_id="theirs")
    with pytest.raises(NotFound):
        await steps.get(world.core, theirs, "a")
    assert await steps.ingest(world.core, theirs, [message("a", "theirs"), StepChange(id="loose")]) == [None, None]
    assert output_of((await get(world, "a")).item) == {"content": "ours"}


async def test_a_thread_that_goes_takes_its_steps_along_at_once_and_their_ids_are_free(world):
    await tell(world, message("a", scores=(ScoreChange(id="s", name="n", value=1),)))
    await threads.delete(world.core, world.caller, "t")
    with pytest.raises(NotFound):
        await get(world, "a")
    with pytest.raises(NotFound):
        await scores.get(world.core, world.caller, "s")
    await tell(world, message("a", "again"))
    assert ((await get(world, "a")).scores, await listed(world)) == ((), ["a"])
    await sweep_once(world.core)
    assert [step.item.id for step in await of(world)] == ["a"]


async def test_an_expired_thread_is_gone_and_its_name_can_be_used_again(world):
    ends = Expiration(policy=Policy.STATIC, ttl_seconds=DAY_SECONDS)
    await threads.create(world.core, world.caller, NewThread(id="t", expiration=ends))
    await tell(world, message("a"))
    world.clock.advance(DAY_SECONDS)
    assert await listed(world) == []
    await tell(world, message("a", "again"))
    assert [output_of(step.item) for step in await of(world)] == [{"content": "again"}]


async def test_a_log_takes_no_more_than_it_may_have(world):
    core = world.another_core(Limits(thread_entries=1))
    first, second = await steps.ingest(core, world.caller, [message("a"), message("b")])
    assert (first, type(second)) == (None, TooLarge)


async def test_writers_that_race_for_one_step_make_one(world):
    await asyncio.gather(*(tell(world, message("a", f"{n}")) for n in range(20)))
    assert len(await of(world)) == 1


async def test_what_was_written_while_nobody_listed_is_found_after_a_start(tmp_path):
    async with World(tmp_path) as world:
        await tell(world, message("told"))
        thread_id = await world.thread(text("user", "unlisted"))
    async with World(tmp_path) as world:
        found = await steps.page(world.core, world.caller, Query())
        assert {step.thread_id for step in found.things} == {"t", thread_id}


async def test_a_project_that_begins_with_much_is_brought_in(world):
    for n in range(5):
        await world.thread(*(text("user", f"{n} {m}") for m in range(100)))
    found = await steps.page(world.core, world.caller, Query(counted=True))
    assert (found.total, len(found.things)) == (500, 50)


class TestARunOfOurs:
    async def test_is_a_tree_of_steps(self, tmp_path, model):
        model.call(("get_weather", {"city": "Oslo"}))
        model.say("Rain.")
        async with World(tmp_path, model) as world:
            run = await world.begun(tools=[WEATHER], instructions="Be brief.")
            async with world.engine():
                waiting = await world.until(run, RunState.WAITING)
                given = [Output(call_id=call.id, output="rain") for call in waiting.progress.owed]
                await runs.submit(world.core, world.caller, run.thread_id, run.id, given)
                await world.ended(run)
            found = await of(world, run.thread_id)
            assert [step.item.kind for step in found] == [
                Kind.MESSAGE, Kind.SPAN, Kind.GENERATION, Kind.TOOL_CALL, Kind.GENERATION, Kind.MESSAGE,
            ]  # fmt: skip
            _, root, first, call, second, answer = found
            assert root.item.id == run.id
            assert [step.item.parent_id for step in (first, call, second, answer)] == [
                run.id, first.item.id, run.id, second.item.id,
            ]  # fmt: skip
            assert [one["role"] for one in second.asked] == ["system", "user", "assistant", "tool"]
            assert (second.asked[3]["content"], second.answered) == ("rain", {"role": "assistant", "content": "Rain."})
            assert {step.item.id for step in await steps.tree(world.core, world.caller, run.id)} == {
                step.item.id for step in found[1:]
            }
            assert (await get(world, run.id)).item.kind is Kind.SPAN
            (sums,) = (await catalog.thread_sums(world.core, world.caller, [run.thread_id])).values()
            assert sums.tokens == run_tokens(await world.get(run))

    async def test_takes_metadata_and_nothing_else_from_whoever_tells_of_it(self, world):
        run = await world.begun()
        await tell(world, StepChange(id=run.id, metadata={"k": 1}, name="mine", kind=Kind.TOOL_CALL))
        assert ((await world.get(run)).progress.metadata, (await get(world, run.id)).item.kind) == ({"k": 1}, Kind.SPAN)
        with pytest.raises(Invalid):
            await steps.delete(world.core, world.caller, run.id)

    async def test_is_not_asked_about_calls_that_others_tell_of(self, tmp_path, model):
        async with World(tmp_path, model) as world:
            await tell(world, message("a", "How is Oslo?"))
            await tell(world, StepChange(id="b", thread_id="t", kind=Kind.TOOL_CALL, input={"q": 1}, output={"r": 2}))
            run = await world.start("t", await world.assistant())
            async with world.engine():
                await world.ended(run)
            assert [one["role"] for one in model.requests[0]["messages"]] == ["user"]


def run_tokens(run):
    return run.progress.usage.total_tokens


async def test_what_is_told_of_another_dialects_message_is_kept_also_where_only_its_id_is_named(world):
    await tell(world, message("first"))
    thread_id = await world.thread(text("user", "hello"))
    (said,) = await world.messages(thread_id)
    await tell(world, StepChange(id=said.id, metadata={"n": 1}))
    (after,) = await world.messages(thread_id)
    assert (after.metadata, await listed(world, Filter(field="thread_id", op=Op.IS))) == ({"n": 1}, [])


async def test_a_thread_that_others_began_comes_to_what_is_told_in_it(world):
    thread_id = await world.thread(text("user", "hello"))
    change = StepChange(id="a", thread_id=thread_id, kind=Kind.GENERATION, generation=Generated(tokens=4))
    await tell(world, change)
    sums = await catalog.thread_sums(world.core, world.caller, [thread_id])
    assert (sums[thread_id].tokens, len(await listed(world))) == (4, 2)


async def test_what_nests_too_deep_is_refused(world):
    deep = {}
    for _ in range(DEPTH_MAX + 1):
        deep = {"in": [deep]}
    for field in ("input", "output", "metadata"):
        (problem,) = await steps.ingest(world.core, world.caller, [StepChange(id="a", **{field: deep})])
        assert str(problem) == f"{field}: nests deeper than {DEPTH_MAX}"
    with pytest.raises(Invalid):
        await conversations.upsert(world.core, world.caller, ThreadChange(id="t", metadata=deep))


async def test_messages_that_are_told_count_towards_a_quota(world):
    quotas = Quotas(usual=Quota(messages=1, threads=1))
    core = dataclasses.replace(world.core, quotas=quotas)
    loose = StepChange(id="loose", kind=Kind.MESSAGE, output={"content": "x"})
    told = await steps.ingest(
        core, world.caller, [loose, message("a"), message("a"), message("b"), message("c", thread_id="u")]
    )
    assert [str(one) for one in told if one] == ["this project may have 1 messages", "this project may have 1 threads"]
    await tell(world, StepChange(id="a", kind=Kind.TOOL_CALL))
    assert await steps.ingest(core, world.caller, [message("b")]) == [None]
