"""Rules that the definitions state about their own fields."""

import pytest

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import Code, Refusal
from clew.dialects.yandex.json_reader import read
from clew.dialects.yandex.rules import check


def _checked(kind, body):
    message = kind()
    read(body, message)
    check(message)


def _tools(tool):
    return wire.CreateThreadRequest, {"folder_id": "a", "tools": [tool]}


_SEARCH = "tools[0].gen_search"


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        (wire.CreateThreadRequest, {}, "folder_id"),
        (wire.GetMessageRequest, {"thread_id": "a"}, "message_id"),
        (wire.CreateMessageRequest, {"thread_id": "a"}, "content"),
        (wire.UpdateThreadRequest, {}, "thread_id"),
        (
            *_tools({"search_index": {"rephraser_options": {}}}),
            "tools[0].search_index.rephraser_options.rephraser_uri",
        ),
        (
            *_tools({"search_index": {"call_strategy": {"auto_call": {}}}}),
            "tools[0].search_index.call_strategy.auto_call.instruction",
        ),
        (*_tools({"gen_search": {}}), f"{_SEARCH}.description"),
        (
            *_tools({"gen_search": {"description": "d", "options": {"site": {"site": ["s"] * 101}}}}),
            f"{_SEARCH}.options.site.site",
        ),
        (
            *_tools({"gen_search": {"description": "d", "options": {"site": {"site": ["s" * 1025]}}}}),
            f"{_SEARCH}.options.site.site",
        ),
        (
            *_tools({"gen_search": {"description": "d", "options": {"search_filters": [{"lang": "eng"}]}}}),
            f"{_SEARCH}.options.search_filters[0].lang",
        ),
    ],
)
def test_a_field_that_breaks_its_rule_is_named(kind, body, field):
    with pytest.raises(Refusal) as raised:
        _checked(kind, body)
    assert (raised.value.code, raised.value.field) == (Code.INVALID_ARGUMENT, field)


def test_an_update_needs_no_mask():
    _checked(wire.UpdateThreadRequest, {"thread_id": "a"})


def test_what_keeps_to_its_rules_is_taken():
    options = {"site": {"site": ["s" * 1024] * 100}, "search_filters": [{"lang": "en"}]}
    _checked(*_tools({"gen_search": {"description": "d", "options": options}}))
