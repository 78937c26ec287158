"""Runs, both ways.

Other dialects end runs in ways that cannot be said here. A run whose answer was cut off is COMPLETED with a message
that is TRUNCATED; one that was cancelled, has expired, or had no room for a prompt or an answer is FAILED and says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import invalid
from clew.dialects.yandex.mapping.common import labels_from_wire, labels_to_wire, struct_to_wire, time_to_wire
from clew.dialects.yandex.mapping.messages import message_from_wire, message_to_wire
from clew.dialects.yandex.mapping.options import (
    completion_to_wire,
    format_from_wire,
    format_to_wire,
    temperature_from_wire,
    tokens_from_wire,
    truncation_from_wire,
    truncation_to_wire,
)
from clew.dialects.yandex.mapping.tools import tools_from_wire, tools_to_wire
from clew.domain.run import TERMINAL, Overrides, RunState
from clew.service.runs import NewRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.item import Item, Usage
    from clew.domain.run import OwedCall, Progress, Run

_PROMPT: Final = "custom_prompt_truncation_options"
_COMPLETION: Final = "custom_completion_options"

_FAILURES: Final = {
    RunState.FAILED: "The run failed.",
    RunState.CANCELLED: "The run was cancelled.",
    RunState.EXPIRED: "The run took longer than it may.",
}
_CUT: Final = "max_tokens"
UNKNOWN_MODEL: Final = "unknown_model"


def run_from_wire(sent: wire.CreateRunRequest) -> NewRun:
    """What a new run is to be. Raises `Refusal`.

    What it sets goes before what the assistant has. Its tools come on top of the assistant's and the thread's; of
    functions with one name the run's is offered, else the thread's.
    """
    tools, resources = tools_from_wire(sent.tools)
    prompt, completion = sent.custom_prompt_truncation_options, sent.custom_completion_options
    return NewRun(
        assistant_id=sent.assistant_id,
        additional_messages=tuple(
            message_from_wire(one, f"additional_messages[{at}].") for at, one in enumerate(sent.additional_messages)
        ),
        tool_resources=resources,
        metadata=labels_from_wire(sent.labels),
        overrides=Overrides(
            temperature=temperature_from_wire(completion, _COMPLETION),
            max_completion_tokens=tokens_from_wire(completion, "max_tokens", _COMPLETION),
            truncation=truncation_from_wire(prompt, _PROMPT) if sent.HasField(_PROMPT) else None,
            max_prompt_tokens=tokens_from_wire(prompt, "max_prompt_tokens", _PROMPT),
            response_format=format_from_wire(sent.custom_response_format),
            tools=tools or None,
        ),
        streamed=sent.stream,
        limits_each_turn=True,
    )


def run_to_wire(run: Run, answer: Item | None) -> wire.Run:
    """The run; `answer` is the last message that it wrote. Of how a model is asked, what its caller set is shown."""
    over = run.overrides or Overrides()
    completion = completion_to_wire(over.temperature, over.max_completion_tokens)
    state = state_to_wire(run, run.progress, answer)
    return wire.Run(
        id=run.id,
        assistant_id=run.assistant_id,
        thread_id=run.thread_id,
        created_by=run.created_by,
        created_at=time_to_wire(run.created_at),
        labels=labels_to_wire(run.progress.metadata),
        state=state,
        usage=None if state.status == wire.RunState.FAILED else _usage_to_wire(run.progress.usage),
        custom_prompt_truncation_options=(
            None
            if over.truncation is None and over.max_prompt_tokens is None
            else truncation_to_wire(over.truncation, over.max_prompt_tokens)
        ),
        custom_completion_options=completion if completion.ListFields() else None,
        tools=tools_to_wire(over.tools or (), run.tool_resources),
        custom_response_format=format_to_wire(over.response_format),
    )


def _usage_to_wire(usage: Usage | None) -> wire.ContentUsage | None:
    if usage is None:
        return None
    return wire.ContentUsage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens,
    )


def state_to_wire(run: Run, progress: Progress, answer: Item | None) -> wire.RunState:
    """Where the run is by `progress`, which may be what an event kept of it."""
    match progress.state:
        case RunState.QUEUED if progress.started_at is None:
            return wire.RunState(status=wire.RunState.PENDING)
        case RunState.WAITING:
            return wire.RunState(status=wire.RunState.TOOL_CALLS, tool_call_list=calls_to_wire(progress.owed))
        case state if state not in TERMINAL:
            return wire.RunState(status=wire.RunState.IN_PROGRESS)
        case _:
            return _end_to_wire(run, progress, answer)


def _end_to_wire(run: Run, progress: Progress, answer: Item | None) -> wire.RunState:
    cut = answer is not None and answer.incomplete_reason == _CUT  # and not left behind by a worker that was lost
    if progress.state is RunState.COMPLETED or (progress.state is RunState.INCOMPLETE and cut):
        message = None if answer is None else message_to_wire(answer)
        return wire.RunState(status=wire.RunState.COMPLETED, completed_message=message)
    return wire.RunState(status=wire.RunState.FAILED, error=wire.Error(message=_reason(run, progress)))


def _reason(run: Run, progress: Progress) -> str:
    if progress.state is RunState.INCOMPLETE:
        if progress.incomplete_reason == "max_prompt_tokens":
            return f"the prompt does not fit into the limit of {run.max_prompt_tokens} tokens"
        return f"the model did not come to an answer within the limit of {run.max_completion_tokens} tokens"
    if progress.error is None:
        return _FAILURES[progress.state]
    if progress.error.code == UNKNOWN_MODEL:
        return f"invalid model_uri {run.model!r}: no model is configured for it"
    return progress.error.message


def calls_to_wire(owed: Sequence[OwedCall]) -> wire.ToolCallList:
    """The calls whose results a run waits for. They have no ids here: results come back by name, in order."""
    return wire.ToolCallList(
        tool_calls=[
            wire.ToolCall(function_call=wire.FunctionCall(name=call.name, arguments=_arguments(call.arguments)))
            for call in owed
        ]
    )


def _arguments(text: str) -> wire.Struct:
    """Arguments as the model wrote them; none where that is no JSON object, which cannot be said here."""
    try:
        return struct_to_wire(msgspec.json.decode(text, type=dict[str, object]))
    except msgspec.DecodeError:
        return wire.Struct()


def results_from_wire(sent: wire.ToolResultList) -> list[tuple[str, str]]:
    """Names of functions, and what each gave. Raises `Refusal`."""
    for at, one in enumerate(sent.tool_results):
        if one.WhichOneof("ToolResultType") != "function_result":
            raise invalid(f"tool_result_list.tool_results[{at}]", "function_result is needed")
    return [(one.function_result.name, one.function_result.content) for one in sent.tool_results]
