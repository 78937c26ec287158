"""No key and nothing that people write is ever logged: every row of the table is tried, well asked and wrongly asked.

Whatever a caller says in a string carries a marker, and every key is one that is easily found again.
"""

from __future__ import annotations

import io
import json
import logging
import re
import signal
import socket
from typing import TYPE_CHECKING, Any, Self

import httpx2
import pytest
from openai import NotFoundError, OpenAI

from clew.app import log
from clew.auth import keys
from clew.dialects.openai.operations import OPERATIONS
from clew.engine.model import ModelConfig, ModelRoutes
from clew.storage.port import StoreProblem
from clew.storage.sqlite import SqliteStore
from support.process import ServerProcess
from support.scripted_model import Script, ScriptedModel
from support.server import RunningServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MARKER = "Zanzibar-whispers-9271"
WRONG_KEY = "sk-clew-WRONGqwertzuiopasdfghjklyxcvbnm1234567890"
FOREIGN_KEY = "FOREIGNmnbvcxzlkjhgfdsapoiuytrewq0987654321"
MODEL_KEY = "sk-model-MODELqaywsxedcrfvtgbzhnujmikolp"
WINDOW = 8
"""So many characters of a secret in a row are too many."""
OPERATION: dict[str, Any] = {operation.name: operation for operation in OPERATIONS}

LEVELS = ("debug", "info", "warning", "error")
FORMS = ("text", "json")
FORMS_OF_FILES = {"createFile": ("file", {"purpose": "user_data"}), "addUploadPart": ("data", {})}
_ENDED = {"stream": True}
"""Of a run: its answer is over when the run is, so that nothing else in its thread depends on when it is asked."""
_SAID = {"metadata": {MARKER: MARKER}}
_MESSAGE = {"role": "user", "content": [{"type": "text", "text": MARKER}], **_SAID}
_TOOL = {"type": "function", "function": {"name": "f", "description": MARKER, "parameters": {MARKER: MARKER}}}
_ASSISTANT = {"model": MARKER, "name": MARKER, "description": MARKER, "instructions": MARKER, "tools": [_TOOL], **_SAID}
GOOD: dict[str, dict[str, Any]] = {
    "createAssistant": _ASSISTANT,
    "modifyAssistant": _ASSISTANT,
    "createThread": {"messages": [_MESSAGE], **_SAID},
    "modifyThread": _SAID,
    "createMessage": _MESSAGE,
    "modifyMessage": _SAID,
    "createRun": {"assistant_id": "$assistant_id", "additional_instructions": MARKER, **_SAID, **_ENDED},
    "createThreadAndRun": {
        "assistant_id": "$assistant_id",
        "thread": {"messages": [_MESSAGE]},
        "instructions": MARKER,
        **_ENDED,
    },
    "modifyRun": _SAID,
    "submitToolOutputsToRun": {"tool_outputs": [{"tool_call_id": "$call_id", "output": MARKER}], **_ENDED},
    "createUpload": {"filename": MARKER, "purpose": "assistants", "bytes": 9, "mime_type": MARKER},
    "completeUpload": {"part_ids": ["$part_id"]},
    "createVectorStore": {"name": MARKER, "file_ids": ["$file_id"], **_SAID},
    "modifyVectorStore": {"name": MARKER, **_SAID},
    "createVectorStoreFile": {"file_id": "$file_id", "attributes": {MARKER: MARKER}},
    "updateVectorStoreFileAttributes": {"attributes": {MARKER: MARKER}},
    "createVectorStoreFileBatch": {"file_ids": ["$file_id"], "attributes": {MARKER: MARKER}},
}
"""Bodies that are taken, and said with the marker, with real ids in place of `$name`."""
WITHOUT_STORE = {"listModels", "retrieveModel", "getDescription"}


def sample(schema: dict[str, Any]) -> Any:
    """A value of this shape, with the marker in every string that may say anything."""
    schema = next((schema[key][0] for key in ("oneOf", "anyOf") if key in schema), schema)
    if fixed := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return fixed[0]
    kind = schema.get("type", "string")
    match kind if isinstance(kind, str) else kind[0]:
        case "object":
            return {key: sample(one) for key, one in schema.get("properties", {}).items()} or {MARKER: MARKER}
        case "array":
            return [sample(schema.get("items", {}))]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case _:
            return MARKER


def mutations(value: Any) -> Iterator[Any]:
    """The value with one thing in it, wherever it stands, replaced by the marker, or by an object full of it."""
    yield from (MARKER, {MARKER: MARKER}, [MARKER])
    if isinstance(value, dict):
        yield {**value, MARKER: MARKER}
        for key, inner in value.items():
            yield from ({**value, key: changed} for changed in mutations(inner))
    if isinstance(value, list):
        for changed in mutations(value[0]):
            yield [changed]


def leaks(text: str, secrets: list[str]) -> list[str]:
    """Whatever of the marker and the secrets is in the text."""
    parts = [secret[at : at + WINDOW] for secret in secrets for at in range(len(secret) - WINDOW + 1)]
    return [found for found in (MARKER, *parts) if found in text]


class Heard:
    """What is logged in one of the forms while the block lasts, at a level."""

    def __init__(self, level: str, form: str) -> None:
        self._level, self._form = level, form
        self.stream = io.StringIO()

    def __enter__(self) -> Self:
        root, ours = logging.getLogger(), logging.getLogger("clew")
        self._before = root.handlers, root.level, ours.level
        log.set_up(level=self._level, form=self._form, stream=self.stream)
        return self

    def __exit__(self, *_: object) -> None:
        root, ours = logging.getLogger(), logging.getLogger("clew")
        root.handlers = self._before[0]
        root.setLevel(self._before[1])
        ours.setLevel(self._before[2])

    @property
    def text(self) -> str:
        return self.stream.getvalue()


class Place:
    """A server that wants keys, over a model that says what it is told to; and one of everything, full of markers."""

    def __init__(self, server: RunningServer, http: httpx2.Client, model: ScriptedModel) -> None:
        self.server, self.http, self.model = server, http, model
        self.key, self.revoked = server.key(), server.key(name="revoked")
        found = next(key for key in server.do(keys.every(server.store)) if key.name == "revoked")
        assert server.do(keys.revoke(server.store, found.id, now=server.clock.now()))
        secrets = (self.key, self.revoked, WRONG_KEY, FOREIGN_KEY, MODEL_KEY, server.store.secret().hex())
        self.secrets = [re.sub("^sk-(clew|model)-", "", secret) for secret in secrets]
        self.ids = {"model": "m", "conversation_id": "conv_1", "item_id": "msg_1", "response_id": "resp_1"}
        self._fill()

    def _fill(self) -> None:
        made, model = self.ids, self.model
        made["file_id"] = self.ask("createFile").json()["id"]
        for name, key in {
            "createAssistant": "assistant_id",
            "createThread": "thread_id",
            "createUpload": "upload_id",
            "createVectorStore": "vector_store_id",
            "addUploadPart": "part_id",
            "createVectorStoreFileBatch": "batch_id",
        }.items():
            made[key] = self.ask(name).json()["id"]
        model.call(("f", {MARKER: MARKER}))
        run = {"assistant_id": made["assistant_id"], "stream": True}
        self.ask("createRun", json=run)
        made["message_id"] = self.ask("listMessages").json()["data"][0]["id"]
        [run] = self.ask("listRuns").json()["data"]
        made["run_id"] = run["id"]
        made["call_id"] = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
        made["step_id"] = self.ask("listRunSteps").json()["data"][0]["id"]

    def ask(
        self, name: str, *, key: str | None = None, ids: dict[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        """The operation, as it is asked well unless `more` says how. The answer tells nobody's key."""
        operation, ids = OPERATION[name], {**self.ids, **(ids or {})}
        path = re.sub(r"\{(\w+)(\.\.\.)?\}", lambda match: ids[match[1]], operation.path)
        if not more and (field := FORMS_OF_FILES.get(name)):
            more = {"data": field[1], "files": {field[0]: (MARKER, MARKER.encode())}}
        elif not more and name in GOOD:
            more = {"json": json.loads(re.sub(r"\$(\w+)", lambda match: ids[match[1]], json.dumps(GOOD[name])))}
        headers = {"authorization": f"Bearer {self.key if key is None else key}"}
        answer = self.http.request(operation.method, path, headers=headers, **more)
        told = f"{answer.headers} {answer.text}"
        assert not [whole for whole in (self.key, self.revoked, WRONG_KEY, FOREIGN_KEY) if whole in told]
        return answer


def routes_to(model: ScriptedModel) -> ModelRoutes:
    return ModelRoutes(default=ModelConfig(pattern="*", base_url=model.base_url, api_key=MODEL_KEY, retries=1))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    with (
        ScriptedModel() as model,
        RunningServer(folder, open_project=None, routes=routes_to(model)) as server,
        httpx2.Client(base_url=server.url) as http,
    ):
        yield Place(server, http, model)


def silent(place: Place, heard: Heard) -> None:
    found = [line for line in heard.text.splitlines() if leaks(line, place.secrets)]
    assert found == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("level", LEVELS)
def test_whoever_asks_is_not_heard(place: Place, level: str, form: str):
    with Heard(level, form) as heard:
        statuses = {
            place.ask(name, key=key).status_code
            for key in (place.revoked, WRONG_KEY, FOREIGN_KEY)
            for name in OPERATION
        }
        not_there = {key: f"{value}zzzz" for key, value in place.ids.items()}
        missing = {place.ask(name, ids=not_there).status_code for name in OPERATION if "{" in OPERATION[name].path}
        for name, operation in OPERATION.items():
            if operation.method == "GET":
                place.ask(name, params={"after": MARKER, "before": MARKER, "order": MARKER, MARKER: MARKER})
    silent(place, heard)
    assert (statuses, 404 in missing) == ({401}, True)
    assert bool(heard.text) == (level == "debug")


@pytest.mark.parametrize("form", FORMS)
def test_what_is_asked_well_is_not_heard(place: Place, form: str):
    statuses: dict[str, int] = {}
    with Heard("debug", form) as heard:
        for name in sorted(OPERATION, key=lambda name: name != "submitToolOutputsToRun"):  # before the run is cancelled
            if OPERATION[name].handler and OPERATION[name].method != "DELETE":
                statuses[name] = place.ask(name).status_code
    silent(place, heard)
    # What is in the wrong state by now, in the second form, is refused as it should be.
    late = {"submitToolOutputsToRun", "cancelRun", "completeUpload", "addUploadPart", "cancelUpload"}
    assert {name for name, status in statuses.items() if status != 200} <= late


def test_what_is_asked_wrongly_is_not_heard(place: Place):
    """Every field of every body, with something else in its place; and bodies that are no JSON."""
    asked = 0
    with Heard("debug", "text") as heard:
        for name, operation in OPERATION.items():
            if operation.body is None:
                continue
            for wrong in mutations(sample(operation.body.schema())):
                assert place.ask(name, ids={"thread_id": "thread_none"}, json=wrong).status_code < 500
                asked += 1
            for content in (f'{{"content": "{MARKER}', f"{MARKER} {WRONG_KEY}", f'{{"a": "{MARKER}\\ud800"}}'):
                answer = place.ask(name, content=content)
                assert answer.status_code in {400, 404}
    silent(place, heard)
    assert asked > 500


FAILURES: dict[str, Callable[[str], BaseException]] = {
    "a bug that quotes": RuntimeError,
    "a key that is not there": KeyError,
    "what cannot be encoded": lambda said: UnicodeEncodeError("utf-8", said, 0, 1, said),
    "a problem that is none": lambda _: StoreProblem("The disk is full."),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("level", LEVELS)
def test_an_internal_error_is_logged_and_quotes_nothing(place: Place, monkeypatch, level: str, form: str, failure: str):
    place.ask("listThreads")  # from here on the key is remembered

    said = f"{MARKER} {place.key}"

    async def fail(*_: object) -> None:
        raise FAILURES[failure](said) from ValueError(said)

    with Heard(level, form) as heard, monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "read", fail)
        patched.setattr(SqliteStore, "write", fail)
        statuses = {name: place.ask(name).status_code for name, one in OPERATION.items() if one.handler}
    silent(place, heard)
    assert {name for name, status in statuses.items() if status != 500} == WITHOUT_STORE
    assert heard.text.count(" < ValueError") >= len(statuses) - len(WITHOUT_STORE)


FAULTS: dict[str, Callable[[ScriptedModel], object]] = {
    "it refuses the prompt": lambda model: model.fail(400, f"too long: {MARKER}", code="context_length_exceeded"),
    "it quotes its key": lambda model: model.fail(401, f"Incorrect API key: {MODEL_KEY}"),
    "it is broken": lambda model: model.fail(503, MARKER, times=2),
    "it limits": lambda model: model.fail(429, MARKER),
    "it fails half-way": lambda model: model.fail_midway(MARKER, MARKER),
    "it breaks off": lambda model: model.break_off(f"{MARKER} {MARKER} {MARKER}"),
    "it drops": lambda model: model.drop(times=2),
    "it trails off": lambda model: model.trail_off(MARKER),
    "it talks rubbish": lambda model: model.play(Script(steps=(f"data: {MARKER}\n\n".encode(),))),
    "it calls what is not there": lambda model: model.call((MARKER, {MARKER: MARKER})),
    "it answers": lambda model: model.say(MARKER),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_model_says_is_not_heard(place: Place, fault: str):
    FAULTS[fault](place.model)
    body = {"assistant_id": place.ids["assistant_id"], "thread": {"messages": [_MESSAGE]}, "stream": True}
    with Heard("debug", "text") as text:
        run = place.ask("createThreadAndRun", json=body).text
    silent(place, text)
    assert ("thread.run.completed" in run or "requires_action" in run) == (
        fault in {"it answers", "it calls what is not there"}
    )
    assert MODEL_KEY not in run


@pytest.mark.parametrize("error", [RuntimeError(MARKER), KeyError(MARKER)])
def test_a_bug_in_a_run_or_its_stream_is_logged_and_quotes_nothing(place: Place, monkeypatch, error: Exception):
    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("clew.engine.performance.build", fail)
    body = {"assistant_id": place.ids["assistant_id"], "thread": {"messages": [_MESSAGE]}, "stream": True}
    with Heard("debug", "text") as heard:
        run = place.ask("createThreadAndRun", json=body).text
    silent(place, heard)
    assert "met a bug" in heard.text
    assert "The run met an internal error." in run


@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_http_is_not_heard(place: Place, form: str):
    with Heard("debug", form) as heard:
        for rubbish in (f"{MARKER}\r\n\r\n", f"GET /{MARKER} HTTP/9.9\r\n\r\n", f"GET / HTTP/1.1\r\n{MARKER}\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", place.server.port), timeout=10) as wire:
                wire.sendall(rubbish.encode())
                wire.shutdown(socket.SHUT_WR)
                while wire.recv(65536):
                    pass
    silent(place, heard)
    assert "Invalid HTTP request received." in heard.text


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_server_process_tells_nothing_of_it_either(tmp_path: Path, form: str):
    flags = ("--model-key", MODEL_KEY, "--log-level", "debug", "--log-format", form)
    with ScriptedModel() as model, ServerProcess(tmp_path, model, *flags) as server:
        model.fail(503, f"{MARKER} {MODEL_KEY}", times=5)
        with OpenAI(base_url=server.base_url, api_key=FOREIGN_KEY, max_retries=0) as client:
            assistant = client.beta.assistants.create(model=MARKER, instructions=MARKER)
            said = {"messages": [{"role": "user", "content": MARKER}]}
            run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=said, poll_interval_ms=1)
            with pytest.raises(NotFoundError):
                client.beta.threads.retrieve("thread_none")
        server.tell(signal.SIGTERM)
        assert server.ended() == 0
    assert run.status == "failed"
    assert len(server.errors.splitlines()) > 5
    assert leaks(server.errors, [FOREIGN_KEY, MODEL_KEY.removeprefix("sk-model-")]) == []
