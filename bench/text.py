"""Tables and sentences of Markdown."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def table(head: str, lines: Iterable[Iterable[str]], *, words: int = 1) -> str:
    """A table whose first `words` columns are words and the others numbers. `head` has its names between bars."""
    count = head.count("|") + 1
    rule = "|".join("---" if column < words else "---:" for column in range(count))
    return f"| {head} |\n|{rule}|\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def paragraph(words: str) -> str:
    """A paragraph, in lines of the page's width."""
    return fill(words, width=120, break_on_hyphens=False)


def bullet(words: str) -> str:
    """A point of a list, in lines of the page's width."""
    return fill(words, width=120, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False) + "\n"
