"""The objects of this dialect, as clients read them. Shapes only: nothing of ours is imported here.

Every key is always sent. The few that must be absent at times are `UNSET` then: parts of deltas, what was never said
of a tool, and what a caller did not ask to include. Timestamps are whole seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

Metadata: TypeAlias = dict[str, str]
Attributes: TypeAlias = dict[str, str | float | bool]
Role: TypeAlias = Literal["user", "assistant"]
Detail: TypeAlias = Literal["auto", "low", "high"]


# --- lists and deletion markers -----------------------------------------------------------------------------------


class List(Struct, kw_only=True):
    """A page of a list. `first_id` and `last_id` are those of `data`, or null where it is empty."""

    object: Literal["list"] = "list"
    data: Sequence[Any]
    first_id: str | None
    last_id: str | None
    has_more: bool


class Deleted(Struct, kw_only=True, gc=False):
    """What stands in the place of a thing that was deleted."""

    id: str
    object: Literal[
        "assistant.deleted",
        "thread.deleted",
        "thread.message.deleted",
        "file",
        "vector_store.deleted",
        "vector_store.file.deleted",
    ]
    deleted: bool = True


# --- tools and formats --------------------------------------------------------------------------------------------


class CodeInterpreterTool(Struct, kw_only=True, gc=False):
    """The tool that runs code."""

    type: Literal["code_interpreter"] = "code_interpreter"


class RankingOptions(Struct, kw_only=True, gc=False):
    """How results of a file search are ranked."""

    ranker: Literal["auto", "default_2024_08_21"] | UnsetType = UNSET
    score_threshold: float


class FileSearchOptions(Struct, kw_only=True):
    """What was said of a file search."""

    max_num_results: int | UnsetType = UNSET
    ranking_options: RankingOptions | UnsetType = UNSET


class FileSearchTool(Struct, kw_only=True):
    """The tool that searches vector stores."""

    type: Literal["file_search"] = "file_search"
    file_search: FileSearchOptions | UnsetType = UNSET


class FunctionDefinition(Struct, kw_only=True):
    """A function of the caller's. No `parameters` means no arguments."""

    name: str
    description: str | UnsetType = UNSET
    parameters: dict[str, Any] | UnsetType = UNSET
    strict: bool | None = False


class FunctionTool(Struct, kw_only=True):
    """The tool that asks the caller."""

    type: Literal["function"] = "function"
    function: FunctionDefinition


Tool: TypeAlias = CodeInterpreterTool | FileSearchTool | FunctionTool


class CodeInterpreterResources(Struct, kw_only=True):
    """The files that code may read."""

    file_ids: Sequence[str]


class FileSearchResources(Struct, kw_only=True):
    """The stores that are searched."""

    vector_store_ids: Sequence[str]


class ToolResources(Struct, kw_only=True):
    """What tools work on: `{}` where nothing was said."""

    code_interpreter: CodeInterpreterResources | UnsetType = UNSET
    file_search: FileSearchResources | UnsetType = UNSET


class JsonSchema(Struct, kw_only=True):
    """The schema that an answer must follow, as it was sent."""

    name: str
    description: str | UnsetType = UNSET
    schema: dict[str, Any] | UnsetType = UNSET
    strict: bool | UnsetType | None = UNSET


class FormatObject(Struct, kw_only=True):
    """A format of answers other than `auto`."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | UnsetType = UNSET


ResponseFormat: TypeAlias = Literal["auto"] | FormatObject


class FunctionName(Struct, kw_only=True, gc=False):
    """A function, by its name."""

    name: str


class ToolChoiceObject(Struct, kw_only=True):
    """The tool that must be called."""

    type: Literal["function", "code_interpreter", "file_search"]
    function: FunctionName | UnsetType = UNSET


ToolChoice: TypeAlias = Literal["none", "auto", "required"] | ToolChoiceObject


# --- assistants and threads ---------------------------------------------------------------------------------------


class Assistant(Struct, kw_only=True):
    """An assistant."""

    id: str
    object: Literal["assistant"] = "assistant"
    created_at: int
    name: str | None
    description: str | None
    model: str
    instructions: str | None
    tools: Sequence[Tool]
    tool_resources: ToolResources
    metadata: Metadata
    temperature: float | None
    top_p: float | None
    response_format: ResponseFormat
    reasoning_effort: str | None


class Thread(Struct, kw_only=True):
    """A thread."""

    id: str
    object: Literal["thread"] = "thread"
    created_at: int
    metadata: Metadata
    tool_resources: ToolResources


# --- messages -----------------------------------------------------------------------------------------------------


class FileRef(Struct, kw_only=True, gc=False):
    """A file, by its id."""

    file_id: str


class FileCitation(Struct, kw_only=True):
    """A marker in a text that stands for a file which was found. Indices count code points."""

    type: Literal["file_citation"] = "file_citation"
    text: str
    start_index: int
    end_index: int
    file_citation: FileRef


class FilePath(Struct, kw_only=True):
    """A path in a text that stands for a file which was made."""

    type: Literal["file_path"] = "file_path"
    text: str
    start_index: int
    end_index: int
    file_path: FileRef


Annotation: TypeAlias = FileCitation | FilePath


class Text(Struct, kw_only=True):
    """A text with its annotations."""

    value: str
    annotations: Sequence[Annotation] = ()


class TextPart(Struct, kw_only=True):
    """A part that is text."""

    type: Literal["text"] = "text"
    text: Text


class ImageFile(Struct, kw_only=True, gc=False):
    """An image among the files."""

    file_id: str
    detail: Detail = "auto"


class ImageFilePart(Struct, kw_only=True):
    """A part that is an image among the files."""

    type: Literal["image_file"] = "image_file"
    image_file: ImageFile


class ImageUrl(Struct, kw_only=True, gc=False):
    """An image elsewhere."""

    url: str
    detail: Detail = "auto"


class ImageUrlPart(Struct, kw_only=True):
    """A part that is an image elsewhere."""

    type: Literal["image_url"] = "image_url"
    image_url: ImageUrl


class RefusalPart(Struct, kw_only=True, gc=False):
    """A part in which the model declines."""

    type: Literal["refusal"] = "refusal"
    refusal: str


Part: TypeAlias = TextPart | ImageFilePart | ImageUrlPart | RefusalPart


class AttachmentTool(Struct, kw_only=True, gc=False):
    """A tool that an attached file was given to."""

    type: Literal["code_interpreter", "file_search"]


class Attachment(Struct, kw_only=True):
    """A file that came with a message."""

    file_id: str
    tools: Sequence[AttachmentTool]


class MessageIncomplete(Struct, kw_only=True, gc=False):
    """Why a message ends early."""

    reason: Literal["content_filter", "max_tokens", "run_cancelled", "run_expired", "run_failed"]


class Message(Struct, kw_only=True):
    """A message."""

    id: str
    object: Literal["thread.message"] = "thread.message"
    created_at: int
    thread_id: str
    role: Role
    content: Sequence[Part]
    status: Literal["in_progress", "completed", "incomplete"]
    incomplete_details: MessageIncomplete | None
    completed_at: int | None
    incomplete_at: int | None
    assistant_id: str | None
    run_id: str | None
    attachments: Sequence[Attachment]
    metadata: Metadata


# --- runs ---------------------------------------------------------------------------------------------------------

RunStatus: TypeAlias = Literal[
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "completed",
    "incomplete",
    "failed",
    "cancelled",
    "expired",
]


class FunctionCall(Struct, kw_only=True, gc=False):
    """What a function is called with: `arguments` is JSON text."""

    name: str
    arguments: str


class OwedCall(Struct, kw_only=True):
    """A call whose output the caller owes."""

    id: str
    type: Literal["function"] = "function"
    function: FunctionCall


class OwedCalls(Struct, kw_only=True):
    """The calls whose outputs the caller owes."""

    tool_calls: Sequence[OwedCall]


class RequiredAction(Struct, kw_only=True):
    """What a run waits for."""

    type: Literal["submit_tool_outputs"] = "submit_tool_outputs"
    submit_tool_outputs: OwedCalls


class RunError(Struct, kw_only=True, gc=False):
    """Why a run failed."""

    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
    message: str


class RunIncomplete(Struct, kw_only=True, gc=False):
    """Which budget of a run was used up."""

    reason: Literal["max_completion_tokens", "max_prompt_tokens"]


class Usage(Struct, kw_only=True, gc=False):
    """Tokens that were used."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Truncation(Struct, kw_only=True, gc=False):
    """How a thread is cut to fit a prompt."""

    type: Literal["auto", "last_messages"] = "auto"
    last_messages: int | None = None


class Run(Struct, kw_only=True):
    """A run. `instructions` is empty, not null, where there are none."""

    id: str
    object: Literal["thread.run"] = "thread.run"
    created_at: int
    thread_id: str
    assistant_id: str
    status: RunStatus
    required_action: RequiredAction | None
    last_error: RunError | None
    expires_at: int | None
    started_at: int | None
    cancelled_at: int | None
    failed_at: int | None
    completed_at: int | None
    incomplete_details: RunIncomplete | None
    model: str
    instructions: str
    tools: Sequence[Tool]
    tool_resources: ToolResources
    metadata: Metadata
    temperature: float | None
    top_p: float | None
    max_prompt_tokens: int | None
    max_completion_tokens: int | None
    truncation_strategy: Truncation
    tool_choice: ToolChoice
    parallel_tool_calls: bool
    response_format: ResponseFormat
    reasoning_effort: str | None
    usage: Usage | None


# --- run steps ----------------------------------------------------------------------------------------------------


class MessageRef(Struct, kw_only=True, gc=False):
    """A message, by its id."""

    message_id: str


class MessageCreation(Struct, kw_only=True):
    """The step wrote a message."""

    type: Literal["message_creation"] = "message_creation"
    message_creation: MessageRef


class FunctionResult(Struct, kw_only=True, gc=False):
    """A function call and its output, null until it is submitted."""

    name: str
    arguments: str
    output: str | None


class FunctionToolCall(Struct, kw_only=True):
    """A call that the caller answers."""

    id: str
    type: Literal["function"] = "function"
    function: FunctionResult


class PlainText(Struct, kw_only=True, gc=False):
    """A passage of a file. Here `text` is a string."""

    type: Literal["text"] = "text"
    text: str


class FileSearchResult(Struct, kw_only=True):
    """A file that was found. `content` is there only where the caller asked to include it."""

    file_id: str
    file_name: str
    score: float
    content: Sequence[PlainText] | UnsetType = UNSET


class FileSearch(Struct, kw_only=True):
    """A search in files, `{}` while it goes on."""

    ranking_options: RankingOptions | UnsetType = UNSET
    results: Sequence[FileSearchResult] | UnsetType = UNSET


class FileSearchToolCall(Struct, kw_only=True):
    """A call that searched vector stores."""

    id: str
    type: Literal["file_search"] = "file_search"
    file_search: FileSearch


class CodeLogs(Struct, kw_only=True, gc=False):
    """What code printed."""

    type: Literal["logs"] = "logs"
    logs: str


class CodeImage(Struct, kw_only=True):
    """A picture that code made."""

    type: Literal["image"] = "image"
    image: FileRef


class CodeInterpreter(Struct, kw_only=True):
    """Code, and what came of it."""

    input: str
    outputs: Sequence[CodeLogs | CodeImage]


class CodeToolCall(Struct, kw_only=True):
    """A call that ran code."""

    id: str
    type: Literal["code_interpreter"] = "code_interpreter"
    code_interpreter: CodeInterpreter


ToolCall: TypeAlias = FunctionToolCall | FileSearchToolCall | CodeToolCall


class ToolCalls(Struct, kw_only=True):
    """The step called tools."""

    type: Literal["tool_calls"] = "tool_calls"
    tool_calls: Sequence[ToolCall]


class StepError(Struct, kw_only=True, gc=False):
    """Why a step failed."""

    code: Literal["server_error", "rate_limit_exceeded"]
    message: str


class RunStep(Struct, kw_only=True):
    """A step of a run."""

    id: str
    object: Literal["thread.run.step"] = "thread.run.step"
    created_at: int
    run_id: str
    assistant_id: str
    thread_id: str
    type: Literal["message_creation", "tool_calls"]
    status: Literal["in_progress", "completed", "cancelled", "failed", "expired"]
    step_details: MessageCreation | ToolCalls
    last_error: StepError | None
    expired_at: int | None
    cancelled_at: int | None
    failed_at: int | None
    completed_at: int | None
    metadata: Metadata
    usage: Usage | None


# --- deltas: clients add them up, so each key is sent once ---------------------------------------------------------


class FileCitationDelta(Struct, kw_only=True):
    """A whole file citation, at its place among the annotations."""

    index: int
    type: Literal["file_citation"] = "file_citation"
    text: str
    start_index: int
    end_index: int
    file_citation: FileRef


class FilePathDelta(Struct, kw_only=True):
    """A whole file path, at its place among the annotations."""

    index: int
    type: Literal["file_path"] = "file_path"
    text: str
    start_index: int
    end_index: int
    file_path: FileRef


class TextDelta(Struct, kw_only=True):
    """More of a text. The first one of a part carries `annotations`, empty."""

    value: str | UnsetType = UNSET
    annotations: Sequence[FileCitationDelta | FilePathDelta] | UnsetType = UNSET


class TextPartDelta(Struct, kw_only=True):
    """More of a part that is text."""

    index: int
    type: Literal["text"] = "text"
    text: TextDelta


class ImageFilePartDelta(Struct, kw_only=True):
    """A whole image among the files, at its place."""

    index: int
    type: Literal["image_file"] = "image_file"
    image_file: FileRef


class RefusalPartDelta(Struct, kw_only=True, gc=False):
    """More of a part in which the model declines."""

    index: int
    type: Literal["refusal"] = "refusal"
    refusal: str


class MessageDelta(Struct, kw_only=True):
    """What a message grew by."""

    role: Role | UnsetType = UNSET
    content: Sequence[TextPartDelta | ImageFilePartDelta | RefusalPartDelta] | UnsetType = UNSET


class MessageDeltaEvent(Struct, kw_only=True):
    """The data of `thread.message.delta`."""

    id: str
    object: Literal["thread.message.delta"] = "thread.message.delta"
    delta: MessageDelta


class FunctionDelta(Struct, kw_only=True, gc=False):
    """More of a function call. `output` is null in the first one, and absent later."""

    name: str | UnsetType = UNSET
    arguments: str | UnsetType = UNSET
    output: str | UnsetType | None = UNSET


class FunctionToolCallDelta(Struct, kw_only=True):
    """More of a call that the caller answers."""

    index: int
    id: str | UnsetType = UNSET
    type: Literal["function"] = "function"
    function: FunctionDelta


class FileSearchToolCallDelta(Struct, kw_only=True):
    """A call that searches vector stores. Its results come with the completed step."""

    index: int
    id: str | UnsetType = UNSET
    type: Literal["file_search"] = "file_search"
    file_search: dict[str, Any]


class CodeLogsDelta(Struct, kw_only=True, gc=False):
    """What code printed."""

    index: int
    type: Literal["logs"] = "logs"
    logs: str


class CodeImageDelta(Struct, kw_only=True):
    """A picture that code made."""

    index: int
    type: Literal["image"] = "image"
    image: FileRef


class CodeInterpreterDelta(Struct, kw_only=True):
    """More code, or more of what came of it."""

    input: str | UnsetType = UNSET
    outputs: Sequence[CodeLogsDelta | CodeImageDelta] | UnsetType = UNSET


class CodeToolCallDelta(Struct, kw_only=True):
    """More of a call that runs code."""

    index: int
    id: str | UnsetType = UNSET
    type: Literal["code_interpreter"] = "code_interpreter"
    code_interpreter: CodeInterpreterDelta


class ToolCallsDelta(Struct, kw_only=True):
    """More of the calls of a step."""

    type: Literal["tool_calls"] = "tool_calls"
    tool_calls: Sequence[FunctionToolCallDelta | FileSearchToolCallDelta | CodeToolCallDelta]


class RunStepDelta(Struct, kw_only=True):
    """What a step grew by."""

    step_details: ToolCallsDelta | MessageCreation


class RunStepDeltaEvent(Struct, kw_only=True):
    """The data of `thread.run.step.delta`."""

    id: str
    object: Literal["thread.run.step.delta"] = "thread.run.step.delta"
    delta: RunStepDelta


# --- files, uploads, models ---------------------------------------------------------------------------------------


class File(Struct, kw_only=True, gc=False):
    """A file."""

    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: Literal["uploaded", "processed", "error"] = "processed"
    status_details: str | None = None
    expires_at: int | None


class Upload(Struct, kw_only=True):
    """A file that comes in parts."""

    id: str
    object: Literal["upload"] = "upload"
    bytes: int
    created_at: int
    expires_at: int
    filename: str
    purpose: str
    status: Literal["pending", "completed", "cancelled", "expired"]
    file: File | None


class UploadPart(Struct, kw_only=True, gc=False):
    """A part of an upload."""

    id: str
    object: Literal["upload.part"] = "upload.part"
    created_at: int
    upload_id: str


class Model(Struct, kw_only=True, gc=False):
    """A model that runs may name."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    shutdown_date: str | UnsetType | None = UNSET


class ModelList(Struct, kw_only=True):
    """All models. This list has no cursors."""

    object: Literal["list"] = "list"
    data: Sequence[Model]


# --- vector stores ------------------------------------------------------------------------------------------------


class FileCounts(Struct, kw_only=True, gc=False):
    """How many files are in which state."""

    in_progress: int
    completed: int
    failed: int
    cancelled: int
    total: int


class StoreExpiry(Struct, kw_only=True, gc=False):
    """When a store ends."""

    anchor: Literal["last_active_at"] = "last_active_at"
    days: int


class VectorStore(Struct, kw_only=True):
    """A vector store. `name` is empty, not null, where there is none."""

    id: str
    object: Literal["vector_store"] = "vector_store"
    created_at: int
    name: str
    description: str | None
    usage_bytes: int
    file_counts: FileCounts
    status: Literal["in_progress", "completed", "expired"]
    expires_after: StoreExpiry | None
    expires_at: int | None
    last_active_at: int | None
    metadata: Metadata


class ChunkSizes(Struct, kw_only=True, gc=False):
    """Sizes of chunks, in tokens."""

    max_chunk_size_tokens: int
    chunk_overlap_tokens: int


class StaticChunking(Struct, kw_only=True):
    """The file was cut by these sizes."""

    type: Literal["static"] = "static"
    static: ChunkSizes


class OtherChunking(Struct, kw_only=True, gc=False):
    """The file was cut in a way that is not known."""

    type: Literal["other"] = "other"


class IndexingError(Struct, kw_only=True, gc=False):
    """Why a file cannot be searched."""

    code: Literal["server_error", "unsupported_file", "invalid_file"]
    message: str


class VectorStoreFile(Struct, kw_only=True):
    """A file in a store. Its id is the file's own."""

    id: str
    object: Literal["vector_store.file"] = "vector_store.file"
    usage_bytes: int
    created_at: int
    vector_store_id: str
    status: Literal["in_progress", "completed", "cancelled", "failed"]
    last_error: IndexingError | None
    chunking_strategy: StaticChunking | OtherChunking
    attributes: Attributes | None


class FileBatch(Struct, kw_only=True):
    """Files that were put into a store together."""

    id: str
    object: Literal["vector_store.files_batch"] = "vector_store.files_batch"
    created_at: int
    vector_store_id: str
    status: Literal["in_progress", "completed", "cancelled", "failed"]
    file_counts: FileCounts


class FileContentPage(Struct, kw_only=True):
    """The text of a file in a store."""

    object: Literal["vector_store.file_content.page"] = "vector_store.file_content.page"
    data: Sequence[PlainText]
    has_more: bool = False
    next_page: str | None = None


class SearchResult(Struct, kw_only=True):
    """A file with the passages that were found in it."""

    file_id: str
    filename: str
    score: float
    attributes: Attributes | None
    content: Sequence[PlainText]


class SearchPage(Struct, kw_only=True):
    """What a search of a store found."""

    object: Literal["vector_store.search_results.page"] = "vector_store.search_results.page"
    search_query: Sequence[str]
    data: Sequence[SearchResult]
    has_more: bool = False
    next_page: str | None = None
