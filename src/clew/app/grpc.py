"""The gRPC server: what listens, with what certificate, and what every such server is expected to offer besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

from clew.app.http import CannotListen
from clew.dialects.yandex import rpc, wire

if TYPE_CHECKING:
    from pathlib import Path

    from clew.dialects.yandex.dialect import Yandex

RECEIVE_BYTES: Final = 192 * 1024 * 1024
"""A file comes in one message: the hosted service took 128 MiB of it."""


def grpc_server(dialect: Yandex) -> grpc.aio.Server:
    """A server with the dialect's services, health and reflection; it listens nowhere yet."""
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", RECEIVE_BYTES),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ]
    )
    for handler in rpc.handlers(dialect):
        server.add_generic_rpc_handlers((handler,))
    _add_health(server)
    _add_reflection(server)
    return server


def _add_health(server: grpc.aio.Server) -> None:
    servicer: Any = health.aio.HealthServicer()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)  # pyright: ignore[reportUnknownMemberType]


def _add_reflection(server: grpc.aio.Server) -> None:
    """So that tools without .proto files can call: they ask the server what there is."""
    for module in (health_pb2, reflection_pb2):
        wire.POOL.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    names = [*rpc.service_names(), health.SERVICE_NAME, reflection.SERVICE_NAME]
    reflection.enable_server_reflection(names, server, pool=wire.POOL)


def listen(server: grpc.aio.Server, host: str, port: int, *, cert: Path | None = None, key: Path | None = None) -> int:
    """Take the port, with TLS where there is a certificate. Returns its number. Raises `CannotListen`."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        if cert is None or key is None:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, grpc.ssl_server_credentials([(key.read_bytes(), cert.read_bytes())]))
    except OSError as error:
        raise CannotListen(f"The certificate for gRPC cannot be read: {error}.") from error
    except RuntimeError as error:
        raise CannotListen(f"Cannot listen on {address} for gRPC: it is taken, or not ours to take.") from error
