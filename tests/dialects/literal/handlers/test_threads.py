"""Threads over the socket, where the client's own checks do not look."""

import pytest

from clew.dialects.literal.paging import LIMIT_DEFAULT


def test_the_words_of_early_2024_are_answered(graphql):
    made = graphql.ask('mutation { createThread(participantId: "old-ada", environment: "production") { id } }')
    thread_id = made["createThread"]["id"]
    graphql.ingest({"id": "old-step", "threadId": thread_id, "output": "find this needle"})
    assert graphql.ask("query($id: String!) { thread(id: $id) { id } }", id=thread_id)["thread"] == {"id": thread_id}
    query = """query($f: %s) { it: %s(filters: $f) { edges { node { id steps { id } } } } }"""
    old = {"search": {"operator": "ilike", "value": "needle"}, "participantsIdentifier": None}
    people = {"participantsIdentifier": {"operator": "in", "value": ["old-ada"]}}
    environment = {"environment": {"operator": "eq", "value": "production"}, **people}
    for kind, field in (("ThreadFiltersInput", "threads"), ("ExportThreadFiltersInput", "exportThreads")):
        for filters in (old, people, environment):
            found = graphql.ask(query % (kind, field), f=filters)["it"]["edges"]
            assert found == [{"node": {"id": thread_id, "steps": [{"id": "old-step"}]}}], (field, filters)


def test_a_default_and_a_bound_hold_where_nobody_says_how_many(graphql):
    for number in range(LIMIT_DEFAULT + 1):
        graphql.ask("mutation($id: String!) { upsertThread(id: $id) { id } }", id=f"many-{number:03}")
    for first in (None, 0, -5, 10**6):
        found = graphql.ask("query($n: Int) { threads(first: $n) { edges { cursor } } }", n=first)["threads"]["edges"]
        assert 1 <= len(found) <= 1000, first
        assert first is not None or len(found) == LIMIT_DEFAULT


def test_a_change_keeps_what_only_another_dialect_can_say(graphql, client_of):
    thread = client_of.beta.threads.create(tool_resources={"code_interpreter": {"file_ids": []}}, metadata={"a": "b"})
    graphql.ask('mutation($id: String!) { upsertThread(id: $id, name: "Named") { id } }', id=thread.id)
    assert client_of.beta.threads.retrieve(thread.id) == thread


@pytest.mark.parametrize("name", ["upsertThread", "updateThread"])
def test_metadata_that_is_no_object_is_refused(graphql, name):
    graphql.ask('mutation { upsertThread(id: "object", metadata: {a: 1}) { id } }')
    status, code, message = graphql.refused(f'mutation {{ {name}(id: "object", metadata: [1]) {{ id }} }}')
    assert (status, code, message) == (400, "BAD_USER_INPUT", "metadata: has to be an object.")
    assert graphql.ask('{ threadDetail(id: "object") { metadata } }')["threadDetail"] == {"metadata": {"a": 1}}


def test_a_thread_needs_an_id(graphql):
    assert graphql.refused('mutation { upsertThread(id: "") { id } }')[:2] == (400, "BAD_USER_INPUT")


def test_sums_and_people_of_a_page_come_with_it(graphql):
    graphql.ask('mutation { upsertThread(id: "summed", participantId: "sum-ada", tags: ["sum"]) { id } }')
    times = {"startTime": "2024-01-01T00:00:00Z", "endTime": "2024-01-01T00:00:03Z"}
    graphql.ingest({"id": "sum-1", "threadId": "summed", "type": "llm", "generation": {"tokenCount": 5}, **times})
    query = """query($f: [ThreadsInputType!]) { threads(filters: $f) { totalCount edges { node { tokenCount duration
    participant { identifier threadCount tokenCount lastEngaged metadata } } } } }"""
    found = graphql.ask(query, f=[{"field": "tags", "operator": "in", "value": ["sum"]}])["threads"]
    node = found["edges"][0]["node"]
    assert (found["totalCount"], node["tokenCount"], node["duration"]) == (1, 5, 3)
    person = node["participant"]
    assert (person["identifier"], person["threadCount"], person["tokenCount"]) == ("sum-ada", 1, 5)
    assert person["lastEngaged"].endswith("Z")
