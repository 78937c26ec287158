"""Nouns: values that nobody changes."""

import pytest

from clew.domain.noun import Noun, replace


class Thing(Noun, frozen=True, kw_only=True):
    name: str
    metadata: dict[str, str] = {}  # noqa: RUF012 (a struct makes a new one each time)


def test_a_noun_cannot_be_changed():
    with pytest.raises(AttributeError):
        Thing(name="a").name = "b"


def test_a_copy_with_another_value_leaves_the_first_as_it_was():
    first = Thing(name="a", metadata={"x": "1"})
    assert replace(first, name="b") == Thing(name="b", metadata={"x": "1"})
    assert first == Thing(name="a", metadata={"x": "1"})


def test_empty_defaults_are_not_shared():
    assert Thing(name="a").metadata is not Thing(name="b").metadata
