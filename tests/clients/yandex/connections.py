"""How programs come to a server: by arguments, by nothing but the environment, with all that they may know of a key.

    python -m clients.yandex.connections '{"plain": …, "secure": …, "root": …, "key": …}' environment|arguments

runs one of two tables. `plain` is an open server without TLS, `secure` one with TLS and keys, to which the environment
points where it is to say everything.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clients.yandex.desk import each, got, problem_of, refused

FOLDER = "default"


@dataclass(frozen=True)
class Place:
    """Where the servers are, what their root is, and a key to the closed one."""

    plain: str
    secure: str
    root: str
    key: str

    @property
    def root_bytes(self) -> bytes:
        return Path(self.root).read_bytes()

    def asynchronous(self, **arguments: Any) -> Any:
        from yandex_cloud_ml_sdk import AsyncYCloudML  # noqa: PLC0415 (the tests read the table without the client)

        return AsyncYCloudML(**arguments)

    def synchronous(self, **arguments: Any) -> Any:
        from yandex_cloud_ml_sdk import YCloudML  # noqa: PLC0415 (as above)

        return YCloudML(**arguments)

    def securely(self, **arguments: Any) -> Any:
        """The closed server, told of the root."""
        told: dict[str, Any] = {"folder_id": FOLDER, "auth": self.key, "endpoint": self.secure, "verify": self.root}
        return self.asynchronous(**told | arguments)


Check = Callable[[Place], Awaitable[None]]
BY_ENVIRONMENT: dict[str, Check] = {}
BY_ARGUMENTS: dict[str, Check] = {}
TABLES = {"environment": BY_ENVIRONMENT, "arguments": BY_ARGUMENTS}


def told_by(table: dict[str, Check]) -> Callable[[Check], Check]:
    """Add a check to the table. Its name is what it says."""

    def added(function: Check) -> Check:
        table[function.__name__] = function
        return function

    return added


async def use(sdk: Any) -> None:
    """Write something, and read it."""
    thread = await got(sdk.threads.create())
    await got(thread.write("hello"))
    assert [message.text async for message in each(thread.read())] == ["hello"]


async def keep(sdk: Any) -> None:
    """Keep a file, and fetch it from the other port."""
    file = await got(sdk.files.upload_bytes(b"To be kept."))
    assert await got(file.download_as_bytes()) == b"To be kept."


async def refusal(sdk: Any) -> tuple[str, str]:
    """The code and the sentence with which nothing can be written."""
    from yandex_cloud_ml_sdk.exceptions import AioRpcError  # noqa: PLC0415 (as above)

    raised = await refused(AioRpcError, sdk.threads.create)
    return raised.code().name, raised.details()


# --- the environment says everything ------------------------------------------------------------------------------


@told_by(BY_ENVIRONMENT)
async def a_program_with_no_arguments_reaches_a_secured_server(place: Place) -> None:
    await use(place.asynchronous())
    await keep(place.asynchronous())


@told_by(BY_ENVIRONMENT)
async def a_synchronous_program_with_no_arguments_does_too(place: Place) -> None:
    await use(place.synchronous())
    await keep(place.synchronous())


# --- arguments say it ---------------------------------------------------------------------------------------------


@told_by(BY_ARGUMENTS)
async def a_path_for_verify_is_the_only_root(place: Place) -> None:
    await use(place.securely())
    await use(place.securely(verify=Path(place.root)))
    await keep(place.securely())


@told_by(BY_ARGUMENTS)
async def false_for_verify_is_a_channel_without_tls(place: Place) -> None:
    sdk = place.asynchronous(folder_id=FOLDER, auth="anything", endpoint=place.plain, verify=False)
    await use(sdk)
    await keep(sdk)


@told_by(BY_ARGUMENTS)
async def without_discovery_a_map_says_where_services_are(place: Place) -> None:
    services = dict.fromkeys(("ai-assistants", "ai-files", "operation"), place.plain)
    await use(place.asynchronous(folder_id=FOLDER, auth="anything", endpoint=None, service_map=services, verify=False))


@told_by(BY_ARGUMENTS)
async def what_a_map_leaves_out_is_discovered(place: Place) -> None:
    sdk = place.asynchronous(
        folder_id=FOLDER, auth="any", endpoint=place.plain, service_map={"ai-files": "127.0.0.1:1"}, verify=False
    )
    await use(sdk)


@told_by(BY_ARGUMENTS)
async def an_open_server_asks_for_no_credentials(place: Place) -> None:
    from yandex_cloud_ml_sdk.auth import NoAuth  # noqa: PLC0415 (as above)

    await use(place.asynchronous(folder_id=FOLDER, auth=NoAuth(), endpoint=place.plain, verify=False))


@told_by(BY_ARGUMENTS)
async def a_closed_server_does(place: Place) -> None:
    from yandex_cloud_ml_sdk.auth import NoAuth  # noqa: PLC0415 (as above)

    code, sentence = await refusal(place.securely(auth=NoAuth()))
    assert code == "UNAUTHENTICATED"
    assert sentence.startswith("Authentication is needed")


@told_by(BY_ARGUMENTS)
async def an_unknown_key_is_refused(place: Place) -> None:
    assert await refusal(place.securely(auth="unheard-of")) == (
        "UNAUTHENTICATED",
        "These credentials are not known here.",
    )


@told_by(BY_ARGUMENTS)
async def a_key_goes_as_an_iam_token_too(place: Place) -> None:
    from yandex_cloud_ml_sdk.auth import APIKeyAuth, IAMTokenAuth  # noqa: PLC0415 (as above)

    await use(place.securely(auth=APIKeyAuth(place.key)))
    await use(place.securely(auth=IAMTokenAuth(place.key)))


@told_by(BY_ARGUMENTS)
async def a_key_is_exchanged_as_an_oauth_token_too(place: Place) -> None:
    from yandex_cloud_ml_sdk.auth import OAuthTokenAuth  # noqa: PLC0415 (as above)

    await use(place.securely(auth=OAuthTokenAuth(place.key)))
    code, _ = await refusal(place.securely(auth=OAuthTokenAuth("unheard-of")))
    assert code == "UNAUTHENTICATED"


@told_by(BY_ARGUMENTS)
async def an_open_server_exchanges_what_looks_like_an_oauth_token(place: Place) -> None:
    token = "y0_" + "A" * 55
    await use(place.asynchronous(folder_id=FOLDER, auth=token, endpoint=place.plain, verify=False))


@told_by(BY_ARGUMENTS)
async def another_folder_than_the_keys_own_is_not_found(place: Place) -> None:
    assert await refusal(place.securely(folder_id="elsewhere")) == ("NOT_FOUND", "folder elsewhere not found")


@told_by(BY_ARGUMENTS)
async def what_a_request_was_called_comes_back_with_its_error(place: Place) -> None:
    from yandex_cloud_ml_sdk.exceptions import AioRpcError  # noqa: PLC0415 (as above)

    raised = await refused(AioRpcError, lambda: place.securely().threads.get("nope"))
    (echo,) = [value for name, value in raised.trailing_metadata() if name == "x-client-request-id"]
    assert echo in str(raised)


@told_by(BY_ARGUMENTS)
async def a_wish_about_logging_is_heard_out(place: Place) -> None:
    sdk = place.securely(enable_server_data_logging=False)
    await use(sdk)


# --- yandexcloud --------------------------------------------------------------------------------------------------


@told_by(BY_ARGUMENTS)
async def the_general_client_discovers_and_calls(place: Place) -> None:
    import yandexcloud  # noqa: PLC0415 (as above)
    from yandex.cloud.ai.assistants.v1.threads import thread_service_pb2 as messages  # noqa: PLC0415
    from yandex.cloud.ai.assistants.v1.threads.thread_service_pb2_grpc import ThreadServiceStub  # noqa: PLC0415

    sdk = yandexcloud.SDK(iam_token=place.key, endpoint=place.secure, root_certificates=place.root_bytes)
    made = sdk.client(ThreadServiceStub).Create(messages.CreateThreadRequest(folder_id=FOLDER, name="n"))
    assert made.name == "n"


@told_by(BY_ARGUMENTS)
async def the_general_client_exchanges_a_token(place: Place) -> None:
    import yandexcloud  # noqa: PLC0415 (as above)
    from yandex.cloud.ai.assistants.v1.threads import thread_service_pb2 as messages  # noqa: PLC0415
    from yandex.cloud.ai.assistants.v1.threads.thread_service_pb2_grpc import ThreadServiceStub  # noqa: PLC0415

    sdk = yandexcloud.SDK(token=place.key, endpoint=place.secure, root_certificates=place.root_bytes)
    assert sdk.client(ThreadServiceStub).Create(messages.CreateThreadRequest(folder_id=FOLDER)).id


@told_by(BY_ARGUMENTS)
async def the_general_client_calls_without_tls(place: Place) -> None:
    import yandexcloud  # noqa: PLC0415 (as above)
    from yandex.cloud.ai.assistants.v1.threads import thread_service_pb2 as messages  # noqa: PLC0415
    from yandex.cloud.ai.assistants.v1.threads.thread_service_pb2_grpc import ThreadServiceStub  # noqa: PLC0415

    stub = yandexcloud.SDK(iam_token="any").client(ThreadServiceStub, endpoint=place.plain, insecure=True)
    assert stub.Create(messages.CreateThreadRequest(folder_id=FOLDER)).id


def main() -> None:
    """Run one of the tables."""
    parser = argparse.ArgumentParser(description="Checks the ways to a server.")
    parser.add_argument("place", type=json.loads)
    parser.add_argument("table", choices=TABLES)
    asked = parser.parse_args()

    async def all_checks() -> None:
        for name, function in TABLES[asked.table].items():
            result = {"check": name, "problem": await problem_of(function, Place(**asked.place))}
            sys.stdout.write(json.dumps(result) + "\n")

    asyncio.run(all_checks())


if __name__ == "__main__":
    main()
