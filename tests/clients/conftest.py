"""The server that foreign clients meet, its model with a part learnt by heart, and where those clients are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clients.python.acceptance import FOREVER, ONE_CITY, TWO_CITIES
from support.scripted_model import ScriptedModel, last_user_text
from support.server import RunningServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOME = Path(__file__).resolve().parents[2] / ".clients" / "clients.json"


@pytest.fixture(scope="session")
def clients() -> dict[str, Any]:
    """Where the other clients are. Fails where nobody has prepared them."""
    if not HOME.exists():
        pytest.fail("the other clients are not there yet: prepare them with `uv run just clients`")
    known: dict[str, Any] = json.loads(HOME.read_text())
    return known


@pytest.fixture(scope="module")
def ready_model() -> Iterator[ScriptedModel]:
    """A model that knows what to say to the questions of all clients; anything else it repeats."""

    def asked(question: str) -> Callable[[dict[str, Any]], bool]:
        return lambda request: last_user_text(request) == question

    with ScriptedModel() as model:
        answered = model.when(lambda request: request["messages"][-1]["role"] == "tool", forever=True)
        answered.say("It rains.")
        model.when(asked(ONE_CITY), forever=True).call(("get_weather", {"city": "Oslo"}))
        both = (("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"}))
        model.when(asked(TWO_CITIES), forever=True).call(*both)
        model.when(asked(FOREVER), forever=True).hold("Let me think", after=1)
        model.when(asked("Break down."), forever=True).fail(500, "out of order")
        yield model


@pytest.fixture(scope="module")
def busy_server(ready_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One open server for a whole module: every check brings its own threads, and finds those of others."""
    folder = tmp_path_factory.mktemp("server")
    with RunningServer(folder, ready_model, config={"name": "scripted", "retries": 0}) as server:
        yield server
