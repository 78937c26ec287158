"""The tables: what each dialect says and sees of a field, and what must outlive another dialect's update.

A column that is missing from `said` cannot say it; one that is missing from `seen` does not show it. A row with an
`{index}` or a `{file}` in it gets the id of a new one there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossing.columns import Words

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
FUNCTION: dict[str, Any] = {"name": "add", "description": "adds", "parameters": SCHEMA}


def text(*texts: str) -> Words:
    """A message's content, as Yandex says it."""
    return {"content": [{"text": {"content": one}} for one in texts]}


@dataclass(frozen=True)
class Row:
    """A field of a noun."""

    noun: str
    field: str
    said: dict[str, Words]
    seen: dict[str, Words]


@dataclass(frozen=True)
class Survivor:
    """What `maker` said and `changer` cannot: it stays through each of the changes."""

    noun: str
    what: str
    maker: str
    words: Words
    changer: str
    changes: tuple[Words, ...]
    still: Words = field(default_factory=dict)


def same(noun: str, name: str, openai: Words, yandex: Words) -> Row:
    """A field that both say, and show as they said it."""
    both = {"openai": openai, "yandex": yandex}
    return Row(noun, name, both, both)


ROWS = (
    # --- threads
    same("thread", "labels", {"metadata": {"a": "b", "c": ""}}, {"labels": {"a": "b", "c": ""}}),
    Row(
        "thread",
        "name and description, which OpenAI has no words for",
        {"yandex": {"name": "n", "description": "d", "labels": {"a": "b"}}},
        {"openai": {"metadata": {"a": "b"}}, "yandex": {"name": "n", "description": "d"}},
    ),
    Row(
        "thread",
        "labels that are no strings",
        {"core": {"metadata": {"n": 5, "list": [1, "two"], "s": "text", "none": None}}},
        {
            "core": {"metadata": {"n": 5, "list": [1, "two"], "s": "text", "none": None}},
            "openai": {"metadata": {"n": "5", "list": '[1,"two"]', "s": "text", "none": "null"}},
            "yandex": {"labels": {"n": "5", "list": '[1,"two"]', "s": "text", "none": "null"}},
        },
    ),
    Row(
        "thread",
        "expiration",
        {"yandex": {"expiration_config": {"expiration_policy": "STATIC", "ttl_days": "3"}}},
        {"openai": {"metadata": {}}, "yandex": {"expiration_config": {"expiration_policy": "STATIC", "ttl_days": "3"}}},
    ),
    Row(
        "thread",
        "no end, for which Yandex has no word but a far one",
        {"openai": {}},
        {"yandex": {"expiration_config": {"expiration_policy": "SINCE_LAST_ACTIVE", "ttl_days": "36500"}}},
    ),
    Row(
        "thread",
        "an index to search",
        {
            "openai": {"tool_resources": {"file_search": {"vector_store_ids": ["{index}"]}}},
            "yandex": {"tools": [{"search_index": {"search_index_ids": ["{index}"]}}]},
        },
        {"openai": {"tool_resources": {"file_search": {"vector_store_ids": ["{index}"]}}}},
    ),
    Row(
        "thread",
        "messages from the start",
        {
            "openai": {
                "messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}],
            },
            "yandex": {
                "messages": [
                    {"content": text("one")},
                    {"author": {"id": "x", "role": "ASSISTANT"}, "content": text("two")},
                ],
            },
        },
        {
            "openai": {"messages": [("user", ["one"]), ("assistant", ["two"])]},
            "yandex": {"messages": [("user", ["one"]), ("assistant", ["two"])]},
        },
    ),
    # --- messages
    Row(
        "message",
        "a text of one part",
        {"openai": {"content": "hello"}, "yandex": {"content": text("hello")}},
        {
            "openai": {"role": "user", "content": [{"type": "text", "text": {"value": "hello", "annotations": []}}]},
            "yandex": {"author": {"role": "USER"}, "content": text("hello"), "status": "COMPLETED"},
        },
    ),
    Row(
        "message",
        "several parts",
        {
            "openai": {"content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
            "yandex": {"content": text("one", "two")},
        },
        {
            "openai": {"content": [{"text": {"value": "one"}}, {"text": {"value": "two"}}]},
            "yandex": {"content": text("one", "two")},
        },
    ),
    Row(
        "message",
        "an assistant's role",
        {
            "openai": {"role": "assistant", "content": "hello"},
            "yandex": {"author": {"id": "me", "role": "assistant"}, "content": text("hello")},
        },
        {"openai": {"role": "assistant"}, "yandex": {"author": {"role": "ASSISTANT"}}},
    ),
    Row(
        "message",
        "an author, whom OpenAI has no word for",
        {"yandex": {"author": {"id": "user-1", "role": "USER"}, "content": text("hello")}},
        {"openai": {"role": "user"}, "yandex": {"author": {"id": "user-1", "role": "USER"}}},
    ),
    Row(
        "message",
        "a role that OpenAI does not know is shown as a user's",
        {"yandex": {"author": {"id": "me", "role": "system"}, "content": text("hello")}},
        {"openai": {"role": "user"}, "yandex": {"author": {"role": "SYSTEM"}}},
    ),
    Row(
        "message",
        "labels",
        {
            "openai": {"content": "hello", "metadata": {"a": "b"}},
            "yandex": {"content": text("hello"), "labels": {"a": "b"}},
        },
        {"openai": {"metadata": {"a": "b"}}, "yandex": {"labels": {"a": "b"}}},
    ),
    Row(
        "message",
        "an image and a file beside it, which Yandex does not show",
        {
            "openai": {
                "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
                ],
                "attachments": [{"file_id": "{file}", "tools": [{"type": "file_search"}]}],
            }
        },
        {
            "openai": {
                "content": [{"type": "text"}, {"image_url": {"url": "https://example.org/a.png"}}],
                "attachments": [{"file_id": "{file}", "tools": [{"type": "file_search"}]}],
            },
            "yandex": {"content": text("look")},
        },
    ),
    # --- assistants
    same("assistant", "model", {"model": "gpt://f/m/latest"}, {"model_uri": "gpt://f/m/latest"}),
    same("assistant", "name", {"name": "n"}, {"name": "n"}),
    same("assistant", "description", {"description": "d"}, {"description": "d"}),
    same("assistant", "instructions", {"instructions": "Be brief."}, {"instruction": "Be brief."}),
    same("assistant", "labels", {"metadata": {"a": "b"}}, {"labels": {"a": "b"}}),
    same("assistant", "temperature", {"temperature": 0.25}, {"completion_options": {"temperature": 0.25}}),
    same(
        "assistant",
        "a function",
        {"tools": [{"type": "function", "function": FUNCTION}]},
        {"tools": [{"function": FUNCTION}]},
    ),
    Row(
        "assistant",
        "an index to search, and how many results",
        {
            "openai": {
                "tools": [{"type": "file_search", "file_search": {"max_num_results": 5}}],
                "tool_resources": {"file_search": {"vector_store_ids": ["{index}"]}},
            },
            "yandex": {"tools": [{"search_index": {"search_index_ids": ["{index}"], "max_num_results": "5"}}]},
        },
        {
            "openai": {
                "tools": [{"type": "file_search", "file_search": {"max_num_results": 5}}],
                "tool_resources": {"file_search": {"vector_store_ids": ["{index}"]}},
            },
            "yandex": {
                "tools": [
                    {
                        "search_index": {
                            "search_index_ids": ["{index}"],
                            "max_num_results": "5",
                            "call_strategy": {"always_call": {}},
                        }
                    }
                ]
            },
        },
    ),
    same(
        "assistant",
        "any JSON object as answer",
        {"response_format": {"type": "json_object"}},
        {"response_format": {"json_object": True}},
    ),
    Row(
        "assistant",
        "a schema for answers",
        {
            "openai": {
                "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMA}},
            },
            "yandex": {"response_format": {"json_schema": {"schema": SCHEMA}}},
        },
        {
            "openai": {"response_format": {"type": "json_schema", "json_schema": {"schema_": SCHEMA}}},
            "yandex": {"response_format": {"json_schema": {"schema": SCHEMA}}},
        },
    ),
    # --- files
    Row(
        "file",
        "name and bytes",
        {
            "openai": {"name": "notes.txt", "content": b"To be kept."},
            "yandex": {"name": "notes.txt", "content": b"To be kept."},
        },
        {
            "openai": {"filename": "notes.txt", "bytes": 11, "content": b"To be kept.", "purpose": "assistants"},
            "yandex": {"name": "notes.txt", "mime_type": "text/plain", "content": b"To be kept."},
        },
    ),
    # --- indexes
    same("index", "name", {"name": "n"}, {"name": "n"}),
    same("index", "labels", {"metadata": {"a": "b"}}, {"labels": {"a": "b"}}),
    Row(
        "index",
        "files",
        {"openai": {"file_ids": ["{file}"]}, "yandex": {"file_ids": ["{file}"]}},
        {"openai": {"files": {"{file}"}}, "yandex": {"files": {"{file}"}}},
    ),
    # --- runs
    Row(
        "run",
        "an answer, and what it cost",
        {"openai": {"said": "hello", "assistant": {}}, "yandex": {"said": "hello", "assistant": {}}},
        {
            "openai": {"status": "completed", "usage": {"prompt_tokens": 1, "completion_tokens": 3, "total_tokens": 4}},
            "yandex": {
                "state": {"status": "COMPLETED", "completed_message": {"content": text("You said: hello")}},
                "usage": {"prompt_tokens": "1", "completion_tokens": "3", "total_tokens": "4"},
            },
        },
    ),
    Row(
        "run",
        "calls that wait for results",
        {
            "openai": {"said": "add", "assistant": {"tools": [{"type": "function", "function": FUNCTION}]}},
            "yandex": {"said": "add", "assistant": {"tools": [{"function": FUNCTION}]}},
        },
        {
            "openai": {
                "status": "requires_action",
                "required_action": {
                    "submit_tool_outputs": {"tool_calls": [{"function": {"name": "add", "arguments": '{"n": 7}'}}]}
                },
            },
            "yandex": {
                "state": {
                    "status": "TOOL_CALLS",
                    "tool_call_list": {"tool_calls": [{"function_call": {"name": "add", "arguments": {"n": 7}}}]},
                }
            },
        },
    ),
    Row(
        "run",
        "a failure",
        {"openai": {"said": "break", "assistant": {}}, "yandex": {"said": "break", "assistant": {}}},
        {
            "openai": {"status": "failed", "last_error": {"code": "server_error"}},
            "yandex": {"state": {"status": "FAILED"}},
        },
    ),
    Row(
        "run",
        "an answer that was cut off",
        {"openai": {"said": "cut", "assistant": {}}, "yandex": {"said": "cut", "assistant": {}}},
        {
            "openai": {"status": "incomplete"},
            "yandex": {"state": {"status": "COMPLETED", "completed_message": {"status": "TRUNCATED"}}},
        },
    ),
    Row(
        "run",
        "labels",
        {
            "openai": {"said": "hello", "assistant": {}, "metadata": {"a": "b"}},
            "yandex": {"said": "hello", "assistant": {}, "labels": {"a": "b"}},
        },
        {"openai": {"metadata": {"a": "b"}}, "yandex": {"labels": {"a": "b"}}},
    ),
)

BY_YANDEX: tuple[Words, ...] = ({"name": "other", "update_mask": "name"}, {"name": "other"})
"""An update of one field, and one without a mask, which resets every field that the dialect knows."""

SURVIVORS = (
    Survivor(
        "thread",
        "files for code to work on",
        "openai",
        {"tool_resources": {"code_interpreter": {"file_ids": ["{file}"]}}},
        "yandex",
        BY_YANDEX,
        {"tool_resources": {"code_interpreter": {"file_ids": ["{file}"]}}},
    ),
    Survivor(
        "thread",
        "name, end and tools",
        "yandex",
        {
            "name": "n",
            "description": "d",
            "default_message_author_id": "me",
            "expiration_config": {"expiration_policy": "STATIC", "ttl_days": "3"},
            "tools": [{"function": FUNCTION}],
        },
        "openai",
        ({"metadata": {"a": "b"}}, {"metadata": None}, {}),
        {
            "name": "n",
            "description": "d",
            "default_message_author_id": "me",
            "expiration_config": {"expiration_policy": "STATIC", "ttl_days": "3"},
            "tools": [{"function": FUNCTION}],
        },
    ),
    Survivor(
        "thread",
        "a rephraser of a search",
        "yandex",
        {
            "tools": [
                {"search_index": {"search_index_ids": ["{index}"], "rephraser_options": {"rephraser_uri": "gpt://r"}}}
            ]
        },
        "openai",
        ({"metadata": {"a": "b"}},),
        {"tools": [{"search_index": {"rephraser_options": {"rephraser_uri": "gpt://r"}}}]},
    ),
    Survivor(
        "thread",
        "labels that are no strings, beside another that is changed",
        "core",
        {"metadata": {"n": 5, "s": "text"}},
        "yandex",
        ({"labels": {"n": "5", "s": "text", "more": "x"}, "update_mask": "labels"},),
        {"metadata": {"n": 5, "s": "text", "more": "x"}},
    ),
    Survivor(
        "message",
        "an author and several parts",
        "yandex",
        {"author": {"id": "user-1", "role": "MODERATOR"}, "content": text("one", "two")},
        "openai",
        ({"metadata": {"a": "b"}},),
        {"author": {"id": "user-1", "role": "MODERATOR"}, "content": text("one", "two"), "labels": {"a": "b"}},
    ),
    Survivor(
        "assistant",
        "sampling, reasoning and code",
        "openai",
        {"top_p": 0.5, "reasoning_effort": "low", "tools": [{"type": "code_interpreter"}]},
        "yandex",
        BY_YANDEX,
        {"top_p": 0.5, "reasoning_effort": "low", "tools": [{"type": "code_interpreter"}]},
    ),
    Survivor(
        "assistant",
        "strictness of schemas that come back as they were shown",
        "openai",
        {
            "tools": [{"type": "function", "function": FUNCTION | {"strict": True}}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMA, "strict": True}},
        },
        "yandex",
        (
            {"name": "other", "update_mask": "name"},
            {
                "tools": [{"function": FUNCTION}],
                "response_format": {"json_schema": {"schema": SCHEMA}},
                "update_mask": "tools,responseFormat",
            },
        ),
        {
            "tools": [{"function": {"name": "add", "strict": True}}],
            "response_format": {"json_schema": {"name": "s", "strict": True}},
        },
    ),
    Survivor(
        "assistant",
        "truncation, limits and a web search",
        "yandex",
        {
            "prompt_truncation_options": {
                "max_prompt_tokens": "5000",
                "last_messages_strategy": {"num_messages": "3"},
            },
            "completion_options": {"max_tokens": "100"},
            "expiration_config": {"expiration_policy": "STATIC", "ttl_days": "3"},
            "tools": [{"gen_search": {"description": "the news", "options": {"enable_nrfm_docs": True}}}],
        },
        "openai",
        ({"name": "other"}, {"temperature": 0.5, "instructions": "Be brief."}),
        {
            "prompt_truncation_options": {
                "max_prompt_tokens": "5000",
                "last_messages_strategy": {"num_messages": "3"},
            },
            "completion_options": {"max_tokens": "100"},
            "expiration_config": {"expiration_policy": "STATIC", "ttl_days": "3"},
            "tools": [{"gen_search": {"description": "the news", "options": {"enable_nrfm_docs": True}}}],
        },
    ),
    Survivor(
        "index",
        "a description and a kind",
        "yandex",
        {"description": "d", "vector_search_index": {"doc_embedder_uri": "emb://a", "query_embedder_uri": "emb://b"}},
        "openai",
        ({"name": "other"},),
        {"description": "d", "vector_search_index": {"doc_embedder_uri": "emb://a", "query_embedder_uri": "emb://b"}},
    ),
    Survivor(
        "file",
        "what it is for, and its bytes",
        "openai",
        {"name": "notes.txt", "content": b"To be kept."},
        "yandex",
        BY_YANDEX,
        {"purpose": "assistants", "bytes": 11, "content": b"To be kept.", "filename": "other"},
    ),
)
