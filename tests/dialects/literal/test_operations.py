"""The table has what the schema has, no more and no less."""

import pytest

from clew.dialects.literal.operations import FIELDS, PAGES, PATHS, ROWS, SIGNED
from clew.dialects.literal.schema import SCHEMA
from clew.domain.project import Scope


def test_every_field_of_the_schema_has_its_row():
    assert sorted(row.name for row in ROWS) == sorted([*SCHEMA.query_type.fields, *SCHEMA.mutation_type.fields])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_answered_or_says_why_not(row):
    assert (row.handler is not None) + (row.together is not None) + (row.why_not is not None) == 1
    assert row.group


@pytest.mark.parametrize("name", SCHEMA.query_type.fields)
def test_a_query_needs_reading(name):
    assert FIELDS[name].need is Scope.READ


@pytest.mark.parametrize("name", SCHEMA.mutation_type.fields)
def test_a_mutation_needs_writing(name):
    assert FIELDS[name].need is Scope.WRITE


def test_only_paths_with_a_signature_and_pages_about_nothing_ask_for_no_key():
    assert [path.name for path in PATHS if path.group == SIGNED] == ["takeUpload", "readFile"]
    assert [path.name for path in PATHS if path.group == PAGES] == ["threadPage", "playgroundPage"]
