"""Users over gRPC."""

import grpc
import pytest

from clew.dialects.yandex import wire
from support.server import RunningServer
from support.stub import Stub, refused

DAY = 86_400


def made(stub: Stub, **more: object) -> wire.User:
    return stub("UserService.Create", wire.CreateUserRequest(**{"folder_id": "default", **more}))


def test_a_user_is_kept_as_said_and_the_rest_filled_in(stub: Stub) -> None:
    user = made(stub, name="Ann", description="d", source="telegram", labels={"a": "b"})
    assert stub("UserService.Get", wire.GetUserRequest(user_id=user.id)) == user
    assert (user.name, user.description, user.source, user.labels) == ("Ann", "d", "telegram", {"a": "b"})
    assert user.expiration_config.ttl_days == 7
    assert user.expires_at.seconds == user.created_at.seconds + 7 * DAY


def test_two_users_may_have_one_name(stub: Stub) -> None:
    assert made(stub, name="Ann").id != made(stub, name="Ann").id


def test_an_update_resets_what_it_masks_and_leaves_the_source(stub: Stub) -> None:
    user = made(
        stub, name="Ann", description="d", source="telegram", expiration_config=wire.ExpirationConfig(ttl_days=3)
    )
    update = wire.UpdateUserRequest(user_id=user.id, name="Bea")
    update.update_mask.paths.extend(["name", "description", "expiration_config"])
    new = stub("UserService.Update", update)
    assert (new.name, new.description, new.source, new.expiration_config.ttl_days) == ("Bea", "", "telegram", 7)


@pytest.mark.parametrize("path", ["source", "id", "created_at", "folder_id"])
def test_some_fields_cannot_be_updated(stub: Stub, path: str) -> None:
    update = wire.UpdateUserRequest(user_id=made(stub).id, update_mask=wire.FieldMask(paths=[path]))
    code, text = refused(lambda: stub("UserService.Update", update))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert path in text


def test_a_deleted_user_is_gone_and_their_thread_stays(stub: Stub) -> None:
    user = made(stub)
    thread = stub(
        "ThreadService.Create", wire.CreateThreadRequest(folder_id="default", default_message_author_id=user.id)
    )
    stub("UserService.Delete", wire.DeleteUserRequest(user_id=user.id))
    code, text = refused(lambda: stub("UserService.Get", wire.GetUserRequest(user_id=user.id)))
    assert (code, text) == (grpc.StatusCode.NOT_FOUND, f"user {user.id} not found")
    assert stub("ThreadService.Get", wire.GetThreadRequest(thread_id=thread.id)).default_message_author_id == user.id


def test_the_list_is_newest_first_and_ends_with_an_empty_page(stub: Stub, server: RunningServer) -> None:
    ids = []
    for _ in range(3):
        server.advance(1)
        ids.append(made(stub).id)
    seen, token = [], ""
    while True:
        page = stub("UserService.List", wire.ListUsersRequest(folder_id="default", page_size=2, page_token=token))
        if not page.users:
            break
        seen += [user.id for user in page.users]
        token = page.next_page_token
    assert seen == ids[::-1]
    assert not page.next_page_token
