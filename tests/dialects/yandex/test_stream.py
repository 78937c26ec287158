"""Streams of runs: what events there are, that they mean the same to every reader, and that many can read."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from clew.dialects.yandex import wire
from clew.dialects.yandex.stream import APART, Renderer
from clew.domain.event import Delta, EventKind
from clew.domain.event import Event as LogEvent
from clew.domain.item import Item, ItemStatus, Kind, Part, PartKind
from clew.domain.run import Progress, Run, RunState
from support.server import RunningServer
from support.stub import Stub
from support.talk import Event, begun, ended, function, listened, refused, results, submit, texts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from support.scripted_model import ScriptedModel

WEATHER = ("weather", {"city": "Oslo"})
READERS = 200


def kinds(events: Iterable[wire.StreamEvent]) -> list[int]:
    return [event.event_type for event in events]


def indexes(events: Iterable[wire.StreamEvent]) -> list[int]:
    return [event.stream_cursor.current_event_idx for event in events]


class TestListen:
    def test_gives_the_text_so_far_and_then_the_message(self, stub: Stub, model: ScriptedModel) -> None:
        gate = model.hold("It rains in Oslo.")
        run = begun(stub, stream=True)
        events = listened(stub, run.id)
        first = next(events)
        assert (first.event_type, texts(first.partial_message)) == (Event.PARTIAL_MESSAGE, ["It"])
        gate.release()
        *partial, done = events
        said = [texts(event.partial_message)[0] for event in partial]
        assert said == sorted(said, key=len)
        assert said[-1] == "It rains in Oslo."
        assert (done.event_type, texts(done.completed_message)) == (Event.DONE, ["It rains in Oslo."])
        assert indexes([first, *partial, done]) == list(range(len(partial) + 2))

    def test_gives_no_partial_messages_of_a_run_that_is_not_streamed(self, stub: Stub, model: ScriptedModel) -> None:
        model.call(WEATHER, text="Let me see.")
        run = begun(stub, tools=[function()])
        events = listened(stub, run.id)
        assert kinds([next(events)]) == [Event.TOOL_CALLS]
        submit(stub, run.id, ("weather", "rain"))
        (done,) = events
        assert (done.event_type, done.stream_cursor.current_event_idx) == (Event.DONE, 1)
        assert done.stream_cursor.num_user_events_received == 1

    def test_stays_open_while_results_are_brought(self, stub: Stub, model: ScriptedModel) -> None:
        model.call(WEATHER)
        model.call(WEATHER)
        run = begun(stub, tools=[function()])
        seen = []
        for event in listened(stub, run.id):
            seen.append((event.event_type, event.stream_cursor.num_user_events_received))
            if event.event_type == Event.TOOL_CALLS:
                submit(stub, run.id, ("weather", "rain"))
        assert seen == [(Event.TOOL_CALLS, 0), (Event.TOOL_CALLS, 1), (Event.DONE, 2)]

    def test_begins_where_it_is_told_to(self, stub: Stub, model: ScriptedModel) -> None:
        model.call(WEATHER, text="Let me see.")
        run = begun(stub, tools=[function()], stream=True)
        next(event for event in listened(stub, run.id) if event.event_type == Event.TOOL_CALLS)
        submit(stub, run.id, ("weather", "rain"))
        every = list(listened(stub, run.id))
        for start in range(len(every) + 2):
            assert list(listened(stub, run.id, start)) == every[start:]

    def test_is_the_same_after_a_restart(self, tmp_path: Path, model: ScriptedModel) -> None:
        model.say("It rains in Oslo, and it will rain tomorrow.")
        with RunningServer(tmp_path, model) as server, Stub(server.grpc_address) as stub:
            run_id = begun(stub, stream=True).id
            before = list(listened(stub, run_id))
        with RunningServer(tmp_path, model) as server, Stub(server.grpc_address) as stub:
            assert list(listened(stub, run_id)) == before

    def test_goes_on_where_it_stood_when_the_run_was_interrupted(self, tmp_path: Path, model: ScriptedModel) -> None:
        gate = model.hold("It rains in Oslo.")
        with RunningServer(tmp_path, model, drain_seconds=0) as server, Stub(server.grpc_address) as stub:
            run_id = begun(stub, stream=True).id
            before = next(listened(stub, run_id))
        gate.release()
        model.say("It rains in Oslo.")
        with RunningServer(tmp_path, model) as server, Stub(server.grpc_address) as stub:
            *_, done = after = list(listened(stub, run_id))
            assert list(listened(stub, run_id, 1)) == after[1:]
        assert after[0] == before
        assert indexes(after) == list(range(len(after)))
        assert texts(done.completed_message) == ["It rains in Oslo."]

    def test_ends_with_what_went_wrong(self, stub: Stub, model: ScriptedModel) -> None:
        model.fail(400, "Something is wrong")
        (event,) = listened(stub, begun(stub, stream=True).id)
        assert (event.event_type, event.error.code, event.error.message) == (Event.ERROR, 0, "Something is wrong")

    def test_from_before_the_beginning_is_refused(self, stub: Stub) -> None:
        run_id = begun(stub).id
        for call in (
            lambda: listened(stub, run_id, -1),
            lambda: stub.talk(
                "RunService.Attach",
                [wire.AttachRunRequest(run_id=run_id, events_start_idx=wire.Int64Value(value=-1))],
            ),
        ):
            with refused(grpc.StatusCode.INVALID_ARGUMENT, "events_start_idx: must not be negative"):
                list(call())

    def test_says_so_when_the_server_goes(self, tmp_path: Path, model: ScriptedModel) -> None:
        model.call(WEATHER)
        with RunningServer(tmp_path, model) as server, Stub(server.grpc_address) as stub:
            events = listened(stub, begun(stub, tools=[function()]).id)
            next(events)
            server.do(stopped(server))
            with pytest.raises(grpc.RpcError) as raised:
                next(events)
            assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


async def stopped(server: RunningServer) -> None:
    server._stopped.set()


def test_attaching_with_nothing_to_bring_is_listening(stub: Stub, model: ScriptedModel) -> None:
    run = ended(stub, begun(stub, stream=True).id)
    asked = wire.AttachRunRequest(run_id=run.id, events_start_idx=wire.Int64Value(value=1))
    assert list(stub.talk("RunService.Attach", [asked])) == list(listened(stub, run.id, 1))


def test_attaching_with_results_that_nobody_waits_for_is_refused(stub: Stub) -> None:
    run = ended(stub, begun(stub).id)
    asked = wire.AttachRunRequest(run_id=run.id, tool_result_list=results(("weather", "rain")))
    saying = f"cannot submit run '{run.id}': it is completed"
    with refused(grpc.StatusCode.FAILED_PRECONDITION, saying):
        list(stub.talk("RunService.Attach", [asked]))


async def read(channel: grpc.aio.Channel, run_id: str, begun: asyncio.Semaphore) -> list[wire.StreamEvent]:
    listen: Any = channel.unary_stream(
        "/yandex.cloud.ai.assistants.v1.runs.RunService/Listen",
        wire.ListenRunRequest.SerializeToString,
        wire.StreamEvent.FromString,
    )
    events = []
    async for event in listen(wire.ListenRunRequest(run_id=run_id), timeout=30):
        begun.release()
        events.append(event)
    return events


async def test_two_hundred_read_one_run(server: RunningServer, stub: Stub, model: ScriptedModel) -> None:
    words = " ".join(f"word{n}" for n in range(100))
    gate = model.hold(words)
    run = begun(stub, stream=True)
    heard = asyncio.Semaphore(0)
    async with grpc.aio.insecure_channel(server.grpc_address) as channel:
        reading = [asyncio.ensure_future(read(channel, run.id, heard)) for _ in range(READERS)]
        for _ in range(READERS):  # all of them have the first word, and wait for more
            await heard.acquire()
        gate.release()
        everything = await asyncio.gather(*reading)
    assert all(events == everything[0] for events in everything)
    assert texts(everything[0][-1].completed_message) == [words]
    assert server.assembled.core.feeds._by_run == {}


RUN = Run(
    project_id="p",
    thread_id="t",
    id="r",
    assistant_id="a",
    created_at=0,
    model="m",
    progress=Progress(state=RunState.QUEUED),
)
MESSAGE = Item(thread_id="t", id="m", kind=Kind.MESSAGE, created_at=0, status=ItemStatus.IN_PROGRESS, author_id="a")


def rendered(renderer: Renderer, *events: LogEvent) -> list[wire.StreamEvent]:
    return [made for event in events for made in renderer.render(event)]


def said(text: str, at: int = 0) -> LogEvent:
    return LogEvent(kind=EventKind.DELTA, at=at, delta=Delta(item_id="m", text=text))


class TestRenderer:
    def test_shows_a_text_when_it_has_grown_enough(self) -> None:
        renderer = Renderer(RUN)
        rendered(renderer, LogEvent(kind=EventKind.ITEM_CREATED, at=0, item=MESSAGE))
        shown = rendered(renderer, *(said("word ") for _ in range(4000)))
        sizes = [len(texts(event.partial_message)[0]) for event in shown]
        assert sum(sizes) < 20 * 20_000  # and not 4000 times half of it
        assert sizes[:3] == [5, 10, 15]
        assert all(later - earlier <= later / 16 + 5 for earlier, later in pairwise(sizes))

    def test_shows_a_text_that_grows_slowly_all_the_same(self) -> None:
        renderer = Renderer(RUN)
        events = [said("x" * 1000), said("y", APART - 1), said("z", APART)]
        shown = rendered(renderer, LogEvent(kind=EventKind.ITEM_CREATED, at=0, item=MESSAGE), *events)
        assert [texts(event.partial_message)[0][-2:] for event in shown] == ["xx", "yz"]

    def test_shows_all_of_a_text_before_it_is_over(self) -> None:
        renderer = Renderer(RUN)
        over = Item(thread_id="t", id="m", kind=Kind.MESSAGE, created_at=0, parts=(Part(kind=PartKind.TEXT, text="x"),))
        shown = rendered(
            renderer,
            LogEvent(kind=EventKind.ITEM_CREATED, at=0, item=MESSAGE),
            said("x" * 1000),
            said("y"),
            LogEvent(kind=EventKind.ITEM_ENDED, at=0, item=over),
        )
        assert [texts(event.partial_message)[0][-1] for event in shown] == ["x", "y"]

    def test_begins_anew_with_a_turn_that_is_asked_again(self) -> None:
        renderer = Renderer(RUN)
        begun = LogEvent(kind=EventKind.ITEM_CREATED, at=0, item=MESSAGE)
        shown = rendered(renderer, begun, said("It ra"), begun, said("It rains."))
        assert [texts(event.partial_message) for event in shown] == [["It ra"], ["It rains."]]
        assert indexes(shown) == [0, 1]

    def test_does_not_take_what_a_lost_worker_left_for_an_answer_that_was_cut(self) -> None:
        lost = Item(thread_id="t", id="m", kind=Kind.MESSAGE, created_at=0, incomplete_reason="run_failed")
        over = Progress(state=RunState.INCOMPLETE, incomplete_reason="max_completion_tokens", ended_at=1)
        renderer = Renderer(RUN)
        rendered(renderer, LogEvent(kind=EventKind.ITEM_ENDED, at=0, item=lost))
        (shown,) = rendered(renderer, LogEvent(kind=EventKind.RUN_MOVED, at=1, progress=over))
        assert shown.event_type == Event.ERROR

    def test_counts_what_it_does_not_show(self) -> None:
        waiting = LogEvent(kind=EventKind.RUN_MOVED, at=0, progress=Progress(state=RunState.WAITING))
        queued = LogEvent(kind=EventKind.RUN_MOVED, at=0, progress=Progress(state=RunState.QUEUED, started_at=1))
        (shown,) = rendered(Renderer(RUN, start=1), waiting, queued, waiting)
        assert (shown.stream_cursor.current_event_idx, shown.stream_cursor.num_user_events_received) == (1, 1)
