"""One thread, every dialect: what is written in one is read in the others, and outlives their updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from openai import OpenAI

from crossing.columns import Column, CoreColumn, LiteralColumn, OpenAIColumn, Ref, YandexColumn, differences
from crossing.rows import FUNCTION, ROWS, SURVIVORS, Row, Survivor, text
from support.graphql import GraphQL
from support.scripted_model import ScriptedModel, last_user_text
from support.server import RunningServer
from support.stub import Stub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossing.columns import Words

COLUMNS = ("openai", "yandex", "literal", "core")


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Column]]:
    """Each dialect's client, pointed at one server."""
    with ScriptedModel() as model:
        model.when(lambda request: request["messages"][-1]["role"] == "tool", forever=True).say("It is 7.")
        model.when(lambda request: last_user_text(request) == "add", forever=True).call(("add", {"n": 7}))
        model.when(lambda request: last_user_text(request) == "break", forever=True).fail(500, "out of order")
        model.when(lambda request: last_user_text(request) == "cut", forever=True).length("and so on and")
        with (
            RunningServer(tmp_path_factory.mktemp("server"), model, config={"retries": 0}) as server,
            Stub(server.grpc_address) as stub,
            OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client,
        ):
            yield {
                "openai": OpenAIColumn(client),
                "yandex": YandexColumn(stub),
                "literal": LiteralColumn(GraphQL(server)),
                "core": CoreColumn(server),
            }


@pytest.fixture(scope="module")
def known(columns: dict[str, Column]) -> dict[str, str]:
    """What rows may name."""
    file = columns["openai"].make("file", {"name": "known.txt", "content": b"known"})
    return {"{file}": file.id, "{index}": columns["yandex"].make("index", {}).id}


def filled(words: Any, known: dict[str, str]) -> Any:
    """The words with ids where a row names a thing."""
    match words:
        case dict():
            return {name: filled(value, known) for name, value in words.items()}
        case list():
            return [filled(value, known) for value in words]
        case set():
            return {filled(value, known) for value in words}
        case str():
            return known.get(words, words)
        case _:
            return words


CROSSINGS = [
    pytest.param(row, writer, reader, id=f"{row.noun}: {row.field}: {writer} to {reader}")
    for row in ROWS
    for writer in COLUMNS
    if writer in row.said
    for reader in COLUMNS
    if reader in row.seen
]


@pytest.mark.parametrize(("row", "writer", "reader"), CROSSINGS)
def test_what_one_writes_another_reads(
    columns: dict[str, Column], known: dict[str, str], row: Row, writer: str, reader: str
) -> None:
    ref = columns[writer].make(row.noun, filled(row.said[writer], known))
    shown = columns[reader].read(row.noun, ref)
    assert differences(filled(row.seen[reader], known), shown) == []
    assert shown["at"] == columns[writer].read(row.noun, ref)["at"]


LASTING = [
    pytest.param(one, number, id=f"{one.noun}: {one.what}: {one.changer} {number}")
    for one in SURVIVORS
    for number in range(len(one.changes))
]


@pytest.mark.parametrize(("survivor", "number"), LASTING)
def test_what_one_says_outlives_the_others_updates(
    columns: dict[str, Column], known: dict[str, str], survivor: Survivor, number: int
) -> None:
    maker = columns[survivor.maker]
    ref: Ref = maker.make(survivor.noun, filled(survivor.words, known))
    columns[survivor.changer].change(survivor.noun, ref, filled(survivor.changes[number], known))
    assert differences(filled(survivor.still, known), maker.read(survivor.noun, ref)) == []


@pytest.mark.parametrize("changer", ["openai", "yandex", "literal"])
@pytest.mark.parametrize("maker", ["openai", "yandex", "literal"])
def test_labels_that_one_changes_are_changed_for_all(columns: dict[str, Column], maker: str, changer: str) -> None:
    words: dict[str, Words] = {
        "openai": {"metadata": {"a": "2"}},
        "yandex": {"labels": {"a": "2"}, "update_mask": "labels"},
        "literal": {"metadata": {"a": "2"}},
    }
    first = {name: {field: {"a": "1"} for field in ("metadata", "labels") if field in words[name]} for name in words}
    ref = columns[maker].make("thread", first[maker])
    columns[changer].change("thread", ref, words[changer])
    shown = {name: columns[name].read("thread", ref) for name in words}
    assert [shown["openai"]["metadata"], shown["yandex"]["labels"], shown["literal"]["metadata"]] == [{"a": "2"}] * 3


@pytest.mark.parametrize("maker", ["openai", "yandex"])
def test_a_text_that_literal_ai_s_clients_change_is_another_for_all(columns: dict[str, Column], maker: str) -> None:
    words: dict[str, Words] = {"openai": {"content": "old"}, "yandex": {"content": text("old")}}
    ref = columns[maker].make("message", words[maker])
    columns["literal"].change("message", ref, {"output": {"content": "new"}})
    assert columns["openai"].read("message", ref)["content"][0]["text"]["value"] == "new"
    assert columns["yandex"].read("message", ref)["content"] == text("new")


def test_a_run_that_another_dialect_cancelled_has_failed(columns: dict[str, Column]) -> None:
    tools = [{"function": FUNCTION}]
    ref = columns["yandex"].make("run", {"said": "add", "assistant": {"tools": tools}})
    columns["openai"].change("run", ref, {"cancel": True})
    expected = {"state": {"status": "FAILED", "error": {"message": "The run was cancelled."}}}
    assert differences(expected, columns["yandex"].read("run", ref)) == []
