"""Steps: an item of a log as one who looks at the whole project sees it, and how a step is told piece by piece.

A step is an item. What is told of it comes in any order and more than once: children before their parents, a step
before its thread, its end before its beginning. So a step is told by changes, each of which says some fields and
leaves the others.

A step that belongs to no thread lies in a hidden log, which is that of a thread that nobody sees (`hidden_log`): one
log for each tree, as far as that is known when the step comes.
"""

from __future__ import annotations

import json
from typing import Any, Final, cast

from clew.domain.enclosure import Enclosure
from clew.domain.item import Fault, Item, ItemStatus, Kind, Part, PartKind, Trace, Usage, text_of
from clew.domain.noun import Noun, replace
from clew.domain.patch import UNSET, Given, changed
from clew.domain.run import Run, RunState
from clew.domain.score import Score, ScoreKind

HIDDEN: Final = "\0"
"""What the names of hidden logs and of their projects begin with: no id from outside has it."""


class Generated(Noun, frozen=True, kw_only=True):
    """A model's work: what lists search by, and all of it as a dialect told it."""

    payload: dict[str, Any] = {}
    model: str | None = None
    provider: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    prompt_id: str | None = None


class ScoreChange(Noun, frozen=True, kw_only=True):
    """What is told of a score. One without an id is new. A new one needs a name and a value."""

    id: str | None = None
    name: Given[str] = UNSET
    value: Given[float] = UNSET
    kind: Given[ScoreKind] = UNSET
    step_id: Given[str] = UNSET
    of_generation: Given[bool] = UNSET
    experiment_item_id: Given[str] = UNSET
    label: Given[str | None] = UNSET
    scorer: Given[str | None] = UNSET
    comment: Given[str | None] = UNSET
    tags: Given[tuple[str, ...]] = UNSET


class EnclosureChange(Noun, frozen=True, kw_only=True):
    """What is told of an enclosure. One without an id is new."""

    id: str | None = None
    step_id: Given[str] = UNSET
    name: Given[str | None] = UNSET
    mime: Given[str | None] = UNSET
    object_key: Given[str | None] = UNSET
    url: Given[str | None] = UNSET
    metadata: Given[dict[str, Any] | None] = UNSET


class StepChange(Noun, frozen=True, kw_only=True):
    """What is told of a step. `role` counts for messages only. `environment` counts where the step is new."""

    id: str
    thread_id: Given[str] = UNSET
    root_id: Given[str | None] = UNSET
    parent_id: Given[str | None] = UNSET
    kind: Given[Kind] = UNSET
    role: Given[str] = UNSET
    name: Given[str | None] = UNSET
    started_at: Given[int | None] = UNSET
    ended_at: Given[int | None] = UNSET
    error: Given[str | None] = UNSET
    input: Given[Any] = UNSET
    output: Given[Any] = UNSET
    metadata: Given[dict[str, Any]] = UNSET
    tags: Given[tuple[str, ...]] = UNSET
    generation: Given[Generated] = UNSET
    environment: str | None = None
    scores: tuple[ScoreChange, ...] = ()
    enclosures: tuple[EnclosureChange, ...] = ()


class Step(Noun, frozen=True, kw_only=True):
    """A step with what was put beside it. A run of ours is one too, made up by `run_as_item`.

    `asked` and `answered` are the messages of a model call that our engine made, as chat completions have them.
    """

    item: Item
    scores: tuple[Score, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    asked: tuple[dict[str, Any], ...] = ()
    answered: dict[str, Any] | None = None

    @property
    def thread_id(self) -> str | None:
        """None for a step without a thread."""
        return None if is_hidden(self.item.thread_id) else self.item.thread_id


def is_hidden(thread_id: str) -> bool:
    """Whether the log is one of steps without a thread."""
    return thread_id.startswith(HIDDEN)


def hidden_log(change: StepChange, parent: Item | None) -> str:
    """Where a step that has no thread lies: with its tree, as far as it is known."""
    if change.root_id is not UNSET and change.root_id:
        return HIDDEN + change.root_id
    if parent is not None and is_hidden(parent.thread_id):
        return parent.thread_id
    return HIDDEN + (change.parent_id if change.parent_id is not UNSET and change.parent_id else change.id)


def log_project(project_id: str, thread_id: str) -> str:
    """The project under which a log stands in the store: hidden ones apart, so that no list of threads meets them."""
    return HIDDEN + project_id if is_hidden(thread_id) else project_id


def type_of(item: Item) -> str:
    """What kind of step an item is, in one word: its kind, and of a message also who speaks."""
    return f"{item.kind}:{item.role or 'user'}" if item.kind is Kind.MESSAGE else item.kind.value


def input_of(item: Item) -> Any:  # noqa: ANN401 (any JSON value)
    """What went into the step."""
    return item.trace.input if item.trace is not None else None


def output_of(item: Item) -> Any:  # noqa: ANN401 (any JSON value)
    """What came out of the step. That of a message is its text, where nobody said more than that."""
    trace = item.trace
    if item.kind is not Kind.MESSAGE:
        return trace.output if trace is not None else None
    if trace is not None and (trace.input is not None or trace.output is not None):
        return trace.output
    return {"content": text_of(item)} if item.parts else None


def tokens_of(item: Item) -> int:
    """What the model's work took, in both directions."""
    if item.trace is not None and item.trace.tokens is not None:
        return item.trace.tokens
    return item.usage.total_tokens if item.usage is not None else 0


def model_of(item: Item) -> str | None:
    """The model whose work the step is."""
    if item.kind is not Kind.GENERATION or item.trace is None:
        return None
    return item.trace.model or (item.trace.name if item.run_id is not None else None)


def started_at(item: Item) -> int | None:
    """When the step began. None where nobody said, of a step that was told; others begin when they are made."""
    return item.created_at if item.trace is None else item.trace.started_at


def ended_at(item: Item) -> int | None:
    """When the step ended; None while it goes on, or where nobody said."""
    if item.trace is not None and (item.trace.ended_at is not None or item.run_id is None):
        return item.trace.ended_at
    return item.finished_at


def place_in_thread(item: Item) -> tuple[int, bool, int]:
    """What the steps of a thread are in order by. Not their creation: children come first.

    Of what begins at the same moment, a run of ours, which has no place in the log, comes after what it was asked.
    """
    began = started_at(item)
    return (item.created_at if began is None else began, item.run_id is not None, item.seq)


def begun(change: StepChange, *, thread_id: str, now: int, created_by: str | None) -> Item:
    """The item that a new step is. Its time is truncated to what clients print, so that it is not after itself."""
    item = Item(
        thread_id=thread_id,
        id=change.id,
        kind=Kind.OTHER,
        created_at=now - now % 1000,
        finished_at=now - now % 1000,
        environment=change.environment,
        created_by=created_by,
        trace=Trace(),
    )
    return told(item, change)


def told(item: Item, change: StepChange) -> Item:
    """The item after a change. What the change does not speak of stays, and so does what only other dialects can say.

    What a run of ours has written keeps its kind and role: other dialects show the run by them.
    """
    if item.run_id is None:
        kind = item.kind if change.kind is UNSET else change.kind
        role = change.role if change.role is not UNSET and change.role else item.role
        item = replace(item, kind=kind, role=(role or "user") if kind is Kind.MESSAGE else None)
    item = changed(
        item,
        root_id=change.root_id,
        parent_id=change.parent_id,
        metadata=change.metadata,
        tags=change.tags,
    )
    item = _with_trace(item, change)
    return _with_text(item, change) if item.kind is Kind.MESSAGE else item


def _with_trace(item: Item, change: StepChange) -> Item:
    given = change.generation
    fault: Given[Fault | None] = UNSET
    if change.error is not UNSET:
        fault = Fault(code="server", message=change.error) if change.error else None
    trace = changed(
        item.trace or Trace(),
        name=change.name,
        input=_as_run_has_it(item, change.input),
        output=_as_run_has_it(item, change.output),
        error=fault,
        started_at=change.started_at,
        ended_at=change.ended_at,
    )
    if given is not UNSET:
        trace = replace(
            trace,
            generation=given.payload,
            model=given.model,
            provider=given.provider,
            tokens=given.tokens,
            seconds=given.seconds,
            prompt_id=given.prompt_id,
        )
        if given.prompt_tokens is not None or given.completion_tokens is not None:
            usage = Usage(prompt_tokens=given.prompt_tokens or 0, completion_tokens=given.completion_tokens or 0)
            item = replace(item, usage=usage)
    return item if item.trace is None and trace == Trace() else replace(item, trace=trace)


def _as_run_has_it(item: Item, value: Given[Any]) -> Given[Any]:
    """What a run's call took and gave is text, in the dialects that show the run."""
    if value is UNSET or isinstance(value, str) or item.run_id is None or item.kind is not Kind.TOOL_CALL:
        return value
    return as_text(value)


def _with_text(item: Item, change: StepChange) -> Item:
    """The message with the text that its output has, or else its input. Parts that are no text stay where they are.

    Where the output says no more than the text, it is not kept a second time.
    """
    told_now = change.output is not UNSET or change.input is not UNSET
    trace = item.trace
    if not told_now and (item.parts or trace is None):
        return item
    output, input = (trace.output, trace.input) if trace is not None else (None, None)  # noqa: A001 (the trace's names)
    if output is None and input is None:
        return item
    text = as_text(output) if output not in (None, {}, "") else as_text(input)
    if trace is not None and input is None and output == {"content": text}:
        item = replace(item, trace=replace(trace, output=None))
    if item.parts and text == text_of(item):
        return item
    return replace(item, parts=_with_new_text(item.parts, text))


def _with_new_text(parts: tuple[Part, ...], text: str) -> tuple[Part, ...]:
    texts = [place for place, part in enumerate(parts) if part.kind is PartKind.TEXT]
    new = Part(kind=PartKind.TEXT, text=text)
    if not texts:
        return (new, *parts)
    return tuple(new if place == texts[0] else part for place, part in enumerate(parts) if place not in texts[1:])


def as_text(value: Any) -> str:  # noqa: ANN401 (any JSON value)
    """What a reader sees of an input or output: its content where that is text, else all of it as JSON."""
    content = cast("dict[str, Any]", value).get("content") if isinstance(value, dict) else value
    if isinstance(content, str):
        return content
    if content is None and value in (None, {}):
        return ""
    return json.dumps(value if content is None else content, ensure_ascii=False)


_ENDS: Final = {
    RunState.COMPLETED: ItemStatus.COMPLETED,
    RunState.INCOMPLETE: ItemStatus.INCOMPLETE,
    RunState.FAILED: ItemStatus.FAILED,
    RunState.CANCELLED: ItemStatus.CANCELLED,
    RunState.EXPIRED: ItemStatus.EXPIRED,
}


def run_as_item(run: Run) -> Item:
    """A run of ours as the item at the root of what it wrote: it is none in the log, only looks like one."""
    progress = run.progress
    return Item(
        thread_id=run.thread_id,
        id=run.id,
        kind=Kind.SPAN,
        created_at=run.created_at,
        status=_ENDS.get(run.state, ItemStatus.IN_PROGRESS),
        author_id=run.assistant_id,
        run_id=run.id,
        root_id=run.id,
        metadata=progress.metadata,
        finished_at=progress.ended_at,
        incomplete_reason=progress.incomplete_reason,
        usage=progress.usage,
        trace=Trace(
            name=run.model,
            input={"instructions": run.instructions} if run.instructions else None,
            error=progress.error,
            started_at=progress.started_at or run.created_at,
            ended_at=progress.ended_at,
        ),
        created_by=run.created_by,
    )
