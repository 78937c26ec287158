"""Every source file has a test file in the same place, or stands in `untested.txt` with its reason.

    src/clew/domain/thread.py   tests/domain/test_thread.py
    src/clew/app/__main__.py    tests/app/test_main.py

An `__init__.py` counts only where it holds more than a docstring and imports. A line of the list may be a pattern.
"""

import ast
from fnmatch import fnmatch
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SOURCE = TESTS.parent / "src" / "clew"
LIST = TESTS / "untested.txt"


def says_something(module: Path) -> bool:
    tree = ast.parse(module.read_text())
    return any(not isinstance(part, ast.Expr | ast.Import | ast.ImportFrom) for part in tree.body)


def mirror(module: Path) -> Path:
    """The test file that belongs to the source file."""
    place = module.relative_to(SOURCE)
    if place.name == "__init__.py":
        place = place.parent
    return TESTS / place.parent / f"test_{place.stem.strip('_')}.py"


def untested() -> list[str]:
    return [
        module.relative_to(SOURCE).as_posix()
        for module in sorted(SOURCE.rglob("*.py"))
        if module.name != "__init__.py" or (module.parent != SOURCE and says_something(module))
        if not mirror(module).exists()
    ]


def listed() -> dict[str, str]:
    """Each source file or pattern of the list, and the reason that stands behind its `#`."""
    lines = (line.partition("#") for line in LIST.read_text().splitlines())
    return {pattern.strip(): reason.strip() for pattern, _, reason in lines if pattern.strip()}


def test_every_source_file_has_its_test_file():
    missing = [name for name in untested() if not any(fnmatch(name, pattern) for pattern in listed())]
    assert not missing, "no test file mirrors:\n" + "\n".join(missing)


def test_the_list_of_untested_files_holds_no_stale_line():
    stale = [pattern for pattern in listed() if not any(fnmatch(name, pattern) for name in untested())]
    assert not stale, f"to be removed from {LIST.name}:\n" + "\n".join(stale)


def test_every_line_of_the_list_has_its_reason():
    assert [pattern for pattern, reason in listed().items() if not reason] == []


@pytest.mark.parametrize(
    ("source", "test"),
    [
        ("domain/thread.py", "domain/test_thread.py"),
        ("app/__main__.py", "app/test_main.py"),
        ("dialects/openai/__init__.py", "dialects/test_openai.py"),
    ],
)
def test_where_a_test_file_belongs(source, test):
    assert mirror(SOURCE / source) == TESTS / test
