"""Whoever may not do a thing cannot do it, whichever row of the table it is."""

import httpx2
import pytest

from clew.dialects.literal.operations import GRAPHQL, PAGES, PATHS, ROWS, SIGNED
from clew.dialects.literal.schema import SCHEMA
from clew.domain.project import Scope
from support.graphql import GraphQL
from support.kept import everything
from support.server import RunningServer

MINE = {
    "createThread": "names nothing that exists",
    "createStep": "names nothing that exists",
    "createGeneration": "names nothing that exists",
    "createParticipant": "names nothing that exists",
    "createDataset": "names nothing that exists",
    "createDatasetExperiment": "what it may name is tried by a test of its own",
    "createPromptLineage": "names nothing that exists",
    "createPromptExperiment": "what it may name is tried by a test of its own",
}
"""Mutations through which nothing of another project could be reached, and why."""

NAMING = ("createDataset", "createDatasetExperiment")

VALUES = {
    "String": "$id",
    "ID": "1",
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "DateTime": "2024-01-01",
    "Json": {"i": "was here"},
    "StepType": "run",
    "ScoreType": "AI",
    "GenerationPayloadInput": {"id": "$id"},
}


READING = frozenset(SCHEMA.query_type.fields)
ANSWERED = [row.name for row in ROWS if row.why_not is None]


def question(name):
    """A text that asks for the field, with all arguments that it needs, and their variables."""
    field = (SCHEMA.query_type if name in READING else SCHEMA.mutation_type).fields[name]
    needed = {key: one.type for key, one in field.args.items() if str(one.type).endswith("!")}
    if name in {"participant", "promptVersion"}:
        needed = {"id": field.args["id"].type}
    declared = "(" + ", ".join(f"${key}: {kind}" for key, kind in needed.items()) + ")" if needed else ""
    passed = "(" + ", ".join(f"{key}: ${key}" for key in needed) + ")" if needed else ""
    kind = field.type.of_type if str(field.type).endswith("!") else field.type
    inside = next(key for key in ("edges", "ok", "id", "version") if key in kind.fields)
    selected = "edges { node { __typename } }" if inside == "edges" else inside
    text = f"{'query' if name in READING else 'mutation'} A{declared} {{ {name}{passed} {{ {selected} }} }}"
    return text, {key: VALUES.get(str(kind).strip("!"), []) for key, kind in needed.items()}


class Place:
    """A server with a project that has one of everything, and one that has nothing."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.theirs = GraphQL(server, server.key("theirs"))
        self.ours = GraphQL(server, server.key("ours"))
        made = self.theirs
        made.ask('mutation { upsertThread(id: "it-thread", participantId: "ada") { id } }')
        made.ingest({"id": "it", "threadId": "it", "type": "llm", "generation": {"model": "m"}})
        score = made.ask('mutation { it: createScore(name: "s", type: AI, value: 1, stepId: "it") { id } }')
        attachment = made.ask('mutation { it: createAttachment(stepId: "it", name: "a", url: "u") { id } }')
        participant = made.ask('{ it: participant(identifier: "ada") { id } }')
        dataset = made.ask('mutation { it: createDataset(name: "it") { id } }')["it"]["id"]
        add = f'mutation {{ it: createDatasetItem(datasetId: "{dataset}", input: {{}}) {{ id }} }}'
        experiment = made.ask('mutation { it: createDatasetExperiment(name: "it") { id } }')["it"]["id"]
        prompt = made.ask('mutation { it: createPromptLineage(name: "it") { id } }')["it"]["id"]
        version = made.ask(f'mutation {{ it: createPromptVersion(lineageId: "{prompt}") {{ id }} }}')
        rollout = 'updatePromptLineageRollout(name: "it", rollouts: [{version: 0, rollout: 9}])'
        made.ask(f"mutation {{ {rollout} {{ ok }} }}")
        self.ids = {
            "Score": score["it"],
            "Attachment": attachment["it"],
            "Participant": participant["it"],
            "DatasetItem": made.ask(add)["it"],
            "Dataset": {"id": dataset},
            "PromptVersion": version["it"],
        }
        self.variant = made.ask("mutation { it: createPromptExperiment { id } }")["it"]["id"]
        self.named = {"datasetId": dataset, "datasetExperimentId": experiment, "lineageId": prompt}
        self.file = made.http.post("/api/upload/file", json={"fileName": "f"}).json()

    def id_for(self, name):
        nouns = (one["id"] for noun, one in self.ids.items() if name.lower().endswith(noun.lower()))
        return next(nouns, "it")

    def ask(self, who, name):
        text, variables = question(name)
        told = {
            key: self.id_for(name)
            if value == "$id" and key == "id"
            else self.named.get(key, "it" if value == "$id" else value)
            for key, value in variables.items()
        }
        return who.post(text, **told)

    def exported(self):
        return self.theirs.http.post("/api/export/dataset", json={"name": "it"}).json()["data"]

    def kept(self):
        return everything(self.folder / "clew.db")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strangers")
    with RunningServer(folder, open_project=None) as server:
        yield Place(server, folder)


@pytest.mark.parametrize("name", [row.name for row in ROWS])
def test_without_a_key_nothing_is_answered(place, name):
    before = place.kept()
    answer = place.ask(GraphQL(place.server, ""), name)
    assert (answer.status_code, list(answer.json())) == (401, ["errors"])
    assert place.ask(GraphQL(place.server, "wrong"), name).status_code == 401
    assert place.kept() == before


@pytest.mark.parametrize("name", ANSWERED)
def test_a_key_of_the_wrong_scope_does_nothing(place, name):
    scope = Scope.WRITE if name in READING else Scope.READ
    before = place.kept()
    stranger = GraphQL(place.server, place.server.key("theirs", scopes=[scope]))
    kept_with_key = place.kept()
    answer = place.ask(stranger, name)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")
    assert place.kept() == kept_with_key
    assert before != kept_with_key


@pytest.mark.parametrize("name", [name for name in ANSWERED if name in READING])
def test_another_projects_key_sees_nothing(place, name):
    own = place.ask(place.theirs, name).json()
    assert "errors" not in own, own
    shown = place.ask(place.ours, name).json()["data"][name]
    assert own["data"][name] not in (None, {"edges": []})
    assert shown in (None, {"edges": []})


@pytest.mark.parametrize("name", [name for name in ANSWERED if name not in READING and name not in MINE])
def test_another_projects_key_changes_nothing(place, name):
    query = """{ threads { edges { node { id name steps { id name scores { id value } attachments { id name } } } } }
    participants { edges { node { id identifier metadata } } } datasets { edges { node { id name metadata } } }
    promptVersion(name: "it") { id version } promptLineageRollout(lineageName: "it") { edges { cursor } } }"""
    before, items = place.theirs.ask(query), place.exported()
    stranger = GraphQL(place.server, place.server.key(f"stranger-{name}"))
    answer = place.ask(stranger, name).json()
    assert (place.theirs.ask(query), place.exported()) == (before, items)
    if name.startswith(("update", "delete", "add")) or "Prompt" in name or "Dataset" in name:
        assert answer["data"][name] in (None, {"ok": False})


def test_what_another_project_has_cannot_be_named(place):
    ours = {kind: place.ours.ask(f'mutation {{ it: {kind}(name: "o") {{ id }} }}')["it"]["id"] for kind in NAMING}
    item = f'datasetItemId: "{place.ids["DatasetItem"]["id"]}"'
    for named in (
        f'createDatasetExperiment(name: "x", datasetId: "{place.named["datasetId"]}")',
        f'createDatasetExperiment(name: "x", promptId: "{place.ids["PromptVersion"]["id"]}")',
        f'createDatasetExperiment(name: "x", promptExperimentId: "{place.variant}")',
        f'createPromptExperiment(fromLineageId: "{place.named["lineageId"]}")',
        f'addStepToDataset(datasetId: "{ours["createDataset"]}", stepId: "it")',
        f'addGenerationToDataset(datasetId: "{ours["createDataset"]}", generationId: "it")',
        f'createDatasetExperimentItem(datasetExperimentId: "{ours["createDatasetExperiment"]}", {item})',
    ):
        assert place.ours.refused(f"mutation {{ {named} {{ id }} }}")[1] == "NOT_FOUND", named


def test_another_projects_dataset_is_not_exported(place):
    for asked in ({"name": "it"}, {"id": place.named["datasetId"]}):
        assert place.ours.http.post("/api/export/dataset", json=asked).json() == {"data": None}


WITH_KEY = [path for path in PATHS if path.group not in {SIGNED, PAGES}]
LOCKED = pytest.mark.parametrize("path", WITH_KEY, ids=lambda path: path.name)
REST = pytest.mark.parametrize("path", [path for path in WITH_KEY if path.name != GRAPHQL], ids=lambda path: path.name)
ASKED = {"exportDataset": {"name": "it"}, "uploadFile": {"fileName": "f", "threadId": "it"}}
"""What is asked by path so that something would come of it."""


def by_path(place, path, key):
    body = ASKED.get(path.name, {})
    return httpx2.request(path.method, place.server.url + path.path, json=body, headers={"x-api-key": key})


@LOCKED
def test_paths_ask_for_a_key(place, path):
    before = place.kept()
    for headers in ({}, {"x-api-key": "wrong"}):
        answer = httpx2.request(path.method, place.server.url + path.path, json={}, headers=headers)
        assert (answer.status_code, list(answer.json())) == (401, ["errors"])
    assert place.kept() == before


@REST
def test_paths_do_nothing_for_a_key_of_the_wrong_scope(place, path):
    scope = Scope.WRITE if path.need is Scope.READ else Scope.READ
    key = place.server.key("theirs", scopes=[scope])
    before = place.kept()
    answer = by_path(place, path, key)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")
    assert place.kept() == before


@REST
def test_paths_show_nothing_of_another_project(place, path):
    shown = by_path(place, path, place.server.key("a-stranger")).json()
    own = by_path(place, path, place.server.key("theirs")).json()
    assert path.name in SHOWN
    assert (SHOWN[path.name](shown), SHOWN[path.name](own)) == SEEN[path.name]


SHOWN = {
    "myProject": lambda answer: answer["projectId"],
    "exportThreadPages": lambda answer: (answer["totalCount"] > 0, len(answer["data"]) > 0),
    "exportDataset": lambda answer: answer["data"] is not None,
    "uploadFile": lambda answer: answer["post"]["fields"]["key"].startswith("file-"),
}
SEEN = {
    "myProject": ("a-stranger", "theirs"),
    "exportThreadPages": ((False, False), (True, True)),
    "exportDataset": (False, True),
    "uploadFile": (True, True),
}
"""What the stranger is shown, and what the project's own key is."""


def test_a_file_is_read_only_as_its_own_project_s(place):
    """The address that one project got does not open the other's file, nor does the other's attachment show it."""
    file = place.theirs.http.post("/api/upload/file", json={"fileName": "own"}).json()
    post = file["post"]
    httpx2.post(post["url"], data=post["fields"], files={"file": ("f", b"theirs alone")})
    assert httpx2.get(file["signedUrl"]).content == b"theirs alone"
    key = post["fields"]["key"]
    query = 'mutation($k: String) { it: createAttachment(stepId: "mine", name: "a", objectKey: $k) { url } }'
    stranger = GraphQL(place.server, place.server.key("a-stranger"))
    stranger.ingest({"id": "mine"})
    url = stranger.ask(query, k=key)["it"]["url"]
    assert httpx2.get(url).status_code == 404


def test_paths_with_a_signature_open_nothing_without_it(place):
    url = place.file["signedUrl"]
    assert httpx2.get(url).status_code == 404  # its bytes never came
    assert httpx2.get(url.partition("?")[0]).status_code == 404
    post = place.file["post"]
    for fields in ({}, {**post["fields"], "token": "x"}, {**post["fields"], "key": "file-other"}):
        assert httpx2.post(post["url"], data=fields, files={"file": ("f", b"I was here")}).status_code == 403
    assert "I was here" not in str(place.kept())
