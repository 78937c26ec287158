"""What programs of early 2024 did with the official Literal AI client of that time, 0.0.101 to 0.0.301.

    python early.py http://127.0.0.1:8400

prints a line of JSON for each check, as `acceptance.py` does. Of these clients every call is a coroutine, filters are
one object, exports are pages over REST, and what people thought of a step is its feedback. Nothing of ours is imported,
so that foreign environments can run this.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import traceback
import urllib.request
import uuid
from collections.abc import Callable, Coroutine  # noqa: TC003 (this runs without ours, as simple as it can)
from typing import Any

from literalai import LiteralClient
from literalai.my_types import Attachment, ChatGeneration, CompletionGeneration, Feedback
from literalai.thread import DateTimeFilter, StringFilter, StringListFilter, ThreadFilter
from literalai.version import __version__

FIRST = __version__ == "0.0.101"
"""Whether it is the older one: threads have no names there, and inputs and outputs are texts."""
CHECKS: dict[str, Callable[[Any], Coroutine[Any, Any, None]]] = {}
LONG_AGO = DateTimeFilter(operator="gt", value="2023-10-14")


def check(function: Callable[[Any], Coroutine[Any, Any, None]]) -> Callable[[Any], Coroutine[Any, Any, None]]:
    """Put the function into the table."""
    CHECKS[function.__name__] = function
    return function


def name(what: str = "it") -> str:
    """A name that nothing else has."""
    return f"{what}-{uuid.uuid4()}"


def told(content: str) -> Any:
    """An input or output that says this, as this client has it."""
    return content if FIRST else {"content": content}


async def refused(call: Coroutine[Any, Any, Any]) -> str:
    """What is said by a call that has to fail."""
    try:
        await call
    except Exception as problem:  # noqa: BLE001 (the client raises nothing more special)
        return str(problem)
    raise AssertionError("this should have failed")


def sender(client: Any, batch_size: int = 1) -> Any:
    """A client of its own, whose background sender ends with the check."""
    return LiteralClient(batch_size=batch_size, api_key="any", url=client.api.url)


async def of_person(client: Any, count: int) -> tuple[str, list[str]]:
    """A person who has so many threads, and their ids, oldest first."""
    person = name("ada")
    made = [(await client.api.create_thread(participant_id=person)).id for _ in range(count)]
    return person, made


def by(person: str, **more: Any) -> ThreadFilter:
    """The threads of one person."""
    return ThreadFilter(participantsIdentifier=StringListFilter(operator="in", value=[person]), **more)


def fetched(url: str) -> bytes:
    """The file, read without a key."""
    with urllib.request.urlopen(url) as answer:  # noqa: S310 (the server's own address)
        content: bytes = answer.read()
        return content


# --- threads ------------------------------------------------------------------------------------------------------


@check
async def a_thread_is_made_with_all_that_it_may_have(client: Any) -> None:
    person = await client.api.create_user(identifier=name("ada"), metadata={"role": "admin"})
    thread = await client.api.create_thread(
        participant_id=person.id, environment="production", tags=["tag1", "tag2"], metadata={"key": "value"}
    )
    assert (thread.tags, thread.metadata) == (["tag1", "tag2"], {"key": "value"})
    assert (thread.user.id, thread.user.identifier, thread.user.metadata) == (
        person.id,
        person.identifier,
        {"role": "admin"},
    )
    again = await client.api.get_thread(id=thread.id)
    assert again.to_dict() == thread.to_dict()
    found = by(person.identifier, environment=StringFilter(operator="eq", value="production"))
    assert [one.id for one in (await client.api.list_threads(filters=found)).data] == [thread.id]
    other = by(person.identifier, environment=StringFilter(operator="eq", value="staging"))
    assert (await client.api.list_threads(filters=other)).data == []


@check
async def a_thread_that_is_not_there_is_none(client: Any) -> None:
    assert await client.api.get_thread(id=name("no")) is None
    assert await client.api.delete_thread(id=name("no")) is False


@check
async def threads_are_listed_in_pages(client: Any) -> None:
    person, made = await of_person(client, 5)
    first = await client.api.list_threads(first=2, after=None, filters=by(person))
    assert [one.id for one in first.data] == made[:-3:-1]
    assert first.pageInfo.hasNextPage
    rest = await client.api.list_threads(first=9, after=first.pageInfo.endCursor, filters=by(person))
    assert [one.id for one in rest.data] == made[2::-1]
    assert not rest.pageInfo.hasNextPage
    assert len((await client.api.list_threads(first=None, after=None, filters=None)).data) >= 5


@check
async def threads_are_found_by_every_filter(client: Any) -> None:
    person, (thread_id,) = await of_person(client, 1)
    await client.api.create_step(thread_id=thread_id, type="run", output=told(f"a needle of {person}"))
    step = await client.api.create_step(thread_id=thread_id, type="assistant_message", output=told("good"))
    await client.api.create_feedback(step_id=step.id, value=1)
    late = DateTimeFilter(operator="gt", value="2999-01-01T00:00:00.000Z")
    soon = DateTimeFilter(operator="lt", value="2999-01-01")
    fitting: list[dict[str, Any]] = [
        {"createdAt": LONG_AGO},
        {"afterCreatedAt": LONG_AGO, "beforeCreatedAt": soon},
    ]
    missing: list[dict[str, Any]] = [{"createdAt": late}, {"afterCreatedAt": late}]
    if not FIRST:
        from literalai.thread import NumberListFilter  # noqa: PLC0415 (no filter of the older client is of this kind)

        fitting += [
            {"search": StringFilter(operator="ilike", value="NEEDLE")},
            {"feedbacksValue": NumberListFilter(operator="in", value=[1])},
        ]
        missing += [
            {"search": StringFilter(operator="ilike", value="haystack")},
            {"feedbacksValue": NumberListFilter(operator="in", value=[0])},
        ]
    for found in fitting:
        page = await client.api.list_threads(filters=by(person, **found))
        assert [one.id for one in page.data] == [thread_id], found
    for found in missing:
        assert (await client.api.list_threads(filters=by(person, **found))).data == [], found


@check
async def threads_are_exported_in_numbered_pages_with_their_steps(client: Any) -> None:
    person, made = await of_person(client, 52)
    await client.api.create_step(thread_id=made[0], type="run", name="only", output=told("kept"))
    filters = by(person, createdAt=LONG_AGO)
    page = 1
    result = await client.api.export_threads(page=page, filters=filters)
    assert (result.totalCount, result.totalPage, result.hasPreviousPage) == (52, 2, False)
    found = list(result.data)
    while result.hasNextPage:
        page += 1
        result = await client.api.export_threads(page=page, filters=filters)
        found += result.data
    assert (page, result.hasPreviousPage) == (2, True)
    assert [one["id"] for one in found] == made[::-1]
    assert [(one["name"], one["output"]) for one in found[-1]["steps"]] == [("only", told("kept"))]
    assert (await client.api.export_threads(page=3, filters=filters)).data == []


@check
async def an_export_holds_to_its_anchor(client: Any) -> None:
    person, _ = await of_person(client, 2)
    long_ago = await client.api.export_threads(filters=by(person), cursor_anchor="2023-10-14T00:00:00Z")
    assert (long_ago.totalCount, long_ago.data) == (0, [])
    later = await client.api.export_threads(filters=by(person), cursor_anchor="2999-12-14T00:00:00Z")
    assert later.totalCount == 2


@check
async def a_thread_is_updated(client: Any) -> None:
    thread = await client.api.create_thread(metadata={"a": 1}, tags=["x"])
    person = name("bob")
    more = {} if FIRST else {"name": "Named"}
    after = await client.api.update_thread(
        id=thread.id, metadata={"b": 2}, participant_id=person, environment="staging", **more
    )
    assert (after.metadata, after.tags, after.user.identifier) == ({"b": 2}, ["x"], person)
    assert FIRST or after.name == "Named"
    for word, found in (("staging", [thread.id]), ("prod", [])):
        there = by(person, environment=StringFilter(operator="eq", value=word))
        assert [one.id for one in (await client.api.list_threads(filters=there)).data] == found
    assert (await client.api.update_thread(id=thread.id)).to_dict() == after.to_dict()
    assert "thread" in await refused(client.api.update_thread(id=name("no"), tags=["y"]))


@check
async def a_thread_is_upserted_with_both_outcomes(client: Any) -> None:
    thread_id = name("t")
    made = await client.api.upsert_thread(thread_id=thread_id, environment="production", metadata={"key": "value"})
    assert (made.id, made.metadata) == (thread_id, {"key": "value"})
    after = await client.api.upsert_thread(thread_id=thread_id, tags=["tag"])
    assert (after.id, after.metadata, after.tags) == (thread_id, {"key": "value"}, ["tag"])
    if not FIRST:
        assert client.api.upsert_thread_sync(thread_id=thread_id, name="Named").name == "Named"


@check
async def a_thread_is_deleted(client: Any) -> None:
    thread = await client.api.create_thread()
    assert await client.api.delete_thread(id=thread.id) is True
    assert await client.api.get_thread(id=thread.id) is None


# --- steps --------------------------------------------------------------------------------------------------------


@check
async def a_step_is_made_read_changed_and_deleted(client: Any) -> None:
    thread = await client.api.create_thread()
    step = await client.api.create_step(
        thread_id=thread.id,
        type="tool",
        start_time="2024-02-01T10:00:00",
        end_time="2024-02-01T10:00:01.5Z",
        input=told("What?"),
        output=told("That."),
        metadata={"k": "v"},
        name="search",
    )
    assert (step.type, step.name, step.input, step.output, step.metadata) == (
        "tool",
        "search",
        told("What?"),
        told("That."),
        {"k": "v"},
    )
    assert (step.start_time, step.end_time) == ("2024-02-01T10:00:00.000Z", "2024-02-01T10:00:01.500Z")
    after = await client.api.update_step(id=step.id, output=told("More."))
    assert (after.input, after.output, after.name) == (told("What?"), told("More."), "search")
    assert (await client.api.get_step(id=step.id)).to_dict() == after.to_dict()
    assert await client.api.delete_step(id=step.id) is True
    assert await client.api.get_step(id=step.id) is None
    assert await client.api.delete_step(id=step.id) is False


@check
async def steps_are_sent_together_and_again(client: Any) -> None:
    thread_id, parent, child = name("t"), name("s"), name("s")
    batch = [
        {"id": child, "threadId": thread_id, "parentId": parent, "type": "tool", "name": "child"},
        {"id": parent, "threadId": thread_id, "type": "run", "name": "parent", "output": told("done")},
    ]
    for _ in range(2):
        answer = await client.api.send_steps(batch)
        assert [one["ok"] for one in answer["data"].values()] == [True, True]
    steps = {step.name: step for step in (await client.api.get_thread(id=thread_id)).steps}
    assert set(steps) == {"child", "parent"}
    assert steps["child"].parent_id == steps["parent"].id


@check
async def a_model_s_step_has_its_generation(client: Any) -> None:
    common = {"provider": "openai", "settings": {"temperature": 0}, "token_count": 7}
    thread_id = name("t")
    if FIRST:
        from literalai.my_types import GenerationMessage  # noqa: PLC0415 (newer ones have plain objects)

        said = GenerationMessage(template="Hi {x}", formatted="Hi you", role="user")
        chat = ChatGeneration(messages=[said], inputs={"x": "you"}, completion="Hello", **common)
        text = CompletionGeneration(template="A {y}", formatted="A b", inputs={"y": "b"}, completion="c", **common)
    else:
        chat = ChatGeneration(messages=[{"role": "user", "content": "Hi"}], variables={"x": "you"}, **common)
        text = CompletionGeneration(prompt="A b", completion="c", model="m", **common)
    its = sender(client)
    for called, generation in (("chat", chat), ("text", text)):
        with its.step(name=called, type="llm", thread_id=thread_id) as step:
            step.generation = generation
    its.wait_until_queue_empty()
    read = {step.name: step.generation for step in (await client.api.get_thread(id=thread_id)).steps}
    assert [type(read[one]) for one in ("chat", "text")] == [ChatGeneration, CompletionGeneration]
    assert {one: read[one].to_dict() for one in read} == {"chat": chat.to_dict(), "text": text.to_dict()}


@check
async def decorated_functions_are_a_tree_of_steps(client: Any) -> None:
    its, thread_id = sender(client), name("t")

    @its.step(type="tool", name="add")
    def add(a: int, b: int) -> int:
        return a + b

    @its.step(type="run", name="work")
    def work(goal: str) -> str:
        its.message(content=goal, type="user_message", name="user")
        total = add(1, b=2)
        its.message(content=f"It is {total}.", type="assistant_message", name="bot")
        return f"done {total}"

    with its.thread(thread_id=thread_id):
        work("sum")
    its.wait_until_queue_empty()
    steps = {step.name: step for step in (await client.api.get_thread(id=thread_id)).steps}
    assert list(steps) == ["work", "user", "add", "bot"]
    assert {step.parent_id for called, step in steps.items() if called != "work"} == {steps["work"].id}
    if FIRST:
        assert json.loads(steps["add"].input) == {"args": [1], "kwargs": {"b": 2}}
        assert (json.loads(steps["work"].output), json.loads(steps["add"].output)) == ("done 3", 3)
    else:
        assert steps["add"].input == {"args": [1], "kwargs": {"b": 2}}
        assert (steps["work"].output, steps["add"].output) == (told("done 3"), {"content": 3})
    assert (steps["user"].type, steps["user"].output) == ("user_message", told("sum"))
    assert (steps["bot"].type, steps["bot"].output) == ("assistant_message", told("It is 3."))


@check
async def decorated_coroutines_and_threads_are_told_as_well(client: Any) -> None:
    its, thread_id = sender(client), name("t")

    @its.step(type="llm", name="think")
    async def think(goal: str) -> str:
        await asyncio.sleep(0)
        return goal.upper()

    @its.thread(thread_id=thread_id, tags=["kept"])
    async def talk() -> str:
        return await think("loud")

    # The older one tells of the thread by a task of its own, which is all there is to wait for.
    assert await talk() == "LOUD"
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))
    its.wait_until_queue_empty()
    thread = await client.api.get_thread(id=thread_id)
    assert thread.tags == ["kept"]
    assert [step.name for step in thread.steps] == ["think"]
    output = thread.steps[0].output
    assert output == ('"LOUD"' if FIRST else {"content": "LOUD"})


@check
async def many_steps_go_in_the_background_and_all_arrive(client: Any) -> None:
    for batch_size in (1, 5):
        its, thread_id = sender(client, batch_size), name("t")
        with its.thread(thread_id=thread_id):
            for number in range(23):
                with its.step(name=str(number), type="run"):
                    pass
        its.wait_until_queue_empty()
        steps = (await client.api.get_thread(id=thread_id)).steps
        assert [step.name for step in steps] == [str(number) for number in range(23)]


# --- feedback, attachments, people --------------------------------------------------------------------------------


@check
async def feedback_is_given_and_changed(client: Any) -> None:
    thread = await client.api.create_thread()
    step = await client.api.create_step(thread_id=thread.id, type="assistant_message", output=told("Hello"))
    made = await client.api.create_feedback(step_id=step.id, value=1, comment="good", strategy="BINARY")
    assert (made.step_id, made.value, made.comment, made.strategy) == (step.id, 1, "good", "BINARY")
    after = await client.api.update_feedback(id=made.id, update_params={"value": 0})
    assert (after.id, after.value, after.comment) == (made.id, 0, "good")
    read = (await client.api.get_step(id=step.id)).feedback
    assert (read.id, read.value, read.comment) == (made.id, 0, "good")


@check
async def feedback_comes_with_its_step(client: Any) -> None:
    its, thread_id = sender(client), name("t")
    with its.step(name="rated", type="run", thread_id=thread_id) as step:
        step.feedback = Feedback(value=1, comment="fine")
    its.wait_until_queue_empty()
    (read,) = (await client.api.get_thread(id=thread_id)).steps
    assert (read.feedback.value, read.feedback.comment) == (1, "fine")


@check
async def an_attachment_is_made_read_changed_and_deleted(client: Any) -> None:
    thread = await client.api.create_thread()
    step = await client.api.create_step(thread_id=thread.id, type="run")
    made = await client.api.create_attachment(
        thread_id=thread.id, step_id=step.id, name="a.txt", mime="text/plain", content=b"hello", metadata={"k": 1}
    )
    assert (made.thread_id, made.step_id, made.name, made.metadata) == (thread.id, step.id, "a.txt", {"k": 1})
    assert fetched(made.url) == b"hello"
    after = await client.api.update_attachment(id=made.id, update_params={"name": "b.txt"})
    assert (after.name, after.mime) == ("b.txt", "text/plain")
    assert (await client.api.get_attachment(id=made.id)).name == "b.txt"
    await client.api.delete_attachment(id=made.id)
    assert await client.api.get_attachment(id=made.id) is None


@check
async def attachments_come_with_their_messages(client: Any) -> None:
    its, thread_id, step_id = sender(client), name("t"), name("s")
    attachment = Attachment(thread_id=thread_id, step_id=step_id, name="far", url="https://example.org/far.png")
    its.message(content="See", id=step_id, thread_id=thread_id, type="user_message", attachments=[attachment])
    its.wait_until_queue_empty()
    (read,) = (await client.api.get_thread(id=thread_id)).steps
    assert [(one.id, one.url) for one in read.attachments] == [(attachment.id, "https://example.org/far.png")]


@check
async def a_user_is_made_found_changed_and_deleted(client: Any) -> None:
    identifier = name("ada")
    user = await client.api.create_user(identifier=identifier, metadata={"a": 1})
    assert (await client.api.get_user(identifier=identifier)).id == user.id
    after = await client.api.update_user(id=user.id, metadata={"b": 2})
    assert (after.identifier, after.metadata) == (identifier, {"b": 2})
    assert await client.api.delete_user(id=user.id) == user.id
    assert await client.api.get_user(id=user.id) is None


@check
async def a_wrong_word_is_refused_with_a_sentence(client: Any) -> None:
    unknown = ThreadFilter(createdAt=DateTimeFilter(operator="gt", value="yesterday"))
    assert "createdAt" in await refused(client.api.list_threads(filters=unknown))
    await refused(client.api.export_threads(filters=unknown))


@check
async def sessions_are_declined_with_a_sentence(client: Any) -> None:
    if FIRST:
        assert "sessions" in await refused(client.api.create_user_session())


# --- what only the later one has, in both forms -------------------------------------------------------------------


@check
async def datasets_have_items_of_their_own_and_of_steps(client: Any) -> None:
    if FIRST:
        return
    dataset = await client.api.create_dataset(name=name("d"), description="all", metadata={"k": 1})
    item = await client.api.create_dataset_item(
        dataset_id=dataset.id, input={"content": "What?"}, expected_output={"content": "That."}
    )
    step = await client.api.create_step(type="run", input={"content": "in"}, output={"content": "out"})
    of_step = await client.api.add_step_to_dataset(dataset.id, step.id)
    assert (of_step.input, of_step.expected_output) == ({"content": "in"}, {"content": "out"})
    read = await client.api.get_dataset(dataset.id)
    assert (read.name, read.description, read.metadata) == (dataset.name, "all", {"k": 1})
    assert {one["id"] for one in read.items} == {item.id, of_step.id}
    assert (await client.api.delete_dataset_item(item.id)).id == item.id
    assert (await client.api.update_dataset(dataset.id, description="few")).description == "few"
    await client.api.delete_dataset(dataset.id)
    assert await client.api.get_dataset(dataset.id) is None


@check
async def synchronous_twins_do_the_same(client: Any) -> None:
    if FIRST:
        return
    dataset = client.api.create_dataset_sync(name=name("d"))
    step = await client.api.create_step(type="run", input={"content": "in"}, output={"content": "out"})
    items = [
        client.api.create_dataset_item_sync(dataset_id=dataset.id, input={"content": "What?"}),
        client.api.add_step_to_dataset_sync(dataset.id, step.id),
    ]
    assert {one["id"] for one in client.api.get_dataset_sync(dataset.id).items} == {one.id for one in items}
    assert client.api.get_dataset_item_sync(items[0].id).input == {"content": "What?"}
    generation = ChatGeneration(messages=[{"role": "user", "content": "Hi"}], model="m", provider="p")
    made = client.api.create_generation_sync(generation)
    assert (await client.api.get_step(id=made["id"])).generation.model == "m"


@check
async def a_prompt_is_read_in_both_forms(client: Any) -> None:
    if FIRST:
        return
    called = name("p")
    making = "mutation($name: String!) { it: createPromptLineage(name: $name) { id } }"
    lineage = (await client.api.make_api_call("make", making, {"name": called}))["data"]["it"]["id"]
    version = """mutation($id: String!, $said: Json) {
        createPromptVersion(lineageId: $id, templateMessages: $said, settings: {provider: "openai"}) { id } }"""
    said = [{"role": "user", "content": "Hi {{who}}"}]
    await client.api.make_api_call("make", version, {"id": lineage, "said": said})
    for read in (await client.api.get_prompt(name=called), client.api.get_prompt_sync(name=called, version=0)):
        assert (read.name, read.version, read.template_messages[0]["content"]) == (called, 0, "Hi {{who}}")
    without = "mutation($id: String!) { createPromptVersion(lineageId: $id, templateMessages: []) { id } }"
    await client.api.make_api_call("make", without, {"id": lineage})
    newest = await client.api.get_prompt(name=called)
    assert (newest.version, newest.provider, newest.settings) == (1, "", {})
    assert await client.api.get_prompt(name=name("none")) is None


# --- running them -------------------------------------------------------------------------------------------------


def problem_of(function: Callable[[Any], Coroutine[Any, Any, None]], client: Any) -> str | None:
    """The traceback of the check's failure, None where it passes."""
    try:
        asyncio.run(function(client))
    except Exception:  # noqa: BLE001 (whatever it is, it is what the check found)
        return traceback.format_exc()
    return None


def main() -> None:
    """Run all checks."""
    parser = argparse.ArgumentParser(description="Checks a server with a Literal AI client of early 2024.")
    parser.add_argument("url")
    parser.add_argument("--only", help="a part of the names of the checks to run")
    asked = parser.parse_args()
    client: Any = LiteralClient(api_key="any", url=asked.url)
    for called, function in CHECKS.items():
        if asked.only is None or asked.only in called:
            result = {"check": called, "problem": problem_of(function, client)}
            sys.stdout.write(json.dumps(result) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
