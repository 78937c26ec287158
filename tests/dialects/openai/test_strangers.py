"""Whoever may not do a thing cannot do it, whichever operation it is: every row of the table is tried."""

import json
import re

import httpx2
import pytest

from clew.domain.project import Scope
from support.scripted_model import ScriptedModel
from support.server import RunningServer
from support.strangers import ANSWERED, DECLINED, EVERY, Place, bearer, error, params

NOTHING_TO_REACH = {
    "createFile": "names nothing that exists: the new file is the caller's own",
    "createUpload": "names nothing that exists: the new upload is the caller's own",
    "listModels": "models are the server's, and the same for every project",
    "retrieveModel": "models are the server's, and the same for every project",
    "getDescription": "the published description is the same for every project",
}
"""Operations through which nothing of another project could be reached, and why."""

LISTS = [
    name for name, operation in ANSWERED.items() if re.fullmatch(r"/v1/\w+", operation.path) and name[:4] == "list"
]
LISTS = [name for name in LISTS if name not in NOTHING_TO_REACH]

_RESOURCES = {
    "of a file for the code interpreter": {"code_interpreter": {"file_ids": ["$file_id"]}},
    "of a vector store": {"file_search": {"vector_store_ids": ["$vector_store_id"]}},
    "of a file in a new vector store": {"file_search": {"vector_stores": [{"file_ids": ["$file_id"]}]}},
}
_ATTACHED = {"role": "user", "content": "Hi", "attachments": [{"file_id": "$file_id", "tools": []}]}
_PICTURED = {"role": "user", "content": [{"type": "image_file", "image_file": {"file_id": "$file_id"}}]}

BORROWED = {
    **{
        f"an assistant {how}": ("createAssistant", {"model": "m", "tool_resources": what})
        for how, what in _RESOURCES.items()
    },
    **{f"a thread {how}": ("createThread", {"tool_resources": what}) for how, what in _RESOURCES.items()},
    "a changed assistant with a file": (
        "modifyAssistant",
        {"tool_resources": _RESOURCES["of a file for the code interpreter"]},
    ),
    "a changed assistant with a vector store": ("modifyAssistant", {"tool_resources": _RESOURCES["of a vector store"]}),
    "a changed thread with a vector store": ("modifyThread", {"tool_resources": _RESOURCES["of a vector store"]}),
    "a thread whose message has the file attached": ("createThread", {"messages": [_ATTACHED]}),
    "a thread whose message shows the file": ("createThread", {"messages": [_PICTURED]}),
    "a message with the file attached": ("createMessage", _ATTACHED),
    "a message that shows the file": ("createMessage", _PICTURED),
    "a run by the assistant": ("createRun", {"assistant_id": "$assistant_id"}),
    "a thread and run by the assistant": ("createThreadAndRun", {"assistant_id": "$assistant_id"}),
    "a vector store with the file": ("createVectorStore", {"file_ids": ["$file_id"]}),
    "the file in a vector store": ("createVectorStoreFile", {"file_id": "$file_id"}),
    "a batch with the file": ("createVectorStoreFileBatch", {"file_ids": ["$file_id"]}),
    "a batch with the file and attributes": ("createVectorStoreFileBatch", {"files": [{"file_id": "$file_id"}]}),
    "an upload completed with the part": ("completeUpload", {"part_ids": ["$part_id"]}),
}
"""Bodies with which a caller asks for something of its own that would hold something of another project."""

NOT_FOUND = {
    "assistant_id": "No assistant found with id '{}'.",
    "thread_id": "No thread found with id '{}'.",
    "message_id": "No message found with id '{}'.",
    "run_id": "No run found with id '{}'.",
    "step_id": "No run step found with id '{}'.",
    "file_id": "No such File object: {}",
    "upload_id": "No upload found with id '{}'.",
    "part_id": "No upload part found with id '{}'.",
    "vector_store_id": "No vector store found with id '{}'.",
    "batch_id": "No vector store file batch found with id '{}'.",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    with (
        ScriptedModel() as model,
        RunningServer(folder, model, open_project=None) as server,
        httpx2.Client(base_url=server.url) as http,
    ):
        yield Place(http, server, folder, model)


@pytest.fixture(autouse=True)
def untouched(place):
    """Whatever a test here tries, nothing comes of it."""
    before = place.kept()
    yield
    assert place.kept() == before


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Basic c2stY2xldw=="}, {"authorization": "Bearer"}, {"api-key": "k"}]
)
@pytest.mark.parametrize("name", EVERY)
def test_without_a_key_nothing_is_answered(place, name, headers):
    answer = place.call(EVERY[name], headers)
    assert answer.status_code == 401
    how = "You need to provide your API key in an Authorization header using Bearer auth"
    said = error(answer)
    assert said["message"] == f"You didn't provide an API key. {how} (i.e. Authorization: Bearer YOUR_KEY)."
    assert (said["param"], said["code"]) == (None, None)


@pytest.mark.parametrize(
    ("key", "shown"), [("sk-clew-" + 32 * "x" + "last", "sk-cle***last"), ("sk-short", "***")], ids=["long", "short"]
)
@pytest.mark.parametrize("name", EVERY)
def test_with_a_wrong_key_nothing_is_answered_and_the_key_is_masked(place, name, key, shown):
    answer = place.call(EVERY[name], bearer(key))
    assert answer.status_code == 401
    said = error(answer)
    where = "Whoever runs this server makes keys with `clew keys create`."
    assert said["message"] == f"Incorrect API key provided: {shown}. {where}"
    assert (said["param"], said["code"]) == (None, "invalid_api_key")
    assert key not in answer.text


@pytest.mark.parametrize("name", EVERY)
def test_with_a_key_that_was_revoked_nothing_is_answered(place, name):
    answer = place.call(EVERY[name], bearer(place.revoked_key))
    assert answer.status_code == 401
    assert error(answer)["code"] == "invalid_api_key"


@pytest.mark.parametrize("name", EVERY)
def test_a_key_for_the_other_half_of_the_operations_is_refused(place, name):
    operation = EVERY[name]
    key, scope = (place.read_key, "write") if operation.need is Scope.WRITE else (place.write_key, "read")
    answer = place.call(operation, bearer(key))
    assert answer.status_code == 403
    said = error(answer)
    assert said["message"] == f"This API key lacks the scope '{scope}'."
    assert (said["param"], said["code"]) == (None, "missing_scope")


@pytest.mark.parametrize("name", DECLINED)
def test_an_operation_that_is_declined_says_so_and_why(place, name):
    answer = place.call(DECLINED[name], bearer(place.theirs.key))
    assert answer.status_code == 404
    said = error(answer)
    assert said["message"] == f"The operation {name} is not offered here: {DECLINED[name].why_not}."
    assert (said["param"], said["code"]) == (None, "not_offered")


REACHING = [
    pytest.param(name, level, id=f"{name}-{param}")
    for name, operation in ANSWERED.items()
    for level, param in enumerate(params(operation))
    if name not in NOTHING_TO_REACH
]


@pytest.mark.parametrize(("name", "level"), REACHING)
def test_what_belongs_to_another_project_is_not_there(place, name, level):
    """Everything in the path is theirs from this level on; what stands above it is the caller's own."""
    operation = ANSWERED[name]
    names = params(operation)
    ids = {param: (place.ours if names.index(param) < level else place.theirs).ids[param] for param in names}
    answer = place.call(operation, bearer(place.ours.key), ids)
    assert answer.status_code == 404
    wrong = names[level]
    expected = NOT_FOUND[wrong].format(ids[wrong])
    if wrong == "file_id" and level:
        expected = f"No file found with id '{ids[wrong]}' in vector store '{ids['vector_store_id']}'."
    said = error(answer)
    assert said["message"] == expected
    assert (said["param"], said["code"]) == ("id" if names == ["file_id"] else None, None)


@pytest.mark.parametrize(("name", "level"), REACHING)
def test_an_id_of_another_project_reads_as_one_that_never_was(place, name, level):
    operation = ANSWERED[name]
    names = params(operation)
    theirs = {param: (place.ours if names.index(param) < level else place.theirs).ids[param] for param in names}
    invented = {**theirs, names[level]: theirs[names[level]][:-4] + "zzzz"}
    one, other = (place.call(operation, bearer(place.ours.key), ids) for ids in (theirs, invented))
    assert one.status_code == other.status_code
    assert one.text.replace(theirs[names[level]], "") == other.text.replace(invented[names[level]], "")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_nothing_of_another_project(place, name):
    answer = place.call(ANSWERED[name], bearer(place.empty_key))
    assert answer.status_code == 200
    assert answer.json() == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    own = place.call(ANSWERED[name], bearer(place.ours.key)).text
    assert not [param for param, it in place.theirs.ids.items() if param.endswith("_id") and it in own]


@pytest.mark.parametrize(
    ("name", "param"),
    [
        ("listAssistants", "assistant_id"),
        ("listThreads", "thread_id"),
        ("listMessages", "message_id"),
        ("listRuns", "run_id"),
        ("listRunSteps", "step_id"),
        ("listFiles", "file_id"),
        ("listVectorStores", "vector_store_id"),
        ("listVectorStoreFiles", "file_id"),
        ("listFilesInVectorStoreBatch", "file_id"),
    ],
)
def test_a_cursor_of_another_project_is_not_there(place, name, param):
    operation = ANSWERED[name]
    path = re.sub(r"\{(\w+)\}", lambda match: place.ours.ids[match[1]], operation.path)
    cursor = place.theirs.ids[param]
    answer = place.ours.request("GET", path.removeprefix("/v1"), params={"after": cursor})
    assert answer.status_code == 404
    said = error(answer)
    assert cursor in said["message"]
    assert said["param"] == "after"


@pytest.mark.parametrize("what", BORROWED)
def test_what_belongs_to_another_project_cannot_be_put_into_ones_own(place, what):
    name, body = BORROWED[what]
    own = {**place.ours.ids, "thread_id": place.ours.ids["free_thread_id"]}
    answer = place.call(ANSWERED[name], bearer(place.ours.key), own, body)
    assert answer.status_code == 404
    param = re.search(r"\$(\w+)", json.dumps(body))[1]
    assert error(answer)["message"] == NOT_FOUND[param].format(place.theirs.ids[param])


def test_every_operation_is_tried_by_a_stranger_or_has_nothing_to_reach():
    tried = {param.values[0] for param in REACHING} | set(LISTS) | {name for name, _ in BORROWED.values()}
    assert set(ANSWERED) - tried == set(NOTHING_TO_REACH)
