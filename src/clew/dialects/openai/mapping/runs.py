"""Runs and run steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.dialects.openai import wire
from clew.dialects.openai.mapping.common import (
    metadata_to_wire,
    run_error,
    seconds,
    seconds_or_none,
    step_error,
    usage_to_wire,
)
from clew.dialects.openai.mapping.messages import message_from_wire
from clew.dialects.openai.mapping.tools import (
    choice_from_wire,
    choice_to_wire,
    format_from_wire,
    format_to_wire,
    resources_from_wire,
    resources_to_wire,
    tools_from_wire,
    tools_to_wire,
)
from clew.domain.item import CALLS_OUTCOME, Item, ItemStatus, Kind
from clew.domain.run import Progress, Run, RunState, Truncation, TruncationMode
from clew.service.runs import NewRun, Output

if TYPE_CHECKING:
    from clew.domain.event import Delta

Wire = dict[str, Any]

STATES: Final[dict[RunState, wire.RunStatus]] = {
    RunState.QUEUED: "queued",
    RunState.RUNNING: "in_progress",
    RunState.WAITING: "requires_action",
    RunState.CANCELLING: "cancelling",
    RunState.COMPLETED: "completed",
    RunState.INCOMPLETE: "incomplete",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
    RunState.EXPIRED: "expired",
}


def run_from_wire(sent: Wire) -> NewRun:
    """A new run."""
    parallel = sent.get("parallel_tool_calls")
    return NewRun(
        assistant_id=sent["assistant_id"],
        model=sent.get("model"),
        instructions=sent.get("instructions"),
        additional_instructions=sent.get("additional_instructions"),
        additional_messages=tuple(message_from_wire(one) for one in sent.get("additional_messages") or ()),
        tools=None if sent.get("tools") is None else tools_from_wire(sent["tools"]),
        tool_resources=resources_from_wire(sent.get("tool_resources")),
        metadata=sent.get("metadata") or {},
        temperature=sent.get("temperature"),
        top_p=sent.get("top_p"),
        reasoning_effort=sent.get("reasoning_effort"),
        response_format=format_from_wire(sent.get("response_format")),
        tool_choice=choice_from_wire(sent.get("tool_choice")),
        parallel_tool_calls=True if parallel is None else parallel,
        truncation=_truncation(sent.get("truncation_strategy")),
        max_prompt_tokens=sent.get("max_prompt_tokens"),
        max_completion_tokens=sent.get("max_completion_tokens"),
    )


def _truncation(sent: Wire | None) -> Truncation | None:
    if sent is None:
        return None
    return Truncation(mode=TruncationMode(sent["type"]), count=sent.get("last_messages"))


def _truncation_to_wire(truncation: Truncation) -> wire.Truncation:
    """Which end a prompt is cut at by itself cannot be said here."""
    counts = truncation.mode is TruncationMode.LAST_MESSAGES
    return wire.Truncation(type="last_messages" if counts else "auto", last_messages=truncation.count)


def outputs_from_wire(sent: Wire) -> list[Output]:
    """Tool outputs. Both halves are optional on the wire; a missing id is one that nobody waits for."""
    return [
        Output(call_id=one.get("tool_call_id") or "", output=one.get("output") or "") for one in sent["tool_outputs"]
    ]


def run_to_wire(run: Run) -> wire.Run:
    """A run."""
    progress = run.progress
    ended_at = seconds_or_none(progress.ended_at)
    state = progress.state
    reason: Any = progress.incomplete_reason
    return wire.Run(
        id=run.id,
        created_at=seconds(run.created_at),
        thread_id=run.thread_id,
        assistant_id=run.assistant_id,
        status=STATES[state],
        required_action=_required_action(progress),
        last_error=run_error(progress.error),
        expires_at=seconds_or_none(progress.expires_at),
        started_at=seconds_or_none(progress.started_at),
        cancelled_at=ended_at if state is RunState.CANCELLED else None,
        failed_at=ended_at if state is RunState.FAILED else None,
        completed_at=ended_at if state in (RunState.COMPLETED, RunState.INCOMPLETE) else None,
        incomplete_details=wire.RunIncomplete(reason=reason) if reason else None,
        model=run.model,
        instructions=run.instructions,
        tools=tools_to_wire(run.tools),
        tool_resources=resources_to_wire(run.tool_resources),
        metadata=metadata_to_wire(progress.metadata),
        temperature=1.0 if run.temperature is None else run.temperature,
        top_p=1.0 if run.top_p is None else run.top_p,
        max_prompt_tokens=run.max_prompt_tokens,
        max_completion_tokens=run.max_completion_tokens,
        truncation_strategy=_truncation_to_wire(run.truncation),
        tool_choice=choice_to_wire(run.tool_choice),
        parallel_tool_calls=run.parallel_tool_calls,
        response_format=format_to_wire(run.response_format),
        reasoning_effort=run.reasoning_effort,
        usage=usage_to_wire(progress.usage) if progress.ended_at is not None else None,
    )


def _required_action(progress: Progress) -> wire.RequiredAction | None:
    if progress.state is not RunState.WAITING:
        return None
    calls = [
        wire.OwedCall(id=call.id, function=wire.FunctionCall(name=call.name, arguments=call.arguments))
        for call in progress.owed
    ]
    return wire.RequiredAction(submit_tool_outputs=wire.OwedCalls(tool_calls=calls))


def step_to_wire(step: Item, children: tuple[Item, ...]) -> wire.RunStep:
    """A generation as a run step: the message it wrote, or the calls it asked for."""
    trace = step.trace
    finished_at = seconds_or_none(step.finished_at)
    status: Any = "completed" if step.status is ItemStatus.INCOMPLETE else step.status.value
    is_calls = trace is not None and trace.outcome == CALLS_OUTCOME
    return wire.RunStep(
        id=step.id,
        created_at=seconds(step.created_at),
        run_id=step.run_id or "",
        assistant_id=step.author_id or "",
        thread_id=step.thread_id,
        type="tool_calls" if is_calls else "message_creation",
        status=status,
        step_details=_calls(children) if is_calls else _creation(step, children),
        last_error=step_error(trace.error) if trace else None,
        expired_at=finished_at if step.status is ItemStatus.EXPIRED else None,
        cancelled_at=finished_at if step.status is ItemStatus.CANCELLED else None,
        failed_at=finished_at if step.status is ItemStatus.FAILED else None,
        completed_at=finished_at if status == "completed" else None,
        metadata=metadata_to_wire(step.metadata),
        usage=None if step.status is ItemStatus.IN_PROGRESS else usage_to_wire(step.usage),
    )


def _creation(step: Item, children: tuple[Item, ...]) -> wire.MessageCreation:
    written = [item.id for item in children if item.kind is Kind.MESSAGE]
    named = step.trace.output if step.trace and isinstance(step.trace.output, str) else ""
    return wire.MessageCreation(message_creation=wire.MessageRef(message_id=written[0] if written else named))


def _calls(children: tuple[Item, ...]) -> wire.ToolCalls:
    calls = [
        wire.FunctionToolCall(
            id=item.id,
            function=wire.FunctionResult(
                name=item.trace.name or "", arguments=item.trace.input or "{}", output=item.trace.output
            ),
        )
        for item in children
        if item.kind is Kind.TOOL_CALL and item.trace is not None
    ]
    return wire.ToolCalls(tool_calls=calls)


def step_delta(delta: Delta) -> wire.RunStepDeltaEvent:
    """A fragment of a call. The id and the name come once: clients concatenate whatever is repeated."""
    if delta.call_id is not None:
        call = wire.FunctionToolCallDelta(
            index=delta.index,
            id=delta.call_id,
            function=wire.FunctionDelta(name=delta.name or "", arguments=delta.arguments or "", output=None),
        )
    else:
        call = wire.FunctionToolCallDelta(
            index=delta.index, function=wire.FunctionDelta(arguments=delta.arguments or "")
        )
    details = wire.ToolCallsDelta(tool_calls=[call])
    return wire.RunStepDeltaEvent(id=delta.item_id, delta=wire.RunStepDelta(step_details=details))
