"""Experiments over the socket, where the client's own checks do not look."""

CREATE = """mutation($n: String!, $d: String, $e: String, $p: String, $params: Json) {
    createDatasetExperiment(name: $n, datasetId: $d, promptExperimentId: $e, promptId: $p, params: $params) {
    id createdAt name datasetId promptExperimentId params } }"""
ADD = """mutation($e: String!, $i: String, $r: String, $input: Json, $output: Json) {
    createDatasetExperimentItem(datasetExperimentId: $e, datasetItemId: $i, experimentRunId: $r, input: $input,
    output: $output) { id input output datasetExperimentId experimentRunId datasetItemId } }"""


def test_an_experiment_takes_whatever_its_clients_send(graphql):
    made = graphql.ask(CREATE, n="try", d=None, e="", p=None, params=[{"k": 1}])["createDatasetExperiment"]
    assert (made["name"], made["datasetId"], made["promptExperimentId"]) == ("try", None, None)
    assert made["params"] == [{"k": 1}]
    sent = {"input": {"q": [1]}, "output": None}
    item = graphql.ask(ADD, e=made["id"], r="a-run-that-comes-later", **sent)["createDatasetExperimentItem"]
    assert item.pop("id")
    assert item == {
        **sent,
        "datasetExperimentId": made["id"],
        "experimentRunId": "a-run-that-comes-later",
        "datasetItemId": None,
    }


def test_an_experiment_may_name_a_version_of_a_prompt(graphql):
    prompt = graphql.ask('mutation { createPromptLineage(name: "tried") { id } }')["createPromptLineage"]["id"]
    version = graphql.ask(f'mutation {{ createPromptVersion(lineageId: "{prompt}") {{ id }} }}')
    assert graphql.ask(CREATE, n="try", p=version["createPromptVersion"]["id"])["createDatasetExperiment"]["id"]
    assert graphql.refused(CREATE, n="try", p="none")[1] == "NOT_FOUND"
    assert graphql.refused(CREATE, n="")[1] == "BAD_USER_INPUT"


def test_a_result_is_scored_without_any_step(graphql):
    made = graphql.ask(CREATE, n="try")["createDatasetExperiment"]["id"]
    item = graphql.ask(ADD, e=made)["createDatasetExperimentItem"]["id"]
    score = """mutation($i: String) { createScore(
        name: "of-a-result", type: AI, value: 1, datasetExperimentItemId: $i) { id datasetExperimentItemId stepId } }"""
    scored = graphql.ask(score, i=item)["createScore"]
    assert (scored["datasetExperimentItemId"], scored["stepId"]) == (item, None)
    named = """{ scores(filters: [{field: "name", operator: "eq", value: "of-a-result"}]) {
        edges { node { id datasetExperimentItemId } } } }"""
    (edge,) = graphql.ask(named)["scores"]["edges"]
    assert edge["node"] == {"id": scored["id"], "datasetExperimentItemId": item}
    assert graphql.ask("mutation CreateScores() { }") == {}
