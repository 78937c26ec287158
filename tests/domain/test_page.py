"""Windows: the page that is asked for, and where it is nearest to."""

import pytest

from clew.domain.page import Order, Window


def test_by_default_the_newest_twenty_are_asked_for():
    assert Window() == Window(limit=20, order=Order.DESC, after=None, before=None)


@pytest.mark.parametrize(
    ("after", "before", "backwards"), [(None, None, False), ("a", None, False), (None, "b", True), ("a", "b", False)]
)
def test_only_before_alone_travels_against_the_order(after, before, backwards):
    assert Window(after=after, before=before).backwards is backwards
