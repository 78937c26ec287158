"""Counting tokens without a tokenizer: four bytes are one, as a rule that holds well enough to plan with.

Bytes, not characters: scripts other than Latin take more tokens a character, and more bytes.
"""

from __future__ import annotations

import json
from typing import Any, Final

PER_MESSAGE: Final = 4
"""What a chat template adds around each message."""


def estimate(text: str) -> int:
    """About how many tokens a text is."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return -(-size // 4)


def of_message(message: dict[str, Any]) -> int:
    """About how many tokens a chat-completions message with text content is, calls included."""
    calls = message.get("tool_calls") or ()
    return (
        PER_MESSAGE
        + estimate(message.get("content") or "")
        + sum(estimate(call["function"]["name"] + call["function"]["arguments"]) for call in calls)
    )


def of_tool(tool: dict[str, Any]) -> int:
    """About how many tokens it takes to tell a model of a chat-completions tool."""
    return estimate(json.dumps(tool, ensure_ascii=False))
