"""Files over gRPC, and the same files over OpenAI's surface."""

from datetime import UTC, datetime

import grpc
import httpx2
import pytest
from openai import OpenAI

from clew.dialects.yandex import wire
from clew.dialects.yandex.handlers import files
from clew.domain.quota import Quota, Quotas
from clew.service.core import Limits
from support.server import RunningServer
from support.stub import Stub, refused

DAY = 86_400
CODES = grpc.StatusCode


def made(stub: Stub, content: bytes = b"to be or not to be", **more: object) -> wire.File:
    return stub("FileService.Create", wire.CreateFileRequest(folder_id="default", content=content, **more))


def test_what_nobody_says_is_filled_in(stub: Stub) -> None:
    file = made(stub)
    assert (file.mime_type, file.folder_id, file.name) == ("text/plain", "default", "")
    assert file.expiration_config == wire.ExpirationConfig(
        expiration_policy=wire.ExpirationConfig.SINCE_LAST_ACTIVE, ttl_days=7
    )
    assert file.expires_at.seconds == file.created_at.seconds + 7 * DAY
    assert file.updated_at == file.created_at
    assert file.created_by == file.updated_by == "anyone"


def test_what_was_said_is_kept(stub: Stub) -> None:
    config = wire.ExpirationConfig(expiration_policy=wire.ExpirationConfig.STATIC, ttl_days=3)
    file = made(stub, name="n", description="d", mime_type="text/markdown", labels={"a": "b"}, expiration_config=config)
    assert stub("FileService.Get", wire.GetFileRequest(file_id=file.id)) == file
    assert (file.name, file.description, file.mime_type, file.labels) == ("n", "d", "text/markdown", {"a": "b"})
    assert file.expiration_config == config


def test_an_update_changes_what_its_mask_names(stub: Stub, server: RunningServer) -> None:
    file = made(stub, name="n", description="d", labels={"a": "b"})
    server.advance(60)
    update = wire.UpdateFileRequest(
        file_id=file.id, name="other", expiration_config=wire.ExpirationConfig(ttl_days=3), labels={"not": "said"}
    )
    update.update_mask.paths.extend(["name", "expiration_config.ttl_days", "description"])
    new = stub("FileService.Update", update)
    assert (new.name, new.description, new.labels) == ("other", "", {"a": "b"})
    assert new.expiration_config.expiration_policy == wire.ExpirationConfig.SINCE_LAST_ACTIVE
    assert new.expires_at.seconds == file.created_at.seconds + 3 * DAY
    assert new.updated_at.seconds == file.updated_at.seconds + 60


def test_an_update_without_a_mask_sets_all(stub: Stub) -> None:
    file = made(stub, name="n", labels={"a": "b"}, expiration_config=wire.ExpirationConfig(ttl_days=3))
    new = stub("FileService.Update", wire.UpdateFileRequest(file_id=file.id, description="d"))
    assert (new.name, new.description, new.labels) == ("", "d", {})
    assert new.expiration_config.ttl_days == 7


@pytest.mark.parametrize("path", ["mime_type", "id", "expiration_config.nope", "content", ""])
def test_what_cannot_be_updated_is_named(stub: Stub, path: str) -> None:
    file = made(stub)
    update = wire.UpdateFileRequest(file_id=file.id, update_mask=wire.FieldMask(paths=[path]))
    code, text = refused(lambda: stub("FileService.Update", update))
    assert code is CODES.INVALID_ARGUMENT
    assert f"{path!r}" in text


def test_a_deleted_file_is_not_found(stub: Stub) -> None:
    file = made(stub)
    stub("FileService.Delete", wire.DeleteFileRequest(file_id=file.id))
    for name, request in (
        ("Get", wire.GetFileRequest(file_id=file.id)),
        ("Delete", wire.DeleteFileRequest(file_id=file.id)),
        ("Update", wire.UpdateFileRequest(file_id=file.id)),
        ("GetUrl", wire.GetFileUrlRequest(file_id=file.id)),
    ):
        assert refused(lambda name=name, request=request: stub(f"FileService.{name}", request)) == (
            CODES.NOT_FOUND,
            f"file {file.id} not found",
        )


def test_lists_are_of_their_folder_newest_first(stub: Stub) -> None:
    ids = [made(stub, name=str(at)).id for at in range(3)]
    elsewhere = stub("FileService.Create", wire.CreateFileRequest(folder_id="other", content=b"x"))
    first = stub("FileService.List", wire.ListFilesRequest(folder_id="default", page_size=2))
    second = stub(
        "FileService.List",
        wire.ListFilesRequest(folder_id="default", page_size=2, page_token=first.next_page_token),
    )
    assert [file.id for page in (first, second) for file in page.files] == ids[::-1]
    assert second.next_page_token
    assert elsewhere.folder_id == "other"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"content": b""}, "content: field is required"),
        ({"folder_id": ""}, "folder_id: field is required"),
        ({"mime_type": "no type"}, "mime_type: 'no type' is no type of a file"),
        ({"expiration_config": wire.ExpirationConfig(ttl_days=-1)}, "expiration_config.ttl_days: must be"),
        ({"expiration_config": wire.ExpirationConfig(expiration_policy=9)}, "expiration_config.expiration_policy:"),
    ],
)
def test_a_bad_upload_names_its_field(stub: Stub, fields: dict[str, object], named: str) -> None:
    request = wire.CreateFileRequest(**{"folder_id": "default", "content": b"x", **fields})
    code, text = refused(lambda: stub("FileService.Create", request))
    assert code is CODES.INVALID_ARGUMENT
    assert text.startswith(named)


class TestSize:
    @pytest.fixture
    def server(self, tmp_path, model):
        with RunningServer(tmp_path, model, limits=Limits(file_bytes=5_000_000)) as server:
            yield server

    def test_more_than_the_clients_own_limit_comes_in(self, stub: Stub, client: OpenAI) -> None:
        content = bytes(range(256)) * 19_531
        assert client.files.content(made(stub, content).id).read() == content

    def test_more_than_the_server_allows_does_not(self, stub: Stub) -> None:
        code, text = refused(lambda: made(stub, b"x" * 5_000_001))
        assert (code, text) == (CODES.INVALID_ARGUMENT, "content: at most 5000000 bytes")

    def test_the_hosted_services_limit_is_the_highest(self) -> None:
        assert files.CONTENT_BYTES_MAX == 128 * 1024 * 1024


class TestCrossing:
    def test_a_file_made_here_is_an_assistants_file_there(self, stub: Stub, client: OpenAI) -> None:
        file = made(stub, name="play.txt", description="d", labels={"a": "b"})
        there = client.files.retrieve(file.id)
        assert (there.filename, there.purpose, there.bytes) == ("play.txt", "assistants", 18)
        assert there.expires_at == file.expires_at.seconds
        assert client.files.content(file.id).read() == b"to be or not to be"
        assert [one.id for one in client.files.list(purpose="assistants")] == [file.id]

    def test_a_file_made_there_is_a_file_here(self, stub: Stub, client: OpenAI) -> None:
        there = client.files.create(file=("data.jsonl", b'{"a": 1}\n'), purpose="user_data")
        file = stub("FileService.Get", wire.GetFileRequest(file_id=there.id))
        assert (file.name, file.mime_type, file.description) == ("data.jsonl", "application/jsonl", "")
        assert file.expiration_config.ttl_days == 36_500
        update = wire.UpdateFileRequest(file_id=file.id, name="other.jsonl", labels={"a": "b"})
        update.update_mask.paths.extend(["name", "labels"])
        assert stub("FileService.Update", update).labels == {"a": "b"}
        again = client.files.retrieve(there.id)
        assert (again.filename, again.purpose, again.expires_at) == ("other.jsonl", "user_data", None)

    def test_an_end_in_seconds_survives_an_update_of_the_rest(self, stub: Stub, client: OpenAI) -> None:
        there = client.files.create(
            file=("a.txt", b"a"), purpose="assistants", expires_after={"anchor": "created_at", "seconds": 4000}
        )
        update = wire.UpdateFileRequest(file_id=there.id, name="b.txt", update_mask=wire.FieldMask(paths=["name"]))
        shown = stub("FileService.Update", update)
        assert shown.expiration_config.ttl_days == 1
        assert client.files.retrieve(there.id).expires_at == there.expires_at
        assert datetime.fromtimestamp(shown.expires_at.seconds, UTC).timestamp() == there.expires_at


class TestUrl:
    """`GetUrl`, as the clients fetch it: with a plain GET and no credentials."""

    def test_it_gives_the_bytes(self, stub: Stub) -> None:
        file = made(stub, content=b"to be", mime_type="text/markdown")
        url = stub("FileService.GetUrl", wire.GetFileUrlRequest(file_id=file.id)).url
        answer = httpx2.get(url)
        assert (answer.content, answer.headers["content-type"]) == (b"to be", "text/markdown")

    def test_a_closed_server_gives_it_to_who_has_the_address(self, tmp_path, model) -> None:
        with (
            RunningServer(tmp_path, model, open_project=None) as server,
            Stub(server.grpc_address, server.key("mine")) as mine,
            Stub(server.grpc_address, server.key("theirs")) as theirs,
        ):
            file = mine("FileService.Create", wire.CreateFileRequest(folder_id="mine", content=b"x"))
            get = wire.GetFileUrlRequest(file_id=file.id)
            assert httpx2.get(mine("FileService.GetUrl", get).url).content == b"x"
            assert refused(lambda: theirs("FileService.GetUrl", get))[0] is CODES.NOT_FOUND


def test_a_spent_quota_is_no_reason_to_try_again(tmp_path, model) -> None:
    """Clients repeat a call that was answered with RESOURCE_EXHAUSTED, for a minute."""
    quotas = Quotas(by_project={"default": Quota(bytes=10)})
    with RunningServer(tmp_path, model, quotas=quotas) as server, Stub(server.grpc_address) as stub:
        code, _ = refused(lambda: made(stub, b"x" * 11))
        assert code is CODES.FAILED_PRECONDITION
        assert made(stub, b"x" * 10).id
