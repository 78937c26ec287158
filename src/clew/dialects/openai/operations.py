"""Every operation of the upstream API: answered, or declined with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clew.dialects.openai import bodies, wire
from clew.dialects.openai.handlers import (
    assistants,
    description,
    files,
    messages,
    models,
    runs,
    steps,
    threads,
    uploads,
    vector_stores,
)
from clew.web.operation import Operation, delete, read, write

_LATER_SEARCH: Final = "indexing and search come with a later version; files in a store are kept, not searched"
_LATER_CONVERSATIONS: Final = "Conversations come with a later version; the same threads will be reachable through them"
_LATER_RESPONSES: Final = "Responses come with a later version"

_ASSISTANT: Final = "/v1/assistants/{assistant_id}"
_THREAD: Final = "/v1/threads/{thread_id}"
_MESSAGE: Final = _THREAD + "/messages/{message_id}"
_RUN: Final = _THREAD + "/runs/{run_id}"
_FILE: Final = "/v1/files/{file_id}"
_UPLOAD: Final = "/v1/uploads/{upload_id}"
_STORE: Final = "/v1/vector_stores/{vector_store_id}"
_STORE_FILE: Final = _STORE + "/files/{file_id}"
_BATCH: Final = _STORE + "/file_batches/{batch_id}"
_CONVERSATION: Final = "/v1/conversations/{conversation_id}"
_RESPONSE: Final = "/v1/responses/{response_id}"


def _group(name: str, *operations: Operation) -> tuple[Operation, ...]:
    return tuple(replace(operation, group=name) for operation in operations)


OPERATIONS: Final = (
    *_group(
        "assistants",
        write(
            "createAssistant", "/v1/assistants", assistants.create, body=bodies.ASSISTANT_CREATE, gives=wire.Assistant
        ),
        read("listAssistants", "/v1/assistants", assistants.page, query=bodies.LIST_QUERY, gives=wire.List),
        read("getAssistant", _ASSISTANT, assistants.get, gives=wire.Assistant),
        write("modifyAssistant", _ASSISTANT, assistants.modify, body=bodies.ASSISTANT_MODIFY, gives=wire.Assistant),
        delete("deleteAssistant", _ASSISTANT, assistants.delete, gives=wire.Deleted),
    ),
    *_group(
        "threads",
        write("createThread", "/v1/threads", threads.create, body=bodies.THREAD_CREATE, gives=wire.Thread),
        read("listThreads", "/v1/threads", threads.page, query=bodies.LIST_QUERY, gives=wire.List, extension=True),
        read("getThread", _THREAD, threads.get, gives=wire.Thread),
        write("modifyThread", _THREAD, threads.modify, body=bodies.THREAD_MODIFY, gives=wire.Thread),
        delete("deleteThread", _THREAD, threads.delete, gives=wire.Deleted),
    ),
    *_group(
        "messages",
        write("createMessage", _THREAD + "/messages", messages.create, body=bodies.MESSAGE_CREATE, gives=wire.Message),
        read("listMessages", _THREAD + "/messages", messages.page, query=bodies.MESSAGES_QUERY, gives=wire.List),
        read("getMessage", _MESSAGE, messages.get, gives=wire.Message),
        write("modifyMessage", _MESSAGE, messages.modify, body=bodies.MESSAGE_MODIFY, gives=wire.Message),
        delete("deleteMessage", _MESSAGE, messages.delete, gives=wire.Deleted),
    ),
    *_group(
        "runs",
        write(
            "createRun",
            _THREAD + "/runs",
            runs.create,
            query=bodies.RUN_CREATE_QUERY,
            body=bodies.RUN_CREATE,
            gives=wire.Run,
            streams=True,
        ),
        write(
            "createThreadAndRun",
            "/v1/threads/runs",
            runs.create_with_thread,
            body=bodies.THREAD_AND_RUN_CREATE,
            gives=wire.Run,
            streams=True,
        ),
        read("listRuns", _THREAD + "/runs", runs.page, query=bodies.LIST_QUERY, gives=wire.List),
        read("getRun", _RUN, runs.get, gives=wire.Run),
        write("modifyRun", _RUN, runs.modify, body=bodies.RUN_MODIFY, gives=wire.Run),
        write("cancelRun", _RUN + "/cancel", runs.cancel, body=bodies.EMPTY, gives=wire.Run),
        write(
            "submitToolOutputsToRun",
            _RUN + "/submit_tool_outputs",
            runs.submit,
            body=bodies.RUN_SUBMIT,
            gives=wire.Run,
            streams=True,
        ),
        read(
            "listRunEvents",
            _RUN + "/events",
            runs.events,
            query=bodies.EVENTS_QUERY,
            streams=True,
            extension=True,
        ),
    ),
    *_group(
        "steps",
        read("listRunSteps", _RUN + "/steps", steps.page, query=bodies.STEPS_QUERY, gives=wire.List),
        read("getRunStep", _RUN + "/steps/{step_id}", steps.get, query=bodies.STEP_QUERY, gives=wire.RunStep),
    ),
    *_group(
        "files",
        write("createFile", "/v1/files", files.create, multipart=True, gives=wire.File),
        read("listFiles", "/v1/files", files.page, query=bodies.FILES_QUERY, gives=wire.List),
        read("retrieveFile", _FILE, files.get, gives=wire.File),
        delete("deleteFile", _FILE, files.delete, gives=wire.Deleted),
        read("downloadFile", _FILE + "/content", files.content),
    ),
    *_group(
        "uploads",
        write("createUpload", "/v1/uploads", uploads.create, body=bodies.UPLOAD_CREATE, gives=wire.Upload),
        write("addUploadPart", _UPLOAD + "/parts", uploads.add_part, multipart=True, gives=wire.UploadPart),
        write(
            "completeUpload", _UPLOAD + "/complete", uploads.complete, body=bodies.UPLOAD_COMPLETE, gives=wire.Upload
        ),
        write("cancelUpload", _UPLOAD + "/cancel", uploads.cancel, body=bodies.EMPTY, gives=wire.Upload),
    ),
    *_group(
        "vector_stores",
        write(
            "createVectorStore",
            "/v1/vector_stores",
            vector_stores.create,
            body=bodies.STORE_CREATE,
            gives=wire.VectorStore,
        ),
        read("listVectorStores", "/v1/vector_stores", vector_stores.page, query=bodies.LIST_QUERY, gives=wire.List),
        read("getVectorStore", _STORE, vector_stores.get, gives=wire.VectorStore),
        write("modifyVectorStore", _STORE, vector_stores.modify, body=bodies.STORE_MODIFY, gives=wire.VectorStore),
        delete("deleteVectorStore", _STORE, vector_stores.delete, gives=wire.Deleted),
        write(
            "createVectorStoreFile",
            _STORE + "/files",
            vector_stores.put_file,
            body=bodies.STORE_FILE_CREATE,
            gives=wire.VectorStoreFile,
        ),
        read(
            "listVectorStoreFiles",
            _STORE + "/files",
            vector_stores.page_files,
            query=bodies.STORE_FILES_QUERY,
            gives=wire.List,
        ),
        read("getVectorStoreFile", _STORE_FILE, vector_stores.get_file, gives=wire.VectorStoreFile),
        write(
            "updateVectorStoreFileAttributes",
            _STORE_FILE,
            vector_stores.modify_file,
            body=bodies.STORE_FILE_MODIFY,
            gives=wire.VectorStoreFile,
        ),
        delete("deleteVectorStoreFile", _STORE_FILE, vector_stores.drop_file, gives=wire.Deleted),
        read("retrieveVectorStoreFileContent", _STORE_FILE + "/content", why_not=_LATER_SEARCH),
        write(
            "createVectorStoreFileBatch",
            _STORE + "/file_batches",
            vector_stores.create_batch,
            body=bodies.STORE_BATCH_CREATE,
            gives=wire.FileBatch,
        ),
        read("getVectorStoreFileBatch", _BATCH, vector_stores.get_batch, gives=wire.FileBatch),
        write(
            "cancelVectorStoreFileBatch",
            _BATCH + "/cancel",
            vector_stores.cancel_batch,
            body=bodies.EMPTY,
            gives=wire.FileBatch,
        ),
        read(
            "listFilesInVectorStoreBatch",
            _BATCH + "/files",
            vector_stores.page_batch,
            query=bodies.STORE_FILES_QUERY,
            gives=wire.List,
        ),
        write("searchVectorStore", _STORE + "/search", why_not=_LATER_SEARCH),
    ),
    *_group(
        "models",
        read("listModels", "/v1/models", models.page, gives=wire.ModelList),
        read("retrieveModel", "/v1/models/{model...}", models.get, gives=wire.Model),
    ),
    *_group(
        "conversations",
        write("createConversation", "/v1/conversations", why_not=_LATER_CONVERSATIONS),
        read("getConversation", _CONVERSATION, why_not=_LATER_CONVERSATIONS),
        write("updateConversation", _CONVERSATION, why_not=_LATER_CONVERSATIONS),
        delete("deleteConversation", _CONVERSATION, why_not=_LATER_CONVERSATIONS),
        write("createConversationItems", _CONVERSATION + "/items", why_not=_LATER_CONVERSATIONS),
        read("listConversationItems", _CONVERSATION + "/items", why_not=_LATER_CONVERSATIONS),
        read("getConversationItem", _CONVERSATION + "/items/{item_id}", why_not=_LATER_CONVERSATIONS),
        delete("deleteConversationItem", _CONVERSATION + "/items/{item_id}", why_not=_LATER_CONVERSATIONS),
    ),
    *_group(
        "responses",
        write("createResponse", "/v1/responses", why_not=_LATER_RESPONSES),
        read("getResponse", _RESPONSE, why_not=_LATER_RESPONSES),
        delete("deleteResponse", _RESPONSE, why_not=_LATER_RESPONSES),
        write("cancelResponse", _RESPONSE + "/cancel", why_not=_LATER_RESPONSES),
        read("listInputItems", _RESPONSE + "/input_items", why_not=_LATER_RESPONSES),
        write("getInputTokenCounts", "/v1/responses/input_tokens", why_not=_LATER_RESPONSES),
        write("compactResponse", "/v1/responses/compact", why_not=_LATER_RESPONSES),
    ),
    *_group(
        "others",
        write(
            "createChatCompletion", "/v1/chat/completions", why_not="no proxy for models: call the model's own server"
        ),
        write("createCompletion", "/v1/completions", why_not="no proxy for models: call the model's own server"),
        write("createEmbedding", "/v1/embeddings", why_not="no proxy for models: call the model's own server"),
        write("createModeration", "/v1/moderations", why_not="not a matter of conversation threads"),
        write("createImage", "/v1/images/generations", why_not="not a matter of conversation threads"),
        write("createSpeech", "/v1/audio/speech", why_not="not a matter of conversation threads"),
        write("createTranscription", "/v1/audio/transcriptions", why_not="not a matter of conversation threads"),
        write("createBatch", "/v1/batches", why_not="not a matter of conversation threads"),
        write("createFineTuningJob", "/v1/fine_tuning/jobs", why_not="not a matter of conversation threads"),
        read("getDescription", "/v1/openapi.json", description.get, extension=True),
    ),
)
"""The table. Routing, permissions, the coverage page, the published description and the strangers test read it."""
