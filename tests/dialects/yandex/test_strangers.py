"""Whoever may not do a thing cannot do it: every row of the table is tried, over gRPC and over REST."""

import grpc
import pytest

from clew.dialects.yandex.errors import NO_CREDENTIALS, UNKNOWN_CREDENTIALS, Code
from clew.domain.project import Scope
from support.scripted_model import ScriptedModel
from support.server import RunningServer
from support.yandex_place import ANSWERED, DECLINED, EVERY, OPEN, REQUESTS, Place, filled, names

NOTHING_TO_REACH = {
    "ApiEndpointService.List": "addresses are the server's, and the same for everybody",
    "ApiEndpointService.Get": "addresses are the server's, and the same for everybody",
    "IamTokenService.Create": "what it is asked about is a key itself, and what it answers is that key",
}
"""Operations through which nothing of another project could be reached, and why."""

GUARDED = [name for name in EVERY if name not in OPEN]

SAID = {
    "folder": "folder {} not found",
    "thread": "thread {} not found",
    "message": "message {} not found",
    "assistant": "assistant {} not found",
    "run": "run {} not found",
    "user": "user {} not found",
    "index": "search index {} not found",
    "file": "file {} not found",
    "own_file": "file {} not found",
    "operation": "operation {} not found",
}

_SEARCH = [{"search_index": {"search_index_ids": ["$index"]}}]

BORROWED = {
    "a thread that searches the index": ("ThreadService.Create", {"folder_id": "$our_folder", "tools": _SEARCH}),
    "a thread that comes to search the index": (
        "ThreadService.Update",
        {"thread_id": "$our_thread", "update_mask": "tools", "tools": _SEARCH},
    ),
    "an assistant that searches the index": (
        "AssistantService.Create",
        {**REQUESTS["AssistantService.Create"], "folder_id": "$our_folder", "tools": _SEARCH},
    ),
    "an assistant that comes to search the index": (
        "AssistantService.Update",
        {"assistant_id": "$our_assistant", "update_mask": "tools", "tools": _SEARCH},
    ),
    "a run by the assistant": ("RunService.Create", {"assistant_id": "$assistant", "thread_id": "$our_thread"}),
    "a run over the thread": ("RunService.Create", {"assistant_id": "$our_assistant", "thread_id": "$thread"}),
    "a run that searches the index": (
        "RunService.Create",
        {"assistant_id": "$our_assistant", "thread_id": "$our_thread", "tools": _SEARCH},
    ),
    "an index of the file": ("SearchIndexService.Create", {"folder_id": "$our_folder", "file_ids": ["$file"]}),
    "the file in an index": (
        "SearchIndexFileService.BatchCreate",
        {"search_index_id": "$our_index", "file_ids": ["$file"]},
    ),
}
"""Requests with which a caller asks for something of its own that would hold something of another project."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    with ScriptedModel() as model, RunningServer(folder, model, open_project=None) as server:
        place = Place(server, folder, model)
        yield place
        place.close()


@pytest.fixture(scope="module", autouse=True)
def untouched(place):
    """Whatever the tests here try, nothing comes of it."""
    before = place.kept()
    yield
    assert place.kept() == before


def _asked(place, name, authorization, request=None):
    """What is heard, which is the same in both ways."""
    sent = filled(REQUESTS[name], place.theirs.ids) if request is None else request
    first, *others = [ask(EVERY[name], sent, authorization) for ask in place.ways(EVERY[name])]
    assert all(other == first for other in others)
    return first


@pytest.mark.parametrize("authorization", [None, "", "Basic c2stY2xldw==", "Bearer", "c2stY2xldw=="])
@pytest.mark.parametrize("name", GUARDED)
def test_without_a_key_nothing_is_answered(place, name, authorization):
    heard = _asked(place, name, authorization)
    assert (heard.code, heard.message) == (Code.UNAUTHENTICATED, NO_CREDENTIALS)


@pytest.mark.parametrize("scheme", ["Api-Key", "Bearer"])
@pytest.mark.parametrize("name", GUARDED)
def test_with_a_key_that_is_not_known_nothing_is_answered(place, name, scheme):
    for key in ("sk-clew-" + 32 * "x", place.revoked_key):
        heard = _asked(place, name, f"{scheme} {key}")
        assert (heard.code, heard.message) == (Code.UNAUTHENTICATED, UNKNOWN_CREDENTIALS)


@pytest.mark.parametrize("name", GUARDED)
def test_a_key_for_the_other_half_of_the_operations_is_refused(place, name):
    is_read = EVERY[name].need is Scope.READ
    heard = _asked(place, name, f"Api-Key {place.write_key if is_read else place.read_key}")
    assert heard.code == Code.PERMISSION_DENIED
    assert heard.message == f"this key lacks the scope '{'read' if is_read else 'write'}'"


@pytest.mark.parametrize("name", DECLINED)
def test_an_operation_that_is_declined_says_so_and_why(place, name):
    heard = _asked(place, name, f"Api-Key {place.theirs.key}")
    assert (heard.code, heard.message) == (
        Code.UNIMPLEMENTED,
        f"{name} is not offered here: {DECLINED[name].why_not}",
    )


@pytest.mark.parametrize("name", OPEN)
def test_what_is_open_to_everybody_wants_no_key(place, name):
    for authorization in (None, "Api-Key wrong", f"Api-Key {place.revoked_key}"):
        heard = _asked(place, name, authorization)
        asked_about_a_key = (Code.UNAUTHENTICATED, UNKNOWN_CREDENTIALS)
        assert (heard.code, heard.message) == (asked_about_a_key if name == "IamTokenService.Create" else (0, ""))


REACHING = [
    pytest.param(name, level, id=f"{name}-{thing}")
    for name in ANSWERED
    if name not in NOTHING_TO_REACH
    for level, thing in enumerate(names(REQUESTS[name]))
]


def _reached(place, name, level):
    """The request whose things are theirs from this level on; what stands before is the caller's own."""
    things = names(REQUESTS[name])
    ids = {thing: (place.ours if at < level else place.theirs).ids[thing] for at, thing in enumerate(things)}
    return things[level], ids


@pytest.mark.parametrize(("name", "level"), REACHING)
def test_what_belongs_to_another_project_is_not_there(place, name, level):
    wrong, ids = _reached(place, name, level)
    heard = _asked(place, name, f"Api-Key {place.ours.key}", filled(REQUESTS[name], ids))
    assert (heard.code, heard.message) == (Code.NOT_FOUND, SAID[wrong].format(ids[wrong]))


@pytest.mark.parametrize(("name", "level"), REACHING)
def test_an_id_of_another_project_reads_as_one_that_never_was(place, name, level):
    wrong, theirs = _reached(place, name, level)
    invented = {**theirs, wrong: theirs[wrong][:-4] + "zzzz"}
    one, other = (
        _asked(place, name, f"Api-Key {place.ours.key}", filled(REQUESTS[name], ids)) for ids in (theirs, invented)
    )
    assert one.code == other.code
    assert one.message.replace(theirs[wrong], "") == other.message.replace(invented[wrong], "")


LISTS = [name for name in ANSWERED if name.endswith("Service.List") and "folder_id" in REQUESTS[name]]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_nothing_of_another_project(place, name):
    assert _asked(place, name, f"Api-Key {place.empty_key}", {"folder_id": "empty"}).value == {}
    shown = str(_asked(place, name, f"Api-Key {place.ours.key}", {"folder_id": "ours"}).value)
    assert not [one for thing, one in place.theirs.ids.items() if thing != "folder" and one in shown]


@pytest.mark.parametrize("name", LISTS)
def test_a_page_token_of_another_project_shows_nothing_of_it(place, name):
    token = _asked(place, name, f"Api-Key {place.theirs.key}", {"folder_id": "theirs", "page_size": 1}).value[
        "nextPageToken"
    ]
    request = {"folder_id": "ours", "page_token": token}
    heard = _asked(place, name, f"Api-Key {place.ours.key}", request)
    assert heard.code in (0, Code.INVALID_ARGUMENT)
    assert not [one for thing, one in place.theirs.ids.items() if thing != "folder" and one in str(heard.value)]


@pytest.mark.parametrize("what", BORROWED)
def test_what_belongs_to_another_project_cannot_be_put_into_ones_own(place, what):
    name, request = BORROWED[what]
    ids = place.theirs.ids | {f"our_{thing}": one for thing, one in place.ours.ids.items()}
    heard = _asked(place, name, f"Api-Key {place.ours.key}", filled(request, ids))
    wrong = next(thing for thing in names(request) if not thing.startswith("our_"))
    assert (heard.code, heard.message) == (Code.NOT_FOUND, SAID[wrong].format(ids[wrong]))


def test_a_service_that_there_is_not_is_unimplemented(place):
    method = place.rpc._channel.unary_unary("/yandex.cloud.ai.foundation_models.v1.TokenizerService/Tokenize")
    with pytest.raises(grpc.RpcError) as raised:
        method(b"", timeout=20)
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_every_operation_is_tried_by_a_stranger_or_has_nothing_to_reach():
    assert set(REQUESTS) == set(EVERY)
    tried = {param.values[0] for param in REACHING} | set(LISTS) | {name for name, _ in BORROWED.values()}
    assert set(ANSWERED) - tried == set(NOTHING_TO_REACH)
