"""Steps over the socket, where the client's own checks do not look."""

import json

import pytest

from support.graphql import GraphQL

STEP = """query($id: String!) { step(id: $id) { id threadId rootRunId parentId type name error input output startTime
endTime createdAt tags metadata environment scores { id name value label } feedback { id value comment strategy }
generation { id stepId type tokenCount step { id } } attachments { id url stepId } thread { id name } } }"""


def step(graphql, step_id):
    return graphql.ask(STEP, id=step_id)["step"]


def test_a_batch_is_answered_alias_by_alias(graphql):
    answer = graphql.ingest(
        {"id": "b1", "type": "run", "threadId": "bt"},
        {"id": "b2", "startTime": "soon", "threadId": "bt"},
        {"id": "b3", "metadata": [1], "threadId": "bt"},
        {"id": "b4", "attachments": [{"metadata": 1}], "threadId": "bt"},
        {"id": None},
        {"id": "b5", "scores": [{"name": "s", "value": "much"}], "threadId": "bt"},
        {"id": "b6", "threadId": "bt"},
    )
    assert [answer[f"step{number}"]["ok"] for number in range(7)] == [True, False, False, False, False, False, True]
    assert answer["step0"]["message"] is None
    assert answer["step1"]["message"] == 'startTime: expected a time in ISO 8601, got "soon".'
    thread = graphql.ask('{ threadDetail(id: "bt") { steps { id type } } }')["threadDetail"]
    assert thread["steps"] == [{"id": "b1", "type": "run"}, {"id": "b6", "type": "undefined"}]


def test_a_step_knows_its_tree_and_its_thread(graphql):
    graphql.ingest({"id": "child", "parentId": "root", "rootRunId": "root", "threadId": "tree"})
    graphql.ask('mutation { upsertThread(id: "tree", name: "Tree") { id } }')
    graphql.ingest({"id": "root", "type": "run", "threadId": "tree"})
    found = step(graphql, "child")
    assert (found["parentId"], found["rootRunId"], found["thread"]) == ("root", "root", {"id": "tree", "name": "Tree"})


def test_null_and_absent_leave_what_is_there(graphql):
    full = {"name": "n", "input": {"a": 1}, "output": {"b": 1}, "tags": ["t"], "metadata": {"m": 1}, "error": "e"}
    graphql.ingest({"id": "kept", "threadId": "kt", "type": "tool", **full})
    before = step(graphql, "kept")
    graphql.ingest({"id": "kept", **dict.fromkeys(full), "type": None, "scores": [], "attachments": []})
    graphql.ingest({"id": "kept"})
    assert step(graphql, "kept") == before
    assert {name: before[name] for name in full} == full


def test_scores_and_attachments_add_up_by_their_ids(graphql):
    for value in (1, 0):
        score, attachment = {"id": "c1", "name": "s", "value": value}, {"id": "a1", "name": "a", "url": f"u{value}"}
        graphql.ingest({"id": "added", "threadId": "at", "scores": [score], "attachments": [attachment]})
    graphql.ingest({"id": "added", "scores": [{"id": "c2", "name": "s", "value": 2, "stepId": "elsewhere"}]})
    found = step(graphql, "added")
    assert [(one["id"], one["value"]) for one in found["scores"]] == [("c1", 0), ("c2", 2)]
    assert found["attachments"] == [{"id": "a1", "url": "u0", "stepId": "added"}]


def test_text_of_the_old_clients_is_content(graphql):
    graphql.ingest({"id": "text", "input": "in", "output": "out"})
    found = step(graphql, "text")
    assert (found["input"], found["output"], found["threadId"]) == ({"content": "in"}, {"content": "out"}, None)


def test_feedback_is_the_score_of_that_name(graphql):
    feedback = "mutation { it: createFeedback(stepId: %s, value: 1, strategy: BINARY) { id value stepId strategy } }"
    graphql.ingest({"id": "felt", "threadId": "ft"})
    made = graphql.ask(feedback % '"felt"')["it"]
    assert (made["value"], made["stepId"], made["strategy"]) == (1, "felt", "BINARY")
    changed = graphql.ask(
        'mutation($id: String!) { it: updateFeedback(id: $id, comment: "so") { value comment } }', id=made["id"]
    )
    assert changed["it"] == {"value": 1, "comment": "so"}
    found = step(graphql, "felt")
    assert found["feedback"] == {"id": made["id"], "value": 1, "comment": "so", "strategy": "BINARY"}
    assert [score["name"] for score in found["scores"]] == ["user-feedback"]


def test_a_feedback_without_a_strategy_is_a_yes_or_no(graphql):
    graphql.ingest({"id": "yes", "threadId": "ft"})
    made = graphql.ask('mutation { it: createFeedback(stepId: "yes", value: 1) { strategy } }')
    assert made["it"] == {"strategy": "BINARY"}


@pytest.mark.parametrize(
    ("client", "version", "shown"),
    [
        ("py-literal-client", "0.0.101", "out"),
        ("py-literal-client", "0.0.301", {"content": "out"}),
        ("py-literal-client", "0.1.300", {"content": "out"}),
        ("ts-literal-client", "0.0.101", {"content": "out"}),
    ],
)
def test_clients_to_whom_an_output_is_a_text_get_one(place, client, version, shown):
    asking = GraphQL(place, **{"x-client-name": client, "x-client-version": version})
    asking.ingest({"id": "texts", "input": {"args": [1]}, "output": "out"})
    found = step(asking, "texts")
    read = json.loads(found["input"]) if shown == "out" else found["input"]
    assert (read, found["output"]) == ({"args": [1]}, shown)


def test_feedback_within_a_step_is_told_again_and_is_one(graphql):
    text = 'mutation($f: FeedbackPayloadInput) { ingestStep(id: "fs", threadId: "ft", feedback: $f) { ok } }'
    for value in (1, 0):
        graphql.ask(text, f={"value": value, "strategy": "BINARY", "comment": None})
    assert [score["value"] for score in step(graphql, "fs")["scores"]] == [0]


def test_what_hangs_on_a_step_knows_it(graphql):
    graphql.ingest({"id": "llm", "type": "llm", "generation": {"messages": [1], "tokenCount": 3.7}})
    assert step(graphql, "llm")["generation"] == {
        "id": "llm",
        "stepId": "llm",
        "type": "CHAT",
        "tokenCount": 3,
        "step": {"id": "llm"},
    }


def test_a_list_that_is_ordered_by_nothing_known_is_refused(graphql):
    query = "query($o: StepsOrderByInput) { steps(orderBy: $o) { totalCount } }"
    status, code, message = graphql.refused(query, o={"column": "colour", "direction": "ASC"})
    assert (status, code) == (400, "BAD_USER_INPUT")
    assert "colour" in message


def test_a_cursor_that_is_none_is_refused(graphql):
    for cursor in ("x", "", "eyJ9", "💥"):
        status, code, _ = graphql.refused("query($a: ID) { steps(after: $a) { totalCount } }", a=cursor)
        assert (status, code) == (400, "BAD_USER_INPUT"), cursor


def test_messages_of_another_dialect_are_steps_and_steps_are_messages_there(graphql, client_of):
    thread = client_of.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    graphql.ingest(
        {"id": "tool-1", "type": "tool", "threadId": thread.id, "name": "look"},
        {"id": "said-1", "type": "assistant_message", "threadId": thread.id, "output": {"content": "Hello"}},
    )
    client_of.beta.threads.messages.create(thread.id, role="user", content="Bye")
    told = graphql.ask("query($id: String!) { threadDetail(id: $id) { steps { type output } } }", id=thread.id)
    assert [(one["type"], one["output"]) for one in told["threadDetail"]["steps"]] == [
        ("user_message", {"content": "Hi"}),
        ("tool", None),
        ("assistant_message", {"content": "Hello"}),
        ("user_message", {"content": "Bye"}),
    ]
    messages = client_of.beta.threads.messages.list(thread.id, order="asc").data
    assert [(one.role, one.content[0].text.value) for one in messages] == [
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "Bye"),
    ]


def test_a_run_of_another_dialect_is_a_tree_of_steps(server, model, client):
    tools = [{"type": "function", "function": {"name": "get_weather"}}]
    assistant = client.beta.assistants.create(model="m", tools=tools, instructions="Be brief.")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Weather?"}])
    model.call(("get_weather", {"city": "Oslo"}))
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=1)
    call = run.required_action.submit_tool_outputs.tool_calls[0]
    model.say("It rains.")
    client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id,
        thread_id=thread.id,
        tool_outputs=[{"tool_call_id": call.id, "output": "rain"}],
        poll_interval_ms=1,
    )
    query = """query($id: String!) { threadDetail(id: $id) { tokenCount steps { id parentId rootRunId type name input
    output generation { type model messages messageCompletion tokenCount } } } }"""
    told = GraphQL(server).ask(query, id=thread.id)["threadDetail"]
    steps = {one["id"]: one for one in told["steps"]}
    assert [one["type"] for one in told["steps"]] == ["user_message", "run", "llm", "tool", "llm", "assistant_message"]
    asked, ran, first, tool, second, answer = told["steps"]
    assert (asked["parentId"], ran["id"], ran["parentId"]) == (None, run.id, None)
    assert [steps[one["parentId"]]["type"] for one in (first, tool, second, answer)] == ["run", "llm", "run", "llm"]
    assert {one["rootRunId"] for one in (first, tool, second, answer)} == {run.id}
    assert (tool["name"], tool["input"], tool["output"]) == ("get_weather", {"city": "Oslo"}, {"content": "rain"})
    assert answer["output"] == {"content": "It rains."}
    generation = second["generation"]
    assert (generation["type"], generation["model"]) == ("CHAT", "m")
    assert generation["messages"][-1] == {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    assert generation["messageCompletion"]["content"] == "It rains."
    assert told["tokenCount"] == sum(one["generation"]["tokenCount"] for one in (first, second)) > 0
