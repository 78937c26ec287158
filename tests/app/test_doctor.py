"""What the doctor says of models; the rest of its lines are in `test_cli.py`."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from clew.app import doctor
from clew.app.settings import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Server(BaseHTTPRequestHandler):
    """Lists its models to whoever has the key; points elsewhere on another path."""

    seen: list[str | None]

    def do_GET(self) -> None:
        self.seen.append(self.headers["Authorization"])
        if self.path == "/moved/models":
            self.send_response(302)
            self.send_header("Location", "/v1/models")
        else:
            good = self.path == "/v1/models" and self.headers["Authorization"] == "Bearer hush"
            self.send_response(200 if good else 404 if self.path == "/old/models" else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Server.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def of_models(folder: Path, **flags: object) -> list[doctor.Finding]:
    settings = read({"data": str(folder), **flags}, {}, folder=folder)
    return [found for found in doctor.findings(settings) if "model" in found.what]


@pytest.mark.parametrize(
    ("path", "key", "said"),
    [
        ("/v1", "hush", "answers 200"),
        ("/v1", "hush-hush", "refuses the key (status 401)"),
        ("/old", "hush", "does not list its models (status 404)"),
    ],
)
def test_a_model_server_is_well_if_it_lists_its_models(tmp_path, url, path, key, said):
    (found,) = of_models(tmp_path, model_url=url + path, model_key=key)

    assert found.said == said
    assert found.is_well == (said == "answers 200")
    assert "hush" not in str(found)


def test_the_key_goes_to_nobody_that_the_server_points_to(tmp_path, url):
    (found,) = of_models(tmp_path, model_url=f"{url}/moved", model_key="hush")

    assert not found.is_well
    assert Server.seen == ["Bearer hush", None]


def test_no_model_at_all_is_a_problem(tmp_path):
    (found,) = of_models(tmp_path)

    assert (found.what, found.is_well) == ("model", False)


def test_a_local_model_that_is_not_there_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda _: object())

    (found,) = of_models(tmp_path, local_model=str(tmp_path / "absent.gguf"))

    assert not found.is_well
    assert "absent.gguf" in found.said


def test_a_local_model_without_its_engine_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda _: None)

    (found,) = of_models(tmp_path, local_model=True)

    assert found.said == "the package xllamacpp is missing: install clew[local]"
