"""The ASGI application: the dialect of a path, and an answer whatever happens."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from clew.web.answer import Answer
from clew.web.app import App
from clew.web.request import ClientGone


class Says:
    """A dialect that says its name, or what it is told to raise."""

    def __init__(self, name, problem=None):
        self._name, self._problem = name, problem

    async def answer(self, request):
        if self._problem is not None:
            raise self._problem
        return Answer(value=self._name)

    def internal_error(self, request):
        return Answer(status=500, value="sorry")


async def ask(dialects, path="/", guard=None):
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    core = SimpleNamespace(ids=SimpleNamespace(new=lambda kind: f"{kind}_1"))
    app = App(core, dialects, guard)
    await app({"type": "http", "method": "GET", "path": path, "headers": []}, receive, send)
    return sent


async def test_the_longest_prefix_chooses():
    dialects = {"": Says("all"), "/health": Says("health")}

    assert (await ask(dialects, "/health"))[1]["body"] == b'"health"'
    assert (await ask(dialects, "/v1/x"))[1]["body"] == b'"all"'


@pytest.mark.parametrize(
    ("path", "dialect"), [("/v1", "one"), ("/v1/a", "one"), ("/v10", "all"), ("//a", "slashes"), ("/a", "all")]
)
async def test_a_prefix_is_whole_words_or_ends_as_it_says(path, dialect):
    sent = await ask({"": Says("all"), "/v1": Says("one"), "//": Says("slashes")}, path)

    assert sent[1]["body"] == f'"{dialect}"'.encode()


async def test_every_answer_has_a_request_id():
    assert (b"x-request-id", b"request_1") in (await ask({"": Says("all")}))[0]["headers"]


async def test_a_bug_is_logged_with_the_request_id_and_answered_without_a_word_of_it(caplog):
    sent = await ask({"": Says("all", LookupError("a secret"))})

    assert (sent[0]["status"], sent[1]["body"]) == (500, b'"sorry"')
    assert "request_1" in caplog.text


async def test_a_guard_refuses_before_any_dialect():
    sent = await ask({"": Says("all", LookupError())}, guard=lambda _: Answer(status=403, value="no"))

    assert sent[0]["status"] == 403


async def test_nobody_is_answered_who_has_gone():
    assert await ask({"": Says("all", ClientGone())}) == []


@pytest.mark.parametrize("kind", ["startup", "shutdown"])
async def test_the_lifespan_is_answered(kind):
    words = [{"type": f"lifespan.{kind}"}, {"type": "lifespan.shutdown"}]
    said = []

    async def receive():
        return words.pop(0)

    async def send(message):
        said.append(message["type"])

    await App(SimpleNamespace(), {})({"type": "lifespan"}, receive, send)

    assert said[0] == f"lifespan.{kind}.complete"
