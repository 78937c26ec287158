"""Serving: who is let in, what the operator is told, and what is refused before anything is served."""

from __future__ import annotations

import subprocess
import sys

import httpx2
import pytest

from clew.app.http import CannotListen, bound_socket, inherited_socket
from clew.app.serve import guard_of, routes_of, start_text
from clew.app.settings import read
from clew.engine.model import ModelConfig
from support.server import RunningServer

KEY = {"authorization": "Bearer any"}


@pytest.fixture
def settings(tmp_path):
    return read({}, {}, folder=tmp_path)


@pytest.fixture
def guarded(tmp_path, settings):
    with RunningServer(tmp_path, guard=guard_of(settings)) as server:
        yield server


@pytest.mark.parametrize("host", ["localhost:8400", "127.0.0.1", "[::1]:9", "app.localhost"])
def test_an_open_server_answers_to_local_names(guarded, host):
    assert httpx2.get(f"{guarded.base_url}/threads", headers={**KEY, "host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"host": "127.0.0.1.evil.example"},
    ],
)
def test_an_open_server_refuses_foreign_names_and_pages(guarded, headers):
    answer = httpx2.get(f"{guarded.base_url}/threads", headers={**KEY, **headers})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_origin")
    answer = httpx2.post(f"{guarded.url}/api/graphql", headers={**KEY, **headers})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")


def test_a_probe_may_call_it_what_it_likes(guarded):
    assert httpx2.get(f"{guarded.url}/health", headers={"host": "clew.internal"}).status_code == 200


def test_a_key_that_is_known_opens_its_own_project_on_an_open_server_too(server):
    server.key("other")
    key = server.key("other")
    made = httpx2.post(f"{server.base_url}/threads", headers={"authorization": f"Bearer {key}"}).json()["id"]

    assert httpx2.get(f"{server.base_url}/threads/{made}", headers=KEY).status_code == 404


def test_a_server_without_keys_is_not_opened_to_the_network(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "clew", "serve", "--host", "0.0.0.0", "--port", "0", "--data", tmp_path / "data"],  # noqa: S104 (what is to be refused)
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert "clew keys create" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_a_sentence():
    with bound_socket("127.0.0.1", 0) as taken, pytest.raises(CannotListen, match="Cannot listen on 127"):
        bound_socket("127.0.0.1", taken.getsockname()[1])


def test_a_socket_that_is_held_for_another_process_is_not_taken(monkeypatch):
    monkeypatch.setenv("LISTEN_FDS", "1")
    for owner in ("", "1"):
        monkeypatch.setenv("LISTEN_PID", owner)
        assert inherited_socket() is None


def test_the_start_text_says_where_and_for_whom(settings):
    opened = start_text(settings, None, is_open=True)
    closed = start_text(settings, None, is_open=False)

    assert "export OPENAI_BASE_URL=http://127.0.0.1:8400/v1 OPENAI_API_KEY=any" in opened
    assert "export LITERAL_API_URL=http://127.0.0.1:8400 LITERAL_API_KEY=any" in opened
    assert "any key is accepted, into the project 'default'" in opened
    assert "clew keys create" in closed
    assert "runs will fail" in opened


def test_a_model_by_pattern_goes_before_the_default(tmp_path):
    settings = read({"model_url": "http://127.0.0.1:9/v1"}, {}, folder=tmp_path)
    routes = routes_of(settings, None)

    assert routes.default is not None
    assert isinstance(routes.find("whatever"), ModelConfig)


def test_nothing_is_loaded_for_queries_before_the_server_serves():
    said = "import sys, clew.app.serve; print({'graphql'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", said], text=True) == "set()\n"


def test_what_speaks_to_models_is_not_loaded_before_the_server_serves():
    """It takes longer to load than the server does."""
    said = "import sys, clew.app.serve; print({'openai', 'pydantic', 'httpx2'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", said], text=True) == "set()\n"
