"""What programs do with the official Literal AI client: one table of small checks.

    python acceptance.py http://127.0.0.1:8400 [--asynchronous]

prints a line of JSON for each check, `{"check": …, "problem": null}` or with the traceback. Each check is written once:
`Desk.api` calls either form of the client. Every check brings threads and people of its own, by names that nobody else
has; nothing of ours is imported, so that foreign environments can run this.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import inspect
import json
import sys
import traceback
import urllib.request
import uuid
from collections.abc import Callable  # noqa: TC003 (this runs without ours, as simple as it can)
from datetime import UTC, datetime
from typing import Any

from literalai import AsyncLiteralClient, LiteralClient
from literalai.observability.generation import ChatGeneration, CompletionGeneration
from literalai.observability.step import Attachment, Score, Step

CHECKS: dict[str, Callable[[Desk], None]] = {}


def check(function: Callable[[Desk], None]) -> Callable[[Desk], None]:
    """Put the function into the table."""
    CHECKS[function.__name__] = function
    return function


def name(what: str = "it") -> str:
    """A name that nothing else has."""
    return f"{what}-{uuid.uuid4()}"


class Api:
    """`client.api`, whichever form of the client it is: what the asynchronous one gives is waited for."""

    def __init__(self, api: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._api = api
        self._loop = loop

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            given = getattr(self._api, method)(*arguments, **named)
            return self._loop.run_until_complete(given) if inspect.isawaitable(given) else given

        return call


class Desk:
    """What a check works with: the client, and its calls."""

    def __init__(self, client: Any, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.client = client
        self.url = url
        self.loop = loop
        self.api = Api(client.api, loop)
        self.knows_variants = hasattr(client.api, "create_prompt_variant")

    def do(self, work: Any) -> Any:
        """What a coroutine gives."""
        return self.loop.run_until_complete(work)

    def flush(self) -> None:
        """Wait until everything that was told has been sent."""
        given = self.client.flush()
        if inspect.isawaitable(given):
            self.do(given)

    def steps(self, thread_id: str) -> dict[str, Any]:
        """The thread's steps by name, once everything that was told has been sent."""
        self.flush()
        return {step.name: step for step in self.api.get_thread(id=thread_id).steps}

    def ids(self, method: str, **more: Any) -> list[str]:
        """The ids of all pages of a list."""
        found: list[str] = []
        after = None
        while True:
            page = getattr(self.api, method)(after=after, **more)
            found += [thing.id for thing in page.data]
            after = page.page_info.end_cursor
            if not page.page_info.has_next_page:
                return found


def refused(call: Callable[[], Any]) -> str:
    """What is said by a call that has to fail."""
    try:
        call()
    except Exception as problem:  # noqa: BLE001 (the client raises nothing more special)
        return str(problem)
    raise AssertionError("this should have failed")


def having(field: str, operator: str, value: Any, path: str | None = None) -> dict[str, Any]:
    """A filter."""
    made = {"field": field, "operator": operator, "value": value}
    return {**made, "path": path} if path else made


# --- threads ------------------------------------------------------------------------------------------------------


@check
def a_thread_is_made_with_all_that_it_may_have(desk: Desk) -> None:
    identifier = name("ada")
    thread = desk.api.create_thread(
        name="Trip", metadata={"key": "value", "n": {"deep": [1, None]}}, participant_id=identifier, tags=["a", "b"]
    )
    assert (thread.name, thread.metadata, thread.tags) == (
        "Trip",
        {"key": "value", "n": {"deep": [1, None]}},
        ["a", "b"],
    )
    assert thread.participant_identifier == identifier
    assert thread.participant_id == desk.api.get_user(identifier=identifier).id
    again = desk.api.get_thread(id=thread.id)
    assert again.to_dict() == thread.to_dict()
    assert datetime.fromisoformat(again.created_at).tzinfo is not None


@check
def a_thread_is_made_with_nothing(desk: Desk) -> None:
    thread = desk.api.create_thread()
    assert (thread.name, thread.tags, thread.steps, thread.participant_id) == (None, [], [], None)
    assert thread.metadata in (None, {})


@check
def a_participant_is_named_by_id_too(desk: Desk) -> None:
    user = desk.api.create_user(identifier=name("bob"))
    assert desk.api.create_thread(participant_id=user.id).participant_identifier == user.identifier


@check
def an_update_leaves_what_it_does_not_say(desk: Desk) -> None:
    thread = desk.api.create_thread(name="Old", metadata={"a": 1, "b": 2}, tags=["x"])
    after = desk.api.update_thread(id=thread.id, name="New")
    assert (after.name, after.metadata, after.tags) == ("New", {"a": 1, "b": 2}, ["x"])
    after = desk.api.update_thread(id=thread.id, metadata={"b": 3}, tags=[])
    assert (after.name, after.metadata, after.tags) == ("New", {"b": 3}, [])


@check
def an_update_of_no_thread_is_refused(desk: Desk) -> None:
    assert "no thread" in refused(lambda: desk.api.update_thread(id=name(), name="x"))


@check
def an_upsert_makes_and_changes(desk: Desk) -> None:
    thread_id = name("thread")
    made = desk.api.upsert_thread(id=thread_id, name="One", tags=["t"])
    assert (made.id, made.name) == (thread_id, "One")
    after = desk.api.upsert_thread(id=thread_id, metadata={"k": 1}, participant_id=name("eve"))
    assert (after.name, after.tags, after.metadata) == ("One", ["t"], {"k": 1})
    assert after.participant_id is not None


@check
def a_deleted_thread_is_gone_and_its_id_free(desk: Desk) -> None:
    thread_id = name("thread")
    desk.api.upsert_thread(id=thread_id, name="One")
    step = desk.api.create_step(thread_id=thread_id, type="run", name="r")
    assert desk.api.delete_thread(id=thread_id) is True
    assert desk.api.get_thread(id=thread_id) is None
    assert desk.api.get_step(id=step.id) is None
    assert desk.api.delete_thread(id=thread_id) is False
    again = desk.api.upsert_thread(id=thread_id)
    assert (again.name, desk.api.get_thread(id=thread_id).steps) == (None, [])


@check
def threads_are_listed_newest_first_in_pages(desk: Desk) -> None:
    tag = name("tag")
    ids = [desk.api.create_thread(tags=[tag], name=str(number)).id for number in range(5)]
    mine = [having("tags", "in", [tag])]
    page = desk.api.list_threads(first=2, filters=mine)
    assert ([one.id for one in page.data], page.total_count) == (ids[:-3:-1], 5)
    assert page.page_info.has_next_page is True
    assert desk.ids("list_threads", first=2, filters=mine) == ids[::-1]
    assert desk.ids("get_threads", first=2, filters=mine, order_by={"column": "createdAt", "direction": "ASC"}) == ids
    before = desk.api.list_threads(first=2, filters=mine, before=page.page_info.end_cursor)
    assert [one.id for one in before.data] == [ids[-1]]


@check
def a_page_after_the_last_is_empty(desk: Desk) -> None:
    tag = name("tag")
    desk.api.create_thread(tags=[tag])
    mine = [having("tags", "in", [tag])]
    end = desk.api.list_threads(filters=mine).page_info.end_cursor
    page = desk.api.list_threads(filters=mine, after=end)
    assert (page.data, page.page_info.has_next_page, page.total_count) == ([], False, 1)


@check
def listed_threads_have_no_steps_and_exported_ones_have(desk: Desk) -> None:
    tag = name("tag")
    thread = desk.api.create_thread(tags=[tag])
    desk.api.create_step(thread_id=thread.id, type="tool", name="t")
    desk.api.create_step(thread_id=thread.id, type="run", name="r")
    mine = [having("tags", "in", [tag])]
    assert desk.api.list_threads(filters=mine).data[0].steps == []
    assert [step.name for step in desk.api.get_threads(filters=mine).data[0].steps] == ["t", "r"]
    kept = desk.api.get_threads(filters=mine, step_types_to_keep=["run"]).data[0].steps
    assert [step.name for step in kept] == ["r"]


@check
def threads_are_found_by_every_filter(desk: Desk) -> None:
    identifier, tag, word = name("zoe"), name("tag"), uuid.uuid4().hex
    thread = desk.api.create_thread(
        name=f"The {word.upper()} story",
        tags=[tag, "z"],
        participant_id=identifier,
        metadata={"w": {"x": word}, "n": 7},
    )
    step = desk.api.create_step(
        thread_id=thread.id,
        type="llm",
        name=f"step {word}",
        output={"content": f"Say {word} again"},
        start_time="2024-01-01T00:00:00Z",
        end_time="2024-01-01T00:00:02.500Z",
    )
    desk.client.event_processor.add_event(
        {"id": step.id, "threadId": thread.id, "generation": {"type": "CHAT", "messages": [], "tokenCount": 42}}
    )
    desk.flush()
    desk.api.create_score(step_id=step.id, name=f"score {word}", value=0.5, type="AI")
    other = desk.api.create_thread(tags=[tag], name="other")
    only = [having("tags", "in", [tag])]
    for one in (
        having("id", "eq", thread.id),
        having("id", "neq", other.id),
        having("name", "eq", f"The {word.upper()} story"),
        having("name", "ilike", word),
        having("name", "ilike", f"%{word}%"),
        having("name", "nilike", "other"),
        having("tags", "in", ["z", "nothing"]),
        having("participantId", "eq", thread.participant_id),
        having("participantIdentifiers", "in", [identifier]),
        having("metadata", "eq", word, "w.x"),
        having("metadata", "eq", 7, "n"),
        having("metadata", "ilike", word[3:20]),
        having("stepType", "in", ["llm"]),
        having("stepType", "eq", "llm"),
        having("stepName", "eq", f"step {word}"),
        having("stepName", "ilike", word),
        having("stepOutput", "ilike", f"say {word}", "content"),
        having("stepOutput", "ilike", word),
        having("tokenCount", "gt", 41),
        having("tokenCount", "eq", 42),
        having("duration", "gte", 2.5),
        having("scoreValue", "eq", 0.5, f"score {word}"),
        having("scoreValue", "lt", 1, f"score {word}"),
        having("environment", "eq", "prod"),
    ):
        found = desk.api.list_threads(filters=[*only, one])
        both = one["field"] == "environment"
        assert ([it.id for it in found.data], found.total_count) == (
            ([other.id, thread.id], 2) if both else ([thread.id], 1)
        ), one
    for one in (
        having("name", "eq", "nothing"),
        having("tags", "nin", [tag]),
        having("createdAt", "lt", "2000-01-01"),
        having("createdAt", "gt", "2199-01-01T00:00:00Z"),
        having("tokenCount", "gt", 42),
        having("scoreValue", "eq", 1, f"score {word}"),
        having("participantIdentifiers", "in", ["nobody"]),
    ):
        assert desk.api.list_threads(filters=[*only, one]).data == [], one
    nobodys = desk.api.list_threads(filters=[*only, having("participantId", "is", None)])
    assert [it.id for it in nobodys.data] == [other.id]


@check
def what_was_just_made_is_not_after_itself(desk: Desk) -> None:
    tag = name("tag")
    thread = desk.api.create_thread(tags=[tag])
    mine = having("tags", "in", [tag])
    assert desk.api.list_threads(filters=[mine, having("createdAt", "gt", thread.created_at)]).data == []
    assert len(desk.api.list_threads(filters=[mine, having("createdAt", "gte", thread.created_at)]).data) == 1


@check
def threads_are_ordered_by_their_tokens(desk: Desk) -> None:
    tag = name("tag")
    threads = [desk.api.create_thread(tags=[tag]) for _ in range(3)]
    for thread, tokens in zip(threads, (5, 50, 7), strict=True):
        payload = {"type": "COMPLETION", "tokenCount": tokens}
        desk.client.event_processor.add_event(
            {"id": name("s"), "threadId": thread.id, "type": "llm", "generation": payload}
        )
    desk.flush()
    found = desk.ids(
        "list_threads",
        first=2,
        filters=[having("tags", "in", [tag])],
        order_by={"column": "tokenCount", "direction": "DESC"},
    )
    assert found == [threads[1].id, threads[2].id, threads[0].id]


@check
def a_filter_that_cannot_be_says_so(desk: Desk) -> None:
    assert "colour" in refused(lambda: desk.api.list_threads(filters=[having("colour", "eq", "red")]))
    assert "smells" in refused(lambda: desk.api.list_threads(filters=[having("name", "smells", "red")]))
    wrong = {"column": "colour", "direction": "ASC"}
    assert "colour" in refused(lambda: desk.api.list_threads(order_by=wrong))


# --- steps --------------------------------------------------------------------------------------------------------


@check
def a_step_is_made_read_changed_and_deleted(desk: Desk) -> None:
    thread = desk.api.create_thread()
    step = desk.api.create_step(
        thread_id=thread.id,
        type="tool",
        name="look",
        start_time="2024-01-01T00:00:00.123456",
        end_time="2024-01-01T01:00:01+01:00",
        input={"city": "Oslo"},
        output={"weather": ["rain"]},
        metadata={"m": 1},
        tags=["t"],
    )
    read = desk.api.get_step(id=step.id)
    assert (read.type, read.name, read.input, read.output) == ("tool", "look", {"city": "Oslo"}, {"weather": ["rain"]})
    assert (read.start_time, read.end_time) == ("2024-01-01T00:00:00.123Z", "2024-01-01T00:00:01.000Z")
    assert (read.metadata, read.tags, read.thread_id, read.environment) == ({"m": 1}, ["t"], thread.id, "prod")
    after = desk.api.update_step(id=step.id, output={"weather": "sun"})
    assert (after.name, after.input, after.output) == ("look", {"city": "Oslo"}, {"weather": "sun"})
    assert desk.api.delete_step(id=step.id) is True
    assert desk.api.get_step(id=step.id) is None
    assert desk.api.delete_step(id=step.id) is False
    assert "no step" in refused(lambda: desk.api.update_step(id=step.id, name="x"))


@check
def a_step_needs_no_thread(desk: Desk) -> None:
    step = desk.api.create_step(type="run", name="loose")
    assert desk.api.get_step(id=step.id).thread_id is None


@check
def children_come_before_their_parents_and_threads_after_their_steps(desk: Desk) -> None:
    thread_id, root, child = name("t"), name("root"), name("child")
    at = "2024-01-01T00:00:0{}Z".format
    desk.api.send_steps(
        [{"id": child, "threadId": thread_id, "parentId": root, "name": "child", "type": "tool", "startTime": at(2)}]
    )
    desk.api.send_steps([{"id": root, "threadId": thread_id, "name": "root", "type": "run", "startTime": at(1)}])
    desk.api.upsert_thread(id=thread_id, name="Late")
    thread = desk.api.get_thread(id=thread_id)
    assert (thread.name, [step.name for step in thread.steps]) == ("Late", ["root", "child"])
    assert thread.steps[1].parent_id == root


@check
def a_batch_that_comes_again_changes_nothing(desk: Desk) -> None:
    thread_id = name("t")
    batch = [{"id": name("s"), "threadId": thread_id, "name": str(number), "type": "run"} for number in range(5)]
    batch[0]["scores"] = [{"id": name("score"), "name": "s", "type": "HUMAN", "value": 1}]
    batch[0]["attachments"] = [{"id": name("a"), "name": "a", "url": "https://example.org/a"}]
    desk.api.send_steps(batch)
    first = desk.api.get_thread(id=thread_id).to_dict()
    desk.api.send_steps(batch)
    assert desk.api.get_thread(id=thread_id).to_dict() == first
    assert [step["name"] for step in first["steps"]] == ["0", "1", "2", "3", "4"]


@check
def a_bad_step_of_a_batch_does_not_take_its_neighbours_with_it(desk: Desk) -> None:
    thread_id = name("t")
    batch = [
        {"id": name("s"), "threadId": thread_id, "name": "good", "type": "run"},
        {"id": name("s"), "threadId": thread_id, "name": "bad", "type": "run", "startTime": "yesterday"},
        {"id": "", "threadId": thread_id, "name": "nameless", "type": "run"},
        {"id": name("s"), "threadId": thread_id, "name": "scored", "type": "run", "scores": [{"name": "x"}]},
        {"id": name("s"), "threadId": thread_id, "name": "odd", "type": "parade"},
        {"id": name("s"), "threadId": thread_id, "name": "last", "type": "run"},
    ]
    assert "yesterday" in refused(lambda: desk.api.send_steps(batch))
    steps = desk.steps(thread_id)
    assert list(steps) == ["good", "odd", "last"]
    assert steps["odd"].type == "undefined"


@check
def a_step_is_told_piece_by_piece(desk: Desk) -> None:
    thread_id, step_id = name("t"), name("s")
    desk.api.send_steps([{"id": step_id, "threadId": thread_id, "type": "run", "name": "n", "input": {"a": 1}}])
    desk.api.send_steps([{"id": step_id, "threadId": thread_id, "output": {"b": 2}, "tags": ["x"]}])
    desk.api.send_steps(
        [{"id": step_id, "threadId": thread_id, "attachments": [{"name": "f", "url": "https://x.org"}]}]
    )
    step = desk.api.get_step(id=step_id)
    assert (step.type, step.name, step.input, step.output, step.tags) == ("run", "n", {"a": 1}, {"b": 2}, ["x"])
    assert [one.url for one in step.attachments] == ["https://x.org"]


@check
def messages_are_steps_in_their_order(desk: Desk) -> None:
    with desk.client.thread(name="Talk") as thread:
        desk.client.message("Hi", type="user_message", name="ada", tags=["q"], metadata={"m": 1})
        desk.client.message("Hello", type="assistant_message", name="bot")
        desk.client.message("Be kind", type="system_message", name="law")
    steps = list(desk.steps(thread.id).values())
    assert [(one.type, one.name, one.output["content"]) for one in steps] == [
        ("user_message", "ada", "Hi"),
        ("assistant_message", "bot", "Hello"),
        ("system_message", "law", "Be kind"),
    ]
    assert (steps[0].tags, steps[0].metadata) == (["q"], {"m": 1})
    assert desk.api.get_thread(id=thread.id).name == "Talk"


@check
def a_model_s_step_has_its_generation(desk: Desk) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    generation = ChatGeneration(
        provider="test",
        model="m-1",
        messages=messages,
        message_completion={"role": "assistant", "content": "Hello"},
        settings={"temperature": 0},
        variables={"v": 1},
        tools=[{"type": "function", "function": {"name": "f"}}],
        token_count=9,
        input_token_count=4,
        output_token_count=5,
        duration=1.5,
        tt_first_token=12.5,
        token_throughput_in_s=3.25,
    )
    with desk.client.thread() as thread, desk.client.step(name="ask", type="llm") as step:
        step.generation = generation
    read = desk.steps(thread.id)["ask"].generation
    assert isinstance(read, ChatGeneration)
    for field in ("provider", "model", "messages", "message_completion", "settings", "variables", "tools"):
        assert getattr(read, field) == getattr(generation, field), field
    for field in ("token_count", "input_token_count", "output_token_count", "duration", "tt_first_token"):
        assert getattr(read, field) == getattr(generation, field), field
    completion = CompletionGeneration(prompt="p", completion="c", model="m-2")
    desk.api.update_step(id=step.id, name="ask")
    desk.api.send_steps([{"id": step.id, "generation": completion.to_dict()}])
    again = desk.api.get_step(id=step.id).generation
    assert (type(again), again.prompt, again.completion, again.model) == (CompletionGeneration, "p", "c", "m-2")


@check
def generations_are_made_and_listed(desk: Desk) -> None:
    model = name("model")
    made = desk.api.create_generation(ChatGeneration(provider="p", model=model, messages=[], token_count=3, tags=["g"]))
    desk.api.create_generation(ChatGeneration(provider="p", model=model, messages=[], token_count=30))
    found = desk.api.get_generations(filters=[having("model", "eq", model), having("tokenCount", "lt", 10)])
    assert ([one.id for one in found.data], found.total_count) == ([made.id], 1)
    assert found.data[0].tags == ["g"]
    ordered = desk.api.get_generations(
        filters=[having("model", "eq", model)], order_by={"column": "tokenCount", "direction": "DESC"}
    )
    assert [one.token_count for one in ordered.data] == [30, 3]
    assert desk.api.get_step(id=made.id).type == "llm"


@check
def steps_are_listed_by_filters(desk: Desk) -> None:
    thread = desk.api.create_thread(participant_id=name("sam"))
    word = uuid.uuid4().hex
    root = desk.api.create_step(
        thread_id=thread.id, type="run", name=f"root {word}", input={"q": word}, metadata={"k": word}
    )
    child = desk.api.create_step(
        thread_id=thread.id,
        type="tool",
        name="child",
        parent_id=root.id,
        output={"content": f"found {word}"},
        tags=[word],
        start_time="2024-02-01T00:00:00Z",
        end_time="2024-02-01T00:00:01Z",
    )
    here = having("threadId", "eq", thread.id)
    assert desk.ids("get_steps", first=1, filters=[here]) == [child.id, root.id]
    cases = {
        root.id: [
            having("id", "eq", root.id),
            having("name", "ilike", word),
            having("input", "eq", word, "q"),
            having("metadata", "eq", word, "k"),
            having("parentId", "is", None),
        ],
        child.id: [
            having("parentId", "eq", root.id),
            having("output", "ilike", word, "content"),
            having("tags", "in", [word]),
            having("startTime", "lt", "2024-02-01T00:00:00.500Z"),
            having("endTime", "lte", "2024-02-01T00:00:01Z"),
        ],
    }
    for step_id, filters in cases.items():
        for one in filters:
            assert [it.id for it in desk.api.get_steps(filters=[here, one]).data] == [step_id], one
    by_person = desk.api.get_steps(filters=[having("participantIdentifier", "eq", thread.participant_identifier)])
    assert by_person.total_count == 2


# --- decorators and contexts --------------------------------------------------------------------------------------


@check
def decorated_functions_are_a_tree_of_steps(desk: Desk) -> None:
    client, thread_id = desk.client, name("t")

    @client.step(type="tool", name="search")
    def search(query: str) -> list[str]:
        return [query]

    @client.run(name="agent")
    def agent(question: str) -> str:
        search(question)
        client.message("Done", name="answer")
        return "done"

    @client.thread(name="Decorated", thread_id=thread_id)
    def talk() -> str:
        return agent("why")

    assert talk() == "done"
    steps = desk.steps(thread_id)
    run = steps["agent"]
    assert list(steps) == ["agent", "search", "answer"]
    assert (run.type, run.input, run.output) == ("run", {"question": "why"}, {"content": "done"})
    assert steps["search"].parent_id == run.id
    assert steps["search"].type == "tool"
    assert (steps["answer"].parent_id, steps["answer"].type) == (run.id, "assistant_message")
    assert desk.api.get_thread(id=thread_id).name == "Decorated"


@check
def decorated_coroutines_are_steps_as_well(desk: Desk) -> None:
    client, thread_id = desk.client, name("t")

    @client.step(type="retrieval", name="fetch")
    async def fetch() -> dict[str, str]:
        return {"page": "text"}

    @client.run(name="agent")
    async def agent() -> dict[str, str]:
        return await fetch()

    @client.thread(thread_id=thread_id, name="Async")
    async def talk() -> dict[str, str]:
        return await agent()

    assert desk.do(talk()) == {"page": "text"}
    steps = desk.steps(thread_id)
    assert (steps["fetch"].type, steps["fetch"].output) == ("retrieval", {"page": "text"})
    assert steps["fetch"].parent_id == steps["agent"].id


@check
def a_step_that_fails_says_how(desk: Desk) -> None:
    @desk.client.step(type="tool", name="break")
    def broken() -> None:
        raise RuntimeError("out of order")

    with desk.client.thread() as thread:
        assert "out of order" in refused(broken)
    assert "out of order" in desk.steps(thread.id)["break"].error


@check
def a_thread_is_continued(desk: Desk) -> None:
    thread = desk.api.create_thread(name="Long", tags=["kept"])
    for turn in range(3):
        with desk.client.thread(thread_id=thread.id):
            desk.client.message(f"turn {turn}", type="user_message", name=str(turn))
    assert list(desk.steps(thread.id)) == ["0", "1", "2"]
    assert desk.api.get_thread(id=thread.id).tags == ["kept"]


@check
def many_steps_go_in_the_background_and_all_arrive(desk: Desk) -> None:
    thread_id = name("t")
    client = LiteralClient(api_key="any", url=desk.url, batch_size=5)
    with client.thread(thread_id=thread_id):
        for number in range(37):
            with client.step(name=str(number), type="run"):
                pass
    client.flush_and_stop()
    assert list(desk.steps(thread_id)) == [str(number) for number in range(37)]


@check
def an_environment_is_kept(desk: Desk) -> None:
    client, thread_id = desk.client, name("t")

    @client.environment(env="staging")
    def staged() -> None:
        desk.api.send_steps([{"id": f"{thread_id}-1", "threadId": thread_id, "type": "run", "name": "staged"}])

    with client.environment(env="dev"):
        desk.api.send_steps([{"id": f"{thread_id}-2", "threadId": thread_id, "type": "run", "name": "developed"}])
    staged()
    environments = {name: step.environment for name, step in desk.steps(thread_id).items()}
    assert set(environments) == {"staged", "developed"}
    assert environments["developed"] == "dev"


# --- scores -------------------------------------------------------------------------------------------------------


@check
def a_score_is_made_changed_listed_and_deleted(desk: Desk) -> None:
    step = desk.api.create_step(thread_id=desk.api.create_thread().id, type="run", name="r")
    called = name("score")
    score = desk.api.create_score(step_id=step.id, name=called, value=1, type="HUMAN", comment="good", tags=["t"])
    assert (score.name, score.value, score.type, score.comment, score.step_id) == (called, 1, "HUMAN", "good", step.id)
    shown = desk.api.get_step(id=step.id).scores
    assert [(one.id, one.value, one.comment) for one in shown] == [(score.id, 1, "good")]
    changed = desk.api.update_score(id=score.id, update_params={"value": 0, "comment": "bad"})
    assert (changed.value, changed.comment) == (0, "bad")
    kept = desk.api.update_score(id=score.id, update_params={"value": 0.5})
    assert (kept.value, kept.comment) == (0.5, "bad")
    for one in (
        having("name", "eq", called),
        having("comment", "ilike", "BAD"),
        having("value", "lt", 0.6),
        having("type", "eq", "HUMAN"),
        having("tags", "in", ["t"]),
        having("id", "eq", score.id),
    ):
        found = desk.api.get_scores(filters=[having("name", "eq", called), one])
        assert [it.id for it in found.data] == [score.id], one
    desk.api.delete_score(id=score.id)
    assert desk.api.get_step(id=step.id).scores == []
    assert desk.api.get_scores(filters=[having("name", "eq", called)]).data == []
    assert "no score" in refused(lambda: desk.api.update_score(id=score.id, update_params={"value": 1}))


@check
def scores_are_made_together(desk: Desk) -> None:
    step = desk.api.create_step(type="run", name="r")
    scores = [{"name": str(n), "value": n, "type": "AI", "stepId": step.id} for n in range(4)]
    made = desk.api.create_scores(scores)
    assert [one["value"] if isinstance(one, dict) else one.value for one in made] == [0, 1, 2, 3]
    assert [one.name for one in desk.api.get_step(id=step.id).scores] == ["0", "1", "2", "3"]
    assert desk.api.create_scores([]) == []


@check
def a_score_may_come_before_its_step(desk: Desk) -> None:
    thread_id, step_id = name("t"), name("s")
    desk.api.create_score(step_id=step_id, name="early", value=1, type="AI")
    assert desk.api.get_step(id=step_id) is None
    desk.api.send_steps([{"id": step_id, "threadId": thread_id, "type": "run", "name": "late"}])
    assert [one.name for one in desk.api.get_step(id=step_id).scores] == ["early"]


@check
def scores_come_with_their_steps(desk: Desk) -> None:
    with desk.client.thread() as thread, desk.client.step(name="scored", type="run") as step:
        step.scores = [
            Score(
                name="s", type="HUMAN", value=1, step_id=None, dataset_experiment_item_id=None, comment="c", tags=None
            )
        ]
    (score,) = desk.steps(thread.id)["scored"].scores
    assert (score.name, score.value, score.comment) == ("s", 1, "c")


# --- attachments --------------------------------------------------------------------------------------------------


def fetched(url: str) -> tuple[bytes, Any]:
    """What is at the address, for somebody without a key."""
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 (the address is the server's)
        return answer.read(), answer.headers


@check
def a_file_is_uploaded_and_read_without_a_key(desk: Desk) -> None:
    thread = desk.api.create_thread()
    sent = desk.api.upload_file(content=b"some bytes", thread_id=thread.id, mime="text/plain")
    assert sent["object_key"]
    content, headers = fetched(sent["url"])
    assert content == b"some bytes"
    assert headers["content-type"].startswith("text/plain")
    assert headers["access-control-allow-origin"] == "*"


@check
def an_attachment_is_made_read_changed_and_deleted(desk: Desk) -> None:
    thread = desk.api.create_thread()
    step = desk.api.create_step(thread_id=thread.id, type="run", name="r")
    made = desk.api.create_attachment(
        thread_id=thread.id,
        step_id=step.id,
        name="words.txt",
        content="some words",
        mime="text/plain",
        metadata={"m": 1},
    )
    assert (made.name, made.mime, made.metadata, made.step_id) == ("words.txt", "text/plain", {"m": 1}, step.id)
    assert (made.thread_id, bool(made.object_key)) == (thread.id, True)
    assert fetched(made.url)[0] == b"some words"
    read = desk.api.get_attachment(id=made.id)
    assert read.to_dict() == made.to_dict()
    assert [one.to_dict() for one in desk.api.get_step(id=step.id).attachments] == [made.to_dict()]
    changed = desk.api.update_attachment(id=made.id, update_params={"name": "other.txt", "metadata": {"n": 2}})
    assert (changed.name, changed.metadata, changed.mime) == ("other.txt", {"n": 2}, "text/plain")
    assert desk.api.delete_attachment(id=made.id)["id"] == made.id
    assert desk.api.get_attachment(id=made.id) is None
    assert desk.api.get_step(id=step.id).attachments == []
    refused(lambda: fetched(made.url))


@check
def an_attachment_may_be_elsewhere(desk: Desk) -> None:
    step = desk.api.create_step(type="run", name="r")
    elsewhere = "https://example.org/far"
    made = desk.api.create_attachment(thread_id=None, step_id=step.id, name="far", url=elsewhere, mime="image/png")
    assert (made.url, made.object_key) == (elsewhere, None)


@check
def attachments_come_with_their_steps(desk: Desk) -> None:
    sent = desk.api.upload_file(content=b"\x89PNG", mime="image/png")
    with desk.client.thread() as thread:
        attachment = Attachment(name="p.png", mime="image/png", object_key=sent["object_key"], url=sent["url"])
        desk.client.message("See", attachments=[attachment], name="see")
    (read,) = desk.steps(thread.id)["see"].attachments
    assert (read.id, read.name) == (attachment.id, "p.png")
    assert read.thread_id in (thread.id, None)  # which clients of 2024 do not ask for
    assert fetched(read.url)[0] == b"\x89PNG"


# --- participants -------------------------------------------------------------------------------------------------


@check
def a_user_is_made_found_changed_and_deleted(desk: Desk) -> None:
    identifier = name("user")
    assert desk.api.get_user(identifier=identifier) is None or desk.api.get_user(identifier=identifier).id is None
    user = desk.api.create_user(identifier=identifier, metadata={"m": 1})
    assert (user.identifier, user.metadata) == (identifier, {"m": 1})
    assert desk.api.get_user(id=user.id).identifier == identifier
    assert desk.api.get_user(identifier=identifier).id == user.id
    assert desk.api.get_or_create_user(identifier=identifier).id == user.id
    assert "already" in refused(lambda: desk.api.create_user(identifier=identifier))
    changed = desk.api.update_user(id=user.id, metadata={"n": 2})
    assert (changed.identifier, changed.metadata) == (identifier, {"n": 2})
    thread = desk.api.create_thread(participant_id=user.id)
    assert desk.api.delete_user(id=user.id) == user.id
    assert desk.api.get_thread(id=thread.id).participant_id is None


@check
def users_are_listed_by_filters(desk: Desk) -> None:
    word = uuid.uuid4().hex
    users = [desk.api.create_user(identifier=f"{word}-{n}", metadata={"n": n, "w": word}) for n in range(3)]
    mine = having("identifier", "ilike", word)
    assert desk.ids("get_users", first=2, filters=[mine]) == [user.id for user in users[::-1]]
    assert desk.ids("get_users", filters=[having("metadata", "eq", 1, "n"), mine]) == [users[1].id]
    assert desk.ids("get_users", filters=[having("identifier", "eq", f"{word}-0")]) == [users[0].id]
    desk.api.create_thread(participant_id=users[2].id)
    assert desk.ids("get_users", filters=[mine, having("threadCount", "eq", 1)]) == [users[2].id]
    assert desk.api.get_users(filters=[mine, having("createdAt", "lt", "2020-01-01")]).data == []


# --- the rest -----------------------------------------------------------------------------------------------------


@check
def the_project_of_the_key_is_known(desk: Desk) -> None:
    assert desk.api.get_my_project_id()


@check
def a_step_that_was_read_can_be_sent_back(desk: Desk) -> None:
    with desk.client.thread() as thread, desk.client.step(name="again", type="llm") as step:
        step.generation = ChatGeneration(messages=[{"role": "user", "content": "Hi"}], model="m")
        step.attachments = [Attachment(name="a", url="https://example.org")]
    read: Step = desk.steps(thread.id)["again"]
    before = read.to_dict()
    desk.api.send_steps([before])
    assert desk.api.get_step(id=read.id).to_dict() == before


@check
def texts_of_all_kinds_survive(desk: Desk) -> None:
    text = 'naïve 🦆 \u202e\t\n"quoted" \\ ${var} {{x}}'
    thread = desk.api.create_thread(name=text, metadata={text: text}, tags=[text])
    step = desk.api.create_step(thread_id=thread.id, type="run", name=text, input={text: [text]})
    read = desk.api.get_thread(id=thread.id)
    assert (read.name, read.metadata, read.tags) == (text, {text: text}, [text])
    assert desk.api.get_step(id=step.id).input == {text: [text]}


@check
def times_are_utc(desk: Desk) -> None:
    thread = desk.api.create_thread()
    made = datetime.fromisoformat(thread.created_at)
    assert made.tzinfo == UTC


# --- prompts ------------------------------------------------------------------------------------------------------


def said(text: str, **more: Any) -> dict[str, Any]:
    """A message of a template."""
    return {"role": "user", "content": text, **more}


@check
def a_prompt_is_found_or_made_by_its_name(desk: Desk) -> None:
    called = name("prompt")
    first = desk.api.get_or_create_prompt_lineage(called, "what it is for")
    again = desk.api.get_or_create_prompt_lineage(called)
    assert again["id"] == first["id"]
    assert desk.api.create_prompt_lineage(called)["id"] == first["id"]


@check
def a_version_is_found_or_made_by_what_it_says(desk: Desk) -> None:
    called = name("prompt")
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    settings = {"provider": "openai", "model": "m", "temperature": 1.0}
    first = desk.api.get_or_create_prompt(called, [said("Hi {{name}}")], settings, tools)
    assert (first.name, first.version, first.provider, first.tools) == (called, 0, "openai", tools)
    assert first.settings == {"model": "m", "temperature": 1.0}
    assert first.type == "CHAT"
    assert desk.api.get_prompt(id=first.id).url.endswith(f"/playground?name={called}&version=0")
    second = desk.api.get_or_create_prompt(called, [said("Hi {{name}}")], settings)
    assert second.version == 1
    # What was read is sent again, without the provider that the client has taken out.
    again = desk.api.get_or_create_prompt(called, first.template_messages, first.settings, first.tools)
    assert (again.id, again.version) == (first.id, 0)
    other = desk.api.get_or_create_prompt(called, [said("Hi {{name}}")], {**settings, "provider": "mistral"}, tools)
    assert other.version == 2
    assert desk.api.create_prompt(called, [said("Hi {{name}}")], {"model": "m", "temperature": 1}).id == second.id


@check
def a_prompt_is_read_by_id_by_name_and_by_version(desk: Desk) -> None:
    called = name("prompt")
    versions = [desk.api.get_or_create_prompt(called, [said(text)]) for text in ("a", "b", "c")]
    read = desk.api.get_prompt(id=versions[1].id)
    assert (read.id, read.name, read.version) == (versions[1].id, called, 1)
    assert read.template_messages == versions[1].template_messages
    assert desk.api.get_prompt(name=called).version == 2
    assert [desk.api.get_prompt(name=called, version=number).id for number in range(3)] == [one.id for one in versions]
    for unknown in ({"id": "none"}, {"name": name("none")}, {"name": called, "version": 3}):
        with contextlib.suppress(AttributeError):  # the last clients look into what there is not
            assert desk.api.get_prompt(**unknown) is None


@check
def a_prompt_is_formatted(desk: Desk) -> None:
    called = name("prompt")
    template = "Hello, this is a {{test_var}} and this\n\n{{#items}}\n* {{.}}\n{{/items}}\n\nis a list of <&>."
    prompt = desk.api.get_or_create_prompt(called, [said(template), said("{{test_var}}", name="x")])
    one, other = prompt.format_messages(test_var="test value", items=["item 0", "item 1"])
    assert one["content"] == "Hello, this is a test value and this\n\n* item 0\n* item 1\n\nis a list of <&>."
    assert (other["content"], other["name"]) == ("test value", "x")
    assert prompt.format({"test_var": "v", "items": []})[1]["content"] == "v"
    # By these names the client tells which prompt a model was given.
    told = [message.__literal_prompt__ for message in (one, other)]
    assert [one["prompt_id"] for one in told] == [prompt.id] * 2
    read = desk.api.get_prompt(id=prompt.id).format_messages(test_var="again", items=[])
    assert [one["uuid"] for one in told] == [message.__literal_prompt__["uuid"] for message in read]


@check
def a_prompt_that_was_read_once_outlives_its_server(desk: Desk) -> None:
    called = name("prompt")
    made = desk.api.get_or_create_prompt(called, [said("kept")])
    read = desk.api.get_prompt(name=called)
    if not desk.knows_variants:
        return  # clients of that age keep nothing
    nowhere = Api(type(desk.client)(api_key="any", url="http://127.0.0.1:1").api, desk.loop)
    assert nowhere.get_prompt(name=called).to_dict() == read.to_dict()
    assert nowhere.get_prompt(id=made.id).template_messages == read.template_messages
    refused(lambda: nowhere.get_prompt(name=name("never")))
    # A cached one does not hide a newer one from those who reach the server.
    desk.api.get_or_create_prompt(called, [said("newer")])
    assert desk.api.get_prompt(name=called).version == 1


@check
def versions_are_rolled_out_in_parts(desk: Desk) -> None:
    called = name("prompt")
    for text in ("a", "b", "c"):
        desk.api.get_or_create_prompt(called, [said(text)])
    assert desk.api.get_prompt_ab_testing(called) == []
    rollouts = [{"version": 0, "rollout": 60}, {"version": 1, "rollout": 40}]
    assert desk.api.update_prompt_ab_testing(called, rollouts)["ok"] is True
    assert desk.api.get_prompt_ab_testing(called) == rollouts
    assert {desk.api.get_prompt(name=called).version for _ in range(8)} <= {0, 1}
    desk.api.update_prompt_ab_testing(called, [{"version": 1, "rollout": 100}])
    assert {desk.api.get_prompt(name=called).version for _ in range(4)} == {1}
    assert desk.api.get_prompt(name=called, version=2).version == 2
    for wrong in (
        [{"version": 7, "rollout": 1}],
        [{"version": 0, "rollout": 101}],
        [{"version": 0, "rollout": -1}],
        [{"version": 0, "rollout": 60}, {"version": 1, "rollout": 41}],
        [{"version": 0, "rollout": 1}, {"version": 0, "rollout": 2}],
    ):
        assert "rollouts: " in refused(lambda wrong=wrong: desk.api.update_prompt_ab_testing(called, wrong))
    assert desk.api.get_prompt_ab_testing(called) == [{"version": 1, "rollout": 100}]
    assert desk.api.update_prompt_ab_testing(called, [])["ok"] is True
    assert desk.api.get_prompt(name=called).version == 2
    assert "no prompt" in refused(lambda: desk.api.update_prompt_ab_testing(name("none"), []))


@check
def generations_are_found_by_the_prompt_that_they_were_given(desk: Desk) -> None:
    called = name("prompt")
    made = []
    for text in ("a", "b"):
        prompt = desk.api.get_or_create_prompt(called, [said(text)])
        generation = ChatGeneration(messages=[said(text)], model="m", prompt_id=prompt.id)
        made.append((prompt, desk.api.create_generation(generation)))
    for (prompt, generation), other in zip(made, reversed(made), strict=True):
        found = desk.api.get_generations(filters=[having("promptVersion", "eq", prompt.id)])
        assert [one.id for one in found.data] == [generation.id] != [other[1].id]
    newest_first = [generation.id for _, generation in reversed(made)]
    lineage = desk.api.get_or_create_prompt_lineage(called)
    for known in (called, lineage["id"]):
        for one in (having("promptLineage", "eq", known), having("promptLineage", "in", [known, "other"])):
            assert [it.id for it in desk.api.get_generations(filters=[one]).data] == newest_first, one
    assert desk.api.get_generations(filters=[having("promptLineage", "eq", name("none"))]).data == []


@check
def generations_are_found_by_every_filter_and_put_in_every_order(desk: Desk) -> None:
    model, who = name("model"), name("ada")
    prompt = desk.api.get_or_create_prompt(name("prompt"), [said("x")])
    thread = desk.api.create_thread(participant_id=who)
    one, other = name("g"), name("g")
    given = ChatGeneration(
        provider=f"{model}-b",
        model=f"{model}-a",
        messages=[],
        token_count=3,
        duration=2.5,
        tags=["t"],
        prompt_id=prompt.id,
    )
    steps = [
        {"id": one, "threadId": thread.id, "type": "llm", "generation": given.to_dict(), "error": "out of order"},
        {
            "id": other,
            "type": "llm",
            "generation": ChatGeneration(
                provider=f"{model}-a", model=f"{model}-b", messages=[], token_count=30, duration=0.5
            ).to_dict(),
        },
    ]
    desk.api.send_steps(steps)
    desk.api.create_score(step_id=one, name="good", type="HUMAN", value=1)
    ours = having("model", "ilike", model)
    for filters in (
        having("id", "eq", one),
        having("createdAt", "gt", "2001-01-01T00:00:00Z"),
        having("createdAt", "lte", "2999-01-01"),
        having("model", "eq", f"{model}-a"),
        having("model", "in", [f"{model}-a"]),
        having("provider", "neq", f"{model}-a"),
        having("duration", "gte", 2.5),
        having("tokenCount", "lt", 30),
        having("promptVersion", "eq", prompt.id),
        having("promptVersion", "nis", None),
        having("promptLineage", "ilike", prompt.name.upper()),
        having("promptLineage", "nis", None),
        having("tags", "in", ["t", "u"]),
        having("score", "eq", 1, "good"),
        having("participant", "eq", who),
        having("error", "ilike", "OF ORDER"),
        having("error", "nis", None),
    ):
        found = [it.id for it in desk.api.get_generations(filters=[ours, filters]).data]
        expected = [other, one] if filters["field"] == "createdAt" else [one]
        assert found == expected, (filters, found)
    for column, rising in (
        ("createdAt", [one, other]),
        ("tokenCount", [one, other]),
        ("model", [one, other]),
        ("provider", [other, one]),
        ("duration", [other, one]),
    ):
        for direction, ids in (("ASC", rising), ("DESC", rising[::-1])):
            order = {"column": column, "direction": direction}
            assert desk.ids("get_generations", filters=[ours], order_by=order, first=1) == ids, order
    assert desk.api.get_generations(filters=[ours, having("promptLineage", "is", None)]).data[0].id == other


# --- datasets -----------------------------------------------------------------------------------------------------


@check
def a_dataset_is_made_read_changed_and_deleted(desk: Desk) -> None:
    called = name("set")
    made = desk.api.create_dataset(name=called, description="d", metadata={"a": 1}, type="generation")
    assert (made.name, made.description, made.metadata, made.type) == (called, "d", {"a": 1}, "generation")
    for known in ({"id": made.id}, {"name": called}):
        assert desk.api.get_dataset(**known).to_dict() == {**made.to_dict(), "items": []}
    changed = desk.api.update_dataset(made.id, description="e")
    assert (changed.name, changed.description, changed.metadata) == (called, "e", {"a": 1})
    changed.update(name=f"{called}!", metadata={})
    assert (changed.name, changed.description, changed.metadata) == (f"{called}!", "e", {})
    assert desk.api.get_dataset(name=called) is None
    assert "already a dataset" in refused(lambda: desk.api.create_dataset(name=f"{called}!"))
    other = desk.api.create_dataset(name=called)
    assert (other.type, other.metadata) == ("key_value", {})
    assert "already a dataset" in refused(lambda: desk.api.update_dataset(other.id, name=f"{called}!"))
    assert desk.api.delete_dataset(made.id).id == made.id
    assert desk.api.get_dataset(id=made.id) is None
    assert "no dataset" in refused(lambda: desk.api.delete_dataset(made.id))
    assert "no dataset" in refused(lambda: desk.api.update_dataset(made.id, name="x"))
    assert desk.api.create_dataset(name=f"{called}!").id != made.id


@check
def items_are_added_in_order_and_deleted(desk: Desk) -> None:
    dataset = desk.api.create_dataset(name=name("set"))
    first = dataset.create_item(input={"q": 1}, expected_output={"a": [2]}, metadata={"m": None})
    second = desk.api.create_dataset_item(dataset.id, {"content": "hello"})
    assert (first.input, first.expected_output, first.metadata) == ({"q": 1}, {"a": [2]}, {"m": None})
    assert (second.expected_output, second.metadata, second.dataset_id) == (None, {}, dataset.id)
    assert desk.api.get_dataset_item(first.id).to_dict() == first.to_dict()
    read = desk.api.get_dataset(id=dataset.id).items
    assert [item.to_dict() for item in read] == [first.to_dict(), second.to_dict()]
    dataset.delete_item(first.id)
    assert [item.id for item in desk.api.get_dataset(id=dataset.id).items] == [second.id]
    for gone in (desk.api.get_dataset_item, desk.api.delete_dataset_item):
        assert "no dataset item" in refused(lambda gone=gone: gone(first.id))
    assert "no dataset" in refused(lambda: desk.api.create_dataset_item("none", {}))
    dataset.delete()
    assert "no dataset item" in refused(lambda: desk.api.get_dataset_item(second.id))


@check
def a_step_becomes_an_item(desk: Desk) -> None:
    with desk.client.thread() as thread, desk.client.step(name="agent", type="run") as root:
        root.input, root.output = {"content": "hello"}, {"content": "hello!"}
        with desk.client.step(name="model", type="llm") as step:
            step.input, step.output = {"q": 1}, {"a": 2}
        with desk.client.step(name="look", type="tool"):
            pass
    desk.steps(thread.id)
    dataset = desk.api.create_dataset(name=name("set"))
    item = dataset.add_step(root.id, {"from": "a test"})
    assert (item.input, item.expected_output, item.metadata) == (
        {"content": "hello"},
        {"content": "hello!"},
        {"from": "a test"},
    )
    shown = [(one["name"], one["type"], one["input"], one["output"]) for one in item.intermediary_steps]
    assert shown == [("model", "llm", {"q": 1}, {"a": 2}), ("look", "tool", {}, {})] or shown[0] == (
        "model",
        "llm",
        {"q": 1},
        {"a": 2},
    )
    assert len(shown) == 2
    desk.api.delete_thread(id=thread.id)
    assert desk.api.get_dataset_item(item.id).to_dict() == item.to_dict()
    assert "no step" in refused(lambda: desk.api.add_step_to_dataset(dataset.id, root.id))
    alone = desk.api.add_step_to_dataset(dataset.id, desk.api.create_step(type="run", input={"i": 1}).id)
    assert (alone.input, alone.expected_output, alone.intermediary_steps) == ({"i": 1}, None, [])


@check
def a_generation_becomes_an_item(desk: Desk) -> None:
    dataset = desk.api.create_dataset(name=name("set"), type="generation")
    answer = {"role": "assistant", "content": "yes"}
    chat = desk.api.create_generation(ChatGeneration(messages=[said("Hi")], message_completion=answer))
    item = dataset.add_generation(chat.id, {"m": 1})
    assert (item.input, item.expected_output) == ({"messages": [said("Hi")]}, answer)
    assert item.metadata == {"m": 1, "promptType": "CHAT"}
    silent = desk.api.create_generation(ChatGeneration(messages=[said("Hi")]))
    assert desk.api.add_generation_to_dataset(dataset.id, silent.id).expected_output == {}
    completion = desk.api.create_generation(CompletionGeneration(prompt="p", completion="c"))
    item = desk.api.add_generation_to_dataset(dataset.id, completion.id)
    assert (item.input, item.expected_output) == ({"prompt": "p"}, {"completion": "c"})
    assert item.metadata == {"promptType": "COMPLETION"}
    step = desk.api.create_step(type="run", name="r")
    assert "generation" in refused(lambda: desk.api.add_generation_to_dataset(dataset.id, step.id))
    assert len(desk.api.get_dataset(id=dataset.id).items) == 3


# --- experiments --------------------------------------------------------------------------------------------------


@check
def an_experiment_logs_items_with_scores_and_without(desk: Desk) -> None:
    dataset = desk.api.create_dataset(name=name("set"))
    item = dataset.create_item({"q": 1}, {"a": 2})
    more = {}
    if desk.knows_variants:
        more = {"prompt_variant_id": desk.api.create_prompt_variant(name("prompt"), [said("try")], {"model": "m"})}
    experiment = desk.api.create_experiment("try", dataset.id, params={"k": 1}, **more)
    assert (experiment.name, experiment.dataset_id, experiment.params) == ("try", dataset.id, {"k": 1})
    assert not more or experiment.prompt_variant_id == more["prompt_variant_id"]
    score = {"name": "good", "type": "AI", "value": 0.5}
    logged = experiment.log(
        {"datasetItemId": item.id, "input": {"q": 1}, "output": {"a": 3}, "scores": [dict(score), dict(score)]}
    )
    assert (logged.dataset_experiment_id, logged.dataset_item_id) == (experiment.id, item.id)
    assert (logged.input, logged.output, logged.experiment_run_id) == ({"q": 1}, {"a": 3}, None)
    assert [(one["name"], one["value"]) for one in logged.scores] == [("good", 0.5)] * 2
    assert experiment.log({"output": {"content": "alone"}}).scores == []
    bare = desk.api.create_experiment("bare")
    assert (bare.dataset_id, bare.params) == (None, None)
    for named in ({"dataset_id": "none"}, *({"prompt_variant_id": "none"} for _ in more)):
        assert "There is no" in refused(lambda named=named: desk.api.create_experiment("wrong", **named))
    bare.id = "none"
    assert "no experiment" in refused(lambda: bare.log({}))
    experiment.items.clear()
    wrong = {"datasetItemId": "none"}
    assert "no dataset item" in refused(lambda: experiment.log(wrong))


@check
def a_variant_comes_from_a_prompt_where_there_is_one(desk: Desk) -> None:
    if not desk.knows_variants:
        return
    called = name("prompt")
    desk.api.get_or_create_prompt(called, [said("v0")])
    variants = {desk.api.create_prompt_variant(it, [said("x")], {"model": "m"}, []) for it in (called, name("none"))}
    assert len(variants) == 2
    assert None not in variants


@check
def what_is_tried_out_is_written_in_an_environment_of_its_own(desk: Desk) -> None:
    experiment = desk.api.create_experiment("run", desk.api.create_dataset(name=name("set")).id)
    logged = []

    @desk.client.experiment_item_run
    def decorated() -> None:
        logged.append(experiment.log({"input": {"i": 1}, "output": {"o": 1}}))

    with desk.client.experiment_item_run() as step:
        step.output = {"done": True}
        with desk.client.step(name="inside", type="tool"):
            logged.append(experiment.log({}))
    decorated()
    assert logged[0].experiment_run_id == step.id
    for item in logged:
        read = desk.api.get_step(id=item.experiment_run_id)
        assert (read.environment, read.type, read.name) == ("experiment", "run", "Experiment Run")
    found = desk.api.get_steps(filters=[having("environment", "eq", "experiment"), having("id", "eq", step.id)])
    assert [one.output for one in found.data] == [{"done": True}]


# --- running them -------------------------------------------------------------------------------------------------


def problem_of(function: Callable[[Desk], None], desk: Desk) -> str | None:
    """The traceback of the check's failure, None where it passes."""
    try:
        function(desk)
    except Exception:  # noqa: BLE001 (whatever it is, it is what the check found)
        return traceback.format_exc()
    return None


def main() -> None:
    """Run all checks."""
    parser = argparse.ArgumentParser(description="Checks a server with the official Literal AI client.")
    parser.add_argument("url")
    parser.add_argument("--asynchronous", action="store_true")
    parser.add_argument("--only", help="a part of the names of the checks to run")
    asked = parser.parse_args()
    form = AsyncLiteralClient if asked.asynchronous else LiteralClient
    # A batch that is not full waits half a second for more: one check asks for batches, the others have no patience.
    client: Any = form(api_key="any", url=asked.url, batch_size=1)
    desk = Desk(client, asked.url, asyncio.new_event_loop())
    for called, function in CHECKS.items():
        if asked.only is None or asked.only in called:
            result = {"check": called, "problem": problem_of(function, desk)}
            sys.stdout.write(json.dumps(result) + "\n")
            sys.stdout.flush()
    client.flush_and_stop()


if __name__ == "__main__":
    main()
