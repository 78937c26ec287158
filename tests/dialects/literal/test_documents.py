"""Texts: checked once, kept, bounded."""

import asyncio
import gc
from contextlib import suppress

import pytest
from graphql import get_introspection_query

from clew.dialects.literal import documents
from clew.dialects.literal.documents import NOTHING, TEXT_MAX, TOKENS_MAX, Document, Documents
from clew.dialects.literal.refusal import Refusal

ONE = '{ step(id: "%s") { id } }'


async def refused(text):
    with pytest.raises(Refusal) as found:
        await Documents().get(text)
    return found.value.code, found.value.message


async def test_a_text_is_checked_once():
    kept = Documents()
    first, second = await asyncio.gather(kept.get(ONE), kept.get(ONE))
    assert first is second


async def test_a_long_text_does_not_keep_others_waiting():
    text = 'query { step(id: "1") { ' + " ".join(f"a{number}: id" for number in range(3_000)) + " } }"
    checking, turns = asyncio.create_task(Documents().get(text)), 0
    while not checking.done():
        await asyncio.sleep(0)
        turns += 1
    assert checking.result().plan(None, {}).fields
    assert turns > 10


@pytest.mark.parametrize("field", ["id", "colour"])
async def test_the_garbage_collector_does_not_look_through_a_long_text(field):
    began = []
    gc.callbacks.append(look := lambda phase, _: began.append(phase))
    try:
        with suppress(Refusal):
            await Documents().get('query { step(id: "1") { ' + f"{field} " * 5_000 + "} }")
        seen = len(began)
    finally:
        gc.callbacks.remove(look)
    assert seen <= 2  # of what is made before and after
    assert gc.isenabled()


async def test_the_oldest_texts_are_forgotten(monkeypatch):
    monkeypatch.setattr(documents, "KEPT_MAX", 2)
    kept = Documents()
    first = await kept.get(ONE % 1)
    await kept.get(ONE % 2)
    assert await kept.get(ONE % 1) is first
    await kept.get(ONE % 3)
    assert await kept.get(ONE % 1) is first
    assert list(kept._known) == [ONE % 3, ONE % 1]
    assert kept._characters == 2 * len(ONE % 1)


async def test_long_texts_are_not_kept_by_their_number_alone(monkeypatch):
    monkeypatch.setattr(documents, "KEPT_CHARACTERS_MAX", 60)
    kept = Documents()
    for number in range(5):
        await kept.get(ONE % number)
    assert list(kept._known) == [ONE % 3, ONE % 4]


async def test_a_text_that_is_no_graphql_is_told_so():
    code, message = await refused("{ step(")
    assert code == "GRAPHQL_PARSE_FAILED"
    assert message.startswith("Syntax Error")


async def test_a_text_that_asks_for_what_is_not_there_is_told_so():
    code, message = await refused("{ step(id: 1) { colour } weather }")
    assert code == "GRAPHQL_VALIDATION_FAILED"
    assert "Cannot query field 'colour' on type 'Step'." in message
    assert "Cannot query field 'weather' on type 'Query'." in message


@pytest.mark.parametrize(
    "text",
    [
        "{ threads " * 50_000,
        "query(" + "$a: " + "[" * 100_000,
        "{ threads(filters: " + "[" * 100_000,
        "{ threads(filters: " + "{a:" * 100_000,
        "{ a }" * 1_000,
        "x" * (TEXT_MAX + 1),
        "{" + "a " * TOKENS_MAX,
        "fragment A on Step { ...B } fragment B on Step { ...A } { step(id: 1) { ...A } }",
        "{ threads { edges { node { name name name" + " @include(if: true)" * 20_000,
        "#" * TEXT_MAX,
        "",
        "{}",
        "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }",
        "{ a: __schema { types { name } } }",
        "{ __schema { a: types { name } b: types { name } } }",
        "query { ...A } fragment A on Query { __schema { types { name } } }",
        '{ step(id: "1") { id } __schema { types { name } } }',
        "subscription { threads { id } }",
    ],
)
async def test_hostile_texts_are_refused(text):
    code, _ = await refused(text)
    assert code.startswith("GRAPHQL_")


async def test_many_operations_need_a_name():
    document = await Documents().get('query A { step(id: "1") { id } } query B { step(id: "2") { id } }')
    assert document.plan("B", {}).fields[0].read({}) == {"id": "2"}
    with pytest.raises(Refusal, match="operationName"):
        document.plan(None, {})
    with pytest.raises(Refusal, match="operationName"):
        document.plan("C", {})


def test_the_schema_says_what_it_is():
    document = Document(get_introspection_query())
    assert document.introspects
    names = {kind["name"] for kind in document.introspect(None, {})["data"]["__schema"]["types"]}
    assert {"Thread", "stepsInputType", "ThreadsInputType", "GenerationPayloadInput"} < names


def test_the_text_for_no_scores_is_known():
    assert NOTHING.fullmatch("\n  mutation CreateScores() {\n\n }\n")
    assert not NOTHING.fullmatch("mutation CreateScores() { a }")
