"""The check for pinned versions says what is not current."""

import pytest

PYPROJECT = """
[build-system]
requires = ["hatchling"]

[project]
requires-python = ">=3.11"
dependencies = ["apsw"]

[tool.uv]
constraint-dependencies = [
    "apsw==1.0",
]
"""


@pytest.fixture(scope="module")
def pin(tool):
    return tool("pin")


@pytest.fixture
def lock(pin):
    return f"# {pin.digest(PYPROJECT)}\napsw==1.0 \\\n    --hash=sha256:00\n"


def test_a_lock_made_for_these_dependencies_is_current(pin, lock):
    assert pin.complaints(PYPROJECT, lock) == []


def test_another_dependency_makes_it_stale(pin, lock):
    [said] = pin.complaints(PYPROJECT.replace('["apsw"]', '["apsw", "msgspec"]'), lock)
    assert "made for other dependencies" in said


def test_a_constraint_that_the_lock_does_not_hold_is_named(pin, lock):
    said = pin.complaints(PYPROJECT.replace("apsw==1.0", "apsw==1.1"), lock)
    assert [line.partition(":")[0] for line in said] == ["apsw==1.0", "apsw==1.1"]


def test_new_pins_replace_the_old_and_touch_nothing_else(pin):
    written = pin.with_pins(PYPROJECT, {"constraint-dependencies": ["msgspec==2.0 ; sys_platform == 'win32'"]})
    assert written == PYPROJECT.replace("apsw==1.0", "msgspec==2.0 ; sys_platform == 'win32'")
