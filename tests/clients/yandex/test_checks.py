"""Each Yandex client in its own environment, synchronous and asynchronous, through the table of checks.

The checks of one client run in one process; each shows here as a test of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clients.yandex.checks import CHECKS
from support import foreign

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.server import RunningServer

pytestmark = pytest.mark.clients

CLIENTS = {
    "0.17.1": ("yandex-0.17.1", "yandex_cloud_ml_sdk"),
    "0.18.0": ("yandex-0.18.0", "yandex_cloud_ml_sdk"),
    "0.19.1": ("yandex-0.19.1", "yandex_cloud_ml_sdk"),
    "studio-0.22.0": ("yandex-0.19.1", "yandex_ai_studio_sdk"),
}
WAYS = {"sync": (), "async": ("--asynchronous",)}


@pytest.fixture(scope="module")
def problems(busy_server: RunningServer, clients: dict[str, Any]) -> Callable[[str, str], dict[str, str | None]]:
    """What a client found in each check: asked for many times, run once."""
    known: dict[tuple[str, str], dict[str, str | None]] = {}

    def found(client: str, way: str) -> dict[str, str | None]:
        if (client, way) not in known:
            environment, package = CLIENTS[client]
            python = clients["python"][environment]
            arguments = (busy_server.grpc_address, "--package", package, *WAYS[way])
            known[client, way] = foreign.problems(python, "clients.yandex", *arguments)
        return known[client, way]

    return found


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("client", CLIENTS)
def test_of_a_client(problems: Callable[[str, str], dict[str, str | None]], client: str, way: str, check: str) -> None:
    foreign.passed(check, problems(client, way))


@pytest.mark.parametrize("client", CLIENTS)
def test_nothing_but_the_table_is_run(problems: Callable[..., dict[str, str | None]], client: str) -> None:
    assert list(problems(client, "sync")) == list(CHECKS)
