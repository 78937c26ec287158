"""Every refusal of this dialect, in OpenAI's words: clients match some of them with regular expressions.

`refusal_of` translates what the service raises. The functions below it are for what is wrong before a service is asked.
What is wrong with a field is worded in `fields`.
"""

from __future__ import annotations

from typing import Final

from clew.dialects.openai.refusal import Refusal, shown
from clew.domain.problem import (
    AlreadyExists,
    Denied,
    Invalid,
    NotFound,
    OutputsMismatch,
    QuotaSpent,
    ThreadBusy,
    TooLarge,
    Unavailable,
    Unsupported,
    WrongState,
)

NOUNS: Final = {
    "step": "run step",
    "part": "upload part",
    "index": "vector store",
    "batch": "vector store file batch",
}
"""Our nouns in this dialect's words, where they differ."""

STATUSES: Final = {"running": "in_progress", "waiting": "requires_action"}
"""The states of a run in this dialect's words, where they differ."""

MASK_AFTER: Final = 20
"""From this length on, the ends of a wrong key may be shown: too few to guess the rest from."""


def refusal_of(problem: Exception) -> Refusal:  # noqa: C901, PLR0911, PLR0912 (a table, one line for each problem)
    """The refusal for a `Problem`; an internal error for whatever is not in the table."""
    match problem:
        case NotFound():
            return _not_found(problem)
        case ThreadBusy(thread_id=thread, run_id=run, attempt="append"):
            return Refusal(400, f"Can't add messages to {thread} while a run {run} is active.")
        case ThreadBusy(thread_id=thread, run_id=run):
            return Refusal(400, f"Thread {thread} already has an active run {run}.")
        case WrongState():
            return _wrong_state(problem)
        case OutputsMismatch(expected=expected, got=got):
            return Refusal(400, f"Expected tool outputs for call_ids {expected}, got {got}")
        case AlreadyExists(noun=noun, id=id):
            return Refusal(400, f"A {_noun(noun)} with id '{shown(id)}' already exists.")
        case Unsupported(suffix=suffix):
            return unsupported_file(suffix)
        case TooLarge():
            return _too_large(problem)
        case Invalid(field=field, reason=reason):
            return Refusal(400, f"Invalid '{field}': {reason.rstrip('.')}.", param=field, code="invalid_value")
        case QuotaSpent():
            return _quota_spent(problem)
        case Denied(need=need):
            return Refusal(403, f"This API key lacks the scope '{need}'.", code="missing_scope")
        case Unavailable(reason=reason, retry_after_seconds=seconds):
            return Refusal(503, _sentence(reason), type="server_error", retry_after_seconds=seconds)
        case _:
            return internal_error()


def _noun(noun: str) -> str:
    return NOUNS.get(noun, noun)


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}."


def _not_found(problem: NotFound) -> Refusal:
    id = shown(problem.id)  # noqa: A001 (the field's standard name)
    if problem.noun == "model":
        return model_not_found(problem.id)
    if problem.noun == "file":
        if problem.within is None:
            return Refusal(404, f"No such File object: {id}", param="id")
        noun, within_id = problem.within
        return Refusal(404, f"No file found with id '{id}' in {_noun(noun)} '{shown(within_id)}'.")
    return Refusal(404, f"No {_noun(problem.noun)} found with id '{id}'.")


def _wrong_state(problem: WrongState) -> Refusal:
    if problem.noun != "run":
        return Refusal(400, f"Cannot {problem.attempt} {_noun(problem.noun)} with status '{problem.state}'.")
    status = STATUSES.get(problem.state, problem.state)
    if problem.attempt == "submit":
        return Refusal(400, f'Runs in status "{status}" do not accept tool outputs.')
    return Refusal(400, f"Cannot {problem.attempt} run with status '{status}'.")


def _too_large(problem: TooLarge) -> Refusal:
    if problem.field == "body" and problem.unit == "bytes":
        return body_too_large(problem.limit)
    got = "" if problem.got is None else f", but got {problem.got} instead"
    message = f"Invalid '{problem.field}': too large. Expected at most {problem.limit} {problem.unit}{got}."
    return Refusal(400, message, param=problem.field, code="invalid_value")


def _quota_spent(problem: QuotaSpent) -> Refusal:
    """Upstream's two kinds of 429: one that time mends, and that clients try again, and one that it does not."""
    if problem.what == "runs":
        message = f"Rate limit reached: at most {problem.limit} runs of this project may be active. Try again later."
        return Refusal(429, message, type="requests", code="rate_limit_exceeded")
    again = f"It may have {problem.limit} {problem.what}: delete some, or ask whoever runs this server for more."
    message = f"You exceeded the current quota of your project. {again}"
    return Refusal(429, message, type="insufficient_quota", code="insufficient_quota", try_again=False)


def bad_cursor(problem: NotFound, parameter: str) -> Refusal:
    """`after` or `before` names nothing that is in the list."""
    refusal = _not_found(problem)
    return Refusal(refusal.status, refusal.message, param=parameter)


def no_key() -> Refusal:
    """No key, or not as a bearer token."""
    how = "You need to provide your API key in an Authorization header using Bearer auth"
    return Refusal(401, f"You didn't provide an API key. {how} (i.e. Authorization: Bearer YOUR_KEY).")


def wrong_key(key: str) -> Refusal:
    """A key that is not known here. At most its ends are shown."""
    masked = f"{key[:6]}***{key[-4:]}" if len(key) >= MASK_AFTER else "***"
    where = "Whoever runs this server makes keys with `clew keys create`."
    return Refusal(401, f"Incorrect API key provided: {masked}. {where}", code="invalid_api_key")


def no_beta_header() -> Refusal:
    """No `OpenAI-Beta` header, where one is insisted on."""
    again = "Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
    message = f"You must provide the 'OpenAI-Beta' header to access the Assistants API. {again}"
    return Refusal(400, message, code="invalid_beta")


def assistants_v1() -> Refusal:
    """The header asks for the first version of the API, which is not spoken here."""
    again = "Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
    return Refusal(400, f"The v1 Assistants API is not available here. {again}", code="invalid_beta")


def unknown_path(method: str, path: str) -> Refusal:
    """No operation has this path."""
    return Refusal(404, f"Invalid URL ({method} {shown(path)})")


def wrong_method(method: str, path: str) -> Refusal:
    """The path is known, with other methods."""
    return Refusal(405, f"Not allowed to {method} on {shown(path)}.", code="method_not_supported")


def not_offered(name: str, why: str) -> Refusal:
    """An operation of the upstream that is declined. Not a 501: clients would ask again."""
    return Refusal(404, f"The operation {name} is not offered here: {why.rstrip('.')}.", code="not_offered")


def bad_json() -> Refusal:
    """The body is not JSON in UTF-8."""
    check = "Check that it is valid JSON in UTF-8, and that strings are escaped."
    return Refusal(400, f"We could not parse the JSON body of your request. {check}")


def wrong_content_type(kind: str) -> Refusal:
    """There is a body, and its sender says that it is no JSON."""
    only = "This API method only accepts 'application/json' requests, but you specified the header"
    again = "Please try again with a supported content type."
    name = kind.partition(";")[0]
    message = f"Unsupported content type: '{shown(name)}'. {only} 'Content-Type: {shown(kind)}'. {again}"
    return Refusal(400, message, code="unsupported_content_type")


def body_too_large(limit: int) -> Refusal:
    """The body has more bytes than `limit`."""
    return Refusal(413, f"The body of your request is too large. Expected at most {limit} bytes.")


def model_refused(model: str) -> Refusal:
    """The body of an assistant or a run names a model that is not served here."""
    message = f"The requested model '{shown(model)}' does not exist."
    return Refusal(400, message, param="model", code="model_not_found")


def model_not_found(model: str) -> Refusal:
    """The path names a model that is not served here."""
    message = f"The model `{shown(model)}` does not exist or you do not have access to it."
    return Refusal(404, message, param="model", code="model_not_found")


def unsupported_file(extension: str) -> Refusal:
    """A file that cannot be searched was given to a vector store. `extension` comes with its dot."""
    message = (
        f"Files with extensions [{shown(extension)}] are not supported for retrieval. Convert the file to text first."
    )
    return Refusal(400, message, param="file_ids", code="unsupported_file")


def internal_error() -> Refusal:
    """A bug of ours. Nothing of it shows."""
    message = (
        "The server had an error while processing your request. Its log says more under the request's x-request-id."
    )
    return Refusal(500, message, type="server_error")
