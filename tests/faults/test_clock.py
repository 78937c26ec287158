"""A clock that is set forward a day or back an hour: order is numbers, and nothing is lost but what had its end."""

import apsw
import pytest
from openai import NotFoundError, OpenAI

from clew.service.core import Limits
from support.faulty_disk import FaultyDisk
from support.heard import heard
from support.server import RunningServer
from support.sse import ended, events_path, read, wait_for

HOUR = 3600
DAY = 24 * HOUR
JUMPS = [pytest.param(DAY, id="forward"), pytest.param(-HOUR, id="back")]
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}

both = pytest.mark.parametrize("jump", JUMPS)


def set_clock(server, seconds):
    """Set it, and let the engine look at what is overdue and what is to be done."""

    async def set_by():
        server.clock.set_by(seconds)
        await server.assembled.engine.end_overdue()
        server.assembled.core.signals.work.set()

    server.do(set_by())


@pytest.fixture
def patient(tmp_path, model):
    """A server whose runs may take a week."""
    with RunningServer(tmp_path, model, limits=Limits(run_seconds=7 * DAY)) as server:
        yield server


@pytest.fixture
def assistant(client):
    return client.beta.assistants.create(model="gpt-4o", tools=[TOOL])


def say(client, thread, text):
    return client.beta.threads.messages.create(thread.id, role="user", content=text)


def texts(client, thread):
    return [one.content[0].text.value for one in client.beta.threads.messages.list(thread.id, order="asc", limit=1)]


def begun(client, assistant, text="How is Oslo?"):
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    return thread, client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)


@both
def test_the_order_of_a_thread_is_that_of_writing(server, client, jump):
    thread = client.beta.threads.create()
    written = [say(client, thread, "before")]
    set_clock(server, jump)
    written += [say(client, thread, "after")]
    assert texts(client, thread) == ["before", "after"]
    assert written[1].created_at - written[0].created_at == jump  # times are shown as they are


@both
def test_runs_and_their_events_stay_in_order(server, client, assistant, model, jump):
    gate = model.hold("Fine, thanks")
    thread, run = begun(client, assistant)
    wait_for(server, thread.id, run.id, "thread.message.delta")
    if jump < 0:
        set_clock(server, jump)
    gate.release()
    assert ended(server, thread.id, run.id)["status"] == "completed"
    set_clock(server, jump)
    second = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    ended(server, thread.id, second.id)
    assert [one.id for one in client.beta.threads.runs.list(thread.id, order="asc", limit=1)] == [run.id, second.id]
    numbers = [frame.number for frame in read(server, events_path(thread.id, run.id)) if frame.number]
    assert numbers == sorted(set(numbers))


@both
def test_ids_stay_unique(server, client, jump):
    made = []
    for _ in range(20):
        made.append(client.beta.threads.create().id)
        set_clock(server, jump)
        jump = -jump
    assert len(set(made)) == 20


@both
def test_a_list_of_threads_is_in_order_of_the_times_shown_and_lacks_none(server, client, jump):
    made = []
    for moved in (0, jump, 0):
        set_clock(server, moved)
        made.append(client.beta.threads.create())
    listed, after = [], ""
    while page := client.get(f"/threads?order=asc&limit=1{after}", cast_to=object)["data"]:
        listed.append(page[0]["id"])
        after = f"&after={page[0]['id']}"
    assert listed == [one.id for one in sorted(made, key=lambda thread: thread.created_at)]


def test_a_day_forward_ends_a_run_and_keeps_what_it_said(server, client, assistant, model):
    gate = model.hold("Fine, thanks")
    thread, run = begun(client, assistant)
    wait_for(server, thread.id, run.id, "thread.message.delta")
    set_clock(server, DAY)
    assert ended(server, thread.id, run.id)["status"] == "expired"
    assert texts(client, thread) == ["How is Oslo?", "Fine,"]
    gate.release()
    second = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    assert ended(server, thread.id, second.id)["status"] == "completed"


@both
def test_a_run_that_may_take_longer_is_done_once(patient, model, jump):
    with OpenAI(base_url=patient.base_url, api_key="any") as client:
        gate = model.hold("Fine, thanks")
        thread, run = begun(client, client.beta.assistants.create(model="gpt-4o"))
        wait_for(patient, thread.id, run.id, "thread.message.delta")
        set_clock(patient, jump)  # its lease is over, or is one that cannot be
        gate.release()
        assert ended(patient, thread.id, run.id)["status"] == "completed"
        assert texts(client, thread) == ["How is Oslo?", "Fine, thanks"]
        assert len(model.requests) == 1


def test_an_hour_back_holds_no_run_up_that_has_lost_its_worker(tmp_path, model):
    with (
        FaultyDisk(tmp_path) as disk,
        RunningServer(tmp_path, model) as server,
        OpenAI(base_url=server.base_url, api_key="any") as client,
    ):
        gate = model.hold("Fine, thanks")
        thread, run = begun(client, client.beta.assistants.create(model="gpt-4o"))
        wait_for(server, thread.id, run.id, "thread.message.delta")
        with disk.failing("write", apsw.SQLITE_FULL), heard(f"run {run.id}: The disk is full.") as wait:
            gate.release()
            wait()
        set_clock(server, -HOUR)
        assert ended(server, thread.id, run.id)["status"] == "completed"


@both
def test_a_run_that_waits_for_outputs_takes_them(patient, model, jump):
    with OpenAI(base_url=patient.base_url, api_key="any") as client:
        model.call(("get_weather", {}))
        thread, run = begun(client, client.beta.assistants.create(model="gpt-4o", tools=[TOOL]))
        frame = wait_for(patient, thread.id, run.id, "thread.run.requires_action")
        set_clock(patient, jump)
        calls = frame.data["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": "fine"} for call in calls]
        client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs)
        assert ended(patient, thread.id, run.id)["status"] == "completed"


def test_what_has_an_end_ends_by_the_clock_as_it_is_set(server, client):
    file = client.files.create(
        file=("a.txt", b"x"),
        purpose="assistants",
        extra_body={"expires_after[anchor]": "created_at", "expires_after[seconds]": str(2 * HOUR)},
    )
    upload = client.uploads.create(bytes=1, filename="a.txt", mime_type="text/plain", purpose="assistants")
    set_clock(server, -HOUR)
    assert client.files.content(file.id).read() == b"x"
    assert client.uploads.parts.create(upload.id, data=b"1").id
    set_clock(server, DAY)
    with pytest.raises(NotFoundError):
        client.files.retrieve(file.id)
