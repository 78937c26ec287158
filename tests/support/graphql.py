"""A project that is spoken to by GraphQL, without any client in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from support.server import RunningServer


class GraphQL:
    """One key's way in. `ask` gives what stands under `data`, and fails where anything was wrong."""

    def __init__(self, server: RunningServer, key: str = "any", **headers: str) -> None:
        self.url = server.url
        # No connection is kept, so that nobody has to close this.
        none_kept = httpx2.Limits(max_keepalive_connections=0)
        self.http = httpx2.Client(
            base_url=server.url, headers={"x-api-key": key, **headers}, timeout=30, limits=none_kept
        )

    def post(self, query: str, /, **variables: Any) -> httpx2.Response:
        """The answer, whatever it is."""
        return self.http.post("/api/graphql", json={"query": query, "variables": variables})

    def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The data of an answer in which nothing was wrong."""
        answer = self.post(query, **variables)
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        return answer.json()["data"]

    def refused(self, query: str, /, **variables: Any) -> tuple[int, str, str]:
        """The status, the code and the words of the first error."""
        answer = self.post(query, **variables)
        error = answer.json()["errors"][0]
        return answer.status_code, error["extensions"]["code"], error["message"]

    def ingest(self, *steps: dict[str, Any]) -> dict[str, Any]:
        """A batch of steps as the clients send it: each an alias, each variable with its number."""
        return self.ask(batch(steps), **numbered(steps))


TYPES = {
    "id": "String!",
    "threadId": "String",
    "rootRunId": "String",
    "type": "StepType",
    "startTime": "DateTime",
    "endTime": "DateTime",
    "error": "String",
    "input": "Json",
    "output": "Json",
    "metadata": "Json",
    "parentId": "String",
    "name": "String",
    "tags": "[String!]",
    "generation": "GenerationPayloadInput",
    "scores": "[ScorePayloadInput!]",
    "attachments": "[AttachmentPayloadInput!]",
}


def batch(steps: tuple[dict[str, Any], ...]) -> str:
    """The text of a batch. Variables that a step has not are declared all the same."""
    declared = " ".join(f"${name}_{at}: {kind}" for at in range(len(steps)) for name, kind in TYPES.items())
    fields = "\n".join(
        f"step{at}: ingestStep({' '.join(f'{name}: ${name}_{at}' for name in TYPES)}) {{ ok message }}"
        for at in range(len(steps))
    )
    return f"mutation AddStep({declared}) {{ {fields} }}"


def numbered(steps: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """The variables of a batch."""
    return {f"{name}_{at}": value for at, step in enumerate(steps) for name, value in step.items()}
