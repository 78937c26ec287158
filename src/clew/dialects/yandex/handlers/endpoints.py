"""ApiEndpointService: where clients find the other services. All of them are at one address, ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import not_found

if TYPE_CHECKING:
    from clew.dialects.yandex.call import Call
    from clew.service.core import Core

IDS: Final = (
    "ai-assistant",
    "ai-assistants",
    "ai-files",
    "ai-foundation-models",
    "ai-llm",
    "endpoint",
    "iam",
    "operation",
)
"""What clients look for. Contract: section 1.3."""


async def every(core: Core, call: Call, request: wire.ListApiEndpointsRequest) -> wire.ListApiEndpointsResponse:  # noqa: ARG001 (a handler)
    """`List`. Open to everybody: clients ask before they have credentials, and never for a second page."""
    address = call.options.grpc_address
    return wire.ListApiEndpointsResponse(endpoints=[wire.ApiEndpoint(id=one, address=address) for one in IDS])


async def get(core: Core, call: Call, request: wire.GetApiEndpointRequest) -> wire.ApiEndpoint:  # noqa: ARG001 (a handler)
    """`Get`."""
    if request.api_endpoint_id not in IDS:
        raise not_found("endpoint", request.api_endpoint_id)
    return wire.ApiEndpoint(id=request.api_endpoint_id, address=call.options.grpc_address)
