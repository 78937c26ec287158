"""What may be asked: the shape of every request body and query of the assistants' side.

A body is a `Shape`, a query a tuple of `Field`. Names say the noun, then the call. The limits are OpenAI's own. That
an id exists, or begins as its kind does, is not looked at here: ids of other dialects look otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clew.dialects.openai.fields import (
    Array,
    Attributes,
    Decimal,
    Either,
    Fault,
    Field,
    Flag,
    Free,
    Metadata,
    Object,
    Shape,
    Tagged,
    Text,
    Whole,
    missing,
    read_query,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT_MAX: Final = 256_000
FILTER_DEPTH_MAX: Final = 8
"""How deep the filters of a search may be nested. OpenAI gives no number; without one a stack could be exhausted."""

_ANY_TEXT: Final = Text()
_WORD: Final = Text(min=1)
_METADATA: Final = Field("metadata", Metadata(), nullable=True)


def _one_of(*values: str) -> Text:
    return Text(values=values)


# --- tools and formats: shared by assistants and runs -------------------------------------------------------------

_NAME: Final = Text(min=1, max=64, pattern="^[a-zA-Z0-9_-]+$")

_RANKING: Final = Object(
    Field("ranker", _one_of("auto", "default_2024_08_21")),
    Field("score_threshold", Decimal(0, 1), required=True),
)
_SEARCH_OPTIONS: Final = Object(Field("max_num_results", Whole(1, 50)), Field("ranking_options", _RANKING))
_FUNCTION: Final = Object(
    Field("name", _NAME, required=True),
    Field("description", _ANY_TEXT),
    Field("parameters", Free()),
    Field("strict", Flag(), nullable=True),
)
_TOOL: Final = Tagged(
    "type",
    {
        "code_interpreter": Object(),
        "file_search": Object(Field("file_search", _SEARCH_OPTIONS)),
        "function": Object(Field("function", _FUNCTION, required=True)),
    },
)
_TOOLS: Final = Array(_TOOL, max=128)

_JSON_SCHEMA: Final = Object(
    Field("name", _NAME, required=True),
    Field("description", _ANY_TEXT),
    Field("schema", Free()),
    Field("strict", Flag(), nullable=True),
)
_RESPONSE_FORMAT: Final = Either(
    _one_of("auto"),
    Tagged(
        "type",
        {
            "text": Object(),
            "json_object": Object(),
            "json_schema": Object(Field("json_schema", _JSON_SCHEMA, required=True)),
        },
    ),
)

_NAMED: Final = Object(Field("name", _WORD, required=True))
_TOOL_CHOICE: Final = Either(
    _one_of("none", "auto", "required"),
    Tagged(
        "type",
        {
            "function": Object(Field("function", _NAMED, required=True)),
            "code_interpreter": Object(Field("function", _NAMED)),
            "file_search": Object(Field("function", _NAMED)),
        },
    ),
)


# --- chunking and tool resources ----------------------------------------------------------------------------------


def _overlap_fits(sizes: dict[str, Any]) -> None:
    most, overlap = sizes["max_chunk_size_tokens"] // 2, sizes["chunk_overlap_tokens"]
    if overlap > most:
        tail = f"': integer above maximum value. Expected a value <= {most}, but got {overlap} instead."
        raise Fault("integer_above_max_value", "Invalid '", tail, at="chunk_overlap_tokens")


_SIZES: Final = Object(
    Field("max_chunk_size_tokens", Whole(100, 4096), required=True),
    Field("chunk_overlap_tokens", Whole(), required=True),
    rule=_overlap_fits,
)
_CHUNKING: Final = Field(
    "chunking_strategy",
    Tagged("type", {"auto": Object(), "static": Object(Field("static", _SIZES, required=True))}),
)

_CODE_FILES: Final = Field("code_interpreter", Object(Field("file_ids", Array(_WORD, max=20))))
_STORE_IDS: Final = Field("vector_store_ids", Array(_WORD, max=1))
_INLINE_STORE: Final = Object(Field("file_ids", Array(_WORD, max=10_000)), _CHUNKING, _METADATA)
_INLINE_STORES: Final = Field("vector_stores", Array(_INLINE_STORE, max=1))

_RESOURCES_NEW: Final = Field(
    "tool_resources",
    Object(
        _CODE_FILES,
        Field("file_search", Object(_STORE_IDS, _INLINE_STORES, only_one_of=("vector_store_ids", "vector_stores"))),
    ),
    nullable=True,
)
"""For a new assistant or thread: a vector store may be described in place of its id."""

_RESOURCES: Final = Field(
    "tool_resources", Object(_CODE_FILES, Field("file_search", Object(_STORE_IDS))), nullable=True
)


# --- lists --------------------------------------------------------------------------------------------------------

_ORDER: Final = Field("order", _one_of("asc", "desc"))
_AFTER: Final = Field("after", _ANY_TEXT)

LIST_QUERY: Final = (Field("limit", Whole(1, 100)), _ORDER, _AFTER, Field("before", _ANY_TEXT))
"""Assistants, runs and vector stores; the lists below add to it."""


# --- assistants ---------------------------------------------------------------------------------------------------

_EFFORT: Final = Field(
    "reasoning_effort", _one_of("none", "minimal", "low", "medium", "high", "xhigh", "max"), nullable=True
)
_TEMPERATURE: Final = Field("temperature", Decimal(0, 2), nullable=True)
_TOP_P: Final = Field("top_p", Decimal(0, 1), nullable=True)
_FORMAT: Final = Field("response_format", _RESPONSE_FORMAT, nullable=True)
_INSTRUCTIONS: Final = Field("instructions", Text(max=TEXT_MAX), nullable=True)


def _assistant(model: Field, resources: Field) -> Object:
    return Object(
        model,
        Field("name", Text(max=256), nullable=True),
        Field("description", Text(max=512), nullable=True),
        _INSTRUCTIONS,
        Field("tools", _TOOLS),
        resources,
        _METADATA,
        _TEMPERATURE,
        _TOP_P,
        _FORMAT,
        _EFFORT,
    )


ASSISTANT_CREATE: Final = _assistant(Field("model", _WORD, required=True), _RESOURCES_NEW)
ASSISTANT_MODIFY: Final = _assistant(Field("model", _WORD), _RESOURCES)


# --- messages -----------------------------------------------------------------------------------------------------

_DETAIL: Final = Field("detail", _one_of("auto", "low", "high"))
_IMAGE_FILE: Final = Object(Field("file_id", _WORD, required=True), _DETAIL)
_IMAGE_URL: Final = Object(Field("url", _WORD, required=True), _DETAIL)
_PART: Final = Tagged(
    "type",
    {
        "text": Object(Field("text", _ANY_TEXT, required=True)),
        "image_file": Object(Field("image_file", _IMAGE_FILE, required=True)),
        "image_url": Object(Field("image_url", _IMAGE_URL, required=True)),
    },
)
_ATTACHMENT: Final = Object(
    Field("file_id", _WORD, required=True),
    Field("tools", Array(Tagged("type", {"code_interpreter": Object(), "file_search": Object()}))),
)

MESSAGE_CREATE: Final = Object(
    Field("role", _one_of("user", "assistant"), required=True),
    Field("content", Either(Text(min=1, max=TEXT_MAX), Array(_PART, min=1)), required=True),
    Field("attachments", Array(_ATTACHMENT), nullable=True),
    _METADATA,
)
MESSAGE_MODIFY: Final = Object(_METADATA)
MESSAGES_QUERY: Final = (*LIST_QUERY, Field("run_id", _ANY_TEXT))


# --- threads ------------------------------------------------------------------------------------------------------

THREAD_CREATE: Final = Object(Field("messages", Array(MESSAGE_CREATE)), _RESOURCES_NEW, _METADATA)
THREAD_MODIFY: Final = Object(_RESOURCES, _METADATA)


# --- runs and their steps -----------------------------------------------------------------------------------------

_TRUNCATION: Final = Object(
    Field("type", _one_of("auto", "last_messages"), required=True),
    Field("last_messages", Whole(1), nullable=True),
)
_STREAM: Final = Field("stream", Flag(), nullable=True)
_RUN_FIELDS: Final = (
    Field("model", _WORD, nullable=True),
    _INSTRUCTIONS,
    Field("tools", _TOOLS, nullable=True),
    _METADATA,
    _TEMPERATURE,
    _TOP_P,
    _STREAM,
    Field("max_prompt_tokens", Whole(256), nullable=True),
    Field("max_completion_tokens", Whole(256), nullable=True),
    Field("truncation_strategy", _TRUNCATION, nullable=True),
    Field("tool_choice", _TOOL_CHOICE, nullable=True),
    Field("parallel_tool_calls", Flag()),
    _FORMAT,
)
_ASSISTANT_ID: Final = Field("assistant_id", _WORD, required=True)

RUN_CREATE: Final = Object(
    _ASSISTANT_ID,
    *_RUN_FIELDS,
    Field("additional_instructions", _ANY_TEXT, nullable=True),
    Field("additional_messages", Array(MESSAGE_CREATE), nullable=True),
    _EFFORT,
)
THREAD_AND_RUN_CREATE: Final = Object(_ASSISTANT_ID, Field("thread", THREAD_CREATE), _RESOURCES, *_RUN_FIELDS)
RUN_MODIFY: Final = Object(_METADATA)
RUN_SUBMIT: Final = Object(
    Field(
        "tool_outputs",
        Array(Object(Field("tool_call_id", _ANY_TEXT), Field("output", _ANY_TEXT))),
        required=True,
    ),
    _STREAM,
)
EMPTY: Final = Object()
"""Calls without a body, such as a cancel: `{}` is what an empty one is read as."""

_INCLUDE: Final = Field("include", Array(_one_of("step_details.tool_calls[*].file_search.results[*].content")))

RUN_CREATE_QUERY: Final = (_INCLUDE,)
STEP_QUERY: Final = (_INCLUDE,)
STEPS_QUERY: Final = (*LIST_QUERY, _INCLUDE)
EVENTS_QUERY: Final = (Field("after", Whole(0)),)
"""`after` is the number of an event."""


# --- files and uploads --------------------------------------------------------------------------------------------

_AFTER_CREATION: Final = Object(
    Field("anchor", _one_of("created_at"), required=True),
    Field("seconds", Whole(3_600, 2_592_000), required=True),
)
_EXPIRY_KEYS: Final = {f"expires_after[{field.name}]": field for field in _AFTER_CREATION.fields}

FILE_CREATE_FORM: Final = (
    Field("purpose", _one_of("assistants", "batch", "fine-tune", "vision", "user_data", "evals"), required=True),
    *(Field(name, field.shape) for name, field in _EXPIRY_KEYS.items()),
)
"""The text parts of the multipart form beside `file`. `read_file_form` reads them."""

FILES_QUERY: Final = (Field("purpose", _ANY_TEXT), Field("limit", Whole(1, 10_000)), _ORDER, _AFTER)

UPLOAD_CREATE: Final = Object(
    Field("filename", _WORD, required=True),
    Field("purpose", _one_of("assistants", "batch", "fine-tune", "vision"), required=True),
    Field("bytes", Whole(0), required=True),
    Field("mime_type", _ANY_TEXT, required=True),
    Field("expires_after", _AFTER_CREATION),
)
UPLOAD_COMPLETE: Final = Object(Field("part_ids", Array(_WORD), required=True), Field("md5", _ANY_TEXT))


def read_file_form(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """The form's text parts: `purpose`, and `expires_after` as an object. Raises `Refusal`."""
    form = read_query(FILE_CREATE_FORM, pairs)
    expiry = {field.name: form.pop(name) for name, field in _EXPIRY_KEYS.items() if name in form}
    if expiry:
        form["expires_after"] = _AFTER_CREATION.read(expiry, "expires_after")
    return form


# --- vector stores ------------------------------------------------------------------------------------------------

_AFTER_ACTIVITY: Final = Object(
    Field("anchor", _one_of("last_active_at"), required=True),
    Field("days", Whole(1, 365), required=True),
)
_ATTRIBUTES: Final = Field("attributes", Attributes(), nullable=True)
_FILE_ID: Final = Field("file_id", _WORD, required=True)

STORE_CREATE: Final = Object(
    Field("file_ids", Array(_WORD, max=500)),
    Field("name", _ANY_TEXT),
    Field("description", _ANY_TEXT),
    Field("expires_after", _AFTER_ACTIVITY),
    _CHUNKING,
    _METADATA,
)
STORE_MODIFY: Final = Object(
    Field("name", _ANY_TEXT, nullable=True),
    Field("expires_after", _AFTER_ACTIVITY, nullable=True),
    _METADATA,
)
STORE_FILE_CREATE: Final = Object(_FILE_ID, _ATTRIBUTES, _CHUNKING)
STORE_FILE_MODIFY: Final = Object(Field("attributes", Attributes(), required=True, nullable=True))
STORE_FILES_QUERY: Final = (*LIST_QUERY, Field("filter", _one_of("in_progress", "completed", "failed", "cancelled")))


def _has_files(batch: dict[str, Any]) -> None:
    if "file_ids" not in batch and "files" not in batch:
        raise missing("file_ids")


STORE_BATCH_CREATE: Final = Object(
    Field("file_ids", Array(_WORD, min=1, max=2_000)),
    Field("files", Array(STORE_FILE_CREATE, min=1, max=2_000)),
    _ATTRIBUTES,
    _CHUNKING,
    only_one_of=("file_ids", "files"),
    rule=_has_files,
)

_KEY: Final = Field("key", _ANY_TEXT, required=True)
_SCALAR: Final = Field("value", Either(_ANY_TEXT, Decimal(), Flag()), required=True)
_ORDERED: Final = Field("value", Either(_ANY_TEXT, Decimal()), required=True)
_SCALARS: Final = Field("value", Array(Either(_ANY_TEXT, Decimal())), required=True)


def _filter(depth: int) -> Shape:
    """A filter of a search that may be nested `depth` levels deep."""
    variants: dict[str, Object] = dict.fromkeys(("eq", "ne"), Object(_KEY, _SCALAR))
    variants |= dict.fromkeys(("gt", "gte", "lt", "lte"), Object(_KEY, _ORDERED))
    variants |= dict.fromkeys(("in", "nin"), Object(_KEY, _SCALARS))
    if depth > 1:
        several = Field("filters", Array(_filter(depth - 1)), required=True)
        variants |= dict.fromkeys(("and", "or"), Object(several))
    return Tagged("type", variants)


def _ranking(rankers: Sequence[str]) -> Object:
    return Object(Field("ranker", Text(values=rankers)), Field("score_threshold", Decimal(0, 1)))


STORE_SEARCH: Final = Object(
    Field("query", Either(_ANY_TEXT, Array(_WORD)), required=True),
    Field("rewrite_query", Flag()),
    Field("max_num_results", Whole(1, 50)),
    Field("filters", _filter(FILTER_DEPTH_MAX)),
    Field("ranking_options", _ranking(("none", "auto", "default-2024-11-15"))),
)
