"""The calls of Literal AI's page of early 2024: on clients of that time as they are, on later ones with our module."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clew.compat import literalai as compat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.server import RunningServer

pytestmark = pytest.mark.clients

PAGE = Path(__file__).parent / "literal" / "page.py"
BLOCKS = ["created", "listed", "exported", "updated", "deleted"]
OURS = Path(__file__).parents[2] / "docs" / "dialects" / "literal.md"
EXAMPLE = (
    "user_message: What is a library? tool: library: a place for books assistant_message: library: a place for books"
)
LATER = ("literalai-0.0.628", "literalai-0.1.300")


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """What the clients are started with. They read all of the machine's certificates for every request."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SSL_", "LITERAL_"))}
    return inherited | {"SSL_CERT_DIR": str(tmp_path)}


def blocks(environment: Mapping[str, str], python: str, *words: str | Path) -> list[str]:
    """The blocks of the page that were run."""
    command = [python, "-I", "-W", "ignore", *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("way", [(), ("--synchronous",)], ids=["async", "sync"])
@pytest.mark.parametrize("version", LATER)
def test_later_clients_run_the_whole_page(
    busy_server: RunningServer, clients: dict[str, Any], environment: Mapping[str, str], version: str, way: list[str]
) -> None:
    python = clients["python"][version]
    assert blocks(environment, python, compat.__file__, PAGE, busy_server.url, *way) == BLOCKS


@pytest.mark.parametrize("version", ["literalai-0.0.101", "literalai-0.0.301"])
def test_clients_of_that_time_run_what_they_ever_had(
    busy_server: RunningServer, clients: dict[str, Any], environment: Mapping[str, str], version: str
) -> None:
    expected = [block for block in BLOCKS if block != "updated"]
    assert blocks(environment, clients["python"][version], PAGE, busy_server.url, "--released") == expected


@pytest.mark.parametrize("version", LATER)
def test_without_the_module_later_clients_do_not_know_the_page(
    busy_server: RunningServer, clients: dict[str, Any], environment: Mapping[str, str], version: str
) -> None:
    with pytest.raises(AssertionError, match=r"literalai\.thread"):
        blocks(environment, clients["python"][version], PAGE, busy_server.url)


def test_the_example_of_our_own_page_runs(
    busy_server: RunningServer, clients: dict[str, Any], environment: Mapping[str, str]
) -> None:
    example, installing = re.findall(r"^```python\n(.*?)^```$", OURS.read_text(), re.MULTILINE | re.DOTALL)
    there = {"LITERAL_API_URL": busy_server.url, "LITERAL_API_KEY": "any"}
    told = blocks({**environment, **there}, clients["python"]["literalai-0.1.300"], "-c", example)
    assert " ".join(told) == EXAMPLE
    assert "clew.compat.literalai" in installing


def test_each_mutation_declares_what_it_passes() -> None:
    assert compat._mutation("updateThread").count("$") == 2 * len(compat.ARGUMENTS)
    assert "$id" not in compat._mutation("createThread")


def test_a_filter_is_sent_with_null_for_what_is_not_asked() -> None:
    sent = compat.ThreadFilter(search=compat.StringFilter("ilike", "a")).to_dict()
    assert sent.pop("search") == {"operator": "ilike", "value": "a"}
    assert set(sent.values()) == {None}
