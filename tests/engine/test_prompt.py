"""From a thread's log to a prompt: what is in it, what is left out, and what is cut to fit."""

from __future__ import annotations

import base64
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from clew.domain.item import Item, ItemStatus, Kind, Part, PartKind, Trace, Usage
from clew.domain.noun import replace
from clew.domain.run import Truncation, TruncationMode
from clew.engine import prompt
from clew.engine.prompt import PromptTooLong, build
from clew.service import files, messages, runs
from clew.service.files import NewFile
from support.world import World, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.domain.run import Run

numbers = count()


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        yield world


async def prompted(world: World, run: Run, *, window: int | None = None, **more: Any) -> list[dict[str, Any]]:
    return await build(world.core, run, window=window, images=more.pop("images", True), **more)


async def contents(world: World, run: Run, **more: Any) -> list[Any]:
    return [message["content"] for message in await prompted(world, run, **more)]


async def write(world: World, run: Run, *items: Item) -> None:
    await world.store.write(lambda tx: tx.items.append(run.project_id, run.thread_id, items))


def call(run: Run, *, parent: str, output: str | None, **more: Any) -> Item:
    trace = Trace(name="get_weather", input='{"city":"Oslo"}', output=output)
    number = next(numbers)
    return Item(
        thread_id=run.thread_id, id=f"call_{number}", kind=Kind.TOOL_CALL, created_at=0, parent_id=parent,
        run_id="run_before", trace=trace, **more,
    )  # fmt: skip


def message(run: Run, said: str, **more: Any) -> Item:
    fields = {"role": "assistant", "run_id": "run_before", "parts": (Part(kind=PartKind.TEXT, text=said),), **more}
    return Item(thread_id=run.thread_id, id=f"msg_{next(numbers)}", kind=Kind.MESSAGE, created_at=0, **fields)


class TestWhatIsInIt:
    async def test_messages_stand_in_the_order_of_the_log(self, world):
        run = await world.begun("one")
        await world.say(run.thread_id, "two", role="assistant")
        await world.say(run.thread_id, "three")
        said = [(one["role"], one["content"]) for one in await prompted(world, run)]
        assert said == [("user", "one"), ("assistant", "two"), ("user", "three")]

    async def test_parts_of_text_are_joined_by_blank_lines(self, world):
        run = await world.start(await world.thread(text("user", "one", "two")), await world.assistant())
        assert await contents(world, run) == ["one\n\ntwo"]

    async def test_calls_stand_with_their_outputs(self, world):
        run = await world.begun("How is Oslo?")
        first, second = call(run, parent="step_1", output="rain"), call(run, parent="step_1", output="4 °C")
        await write(world, run, first, second, message(run, "Bad."))
        asked = await prompted(world, run)
        assert [one["role"] for one in asked] == ["user", "assistant", "tool", "tool", "assistant"]
        assert [one["id"] for one in asked[1]["tool_calls"]] == [first.id, second.id]
        assert asked[1]["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": '{"city":"Oslo"}'}
        assert [(one["tool_call_id"], one["content"]) for one in asked[2:4]] == [
            (first.id, "rain"),
            (second.id, "4 °C"),
        ]

    async def test_calls_of_two_turns_stay_apart(self, world):
        run = await world.begun()
        await write(world, run, call(run, parent="step_1", output="a"), call(run, parent="step_2", output="b"))
        roles = [one["role"] for one in await prompted(world, run)]
        assert roles == ["user", "assistant", "tool", "assistant", "tool"]

    async def test_calls_that_open_a_thread_are_in_it(self, world):
        run = await world.start(await world.thread(), await world.assistant())
        await write(world, run, call(run, parent="step_1", output="a"))
        assert [one["role"] for one in await prompted(world, run)] == ["assistant", "tool"]

    async def test_calls_that_were_never_answered_are_left_out(self, world):
        run = await world.begun()
        await write(world, run, call(run, parent="step_1", output=None), call(run, parent="step_2", output="b"))
        asked = await prompted(world, run)
        assert [one["role"] for one in asked] == ["user", "assistant", "tool"]
        assert asked[-1]["content"] == "b"

    async def test_an_empty_output_is_an_answer(self, world):
        run = await world.begun()
        await write(world, run, call(run, parent="step_1", output=""))
        assert (await prompted(world, run))[-1]["content"] == ""

    async def test_a_text_that_was_cut_is_in_it(self, world):
        run = await world.begun("one")
        await write(world, run, message(run, "two th", status=ItemStatus.INCOMPLETE))
        assert await contents(world, run) == ["one", "two th"]

    async def test_a_refusal_is_in_it(self, world):
        run = await world.begun("one")
        await write(world, run, message(run, "", parts=(Part(kind=PartKind.REFUSAL, text="No."),)))
        assert await contents(world, run) == ["one", "No."]

    async def test_a_message_that_is_being_written_is_left_out(self, world):
        run = await world.begun("one")
        await write(world, run, message(run, "two", status=ItemStatus.IN_PROGRESS))
        assert await contents(world, run) == ["one"]

    async def test_a_message_that_was_deleted_is_left_out(self, world):
        run = await world.begun("one")
        gone = await world.say(run.thread_id, "two")
        await messages.delete(world.core, world.caller, run.thread_id, gone.id)
        assert await contents(world, run) == ["one"]

    async def test_a_long_thread_is_read_in_pages(self, world, monkeypatch):
        monkeypatch.setattr(prompt, "READ_AT_ONCE", 3)
        run = await world.start(await world.thread(*(text("user", str(n)) for n in range(10))), await world.assistant())
        assert await contents(world, run) == [str(n) for n in range(10)]

    async def test_calls_that_a_page_divides_stay_together(self, world, monkeypatch):
        monkeypatch.setattr(prompt, "READ_AT_ONCE", 2)
        run = await world.begun()
        await write(world, run, *(call(run, parent="step_1", output=str(n)) for n in range(5)))
        asked = await prompted(world, run)
        assert len(asked[1]["tool_calls"]) == 5


class TestLastMessages:
    def last(self, run: Run, many: int) -> Run:
        return replace(run, truncation=Truncation(mode=TruncationMode.LAST_MESSAGES, count=many))

    async def test_keeps_the_newest(self, world):
        run = await world.start(await world.thread(*(text("user", str(n)) for n in range(5))), await world.assistant())
        assert await contents(world, self.last(run, 2)) == ["3", "4"]

    async def test_does_not_count_calls(self, world):
        run = await world.begun("one")
        await write(world, run, call(run, parent="step_1", output="rain"))
        assert [one["role"] for one in await prompted(world, self.last(run, 1))] == ["user", "assistant", "tool"]

    async def test_does_not_count_what_the_run_itself_has_written(self, world):
        run = await world.begun("one")
        await write(world, run, message(run, "Let me see.", run_id=run.id), call(run, parent="step_1", output="rain"))
        assert (await contents(world, self.last(run, 1)))[0] == "one"

    async def test_does_not_keep_the_opening_message(self, world):
        run = await world.start(
            await world.thread(*(text("user", "x" * 40) for _ in range(5))), await world.assistant()
        )
        assert len(await prompted(world, self.last(run, 4), window=60)) == 3


class TestFit:
    """A message of 40 characters is 14 tokens; a window of 80 leaves 60 for the prompt."""

    async def thread_of(self, world: World, *said: str) -> Run:
        return await world.start(await world.thread(*(text("user", one) for one in said)), await world.assistant())

    async def test_drops_from_the_middle_and_keeps_the_opening_message(self, world):
        said = [f"{n:040}" for n in range(10)]
        run = await self.thread_of(world, *said)
        assert await contents(world, run, window=80) == [said[0], *said[-3:]]

    async def test_drops_from_the_beginning_where_the_run_says_so(self, world):
        said = [f"{n:040}" for n in range(10)]
        run = replace(await self.thread_of(world, *said), truncation=Truncation(mode=TruncationMode.OLDEST))
        assert await contents(world, run, window=80) == said[-4:]

    async def test_does_not_repeat_an_opening_message_that_is_in_it(self, world):
        run = await self.thread_of(world, "one", "two")
        await write(world, run)
        assert await contents(world, run, window=80) == ["one", "two"]

    async def test_gives_up_an_opening_message_that_is_too_long(self, world):
        said = ["x" * 200, *(f"{n:040}" for n in range(10))]
        run = await self.thread_of(world, *said)
        assert await contents(world, run, window=80) == said[-4:]

    async def test_keeps_the_newest_message_rather_than_the_opening(self, world):
        said = ["o" * 80, "m" * 80, "n" * 160]
        run = await self.thread_of(world, *said)
        assert await contents(world, run, window=80) == said[-1:]

    async def test_never_divides_calls(self, world):
        run = await self.thread_of(world, "one")
        await write(world, run, *(call(run, parent="step_1", output="x" * 40) for _ in range(4)))
        await world.say(run.thread_id, "two")
        assert await contents(world, run, window=80) == ["one", "two"]

    async def test_leaves_room_for_the_instructions(self, world):
        run = replace(await self.thread_of(world, *(f"{n:040}" for n in range(10))), instructions="i" * 80)
        asked = await prompted(world, run, window=80)
        assert [one["role"] for one in asked] == ["system", "user", "user"]

    async def test_leaves_room_for_the_tools(self, world):
        run = await self.thread_of(world, *(f"{n:040}" for n in range(10)))
        tools = [{"type": "function", "function": {"name": "f", "description": "x" * 60}}]
        assert len(await prompted(world, run, window=80, tools=tools)) < len(await prompted(world, run, window=80))

    async def test_says_where_not_even_the_newest_message_fits(self, world):
        run = await self.thread_of(world, "x" * 400)
        with pytest.raises(PromptTooLong) as raised:
            await prompted(world, run, window=80)
        assert (raised.value.limit, raised.value.by_run) == (60, False)

    async def test_says_where_the_run_itself_wants_no_more(self, world):
        run = await world.begun("x" * 4000, max_prompt_tokens=1000)
        spent = replace(run, progress=replace(run.progress, usage=Usage(prompt_tokens=900)))
        with pytest.raises(PromptTooLong) as raised:
            await prompted(world, spent)
        assert (raised.value.limit, raised.value.by_run) == (100, True)

    async def test_says_where_the_instructions_alone_are_too_long(self, world):
        run = replace(await self.thread_of(world), instructions="x" * 400)
        with pytest.raises(PromptTooLong):
            await prompted(world, run, window=80)

    async def test_reads_no_more_of_a_long_thread_than_it_takes(self, world, monkeypatch):
        monkeypatch.setattr(prompt, "READ_AT_ONCE", 10)
        run = await self.thread_of(world, *(f"{n:040}" for n in range(300)))
        reads = 0
        read = world.store.read

        async def counted(unit):
            nonlocal reads
            reads += 1
            return await read(unit)

        monkeypatch.setattr(world.store, "read", counted)
        await prompted(world, run, window=80)
        assert reads == 2  # the newest page, and the opening message


class TestImages:
    async def image(self, world: World, size: int = 4) -> str:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"\x89PNG" + b"x" * (size - 4)

        made = await files.create(world.core, world.caller, NewFile(name="a.png", purpose="vision"), chunks())
        return made.id

    async def looking(self, world: World, *parts: Part) -> Run:
        thread_id = await world.thread(replace(text("user", "Look"), parts=(*text("user", "Look").parts, *parts)))
        return await world.start(thread_id, await world.assistant())

    async def test_are_handed_over_with_their_bytes(self, world):
        run = await self.looking(world, Part(kind=PartKind.IMAGE_FILE, file_id=await self.image(world), detail="low"))
        (content,) = await contents(world, run)
        encoded = base64.b64encode(b"\x89PNG").decode()
        assert content == [
            {"type": "text", "text": "Look"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded}", "detail": "low"}},
        ]

    async def test_at_an_address_are_not_fetched(self, world):
        run = await self.looking(world, Part(kind=PartKind.IMAGE_URL, url="https://example.com/a.png"))
        (content,) = await contents(world, run)
        assert content[1] == {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "auto"}}

    async def test_are_named_to_a_model_that_does_not_see(self, world):
        file_id = await self.image(world)
        run = await self.looking(
            world,
            Part(kind=PartKind.IMAGE_FILE, file_id=file_id),
            Part(kind=PartKind.IMAGE_URL, url="https://example.com/a.png"),
            Part(kind=PartKind.IMAGE_URL, url="data:image/png;base64,AAAA"),
        )
        named = f"Look\n\n[image: {file_id}]\n\n[image: https://example.com/a.png]\n\n[image]"
        assert await contents(world, run, images=False) == [named]

    async def test_that_were_deleted_are_named(self, world):
        file_id = await self.image(world)
        run = await self.looking(world, Part(kind=PartKind.IMAGE_FILE, file_id=file_id))
        await files.delete(world.core, world.caller, file_id)
        (content,) = await contents(world, run)
        assert content[1] == {"type": "text", "text": f"[image: {file_id}]"}

    async def test_are_handed_over_newest_first_as_far_as_there_is_room(self, world, monkeypatch):
        monkeypatch.setattr(prompt, "IMAGE_BYTES_MAX", 15)
        run = await self.looking(world, Part(kind=PartKind.IMAGE_FILE, file_id=await self.image(world, 10)))
        newer = Part(kind=PartKind.IMAGE_FILE, file_id=await self.image(world, 10))
        await messages.create(world.core, world.caller, run.thread_id, replace(text("user"), parts=(newer,)))
        kinds = [[part["type"] for part in content] for content in await contents(world, run)]
        assert kinds == [["text", "text"], ["image_url"]]


async def test_two_runs_over_one_thread_see_each_others_words_only_when_they_are_whole(world):
    run = await world.begun("one")
    other = (await runs.create(world.core, world.caller, run.thread_id, runs.NewRun(assistant_id=run.assistant_id))).run
    await write(world, run, message(run, "half", run_id=other.id, status=ItemStatus.IN_PROGRESS))
    assert await contents(world, run) == ["one"]
