"""Projects that have one of everything, and callers of the Yandex dialect who should not come near it.

Every operation can be asked for over gRPC and over REST, from the same request.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import httpx2
from google.protobuf.json_format import MessageToDict

from clew.auth import keys
from clew.dialects.yandex import json_reader, wire
from clew.dialects.yandex.errors import STATUSES, Code
from clew.dialects.yandex.operations import OPERATIONS
from clew.domain.project import Scope
from support.kept import everything
from support.stub import SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from clew.dialects.yandex.operation import Operation
    from support.scripted_model import ScriptedModel
    from support.server import RunningServer

EVERY = {operation.name: operation for operation in OPERATIONS}
ANSWERED = {name: operation for name, operation in EVERY.items() if operation.handler}
DECLINED = {name: operation for name, operation in EVERY.items() if not operation.handler}
OPEN = {name: operation for name, operation in EVERY.items() if operation.need is None}

CONTENT = {"content": [{"text": {"content": "I was here"}}]}
REQUESTS: dict[str, dict[str, Any]] = {
    "ThreadService.Create": {"folder_id": "$folder"},
    "ThreadService.Get": {"thread_id": "$thread"},
    "ThreadService.Update": {"thread_id": "$thread", "name": "I was here"},
    "ThreadService.Delete": {"thread_id": "$thread"},
    "ThreadService.List": {"folder_id": "$folder"},
    "MessageService.Create": {"thread_id": "$thread", "content": CONTENT},
    "MessageService.Get": {"thread_id": "$thread", "message_id": "$message"},
    "MessageService.List": {"thread_id": "$thread"},
    "RunService.Create": {"thread_id": "$thread", "assistant_id": "$assistant"},
    "RunService.Attach": {
        "run_id": "$run",
        "tool_result_list": {"tool_results": [{"function_result": {"name": "f", "content": "I was here"}}]},
    },
    "RunService.Listen": {"run_id": "$run"},
    "RunService.Get": {"run_id": "$run"},
    "RunService.GetLastByThread": {"thread_id": "$thread"},
    "RunService.List": {"folder_id": "$folder"},
    "RunService.Submit": {
        "run_id": "$run",
        "tool_result_list": {"tool_results": [{"function_result": {"name": "f", "content": "I was here"}}]},
    },
    "AssistantService.Create": {"folder_id": "$folder", "model_uri": "gpt://local/m/latest"},
    "AssistantService.Get": {"assistant_id": "$assistant"},
    "AssistantService.Update": {"assistant_id": "$assistant", "update_mask": "name", "name": "I was here"},
    "AssistantService.Delete": {"assistant_id": "$assistant"},
    "AssistantService.List": {"folder_id": "$folder"},
    "AssistantService.ListVersions": {"assistant_id": "$assistant"},
    "UserService.Create": {"folder_id": "$folder"},
    "UserService.Get": {"user_id": "$user"},
    "UserService.Update": {"user_id": "$user", "name": "I was here"},
    "UserService.Delete": {"user_id": "$user"},
    "UserService.List": {"folder_id": "$folder"},
    "SearchIndexService.Create": {"folder_id": "$folder", "file_ids": ["$own_file"]},
    "SearchIndexService.Get": {"search_index_id": "$index"},
    "SearchIndexService.Update": {"search_index_id": "$index", "name": "I was here"},
    "SearchIndexService.Delete": {"search_index_id": "$index"},
    "SearchIndexService.List": {"folder_id": "$folder"},
    "SearchIndexFileService.BatchCreate": {"search_index_id": "$index", "file_ids": ["$own_file"]},
    "SearchIndexFileService.Get": {"search_index_id": "$index", "file_id": "$file"},
    "SearchIndexFileService.List": {"search_index_id": "$index"},
    "FileService.Create": {"folder_id": "$folder", "content": b64encode(b"I was here").decode()},
    "FileService.Get": {"file_id": "$file"},
    "FileService.Update": {"file_id": "$file", "name": "I was here"},
    "FileService.Delete": {"file_id": "$file"},
    "FileService.GetUrl": {"file_id": "$file"},
    "FileService.List": {"folder_id": "$folder"},
    "OperationService.Get": {"operation_id": "$operation"},
    "OperationService.Cancel": {"operation_id": "$operation"},
    "ApiEndpointService.List": {},
    "ApiEndpointService.Get": {"api_endpoint_id": "iam"},
    "IamTokenService.Create": {"yandex_passport_oauth_token": "y0_unknown"},
    "IamTokenService.CreateForServiceAccount": {"service_account_id": "a"},
    "IamTokenService.Revoke": {"iam_token": "a"},
}
"""A request of every operation, with real ids in place of `$name`."""


def names(request: dict[str, Any]) -> list[str]:
    """The names of the things that a request speaks of."""
    return list(dict.fromkeys(re.findall(r'"\$(\w+)"', json.dumps(request))))


def filled(request: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """The request, with real ids where it says `$name`."""
    return json.loads(re.sub(r"\$(\w+)", lambda match: ids[match[1]], json.dumps(request)))


@dataclass(frozen=True)
class Heard:
    """What came back: a code, 0 for an answer; its words; and the answer, a list of them where it is a stream."""

    code: int
    message: str
    value: Any


class Rpc:
    """A way to ask: over gRPC."""

    def __init__(self, server: RunningServer) -> None:
        self._channel = grpc.insecure_channel(server.grpc_address)

    def close(self) -> None:
        """Leave."""
        self._channel.close()

    def wait_for_calls(self, run_id: str, key: str) -> None:
        """Return when the run waits for results of its calls."""
        operation = ANSWERED["RunService.Listen"]
        listen = self._channel.unary_stream(
            operation.rpc, operation.takes.SerializeToString, operation.gives.FromString
        )
        metadata = (("authorization", f"Api-Key {key}"),)
        heard = listen(wire.ListenRunRequest(run_id=run_id), timeout=SECONDS, metadata=metadata)
        assert any(event.event_type == wire.StreamEvent.TOOL_CALLS for event in heard)
        heard.cancel()

    def __call__(self, operation: Operation, request: dict[str, Any], authorization: str | None) -> Heard:
        sent = operation.takes()
        json_reader.read(request, sent)
        kind = ("stream" if operation.takes_stream else "unary") + ("_stream" if operation.gives_stream else "_unary")
        method = getattr(self._channel, kind)(
            operation.rpc, operation.takes.SerializeToString, operation.gives.FromString
        )
        metadata = () if authorization is None else (("authorization", authorization),)
        try:
            answer = method(iter([sent]) if operation.takes_stream else sent, timeout=SECONDS, metadata=metadata)
            answers = list(answer) if operation.gives_stream else [answer]
        except grpc.RpcError as error:
            said: Any = error  # the client's errors are calls as well
            return Heard(said.code().value[0], said.details() or "", None)
        shown = [MessageToDict(one, descriptor_pool=wire.POOL) for one in answers]
        return Heard(0, "", shown if operation.gives_stream else shown[0])


class Http:
    """A way to ask: over REST."""

    def __init__(self, server: RunningServer) -> None:
        self._http = httpx2.Client(base_url=server.url)

    def close(self) -> None:
        """Leave."""
        self._http.close()

    def __call__(self, operation: Operation, request: dict[str, Any], authorization: str | None) -> Heard:
        assert operation.verb is not None
        assert operation.path is not None
        rest = dict(request)
        path = re.sub(r"\{(\w+)\}", lambda match: rest.pop(match[1]), operation.path)
        more = {"params": rest} if operation.verb in ("GET", "DELETE") else {"json": rest}
        headers = {} if authorization is None else {"authorization": authorization}
        answer = self._http.request(operation.verb, path, headers=headers, **more)  # type: ignore[arg-type]
        assert answer.headers["x-request-id"].startswith("req_")
        if answer.status_code == 200:
            lines = [json.loads(line) for line in answer.text.splitlines()]
            return Heard(0, "", [line["result"] for line in lines] if operation.gives_stream else lines[0])
        said = answer.json()
        assert set(said) == {"error", "code", "message", "details"}
        assert answer.status_code == STATUSES[Code(said["code"])]
        return Heard(said["code"], said["message"], None)


class Project:
    """One of everything, made over gRPC."""

    def __init__(self, ask: Rpc, model: ScriptedModel, key: str, name: str) -> None:
        self._ask = ask
        self.key = key
        self.ids = {"folder": name}
        made = self.ids
        made["user"] = self._made("UserService.Create")
        made["file"] = self._made("FileService.Create")
        made["own_file"] = self._made("FileService.Create")
        made["operation"] = self.do(
            "SearchIndexService.Create", {**REQUESTS["SearchIndexService.Create"], "file_ids": ["$file"]}
        )["id"]
        made["index"] = self.do("SearchIndexService.List")["indices"][0]["id"]
        made["assistant"] = self.do(
            "AssistantService.Create", {**REQUESTS["AssistantService.Create"], "tools": [{"function": {"name": "f"}}]}
        )["id"]
        made["thread"] = self._made("ThreadService.Create")
        made["message"] = self._made("MessageService.Create")
        model.call(("f", {}))
        made["run"] = self._made("RunService.Create")
        ask.wait_for_calls(made["run"], key)

    def do(self, name: str, request: dict[str, Any] | None = None) -> Any:
        """The answer to the project's own key."""
        sent = filled(REQUESTS[name] if request is None else request, self.ids)
        heard = self._ask(ANSWERED[name], sent, f"Api-Key {self.key}")
        assert heard.code == 0, (name, heard)
        return heard.value

    def _made(self, name: str) -> str:
        return self.do(name)["id"]


class Place:
    """A server with two projects that have one of everything, one without anything, and keys of all kinds."""

    def __init__(self, server: RunningServer, folder: Path, model: ScriptedModel) -> None:
        self.folder = folder
        self.rpc, self.http = Rpc(server), Http(server)
        self.theirs = Project(self.rpc, model, server.key("theirs"), "theirs")
        self.ours = Project(self.rpc, model, server.key("ours"), "ours")
        self.empty_key = server.key("empty")
        self.read_key = server.key("theirs", scopes=[Scope.READ])
        self.write_key = server.key("theirs", scopes=[Scope.WRITE])
        self.revoked_key = server.key("theirs", name="revoked")
        asked = ANSWERED["ThreadService.List"], {"folder_id": "theirs"}, f"Api-Key {self.revoked_key}"
        assert self.rpc(*asked).code == 0
        key_id = next(key.id for key in server.do(keys.every(server.store)) if key.name == "revoked")
        assert server.do(keys.revoke(server.store, key_id, now=server.clock.now()))
        server.advance(5)

    def close(self) -> None:
        """Leave."""
        self.rpc.close()
        self.http.close()

    def ways(self, operation: Operation) -> list[Rpc | Http]:
        """Over what it can be asked for."""
        return [self.rpc, self.http] if operation.verb else [self.rpc]

    def kept(self) -> tuple[dict[str, list[str]], dict[Path, int]]:
        """All that the store and the blobs hold."""
        blobs = {path: path.stat().st_size for path in (self.folder / "blobs").rglob("*") if path.is_file()}
        return everything(self.folder / "clew.db"), blobs
