"""The ways to a server: with TLS and a private authority, without; by arguments, and by the environment alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from clients.yandex.connections import BY_ARGUMENTS, BY_ENVIRONMENT, FOLDER
from support import foreign
from support.certificates import Certificate
from support.server import RunningServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.clients

CLIENTS = ("yandex-0.17.1", "yandex-0.18.0", "yandex-0.19.1")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An open server, and one with keys that is reached by TLS alone."""

    def folder(name: str) -> Path:
        return tmp_path_factory.mktemp(name)

    certificate = Certificate.made(folder("certificates"))
    with (
        RunningServer(folder("open")) as plain,
        RunningServer(folder("closed"), open_project=None, certificate=certificate) as secure,
    ):
        yield {
            "plain": plain.grpc_address,
            "secure": secure.grpc_address,
            "root": str(certificate.root),
            "key": secure.key(FOLDER),
        }


@pytest.fixture(scope="module")
def problems(place: dict[str, str], clients: dict[str, Any]) -> Callable[[str, str], dict[str, str | None]]:
    """What a client found in each check of one table: asked for many times, run once."""
    known: dict[tuple[str, str], dict[str, str | None]] = {}
    environment = {
        "YC_API_ENDPOINT": place["secure"],
        "YC_FOLDER_ID": FOLDER,
        "YC_API_KEY": place["key"],
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": place["root"],
        "SSL_CERT_FILE": place["root"],
    }

    def found(client: str, table: str) -> dict[str, str | None]:
        if (client, table) not in known:
            python = clients["python"][client]
            known[client, table] = foreign.problems(
                python,
                "clients.yandex.connections",
                json.dumps(place),
                table,
                environment=environment if table == "environment" else None,
            )
        return known[client, table]

    return found


@pytest.mark.parametrize("check", BY_ENVIRONMENT)
@pytest.mark.parametrize("client", CLIENTS)
def test_by_the_environment(problems: Callable[[str, str], dict[str, str | None]], client: str, check: str) -> None:
    foreign.passed(check, problems(client, "environment"))


@pytest.mark.parametrize("check", BY_ARGUMENTS)
@pytest.mark.parametrize("client", CLIENTS)
def test_by_arguments(problems: Callable[[str, str], dict[str, str | None]], client: str, check: str) -> None:
    foreign.passed(check, problems(client, "arguments"))
