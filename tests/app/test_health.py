"""The health probe, over a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    import pytest

    from support.server import RunningServer


def test_a_probe_needs_no_key(server: RunningServer) -> None:
    answer = httpx2.get(f"{server.url}/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


def test_a_store_that_cannot_be_read_is_not_healthy(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from clew.storage.port import StoreProblem  # noqa: PLC0415 (only here)

    async def broken(_: object) -> None:
        raise StoreProblem("The disk did not do what it was asked.")

    monkeypatch.setattr(server.store, "read", broken)

    assert httpx2.get(f"{server.url}/health").status_code == 503


def test_the_probe_is_only_asked(server: RunningServer) -> None:
    assert httpx2.post(f"{server.url}/health").status_code == 405
