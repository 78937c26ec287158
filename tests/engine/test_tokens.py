"""Guessing tokens: near enough to plan with, and never none for something."""

import pytest

from clew.engine.tokens import PER_MESSAGE, estimate, of_message, of_tool


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("a" * 400, 100)])
def test_four_characters_of_english_are_one(text, tokens):
    assert estimate(text) == tokens


def test_other_scripts_take_more():
    assert estimate("Привет") == 3
    assert estimate("こんにちは") == 4


def test_a_lone_surrogate_is_counted_like_anything_else():
    assert estimate("\ud800") == 1


def test_a_message_costs_a_little_beyond_its_text():
    assert of_message({"role": "user", "content": "abcd"}) == PER_MESSAGE + 1
    assert of_message({"role": "assistant", "content": None}) == PER_MESSAGE


def test_calls_are_counted_with_names_and_arguments():
    call = {"id": "c", "type": "function", "function": {"name": "abcd", "arguments": '{"a":1}'}}
    assert of_message({"role": "assistant", "content": None, "tool_calls": [call, call]}) == PER_MESSAGE + 6


def test_a_tool_costs_what_its_description_does():
    short = of_tool({"type": "function", "function": {"name": "a"}})
    assert of_tool({"type": "function", "function": {"name": "a", "description": "x" * 400}}) > short + 100
