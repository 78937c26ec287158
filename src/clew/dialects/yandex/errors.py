"""What is said when something is wrong: a code, a sentence, and for HTTP a status. Contract: sections 11 and 2.

The code and the sentence are the same over gRPC and over REST.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from clew.dialects.yandex import wire
from clew.domain import problem

if TYPE_CHECKING:
    from google.protobuf.message import Message


class Code(IntEnum):
    """gRPC's codes."""

    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


STATUSES: Final = {
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
    Code.UNAUTHENTICATED: 401,
}
"""The HTTP status of each code."""

NOUNS: Final = {"index": "search index", "participant": "user", "batch": "operation"}
"""What our nouns are called here, where that is something else."""


class Refusal(Exception):
    """A request that this dialect refuses, in its own words. `field` is the path of what is wrong, where one is.

    `status` is the one over HTTP, where it is another than the code's.
    """

    def __init__(self, code: Code, message: str, *, field: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.status: Final = status or STATUSES[code]
        self.code: Final = code
        self.message: Final = message
        self.field: Final = field


def invalid(field: str, reason: str) -> Refusal:
    """The refusal of a value."""
    return Refusal(Code.INVALID_ARGUMENT, f"{field}: {reason}", field=field)


def not_found(noun: str, id: str) -> Refusal:  # noqa: A002 (the field's standard name)
    """The refusal for what is not there, or not this caller's."""
    return Refusal(Code.NOT_FOUND, f"{NOUNS.get(noun, noun)} {id} not found")


def refusal_of(found: problem.Problem) -> Refusal:  # noqa: PLR0911 (one for each kind)
    """How a problem is said here. Clients retry RESOURCE_EXHAUSTED and UNAVAILABLE: these are for what passes."""
    match found:
        case problem.NotFound():
            return not_found(found.noun, found.id)
        case problem.Invalid():
            return invalid(found.field, found.reason)
        case problem.AlreadyExists():
            return Refusal(Code.ALREADY_EXISTS, f"{NOUNS.get(found.noun, found.noun)} {found.id} already exists")
        case problem.Conflict() | problem.QuotaSpent():
            return Refusal(Code.FAILED_PRECONDITION, str(found))
        case problem.Denied():
            return Refusal(Code.PERMISSION_DENIED, str(found))
        case problem.Unavailable():
            return Refusal(Code.UNAVAILABLE, str(found))
        case _:
            return INTERNAL


def details_of(refusal: Refusal, request_id: str) -> list[Message]:
    """What is beside the words: which request it was, and which field is at fault, where one is."""
    found: list[Message] = [wire.RequestInfo(request_id=request_id)]
    if refusal.field is not None:
        violation = wire.BadRequest.FieldViolation(field=refusal.field, description=refusal.message)
        found.append(wire.BadRequest(field_violations=[violation]))
    return found


INTERNAL: Final = Refusal(Code.INTERNAL, "Internal error.")
"""A bug of ours: nothing of it shows."""

NO_CREDENTIALS: Final = "Authentication is needed: send `authorization: Api-Key KEY` or `authorization: Bearer TOKEN`."
UNKNOWN_CREDENTIALS: Final = "These credentials are not known here."
