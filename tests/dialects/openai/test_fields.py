"""Shapes of requests: one row for each way to be wrong, and what a right value becomes."""

import msgspec
import pytest

from clew.dialects.openai.fields import (
    Array,
    Attributes,
    Decimal,
    Either,
    Field,
    Flag,
    Free,
    Metadata,
    Object,
    Tagged,
    Text,
    Whole,
    check_id,
    read_query,
)
from clew.dialects.openai.refusal import Refusal

NAME = Text(min=1, max=64, pattern="^[a-zA-Z0-9_-]+$")
TOOL = Tagged(
    "type",
    {
        "code": Object(),
        "function": Object(Field("function", Object(Field("name", NAME, required=True)), required=True)),
    },
)
BODY = Object(
    Field("assistant_id", Text(), required=True),
    Field("name", Text(max=8)),
    Field("role", Text(values=("user", "assistant"))),
    Field("max_prompt_tokens", Whole(256, 1000)),
    Field("temperature", Decimal(0, 2), nullable=True),
    Field("stream", Flag()),
    Field("content", Either(Text(min=1, max=8), Array(TOOL, min=1))),
    Field("tools", Array(TOOL, max=2)),
    Field("x", Text(min=1)),
    Field("two", Array(Text(), min=2)),
    Field("long", Text(min=2)),
    Field("metadata", Metadata(), nullable=True),
    Field("attributes", Attributes()),
    Field("schema", Free()),
    Field("previous_response_id", Text()),
    Field("conversation", Text()),
    only_one_of=("previous_response_id", "conversation"),
)

REFUSED = [
    ({}, "missing_required_parameter", "assistant_id", "Missing required parameter: 'assistant_id'."),
    ({"foo": 1}, "unknown_parameter", "foo", "Unknown parameter: 'foo'."),
    ({"name": 1}, "invalid_type", "name", "Invalid type for 'name': expected a string, but got an integer instead."),
    (
        {"assistant_id": None},
        "invalid_type",
        "assistant_id",
        "Invalid type for 'assistant_id': expected a string, but got null instead.",
    ),
    (
        {"stream": "yes"},
        "invalid_type",
        "stream",
        "Invalid type for 'stream': expected a boolean, but got a string instead.",
    ),
    (
        {"tools": {}},
        "invalid_type",
        "tools",
        "Invalid type for 'tools': expected an array of objects, but got an object instead.",
    ),
    (
        {"temperature": []},
        "invalid_type",
        "temperature",
        "Invalid type for 'temperature': expected a decimal, but got an array instead.",
    ),
    (
        {"max_prompt_tokens": 256.0},
        "invalid_type",
        "max_prompt_tokens",
        "Invalid type for 'max_prompt_tokens': expected an integer, but got a decimal number instead.",
    ),
    (
        {"max_prompt_tokens": True},
        "invalid_type",
        "max_prompt_tokens",
        "Invalid type for 'max_prompt_tokens': expected an integer, but got a boolean instead.",
    ),
    (
        {"content": 1},
        "invalid_type",
        "content",
        "Invalid type for 'content': expected one of a string or an array of objects, but got an integer instead.",
    ),
    (
        {"role": "system"},
        "invalid_value",
        "role",
        "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
    ),
    (
        {"max_prompt_tokens": 1001},
        "integer_above_max_value",
        "max_prompt_tokens",
        "Invalid 'max_prompt_tokens': integer above maximum value. Expected a value <= 1000, but got 1001 instead.",
    ),
    (
        {"max_prompt_tokens": 10},
        "integer_below_min_value",
        "max_prompt_tokens",
        "Invalid 'max_prompt_tokens': integer below minimum value. Expected a value >= 256, but got 10 instead.",
    ),
    (
        {"temperature": 3},
        "decimal_above_max_value",
        "temperature",
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
    ),
    (
        {"temperature": -0.5},
        "decimal_below_min_value",
        "temperature",
        "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
    ),
    (
        {"content": "x" * 9},
        "string_above_max_length",
        "content",
        (
            "Invalid 'content': string too long. "
            "Expected a string with maximum length 8, but got a string with length 9 instead."
        ),
    ),
    (
        {"x": ""},
        "empty_string",
        "x",
        "Invalid 'x': empty string. Expected a string with minimum length 1, but got an empty string instead.",
    ),
    (
        {"long": "x"},
        "string_below_min_length",
        "long",
        (
            "Invalid 'long': string too short. "
            "Expected a string with minimum length 2, but got a string with length 1 instead."
        ),
    ),
    (
        {"tools": [{"type": "code"}] * 3},
        "array_above_max_length",
        "tools",
        (
            "Invalid 'tools': array too long. "
            "Expected an array with maximum length 2, but got an array with length 3 instead."
        ),
    ),
    (
        {"content": []},
        "empty_array",
        "content",
        "Invalid 'content': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    ),
    (
        {"two": ["x"]},
        "array_below_min_length",
        "two",
        (
            "Invalid 'two': array too short. "
            "Expected an array with minimum length 2, but got an array with length 1 instead."
        ),
    ),
    (
        {"metadata": {f"k{n}": "" for n in range(17)}},
        "object_above_max_properties",
        "metadata",
        (
            "Invalid 'metadata': too many properties. "
            "Expected an object with at most 16 properties, but got an object with 17 properties instead."
        ),
    ),
    (
        {"metadata": {"k" * 70: ""}},
        "property_name_above_max_length",
        "metadata",
        (
            "Invalid property name in 'metadata': 'kkk...kkk' is too long. "
            "Expected a string with maximum length 64, but got a string with length 70 instead."
        ),
    ),
    (
        {"metadata": {"k": "v" * 600}},
        "string_above_max_length",
        "metadata.k",
        (
            "Invalid 'metadata.k': string too long. "
            "Expected a string with maximum length 512, but got a string with length 600 instead."
        ),
    ),
    (
        {"metadata": {"k": 1}},
        "invalid_type",
        "metadata.k",
        "Invalid type for 'metadata.k': expected a string, but got an integer instead.",
    ),
    (
        {"metadata": "k"},
        "invalid_type",
        "metadata",
        "Invalid type for 'metadata': expected a metadata object, but got a string instead.",
    ),
    (
        {"attributes": {"k": None}},
        "invalid_type",
        "attributes.k",
        "Invalid type for 'attributes.k': expected one of a string, a decimal, or a boolean, but got null instead.",
    ),
    (
        {"tools": [{"type": "function", "function": {"name": "a b"}}]},
        "invalid_value",
        "tools[0].function.name",
        (
            "Invalid 'tools[0].function.name': string does not match pattern. "
            "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        ),
    ),
    (
        {"tools": [{"type": "code"}, {"type": "retrieval"}]},
        "invalid_value",
        "tools[1].type",
        "Invalid value: 'retrieval'. Supported values are: 'code' and 'function'.",
    ),
    ({"tools": [{}]}, "missing_required_parameter", "tools[0].type", "Missing required parameter: 'tools[0].type'."),
    (
        {"tools": [{"type": "code", "y": 1}]},
        "unknown_parameter",
        "tools[0].y",
        "Unknown parameter: 'tools[0].y'.",
    ),
    (
        {"previous_response_id": "r", "conversation": "c"},
        "mutually_exclusive_parameters",
        None,
        (
            "Mutually exclusive parameters: ''. "
            "Ensure you are only providing one of: 'previous_response_id' or 'conversation'."
        ),
    ),
]


def refused(shape, value, path=""):
    with pytest.raises(Refusal) as caught:
        shape.read(value, path)
    return caught.value


@pytest.mark.parametrize(("said", "code", "param", "message"), REFUSED)
def test_what_is_wrong_is_said_exactly(said, code, param, message):
    body = said if code == "missing_required_parameter" and not said else {"assistant_id": "a"} | said
    refusal = refused(BODY, body)
    assert refusal.status == 400
    assert refusal.body()["error"] == {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": code,
    }


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (Text(max=2), "é😀"),
        (Text(), "a\x00b"),
        (NAME, "x" * 64),
        (Whole(1, 100), 1),
        (Whole(1, 100), 100),
        (Decimal(0, 2), 0),
        (Decimal(0, 2), 2.0),
        (Decimal(), 10**300),
        (Flag(), False),
        (Array(Text(), min=1, max=2), ["a", "b"]),
        (Metadata(), {f"{n:064}": "v" * 512 for n in range(16)}),
        (Attributes(), {"a": "x", "b": 1, "c": 0.5, "d": True}),
        (Free(), {"type": "object", "anything": [None, {"at": ["all"]}]}),
    ],
)
def test_a_value_at_the_edge_comes_back_as_it_was(shape, value):
    assert shape.read(value, "x") == value


def test_only_what_was_said_comes_back():
    assert BODY.read({"assistant_id": "a", "x": "y"}) == {"assistant_id": "a", "x": "y"}


def test_null_is_kept_where_it_may_be_and_is_no_key_elsewhere():
    assert BODY.read({"assistant_id": "a", "temperature": None, "name": None}) == {
        "assistant_id": "a",
        "temperature": None,
    }


def test_a_missing_key_is_told_before_an_unknown_one():
    assert refused(BODY, {"foo": 1}).code == "missing_required_parameter"


def test_an_unknown_key_is_told_before_a_wrong_value():
    assert refused(BODY, {"assistant_id": 1, "foo": 1}).code == "unknown_parameter"


def test_fields_are_told_in_the_order_of_their_declaration():
    assert refused(BODY, {"x": 1, "name": 1, "assistant_id": "a"}).param == "name"


def test_null_beside_an_exclusive_key_is_no_second_one():
    body = {"assistant_id": "a", "previous_response_id": None, "conversation": "c"}
    assert BODY.read(body) == {"assistant_id": "a", "conversation": "c"}


def test_the_path_of_the_outermost_value_begins_the_param():
    assert refused(BODY, {"assistant_id": "a", "tools": [1]}, "thread").param == "thread.tools[0]"


def test_a_body_that_is_no_object_is_refused_without_a_param():
    refusal = refused(BODY, [])
    assert (refusal.code, refusal.param) == ("invalid_type", None)


@pytest.mark.parametrize("name", ["\ud800", "\x00", "[", "k" * 10_000])
def test_a_strange_name_makes_an_answer_that_can_be_encoded(name):
    refusal = refused(BODY, {"assistant_id": "a", name: 1})
    assert refusal.code == "unknown_parameter"
    assert len(msgspec.json.encode(refusal.body())) < 1000


def test_a_strange_value_makes_an_answer_that_can_be_encoded():
    refusal = refused(BODY, {"assistant_id": "a", "role": "\udc00"})
    assert msgspec.json.decode(msgspec.json.encode(refusal.body()))["error"]["code"] == "invalid_value"


def test_shapes_say_themselves_as_json_schema():
    shape = Object(
        Field("name", NAME, required=True),
        Field("tools", Array(TOOL, max=2)),
        Field("metadata", Metadata(), nullable=True),
        Field("limit", Whole(1, 100)),
        Field("temperature", Decimal(0, 2)),
        Field("role", Either(Text(values=("user",)), Flag(), Free())),
    )
    tag = {"type": "string", "enum": ["code"]}
    assert shape.schema()["required"] == ["name"]
    assert shape.schema()["properties"]["name"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "pattern": "^[a-zA-Z0-9_-]+$",
    }
    assert shape.schema()["properties"]["tools"]["items"]["oneOf"][0] == {
        "type": "object",
        "properties": {"type": tag},
        "additionalProperties": False,
        "required": ["type"],
    }
    assert shape.schema()["properties"]["metadata"]["anyOf"][1] == {"type": "null"}
    assert shape.schema()["properties"]["limit"] == {"type": "integer", "minimum": 1, "maximum": 100}
    assert shape.schema()["properties"]["temperature"] == {"type": "number", "minimum": 0, "maximum": 2}
    assert shape.schema()["properties"]["role"] == {
        "anyOf": [{"type": "string", "enum": ["user"]}, {"type": "boolean"}, {"type": "object"}]
    }


QUERY = (
    Field("limit", Whole(1, 100)),
    Field("order", Text(values=("asc", "desc"))),
    Field("after", Text()),
    Field("include", Array(Text(values=("a", "b", "c")))),
    Field("stream", Flag()),
)


@pytest.mark.parametrize(
    ("pairs", "query"),
    [
        ([], {}),
        ([("limit", "20"), ("order", "asc")], {"limit": 20, "order": "asc"}),
        ([("unheard", "of"), ("unheard", "of")], {}),
        ([("after", "")], {}),
        ([("stream", "true")], {"stream": True}),
        ([("include[]", "a"), ("include[]", "b")], {"include": ["a", "b"]}),
        ([("include", "a"), ("include", "b")], {"include": ["a", "b"]}),
        ([("include", "a,b"), ("include[]", "c")], {"include": ["c", "a", "b"]}),
    ],
)
def test_a_query_is_read(pairs, query):
    assert read_query(QUERY, pairs) == query


@pytest.mark.parametrize(
    ("pairs", "code", "param", "message"),
    [
        (
            [("limit", "1"), ("limit", "2")],
            "duplicate_parameter",
            "limit",
            (
                "Duplicate parameter: 'limit'. You provided multiple values for this parameter, "
                "whereas only one is allowed. Send it once."
            ),
        ),
        (
            [("limit", "101")],
            "integer_above_max_value",
            "limit",
            "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
        ),
        *(
            (
                [("limit", text)],
                "invalid_type",
                "limit",
                "Invalid type for 'limit': expected an integer, but got a string instead.",
            )
            for text in ("many", "", "1_0", " 1", "1.0", "٣", "9" * 5000)
        ),
        (
            [("order", "up")],
            "invalid_value",
            "order",
            "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.",
        ),
        (
            [("include", "a,z")],
            "invalid_value",
            "include[1]",
            "Invalid value: 'z'. Supported values are: 'a', 'b', and 'c'.",
        ),
    ],
)
def test_a_wrong_query_is_refused(pairs, code, param, message):
    with pytest.raises(Refusal) as caught:
        read_query(QUERY, pairs)
    assert (caught.value.code, caught.value.param, caught.value.message) == (code, param, message)


def test_a_query_may_require_a_parameter():
    with pytest.raises(Refusal, match=r"Missing required parameter: 'purpose'\."):
        read_query((Field("purpose", Text(), required=True),), [])


@pytest.mark.parametrize(
    ("field", "prefix"),
    [
        ("thread_id", "thread"),
        ("assistant_id", "asst"),
        ("run_id", "run"),
        ("message_id", "msg"),
        ("step_id", "step"),
        ("vector_store_id", "vs"),
    ],
)
def test_an_id_of_another_kind_is_refused(field, prefix):
    check_id(f"{prefix}_x", field, prefix)
    with pytest.raises(Refusal) as caught:
        check_id("undefined", field, prefix)
    assert (caught.value.status, caught.value.code, caught.value.param) == (400, "invalid_value", field)
    assert caught.value.message == f"Invalid '{field}': 'undefined'. Expected an ID that begins with '{prefix}'."


def test_an_object_that_readers_of_json_cannot_bear_is_refused():
    deep = {}
    for _ in range(Free.DEPTH_MAX):
        deep = {"items": [deep]}

    with pytest.raises(Refusal, match="nested too deeply"):
        Free().read(deep, "parameters")


@pytest.mark.parametrize("inner", [1, [], {}])
def test_a_free_object_has_a_limited_number_of_values(inner):
    within = {"a": [inner] * (Free.VALUES_MAX - 1)}
    assert Free().read(within, "parameters") == within

    with pytest.raises(Refusal, match=f"too large. Expected at most {Free.VALUES_MAX} values"):
        Free().read({"a": [inner] * Free.VALUES_MAX}, "parameters")
