"""A short attack by made-up queries; `just fuzz` makes long ones."""

from __future__ import annotations

import pytest

from fuzz.queries import attack
from support.graphql import GraphQL
from support.server import RunningServer


@pytest.fixture(scope="module")
def graphql(tmp_path_factory: pytest.TempPathFactory) -> GraphQL:
    with RunningServer(tmp_path_factory.mktemp("queries")) as server:
        yield GraphQL(server)


@pytest.mark.parametrize("seed", range(3))
def test_no_made_up_query_is_answered_by_a_bug(graphql: GraphQL, seed: int) -> None:
    outcome = attack(graphql, seed=seed, count=200)
    assert outcome.bugs == []
    assert set(outcome.codes) >= {"OK", "NOT_FOUND", "BAD_USER_INPUT"}
    thread = graphql.ask('mutation { createThread(name: "still well") { name } }')
    assert thread["createThread"]["name"] == "still well"
