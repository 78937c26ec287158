"""Prompts over the socket, where the client's own checks do not look."""

import pytest

VERSION = """mutation($id: String!, $messages: Json, $tools: Json, $settings: Json, $variables: Json, $values: Json) {
    createPromptVersion(lineageId: $id, versionDesc: "d", templateMessages: $messages, tools: $tools,
    settings: $settings, variables: $variables, variablesDefaultValues: $values) {
    id version versionDesc createdAt updatedAt label status tags type url templateMessages tools settings variables
    variablesDefaultValues lineage { id name description deletedAt } } }"""
SAID = [{"role": "user", "content": "Hi {{x}}"}]


def lineage(graphql, name, description="what for"):
    made = "mutation($n: String!, $d: String) { createPromptLineage(name: $n, description: $d) { id } }"
    return graphql.ask(made, n=name, d=description)["createPromptLineage"]["id"]


def test_a_version_is_shown_with_all_that_it_has(graphql):
    prompt_id = lineage(graphql, "a & b")
    variables = {"variables": [{"name": "x", "language": "json"}], "values": {"x": [1]}}
    sent = {"messages": SAID, "tools": [{"a": 1}], "settings": {"provider": "p"}}
    shown = graphql.ask(VERSION, id=prompt_id, **sent, **variables)["createPromptVersion"]
    assert shown["url"] == f"{graphql.url}/projects/default/playground?name=a%20%26%20b&version=0"
    (message,) = shown["templateMessages"]
    assert {**message, "uuid": None} == {**SAID[0], "uuid": None}
    assert shown["lineage"] == {"id": prompt_id, "name": "a & b", "description": "what for", "deletedAt": None}
    assert (shown["tools"], shown["settings"]) == (sent["tools"], sent["settings"])
    assert (shown["variables"], shown["variablesDefaultValues"]) == (variables["variables"], variables["values"])
    assert (shown["version"], shown["versionDesc"], shown["type"], shown["tags"]) == (0, "d", "CHAT", [])
    assert shown["createdAt"] == shown["updatedAt"]
    for field in ("id", "name"):
        asked = f"query($it: String) {{ promptVersion({field}: $it) {{ id url }} }}"
        read = graphql.ask(asked, it={"id": shown["id"], "name": "a & b"}[field])["promptVersion"]
        assert read == {"id": shown["id"], "url": shown["url"]}


def test_a_message_that_has_a_name_keeps_it_and_the_others_get_one(graphql):
    prompt_id = lineage(graphql, "named")
    sent = [{**SAID[0], "uuid": "mine"}, *SAID]
    first = graphql.ask(VERSION, id=prompt_id, messages=sent)["createPromptVersion"]
    assert first["templateMessages"][0]["uuid"] == "mine"
    assert len({message["uuid"] for message in first["templateMessages"]}) == 2
    again = graphql.ask(VERSION, id=prompt_id, messages=SAID * 2)["createPromptVersion"]
    assert again["templateMessages"] == first["templateMessages"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": "Hi"},
        {"messages": ["Hi"]},
        {"messages": {"role": "user"}},
        {"tools": [1]},
        {"settings": []},
        {"variables": {}},
        {"values": "x"},
    ],
)
def test_what_is_no_template_is_refused(graphql, wrong):
    prompt_id = lineage(graphql, "wrong")
    assert graphql.refused(VERSION, id=prompt_id, **wrong)[1] == "BAD_USER_INPUT"
    assert graphql.ask('{ promptVersion(name: "wrong") { id } }') == {"promptVersion": None}


def test_a_prompt_that_there_is_not_is_null_or_said(graphql):
    for asked in ('promptVersion(id: "none")', 'promptVersion(name: "none")', 'promptLineage(name: "none")'):
        assert list(graphql.ask(f"{{ {asked} {{ id }} }}").values()) == [None]
    assert graphql.refused("{ promptVersion { id } }")[1] == "BAD_USER_INPUT"
    assert graphql.refused("{ promptVersion(version: 1) { id } }")[1] == "BAD_USER_INPUT"
    asked = '{ promptLineageRollout(lineageName: "none") { edges { cursor } } }'
    assert graphql.refused(asked)[1] == "NOT_FOUND"
    assert graphql.refused(VERSION, id="none")[1] == "NOT_FOUND"
    assert graphql.refused('mutation { createPromptLineage(name: "") { id } }')[1] == "BAD_USER_INPUT"


def test_rollouts_are_one_page_and_say_what_was_wrong_in_their_own_value(graphql):
    prompt_id = lineage(graphql, "rolled")
    for text in "ab":
        graphql.ask(VERSION, id=prompt_id, messages=[{"role": "user", "content": text}])
    change = """mutation($r: [PromptVersionRolloutInput!]!) {
        updatePromptLineageRollout(name: "rolled", rollouts: $r) { ok message errorCode } }"""
    good = [{"version": 1, "rollout": 10}, {"version": 0, "rollout": 20}]
    assert graphql.ask(change, r=good)["updatePromptLineageRollout"] == {"ok": True, "message": None, "errorCode": None}
    told = graphql.ask(change, r=[{"version": 2, "rollout": 1}])["updatePromptLineageRollout"]
    assert told == {"ok": False, "message": "rollouts: the prompt has no version 2.", "errorCode": "BAD_USER_INPUT"}
    shown = graphql.ask("""{ promptLineageRollout(lineageName: "rolled") { totalCount pageInfo { hasNextPage endCursor }
        edges { cursor node { version rollout } } } }""")["promptLineageRollout"]
    assert [edge["node"] for edge in shown["edges"]] == good
    assert (shown["totalCount"], shown["pageInfo"]) == (2, {"hasNextPage": False, "endCursor": "0"})


def test_a_variant_says_where_it_comes_from(graphql):
    prompt_id = lineage(graphql, "varied")
    graphql.ask(VERSION, id=prompt_id, messages=SAID)
    made = """mutation($v: Int, $m: Json) { createPromptExperiment(fromLineageId: "%s", fromVersion: $v,
        scoreTemplateId: "s", templateMessages: $m, variables: []) {
        id fromLineageId fromVersion scoreTemplateId projectId projectUserId tools settings variables templateMessages
    } }"""
    shown = graphql.ask(made % prompt_id, v=0, m=SAID)["createPromptExperiment"]
    assert shown.pop("id")
    assert shown == {
        "fromLineageId": prompt_id,
        "fromVersion": 0,
        "scoreTemplateId": "s",
        "projectId": "default",
        "projectUserId": None,
        "tools": None,
        "settings": None,
        "variables": [],
        "templateMessages": SAID,
    }
    assert graphql.refused(made % prompt_id, v=1, m=SAID)[1] == "NOT_FOUND"
    assert graphql.refused(made % "none", m=SAID)[1] == "NOT_FOUND"
