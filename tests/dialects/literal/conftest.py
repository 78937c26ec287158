"""A server that is spoken to by GraphQL."""

import pytest
from openai import OpenAI

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


@pytest.fixture(scope="module")
def client_of(place):
    """The official client of another dialect, at the same server."""
    with OpenAI(base_url=place.base_url, api_key="any", max_retries=0) as client:
        yield client
