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


def same(noun: str, name: str, openai: Words, yandex: Words, literal: Words | None = None) -> Row:
    """A field that all of these say, and show as they said it."""
    them = {"openai": openai, "yandex": yandex, **({"literal": literal} if literal is not None else {})}
    return Row(noun, name, them, them)


def said(content: str, speaker: str = "user", **more: Any) -> Words:
    """A message, as Literal AI's clients say it."""
    return {"type": f"{speaker}_message", "output": {"content": content, **more}}


def begun(second: int) -> Words:
    """When a step began."""
    return {"startTime": f"2026-01-01T00:00:0{second}Z"}


TOLD = [("user", ["add"]), ("assistant", ["It is 7."])]
TREE = [
    ("user_message", None),
    ("run", None),
    ("llm", "run"),
    ("tool", "llm"),
    ("llm", "run"),
    ("assistant_message", "llm"),
]
"""The steps of a thread with one tool call, each with the type of its parent."""

ROWS = (
    # --- threads
    same(
        "thread",
        "labels",
        {"metadata": {"a": "b", "c": ""}},
        {"labels": {"a": "b", "c": ""}},
        {"metadata": {"a": "b", "c": ""}},
    ),
    Row(
        "thread",
        "a name, which OpenAI has no word for",
        {"yandex": {"name": "n", "labels": {"a": "b"}}, "literal": {"name": "n", "metadata": {"a": "b"}}},
        {
            "openai": {"metadata": {"a": "b"}},
            "yandex": {"name": "n", "labels": {"a": "b"}},
            "literal": {"name": "n", "metadata": {"a": "b"}},
        },
    ),
    Row(
        "thread",
        "tags, an environment and a participant, which only Literal AI has words for",
        {"literal": {"tags": ["x", "y"], "environment": "staging", "participantId": "ada", "metadata": {"a": "b"}}},
        {
            "openai": {"metadata": {"a": "b"}},
            "yandex": {"labels": {"a": "b"}},
            "literal": {"tags": ["x", "y"], "environment": "staging", "participant": {"identifier": "ada"}},
        },
    ),
    Row(
        "thread",
        "name and description, which OpenAI has no words for",
        {"yandex": {"name": "n", "description": "d", "labels": {"a": "b"}}},
        {"openai": {"metadata": {"a": "b"}}, "yandex": {"name": "n", "description": "d"}},
    ),
    Row(
        "thread",
        "labels that are no strings",
        {
            "core": {"metadata": {"n": 5, "list": [1, "two"], "s": "text", "none": None}},
            "literal": {"metadata": {"n": 5, "list": [1, "two"], "s": "text", "none": None}},
        },
        {
            "literal": {"metadata": {"n": 5, "list": [1, "two"], "s": "text", "none": None}},
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
            "literal": {"messages": [said("one"), said("two", "assistant")]},
        },
        {
            "literal": {"messages": [("user", ["one"]), ("assistant", ["two"])]},
            "openai": {"messages": [("user", ["one"]), ("assistant", ["two"])]},
            "yandex": {"messages": [("user", ["one"]), ("assistant", ["two"])]},
        },
    ),
    # --- messages
    Row(
        "message",
        "a text of one part",
        {"openai": {"content": "hello"}, "yandex": {"content": text("hello")}, "literal": said("hello")},
        {
            "literal": said("hello"),
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
            "literal": said("one\n\ntwo"),
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
            "literal": said("hello", "assistant"),
        },
        {
            "openai": {"role": "assistant"},
            "yandex": {"author": {"role": "ASSISTANT"}},
            "literal": said("hello", "assistant"),
        },
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
        {
            "yandex": {"author": {"id": "me", "role": "system"}, "content": text("hello")},
            "literal": said("hello", "system"),
        },
        {
            "openai": {"role": "user"},
            "yandex": {"author": {"role": "SYSTEM"}},
            "literal": said("hello", "system"),
        },
    ),
    Row(
        "message",
        "more than a text, tags, scores and a name, which only Literal AI has words for",
        {
            "literal": said("hello", more=[1])
            | {"tags": ["x"], "name": "Ada", "scores": [{"id": "s", "name": "good", "type": "HUMAN", "value": 1}]}
        },
        {
            "openai": {"content": [{"text": {"value": "hello"}}]},
            "yandex": {"content": text("hello")},
            "literal": said("hello", more=[1])
            | {"tags": ["x"], "name": "Ada", "scores": [{"name": "good", "value": 1}]},
        },
    ),
    Row(
        "message",
        "what was said is the input where there is no output",
        {"literal": {"input": {"content": "hello"}}},
        {
            "openai": {"content": [{"text": {"value": "hello"}}]},
            "yandex": {"content": text("hello")},
            "literal": {"input": {"content": "hello"}, "output": None},
        },
    ),
    Row(
        "message",
        "labels",
        {
            "openai": {"content": "hello", "metadata": {"a": "b"}},
            "yandex": {"content": text("hello"), "labels": {"a": "b"}},
            "literal": said("hello") | {"metadata": {"a": "b"}},
        },
        {
            "openai": {"metadata": {"a": "b"}},
            "yandex": {"labels": {"a": "b"}},
            "literal": {"metadata": {"a": "b"}},
        },
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
            "literal": said("look"),
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
            "literal": {"type": "run", "error": None},
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
            "literal": {"type": "run", "error": "out of order"},
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
        {
            "openai": {"metadata": {"a": "b"}},
            "yandex": {"labels": {"a": "b"}},
            "literal": {"type": "run", "metadata": {"a": "b"}},
        },
    ),
    # --- trees: a thread in which a run called a tool
    Row(
        "tree",
        "a run that our engine performed, with a tool call",
        {
            "openai": {
                "said": "add",
                "assistant": {"tools": [{"type": "function", "function": FUNCTION}]},
                "output": "seven",
            },
            "yandex": {"said": "add", "assistant": {"tools": [{"function": FUNCTION}]}, "output": "seven"},
        },
        {
            "openai": {"messages": TOLD, "runs": [["tool_calls", "message_creation"]]},
            "yandex": {"messages": TOLD},
            "literal": {
                "messages": TOLD,
                "tree": TREE,
                "steps": [
                    {},
                    {"type": "run", "error": None},
                    {"generation": {"type": "CHAT", "messageCompletion": {"role": "assistant"}}},
                    {"name": "add", "input": {"n": 7}, "output": {"content": "seven"}},
                    {"generation": {"type": "CHAT", "messageCompletion": {"content": "It is 7."}}},
                    {"output": {"content": "It is 7."}},
                ],
            },
        },
    ),
    Row(
        "tree",
        "a run that an app performed and told of, with a tool call",
        {
            "literal": {
                # As the clients do it: a step is told when it ends, so children are there before their parents.
                "steps": [
                    {"name": "user"} | said("add") | begun(0),
                    {"name": "add", "type": "tool", "parentId": "ask", "input": {"n": 7}} | begun(3),
                    {"name": "ask", "type": "llm", "parentId": "work", "generation": {"messages": []}} | begun(2),
                    {"name": "bot", "parentId": "ask again"} | said("It is 7.", "assistant") | begun(5),
                    {"name": "ask again", "type": "llm", "parentId": "work"} | begun(4),
                    {"name": "work", "type": "run"} | begun(1),
                ]
            }
        },
        {
            "openai": {"messages": TOLD, "runs": []},
            "yandex": {"messages": TOLD},
            "literal": {"messages": TOLD, "tree": TREE},
        },
    ),
)

BY_YANDEX: tuple[Words, ...] = ({"name": "other", "update_mask": "name"}, {"name": "other"})
"""An update of one field, and one without a mask, which resets every field that the dialect knows."""

BY_LITERAL: tuple[Words, ...] = ({"name": "other"}, {"metadata": {"a": "b"}, "tags": ["x"], "participantId": "bob"})
TOLD_AGAIN: tuple[Words, ...] = (
    {"metadata": {"a": "b"}, "tags": ["x"], "name": "other"},
    {"output": {"content": "look"}},
    {"scores": [{"name": "good", "type": "AI", "value": 1}]},
)
"""What Literal AI's clients may say of a message whose text stays."""

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
        "files for code, through an update by Literal AI's words",
        "openai",
        {"tool_resources": {"code_interpreter": {"file_ids": ["{file}"]}}, "metadata": {"k": "v"}},
        "literal",
        BY_LITERAL,
        {"tool_resources": {"code_interpreter": {"file_ids": ["{file}"]}}},
    ),
    Survivor(
        "thread",
        "description, author, end and tools, through an update by Literal AI's words",
        "yandex",
        {
            "description": "d",
            "default_message_author_id": "me",
            "expiration_config": {"expiration_policy": "STATIC", "ttl_days": "3"},
            "tools": [{"function": FUNCTION}],
        },
        "literal",
        BY_LITERAL,
        {
            "description": "d",
            "default_message_author_id": "me",
            "expiration_config": {"expiration_policy": "STATIC", "ttl_days": "3"},
            "tools": [{"function": FUNCTION}],
        },
    ),
    Survivor(
        "thread",
        "tags, environment, participant and name",
        "literal",
        {"name": "n", "tags": ["x"], "environment": "staging", "participantId": "ada"},
        "openai",
        ({"metadata": {"a": "b"}}, {"metadata": None}, {}),
        {"name": "n", "tags": ["x"], "environment": "staging", "participant": {"identifier": "ada"}},
    ),
    Survivor(
        "thread",
        "tags, environment and participant",
        "literal",
        {"tags": ["x"], "environment": "staging", "participantId": "ada"},
        "yandex",
        BY_YANDEX,
        {"tags": ["x"], "environment": "staging", "participant": {"identifier": "ada"}, "name": "other"},
    ),
    Survivor(
        "message",
        "an image and a file beside it",
        "openai",
        {
            "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
            ],
            "attachments": [{"file_id": "{file}", "tools": [{"type": "file_search"}]}],
        },
        "literal",
        TOLD_AGAIN,
        {
            "content": [{"type": "text"}, {"image_url": {"url": "https://example.org/a.png"}}],
            "attachments": [{"file_id": "{file}", "tools": [{"type": "file_search"}]}],
        },
    ),
    Survivor(
        "message",
        "an author, a role that only it knows, and its end",
        "yandex",
        {"author": {"id": "user-1", "role": "MODERATOR"}, "content": text("look")},
        "literal",
        TOLD_AGAIN,
        {"author": {"id": "user-1", "role": "MODERATOR"}, "content": text("look"), "status": "COMPLETED"},
    ),
    Survivor(
        "message",
        "more than a text, tags, scores and a name",
        "literal",
        said("look", more=[1])
        | {"tags": ["x"], "name": "Ada", "scores": [{"name": "good", "type": "HUMAN", "value": 1}]},
        "openai",
        ({"metadata": {"a": "b"}}, {"metadata": None}),
        said("look", more=[1]) | {"tags": ["x"], "name": "Ada", "scores": [{"name": "good", "value": 1}]},
    ),
    Survivor(
        "run",
        "how it ended, and its words",
        "openai",
        {"said": "hello", "assistant": {}, "instructions": "Be brief.", "metadata": {"a": "b"}},
        "literal",
        (
            {"type": "tool", "name": "mine", "output": {"content": "no"}, "error": "no"},
            {"input": {"instructions": "no"}, "endTime": "2020-01-01T00:00:00Z"},
        ),
        {"status": "completed", "instructions": "Be brief.", "metadata": {"a": "b"}, "last_error": None},
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
