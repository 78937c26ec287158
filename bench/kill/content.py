"""What is written, as a function of its mark: so a check knows every byte without keeping any.

A mark names one thing that a writer makes, and nothing else in the whole campaign.
"""

from __future__ import annotations

import json
from random import Random
from typing import Final

WORDS: Final = ("stone", "river", "lamp", "quiet", "north", "paper", "seven", "glass", "ünder", "wind")
SMALL, MEDIUM = 0.7, 0.95
"""Shares: most things are small, a few are long enough to spill over the pages of a database."""


def _dice(mark: str, use: str) -> Random:
    return Random(f"{use} {mark}")


def _length(dice: Random, small: int, medium: int, large: int) -> int:
    chance = dice.random()
    return dice.randrange(small if chance < SMALL else medium if chance < MEDIUM else large)


def text_of(mark: str) -> str:
    """The text of a message. It begins with the mark, and ends with it where it is whole."""
    dice = _dice(mark, "text")
    filling = " ".join(dice.choices(WORDS, k=_length(dice, 20, 400, 2000)))
    return f"{mark} {filling} {mark}"


def size_of(mark: str) -> int:
    """How many bytes a file or a part has."""
    return _length(_dice(mark, "size"), 4_000, 120_000, 1_500_000)


def bytes_of(mark: str) -> bytes:
    """The bytes of a file or a part."""
    return _dice(mark, "bytes").randbytes(size_of(mark))


def calls_of(mark: str) -> list[str]:
    """The arguments of the calls that the model asks for, when it is asked about this message and may call."""
    return [json.dumps({"mark": mark, "at": at}) for at in range(_dice(mark, "calls").randrange(1, 3))]


def output_of(arguments: str) -> str:
    """What the caller's function gives for a call."""
    call = json.loads(arguments)
    return f"output-{call['mark']}-{call['at']}"


def answer_of(mark: str, *, called: bool) -> str:
    """What the model says about this message; with the outputs of its calls where it has called."""
    dice = _dice(mark, "answer")
    words = ["About", mark, *dice.choices(WORDS, k=dice.randrange(1, 25))]
    return " ".join(words + ([output_of(call) for call in calls_of(mark)] if called else []))
