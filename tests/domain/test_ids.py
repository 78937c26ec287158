"""Ids: what they look like, and what may be concluded from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.domain.ids import (
    ALPHABET,
    PLACE_LENGTH,
    PREFIXES,
    RANDOM_LENGTH,
    TAG_LENGTH,
    compose,
    letters,
    place_of,
    tag,
    tag_of,
)

RANDOM = st.text(st.sampled_from(ALPHABET), min_size=TAG_LENGTH + RANDOM_LENGTH, max_size=TAG_LENGTH + RANDOM_LENGTH)
PLACES = st.integers(1, 2**31 - 1)
KINDS = st.sampled_from(sorted(PREFIXES))


@pytest.mark.parametrize(
    ("number", "length", "text"), [(0, 3, "000"), (61, 2, "z0"), (62, 2, "01"), (62**2, 2, "00"), (10, 0, "")]
)
def test_numbers_in_letters(number, length, text):
    assert letters(number, length) == text


def test_the_prefixes_tell_all_kinds_apart():
    assert len(set(PREFIXES.values())) == len(PREFIXES)


@given(KINDS, RANDOM, st.none() | st.text())
def test_an_id_is_its_prefix_and_letters_and_digits(kind, random, thread_id):
    body = compose(kind, random, thread_id=thread_id).removeprefix(PREFIXES[kind])
    assert len(body) == TAG_LENGTH + RANDOM_LENGTH
    assert set(body) <= set(ALPHABET)


@given(KINDS, RANDOM, st.text())
def test_an_id_made_in_a_thread_carries_the_threads_tag(kind, random, thread_id):
    assert tag_of(compose(kind, random, thread_id=thread_id), kind) == tag(thread_id)


@given(RANDOM, RANDOM)
def test_ids_of_different_randomness_differ(one, other):
    assert (compose("thread", one) == compose("thread", other)) is (one == other)


@given(st.sampled_from(["message", "step", "call"]), RANDOM, st.text(), PLACES)
def test_an_id_made_for_a_place_says_it_and_the_threads_tag(kind, random, thread_id, place):
    id = compose(kind, random, thread_id=thread_id, place=place)  # noqa: A001
    assert (place_of(id), tag_of(id, kind)) == (place, tag(thread_id))
    assert id.endswith(random[TAG_LENGTH + PLACE_LENGTH :])


@pytest.mark.parametrize("id", ["", "msg_", "msg_abc", "a" * 24, "a" * 25, "msg_" + "é" * 24, "msg-" + "a" * 24])
def test_an_id_that_cannot_say_a_place_says_none(id):  # noqa: A002
    assert place_of(id) is None


def test_the_tag_of_a_thread_never_changes():
    assert tag("thread_abc") == "cAA"


@pytest.mark.parametrize(
    "id",
    [
        "",
        "msg_",
        "msg_abc",
        "run_" + "a" * 24,
        "a" * 24,
        "msg_" + "a" * 25,
        "msg_" + "a" * 23 + "-",
        "msg_" + "é" * 24,
        "4b6f1c3e-7d1b-4c7e-9d1a-3b1f6a2c9e10",
    ],
)
def test_nothing_is_concluded_from_an_id_that_is_not_ours(id):  # noqa: A002
    assert tag_of(id, "message") is None
