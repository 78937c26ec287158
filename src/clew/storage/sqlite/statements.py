"""The SQL of this adapter by name, read once from the files beside it."""

from __future__ import annotations

import re
from importlib import resources
from typing import Final

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def parse(text: str) -> dict[str, str]:
    """Named statements of one file: each begins with a line `-- name: what_it_does`."""
    _, *rest = _NAME.split(text)
    return {name: body.strip() for name, body in zip(rest[::2], rest[1::2], strict=True)}


def _load() -> dict[str, str]:
    folder = resources.files("clew.storage.sqlite") / "sql"
    found: dict[str, str] = {}
    for file in folder.iterdir():
        for name, body in parse(file.read_text("utf-8")).items():
            if name in found:
                raise ValueError(f"two statements are named {name}")
            found[name] = body
    return found


def _bare(sql: str) -> str:
    """Without comment lines, so that the engine need not read them again and again."""
    return "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))


SQL: Final = {name: _bare(body) for name, body in _load().items()}
