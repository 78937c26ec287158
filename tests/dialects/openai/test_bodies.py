"""Bodies and queries: what clients send is taken, and every limit holds at its edge."""

import pytest

from clew.dialects.openai import bodies
from clew.dialects.openai.fields import Shape, read_query
from clew.dialects.openai.refusal import Refusal

FUNCTION = {"type": "function", "function": {"name": "f"}}
MESSAGE = {"role": "user", "content": "hi"}
RUN = {"assistant_id": "asst_x"}
UPLOAD = {"filename": "a.txt", "purpose": "assistants", "bytes": 1, "mime_type": "text/plain"}
SEARCH = {"query": "q"}
BATCH = {"file_ids": ["file-x"]}


def function(**more):
    return {"type": "function", "function": {"name": "f"} | more}


def search_tool(**more):
    return {"type": "file_search", "file_search": more}


def chunking(size, overlap):
    sizes = {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}
    return {"type": "static", "static": sizes}


def parts(*items):
    return {"role": "user", "content": list(items)}


def nested(depth):
    found = {"type": "eq", "key": "k", "value": 1}
    for _ in range(depth - 1):
        found = {"type": "and", "filters": [found]}
    return found


TAKEN = [
    (bodies.ASSISTANT_CREATE, {"model": "m"}),
    (
        bodies.ASSISTANT_CREATE,
        {
            "model": "m",
            "name": "n",
            "description": None,
            "instructions": "i",
            "tools": [{"type": "code_interpreter"}, {"type": "file_search"}, FUNCTION],
            "tool_resources": {
                "code_interpreter": {"file_ids": ["file-x"]},
                "file_search": {"vector_stores": [{"file_ids": ["file-x"], "chunking_strategy": {"type": "auto"}}]},
            },
            "metadata": {"k": "v"},
            "temperature": 0.5,
            "top_p": None,
            "response_format": "auto",
            "reasoning_effort": "xhigh",
        },
    ),
    (bodies.ASSISTANT_CREATE, {"model": "m", "response_format": {"type": "json_object"}}),
    (
        bodies.ASSISTANT_CREATE,
        {"model": "m", "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"a": 1}}}},
    ),
    (bodies.ASSISTANT_CREATE, {"model": "m", "tools": [function(parameters={"type": "object"}, strict=None)]}),
    (
        bodies.ASSISTANT_CREATE,
        {"model": "m", "tools": [search_tool(ranking_options={"ranker": "default_2024_08_21", "score_threshold": 0})]},
    ),
    (bodies.ASSISTANT_MODIFY, {}),
    (bodies.ASSISTANT_MODIFY, {"tool_resources": {"file_search": {"vector_store_ids": ["vs_x"]}}, "name": None}),
    (bodies.THREAD_CREATE, {}),
    (bodies.THREAD_CREATE, {"messages": [MESSAGE], "tool_resources": None, "metadata": None}),
    (bodies.THREAD_CREATE, {"tool_resources": {"file_search": {"vector_store_ids": ["vs_x"]}}}),
    (bodies.THREAD_MODIFY, {"metadata": {}, "tool_resources": {}}),
    (bodies.MESSAGE_CREATE, MESSAGE),
    (bodies.MESSAGE_CREATE, MESSAGE | {"attachments": [{"file_id": "file-x", "tools": [{"type": "file_search"}]}]}),
    (bodies.MESSAGE_CREATE, parts({"type": "text", "text": "t"})),
    (bodies.MESSAGE_CREATE, parts({"type": "image_file", "image_file": {"file_id": "file-x", "detail": "low"}})),
    (bodies.MESSAGE_CREATE, parts({"type": "image_url", "image_url": {"url": "https://x.test/a.png"}})),
    (bodies.MESSAGE_MODIFY, {"metadata": {"k": "v"}}),
    (bodies.RUN_CREATE, RUN),
    (
        bodies.RUN_CREATE,
        RUN
        | {
            "model": None,
            "additional_instructions": "more",
            "additional_messages": [MESSAGE],
            "truncation_strategy": {"type": "last_messages", "last_messages": 1},
            "tool_choice": {"type": "function", "function": {"name": "f"}},
            "parallel_tool_calls": False,
            "stream": True,
            "reasoning_effort": "none",
        },
    ),
    (bodies.RUN_CREATE, RUN | {"tool_choice": {"type": "file_search"}, "truncation_strategy": {"type": "auto"}}),
    (bodies.RUN_CREATE, RUN | {"tool_choice": "required", "temperature": None, "stream": None}),
    (bodies.THREAD_AND_RUN_CREATE, RUN | {"thread": {"messages": [MESSAGE]}, "tool_resources": None}),
    (bodies.RUN_MODIFY, {"metadata": None}),
    (bodies.RUN_SUBMIT, {"tool_outputs": [{"tool_call_id": "call_x", "output": ""}, {}], "stream": None}),
    (bodies.EMPTY, {}),
    (bodies.UPLOAD_CREATE, UPLOAD | {"expires_after": {"anchor": "created_at", "seconds": 3600}}),
    (bodies.UPLOAD_COMPLETE, {"part_ids": ["part_x"], "md5": "0"}),
    (bodies.STORE_CREATE, {}),
    (
        bodies.STORE_CREATE,
        {"name": "n", "description": "d", "file_ids": ["file-x"], "chunking_strategy": chunking(800, 400)},
    ),
    (bodies.STORE_MODIFY, {"name": None, "expires_after": None, "metadata": None}),
    (bodies.STORE_FILE_CREATE, {"file_id": "file-x", "attributes": {"a": 1.5}}),
    (bodies.STORE_FILE_MODIFY, {"attributes": None}),
    (bodies.STORE_BATCH_CREATE, BATCH),
    (bodies.STORE_BATCH_CREATE, {"files": [{"file_id": "file-x", "attributes": {"a": True}}]}),
    (bodies.STORE_SEARCH, {"query": ["a", "b"], "rewrite_query": True, "ranking_options": {"ranker": "none"}}),
    (bodies.STORE_SEARCH, SEARCH | {"filters": {"type": "in", "key": "k", "value": ["a", 1]}}),
    (bodies.STORE_SEARCH, SEARCH | {"filters": nested(2)}),
]


@pytest.mark.parametrize(("shape", "body"), TAKEN)
def test_a_good_body_comes_back_as_it_was(shape, body):
    assert shape.read(body) == body


def assistant(**more):
    return {"model": "m"} | more


def code_files(count):
    return {"code_interpreter": {"file_ids": ["file-x"] * count}}


def store_ids(count):
    return {"file_search": {"vector_store_ids": ["vs_x"] * count}}


def inline(count):
    return {"file_search": {"vector_stores": [{}] * count}}


def named_format(length):
    return {"type": "json_schema", "json_schema": {"name": "n" * length}}


def threshold(value):
    return {"ranking_options": {"score_threshold": value}}


def seconds(count):
    return {"anchor": "created_at", "seconds": count}


def days(count):
    return {"anchor": "last_active_at", "days": count}


LIMITS = [
    (bodies.ASSISTANT_CREATE, "name", lambda n: assistant(name="x" * n), 256, 257),
    (bodies.ASSISTANT_CREATE, "description", lambda n: assistant(description="x" * n), 512, 513),
    (bodies.ASSISTANT_CREATE, "instructions", lambda n: assistant(instructions="é" * n), 256_000, 256_001),
    (bodies.ASSISTANT_CREATE, "tools", lambda n: assistant(tools=[FUNCTION] * n), 128, 129),
    (bodies.ASSISTANT_CREATE, "temperature", lambda n: assistant(temperature=n), 2, 2.01),
    (bodies.ASSISTANT_CREATE, "temperature", lambda n: assistant(temperature=n), 0, -0.01),
    (bodies.ASSISTANT_CREATE, "top_p", lambda n: assistant(top_p=n), 1, 1.01),
    (bodies.ASSISTANT_CREATE, "top_p", lambda n: assistant(top_p=n), 0, -0.01),
    (bodies.ASSISTANT_CREATE, "tools[0].function.name", lambda n: assistant(tools=[function(name="f" * n)]), 64, 65),
    (
        bodies.ASSISTANT_CREATE,
        "tools[0].file_search.max_num_results",
        lambda n: assistant(tools=[search_tool(max_num_results=n)]),
        50,
        51,
    ),
    (
        bodies.ASSISTANT_CREATE,
        "tools[0].file_search.max_num_results",
        lambda n: assistant(tools=[search_tool(max_num_results=n)]),
        1,
        0,
    ),
    (
        bodies.ASSISTANT_CREATE,
        "tools[0].file_search.ranking_options.score_threshold",
        lambda n: assistant(tools=[search_tool(**threshold(n))]),
        1,
        1.1,
    ),
    (
        bodies.ASSISTANT_CREATE,
        "response_format.json_schema.name",
        lambda n: assistant(response_format=named_format(n)),
        64,
        65,
    ),
    (
        bodies.ASSISTANT_CREATE,
        "tool_resources.code_interpreter.file_ids",
        lambda n: assistant(tool_resources=code_files(n)),
        20,
        21,
    ),
    (
        bodies.ASSISTANT_MODIFY,
        "tool_resources.file_search.vector_store_ids",
        lambda n: {"tool_resources": store_ids(n)},
        1,
        2,
    ),
    (bodies.THREAD_CREATE, "tool_resources.file_search.vector_stores", lambda n: {"tool_resources": inline(n)}, 1, 2),
    (bodies.MESSAGE_CREATE, "content", lambda n: MESSAGE | {"content": "x" * n}, 256_000, 256_001),
    (bodies.MESSAGE_CREATE, "content", lambda n: MESSAGE | {"content": "x" * n}, 1, 0),
    (bodies.MESSAGE_CREATE, "content", lambda n: parts(*[{"type": "text", "text": "t"}] * n), 1, 0),
    (bodies.RUN_CREATE, "instructions", lambda n: RUN | {"instructions": "x" * n}, 256_000, 256_001),
    (bodies.RUN_CREATE, "tools", lambda n: RUN | {"tools": [FUNCTION] * n}, 128, 129),
    (bodies.RUN_CREATE, "max_prompt_tokens", lambda n: RUN | {"max_prompt_tokens": n}, 256, 255),
    (bodies.RUN_CREATE, "max_completion_tokens", lambda n: RUN | {"max_completion_tokens": n}, 256, 255),
    (
        bodies.RUN_CREATE,
        "truncation_strategy.last_messages",
        lambda n: RUN | {"truncation_strategy": {"type": "last_messages", "last_messages": n}},
        1,
        0,
    ),
    (bodies.UPLOAD_CREATE, "expires_after.seconds", lambda n: UPLOAD | {"expires_after": seconds(n)}, 3600, 3599),
    (
        bodies.UPLOAD_CREATE,
        "expires_after.seconds",
        lambda n: UPLOAD | {"expires_after": seconds(n)},
        2_592_000,
        2_592_001,
    ),
    (bodies.STORE_CREATE, "file_ids", lambda n: {"file_ids": ["file-x"] * n}, 500, 501),
    (bodies.STORE_CREATE, "expires_after.days", lambda n: {"expires_after": days(n)}, 1, 0),
    (bodies.STORE_CREATE, "expires_after.days", lambda n: {"expires_after": days(n)}, 365, 366),
    (
        bodies.STORE_CREATE,
        "chunking_strategy.static.max_chunk_size_tokens",
        lambda n: {"chunking_strategy": chunking(n, 0)},
        100,
        99,
    ),
    (
        bodies.STORE_CREATE,
        "chunking_strategy.static.max_chunk_size_tokens",
        lambda n: {"chunking_strategy": chunking(n, 0)},
        4096,
        4097,
    ),
    (
        bodies.STORE_CREATE,
        "chunking_strategy.static.chunk_overlap_tokens",
        lambda n: {"chunking_strategy": chunking(801, n)},
        400,
        401,
    ),
    (
        bodies.STORE_CREATE,
        "chunking_strategy.static.chunk_overlap_tokens",
        lambda n: {"chunking_strategy": chunking(800, n)},
        0,
        -1,
    ),
    (bodies.STORE_FILE_MODIFY, "attributes", lambda n: {"attributes": {f"k{at}": at for at in range(n)}}, 16, 17),
    (bodies.STORE_FILE_MODIFY, "attributes", lambda n: {"attributes": {"k" * n: 1}}, 64, 65),
    (bodies.STORE_FILE_MODIFY, "attributes.k", lambda n: {"attributes": {"k": "v" * n}}, 512, 513),
    (bodies.STORE_BATCH_CREATE, "file_ids", lambda n: {"file_ids": ["file-x"] * n}, 2000, 2001),
    (bodies.STORE_BATCH_CREATE, "file_ids", lambda n: {"file_ids": ["file-x"] * n}, 1, 0),
    (bodies.STORE_BATCH_CREATE, "files", lambda n: {"files": [{"file_id": "file-x"}] * n}, 2000, 2001),
    (bodies.STORE_BATCH_CREATE, "files", lambda n: {"files": [{"file_id": "file-x"}] * n}, 1, 0),
    (bodies.STORE_SEARCH, "query[0]", lambda n: {"query": ["x" * n]}, 1, 0),
    (bodies.STORE_SEARCH, "max_num_results", lambda n: SEARCH | {"max_num_results": n}, 50, 51),
    (bodies.STORE_SEARCH, "max_num_results", lambda n: SEARCH | {"max_num_results": n}, 1, 0),
    (
        bodies.STORE_SEARCH,
        "ranking_options.score_threshold",
        lambda n: SEARCH | {"ranking_options": {"score_threshold": n}},
        1,
        1.1,
    ),
]


@pytest.mark.parametrize(("shape", "param", "make", "edge", "beyond"), LIMITS)
def test_a_limit_holds_at_its_edge(shape, param, make, edge, beyond):
    shape.read(make(edge))
    with pytest.raises(Refusal) as caught:
        shape.read(make(beyond))
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("shape", "body", "code", "param"),
    [
        (bodies.ASSISTANT_CREATE, {}, "missing_required_parameter", "model"),
        (bodies.ASSISTANT_CREATE, assistant(file_ids=[]), "unknown_parameter", "file_ids"),
        (bodies.ASSISTANT_CREATE, assistant(tools=[{"type": "retrieval"}]), "invalid_value", "tools[0].type"),
        (
            bodies.ASSISTANT_CREATE,
            assistant(tools=[{"type": "function"}]),
            "missing_required_parameter",
            "tools[0].function",
        ),
        (bodies.ASSISTANT_CREATE, assistant(tools=[function(name="a b")]), "invalid_value", "tools[0].function.name"),
        (bodies.ASSISTANT_CREATE, assistant(reasoning_effort="huge"), "invalid_value", "reasoning_effort"),
        (bodies.ASSISTANT_CREATE, assistant(response_format="json"), "invalid_value", "response_format"),
        (
            bodies.ASSISTANT_CREATE,
            assistant(tools=[search_tool(ranking_options={"ranker": "auto"})]),
            "missing_required_parameter",
            "tools[0].file_search.ranking_options.score_threshold",
        ),
        (
            bodies.ASSISTANT_MODIFY,
            {"tool_resources": inline(1)},
            "unknown_parameter",
            "tool_resources.file_search.vector_stores",
        ),
        (bodies.THREAD_MODIFY, {"messages": []}, "unknown_parameter", "messages"),
        (
            bodies.THREAD_CREATE,
            {"tool_resources": {"file_search": {"vector_store_ids": [], "vector_stores": []}}},
            "mutually_exclusive_parameters",
            "tool_resources.file_search",
        ),
        (bodies.THREAD_CREATE, {"messages": [{"role": "user"}]}, "missing_required_parameter", "messages[0].content"),
        (bodies.MESSAGE_CREATE, MESSAGE | {"role": "system"}, "invalid_value", "role"),
        (bodies.MESSAGE_CREATE, parts({"type": "text", "text": {"value": "x"}}), "invalid_type", "content[0].text"),
        (bodies.MESSAGE_CREATE, parts({"type": "refusal", "refusal": "no"}), "invalid_value", "content[0].type"),
        (
            bodies.MESSAGE_CREATE,
            parts({"type": "image_url", "image_url": {"url": "u", "detail": "fine"}}),
            "invalid_value",
            "content[0].image_url.detail",
        ),
        (bodies.MESSAGE_MODIFY, {"content": "new"}, "unknown_parameter", "content"),
        (bodies.RUN_CREATE, {}, "missing_required_parameter", "assistant_id"),
        (bodies.RUN_CREATE, RUN | {"tool_resources": {}}, "unknown_parameter", "tool_resources"),
        (
            bodies.RUN_CREATE,
            RUN | {"tool_choice": {"type": "function"}},
            "missing_required_parameter",
            "tool_choice.function",
        ),
        (bodies.THREAD_AND_RUN_CREATE, RUN | {"additional_messages": []}, "unknown_parameter", "additional_messages"),
        (bodies.THREAD_AND_RUN_CREATE, RUN | {"reasoning_effort": "low"}, "unknown_parameter", "reasoning_effort"),
        (bodies.RUN_SUBMIT, {}, "missing_required_parameter", "tool_outputs"),
        (bodies.RUN_SUBMIT, {"tool_outputs": [{"output": {}}]}, "invalid_type", "tool_outputs[0].output"),
        (bodies.UPLOAD_CREATE, UPLOAD | {"purpose": "evals"}, "invalid_value", "purpose"),
        (bodies.STORE_FILE_MODIFY, {}, "missing_required_parameter", "attributes"),
        (bodies.STORE_BATCH_CREATE, {}, "missing_required_parameter", "file_ids"),
        (bodies.STORE_BATCH_CREATE, BATCH | {"files": [{"file_id": "f"}]}, "mutually_exclusive_parameters", None),
        (bodies.STORE_SEARCH, {"query": 1}, "invalid_type", "query"),
        (
            bodies.STORE_SEARCH,
            SEARCH | {"filters": {"type": "gt", "key": "k", "value": True}},
            "invalid_type",
            "filters.value",
        ),
    ],
)
def test_a_wrong_body_is_refused_where_it_is_wrong(shape, body, code, param):
    with pytest.raises(Refusal) as caught:
        shape.read(body)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_filters_nest_only_so_deep():
    bodies.STORE_SEARCH.read(SEARCH | {"filters": nested(bodies.FILTER_DEPTH_MAX)})
    with pytest.raises(Refusal, match=r"Invalid value: 'and'\."):
        bodies.STORE_SEARCH.read(SEARCH | {"filters": nested(bodies.FILTER_DEPTH_MAX + 1)})


@pytest.mark.parametrize(
    ("fields", "edge", "beyond"),
    [
        (bodies.LIST_QUERY, "100", "101"),
        (bodies.LIST_QUERY, "1", "0"),
        (bodies.MESSAGES_QUERY, "100", "101"),
        (bodies.STEPS_QUERY, "100", "101"),
        (bodies.FILES_QUERY, "10000", "10001"),
        (bodies.FILES_QUERY, "1", "0"),
        (bodies.STORE_FILES_QUERY, "100", "101"),
    ],
)
def test_the_limit_of_a_list_holds_at_its_edge(fields, edge, beyond):
    assert read_query(fields, [("limit", edge)]) == {"limit": int(edge)}
    with pytest.raises(Refusal) as caught:
        read_query(fields, [("limit", beyond)])
    assert caught.value.param == "limit"


@pytest.mark.parametrize(
    ("fields", "pairs"),
    [
        (bodies.MESSAGES_QUERY, {"run_id": "run_x", "after": "msg_x", "before": "msg_y", "order": "asc"}),
        (bodies.FILES_QUERY, {"purpose": "assistants_output", "after": "file-x"}),
        (bodies.STORE_FILES_QUERY, {"filter": "failed"}),
    ],
)
def test_lists_take_their_filters(fields, pairs):
    assert read_query(fields, list(pairs.items())) == pairs


@pytest.mark.parametrize("fields", [bodies.RUN_CREATE_QUERY, bodies.STEP_QUERY, bodies.STEPS_QUERY])
def test_only_results_of_searches_can_be_included(fields):
    results = "step_details.tool_calls[*].file_search.results[*].content"
    assert read_query(fields, [("include[]", results)]) == {"include": [results]}
    with pytest.raises(Refusal, match=r"Invalid value: 'all'\."):
        read_query(fields, [("include[]", "all")])


def test_events_are_asked_for_by_number():
    assert read_query(bodies.EVENTS_QUERY, [("after", "7")]) == {"after": 7}


def test_the_form_of_a_file_becomes_a_body():
    pairs = [("purpose", "vision"), ("expires_after[anchor]", "created_at"), ("expires_after[seconds]", "3600")]
    assert bodies.read_file_form(pairs) == {"purpose": "vision", "expires_after": seconds(3600)}
    assert bodies.read_file_form(pairs[:1]) == {"purpose": "vision"}


@pytest.mark.parametrize(
    ("pairs", "param"),
    [
        ([], "purpose"),
        ([("purpose", "assistants_output")], "purpose"),
        ([("purpose", "batch"), ("expires_after[anchor]", "created_at")], "expires_after.seconds"),
        ([("purpose", "batch"), ("expires_after[seconds]", "3599")], "expires_after[seconds]"),
    ],
)
def test_a_wrong_form_of_a_file_is_refused(pairs, param):
    with pytest.raises(Refusal) as caught:
        bodies.read_file_form(pairs)
    assert caught.value.param == param


def test_every_body_says_itself_as_a_json_schema_of_moderate_size():
    shapes = [shape for name, shape in vars(bodies).items() if name[0] != "_" and isinstance(shape, Shape)]
    assert len(shapes) > 15
    assert all(shape.schema()["type"] == "object" and len(str(shape.schema())) < 10_000 for shape in shapes)
