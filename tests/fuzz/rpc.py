"""Calls made up from the wire's own definition: whatever comes, the server answers in its own words and stays well."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import grpc

from clew.dialects.yandex.operations import OPERATIONS
from support.messages import Maker

if TYPE_CHECKING:
    from clew.dialects.yandex.operation import Operation
    from support.stub import Stub

NEVER = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
"""Answers that are bugs."""

FOLLOWED = 20
"""Of a stream, so many messages are read: one that waits for a run has no end."""


class Outcome:
    """What was answered: how often each code, and every answer that no call may have."""

    def __init__(self) -> None:
        self.codes: Counter[tuple[str, str]] = Counter()
        self.bugs: list[str] = []


def attack(stub: Stub, *, seed: int, count: int) -> Outcome:
    """Make so many calls."""
    dice, maker, outcome = random.Random(seed), Maker(seed), Outcome()  # noqa: S311 (from a seed on purpose)
    offered = [operation for operation in OPERATIONS if operation.handler is not None]
    for _ in range(count):
        operation = dice.choice(offered)
        request = maker.fill(operation.takes())
        code = _called(stub, operation, request, maker)
        outcome.codes[operation.name, code.name] += 1
        if code in NEVER:
            outcome.bugs.append(f"{operation.name} {code.name}\n{request}")
    return outcome


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
