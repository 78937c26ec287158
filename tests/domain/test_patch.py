"""Patches: absent, null and empty stay three things, in each dialect's way of updating."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.domain.noun import Noun, replace
from clew.domain.patch import UNSET, change, changed, masked, merged, restored, shown_as_text, unless_null
from clew.domain.thread import Thread
from clew.storage.bodies import dump_value


class Thing(Noun, frozen=True, kw_only=True):
    name: str | None = "old"
    tags: tuple[str, ...] = ("old",)


def dump(value: object) -> str:
    return dump_value(value).decode()


@pytest.mark.parametrize(
    ("fields", "then"),
    [
        ({}, Thing()),
        ({"name": UNSET, "tags": UNSET}, Thing()),
        ({"name": None}, Thing(name=None)),
        ({"name": ""}, Thing(name="")),
        ({"tags": ()}, Thing(tags=())),
        ({"name": "new", "tags": UNSET}, Thing(name="new")),
    ],
)
def test_absent_null_and_empty_are_three_things(fields, then):
    assert changed(Thing(), **fields) == then


def test_a_field_that_the_noun_has_not_is_a_mistake():
    with pytest.raises(TypeError):
        changed(Thing(), nmae="new")


def test_unset_is_false_and_says_its_name():
    assert not UNSET
    assert repr(UNSET) == "<Unset.UNSET: 'unset'>"


@pytest.mark.parametrize(
    ("old", "new", "both"),
    [
        ({}, {}, {}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": 1}, {"b": None}, {"a": 1}),
        ({"a": None}, {"b": 1}, {"a": None, "b": 1}),
        ({"a": 1}, {"a": ""}, {"a": ""}),
    ],
)
def test_merging(old, new, both):
    assert merged(old, new) == both


def test_null_means_unchanged_where_the_dialect_says_so():
    assert unless_null({"a": None, "b": "", "c": 0, "d": {}}) == {"b": "", "c": 0, "d": {}}


DEFAULTS = {"name": "", "labels": {}, "static_ttl": None}


@pytest.mark.parametrize(
    ("sent", "paths", "fields"),
    [
        ({}, [], {}),
        ({"name": "new"}, [], {}),
        ({"name": "new"}, ["name"], {"name": "new"}),
        ({}, ["name", "labels"], {"name": "", "labels": {}}),
        ({"name": None}, ["name"], {"name": None}),
    ],
)
def test_a_mask_speaks_of_the_fields_it_names_and_no_others(sent, paths, fields):
    assert masked(sent, paths, DEFAULTS) == fields


def test_a_mask_with_an_unknown_path_says_which():
    with pytest.raises(KeyError, match="nmae"):
        masked({}, ["name", "nmae", "other"], DEFAULTS)


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), ("5", "5"), (5, "5"), (None, "null"), (True, "true"), ({"a": [1]}, '{"a":[1]}')]
)
def test_values_are_shown_as_text_where_only_text_is_allowed(value, text):
    assert shown_as_text(value, dump) == text


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ({"a": 5}, {"a": "5"}, {"a": 5}),
        ({"a": 5}, {"a": "6"}, {"a": "6"}),
        ({"a": "5"}, {"a": "5"}, {"a": "5"}),
        ({"a": {"b": [1, None]}}, {"a": '{"b":[1,null]}'}, {"a": {"b": [1, None]}}),
        ({"a": 5}, {}, {}),
        ({"a": 5}, {"b": "5"}, {"b": "5"}),
        ({"a": None}, {"a": "null"}, {"a": None}),
        ({"a": ""}, {"a": "null"}, {"a": "null"}),
    ],
)
def test_what_comes_back_as_it_was_shown_is_what_it_was(old, new, kept):
    assert restored(old, new, dump) == kept


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.text(), JSON))
def test_metadata_that_is_shown_and_sent_back_is_unharmed(metadata):
    shown = {key: shown_as_text(value, dump) for key, value in metadata.items()}
    assert restored(metadata, shown, dump) == metadata


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ({}, {}),
        ({"name": None, "metadata": {}}, {"name": None, "metadata": {}}),
        ({"name": UNSET, "metadata": lambda old: {**old, "b": "2"}}, {"metadata": {"a": "1", "b": "2"}}),
    ],
)
def test_a_change_sets_what_is_said_of_the_noun_it_is_given(said: dict[str, Any], then: dict[str, Any]) -> None:
    times = {"created_at": 1, "updated_at": 1, "last_active_at": 1}
    thread = Thread(project_id="p", id="t", name="old", metadata={"a": "1"}, **times)
    assert change(**said)(thread) == replace(thread, **then)
