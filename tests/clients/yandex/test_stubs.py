"""Clients that have nothing but stubs, and clients that have not even these and ask the server what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from clew.dialects.yandex.operations import OPERATIONS
from clients.yandex.stubs import CHECKS
from support import foreign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.server import RunningServer


@pytest.fixture(scope="module")
def problems(busy_server: RunningServer, clients: dict[str, Any]) -> dict[str, str | None]:
    python = clients["python"]["yandex-0.18.0"]
    return foreign.problems(python, "clients.yandex.stubs", busy_server.grpc_address)


@pytest.mark.clients
@pytest.mark.parametrize("check", CHECKS)
def test_by_the_vendors_stubs(problems: dict[str, str | None], check: str) -> None:
    foreign.passed(check, problems)


@pytest.fixture
def channel(server: RunningServer) -> Iterator[Any]:
    with grpc.insecure_channel(server.grpc_address) as channel:
        yield channel


def test_the_server_says_which_services_it_has(channel: Any) -> None:
    found = set(ProtoReflectionDescriptorDatabase(channel).get_services())
    assert found >= {operation.service for operation in OPERATIONS}
    assert found >= {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


def test_every_method_is_called_by_what_the_server_says_of_it(channel: Any) -> None:
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    for operation in OPERATIONS:
        method = pool.FindServiceByName(operation.service).methods_by_name[operation.method]
        assert (method.input_type.full_name, method.output_type.full_name) == (
            operation.takes.DESCRIPTOR.full_name,
            operation.gives.DESCRIPTOR.full_name,
        )


def test_a_call_needs_nothing_but_the_server(channel: Any) -> None:
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    service = "yandex.cloud.ai.assistants.v1.threads.ThreadService"
    method = pool.FindServiceByName(service).methods_by_name["Create"]
    request = ParseDict({"folder_id": "default", "name": "by hand"}, GetMessageClass(method.input_type)())
    call = channel.unary_unary(
        f"/{service}/Create",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    made = MessageToDict(call(request, timeout=20), preserving_proto_field_name=True)
    assert (made["name"], made["expiration_config"]) == (
        "by hand",
        {"expiration_policy": "SINCE_LAST_ACTIVE", "ttl_days": "7"},
    )


def test_the_server_says_that_it_serves(channel: Any) -> None:
    answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
