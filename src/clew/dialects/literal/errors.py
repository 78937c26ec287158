"""Every refusal of this dialect. Its clients look for a status of 400 and more, or for a list `errors`; both are given.

What the service raises is translated by `refusal_of`; the functions below it are for what is wrong before that.
"""

from __future__ import annotations

from typing import Final

from clew.dialects.literal.refusal import Refusal, shown
from clew.domain.problem import (
    AlreadyExists,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    QuotaSpent,
    TooLarge,
    Unavailable,
)

NOUNS: Final = {"item": "step", "message": "step", "participant": "user"}
"""Our nouns in this dialect's words, where they differ."""


def refusal_of(problem: Exception) -> Refusal:  # noqa: PLR0911 (a table, one line for each problem)
    """The refusal for a `Problem`; an internal error for whatever is not in the table."""
    match problem:
        case Refusal():
            return problem
        case NotFound(noun=noun, id=id):
            return Refusal(f"There is no {_noun(noun)} {shown(id)}.", "NOT_FOUND", status=404)
        case AlreadyExists(noun=noun, id=id):
            return Refusal(f"There is already a {_noun(noun)} {shown(id)}.", "CONFLICT", status=409)
        case Conflict():
            return Refusal(_sentence(str(problem)), "CONFLICT", status=409)
        case TooLarge(field="body", limit=limit, unit=unit):
            return Refusal(f"The body of this request is too large: at most {limit} {unit}.", "TOO_LARGE", status=413)
        case Invalid(field=field, reason=reason):
            return Refusal(f"{field}: {reason.rstrip('.')}.", "BAD_USER_INPUT")
        case QuotaSpent(what=what, limit=limit):
            again = "Delete some, or ask whoever runs this server for more."
            return Refusal(f"This project may have {limit} {what}. {again}", "QUOTA_EXCEEDED", status=429)
        case Denied(need=need):
            return Refusal(f"This API key lacks the scope '{need}'.", "FORBIDDEN", status=403)
        case Unavailable(reason=reason):
            return Refusal(_sentence(reason), "UNAVAILABLE", status=503)
        case _:
            return internal_error()


def _noun(noun: str) -> str:
    return NOUNS.get(noun, noun)


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}."


def no_key() -> Refusal:
    """No key at all."""
    return Refusal("You need to send an API key in the header x-api-key.", "UNAUTHENTICATED", status=401)


def wrong_key() -> Refusal:
    """A key that is not known here. Clients have nothing that could be matched, so nothing of it is repeated."""
    where = "Whoever runs this server makes keys with `clew keys create`."
    return Refusal(f"Invalid API key. {where}", "UNAUTHENTICATED", status=401)


def unknown_path(method: str, path: str) -> Refusal:
    """Nothing answers there."""
    return Refusal(f"There is nothing at {method} {shown(path)}.", "NOT_FOUND", status=404)


def wrong_method(method: str, path: str) -> Refusal:
    """The path is known, with other methods."""
    return Refusal(f"{shown(path)} does not answer to {method}.", "METHOD_NOT_ALLOWED", status=405)


def not_offered(name: str, why: str) -> Refusal:
    """An operation of the upstream that is declined."""
    return Refusal(f"{name} is not offered here: {why.rstrip('.')}.", "NOT_OFFERED", status=404)


def bad_json() -> Refusal:
    """The body is not a JSON object in UTF-8."""
    return Refusal("The body of this request is not a JSON object.", "BAD_REQUEST")


def bad_request(what: str) -> Refusal:
    """The body is JSON, and not what this path takes."""
    return Refusal(what, "BAD_REQUEST")


def bad_query(message: str, code: str = "GRAPHQL_VALIDATION_FAILED") -> Refusal:
    """The text of a query is not valid, or asks for too much at once."""
    return Refusal(message, code)


def bad_argument(name: str, why: str) -> Refusal:
    """The value of an argument is not of its type."""
    return Refusal(f"{name}: {why.rstrip('.')}.", "BAD_USER_INPUT")


def internal_error() -> Refusal:
    """A bug of ours. Nothing of it shows."""
    message = "The server had an error. Its log says more under the request's x-request-id."
    return Refusal(message, "UNEXPECTED", status=500)


def bad_signature() -> Refusal:
    """The fields of an upload are not those that were given out, or their time is over."""
    return Refusal("This upload was not asked for here, or its time is over.", "FORBIDDEN", status=403)
