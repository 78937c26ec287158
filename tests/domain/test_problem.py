"""Problems: one tree, data for the dialects, and a sentence that may be shown."""

import inspect
import re

import pytest

from clew.domain import problem
from clew.domain.problem import (
    AlreadyExists,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    OutputsMismatch,
    Problem,
    QuotaSpent,
    ThreadBusy,
    TooLarge,
    Unavailable,
    Unsupported,
    WrongState,
)
from clew.domain.project import Scope

EACH = {
    NotFound("thread", "thread_a"): "no thread with id 'thread_a'",
    NotFound("file", "f", within=("index", "vs_a")): "no file with id 'f'",
    AlreadyExists("thread", "thread_a"): "there is already a thread 'thread_a'",
    ThreadBusy("thread_a", "run_a", attempt="append"): "thread 'thread_a' is held by the active run 'run_a'",
    WrongState("run", "run_a", state="failed", attempt="cancel"): "cannot cancel run 'run_a': it is failed",
    OutputsMismatch(expected=["a"], got=["b", "c"]): "tool outputs are owed for ['a'], got ['b', 'c']",
    Invalid("tools", "too odd"): "tools: too odd",
    TooLarge("file", limit=5, got=None, unit="bytes"): "file: at most 5 bytes",
    Unsupported("file_id", ".exe"): "file_id: files that end in .exe cannot be searched",
    QuotaSpent("threads", limit=5): "this project may have 5 threads",
    Denied("write"): "this key lacks the scope 'write'",
    Denied(Scope.READ): "this key lacks the scope 'read'",
    Unavailable("the server is shutting down", retry_after_seconds=2): "the server is shutting down",
}
TREE = {one: one.__base__ for _, one in inspect.getmembers(problem, inspect.isclass) if one is not Problem}


def drawn():
    """The tree that the module's docstring draws: each name with the one that it hangs on."""
    lines = re.findall(r"^    ([│├└─ ]*)([A-Z]\w+)", problem.__doc__, re.MULTILINE)
    above: list[str] = []
    for branch, name in lines:
        del above[len(branch) // 4 :]
        if above:
            yield name, above[-1]
        above.append(name)


@pytest.mark.parametrize(("one", "sentence"), EACH.items(), ids=lambda it: type(it).__name__)
def test_a_problem_says_one_plain_sentence(one, sentence):
    assert str(one) == sentence


def test_a_problem_says_nothing_of_its_cause():
    shown = Unavailable("not now")
    shown.__cause__ = OSError("/secret/place")
    assert str(shown) == "not now"


def test_a_control_character_in_an_id_is_not_shown_as_it_is():
    assert str(NotFound("thread", "a\n\x1b[31mb")) == "no thread with id 'a\\n\\x1b[31mb'"


def test_the_page_at_the_top_draws_the_tree_as_it_is():
    assert dict(drawn()) == {one.__name__: above.__name__ for one, above in TREE.items()}


def test_every_problem_is_said_here():
    assert set(map(type, EACH)) == set(TREE) - {Conflict}
