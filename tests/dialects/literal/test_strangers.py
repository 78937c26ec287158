"""Whoever may not do a thing cannot do it, whichever row of the table it is."""

import httpx2
import pytest

from clew.dialects.literal.operations import PATHS, ROWS, SIGNED
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
}
"""Mutations through which nothing of another project could be reached, and why."""

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
        self.ids = {"Score": score["it"], "Attachment": attachment["it"], "Participant": participant["it"]}
        self.file = made.http.post("/api/upload/file", json={"fileName": "f"}).json()

    def id_for(self, name):
        return next((one["id"] for noun, one in self.ids.items() if name.endswith(noun) or name == noun.lower()), "it")

    def ask(self, who, name):
        text, variables = question(name)
        told = {
            key: self.id_for(name) if value == "$id" and key == "id" else ("it" if value == "$id" else value)
            for key, value in variables.items()
        }
        return who.post(text, **told)

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
    participants { edges { node { id identifier metadata } } } }"""
    before = place.theirs.ask(query)
    stranger = GraphQL(place.server, place.server.key(f"stranger-{name}"))
    answer = place.ask(stranger, name).json()
    assert place.theirs.ask(query) == before
    if name.startswith(("update", "delete")):
        assert answer["data"][name] is None


@pytest.mark.parametrize("path", [path for path in PATHS if path.group != SIGNED], ids=lambda path: path.name)
def test_paths_ask_for_a_key(place, path):
    assert httpx2.request(path.method, place.server.url + path.path, json={}).status_code == 401


def test_paths_with_a_signature_open_nothing_without_it(place):
    url = place.file["signedUrl"]
    assert httpx2.get(url).status_code == 404  # its bytes never came
    assert httpx2.get(url.partition("?")[0]).status_code == 404
    post = place.file["post"]
    for fields in ({}, {**post["fields"], "token": "x"}, {**post["fields"], "key": "file-other"}):
        assert httpx2.post(post["url"], data=fields, files={"file": ("f", b"I was here")}).status_code == 403
    assert "I was here" not in str(place.kept())
