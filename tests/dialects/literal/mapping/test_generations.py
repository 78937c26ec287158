"""Generations: kept as they were sent, shown so that clients can read them."""

import pytest

from clew.dialects.literal.mapping.generations import generation_from_wire, generation_to_wire
from clew.domain.item import Fault, Item, Kind, Trace, Usage
from clew.domain.step import Step


def shown(payload, **more):
    trace = Trace(generation=generation_from_wire(payload).payload)
    return generation_to_wire(
        Step(item=Item(thread_id="t", id="s", kind=Kind.GENERATION, created_at=0, trace=trace, **more))
    )


def test_what_is_searched_by_is_read_and_all_is_kept():
    sent = {"model": "m", "provider": "p", "inputTokenCount": 2.9, "outputTokenCount": 3, "duration": 1.5, "own": [1]}
    read = generation_from_wire({**sent, "id": "x", "stepId": "y", "createdAt": "z", "error": None})
    assert (read.model, read.provider, read.tokens, read.seconds) == ("m", "p", 5, 1.5)
    assert (read.prompt_tokens, read.completion_tokens, read.payload) == (2, 3, sent)


def test_a_count_that_no_client_could_read_is_none_and_kept_as_it_was_sent():
    read = generation_from_wire({"tokenCount": -1e308, "inputTokenCount": 2**31, "outputTokenCount": 2**31 - 1})
    assert (read.tokens, read.prompt_tokens, read.completion_tokens) == (2**31 - 1, None, 2**31 - 1)
    assert read.payload["tokenCount"] == -1e308


@pytest.mark.parametrize(
    ("payload", "kind"),
    [({"messages": [{}]}, "CHAT"), ({}, "COMPLETION"), ({"type": "chat"}, "CHAT"), ({"type": 5}, "COMPLETION")],
)
def test_a_generation_has_one_of_two_types(payload, kind):
    assert shown(payload)["type"] == kind


def test_what_clients_could_not_read_is_not_shown():
    found = shown({"tokenCount": "many", "tools": "all", "tags": 1, "model": 5, "ttFirstToken": True, "prompt": ["p"]})
    assert {
        name: found[name] for name in ("tokenCount", "tools", "tags", "model", "ttFirstToken", "prompt")
    } == dict.fromkeys(("tokenCount", "tools", "tags", "model", "ttFirstToken", "prompt"))


def test_the_words_of_early_2024_are_shown_as_they_came():
    sent = {"inputs": {"x": "you"}, "template": "Hi {x}", "templateFormat": "f-string", "formatted": "Hi you"}
    found = shown(sent)
    assert {name: found[name] for name in sent} == sent


def test_a_step_without_a_models_work_has_no_generation():
    assert generation_to_wire(Step(item=Item(thread_id="t", id="s", kind=Kind.GENERATION, created_at=0))) is None


def test_a_run_of_ours_says_what_its_model_did():
    trace = Trace(name="m", error=Fault(code="server", message="out of order"))
    usage = Usage(prompt_tokens=2, completion_tokens=3)
    item = Item(thread_id="t", id="s", kind=Kind.GENERATION, created_at=0, run_id="r", trace=trace, usage=usage)
    found = generation_to_wire(
        Step(item=item, asked=({"role": "user", "content": "Hi"},), answered={"role": "assistant"})
    )
    assert (found["model"], found["tokenCount"], found["inputTokenCount"], found["error"]) == (
        "m",
        5,
        2,
        "out of order",
    )
    assert (found["messages"], found["messageCompletion"]) == (
        [{"role": "user", "content": "Hi"}],
        {"role": "assistant"},
    )
