"""The wire: what is encoded is what the client's own types take in strict mode, with every key in it."""

import json

import msgspec
import pytest
from openai.types import FileObject, Model, Upload, VectorStore, VectorStoreSearchResponse
from openai.types.beta import Assistant, Thread
from openai.types.beta.threads import Message, MessageDeltaEvent, Run
from openai.types.beta.threads.runs import RunStep, RunStepDeltaEvent
from openai.types.uploads import UploadPart
from openai.types.vector_stores import FileContentResponse, VectorStoreFile, VectorStoreFileBatch
from pydantic import TypeAdapter

from clew.dialects.openai import wire

TOOLS = (
    wire.CodeInterpreterTool(),
    wire.FileSearchTool(),
    wire.FileSearchTool(
        file_search=wire.FileSearchOptions(
            max_num_results=5, ranking_options=wire.RankingOptions(ranker="auto", score_threshold=0.5)
        )
    ),
    wire.FunctionTool(function=wire.FunctionDefinition(name="f", parameters={"type": "object"})),
)
RESOURCES = wire.ToolResources(
    code_interpreter=wire.CodeInterpreterResources(file_ids=["file-x"]),
    file_search=wire.FileSearchResources(vector_store_ids=["vs_x"]),
)
SCHEMA = wire.FormatObject(type="json_schema", json_schema=wire.JsonSchema(name="n", schema={"type": "object"}))
USAGE = wire.Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)
COUNTS = wire.FileCounts(in_progress=0, completed=1, failed=0, cancelled=0, total=1)
FILE = wire.File(id="file-x", bytes=1, created_at=1, filename="a.txt", purpose="assistants", expires_at=None)

ASSISTANT = wire.Assistant(
    id="asst_x",
    created_at=1,
    name=None,
    description=None,
    model="m",
    instructions=None,
    tools=TOOLS,
    tool_resources=RESOURCES,
    metadata={"k": "v"},
    temperature=1.0,
    top_p=1.0,
    response_format=SCHEMA,
    reasoning_effort=None,
)
THREAD = wire.Thread(id="thread_x", created_at=1, metadata={}, tool_resources=wire.ToolResources())
MESSAGE = wire.Message(
    id="msg_x",
    created_at=1,
    thread_id="thread_x",
    role="assistant",
    content=[
        wire.TextPart(
            text=wire.Text(
                value="【4:0†source】/p",
                annotations=[
                    wire.FileCitation(
                        text="【4:0†source】", start_index=0, end_index=12, file_citation=wire.FileRef(file_id="file-x")
                    ),
                    wire.FilePath(text="/p", start_index=12, end_index=14, file_path=wire.FileRef(file_id="file-y")),
                ],
            )
        ),
        wire.ImageFilePart(image_file=wire.ImageFile(file_id="file-x")),
        wire.ImageUrlPart(image_url=wire.ImageUrl(url="https://x.test/a.png", detail="low")),
        wire.RefusalPart(refusal="no"),
    ],
    status="incomplete",
    incomplete_details=wire.MessageIncomplete(reason="run_failed"),
    completed_at=None,
    incomplete_at=2,
    assistant_id=None,
    run_id=None,
    attachments=[wire.Attachment(file_id="file-x", tools=[wire.AttachmentTool(type="file_search")])],
    metadata={},
)
OWED = wire.OwedCall(id="call_x", function=wire.FunctionCall(name="f", arguments="{}"))
RUN = wire.Run(
    id="run_x",
    created_at=1,
    thread_id="thread_x",
    assistant_id="asst_x",
    status="requires_action",
    required_action=wire.RequiredAction(submit_tool_outputs=wire.OwedCalls(tool_calls=[OWED])),
    last_error=wire.RunError(code="server_error", message="m"),
    expires_at=601,
    started_at=2,
    cancelled_at=None,
    failed_at=None,
    completed_at=None,
    incomplete_details=wire.RunIncomplete(reason="max_prompt_tokens"),
    model="m",
    instructions="",
    tools=TOOLS,
    tool_resources=wire.ToolResources(),
    metadata={},
    temperature=1.0,
    top_p=None,
    max_prompt_tokens=None,
    max_completion_tokens=256,
    truncation_strategy=wire.Truncation(),
    tool_choice=wire.ToolChoiceObject(type="function", function=wire.FunctionName(name="f")),
    parallel_tool_calls=True,
    response_format="auto",
    reasoning_effort=None,
    usage=USAGE,
)


def step(details, **more):
    return wire.RunStep(
        id="step_x",
        created_at=1,
        run_id="run_x",
        assistant_id="asst_x",
        thread_id="thread_x",
        type=details.type,
        status="failed",
        step_details=details,
        last_error=wire.StepError(code="rate_limit_exceeded", message="m"),
        expired_at=None,
        cancelled_at=None,
        failed_at=2,
        completed_at=None,
        metadata={},
        usage=USAGE,
        **more,
    )


FOUND = wire.FileSearchResult(file_id="file-x", file_name="a.txt", score=0.5, content=[wire.PlainText(text="t")])
CALLS = wire.ToolCalls(
    tool_calls=[
        wire.FunctionToolCall(id="call_x", function=wire.FunctionResult(name="f", arguments="{}", output=None)),
        wire.FileSearchToolCall(
            id="call_y",
            file_search=wire.FileSearch(
                ranking_options=wire.RankingOptions(ranker="auto", score_threshold=0.0), results=[FOUND]
            ),
        ),
        wire.CodeToolCall(
            id="call_z",
            code_interpreter=wire.CodeInterpreter(
                input="1", outputs=[wire.CodeLogs(logs="1"), wire.CodeImage(image=wire.FileRef(file_id="file-x"))]
            ),
        ),
    ]
)
CREATION = wire.MessageCreation(message_creation=wire.MessageRef(message_id="msg_x"))


def message_delta(*content, **more):
    return wire.MessageDeltaEvent(id="msg_x", delta=wire.MessageDelta(content=content, **more))


def step_delta(*calls):
    details = wire.ToolCallsDelta(tool_calls=calls)
    return wire.RunStepDeltaEvent(id="step_x", delta=wire.RunStepDelta(step_details=details))


CITED = wire.FileCitationDelta(
    index=0, text="m", start_index=0, end_index=1, file_citation=wire.FileRef(file_id="file-x")
)
MADE = wire.FilePathDelta(index=1, text="p", start_index=1, end_index=2, file_path=wire.FileRef(file_id="file-y"))

STORE = wire.VectorStore(
    id="vs_x",
    created_at=1,
    name="",
    description=None,
    usage_bytes=0,
    file_counts=COUNTS,
    status="completed",
    expires_after=wire.StoreExpiry(days=7),
    expires_at=None,
    last_active_at=1,
    metadata={},
)
STORE_FILE = wire.VectorStoreFile(
    id="file-x",
    usage_bytes=0,
    created_at=1,
    vector_store_id="vs_x",
    status="failed",
    last_error=wire.IndexingError(code="invalid_file", message="m"),
    chunking_strategy=wire.StaticChunking(static=wire.ChunkSizes(max_chunk_size_tokens=800, chunk_overlap_tokens=400)),
    attributes={"a": "x", "b": 1.5, "c": True},
)

SAMPLES = [
    (ASSISTANT, Assistant),
    (THREAD, Thread),
    (MESSAGE, Message),
    (RUN, Run),
    (step(CALLS), RunStep),
    (
        message_delta(
            wire.TextPartDelta(index=0, text=wire.TextDelta(value="a", annotations=[CITED, MADE])),
            wire.ImageFilePartDelta(index=1, image_file=wire.FileRef(file_id="file-x")),
            wire.RefusalPartDelta(index=2, refusal="no"),
            role="assistant",
        ),
        MessageDeltaEvent,
    ),
    (
        step_delta(
            wire.FunctionToolCallDelta(
                index=0, id="call_x", function=wire.FunctionDelta(name="f", arguments="", output=None)
            ),
            wire.FileSearchToolCallDelta(index=1, id="call_y", file_search={}),
            wire.CodeToolCallDelta(
                index=2,
                code_interpreter=wire.CodeInterpreterDelta(
                    outputs=[
                        wire.CodeLogsDelta(index=0, logs="1"),
                        wire.CodeImageDelta(index=1, image=wire.FileRef(file_id="file-x")),
                    ]
                ),
            ),
        ),
        RunStepDeltaEvent,
    ),
    (wire.RunStepDeltaEvent(id="step_x", delta=wire.RunStepDelta(step_details=CREATION)), RunStepDeltaEvent),
    (FILE, FileObject),
    (
        wire.Upload(
            id="upload_x",
            bytes=1,
            created_at=1,
            expires_at=2,
            filename="a.txt",
            purpose="assistants",
            status="completed",
            file=FILE,
        ),
        Upload,
    ),
    (wire.UploadPart(id="part_x", created_at=1, upload_id="upload_x"), UploadPart),
    (wire.Model(id="m", created=1, owned_by="us"), Model),
    (STORE, VectorStore),
    (STORE_FILE, VectorStoreFile),
    (msgspec.structs.replace(STORE_FILE, chunking_strategy=wire.OtherChunking(), attributes=None), VectorStoreFile),
    (
        wire.FileBatch(id="vsfb_x", created_at=1, vector_store_id="vs_x", status="completed", file_counts=COUNTS),
        VectorStoreFileBatch,
    ),
    (wire.PlainText(text="t"), FileContentResponse),
    (
        wire.SearchResult(
            file_id="file-x", filename="a.txt", score=0.5, attributes=None, content=[wire.PlainText(text="t")]
        ),
        VectorStoreSearchResponse,
    ),
]


def sent(thing):
    return json.loads(msgspec.json.encode(thing))


@pytest.mark.parametrize(("thing", "type_"), SAMPLES)
def test_the_clients_own_type_takes_it_strictly(thing, type_):
    body = sent(thing)
    read = TypeAdapter(type_).validate_python(body, strict=True)
    assert {key: read.to_dict(mode="json")[key] for key in body} == body


@pytest.mark.parametrize(("thing", "type_"), SAMPLES[:6] + SAMPLES[9:12] + SAMPLES[13:17])
def test_every_key_that_the_client_knows_is_sent(thing, type_):
    assert set(type_.model_fields) <= set(sent(thing)) | {"expires_at", "shutdown_date"}


@pytest.mark.parametrize(
    ("thing", "body"),
    [
        (THREAD.tool_resources, {}),
        (wire.FileSearchTool(), {"type": "file_search"}),
        (wire.FileSearch(), {}),
        (wire.FunctionDefinition(name="f"), {"name": "f", "strict": False}),
        (wire.FormatObject(type="text"), {"type": "text"}),
        (wire.ToolChoiceObject(type="file_search"), {"type": "file_search"}),
        (
            wire.FileSearchResult(file_id="f", file_name="n", score=1.0),
            {"file_id": "f", "file_name": "n", "score": 1.0},
        ),
        (wire.FunctionDelta(arguments="frag"), {"arguments": "frag"}),
        (wire.FunctionDelta(name="f", arguments="", output=None), {"name": "f", "arguments": "", "output": None}),
        (wire.TextDelta(value="frag"), {"value": "frag"}),
        (wire.TextDelta(value="a", annotations=()), {"value": "a", "annotations": []}),
        (wire.CodeInterpreterDelta(input="", outputs=()), {"input": "", "outputs": []}),
    ],
)
def test_what_was_not_said_is_absent(thing, body):
    assert sent(thing) == body


def test_later_fragments_of_a_call_carry_no_id():
    fragment = wire.FunctionToolCallDelta(index=0, function=wire.FunctionDelta(arguments="frag"))
    assert sent(fragment) == {"index": 0, "type": "function", "function": {"arguments": "frag"}}


def test_an_empty_page_has_null_cursors():
    page = wire.List(data=[], first_id=None, last_id=None, has_more=False)
    assert sent(page) == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


def test_models_come_without_cursors():
    models = wire.ModelList(data=[wire.Model(id="m", created=1, owned_by="us")])
    assert sent(models) == {"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "us"}]}


def test_a_deletion_marker_says_what_was_deleted():
    marker = wire.Deleted(id="thread_x", object="thread.deleted")
    assert sent(marker) == {"id": "thread_x", "object": "thread.deleted", "deleted": True}


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (wire.FileContentPage(data=[]), "vector_store.file_content.page"),
        (wire.SearchPage(search_query=["q"], data=[]), "vector_store.search_results.page"),
    ],
)
def test_pages_of_vector_stores_name_the_next_page(page, name):
    assert sent(page).items() >= {"object": name, "has_more": False, "next_page": None}.items()
