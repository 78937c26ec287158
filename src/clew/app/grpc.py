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

SPARE_BYTES: Final = 64 * 1024 * 1024
"""What a message may have over the limit to be refused by us: gRPC's own refusal is one that clients take for overload,
and repeat."""

OPTIONS: Final = (
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
    # One connection of a client's pool of threads may have many streams; beyond this its calls wait in the client.
    ("grpc.max_concurrent_streams", 1000),
    # A client that is gone without a word, or asleep, is found after a minute and a half, and its streams are ended.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 30_000),
    # Clients that ask as often whether we are there are not thrown out, which is what happens to them by default.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Clients make a connection for each service and forget about it; they make another without their user's knowing.
    ("grpc.max_connection_idle_ms", 30 * 60_000),
)


def grpc_server(dialect: Yandex, *, connections_max: int = 10_000) -> grpc.aio.Server:
    """A server with the dialect's services, health and reflection; it listens nowhere yet."""
    server = grpc.aio.server(
        options=[
            *OPTIONS,
            ("grpc.max_receive_message_length", dialect.options.body_bytes_max + SPARE_BYTES),
            ("grpc.max_allowed_incoming_connections", connections_max),
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
