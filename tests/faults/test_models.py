"""Models that hang, break off, and send rubbish or too much: how the run ends, and that its readers hear of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from openai import OpenAI

from support.server import RunningServer
from support.sse import ended, names, opened, wait_for

MIB = 1024 * 1024
SHORT_SECONDS = 1
PLENTY_SECONDS = 30
NOT_COMPLETION = "the model server sent something that is not a chat completion"
TOO_LARGE = "the model's answer is larger than allowed here"
SILENT = "the model server was silent for too long"
BROKEN_OFF = "the model's answer ended before it finished"
NO_STREAM = "the model server did not answer with a stream"
WORD = {"delta": {"content": "word "}}


@pytest.fixture
def server(tmp_path, model, request):
    """A server with so many seconds for a silent model as the test's table says, or plenty."""
    seconds = getattr(request, "param", PLENTY_SECONDS)
    limits = {"first_token_seconds": seconds, "token_gap_seconds": seconds, "answer_bytes_max": MIB // 4}
    with RunningServer(tmp_path, model, config={**limits, "retries": 0}) as server:
        yield server


@pytest.fixture
def assistant(client):
    return client.beta.assistants.create(model="gpt-4o")


def each(table):
    """Every row of a table of faults, with a server that soon loses patience where the fault is silence."""
    rows = [
        pytest.param(SHORT_SECONDS if words is SILENT else PLENTY_SECONDS, play, words, id=name)
        for name, (play, words) in table.items()
    ]
    return pytest.mark.parametrize(("server", "play", "words"), rows, indirect=["server"])


def streamed(server, client, assistant):
    """A run of a new thread, read as a stream to its end: the run as its last event has it, and all frames."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "How is Oslo?"}])
    body = {"assistant_id": assistant.id, "stream": True}
    with opened(server, f"/threads/{thread.id}/runs", body) as frames:
        seen = list(frames)
    assert [frame.name for frame in seen][-1:] == ["done"]
    assert client.beta.threads.runs.retrieve(seen[-2].data["id"], thread_id=thread.id).status == seen[-2].data["status"]
    return seen[-2].data, seen


def assert_next_run_completes(server, client, run):
    """The thread is free, and the model is asked again."""
    thread_id, assistant_id = run["thread_id"], run["assistant_id"]
    again = client.beta.threads.runs.create(thread_id=thread_id, assistant_id=assistant_id)
    assert ended(server, thread_id, again.id)["status"] == "completed"


# What the model does, and the words that stand on the run.
BEFORE_ANY_TEXT = {
    "refuses-connections": (lambda model: model.refuse_connection(), "the model server cannot be reached: it refuses"),
    "drops-connections": (lambda model: model.drop(), "the model server cannot be reached"),
    "hangs": (lambda model: model.hang(), SILENT),
    "hangs-with-comments": (lambda model: model.endless(b": still here\n\n"), SILENT),
    "hangs-with-empty-pieces": (lambda model: model.endless({"delta": {}}), SILENT),
    "no-json": (lambda model: model.rubbish(), NOT_COMPLETION),
    "no-object": (lambda model: model.choices(b"data: [1, 2]\n\n"), NOT_COMPLETION),
    "web-page": (lambda model: model.page(), NO_STREAM),
    "nothing": (lambda model: model.choices(done=False), NO_STREAM),
    "unknown-lines": (lambda model: model.choices(b"event: what\nid: 7\nretry: 9\nfoo\n\n", done=False), NO_STREAM),
    "wrong-shapes": (
        lambda model: model.choices(
            b'data: {"choices": {"delta": 1}}\n\n',
            b'data: {"choices": ["x"], "usage": [1]}\n\n',
            b'data: {"choices": [{"delta": ["x"], "finish_reason": 3}]}\n\n',
            b'data: {"choices": [{"delta": {"content": 7, "tool_calls": [null, {"function": 3}]}}]}\n\n',
            done=False,
        ),
        BROKEN_OFF,
    ),
    "ten-megabytes-at-once": (lambda model: model.huge(10 * MIB), TOO_LARGE),
    "line-without-end": (lambda model: model.endless_line(40 * MIB), TOO_LARGE),
    "page-without-end": (lambda model: model.endless(b"<html>" * 1000), TOO_LARGE),
    "thousands-of-calls": (
        lambda model: model.choices({"delta": {"tool_calls": [{"index": number} for number in range(5000)]}}),
        TOO_LARGE,
    ),
}


@each(BEFORE_ANY_TEXT)
def test_a_model_without_an_answer_fails_the_run(server, client, assistant, model, *, play, words):
    play(model)
    run, frames = streamed(server, client, assistant)
    assert (run["status"], run["last_error"]["code"]) == ("failed", "server_error")
    assert run["last_error"]["message"].startswith(words)
    assert names(frames)[-2:] == ["run.failed", "done"]
    if words.endswith("refuses"):
        model.accept_connections()
    assert_next_run_completes(server, client, run)


AFTER_SOME_TEXT = {
    "hangs": (lambda model: model.hold("Once upon a time"), SILENT),
    "stops-in-a-token": (lambda model: model.break_off("Once upon a time"), BROKEN_OFF),
    "ends-in-good-order": (lambda model: model.trail_off("Once upon a time"), BROKEN_OFF),
    "goes-on-in-rubbish": (lambda model: model.choices(WORD, b"data: }{\n\n"), NOT_COMPLETION),
    "fails": (lambda model: model.fail_midway("Once upon", "the GPU is gone"), "the GPU is gone"),
    "never-ends": (lambda model: model.endless({"delta": {"content": "word " * 1000}}), TOO_LARGE),
    "never-ends-in-small-pieces": (lambda model: model.endless(WORD), TOO_LARGE),
}


@each(AFTER_SOME_TEXT)
def test_a_model_that_breaks_off_fails_the_run_and_what_was_read_stays(
    server, client, assistant, model, *, play, words
):
    play(model)
    run, frames = streamed(server, client, assistant)
    assert (run["status"], run["last_error"]["code"]) == ("failed", "server_error")
    assert run["last_error"]["message"].startswith(words)
    assert names(frames)[-4:] == ["message.incomplete", "run.step.failed", "run.failed", "done"]
    read = "".join(frame.words for frame in frames if frame.name == "thread.message.delta")
    (kept,) = [one for one in client.beta.threads.messages.list(run["thread_id"]) if one.role == "assistant"]
    assert (kept.status, kept.content[0].text.value) == ("incomplete", read)
    assert_next_run_completes(server, client, run)


@pytest.mark.parametrize(
    ("status", "code"), [(401, "server_error"), (429, "rate_limit_exceeded"), (500, "server_error")]
)
def test_the_providers_own_words_stand_on_the_run(server, client, assistant, model, *, status, code):
    model.fail(status, "because of model-key")
    run, _ = streamed(server, client, assistant)
    assert (run["status"], run["last_error"]) == ("failed", {"code": code, "message": "because of ***"})
    assert_next_run_completes(server, client, run)


@pytest.mark.parametrize(
    "play",
    [
        lambda model: model.endless(b"x" * MIB, status=500),
        lambda model: model.endless(b"x" * MIB, status=400),
        lambda model: model.endless(b"x" * MIB),
        lambda model: model.endless({"delta": {"content": "x" * MIB}}),
    ],
    ids=["error", "refusal", "answer", "text"],
)
def test_no_more_is_taken_from_a_model_than_is_allowed(server, client, assistant, model, play):
    play(model)
    run, _ = streamed(server, client, assistant)
    assert run["status"] == "failed"
    model.exchanges[-1].wait_dropped()
    assert model.sent_bytes < 64 * MIB


def test_a_model_that_thinks_for_ever_is_ended_with_its_run(server, client, assistant, model):
    model.endless({"delta": {"reasoning_content": "hm"}})
    thread = client.beta.threads.create()
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    wait_for(server, thread.id, run.id, "thread.run.in_progress")
    server.advance(601)
    assert ended(server, thread.id, run.id)["status"] == "expired"
    model.exchanges[0].wait_dropped()


def test_a_model_that_hangs_holds_up_no_other_run(tmp_path, model):
    gates = [model.hang() for _ in range(3)]
    with (
        RunningServer(tmp_path, model) as server,
        OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client,
        ThreadPoolExecutor() as pool,
    ):
        assistant = client.beta.assistants.create(model="gpt-4o")
        hanging = []
        for gate in gates:
            hanging.append(pool.submit(streamed, server, client, assistant))
            gate.wait_reached()
        run, _ = streamed(server, client, assistant)
        assert run["status"] == "completed"
        for gate in gates:
            gate.release()
        assert [one.result()[0]["status"] for one in hanging] == ["completed"] * 3
