"""Projects that have one of everything, and callers who should not come near it."""

import json
import re

from clew.auth import keys
from clew.dialects.openai.operations import OPERATIONS
from clew.domain.project import Scope
from support.kept import everything

ANSWERED = {operation.name: operation for operation in OPERATIONS if operation.handler}
DECLINED = {operation.name: operation for operation in OPERATIONS if not operation.handler}
EVERY = ANSWERED | DECLINED
BODIES = {
    "createAssistant": {"model": "m"},
    "createMessage": {"role": "user", "content": "I was here"},
    "createRun": {"assistant_id": "$assistant_id"},
    "createThreadAndRun": {"assistant_id": "$assistant_id"},
    "modifyAssistant": {"name": "I was here"},
    "modifyThread": {"metadata": {"i": "was here"}},
    "modifyMessage": {"metadata": {"i": "was here"}},
    "modifyRun": {"metadata": {"i": "was here"}},
    "submitToolOutputsToRun": {"tool_outputs": [{"tool_call_id": "$call_id", "output": "I was here"}]},
    "createUpload": {"filename": "a.txt", "purpose": "assistants", "bytes": 1, "mime_type": "text/plain"},
    "completeUpload": {"part_ids": ["$part_id"]},
    "modifyVectorStore": {"name": "I was here"},
    "createVectorStoreFile": {"file_id": "$file_id"},
    "updateVectorStoreFileAttributes": {"attributes": {"i": "was here"}},
    "createVectorStoreFileBatch": {"file_ids": ["$file_id"]},
}
"""Bodies that the operations take, with real ids in place of `$name`."""

FORMS = {
    "createFile": {"data": {"purpose": "assistants"}, "files": {"file": ("a.txt", b"I was here")}},
    "addUploadPart": {"files": {"data": ("blob", b"I was here")}},
}


def params(operation):
    return re.findall(r"\{(\w+)", operation.path)


def filled(value, ids):
    """The value, with real ids where it says `$name`."""
    return json.loads(re.sub(r"\$(\w+)", lambda match: ids[match[1]], json.dumps(value)))


class Project:
    """One of everything, made over the wire."""

    def __init__(self, http, server, model, name):
        self.http = http
        self.key = server.key(name)
        self.ids = {"model": "m", "conversation_id": "conv_1", "item_id": "msg_1", "response_id": "resp_1"}
        made = self.ids
        made["assistant_id"] = self.make(
            "/assistants", model="m", tools=[{"type": "function", "function": {"name": "f"}}]
        )
        made["thread_id"] = self.make("/threads", messages=[{"role": "user", "content": "Hi"}])
        made["file_id"] = self.post("/files", **FORMS["createFile"])["id"]
        made["vector_store_id"] = self.make("/vector_stores", file_ids=[made["file_id"]])
        made["batch_id"] = self.make(
            f"/vector_stores/{made['vector_store_id']}/file_batches", file_ids=[made["file_id"]]
        )
        made["upload_id"] = self.make("/uploads", **BODIES["createUpload"] | {"bytes": 10})
        made["part_id"] = self.post(f"/uploads/{made['upload_id']}/parts", **FORMS["addUploadPart"])["id"]
        thread = f"/threads/{made['thread_id']}"
        run = {"assistant_id": made["assistant_id"], "stream": True}
        self.request("POST", f"{thread}/runs", json=run).raise_for_status()
        made["other_run_id"] = self.get(f"{thread}/runs")["data"][0]["id"]
        model.call(("f", {}))
        self.request("POST", f"{thread}/runs", json=run).raise_for_status()
        run = self.get(f"{thread}/runs")["data"][0]
        made["run_id"] = run["id"]
        made["call_id"] = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
        made["free_thread_id"] = self.make("/threads")
        made["free_vector_store_id"] = self.make("/vector_stores")
        made["message_id"] = self.get(f"{thread}/messages")["data"][0]["id"]
        made["step_id"] = self.get(f"{thread}/runs/{run['id']}/steps")["data"][0]["id"]

    def request(self, method, path, **more):
        headers = {"authorization": f"Bearer {self.key}"}
        return self.http.request(method, f"/v1{path}", headers=headers, **more)

    def post(self, path, **more):
        return self.request("POST", path, **more).raise_for_status().json()

    def make(self, path, **body):
        return self.post(path, json=body)["id"]

    def get(self, path):
        return self.request("GET", path).raise_for_status().json()


class Place:
    """A server with two projects that have one of everything, one without anything, and keys of all kinds."""

    def __init__(self, http, server, folder, model):
        self.http = http
        self.folder = folder
        self.theirs = Project(http, server, model, "theirs")
        self.ours = Project(http, server, model, "ours")
        self.empty_key = server.key("empty")
        self.read_key = server.key("theirs", scopes=[Scope.READ])
        self.write_key = server.key("theirs", scopes=[Scope.WRITE])
        self.revoked_key = server.key("theirs", name="revoked")
        assert self.call(ANSWERED["listModels"], {"authorization": f"Bearer {self.revoked_key}"}).status_code == 200
        key_id = next(key.id for key in server.do(keys.every(server.store)) if key.name == "revoked")
        assert server.do(keys.revoke(server.store, key_id, now=server.clock.now()))
        server.advance(5)

    def call(self, operation, headers, ids=None, body=None):
        """The operation, with ids of theirs unless others are given."""
        ids = self.theirs.ids if ids is None else ids
        path = re.sub(r"\{(\w+)(\.\.\.)?\}", lambda match: ids[match[1]], operation.path)
        more = {}
        if operation.method == "POST":
            sent = {"json": filled(BODIES.get(operation.name, {}) if body is None else body, self.theirs.ids)}
            more = FORMS.get(operation.name) or sent
        return self.http.request(operation.method, path, headers=headers, **more)

    def kept(self):
        """All that the store and the blobs hold."""
        dump = everything(self.folder / "clew.db")
        blobs = {path: path.stat().st_size for path in (self.folder / "blobs").rglob("*") if path.is_file()}
        return dump, blobs


def bearer(key):
    return {"authorization": f"Bearer {key}"}


def error(answer):
    """The error inside its envelope, which has all four keys."""
    assert answer.headers["x-request-id"].startswith("req_")
    assert list(answer.json()) == ["error"]
    said = answer.json()["error"]
    assert list(said) == ["message", "type", "param", "code"]
    assert said["type"] == "invalid_request_error"
    return said
