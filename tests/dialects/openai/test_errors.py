"""Refusals: each problem and each fault before a service, in the words that clients match."""

import pytest

from clew.dialects.openai import errors
from clew.domain.problem import (
    AlreadyExists,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    OutputsMismatch,
    Problem,
    ThreadBusy,
    TooLarge,
    Unavailable,
    WrongState,
)

INVALID = "invalid_request_error"
ACTIVE = "while a run run_y is active."
BETA = (
    "You must provide the 'OpenAI-Beta' header to access the Assistants API. "
    "Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
)
LOST = "does not exist or you do not have access to it."


@pytest.mark.parametrize(
    ("problem", "status", "code", "param", "message"),
    [
        (NotFound("thread", "thread_x"), 404, None, None, "No thread found with id 'thread_x'."),
        (NotFound("assistant", "asst_x"), 404, None, None, "No assistant found with id 'asst_x'."),
        (NotFound("run", "run_x"), 404, None, None, "No run found with id 'run_x'."),
        (NotFound("message", "msg_x"), 404, None, None, "No message found with id 'msg_x'."),
        (NotFound("step", "step_x"), 404, None, None, "No run step found with id 'step_x'."),
        (NotFound("file", "file-x"), 404, None, "id", "No such File object: file-x"),
        (NotFound("upload", "upload_x"), 404, None, None, "No upload found with id 'upload_x'."),
        (NotFound("part", "part_x"), 404, None, None, "No upload part found with id 'part_x'."),
        (NotFound("index", "vs_x"), 404, None, None, "No vector store found with id 'vs_x'."),
        (NotFound("batch", "vsfb_x"), 404, None, None, "No vector store file batch found with id 'vsfb_x'."),
        (
            NotFound("file", "file-x", within=("index", "vs_x")),
            404,
            None,
            None,
            "No file found with id 'file-x' in vector store 'vs_x'.",
        ),
        (NotFound("model", "a/b"), 404, "model_not_found", "model", f"The model `a/b` {LOST}"),
        (
            ThreadBusy("thread_x", "run_y", attempt="append"),
            400,
            None,
            None,
            f"Can't add messages to thread_x {ACTIVE}",
        ),
        (
            ThreadBusy("thread_x", "run_y", attempt="run"),
            400,
            None,
            None,
            "Thread thread_x already has an active run run_y.",
        ),
        (
            WrongState("run", "run_x", state="queued", attempt="submit"),
            400,
            None,
            None,
            'Runs in status "queued" do not accept tool outputs.',
        ),
        (
            WrongState("run", "run_x", state="running", attempt="submit"),
            400,
            None,
            None,
            'Runs in status "in_progress" do not accept tool outputs.',
        ),
        (
            WrongState("run", "run_x", state="completed", attempt="cancel"),
            400,
            None,
            None,
            "Cannot cancel run with status 'completed'.",
        ),
        (
            WrongState("upload", "upload_x", state="cancelled", attempt="complete"),
            400,
            None,
            None,
            "Cannot complete upload with status 'cancelled'.",
        ),
        (
            OutputsMismatch(expected=["call_a", "call_b"], got=["call_a"]),
            400,
            None,
            None,
            "Expected tool outputs for call_ids ['call_a', 'call_b'], got ['call_a']",
        ),
        (AlreadyExists("thread", "thread_x"), 400, None, None, "A thread with id 'thread_x' already exists."),
        (Invalid("attachments", "too many"), 400, "invalid_value", "attachments", "Invalid 'attachments': too many."),
        (
            TooLarge("messages", limit=100, got=101, unit="messages"),
            400,
            "invalid_value",
            "messages",
            "Invalid 'messages': too large. Expected at most 100 messages, but got 101 instead.",
        ),
        (
            TooLarge("body", limit=9, got=None, unit="bytes"),
            413,
            None,
            None,
            "The body of your request is too large. Expected at most 9 bytes.",
        ),
        (Denied("write"), 403, "missing_scope", None, "This API key lacks the scope 'write'."),
    ],
)
def test_a_problem_is_said_in_this_dialects_words(problem, status, code, param, message):
    refusal = errors.refusal_of(problem)
    assert refusal.status == status
    assert refusal.body() == {"error": {"message": message, "type": INVALID, "param": param, "code": code}}


def test_what_is_not_possible_now_says_when_to_come_back():
    refusal = errors.refusal_of(Unavailable("the server is shutting down", retry_after_seconds=2.5))
    assert (refusal.status, refusal.type, refusal.retry_after_seconds) == (503, "server_error", 2.5)
    assert refusal.message == "The server is shutting down."


@pytest.mark.parametrize("error", [Problem("secret"), Conflict("secret"), RuntimeError("secret")])
def test_whatever_is_not_in_the_table_is_an_internal_error_that_tells_nothing(error):
    refusal = errors.refusal_of(error)
    assert (refusal.status, refusal.type) == (500, "server_error")
    assert "secret" not in refusal.message


@pytest.mark.parametrize(
    ("refusal", "status", "code", "param", "beginning"),
    [
        (errors.no_key(), 401, None, None, "You didn't provide an API key. You need to provide your API key in an "),
        (
            errors.wrong_key("sk-abc" + "d" * 30 + "wxyz"),
            401,
            "invalid_api_key",
            None,
            "Incorrect API key provided: sk-abc***wxyz. ",
        ),
        (
            errors.no_beta_header(),
            400,
            "invalid_beta",
            None,
            BETA,
        ),
        (errors.assistants_v1(), 400, "invalid_beta", None, "The v1 Assistants API is not available here."),
        (errors.unknown_path("POST", "/v1/foo"), 404, None, None, "Invalid URL (POST /v1/foo)"),
        (
            errors.wrong_method("PUT", "/v1/threads"),
            405,
            "method_not_supported",
            None,
            "Not allowed to PUT on /v1/threads.",
        ),
        (
            errors.not_offered("createSpeech", "no speech"),
            404,
            "not_offered",
            None,
            "The operation createSpeech is not offered here: no speech.",
        ),
        (errors.wrong_content_type("a/b"), 400, "unsupported_content_type", None, "Unsupported content type: 'a/b'. "),
        (errors.bad_json(), 400, None, None, "We could not parse the JSON body of your request. "),
        (errors.body_too_large(9), 413, None, None, "The body of your request is too large. Expected at most 9 bytes."),
        (errors.model_refused("x"), 400, "model_not_found", "model", "The requested model 'x' does not exist."),
        (errors.model_not_found("x"), 404, "model_not_found", "model", f"The model `x` {LOST}"),
        (
            errors.unsupported_file(".csv"),
            400,
            "unsupported_file",
            "file_ids",
            "Files with extensions [.csv] are not supported for retrieval. ",
        ),
        (
            errors.bad_cursor(NotFound("message", "msg_x"), "after"),
            404,
            None,
            "after",
            "No message found with id 'msg_x'.",
        ),
    ],
)
def test_what_is_wrong_before_a_service_is_asked_has_its_own_words(refusal, status, code, param, beginning):
    assert (refusal.status, refusal.code, refusal.param, refusal.type) == (status, code, param, INVALID)
    assert refusal.message.startswith(beginning)


@pytest.mark.parametrize("key", ["", "k", "0123456789abcdefghi"])
def test_a_short_wrong_key_is_not_shown_at_all(key):
    assert errors.wrong_key(key).message.startswith("Incorrect API key provided: ***. ")
