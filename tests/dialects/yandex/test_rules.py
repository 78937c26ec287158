"""Rules that messages state about their fields are held, and a breach is named by its path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clew.dialects.yandex import rules, wire
from clew.dialects.yandex.errors import Code, Refusal

if TYPE_CHECKING:
    from google.protobuf.message import Message

SEARCH = wire.SearchIndexTool(rephraser_options=wire.RephraserOptions())
LONG = wire.GenSearchTool(
    description="d", options=wire.GenSearchOptions(site=wire.GenSearchOptions.SiteOption(site=["x"] * 101))
)


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (wire.CreateThreadRequest(), "folder_id"),
        (wire.CreateMessageRequest(thread_id="t"), "content"),
        (wire.GetMessageRequest(thread_id="t"), "message_id"),
        (wire.CreateAssistantRequest(folder_id="f"), "model_uri"),
        (
            wire.CreateThreadRequest(folder_id="f", tools=[wire.Tool(search_index=SEARCH)]),
            "tools[0].search_index.rephraser_options.rephraser_uri",
        ),
        (
            wire.CreateThreadRequest(folder_id="f", tools=[wire.Tool(gen_search=LONG)]),
            "tools[0].gen_search.options.site.site",
        ),
    ],
)
def test_a_breach_is_named(message: Message, path: str) -> None:
    with pytest.raises(Refusal) as raised:
        rules.check(message)
    assert (raised.value.code, raised.value.field) == (Code.INVALID_ARGUMENT, path)


@pytest.mark.parametrize(
    "message",
    [
        wire.CreateThreadRequest(folder_id="f"),
        wire.CreateMessageRequest(thread_id="t", content=wire.MessageContent()),
        wire.UpdateThreadRequest(thread_id="t"),
        wire.ListApiEndpointsRequest(),
    ],
)
def test_what_is_enough_passes(message: Message) -> None:
    rules.check(message)
