"""Counting tokens without a tokenizer: four characters are one, as a rule that holds well enough to plan with."""

from __future__ import annotations

from typing import Any, Final

PER_MESSAGE: Final = 4
"""What a chat template adds around each message."""


def estimate(text: str) -> int:
    """About how many tokens a text is."""
    return -(-len(text) // 4)


def of_message(message: dict[str, Any]) -> int:
    """About how many tokens a chat-completions message with text content is, calls included."""
    calls = message.get("tool_calls") or ()
    return (
        PER_MESSAGE
        + estimate(message.get("content") or "")
        + sum(estimate(call["function"]["name"] + call["function"]["arguments"]) for call in calls)
    )
