"""A server that is spoken to by GraphQL."""

import pytest

from support.graphql import GraphQL
from support.server import RunningServer


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One open server for a whole module."""
    with RunningServer(tmp_path_factory.mktemp("literal")) as server:
        yield server


@pytest.fixture
def graphql(place):
    """A way into it."""
    return GraphQL(place)
