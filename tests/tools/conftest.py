"""Makes the scripts in `tools/` importable by the tests of this folder, and by no others."""

import importlib
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture(scope="module")
def tool():
    """Imports a script by its name."""
    before = set(sys.modules)
    sys.path.insert(0, str(TOOLS))
    yield importlib.import_module
    sys.path.remove(str(TOOLS))
    for name in {path.stem for path in TOOLS.glob("*.py")} - before:
        sys.modules.pop(name, None)
