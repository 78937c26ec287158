"""Filters: every field by every operator of its kind, and nothing else."""

import pytest

from clew.dialects.literal.mapping.filters import FIELDS, SORTS, filters_from_wire, sort_from_wire
from clew.domain.problem import Invalid
from clew.domain.query import Filter, Op

EXAMPLES = ["text", 5, "2024-01-01T00:00:00Z", ["a"], [5], None, True]


def one(name, field, operator, value, path=None):
    (found,) = filters_from_wire(name, [{"field": field, "operator": operator, "value": value, "path": path}])
    return found


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, fields in FIELDS.items() for field in fields])
def test_every_operator_of_a_field_takes_something(name, field):
    ours, operators = FIELDS[name][field]
    for operator in operators:
        taken = 0
        for value in EXAMPLES:
            try:
                assert one(name, field, operator, value).field == ours
            except Invalid:
                continue
            taken += 1
        assert taken, operator


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (("threads", "name", "ilike", "%Word%"), Filter(field="name", op=Op.HAS, value="Word")),
        (("threads", "name", "nlike", "w"), Filter(field="name", op=Op.NHAS, value="w")),
        (("threads", "metadata", "eq", 5, "a.b"), Filter(field="metadata", op=Op.EQ, value=5, path="a.b")),
        (("threads", "tags", "nin", ["a"]), Filter(field="tags", op=Op.NIN, value=["a"])),
        (
            ("threads", "participantIdentifiers", "in", "a"),
            Filter(field="participant_identifier", op=Op.IN, value=["a"]),
        ),
        (
            ("threads", "stepType", "in", ["run", "user_message"]),
            Filter(field="step_type", op=Op.IN, value=["span", "message:user"]),
        ),
        (("threads", "participantId", "is", None), Filter(field="participant_id", op=Op.IS)),
        (("threads", "createdAt", "gt", "1970-01-01"), Filter(field="created_at", op=Op.GT, value=0)),
        (("threads", "name", "eq", ["a", "b"]), Filter(field="name", op=Op.IN, value=["a", "b"])),
        (
            ("threads", "environment", "neq", "prod"),
            Filter(field="environment", op=Op.NIN, value=["prod", "production"]),
        ),
        (("threads", "environment", "eq", "dev"), Filter(field="environment", op=Op.EQ, value="dev")),
        (("scores", "type", "eq", "HUMAN"), Filter(field="kind", op=Op.EQ, value="human")),
        (("steps", "type", "eq", "llm"), Filter(field="type", op=Op.EQ, value="generation")),
    ],
)
def test_what_is_asked_is_said_in_the_domains_words(sent, read):
    assert one(*sent) == read


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("colour", "eq", "red"),
        ("name", "gt", "a"),
        ("name", "smells", "a"),
        ("name", None, "a"),
        ("name", [], "a"),
        ([], "eq", "a"),
        ("name", "eq", 5),
        ("name", "eq", None),
        ("name", "ilike", {}),
        ("tokenCount", "eq", "5"),
        ("tokenCount", "gt", [1, 2]),
        ("tokenCount", "eq", 10**400),
        ("createdAt", "gt", "soon"),
        ("createdAt", "gt", 5),
        ("createdAt", "eq", "2024-01-01"),
        ("metadata", "eq", {"a": 1}),
        ("tags", "is", "a"),
    ],
)
def test_what_cannot_be_asked_is_refused(field, operator, value):
    with pytest.raises(Invalid):
        one("threads", field, operator, value)


def test_the_filters_of_early_2024_are_those_of_now():
    old = {
        "createdAt": None,
        "afterCreatedAt": {"operator": "gt", "value": "1970-01-01"},
        "beforeCreatedAt": {"value": "1970-01-01"},
        "feedbacksValue": {"operator": "in", "value": [1]},
        "search": {"operator": "ilike", "value": "x"},
    }
    assert filters_from_wire("threads", [old]) == (
        Filter(field="created_at", op=Op.GT, value=0),
        Filter(field="created_at", op=Op.LT, value=0),
        Filter(field="score", op=Op.IN, value=[1], path="user-feedback"),
        Filter(field="step_output", op=Op.HAS, value="x"),
    )
    with pytest.raises(Invalid, match="colour"):
        filters_from_wire("threads", [{"colour": {"operator": "eq", "value": "red"}}])


@pytest.mark.parametrize("name", SORTS)
def test_a_list_is_ordered_by_its_columns_only(name):
    assert sort_from_wire(name, "createdAt") == "created_at"
    with pytest.raises(Invalid, match="createdAt"):
        sort_from_wire(name, "colour")
