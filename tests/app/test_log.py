"""The log's lines."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING

import pytest

from clew.app import log

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
    assert "RuntimeError: outer < KeyError: 'inner'" in stream.getvalue()
    assert "app/test_log.py" in stream.getvalue()


def test_an_exception_does_not_bring_all_that_it_quotes(begin):
    stream = begin()

    try:
        fail("word " * 1000)
    except RuntimeError:
        logging.getLogger("clew").exception("went wrong")

    assert len(stream.getvalue()) < 1000


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("key", ["sk-clew-abcDEF_123-456", "sk-abcdef123456", "Bearer abc.def/ghi"])
def test_a_key_is_never_shown(begin, form: str, key: str):
    stream = begin(form)

    try:
        fail(key)
    except RuntimeError:
        logging.getLogger("clew").exception("with %s", key, extra={"header": key})

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
