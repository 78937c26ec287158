"""Notes of what is not in the catalog yet."""

from clew.storage.sqlite.late import Late


def noting():
    late = Late()
    late.is_on = True
    return late


def test_nothing_is_noted_where_nobody_has_a_catalog():
    late = Late()
    late.note(("thread", 1))
    assert not late.is_behind


def test_a_note_is_struck_off_only_if_nobody_noted_the_same_since():
    late = noting()
    late.note(("thread", 1))
    late.note(("item", 2))
    seen_to = late.oldest(10)
    late.note(("thread", 1))
    late.strike(seen_to)
    assert [note for note, _ in late.oldest(10)] == [("thread", 1)]


def test_a_note_is_taken_back_only_by_whoever_made_it():
    late = noting()
    late.note(("thread", 1))
    late.take_back(("thread", 1))
    assert not late.is_behind
    late.note(("thread", 1))
    late.note(("thread", 1))  # by somebody else, and now by us
    late.take_back(("thread", 1))
    assert late.is_behind
