"""`sdk.runs`, and what an assistant's runs come to."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from clients.yandex.assistants import weather
from clients.yandex.desk import BROKEN, ONE_CITY, THREE_ROUNDS, Desk, check, each, got, refused

GREETED = "You said: Good morning."
"""What the model makes of "Good morning."."""

ASK: dict[str, Any] = {"type": "object", "properties": {"number": {"type": "integer"}}}


@check
async def a_run_answers(desk: Desk) -> None:
    assistant = await desk.assistant(instruction="Be brief.")
    thread = await desk.thread("Good morning.")
    run = await got(assistant.run(thread))
    assert (run.assistant_id, run.thread_id) == (assistant.id, thread.id)
    assert isinstance(run.created_at, datetime)
    assert run.created_by == thread.created_by
    result = await desk.result(run)
    assert result.status.name == "COMPLETED"
    assert (result.is_succeeded, result.is_failed, result.is_running) == (True, False, False)
    assert (result.text, result.parts) == (GREETED, (GREETED,))
    assert (result.error, result.tool_calls, result.citations) == (None, None, ())
    assert result.usage.total_tokens == result.usage.input_text_tokens + result.usage.completion_tokens > 0


@check
async def the_answer_is_a_message_of_the_thread(desk: Desk) -> None:
    assistant = await desk.assistant()
    thread = await desk.thread("Good morning.")
    result = await desk.result(await got(assistant.run(thread)))
    newest, *_ = [message async for message in each(thread.read())]
    assert newest.id == result.message.id
    assert (newest.author.role, newest.author.id) == ("ASSISTANT", assistant.id)
    assert newest.created_by == thread.created_by
    assert newest.status.name == "COMPLETED"


@check
async def a_result_is_written_to_a_thread(desk: Desk) -> None:
    thread = await desk.thread("Good morning.")
    result = await desk.result(await got((await desk.assistant()).run(thread)))
    other = await desk.thread()
    message = await got(other.write(result.message))
    assert (message.text, message.role) == (GREETED, "ASSISTANT")


@check
async def a_thread_is_given_by_its_id(desk: Desk) -> None:
    thread = await desk.thread("Good morning.")
    result = await desk.result(await got((await desk.assistant()).run(thread.id)))
    assert result.text == GREETED


@check
async def a_run_is_awaited_and_asked(desk: Desk) -> None:
    run = await got((await desk.assistant()).run(await desk.thread("Good morning.")))
    await desk.result(run)
    assert (await got(run.get_status())).name == "COMPLETED"
    assert (await got(run.get_result())).text == GREETED
    if desk.is_async:
        assert (await run).text == GREETED


@check
async def a_run_keeps_its_own_options(desk: Desk) -> None:
    assistant = await desk.assistant(temperature=0.5)
    last = desk.part("assistants").LastMessagesPromptTruncationStrategy(num_messages=2)
    run = await got(
        assistant.run(
            await desk.thread("Good morning."),
            custom_temperature=0.25,
            custom_max_tokens=100,
            custom_max_prompt_tokens=5000,
            custom_prompt_truncation_strategy=last,
            custom_response_format="json",
        )
    )
    await desk.result(run)
    for one in (run, await got(desk.sdk.runs.get(run.id))):
        assert (one.custom_temperature, one.custom_max_tokens, one.custom_max_prompt_tokens) == (0.25, 100, 5000)
        assert one.custom_prompt_truncation_options.strategy == last
        assert one.custom_response_format == "json"


@check
async def a_run_without_options_has_none(desk: Desk) -> None:
    run = await got((await desk.assistant(temperature=0.5)).run(await desk.thread("Good morning.")))
    assert (run.custom_temperature, run.custom_max_tokens, run.custom_max_prompt_tokens) == (None, None, None)
    assert (run.custom_prompt_truncation_options, run.custom_response_format) == (None, None)
    await desk.result(run)


@check
async def a_stream_is_the_whole_text_so_far_and_then_the_message(desk: Desk) -> None:
    run = await got((await desk.assistant()).run_stream(await desk.thread("One two three four five.")))
    events = [event async for event in each(run.listen())]
    texts = [event.text for event in events]
    assert texts[-1] == "You said: One two three four five."
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert {event.status.name for event in events[:-1]} <= {"PARTIAL_MESSAGE"}
    assert all(event.is_running for event in events[:-1])
    assert (events[-1].status.name, events[-1].is_succeeded) == ("DONE", True)
    assert events[-1].message.author.role == "ASSISTANT"


@check
async def a_stream_is_read_again_from_a_number(desk: Desk) -> None:
    run = await got((await desk.assistant()).run_stream(await desk.thread("One two three four five.")))
    first = [event.text async for event in each(run)]
    again = [event.text async for event in each(run.listen(events_start_idx=1))]
    assert again == first[1:]


@check
async def a_run_without_a_stream_has_its_end_alone(desk: Desk) -> None:
    run = await got((await desk.assistant()).run(await desk.thread("Good morning.")))
    events = [event async for event in each(run.listen())]
    assert [(event.status.name, event.text) for event in events] == [("DONE", GREETED)]


@check
async def a_function_is_called_and_answered(desk: Desk) -> None:
    assistant = await desk.assistant(tools=[weather(desk)])
    thread = await desk.thread(ONE_CITY)
    run = await got(assistant.run(thread))
    waiting = await desk.result(run)
    assert (waiting.status.name, waiting.message) == ("TOOL_CALLS", None)
    (call,) = waiting.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_weather", {"city": "Oslo", "days": 5.0})
    assert isinstance(call.function.arguments["days"], float)  # numbers are doubles on this wire
    before = waiting.usage.total_tokens
    await got(run.submit_tool_results({"name": "get_weather", "content": "rain"}))
    done = await desk.result(run)
    assert (done.status.name, done.text, done.tool_calls) == ("COMPLETED", "It rains.", None)
    assert done.usage.total_tokens > before
    assert await desk.texts(thread) == [ONE_CITY, "It rains."]


@check
async def functions_are_answered_round_after_round(desk: Desk) -> None:
    assistant = await desk.assistant(tools=[desk.sdk.tools.function(ASK, name="ask")])
    run = await got(assistant.run(await desk.thread(THREE_ROUNDS)))
    for number in range(3):
        waiting = await desk.result(run)
        assert [call.function.arguments for call in waiting.tool_calls] == [{"number": float(number)}]
        await got(run.submit_tool_results([{"name": "ask", "content": str(number), "type": "function"}]))
    assert (await desk.result(run)).text == "I have asked enough."


@check
async def functions_are_answered_inside_a_stream(desk: Desk) -> None:
    assistant = await desk.assistant(tools=[desk.sdk.tools.function(ASK, name="ask")])
    run = await got(assistant.run_stream(await desk.thread(THREE_ROUNDS)))
    asked = []
    last = None
    async for event in each(run.listen()):
        if event.tool_calls:
            asked += [call.function.arguments["number"] for call in event.tool_calls]
            await got(run.submit_tool_results({"name": "ask", "content": "so"}))
        last = event
    assert asked == [0.0, 1.0, 2.0]
    assert (last.status.name, last.text) == ("DONE", "I have asked enough.")


@check
async def results_are_refused_where_none_are_waited_for(desk: Desk) -> None:
    run = await got((await desk.assistant()).run(await desk.thread("Good morning.")))
    await desk.result(run)
    code, _ = await desk.refusal(lambda: run.submit_tool_results({"name": "ask", "content": "so"}))
    assert code == "FAILED_PRECONDITION"


@check
async def a_failed_run_says_why(desk: Desk) -> None:
    run = await got((await desk.assistant()).run_stream(await desk.thread(BROKEN)))
    result = await desk.result(run)
    assert (result.status.name, result.is_failed) == ("FAILED", True)
    assert result.error
    assert result.usage is None
    await refused(ValueError, lambda: result.text)
    last = [event async for event in each(run.listen())][-1]
    assert (last.status.name, last.is_failed, last.error) == ("ERROR", True, result.error)


@check
async def a_prompt_that_cannot_fit_names_the_limit(desk: Desk) -> None:
    run = await got((await desk.assistant()).run(await desk.thread("Good morning."), custom_max_prompt_tokens=1))
    result = await desk.result(run)
    assert result.is_failed
    assert "1 token" in result.error


@check
async def fewer_messages_make_a_smaller_prompt(desk: Desk) -> None:
    assistant = await desk.assistant()
    thread = await desk.thread("Hear me first, and hear all of it.", "Good morning.")
    everything = await desk.result(await got(assistant.run(thread)))
    again = await desk.thread("Hear me first, and hear all of it.", "Good morning.")
    last = desk.part("assistants").LastMessagesPromptTruncationStrategy(num_messages=1)
    newest = await desk.result(await got(assistant.run(again, custom_prompt_truncation_strategy=last)))
    assert newest.usage.input_text_tokens < everything.usage.input_text_tokens


@check
async def runs_are_found_again(desk: Desk) -> None:
    assistant = await desk.assistant()
    thread = await desk.thread("Good morning.")
    runs = []
    for _ in range(3):
        runs.append(await got(assistant.run(thread)))
        await desk.result(runs[-1])
    assert (await got(desk.sdk.runs.get(runs[0].id))).thread_id == thread.id
    assert (await got(desk.sdk.runs.get_last_by_thread(thread))).id == runs[-1].id
    assert (await got(desk.sdk.runs.get_last_by_thread(thread.id))).id == runs[-1].id
    listed = [run.id async for run in each(desk.sdk.runs.list(page_size=2))]
    assert listed == [run.id for run in runs][::-1]


@check
async def a_thread_without_runs_has_no_last_one(desk: Desk) -> None:
    thread = await desk.thread()
    code, _ = await desk.refusal(lambda: desk.sdk.runs.get_last_by_thread(thread))
    assert code == "NOT_FOUND"


@check
async def several_runs_of_a_thread_go_on_at_once(desk: Desk) -> None:
    assistant = await desk.assistant(tools=[weather(desk)])
    thread = await desk.thread(ONE_CITY)
    runs = [await got(assistant.run(thread)) for _ in range(2)]
    for run in runs:
        assert (await desk.result(run)).status.name == "TOOL_CALLS"
    await got(thread.write("Are you there?"))
    for run in runs:
        await got(run.submit_tool_results({"name": "get_weather", "content": "rain"}))
        assert (await desk.result(run)).is_succeeded


@check
async def a_run_is_not_cancelled_by_the_clients(desk: Desk) -> None:
    run = await got((await desk.assistant()).run(await desk.thread("Good morning.")))
    await refused(NotImplementedError, run.cancel)
    await desk.result(run)
