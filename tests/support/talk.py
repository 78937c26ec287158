"""What tests of runs say over raw stubs, in short."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from clew.dialects.yandex import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.stub import Stub

FOLDER = "default"
URI = f"gpt://{FOLDER}/yandexgpt/latest"
RunStatus = wire.RunState
Event = wire.StreamEvent


def content(*texts: str) -> wire.MessageContent:
    return wire.MessageContent(content=[wire.ContentPart(text=wire.Text(content=text)) for text in texts])


def function(name: str = "weather", **more: Any) -> wire.Tool:
    return wire.Tool(function=wire.FunctionTool(name=name, **more))


def assistant(stub: Stub, **more: Any) -> wire.Assistant:
    made: wire.Assistant = stub(
        "AssistantService.Create", wire.CreateAssistantRequest(folder_id=FOLDER, **{"model_uri": URI, **more})
    )
    return made


def thread(stub: Stub, *said: str, **more: Any) -> str:
    """A new thread with these messages: its id."""
    messages = [wire.MessageData(content=content(text)) for text in said]
    made = stub("ThreadService.Create", wire.CreateThreadRequest(folder_id=FOLDER, messages=messages, **more))
    return str(made.id)


def begun(stub: Stub, *said: str, tools: Any = (), **more: Any) -> wire.Run:
    """A new run of a new assistant over a new thread."""
    made: wire.Run = stub(
        "RunService.Create",
        wire.CreateRunRequest(
            assistant_id=assistant(stub, tools=tools).id, thread_id=thread(stub, *(said or ("hello",))), **more
        ),
    )
    return made


def got(stub: Stub, run_id: str) -> wire.Run:
    run: wire.Run = stub("RunService.Get", wire.GetRunRequest(run_id=run_id))
    return run


def listened(stub: Stub, run_id: str, start: int | None = None) -> Iterator[wire.StreamEvent]:
    """The events of a run, as they come."""
    asked = wire.ListenRunRequest(run_id=run_id)
    if start is not None:
        asked.events_start_idx.value = start
    events: Iterator[wire.StreamEvent] = stub("RunService.Listen", asked)
    return events


def ended(stub: Stub, run_id: str) -> wire.Run:
    """The run when it is over."""
    for _ in listened(stub, run_id):
        pass
    return got(stub, run_id)


def waiting(stub: Stub, run_id: str) -> wire.Run:
    """The run when it waits for results."""
    next(event for event in listened(stub, run_id) if event.event_type == Event.TOOL_CALLS)
    return got(stub, run_id)


def results(*pairs: tuple[str, str]) -> wire.ToolResultList:
    return wire.ToolResultList(
        tool_results=[
            wire.ToolResult(function_result=wire.FunctionResult(name=name, content=gave)) for name, gave in pairs
        ]
    )


def submit(stub: Stub, run_id: str, *pairs: tuple[str, str]) -> None:
    stub("RunService.Submit", wire.SubmitToRunRequest(run_id=run_id, tool_result_list=results(*pairs)))


def texts(message: wire.Message | wire.MessageContent) -> list[str]:
    """The texts of a message."""
    said = message.content if isinstance(message, wire.MessageContent) else message.content.content
    return [part.text.content for part in said]


@contextmanager
def refused(code: grpc.StatusCode, saying: str) -> Iterator[None]:
    """The block ends with this refusal."""
    with pytest.raises(grpc.RpcError) as raised:
        yield
    assert (raised.value.code(), raised.value.details()) == (code, saying)
