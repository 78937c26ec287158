"""Requests made from the published description, sent to a real server process, each answer held against it.

A walk has a project of its own with one of everything in it, and goes on with the ids that its answers gave: so the
handlers behind ids are reached, in an order that nobody thought of.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote, urlencode

import httpx2
from hypothesis import strategies as st

from clew.auth import keys
from clew.dialects.openai import wire
from clew.dialects.openai.schemas import Schemas
from clew.service.core import RandomIds
from clew.storage.sqlite import open_store
from support.process import ServerProcess
from support.published import JSON, Named, Published, path_params, values
from support.scripted_model import Script, ScriptedModel, Verbs, last_user_text

if TYPE_CHECKING:
    from pathlib import Path

    from hypothesis.strategies import DataObject

STEPS: Final = 24
"""Requests of a walk beside those that begin it."""
KEPT: Final = 8
"""Ids of a kind that a walk remembers, the newest first."""
TIMEOUT_SECONDS: Final = 30
"""An answer that takes longer will not come."""

OBJECTS: Final = {
    "assistant": "assistant_id",
    "thread": "thread_id",
    "thread.message": "message_id",
    "thread.run": "run_id",
    "thread.run.step": "step_id",
    "file": "file_id",
    "upload": "upload_id",
    "upload.part": "part_id",
    "vector_store": "vector_store_id",
    "vector_store.file": "file_id",
    "vector_store.files_batch": "batch_id",
    "model": "model",
}
"""What an answer says it is to the parameter that takes its id."""

PARENTS: Final = ("thread_id", "run_id", "upload_id", "vector_store_id")
FIELDS: Final = {
    "file_ids": "file_id",
    "vector_store_ids": "vector_store_id",
    "part_ids": "part_id",
    "model": "model",
}
"""Fields that hold ids under another name than the parameter of a path."""
LISTED: Final = {
    "assistants": "assistant_id",
    "threads": "thread_id",
    "messages": "message_id",
    "runs": "run_id",
    "steps": "step_id",
    "files": "file_id",
    "vector_stores": "vector_store_id",
}
"""The end of a list's path to the ids that are cursors in it."""
FORM_FILES: Final = {"createFile": "file", "addUploadPart": "data"}
ERROR: Final = {"message", "type", "param", "code"}


def named(field: str) -> str | None:
    """Which ids belong into a field."""
    return FIELDS.get(field) or (field if field in OBJECTS.values() else None)


def _odd(request: dict[str, Any]) -> Script:
    """What the model says: mostly an answer or a call, now and then what no client would like, by what was asked."""
    verbs = Verbs()
    said = last_user_text(request)
    calls = [tool["function"]["name"] for tool in request.get("tools", ())]
    if calls and (not request["messages"] or request["messages"][-1]["role"] != "tool"):
        verbs.call((calls[0], {"a": said}))
    else:
        usual = lambda: verbs.say(f"You said: {said}")  # noqa: E731 (one of a row)
        ways = (usual, usual, lambda: verbs.refuse("No."), lambda: verbs.length("So"), lambda: verbs.fail(400, "Bad"))
        ways += (verbs.rubbish, verbs.drop, verbs.filter, lambda: verbs.trail_off("Well"))
        ways[len(said) % len(ways)]()
    script = verbs.take()
    assert script is not None
    return script


class Site:
    """`with Site(folder) as site:` is a server in a process of its own, a model, and keys of ever new projects."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._projects = 0
        self.counts: Counter[tuple[str, int]] = Counter()
        """Answers by operation and status."""

    def __enter__(self) -> Self:
        model = self._stack.enter_context(ScriptedModel(idle=_odd))
        settings = f'[[models]]\npattern = "*"\nurl = "{model.base_url}"\nretries = 0\n'
        (self._folder / "clew.toml").write_text(settings)
        self._loop = self._stack.enter_context(asyncio.Runner())
        (self._folder / "data").mkdir()
        self._store = self._loop.run(self._opened())
        self._stack.callback(lambda: self._loop.run(self._store.close()))
        self.server = self._stack.enter_context(ServerProcess(self._folder, None))
        self.http = self._stack.enter_context(httpx2.Client(base_url=self.server.base_url, timeout=TIMEOUT_SECONDS))
        document = self.http.get("/openapi.json", headers=self.admitted()).json()
        self.published = Published(document, _streamed())
        self.senders = {name: Sender(one) for name, one in self.published.operations.items()}
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    async def _opened(self) -> Any:
        return open_store(self._folder / "data" / "clew.db", exclusive=False)

    def admitted(self) -> dict[str, str]:
        """Headers with a key of a new project."""
        self._projects += 1
        made = keys.create(
            self._store, RandomIds(), time.time_ns() // 1000, project_id=f"project-{self._projects}", scopes=None
        )
        _, secret = self._loop.run(made)
        return {"authorization": f"Bearer {secret}"}

    @property
    def requests(self) -> int:
        """How many were answered."""
        return sum(self.counts.values())

    @property
    def stored_bytes(self) -> int:
        """What the database file and its log weigh."""
        return sum(file.stat().st_size for file in (self._folder / "data").glob("clew.db*"))


def _streamed() -> dict[str, Any]:
    """The shapes of the two events that are no things of their own."""
    schemas = Schemas()
    for shape in (wire.MessageDeltaEvent, wire.RunStepDeltaEvent):
        schemas.of(shape)
    return schemas.components


class Sender:
    """How one operation is asked: strategies made once, since making them costs more than drawing from them."""

    def __init__(self, operation: dict[str, Any]) -> None:
        self.operation = operation
        self.params = path_params(operation["path"])
        content = operation.get("requestBody", {}).get("content", {})
        body = content.get("application/json")
        self.body = None if body is None else values(body["schema"], named)
        listed = LISTED.get(operation["path"].rpartition("/")[2], "x")
        cursors = {"after": listed, "before": listed}
        self.query = {
            one["name"]: values(one["schema"], cursors.get, one["name"])
            for one in operation["parameters"]
            if one["in"] == "query"
        }


_ODDLY: Final = st.integers(0, 7).map(lambda number: number == 7)
"""True for one draw in eight: enough oddness to try every refusal, and enough sense to come far."""
_BACK: Final = st.integers(0, 5)
_WORDS: Final = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
_BYTES: Final = st.binary(max_size=64)


class Walk:
    """One project's way through the operations."""

    def __init__(self, site: Site, data: DataObject) -> None:
        self._site = site
        self._draw = data.draw
        self._headers = site.admitted()
        self._known: dict[str, list[dict[str, str]]] = defaultdict(list)
        self._owed: dict[str, list[str]] = {}
        self.said: list[str] = []
        """The requests so far, to be read where one of them fails."""

    def begin(self) -> None:
        """One of everything, so that no handler is out of reach."""
        function = {"type": "function", "function": {"name": "f"}}
        self._send("createAssistant", {}, {"model": "gpt-4o", "tools": [function]})
        self._send("createAssistant", {}, {"model": "gpt-4o"})
        self._send("createThread", {}, {"messages": [{"role": "user", "content": "Hello"}]})
        self._send("createFile", {}, content=b"abcde")
        self._send("createVectorStore", {}, {"file_ids": [self._newest("file_id")]})
        self._send(
            "createUpload", {}, {"filename": "a.txt", "purpose": "assistants", "bytes": 5, "mime_type": "text/plain"}
        )
        self._send("addUploadPart", self._known["upload_id"][0], content=b"abcde")
        run = {"assistant_id": self._known["assistant_id"][1]["assistant_id"], "stream": True}
        self._send("createRun", self._known["thread_id"][0], run)
        self._send("listRunSteps", self._known["run_id"][0])
        self._send("listMessages", self._known["thread_id"][0])
        self._send("listVectorStoreFiles", self._known["vector_store_id"][0])
        self._send(
            "createVectorStoreFileBatch", self._known["vector_store_id"][0], {"file_ids": [self._newest("file_id")]}
        )

    def step(self) -> None:
        """One more request, drawn."""
        name = self._draw(st.sampled_from(sorted(self._site.senders)))
        sender = self._site.senders[name]
        params = self._params(sender.params)
        query = {key: self._filled(self._draw(one)) for key, one in sender.query.items() if self._draw(st.booleans())}
        pairs = [(key, one) for key, value in query.items() for one in (value if isinstance(value, list) else [value])]
        if pairs and self._draw(_ODDLY):
            pairs.append((self._draw(st.sampled_from(sorted(sender.query))), self._draw(_WORDS)))
        body = None
        if sender.body is not None:
            body = self._fitting(name, params, self._filled(self._draw(sender.body)))
            if self._draw(_ODDLY):
                body = self._spoilt(body)
        content = self._draw(st.sampled_from([b"abcde", b"abcde", b""]) | _BYTES)
        self._send(name, params, body, pairs=pairs, content=content)

    def _params(self, names: list[str]) -> dict[str, str]:
        """Ids for a path: a thing with its own parents, or now and then whatever.

        As everywhere here, what is drawn never depends on what was answered: how far a run has come is no matter of
        the draws, and Hypothesis takes a walk again draw by draw.
        """
        found: dict[str, str] = {}
        back = self._draw(_BACK)
        if known := [one for one in self._known[names[-1]] if set(names) <= set(one)] if names else []:
            found = {name: known[back % len(known)][name] for name in names}
        for name in names:
            odd = self._draw(st.none() | st.just("any") | _WORDS) if self._draw(_ODDLY) else None
            found[name] = (self._newest("any", back) if odd == "any" else odd) or found.get(name, "x_1")
        return found

    def _fitting(self, name: str, params: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        """The body, where only exact ids will do: with those that belong to the thing in the path."""
        if name == "submitToolOutputsToRun" and (owed := self._owed.get(params["run_id"])):
            body["tool_outputs"] = [{"tool_call_id": call, "output": "Done"} for call in owed]
        if name == "completeUpload":
            parts = [one["part_id"] for one in self._known["part_id"] if one["upload_id"] == params["upload_id"]]
            body = {"part_ids": parts[:1]}
        return body

    def _newest(self, kind: str, back: int = 0) -> str:
        known = self._known[kind]
        return known[back % len(known)][kind] if known else "x_1"

    def _filled(self, value: Any) -> Any:
        """The value with the ids that its `Named` stand for."""
        if isinstance(value, Named):
            return self._newest(value.kind, value.back)
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        if isinstance(value, dict):
            return {name: self._filled(one) for name, one in value.items()}
        return value

    def _spoilt(self, value: Any) -> Any:
        """The value with one thing in it that does not belong there."""
        if isinstance(value, dict) and value and self._draw(st.booleans()):
            name = self._draw(st.sampled_from(sorted(value)))
            if self._draw(_ODDLY):
                return {key: one for key, one in value.items() if key != name}
            return {**value, name: self._spoilt(value[name])}
        if isinstance(value, dict) and self._draw(st.booleans()):
            return {**value, self._draw(st.text(max_size=8)): self._draw(JSON)}
        return self._draw(JSON)

    def _send(
        self,
        name: str,
        params: dict[str, str],
        body: Any = None,
        *,
        pairs: list[tuple[str, Any]] | None = None,
        content: bytes = b"",
    ) -> None:
        operation = self._site.published.operations[name]
        path = re.sub(r"\{(\w+)\}", lambda match: quote(params[match[1]], safe=""), operation["path"])
        if pairs:
            path += "?" + urlencode([(key, _text(value)) for key, value in pairs], errors="replace")
        sent: dict[str, Any] = {}
        if name in FORM_FILES:
            sent = {"files": {FORM_FILES[name]: ("a.txt", content)}, "data": {"purpose": "assistants"}}
        elif body is not None:
            sent = {"content": json.dumps(body).encode()}
        self.said.append(f"{operation['method']} {path} {sent.get('content', content if name in FORM_FILES else '')!r}")
        with self._site.http.stream(operation["method"], path, headers=self._headers, **sent) as answer:
            self._site.counts[name, answer.status_code] += 1
            if name == "listRunEvents" and answer.is_success and self._waits(params):
                return  # this stream goes on until somebody hands in the outputs: it is right that it was begun
            answer.read()
        wrong = self._read(name, answer)
        assert not wrong, "\n".join([*wrong, answer.text[:2000], "after", *self.said])

    def _waits(self, params: dict[str, str]) -> bool:
        """Whether the run stands still until its caller does something; waits until that can be said."""
        path = "/threads/{thread_id}/runs/{run_id}/events".format(**params)
        with self._site.http.stream("GET", path, headers=self._headers) as answer:
            for line in answer.iter_lines():
                if line == "event: thread.run.requires_action":
                    run = self._site.http.get(path.removesuffix("/events"), headers=self._headers).json()
                    if run["status"] == "requires_action":
                        return True
        return False

    def _read(self, name: str, answer: httpx2.Response) -> list[str]:
        """What is wrong with the answer. What is right is remembered."""
        if answer.status_code >= 500:
            return [f"a {answer.status_code}; the server says: {self._site.server.errors[-3000:]}"]
        kind = answer.headers["content-type"].partition(";")[0]
        if name == "downloadFile" and answer.is_success:
            return []
        if kind == "text/event-stream":
            return self._read_stream(answer.text)
        value = answer.json()
        wrong = self._site.published.wrong_answer(name, answer.status_code, kind, value)
        if not answer.is_success:
            exact = list(value) == ["error"] and set(value["error"]) == ERROR and value["error"]["message"]
            return wrong if exact else [*wrong, "the envelope of the error is another one"]
        self._remember(value)
        return wrong

    def _read_stream(self, text: str) -> list[str]:
        wrong: list[str] = []
        for frame in text.split("\n\n"):
            lines = dict(line.partition(": ")[::2] for line in frame.split("\n") if not line.startswith(":"))
            if lines.get("event") in (None, "done", "error"):
                continue
            value = json.loads(lines["data"])
            wrong += self._site.published.wrong_object(value)
            self._remember(value)
        return wrong

    def _remember(self, value: dict[str, Any]) -> None:
        if value.get("object") == "list":
            for one in reversed(value["data"]):
                self._remember(one)
            return
        kind = OBJECTS.get(value.get("object", ""))
        if kind is None or "deleted" in value:
            return
        ids = {name: value[name] for name in PARENTS if value.get(name)} | {kind: value["id"]}
        for name in (kind, "any"):
            entry = ids if name == kind else {"any": value["id"]}
            self._known[name] = [entry, *(one for one in self._known[name] if one != entry)][:KEPT]
        if action := value.get("required_action"):
            self._owed[value["id"]] = [call["id"] for call in action["submit_tool_outputs"]["tool_calls"]]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
