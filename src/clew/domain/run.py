"""A run: one execution of an assistant over a thread, as a table of states."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from clew.domain.item import Fault, Usage
from clew.domain.noun import Noun, replace
from clew.domain.problem import WrongState
from clew.domain.tool import ResponseFormat, Tool, ToolChoice, ToolResources


class RunState(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


MOVES: Final = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.CANCELLING, RunState.EXPIRED, RunState.FAILED}),
    RunState.RUNNING: frozenset(
        {
            RunState.WAITING,
            RunState.CANCELLING,
            RunState.COMPLETED,
            RunState.INCOMPLETE,
            RunState.FAILED,
            RunState.EXPIRED,
        }
    ),
    RunState.WAITING: frozenset({RunState.QUEUED, RunState.CANCELLING, RunState.EXPIRED}),
    RunState.CANCELLING: frozenset(
        {RunState.CANCELLED, RunState.COMPLETED, RunState.INCOMPLETE, RunState.FAILED, RunState.EXPIRED}
    ),
}
"""Which state may follow which. A state that is no key here is terminal."""

ACTIVE: Final = frozenset(MOVES)
TERMINAL: Final = frozenset(RunState) - ACTIVE
CANCELLABLE: Final = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.WAITING})


class TruncationMode(StrEnum):
    """How a thread is cut to fit a prompt: out of the middle, from the beginning, or to so many messages first."""

    AUTO = "auto"
    OLDEST = "oldest"
    LAST_MESSAGES = "last_messages"


class Truncation(Noun, frozen=True, kw_only=True):
    """The mode; `count` messages with `last_messages`."""

    mode: TruncationMode = TruncationMode.AUTO
    count: int | None = None


class OwedCall(Noun, frozen=True, kw_only=True):
    """A function call whose output the caller owes. `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


class Progress(Noun, frozen=True, kw_only=True):
    """The part of a run that moves; what an event keeps of it."""

    state: RunState
    started_at: int | None = None
    ended_at: int | None = None
    expires_at: int | None = None
    error: Fault | None = None
    incomplete_reason: str | None = None
    owed: tuple[OwedCall, ...] = ()
    usage: Usage | None = None
    metadata: dict[str, Any] = {}


class Overrides(Noun, frozen=True, kw_only=True):
    """What the caller of one run set beside what its assistant has, as it was sent: None for what was not.

    `tools` come on top of the assistant's; all else stands in place of it.
    """

    temperature: float | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    truncation: Truncation | None = None
    response_format: ResponseFormat | None = None
    tools: tuple[Tool, ...] | None = None


class Run(Noun, frozen=True, kw_only=True):
    """One run. What is asked of the model is frozen at creation; `progress` moves by `move`.

    `turns` counts the model calls that are over. `lease_until` is when a worker's claim ends unless it
    is renewed; `last_event` is the number of the newest event. `overrides` are only shown: what they come to is in
    the other fields. `streamed` says whether the caller wanted fragments; the log has them anyway. The token limits
    are for the whole run or, with `limits_each_turn`, for each model call.
    """

    project_id: str
    thread_id: str
    id: str
    assistant_id: str
    created_at: int
    model: str
    progress: Progress
    instructions: str = ""
    tools: tuple[Tool, ...] = ()
    tool_resources: ToolResources | None = None
    tool_choice: ToolChoice = ToolChoice()
    parallel_tool_calls: bool = True
    response_format: ResponseFormat = ResponseFormat()
    truncation: Truncation = Truncation()
    temperature: float | None = None
    top_p: float | None = None
    reasoning_effort: str | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    turns: int = 0
    lease_owner: str | None = None
    lease_until: int | None = None
    last_event: int = 0
    seq: int = 0
    overrides: Overrides | None = None
    streamed: bool = True
    limits_each_turn: bool = False
    folder: str | None = None
    created_by: str | None = None

    @property
    def state(self) -> RunState:
        """Where the run is."""
        return self.progress.state


def move(run: Run, to: RunState, **fields: Any) -> Run:  # noqa: ANN401 (the fields of Progress)
    """The run in its next state, with these fields of its progress set.

    Raises `WrongState` where the table has no such move.
    """
    if to not in MOVES.get(run.state, ()):
        raise WrongState("run", run.id, state=run.state, attempt=f"become {to}")
    return replace(run, progress=replace(run.progress, state=to, **fields))


def end(run: Run, to: RunState, *, now: int, **fields: Any) -> Run:  # noqa: ANN401 (the fields of Progress)
    """The run in a terminal state: nothing is owed, nothing expires, and usage is a number."""
    ended = move(run, to, ended_at=now, expires_at=None, owed=(), usage=run.progress.usage or Usage(), **fields)
    return replace(ended, lease_owner=None, lease_until=None)
