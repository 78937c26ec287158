"""What tests of this dialect may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.stub import Stub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.server import RunningServer


@pytest.fixture
def stub(server: RunningServer) -> Iterator[Stub]:
    """Raw calls to the open server."""
    with Stub(server.grpc_address) as stub:
        yield stub
