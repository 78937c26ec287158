"""The page of the threads domain: every call of it, and its synchronous twin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from clients.yandex.desk import Desk, check, each, got, refused, user_agent

WEEK = timedelta(days=7)


@dataclass
class Said:
    """An object with a text and a role, as any result of the clients is."""

    text: str
    role: str


# --- sdk.threads --------------------------------------------------------------------------------------------------


@check
async def a_thread_is_made_of_nothing(desk: Desk) -> None:
    thread = await desk.thread()
    assert thread.id
    assert (thread.name, thread.description, thread.labels) == (None, None, None)
    assert (thread.expiration_config.ttl_days, thread.expiration_config.expiration_policy.name) == (
        7,
        "SINCE_LAST_ACTIVE",
    )


@check
async def a_thread_has_all_attributes_of_the_page(desk: Desk) -> None:
    thread = await desk.thread(name="n", description="d", labels={"a": "b"}, ttl_days=3, expiration_policy="static")
    assert (thread.name, thread.description, thread.labels) == ("n", "d", {"a": "b"})
    assert isinstance(thread.created_at, datetime)
    assert (thread.updated_at, thread.expires_at) == (thread.created_at, thread.created_at + timedelta(days=3))
    assert thread.created_by
    assert thread.updated_by == thread.created_by
    assert (thread.expiration_config.ttl_days, thread.expiration_config.expiration_policy.name) == (3, "STATIC")


@check
async def an_expiration_policy_has_five_spellings(desk: Desk) -> None:
    spelled = {"static": "STATIC", "STATIC": "STATIC", 1: "STATIC", 2: "SINCE_LAST_ACTIVE"}
    spelled["since_last_active"] = "SINCE_LAST_ACTIVE"
    for spelling, policy in spelled.items():
        thread = await desk.thread(ttl_days=1, expiration_policy=spelling)
        assert thread.expiration_config.expiration_policy.name == policy
        again = await desk.thread(ttl_days=2, expiration_policy=thread.expiration_config.expiration_policy)
        assert (again.expiration_config.ttl_days, again.expiration_config.expiration_policy.name) == (2, policy)


@check
async def an_expiration_takes_both_parts(desk: Desk) -> None:
    await refused(ValueError, lambda: desk.sdk.threads.create(ttl_days=3))
    await refused(ValueError, lambda: desk.sdk.threads.create(expiration_policy="static"))


@check
async def a_thread_is_found_again(desk: Desk) -> None:
    made = await desk.thread(name="found", labels={"a": "b"}, timeout=30)
    found = await got(desk.sdk.threads.get(made.id, timeout=30))
    assert found is not made
    for name in ("id", "name", "labels", "created_by", "created_at", "updated_at", "expires_at", "expiration_config"):
        assert getattr(found, name) == getattr(made, name)


@check
async def threads_are_listed_newest_first_over_pages(desk: Desk) -> None:
    made = [(await desk.thread()).id for _ in range(5)]
    listed = [thread.id async for thread in each(desk.sdk.threads.list(page_size=2))]
    assert [one for one in listed if one in made] == made[::-1]
    assert len(listed) == len(set(listed))
    assert listed == [thread.id async for thread in each(desk.sdk.threads.list())]


@check
async def threads_are_deleted_while_they_are_listed(desk: Desk) -> None:
    made = {(await desk.thread()).id for _ in range(5)}
    met = set()
    async for thread in each(desk.sdk.threads.list(page_size=2, timeout=30)):
        met.add(thread.id)
        await got(thread.delete())
    assert made <= met
    assert [thread.id async for thread in each(desk.sdk.threads.list())] == []


# --- a thread -----------------------------------------------------------------------------------------------------


@check
async def an_update_changes_what_it_names(desk: Desk) -> None:
    thread = await desk.thread(name="n", description="d", labels={"a": "b"})
    same = await got(thread.update(name="other"))
    assert same is thread
    assert (thread.name, thread.description, thread.labels) == ("other", "d", {"a": "b"})
    await got(thread.update(description="else", labels={"c": "d"}, timeout=30))
    assert (thread.name, thread.description, thread.labels) == ("other", "else", {"c": "d"})
    assert (await got(desk.sdk.threads.get(thread.id))).labels == {"c": "d"}


@check
async def none_in_an_update_resets_a_field(desk: Desk) -> None:
    thread = await desk.thread(name="n", description="d", labels={"a": "b"}, ttl_days=3, expiration_policy="static")
    await got(thread.update(name=None))
    assert (thread.name, thread.description) == (None, "d")
    await got(thread.update(description=None, labels=None, ttl_days=None))
    assert (thread.description, thread.labels) == (None, None)
    assert (thread.expiration_config.ttl_days, thread.expiration_config.expiration_policy.name) == (7, "STATIC")


@check
async def an_update_of_one_part_of_the_expiration_keeps_the_other(desk: Desk) -> None:
    thread = await desk.thread()
    await got(thread.update(ttl_days=3))
    assert thread.expires_at == thread.created_at + timedelta(days=3)
    assert thread.expiration_config.expiration_policy.name == "SINCE_LAST_ACTIVE"
    await got(thread.update(expiration_policy="static"))
    assert (thread.expiration_config.ttl_days, thread.expiration_config.expiration_policy.name) == (3, "STATIC")


@check
async def an_update_without_arguments_resets_everything(desk: Desk) -> None:
    thread = await desk.thread(name="n", labels={"a": "b"}, ttl_days=3, expiration_policy="static")
    await got(thread.update())
    assert (thread.name, thread.labels) == (None, None)
    assert (thread.expiration_config.ttl_days, thread.expires_at) == (7, thread.created_at + WEEK)


@check
async def a_deleted_thread_is_gone(desk: Desk) -> None:
    thread = await desk.thread("hello")
    await got(thread.delete(timeout=30))
    await refused(ValueError, lambda: thread.write("hello?"))
    await refused(ValueError, lambda: thread.update(name="n"))
    assert await desk.refusal(lambda: desk.sdk.threads.get(thread.id)) == (
        "NOT_FOUND",
        f"thread {thread.id} not found",
    )


@check
async def a_string_is_written(desk: Desk) -> None:
    thread = await desk.thread()
    message = await got(thread.write("hello", labels={"a": "b"}, timeout=30))
    assert (message.text, message.parts, message.role) == ("hello", ("hello",), "USER")
    assert (message.thread_id, message.labels, message.status.name) == (thread.id, {"a": "b"}, "COMPLETED")
    assert isinstance(message.created_at, datetime)
    assert message.created_by == thread.created_by
    assert message.citations == ()


@check
async def messages_without_an_author_share_one(desk: Desk) -> None:
    thread = await desk.thread("one", "two")
    other = await desk.thread("three")
    authors = {message.author.id async for message in each(thread.read())}
    authors |= {message.author.id async for message in each(other.read())}
    assert len(authors) == 2
    assert all(authors)


@check
async def a_dict_is_written(desk: Desk) -> None:
    thread = await desk.thread()
    plain = await got(thread.write({"text": "plain"}))
    assert (plain.text, plain.role) == ("plain", "USER")
    ours = await got(thread.write({"text": "with a role", "role": "assistant"}))
    assert (ours.text, ours.role) == ("with a role", "ASSISTANT")
    assert ours.author.id == user_agent()
    assert plain.author.id != ours.author.id


@check
async def any_role_is_kept(desk: Desk) -> None:
    thread = await desk.thread()
    message = await got(thread.write({"text": "be brief", "role": "system"}))
    assert message.role == "SYSTEM"
    assert [one.role async for one in each(thread.read())] == ["SYSTEM"]


@check
async def a_message_is_written_again(desk: Desk) -> None:
    thread = await desk.thread()
    first = await got(thread.write("hello"))
    second = await got(thread.write(first))
    assert (second.text, second.role) == ("hello", "USER")
    assert second.id != first.id


@check
async def an_object_with_text_and_role_is_written(desk: Desk) -> None:
    thread = await desk.thread()
    message = await got(thread.write(Said("a result", "assistant")))
    assert (message.text, message.role) == ("a result", "ASSISTANT")
    await refused(TypeError, lambda: thread.write(17))


@check
async def an_empty_text_is_a_message(desk: Desk) -> None:
    assert await desk.texts(await desk.thread("", "after")) == ["", "after"]


@check
async def messages_are_read_newest_first(desk: Desk) -> None:
    thread = await desk.thread("one", "two", "three")
    assert [message.text async for message in each(thread.read(timeout=30))] == ["three", "two", "one"]
    assert [message.text async for message in each(thread)] == ["three", "two", "one"]


@check
async def a_thread_of_many_messages_is_read_whole(desk: Desk) -> None:
    texts = [f"number {number}" for number in range(150)]
    assert await desk.texts(await desk.thread(*texts)) == texts


@check
async def a_message_is_found_by_its_id(desk: Desk) -> None:
    thread = await desk.thread()
    written = await got(thread.write("hello"))
    # The clients keep this to themselves, but their own tests use it.
    found = await got(desk.sdk._messages.get(thread_id=thread.id, message_id=written.id))
    assert (found.id, found.text) == (written.id, "hello")


@check
async def a_missing_thread_is_said_with_the_client_s_request_id(desk: Desk) -> None:
    raised = await refused(desk.problem, lambda: desk.sdk.threads.get("nope"))
    assert raised.code().name == "NOT_FOUND"
    assert raised.details() == "thread nope not found"
    assert "nope" in str(raised)
