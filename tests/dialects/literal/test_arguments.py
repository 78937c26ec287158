"""Arguments: read by the types of the schema, and by what clients are known to send."""

import pytest

from clew.dialects.literal.arguments import reader
from clew.dialects.literal.schema import SCHEMA
from clew.dialects.literal.values import Unreadable


def argument(field, name):
    """The reader of one argument of the schema."""
    for root in (SCHEMA.query_type, SCHEMA.mutation_type):
        if field in root.fields:
            return reader(root.fields[field].args[name].type)
    raise LookupError(field)


def test_one_value_stands_for_a_list_of_it():
    assert argument("createThread", "tags")("one") == ["one"]


def test_null_is_none_where_it_may_be():
    assert argument("createThread", "tags")(None) is None
    with pytest.raises(Unreadable, match="needed"):
        argument("deleteThread", "id")(None)


def test_a_filter_needs_its_field_and_knows_its_keys():
    read = argument("steps", "filters")
    assert read([{"field": "id", "operator": "eq", "value": [1]}]) == [{"field": "id", "operator": "eq", "value": [1]}]
    with pytest.raises(Unreadable, match="'operator' is needed"):
        read([{"field": "id"}])
    with pytest.raises(Unreadable, match="no field"):
        read([{"field": "id", "operator": "eq", "colour": "red"}])
    with pytest.raises(Unreadable, match="expected an object"):
        read(["id"])


def test_the_one_object_of_the_old_clients_is_a_list_of_filters():
    old = {"search": {"operator": "ilike", "value": "x"}}
    assert argument("threads", "filters")(old) == [old]


def test_a_word_of_a_list_has_to_be_in_it():
    with pytest.raises(Unreadable, match="is none of HUMAN, CODE, AI"):
        argument("createScore", "type")("DOG")


def test_types_of_steps_are_not_such_a_list():
    assert argument("threads", "stepTypesToKeep")(["run", "parade"]) == ["run", "parade"]
