"""Chunks as real servers send them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clew.engine.chunks import Answer, decode, estimate, fault_from
from clew.engine.model import CallArguments, CallStarted, ModelFault, Piece, TextPiece, Usage


def read(*deltas: dict[str, Any], one_call: bool = False) -> list[Piece]:
    answer = Answer(one_call=one_call, bytes_max=10_000)
    return [piece for delta in deltas for piece in answer.read({"choices": [{"delta": delta}]})]


def call(arguments: Any = None, *, index: int | None = None, id_: str | None = None, name: str | None = None) -> Any:
    part = {"index": index, "id": id_, "function": {"name": name, "arguments": arguments}}
    return {"tool_calls": [{key: value for key, value in part.items() if value is not None}]}


def calls_in(pieces: list[Piece]) -> list[tuple[str, str]]:
    """Each call's name and its arguments put together."""
    names = {piece.index: piece.name for piece in pieces if isinstance(piece, CallStarted)}
    parts = [piece for piece in pieces if isinstance(piece, CallArguments)]
    return [(name, "".join(part.fragment for part in parts if part.index == index)) for index, name in names.items()]


class TestCalls:
    def test_deltas_without_an_index_continue_the_newest_call(self) -> None:
        pieces = read(call("", id_="a", name="f"), call('{"x"'), call(": 1}"))
        assert calls_in(pieces) == [("f", '{"x": 1}')]

    def test_whole_calls_that_all_have_index_0_are_told_apart_by_id(self) -> None:
        pieces = read(call('{"x": 1}', index=0, id_="a", name="f"), call('{"x": 2}', index=0, id_="b", name="f"))
        assert calls_in(pieces) == [("f", '{"x": 1}'), ("f", '{"x": 2}')]

    def test_fragments_of_calls_without_an_index_find_their_call_by_id(self) -> None:
        pieces = read(
            call("{", id_="a", name="f"), call("[", id_="b", name="g"), call("}", id_="a"), call("]", id_="b")
        )
        assert calls_in(pieces) == [("f", "{}"), ("g", "[]")]

    def test_a_new_id_without_a_name_begins_nothing(self) -> None:
        pieces = read(call(index=0, id_="a", name="f"), call("{", index=0, id_="b"), call("}", index=0, id_="c"))
        assert calls_in(pieces) == [("f", "{}")]

    def test_a_repeated_name_begins_nothing(self) -> None:
        pieces = read(call("{", index=0, id_="a", name="f"), call("}", index=0, id_="a", name="f"))
        assert calls_in(pieces) == [("f", "{}")]

    def test_without_ids_a_name_after_whole_arguments_begins_a_call(self) -> None:
        pieces = read(call("{}", name="f"), call("{", name="f"), call("}", name="f"))
        assert calls_in(pieces) == [("f", "{}"), ("f", "{}")]

    def test_fragments_that_come_before_the_name_wait_for_it(self) -> None:
        pieces = read(call("{", index=0, id_="a"), call("}", index=0, name="f"))
        assert pieces == [CallStarted(index=0, name="f"), CallArguments(index=0, fragment="{}")]

    def test_arguments_may_come_as_an_object(self) -> None:
        assert calls_in(read(call({"x": 1}, name="f"))) == [("f", '{"x":1}')]

    def test_indexes_are_counted_anew(self) -> None:
        pieces = read(call("{}", index=3, id_="a", name="f"), call("{}", index=7, id_="b", name="g"))
        assert [piece.index for piece in pieces if isinstance(piece, CallStarted)] == [0, 1]

    def test_a_second_call_is_dropped_where_one_is_allowed(self) -> None:
        deltas = [call("{}", index=0, id_="a", name="f"), call("{}", index=1, id_="b", name="g")]
        assert calls_in(read(*deltas, one_call=True)) == [("f", "{}")]


class TestText:
    def test_null_and_empty_content_say_nothing(self) -> None:
        assert read({"role": "assistant", "content": None}, {"content": ""}) == []

    def test_content_may_come_in_parts(self) -> None:
        parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Hello"}]
        assert read({"content": parts}) == [TextPiece(text="Hello")]

    @pytest.mark.parametrize(
        "chunk", [{}, {"choices": None}, {"choices": [None]}, {"choices": [{"delta": None}]}, {"usage": {}}]
    )
    def test_chunks_without_a_delta_say_nothing(self, chunk: dict[str, Any]) -> None:
        answer = Answer(one_call=False, bytes_max=0)
        assert list(answer.read(chunk)) == []
        assert not answer.alive


class TestFinished:
    @pytest.mark.parametrize(
        ("sent", "reason"),
        [("stop", "stop"), ("length", "length"), ("content_filter", "content_filter"), ("eos", "stop"), (None, "stop")],
    )
    def test_words_that_are_no_reason_mean_stop(self, sent: str | None, reason: str) -> None:
        answer = Answer(one_call=False, bytes_max=0)
        list(answer.read({"choices": [{"delta": {}, "finish_reason": sent}]}))
        assert answer.finished(prompt_chars=0).reason == reason

    def test_an_answer_with_a_call_ends_in_tool_calls_whatever_was_said(self) -> None:
        answer = Answer(one_call=False, bytes_max=100)
        list(answer.read({"choices": [{"delta": call("{}", name="f"), "finish_reason": "stop"}]}))
        assert answer.finished(prompt_chars=0).reason == "tool_calls"

    def test_four_characters_are_a_token(self) -> None:
        assert [estimate(chars) for chars in (0, 1, 4, 5)] == [0, 1, 1, 2]


class TestFaultFrom:
    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ({"error": {"message": "no"}}, "no"),
            ({"error": "no"}, "no"),
            ({"message": "no"}, "no"),
            ({"detail": [{"loc": ["body"], "msg": "no"}]}, "no"),
            (None, "the model server answered 500"),
        ],
    )
    def test_the_reason_is_found_in_every_known_shape(self, body: object, reason: str) -> None:
        assert str(fault_from(body, status=500)) == reason

    def test_a_full_window_is_the_prompts_fault_also_inside_a_stream(self) -> None:
        error = {"message": "request (9031 tokens) exceeds", "type": "exceed_context_size_error"}
        with pytest.raises(ModelFault) as caught:
            decode(json.dumps({"error": error}).encode())
        assert caught.value.kind == "invalid_prompt"

    @pytest.mark.parametrize("line", [b"<html>", b"[1]", b'"text"', b"[" * 100_000, b'"\\ud83d"'])
    def test_what_is_no_object_is_a_fault(self, line: bytes) -> None:
        with pytest.raises(ModelFault, match="not a chat completion"):
            decode(line)


class TestUsage:
    @pytest.mark.parametrize("count", [-1, 2**53, 1.5, "7", None])
    def test_a_count_that_is_none_is_estimated_instead(self, count: object) -> None:
        answer = Answer(one_call=False, bytes_max=1000)
        list(answer.read({"usage": {"prompt_tokens": count, "completion_tokens": 1}}))
        assert answer.finished(prompt_chars=8).usage == Usage(prompt_tokens=2, completion_tokens=0)
