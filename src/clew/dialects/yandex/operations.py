"""Every operation of the upstream API: answered, or declined with a reason."""

from __future__ import annotations

from typing import Final

from clew.dialects.yandex.handlers import (
    assistants,
    endpoints,
    files,
    index_files,
    indexes,
    messages,
    operations,
    runs,
    threads,
    tokens,
    users,
)
from clew.dialects.yandex.operation import ASSISTANTS, Operation, operation
from clew.domain.project import Scope

_THREADS: Final = f"{ASSISTANTS}.threads.ThreadService"
_MESSAGES: Final = f"{ASSISTANTS}.threads.MessageService"
_RUNS: Final = f"{ASSISTANTS}.runs.RunService"
_ASSISTANTS: Final = f"{ASSISTANTS}.AssistantService"
_USERS: Final = f"{ASSISTANTS}.users.UserService"
_INDEXES: Final = f"{ASSISTANTS}.searchindex.SearchIndexService"
_INDEX_FILES: Final = f"{ASSISTANTS}.searchindex.SearchIndexFileService"
_FILES: Final = "yandex.cloud.ai.files.v1.FileService"
_OPERATIONS: Final = "yandex.cloud.operation.OperationService"
_ENDPOINTS: Final = "yandex.cloud.endpoint.ApiEndpointService"
_TOKENS: Final = "yandex.cloud.iam.v1.IamTokenService"

_READ: Final = Scope.READ
_WRITE: Final = Scope.WRITE

OPERATIONS: Final[tuple[Operation, ...]] = (
    operation(_THREADS, "Create", _WRITE, threads.create),
    operation(_THREADS, "Get", _READ, threads.get),
    operation(_THREADS, "Update", _WRITE, threads.update),
    operation(_THREADS, "Delete", _WRITE, threads.delete),
    operation(_THREADS, "List", _READ, threads.page),
    operation(_MESSAGES, "Create", _WRITE, messages.create),
    operation(_MESSAGES, "Get", _READ, messages.get),
    operation(_MESSAGES, "List", _READ, messages.every),
    operation(_RUNS, "Create", _WRITE, runs.create),
    operation(_RUNS, "Attach", _WRITE, runs.attach),
    operation(_RUNS, "Listen", _READ, runs.listen),
    operation(_RUNS, "Get", _READ, runs.get),
    operation(_RUNS, "GetLastByThread", _READ, runs.last),
    operation(_RUNS, "List", _READ, runs.page),
    operation(_RUNS, "Submit", _WRITE, runs.submit),
    operation(_ASSISTANTS, "Create", _WRITE, assistants.create),
    operation(_ASSISTANTS, "Get", _READ, assistants.get),
    operation(_ASSISTANTS, "Update", _WRITE, assistants.update),
    operation(_ASSISTANTS, "Delete", _WRITE, assistants.delete),
    operation(_ASSISTANTS, "List", _READ, assistants.page),
    operation(_ASSISTANTS, "ListVersions", _READ, assistants.versions),
    operation(_USERS, "Create", _WRITE, users.create),
    operation(_USERS, "Get", _READ, users.get),
    operation(_USERS, "Update", _WRITE, users.update),
    operation(_USERS, "Delete", _WRITE, users.delete),
    operation(_USERS, "List", _READ, users.page),
    operation(_INDEXES, "Create", _WRITE, indexes.create),
    operation(_INDEXES, "Get", _READ, indexes.get),
    operation(_INDEXES, "Update", _WRITE, indexes.update),
    operation(_INDEXES, "Delete", _WRITE, indexes.delete),
    operation(_INDEXES, "List", _READ, indexes.page),
    operation(_INDEX_FILES, "BatchCreate", _WRITE, index_files.create),
    operation(_INDEX_FILES, "Get", _READ, index_files.get),
    operation(_INDEX_FILES, "List", _READ, index_files.page),
    operation(_FILES, "Create", _WRITE, files.create),
    operation(_FILES, "Get", _READ, files.get),
    operation(_FILES, "Update", _WRITE, files.update),
    operation(_FILES, "Delete", _WRITE, files.delete),
    operation(_FILES, "GetUrl", _READ, files.get_url),
    operation(_FILES, "List", _READ, files.page),
    operation(_OPERATIONS, "Get", _READ, operations.get),
    operation(_OPERATIONS, "Cancel", _WRITE, operations.cancel),
    operation(_ENDPOINTS, "List", None, endpoints.every),
    operation(_ENDPOINTS, "Get", None, endpoints.get),
    operation(_TOKENS, "Create", None, tokens.create),
    operation(_TOKENS, "CreateForServiceAccount", _READ, why_not="there are no service accounts here"),
    operation(_TOKENS, "Revoke", _WRITE, why_not="a token is a key here, and keys are revoked on the command line"),
)
