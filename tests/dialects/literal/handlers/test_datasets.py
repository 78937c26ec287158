"""Datasets over the socket, where the client's own checks do not look."""

import uuid

import pytest

from support.graphql import GraphQL

CREATE = "mutation($n: String, $t: DatasetType, $m: Json) { createDataset(name: $n, type: $t, metadata: $m) { id } }"
PAGE = """query($first: Int, $after: ID, $before: ID) { datasets(first: $first, after: $after, before: $before) {
    totalCount pageInfo { startCursor endCursor hasNextPage hasPreviousPage } edges { cursor node { id type } } } }"""


def dataset(graphql, **more):
    return graphql.ask(CREATE, n=str(uuid.uuid4()), **more)["createDataset"]["id"]


def exported(graphql, **asked):
    return graphql.http.post("/api/export/dataset", json=asked)


def test_datasets_are_listed_newest_first_in_pages(graphql):
    made = [dataset(graphql, t=kind) for kind in ("key_value", "generation", None)]
    seen, cursors, after = [], [], None
    while True:
        page = graphql.ask(PAGE, first=2, after=after)["datasets"]
        seen += [edge["node"] for edge in page["edges"]]
        cursors += [edge["cursor"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert [one["id"] for one in seen[:3]] == made[::-1]
    assert [one["type"] for one in seen[:3]] == ["key_value", "generation", "key_value"]
    assert page["totalCount"] == len(seen) == len(set(cursors))
    before = graphql.ask(PAGE, before=cursors[2])["datasets"]["edges"]
    assert [edge["node"]["id"] for edge in before] == made[:0:-1]
    assert graphql.refused(PAGE, after="none")[1] == "BAD_USER_INPUT"


def test_a_dataset_is_exported_with_its_items(graphql):
    dataset_id = dataset(graphql, m={"a": 1})
    add = """mutation($d: String!, $i: Json!, $g: String) {
        createDatasetItem(datasetId: $d, input: $i, generationId: $g) { id } }"""
    inputs = [{"q": 1}, "text", [1], 0]
    ids = [graphql.ask(add, d=dataset_id, i=one, g="step")["createDatasetItem"]["id"] for one in inputs]
    data = exported(graphql, id=dataset_id, name="ignored").json()["data"]
    assert (data["id"], data["metadata"], data["type"], data["description"]) == (
        dataset_id,
        {"a": 1},
        "key_value",
        None,
    )
    assert [item["id"] for item in data["items"]] == ids
    assert [item["input"] for item in data["items"]] == inputs
    assert {item["stepId"] for item in data["items"]} == {"step"}
    assert set(data["items"][0]) == {
        "id",
        "createdAt",
        "datasetId",
        "metadata",
        "input",
        "expectedOutput",
        "intermediarySteps",
        "stepId",
    }


def test_a_dataset_that_there_is_not_is_exported_as_null(graphql):
    for asked in ({"id": "none"}, {"name": "none"}):
        assert (exported(graphql, **asked).status_code, exported(graphql, **asked).json()) == (200, {"data": None})
    for wrong in ({}, {"id": None}, {"id": 7}, {"name": ["a"]}):
        assert exported(graphql, **wrong).status_code == 400


@pytest.mark.parametrize("metadata", ["text", [], 7])
def test_metadata_that_is_no_object_is_refused(graphql, metadata):
    assert graphql.refused(CREATE, n=str(uuid.uuid4()), m=metadata)[1] == "BAD_USER_INPUT"
    dataset_id = dataset(graphql)
    change = "mutation($id: String!, $m: Json) { updateDataset(id: $id, metadata: $m) { id } }"
    assert graphql.refused(change, id=dataset_id, m=metadata)[1] == "BAD_USER_INPUT"
    add = "mutation($id: String!, $m: Json) { createDatasetItem(datasetId: $id, input: {}, metadata: $m) { id } }"
    assert graphql.refused(add, id=dataset_id, m=metadata)[1] == "BAD_USER_INPUT"


def test_many_generations_are_added_side_by_side_and_a_bad_one_harms_none(graphql):
    dataset_id = dataset(graphql, t="generation")
    for number in range(3):
        generation = {"messages": [{"role": "user", "content": str(number)}]}
        graphql.ingest({"id": f"{dataset_id}-{number}", "type": "llm", "generation": generation})
    asked = [f"{dataset_id}-0", "none", f"{dataset_id}-2"]
    fields = "\n".join(
        f'datasetItem{at}: addGenerationToDataset(datasetId: "{dataset_id}", generationId: "{one}") {{ id input }}'
        for at, one in enumerate(asked)
    )
    answer = graphql.post(f"mutation {{ {fields} }}").json()
    assert [error["path"] for error in answer["errors"]] == [["datasetItem1"]]
    items = exported(graphql, id=dataset_id).json()["data"]["items"]
    assert [item["input"]["messages"][0]["content"] for item in items] == ["0", "2"]


def test_a_message_of_another_dialect_becomes_an_item(graphql, client_of):
    thread = client_of.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    (message,) = client_of.beta.threads.messages.list(thread.id).data
    add = """mutation($d: String!, $s: String!) { addStepToDataset(datasetId: $d, stepId: $s) {
        input expectedOutput intermediarySteps stepId } }"""
    item = graphql.ask(add, d=dataset(graphql), s=message.id)["addStepToDataset"]
    assert item == {
        "input": None,
        "expectedOutput": {"content": "Hello"},
        "intermediarySteps": [],
        "stepId": message.id,
    }


def test_a_run_of_another_dialect_becomes_items(server, model, client):
    model.say("Hello!")
    assistant = client.beta.assistants.create(model="m", instructions="Be brief.")
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Hi"}]}, poll_interval_ms=1
    )
    graphql = GraphQL(server)
    asked = "query($id: String!) { threadDetail(id: $id) { steps { id type } } }"
    steps = {one["type"]: one["id"] for one in graphql.ask(asked, id=run.thread_id)["threadDetail"]["steps"]}
    add = "mutation($d: String!, $s: String!) {{ it: {}(datasetId: $d, {}: $s) {{ {} }} }}"
    of_step = add.format("addStepToDataset", "stepId", "input intermediarySteps")
    item = graphql.ask(of_step, d=dataset(graphql), s=run.id)["it"]
    assert item["input"] == {"instructions": "Be brief."}
    assert [(one["type"], one["output"]["content"]) for one in item["intermediarySteps"]] == [("llm", "Hello!")]
    of_generation = add.format("addGenerationToDataset", "generationId", "input expectedOutput metadata")
    item = graphql.ask(of_generation, d=dataset(graphql, t="generation"), s=steps["llm"])["it"]
    assert item["input"]["messages"][-1] == {"role": "user", "content": "Hi"}
    assert (item["expectedOutput"]["content"], item["metadata"]) == ("Hello!", {"promptType": "CHAT"})
