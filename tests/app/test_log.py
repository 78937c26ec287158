"""The log's lines."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from typing import TYPE_CHECKING

import apsw
import pytest

from clew.app import log
from clew.domain.problem import NotFound, Unavailable
from clew.storage.port import StoreProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def begin() -> Iterator[Callable[..., io.StringIO]]:
    """Sets the log up over a string, and gives the loggers back as they were."""
    root, ours = logging.getLogger(), logging.getLogger("clew")
    before = root.handlers, root.level, ours.level

    def begin(form: str = "text", level: str = "info") -> io.StringIO:
        stream = io.StringIO()
        log.set_up(level=level, form=form, stream=stream)
        return stream

    yield begin
    root.handlers = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def fail(text: str) -> None:
    try:
        {}["inner"]
    except KeyError as error:
        raise RuntimeError(text) from error


def test_a_record_is_one_line_with_its_fields(begin):
    stream = begin()

    logging.getLogger("clew.engine").info("taken\nup", extra={"request_id": "req_1", "reason": 'a "b"\n', "tries": 2})

    line = stream.getvalue()
    assert line.endswith('Z info clew.engine taken\\nup request_id=req_1 reason="a \\"b\\"\\\\n" tries=2\n')
    assert line.count("\n") == 1


def test_as_json_a_record_is_one_object_in_a_line(begin):
    stream = begin("json")

    logging.getLogger("clew.engine").warning("taken\nup", extra={"request_id": "req_1", "tries": 2})

    found = json.loads(stream.getvalue())
    assert stream.getvalue().count("\n") == 1
    assert (found["level"], found["from"], found["message"]) == ("warning", "clew.engine", "taken\nup")
    assert (found["request_id"], found["tries"]) == ("req_1", 2)


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_was_raised_is_told_in_the_same_line_with_its_cause(begin, form: str):
    stream = begin(form)

    try:
        fail("outer")
    except RuntimeError:
        logging.getLogger("clew").exception("went wrong")

    assert stream.getvalue().count("\n") == 1
    assert re.search(r"RuntimeError < KeyError\b(?!:)", stream.getvalue())
    assert "app/test_log.py" in stream.getvalue()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("quoted"), "error=RuntimeError "),
        (NotFound("thread", "quoted"), "error=NotFound "),
        (OSError(28, "No space left on device"), 'error="OSError: [Errno 28] No space left on device"'),
        (StoreProblem("The disk is full."), 'error="StoreProblem: The disk is full."'),
        (
            apsw.ConstraintError("UNIQUE constraint failed: item.id"),
            "ConstraintError: UNIQUE constraint failed: item.id",
        ),
        (Unavailable("the server is shutting down"), "Unavailable: the server is shutting down"),
    ],
)
def test_of_an_exception_the_text_is_told_only_where_it_quotes_nobody(begin, error: Exception, said: str):
    stream = begin()

    logging.getLogger("clew").error("went wrong", exc_info=error)

    assert said in stream.getvalue()
    assert "quoted" not in stream.getvalue()


def test_an_exception_does_not_bring_more_than_a_line(begin):
    stream = begin()

    logging.getLogger("clew").error("went wrong", exc_info=OSError("word " * 1000))

    assert len(stream.getvalue()) < 1000


def test_of_other_packages_only_their_own_words_are_heard(begin):
    stream = begin()

    logging.getLogger("other").warning("what came was %r", "private")

    assert "what came was %r" in stream.getvalue()
    assert "private" not in stream.getvalue()


async def test_what_the_loop_meets_is_told_without_its_arguments(begin):
    stream = begin()
    loop = asyncio.get_running_loop()
    met = asyncio.Event()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        log.tell_of_loop(loop, context)
        met.set()

    loop.set_exception_handler(handle)
    loop.call_soon(fail, "private")
    await met.wait()
    log.tell_of_loop(loop, {"message": "private"})

    assert "the event loop met what nobody took care of error=" in stream.getvalue()
    assert "private" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 2


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "key", ["sk-clew-abcDEF_123-456", "sk-abcdef123456", "Bearer abc.def/ghi", "key_sk-clew-abcdef"]
)
def test_a_key_is_never_shown(begin, form: str, key: str):
    stream = begin(form)

    logging.getLogger("clew").error("with %s", key, extra={"header": key}, exc_info=OSError(key))

    assert key not in stream.getvalue()
    assert stream.getvalue().count("***") == 3


def test_the_level_is_ours_and_others_are_heard_from_warnings_up(begin):
    stream = begin(level="debug")

    logging.getLogger("clew.web").debug("ours")
    logging.getLogger("openai").info("a whole request")
    logging.getLogger("uvicorn.error").warning("theirs")

    assert "ours" in stream.getvalue()
    assert "whole" not in stream.getvalue()
    assert "theirs" in stream.getvalue()


def test_setting_up_again_does_not_double_the_lines(begin):
    begin()
    stream = begin()

    logging.getLogger("clew").info("once")

    assert stream.getvalue().count("once") == 1
