"""Events: before they are written they have no number, and carry only what they are about."""

import pytest

from clew.domain.event import Delta, Event, EventKind


@pytest.mark.parametrize("kind", EventKind)
def test_an_event_is_empty_until_it_is_told_and_written(kind):
    event = Event(kind=kind, at=5)
    assert (event.number, event.progress, event.item, event.delta, event.calls) == (0, None, None, None, ())


def test_a_fragment_says_only_what_is_new():
    delta = Delta(item_id="msg_a", text="")
    assert (delta.index, delta.text, delta.refusal, delta.arguments) == (0, "", None, None)
