"""Steps told piece by piece, and what other dialects say of an item, which survives it."""

import pytest

from clew.domain.item import Annotation, Attachment, Item, Kind, Part, PartKind, Trace, Usage, text_of
from clew.domain.noun import replace
from clew.domain.run import Progress, Run, RunState
from clew.domain.step import (
    Generated,
    Step,
    StepChange,
    begun,
    ended_at,
    hidden_log,
    is_hidden,
    log_project,
    model_of,
    output_of,
    place_in_thread,
    run_as_item,
    started_at,
    tokens_of,
    told,
    type_of,
)

NOW = 1_700_000_000_123_456


def first(**fields):
    return begun(StepChange(id="s", **fields), thread_id="t", now=NOW, created_by=None)


def said(text, **fields):
    return first(kind=Kind.MESSAGE, output={"content": text}, **fields)


def test_a_step_of_which_nothing_is_told_is_of_no_kind_in_particular():
    item = first()
    assert (item.kind, started_at(item), ended_at(item), output_of(item)) == (Kind.OTHER, None, None, None)


def test_its_time_is_what_clients_print():
    assert first().created_at == 1_700_000_000_123_000


def test_what_is_not_told_stays_and_what_is_told_replaces():
    item = first(kind=Kind.SPAN, name="agent", input={"a": 1}, tags=("x",), metadata={"k": 1}, started_at=1)
    again = told(item, StepChange(id="s", output={"b": 2}, metadata={"l": 2}, ended_at=9))
    assert (again.trace.name, again.trace.input, again.trace.output) == ("agent", {"a": 1}, {"b": 2})
    assert (again.tags, again.metadata, started_at(again), ended_at(again)) == (("x",), {"l": 2}, 1, 9)


def test_telling_the_same_again_changes_nothing():
    change = StepChange(
        id="s",
        kind=Kind.MESSAGE,
        role="assistant",
        output={"content": "hi"},
        error="no",
        generation=Generated(tokens=3),
    )
    item = begun(change, thread_id="t", now=NOW, created_by=None)
    assert told(item, change) == item


def test_a_message_reads_as_its_text_and_does_not_keep_it_twice():
    item = said("hi", role="system")
    assert (text_of(item), item.role, item.trace) == ("hi", "system", Trace())
    assert output_of(item) == {"content": "hi"}


@pytest.mark.parametrize(
    ("input", "output", "text"),
    [
        ({"content": "asked"}, None, "asked"),
        ({"content": "asked"}, {"content": "said"}, "said"),
        ({}, {"content": "said"}, "said"),
        (None, {"parts": [1]}, '{"parts": [1]}'),
        (None, "bare", "bare"),
        ({}, {}, ""),
    ],
)
def test_a_messages_text_is_its_output_or_else_its_input_and_both_read_back(input, output, text):  # noqa: A002
    given = {name: value for name, value in (("input", input), ("output", output)) if value is not None}
    item = first(kind=Kind.MESSAGE, **given)
    assert text_of(item) == text
    assert (item.trace.input, output_of(item)) == (input, output)


def test_a_step_that_turns_out_to_be_a_message_has_text():
    item = told(first(output={"content": "hi"}), StepChange(id="s", kind=Kind.MESSAGE, role="user"))
    assert (type_of(item), text_of(item)) == ("message:user", "hi")


NOTE = Annotation(kind="file_citation", text="[1]", start=0, end=3, file_id="file-a")
FROM_OPENAI = Item(
    thread_id="t",
    id="msg_a",
    kind=Kind.MESSAGE,
    created_at=5,
    finished_at=5,
    role="user",
    parts=(
        Part(kind=PartKind.TEXT, text="[1] look", annotations=(NOTE,)),
        Part(kind=PartKind.IMAGE_FILE, file_id="file-b"),
    ),
    attachments=(Attachment(file_id="file-a", tools=("search",)),),
)


def test_what_only_another_dialect_says_of_a_message_survives():
    item = told(FROM_OPENAI, StepChange(id="msg_a", metadata={"k": 1}, tags=("x",), output={"content": "[1] look"}))
    assert (item.parts, item.attachments) == (FROM_OPENAI.parts, FROM_OPENAI.attachments)
    assert (item.metadata, item.tags) == ({"k": 1}, ("x",))


def test_another_text_takes_the_place_of_the_text_and_of_nothing_else():
    item = told(FROM_OPENAI, StepChange(id="msg_a", output={"content": "see"}))
    assert [(part.kind, part.text) for part in item.parts] == [("text", "see"), ("image_file", None)]


def test_a_message_that_nobody_told_began_when_it_was_made():
    assert (started_at(FROM_OPENAI), ended_at(FROM_OPENAI)) == (5, 5)


CALL = Item(
    thread_id="t",
    id="call_a",
    kind=Kind.TOOL_CALL,
    created_at=5,
    run_id="run_a",
    trace=Trace(name="look", input="{}", output="rain"),
)


def test_what_a_run_has_written_keeps_its_kind_and_its_output_is_text():
    item = told(CALL, StepChange(id="call_a", kind=Kind.MESSAGE, output={"content": "sun"}, input={"q": 1}))
    assert (item.kind, item.trace.output, item.trace.input) == (Kind.TOOL_CALL, "sun", '{"q": 1}')


def test_the_models_work_is_kept_whole_and_counted():
    made = Generated(payload={"any": "thing"}, model="m", tokens=7, prompt_tokens=3, completion_tokens=4)
    item = first(kind=Kind.GENERATION, generation=made)
    assert (model_of(item), tokens_of(item), item.usage) == ("m", 7, Usage(prompt_tokens=3, completion_tokens=4))
    assert told(item, StepChange(id="s", name="n")).trace.generation == {"any": "thing"}


def test_the_steps_of_a_thread_stand_in_order_of_their_beginning():
    child, parent = first(started_at=NOW + 1), replace(first(started_at=NOW), seq=2)
    assert min([replace(child, seq=1), parent], key=place_in_thread) is parent


@pytest.mark.parametrize(
    ("change", "log"),
    [
        ({}, "\0s"),
        ({"parent_id": "p"}, "\0p"),
        ({"parent_id": "p", "root_id": "r"}, "\0r"),
        ({"root_id": None}, "\0s"),
    ],
)
def test_a_step_without_a_thread_lies_with_its_tree_as_far_as_that_is_known(change, log):
    assert hidden_log(StepChange(id="s", **change), None) == log


def test_a_step_lies_where_its_parent_does():
    parent = replace(first(), thread_id="\0r")
    assert hidden_log(StepChange(id="s", parent_id="p"), parent) == "\0r"
    assert Step(item=parent).thread_id is None


def test_hidden_logs_stand_under_a_project_of_their_own():
    assert [is_hidden(log) for log in ("\0r", "r")] == [True, False]
    assert [log_project("p", log) for log in ("\0r", "r")] == ["\0p", "p"]


def test_a_run_looks_like_the_step_at_the_root():
    progress = Progress(state=RunState.FAILED, started_at=2, ended_at=3, metadata={"k": "v"})
    run = Run(project_id="p", thread_id="t", id="run_a", assistant_id="a", created_at=1, model="m", progress=progress)
    item = run_as_item(run)
    assert (item.kind, item.id, item.run_id, item.status) == (Kind.SPAN, "run_a", "run_a", "failed")
    assert (started_at(item), ended_at(item), item.metadata, item.trace.name) == (2, 3, {"k": "v"}, "m")
