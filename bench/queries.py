"""Requests as the Python client of Literal AI sends them: its fields and arguments, in texts of our own."""

from __future__ import annotations

from typing import Any

import msgspec
from tests.support.graphql import batch, numbered

from bench.load import MARK
from bench.rows import TEXT

STEP_FIELDS = """
    id threadId rootRunId parentId startTime endTime createdAt type error input output metadata environment
    scores { id type name value comment }
    tags
    generation {
        prompt completion createdAt provider model variables messages messageCompletion tools settings stepId
        tokenCount inputTokenCount outputTokenCount ttFirstToken duration tokenThroughputInSeconds error type
    }
    name
    attachments { id stepId threadId metadata mime name objectKey url }
"""
THREAD_FIELDS = "id name metadata tags createdAt participant { id identifier metadata }"
PAGE = """
query Page($after: ID, $before: ID, $filters: [ThreadsInputType!], $orderBy: ThreadsOrderByInput, $first: Int) {
    threads(after: $after, before: $before, filters: $filters, orderBy: $orderBy, first: $first) {
        pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
        totalCount
        edges { cursor node { %s } }
    }
}
"""
LIST_THREADS = PAGE % THREAD_FIELDS
GET_THREADS = PAGE % f"{THREAD_FIELDS} steps {{ {STEP_FIELDS} }}"
GET_THREAD = f"query Thread($id: String!) {{ threadDetail(id: $id) {{ {THREAD_FIELDS} steps {{ {STEP_FIELDS} }} }} }}"


def query(text: str, **variables: Any) -> bytes:  # noqa: ANN401 (any JSON)
    """The request that asks this."""
    content = msgspec.json.encode({"query": text, "variables": variables})
    lines = [
        "POST /api/graphql HTTP/1.1",
        "Host: 127.0.0.1",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        "Connection: keep-alive",
        "User-Agent: python-httpx/0.28.1",
        "x-api-key: any-key-will-do-on-an-open-server",
        "x-client-name: py-literal-client",
        "x-client-version: 0.1.300",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


KINDS = ("user_message", "run", "llm", "tool", "assistant_message")
ASKED = [{"role": "system", "content": "You answer briefly."}, {"role": "user", "content": TEXT}]


def step(number: int, thread_id: str, *, mark: str = "") -> dict[str, Any]:
    """The step of this number in a thread, whole, as the decorators tell it when it has ended. `mark` begins its id."""
    kind = KINDS[number % len(KINDS)]
    told: dict[str, Any] = {
        "id": f"{mark}-{number}",
        "threadId": thread_id,
        "rootRunId": None,
        "parentId": f"{mark}-{number - 1}" if number % len(KINDS) > 1 else None,
        "type": kind,
        "name": f"{kind} of the app",
        "startTime": f"2026-01-02T03:04:{number % 60:02}.100Z",
        "endTime": f"2026-01-02T03:04:{number % 60:02}.900Z",
        "error": None,
        "input": {"content": TEXT},
        "output": {"content": TEXT},
        "metadata": {"channel": "web"},
        "tags": ["bench"],
        "generation": None,
        "scores": [],
        "attachments": [],
    }
    if kind == "llm":
        told["generation"] = {
            "type": "CHAT",
            "provider": "openai",
            "model": "gpt-4o-mini",
            "messages": ASKED,
            "messageCompletion": {"role": "assistant", "content": TEXT},
            "settings": {"temperature": 0, "max_tokens": 100},
            "tokenCount": 321,
            "inputTokenCount": 300,
            "outputTokenCount": 21,
        }
    return told


def ingestion(thread_id: str, size: int) -> bytes:
    """The request that tells so many steps, new each time where the load puts a number in."""
    steps = tuple(step(number, thread_id, mark=MARK.decode()) for number in range(size))
    return query(batch(steps), **numbered(steps))
