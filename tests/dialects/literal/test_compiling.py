"""Compiling: fields that read their arguments, selections that project, and what asks for too much."""

import json

import pytest
from msgspec.json import encode

from clew.dialects.literal.compiling import DEPTH_MAX, FIELDS_MAX, LISTS_MAX, QUERIES_MAX, ROOTS_MAX
from clew.dialects.literal.documents import Document
from clew.dialects.literal.refusal import Refusal


def plan(text, **variables):
    return Document(text).plan(None, variables)


def within(selection):
    """A query of one step that selects this."""
    return 'query { step(id: "1") { ' + selection + " } }"


def refused(text):
    with pytest.raises(Refusal) as found:
        plan(text)
    return found.value.message


def test_a_field_knows_its_arguments_and_what_is_asked_below_it():
    (field,) = plan("query($first: Int) { threads(first: $first) { edges { node { id steps { id } } } } }").fields
    assert field.read({"first": 3, "unknown": 1}) == {"first": 3}
    assert {"edges", "edges.node", "edges.node.steps"} < field.paths
    assert not field.nullable


def test_a_variable_that_was_not_sent_is_no_argument_and_a_default_is():
    (field,) = plan("query($a: Int, $b: Int = 7) { threads(first: $a, skip: $b) { totalCount } }").fields
    assert field.read({}) == {"skip": 7}


def test_what_a_query_says_in_its_own_text_is_read_by_the_same_rules():
    text = 'query($v: Json) { threads(filters: [{field: "id", operator: "eq", value: $v}]) { totalCount } }'
    assert plan(text).fields[0].read({"v": 5})["filters"] == [{"field": "id", "operator": "eq", "value": 5}]


def test_a_needed_value_is_missed_by_the_field_that_needs_it():
    text = "mutation($a: String!, $b: String!) { x: deleteStep(id: $a) { id } y: deleteStep(id: $b) { id } }"
    first, second = plan(text).fields
    assert first.read({"a": "1"}) == {"id": "1"}
    with pytest.raises(Refusal, match=r"\$b: a value is needed"):
        second.read({"a": "1"})


def test_a_selection_shows_what_was_asked_under_the_names_that_were_asked_for():
    text = "{ step(id: 1) { __typename key: id scores { value } thread { id } generation { id } } }"
    shown = (
        plan(text.replace("1", '"1"'))
        .fields[0]
        .selection.project(
            {"id": "s", "scores": [{"id": "c", "value": 1}], "thread": None, "generation": {"id": "g", "model": "m"}}
        )
    )
    assert shown == {
        "key": "s",
        "scores": [{"value": 1}],
        "thread": None,
        "generation": {"id": "g"},
        "__typename": "Step",
    }


def test_what_is_encoded_piece_by_piece_is_the_same():
    steps = "steps { key: id generation { id } scores { id } }"
    text = '{ threadDetail(id: "1") { __typename id participant { id } ' + steps + " } }"
    steps = [{"id": n, "generation": {"id": n, "model": "m"}, "scores": [{"id": n}]} for n in range(3)]
    thread = {"id": 1, "participant": None, "steps": [*steps, {"id": 9, "generation": None, "scores": []}]}
    selection = plan(text).fields[0].selection
    assert json.loads(encode(selection.encoded(thread))) == selection.project(thread)


def test_fragments_are_spread_and_what_they_share_is_merged():
    text = """query { step(id: "1") { ...A ... on Step { scores { id } } scores { value } } }
    fragment A on Step { id ...B } fragment B on Step { name }"""
    field = plan(text).fields[0]
    assert field.selection.project({"id": 1, "name": 2, "scores": [{"id": 3, "value": 4}]}) == {
        "id": 1,
        "name": 2,
        "scores": [{"id": 3, "value": 4}],
    }


def test_include_and_skip_are_minded():
    document = Document('query($yes: Boolean!) { step(id: "1") { id @include(if: $yes) name @skip(if: $yes) } }')
    asked = [document.plan(None, {"yes": yes}).fields[0].selection for yes in (True, False)]
    assert [one.project({"id": 1, "name": 2}) for one in asked] == [{"id": 1}, {"name": 2}]
    with pytest.raises(Refusal, match="@include"):
        document.plan(None, {"yes": "maybe"})


def test_two_fields_of_one_name_have_to_be_one():
    assert "give one an alias" in refused('{ step(id: "1") { a: id a: name } }')
    assert "give one an alias" in refused('{ step(id: "1") { id } step(id: "2") { id } }')


def test_depth_is_bounded():
    assert "too deep" in refused(within("generation { step { " * DEPTH_MAX + "id" + " } }" * DEPTH_MAX))


def test_the_number_of_fields_is_bounded():
    fields = " ".join(f"a{n}: id" for n in range(FIELDS_MAX))
    assert f"{FIELDS_MAX} fields" in refused(within(fields))


def test_fragments_that_multiply_are_counted_as_what_they_come_to():
    twice = "fragment F{} on Step {{ a: scores {{ step {{ ...F{} }} }} b: scores {{ step {{ ...F{} }} }} }}"
    fragments = " ".join(twice.format(n, n + 1, n + 1) for n in range(5))
    text = f"{within('...F0')} {fragments} fragment F5 on Step {{ id }}"
    assert "lists" in refused(text)


def test_a_query_has_fewer_roots_than_a_batch():
    queries = " ".join(f'a{n}: step(id: "1") {{ id }}' for n in range(QUERIES_MAX + 1))
    assert f"{QUERIES_MAX} fields at its root" in refused("{" + queries + "}")
    mutations = " ".join(f'a{n}: deleteStep(id: "1") {{ id }}' for n in range(ROOTS_MAX + 1))
    assert f"{ROOTS_MAX} fields at its root" in refused("mutation {" + mutations + "}")


def test_lists_are_bounded():
    lists = " ".join(f"a{n}: scores {{ id }}" for n in range(LISTS_MAX + 1))
    assert f"{LISTS_MAX} lists" in refused(within(lists))


@pytest.mark.parametrize(
    "text",
    [
        "{ threads { edges { node { steps { thread { steps { id } } } } } } }",
        "{ steps { edges { node { thread { steps { id } } } } } }",
        "{ scores { edges { node { step { thread { steps { id } } } } } } }",
    ],
)
def test_a_thread_is_not_read_once_for_each_of_its_steps(text):
    assert "not inside a list" in refused(text)


def test_a_thread_may_be_asked_for_through_one_step():
    assert plan('{ step(id: "1") { thread { steps { id } } } }').fields
