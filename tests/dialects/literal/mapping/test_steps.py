"""Steps: every type there and back, and what is told of them."""

import pytest

from clew.dialects.literal.mapping.steps import KINDS, kind_word, step_from_wire, step_to_wire, type_of, word_of
from clew.domain.item import Item, Kind, Part, PartKind, Trace
from clew.domain.patch import UNSET
from clew.domain.problem import Invalid
from clew.domain.step import Step, begun
from clew.domain.step import type_of as ours


def shown(item):
    return step_to_wire(Step(item=item), lambda _: None)


@pytest.mark.parametrize("word", KINDS)
def test_a_type_is_the_same_after_it_was_kept(word):
    item = begun(step_from_wire({"id": "s", "type": word}), thread_id="t", now=0, created_by=None)
    assert type_of(item) == word
    assert kind_word(word) == ours(item)
    assert word_of(ours(item)) == word


def test_a_word_that_is_no_type_is_undefined():
    assert step_from_wire({"id": "s", "type": "parade"}).kind is Kind.OTHER


def test_what_is_not_told_is_unset():
    change = step_from_wire({"id": "s", "name": None, "threadId": "", "tags": None})
    assert {change.name, change.thread_id, change.tags, change.kind, change.input, change.generation} == {UNSET}


def test_the_tags_of_a_models_work_are_the_steps():
    generation = {"tags": ["b", 5]}
    assert step_from_wire({"id": "s", "tags": ["a", "b"], "generation": generation}).tags == ("a", "b")
    assert step_from_wire({"id": "s", "generation": generation}).tags == ("b",)
    assert step_from_wire({"id": "s", "generation": {"tags": []}}).tags is UNSET


@pytest.mark.parametrize(
    "sent",
    [
        {"id": ""},
        {"id": "s", "metadata": []},
        {"id": "s", "scores": [{"name": 1}]},
        {"id": "s", "scores": [{"type": "DOG"}]},
        {"id": "s", "scores": [{"value": float("nan")}]},
        {"id": "s", "scores": [{"tags": [1]}]},
        {"id": "s", "attachments": [{"metadata": 1}]},
    ],
)
def test_what_cannot_be_kept_is_refused(sent):
    with pytest.raises(Invalid):
        step_from_wire(sent)


def test_ids_in_payloads_have_no_zero_bytes():
    change = step_from_wire({"id": "s", "scores": [{"id": "\0a", "stepId": "\0b"}], "attachments": [{"id": "\0c"}]})
    assert (change.scores[0].id, change.scores[0].step_id, change.enclosures[0].id) == ("a", "b", "c")


def test_a_message_that_nobody_gave_times_began_when_it_was_made():
    item = Item(
        thread_id="t",
        id="m",
        kind=Kind.MESSAGE,
        created_at=5_000_000,
        role="user",
        parts=(Part(kind=PartKind.TEXT, text="Hi"),),
    )
    found = shown(item)
    assert (found["startTime"], found["output"]) == ("1970-01-01T00:00:05.000Z", {"content": "Hi"})


def test_a_step_that_has_begun_has_not_ended():
    item = Item(
        thread_id="t", id="s", kind=Kind.SPAN, created_at=0, finished_at=0, trace=Trace(name="n", started_at=1000)
    )
    assert (shown(item)["startTime"], shown(item)["endTime"]) == ("1970-01-01T00:00:00.001Z", None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"city": "Oslo"}', {"city": "Oslo"}),
        ("It rains.", {"content": "It rains."}),
        ("[1]", {"content": "[1]"}),
        ("[" * 99999, {"content": "[" * 99999}),
    ],
)
def test_what_a_call_of_ours_took_and_gave_is_an_object(text, value):
    item = Item(
        thread_id="t", id="c", kind=Kind.TOOL_CALL, created_at=0, run_id="r", trace=Trace(input=text, output=text)
    )
    assert (shown(item)["input"], shown(item)["output"], shown(item)["rootRunId"]) == (value, value, "r")
