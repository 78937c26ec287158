"""Every list over the wire: its order, its cursors, its limits and its ends."""

import httpx2
import pytest

from clew.dialects.openai.operations import OPERATIONS
from support.scripted_model import ScriptedModel
from support.server import RunningServer

EMPTY = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
TOOL = {"type": "function", "function": {"name": "f"}}
NAMES = [operation.name for operation in OPERATIONS if operation.handler and operation.name.startswith("list")]
NAMES = [name for name in NAMES if name not in {"listModels", "listRunEvents"}]  # neither of these has cursors
WITH_BEFORE = [name for name in NAMES if name != "listFiles"]


class Lists:
    """Of every list one with five things, whose ids are in `made` as they came to be, and one without any."""

    def __init__(self, http, model):
        self.http = http
        self.path, self.made, self.none = {}, {}, {}
        said = [{"role": "user", "content": str(number)} for number in range(5)]
        assistants = [self.make("/assistants", model="m", tools=[TOOL]) for _ in range(5)]
        threads = [self.make("/threads", messages=said) for _ in range(5)]
        self.add("listAssistants", "/assistants", assistants)
        self.add("listThreads", "/threads", threads, "/threads?metadata[nobody]=has")
        path = f"/threads/{threads[0]}/messages"
        messages = self.get(path, order="asc")["data"]
        assert [message["content"][0]["text"]["value"] for message in messages] == list("01234")
        self.add("listMessages", path, [message["id"] for message in messages], f"{path}?run_id=run_x")
        path = f"/threads/{threads[1]}/runs"
        runs = [self.run(path, assistants[0]) for _ in range(5)]
        self.add("listRuns", path, runs, f"/threads/{threads[2]}/runs")
        path = f"/threads/{threads[3]}/runs"
        model.fail(400, "no")
        none = f"{path}/{self.run(path, assistants[0])}/steps"
        model.call(("f", {}), text="Let me see.")
        model.call(("f", {}), text="And again.")
        path = f"{path}/{self.run(path, assistants[0])}"
        for _ in range(2):
            call = self.get(path)["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
            outputs = {"tool_outputs": [{"tool_call_id": call, "output": "x"}], "stream": True}
            self.http.post(f"{path}/submit_tool_outputs", json=outputs).raise_for_status()
        steps = self.get(f"{path}/steps", order="asc")["data"]
        kinds = ["message_creation", "tool_calls", "message_creation", "tool_calls", "message_creation"]
        assert [step["type"] for step in steps] == kinds
        self.add("listRunSteps", f"{path}/steps", [step["id"] for step in steps], none)
        files = [self.file(f"{number}.txt") for number in range(5)]
        self.add("listFiles", "/files", files, "/files?purpose=vision")
        stores = [self.make("/vector_stores") for _ in range(5)]
        self.add("listVectorStores", "/vector_stores", stores)
        path = f"/vector_stores/{stores[0]}"
        batch = self.make(f"{path}/file_batches", file_ids=files)
        self.add("listVectorStoreFiles", f"{path}/files", files, f"/vector_stores/{stores[1]}/files")
        path = f"{path}/file_batches/{batch}/files"
        self.add("listFilesInVectorStoreBatch", path, files, f"{path}?filter=cancelled")

    def add(self, name, path, made, none=None):
        self.path[name], self.made[name] = path, made
        if none:
            self.none[name] = none

    def make(self, path, **body):
        return self.http.post(path, json=body).raise_for_status().json()["id"]

    def file(self, name):
        answer = self.http.post("/files", data={"purpose": "assistants"}, files={"file": (name, b"x")})
        return answer.raise_for_status().json()["id"]

    def run(self, path, assistant):
        """A run of which nothing more will happen by itself."""
        self.http.post(path, json={"assistant_id": assistant, "stream": True}).raise_for_status()
        return self.get(path)["data"][0]["id"]

    def get(self, path, **query):
        return self.http.get(path, params=query or None).raise_for_status().json()

    def page(self, name, **query):
        """The ids of a page and whether there is more. The rest of its envelope is looked at here."""
        page = self.get(self.path[name], **query)
        assert list(page) == ["object", "data", "first_id", "last_id", "has_more"]
        ids = [thing["id"] for thing in page["data"]]
        assert page["object"] == "list"
        assert (page["first_id"], page["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))
        return ids, page["has_more"]

    def refused(self, name, status, **query):
        answer = self.http.get(self.path[name], params=query)
        assert answer.status_code == status
        return answer.json()["error"]


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    with (
        ScriptedModel() as model,
        RunningServer(tmp_path_factory.mktemp("lists"), model) as server,
        httpx2.Client(base_url=server.base_url, headers={"authorization": "Bearer any"}) as http,
    ):
        yield Lists(http, model)


every = pytest.mark.parametrize("name", NAMES)
every_with_before = pytest.mark.parametrize("name", WITH_BEFORE)


def test_every_list_of_the_table_is_looked_at(lists):
    assert set(lists.made) == set(NAMES)
    assert {name: len(made) for name, made in lists.made.items()} == dict.fromkeys(NAMES, 5)


@every
def test_a_list_begins_with_the_newest_unless_the_oldest_is_asked_for(lists, name):
    made = lists.made[name]
    assert lists.page(name) == (made[::-1], False)
    assert lists.page(name, order="desc") == (made[::-1], False)
    assert lists.page(name, order="asc") == (made, False)


@every
def test_after_a_cursor_comes_what_is_behind_it_in_the_order_asked_for(lists, name):
    made = lists.made[name]
    assert lists.page(name, order="asc", after=made[1]) == (made[2:], False)
    assert lists.page(name, order="desc", after=made[3]) == (made[2::-1], False)
    assert lists.page(name, order="asc", after=made[1], limit=2) == (made[2:4], True)
    assert lists.page(name, order="asc", after=made[2], limit=2) == (made[3:], False)
    assert lists.page(name, order="asc", after=made[4]) == ([], False)


@every_with_before
def test_before_a_cursor_comes_what_is_nearest_to_it_in_the_order_asked_for(lists, name):
    made = lists.made[name]
    assert lists.page(name, order="asc", before=made[3]) == (made[:3], False)
    assert lists.page(name, order="desc", before=made[1]) == (made[:1:-1], False)
    assert lists.page(name, order="asc", before=made[4], limit=2) == (made[2:4], True)
    assert lists.page(name, order="desc", before=made[0], limit=2) == ([made[2], made[1]], True)
    assert lists.page(name, order="asc", before=made[2], limit=2) == (made[:2], False)
    assert lists.page(name, order="asc", before=made[0]) == ([], False)


@every_with_before
def test_between_two_cursors_comes_what_lies_between_them(lists, name):
    made = lists.made[name]
    assert lists.page(name, order="asc", after=made[0], before=made[4])[0] == made[1:4]
    assert lists.page(name, order="desc", after=made[4], before=made[0])[0] == made[3:0:-1]
    assert lists.page(name, order="asc", after=made[0], before=made[4], limit=2) == (made[1:3], True)
    assert lists.page(name, order="asc", after=made[3], before=made[1]) == ([], False)


@every
def test_page_by_page_everything_comes_once(lists, name):
    for order, made in (("asc", lists.made[name]), ("desc", lists.made[name][::-1])):
        for limit in (1, 2, 3, 5):
            ids, more = lists.page(name, order=order, limit=limit)
            while more:
                page, more = lists.page(name, order=order, limit=limit, after=ids[-1])
                assert page
                ids += page
            assert ids == made


@every
def test_a_limit_of_nothing_or_too_much_is_refused(lists, name):
    most = 10_000 if name == "listFiles" else 100
    low, high = lists.refused(name, 400, limit=0), lists.refused(name, 400, limit=most + 1)
    below, above = "below minimum value. Expected a value >= 1", f"above maximum value. Expected a value <= {most}"
    assert low["message"] == f"Invalid 'limit': integer {below}, but got 0 instead."
    assert high["message"] == f"Invalid 'limit': integer {above}, but got {most + 1} instead."
    assert (low["param"], low["code"]) == ("limit", "integer_below_min_value")
    assert (high["param"], high["code"]) == ("limit", "integer_above_max_value")
    assert lists.page(name, order="asc", limit=1) == (lists.made[name][:1], True)
    assert lists.page(name, order="asc", limit=most) == (lists.made[name], False)
    assert lists.refused(name, 400, limit="many")["code"] == "invalid_type"
    assert lists.refused(name, 400, order="sideways")["code"] == "invalid_value"


@pytest.mark.parametrize("name", ["listMessages", "listRuns", "listVectorStoreFiles"])
def test_a_limit_is_looked_at_before_the_parent(lists, name):
    path = next(operation.path for operation in OPERATIONS if operation.name == name).removeprefix("/v1")
    path = path.format(thread_id="thread_x", vector_store_id="vs_x")
    assert lists.http.get(path, params={"limit": 101}).status_code == 400
    assert lists.http.get(path, params={"limit": 100}).status_code == 404


@every
def test_where_there_is_nothing_the_page_is_empty_and_has_no_ids(lists, name):
    if name in lists.none:
        assert lists.get(lists.none[name]) == EMPTY
    last = lists.made[name][-1]
    assert lists.get(lists.path[name], order="asc", after=last) == EMPTY


@pytest.mark.parametrize("path", ["/assistants", "/threads", "/files", "/vector_stores"])
def test_where_nothing_was_ever_made_the_page_is_empty(client, path):
    assert client.get(path, cast_to=object) == EMPTY


@every
def test_a_cursor_that_was_never_in_the_list_is_not_found(lists, name):
    unknown = lists.made[name][0][:-4] + "zzzz"
    for param in ("after", "before") if name in WITH_BEFORE else ("after",):
        error = lists.refused(name, 404, **{param: unknown})
        assert unknown in error["message"]
        assert (error["param"], error["code"]) == (param, None)


@every
def test_a_cursor_of_another_list_is_refused(lists, name):
    other = lists.made["listMessages" if name == "listAssistants" else "listAssistants"][0]
    for param in ("after", "before") if name in WITH_BEFORE else ("after",):
        answer = lists.http.get(lists.path[name], params={param: other})
        error = answer.json()["error"]
        assert answer.status_code in {400, 404}
        assert error["param"] == param
        assert (error["code"] == "invalid_value") == (answer.status_code == 400)
        assert (answer.status_code == 404) == ("iles" in name)


def test_a_cursor_from_another_thread_is_not_found(lists):
    other = lists.made["listThreads"][4]
    stranger = lists.get(f"/threads/{other}/messages")["data"][0]["id"]
    assert lists.refused("listMessages", 404, after=stranger) == {
        "message": f"No message found with id '{stranger}'.",
        "type": "invalid_request_error",
        "param": "after",
        "code": None,
    }


def test_threads_are_filtered_by_one_pair_of_metadata_or_by_two_page_by_page(client):
    made = [
        client.beta.threads.create(metadata={"user": user, "topic": topic}).id
        for user, topic in [("ann", "cats"), ("bob", "cats"), ("ann", "dogs"), ("ann", "cats"), ("ann", "cats")]
    ]

    def page(**query):
        page = client.get("/threads", cast_to=object, options={"params": {"order": "asc", **query}})
        return [made.index(thread["id"]) for thread in page["data"]], page["has_more"]

    ann, cats = {"metadata[user]": "ann"}, {"metadata[topic]": "cats"}
    assert page(**ann) == ([0, 2, 3, 4], False)
    assert page(**ann, **cats) == ([0, 3, 4], False)
    assert page(**ann, order="desc") == ([4, 3, 2, 0], False)
    assert page(**ann, limit=2) == ([0, 2], True)
    assert page(**ann, limit=2, after=made[2]) == ([3, 4], False)
    assert page(**ann, **cats, limit=1, after=made[0]) == ([3], True)
    assert page(**ann, **cats, limit=2, after=made[0]) == ([3, 4], False)
    assert page(**ann, **cats, limit=1, before=made[4]) == ([3], True)
    assert page(**ann, after=made[0], before=made[4]) == ([2, 3], False)
    assert page(**{"metadata[user]": "eve"}) == ([], False)
    assert page(**{"metadata[nothing]": "ann"}) == ([], False)
    assert page(**{"metadata[user]": "an"}) == ([], False)
    assert page(**{"metadata[user]": "an%"}) == ([], False)
