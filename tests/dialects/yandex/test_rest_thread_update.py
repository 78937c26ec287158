"""PATCH of a thread: every field of its body, and the three rules of its mask, as curl sends it."""

import http.client
import json

import pytest

KEY = {"authorization": "Api-Key any"}


class Curl:
    """What `curl -X VERB URL --data BODY` puts on the wire: a body is a form, whatever it holds."""

    def __init__(self, server):
        self._address = "127.0.0.1", server.port

    def __call__(self, verb, path, body=None):
        connection = http.client.HTTPConnection(*self._address)
        headers = KEY if body is None else {**KEY, "content-type": "application/x-www-form-urlencoded"}
        connection.request(verb, path, body if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
        return answer.status, said


@pytest.fixture
def curl(server):
    return Curl(server)


@pytest.fixture
def index(client):
    """A search index, made by an OpenAI client."""
    return client.vector_stores.create().id


@pytest.fixture
def tools(index):
    """One of each kind that a body may have."""
    return [
        {
            "searchIndex": {
                "searchIndexIds": [index],
                "maxNumResults": "5",
                "rephraserOptions": {"rephraserUri": "gpt://local/rephraser/latest"},
            }
        },
        {
            "function": {
                "name": "weather",
                "description": "Tells the weather.",
                "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
            }
        },
    ]


@pytest.fixture
def made(curl, tools):
    """A thread with a value in every field that can be updated."""
    status, thread = curl(
        "POST",
        "/assistants/v1/threads",
        {
            "folderId": "default",
            "name": "old name",
            "description": "old description",
            "expirationConfig": {"expirationPolicy": "STATIC", "ttlDays": "3"},
            "labels": {"old": "label", "kept": "no"},
            "tools": tools[:1],
            "defaultMessageAuthorId": "somebody",
        },
    )
    assert status == 200
    return thread


@pytest.fixture
def patch(curl, made, server):
    """Update the thread a little later; what its updating changed, and the thread."""

    def patch(body, query=""):
        server.advance(60)
        status, updated = curl("PATCH", f"/assistants/v1/threads/{made['id']}{query}", body)
        assert status == 200, updated
        assert curl("GET", f"/assistants/v1/threads/{made['id']}") == (200, updated)
        assert updated["updatedAt"] > made["updatedAt"]
        changed = {name for name in {*made, *updated} if made.get(name) != updated.get(name)}
        return changed - {"updatedAt"}, updated

    return patch


FULL = {
    "name": "new name",
    "description": "new description",
    "expirationConfig": {"expirationPolicy": "SINCE_LAST_ACTIVE", "ttlDays": "10"},
    "labels": {"new": "label"},
}
DATES = {"expirationConfig": {"expiresAt"}}
"""What else shows that a field was changed."""


@pytest.mark.parametrize("field", [*FULL, "tools"])
def test_a_masked_field_is_changed_and_the_others_are_left_alone(patch, tools, field):
    sent = FULL | {"tools": tools}
    changed, updated = patch({"updateMask": field, **sent})
    assert changed - DATES.get(field, set()) == {field}
    shown = updated[field]
    if field == "tools":
        shown = [_without_strategy(tool) for tool in shown]
    assert shown == sent[field]


def _without_strategy(tool):
    """How a search tool is called is said in answers, also where nobody said it."""
    search = {name: value for name, value in tool.get("searchIndex", {}).items() if name != "callStrategy"}
    return {"searchIndex": search} if search else tool


@pytest.mark.parametrize("field", ["name", "description", "labels", "tools"])
def test_a_masked_field_without_a_value_is_reset(patch, field):
    changed, updated = patch({"updateMask": field})
    assert changed == {field}
    assert field not in updated


def test_a_masked_expiration_without_a_value_is_the_usual_one(patch):
    changed, updated = patch({"updateMask": "expirationConfig"})
    assert changed <= {"expirationConfig", "expiresAt"}
    assert updated["expirationConfig"] == {"expirationPolicy": "SINCE_LAST_ACTIVE", "ttlDays": "7"}


def test_without_a_mask_everything_is_replaced(patch, tools):
    changed, updated = patch(FULL | {"tools": tools[1:]})
    assert changed == {*FULL, "tools", "expiresAt"}
    assert {name: updated[name] for name in FULL} == FULL
    assert updated["tools"] == tools[1:]


@pytest.mark.parametrize("body", [{}, {"updateMask": ""}, {"updateMask": None}])
def test_without_a_mask_what_is_not_sent_is_reset(patch, body):
    changed, updated = patch({**body, "name": "only a name"})
    assert changed == {"name", "description", "labels", "tools", "expirationConfig", "expiresAt"}
    assert not {"description", "labels", "tools"} & set(updated)
    assert updated["expirationConfig"] == {"expirationPolicy": "SINCE_LAST_ACTIVE", "ttlDays": "7"}
    assert updated["defaultMessageAuthorId"] == "somebody"


def test_many_fields_may_be_masked(patch):
    changed, updated = patch({"updateMask": "name,labels", **FULL})
    assert changed == {"name", "labels"}
    assert (updated["name"], updated["labels"]) == ("new name", {"new": "label"})


@pytest.mark.parametrize("path", ["expirationConfig.ttlDays", "expiration_config.ttl_days"])
def test_a_leaf_may_be_masked_alone(patch, path):
    _, updated = patch({"updateMask": path, **FULL})
    assert updated["expirationConfig"] == {"expirationPolicy": "STATIC", "ttlDays": "10"}


def test_the_other_leaf_too(patch):
    _, updated = patch({"updateMask": "expirationConfig.expirationPolicy", **FULL})
    assert updated["expirationConfig"] == {"expirationPolicy": "SINCE_LAST_ACTIVE", "ttlDays": "3"}


def test_a_mask_may_stand_in_the_query(patch):
    changed, _ = patch(FULL, "?updateMask=name")
    assert changed == {"name"}


def test_names_with_underscores_do_the_same(patch):
    body = {"update_mask": "expiration_config", "expiration_config": {"expiration_policy": 2, "ttl_days": 10}}
    _, updated = patch(body)
    assert updated["expirationConfig"] == FULL["expirationConfig"]


@pytest.mark.parametrize("path", ["id", "folderId", "createdAt", "nothing", "labels.old", "name.first", "*", "tools.a"])
def test_a_path_that_cannot_be_updated_is_refused_and_changes_nothing(curl, made, path):
    url = f"/assistants/v1/threads/{made['id']}"
    status, said = curl("PATCH", url, {"updateMask": f"name,{path}", **FULL})
    assert (status, said["code"]) == (400, 3)
    assert said["details"][1]["fieldViolations"][0]["field"] == "update_mask"
    assert curl("GET", url) == (200, made)


@pytest.mark.parametrize(
    "body",
    [
        {"updateMask": "expirationConfig", "expirationConfig": {"ttlDays": "-1"}},
        {"updateMask": "expirationConfig", "expirationConfig": {"expirationPolicy": "NEVER"}},
        {"updateMask": "labels", "labels": "a=b"},
        {"updateMask": "tools", "tools": [{}]},
        {"updateMask": "tools", "tools": [{"searchIndex": {"rephraserOptions": {}}}]},
        {"updateMask": 5},
    ],
)
def test_a_value_that_cannot_be_is_refused_and_changes_nothing(curl, made, body):
    url = f"/assistants/v1/threads/{made['id']}"
    status, said = curl("PATCH", url, body)
    assert (status, said["code"]) == (400, 3)
    assert curl("GET", url) == (200, made)


def test_a_thread_that_is_not_there_is_not_found(curl):
    status, said = curl("PATCH", "/assistants/v1/threads/none", {"updateMask": "name", "name": "n"})
    assert (status, said["code"], said["message"]) == (404, 5, "thread none not found")
