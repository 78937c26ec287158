# Types of the messages that `wire.py` makes. Made by tools/protos.py.

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any as Untyped
from typing import Final

from google.protobuf.any_pb2 import Any as Any
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.field_mask_pb2 import FieldMask as FieldMask
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer, RepeatedScalarFieldContainer
from google.protobuf.message import Message as ProtoMessage
from google.protobuf.struct_pb2 import Struct as Struct
from google.protobuf.timestamp_pb2 import Timestamp as Timestamp
from google.protobuf.wrappers_pb2 import BoolValue as BoolValue
from google.protobuf.wrappers_pb2 import DoubleValue as DoubleValue
from google.protobuf.wrappers_pb2 import Int64Value as Int64Value

POOL: Final[DescriptorPool]
REQUIRED: Final[Untyped]
SIZE: Final[Untyped]
LENGTH: Final[Untyped]

def http_rule(service: str, method: str) -> tuple[str, str] | None: ...
def options_of(field: FieldDescriptor) -> Untyped: ...
def method_types(service: str, method: str) -> tuple[type[ProtoMessage], type[ProtoMessage], bool, bool]: ...


class RequestInfo(ProtoMessage):
    request_id: str
    serving_data: str
    def __init__(
        self,
        *,
        request_id: str | None = ...,
        serving_data: str | None = ...,
    ) -> None: ...

class BadRequest(ProtoMessage):
    class FieldViolation(ProtoMessage):
        field: str
        description: str
        def __init__(
            self,
            *,
            field: str | None = ...,
            description: str | None = ...,
        ) -> None: ...
    @property
    def field_violations(self) -> RepeatedCompositeFieldContainer[BadRequest.FieldViolation]: ...
    def __init__(
        self,
        *,
        field_violations: Iterable[BadRequest.FieldViolation] | None = ...,
    ) -> None: ...

class Status(ProtoMessage):
    code: int
    message: str
    @property
    def details(self) -> RepeatedCompositeFieldContainer[Any]: ...
    def __init__(
        self,
        *,
        code: int | None = ...,
        message: str | None = ...,
        details: Iterable[Any] | None = ...,
    ) -> None: ...

class PromptTruncationOptions(ProtoMessage):
    class AutoStrategy(ProtoMessage):
        def __init__(self) -> None: ...
    class LastMessagesStrategy(ProtoMessage):
        num_messages: int
        def __init__(
            self,
            *,
            num_messages: int | None = ...,
        ) -> None: ...
    @property
    def max_prompt_tokens(self) -> Int64Value: ...
    @property
    def auto_strategy(self) -> PromptTruncationOptions.AutoStrategy: ...
    @property
    def last_messages_strategy(self) -> PromptTruncationOptions.LastMessagesStrategy: ...
    def __init__(
        self,
        *,
        max_prompt_tokens: Int64Value | None = ...,
        auto_strategy: PromptTruncationOptions.AutoStrategy | None = ...,
        last_messages_strategy: PromptTruncationOptions.LastMessagesStrategy | None = ...,
    ) -> None: ...

class CompletionOptions(ProtoMessage):
    @property
    def max_tokens(self) -> Int64Value: ...
    @property
    def temperature(self) -> DoubleValue: ...
    def __init__(
        self,
        *,
        max_tokens: Int64Value | None = ...,
        temperature: DoubleValue | None = ...,
    ) -> None: ...

class Tool(ProtoMessage):
    @property
    def search_index(self) -> SearchIndexTool: ...
    @property
    def function(self) -> FunctionTool: ...
    @property
    def gen_search(self) -> GenSearchTool: ...
    def __init__(
        self,
        *,
        search_index: SearchIndexTool | None = ...,
        function: FunctionTool | None = ...,
        gen_search: GenSearchTool | None = ...,
    ) -> None: ...

class ToolCall(ProtoMessage):
    @property
    def function_call(self) -> FunctionCall: ...
    def __init__(
        self,
        *,
        function_call: FunctionCall | None = ...,
    ) -> None: ...

class ToolCallList(ProtoMessage):
    @property
    def tool_calls(self) -> RepeatedCompositeFieldContainer[ToolCall]: ...
    def __init__(
        self,
        *,
        tool_calls: Iterable[ToolCall] | None = ...,
    ) -> None: ...

class ToolResult(ProtoMessage):
    @property
    def function_result(self) -> FunctionResult: ...
    def __init__(
        self,
        *,
        function_result: FunctionResult | None = ...,
    ) -> None: ...

class ToolResultList(ProtoMessage):
    @property
    def tool_results(self) -> RepeatedCompositeFieldContainer[ToolResult]: ...
    def __init__(
        self,
        *,
        tool_results: Iterable[ToolResult] | None = ...,
    ) -> None: ...

class SearchIndexTool(ProtoMessage):
    @property
    def search_index_ids(self) -> RepeatedScalarFieldContainer[str]: ...
    @property
    def max_num_results(self) -> Int64Value: ...
    @property
    def rephraser_options(self) -> RephraserOptions: ...
    @property
    def call_strategy(self) -> CallStrategy: ...
    def __init__(
        self,
        *,
        search_index_ids: Iterable[str] | None = ...,
        max_num_results: Int64Value | None = ...,
        rephraser_options: RephraserOptions | None = ...,
        call_strategy: CallStrategy | None = ...,
    ) -> None: ...

class CallStrategy(ProtoMessage):
    class AlwaysCall(ProtoMessage):
        def __init__(self) -> None: ...
    class AutoCall(ProtoMessage):
        name: str
        instruction: str
        def __init__(
            self,
            *,
            name: str | None = ...,
            instruction: str | None = ...,
        ) -> None: ...
    @property
    def always_call(self) -> CallStrategy.AlwaysCall: ...
    @property
    def auto_call(self) -> CallStrategy.AutoCall: ...
    def __init__(
        self,
        *,
        always_call: CallStrategy.AlwaysCall | None = ...,
        auto_call: CallStrategy.AutoCall | None = ...,
    ) -> None: ...

class FunctionTool(ProtoMessage):
    name: str
    description: str
    @property
    def parameters(self) -> Struct: ...
    def __init__(
        self,
        *,
        name: str | None = ...,
        description: str | None = ...,
        parameters: Struct | None = ...,
    ) -> None: ...

class FunctionCall(ProtoMessage):
    name: str
    @property
    def arguments(self) -> Struct: ...
    def __init__(
        self,
        *,
        name: str | None = ...,
        arguments: Struct | None = ...,
    ) -> None: ...

class FunctionResult(ProtoMessage):
    name: str
    content: str
    def __init__(
        self,
        *,
        name: str | None = ...,
        content: str | None = ...,
    ) -> None: ...

class JsonSchema(ProtoMessage):
    @property
    def schema(self) -> Struct: ...
    def __init__(
        self,
        *,
        schema: Struct | None = ...,
    ) -> None: ...

class ResponseFormat(ProtoMessage):
    json_object: bool
    @property
    def json_schema(self) -> JsonSchema: ...
    def __init__(
        self,
        *,
        json_object: bool | None = ...,
        json_schema: JsonSchema | None = ...,
    ) -> None: ...

class GenSearchTool(ProtoMessage):
    @property
    def options(self) -> GenSearchOptions: ...
    description: str
    def __init__(
        self,
        *,
        options: GenSearchOptions | None = ...,
        description: str | None = ...,
    ) -> None: ...

class RephraserOptions(ProtoMessage):
    rephraser_uri: str
    def __init__(
        self,
        *,
        rephraser_uri: str | None = ...,
    ) -> None: ...

class GenSearchOptions(ProtoMessage):
    class SiteOption(ProtoMessage):
        @property
        def site(self) -> RepeatedScalarFieldContainer[str]: ...
        def __init__(
            self,
            *,
            site: Iterable[str] | None = ...,
        ) -> None: ...
    class UrlOption(ProtoMessage):
        @property
        def url(self) -> RepeatedScalarFieldContainer[str]: ...
        def __init__(
            self,
            *,
            url: Iterable[str] | None = ...,
        ) -> None: ...
    class HostOption(ProtoMessage):
        @property
        def host(self) -> RepeatedScalarFieldContainer[str]: ...
        def __init__(
            self,
            *,
            host: Iterable[str] | None = ...,
        ) -> None: ...
    class SearchFilter(ProtoMessage):
        DOC_FORMAT_UNSPECIFIED: Final = 0
        DOC_FORMAT_PDF: Final = 1
        DOC_FORMAT_XLS: Final = 2
        DOC_FORMAT_ODS: Final = 3
        DOC_FORMAT_RTF: Final = 4
        DOC_FORMAT_PPT: Final = 5
        DOC_FORMAT_ODP: Final = 6
        DOC_FORMAT_SWF: Final = 7
        DOC_FORMAT_ODT: Final = 8
        DOC_FORMAT_ODG: Final = 9
        DOC_FORMAT_DOC: Final = 10
        date: str
        lang: str
        format: int
        def __init__(
            self,
            *,
            date: str | None = ...,
            lang: str | None = ...,
            format: int | None = ...,
        ) -> None: ...
    @property
    def site(self) -> GenSearchOptions.SiteOption: ...
    @property
    def host(self) -> GenSearchOptions.HostOption: ...
    @property
    def url(self) -> GenSearchOptions.UrlOption: ...
    enable_nrfm_docs: bool
    @property
    def search_filters(self) -> RepeatedCompositeFieldContainer[GenSearchOptions.SearchFilter]: ...
    def __init__(
        self,
        *,
        site: GenSearchOptions.SiteOption | None = ...,
        host: GenSearchOptions.HostOption | None = ...,
        url: GenSearchOptions.UrlOption | None = ...,
        enable_nrfm_docs: bool | None = ...,
        search_filters: Iterable[GenSearchOptions.SearchFilter] | None = ...,
    ) -> None: ...

class ExpirationConfig(ProtoMessage):
    EXPIRATION_POLICY_UNSPECIFIED: Final = 0
    STATIC: Final = 1
    SINCE_LAST_ACTIVE: Final = 2
    expiration_policy: int
    ttl_days: int
    def __init__(
        self,
        *,
        expiration_policy: int | None = ...,
        ttl_days: int | None = ...,
    ) -> None: ...

class Error(ProtoMessage):
    code: int
    message: str
    def __init__(
        self,
        *,
        code: int | None = ...,
        message: str | None = ...,
    ) -> None: ...

class Assistant(ProtoMessage):
    id: str
    folder_id: str
    name: str
    description: str
    created_by: str
    @property
    def created_at(self) -> Timestamp: ...
    updated_by: str
    @property
    def updated_at(self) -> Timestamp: ...
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def expires_at(self) -> Timestamp: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    model_uri: str
    instruction: str
    @property
    def prompt_truncation_options(self) -> PromptTruncationOptions: ...
    @property
    def completion_options(self) -> CompletionOptions: ...
    @property
    def tools(self) -> RepeatedCompositeFieldContainer[Tool]: ...
    @property
    def response_format(self) -> ResponseFormat: ...
    def __init__(
        self,
        *,
        id: str | None = ...,
        folder_id: str | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        created_by: str | None = ...,
        created_at: Timestamp | None = ...,
        updated_by: str | None = ...,
        updated_at: Timestamp | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        expires_at: Timestamp | None = ...,
        labels: Mapping[str, str] | None = ...,
        model_uri: str | None = ...,
        instruction: str | None = ...,
        prompt_truncation_options: PromptTruncationOptions | None = ...,
        completion_options: CompletionOptions | None = ...,
        tools: Iterable[Tool] | None = ...,
        response_format: ResponseFormat | None = ...,
    ) -> None: ...

class CreateAssistantRequest(ProtoMessage):
    folder_id: str
    name: str
    description: str
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    model_uri: str
    instruction: str
    @property
    def prompt_truncation_options(self) -> PromptTruncationOptions: ...
    @property
    def completion_options(self) -> CompletionOptions: ...
    @property
    def tools(self) -> RepeatedCompositeFieldContainer[Tool]: ...
    @property
    def response_format(self) -> ResponseFormat: ...
    def __init__(
        self,
        *,
        folder_id: str | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        labels: Mapping[str, str] | None = ...,
        model_uri: str | None = ...,
        instruction: str | None = ...,
        prompt_truncation_options: PromptTruncationOptions | None = ...,
        completion_options: CompletionOptions | None = ...,
        tools: Iterable[Tool] | None = ...,
        response_format: ResponseFormat | None = ...,
    ) -> None: ...

class GetAssistantRequest(ProtoMessage):
    assistant_id: str
    def __init__(
        self,
        *,
        assistant_id: str | None = ...,
    ) -> None: ...

class UpdateAssistantRequest(ProtoMessage):
    assistant_id: str
    @property
    def update_mask(self) -> FieldMask: ...
    name: str
    description: str
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    model_uri: str
    instruction: str
    @property
    def prompt_truncation_options(self) -> PromptTruncationOptions: ...
    @property
    def completion_options(self) -> CompletionOptions: ...
    @property
    def tools(self) -> RepeatedCompositeFieldContainer[Tool]: ...
    @property
    def response_format(self) -> ResponseFormat: ...
    def __init__(
        self,
        *,
        assistant_id: str | None = ...,
        update_mask: FieldMask | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        labels: Mapping[str, str] | None = ...,
        model_uri: str | None = ...,
        instruction: str | None = ...,
        prompt_truncation_options: PromptTruncationOptions | None = ...,
        completion_options: CompletionOptions | None = ...,
        tools: Iterable[Tool] | None = ...,
        response_format: ResponseFormat | None = ...,
    ) -> None: ...

class DeleteAssistantRequest(ProtoMessage):
    assistant_id: str
    def __init__(
        self,
        *,
        assistant_id: str | None = ...,
    ) -> None: ...

class DeleteAssistantResponse(ProtoMessage):
    def __init__(self) -> None: ...

class ListAssistantsRequest(ProtoMessage):
    folder_id: str
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        folder_id: str | None = ...,
        page_size: int | None = ...,
        page_token: str | None = ...,
    ) -> None: ...

class ListAssistantsResponse(ProtoMessage):
    @property
    def assistants(self) -> RepeatedCompositeFieldContainer[Assistant]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        assistants: Iterable[Assistant] | None = ...,
        next_page_token: str | None = ...,
    ) -> None: ...

class ListAssistantVersionsRequest(ProtoMessage):
    assistant_id: str
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        assistant_id: str | None = ...,
        page_size: int | None = ...,
        page_token: str | None = ...,
    ) -> None: ...

class AssistantVersion(ProtoMessage):
    id: str
    @property
    def update_mask(self) -> FieldMask: ...
    @property
    def assistant(self) -> Assistant: ...
    def __init__(
        self,
        *,
        id: str | None = ...,
        update_mask: FieldMask | None = ...,
        assistant: Assistant | None = ...,
    ) -> None: ...

class ListAssistantVersionsResponse(ProtoMessage):
    @property
    def versions(self) -> RepeatedCompositeFieldContainer[AssistantVersion]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        versions: Iterable[AssistantVersion] | None = ...,
        next_page_token: str | None = ...,
    ) -> None: ...
NORMALIZATION_STRATEGY_UNSPECIFIED: Final = 0
MIN_MAX: Final = 1
L2: Final = 2

class StaticChunkingStrategy(ProtoMessage):
    max_chunk_size_tokens: int
    chunk_overlap_tokens: int
    def __init__(
        self,
        *,
        max_chunk_size_tokens: int | None = ...,
        chunk_overlap_tokens: int | None = ...,
    ) -> None: ...

class ChunkingStrategy(ProtoMessage):
    @property
    def static_strategy(self) -> StaticChunkingStrategy: ...
    def __init__(
        self,
        *,
        static_strategy: StaticChunkingStrategy | None = ...,
    ) -> None: ...

class MeanCombinationStrategy(ProtoMessage):
    MEAN_EVALUATION_TECHNIQUE_UNSPECIFIED: Final = 0
    ARITHMETIC: Final = 1
    GEOMETRIC: Final = 2
    HARMONIC: Final = 3
    mean_evaluation_technique: int
    @property
    def weights(self) -> RepeatedScalarFieldContainer[float]: ...
    def __init__(
        self,
        *,
        mean_evaluation_technique: int | None = ...,
        weights: Iterable[float] | None = ...,
    ) -> None: ...

class ReciprocalRankFusionCombinationStrategy(ProtoMessage):
    @property
    def k(self) -> Int64Value: ...
    def __init__(
        self,
        *,
        k: Int64Value | None = ...,
    ) -> None: ...

class CombinationStrategy(ProtoMessage):
    @property
    def mean_combination(self) -> MeanCombinationStrategy: ...
    @property
    def rrf_combination(self) -> ReciprocalRankFusionCombinationStrategy: ...
    def __init__(
        self,
        *,
        mean_combination: MeanCombinationStrategy | None = ...,
        rrf_combination: ReciprocalRankFusionCombinationStrategy | None = ...,
    ) -> None: ...

class NgramTokenizer(ProtoMessage):
    @property
    def min_gram(self) -> Int64Value: ...
    @property
    def max_gram(self) -> Int64Value: ...
    def __init__(
        self,
        *,
        min_gram: Int64Value | None = ...,
        max_gram: Int64Value | None = ...,
    ) -> None: ...

class StandardTokenizer(ProtoMessage):
    def __init__(self) -> None: ...

class StandardAnalyzer(ProtoMessage):
    def __init__(self) -> None: ...

class YandexLemmerAnalyzer(ProtoMessage):
    def __init__(self) -> None: ...

class SearchIndex(ProtoMessage):
    id: str
    folder_id: str
    name: str
    description: str
    created_by: str
    @property
    def created_at(self) -> Timestamp: ...
    updated_by: str
    @property
    def updated_at(self) -> Timestamp: ...
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def expires_at(self) -> Timestamp: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    @property
    def text_search_index(self) -> TextSearchIndex: ...
    @property
    def vector_search_index(self) -> VectorSearchIndex: ...
    @property
    def hybrid_search_index(self) -> HybridSearchIndex: ...
    def __init__(
        self,
        *,
        id: str | None = ...,
        folder_id: str | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        created_by: str | None = ...,
        created_at: Timestamp | None = ...,
        updated_by: str | None = ...,
        updated_at: Timestamp | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        expires_at: Timestamp | None = ...,
        labels: Mapping[str, str] | None = ...,
        text_search_index: TextSearchIndex | None = ...,
        vector_search_index: VectorSearchIndex | None = ...,
        hybrid_search_index: HybridSearchIndex | None = ...,
    ) -> None: ...

class TextSearchIndex(ProtoMessage):
    @property
    def chunking_strategy(self) -> ChunkingStrategy: ...
    @property
    def ngram_tokenizer(self) -> NgramTokenizer: ...
    @property
    def standard_tokenizer(self) -> StandardTokenizer: ...
    @property
    def standard_analyzer(self) -> StandardAnalyzer: ...
    @property
    def yandex_lemmer_analyzer(self) -> YandexLemmerAnalyzer: ...
    def __init__(
        self,
        *,
        chunking_strategy: ChunkingStrategy | None = ...,
        ngram_tokenizer: NgramTokenizer | None = ...,
        standard_tokenizer: StandardTokenizer | None = ...,
        standard_analyzer: StandardAnalyzer | None = ...,
        yandex_lemmer_analyzer: YandexLemmerAnalyzer | None = ...,
    ) -> None: ...

class VectorSearchIndex(ProtoMessage):
    doc_embedder_uri: str
    query_embedder_uri: str
    @property
    def chunking_strategy(self) -> ChunkingStrategy: ...
    def __init__(
        self,
        *,
        doc_embedder_uri: str | None = ...,
        query_embedder_uri: str | None = ...,
        chunking_strategy: ChunkingStrategy | None = ...,
    ) -> None: ...

class HybridSearchIndex(ProtoMessage):
    @property
    def text_search_index(self) -> TextSearchIndex: ...
    @property
    def vector_search_index(self) -> VectorSearchIndex: ...
    @property
    def chunking_strategy(self) -> ChunkingStrategy: ...
    normalization_strategy: int
    @property
    def combination_strategy(self) -> CombinationStrategy: ...
    def __init__(
        self,
        *,
        text_search_index: TextSearchIndex | None = ...,
        vector_search_index: VectorSearchIndex | None = ...,
        chunking_strategy: ChunkingStrategy | None = ...,
        normalization_strategy: int | None = ...,
        combination_strategy: CombinationStrategy | None = ...,
    ) -> None: ...

class File(ProtoMessage):
    id: str
    folder_id: str
    name: str
    description: str
    mime_type: str
    created_by: str
    @property
    def created_at(self) -> Timestamp: ...
    updated_by: str
    @property
    def updated_at(self) -> Timestamp: ...
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def expires_at(self) -> Timestamp: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    def __init__(
        self,
        *,
        id: str | None = ...,
        folder_id: str | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        mime_type: str | None = ...,
        created_by: str | None = ...,
        created_at: Timestamp | None = ...,
        updated_by: str | None = ...,
        updated_at: Timestamp | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        expires_at: Timestamp | None = ...,
        labels: Mapping[str, str] | None = ...,
    ) -> None: ...

class Message(ProtoMessage):
    MESSAGE_STATUS_UNSPECIFIED: Final = 0
    COMPLETED: Final = 1
    TRUNCATED: Final = 2
    FILTERED_CONTENT: Final = 3
    id: str
    thread_id: str
    created_by: str
    @property
    def created_at(self) -> Timestamp: ...
    @property
    def author(self) -> Author: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    @property
    def content(self) -> MessageContent: ...
    status: int
    @property
    def citations(self) -> RepeatedCompositeFieldContainer[Citation]: ...
    def __init__(
        self,
        *,
        id: str | None = ...,
        thread_id: str | None = ...,
        created_by: str | None = ...,
        created_at: Timestamp | None = ...,
        author: Author | None = ...,
        labels: Mapping[str, str] | None = ...,
        content: MessageContent | None = ...,
        status: int | None = ...,
        citations: Iterable[Citation] | None = ...,
    ) -> None: ...

class MessageContent(ProtoMessage):
    @property
    def content(self) -> RepeatedCompositeFieldContainer[ContentPart]: ...
    def __init__(
        self,
        *,
        content: Iterable[ContentPart] | None = ...,
    ) -> None: ...

class ContentPart(ProtoMessage):
    @property
    def text(self) -> Text: ...
    def __init__(
        self,
        *,
        text: Text | None = ...,
    ) -> None: ...

class MessageData(ProtoMessage):
    @property
    def author(self) -> Author: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    @property
    def content(self) -> MessageContent: ...
    def __init__(
        self,
        *,
        author: Author | None = ...,
        labels: Mapping[str, str] | None = ...,
        content: MessageContent | None = ...,
    ) -> None: ...

class Text(ProtoMessage):
    content: str
    def __init__(
        self,
        *,
        content: str | None = ...,
    ) -> None: ...

class Author(ProtoMessage):
    id: str
    role: str
    def __init__(
        self,
        *,
        id: str | None = ...,
        role: str | None = ...,
    ) -> None: ...

class Citation(ProtoMessage):
    @property
    def sources(self) -> RepeatedCompositeFieldContainer[Source]: ...
    def __init__(
        self,
        *,
        sources: Iterable[Source] | None = ...,
    ) -> None: ...

class Source(ProtoMessage):
    @property
    def chunk(self) -> FileChunk: ...
    def __init__(
        self,
        *,
        chunk: FileChunk | None = ...,
    ) -> None: ...

class FileChunk(ProtoMessage):
    @property
    def search_index(self) -> SearchIndex: ...
    @property
    def source_file(self) -> File: ...
    @property
    def content(self) -> ChunkContent: ...
    def __init__(
        self,
        *,
        search_index: SearchIndex | None = ...,
        source_file: File | None = ...,
        content: ChunkContent | None = ...,
    ) -> None: ...

class ChunkContent(ProtoMessage):
    @property
    def content(self) -> RepeatedCompositeFieldContainer[ContentPart]: ...
    def __init__(
        self,
        *,
        content: Iterable[ContentPart] | None = ...,
    ) -> None: ...

class Run(ProtoMessage):
    id: str
    assistant_id: str
    thread_id: str
    created_by: str
    @property
    def created_at(self) -> Timestamp: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    @property
    def state(self) -> RunState: ...
    @property
    def usage(self) -> ContentUsage: ...
    @property
    def custom_prompt_truncation_options(self) -> PromptTruncationOptions: ...
    @property
    def custom_completion_options(self) -> CompletionOptions: ...
    @property
    def tools(self) -> RepeatedCompositeFieldContainer[Tool]: ...
    @property
    def custom_response_format(self) -> ResponseFormat: ...
    def __init__(
        self,
        *,
        id: str | None = ...,
        assistant_id: str | None = ...,
        thread_id: str | None = ...,
        created_by: str | None = ...,
        created_at: Timestamp | None = ...,
        labels: Mapping[str, str] | None = ...,
        state: RunState | None = ...,
        usage: ContentUsage | None = ...,
        custom_prompt_truncation_options: PromptTruncationOptions | None = ...,
        custom_completion_options: CompletionOptions | None = ...,
        tools: Iterable[Tool] | None = ...,
        custom_response_format: ResponseFormat | None = ...,
    ) -> None: ...

class RunState(ProtoMessage):
    RUN_STATUS_UNSPECIFIED: Final = 0
    PENDING: Final = 1
    IN_PROGRESS: Final = 2
    FAILED: Final = 3
    COMPLETED: Final = 4
    TOOL_CALLS: Final = 5
    status: int
    @property
    def error(self) -> Error: ...
    @property
    def completed_message(self) -> Message: ...
    @property
    def tool_call_list(self) -> ToolCallList: ...
    def __init__(
        self,
        *,
        status: int | None = ...,
        error: Error | None = ...,
        completed_message: Message | None = ...,
        tool_call_list: ToolCallList | None = ...,
    ) -> None: ...

class ContentUsage(ProtoMessage):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    def __init__(
        self,
        *,
        prompt_tokens: int | None = ...,
        completion_tokens: int | None = ...,
        total_tokens: int | None = ...,
    ) -> None: ...

class CreateRunRequest(ProtoMessage):
    assistant_id: str
    thread_id: str
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    @property
    def additional_messages(self) -> RepeatedCompositeFieldContainer[MessageData]: ...
    @property
    def custom_prompt_truncation_options(self) -> PromptTruncationOptions: ...
    @property
    def custom_completion_options(self) -> CompletionOptions: ...
    stream: bool
    @property
    def tools(self) -> RepeatedCompositeFieldContainer[Tool]: ...
    @property
    def custom_response_format(self) -> ResponseFormat: ...
    def __init__(
        self,
        *,
        assistant_id: str | None = ...,
        thread_id: str | None = ...,
        labels: Mapping[str, str] | None = ...,
        additional_messages: Iterable[MessageData] | None = ...,
        custom_prompt_truncation_options: PromptTruncationOptions | None = ...,
        custom_completion_options: CompletionOptions | None = ...,
        stream: bool | None = ...,
        tools: Iterable[Tool] | None = ...,
        custom_response_format: ResponseFormat | None = ...,
    ) -> None: ...

class ListenRunRequest(ProtoMessage):
    run_id: str
    @property
    def events_start_idx(self) -> Int64Value: ...
    def __init__(
        self,
        *,
        run_id: str | None = ...,
        events_start_idx: Int64Value | None = ...,
    ) -> None: ...

class AttachRunRequest(ProtoMessage):
    run_id: str
    @property
    def events_start_idx(self) -> Int64Value: ...
    @property
    def tool_result_list(self) -> ToolResultList: ...
    def __init__(
        self,
        *,
        run_id: str | None = ...,
        events_start_idx: Int64Value | None = ...,
        tool_result_list: ToolResultList | None = ...,
    ) -> None: ...

class GetRunRequest(ProtoMessage):
    run_id: str
    def __init__(
        self,
        *,
        run_id: str | None = ...,
    ) -> None: ...

class GetLastRunByThreadRequest(ProtoMessage):
    thread_id: str
    def __init__(
        self,
        *,
        thread_id: str | None = ...,
    ) -> None: ...

class ListRunsRequest(ProtoMessage):
    folder_id: str
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        folder_id: str | None = ...,
        page_size: int | None = ...,
        page_token: str | None = ...,
    ) -> None: ...

class ListRunsResponse(ProtoMessage):
    @property
    def runs(self) -> RepeatedCompositeFieldContainer[Run]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        runs: Iterable[Run] | None = ...,
        next_page_token: str | None = ...,
    ) -> None: ...

class StreamCursor(ProtoMessage):
    current_event_idx: int
    num_user_events_received: int
    def __init__(
        self,
        *,
        current_event_idx: int | None = ...,
        num_user_events_received: int | None = ...,
    ) -> None: ...

class StreamEvent(ProtoMessage):
    EVENT_TYPE_UNSPECIFIED: Final = 0
    PARTIAL_MESSAGE: Final = 1
    ERROR: Final = 2
    DONE: Final = 3
    TOOL_CALLS: Final = 4
    event_type: int
    @property
    def stream_cursor(self) -> StreamCursor: ...
    @property
    def error(self) -> Error: ...
    @property
    def partial_message(self) -> MessageContent: ...
    @property
    def completed_message(self) -> Message: ...
    @property
    def tool_call_list(self) -> ToolCallList: ...
    def __init__(
        self,
        *,
        event_type: int | None = ...,
        stream_cursor: StreamCursor | None = ...,
        error: Error | None = ...,
        partial_message: MessageContent | None = ...,
        completed_message: Message | None = ...,
        tool_call_list: ToolCallList | None = ...,
    ) -> None: ...

class SubmitToRunRequest(ProtoMessage):
    run_id: str
    @property
    def tool_result_list(self) -> ToolResultList: ...
    def __init__(
        self,
        *,
        run_id: str | None = ...,
        tool_result_list: ToolResultList | None = ...,
    ) -> None: ...

class SubmitToRunResponse(ProtoMessage):
    def __init__(self) -> None: ...

class SearchIndexFile(ProtoMessage):
    id: str
    search_index_id: str
    created_by: str
    @property
    def created_at(self) -> Timestamp: ...
    def __init__(
        self,
        *,
        id: str | None = ...,
        search_index_id: str | None = ...,
        created_by: str | None = ...,
        created_at: Timestamp | None = ...,
    ) -> None: ...

class Operation(ProtoMessage):
    id: str
    description: str
    @property
    def created_at(self) -> Timestamp: ...
    created_by: str
    @property
    def modified_at(self) -> Timestamp: ...
    done: bool
    @property
    def metadata(self) -> Any: ...
    @property
    def error(self) -> Status: ...
    @property
    def response(self) -> Any: ...
    def __init__(
        self,
        *,
        id: str | None = ...,
        description: str | None = ...,
        created_at: Timestamp | None = ...,
        created_by: str | None = ...,
        modified_at: Timestamp | None = ...,
        done: bool | None = ...,
        metadata: Any | None = ...,
        error: Status | None = ...,
        response: Any | None = ...,
    ) -> None: ...

class BatchCreateSearchIndexFileRequest(ProtoMessage):
    @property
    def file_ids(self) -> RepeatedScalarFieldContainer[str]: ...
    search_index_id: str
    def __init__(
        self,
        *,
        file_ids: Iterable[str] | None = ...,
        search_index_id: str | None = ...,
    ) -> None: ...

class BatchCreateSearchIndexFileResponse(ProtoMessage):
    @property
    def files(self) -> RepeatedCompositeFieldContainer[SearchIndexFile]: ...
    def __init__(
        self,
        *,
        files: Iterable[SearchIndexFile] | None = ...,
    ) -> None: ...

class GetSearchIndexFileRequest(ProtoMessage):
    file_id: str
    search_index_id: str
    def __init__(
        self,
        *,
        file_id: str | None = ...,
        search_index_id: str | None = ...,
    ) -> None: ...

class ListSearchIndexFilesRequest(ProtoMessage):
    search_index_id: str
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        search_index_id: str | None = ...,
        page_size: int | None = ...,
        page_token: str | None = ...,
    ) -> None: ...

class ListSearchIndexFilesResponse(ProtoMessage):
    @property
    def files(self) -> RepeatedCompositeFieldContainer[SearchIndexFile]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        files: Iterable[SearchIndexFile] | None = ...,
        next_page_token: str | None = ...,
    ) -> None: ...

class CreateSearchIndexRequest(ProtoMessage):
    folder_id: str
    @property
    def file_ids(self) -> RepeatedScalarFieldContainer[str]: ...
    name: str
    description: str
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    @property
    def text_search_index(self) -> TextSearchIndex: ...
    @property
    def vector_search_index(self) -> VectorSearchIndex: ...
    @property
    def hybrid_search_index(self) -> HybridSearchIndex: ...
    def __init__(
        self,
        *,
        folder_id: str | None = ...,
        file_ids: Iterable[str] | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        labels: Mapping[str, str] | None = ...,
        text_search_index: TextSearchIndex | None = ...,
        vector_search_index: VectorSearchIndex | None = ...,
        hybrid_search_index: HybridSearchIndex | None = ...,
    ) -> None: ...

class GetSearchIndexRequest(ProtoMessage):
    search_index_id: str
    def __init__(
        self,
        *,
        search_index_id: str | None = ...,
    ) -> None: ...

class UpdateSearchIndexRequest(ProtoMessage):
    search_index_id: str
    @property
    def update_mask(self) -> FieldMask: ...
    name: str
    description: str
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    def __init__(
        self,
        *,
        search_index_id: str | None = ...,
        update_mask: FieldMask | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        labels: Mapping[str, str] | None = ...,
    ) -> None: ...

class DeleteSearchIndexRequest(ProtoMessage):
    search_index_id: str
    def __init__(
        self,
        *,
        search_index_id: str | None = ...,
    ) -> None: ...

class DeleteSearchIndexResponse(ProtoMessage):
    def __init__(self) -> None: ...

class ListSearchIndicesRequest(ProtoMessage):
    folder_id: str
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        folder_id: str | None = ...,
        page_size: int | None = ...,
        page_token: str | None = ...,
    ) -> None: ...

class ListSearchIndicesResponse(ProtoMessage):
    @property
    def indices(self) -> RepeatedCompositeFieldContainer[SearchIndex]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        indices: Iterable[SearchIndex] | None = ...,
        next_page_token: str | None = ...,
    ) -> None: ...

class CreateMessageRequest(ProtoMessage):
    thread_id: str
    @property
    def author(self) -> Author: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    @property
    def content(self) -> MessageContent: ...
    def __init__(
        self,
        *,
        thread_id: str | None = ...,
        author: Author | None = ...,
        labels: Mapping[str, str] | None = ...,
        content: MessageContent | None = ...,
    ) -> None: ...

class GetMessageRequest(ProtoMessage):
    thread_id: str
    message_id: str
    def __init__(
        self,
        *,
        thread_id: str | None = ...,
        message_id: str | None = ...,
    ) -> None: ...

class ListMessagesRequest(ProtoMessage):
    thread_id: str
    def __init__(
        self,
        *,
        thread_id: str | None = ...,
    ) -> None: ...

class Thread(ProtoMessage):
    id: str
    folder_id: str
    name: str
    description: str
    default_message_author_id: str
    created_by: str
    @property
    def created_at(self) -> Timestamp: ...
    updated_by: str
    @property
    def updated_at(self) -> Timestamp: ...
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def expires_at(self) -> Timestamp: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    @property
    def tools(self) -> RepeatedCompositeFieldContainer[Tool]: ...
    def __init__(
        self,
        *,
        id: str | None = ...,
        folder_id: str | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        default_message_author_id: str | None = ...,
        created_by: str | None = ...,
        created_at: Timestamp | None = ...,
        updated_by: str | None = ...,
        updated_at: Timestamp | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        expires_at: Timestamp | None = ...,
        labels: Mapping[str, str] | None = ...,
        tools: Iterable[Tool] | None = ...,
    ) -> None: ...

class CreateThreadRequest(ProtoMessage):
    folder_id: str
    @property
    def messages(self) -> RepeatedCompositeFieldContainer[MessageData]: ...
    name: str
    description: str
    default_message_author_id: str
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    @property
    def tools(self) -> RepeatedCompositeFieldContainer[Tool]: ...
    def __init__(
        self,
        *,
        folder_id: str | None = ...,
        messages: Iterable[MessageData] | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        default_message_author_id: str | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        labels: Mapping[str, str] | None = ...,
        tools: Iterable[Tool] | None = ...,
    ) -> None: ...

class GetThreadRequest(ProtoMessage):
    thread_id: str
    def __init__(
        self,
        *,
        thread_id: str | None = ...,
    ) -> None: ...

class UpdateThreadRequest(ProtoMessage):
    thread_id: str
    @property
    def update_mask(self) -> FieldMask: ...
    name: str
    description: str
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    @property
    def tools(self) -> RepeatedCompositeFieldContainer[Tool]: ...
    def __init__(
        self,
        *,
        thread_id: str | None = ...,
        update_mask: FieldMask | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        labels: Mapping[str, str] | None = ...,
        tools: Iterable[Tool] | None = ...,
    ) -> None: ...

class DeleteThreadRequest(ProtoMessage):
    thread_id: str
    def __init__(
        self,
        *,
        thread_id: str | None = ...,
    ) -> None: ...

class DeleteThreadResponse(ProtoMessage):
    def __init__(self) -> None: ...

class ListThreadsRequest(ProtoMessage):
    folder_id: str
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        folder_id: str | None = ...,
        page_size: int | None = ...,
        page_token: str | None = ...,
    ) -> None: ...

class ListThreadsResponse(ProtoMessage):
    @property
    def threads(self) -> RepeatedCompositeFieldContainer[Thread]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        threads: Iterable[Thread] | None = ...,
        next_page_token: str | None = ...,
    ) -> None: ...

class User(ProtoMessage):
    id: str
    folder_id: str
    name: str
    description: str
    source: str
    created_by: str
    @property
    def created_at(self) -> Timestamp: ...
    updated_by: str
    @property
    def updated_at(self) -> Timestamp: ...
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def expires_at(self) -> Timestamp: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    def __init__(
        self,
        *,
        id: str | None = ...,
        folder_id: str | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        source: str | None = ...,
        created_by: str | None = ...,
        created_at: Timestamp | None = ...,
        updated_by: str | None = ...,
        updated_at: Timestamp | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        expires_at: Timestamp | None = ...,
        labels: Mapping[str, str] | None = ...,
    ) -> None: ...

class CreateUserRequest(ProtoMessage):
    folder_id: str
    name: str
    description: str
    source: str
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    def __init__(
        self,
        *,
        folder_id: str | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        source: str | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        labels: Mapping[str, str] | None = ...,
    ) -> None: ...

class GetUserRequest(ProtoMessage):
    user_id: str
    def __init__(
        self,
        *,
        user_id: str | None = ...,
    ) -> None: ...

class UpdateUserRequest(ProtoMessage):
    user_id: str
    @property
    def update_mask(self) -> FieldMask: ...
    name: str
    description: str
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    def __init__(
        self,
        *,
        user_id: str | None = ...,
        update_mask: FieldMask | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        labels: Mapping[str, str] | None = ...,
    ) -> None: ...

class DeleteUserRequest(ProtoMessage):
    user_id: str
    def __init__(
        self,
        *,
        user_id: str | None = ...,
    ) -> None: ...

class DeleteUserResponse(ProtoMessage):
    def __init__(self) -> None: ...

class ListUsersRequest(ProtoMessage):
    folder_id: str
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        folder_id: str | None = ...,
        page_size: int | None = ...,
        page_token: str | None = ...,
    ) -> None: ...

class ListUsersResponse(ProtoMessage):
    @property
    def users(self) -> RepeatedCompositeFieldContainer[User]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        users: Iterable[User] | None = ...,
        next_page_token: str | None = ...,
    ) -> None: ...

class CreateFileRequest(ProtoMessage):
    folder_id: str
    name: str
    description: str
    mime_type: str
    content: bytes
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    def __init__(
        self,
        *,
        folder_id: str | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        mime_type: str | None = ...,
        content: bytes | None = ...,
        labels: Mapping[str, str] | None = ...,
        expiration_config: ExpirationConfig | None = ...,
    ) -> None: ...

class GetFileRequest(ProtoMessage):
    file_id: str
    def __init__(
        self,
        *,
        file_id: str | None = ...,
    ) -> None: ...

class GetFileUrlRequest(ProtoMessage):
    file_id: str
    def __init__(
        self,
        *,
        file_id: str | None = ...,
    ) -> None: ...

class GetFileUrlResponse(ProtoMessage):
    url: str
    def __init__(
        self,
        *,
        url: str | None = ...,
    ) -> None: ...

class UpdateFileRequest(ProtoMessage):
    file_id: str
    @property
    def update_mask(self) -> FieldMask: ...
    name: str
    description: str
    @property
    def expiration_config(self) -> ExpirationConfig: ...
    @property
    def labels(self) -> MutableMapping[str, str]: ...
    def __init__(
        self,
        *,
        file_id: str | None = ...,
        update_mask: FieldMask | None = ...,
        name: str | None = ...,
        description: str | None = ...,
        expiration_config: ExpirationConfig | None = ...,
        labels: Mapping[str, str] | None = ...,
    ) -> None: ...

class DeleteFileRequest(ProtoMessage):
    file_id: str
    def __init__(
        self,
        *,
        file_id: str | None = ...,
    ) -> None: ...

class DeleteFileResponse(ProtoMessage):
    def __init__(self) -> None: ...

class ListFilesRequest(ProtoMessage):
    folder_id: str
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        folder_id: str | None = ...,
        page_size: int | None = ...,
        page_token: str | None = ...,
    ) -> None: ...

class ListFilesResponse(ProtoMessage):
    @property
    def files(self) -> RepeatedCompositeFieldContainer[File]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        files: Iterable[File] | None = ...,
        next_page_token: str | None = ...,
    ) -> None: ...

class ApiEndpoint(ProtoMessage):
    id: str
    address: str
    def __init__(
        self,
        *,
        id: str | None = ...,
        address: str | None = ...,
    ) -> None: ...

class GetApiEndpointRequest(ProtoMessage):
    api_endpoint_id: str
    def __init__(
        self,
        *,
        api_endpoint_id: str | None = ...,
    ) -> None: ...

class ListApiEndpointsRequest(ProtoMessage):
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        page_size: int | None = ...,
        page_token: str | None = ...,
    ) -> None: ...

class ListApiEndpointsResponse(ProtoMessage):
    @property
    def endpoints(self) -> RepeatedCompositeFieldContainer[ApiEndpoint]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        endpoints: Iterable[ApiEndpoint] | None = ...,
        next_page_token: str | None = ...,
    ) -> None: ...

class CreateIamTokenRequest(ProtoMessage):
    yandex_passport_oauth_token: str
    jwt: str
    def __init__(
        self,
        *,
        yandex_passport_oauth_token: str | None = ...,
        jwt: str | None = ...,
    ) -> None: ...

class CreateIamTokenForServiceAccountRequest(ProtoMessage):
    service_account_id: str
    def __init__(
        self,
        *,
        service_account_id: str | None = ...,
    ) -> None: ...

class CreateIamTokenResponse(ProtoMessage):
    iam_token: str
    @property
    def expires_at(self) -> Timestamp: ...
    def __init__(
        self,
        *,
        iam_token: str | None = ...,
        expires_at: Timestamp | None = ...,
    ) -> None: ...

class RevokeIamTokenRequest(ProtoMessage):
    iam_token: str
    def __init__(
        self,
        *,
        iam_token: str | None = ...,
    ) -> None: ...

class RevokeIamTokenResponse(ProtoMessage):
    subject_id: str
    def __init__(
        self,
        *,
        subject_id: str | None = ...,
    ) -> None: ...

class GetOperationRequest(ProtoMessage):
    operation_id: str
    def __init__(
        self,
        *,
        operation_id: str | None = ...,
    ) -> None: ...

class CancelOperationRequest(ProtoMessage):
    operation_id: str
    def __init__(
        self,
        *,
        operation_id: str | None = ...,
    ) -> None: ...
