"""Lists over gRPC: tokens, and clients that delete what they list."""

import grpc
import pytest

from clew.dialects.yandex import wire
from support.stub import Stub


def listed(stub: Stub, token: str = "", size: int = 1, folder: str = "default") -> wire.ListThreadsResponse:
    asked = wire.ListThreadsRequest(folder_id=folder, page_size=size, page_token=token)
    found: wire.ListThreadsResponse = stub("ThreadService.List", asked)
    return found


def made(stub: Stub, *names: str, folder: str = "default") -> None:
    for name in names:
        stub("ThreadService.Create", wire.CreateThreadRequest(folder_id=folder, name=name))


def test_only_an_empty_page_has_no_token(stub: Stub) -> None:
    made(stub, "a")
    page = listed(stub)
    assert [thread.name for thread in page.threads] == ["a"]
    assert page.next_page_token
    last = listed(stub, page.next_page_token)
    assert (list(last.threads), last.next_page_token) == ([], "")


def test_what_is_listed_may_be_deleted_meanwhile(stub: Stub) -> None:
    made(stub, "a", "b", "c")
    names, token = [], ""
    while (page := listed(stub, token)).threads:
        names += [thread.name for thread in page.threads]
        token = page.next_page_token
        for thread in page.threads:
            stub("ThreadService.Delete", wire.DeleteThreadRequest(thread_id=thread.id))
    assert names == ["c", "b", "a"]


def test_a_page_is_no_larger_than_clients_take(stub: Stub) -> None:
    made = []
    for _ in range(5):
        new = wire.CreateAssistantRequest(folder_id="default", model_uri="m", instruction="x" * 1_000_000)
        made.append(stub("AssistantService.Create", new).id)
    pages: list[list[str]] = []
    token = ""
    while True:
        asked = wire.ListAssistantsRequest(folder_id="default", page_token=token)
        page = stub("AssistantService.List", asked)
        if not page.assistants:
            break
        pages.append([one.id for one in page.assistants])
        token = page.next_page_token
    assert [len(page) for page in pages] == [3, 2]
    assert [one for page in pages for one in page] == made[::-1]


def test_folders_of_an_open_server_do_not_show_each_others_threads(stub: Stub) -> None:
    made(stub, "a1", "a2", folder="a")
    made(stub, "b1", folder="b")
    made(stub, "a3", folder="a")
    assert [thread.name for thread in listed(stub, size=2, folder="a").threads] == ["a3", "a2"]
    assert [thread.name for thread in listed(stub, size=2, folder="b").threads] == ["b1"]


def test_what_was_made_without_a_folder_is_in_all_of_them(stub: Stub) -> None:
    made(stub, "everywhere", folder="default")
    assert [thread.name for thread in listed(stub, folder="a").threads] == ["everywhere"]


@pytest.mark.parametrize(("size", "token"), [(-1, ""), (1001, ""), (1, "%%%"), (1, "eA=="), (1, "ы")])
def test_a_size_or_a_token_that_cannot_be_is_refused(stub: Stub, size: int, token: str) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        listed(stub, token, size)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
