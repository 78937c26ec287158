"""What every test may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openai import OpenAI

from support.scripted_model import ScriptedModel
from support.server import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    """A model that says what the test tells it to, over a real socket."""
    with ScriptedModel() as model:
        yield model


@pytest.fixture
def server(tmp_path: Path, model: ScriptedModel) -> Iterator[RunningServer]:
    """An open server over an empty folder, whose runs are answered by `model`."""
    with RunningServer(tmp_path, model) as server:
        yield server


@pytest.fixture
def client(server: RunningServer) -> Iterator[OpenAI]:
    """The newest official client, pointed at the server, validating every answer against its types."""
    with OpenAI(base_url=server.base_url, api_key="any", max_retries=0, _strict_response_validation=True) as client:
        yield client
