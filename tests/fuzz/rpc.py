"""Calls made up from the wire's own definition: whatever comes, the server answers in its own words and stays well."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import grpc

from clew.dialects.yandex import wire
from clew.dialects.yandex.operations import OPERATIONS
from support.messages import Maker

if TYPE_CHECKING:
    from clew.dialects.yandex.operation import Operation
    from support.stub import Stub

NEVER = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
"""Answers that are bugs."""

FOLLOWED = 20
"""Of a stream, so many messages are read: one that waits for a run has no end."""


KEPT = 0.8
"""Of all deletions, the share that is left out: there is more to find where there is something."""


class Outcome:
    """What was answered: how often each code, and every answer that no call may have."""

    def __init__(self) -> None:
        self.codes: Counter[tuple[str, str]] = Counter()
        self.bugs: list[str] = []


def attack(stub: Stub, *, seed: int, count: int) -> Outcome:
    """Make so many calls."""
    dice, maker, outcome = random.Random(seed), Maker(seed), Outcome()  # noqa: S311 (from a seed on purpose)
    offered = [operation for operation in OPERATIONS if operation.handler is not None]
    _prepare(stub, maker)
    for _ in range(count):
        operation = dice.choice(offered)
        if operation.method == "Delete" and dice.random() < KEPT:
            continue
        request = maker.fill(operation.takes())
        code = _called(stub, operation, request, maker)
        outcome.codes[operation.name, code.name] += 1
        if code in NEVER:
            outcome.bugs.append(f"{operation.name} {code.name}\n{request}")
    return outcome


def _prepare(stub: Stub, maker: Maker) -> None:
    """Some things that calls can be about."""
    folder = "default"
    content = wire.MessageContent(content=[wire.ContentPart(text=wire.Text(content="hello"))])
    for _ in range(2):
        thread = stub("ThreadService.Create", wire.CreateThreadRequest(folder_id=folder))
        assistant = stub("AssistantService.Create", wire.CreateAssistantRequest(folder_id=folder, model_uri="gpt"))
        file = stub("FileService.Create", wire.CreateFileRequest(folder_id=folder, content=b"text"))
        for made in (
            thread,
            assistant,
            file,
            stub("MessageService.Create", wire.CreateMessageRequest(thread_id=thread.id, content=content)),
            stub("RunService.Create", wire.CreateRunRequest(thread_id=thread.id, assistant_id=assistant.id)),
            stub("SearchIndexService.Create", wire.CreateSearchIndexRequest(folder_id=folder, file_ids=[file.id])),
        ):
            maker.learn(made)
        maker.learn(stub("SearchIndexService.List", wire.ListSearchIndicesRequest(folder_id=folder)).indices[0])


def _called(stub: Stub, operation: Operation, request: Any, maker: Maker) -> grpc.StatusCode:
    try:
        if operation.takes_stream:
            _read(stub.talk(operation.name, [request]))
        elif operation.gives_stream:
            _read(stub(operation.name, request))
        else:
            maker.learn(stub(operation.name, request))
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()  # type: ignore[attr-defined]
        return code
    return grpc.StatusCode.OK


def _read(answers: Any) -> None:
    for number, _ in enumerate(answers):
        if number >= FOLLOWED:
            answers.cancel()
            return
